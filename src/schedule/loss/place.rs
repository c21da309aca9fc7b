//! From a loss curve to a schedule.

use std::borrow::Cow;

use super::LossCurve;
use crate::channel::curve::Curve;
use crate::error::{Error, Result};
use crate::schedule::StepAxis;
use crate::schedule::las::candidates::Candidates;
use crate::schedule::las::second::PAIRS;

/// What is asked of a schedule.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// Number of steps K ≥ 1.
    pub steps: usize,
    /// The axis R on which a step's length is measured.
    pub axis: StepAxis,
    /// α ≥ 0 of Algorithm 2; `None` is Algorithm 1.
    pub smoothness: Option<f64>,
    /// First SNR; `None`: the curve's.
    pub snr_min: Option<f64>,
    /// Last SNR; `None`: the curve's.
    pub snr_max: Option<f64>,
    /// Number of candidates, uniform in ln γ; `None`: the curve's rows (for Algorithm 2 at most
    /// [`MOST_ROWS`] of them), and on a smoothed curve levels between them too.
    pub candidates: Option<usize>,
    /// What is done to the curve before steps are placed on it.
    pub denoise: Denoise,
}

/// What is done to a measured curve before steps are placed on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Denoise {
    /// Nothing.
    None,
    /// The nearest non-increasing curve, [`LossCurve::projected`].
    Isotonic,
    /// The mean of the smooth curves within its errors, [`LossCurve::smoothed`].
    Smooth,
}

/// What can be done to a curve: name, kind, what it is.
pub const DENOISES: [(&str, Denoise, &str); 3] = [
    ("none", Denoise::None, "Nothing"),
    ("isotonic", Denoise::Isotonic, "The nearest non-increasing curve"),
    ("smooth", Denoise::Smooth, "The mean of the smooth curves within the errors"),
];

impl Denoise {
    /// The curve after it.
    pub fn of(self, curve: &LossCurve) -> Cow<'_, LossCurve> {
        match self {
            Self::None => Cow::Borrowed(curve),
            Self::Isotonic => Cow::Owned(curve.projected()),
            Self::Smooth => Cow::Owned(curve.smoothed()),
        }
    }
}

/// Candidates on a smooth curve, which is known between its rows.
const BETWEEN: usize = 2000;

/// Candidates on curves that could be true, whatever number was asked for.
const MOST_BETWEEN: usize = 20_000;

/// Rows that Algorithm 2 takes as candidates, N²K operations; with more, as many candidates uniform
/// in ln γ.
pub const MOST_ROWS: usize = 400;

/// A schedule from a loss curve.
#[derive(Debug, Clone)]
pub struct Placement {
    /// γ_0 < … < γ_K.
    pub snrs: Vec<f64>,
    /// Σ L(γ_k) (R(γ_{k+1}) − R(γ_k)) on the denoised curve, without the penalty of Algorithm 2.
    pub cost: f64,
    /// Number of candidates.
    pub candidates: usize,
    /// For each interior step, the number of candidates to the next step: 1 is as near as the
    /// candidates allow.
    pub gaps: Vec<usize>,
}

/// Where a schedule lies.
#[derive(Debug, Clone, Copy)]
pub struct Reach {
    /// First and last SNR.
    pub ends: (f64, f64),
    /// The axis R of the settings, with a finite R at the first SNR.
    pub axis: StepAxis,
    /// The axis on which the default grid is uniform: ln γ, or ln(1 + γ/g) from γ = 0, g the first
    /// row above it.
    pub even: StepAxis,
}

impl Settings {
    /// Algorithm 1 between the ends of the curve, among its rows, as they are.
    pub fn new(steps: usize, axis: StepAxis) -> Self {
        let (smoothness, snr_min, snr_max, candidates) = (None, None, None, None);
        Self { steps, axis, smoothness, snr_min, snr_max, candidates, denoise: Denoise::None }
    }

    /// Candidates that find the best grid on a smooth curve.
    fn enough(&self) -> usize {
        match self.smoothness {
            None => BETWEEN.max(2 * self.steps),
            Some(_) => MOST_ROWS.max(2 * self.steps).min((PAIRS / self.steps.max(1)).isqrt()),
        }
    }

