//! Quantities of the source at one SNR.

use super::{Memo, Need};
use crate::channel::exact::pairs::{self, PairBounds};
use crate::channel::posterior::Observable;
use crate::error::Result;
use crate::numeric::estimate::Estimate;
use crate::source::Source;

/// Relative rounding of a sum over pairs, at most: 2²¹ terms a block and 2⁹ blocks, half a unit
/// each.
const ROUNDING: f64 = 1e-9;
/// What a sum over pairs that underflows is below: no confusion is impossible.
const UNDERFLOWN: f64 = 1e-290;

/// M″(γ).
pub fn mmse_curvature(need: &Need, tools: &Memo) -> Result<Option<Estimate>> {
    Ok(tools.channel_values(&need.source, need.setting.snr()?)?.map(|values| values.mmse_curvature))
}

/// tr Σ(I + γΣ)⁻¹.
///
/// # Errors
/// [`Error::Invalid`](crate::error::Error::Invalid) without an SNR.
pub fn lmmse(need: &Need, tools: &Memo) -> Result<Option<Estimate>> {
    Ok(Some(tools.lmmse(&need.source, need.setting.snr()?)))
}

/// Where an observable's mean lies whatever is measured; `None` where nothing is proven.
///
/// * M in [0, U]: at most the total variance, that of the linear estimate of the noise d/γ, and the
///   sum over pairs of atoms.
/// * −M′ in [0, U]: γ²E‖Cov(X|Y)‖² = E‖Cov(Z|Y)‖² ≤ E|Z|⁴ = d² + 2d, and the sum over pairs of
///   atoms.
/// * H(X|Y) in [H − C, min(H, U)], U the sum over pairs of atoms, C the capacity (d/2) ln(1 +
///   γ·variance/d).
/// * I in [H − U, min(H, C)]; in [0, C] for a continuous law.
pub fn proven(observable: Observable, source: &Source, snr: f64) -> Option<[f64; 2]> {
    let dim = source.dim() as f64;
    // A bound of the sums over pairs of atoms, at least `UNDERFLOWN`; ∞ for laws without.
    let of_pairs = |bound: fn(PairBounds) -> f64| {
        let raised = |b| (bound(b) * (1.0 + ROUNDING)).max(UNDERFLOWN);
        pairs::bounds(source, snr).map_or(f64::INFINITY, raised)
    };
    // What Gaussian signals of the law's total variance carry, nats: an upper bound of I(X; Y).
    let capacity = || 0.5 * dim * (snr * upper(source.second_moment()) / dim).ln_1p() * (1.0 + ROUNDING);
    match observable {
        Observable::Mmse => {
            Some([0.0, smallest([upper(source.second_moment()), dim / snr, of_pairs(|b| b.mmse)])])
        }
        Observable::Slope => {
            Some([0.0, smallest([dim * (dim + 2.0) / snr / snr, of_pairs(|b| b.mmse_slope)])])
        }
        Observable::PosteriorEntropy => {
            let shannon = source.pmf()?.shannon();
            let low = (shannon.value - shannon.bound - capacity()).max(0.0);
            Some([low, smallest([upper(shannon), of_pairs(|b| b.posterior_entropy)])])
        }
        Observable::Information => {
            let entropy = source.pmf().map(|pmf| pmf.shannon());
            let missing = of_pairs(|b| b.posterior_entropy);
            let low = entropy.map_or(0.0, |h| (h.value - h.bound - missing).max(0.0));
            Some([low, smallest([entropy.map_or(f64::INFINITY, upper), capacity()])])
        }
    }
}

/// The upper end of an estimate without sampling.
fn upper(estimate: Estimate) -> f64 {
    estimate.value + estimate.bound
}

fn smallest<const N: usize>(bounds: [f64; N]) -> f64 {
    bounds.into_iter().fold(f64::INFINITY, f64::min)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is proven of an observable holds of its value by quadrature, at low and at high SNR.
    #[test]
    fn proven_intervals_hold_the_values() {
        for spec in ["bpsk", "bernoulli:p=0.1", "pam:levels=4"] {
            let source = crate::source::Source::parse(spec).unwrap();
            for snr in [1e-3, 0.1, 1.0, 8.0] {
                let values = crate::channel::exact::at(&source, snr).unwrap().unwrap();
                for (observable, value) in [
                    (Observable::Mmse, values.mmse),
                    (Observable::Slope, values.mmse_slope),
                    (Observable::Information, values.information),
                    (Observable::PosteriorEntropy, values.posterior_entropy.unwrap()),
                ] {
                    let [low, high] = proven(observable, &source, snr).unwrap();
                    let holds = low <= value.value + value.bound && value.value - value.bound <= high;
                    assert!(holds, "{observable:?} of {spec} at {snr}: {value:?} in [{low}, {high}]");
                    // E|Z|⁴/γ² on a line.
                    assert!(observable != Observable::Slope || high <= 3.0 / snr / snr, "{high} at {snr}");
                }
            }
        }
    }
}
