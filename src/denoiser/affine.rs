//! Denoisers that are affine in the state, x̂ = EX + gain·(U − γEX) + a constant vector: their loss
//! needs no posterior.

use std::fmt::{Debug, Formatter};

use super::{Denoiser, Estimand};
use crate::channel::posterior::BATCH;
use crate::error::Result;
use crate::numeric::estimate::Estimate;
use crate::source::Source;

/// Coefficients of x̂ − EX = gain·(U − γEX) + c at one SNR.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Affine {
    /// Factor of the state, in units of 1/γ.
    pub gain: f64,
    /// 1 − γ·gain: the share of X − EX that is left in the error.
    pub keep: f64,
    /// |c|/√d, in units of |x|.
    pub shift: f64,
}

/// Relative rounding of the three terms of a loss.
const ROUNDING: f64 = 4.0 * f64::EPSILON;

impl Affine {
    /// L(γ) = keep²·E|X − EX|² + γ·gain²·d + d·shift², exact to rounding: X and Z are independent.
    pub fn loss(&self, source: &Source, snr: f64) -> Estimate {
        let dim = source.dim() as f64;
        let signal = match self.keep.abs() > 0.0 {
            true => source.second_moment().scaled(self.keep * self.keep),
            false => Estimate::exact(0.0),
        };
        let value = signal.value + snr * self.gain * self.gain * dim + dim * self.shift * self.shift;
        Estimate { bound: signal.bound + ROUNDING * value, ..Estimate::exact(value) }
    }
}

/// x̂ = EX + gain·(U − γEX) in every coordinate.
pub(super) struct Centred<F> {
    name: String,
    /// EX, d numbers; any where keep = 0.
    centre: Vec<f64>,
    rule: F,
}

impl<F: Fn(f64) -> Affine + Send + Sync> Centred<F> {
    /// `rule` gives the coefficients at an SNR, without a shift.
    pub(super) fn new(name: &str, centre: Vec<f64>, rule: F) -> Self {
        Self { name: name.into(), centre, rule }
    }
}

impl<F> Debug for Centred<F> {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.name)
    }
}

impl<F: Fn(f64) -> Affine + Send + Sync> Denoiser for Centred<F> {
    fn name(&self) -> &str {
        &self.name
    }

    fn estimate(&self, states: &[f64], snr: f64, out: &mut [f64]) -> Result<()> {
        let Affine { gain, keep, .. } = (self.rule)(snr);
        for ((row, states), centre) in out.chunks_mut(BATCH).zip(states.chunks(BATCH)).zip(&self.centre) {
            row.iter_mut().zip(states).for_each(|(x, u)| *x = gain.mul_add(*u, keep * centre));
        }
        Ok(())
    }

    fn affine(&self, snr: f64) -> Option<Affine> {
        Some((self.rule)(snr))
    }
}

/// EX.
///
/// # Errors
/// As [`Estimand::mean`].
pub(super) fn about_the_mean(estimand: &Estimand) -> Result<Vec<f64>> {
    Ok(estimand.mean()?.prior())
}
