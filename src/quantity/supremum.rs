//! The largest weighted slope on an interval: the constant that a pointwise bound needs at least.

use super::integral::Ends;
use super::{Memo, Need};
use crate::error::Result;
use crate::numeric::estimate::Estimate;

/// Spacing of the first search in ln γ: a law's posterior, and so γ²|M′|, changes over e-folds of
/// γ.
const SPACING: f64 = 0.1;
/// Golden sections of the bracket around the best point: 2·0.1·0.618³⁰ is 1e-7 in ln γ, 1e-13 of
/// the value at a maximum.
const SECTIONS: usize = 30;
/// Stated for the search, relative.
const ACCURACY: f64 = 1e-9;

/// max γ²|M′(γ)| over the interval (from snr_min = 0: over γ > 1e-7 snr_max, below which it only
/// grows).
///
/// Relative accuracy 1e-9 beside the bound of the slope itself, for curves without peaks narrower
/// than a tenth in ln γ.
///
/// # Errors
/// Ends that are no interval; whatever the law's instruments report.
pub fn weighted_slope(need: &Need, tools: &Memo) -> Result<Option<Estimate>> {
    let ends = Ends::of(need)?;
    let (lo, hi) = (ends.start(), ends.hi);
    let at = |ln_snr: f64| -> Result<Option<Estimate>> {
        let snr = ln_snr.exp().clamp(lo, hi);
        Ok(tools.channel_values(&need.source, snr)?.map(|values| values.mmse_slope.scaled(snr * snr)))
    };
    let points = ((hi / lo).ln() / SPACING).ceil().max(2.0) as usize;
    let place = |i: usize| lo.ln() + (hi / lo).ln() * i as f64 / points as f64;
    let mut best: Option<(usize, Estimate)> = None;
    for i in 0..=points {
        let Some(here) = at(place(i))? else { return Ok(None) };
        if best.is_none_or(|(_, most)| here.value > most.value) {
            best = Some((i, here));
        }
    }
    let Some((i, mut most)) = best else { return Ok(None) };
    let golden = 0.5 * (5.0_f64.sqrt() - 1.0);
    let (mut left, mut right) = (place(i.saturating_sub(1)), place((i + 1).min(points)));
    for _ in 0..SECTIONS {
        let (x, y) = (right - golden * (right - left), left + golden * (right - left));
        let (Some(a), Some(b)) = (at(x)?, at(y)?) else { return Ok(None) };
        let (end, higher) = if a.value > b.value { (&mut right, a) } else { (&mut left, b) };
        *end = if a.value > b.value { y } else { x };
        if higher.value > most.value {
            most = higher;
        }
    }
    Ok(Some(Estimate::quadrature(most.value, most.bound + ACCURACY * most.value)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quantity::{Setting, find};
    use crate::source::Source;

    fn largest(spec: &str, snr_min: f64, snr_max: f64) -> f64 {
        let setting = Setting::between(snr_min, snr_max);
        let source = std::sync::Arc::new(Source::parse(spec).unwrap());
        let need = Need { source, quantity: find("weighted_slope_sup").unwrap(), setting };
        weighted_slope(&need, &Memo::default()).unwrap().unwrap().value
    }

    /// γ²σ⁴/(1+γσ²)² of N(0, σ²) grows to its end; the peaks of two antipodal points and of eight
    /// levels are those that SciPy's bounded search finds on a trapezoid rule of its own.
    #[test]
    fn the_largest_slope_is_the_references() {
        let gaussian = largest("gaussian:variance=2", 0.01, 10.0);
        assert!((gaussian - (20.0_f64 / 21.0).powi(2)).abs() < 1e-8, "{gaussian}");
        assert!((largest("bpsk", 0.0, 100.0) - 0.677_859_156_138).abs() < 1e-8);
        assert!((largest("pam:levels=8", 1e-3, 1e3) - 1.187_058_477_083).abs() < 1e-8);
    }
}
