//! Quantities of the source at one SNR.

use super::{Instruments, Need};
use crate::channel::exact::ChannelValues;
use crate::channel::exact::pairs::{self, PairBounds};
use crate::channel::posterior::{Observable, Readout};
use crate::error::Result;
use crate::numeric::estimate::Estimate;

/// Relative rounding of a sum over pairs, at most: 2²¹ terms a block and 2⁹ blocks, half a unit each.
const ROUNDING: f64 = 1e-9;
/// What a sum over pairs that underflows is below: no confusion is impossible.
const UNDERFLOWN: f64 = 1e-290;

/// The SNR of a need whose scope demands one.
fn snr(need: &Need) -> f64 {
    need.setting.snr.expect("a quantity of scope `snr` is bound with its snr")
}

/// One of the values of a deterministic route; `None` where the law has none.
fn known(
    need: &Need,
    tools: &Instruments,
    value: impl Fn(&ChannelValues) -> Option<Estimate>,
) -> Result<Option<Estimate>> {
    Ok(tools.channel_values(&need.source, snr(need))?.as_ref().and_then(value))
}

/// M(γ).
pub fn mmse(need: &Need, tools: &Instruments) -> Result<Option<Estimate>> {
    known(need, tools, |v| Some(v.mmse))
}

/// ½⟨D⟩.
pub fn mmse_readout(need: &Need) -> Readout {
    Readout::at(snr(need), Observable::Mmse)
}

/// −M′(γ).
pub fn mmse_slope(need: &Need, tools: &Instruments) -> Result<Option<Estimate>> {
    known(need, tools, |v| Some(v.mmse_slope))
}

/// E‖Cov‖²_F by the five sums.
pub fn mmse_slope_readout(need: &Need) -> Readout {
    Readout::at(snr(need), Observable::Slope)
}

/// M″(γ).
pub fn mmse_curvature(need: &Need, tools: &Instruments) -> Result<Option<Estimate>> {
    known(need, tools, |v| Some(v.mmse_curvature))
}

/// I(X; Y_γ).
pub fn information(need: &Need, tools: &Instruments) -> Result<Option<Estimate>> {
    known(need, tools, |v| Some(v.information))
}

/// H − ln S.
pub fn information_readout(need: &Need) -> Readout {
    Readout::at(snr(need), Observable::Information)
}

/// H(X|Y_γ); ∞ for a continuous law.
pub fn posterior_entropy(need: &Need, tools: &Instruments) -> Result<Option<Estimate>> {
    if need.source.pmf().is_none_or(|pmf| pmf.shannon().value.is_infinite()) {
        return Ok(Some(Estimate::exact(f64::INFINITY)));
    }
    known(need, tools, |v| v.posterior_entropy)
}

/// ln S.
pub fn posterior_entropy_readout(need: &Need) -> Readout {
    Readout::at(snr(need), Observable::PosteriorEntropy)
}

/// tr Σ(I + γΣ)⁻¹.
pub fn lmmse(need: &Need, tools: &Instruments) -> Result<Option<Estimate>> {
    Ok(Some(tools.lmmse(&need.source, snr(need))))
}

/// [0, U]: M is at most the total variance, that of the linear estimate of the noise d/γ, and the sum over pairs of atoms.
pub fn mmse_bracket(need: &Need) -> Option<[f64; 2]> {
    let (snr, dim) = (snr(need), need.source.dim() as f64);
    Some([0.0, smallest([upper(need.source.second_moment()), dim / snr, of_pairs(need, |b| b.mmse)])])
}

/// [0, U]: γ²E‖Cov(X|Y)‖² = E‖Cov(Z|Y)‖² ≤ E|Z|⁴ = d² + 2d, and the sum over pairs of atoms.
pub fn mmse_slope_bracket(need: &Need) -> Option<[f64; 2]> {
    let (snr, dim) = (snr(need), need.source.dim() as f64);
    Some([0.0, smallest([dim * (dim + 2.0) / snr / snr, of_pairs(need, |b| b.mmse_slope)])])
}

/// [H − I, min(H, U)]: the capacity above, the sum over pairs of atoms below I.
pub fn posterior_entropy_bracket(need: &Need) -> Option<[f64; 2]> {
    let shannon = need.source.pmf()?.shannon();
    let low = (shannon.value - shannon.bound - capacity(need)).max(0.0);
    Some([low, smallest([upper(shannon), of_pairs(need, |b| b.posterior_entropy)])])
}

/// [H − U, min(H, C)] with the capacity C = (d/2) ln(1 + γ·variance/d); [0, C] for a continuous law.
pub fn information_bracket(need: &Need) -> Option<[f64; 2]> {
    let entropy = need.source.pmf().map(|pmf| pmf.shannon());
    let missing = of_pairs(need, |b| b.posterior_entropy);
    let low = entropy.map_or(0.0, |h| (h.value - h.bound - missing).max(0.0));
    Some([low, smallest([entropy.map_or(f64::INFINITY, upper), capacity(need)])])
}

/// What Gaussian signals of the law's total variance carry, nats: an upper bound of I(X; Y).
fn capacity(need: &Need) -> f64 {
    let dim = need.source.dim() as f64;
    0.5 * dim * (snr(need) * upper(need.source.second_moment()) / dim).ln_1p() * (1.0 + ROUNDING)
}

/// A bound of the sums over pairs of atoms, at least [`UNDERFLOWN`]; ∞ for laws without.
fn of_pairs(need: &Need, bound: impl Fn(PairBounds) -> f64) -> f64 {
    let raised = |b| (bound(b) * (1.0 + ROUNDING)).max(UNDERFLOWN);
    pairs::bounds(&need.source, snr(need)).map_or(f64::INFINITY, raised)
}

/// The upper end of an estimate without sampling.
fn upper(estimate: Estimate) -> f64 {
    estimate.value + estimate.bound
}

fn smallest<const N: usize>(bounds: [f64; N]) -> f64 {
    bounds.into_iter().fold(f64::INFINITY, f64::min)
}
