//! The law of a sampler's last state, and its KL divergence from the true one, by propagating
//! densities on a line.
//!
//! The chain Û_{k+1} = Û_k + x̂(Û_k, γ_k)Δ_k + √Δ_k ξ_k starts from N(γ_0 EX, γ_0), which is its
//! own step from γ = 0. Each density is the last one carried along by the drift and smoothed by
//! N(0, Δ_k): integrals of smooth functions over the line, which the trapezoid rule does to all
//! digits once its spacing resolves √Δ_k. The spacing is halved until the divergence stands still.

use crate::numeric::estimate::Estimate;
use crate::numeric::sum::compensated;
use crate::source::{Law, Source};

/// Two successive spacings must give the same divergence to this, relative and absolute.
const TOLERANCE: (f64, f64) = (1e-9, 1e-13);
/// Points in √Δ_k at first, and how often that may double.
const FIRST_POINTS: f64 = 2.0;
const DOUBLINGS: u32 = 7;
/// Standard deviations kept around the outermost component, and around the mean of one transition.
const REACH: f64 = 10.0;
const TRANSITION: f64 = 12.0;
/// Where the true density is below this, what it adds is nothing.
const NEGLIGIBLE: f64 = 1e-40;
/// A density below this may come from further off than `TRANSITION`: e^−72 of a density of order 1
/// is 2e-14 of it.
const FAINT: f64 = 1e-18;
/// Rounding of the closed form for one Gaussian: a few per step.
const ROUNDING_PER_STEP: f64 = 1e-15;

/// Σ_j w_j N(μ_j, v_j) on a line; atoms have v_j = 0.
#[derive(Debug, Clone)]
pub struct Components {
    /// μ_j.
    pub means: Vec<f64>,
    /// v_j ≥ 0.
    pub variances: Vec<f64>,
    /// w_j > 0, summing to 1.
    pub weights: Vec<f64>,
}

/// KL(law of U_{γ_K} ‖ law of Û_K), nats, along `grid` (increasing, γ_0 ≥ 0), for the denoiser x̂ =
/// m + `offset`(γ) in every coordinate. `None` for laws other than atoms or Gaussian mixtures on a
/// line, their products, and Gaussians.
///
/// `bound` is the change from half the spacing; a Gaussian goes through its mean and variance,
/// exact to rounding.
pub fn kl(source: &Source, grid: &[f64], offset: &dyn Fn(f64) -> f64) -> Option<Estimate> {
    match source.law() {
        Law::Product { base, copies } => Some(kl(base, grid, offset)?.scaled(*copies as f64)),
        Law::Mixture(mixture) if mixture.weights.len() == 1 => {
            let variances = mixture.variances.clone();
            let one = Components { means: vec![0.0], variances, weights: vec![1.0] };
            Some(one.kl(grid, offset).scaled(mixture.dim as f64))
        }
        _ => Some(Components::on_a_line(source)?.kl(grid, offset)),
    }
}

/// A density at equally spaced points.
struct Density {
    first: f64,
    step: f64,
    values: Vec<f64>,
}

impl Density {
    fn points(&self) -> impl Iterator<Item = f64> + '_ {
        (0..self.values.len()).map(|i| self.step.mul_add(i as f64, self.first))
    }
}

impl Components {
    /// The atoms or components of a law on a line; `None` for one with infinitely many, or with a
    /// density of another form.
    pub fn on_a_line(source: &Source) -> Option<Self> {
        match source.law() {
            Law::Atoms(atoms) if atoms.dim == 1 && atoms.missing <= 0.0 => {
                let means = atoms.points.clone();
                Some(Self { variances: vec![0.0; means.len()], means, weights: atoms.weights.clone() })
            }
            Law::Mixture(mixture) if mixture.dim == 1 && mixture.approximation <= 0.0 => {
                let (means, variances) = (mixture.means.clone(), mixture.variances.clone());
                Some(Self { means, variances, weights: mixture.weights.clone() })
            }
            _ => None,
        }
    }

    /// As [`kl`].
    pub fn kl(&self, grid: &[f64], offset: &dyn Fn(f64) -> f64) -> Estimate {
        let mut steps = grid.to_vec();
        if grid[0] > 0.0 {
            steps.insert(0, 0.0);
        }
        let offset = |k: usize| if k == 0 && grid[0] > 0.0 { 0.0 } else { offset(steps[k]) };
        let offsets: Vec<f64> = (0..steps.len() - 1).map(offset).collect();
        if self.weights.len() == 1 {
            return self.of_gaussian(&steps, &offsets);
        }
        let mut points = FIRST_POINTS;
        let mut last = self.divergence(&steps, &offsets, points);
        let mut change = f64::INFINITY;
        for _ in 0..DOUBLINGS {
            points *= 2.0;
            let next = self.divergence(&steps, &offsets, points);
            change = (next - last).abs();
            last = next;
            if change <= TOLERANCE.0 * last + TOLERANCE.1 {
                break;
            }
        }
        Estimate::quadrature(last, change + TOLERANCE.1)
    }

