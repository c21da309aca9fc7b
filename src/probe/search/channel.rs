//! Channel values of a few atoms with their exact derivatives by positions and weights, over fixed
//! nodes of the noise.
//!
//! With nodes (z, ω), Σ ω = 1, a value is Σ_i p_i Σ_z ω f(posterior at y = x_i + z), at SNR 1
//! (positions carry √γ):
//!
//! * M: f = tr C, ∂f/∂q_j = |x_j − m|², ∂f/∂x_j = 2 q_j (x_j − m);
//! * −M′: f = ‖C‖²_F, ∂f/∂q_j = 2 (x_j − m)ᵀC(x_j − m), ∂f/∂x_j = 4 q_j C (x_j − m);
//! * H(X|Y): f = −Σ q ln q, ∂f/∂q_j = −ln q_j;
//!
//! C and m the posterior covariance and mean, q the posterior weights, whose logits ln p_j − |y −
//! x_j|²/2 carry the chain rule on to positions and weights. The nodes are a trapezoid rule, or
//! normal draws with their mirror images: the same for every law, so that the sum is a smooth
//! function of the law. Draws say how far their sums are from the integrals
//! ([`NodeValues::covariance`]).

use crate::numeric::log_sum::normalise;
use crate::numeric::normal;
use crate::numeric::stream::Stream;
use crate::numeric::sum::weighted_mean;
use crate::probe::search::law::Candidate;

/// Step and reach of the trapezoid rules on the line and on the plane. What lies beyond 9 has
/// probability 2e-19; the line, where it costs little, holds what atoms of weight 1e-9 need.
const RULES: [(f64, f64); 2] = [(0.05, 12.0), (0.2, 9.0)];
/// The plane's rule is turned by this angle against the axes, along which laws like to lie: across
/// its rows of nodes the errors cancel. Along their diagonals they do not, and the rule is as good
/// as one of step 0.2/√2 on the line.
const TURN: f64 = 0.3;
/// Relative error of a value over a trapezoid rule: atoms up to 9 apart, weights down to 1e-9 (the
/// tests here).
pub const RULE_ERROR: f64 = 1e-4;

/// Noise vectors with weights that sum to 1.
#[derive(Debug, Clone)]
pub struct Nodes {
    dim: usize,
    noise: Vec<f64>,
    weights: Vec<f64>,
    /// Draws, each with its mirror image as many places later; 0 for a rule.
    pairs: usize,
}

impl Nodes {
    /// A trapezoid rule on the line or on the plane; `None` in more dimensions.
    pub fn rule(dim: usize) -> Option<Self> {
        let (step, reach) = *RULES.get(dim.checked_sub(1)?)?;
        let n = (reach / step).round() as i32;
        let line: Vec<f64> = (-n..=n).map(|k| f64::from(k) * step).collect();
        let noise: Vec<f64> = if dim == 1 {
            line
        } else {
            let (sine, cosine) = TURN.sin_cos();
            let all = line.iter().flat_map(|&u| line.iter().map(move |&v| (u, v)));
            all.filter(|(u, v)| u * u + v * v <= reach * reach)
                .flat_map(|(u, v)| [cosine * u - sine * v, sine * u + cosine * v])
                .collect()
        };
        let density: Vec<f64> =
            noise.chunks(dim).map(|z| (-0.5 * z.iter().map(|z| z * z).sum::<f64>()).exp()).collect();
        let total: f64 = density.iter().sum();
        Some(Self { dim, noise, weights: density.into_iter().map(|w| w / total).collect(), pairs: 0 })
    }

    /// `count` draws and their mirror images, from the lane `name`.
    pub fn drawn(dim: usize, count: usize, seed: u64, name: &str) -> Self {
        let stream = Stream::named(seed, &format!("{name} {dim}"));
        let mut noise = vec![0.0; 2 * count * dim];
        let (draws, mirrored) = noise.split_at_mut(count * dim);
        for (k, z) in draws.chunks_mut(dim).enumerate() {
            normal::fill(&stream, k as u64, z);
        }
        mirrored.iter_mut().zip(draws).for_each(|(m, z)| *m = -*z);
        Self { dim, noise, weights: vec![0.5 / count as f64; 2 * count], pairs: count }
    }

    /// Whether they are draws.
    pub fn are_drawn(&self) -> bool {
        self.pairs > 0
    }

