//! Making one schedule: by Algorithm 1 or 2 on a measured loss, or by a rule of the table.

use std::path::Path;

use super::{LasArguments, ScheduleCommand, Solver, previous};
use crate::channel::curve::Curve;
use crate::channel::exact::curve::{ExactCurve, Octaves};
use crate::error::{Error, Result};
use crate::report::digits::plain;
use crate::report::plot::schedule::{Picture, picture};
use crate::schedule::StepAxis;
use crate::schedule::loss::bands::{self, Bands};
use crate::schedule::loss::beta::BetaTable;
use crate::schedule::loss::certificate::{Certificate, certify};
use crate::schedule::loss::{self, Denoise, LossCurve, Reading, Settings};
use crate::schedule::{self, Request};
use crate::source::Source;
use crate::spec::Spec;

/// The curve and the interval that schedules are made on.
pub struct Ground<'a> {
    /// A model's loss.
    pub loss: Option<LossCurve>,
    source: Option<(&'a Source, ExactCurve<'a>)>,
    /// First and last SNR.
    pub ends: (f64, f64),
    /// What the curve is, for people.
    pub name: String,
}

impl<'a> Ground<'a> {
    /// The loss curve of a file, on the whole of it unless told otherwise.
    ///
    /// # Errors
    /// Those of [`loss::read`], and ends beyond the curve.
    pub fn of_loss(path: &Path, reading: &Reading, snr_min: Option<f64>, snr_max: Option<f64>) -> Result<Self> {
        let curve = loss::read(path, reading)?;
        let (first, last) = curve.ends();
        let ends = (snr_min.unwrap_or(first), snr_max.unwrap_or(last));
        for (flag, snr) in [("--snr-min", ends.0), ("--snr-max", ends.1)] {
            if !(first..=last).contains(&snr) {
                let message = format!("{snr} is beyond the loss curve, which goes from {first} to {last}");
                return Err(Error::invalid(flag, message));
            }
        }
        let name = path.display().to_string();
        Ok(Self { loss: Some(curve), source: None, ends, name })
    }

    /// The mmse of a source, where one is named and has a deterministic route; otherwise the
    /// interval alone.
    pub fn of_source(source: Option<&'a Source>, ends: (f64, f64)) -> Self {
        let exact = source.and_then(|source| Some((source, ExactCurve::new(source, Octaves::default().into())?)));
        let name = source.map_or("no curve".into(), |source| source.spec().to_string());
        Self { loss: None, source: exact, ends, name }
    }

    /// The curve, whichever it is.
    pub fn curve(&self) -> Option<&dyn Curve> {
        match (&self.loss, &self.source) {
            (Some(curve), _) => Some(curve),
            (None, Some((_, curve))) => Some(curve),
            (None, None) => None,
        }
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
    pub certificate: Option<Certificate>,
    pub bands: Option<Bands>,
    pub warnings: Vec<String>,
    /// What was done to the loss first.
    pub denoise: Denoise,
}

impl LasArguments {
    /// The axis, from the flag, else the solver's by the table in docs/schedules.md, else softlog.
    pub fn axis(&self) -> Result<StepAxis> {
        let of_solver = match self.solver {
            Some(Solver::Ddim) => "log",
            Some(Solver::Ancestral | Solver::Multistep) | None => "softlog",
        };
        StepAxis::new(self.regularize.as_deref().unwrap_or(of_solver), self.lambda)
    }

