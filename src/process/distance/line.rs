//! A deterministic sampler on a line, exactly: the quantiles of the first state are carried to the
//! last one.

use super::target::Target;
use crate::channel::posterior::BATCH;
use crate::error::Result;
use crate::numeric::estimate::Estimate;
use crate::numeric::gamma::normal_quantile;
use crate::numeric::stream::Stream;
use crate::process::{Chain, Start};

/// Quantiles of the first state, in batches.
const BATCHES: usize = 256;
/// Bisections that place a crossing: the area near it is of second order.
const CROSSING: usize = 12;

/// W_1 = ∫ |F_x̂ − F_x| of a deterministic `chain` on a line; `None` for another law or dimension.
///
/// The (i + ½)/N quantiles of the first state, N = 16384, are walked to the end and sorted (an
/// extrapolating sampler need not keep their order); the integral of |i/N − F_x| between neighbours
/// is exact. The bound is the change from every second quantile.
///
/// # Errors
/// Those of [`Chain::walk`].
pub fn wasserstein_1(chain: &Chain) -> Result<Option<Estimate>> {
    let target = Target::new(chain.source(), &[1.0], chain.last_snr()).filter(|_| chain.dim() == 1);
    let Some(target) = target else { return Ok(None) };
    let [fine, coarse] = [BATCHES, BATCHES / 2].map(|batches| Ok(area(&walked(chain, batches)?, &target)));
    let fine: f64 = fine?;
    Ok(Some(Estimate::quadrature(fine, (fine - coarse?).abs())))
}

/// Sorted last states of batches · BATCH equally likely first ones.
fn walked(chain: &Chain, batches: usize) -> Result<Vec<f64>> {
    let snr = chain.first_snr();
    let count = (batches * BATCH) as f64;
    let level = |i: usize| (i as f64 + 0.5) / count;
    let first: Box<dyn Fn(usize) -> f64> = match chain.start() {
        Start::Gaussian => {
            let (mean, deviation) = (chain.mean().prior()[0], snr.sqrt().recip());
            Box::new(move |i| deviation.mul_add(normal_quantile(level(i)), mean))
        }
        Start::Exact => {
            let law =
                Target::new(chain.source(), &[1.0], snr).expect("the target was made from the same law");
            Box::new(move |i| law.quantile(level(i)))
        }
    };
    let mut states: Vec<f64> = (0..batches * BATCH).map(|i| snr * first(i)).collect();
    // A deterministic sampler draws nothing from the stream that it is given.
    let unused = Stream::named(0, "quantiles");
    states.chunks_mut(BATCH).try_for_each(|states| chain.walk(&unused, 0, states))?;
    states.sort_unstable_by(f64::total_cmp);
    Ok(states)
}

/// ∫ |F_n − F| for the empirical distribution function F_n of sorted points.
fn area(points: &[f64], target: &Target) -> f64 {
    let (low, high) = target.reach();
    let (low, high) = (low.min(points[0]), high.max(points[points.len() - 1]));
    let all = std::iter::once(&low).chain(points).chain([&high]);
    let known: Vec<(f64, (f64, f64))> = all.map(|&x| (x, target.cdf_and_integral(x))).collect();
    let level = |i: usize| i as f64 / points.len() as f64;
    known.windows(2).enumerate().map(|(i, pair)| between(pair[0], pair[1], level(i), target)).sum()
}

/// ∫_a^b |level − F|, F and its integral known at a and b: split where F crosses the level.
fn between(a: (f64, (f64, f64)), b: (f64, (f64, f64)), level: f64, target: &Target) -> f64 {
    let signed = |a: (f64, (f64, f64)), b: (f64, (f64, f64))| level * (b.0 - a.0) - (b.1.1 - a.1.1);
    if a.1.0 >= level || b.1.0 <= level {
        return signed(a, b).abs();
    }
    let (mut low, mut high) = (a.0, b.0);
    for _ in 0..CROSSING {
        let middle = 0.5 * (low + high);
        if target.cdf(middle) < level { low = middle } else { high = middle }
    }
    let crossing = (low, target.cdf_and_integral(low));
    signed(a, crossing).abs() + signed(crossing, b).abs()
}