    /// The same for a curve that is denoised already: on a smooth one a schedule chooses between rows
    /// too.
    #[must_use]
    pub fn on_denoised(&self) -> Self {
        let between = (self.denoise == Denoise::Smooth).then(|| self.enough());
        Self { denoise: Denoise::None, candidates: self.candidates.or(between), ..*self }
    }

    /// The same with as many candidates as it takes to find the best grid on a smooth curve.
    #[must_use]
    pub fn fine(&self) -> Self {
        let own = match self.smoothness {
            None => self.candidates.unwrap_or(0).min(MOST_BETWEEN),
            Some(_) => 0,
        };
        let candidates = own.max(self.enough());
        Self { denoise: Denoise::None, candidates: Some(candidates), ..*self }
    }

    /// Where the schedule lies on a curve.
    ///
    /// # Errors
    /// [`Error::Invalid`] for ends out of order or beyond the curve.
    pub fn reach(&self, curve: &LossCurve) -> Result<Reach> {
        let (first, last) = curve.ends();
        let (lo, hi) = (self.snr_min.unwrap_or(first), self.snr_max.unwrap_or(last));
        if !(lo < hi && lo >= 0.0 && hi.is_finite()) {
            let message = format!("need 0 ≤ snr_min < snr_max < ∞, not snr_min = {lo} and snr_max = {hi}");
            return Err(Error::invalid("--snr-min", message));
        }
        let even = if lo > 0.0 { StepAxis::Log } else { curve.even_from_zero() };
        curve.mmse(lo).and(curve.mmse(hi))?;
        Ok(Reach { ends: (lo, hi), axis: curve.axis(self.axis, lo), even })
    }

    /// The SNRs among which a schedule on `curve` chooses, increasing, both ends among them.
    ///
    /// # Errors
    /// Those of [`Settings::reach`], and fewer candidates than steps + 1.
    pub fn candidates_on(&self, curve: &LossCurve) -> Result<Vec<f64>> {
        let Reach { ends: (lo, hi), even, .. } = self.reach(curve)?;
        let rows = curve.points().iter().map(|p| p.snr).filter(|&snr| snr > lo && snr < hi);
        let count = match (self.candidates, self.smoothness) {
            (None, Some(_)) if rows.clone().count() + 2 > MOST_ROWS => MOST_ROWS,
            (None, _) => return Ok(std::iter::once(lo).chain(rows).chain([hi]).collect()),
            (Some(count), _) => count,
        };
        if count <= self.steps {
            let message = format!("{count} candidates cannot make {} steps", self.steps);
            return Err(Error::invalid("--candidates", message));
        }
        Ok(even.uniform((lo, hi), count - 1))
    }
}

/// The schedule that costs least among the candidates: Algorithm 1, or 2 where there is smoothness.
///
/// # Errors
/// [`Error::Invalid`] for ends beyond the curve, too few candidates for the steps, too many for
/// Algorithm 2, and an axis on which neighbours fall on one number.
pub fn place(curve: &LossCurve, settings: &Settings) -> Result<Placement> {
    let used = settings.denoise.of(curve);
    let settings = settings.on_denoised();
    let (used, steps) = (used.as_ref(), settings.steps);
    let Reach { ends, axis, even } = settings.reach(used)?;
    let candidates = Candidates::new(used, axis, settings.candidates_on(used)?)?;
    if candidates.count() <= steps {
        let message = format!(
            "has {} rows between the ends, and {steps} steps need at least {}: say --candidates N to choose between rows",
            candidates.count(),
            steps + 1
        );
        return Err(Error::invalid("the loss curve", message));
    }
    let indices = match settings.smoothness {
        None => candidates.first_order(steps)?,
        Some(alpha) => {
            let unsmoothed = axis.cost(used, &even.uniform(ends, steps))?;
            candidates.second_order(steps, even, alpha / 12.0 * (unsmoothed / steps as f64))?
        }
    };
    let snrs = candidates.pick(&indices);
    Ok(Placement {
        cost: axis.cost(used, &snrs)?,
        snrs,
        candidates: candidates.count(),
        gaps: indices.windows(2).map(|pair| pair[1] - pair[0]).collect(),
    })
}
