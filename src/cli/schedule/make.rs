//! Making one schedule: by Algorithm 1 or 2 on a measured loss, or by a rule of the table.

use std::path::Path;

use super::model::Pipeline;
use super::{LasArguments, ScheduleCommand, previous};
use crate::channel::curve::Curve;
use crate::channel::exact::curve::{ExactCurve, Octaves};
use crate::error::{Error, Result};
use crate::report::plot::schedule::{Picture, picture};
use crate::schedule::StepAxis;
use crate::schedule::loss::bands::{self, Bands};
use crate::schedule::loss::certificate::{Certificate, certify};
use crate::schedule::loss::stale::{Staleness, staleness};
use crate::schedule::loss::{self, Denoise, LossCurve, Reading, Settings};
use crate::schedule::solvers::PAPER_ALPHA;
use crate::schedule::{self, Request};
use crate::source::Source;
use crate::spec::Spec;

/// The curve and the interval that schedules are made on.
pub struct Ground<'a> {
    /// A model's loss.
    pub loss: Option<LossCurve>,
    /// An earlier loss of the same model, and its file.
    earlier: Option<(LossCurve, String)>,
    source: Option<(&'a Source, ExactCurve<'a>)>,
    /// First and last SNR.
    pub ends: (f64, f64),
    /// What the curve is, for people.
    pub name: String,
    /// What a reader of the file should know.
    pub notes: Vec<String>,
}

impl<'a> Ground<'a> {
    /// The loss curve of a file, on the whole of it unless told otherwise.
    ///
    /// # Errors
    /// Those of [`loss::read`], and ends beyond the curve.
    pub fn of_loss(
        path: &Path,
        reading: &Reading,
        snr_min: Option<f64>,
        snr_max: Option<f64>,
    ) -> Result<Self> {
        let loss::LossFile { curve, notes } = loss::read(path, reading)?;
        let (first, last) = curve.ends();
        let ends = (snr_min.unwrap_or(first), snr_max.unwrap_or(last));
        for (flag, snr) in [("--snr-min", ends.0), ("--snr-max", ends.1)] {
            if !(first..=last).contains(&snr) {
                let message = format!("{snr} is beyond the loss curve, which goes from {first} to {last}");
                return Err(Error::invalid(flag, message));
            }
        }
        let name = path.display().to_string();
        Ok(Self { loss: Some(curve), earlier: None, source: None, ends, name, notes })
    }

    /// The same with the earlier loss in the file at `path`.
    ///
    /// # Errors
    /// Those of [`loss::read`].
    pub fn after(mut self, path: &Path, reading: &Reading) -> Result<Self> {
        let loss::LossFile { curve, notes } = loss::read(path, reading)?;
        self.notes.extend(notes);
        self.earlier = Some((curve, path.display().to_string()));
        Ok(self)
    }

    /// The mmse of a source, where one is named and has a deterministic route; otherwise the
    /// interval alone.
    pub fn of_source(source: Option<&'a Source>, ends: (f64, f64)) -> Self {
        let exact =
            source.and_then(|source| Some((source, ExactCurve::new(source, Octaves::default().into())?)));
        let name = source.map_or("no curve".into(), |source| source.spec().to_string());
        Self { loss: None, earlier: None, source: exact, ends, name, notes: Vec::new() }
    }

    /// The curve, whichever it is.
    pub fn curve(&self) -> Option<&dyn Curve> {
        match (&self.loss, &self.source) {
            (Some(curve), _) => Some(curve),
            (None, Some((_, curve))) => Some(curve),
            (None, None) => None,
        }
    }

    /// An axis for grids between the ends: with a finite position at the first, on a loss.
    pub fn axis(&self, axis: StepAxis) -> StepAxis {
        self.loss.as_ref().map_or(axis, |loss| loss.axis(axis, self.ends.0))
    }

    /// The grid of a schedule's spec between the ends.
    ///
    /// # Errors
    /// Those of [`schedule::grid`].
    pub fn grid(&self, spec: &str, steps: usize) -> Result<Vec<f64>> {
        let total_variance = self.source.as_ref().map_or(0.0, |(source, _)| source.second_moment().value);
        let (snr_min, snr_max) = self.ends;
        schedule::grid(spec, &Request { steps, snr_min, snr_max, total_variance, curve: self.curve() })
    }

    /// Σ L(γ_k) ΔR_k of a grid; `None` where there is no curve, or the axis has no start at γ = 0.
    ///
    /// # Errors
    /// A grid that leaves the curve.
    pub fn cost(&self, axis: StepAxis, grid: &[f64]) -> Result<Option<f64>> {
        let Some(curve) = self.curve() else { return Ok(None) };
        let axis = self.axis(axis);
        let sum = axis.cost(curve, grid)?;
        Ok(sum.is_finite().then_some(sum))
    }
}

