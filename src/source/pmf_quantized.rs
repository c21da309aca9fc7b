//! Entropies of a rounded density: the kept atoms summed, the tails bounded by integrals.

use crate::estimate::Estimate;
use crate::numeric::sum::compensated;
use crate::source::density::Cells;
use crate::source::pmf::{Pmf, closed_form, sub_exponential_norm};

/// Rounding of a compensated sum of masses that are good to 1e-12.
const ROUNDING: f64 = 2e-12;

/// Masses of the cells `first` … `last` and the tails beyond them.
#[derive(Debug)]
pub struct QuantizedPmf {
    cells: Cells,
    weights: Vec<f64>,
    first: i64,
    last: i64,
}

impl QuantizedPmf {
    /// `weights` of the cells `first` … `last` (in order), positive.
    pub fn new(cells: Cells, weights: Vec<f64>, first: i64, last: i64) -> Self {
        Self { cells, weights, first, last }
    }

    /// Σ p g(ι) over all atoms, and a bound on its error.
    fn sum(&self, g: impl Fn(f64) -> f64) -> (f64, f64) {
        let term = |&p: &f64| p * g(-p.ln());
        let kept = compensated(self.weights.iter().map(term));
        let size = compensated(self.weights.iter().map(|p| term(p).abs()));
        let tails = [self.cells.tail(self.first, -1, |_, i| g(i)), self.cells.tail(self.last, 1, |_, i| g(i))];
        (kept + tails[0].0 + tails[1].0, ROUNDING * size + tails[0].1 + tails[1].1)
    }

    /// Whether Σ p^a is finite: exactly where ∫ f^a is, f being bounded and its tails regular.
    fn converges(&self, order: f64) -> bool {
        order > 0.0 && self.cells.density().differential_renyi(order).value < f64::INFINITY
    }

    fn infinite() -> Estimate {
        Estimate::exact(f64::INFINITY)
    }
}

impl Pmf for QuantizedPmf {
    fn atoms(&self) -> f64 {
        f64::INFINITY
    }

    fn shannon(&self) -> Estimate {
        if !self.converges(1.0) {
            return Self::infinite();
        }
        let (value, bound) = self.sum(|content| content);
        closed_form(value, bound)
    }

    fn renyi(&self, order: f64) -> Estimate {
        if order.is_infinite() {
            let largest = self.weights.iter().copied().fold(0.0, f64::max);
            return closed_form(-largest.ln(), ROUNDING);
        }
        if !self.converges(order) {
            return Self::infinite();
        }
        let excess = order - 1.0;
        if excess.abs() < f64::EPSILON {
            return self.shannon();
        }
        // Σ p^a − 1 = Σ p (e^{(1−a)ι} − 1): keeps small entropies, and a near 1.
        let (value, bound) = self.sum(|content| (-excess * content).exp_m1());
        closed_form(value.ln_1p() / -excess, bound / ((1.0 + value - bound).max(f64::MIN_POSITIVE) * excess.abs()))
    }

    fn info_variance(&self) -> Estimate {
        if !self.converges(1.0) {
            return Self::infinite();
        }
        let shannon = self.shannon();
        let (value, bound) = self.sum(|content| (content - shannon.value).powi(2));
        closed_form(value, bound + shannon.bound * shannon.bound)
    }

    fn psi1(&self) -> Estimate {
        if !self.converges(1.0) {
            return Self::infinite();
        }
        let shannon = self.shannon();
        // The relative error of E exp(|ι − H|/t), by its convexity, moves t by as much, relative.
        let error = std::cell::Cell::new(0.0_f64);
        let mean_exp = |t: f64| {
            if t > 1.0 && !self.converges(1.0 - 1.0 / t) || t <= 1.0 {
                return f64::INFINITY;
            }
            let (value, bound) = self.sum(|content| ((content - shannon.value).abs() / t).exp());
            error.set(bound);
            value
        };
        let norm = sub_exponential_norm(0.0, shannon.value.max(1.0), mean_exp);
        Estimate { bound: norm.bound + error.get() * norm.value + shannon.bound, ..norm }
    }
}
