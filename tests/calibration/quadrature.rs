//! Quadrature on random laws against the trapezoid rule, which converges exponentially for
//! functions that are analytic in a strip: another rule, on the values of the posterior alone, in
//! its own arithmetic.

use klaim::internals::numeric::estimate::Estimate;
use klaim::internals::numeric::stream::Stream;
use klaim::internals::source::{Atoms, Source};
use klaim::internals::spec::Spec;
use rayon::prelude::*;

use super::tally::{Cell, Label, Sides, Truth};

/// Where the noise density falls below 1e-31.
const REACH: f64 = 12.0;
/// Largest step: e^{−2π²/h²} at 0.25 is below 1e-137.
const STEP: f64 = 0.25;
/// Step in the distance π/(√γ·range) of the posterior's nearest poles: e^{−2π·π/0.5} is 7e-18.
const POLES: f64 = 0.5;
/// Most of √γ·range: the nodes stay a few ten thousand.
const WIDEST: f64 = 80.0;
/// Roundings of the sums, relative; of a sum that cancels, of its terms.
const ROUNDING: f64 = 2e-14;

/// A law on a line with an SNR to look at it.
struct Law {
    points: Vec<f64>,
    weights: Vec<f64>,
    snr: f64,
}

impl Law {
    /// Two to seven atoms, weights over six decades, scales over twelve, γ·range² from 1e-8 to
    /// [`WIDEST`]².
    fn random(index: u64) -> Self {
        let stream = Stream::named(index, "laws for quadrature");
        let [count, scale] = stream.uniforms(0, 0);
        let atoms = 2 + (6.0 * count) as usize;
        let scale = 10_f64.powf(12.0 * scale - 6.0);
        let (mut points, mut weights) = (Vec::new(), Vec::new());
        for i in 0..atoms {
            let [gap, weight] = stream.uniforms(1 + i as u64, 0);
            points.push(points.last().copied().unwrap_or(0.0) + scale * (0.05 + gap));
            weights.push(10_f64.powf(-6.0 * weight));
        }
        let range = points[atoms - 1] - points[0];
        let [wide, _] = stream.uniforms(100, 0);
        let reach = (1e-4_f64).powf(1.0 - wide) * WIDEST.powf(wide);
        let total: f64 = weights.iter().sum();
        weights.iter_mut().for_each(|w| *w /= total);
        Self { points, weights, snr: (reach / range).powi(2) }
    }

    fn source(&self) -> Source {
        let atoms = Atoms::new(1, self.points.clone(), self.weights.clone()).expect("atoms");
        Source::discrete(&Spec::parse("random").expect("a name"), atoms).expect("a law")
    }

    /// M, −M′, H(X|Y) and the sum of the terms of the last by the trapezoid rule.
    fn trapezoid(&self) -> [f64; 3] {
        let root = self.snr.sqrt();
        let (first, last) = (root * self.points[0], root * self.points[self.points.len() - 1]);
        let step = STEP.min(POLES / (last - first));
        let nodes = ((last - first + 2.0 * REACH) / step).ceil() as usize;
        let mut sums = [0.0; 3];
        for k in 0..=nodes {
            let y = first - REACH + step * k as f64;
            let values = self.posterior(root, y);
            sums.iter_mut().zip(values).for_each(|(sum, value)| *sum += step * value);
        }
        sums
    }

    /// p(y)·(variance, variance², entropy) of the posterior at y; every term is positive.
    fn posterior(&self, root: f64, y: f64) -> [f64; 3] {
        let ln_joint = |(x, p): (&f64, &f64)| p.ln() - 0.5 * (y - root * x).powi(2);
        let logs: Vec<f64> = self.points.iter().zip(&self.weights).map(ln_joint).collect();
        let most = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let joint: Vec<f64> = logs.iter().map(|l| (l - most).exp()).collect();
        let total: f64 = joint.iter().sum();
        let best = logs.iter().position(|&l| l >= most).expect("the largest");
        let (mut variance, mut entropy, mut rest) = (0.0, 0.0, 0.0);
        for (i, a) in joint.iter().enumerate() {
            for (j, b) in joint[..i].iter().enumerate() {
                variance += a * b * (self.points[i] - self.points[j]).powi(2);
            }
            if i != best {
                rest += a / total;
                entropy += a / total * (total.ln() - (logs[i] - most));
            }
        }
        variance /= total * total;
        entropy -= (1.0 - rest) * (-rest).ln_1p();
        let density = total * (most - 0.5 * (2.0 * std::f64::consts::PI).ln()).exp();
        [density * variance, density * variance * variance, density * entropy]
    }
}

/// −Σ p ln p with the largest as one minus the others: ln p near p = 1 has its rounding.
fn entropy(weights: &[f64]) -> f64 {
    let most = weights.iter().copied().fold(0.0, f64::max);
    let rest: f64 = weights.iter().filter(|&&p| p < most).sum();
    let equal = weights.iter().filter(|&&p| p >= most).count() as f64;
    let others: f64 = weights.iter().filter(|&&p| p < most).map(|p| -p * p.ln()).sum();
    others - (1.0 - rest) * ((-rest).ln_1p() - equal.ln())
}

/// klaim's value and the trapezoid rule's of each quantity for one law.
fn compare(index: u64) -> [(Estimate, Truth); 4] {
    let law = Law::random(index);
    let values = klaim::internals::channel::exact::at(&law.source(), law.snr)
        .expect("an snr")
        .expect("a law on a line");
    let [mmse, slope, rest] = law.trapezoid();
    let shannon = entropy(&law.weights);
    let relative = |value: f64| Truth::Exact { value, bound: ROUNDING * value };
    let information = Truth::Exact { value: shannon - rest, bound: ROUNDING * shannon };
    let found = values.posterior_entropy.expect("a discrete law");
    [
        (values.mmse, relative(mmse)),
        (values.mmse_slope, relative(slope)),
        (values.information, information),
        (found, relative(rest)),
    ]
}

/// One law a replication.
pub fn cells(replications: u64) -> Vec<Cell> {
    let all: Vec<_> = (0..replications).into_par_iter().map(compare).collect();
    let names = ["mmse", "mmse_slope", "information", "posterior_entropy"];
    let cell = |(i, quantity): (usize, &str)| {
        let label = Label {
            route: "quadrature".into(),
            family: "synthetic",
            law: "random laws on a line".into(),
            regime: format!("γ·range² = 1e-8 … {}", WIDEST * WIDEST),
            quantity: quantity.into(),
        };
        Cell::of_many(label, Sides::Always, &all.iter().map(|row| row[i]).collect::<Vec<_>>())
    };
    names.into_iter().enumerate().map(cell).collect()
}
