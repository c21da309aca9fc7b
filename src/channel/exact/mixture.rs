//! Mixtures of isotropic Gaussians: closed form for one component, one integral where the posterior
//! means lie on a line (dimension one, or a common mean in any dimension).
//!
//! Given Y = y, component j has weight q_j, mean a_j (along one direction) and variance c_j in
//! every direction. With averages over q, s = Var a and d the dimension: tr Cov = d·c̄ + s,
//! ‖Cov‖² = (d−1)c̄² + (c̄+s)², and the third cumulant is κ ê⊗ê⊗ê + ρ sym(ê⊗I), κ = ⟨(a−ā)³⟩, ρ =
//! ⟨(a−ā)(c−c̄)⟩, of squared norm κ² + 6κρ + 3(d+2)ρ². M″ = E[2 tr Cov³ − ‖K_3‖²]. Information:
//! I(X; Y) = Σ w_j (d/2) ln(1 + γv_j) + I(J; Y), the second part as E KL(q ‖ w), never a
//! difference.

use statrs::function::gamma::ln_gamma;

use crate::channel::exact::ChannelValues;
use crate::channel::exact::panels::{Panel, integrate};
use crate::channel::exact::posterior::tilt_cost;
use crate::numeric::estimate::Estimate;
use crate::source::Mixture;

/// Relative tolerance of the integral over y.
const TOLERANCE: f64 = 1e-11;
/// Rounding of some thousand summands with exponents of some hundreds.
const ROUNDING: f64 = 1e-13;
/// Standard deviations kept on both sides of a component, and between first panel ends.
const REACH: (f64, f64) = (12.0, 1.5);
/// Components within so many of their standard deviations set the width of the first panels.
const CORE: f64 = 4.0;
/// Components whose posterior weight is below e^this of the largest are left out.
const UNLIKELY: f64 = -60.0;
/// What the representation's relative error ε makes of each value, in multiples of ε: densities of
/// X, and so of (X, Y), agree within 1 ± ε, so posterior averages of non-negative functions within
/// (1+ε)/(1−ε); one, two and three of them.
const AMPLIFIED: [f64; 4] = [4.0, 8.0, 16.0, 4.0];

/// Whether [`evaluate`] has a route.
pub fn supports(mixture: &Mixture) -> bool {
    mixture.dim == 1 || mixture.weights.len() == 1 || common_mean(mixture)
}

fn common_mean(mixture: &Mixture) -> bool {
    let first = &mixture.means[..mixture.dim];
    mixture.means.chunks(mixture.dim).all(|mean| mean.iter().zip(first).all(|(a, b)| (a - b).abs() <= 0.0))
}

/// Channel values at `snr` > 0, where [`supports`] says so. Relative bound about 1e-10 plus the
/// mixture's own `approximation`; closed form for a single component.
pub fn evaluate(mixture: &Mixture, snr: f64) -> ChannelValues {
    if mixture.weights.len() == 1 {
        return gaussian(mixture.dim, mixture.variances[0], snr);
    }
    let line = Line::new(mixture, snr);
    let mut room = Vec::new();
    let found =
        integrate(&line.panels(), TOLERANCE, |anchor, offset| line.integrands(&mut room, anchor + offset));
    let d = mixture.dim as f64;
    let within: f64 =
        mixture.weights.iter().zip(&mixture.variances).map(|(w, v)| w * 0.5 * d * (snr * v).ln_1p()).sum();
    let estimate = |value: f64, quadrature: f64, size: f64, amplified: f64| {
        Estimate::quadrature(value, quadrature + (ROUNDING + amplified * mixture.approximation) * size)
    };
    let [mmse, slope, cubes, sixth, between] = found.value;
    let b = found.bound;
    ChannelValues {
        mmse: estimate(mmse, b[0], mmse, AMPLIFIED[0]),
        mmse_slope: estimate(slope, b[1], slope, AMPLIFIED[1]),
        mmse_curvature: estimate(2.0 * cubes - sixth, 2.0 * b[2] + b[3], sixth, AMPLIFIED[2]),
        information: estimate(within + between, b[4], within + between, AMPLIFIED[3]),
        posterior_entropy: None,
    }
}

/// N(μ, vI): M = dv/(1+γv), I = (d/2) ln(1+γv).
fn gaussian(dim: usize, variance: f64, snr: f64) -> ChannelValues {
    let (d, posterior) = (dim as f64, variance / (1.0 + snr * variance));
    ChannelValues {
        mmse: Estimate::exact(d * posterior),
        mmse_slope: Estimate::exact(d * posterior * posterior),
        mmse_curvature: Estimate::exact(2.0 * d * posterior.powi(3)),
        information: Estimate::exact(0.5 * d * (snr * variance).ln_1p()),
        posterior_entropy: None,
    }
}

/// One component as the channel shows it.
#[derive(Debug)]
struct Component {
    weight: f64,
    ln_weight: f64,
    /// ½ d ln(1 + γv_j).
    ln_width: f64,
    /// √γμ_j, or 0 for the distance from a common mean.
    centre: f64,
    /// Variance of a coordinate of Y: 1 + γv_j.
    spread: f64,
    /// μ_j, or 0.
    mean: f64,
    /// Posterior mean per unit of y: √γ v_j/(1+γv_j).
    gain: f64,
    /// Posterior variance per coordinate: v_j/(1+γv_j).
    variance: f64,
}

