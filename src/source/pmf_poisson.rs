//! Entropies of the Poisson law: sums outward from the mode with a geometric bound on what is left.

use std::f64::consts::TAU;

use crate::estimate::Estimate;
use crate::numeric::sum::compensated;
use crate::source::pmf::{Pmf, sub_exponential_norm};

/// Below this count ln k! is the logarithm of an exact product.
const EXACT_FACTORIALS: u32 = 16;
/// Coefficients of Stirling's series ln k! = (k+½) ln k − k + ½ ln 2π + Σ c_j k^{1−2j}; at k = 16 the next term is 3e-19.
const STIRLING: [f64; 6] = [1.0 / 12.0, -1.0 / 360.0, 1.0 / 1_260.0, -1.0 / 1_680.0, 1.0 / 1_188.0, -691.0 / 360_360.0];
/// A sum ends where what is left is below this share of it.
const NEGLIGIBLE: f64 = 1e-18;
/// Rounding of one ι (saddle-point form) and of one summand.
const ROUNDING: f64 = 16.0 * f64::EPSILON;

/// p_k = e^−λ λ^k/k!, k ≥ 0, λ > 0.
#[derive(Debug, Clone)]
pub struct PoissonPmf {
    rate: f64,
}

/// A sum over k with a bound on the terms left out.
struct Series {
    sum: f64,
    rest: f64,
}

impl PoissonPmf {
    /// The law of rate λ > 0 (the caller's constructor has checked it).
    pub fn new(rate: f64) -> Self {
        Self { rate }
    }

    /// ι(k) = −ln p_k for a whole number k ≥ 0, absolute error about 1e-15·(1 + ι).
    ///
    /// Saddle-point form (C. Loader, "Fast and accurate computation of binomial probabilities", 2000):
    /// λ φ(k/λ) + ½ ln 2πk + Stirling's series, φ(x) = x ln x + 1 − x: no cancellation at large λ.
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

    /// Σ_k f(ι_k) from the mode outwards, for a positive f whose terms fall at least geometrically past the point
    /// where they have started to fall (p is log-concave; f is p^a, a > 0, times a factor that grows slower).
    fn series(&self, f: impl Fn(f64) -> f64) -> Series {
        let mode = self.rate.floor();
        let term = |k: f64| f(self.content(k));
        let (mut terms, mut rest) = (Vec::new(), 0.0);
        let (mut k, mut here, mut sum) = (mode, term(mode), 0.0);
        loop {
            terms.push(here);
            sum += here;
            k += 1.0;
            let next = term(k);
            if next <= 0.0 {
                break;
            }
            // Twice the geometric tail: the slowly growing factor may raise the ratio, never by a factor of 2 in all.
            let left = 2.0 * next / (1.0 - next / here);
            if next < here && left <= NEGLIGIBLE * sum {
                rest += left;
                break;
            }
            here = next;
        }
        let mut k = mode;
        while k > 0.0 {
            k -= 1.0;
            let here = term(k);
            // At most k + 1 terms are left, each smaller than this one.
            if here * (k + 1.0) <= NEGLIGIBLE * sum {
                rest += here * (k + 1.0);
                break;
            }
            terms.push(here);
            sum += here;
        }
        Series { sum: compensated(terms), rest }
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
        let Series { sum, rest } = self.series(|content| (-content).exp() * content);
        Estimate::quadrature(sum, rest + ROUNDING * (1.0 + sum))
    }

    fn renyi(&self, order: f64) -> Estimate {
        let least = self.least();
        if order.is_infinite() {
            return Estimate::quadrature(least, ROUNDING * (1.0 + least));
        }
        if order <= 0.0 {
            return Estimate::exact(f64::INFINITY);
        }
        if (order - 1.0).abs() < f64::EPSILON {
            return self.shannon();
        }
        let Series { sum, rest } = self.series(|content| (-order * (content - least)).exp());
        let (ln_sum, scaled) = (sum.ln(), order * least);
        let error = rest / sum + ROUNDING * (1.0 + ln_sum + scaled);
        Estimate::quadrature((ln_sum - scaled) / (1.0 - order), error / (1.0 - order).abs())
    }

    fn info_variance(&self) -> Estimate {
        // E ι² − H²: ι is of order ln λ, so little is lost; a summand (ι−H)² could vanish and end the sum too early.
        let shannon = self.shannon();
        let Series { sum, rest } = self.series(|content| (-content).exp() * content * content);
        let error = rest + 2.0 * shannon.value * shannon.bound + ROUNDING * (sum + sum.sqrt());
        Estimate::quadrature(sum - shannon.value * shannon.value, error)
    }

    /// Finite for t > 1: beyond that e^{ι/t} outgrows p.
    fn psi1(&self) -> Estimate {
        let shannon = self.shannon().value;
        let mean_exp = |t: f64| {
            if t <= 1.0 { f64::INFINITY } else { self.series(|i| ((i - shannon).abs() / t - i).exp()).sum }
        };
        sub_exponential_norm(1.0, 2.0 * (1.0 + shannon), mean_exp)
    }
}
