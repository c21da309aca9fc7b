//! Differential entropies of every structure of a law.

use crate::numeric::estimate::Estimate;
use crate::numeric::log_sum::ln_sum_exp;
use crate::source::gaussian_density::GaussianDensity;
use crate::source::{Law, Mixture, density};

/// Differential Rényi entropy h_a = (1−a)⁻¹ ln ∫ f^a of order a ≥ 0 (a = 1: Shannon, −∫ f ln f; a =
/// ∞: −ln sup f), nats.
///
/// −∞ for a law with atoms, ∞ where the integral diverges. A closed form where the law has one,
/// quadrature with a bound for stable laws and mixtures of Gaussians on a line or about one mean.
/// `None` for mixtures about several means in space, and for orders below 1 where components only
/// represent the law ([`Mixture::approximation`]): its tail is cut.
pub fn renyi(law: &Law, order: f64) -> Option<Estimate> {
    match law {
        Law::Atoms(_) | Law::Simplex(_) | Law::Needle(_) => Some(Estimate::exact(f64::NEG_INFINITY)),
        Law::Product { base, copies } => renyi(base.law(), order).map(|h| h.scaled(*copies as f64)),
        Law::Density(density) => {
            let h = density.differential_renyi(order);
            Some(if h.value.is_finite() { h } else { Estimate::exact(h.value) })
        }
        Law::Mixture(mixture) => of_mixture(mixture, order),
    }
}

fn of_mixture(mixture: &Mixture, order: f64) -> Option<Estimate> {
    let dim = mixture.dim as f64;
    let one = |variance: f64| {
        let parts = [0.5 * (std::f64::consts::TAU * variance).ln(), 0.5 * density::ln_over_excess(order)];
        let size: f64 = parts.iter().map(|x| x.abs()).sum();
        Estimate { bound: 8.0 * f64::EPSILON * (1.0 + size), ..Estimate::exact(parts.iter().sum()) }
            .scaled(dim)
    };
    if order <= 0.0 {
        return Some(Estimate::exact(f64::INFINITY));
    }
    if mixture.variances.len() == 1 {
        return Some(one(mixture.variances[0]));
    }
    if mixture.approximation > 0.0 && order < 1.0 {
        return None;
    }
    let concentric = mixture.means.chunks(mixture.dim).all(|mean| mean == &mixture.means[..mixture.dim]);
    let h = match (mixture.dim, concentric) {
        (1, _) => crate::source::Density::differential_renyi(&GaussianDensity::new(mixture.clone()), order),
        (_, true) => about_one_mean(mixture, order),
        _ => return None,
    };
    // A relative error ε of f moves ∫ f^a by aε and −ln f by ε.
    let slack = mixture.approximation
        * (2.0 + h.value.abs())
        * if order > 1.0 { order / (order - 1.0).min(1.0) } else { 1.0 };
    Some(Estimate { bound: h.bound + slack, ..h })
}

/// Along the radius r from the common mean, with the area of the sphere of radius r.
fn about_one_mean(mixture: &Mixture, order: f64) -> Estimate {
    let dim = mixture.dim as f64;
    let terms: Vec<(f64, f64)> = mixture
        .weights
        .iter()
        .zip(&mixture.variances)
        .map(|(w, v)| (w.ln() - 0.5 * dim * (std::f64::consts::TAU * v).ln(), 0.5 / v))
        .collect();
    let ln_density = |r: f64| {
        let term = |&(constant, rate): &(f64, f64)| constant - rate * r * r;
        ln_sum_exp(terms.iter().map(term))
    };
    let ln_area = std::f64::consts::LN_2 + 0.5 * dim * std::f64::consts::PI.ln() - libm::lgamma(0.5 * dim);
    let narrowest = mixture.variances.iter().copied().fold(f64::INFINITY, f64::min).sqrt();
    let measure = |r: f64| ln_area + (dim - 1.0) * r.ln();
    density::renyi_by_quadrature(ln_density, measure, &[0.0], density::Line::Half, narrowest, order)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Source;

    fn of(spec: &str, order: f64) -> Estimate {
        renyi(Source::parse(spec).expect(spec).law(), order).expect("known")
    }

    /// Several equal components are one Gaussian, whatever the route: closed form, line, radius.
    #[test]
    fn equal_components_are_one() {
        for dim in [1, 2, 5, 40] {
            let law = |n: usize| {
                let means = vec![0.3; n * dim];
                Law::Mixture(Mixture {
                    dim,
                    means,
                    variances: vec![1.7; n],
                    weights: vec![1.0 / n as f64; n],
                    approximation: 0.0,
                })
            };
            for order in [0.3, 1.0, 1.0 + 1e-9, 2.0, 1e3] {
                let [one, two] = [1, 2].map(|n| renyi(&law(n), order).expect("known"));
                assert!(
                    (one.value - two.value).abs() <= one.bound + two.bound,
                    "{dim}, {order}: {one:?} {two:?}"
                );
                assert!(two.bound < 1e-9 * dim as f64, "{dim}, {order}: {two:?}");
            }
        }
    }

    /// Far components: h = Σ w (h_j − ln w), H_a by the sum of ∫ f_j^a; the multivariate Student
    /// law by its closed form (mpmath, ν = 3, d = 2: ln of 2πν/ν·… is 1 + ν/2·… written out below).
    #[test]
    fn known_values_are_met() {
        let h = of("mixture:means=-1e3|1e3,variances=4|0.25,weights=1|3", 1.0);
        let normal = |v: f64| 0.5 * (std::f64::consts::TAU * std::f64::consts::E * v).ln();
        let expected = 0.25 * (normal(4.0) - 0.25_f64.ln()) + 0.75 * (normal(0.25) - 0.75_f64.ln());
        assert!((h.value - expected).abs() <= h.bound && h.bound < 1e-10, "{h:?} for {expected}");
        let half = of("mixture:means=-1e3|1e3,variances=4|0.25,weights=1|3", 2.0);
        let collision = 0.0625 / (16.0 * std::f64::consts::PI).sqrt() + 0.5625 / std::f64::consts::PI.sqrt();
        assert!((half.value + collision.ln()).abs() <= half.bound + 1e-14, "{half:?}");
        // d = 2: f = (1 + r²/ν)^{−ν/2−1}/2π, h = ln 2π + (ν/2 + 1)·E ln(1 + r²/ν) = ln 2π + 1 +
        // 2/ν.
        let student = of("scale-mixture:dof=3,dim=2", 1.0);
        let expected = std::f64::consts::TAU.ln() + 1.0 + 2.0 / 3.0;
        assert!(
            (student.value - expected).abs() <= student.bound && student.bound < 1e-9,
            "{student:?} for {expected}"
        );
    }

    #[test]
    fn atoms_have_none_and_products_add() {
        assert!(
            of("bpsk", 1.0).value == f64::NEG_INFINITY
                && of("simplex:atoms=4", 2.0).value == f64::NEG_INFINITY
        );
        let (one, three) = (of("laplace", 1.0), of("product:base=(laplace),dim=3", 1.0));
        assert!((three.value - 3.0 * one.value).abs() <= three.bound);
        assert!((of("uniform:lo=-1,hi=3", 0.0).value - 4.0_f64.ln()).abs() < 1e-15);
        assert!(of("gaussian:dim=3", 0.0).value.is_infinite());
        assert!(
            renyi(Source::parse("mixture:ring=3,radius=2,variance=0.1").expect("a law").law(), 1.0)
                .is_none()
        );
    }
}