/// A component that may be behind y.
struct Likely {
    /// Posterior weight, not yet normalised.
    q: f64,
    /// Posterior mean along the line.
    along: f64,
    /// The same less y/√γ.
    residual: f64,
    /// Posterior variance per coordinate.
    variance: f64,
    /// Prior weight.
    weight: f64,
    /// ln of the density of y given this component.
    surprise: f64,
}

/// The components along a line (d = 1), or along the radius from their common mean.
struct Line {
    dim: f64,
    amplitude: f64,
    radial: bool,
    /// ln of the constant in the density: −½ ln 2π, or ln(2^{1−d/2}/Γ(d/2)).
    ln_constant: f64,
    components: Vec<Component>,
}

impl Line {
    fn new(mixture: &Mixture, snr: f64) -> Self {
        let (dim, radial) = (mixture.dim as f64, mixture.dim > 1);
        let components = (0..mixture.weights.len()).map(|j| {
            let mean = if radial { 0.0 } else { mixture.means[j] };
            let spread = 1.0 + snr * mixture.variances[j];
            Component {
                weight: mixture.weights[j],
                ln_weight: mixture.weights[j].ln(),
                ln_width: 0.5 * dim * spread.ln(),
                centre: snr.sqrt() * mean,
                spread,
                mean,
                gain: snr.sqrt() * mixture.variances[j] / spread,
                variance: mixture.variances[j] / spread,
            }
        });
        let ln_constant = if radial {
            (1.0 - 0.5 * dim) * std::f64::consts::LN_2 - ln_gamma(0.5 * dim)
        } else {
            -0.5 * std::f64::consts::TAU.ln()
        };
        Self { dim, amplitude: snr.sqrt(), radial, ln_constant, components: components.collect() }
    }

    /// Panels over all that the components reach, as fine as the narrowest of those that reach
    /// there.
    fn panels(&self) -> Vec<Panel> {
        let middle =
            |c: &Component| c.centre + if self.radial { ((self.dim - 1.0) * c.spread).sqrt() } else { 0.0 };
        let lowest = if self.radial { 0.0 } else { f64::NEG_INFINITY };
        let count = (REACH.0 / REACH.1) as i32;
        let mut ends: Vec<f64> = self
            .components
            .iter()
            .flat_map(|c| {
                (-count..=count)
                    .map(move |k| (middle(c) + f64::from(k) * REACH.1 * c.spread.sqrt()).max(lowest))
            })
            .collect();
        ends.sort_by(f64::total_cmp);
        let narrowest = |y: f64| {
            let reaches = |c: &&Component| (y - middle(c)).abs() <= CORE * c.spread.sqrt();
            self.components.iter().filter(reaches).map(|c| c.spread.sqrt()).fold(f64::INFINITY, f64::min)
        };
        let last = ends[ends.len() - 1];
        let mut kept = vec![ends[0]];
        for &end in &ends[1..] {
            if end - kept[kept.len() - 1] >= narrowest(end) {
                kept.push(end);
            }
        }
        if last > kept[kept.len() - 1] {
            kept.push(last);
        }
        kept.windows(2).map(|pair| Panel { anchor: pair[0], lo: 0.0, hi: pair[1] - pair[0] }).collect()
    }

    fn ln_density(&self, c: &Component, y: f64, ln_volume: f64) -> f64 {
        let z = y - c.centre;
        ln_volume - 0.5 * (z * z / c.spread) - c.ln_width
    }

