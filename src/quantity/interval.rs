//! Quantities of the source over an interval of SNRs.

use gauss_quad::GaussLegendre;

use super::{Instruments, Need};
use crate::error::{Error, Result};
use crate::estimate::Estimate;
use crate::exact::ChannelValues;
use crate::posterior::{Observable, Readout, SnrPoint, Spacing, Term, Weight};

/// Random points a decade in a Monte-Carlo integral: one in each stratum of ln γ.
const STRATA_PER_DECADE: f64 = 4.0;
/// Panels a decade and nodes a panel of the deterministic integral; the bound compares with half the panels.
const PANELS_PER_DECADE: f64 = 2.0;
const NODES: usize = 16;
/// Share of an integral that its first panel, from snr_min = 0, may start at: below γ_max·1e-12 the integrand is constant.
const FROM_ZERO: f64 = 1e-12;

/// snr_min ≥ 0 and snr_max > snr_min.
fn ends(need: &Need) -> Result<(f64, f64)> {
    let lo = need.setting.snr_min.expect("a quantity of scope `interval` is bound with its snr_min");
    let hi = need.setting.snr_max.expect("a quantity of scope `interval` is bound with its snr_max");
    if lo >= 0.0 && hi > lo && hi.is_finite() {
        Ok((lo, hi))
    } else {
        Err(Error::invalid("snr_min, snr_max", format!("need 0 ≤ snr_min < snr_max < ∞, not {lo} and {hi}")))
    }
}

/// ln(snr_max/snr_min).
pub fn ratio_log(need: &Need) -> Result<Estimate> {
    let (lo, hi) = ends(need)?;
    Ok(Estimate::exact((hi / lo).ln()))
}

/// f(snr_hi) − f(snr_lo), `at_zero` standing for f(0).
fn difference(
    need: &Need,
    tools: &Instruments,
    value: impl Fn(&ChannelValues) -> Estimate,
    at_zero: Estimate,
) -> Result<Option<Estimate>> {
    let (lo, hi) = ends(need)?;
    let Some(upper) = tools.channel_values(&need.source, hi)?.as_ref().map(&value) else { return Ok(None) };
    let lower = if lo > 0.0 { tools.channel_values(&need.source, lo)?.as_ref().map(&value) } else { Some(at_zero) };
    Ok(lower.map(|lower| Estimate { value: upper.value - lower.value, bound: upper.bound + lower.bound, ..upper }))
}

/// I(snr_max) − I(snr_min).
pub fn information_gain(need: &Need, tools: &Instruments) -> Result<Option<Estimate>> {
    difference(need, tools, |v| v.information, Estimate::exact(0.0))
}

/// The same sample's information at both ends.
pub fn information_gain_readout(need: &Need) -> Result<Readout> {
    end_readout(need, Observable::Information, 1.0)
}

/// M(snr_min) − M(snr_max).
pub fn mmse_drop(need: &Need, tools: &Instruments) -> Result<Option<Estimate>> {
    let rise = difference(need, tools, |v| v.mmse, need.source.second_moment())?;
    Ok(rise.map(|r| Estimate { value: -r.value, ..r }))
}

/// The same sample's ½⟨D⟩ at both ends.
pub fn mmse_drop_readout(need: &Need) -> Result<Readout> {
    end_readout(need, Observable::Mmse, -1.0)
}

fn end_readout(need: &Need, observable: Observable, sign: f64) -> Result<Readout> {
    let (lo, hi) = ends(need)?;
    let term = |snr: f64, sign: f64| Term { point: SnrPoint::At(snr), observable, weight: Weight::Constant(sign) };
    if lo <= 0.0 {
        return Err(Error::invalid("snr_min", "Monte-Carlo needs snr_min > 0 here"));
    }
    Ok(Readout { terms: vec![term(hi, sign), term(lo, -sign)] })
}