    /// Mean and variance obey a linear recursion: v ← v(1 + Δσ²/(1+γσ²))² + Δ.
    fn of_gaussian(&self, steps: &[f64], offsets: &[f64]) -> Estimate {
        let variance = self.variances[0];
        let (mut bias, mut spread) = (0.0, 0.0);
        for (pair, offset) in steps.windows(2).zip(offsets) {
            let (snr, step) = (pair[0], pair[1] - pair[0]);
            let growth = 1.0 + step * variance / (1.0 + snr * variance);
            bias = growth * bias + step * offset;
            spread = growth * growth * spread + step;
        }
        let snr = steps[steps.len() - 1];
        let ratio = snr * (1.0 + snr * variance) / spread;
        let value = 0.5 * (ratio - 1.0 - ratio.ln() + bias * bias / spread);
        Estimate { bound: ROUNDING_PER_STEP * steps.len() as f64 * (1.0 + value), ..Estimate::exact(value) }
    }

    /// The divergence with `points` nodes in the least √Δ that a density meets.
    fn divergence(&self, steps: &[f64], offsets: &[f64], points: f64) -> f64 {
        let deviation = |k: usize| (steps[k + 1] - steps[k]).sqrt();
        let most = offsets.iter().map(|x| x.abs()).fold(0.0, f64::max);
        let last = steps.len() - 1;
        let nodes = |k: usize| {
            let finest = if k < last { deviation(k).min(deviation(k - 1)) } else { deviation(k - 1) };
            self.nodes(steps[k], most, finest / points)
        };
        let mut density = nodes(1);
        let drift = steps[1] * (self.posterior(0.0, 0.0).1 + offsets[0]);
        let variance = steps[1];
        density.values = density.points().map(|u| normal(u - drift, variance)).collect();
        let mut before: Option<(Density, Vec<f64>, f64)> = None;
        for k in 1..last {
            let (snr, step) = (steps[k], steps[k + 1] - steps[k]);
            let means: Vec<f64> =
                density.points().map(|u| u + step * (self.posterior(u, snr).1 + offsets[k])).collect();
            let mut next = nodes(k + 1);
            next.values = transition(&density, &means, step, &next);
            before = Some((std::mem::replace(&mut density, next), means, step));
        }
        // A logarithm where the density itself is too small to tell.
        let ln_sampled = |u: f64, sampled: f64| match &before {
            _ if sampled >= FAINT => sampled.ln(),
            None => ln_normal(u - drift, variance),
            Some((density, means, step)) => ln_transition(density, means, *step, u),
        };
        let term = |(u, &sampled): (f64, &f64)| {
            let ln_true = self.posterior(u, steps[last]).0;
            let truth = ln_true.exp();
            if truth < NEGLIGIBLE {
                0.0
            } else {
                truth * (ln_true - ln_sampled(u, sampled)) - truth + sampled
            }
        };
        density.step * compensated(density.points().zip(&density.values).map(term))
    }

    /// Nodes that hold both laws at SNR `snr`, for drifts up to `offset` beyond the posterior mean.
    fn nodes(&self, snr: f64, offset: f64, step: f64) -> Density {
        let widest = self.variances.iter().fold(0.0_f64, |most, &v| most.max(v));
        let margin = REACH * (snr * (1.0 + snr * widest)).sqrt() + snr * offset;
        let low = self.means.iter().fold(f64::INFINITY, |least, &m| least.min(m));
        let high = self.means.iter().fold(f64::NEG_INFINITY, |most, &m| most.max(m));
        let (first, end) = (snr * low - margin, snr * high + margin);
        let count = ((end - first) / step).ceil() as usize + 1;
        Density { first, step: (end - first) / (count - 1) as f64, values: vec![0.0; count] }
    }

    /// ln of the density of U_γ at `u`, and E[X | U_γ = u]; at γ = 0 the density is left out and
    /// the mean is EX.
    pub fn posterior(&self, u: f64, snr: f64) -> (f64, f64) {
        let each = || self.means.iter().zip(&self.variances).zip(&self.weights);
        let ln_weight = |((mean, variance), weight): ((&f64, &f64), &f64)| {
            let spread = snr * (1.0 + snr * variance);
            if snr > 0.0 {
                weight.ln() - 0.5 * ((u - snr * mean).powi(2) / spread + spread.ln())
            } else {
                weight.ln()
            }
        };
        let most = each().map(ln_weight).fold(f64::NEG_INFINITY, f64::max);
        let (mut total, mut mean) = (0.0, 0.0);
        for component in each() {
            let weight = (ln_weight(component) - most).exp();
            let ((centre, variance), _) = component;
            total += weight;
            mean += weight * (centre + variance * u) / (1.0 + snr * variance);
        }
        (most + total.ln() - 0.5 * std::f64::consts::TAU.ln(), mean / total)
    }
}

/// Density of N(0, variance) at x.
fn normal(x: f64, variance: f64) -> f64 {
    (-0.5 * x * x / variance).exp() / (std::f64::consts::TAU * variance).sqrt()
}

