//! `scale-mixture`: the multivariate Student-t law as a mixture of centred Gaussians.

use crate::error::Result;
use crate::numeric::estimate::Estimate;
use crate::source::{Law, Mixture, Source, SourceKind, student_t};
use crate::spec::{Arguments, Parameter};

/// X = Z/√(2G/ν), G ~ Gamma(ν/2): ν degrees of freedom in R^dim.
pub const SCALE_MIXTURE: SourceKind = SourceKind {
    name: "scale-mixture",
    summary: "multivariate Student-t: a Gaussian with random scale",
    parameters: &[
        Parameter { name: "dof", default: None, summary: "degrees of freedom ν, from 0.3 to 1e6" },
        Parameter { name: "dim", default: None, summary: "dimension" },
    ],
    build,
};

/// Largest relative error of the density, from the step in ln G.
const ACCURACY: f64 = 1e-13;
/// Mass of G left out at either end.
const LEFT_OUT: f64 = 1e-26;
/// Fewer degrees of freedom would need component variances beyond the range of f64.
const LEAST_DOF: f64 = 0.3;

fn build(arguments: &Arguments) -> Result<Source> {
    let (dof, dim) = (student_t::dof(arguments)?, arguments.count("dim", 1)?);
    if dof < LEAST_DOF {
        return Err(arguments.invalid("dof", format!("must be at least {LEAST_DOF}, not {dof}")));
    }
    let nodes = nodes(dof, dim);
    // Each component has its mean.
    arguments.room("dim", nodes.len() as f64 * dim as f64)?;
    let variance = if dof > 2.0 { dim as f64 * dof / (dof - 2.0) } else { f64::INFINITY };
    Ok(Source::new(
        arguments.spec(),
        Law::Mixture(components(dof, dim, &nodes)),
        None,
        Estimate::exact(variance),
    ))
}

/// The nodes g of the trapezoid rule in g = ln G for f(x) = ∫ N(x; 0, ν/(2G) I) Gamma(G) dG.
///
/// The integrand is e^{ag − be^g} with a = (ν+d)/2 and b = 1 + |x|²/ν, whose Fourier transform at ω
/// is Γ(a + iω) b^{−iω} times that at 0. By Poisson's formula the rule with step h has the relative
/// error 2 Σ_k |Γ(a + 2πik/h)|/Γ(a) at most, for every x alike; and |Γ(a + iω)/Γ(a)|² = Π 1/(1 +
/// ω²/(a+n)²) ≤ exp(−2ω atan(ω/a) + a ln(1 + ω²/a²)), the product compared with an integral.
///
/// There are some hundred for few dimensions, and in proportion to √d for many.
fn nodes(dof: f64, dim: usize) -> Vec<f64> {
    let (shape, a) = (0.5 * dof, 0.5 * (dof + dim as f64));
    let transform = |omega: f64| (-omega * (omega / a).atan() + 0.5 * a * (omega / a).powi(2).ln_1p()).exp();
    let mut omega = 8.0;
    while 2.0 * transform(omega) > 0.25 * ACCURACY {
        omega *= 1.05;
    }
    let step = std::f64::consts::TAU / omega;
    let floor = LEFT_OUT.ln() - 2.0;
    let walk = |direction: f64| {
        let far = (1..).find(|&k| {
            let g = shape.ln() + direction * step * f64::from(k);
            // The sum of what follows, below: geometric with ratio e^{−shape·step}; above it falls
            // faster.
            let sum = if direction < 0.0 { -(-(-shape * step).exp_m1()).ln() } else { 0.0 };
            ln_weight(shape, g) + sum < floor
        });
        far.expect("the weight falls on both sides")
    };
    let (below, above) = (walk(-1.0), walk(1.0));
    (-below..=above).map(|k| shape.ln() + step * f64::from(k)).collect()
}

/// ln of the weight of g = ln G, up to a constant; its maximum is at G = `shape`.
fn ln_weight(shape: f64, g: f64) -> f64 {
    shape * (g - shape.ln()) - g.exp() + shape
}

/// The Gaussians at the nodes.
fn components(dof: f64, dim: usize, nodes: &[f64]) -> Mixture {
    let shape = 0.5 * dof;
    let weights: Vec<f64> = nodes.iter().map(|&g| ln_weight(shape, g).exp()).collect();
    let total: f64 = weights.iter().sum();
    Mixture {
        dim,
        means: vec![0.0; dim * nodes.len()],
        variances: nodes.iter().map(|g| shape * (-g).exp()).collect(),
        weights: weights.iter().map(|w| w / total).collect(),
        approximation: ACCURACY,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::channel::exact;

    /// In one dimension this is Student's law, which has an evaluator of its own.
    #[test]
    fn one_dimension_is_students_law() {
        for dof in ["0.7", "3", "40"] {
            let mixture = Source::parse(&format!("scale-mixture:dof={dof},dim=1")).expect("a mixture");
            let density = Source::parse(&format!("student-t:dof={dof}")).expect("a density");
            for snr in [0.01, 2.0, 300.0] {
                let [a, b] =
                    [&mixture, &density].map(|law| exact::at(law, snr).expect("snr").expect("a route"));
                for (a, b) in [
                    (a.mmse, b.mmse),
                    (a.mmse_slope, b.mmse_slope),
                    (a.mmse_curvature, b.mmse_curvature),
                    (a.information, b.information),
                ] {
                    assert!(
                        (a.value - b.value).abs() <= a.bound + b.bound,
                        "dof {dof}, snr {snr}: {a:?} {b:?}"
                    );
                    assert!(a.bound < 1e-9 * a.value.abs(), "dof {dof}, snr {snr}: {a:?}");
                }
            }
        }
    }

    /// The density is within the stated relative error of (1 + |x|²/ν)^{−(ν+d)/2}, at any distance.
    #[test]
    fn the_density_is_uniformly_right() {
        let (dof, dim) = (2.5, 5);
        let mixture = components(dof, dim, &nodes(dof, dim));
        let d = dim as f64;
        let density = |r: f64| -> f64 {
            let gaussian = |v: f64| (-0.5 * (r * r / v + d * v.ln())).exp();
            mixture.weights.iter().zip(&mixture.variances).map(|(w, &v)| w * gaussian(v)).sum()
        };
        for r in [0.1, 3.0, 50.0, 1e4] {
            let ratio =
                density(r) / density(0.0) * (r * r / dof).ln_1p().mul_add(0.5 * (dof + d), 0.0).exp();
            assert!((ratio - 1.0).abs() < 4.0 * ACCURACY, "at {r}: {ratio}");
        }
    }

    /// What a law takes is known before it is taken: 13,000 nodes in 65,536 dimensions.
    #[test]
    fn the_nodes_of_many_dimensions_are_counted() {
        let [few, many] = [1, 65_536].map(|dim| nodes(2.0, dim).len());
        assert!(few < 1_000 && (10_000..30_000).contains(&many), "{few} {many}");
    }

    #[test]
    fn high_dimensions_have_values() {
        let source = Source::parse("scale-mixture:dof=3,dim=64").expect("a mixture");
        let v = exact::at(&source, 0.7).expect("snr").expect("a route");
        assert!(v.mmse.value < 64.0 / 0.7 && v.mmse.value > 0.5 * 64.0 / 1.7, "{v:?}");
        assert!((source.second_moment().value - 192.0).abs() < 1e-12);
    }
}
