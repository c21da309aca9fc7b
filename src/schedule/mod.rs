//! Grids of SNRs for a K-step sampler: one line per schedule in [`SCHEDULES`].
//!
//! A schedule turns a [`Request`] (how many steps, between which SNRs, for which source) into γ_0 <
//! γ_1 < … < γ_K. Schedules that are known as a rule in diffusion time are restricted to
//! [snr_min, snr_max]: the two ends are mapped to their times and the steps are uniform between
//! those, so that every schedule is compared over the same interval.

pub mod axis;
pub mod curve;
pub mod dynamic;
pub mod export;
pub mod known;
pub mod las;
pub mod level;
pub mod loss;
pub mod mass;
pub mod models;
pub mod optimal;
pub mod solvers;
pub mod time;
pub mod uniform;

/// The parameters that name whose loss a schedule is made from, and over which law.
const OF: &str = "of";
const SOURCE: &str = "source";
/// Most steps that a command line or a claim may ask for.
pub const MOST_STEPS: u32 = 1_000_000;

pub use axis::StepAxis;
pub use curve::SampledCurve;

use std::sync::Arc;

use crate::channel::curve::Curve;
use crate::denoiser::{self, note_source};
use crate::error::{Error, Result};
use crate::source::Source;
use crate::spec::{Argument, Arguments, Named, Parameter, Registry, Spec};

/// A named rule that places the SNRs of a sampler's steps.
#[derive(Debug)]
pub struct Schedule {
    /// Name in specs.
    pub name: &'static str,
    /// One line for `klaim list schedules`: formula and source.
    pub summary: &'static str,
    /// Its parameters.
    pub parameters: &'static [Parameter],
    /// Whether it can start at γ = 0, where nothing is known of X yet.
    pub from_zero: bool,
    /// The K + 1 SNRs of a checked request, increasing; [`Choice::grid`] pins the ends.
    pub build: fn(&Arguments, &Request) -> Result<Vec<f64>>,
}

impl Named for Schedule {
    const WHAT: &'static str = "schedule";

    fn name(&self) -> &'static str {
        self.name
    }

    fn parameters(&self) -> &'static [Parameter] {
        self.parameters
    }
}

/// Every schedule.
pub static SCHEDULES: Registry<Schedule> = Registry::new(&[
    uniform::GEOMETRIC,
    uniform::LINEAR_SNR,
    uniform::SHIFTED_GEOMETRIC,
    uniform::KARRAS,
    uniform::ARCTAN,
    uniform::FLOW,
    time::LINEAR_BETA,
    time::QUADRATIC,
    time::COSINE,
    time::SCALED_LINEAR,
    time::BETA,
    mass::ENTROPIC,
    mass::RESCALED_ENTROPIC,
    mass::ROOT_SLOPE,
    optimal::OPTIMAL,
    las::LAS,
    las::LAS2,
]);

/// What a schedule is asked for.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// Number of steps K ≥ 1.
    pub steps: usize,
    /// First SNR γ_0 ≥ 0 (linear); 0 only where [`Schedule::from_zero`].
    pub snr_min: f64,
    /// Last SNR γ_K > γ_0 (linear); ∞ (no noise) only for a rule whose axis has an end there.
    pub snr_max: f64,
    /// Total variance E|X − EX|² of the source; the scale of the schedules that adapt to it.
    pub total_variance: f64,
    /// The source's mmse as a function of SNR; `None` where it is not known, and needed only by
    /// schedules that say so.
    pub curve: Option<&'a dyn Curve>,
}

impl<'a> Request<'a> {
    /// Checks the numbers that every schedule relies on.
    fn check(&self, schedule: &Schedule) -> Result<()> {
        if self.steps == 0 {
            return Err(Error::invalid("steps", "a schedule has at least 1 step"));
        }
        if !(self.snr_min >= 0.0 && self.snr_min < self.snr_max) {
            let message = format!(
                "need 0 ≤ snr_min < snr_max, not snr_min = {} and snr_max = {}",
                self.snr_min, self.snr_max
            );
            return Err(Error::invalid("snr_min", message));
        }
        if self.snr_min <= 0.0 && !schedule.from_zero {
            let able: Vec<&str> = SCHEDULES.iter().filter(|s| s.from_zero).map(|s| s.name).collect();
            let message = format!("`{}` cannot start at 0; these can: {}", schedule.name, able.join(", "));
            return Err(Error::invalid("snr_min", message));
        }
        Ok(())
    }

    /// (γ_0, γ_K).
    fn ends(&self) -> (f64, f64) {
        (self.snr_min, self.snr_max)
    }

    /// A grid with its ends equal to the request's to the bit.
    fn pinned(&self, name: &str, mut grid: Vec<f64>) -> Result<Vec<f64>> {
        assert_eq!(grid.len(), self.steps + 1, "schedule `{name}` returned the wrong number of SNRs");
        (grid[0], grid[self.steps]) = self.ends();
        if self.snr_max.is_infinite() && grid[..self.steps].iter().any(|snr| !snr.is_finite()) {
            let message = format!("`{name}` cannot end without noise: need snr_max < ∞, sigma_min > 0");
            return Err(Error::invalid("snr_max", message));
        }
        let stays = |pair: &[f64]| pair[0].total_cmp(&pair[1]).is_ge() || pair[1].is_nan();
        match grid.windows(2).position(stays) {
            None => Ok(grid),
            Some(k) => {
                let message = format!(
                    "steps {k} and {} of {} fall on one number ({} and {}): ask for fewer steps or a wider interval",
                    k + 1,
                    self.steps,
                    grid[k],
                    grid[k + 1]
                );
                Err(Error::invalid(format!("schedule `{name}`"), message))
            }
        }
    }

