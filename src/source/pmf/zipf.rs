//! Entropies of Zipf's law on all of {1, 2, …}, from the zeta function.

use crate::numeric::estimate::Estimate;
use crate::numeric::zeta::{Zeta, hurwitz};
use crate::source::pmf::{Pmf, closed_form, from_cumulants, from_rest, sharper, sub_exponential_norm};

/// Rounding of a handful of operations on zeta values.
const ROUNDING: f64 = 8.0 * f64::EPSILON;

/// ζ(s) is 1 in every digit from here on.
const NEGLIGIBLE_EXPONENT: f64 = 1e3;

/// p_i = i^−s/ζ(s), i ≥ 1, s > 1.
#[derive(Debug, Clone)]
pub struct ZipfPmf {
    exponent: f64,
    /// ζ(s, 2) = ζ(s) − 1 and its derivatives, which are those of ζ.
    rest: Zeta,
}

impl ZipfPmf {
    /// The law of exponent s > 1 (the caller's constructor has checked it).
    pub fn new(exponent: f64) -> Self {
        Self { exponent, rest: hurwitz(exponent, 2.0) }
    }

    /// ζ(s).
    pub fn zeta(&self) -> f64 {
        1.0 + self.rest.value[0]
    }

    /// Mass P(X > n), relative accuracy 1e-14.
    pub fn tail(&self, n: usize) -> f64 {
        hurwitz(self.exponent, n as f64 + 1.0).value[0] / self.zeta()
    }

    /// Variance of X: ζ(s−2)/ζ(s) − (ζ(s−1)/ζ(s))², infinite for s ≤ 3.
    pub fn variance(&self) -> Estimate {
        let s = self.exponent;
        if s <= 3.0 {
            return Estimate::exact(f64::INFINITY);
        }
        // E (X−1)² − (E (X−1))² from sums over i ≥ 2 only: no cancellation where nearly all mass is
        // on 1.
        let [square, first, mass] = [s - 2.0, s - 1.0, s].map(|sigma| hurwitz(sigma, 2.0));
        let (zeta, mean) = (self.zeta(), (first.value[0] - mass.value[0]) / self.zeta());
        let value = (square.value[0] - 2.0 * first.value[0] + mass.value[0]) / zeta - mean * mean;
        let size = square.value[0] + 2.0 * first.value[0] + mass.value[0];
        closed_form(
            value,
            square.bound[0] + 2.0 * first.bound[0] + mass.bound[0] + ROUNDING * (size + mean * mean),
        )
    }

    /// Third cumulant of ι: −s³ (ln ζ)‴.
    fn third(&self) -> Estimate {
        let (s, [first, second]) = (self.exponent, self.ratios());
        let third = self.rest.value[3] / self.zeta();
        let parts = [third, -3.0 * second * first, 2.0 * first.powi(3)];
        // Zeta values are good to 2e-14 of themselves.
        let size: f64 = parts.iter().map(|x| x.abs()).sum();
        closed_form(-s.powi(3) * parts.iter().sum::<f64>(), 1e-13 * s.powi(3) * size)
    }

    /// Bound on the fourth cumulant s⁴ (ln ζ)⁗ between s and s·`order`, which falls in s: (ln ζ)⁗ =
    /// Σ Λ(n) ln³n n^{−s}, and with ψ(x) ≤ 1.04 x partial summation gives 1.04 (6s/(s−1)⁴ +
    /// 6/(s−1)³), for large s times 2^{6−s} of that at 6.
    fn fourth(&self, order: f64) -> f64 {
        let s = self.exponent * order.min(1.0);
        let from = s.min(6.0);
        let sum = 1.04 * 6.0 * (from / (from - 1.0).powi(4) + (from - 1.0).powi(-3));
        self.exponent.powi(4) * sum * (from - s).exp2()
    }

    /// ζ′/ζ and ζ″/ζ.
    fn ratios(&self) -> [f64; 2] {
        [self.rest.value[1] / self.zeta(), self.rest.value[2] / self.zeta()]
    }
}

impl Pmf for ZipfPmf {
    fn atoms(&self) -> f64 {
        f64::INFINITY
    }

    /// H = ln ζ − s ζ′/ζ.
    fn shannon(&self) -> Estimate {
        let (s, [first, _]) = (self.exponent, self.ratios());
        let value = self.rest.value[0].ln_1p() - s * first;
        let bound = self.rest.bound[0] * (1.0 + s * first.abs()) + s * self.rest.bound[1];
        closed_form(value, bound + ROUNDING * value)
    }

    /// H_a = (ln ζ(as) − a ln ζ(s))/(1−a), infinite for a ≤ 1/s.
    fn renyi(&self, order: f64) -> Estimate {
        let ln_zeta = self.rest.value[0].ln_1p();
        if order.is_infinite() {
            return closed_form(ln_zeta, self.rest.bound[0] + ROUNDING * ln_zeta);
        }
        if order * self.exponent <= 1.0 {
            return Estimate::exact(f64::INFINITY);
        }
        if (order - 1.0).abs() <= 0.0 {
            return self.shannon();
        }
        // Σ p^a = ζ(as)/ζ(s)^a, ζ(as) relative to the first term.
        let power = hurwitz((order * self.exponent).min(NEGLIGIBLE_EXPONENT), 2.0);
        let content = (self.rest.bound[0] / ln_zeta.max(f64::MIN_POSITIVE)).min(1.0);
        let direct =
            from_rest(order, ln_zeta, content, power.value[0], power.bound[0] / (order - 1.0).abs());
        sharper(
            direct,
            from_cumulants(order, [self.shannon(), self.info_variance(), self.third()], self.fourth(order)),
        )
    }

    /// V = s²(ζ″/ζ − (ζ′/ζ)²), finite for every s > 1.
    fn info_variance(&self) -> Estimate {
        let (s, [first, second]) = (self.exponent, self.ratios());
        let error = self.rest.bound[2]
            + 2.0 * first.abs() * self.rest.bound[1]
            + ROUNDING * (second + first * first);
        let relative = self.rest.bound[0] * (second + 2.0 * first * first);
        closed_form(s * s * (second - first * first), s * s * (error + relative))
    }

    /// ι − H = s (ln i − ln m) with ln m = −ζ′/ζ, so E exp(|ι − H|/t) is two zeta sums, split at m:
    /// m^{s/t} (ζ(s+s/t) − ζ(s+s/t, n)) + m^{−s/t} ζ(s−s/t, n), n = ⌊m⌋ + 1; finite for t >
    /// s/(s−1).
    fn psi1(&self) -> Estimate {
        let (s, ln_middle) = (self.exponent, -self.ratios()[0]);
        let above = ln_middle.exp().floor() + 1.0;
        let mean_exp = |t: f64| {
            let shift = s / t;
            if s - shift <= 1.0 {
                return f64::INFINITY;
            }
            let scale = shift * ln_middle;
            let below = 1.0 + hurwitz(s + shift, 2.0).value[0] - hurwitz(s + shift, above).value[0];
            (scale.exp() * below + (-scale).exp() * hurwitz(s - shift, above).value[0]) / self.zeta()
        };
        let norm = sub_exponential_norm(s / (s - 1.0), s * ln_middle, mean_exp);
        // Zeta values are good to 2e-14 of themselves (their bounds), which moves t by as much.
        Estimate { bound: norm.bound + 1e-13 * norm.value, ..norm }
    }
}
