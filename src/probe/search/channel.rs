//! Channel values of a few atoms with their exact derivatives by positions and weights, over fixed nodes of the noise.
//!
//! With nodes (z, ω), Σ ω = 1, a value is Σ_i p_i Σ_z ω f(posterior at y = x_i + z), at SNR 1 (positions carry √γ):
//!
//! * M: f = tr C, ∂f/∂q_j = |x_j − m|², ∂f/∂x_j = 2 q_j (x_j − m);
//! * −M′: f = ‖C‖²_F, ∂f/∂q_j = 2 (x_j − m)ᵀC(x_j − m), ∂f/∂x_j = 4 q_j C (x_j − m);
//! * H(X|Y): f = −Σ q ln q, ∂f/∂q_j = −ln q_j;
//!
//! C and m the posterior covariance and mean, q the posterior weights, whose logits ln p_j − |y − x_j|²/2 carry the chain rule
//! on to positions and weights. In one dimension the nodes are a trapezoid rule, in several they are normal draws with
//! their mirror images: the same for every law, so that the sum is a smooth function of the law.

use crate::numeric::normal;
use crate::probe::search::law::Candidate;
use crate::stream::Stream;

/// Step and reach of the trapezoid rule on the line.
const LINE: (f64, f64) = (0.2, 8.0);

/// Noise vectors with weights that sum to 1.
#[derive(Debug, Clone)]
pub struct Nodes {
    dim: usize,
    noise: Vec<f64>,
    weights: Vec<f64>,
}

impl Nodes {
    /// A trapezoid rule on the line; in R^d `count` draws and their mirror images, from the lane `name`.
    pub fn new(dim: usize, count: usize, seed: u64, name: &str) -> Self {
        if dim == 1 {
            let (step, reach) = LINE;
            let n = (reach / step) as i32;
            let noise: Vec<f64> = (-n..=n).map(|k| f64::from(k) * step).collect();
            let density: Vec<f64> = noise.iter().map(|z| (-0.5 * z * z).exp()).collect();
            let total: f64 = density.iter().sum();
            return Self { dim, noise, weights: density.into_iter().map(|w| w / total).collect() };
        }
        let stream = Stream::named(seed, &format!("{name} {dim}"));
        let mut noise = vec![0.0; 2 * count * dim];
        let (draws, mirrored) = noise.split_at_mut(count * dim);
        for (k, z) in draws.chunks_mut(dim).enumerate() {
            normal::fill(&stream, k as u64, z);
        }
        mirrored.iter_mut().zip(draws).for_each(|(m, z)| *m = -*z);
        Self { dim, noise, weights: vec![0.5 / count as f64; 2 * count] }
    }
}

/// A value with its derivatives by the n × d positions and by the n logarithms of weights.
#[derive(Debug, Clone, Default)]
pub struct Value {
    /// The value.
    pub value: f64,
    /// ∂/∂x, n × d.
    pub points: Vec<f64>,
    /// ∂/∂ln w, w unnormalised.
    pub logs: Vec<f64>,
}

/// M, −M′ and H(X|Y) at SNR 1.
#[derive(Debug, Clone)]
pub struct Values {
    /// M.
    pub mmse: Value,
    /// −M′.
    pub slope: Value,
    /// H(X|Y), nats.
    pub posterior_entropy: Value,
}

/// Scratch of one posterior.
struct Posterior {
    logits: Vec<f64>,
    weights: Vec<f64>,
    /// x_j − m, n × d.
    centred: Vec<f64>,
    /// C (x_j − m), n × d.
    turned: Vec<f64>,
    covariance: Vec<f64>,
}

