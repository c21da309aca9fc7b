//! Entropies of p_i ∝ 1/(i ln^a(i+1)) on all of {1, 2, …}: a head summed directly, a tail by
//! Euler–Maclaurin.

use crate::numeric::estimate::Estimate;
use crate::numeric::quadrature::gauss_legendre;
use crate::numeric::sum::compensated;
use crate::source::pmf::{Pmf, closed_form, from_rest, sharper};

/// Terms before this index are summed one by one; there the neglected third difference is below
/// 1e-15 of the sum.
const HEAD: usize = 4096;
/// Beyond u = ln x = 40, ln(x+1) = u to 1e-19 relative, and the tail integrals are closed forms.
const FAR: f64 = 40.0;
/// Gauss–Legendre rule and number of panels between ln(n − ½) and [`FAR`]; a rule of 4 nodes fewer
/// gives the bound.
const NODES: usize = 24;
const PANELS: usize = 8;
/// Rounding of the direct sums.
const ROUNDING: f64 = 8.0 * f64::EPSILON;
/// e^−x is nothing beside 1 beyond this.
const NEGLIGIBLE_EXPONENT: f64 = 45.0;

/// p_i = w_i/Z, w_i = 1/(i ln^a(i+1)), i ≥ 1, a > 1.
#[derive(Debug, Clone)]
pub struct LogPowerPmf {
    power: f64,
    /// Σ w gᵏ with g = −ln w, k = 0, 1, 2; infinite for a ≤ k + 1.
    sums: [Bounded; 3],
}

/// A sum with a bound on its absolute error.
#[derive(Debug, Clone, Copy)]
struct Bounded {
    value: f64,
    bound: f64,
}

/// ln ln(i+1) and ln i make up −ln w = ln i + a ln ln(i+1).
fn content(power: f64, x: f64) -> f64 {
    x.ln() + power * x.ln_1p().ln()
}

impl LogPowerPmf {
    /// The law of power a > 1 (the caller's constructor has checked it).
    pub fn new(power: f64) -> Self {
        let sums = [0, 1, 2].map(|k| {
            let head = compensated((1..HEAD).map(|i| weighted(power, k, i as f64)));
            let tail = tail_sum(power, k, HEAD as f64);
            Bounded { value: head + tail.value, bound: tail.bound + ROUNDING * (head.abs() + tail.value) }
        });
        Self { power, sums }
    }

    /// p_i.
    pub fn weight(&self, i: usize) -> f64 {
        weighted(self.power, 0, i as f64) / self.sums[0].value
    }

    /// Mass P(X > n) for n ≥ 4095, relative accuracy 1e-13.
    pub fn tail(&self, n: usize) -> f64 {
        debug_assert!(n + 1 >= HEAD, "the tail sum is accurate from {HEAD} on");
        tail_sum(self.power, 0, n as f64 + 1.0).value / self.sums[0].value
    }

    /// Σ (w/w_1)^α for α > 1: relative to the largest weight no order overflows.
    fn power_sum(&self, order: f64) -> Bounded {
        let least = content(self.power, 1.0);
        let term = |x: f64| (-order * (content(self.power, x) - least)).exp();
        let head = compensated((1..HEAD).map(|i| term(i as f64)));
        // Terms beyond the head are below e^{−8·order} then.
        if order > 100.0 {
            return Bounded { value: head, bound: ROUNDING * head };
        }
        let (start, decay, exponent) = (HEAD as f64, order - 1.0, self.power * order);
        // ∫ x w^α du = ∫ e^{−(α−1)u} ln^{−aα}(e^u + 1) du.
        let integrand = |u: f64| (order * least - decay * u - exponent * ln_successor(u).ln()).exp();
        let near = panels((start - 0.5).ln(), FAR, PANELS, integrand);
        // u = 40 e^v, until either factor has died.
        let end = (NEGLIGIBLE_EXPONENT / (exponent - 1.0))
            .min((NEGLIGIBLE_EXPONENT / (decay * FAR)).ln_1p() + 1.0);
        let far = panels(0.0, end, end.ceil() as usize, |v| FAR * v.exp() * integrand(FAR * v.exp()));
        let edge = midpoint_correction(start, term);
        let value = head + near.value + far.value + edge.value;
        Bounded { value, bound: near.bound + far.bound + edge.bound + ROUNDING * (1.0 + order) * value }
    }