    /// The axis along which curves are smooth: ln γ, or ln(1 + Vγ) where the grid starts at γ = 0.
    fn smooth_axis(&self, schedule: &str) -> Result<StepAxis> {
        Ok(if self.snr_min > 0.0 { StepAxis::Log } else { StepAxis::SoftLog(self.scale(schedule)?) })
    }

    /// The curve, for a schedule that is made from it.
    fn curve(&self, schedule: &str) -> Result<&'a dyn Curve> {
        if self.snr_max.is_infinite() {
            let message =
                format!("`{schedule}` is made from a curve, which has no end at ∞: need snr_max < ∞");
            return Err(Error::invalid("snr_max", message));
        }
        let message = "needs the mmse of the source as a function of SNR, and none is known here";
        self.curve.ok_or_else(|| Error::invalid(format!("schedule `{schedule}`"), message))
    }

    /// The total variance, for a schedule whose scale it is.
    fn scale(&self, schedule: &str) -> Result<f64> {
        if self.total_variance > 0.0 && self.total_variance.is_finite() {
            return Ok(self.total_variance);
        }
        let message =
            format!("needs a total variance in (0, ∞), not {}; give its scale instead", self.total_variance);
        Err(Error::invalid(format!("schedule `{schedule}`"), message))
    }
}

/// A schedule with its parameters, checked; displays as its one canonical spelling.
pub struct Choice {
    schedule: &'static Schedule,
    spec: Spec,
    source: Option<Arc<Source>>,
}

impl std::fmt::Display for Choice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.spec.fmt(f)
    }
}

impl Choice {
    /// The schedule without its parameters.
    pub fn schedule(&self) -> &'static Schedule {
        self.schedule
    }

    /// The denoiser whose loss it is made from, where the spec names one.
    pub fn of(&self) -> Option<String> {
        self.nested(OF)
    }

    /// The law whose curve it is made from, where the spec names another than the sampled one.
    pub fn source(&self) -> Option<&Arc<Source>> {
        self.source.as_ref()
    }

    fn nested(&self, name: &str) -> Option<String> {
        let (_, argument) = self.spec.parameters.iter().find(|(key, _)| key == name)?;
        match argument {
            Argument::Nested(spec) => Some(spec.to_string()),
            Argument::Text(text) => Some(text.clone()),
            Argument::Rows(_) => None,
        }
    }

    /// The axis on which its steps are measured, where it has one.
    ///
    /// # Errors
    /// A λ that is not positive.
    pub fn axis(&self) -> Result<Option<StepAxis>> {
        if !self.schedule.parameters.iter().any(|parameter| parameter.name == "lambda") {
            return Ok(None);
        }
        las::axis(&Arguments::new(&self.spec, self.schedule.parameters)?).map(Some)
    }

    /// The schedule for a curve that the caller has from [`Choice::of`] and [`Choice::source`].
    #[must_use]
    pub fn plain(mut self) -> Self {
        self.spec.parameters.retain(|(key, _)| ![OF, SOURCE].contains(&key.as_str()));
        self
    }

    /// The K + 1 SNRs, strictly increasing, the first and last equal to the request's to the bit.
    ///
    /// # Errors
    /// [`Error::Invalid`] for no steps, for ends out of order, for an end of 0 where the schedule
    /// cannot start there, for a parameter outside its domain, for a missing curve or scale, and
    /// where two neighbours are one f64 (more steps than the interval has room for); whatever the
    /// curve reports.
    pub fn grid(&self, request: &Request) -> Result<Vec<f64>> {
        request.check(self.schedule)?;
        if self.spec.parameters.iter().any(|(key, _)| [OF, SOURCE].contains(&key.as_str())) {
            let message = "is made from the loss of a denoiser or from another law, which claims and \
                           estimates have: here say --loss or --source";
            return Err(Error::invalid(format!("schedule `{self}`"), message));
        }
        let arguments = Arguments::new(&self.spec, self.schedule.parameters)?;
        request.pinned(&self.spec.to_string(), (self.schedule.build)(&arguments, request)?)
    }
}

/// The schedule of a spec such as `geometric` or `karras:rho=7`.
///
/// # Errors
/// [`Error::Invalid`] for a malformed spec and for a name of something that is no rule;
/// [`Error::Unknown`] with the nearest name for a schedule or a parameter.
pub fn find(spec: &str) -> Result<Choice> {
    let spec = known::spelling(spec)?;
    // What a schedule nests is a denoiser or a law, which may have the name of another schedule.
    let outermost = spec.split(':').next().unwrap_or_default().trim();
    let parameters_of = |name: &str| match SCHEDULES.get(name).filter(|_| name == outermost) {
        Some(schedule) => Ok(schedule.parameters),
        None => denoiser::parameters_of(name),
    };
    let (schedule, spec) = SCHEDULES.parse_nesting(&spec, &parameters_of)?;
    let mut choice = Choice { schedule, spec, source: None };
    if let Some(of) = choice.nested(OF) {
        drop(denoiser::find(&of)?);
    }
    let source = |spec: String| Source::parse(&spec).inspect(note_source).map(Arc::new);
    choice.source = choice.nested(SOURCE).map(source).transpose()?;
    Ok(choice)
}

/// The grid of the schedule `spec`; see [`find`] and [`Choice::grid`].
///
/// # Errors
/// Those of [`find`] and [`Choice::grid`].
pub fn grid(spec: &str, request: &Request) -> Result<Vec<f64>> {
    find(spec)?.grid(request)
}

#[cfg(test)]
mod tests;