/// The three values of `law` over `nodes` (of its dimension). O(n² d) a node.
pub fn values(law: &Candidate, nodes: &Nodes) -> Values {
    let (n, d) = (law.len(), law.dim);
    debug_assert_eq!(d, nodes.dim, "nodes of the law's dimension");
    let zero = || Value { value: 0.0, points: vec![0.0; n * d], logs: vec![0.0; n] };
    let mut all = [zero(), zero(), zero()];
    let ln_weights: Vec<f64> = law.weights.iter().map(|p| p.ln()).collect();
    let mut posterior = Posterior {
        logits: vec![0.0; n],
        weights: vec![0.0; n],
        centred: vec![0.0; n * d],
        turned: vec![0.0; n * d],
        covariance: vec![0.0; d * d],
    };
    let (mut y, mut by_weight, mut by_point) = (vec![0.0; d], vec![0.0; n], vec![0.0; n * d]);
    for i in 0..n {
        for (z, omega) in nodes.noise.chunks(d).zip(&nodes.weights) {
            let share = law.weights[i] * omega;
            y.iter_mut().zip(law.point(i)).zip(z).for_each(|((y, x), z)| *y = x + z);
            posterior.at(law, &ln_weights, &y);
            for (kind, value) in all.iter_mut().enumerate() {
                let f = posterior.functional(kind, d, &mut by_weight, &mut by_point);
                value.value += share * f;
                value.logs[i] += share * f;
                posterior.chain(law, &y, i, share, &by_weight, &by_point, value);
            }
        }
    }
    for value in &mut all {
        // p_i = w_i/Σw: what the mean takes away.
        let mean = value.value;
        value.logs.iter_mut().zip(&law.weights).for_each(|(g, p)| *g -= p * mean);
    }
    let [mmse, slope, posterior_entropy] = all;
    Values { mmse, slope, posterior_entropy }
}

impl Posterior {
    /// Posterior weights, x − m, C and C(x − m) at `y`.
    fn at(&mut self, law: &Candidate, ln_weights: &[f64], y: &[f64]) {
        let d = law.dim;
        let mut top = f64::NEG_INFINITY;
        for (j, logit) in self.logits.iter_mut().enumerate() {
            let square: f64 = law.point(j).iter().zip(y).map(|(x, y)| (y - x) * (y - x)).sum();
            *logit = ln_weights[j] - 0.5 * square;
            top = top.max(*logit);
        }
        let mut total = 0.0;
        for (q, logit) in self.weights.iter_mut().zip(&self.logits) {
            *q = (logit - top).exp();
            total += *q;
        }
        self.weights.iter_mut().for_each(|q| *q /= total);
        let ln_total = top + total.ln();
        self.logits.iter_mut().for_each(|logit| *logit -= ln_total);
        let mut mean = vec![0.0; d];
        for (j, q) in self.weights.iter().enumerate() {
            mean.iter_mut().zip(law.point(j)).for_each(|(m, x)| *m += q * x);
        }
        self.covariance.fill(0.0);
        for (j, q) in self.weights.iter().enumerate() {
            let u = &mut self.centred[j * d..][..d];
            u.iter_mut().zip(law.point(j)).zip(&mean).for_each(|((u, x), m)| *u = x - m);
            for a in 0..d {
                for b in 0..d {
                    self.covariance[a * d + b] += q * u[a] * u[b];
                }
            }
        }
        for (u, t) in self.centred.chunks(d).zip(self.turned.chunks_mut(d)) {
            for (row, t) in self.covariance.chunks(d).zip(t.iter_mut()) {
                *t = row.iter().zip(u).map(|(c, u)| c * u).sum();
            }
        }
    }

