//! ∫ f(γ) dγ over an interval of SNRs that may span decades: by Gauss–Legendre, or with a random
//! point in each stratum.

use super::{Memo, Need};
use crate::channel::exact::ChannelValues;
use crate::channel::posterior::{SnrPoint, Spacing, Weight};
use crate::error::{Error, Result};
use crate::numeric::estimate::Estimate;
use crate::numeric::quadrature::gauss_legendre;
use crate::source::Source;

/// Random points per decade in a Monte-Carlo integral: one in each stratum of ln γ.
const STRATA_PER_DECADE: f64 = 4.0;
/// Panels per decade and nodes per panel of the deterministic integral; the bound compares with
/// half the panels.
const PANELS_PER_DECADE: f64 = 1.0;
const NODES: usize = 16;
/// An integral from 0 takes its first panel (or stratum), up to this share of the upper end,
/// uniform in γ.
const FROM_ZERO: f64 = 1e-7;

/// An interval of SNRs, 0 ≤ lo < hi < ∞.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ends {
    /// Lower end.
    pub lo: f64,
    /// Upper end.
    pub hi: f64,
}

impl Ends {
    /// `snr_min` and `snr_max` of the need.
    ///
    /// # Errors
    /// [`Error::Invalid`] where one is missing, and for ends that are none.
    pub fn of(need: &Need) -> Result<Self> {
        let (lo, hi) = (need.setting.snr_min()?, need.setting.snr_max()?);
        if lo >= 0.0 && hi > lo && hi.is_finite() {
            Ok(Self { lo, hi })
        } else {
            Err(Error::invalid(
                "snr_min, snr_max",
                format!("need 0 ≤ snr_min < snr_max < ∞, not {lo} and {hi}"),
            ))
        }
    }

    /// Where logarithms start: the lower end, 1e-7 of the upper one where that is 0.
    pub fn start(self) -> f64 {
        if self.lo > 0.0 { self.lo } else { self.hi * FROM_ZERO }
    }

    /// ∫ f(γ) dγ by Gauss–Legendre in ln γ (in γ itself next to 0); the bound adds those of the
    /// nodes to the change from half as many panels (half as many nodes next to 0). `None` where
    /// the law has no deterministic route, or f none on it.
    ///
    /// # Errors
    /// Those of [`Memo::channel_values`].
    pub fn integral(
        self,
        source: &Source,
        tools: &Memo,
        integrand: impl Fn(f64, &ChannelValues) -> Option<Estimate>,
    ) -> Result<Option<Estimate>> {
        let start = self.start();
        let length = (self.hi / start).ln();
        let panels = ((self.hi / start).log10() * PANELS_PER_DECADE).ceil().max(2.0) as usize;
        let sum = |panels: usize, nodes_at_zero: usize| -> Result<Option<(f64, f64)>> {
            let width = length / panels as f64;
            let inside = gauss_legendre(NODES).as_node_weight_pairs().iter();
            let inside = inside.flat_map(|&(x, w)| (0..panels).map(move |panel| (panel as f64, x, w)));
            let inside = inside.map(|(panel, x, w)| {
                let snr = start * (width * (panel + 0.5 * (x + 1.0))).exp();
                (snr, 0.5 * width * w * snr)
            });
            let next_to_zero = gauss_legendre(nodes_at_zero).as_node_weight_pairs().iter();
            let next_to_zero = next_to_zero.filter(|_| self.lo <= 0.0);
            let next_to_zero = next_to_zero.map(|&(x, w)| (0.5 * start * (x + 1.0), 0.5 * start * w));
            let mut total = (0.0, 0.0);
            for (snr, weight) in inside.chain(next_to_zero) {
                let values = tools.channel_values(source, snr)?;
                let Some(f) = values.and_then(|values| integrand(snr, &values)) else { return Ok(None) };
                total.0 += weight * f.value;
                total.1 += weight * f.bound;
            }
            Ok(Some(total))
        };
        let (Some(coarse), Some(fine)) = (sum(panels.div_ceil(2), NODES / 2)?, sum(panels, NODES)?) else {
            return Ok(None);
        };
        Ok(Some(Estimate::quadrature(fine.0, fine.1 + (fine.0 - coarse.0).abs())))
    }

    /// ∫ c·γ^k·f(γ) dγ with one random point in each stratum, log-uniform (uniform next to 0): the
    /// points and what f is times there. Unbiased.
    pub fn strata(self, factor: f64, power: i32) -> Vec<(SnrPoint, Weight)> {
        let start = self.start();
        let strata = ((self.hi / start).log10() * STRATA_PER_DECADE).ceil().max(1.0) as usize;
        let width = (self.hi / start).ln() / strata as f64;
        let edge = |j: usize| if j == strata { self.hi } else { start * (width * j as f64).exp() };
        let next_to_zero = (self.lo <= 0.0).then(|| {
            let point = SnrPoint::Within { lo: 0.0, hi: start, spacing: Spacing::Linear };
            (point, Weight::Power { factor: factor * start, exponent: power })
        });
        let stratum = |j: usize| {
            let point = SnrPoint::Within { lo: edge(j), hi: edge(j + 1), spacing: Spacing::Log };
            (point, Weight::Power { factor: factor * width, exponent: power + 1 })
        };
        next_to_zero.into_iter().chain((0..strata).map(stratum)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Over four decades there are sixteen strata, whose widths add up to ln(hi/lo); one more,
    /// uniform, where the integral starts at 0.
    #[test]
    fn strata_are_spread_over_the_decades() {
        let (strata, ln) = (Ends { lo: 0.01, hi: 100.0 }.strata(3.0, 1), 1e4_f64.ln());
        assert_eq!(strata.len(), 16);
        let widths: f64 = strata
            .iter()
            .map(|(_, weight)| match weight {
                Weight::Power { factor, exponent: 2 } => *factor,
                other => panic!("γ·γ^1 in ln γ, not {other:?}"),
            })
            .sum();
        assert!((widths - 3.0 * ln).abs() < 1e-12 * ln);
        let from_zero = Ends { lo: 0.0, hi: 100.0 }.strata(1.0, 0);
        let first = &from_zero[0];
        assert!(matches!(first.0, SnrPoint::Within { lo, spacing: Spacing::Linear, .. } if lo == 0.0));
    }
}