    /// Σ p (1 − e^{−δι}) for δ > 0.
    fn excess(&self, d: f64) -> Bounded {
        let (total, ln_total) = (self.sums[0].value, self.sums[0].value.ln());
        let factor = |content: f64| -(-d * (content + ln_total)).exp_m1();
        let term = |x: f64| weighted(self.power, 0, x) * factor(content(self.power, x));
        let head = compensated((1..HEAD).map(|i| term(i as f64)));
        let start = HEAD as f64;
        let integrand = |u: f64| {
            let successor = ln_successor(u).ln();
            (-self.power * successor).exp() * factor(u + self.power * successor)
        };
        let near = panels((start - 0.5).ln(), FAR, PANELS, integrand);
        // u = 40 e^v until e^{−δu} has died; from there on the factor is 1.
        let end = (NEGLIGIBLE_EXPONENT / (d * FAR)).ln().max(0.0) + 1.0;
        let far = panels(0.0, end, end.ceil() as usize, |v| FAR * v.exp() * integrand(FAR * v.exp()));
        let beyond = (FAR * end.exp()).powf(1.0 - self.power) / (self.power - 1.0);
        let edge = midpoint_correction(start, term);
        let value = head + near.value + far.value + edge.value + beyond;
        let bound = near.bound + far.bound + edge.bound + ROUNDING * value;
        Bounded { value: value / total, bound: (bound + value * self.sums[0].bound / total) / total }
    }
}

/// w gᵏ at x.
fn weighted(power: f64, k: i32, x: f64) -> f64 {
    let content = content(power, x);
    (-content).exp() * content.powi(k)
}

/// ln(e^u + 1).
fn ln_successor(u: f64) -> f64 {
    u + (-u).exp().ln_1p()
}

/// Σ_{i ≥ n} w gᵏ for n ≥ [`HEAD`]; ∞ for a ≤ k + 1.
fn tail_sum(power: f64, k: i32, n: f64) -> Bounded {
    if power <= f64::from(k) + 1.0 {
        return Bounded { value: f64::INFINITY, bound: 0.0 };
    }
    let near = panels((n - 0.5).ln(), FAR, PANELS, |u| {
        let successor = ln_successor(u);
        successor.powf(-power) * (u + power * successor.ln()).powi(k)
    });
    let edge = midpoint_correction(n, |x| weighted(power, k, x));
    let value = near.value + far_integral(power, k) + edge.value;
    Bounded { value, bound: near.bound + edge.bound + ROUNDING * value }
}

/// ∫_40^∞ u^−a (u + a ln u)ᵏ du from ∫ u^−b lnʲ u du = U^{1−b} Σ_m j!/m! lnᵐ U/(b−1)^{j−m+1}.
fn far_integral(a: f64, k: i32) -> f64 {
    let ln = FAR.ln();
    let integral = |b: f64, j: u8| {
        let d = 1.0 / (b - 1.0);
        FAR.powf(1.0 - b)
            * d
            * match j {
                0 => 1.0,
                1 => ln + d,
                _ => ln * ln + 2.0 * d * (ln + d),
            }
    };
    match k {
        0 => integral(a, 0),
        1 => integral(a - 1.0, 0) + a * integral(a, 1),
        _ => integral(a - 2.0, 0) + 2.0 * a * integral(a - 1.0, 1) + a * a * integral(a, 2),
    }
}