    /// Covariance of the means of `values` (three per node) over the draws; 0 for a rule.
    fn covariance(&self, values: &[[f64; 3]]) -> [[f64; 3]; 3] {
        let mut covariance = [[0.0; 3]; 3];
        if self.pairs < 2 {
            return covariance;
        }
        let n = self.pairs as f64;
        let (draws, mirrored) = values.split_at(self.pairs);
        let pair = |k: usize, c: usize| 0.5 * (draws[k][c] + mirrored[k][c]);
        let mean = [0, 1, 2].map(|c| (0..self.pairs).map(|k| pair(k, c)).sum::<f64>() / n);
        for (a, row) in covariance.iter_mut().enumerate() {
            for (b, entry) in row.iter_mut().enumerate() {
                let product = |k| (pair(k, a) - mean[a]) * (pair(k, b) - mean[b]);
                *entry = (0..self.pairs).map(product).sum::<f64>() / (n * (n - 1.0));
            }
        }
        covariance
    }
}

/// A value with its derivatives by the n × d positions, by the n logarithms of weights, and by the
/// three means over nodes.
#[derive(Debug, Clone)]
pub struct Differentiated {
    /// The value.
    pub value: f64,
    /// ∂/∂x, n × d.
    pub points: Vec<f64>,
    /// ∂/∂ln w, w unnormalised.
    pub logs: Vec<f64>,
    /// By the means of [`NodeValues`], in their order.
    pub by_mean: [f64; 3],
}

impl Differentiated {
    /// A constant on laws of `points` coordinates and `atoms` atoms.
    pub fn constant(value: f64, points: usize, atoms: usize) -> Self {
        Self { value, points: vec![0.0; points], logs: vec![0.0; atoms], by_mean: [0.0; 3] }
    }

    /// Adds `factor` times the derivatives of `part`.
    pub fn add_derivatives(&mut self, factor: f64, part: &Self) {
        let add = |to: &mut [f64], from: &[f64]| to.iter_mut().zip(from).for_each(|(s, g)| *s += factor * g);
        add(&mut self.points, &part.points);
        add(&mut self.logs, &part.logs);
        add(&mut self.by_mean, &part.by_mean);
    }
}

/// M, −M′ and H(X|Y) at SNR 1.
#[derive(Debug, Clone)]
pub struct NodeValues {
    /// M.
    pub mmse: Differentiated,
    /// −M′.
    pub slope: Differentiated,
    /// H(X|Y), nats.
    pub posterior_entropy: Differentiated,
    /// Covariance of the errors of the three, in this order, that draws make.
    pub covariance: [[f64; 3]; 3],
}

/// Scratch of one posterior.
struct NodePosterior {
    logits: Vec<f64>,
    weights: Vec<f64>,
    /// x_j − m, n × d.
    centred: Vec<f64>,
    /// C (x_j − m), n × d.
    turned: Vec<f64>,
    covariance: Vec<f64>,
}

