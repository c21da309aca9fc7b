//! A loss curve: the x0-risk of the exact denoiser over SNRs by simulation, as a practitioner has it from a training log.
//!
//! For sources whose mmse no deterministic route knows. Schedules made from it inherit its noise; the same samples at every
//! SNR make that noise smooth.

use std::sync::{Arc, OnceLock};

use super::chain::draws;
use crate::channel::posterior::{BATCH, PosteriorMean};
use crate::error::Result;
use crate::numeric::normal;
use crate::numeric::stream::Stream;
use crate::schedule::{Curve, SampledCurve};
use crate::source::Source;

/// SNRs of the curve, equally spaced in the logarithm.
const POINTS: usize = 96;
/// Batches of samples: 4096 of them.
const BATCHES: u64 = 64;
/// A curve from γ = 0 has its next SNR at this share of the last.
const FROM_ZERO: f64 = 1e-6;

/// γ ↦ E|X − m(U_γ)|² between two SNRs, measured when first asked for.
#[derive(Debug)]
pub struct RiskCurve<'a> {
    source: &'a Source,
    ends: (f64, f64),
    made: Arc<OnceLock<SampledCurve>>,
}

impl<'a> RiskCurve<'a> {
    /// Of `source` between `ends` (0 ≤ first < second), kept in `made`.
    pub fn new(source: &'a Source, ends: (f64, f64), made: Arc<OnceLock<SampledCurve>>) -> Self {
        Self { source, ends, made }
    }

    fn curve(&self) -> Result<&SampledCurve> {
        match self.made.get() {
            Some(curve) => Ok(curve),
            None => {
                let curve = measure(self.source, self.ends)?;
                Ok(self.made.get_or_init(|| curve))
            }
        }
    }
}

impl Curve for RiskCurve<'_> {
    fn mmse(&self, snr: f64) -> Result<f64> {
        self.curve()?.mmse(snr)
    }

    fn slope(&self, snr: f64) -> Result<f64> {
        self.curve()?.slope(snr)
    }
}

/// The risk at each SNR over the same samples of a pinned lane (seed 0): a schedule does not change with the run's seed.
fn measure(source: &Source, (lo, hi): (f64, f64)) -> Result<SampledCurve> {
    let mean = PosteriorMean::new(source)?;
    let start = if lo > 0.0 { lo } else { FROM_ZERO * hi };
    let last = POINTS - 1;
    let snr = |i: usize| if i == last { hi } else { start * (hi / start).powf(i as f64 / last as f64) };
    let mut points: Vec<(f64, f64)> = (0..POINTS).map(|i| (snr(i), 0.0)).collect();
    let stream = Stream::named(0, &format!("{}|risk", source.spec()));
    let [mut noise, mut states, mut estimate] = [(); 3].map(|()| vec![0.0; source.dim() * BATCH]);
    for first in (0..BATCHES).map(|batch| batch * BATCH as u64) {
        let truth = draws(source, &stream, first);
        normal::fill_across(&stream, first, normal::FIRST_BLOCK, BATCH, &mut noise);
        for (snr, risk) in &mut points {
            for ((u, x), z) in states.iter_mut().zip(&truth).zip(&noise) {
                *u = *snr * x + snr.sqrt() * z;
            }
            mean.evaluate(&states, *snr, &mut estimate);
            let square: f64 = estimate.iter().zip(&truth).map(|(m, x)| (m - x) * (m - x)).sum();
            *risk += square / (BATCHES * BATCH as u64) as f64;
        }
    }
    if lo <= 0.0 {
        points.insert(0, (0.0, source.second_moment().value));
    }
    SampledCurve::new(&points)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Relative, of 4096 samples: 5 standard errors where |X − m|² has a relative deviation of √2.
    const NOISE: f64 = 0.11;

    #[test]
    fn the_risk_is_the_mmse() {
        let source = Source::parse("mixture:means=-1|2,variances=0.2|0.5,weights=1|3").unwrap();
        let curve = RiskCurve::new(&source, (0.01, 100.0), Arc::default());
        for snr in [0.01, 0.3, 4.0, 90.0] {
            let expected = crate::channel::exact::at(&source, snr).unwrap().unwrap().mmse.value;
            let found = curve.mmse(snr).unwrap();
            assert!((found / expected - 1.0).abs() < NOISE, "{found} for {expected} at {snr}");
        }
    }
}
