//! Averages over the states of a law on a line by quadrature: E|x̂ − m|² of any denoiser, which is
//! asked at the nodes, and the divergence of two laws behind the channel.

use std::num::NonZeroUsize;
use std::sync::LazyLock;

use gauss_quad::GaussLegendre;

use super::{Denoiser, Estimand};
use crate::channel::exact::terminal::Components;
use crate::channel::posterior::BATCH;
use crate::error::{Error, Result};
use crate::numeric::estimate::Estimate;
use crate::source::Source;

/// Standard deviations kept beyond the outermost component, and the width of the first panels in
/// those of the narrowest.
const REACH: f64 = 12.0;
const WIDTH: f64 = 3.0;
/// Halving stops where a panel changes by less than this share of the whole, or at this depth.
const TOLERANCE: f64 = 1e-10;
const DEEPEST: u32 = 24;
/// Rounding of an estimate, relative to its own size: a few dozen operations.
const ROUNDING: f64 = 1e-14;

/// Nodes and weights on [−1, 1]: one batch.
static RULE: LazyLock<Vec<(f64, f64)>> = LazyLock::new(|| {
    let rule = GaussLegendre::new(NonZeroUsize::new(BATCH).expect("a batch has states"));
    rule.iter().map(|(x, w)| (*x, *w)).collect()
});

/// ∫ p(u) |x̂(u) − m(u)|² du over the states U_γ = u of atoms or a Gaussian mixture on a line;
/// `None` for another law.
///
/// `bound` adds what halving the panels changes to the rounding of x̂ and m.
///
/// # Errors
/// Those of the denoiser; [`Error::Invalid`] where an estimate is NaN or infinite.
pub fn gap_on_a_line(estimand: &Estimand, denoiser: &dyn Denoiser, snr: f64) -> Result<Option<Estimate>> {
    let Some(law) = Components::on_a_line(estimand.source()) else { return Ok(None) };
    let mean = estimand.mean()?;
    let squares = |states: &[f64]| {
        let [mut found, mut exact] = [[0.0; BATCH]; 2];
        denoiser.estimate(states, snr, &mut found)?;
        mean.evaluate(states, snr, &mut exact);
        if found.iter().any(|x| !x.is_finite()) {
            let what = format!("denoiser `{}`", denoiser.name());
            return Err(Error::invalid(what, format!("its estimates at snr {snr:e} are not finite")));
        }
        Ok(std::array::from_fn(|i| {
            let (x, m) = (found[i], exact[i]);
            [(x - m) * (x - m), x.mul_add(x, m * m)]
        }))
    };
    // At γ = 0 the state is 0.
    if snr <= 0.0 {
        let [gap, size] = squares(&[0.0; BATCH])?[0];
        return Ok(Some(Estimate { bound: rounding(gap, size), ..Estimate::exact(gap) }));
    }
    let ([gap, size], change) = over_states(&law, snr, &squares)?;
    Ok(Some(Estimate::quadrature(gap, change + rounding(gap, size))))
}

/// KL(P ∗ N ‖ Q ∗ N) of the states U_γ under both laws, nats; 0 at γ = 0. `None` where one is not
/// atoms or a Gaussian mixture on a line.
///
/// # Errors
/// None today.
pub fn divergence_on_a_line(ours: &Source, theirs: &Source, snr: f64) -> Result<Option<Estimate>> {
    let (Some(p), Some(q)) = (Components::on_a_line(ours), Components::on_a_line(theirs)) else {
        return Ok(None);
    };
    if snr <= 0.0 {
        return Ok(Some(Estimate::exact(0.0)));
    }
    let terms = |states: &[f64]| {
        Ok(std::array::from_fn(|i| {
            let ln_ratio = q.posterior(states[i], snr).0 - p.posterior(states[i], snr).0;
            [-ln_ratio, ln_ratio.abs() + 1.0]
        }))
    };
    let ([divergence, size], change) = over_states(&p, snr, &terms)?;
    Ok(Some(Estimate::quadrature(divergence, change + ROUNDING * size)))
}

