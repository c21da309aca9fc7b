//! Entropies of the Poisson law: sums over its lattice.

use std::f64::consts::TAU;

use crate::numeric::estimate::Estimate;
use crate::source::lattice::{self, Sum};
use crate::source::pmf::{Pmf, from_rest, ratio_error, sub_exponential_norm, tilted_excess};

/// Below this count ln k! is the logarithm of an exact product.
const EXACT_FACTORIALS: u32 = 16;
/// Coefficients of Stirling's series ln k! = (k+½) ln k − k + ½ ln 2π + Σ c_j k^{1−2j}; at k = 16
/// the next term is 3e-19.
const STIRLING: [f64; 6] =
    [1.0 / 12.0, -1.0 / 360.0, 1.0 / 1_260.0, -1.0 / 1_680.0, 1.0 / 1_188.0, -691.0 / 360_360.0];
/// Rounding of one ι (saddle-point form) and of one summand, relative: below rate 1 ι is a sum of
/// positive terms, above it H is above 1.
const ROUNDING: f64 = 16.0 * f64::EPSILON;

/// p_k = e^−λ λ^k/k!, k ≥ 0, λ > 0.
#[derive(Debug, Clone)]
pub struct PoissonPmf {
    rate: f64,
    /// 0 and the mode.
    special: Vec<f64>,
}

impl PoissonPmf {
    /// The law of rate λ > 0 (the caller's constructor has checked it).
    pub fn new(rate: f64) -> Self {
        let mut special = vec![0.0, rate.floor()];
        special.dedup_by(|a, b| *a <= *b);
        Self { rate, special }
    }

    /// ι(k) = −ln p_k for k ≥ 0, a whole number below `EXACT_FACTORIALS`, absolute error about
    /// 1e-15·(1 + ι).
    ///
    /// Saddle-point form (C. Loader, "Fast and accurate computation of binomial
    /// probabilities", 2000): λ φ(k/λ) + ½ ln 2πk + Stirling's series, φ(x) = x ln x + 1 − x: no
    /// cancellation at large λ.
    pub fn content(&self, k: f64) -> f64 {
        if k < f64::from(EXACT_FACTORIALS) {
            let factorial: f64 = (2..=k as u32).map(f64::from).product();
            return self.rate - k * self.rate.ln() + factorial.ln();
        }
        let square = 1.0 / (k * k);
        let series = STIRLING.iter().rev().fold(0.0, |sum, c| sum * square + c) / k;
        self.deviance(k) + 0.5 * (TAU * k).ln() + series
    }

    /// λ φ(k/λ) = k ln(k/λ) + λ − k; near k = λ by the series of 2k·artanh v, v = (k−λ)/(k+λ).
    fn deviance(&self, k: f64) -> f64 {
        let difference = k - self.rate;
        let v = difference / (k + self.rate);
        if v.abs() > 0.1 {
            return k * (k / self.rate).ln() - difference;
        }
        let mut sum = difference * v;
        let mut power = 2.0 * k * v;
        for odd in (3..40).step_by(2) {
            power *= v * v;
            sum += power / f64::from(odd);
        }
        sum
    }

    /// Σ_k f(ι_k) for a smooth f.
    fn sum(&self, f: impl Fn(f64) -> f64) -> Sum {
        lattice::sum(&self.special, (0.0, f64::INFINITY), |k| f(self.content(k)))
    }

    /// Smallest ι: the mode's.
    fn least(&self) -> f64 {
        self.content(self.rate.floor())
    }
}

impl Pmf for PoissonPmf {
    fn atoms(&self) -> f64 {
        f64::INFINITY
    }

    fn shannon(&self) -> Estimate {
        let sum = self.sum(|content| (-content).exp() * content);
        Estimate::quadrature(sum.value, sum.bound + ROUNDING * sum.value)
    }

    fn renyi(&self, order: f64) -> Estimate {
        let (least, excess) = (self.least(), order - 1.0);
        if order.is_infinite() {
            return Estimate::quadrature(least, ROUNDING * least);
        }
        if order <= 0.0 {
            return Estimate::exact(f64::INFINITY);
        }
        if excess.abs() <= 0.0 {
            return self.shannon();
        }
        if excess.abs() < 0.5 {
            // Σ p^a − 1 = Σ p (e^{(1−a)ι} − 1): keeps small entropies, and a near 1.
            let sum = self.sum(|content| tilted_excess(content, excess));
            if sum.value > -0.5 {
                let error = (sum.bound + ROUNDING * sum.size) / ((1.0 + sum.value) * excess.abs());
                return Estimate::quadrature(sum.value.ln_1p() / -excess, error);
            }
        }
        let mode = self.rate.floor();
        let others = |f: &dyn Fn(f64, f64) -> f64| {
            lattice::sum(&self.special, (0.0, f64::INFINITY), |k| {
                let content = self.content(k);
                let ratio = (-order * (content - least).max(0.0)).exp();
                if k.to_bits() == mode.to_bits() || ratio <= 0.0 { 0.0 } else { f(ratio, content) }
            })
        };
        let rest = others(&|ratio, _| ratio);
        let error = others(&|ratio, content| ratio * ratio_error(order, content, ROUNDING));
        from_rest(order, least, ROUNDING, rest.value, rest.bound / excess.abs() + error.value)
    }

    fn info_variance(&self) -> Estimate {
        let shannon = self.shannon();
        let sum = self.sum(|content| (-content).exp() * (content - shannon.value).powi(2));
        let error = sum.bound + ROUNDING * (sum.value + shannon.value * sum.value.sqrt());
        Estimate::quadrature(sum.value, error + shannon.bound * shannon.bound)
    }

    /// Finite for t > 1: beyond that e^{ι/t} outgrows p.
    fn psi1(&self) -> Estimate {
        let shannon = self.shannon().value;
        let mean_exp = |t: f64| {
            if t <= 1.0 { f64::INFINITY } else { self.sum(|i| ((i - shannon).abs() / t - i).exp()).value }
        };
        sub_exponential_norm(1.0, 2.0 * (1.0 + shannon), mean_exp)
    }
}
