//! A density on the line and the cells of a grid: what a rounded law needs.

use crate::numeric::quadrature::gauss_legendre;
use crate::source::Density;
use crate::source::lattice::{self, Sum};

/// Nodes of the rule.
const NODES: usize = 16;
/// A difference of tail masses is taken as it is where it is at least this share of the larger.
const NO_CANCELLATION: f64 = 0.1;
/// Where ln f changes by less than this between ends and middle of a cell, the rule integrates f to
/// rounding.
const SMOOTH: f64 = 0.5;

/// Relative error of a mass, and of the content of a cell of nearly all mass.
pub const MASS: f64 = 4e-12;

/// A density and the cells ((k−½)·step, (k+½)·step] of a grid.
#[derive(Debug)]
pub struct Cells {
    density: Box<dyn Density>,
    step: f64,
    /// Cells of the median, the mode, the breakpoints and finite ends of the support, increasing.
    special: Vec<f64>,
    /// First and last cell, possibly infinite.
    support: (f64, f64),
    mode: f64,
}

impl Cells {
    /// `step` > 0.
    pub fn new(density: Box<dyn Density>, step: f64) -> Self {
        let cell = |x: f64| ((density.origin() + x) / step).round();
        let (lo, hi) = density.support();
        let mut special: Vec<f64> = density.breakpoints();
        special.extend([density.quantile(0.5), lo, hi].into_iter().filter(|x| x.is_finite()));
        let mut special: Vec<f64> = special.into_iter().map(cell).collect();
        special.sort_by(f64::total_cmp);
        special.dedup_by(|a, b| *a <= *b);
        let support = (cell(lo), cell(hi));
        let mut cells = Self { density, step, special, support, mode: 0.0 };
        // An end of the support on the border of a cell leaves that cell without mass.
        if support.0.is_finite() && cells.ln_mass(support.0) == f64::NEG_INFINITY {
            cells.support.0 += 1.0;
        }
        if support.1.is_finite() && cells.ln_mass(support.1) == f64::NEG_INFINITY {
            cells.support.1 -= 1.0;
        }
        cells.special.retain(|&k| cells.support.0 <= k && k <= cells.support.1);
        // The mode is apart in sums of powers.
        cells.mode = cells.climb();
        cells.special.push(cells.mode);
        cells.special.sort_by(f64::total_cmp);
        cells.special.dedup_by(|a, b| *a <= *b);
        cells
    }

    /// The density.
    pub fn density(&self) -> &dyn Density {
        self.density.as_ref()
    }

    /// First and last cell with mass, possibly infinite.
    pub fn support(&self) -> (f64, f64) {
        self.support
    }

    /// The cell of the median.
    pub fn centre(&self) -> f64 {
        ((self.density.origin() + self.density.quantile(0.5)) / self.step).round()
    }

    /// First and last of the special cells: beyond them masses fall.
    pub fn outermost(&self) -> (f64, f64) {
        (self.special[0], self.special[self.special.len() - 1])
    }

    /// k·step.
    pub fn position(&self, k: f64) -> f64 {
        k * self.step
    }

    fn ends(&self, k: f64) -> (f64, f64) {
        [k - 0.5, k + 0.5].map(|k| k * self.step - self.density.origin()).into()
    }

    /// ln P(X in cell k), of a mass with relative accuracy [`MASS`]; also between the integers.
    /// From the mass of the other cells where that is little, as an integral where f is smooth, as
    /// a difference of tail masses otherwise.
    pub fn ln_mass(&self, k: f64) -> f64 {
        let ((lo, hi), density) = (self.ends(k), self.density());
        let middle = k * self.step - density.origin();
        let inside = |x: &f64| lo < *x && *x < hi;
        let [at_lo, at_middle, at_hi] = [lo, middle, hi].map(|x| density.ln_density(x));
        let smooth = (at_lo - at_middle).abs().max((at_hi - at_middle).abs()) < SMOOTH;
        if smooth && !density.breakpoints().iter().any(inside) {
            // Over the offset in units of the step: far out the ends of a cell have lost their
            // distance.
            let ratio = |v: f64| (density.ln_density(v.mul_add(self.step, middle)) - at_middle).exp();
            return at_middle + self.step.ln() + gauss_legendre(NODES).integrate(-0.5, 0.5, ratio).ln();
        }
        let others = density.cdf(lo) + density.survival(hi);
        if others < 0.5 {
            return (-others).ln_1p();
        }
        let (below, above) = (density.ln_cdf(hi), density.ln_survival(lo));
        let (far, near) =
            if below < above { (density.ln_cdf(lo), below) } else { (density.ln_survival(hi), above) };
        let share = -(far - near).exp_m1();
        if near == f64::NEG_INFINITY || share.is_nan() || share >= NO_CANCELLATION {
            return if near == f64::NEG_INFINITY { near } else { near + share.ln() };
        }
        let (least, most) = density.support();
        let mut ends = vec![lo, hi];
        ends.extend(density.breakpoints().into_iter().chain([least, most]).filter(inside));
        ends.sort_by(f64::total_cmp);
        let mass = |pair: &[f64]| {
            gauss_legendre(NODES).integrate(pair[0], pair[1], |x| density.ln_density(x).exp())
        };
        ends.windows(2).map(mass).sum::<f64>().ln()
    }