/// Two functions of each state of a batch.
type Averaged<'a> = dyn Fn(&[f64]) -> Result<[[f64; 2]; BATCH]> + 'a;

/// ∫ p(u) f(u) du for two functions, given a batch of states at a time, and what the last halving
/// changed of the first.
fn over_states(law: &Components, snr: f64, f: &Averaged) -> Result<([f64; 2], f64)> {
    let panel = |lo: f64, hi: f64| -> Result<[f64; 2]> {
        let half = 0.5 * (hi - lo);
        let states: Vec<f64> = RULE.iter().map(|(x, _)| half.mul_add(x + 1.0, lo)).collect();
        let mut sums = [0.0; 2];
        for ((u, (_, weight)), values) in states.iter().zip(RULE.iter()).zip(f(&states)?) {
            let density = half * weight * law.posterior(*u, snr).0.exp();
            sums.iter_mut().zip(values).for_each(|(sum, x)| *sum += density * x);
        }
        Ok(sums)
    };
    let mut pending: Vec<([f64; 2], [f64; 2], u32)> = Vec::new();
    for [lo, hi] in panels(law, snr) {
        pending.push(([lo, hi], panel(lo, hi)?, 0));
    }
    let (mut settled, mut bound) = ([0.0; 2], 0.0);
    while let Some(([lo, hi], whole, depth)) = pending.pop() {
        let middle = 0.5 * (lo + hi);
        let [left, right] = [panel(lo, middle)?, panel(middle, hi)?];
        let change = (left[0] + right[0] - whole[0]).abs();
        let all: f64 = settled[0] + pending.iter().map(|panel| panel.1[0]).sum::<f64>() + whole[0];
        let sizes: f64 = settled[1] + pending.iter().map(|panel| panel.1[1]).sum::<f64>() + whole[1];
        if change <= TOLERANCE * all.abs() + rounding(all, sizes) || depth == DEEPEST {
            settled = [settled[0] + left[0] + right[0], settled[1] + left[1] + right[1]];
            bound += change;
        } else {
            pending.extend([([lo, middle], left, depth + 1), ([middle, hi], right, depth + 1)]);
        }
    }
    Ok((settled, bound))
}

/// What an error of [`ROUNDING`] in both estimates makes of E|x̂ − m|² where E(x̂² + m²) is `size`.
fn rounding(gap: f64, size: f64) -> f64 {
    2.0 * ROUNDING * (gap.abs() * size).sqrt() + ROUNDING * (gap.abs() + ROUNDING * size)
}

/// Pieces of the line of states that hold all components, each a few standard deviations of the
/// narrowest wide.
fn panels(law: &Components, snr: f64) -> Vec<[f64; 2]> {
    let deviation = |variance: &f64| (snr * (1.0 + snr * variance)).sqrt();
    let mut reached: Vec<[f64; 2]> = law
        .means
        .iter()
        .zip(&law.variances)
        .map(|(mean, variance)| {
            [-1.0, 1.0].map(|sign| snr.mul_add(*mean, sign * REACH * deviation(variance)))
        })
        .collect();
    reached.sort_by(|a, b| a[0].total_cmp(&b[0]));
    let narrowest = law.variances.iter().map(deviation).fold(f64::INFINITY, f64::min);
    let mut all: Vec<[f64; 2]> = Vec::new();
    let mut end = f64::NEG_INFINITY;
    for [low, high] in reached {
        let low = low.max(end);
        let count = ((high - low) / (WIDTH * narrowest)).ceil().max(0.0);
        let at = |i: f64| low + (high - low) * i / count;
        all.extend((0..count as usize).map(|i| [at(i as f64), at(i as f64 + 1.0)]));
        end = end.max(high);
    }
    all
}