/// Σ_{i ≥ n} f(i) − ∫_{n−½}^∞ f = f′(n−½)/24 − 7 f‴/5760 + …, with f′ taken as f(n) − f(n−1), which
/// adds −f‴/576.
///
/// For the smooth falling f used here (completely monotone, times powers of ln) the rest is
/// below 0.003 |f‴|, and the third difference Δ³f tells f‴ to a few per cent: a hundredth of it is
/// a bound with a reserve of 3.
fn midpoint_correction(n: f64, f: impl Fn(f64) -> f64) -> Bounded {
    let [before, here, next, last] = [-1.0, 0.0, 1.0, 2.0].map(|shift| f(n + shift));
    let third = last - 3.0 * next + 3.0 * here - before;
    Bounded { value: (here - before) / 24.0, bound: 0.01 * third.abs() + f64::EPSILON * here }
}

/// ∫ f over [from, to] by Gauss–Legendre on equal panels; the bound is the difference of two rules.
fn panels(from: f64, to: f64, count: usize, f: impl Fn(f64) -> f64) -> Bounded {
    let rule = |nodes: usize| {
        let rule = gauss_legendre(nodes);
        let width = (to - from) / count as f64;
        compensated((0..count).map(|i| {
            let left = from + width * i as f64;
            rule.integrate(left, left + width, &f)
        }))
    };
    let value = rule(NODES);
    Bounded { value, bound: (value - rule(NODES - 4)).abs() + ROUNDING * value.abs() }
}

impl Pmf for LogPowerPmf {
    fn atoms(&self) -> f64 {
        f64::INFINITY
    }

    /// H = ln Z + Σ w g/Z, infinite for a ≤ 2.
    fn shannon(&self) -> Estimate {
        let [total, first, _] = self.sums;
        if first.value.is_infinite() {
            return Estimate::exact(f64::INFINITY);
        }
        let mean = first.value / total.value;
        let error = (first.bound + (1.0 + mean.abs()) * total.bound) / total.value;
        Estimate::quadrature(
            total.value.ln() + mean,
            error + ROUNDING * (total.value.ln().abs() + mean.abs()),
        )
    }

    /// (ln Σ w^α − α ln Z)/(1−α); infinite for every order α < 1.
    fn renyi(&self, order: f64) -> Estimate {
        let total = self.sums[0];
        if (order - 1.0).abs() <= 0.0 {
            return self.shannon();
        }
        if order < 1.0 {
            return Estimate::exact(f64::INFINITY);
        }
        let (ln_total, error) = (total.value.ln(), total.bound / total.value);
        if order.is_infinite() {
            let least = ln_total + content(self.power, 1.0);
            return closed_form(least, error + ROUNDING * (ln_total.abs() + least.abs()));
        }
        let (power, content) = (self.power_sum(order), ln_total + content(self.power, 1.0));
        let relative = (error + ROUNDING * ln_total.abs()) / content;
        let direct = from_rest(order, content, relative, power.value - 1.0, power.bound / (order - 1.0));
        // Σ p^a − 1 = Σ p (e^{−δι} − 1) near a = 1, where the quotient loses its digits.
        let excess = self.excess(order - 1.0);
        let near = excess.bound / ((1.0 - excess.value) * (order - 1.0));
        sharper(direct, Estimate::quadrature((-excess.value).ln_1p() / (1.0 - order), near))
    }

    /// V = Σ w g²/Z − (Σ w g/Z)², infinite for a ≤ 3.
    fn info_variance(&self) -> Estimate {
        let [total, first, second] = self.sums;
        if second.value.is_infinite() {
            return Estimate::exact(f64::INFINITY);
        }
        let (mean, square) = (first.value / total.value, second.value / total.value);
        let error =
            second.bound + 2.0 * mean.abs() * first.bound + (square + 2.0 * mean * mean) * total.bound;
        Estimate::quadrature(square - mean * mean, error / total.value + ROUNDING * (square + mean * mean))
    }

    /// Infinite for every a: p_i^{1−1/t} is not summable for any t.
    fn psi1(&self) -> Estimate {
        Estimate::exact(f64::INFINITY)
    }
}