    /// f with ∂f/∂q and ∂f/∂x at fixed q; `kind` 0: tr C, 1: ‖C‖²_F, 2: −Σ q ln q.
    fn functional(&self, kind: usize, d: usize, by_weight: &mut [f64], by_point: &mut [f64]) -> f64 {
        let rows = |x: &[f64], j: usize| x[j * d..][..d].to_owned();
        let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(x, y)| x * y).sum::<f64>();
        match kind {
            2 => {
                by_point.fill(0.0);
                by_weight.iter_mut().zip(&self.logits).for_each(|(g, l)| *g = -l);
                // 0·∞ for a weight that underflowed is 0.
                self.weights.iter().zip(&self.logits).map(|(q, l)| if *q > 0.0 { -q * l } else { 0.0 }).sum()
            }
            _ => {
                let factor = if kind == 0 { 2.0 } else { 4.0 };
                let along = if kind == 0 { &self.centred } else { &self.turned };
                for (j, q) in self.weights.iter().enumerate() {
                    let (u, t) = (rows(&self.centred, j), rows(along, j));
                    by_weight[j] = 0.5 * factor * dot(&u, &t);
                    by_point[j * d..][..d].iter_mut().zip(&t).for_each(|(g, t)| *g = factor * q * t);
                }
                match kind {
                    0 => (0..d).map(|a| self.covariance[a * d + a]).sum(),
                    _ => self.covariance.iter().map(|c| c * c).sum(),
                }
            }
        }
    }

    /// Adds `share` times the derivatives of f to `value`, through the logits and y = x_i + z.
    #[expect(clippy::too_many_arguments, reason = "one step of the chain rule; the slices are its scratch")]
    fn chain(
        &self,
        law: &Candidate,
        y: &[f64],
        i: usize,
        share: f64,
        by_weight: &[f64],
        by_point: &[f64],
        value: &mut Value,
    ) {
        let d = law.dim;
        let mean: f64 = self.weights.iter().zip(by_weight).map(|(q, g)| if *q > 0.0 { q * g } else { 0.0 }).sum();
        for j in 0..law.len() {
            let q = self.weights[j];
            let logit = if q > 0.0 { share * q * (by_weight[j] - mean) } else { 0.0 };
            value.logs[j] += logit;
            for k in 0..d {
                let pull = logit * (y[k] - law.points[j * d + k]);
                value.points[j * d + k] += share * by_point[j * d + k] + pull;
                value.points[i * d + k] -= pull;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exact;

    fn triangle() -> Candidate {
        Candidate::new(2, vec![0.0, 0.0, 1.5, 0.3, -0.4, 2.0, 1.0, 1.0], vec![0.4, 0.3, 0.2, 0.1])
    }

    /// The trapezoid rule against adaptive quadrature, to the accuracy of a step of 0.2.
    #[test]
    fn on_a_line_the_values_are_the_exact_ones() {
        let law = Candidate::new(1, vec![-1.0, 0.2, 2.0], vec![0.5, 0.3, 0.2]);
        let found = values(&law, &Nodes::new(1, 0, 0, "test"));
        let truth = exact::at(&law.source().unwrap(), 1.0).unwrap().unwrap();
        for (found, truth) in [
            (found.mmse.value, truth.mmse.value),
            (found.slope.value, truth.mmse_slope.value),
            (found.posterior_entropy.value, truth.posterior_entropy.unwrap().value),
        ] {
            assert!((found / truth - 1.0).abs() < 1e-9, "{found} for {truth}");
        }
    }

    /// Every derivative against a central difference, relative to the largest of its kind.
    #[test]
    fn derivatives_are_those_of_the_sum() {
        let (law, nodes) = (triangle(), Nodes::new(2, 8, 3, "test"));
        let parameters = law.parameters();
        let at = |p: &[f64]| values(&Candidate::of_parameters(2, p), &nodes);
        let of = |v: &Values| [v.mmse.clone(), v.slope.clone(), v.posterior_entropy.clone()];
        let exact = of(&at(&parameters));
        for k in 0..parameters.len() {
            let shifted = |step: f64| {
                let mut p = parameters.clone();
                p[k] += step;
                of(&at(&p)).map(|v| v.value)
            };
            let (up, down) = (shifted(1e-5), shifted(-1e-5));
            for (c, value) in exact.iter().enumerate() {
                let gradient: Vec<f64> = value.points.iter().chain(&value.logs).copied().collect();
                let size = gradient.iter().fold(0.0_f64, |m, g| m.max(g.abs()));
                let difference = (up[c] - down[c]) / 2e-5;
                assert!((gradient[k] - difference).abs() < 1e-7 * size, "{c}, {k}: {} for {difference}", gradient[k]);
            }
        }
    }
}
