//! The truth seen along a direction: Σ_j w_j N(⟨θ, μ_j⟩, v_j + 1/γ_K) on a line, with what
//! transport needs of it.

use crate::numeric::gamma::normal_survival;
use crate::source::{Law, Source};

/// A mixture of Gaussians on a line.
#[derive(Debug, Clone)]
pub struct Target {
    /// (weight, mean, standard deviation > 0) of each component.
    components: Vec<(f64, f64, f64)>,
}

impl Target {
    /// The law of ⟨θ, X⟩ + Z/√`snr` for the unit vector `direction` θ; `None` for a density and for
    /// a product in more than one dimension, whose projections are no small mixtures.
    pub fn new(source: &Source, direction: &[f64], snr: f64) -> Option<Self> {
        let blur = snr.recip();
        let along = |point: &[f64]| point.iter().zip(direction).map(|(x, t)| x * t).sum::<f64>();
        let components = match source.law() {
            Law::Atoms(atoms) => {
                (0..atoms.len()).map(|i| (atoms.weights[i], along(atoms.point(i)), blur)).collect()
            }
            Law::Simplex(simplex) => {
                simplex.weights.iter().zip(direction).map(|(w, t)| (*w, *t, blur)).collect()
            }
            Law::Needle(needle) => {
                let each = direction.iter().map(|&t| (needle.p / needle.atoms as f64, t, blur));
                std::iter::once((1.0 - needle.p, 0.0, blur)).chain(each).collect()
            }
            Law::Mixture(law) => law
                .means
                .chunks(law.dim)
                .zip(law.weights.iter().zip(&law.variances))
                .map(|(mean, (w, v))| (*w, along(mean), v + blur))
                .collect(),
            Law::Product { base, copies: 1 } => return Self::new(base, direction, snr),
            Law::Product { .. } | Law::Density(_) => return None,
        };
        let deviation = |(weight, mean, variance): (f64, f64, f64)| (weight, mean, variance.sqrt());
        Some(Self { components: Vec::into_iter(components).map(deviation).collect() })
    }

    fn sum(&self, f: impl Fn(f64, f64) -> f64) -> f64 {
        self.components.iter().map(|&(weight, mean, deviation)| weight * f(mean, deviation)).sum()
    }

    /// F(x) = P(X ≤ x), absolute accuracy a few 1e-16.
    pub fn cdf(&self, x: f64) -> f64 {
        self.sum(|mean, deviation| phi_below((x - mean) / deviation))
    }

    /// ∫_{−∞}^x F.
    pub fn integrated_cdf(&self, x: f64) -> f64 {
        self.cdf_and_integral(x).1
    }

    /// F(x) and ∫_{−∞}^x F.
    pub fn cdf_and_integral(&self, x: f64) -> (f64, f64) {
        let add = |(cdf, integral): (f64, f64), &(weight, mean, deviation): &(f64, f64, f64)| {
            let z = (x - mean) / deviation;
            let below = phi_below(z);
            (cdf + weight * below, integral + weight * deviation * (z * below + phi(z)))
        };
        self.components.iter().fold((0.0, 0.0), add)
    }

    /// E[X; X ≤ x].
    pub fn partial_mean(&self, x: f64) -> f64 {
        self.sum(|mean, deviation| {
            let z = (x - mean) / deviation;
            mean * phi_below(z) - deviation * phi(z)
        })
    }

    /// E X².
    pub fn second_moment(&self) -> f64 {
        self.sum(|mean, deviation| mean * mean + deviation * deviation)
    }

    /// An interval that leaves out less than 1e-15 on either side.
    pub fn reach(&self) -> (f64, f64) {
        let ends = |sign: f64| {
            self.components.iter().map(move |&(_, mean, deviation)| mean + sign * 8.0 * deviation)
        };
        (ends(-1.0).fold(f64::INFINITY, f64::min), ends(1.0).fold(f64::NEG_INFINITY, f64::max))
    }

    /// The x with F(x) = `level`, by bisection to rounding.
    pub fn quantile(&self, level: f64) -> f64 {
        let (mut low, mut high) = self.reach();
        while high - low > 1e-14 * (1.0 + low.abs().max(high.abs())) {
            let middle = 0.5 * (low + high);
            if self.cdf(middle) < level { low = middle } else { high = middle }
        }
        0.5 * (low + high)
    }
}

/// Φ(z).
fn phi_below(z: f64) -> f64 {
    normal_survival(-z)
}

/// The standard normal density.
fn phi(z: f64) -> f64 {
    (-0.5 * z * z).exp() / std::f64::consts::TAU.sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of a trapezoid with a thousand nodes, and of the error function.
    const TOLERANCE: f64 = 1e-9;

    #[test]
    fn integrals_are_those_of_the_density() {
        let source = Source::parse("mixture:means=-1|2,variances=0.2|0.5,weights=1|3").unwrap();
        let target = Target::new(&source, &[1.0], 4.0).unwrap();
        let density = |x: f64| {
            let normal = |mean: f64, v: f64| {
                (-0.5 * (x - mean).powi(2) / v).exp() / (std::f64::consts::TAU * v).sqrt()
            };
            0.25 * normal(-1.0, 0.45) + 0.75 * normal(2.0, 0.75)
        };
        let (from, to) = (-9.0, 1.7);
        let step = (to - from) / 4000.0;
        let trapezoid = |f: &dyn Fn(f64) -> f64| {
            let inner: f64 = (1..4000).map(|i| f(from + step * f64::from(i))).sum();
            step * (inner + 0.5 * (f(from) + f(to)))
        };
        let end = (step * step / 12.0) * 2.0;
        assert!((target.cdf(to) - trapezoid(&density)).abs() < TOLERANCE + end);
        assert!((target.partial_mean(to) - trapezoid(&|x| x * density(x))).abs() < TOLERANCE + end);
        assert!((target.integrated_cdf(to) - trapezoid(&|x| target.cdf(x))).abs() < TOLERANCE + end);
        assert!((target.second_moment() - (0.25 * 1.45 + 0.75 * 4.75)).abs() < 1e-14);
        assert!((target.cdf(target.quantile(0.3)) - 0.3).abs() < 1e-12);
    }
}