/// ∫ f(γ) dγ by Gauss–Legendre in ln γ; the bound adds those of the nodes to the change from half as many panels.
fn integral(
    need: &Need,
    tools: &Instruments,
    integrand: impl Fn(f64, &ChannelValues) -> Estimate,
) -> Result<Option<Estimate>> {
    let (lo, hi) = ends(need)?;
    let start = if lo > 0.0 { lo } else { hi * FROM_ZERO };
    let panels = ((hi / start).log10() * PANELS_PER_DECADE).ceil().max(2.0) as usize;
    let rule = GaussLegendre::new(NODES.try_into().expect("a positive number of nodes"));
    let sum = |panels: usize| -> Result<Option<Estimate>> {
        let width = (hi / start).ln() / panels as f64;
        let (mut value, mut bound) = (0.0, 0.0);
        for panel in 0..panels {
            for (node, weight) in rule.iter() {
                let snr = start * (width * (panel as f64 + 0.5 * (node + 1.0))).exp();
                let Some(values) = tools.channel_values(&need.source, snr)? else { return Ok(None) };
                let f = integrand(snr, &values);
                value += 0.5 * width * weight * snr * f.value;
                bound += 0.5 * width * weight * snr * f.bound;
            }
        }
        Ok(Some(Estimate::quadrature(value, bound)))
    };
    let (Some(coarse), Some(fine)) = (sum(panels.div_ceil(2))?, sum(panels)?) else { return Ok(None) };
    let below_start = match tools.channel_values(&need.source, start)? {
        Some(values) if lo <= 0.0 => integrand(start, &values).value * start,
        _ => 0.0,
    };
    Ok(Some(Estimate {
        value: fine.value + below_start,
        bound: fine.bound + (fine.value - coarse.value).abs() + below_start.abs() * 1e-3,
        ..fine
    }))
}

/// ∫ c·γ^k·f(γ) dγ with one log-uniform point in each stratum: unbiased.
fn integral_readout(need: &Need, observable: Observable, factor: f64, power: i32) -> Result<Readout> {
    let (lo, hi) = ends(need)?;
    if lo <= 0.0 {
        return Err(Error::invalid("snr_min", "Monte-Carlo needs snr_min > 0 here"));
    }
    let strata = ((hi / lo).log10() * STRATA_PER_DECADE).ceil().max(1.0) as usize;
    let width = (hi / lo).ln() / strata as f64;
    let edge = |j: usize| if j == strata { hi } else { lo * (width * j as f64).exp() };
    let term = |j: usize| Term {
        point: SnrPoint::Within { lo: edge(j), hi: edge(j + 1), spacing: Spacing::Log },
        observable,
        weight: Weight::Power { factor: factor * width, exponent: power + 1 },
    };
    Ok(Readout { terms: (0..strata).map(term).collect() })
}

/// ½ ∫ M dγ.
pub fn mmse_integral(need: &Need, tools: &Instruments) -> Result<Option<Estimate>> {
    integral(need, tools, |_, v| v.mmse.scaled(0.5))
}

/// ½ ∫ M dγ by random points.
pub fn mmse_integral_readout(need: &Need) -> Result<Readout> {
    integral_readout(need, Observable::Mmse, 0.5, 0)
}

/// ∫ −M′ dγ.
pub fn slope_integral(need: &Need, tools: &Instruments) -> Result<Option<Estimate>> {
    integral(need, tools, |_, v| v.mmse_slope)
}

/// ∫ −M′ dγ by random points.
pub fn slope_integral_readout(need: &Need) -> Result<Readout> {
    integral_readout(need, Observable::Slope, 1.0, 0)
}

/// ∫ −γM′ dγ.
pub fn weighted_slope_integral(need: &Need, tools: &Instruments) -> Result<Option<Estimate>> {
    integral(need, tools, |snr, v| v.mmse_slope.scaled(snr))
}

/// ∫ −γM′ dγ by random points.
pub fn weighted_slope_integral_readout(need: &Need) -> Result<Readout> {
    integral_readout(need, Observable::Slope, 1.0, 1)
}

/// ∫ √(−M′) dγ; the relative error of a root is half that of its square.
pub fn root_slope_integral(need: &Need, tools: &Instruments) -> Result<Option<Estimate>> {
    integral(need, tools, |_, v| {
        let root = v.mmse_slope.value.sqrt();
        Estimate { value: root, bound: (v.mmse_slope.value + v.mmse_slope.bound).sqrt() - root, ..v.mmse_slope }
    })
}
