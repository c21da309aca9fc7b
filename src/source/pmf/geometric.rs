//! Entropies of the geometric law: all closed forms, because ι is affine in k.

use crate::numeric::estimate::Estimate;
use crate::source::pmf::{Pmf, closed_form, sub_exponential_norm};

/// Rounding of a handful of operations.
const ROUNDING: f64 = 8.0 * f64::EPSILON;

/// p_k = (1−r) r^k, k ≥ 0, 0 < r < 1.
#[derive(Debug, Clone)]
pub struct GeometricPmf {
    ratio: f64,
}

impl GeometricPmf {
    /// The law of ratio r in (0, 1) (the caller's constructor has checked it).
    pub fn new(ratio: f64) -> Self {
        Self { ratio }
    }

    /// −ln(1 − r^a).
    fn ln_total(&self, order: f64) -> f64 {
        let exponent = order * self.ratio.ln();
        if exponent < -1.0 { -(-exponent.exp()).ln_1p() } else { -(-exponent.exp_m1()).ln() }
    }
}

impl Pmf for GeometricPmf {
    fn atoms(&self) -> f64 {
        f64::INFINITY
    }

    /// H = −ln(1−r) − r ln r/(1−r).
    fn shannon(&self) -> Estimate {
        let r = self.ratio;
        let value = -(-r).ln_1p() - r * r.ln() / (1.0 - r);
        closed_form(value, ROUNDING * value)
    }

    /// H_a = (ln(1−r^a) − a ln(1−r))/(a−1); infinite for a ≤ 0.
    fn renyi(&self, order: f64) -> Estimate {
        let first = -(-self.ratio).ln_1p();
        if order.is_infinite() {
            return closed_form(first, ROUNDING * first);
        }
        if order <= 0.0 {
            return Estimate::exact(f64::INFINITY);
        }
        if (order - 1.0).abs() <= 0.0 {
            return self.shannon();
        }
        let (r, excess) = (self.ratio, order - 1.0);
        if excess > -0.5 {
            // (1−r^a)/(1−r) = 1 + q, q = r(1 − r^{a−1})/(1−r): H_a = −ln(1−r) + ln(1+q)/(a−1), both
            // of one sign.
            let rest = (-r * (excess * r.ln()).exp_m1() / (1.0 - r)).ln_1p() / excess;
            return closed_form(first + rest, ROUNDING * (first + rest));
        }
        let (power, scaled) = (self.ln_total(order), order * first);
        closed_form((power - scaled) / -excess, ROUNDING * (power.abs() + scaled) / excess.abs())
    }

    /// V = r ln²r/(1−r)².
    fn info_variance(&self) -> Estimate {
        let r = self.ratio;
        let value = r * (r.ln() / (1.0 - r)).powi(2);
        closed_form(value, ROUNDING * value)
    }

    /// ι − H = −ln r·(k − μ), μ = r/(1−r): E exp(|ι − H|/t) is two geometric sums split at n =
    /// ⌊μ⌋ + 1; finite for t > 1.
    fn psi1(&self) -> Estimate {
        let (r, ln_ratio) = (self.ratio, self.ratio.ln());
        let mean = r / (1.0 - r);
        let above = mean.floor() + 1.0;
        let mean_exp = |t: f64| {
            // Σ_{k<n} r^{k(1+1/t)} and Σ_{k≥n} r^{k(1−1/t)}.
            let (steep, flat) = ((1.0 + 1.0 / t) * ln_ratio, (1.0 - 1.0 / t) * ln_ratio);
            if flat >= 0.0 {
                return f64::INFINITY;
            }
            let scale = -mean * ln_ratio / t;
            let below = (above * steep).exp_m1() / steep.exp_m1();
            let rest = (above * flat).exp() / -flat.exp_m1();
            (1.0 - r) * (scale.exp() * below + (-scale).exp() * rest)
        };
        sub_exponential_norm(1.0, -mean * ln_ratio - (-r).ln_1p(), mean_exp)
    }
}
