//! Entropies of a rounded density: sums over all cells of the grid, whatever its step.

use crate::numeric::estimate::Estimate;
use crate::source::cells::{Cells, MASS};
use crate::source::pmf::{Pmf, closed_form, from_rest, ratio_error, sub_exponential_norm, tilted_excess};

/// What the relative error [`MASS`] of the masses makes of a sum of p·g(ι) with g(0) = 0: of p, and
/// of ι of the cells that are not nearly certain, whose mass is at most H/ln 2.
const ROUNDING: f64 = 3.0 * MASS;

/// The law of the cells.
#[derive(Debug)]
pub struct QuantizedPmf {
    cells: Cells,
}

impl QuantizedPmf {
    /// The law of `cells`.
    pub fn new(cells: Cells) -> Self {
        Self { cells }
    }

    /// The cells.
    pub fn cells(&self) -> &Cells {
        &self.cells
    }

    /// Σ g(ι) over all atoms, g of the order of p times a function that vanishes at 0, and a bound
    /// on its error.
    fn sum(&self, g: impl Fn(f64) -> f64) -> (f64, f64) {
        let sum = self.cells.sum(|_, ln_mass| g(-ln_mass));
        (sum.value, sum.bound + ROUNDING * sum.size)
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
        let (first, last) = self.cells.support();
        last - first + 1.0
    }

    fn shannon(&self) -> Estimate {
        if !self.converges(1.0) {
            return Self::infinite();
        }
        let (value, bound) =
            self.sum(|content| if content.is_finite() { (-content).exp() * content } else { 0.0 });
        closed_form(value, bound)
    }

    fn renyi(&self, order: f64) -> Estimate {
        let excess = order - 1.0;
        let least = -self.cells.ln_mass(self.cells.mode());
        if order.is_infinite() {
            return closed_form(least, MASS * least.min(1.0) + 4.0 * f64::EPSILON * least);
        }
        if order.abs() <= 0.0 {
            return Estimate::exact(self.atoms().ln());
        }
        if !self.atoms().is_finite() && !self.converges(order) {
            return Self::infinite();
        }
        if excess.abs() <= 0.0 {
            return self.shannon();
        }
        if excess.abs() < 0.5 {
            // Σ p^a − 1 = Σ p (e^{(1−a)ι} − 1): keeps small entropies, and a near 1.
            let (value, bound) = self.sum(|content| tilted_excess(content, excess));
            if value > -0.5 {
                return closed_form(value.ln_1p() / -excess, bound / ((1.0 + value) * excess.abs()));
            }
        }
        let mode = self.cells.mode();
        let others = |f: &dyn Fn(f64, f64) -> f64| {
            self.cells.sum(|k, ln_mass| {
                let ratio = (order * (ln_mass + least).min(0.0)).exp();
                if k.to_bits() == mode.to_bits() || ratio <= 0.0 { 0.0 } else { f(ratio, -ln_mass) }
            })
        };
        let rest = others(&|ratio, _| ratio);
        // The error of a mass moves its content by as much, and not with the content.
        let error = others(&|ratio, _| ratio * ratio_error(order, 0.0, MASS));
        from_rest(order, least, MASS, rest.value, rest.bound / excess.abs() + error.value)
    }

    fn info_variance(&self) -> Estimate {
        if !self.converges(1.0) {
            return Self::infinite();
        }
        let shannon = self.shannon();
        let (value, bound) = self.sum(|content| (-content).exp() * (content - shannon.value).powi(2));
        // An error of ι moves a square by twice its root.
        let uncertain = (shannon.value / std::f64::consts::LN_2).min(1.0);
        closed_form(value, bound + shannon.bound.powi(2) + 2.0 * MASS * (value * uncertain).sqrt())
    }

    fn psi1(&self) -> Estimate {
        if !self.converges(1.0) {
            return Self::infinite();
        }
        let shannon = self.shannon();
        let finite = self.atoms().is_finite();
        // The relative error of E exp(|ι − H|/t), by its convexity, moves t by as much, relative.
        let error = std::cell::Cell::new(0.0_f64);
        let mean_exp = |t: f64| {
            if !finite && (t <= 1.0 || !self.converges(1.0 - 1.0 / t)) {
                return f64::INFINITY;
            }
            let sum = self.cells.sum(|_, ln_mass| (ln_mass + (-ln_mass - shannon.value).abs() / t).exp());
            error.set(sum.bound + MASS * sum.size);
            sum.value
        };
        let norm = sub_exponential_norm(0.0, shannon.value.max(1.0), mean_exp);
        Estimate { bound: norm.bound + error.get() * norm.value + shannon.bound, ..norm }
    }
}