/// A schedule and what is known of it.
pub struct Made {
    /// The rule, in its one spelling.
    pub method: String,
    /// What it was made on.
    pub ground: String,
    /// The axis of its cost.
    pub axis: StepAxis,
    /// γ_0 < … < γ_K.
    pub snrs: Vec<f64>,
    pub cost: Option<f64>,
    pub cost_geometric: Option<f64>,
    pub cost_previous: Option<f64>,
    /// What the schedule of an earlier loss costs here, and the file of that loss.
    pub stale: Option<(Staleness, String)>,
    pub certificate: Option<Certificate>,
    pub bands: Option<Bands>,
    pub warnings: Vec<String>,
    /// What was done to the loss first.
    pub denoise: Denoise,
}

impl Made {
    /// A list that exists, and of which nothing is known.
    pub fn list(method: &str, path: &Path, snrs: Vec<f64>) -> Self {
        Self {
            method: method.to_owned(),
            ground: path.display().to_string(),
            axis: StepAxis::Log,
            snrs,
            cost: None,
            cost_geometric: None,
            cost_previous: None,
            stale: None,
            certificate: None,
            bands: None,
            warnings: Vec::new(),
            denoise: Denoise::None,
        }
    }
}

impl LasArguments {
    /// The axis, from the flag, else the solver's by the table in docs/schedules.md, else softlog.
    pub fn axis(&self) -> Result<StepAxis> {
        let of_solver = self.solver.map_or("softlog", |solver| solver.axis);
        StepAxis::new(self.regularize.as_deref().unwrap_or(of_solver), self.lambda)
    }

    /// α, from the flag, else the solver.
    fn alpha(&self) -> Option<f64> {
        self.smoothness.or(self.solver.and_then(|solver| solver.smoothness))
    }

    /// The spec of the source's own loss-adaptive schedule.
    fn spec(&self, alpha: Option<f64>) -> Result<String> {
        let method = alpha.map_or("las:".into(), |alpha| format!("las2:alpha={alpha},"));
        let candidates = self.candidates.map_or(String::new(), |n| format!(",candidates={n}"));
        Ok(format!("{method}axis={},lambda={}{candidates}", self.axis()?.name(), self.lambda))
    }
}

/// The grid of the schedule `method` with the command's flags and nothing else said of it.
///
/// # Errors
/// As [`make`].
pub fn grid(command: &ScheduleCommand, method: &str, ground: &Ground) -> Result<Vec<f64>> {
    match &ground.loss {
        Some(curve) if method == "las" || method == "las2" => {
            // `compare` has denoised it for all.
            Ok(loss::place(curve, &settings(command, ground, method == "las2")?.on_denoised())?.snrs)
        }
        _ => ground.grid(&spec(command, method)?, command.steps()),
    }
}

/// The spec of a method, completed by the flags where it is loss-adaptive.
fn spec(command: &ScheduleCommand, method: &str) -> Result<String> {
    let las = &command.las;
    Ok(match method {
        "las" => las.spec(las.alpha())?,
        "las2" => las.spec(Some(las.alpha().unwrap_or(PAPER_ALPHA)))?,
        other => other.to_owned(),
    })
}

/// What is asked of Algorithm 1, or 2 where the flags or `second` say so.
pub fn settings(command: &ScheduleCommand, ground: &Ground, second: bool) -> Result<Settings> {
    let las = &command.las;
    Ok(Settings {
        steps: command.steps(),
        axis: las.axis()?,
        smoothness: las.alpha().or(second.then_some(PAPER_ALPHA)),
        snr_min: Some(ground.ends.0),
        snr_max: Some(ground.ends.1),
        candidates: las.candidates.map(|n| n as usize),
        denoise: las.denoise.unwrap_or(Denoise::None),
    })
}

/// Steps from which Algorithm 2 was seen to lose.
const MANY_STEPS: usize = 50;

/// What speaks against a loss-adaptive schedule of these settings: where it was seen to lose
/// (docs/schedules.md).
fn caveats(las: &LasArguments, settings: &Settings) -> Vec<String> {
    let mut said = Vec::new();
    if settings.axis == StepAxis::Raw {
        said.push(
            "the raw axis lost to the log-SNR grid on average with every sampler that was measured, by 1.04 to 17 times"
                .to_owned(),
        );
    }
    if las.solver.is_some_and(|solver| solver.smoothness.is_some())
        && settings.smoothness.is_none_or(|alpha| alpha <= 0.0)
    {
        said.push(
            "Algorithm 1 lost to the log-SNR grid, or did no better, with second-order solvers: leave --smoothness at 12"
                .to_owned(),
        );
    }
    if settings.smoothness.is_some_and(|alpha| alpha > 0.0) && settings.steps >= MANY_STEPS {
        said.push(format!("Algorithm 2 lost to the log-SNR grid at {MANY_STEPS} steps"));
    }
    said
}

