//! The axis R(γ) on which schedules measure the length of a step.
//!
//! R = γ gives the path KL itself; it weights steps at high SNR by lengths that a deterministic
//! sampler never feels, so \[ABZ26\] regularises the axis ("γ_reg", λ = 1.5). Its formula is not in
//! what could be read of the paper: the forms below are klaim's, and
//! `klaim schedule las --regularize` chooses between them.

use std::fmt;

use crate::channel::curve::Curve;
use crate::error::{Error, Result};

/// An increasing function R of the SNR γ (linear), in which a step from γ_i to γ_j has length
/// R(γ_j) − R(γ_i).
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum StepAxis {
    /// R = γ: the path KL, the right axis for the ancestral sampler.
    Raw,
    /// R = ln γ: the optimum for N(0, c²I) is the arctan law in the limit of many steps, which is
    /// DDIM's optimum.
    Log,
    /// R = ln γ, and R(0) = ln of a given γ > 0 in place of −∞: a constant in the cost of every
    /// grid that starts at γ = 0, so that costs can be compared.
    LogFromZero(f64),
    /// R = ln(1 + λγ): γ at low SNR, ln γ at high SNR.
    SoftLog(f64),
    /// R = γ/(1 + λγ): the SNR behind one more noise of variance λ, 1/R = 1/γ + λ.
    Saturating(f64),
    /// R = γ^{1/λ}.
    Power(f64),
}

impl StepAxis {
    /// The names that [`StepAxis::new`] knows.
    pub const NAMES: [&'static str; 5] = ["raw", "log", "softlog", "saturating", "power"];

    /// The axis `name` with λ = `lambda` > 0, which `raw` and `log` do not use.
    ///
    /// # Errors
    /// [`Error::Unknown`] with the nearest name, [`Error::Invalid`] for λ that is not finite and
    /// positive.
    pub fn new(name: &str, lambda: f64) -> Result<Self> {
        if !(lambda > 0.0 && lambda.is_finite()) {
            return Err(Error::invalid("lambda", format!("must be finite and > 0, not {lambda}")));
        }
        match name {
            "raw" => Ok(Self::Raw),
            "log" => Ok(Self::Log),
            "softlog" => Ok(Self::SoftLog(lambda)),
            "saturating" => Ok(Self::Saturating(lambda)),
            "power" => Ok(Self::Power(lambda)),
            _ => Err(Error::unknown(format!("axis (one of {})", Self::NAMES.join(", ")), name, Self::NAMES)),
        }
    }

    /// Its name, one of [`StepAxis::NAMES`].
    pub fn name(self) -> &'static str {
        match self {
            Self::Raw => "raw",
            Self::Log | Self::LogFromZero(_) => "log",
            Self::SoftLog(_) => "softlog",
            Self::Saturating(_) => "saturating",
            Self::Power(_) => "power",
        }
    }

    /// λ, where it has one.
    pub fn lambda(self) -> Option<f64> {
        match self {
            Self::Raw | Self::Log | Self::LogFromZero(_) => None,
            Self::SoftLog(lambda) | Self::Saturating(lambda) | Self::Power(lambda) => Some(lambda),
        }
    }

    /// The axis for grids that start at γ = 0, with lengths counted from `origin` > 0 where R(0) is
    /// −∞.
    #[must_use]
    pub fn starting_at_zero(self, origin: f64) -> Self {
        if self == Self::Log { Self::LogFromZero(origin) } else { self }
    }

    /// R(γ), γ ≥ 0; −∞ at γ = 0 on the logarithmic axis.
    pub fn position(self, snr: f64) -> f64 {
        match self {
            Self::Raw => snr,
            Self::Log => snr.ln(),
            Self::LogFromZero(origin) => {
                if snr > 0.0 {
                    snr.ln()
                } else {
                    origin.ln()
                }
            }
            Self::SoftLog(lambda) => (lambda * snr).ln_1p(),
            Self::Saturating(lambda) => snr / (1.0 + lambda * snr),
            Self::Power(lambda) => snr.powf(lambda.recip()),
        }
    }

    /// The γ at a position, relative error about ε·max(1, |d ln γ/d ln R|).
    pub fn snr(self, position: f64) -> f64 {
        match self {
            Self::Raw => position,
            Self::Log | Self::LogFromZero(_) => position.exp(),
            Self::SoftLog(lambda) => position.exp_m1() / lambda,
            Self::Saturating(lambda) => position / (1.0 - lambda * position),
            Self::Power(lambda) => position.powf(lambda),
        }
    }

    /// R′(γ), per unit of γ.
    pub fn rate(self, snr: f64) -> f64 {
        match self {
            Self::Raw => 1.0,
            Self::Log | Self::LogFromZero(_) => snr.recip(),
            Self::SoftLog(lambda) => lambda / (1.0 + lambda * snr),
            Self::Saturating(lambda) => (1.0 + lambda * snr).powi(-2),
            Self::Power(lambda) => snr.powf(lambda.recip() - 1.0) / lambda,
        }
    }

