//! A loss curve: the x0-risk of a denoiser over SNRs by simulation, as a practitioner has it from a
//! training log.
//!
//! With the exact denoiser, for sources whose mmse no deterministic route knows. Schedules made
//! from it inherit its noise; the same samples at every SNR make that noise smooth.

use std::sync::{Arc, OnceLock};

use super::errors::TrueStates;
use crate::channel::curve::Curve;
use crate::channel::posterior::BATCH;
use crate::denoiser::{self, Denoiser, Estimand};
use crate::error::Result;
use crate::numeric::spacing::log_spaced;
use crate::numeric::stream::Stream;
use crate::schedule::SampledCurve;
use crate::source::Source;

/// SNRs of the curve, equally spaced in the logarithm.
const POINTS: usize = 96;
/// Batches of samples: 4096 of them.
const BATCHES: u64 = 64;
/// A curve from γ = 0 has its next SNR at this share of the last.
const FROM_ZERO: f64 = 1e-6;

/// γ ↦ E|X − x̂(U_γ)|² between two SNRs, measured when first asked for.
#[derive(Debug)]
pub struct RiskCurve {
    estimand: Arc<Estimand>,
    denoiser: Arc<dyn Denoiser>,
    ends: (f64, f64),
    made: Arc<OnceLock<SampledCurve>>,
}

impl RiskCurve {
    /// Of `denoiser`, made for `estimand`, between `ends` (0 ≤ first < second), kept in `made`.
    pub fn new(
        estimand: &Arc<Estimand>,
        denoiser: Arc<dyn Denoiser>,
        ends: (f64, f64),
        made: Arc<OnceLock<SampledCurve>>,
    ) -> Self {
        Self { estimand: Arc::clone(estimand), denoiser, ends, made }
    }

    fn curve(&self) -> Result<&SampledCurve> {
        match self.made.get() {
            Some(curve) => Ok(curve),
            None => {
                let curve = measure(&self.estimand, self.denoiser.as_ref(), self.ends)?;
                Ok(self.made.get_or_init(|| curve))
            }
        }
    }
}

impl Curve for RiskCurve {
    fn mmse(&self, snr: f64) -> Result<f64> {
        self.curve()?.mmse(snr)
    }

    fn slope(&self, snr: f64) -> Result<f64> {
        self.curve()?.slope(snr)
    }
}

/// The risk at each SNR over the same samples of a pinned lane (seed 0): a schedule does not change
/// with the run's seed.
///
/// # Errors
/// Those of the denoiser, and one that gives NaN or ∞.
fn measure(estimand: &Estimand, denoiser: &dyn Denoiser, (lo, hi): (f64, f64)) -> Result<SampledCurve> {
    let source = estimand.source();
    let start = if lo > 0.0 { lo } else { FROM_ZERO * hi };
    let mut points: Vec<(f64, f64)> = log_spaced(start, hi, POINTS).map(|snr| (snr, 0.0)).collect();
    let mut sampled = Ok(());
    denoiser.inside(&mut || sampled = sample(source, denoiser, &mut points));
    sampled?;
    // Of an affine denoiser the loss is known.
    for (snr, risk) in &mut points {
        if let Some(affine) = denoiser.affine(*snr) {
            *risk = affine.loss(source, *snr).value;
        }
    }
    if lo <= 0.0 {
        points.insert(0, (0.0, at_zero(estimand, denoiser)?));
    }
    SampledCurve::new(&points)
}

/// Adds to each (γ, 0) the loss at γ.
fn sample(source: &Source, denoiser: &dyn Denoiser, points: &mut [(f64, f64)]) -> Result<()> {
    let stream = Stream::named(0, &format!("{}|risk", source.spec()));
    let [mut states, mut estimate] = [(); 2].map(|()| vec![0.0; source.dim() * BATCH]);
    for first in (0..BATCHES).map(|batch| batch * BATCH as u64) {
        let truth = TrueStates::draw(source, &stream, first);
        for (snr, risk) in points.iter_mut() {
            truth.at(*snr, &mut states);
            denoiser::estimate(denoiser, source, (&states, *snr), (&stream, first), &mut estimate)?;
            let square: f64 = estimate.iter().zip(&truth.points).map(|(m, x)| (m - x) * (m - x)).sum();
            *risk += square / (BATCHES * BATCH as u64) as f64;
        }
    }
    Ok(())
}

/// L(0) = E|X − x̂(0, 0)|².
fn at_zero(estimand: &Estimand, denoiser: &dyn Denoiser) -> Result<f64> {
    let source = estimand.source();
    let variance = source.second_moment().value;
    if let Some(excess) = denoiser.excess(0.0) {
        return Ok(variance * (1.0 + excess));
    }
    let states = vec![0.0; source.dim() * BATCH];
    let mut estimate = states.clone();
    let stream = Stream::named(0, &format!("{}|risk", source.spec()));
    denoiser::estimate(denoiser, source, (&states, 0.0), (&stream, 0), &mut estimate)?;
    let bias = |(row, mean): (&[f64], &f64)| (row[0] - mean) * (row[0] - mean);
    Ok(variance + estimate.chunks(BATCH).zip(&estimand.mean()?.prior()).map(bias).sum::<f64>())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Relative, of 4096 samples: 5 standard errors where |X − m|² has a relative deviation of √2.
    const NOISE: f64 = 0.11;

    fn curve(spec: &str, denoiser: &str, ends: (f64, f64)) -> RiskCurve {
        let estimand = Estimand::new(&Arc::new(Source::parse(spec).unwrap()));
        let denoiser = denoiser::build(denoiser, &estimand).unwrap();
        RiskCurve::new(&estimand, denoiser, ends, Arc::default())
    }

    #[test]
    fn the_risk_of_the_exact_denoiser_is_the_mmse() {
        let spec = "mixture:means=-1|2,variances=0.2|0.5,weights=1|3";
        let (source, curve) = (Source::parse(spec).unwrap(), curve(spec, "exact", (0.01, 100.0)));
        for snr in [0.01, 0.3, 4.0, 90.0] {
            let expected = crate::channel::exact::at(&source, snr).unwrap().unwrap().mmse.value;
            let found = curve.mmse(snr).unwrap();
            assert!((found / expected - 1.0).abs() < NOISE, "{found} for {expected} at {snr}");
        }
    }

    /// L = v/(1 + γv) with v = E|X − EX|² on a line, from γ = 0 on.
    #[test]
    fn the_risk_of_a_linear_denoiser_is_its_closed_form() {
        let curve = curve("pam:levels=4", "linear", (0.0, 10.0));
        for snr in [0.0, 0.2, 3.0, 9.0] {
            let (expected, found) = (1.25 / (1.0 + 1.25 * snr), curve.mmse(snr).unwrap());
            assert!((found / expected - 1.0).abs() < NOISE, "{found} for {expected} at {snr}");
        }
    }
}