/// Makes the schedule that the command asks for.
///
/// # Errors
/// An unknown method, with the nearest; whatever the schedule refuses.
pub fn make(command: &ScheduleCommand, ground: &Ground, pipeline: &Pipeline, seed: u64) -> Result<Made> {
    let steps = command.steps();
    let kind = Spec::parse(&command.method).map_or(String::new(), |spec| spec.kind);
    let measured = ground.loss.as_ref().filter(|_| kind == "las" || kind == "las2");
    if let Some(curve) = measured {
        if command.method != kind {
            let message = "takes its parameters as flags with --loss: --regularize, --lambda, --smoothness, --candidates";
            return Err(Error::invalid(format!("schedule `{}`", command.method), message));
        }
        let settings = settings(command, ground, kind == "las2")?;
        let before =
            command.previous.as_deref().map(|spec| previous(spec, ground, pipeline, steps)).transpose()?;
        let mut made = from_loss(ground, curve, &settings, before.as_deref(), seed)?;
        made.warnings.extend(caveats(&command.las, &settings));
        return Ok(made);
    }
    if ground.earlier.is_some() {
        let message = format!("is compared by a loss-adaptive schedule, `las`, not by `{}`", command.method);
        return Err(Error::invalid("--previous-loss", message));
    }
    let snrs = grid(command, &command.method, ground)?;
    let axis = ground.axis(command.las.axis()?);
    let before =
        command.previous.as_deref().map(|spec| previous(spec, ground, pipeline, steps)).transpose()?;
    Ok(Made {
        method: schedule::find(&spec(command, &command.method)?)?.to_string(),
        ground: ground.name.clone(),
        axis,
        cost: ground.cost(axis, &snrs)?,
        // There is none from γ = 0, or to ∞.
        cost_geometric: match ground.grid("geometric", steps) {
            Ok(grid) => ground.cost(axis, &grid)?,
            Err(_) => None,
        },
        cost_previous: before.map(|grid| ground.cost(axis, &grid)).transpose()?.flatten(),
        stale: None,
        certificate: None,
        bands: None,
        warnings: Vec::new(),
        denoise: Denoise::None,
        snrs,
    })
}

fn from_loss(
    ground: &Ground,
    curve: &LossCurve,
    settings: &Settings,
    before: Option<&[f64]>,
    seed: u64,
) -> Result<Made> {
    let placed = loss::place(curve, settings)?;
    let certificate = certify(curve, settings, &placed, before)?;
    if let Some(rise) = curve.rise().filter(|_| certificate.excess(certificate.cost) < 0.0) {
        let remedy = match settings.denoise {
            Denoise::Isotonic => "it is no risk: are noise level, time and prediction what was said?",
            _ => "--denoise isotonic takes rises out",
        };
        let message =
            format!("makes a schedule that costs less than ∫ L dR, which a risk cannot: {rise}; {remedy}");
        return Err(Error::invalid("the loss curve", message));
    }
    let stale = ground.earlier.as_ref().map(|(earlier, file)| {
        Ok::<_, Error>((staleness(earlier, curve, settings, &placed)?, file.clone()))
    });
    let stale = stale.transpose()?;
    let bands = bands::bands(curve, settings, &placed, seed)?;
    let warnings = bands::warnings(curve, settings, &placed, bands.as_ref());
    Ok(Made {
        method: settings.smoothness.map_or("las".into(), |alpha| format!("las2:alpha={alpha}")),
        ground: ground.name.clone(),
        axis: settings.reach(curve)?.axis,
        snrs: placed.snrs,
        cost: Some(certificate.cost),
        cost_geometric: Some(certificate.geometric),
        cost_previous: certificate.previous,
        stale,
        certificate: Some(certificate),
        bands,
        warnings,
        denoise: settings.denoise,
    })
}

/// The figure of a schedule on its curve.
///
/// # Errors
/// No curve to draw.
pub fn plot(made: &Made, ground: &Ground) -> Result<String> {
    let believed = ground.loss.as_ref().map(|loss| made.denoise.of(loss));
    let curve = believed.as_ref().map(|loss| loss.as_ref() as &dyn Curve).or(ground.curve());
    let Some(curve) = curve else {
        return Err(Error::invalid("--plot", "needs a curve to draw the steps on: give --loss or --source"));
    };
    let points = ground.loss.iter().flat_map(|loss| {
        loss.points().iter().zip(loss.rel_errs()).map(|(point, err)| (point.snr, point.risk, *err))
    });
    let points = points.filter(|(snr, ..)| (ground.ends.0..=ground.ends.1).contains(snr)).collect();
    picture(&Picture {
        title: &format!("{} on {}", made.method, made.ground),
        curve,
        points,
        snrs: &made.snrs,
        bands: made.bands.as_ref().map(|bands| &bands.steps[..]),
    })
}