    /// p(y) times tr Cov, ‖Cov‖², 2 tr Cov³, 2 tr Cov³ + ‖K_3‖² (the latter alone is rounding noise
    /// where the posterior is nearly Gaussian) and KL(q ‖ w).
    fn integrands(&self, room: &mut Vec<Likely>, y: f64) -> [f64; 5] {
        if self.radial && y <= 0.0 {
            return [0.0; 5];
        }
        let ln_volume = self.ln_constant + if self.radial { (self.dim - 1.0) * y.ln() } else { 0.0 };
        let ln_joint = |c: &Component| c.ln_weight + self.ln_density(c, y, ln_volume);
        let largest = self.components.iter().map(ln_joint).fold(f64::NEG_INFINITY, f64::max);
        // A component that is not likely has q = 0 and adds w·(0 − 0 + 1) to the divergence.
        let mut divergence = 0.0;
        room.clear();
        // Posterior means are taken from 0, or from y/√γ where all of them are near it: far out
        // they differ by less than the rounding of y/√γ.
        let mut wide = true;
        for c in &self.components {
            let ln_ratio = ln_joint(c) - largest;
            if ln_ratio < UNLIKELY {
                divergence += c.weight;
            } else {
                wide &= c.spread > 2.0;
                let along = c.mean + c.gain * (y - c.centre);
                let residual = (c.centre - y) / (self.amplitude * c.spread);
                let surprise = ln_ratio + largest - c.ln_weight;
                let q = ln_ratio.exp();
                room.push(Likely { q, along, residual, variance: c.variance, weight: c.weight, surprise });
            }
        }
        let total: f64 = room.iter().map(|c| c.q).sum();
        let ln_evidence = largest + total.ln();
        let average = |f: &dyn Fn(&Likely) -> f64| room.iter().map(|c| c.q * f(c)).sum::<f64>() / total;
        let position = |c: &Likely| if wide { c.residual } else { c.along };
        let (mean, variance) = (average(&position), average(&|c| c.variance));
        let (mut spread, mut third, mut mixed) = (0.0, 0.0, 0.0);
        for c in room.iter() {
            let (q, offset) = (c.q / total, position(c) - mean);
            spread += q * offset * offset;
            third += q * offset * offset * offset;
            mixed += q * offset * (c.variance - variance);
            divergence += c.weight * tilt_cost(c.surprise - ln_evidence);
        }
        let (across, lengthwise) = (self.dim - 1.0, variance + spread);
        let cubes = 2.0 * (across * variance.powi(3) + lengthwise.powi(3));
        [
            across * variance + lengthwise,
            across * variance.powi(2) + lengthwise.powi(2),
            cubes,
            cubes + (third + 3.0 * mixed).powi(2) + 3.0 * across * mixed * mixed,
            divergence,
        ]
        .map(|x| x * ln_evidence.exp())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two evaluations of the same law must agree within their bounds plus this.
    const SLACK: f64 = 1e-13;

    fn mixture(dim: usize, means: &[f64], variances: &[f64], weights: &[f64]) -> Mixture {
        let (means, variances, weights) = (means.to_vec(), variances.to_vec(), weights.to_vec());
        Mixture { dim, means, variances, weights, approximation: 0.0 }
    }

    fn same(a: &ChannelValues, b: &ChannelValues, factor: f64) {
        for (name, a, b) in [
            ("mmse", a.mmse, b.mmse),
            ("slope", a.mmse_slope, b.mmse_slope),
            ("curvature", a.mmse_curvature, b.mmse_curvature),
            ("information", a.information, b.information),
        ] {
            let b = b.scaled(factor);
            assert!(
                (a.value - b.value).abs() <= a.bound + b.bound + SLACK * b.value.abs(),
                "{name}: {a:?} {b:?}"
            );
        }
    }

    /// A Gaussian cut into equal components is still that Gaussian, on a line and in space.
    #[test]
    fn equal_components_are_one() {
        for dim in [1, 2, 3, 40] {
            let means = vec![0.7; 2 * dim];
            for snr in [1e-3, 0.4, 50.0] {
                let split = evaluate(&mixture(dim, &means, &[1.7, 1.7], &[0.25, 0.75]), snr);
                same(&split, &gaussian(dim, 1.7, snr), 1.0);
            }
        }
    }

    /// Narrow components are atoms: the values of [`crate::channel::exact::line`] in the limit.
    #[test]
    fn narrow_components_are_atoms() {
        let atoms = crate::source::Atoms::new(1, vec![-1.0, 0.2, 2.0], vec![0.5, 0.3, 0.2]).expect("atoms");
        let narrow = mixture(1, &atoms.points, &[1e-13; 3], &atoms.weights);
        for snr in [0.3, 4.0] {
            let (found, expected) =
                (evaluate(&narrow, snr), crate::channel::exact::line::evaluate(&atoms, snr));
            assert!((found.mmse.value / expected.mmse.value - 1.0).abs() < 1e-9, "{found:?} {expected:?}");
            assert!((found.mmse_curvature.value / expected.mmse_curvature.value - 1.0).abs() < 1e-9);
            assert!((found.information.value / expected.information.value - 1.0).abs() < 1e-9);
        }
    }

    /// M′ = −slope, M″ = curvature and I′ = M/2 by five-point differences, where the third cumulant
    /// has both parts.
    #[test]
    fn derivatives_belong_together() {
        for law in [
            mixture(1, &[-2.0, 0.3, 2.0], &[0.1, 1.0, 0.02], &[0.3, 0.3, 0.4]),
            mixture(3, &[0.0; 6], &[0.2, 9.0], &[0.6, 0.4]),
        ] {
            let (snr, step) = (0.8, 0.01);
            let values = [-2.0, -1.0, 1.0, 2.0].map(|k| evaluate(&law, snr + k * step));
            let derivative = |f: fn(&ChannelValues) -> f64| {
                let [a, b, c, d] = values.each_ref().map(f);
                (a - 8.0 * b + 8.0 * c - d) / (12.0 * step)
            };
            let v = evaluate(&law, snr);
            for (difference, value) in [
                (2.0 * derivative(|v| v.information.value), v.mmse.value),
                (-derivative(|v| v.mmse.value), v.mmse_slope.value),
                (-derivative(|v| v.mmse_slope.value), v.mmse_curvature.value),
            ] {
                assert!((difference / value - 1.0).abs() < 1e-6, "{difference} for {value}");
            }
        }
    }
}
