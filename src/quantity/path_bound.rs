//! Upper bounds on the discretisation term, each for an arbitrary grid.

use super::functional::{Functional, Summand};
use super::path::{grid, ratios};
use super::{Memo, Need, source};
use crate::channel::posterior::Observable;
use crate::error::Result;
use crate::numeric::estimate::Estimate;

/// ½ Σ (r_k − 1 − ln r_k): the discretisation term of a curve with γ²|M′| = 1.
fn sum_of_ratios(need: &Need, tools: &Memo) -> Result<f64> {
    Ok(0.5 * ratios(&grid(need, tools)?).map(excess).sum::<f64>())
}

/// r − 1 − ln r ≥ 0; by its series where r is near 1, ∞ for r = ∞.
fn excess(ratio: f64) -> f64 {
    let x = ratio - 1.0;
    if x.is_infinite() {
        f64::INFINITY
    } else if x < 1e-3 {
        x * x * (0.5 - x * (1.0 / 3.0 - x * (0.25 - x * (0.2 - x / 6.0))))
    } else {
        x - x.ln_1p()
    }
}

/// ½ C H² Σ (r_k − 1 − ln r_k): γ²|M′| ≤ C H² on every step (docs/theory.md, C3).
pub fn paper(need: &Need, tools: &Memo) -> Result<Option<Estimate>> {
    let factor = need.setting.argument(0)? * sum_of_ratios(need, tools)?;
    let entropy = source::shannon(need)?;
    let bound = factor * entropy.bound * (2.0 * entropy.value + entropy.bound);
    let value = factor * entropy.value * entropy.value;
    Ok(Some(Estimate { value, bound: if value.is_finite() { bound } else { 0.0 }, ..entropy }))
}

/// ½ B Σ (r_k − 1 − ln r_k), B = 4(b² + 2b + 4) with b = ln(e^{H_½} − 1) for H_½ ≥ ln 2, else
/// 16(e^{H_½} − 1) (docs/theory.md, B1a).
pub fn renyi(need: &Need, tools: &Memo) -> Result<Option<Estimate>> {
    let entropy = source::renyi_half(need)?;
    let pointwise = |h: f64| {
        if h < std::f64::consts::LN_2 {
            16.0 * h.exp_m1()
        } else {
            // ln(e^h − 1) without overflow.
            let b = h + (-(-h).exp()).ln_1p();
            4.0 * (b * b + 2.0 * b + 4.0)
        }
    };
    let factor = sum_of_ratios(need, tools)?;
    let value = factor * pointwise(entropy.value);
    let bound = factor * (pointwise(entropy.value + entropy.bound) - pointwise(entropy.value)).abs();
    Ok(Some(Estimate { value, bound: if value.is_finite() { bound } else { 0.0 }, ..entropy }))
}

/// max r_k − 1; ∞ for a grid from 0.
fn largest_ratio(need: &Need, tools: &Memo) -> Result<f64> {
    Ok(ratios(&grid(need, tools)?).fold(0.0, f64::max) - 1.0)
}

/// (max r_k − 1)·I(γ_K) (docs/theory.md, B2).
pub fn information(need: &Need, tools: &Memo) -> Result<Functional> {
    let factor = largest_ratio(need, tools)?;
    Ok(Functional::at(need.setting.snr_max()?, Observable::Information, 1.0).times(factor))
}

/// ½ Σ (r_k − 1) ∫ −γM′ dγ over each step: what [`information`] relaxes (docs/theory.md, B2).
pub fn growth(need: &Need, tools: &Memo) -> Result<Functional> {
    let part = |step: &[f64]| {
        let (lo, hi) = (step[0], step[1]);
        Summand::Growth { lo, hi, factor: 0.5 * (hi - lo) / lo }
    };
    Ok(Functional::sum(grid(need, tools)?.windows(2).map(part)))
}

/// (max r_k − 1)·(d/2) ln(1 + γ_K E|X−EX|²/d): I is at most that of the Gaussian with the same
/// variance.
pub fn dimension(need: &Need, tools: &Memo) -> Result<Option<Estimate>> {
    let (d, variance) = (need.source.dim() as f64, need.source.second_moment());
    let last = need.setting.snr_max()?;
    let information = |variance: f64| 0.5 * d * (last * variance / d).ln_1p();
    let factor = largest_ratio(need, tools)?;
    let value = factor * information(variance.value);
    let bound = factor * (information(variance.value + variance.bound) - information(variance.value));
    Ok(Some(Estimate { value, bound: if value.is_finite() { bound } else { 0.0 }, ..variance }))
}