/// ln of it.
fn ln_normal(x: f64, variance: f64) -> f64 {
    -0.5 * (x * x / variance + (std::f64::consts::TAU * variance).ln())
}

/// ln ∫ f(u) N(v; mean(u), variance) du over all nodes, however far off.
fn ln_transition(density: &Density, means: &[f64], variance: f64, v: f64) -> f64 {
    let terms = || means.iter().zip(&density.values).map(|(mean, f)| f.ln() + ln_normal(v - mean, variance));
    let most = terms().fold(f64::NEG_INFINITY, f64::max);
    most + (density.step * terms().map(|term| (term - most).exp()).sum::<f64>()).ln()
}

/// ∫ f(u) N(v; mean(u), variance) du at the nodes of `next`. The means increase with u, so those
/// near v are a window.
fn transition(density: &Density, means: &[f64], variance: f64, next: &Density) -> Vec<f64> {
    let reach = TRANSITION * variance.sqrt();
    let (mut first, mut end) = (0, 0);
    next.points()
        .map(|v| {
            while end < means.len() && means[end] <= v + reach {
                end += 1;
            }
            while first < end && means[first] < v - reach {
                first += 1;
            }
            let near = means[first..end].iter().zip(&density.values[first..end]);
            density.step * near.map(|(mean, f)| f * normal(v - mean, variance)).sum::<f64>()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Five printed digits of an independent recursion.
    const GOLDEN: f64 = 6e-6;
    /// The bound must be useful.
    const SHARP: f64 = 1e-8;
    /// Ten printed digits.
    const GAUSSIAN: f64 = 1e-9;

    fn shifted(variance: f64, last: f64, steps: usize) -> Vec<f64> {
        let ratio = (1.0 + last * variance).powf(1.0 / steps as f64);
        (0..=steps).map(|k| (ratio.powi(k as i32) - 1.0) / variance).collect()
    }

    fn atoms(means: &[f64], weights: &[f64]) -> Components {
        Components { means: means.to_vec(), variances: vec![0.0; means.len()], weights: weights.to_vec() }
    }

    /// Two antipodal points, grids geometric in 1 + γ from 0 to 12.
    #[test]
    fn marginals_have_their_reference_values() {
        let law = atoms(&[-1.0, 1.0], &[0.5, 0.5]);
        for (steps, expected) in [(3, 0.16765), (6, 0.03676), (12, 0.00882)] {
            let found = law.kl(&shifted(1.0, 12.0, steps), &|_| 0.0);
            assert!((found.value - expected).abs() < GOLDEN, "{steps} steps: {found:?} for {expected}");
            assert!(found.bound < SHARP * found.value, "{steps} steps: {found:?}");
        }
    }

    #[test]
    fn a_gaussian_has_its_closed_form() {
        let law = Components { means: vec![0.0], variances: vec![1.7], weights: vec![1.0] };
        let found = law.kl(&shifted(1.7, 50.0, 7), &|_| 0.0);
        assert!((found.value / 0.126_604_145_1 - 1.0).abs() < GAUSSIAN, "{found:?}");
    }

    /// Where the start's density underflows below the truth's, the divergence is that of the
    /// logarithms: on one step from 0 it is ½γV − I, here with atoms 60 start's deviations from the
    /// mean; on two it stays between that of the marginals and of the path.
    #[test]
    fn a_faint_density_is_no_infinity() {
        let law = atoms(&[0.0, 1.0, 100.0], &[0.7, 0.29, 0.01]);
        let mean = 1.29_f64;
        let variance =
            0.7 * mean * mean + 0.29 * (1.0_f64 - mean).powi(2) + 0.01 * (100.0_f64 - mean).powi(2);
        let snr = 0.36;
        let line = crate::source::Atoms::new(1, law.means.clone(), law.weights.clone()).unwrap();
        let information = crate::channel::exact::line::evaluate(&line, snr).information.value;
        let found = law.kl(&[0.0, snr], &|_| 0.0);
        let expected = 0.5 * snr * variance - information;
        assert!(
            (found.value - expected).abs() < found.bound + GAUSSIAN * expected,
            "{found:?} for {expected}"
        );
        let two = law.kl(&[0.0, 0.2, snr], &|_| 0.0);
        assert!(two.value > 0.0 && two.value < found.value, "{two:?} of two steps, {found:?} of one");
    }

    /// A Gaussian split into two equal components is the same law by the other route, with a start
    /// above 0 and an offset.
    #[test]
    fn propagation_agrees_with_the_closed_form() {
        let one = Components { means: vec![0.0], variances: vec![0.8], weights: vec![1.0] };
        let two = Components { means: vec![0.0; 2], variances: vec![0.8; 2], weights: vec![0.3, 0.7] };
        for (grid, error) in [(vec![0.5, 1.0, 2.5, 6.0], 0.0), (shifted(0.8, 6.0, 5), 0.2)] {
            let (a, b) = (one.kl(&grid, &|_| error), two.kl(&grid, &|_| error));
            assert!((a.value - b.value).abs() < b.bound + 1e-9, "{a:?} against {b:?}");
        }
    }
}
