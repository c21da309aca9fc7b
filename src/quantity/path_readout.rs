//! The pathwise KL from samples: three unbiased readouts, each other's check.
//!
//! All share the noise of a sample across the SNRs and take one uniform point s_k in each step, so their cost is linear in
//! the number of steps. Differences are taken before the sum: the information form, which sums first, has a relative
//! deviation that grows with K while that of the other two stays near 1.5 (measured in `path_tests.rs`).

use super::path::{denoiser_share, grid};
use super::{Instruments, Need};
use crate::channel::posterior::{Observable, Readout, SnrPoint, Spacing, Term, Weight};
use crate::error::Result;

fn at(snr: f64, observable: Observable, factor: f64) -> Term {
    Term { point: SnrPoint::At(snr), observable, weight: Weight::Constant(factor) }
}

/// A point uniform in the step from `lo` to `hi`.
fn within(lo: f64, hi: f64) -> SnrPoint {
    SnrPoint::Within { lo, hi, spacing: Spacing::Linear }
}

/// ½ Σ Δ_k (M(γ_k) − M(s_k)) by ½⟨D⟩ of the same sample.
fn differences(grid: &[f64]) -> Vec<Term> {
    let step = |pair: &[f64]| {
        let half = 0.5 * (pair[1] - pair[0]);
        let inside =
            Term { point: within(pair[0], pair[1]), observable: Observable::Mmse, weight: Weight::Constant(-half) };
        [at(pair[0], Observable::Mmse, half), inside]
    };
    grid.windows(2).flat_map(step).collect()
}

/// ½ Σ Δ_k (M(γ_k) − M(s_k)): the least noisy of the three.
///
/// # Errors
/// Those of [`grid`].
pub fn difference(need: &Need, tools: &Instruments) -> Result<Readout> {
    Ok(Readout { terms: differences(&grid(need, tools)?) })
}

/// ½ Σ Δ_k (γ_{k+1} − s_k)(−M′(s_k)).
///
/// # Errors
/// Those of [`grid`].
pub fn slope(need: &Need, tools: &Instruments) -> Result<Readout> {
    let step = |pair: &[f64]| Term {
        point: within(pair[0], pair[1]),
        observable: Observable::Slope,
        weight: Weight::Remaining { factor: 0.5 * (pair[1] - pair[0]), end: pair[1] },
    };
    Ok(Readout { terms: grid(need, tools)?.windows(2).map(step).collect() })
}

/// ½ Σ Δ_k M(γ_k) − I(γ_K) + I(γ_0).
///
/// # Errors
/// Those of [`grid`].
pub fn information(need: &Need, tools: &Instruments) -> Result<Readout> {
    let grid = grid(need, tools)?;
    let step = |pair: &[f64]| at(pair[0], Observable::Mmse, 0.5 * (pair[1] - pair[0]));
    let ends = [at(grid[grid.len() - 1], Observable::Information, -1.0), at(grid[0], Observable::Information, 1.0)];
    Ok(Readout { terms: grid.windows(2).map(step).chain(ends).collect() })
}

/// ½γ_0 (M(0) − M(s)), s uniform in [0, γ_0].
///
/// # Errors
/// None: a start at 0 has a deterministic route.
pub fn init(need: &Need) -> Result<Readout> {
    let start = need.setting.snr_min.expect("a quantity of scope `path` is bound with its snr_min");
    Ok(Readout { terms: differences(&[0.0, start]) })
}

/// All three parts; the denoiser's is M(0) = E|X − EX|² times a number.
///
/// # Errors
/// Those of [`grid`] and of the denoiser.
pub fn total(need: &Need, tools: &Instruments) -> Result<Readout> {
    let grid = grid(need, tools)?;
    let mut terms = differences(&grid);
    if grid[0] > 0.0 {
        terms.extend(differences(&[0.0, grid[0]]));
    }
    terms.push(at(0.0, Observable::Mmse, denoiser_share(need, tools)?));
    Ok(Readout { terms })
}