/// (max r_k − 1)·½ ln det(I + γ_K Σ): I is at most that of the Gaussian with the same covariance,
/// which grows with the directions that Σ has and not with d.
pub fn intrinsic(need: &Need, tools: &Memo) -> Result<Option<Estimate>> {
    let factor = largest_ratio(need, tools)?;
    Ok(Some(times(tools.gaussian_information(&need.source, need.setting.snr_max()?), factor)))
}

/// (max r_k − 1)·H(X) (docs/theory.md, C4 and B2).
pub fn entropy(need: &Need, tools: &Memo) -> Result<Option<Estimate>> {
    Ok(Some(times(source::shannon(need)?, largest_ratio(need, tools)?)))
}

/// A factor ≥ 0 times an estimate ≥ 0; without an error where the product is ∞ or 0.
fn times(estimate: Estimate, factor: f64) -> Estimate {
    let value = if estimate.value > 0.0 { factor * estimate.value } else { 0.0 };
    let bound = factor * estimate.bound;
    Estimate { value, bound: if value.is_finite() && bound.is_finite() { bound } else { 0.0 }, ..estimate }
}

/// (ρ − 1)(I(γ_K) + ½), ρ = (1 + γ_K E|X−EX|²)^{1/K}, for the grid geometric in 1 + γ E|X−EX|² from
/// 0 (docs/theory.md, B6).
pub fn from_zero(need: &Need, _: &Memo) -> Result<Functional> {
    let (last, steps) = (need.setting.snr_max()?, need.setting.steps()?);
    let shifted_ratio = ((last * need.source.second_moment().value).ln_1p() / steps as f64).exp_m1();
    let information = Summand::At { snr: last, observable: Observable::Information, factor: 1.0 };
    Ok(Functional::sum([information, Summand::Constant(0.5)]).times(shifted_ratio))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quantity::{Setting, find};
    use crate::source::Source;

    /// ln det by nalgebra against the closed forms: rank-one and diagonal covariances by hand.
    #[test]
    fn the_intrinsic_bound_counts_directions() {
        let tools = Memo::default();
        let bound = |spec: &str| {
            let setting = Setting::path(4, "geometric", 1.0, 16.0);
            let source = std::sync::Arc::new(Source::parse(spec).unwrap());
            let need = Need { source, quantity: find("bound_intrinsic").unwrap(), setting };
            intrinsic(&need, &tools).unwrap().unwrap().value
        };
        // r = 2. Two orthonormal atoms: Σ has the one eigenvalue ½ in R².
        assert!((bound("simplex:atoms=2") - 0.5 * 9.0_f64.ln()).abs() < 1e-12);
        // Five orthonormal atoms: four eigenvalues 1/5.
        assert!((bound("simplex:atoms=5") - 2.0 * 4.2_f64.ln()).abs() < 1e-12);
        assert!((bound("hypercube:dim=3") - 1.5 * 17.0_f64.ln()).abs() < 1e-12);
        assert!((bound("gaussian:dim=2,variance=0.5") - 9.0_f64.ln()).abs() < 1e-12);
        // Four atoms in R^64 span three directions: 3·½·ln(1 + 16·trΣ/3) at most (concavity).
        let code = Source::parse("codebook:atoms=4,dim=64").unwrap();
        let most = 1.5 * (1.0 + 16.0 * code.second_moment().value / 3.0).ln();
        assert!(bound("codebook:atoms=4,dim=64") < most + 1e-9);
    }

    /// Two steps from 1 to 16: ratio 4, and H = ln 2 of two equal atoms.
    #[test]
    fn the_entropy_bound_is_the_ratio_times_the_entropy() {
        let source = std::sync::Arc::new(Source::parse("bpsk").unwrap());
        let setting = Setting::path(2, "geometric", 1.0, 16.0);
        let need = Need { source, quantity: find("bound_entropy").unwrap(), setting };
        let found = need.deterministic(&Memo::default()).unwrap().unwrap();
        assert!((found.value - 3.0 * std::f64::consts::LN_2).abs() < 1e-12, "{found:?}");
    }

    #[test]
    fn the_series_meets_the_logarithm() {
        for x in [9.9e-4, 1.01e-3_f64] {
            let direct = x - x.ln_1p();
            assert!((excess(1.0 + x) / direct - 1.0).abs() < 1e-9, "{x}");
        }
        // ½x² − x³/3 + x⁴/4 at 10⁻⁵, by hand; the rounding of 1 + x is 2⁻⁵² relative to x.
        assert!((excess(1.0 + 1e-5) / 4.999_966_666_916_67e-11 - 1.0).abs() < 1e-10);
        assert!(excess(f64::INFINITY).is_infinite());
    }
}