    /// P(X below cell k).
    pub fn mass_below(&self, k: f64) -> f64 {
        self.density.cdf(self.ends(k).0)
    }

    /// P(X above cell k).
    pub fn mass_above(&self, k: f64) -> f64 {
        self.density.survival(self.ends(k).1)
    }

    /// Σ_k term(k, ln p_k) over the cells with mass.
    pub fn sum(&self, term: impl Fn(f64, f64) -> f64) -> Sum {
        lattice::sum(&self.special, self.support, |k| {
            let ln_mass = self.ln_mass(k);
            if ln_mass == f64::NEG_INFINITY { 0.0 } else { term(k, ln_mass) }
        })
    }

    /// The cell of the largest mass.
    pub fn mode(&self) -> f64 {
        self.mode
    }

    /// Uphill from every special cell in steps that double while they lead up.
    fn climb(&self) -> f64 {
        let climb = |start: f64| {
            let (mut k, mut best) = (start, self.ln_mass(start));
            for side in [-1.0, 1.0] {
                let mut step = 1.0;
                while step >= 1.0 {
                    let next = self.ln_mass(k + side * step);
                    if next > best {
                        (k, best, step) = (k + side * step, next, 2.0 * step);
                    } else {
                        step *= 0.5;
                    }
                }
            }
            (k, best)
        };
        let peaks = self.special.iter().map(|&k| climb(k));
        peaks.fold((0.0, f64::NEG_INFINITY), |best, peak| if peak.1 > best.1 { peak } else { best }).0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{Law, Source};

    fn cells(base: &str, step: f64) -> Cells {
        let Law::Density(density) = Source::parse(base).expect(base).into_law() else {
            panic!("{base} is a density")
        };
        Cells::new(density, step)
    }

    /// All masses make one, for fine and coarse grids, light and heavy tails.
    #[test]
    fn the_masses_make_one() {
        for base in
            ["laplace", "cauchy", "student-t:dof=0.3", "pareto:shape=1.5", "lognormal:sigma=3", "uniform"]
        {
            for step in [1e-7, 0.01, 0.7, 50.0] {
                let total = cells(base, step).sum(|_, ln_mass| ln_mass.exp());
                let error = (total.value - 1.0).abs();
                assert!(
                    error <= total.bound + MASS && total.bound < 1e-9,
                    "{base}, step {step}: {error:e}, {total:?}"
                );
            }
        }
    }

    /// Laplace far out: ln p_k = ln sinh(δ/2) − |k|δ, where the mass itself is 0 in f64.
    #[test]
    fn masses_that_underflow_have_logarithms() {
        let step = 2.0_f64;
        let expected = (0.5 * step).sinh().ln() - 1e4 * step;
        for k in [1e4, -1e4] {
            let found = cells("laplace", step).ln_mass(k);
            assert!((found - expected).abs() < 1e-11 * expected.abs(), "{found} for {expected}");
        }
        // Nearly all mass: P(0) = 1 − e^{−δ/2}.
        let found = cells("laplace", 60.0).ln_mass(0.0);
        assert!((found / -(-30.0_f64).exp() - 1.0).abs() < MASS, "{found:e}");
    }

    #[test]
    fn the_largest_mass_is_found_from_afar() {
        // The mode of the lognormal law is e^{−σ²}, its median 1.
        let cells = cells("lognormal:sigma=1", 1e-3);
        let direct = (1..3000).map(|k| cells.ln_mass(f64::from(k))).fold(f64::NEG_INFINITY, f64::max);
        let found = cells.ln_mass(cells.mode());
        assert!((found - direct).abs() <= 0.0, "{found} {direct}");
    }
}
