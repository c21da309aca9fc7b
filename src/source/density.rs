//! What the densities share, and what a rounded one needs.

use std::num::NonZeroUsize;
use std::sync::LazyLock;

use gauss_quad::GaussLegendre;

use crate::estimate::Estimate;
use crate::source::Density;

static RULE: LazyLock<GaussLegendre> =
    LazyLock::new(|| GaussLegendre::new(NonZeroUsize::new(16).expect("16 is not 0")));
/// A difference of tail masses is taken as it is where it is at least this share of the larger.
const NO_CANCELLATION: f64 = 0.1;
/// Doublings after which a tail that has not died out is continued as a geometric series.
const DOUBLINGS: usize = 900;
/// A doubling that adds less than this share ends the tail.
const ENOUGH: f64 = 1e-17;

/// ln a/(a − 1), continued by 1 at a = 1 and 0 at a = ∞.
pub fn ln_over_excess(order: f64) -> f64 {
    let excess = order - 1.0;
    if order.is_infinite() {
        0.0
    } else if excess.abs() < f64::EPSILON {
        1.0
    } else {
        excess.ln_1p() / excess
    }
}

/// Differential Rényi entropy of an even density by quadrature over x > 0, in panels that double from a small one at 0 and
/// end as a geometric series. Where ∫ f^a converges.
pub fn symmetric_renyi(density: &dyn Density, order: f64) -> Estimate {
    let excess = order - 1.0;
    let shannon = excess.abs() < f64::EPSILON;
    let integrand = |x: f64| {
        let ln_density = density.ln_density(x);
        if shannon { -ln_density * ln_density.exp() } else { (order * ln_density).exp() }
    };
    let (mut sum, mut last, mut ratio, mut beyond) = (0.0, 0.0, 0.0, 0.0);
    let (mut from, mut width) = (0.0, 1e-4);
    for _ in 0..DOUBLINGS {
        let middle = from + 0.5 * width;
        let part = RULE.integrate(from, middle, integrand) + RULE.integrate(middle, from + width, integrand);
        ratio = if last == 0.0 { 0.0 } else { part / last };
        (sum, last, from, width) = (sum + part, part, from + width, from + width);
        // A tail ∝ x^{−b}: each doubling is the one before times 2^{1−b}, at last exactly.
        beyond = if ratio < 1.0 { part * ratio / (1.0 - ratio) } else { 0.0 };
        if part.abs() <= ENOUGH * sum.abs() {
            break;
        }
    }
    let total = 2.0 * (sum + beyond);
    let error = 1e-10 * total.abs() + 1e-3 * beyond.abs() * ratio;
    if shannon {
        Estimate::quadrature(total, error)
    } else {
        Estimate::quadrature(total.ln() / -excess, error / (total * excess.abs()))
    }
}

/// A unimodal density and the cells ((k−½)·step, (k+½)·step] of a grid.
#[derive(Debug)]
pub struct Cells {
    density: Box<dyn Density>,
    step: f64,
}

impl Cells {
    /// `step` > 0.
    pub fn new(density: Box<dyn Density>, step: f64) -> Self {
        Self { density, step }
    }

    /// The density.
    pub fn density(&self) -> &dyn Density {
        self.density.as_ref()
    }

    /// The grid's step.
    pub fn step(&self) -> f64 {
        self.step
    }

    /// Index of the cell of the median, as a float.
    pub fn centre(&self) -> f64 {
        (self.density.quantile(0.5) / self.step).round()
    }

    /// k·step.
    pub fn step_of(&self, k: i64) -> f64 {
        k as f64 * self.step
    }

    fn ends(&self, k: i64) -> (f64, f64) {
        ((k as f64 - 0.5) * self.step, (k as f64 + 0.5) * self.step)
    }

    /// P(X in cell k), relative accuracy 1e-12: a difference of tail masses, or an integral where that would cancel.
    pub fn mass(&self, k: i64) -> f64 {
        let (lo, hi) = self.ends(k);
        let (below, above) =
            ([self.density.cdf(lo), self.density.cdf(hi)], [self.density.survival(lo), self.density.survival(hi)]);
        let (difference, size) =
            if below[1] < above[0] { (below[1] - below[0], below[1]) } else { (above[0] - above[1], above[0]) };
        if difference >= NO_CANCELLATION * size {
            return difference;
        }
        let mut ends = vec![lo];
        ends.extend(self.density.breakpoints().into_iter().filter(|&x| lo < x && x < hi));
        ends.push(hi);
        ends.windows(2).map(|pair| RULE.integrate(pair[0], pair[1], |x| self.density.ln_density(x).exp())).sum()
    }

    /// P(X below cell k).
    pub fn mass_below(&self, k: i64) -> f64 {
        self.density.cdf(self.ends(k).0)
    }

    /// P(X above cell k).
    pub fn mass_above(&self, k: i64) -> f64 {
        self.density.survival(self.ends(k).1)
    }

    /// Σ p_j g(x_j, −ln p_j) over the cells beyond `k` (`side` = 1: above, −1: below), and a bound on its error.
    ///
    /// Taken as the integral of f·g(x, −ln(step·f)), which needs f to be decreasing there and g·f monotone: then every
    /// term lies between the integrand at the two ends of its cell, times the step, so that sum and integral differ by
    /// at most the integrand at the first end, times the step, and the slope of f within one cell.
    pub fn tail(&self, k: i64, side: i64, g: impl Fn(f64, f64) -> f64) -> (f64, f64) {
        let (lo, hi) = self.ends(k);
        let start = if side > 0 { hi } else { lo };
        let side = side as f64;
        let integrand = |x: f64| {
            let ln_density = self.density.ln_density(x);
            let value = ln_density.exp();
            if value > 0.0 { value * g(x, -(ln_density + self.step.ln())) } else { 0.0 }
        };
        let (mut from, mut width, mut sum, mut last) = (0.0, self.step.max(start.abs()), 0.0, 0.0);
        let mut ratio = 0.0;
        for _ in 0..DOUBLINGS {
            let part = RULE.integrate(from, from + width, |t| integrand(start + side * t));
            ratio = if last == 0.0 { 0.0 } else { part / last };
            (sum, last, from, width) = (sum + part, part, from + width, 2.0 * width);
            if part.abs() <= ENOUGH * sum.abs() || !width.is_finite() {
                last = 0.0;
                break;
            }
        }
        let beyond = if last != 0.0 && ratio < 1.0 { last * ratio / (1.0 - ratio) } else { 0.0 };
        let first = (self.step * integrand(start)).abs();
        (sum + beyond, first + 1e-3 * beyond.abs() + 1e-10 * sum.abs())
    }
}

#[cfg(test)]
mod tests;