    /// dγ/dR at γ, the inverse of [`StepAxis::rate`].
    pub fn stretch(self, snr: f64) -> f64 {
        match self {
            Self::Raw => 1.0,
            Self::Log | Self::LogFromZero(_) => snr,
            Self::SoftLog(lambda) => snr + lambda.recip(),
            Self::Saturating(lambda) => (1.0 + lambda * snr).powi(2),
            Self::Power(lambda) => lambda * snr.powf(1.0 - lambda.recip()),
        }
    }

    /// Σ L(γ_k) (R(γ_{k+1}) − R(γ_k)) of the steps of a grid, L the `curve`, in the units of L
    /// times those of R.
    ///
    /// # Errors
    /// A grid that leaves the curve.
    pub fn cost(self, curve: &dyn Curve, grid: &[f64]) -> Result<f64> {
        let step =
            |pair: &[f64]| Ok(curve.mmse(pair[0])? * (self.position(pair[1]) - self.position(pair[0])));
        grid.windows(2).map(step).sum()
    }

    /// `steps` + 1 SNRs at equal distances on the axis, both ends to the bit.
    pub fn uniform(self, (first, last): (f64, f64), steps: usize) -> Vec<f64> {
        let mut snrs = uniform((first, last), steps, |snr| self.position(snr), |r| self.snr(r));
        (snrs[0], snrs[steps]) = (first, last);
        snrs
    }

    /// Whether R and R′ are finite at γ = 0, so that a grid can start there.
    pub fn from_zero(self) -> bool {
        self.position(0.0).is_finite() && self.rate(0.0).is_finite()
    }
}

/// `steps` + 1 SNRs between `ends`, equally spaced in `to`, a monotone function of γ whose inverse
/// is `from`.
pub(super) fn uniform(
    ends: (f64, f64),
    steps: usize,
    to: impl Fn(f64) -> f64,
    from: impl Fn(f64) -> f64,
) -> Vec<f64> {
    let (first, last) = (to(ends.0), to(ends.1));
    let at = |k: usize| k as f64 / steps as f64;
    (0..=steps).map(|k| from(first * (1.0 - at(k)) + last * at(k))).collect()
}

impl fmt::Display for StepAxis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Raw => f.write_str("γ"),
            Self::Log => f.write_str("ln γ"),
            Self::LogFromZero(origin) => write!(f, "ln γ, counted from γ = {origin:.3e}"),
            Self::SoftLog(lambda) => write!(f, "ln(1 + {lambda}γ)"),
            Self::Saturating(lambda) => write!(f, "γ/(1 + {lambda}γ)"),
            Self::Power(lambda) => write!(f, "γ^(1/{lambda})"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Inverse functions cost a few roundings, times 1 + λγ on the saturating axis.
    const ROUND_TRIP: f64 = 1e-13;
    /// Central difference with h = 1e-6 γ.
    const DIFFERENCE: f64 = 1e-8;

    #[test]
    fn positions_round_trip_and_rates_are_derivatives() {
        for name in StepAxis::NAMES {
            let axis = StepAxis::new(name, 1.7).unwrap();
            assert_eq!(StepAxis::new(axis.name(), axis.lambda().unwrap_or(1.0)).unwrap(), axis);
            for snr in [3e-4, 0.2, 1.3, 45.0, 900.0] {
                let back = axis.snr(axis.position(snr));
                assert!(
                    (back / snr - 1.0).abs() < ROUND_TRIP * (1.0 + 2.0 * snr),
                    "{name}: {back} for {snr}"
                );
                let h = 1e-5 * snr;
                let difference = (axis.position(snr + h) - axis.position(snr - h)) / (2.0 * h);
                let tolerance = DIFFERENCE * (1.0 + snr);
                assert!(
                    (difference / axis.rate(snr) - 1.0).abs() < tolerance,
                    "{name} at {snr}: {difference}"
                );
                assert!((axis.rate(snr) * axis.stretch(snr) - 1.0).abs() < ROUND_TRIP, "{name} at {snr}");
            }
        }
    }

    /// By hand at γ = 4, λ = 1.5: formulas that undo each other would pass a round trip.
    #[test]
    fn positions_are_the_stated_ones() {
        for (name, expected) in [
            ("raw", 4.0),
            ("log", 4.0_f64.ln()),
            ("softlog", 7.0_f64.ln()),
            ("saturating", 4.0 / 7.0),
            ("power", 16.0_f64.cbrt()),
        ] {
            let found = StepAxis::new(name, 1.5).unwrap().position(4.0);
            assert!((found - expected).abs() < ROUND_TRIP, "{name}: {found} for {expected}");
        }
        let able = StepAxis::NAMES.map(|name| StepAxis::new(name, 1.5).unwrap().from_zero());
        assert_eq!(able, [true, false, true, true, false]);
    }

    #[test]
    fn an_unknown_axis_is_answered_with_the_nearest() {
        assert!(StepAxis::new("softlgo", 1.5).unwrap_err().to_string().contains("did you mean `softlog`"));
        assert!(StepAxis::new("log", 0.0).is_err() && StepAxis::new("log", f64::NAN).is_err());
    }
}
