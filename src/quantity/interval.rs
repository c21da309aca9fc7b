//! Quantities of the source over an interval of SNRs.

use gauss_quad::GaussLegendre;

use super::{Instruments, Need};
use crate::channel::exact::ChannelValues;
use crate::channel::posterior::{Observable, Readout, SnrPoint, Spacing, Term, Weight};
use crate::error::{Error, Result};
use crate::numeric::estimate::Estimate;

/// Random points a decade in a Monte-Carlo integral: one in each stratum of ln γ.
const STRATA_PER_DECADE: f64 = 4.0;
/// Panels a decade and nodes a panel of the deterministic integral; the bound compares with half the panels.
const PANELS_PER_DECADE: f64 = 1.0;
const NODES: usize = 16;
/// An integral from snr_min = 0 takes its first panel (or stratum), up to this share of snr_max, uniform in γ.
pub(super) const FROM_ZERO: f64 = 1e-7;

/// snr_min ≥ 0 and snr_max > snr_min.
pub(super) fn ends(need: &Need) -> Result<(f64, f64)> {
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

/// ∫ f(γ) dγ by Gauss–Legendre in ln γ (in γ itself next to 0); the bound adds those of the nodes to the change from
/// half as many panels (half as many nodes next to 0).
fn integral(
    need: &Need,
    tools: &Instruments,
    integrand: impl Fn(f64, &ChannelValues) -> Estimate,
) -> Result<Option<Estimate>> {
    let (lo, hi) = ends(need)?;
    let start = if lo > 0.0 { lo } else { hi * FROM_ZERO };
    let length = (hi / start).ln();
    let panels = ((hi / start).log10() * PANELS_PER_DECADE).ceil().max(2.0) as usize;
    // Adds weight·f(snr) to (value, bound); None where the law has no deterministic route.
    let add = |total: &mut (f64, f64), snr: f64, weight: f64| -> Result<Option<()>> {
        let Some(values) = tools.channel_values(&need.source, snr)? else { return Ok(None) };
        let f = integrand(snr, &values);
        total.0 += weight * f.value;
        total.1 += weight * f.bound;
        Ok(Some(()))
    };
    let sum = |panels: usize, nodes_at_zero: usize| -> Result<Option<(f64, f64)>> {
        let mut total = (0.0, 0.0);
        let width = length / panels as f64;
        for (node, weight) in rule(NODES).iter().flat_map(|nw| (0..panels).map(move |panel| ((panel, nw.0), nw.1))) {
            let snr = start * (width * (node.0 as f64 + 0.5 * (node.1 + 1.0))).exp();
            let Some(()) = add(&mut total, snr, 0.5 * width * weight * snr)? else { return Ok(None) };
        }
        for (node, weight) in rule(nodes_at_zero).iter().filter(|_| lo <= 0.0) {
            let Some(()) = add(&mut total, 0.5 * start * (node + 1.0), 0.5 * start * weight)? else { return Ok(None) };
        }
        Ok(Some(total))
    };
    let (Some(coarse), Some(fine)) = (sum(panels.div_ceil(2), NODES / 2)?, sum(panels, NODES)?) else {
        return Ok(None);
    };
    Ok(Some(Estimate::quadrature(fine.0, fine.1 + (fine.0 - coarse.0).abs())))
}

/// Gauss–Legendre nodes and weights on [−1, 1].
fn rule(nodes: usize) -> GaussLegendre {
    GaussLegendre::new(nodes.try_into().expect("a positive number of nodes"))
}

/// ∫ c·γ^k·f(γ) dγ with one random point in each stratum, log-uniform (uniform next to 0): unbiased.
fn integral_readout(need: &Need, observable: Observable, factor: f64, power: i32) -> Result<Readout> {
    let (lo, hi) = ends(need)?;
    let start = if lo > 0.0 { lo } else { hi * FROM_ZERO };
    let strata = ((hi / start).log10() * STRATA_PER_DECADE).ceil().max(1.0) as usize;
    let width = (hi / start).ln() / strata as f64;
    let edge = |j: usize| if j == strata { hi } else { start * (width * j as f64).exp() };
    let mut terms = Vec::with_capacity(strata + 1);
    if lo <= 0.0 {
        terms.push(Term {
            point: SnrPoint::Within { lo: 0.0, hi: start, spacing: Spacing::Linear },
            observable,
            weight: Weight::Power { factor: factor * start, exponent: power },
        });
    }
    terms.extend((0..strata).map(|j| Term {
        point: SnrPoint::Within { lo: edge(j), hi: edge(j + 1), spacing: Spacing::Log },
        observable,
        weight: Weight::Power { factor: factor * width, exponent: power + 1 },
    }));
    Ok(Readout { terms })
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
