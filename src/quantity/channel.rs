//! Quantities of the source at one SNR.

use super::{Instruments, Need};
use crate::error::Result;
use crate::estimate::Estimate;
use crate::exact::{ChannelValues, pairs};
use crate::posterior::{Observable, Readout};

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

/// [0, U] of the pair bound.
pub fn mmse_bracket(need: &Need, _: &Instruments) -> Option<Estimate> {
    pairs::bounds(&need.source, snr(need)).map(|b| middle(b.mmse))
}

/// [0, U] of the pair bound.
pub fn mmse_slope_bracket(need: &Need, _: &Instruments) -> Option<Estimate> {
    pairs::bounds(&need.source, snr(need)).map(|b| middle(b.mmse_slope))
}

/// [0, U] of the pair bound.
pub fn posterior_entropy_bracket(need: &Need, _: &Instruments) -> Option<Estimate> {
    pairs::bounds(&need.source, snr(need)).map(|b| middle(b.posterior_entropy))
}

/// [H − U, H] of the pair bound.
pub fn information_bracket(need: &Need, _: &Instruments) -> Option<Estimate> {
    let shannon = need.source.pmf()?.shannon();
    let missing = pairs::bounds(&need.source, snr(need)).map(|b| middle(b.posterior_entropy))?;
    Some(Estimate { value: shannon.value - missing.value, bound: missing.bound + shannon.bound, ..missing })
}

/// A number known to lie in [0, upper].
fn middle(upper: f64) -> Estimate {
    Estimate::quadrature(0.5 * upper, 0.5 * upper)
}