/// The three values of `law` over `nodes` (of its dimension). O(n² d) per node.
pub fn values(law: &Candidate, nodes: &Nodes) -> NodeValues {
    let (n, d) = (law.len(), law.dim);
    debug_assert_eq!(d, nodes.dim, "nodes of the law's dimension");
    let mut all = [0, 1, 2].map(|_| Differentiated::constant(0.0, n * d, n));
    let ln_weights: Vec<f64> = law.weights.iter().map(|p| p.ln()).collect();
    let mut posterior = NodePosterior {
        logits: vec![0.0; n],
        weights: vec![0.0; n],
        centred: vec![0.0; n * d],
        turned: vec![0.0; n * d],
        covariance: vec![0.0; d * d],
    };
    let (mut y, mut by_weight, mut by_point) = (vec![0.0; d], vec![0.0; n], vec![0.0; n * d]);
    let mut by_node = vec![[0.0; 3]; nodes.weights.len()];
    for i in 0..n {
        for ((z, omega), of_node) in nodes.noise.chunks(d).zip(&nodes.weights).zip(&mut by_node) {
            let share = law.weights[i] * omega;
            y.iter_mut().zip(law.point(i)).zip(z).for_each(|((y, x), z)| *y = x + z);
            posterior.at(law, &ln_weights, &y);
            for (kind, value) in all.iter_mut().enumerate() {
                let f = posterior.functional(kind, d, &mut by_weight, &mut by_point);
                value.value += share * f;
                of_node[kind] += law.weights[i] * f;
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
    NodeValues { mmse, slope, posterior_entropy, covariance: nodes.covariance(&by_node) }
}

impl NodePosterior {
    /// Posterior weights, x − m, C and C(x − m) at `y`.
    fn at(&mut self, law: &Candidate, ln_weights: &[f64], y: &[f64]) {
        let d = law.dim;
        for (j, logit) in self.logits.iter_mut().enumerate() {
            let square: f64 = law.point(j).iter().zip(y).map(|(x, y)| (y - x) * (y - x)).sum();
            *logit = ln_weights[j] - 0.5 * square;
        }
        self.weights.copy_from_slice(&self.logits);
        let ln_total = normalise(&mut self.weights);
        self.logits.iter_mut().for_each(|logit| *logit -= ln_total);
        let mean = weighted_mean(d, &law.points, &self.weights);
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
        value: &mut Differentiated,
    ) {
        let d = law.dim;
        let mean: f64 =
            self.weights.iter().zip(by_weight).map(|(q, g)| if *q > 0.0 { q * g } else { 0.0 }).sum();
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
    use crate::channel::exact;

    fn triangle() -> Candidate {
        Candidate::new(2, vec![0.0, 0.0, 1.5, 0.3, -0.4, 2.0, 1.0, 1.0], vec![0.4, 0.3, 0.2, 0.1])
    }

    /// The rules say [`RULE_ERROR`]: two atoms on the line and turned on the plane against adaptive
    /// quadrature.
    #[test]
    fn the_rules_are_as_accurate_as_they_say() {
        for (distance, p) in
            [(1.0, 0.5), (3.5, 0.5), (5.0, 1e-2), (6.5, 0.5), (9.0, 1e-4), (3.5, 1e-9), (6.5, 1e-9)]
        {
            let line = Candidate::new(1, vec![0.0, distance], vec![1.0 - p, p]);
            let truth = exact::at(&line.source().unwrap(), 1.0).unwrap().unwrap();
            let truth = [truth.mmse.value, truth.mmse_slope.value, truth.posterior_entropy.unwrap().value];
            for angle in [0.0_f64, 0.4, TURN + std::f64::consts::FRAC_PI_4] {
                let (sine, cosine) = angle.sin_cos();
                let plane =
                    Candidate::new(2, vec![0.0, 0.0, distance * cosine, distance * sine], vec![1.0 - p, p]);
                for (law, dim) in [(&line, 1), (&plane, 2)] {
                    let found = values(law, &Nodes::rule(dim).unwrap());
                    let found = [found.mmse.value, found.slope.value, found.posterior_entropy.value];
                    for (found, truth) in found.iter().zip(truth) {
                        let error = found / truth - 1.0;
                        assert!(error.abs() < RULE_ERROR, "{distance}, {p}, {angle}, R^{dim}: {error:e}");
                    }
                }
            }
        }
        assert!(Nodes::rule(3).is_none());
    }

    /// Of 100 sets of draws, each with the error that it states: the mean of z² is 1 ± 0.14, and 5
    /// of those are allowed.
    #[test]
    fn draws_state_their_error() {
        let line = Candidate::new(1, vec![0.0, 2.0, 3.0], vec![0.5, 0.3, 0.2]);
        let truth = values(&line, &Nodes::rule(1).unwrap());
        let truth = [truth.mmse.value, truth.slope.value, truth.posterior_entropy.value];
        let space =
            Candidate::new(3, vec![0.0, 0.0, 0.0, 2.0, 0.0, 0.0, 3.0, 0.0, 0.0], line.weights.clone());
        let mut squares = [0.0; 3];
        for seed in 0..100 {
            let found = values(&space, &Nodes::drawn(3, 100, seed, "test"));
            let means = [found.mmse.value, found.slope.value, found.posterior_entropy.value];
            for (c, square) in squares.iter_mut().enumerate() {
                *square += (means[c] - truth[c]).powi(2) / found.covariance[c][c] / 100.0;
            }
        }
        assert!(squares.iter().all(|square| (square - 1.0).abs() < 0.7), "{squares:?}");
    }

    /// The trapezoid rule against adaptive quadrature.
    #[test]
    fn on_a_line_the_values_are_the_exact_ones() {
        let law = Candidate::new(1, vec![-1.0, 0.2, 2.0], vec![0.5, 0.3, 0.2]);
        let found = values(&law, &Nodes::rule(1).unwrap());
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
        let (law, nodes) = (triangle(), Nodes::drawn(2, 8, 3, "test"));
        let parameters = law.parameters();
        let at = |p: &[f64]| values(&Candidate::of_parameters(2, p), &nodes);
        let of = |v: &NodeValues| [v.mmse.clone(), v.slope.clone(), v.posterior_entropy.clone()];
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
                assert!(
                    (gradient[k] - difference).abs() < 1e-7 * size,
                    "{c}, {k}: {} for {difference}",
                    gradient[k]
                );
            }
        }
    }
}