    /// α, from the flag, else the solver.
    fn alpha(&self) -> Option<f64> {
        self.smoothness.or((self.solver == Some(Solver::Multistep)).then_some(PAPER_ALPHA))
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
            Ok(loss::place(curve, &settings(command, ground, method == "las2")?)?.snrs)
        }
        _ => ground.grid(&spec(command, method)?, command.steps as usize),
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
fn settings(command: &ScheduleCommand, ground: &Ground, second: bool) -> Result<Settings> {
    let las = &command.las;
    Ok(Settings {
        steps: command.steps as usize,
        axis: las.axis()?,
        smoothness: las.alpha().or(second.then_some(PAPER_ALPHA)),
        snr_min: Some(ground.ends.0),
        snr_max: Some(ground.ends.1),
        candidates: las.candidates.map(|n| n as usize),
        denoise: las.denoise,
    })
}

/// α of [ABZ26].
const PAPER_ALPHA: f64 = 12.0;

/// Makes the schedule that the command asks for.
///
/// # Errors
/// An unknown method, with the nearest; whatever the schedule refuses.
pub fn make(command: &ScheduleCommand, ground: &Ground, seed: u64) -> Result<Made> {
    let steps = command.steps as usize;
    let kind = Spec::parse(&command.method).map_or(String::new(), |spec| spec.kind);
    let measured = ground.loss.as_ref().filter(|_| kind == "las" || kind == "las2");
    if let Some(curve) = measured {
        if command.method != kind {
            let message =
                "takes its parameters as flags with --loss: --regularize, --lambda, --smoothness, --candidates";
            return Err(Error::invalid(format!("schedule `{}`", command.method), message));
        }
        return from_loss(command, ground, curve, kind == "las2", seed);
    }
    let snrs = grid(command, &command.method, ground)?;
    let axis = command.las.axis()?;
    let before = command.previous.as_deref().map(|spec| previous(spec, ground, steps)).transpose()?;
    Ok(Made {
        method: schedule::find(&spec(command, &command.method)?)?.to_string(),
        ground: ground.name.clone(),
        axis,
        cost: ground.cost(axis, &snrs)?,
        cost_geometric: if ground.ends.0 > 0.0 { ground.cost(axis, &ground.grid("geometric", steps)?)? } else { None },
        cost_previous: before.map(|grid| ground.cost(axis, &grid)).transpose()?.flatten(),
        certificate: None,
        bands: None,
        warnings: Vec::new(),
        denoise: Denoise::None,
        snrs,
    })
}

fn from_loss(command: &ScheduleCommand, ground: &Ground, curve: &LossCurve, second: bool, seed: u64) -> Result<Made> {
    let settings = settings(command, ground, second)?;
    let placed = loss::place(curve, &settings)?;
    let before = command.previous.as_deref().map(|spec| previous(spec, ground, settings.steps)).transpose()?;
    let certificate = certify(curve, &settings, &placed, before.as_deref())?;
    let bands = bands::bands(curve, &settings, &placed, certificate.floor, seed)?;
    let warnings = bands::warnings(curve, &settings, &placed, bands.as_ref());
    Ok(Made {
        method: settings.smoothness.map_or("las".into(), |alpha| format!("las2:alpha={alpha}")),
        ground: ground.name.clone(),
        axis: settings.axis,
        snrs: placed.snrs,
        cost: Some(certificate.cost),
        cost_geometric: Some(certificate.geometric),
        cost_previous: certificate.previous,
        certificate: Some(certificate),
        bands,
        warnings,
        denoise: settings.denoise,
    })
}

/// What is wrong with the timesteps of a schedule, if anything: SNRs that the trained model has
/// never seen.
pub fn out_of_range(made: &Made, betas: &BetaTable) -> Option<String> {
    let (noisiest, cleanest) = (betas.snr(betas.steps() - 1), betas.snr(0));
    // Timesteps are whole: a rounding beyond the table is none.
    let slack = 1.0 + 1e-6;
    let beyond = |&&snr: &&f64| snr * slack < noisiest || snr > cleanest * slack;
    let count = made.snrs.iter().filter(beyond).count();
    let sigma = |snr: f64| plain(snr.sqrt().recip(), 4);
    (count > 0).then(|| {
        format!(
            "{count} of the SNRs lie beyond `{betas}`, which was trained from sigma {} to {}: their timesteps are its ends",
            sigma(noisiest),
            sigma(cleanest)
        )
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
    if ground.ends.0 <= 0.0 {
        return Err(Error::invalid("--plot", "draws SNRs by their logarithm: start above 0"));
    }
    let points = ground
        .loss
        .iter()
        .flat_map(|loss| loss.points().iter().zip(loss.rel_errs()).map(|(point, err)| (point.snr, point.risk, *err)));
    let points = points.filter(|(snr, ..)| (ground.ends.0..=ground.ends.1).contains(snr)).collect();
    picture(&Picture {
        title: &format!("{} on {}", made.method, made.ground),
        curve,
        points,
        snrs: &made.snrs,
        bands: made.bands.as_ref().map(|bands| &bands.steps[..]),
    })
}
