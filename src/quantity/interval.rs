//! Quantities of the source over an interval of SNRs.

use super::functional::{Functional, Summand};
use super::integral::Ends;
use super::{Memo, Need};
use crate::channel::posterior::Observable;
use crate::error::Result;
use crate::numeric::estimate::Estimate;

/// ln(snr_max/snr_min).
pub(super) fn ratio_log(need: &Need) -> Result<Estimate> {
    let Ends { lo, hi } = Ends::of(need)?;
    Ok(Estimate::exact((hi / lo).ln()))
}

/// c·(f(snr_max) − f(snr_min)).
fn rise(need: &Need, observable: Observable, factor: f64) -> Result<Functional> {
    let Ends { lo, hi } = Ends::of(need)?;
    let at = |snr: f64, factor: f64| Summand::At { snr, observable, factor };
    Ok(Functional::sum([at(hi, factor), at(lo, -factor)]))
}

/// c ∫ γ^k f(γ) dγ.
fn integral(need: &Need, observable: Observable, factor: f64, power: i32) -> Result<Functional> {
    Ok(Functional::sum([Summand::Integral { ends: Ends::of(need)?, observable, factor, power }]))
}

/// I(snr_max) − I(snr_min).
pub(super) fn information_gain(need: &Need, _: &Memo) -> Result<Functional> {
    rise(need, Observable::Information, 1.0)
}

/// M(snr_min) − M(snr_max).
pub(super) fn mmse_drop(need: &Need, _: &Memo) -> Result<Functional> {
    rise(need, Observable::Mmse, -1.0)
}

/// ½ ∫ M dγ.
pub(super) fn mmse_integral(need: &Need, _: &Memo) -> Result<Functional> {
    integral(need, Observable::Mmse, 0.5, 0)
}

/// ∫ −M′ dγ.
pub(super) fn slope_integral(need: &Need, _: &Memo) -> Result<Functional> {
    integral(need, Observable::Slope, 1.0, 0)
}

/// ∫ −γM′ dγ.
pub(super) fn weighted_slope_integral(need: &Need, _: &Memo) -> Result<Functional> {
    integral(need, Observable::Slope, 1.0, 1)
}

/// ∫ √(−M′) dγ; the relative error of a root is half that of its square.
pub(super) fn root_slope_integral(need: &Need, tools: &Memo) -> Result<Option<Estimate>> {
    Ends::of(need)?.integral(&need.source, tools, |_, v| {
        let root = v.mmse_slope.value.sqrt();
        Some(Estimate {
            value: root,
            bound: (v.mmse_slope.value + v.mmse_slope.bound).sqrt() - root,
            ..v.mmse_slope
        })
    })
}
