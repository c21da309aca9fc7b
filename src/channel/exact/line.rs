//! Atoms on a line: every channel value by the trapezoid rule in y, with relative accuracy down to
//! 1e-300.
//!
//! With posterior central moments m_k of X given Y \[GWSV11\]: mmse M = E m_2, −M′ = E m_2², M″ =
//! E[2 m_2³ − m_3²]. The integrands are analytic with poles no nearer to the real line than π/s for
//! atoms s apart (in units of the noise) and fall like a Gaussian, so the rule converges
//! geometrically; the step is halved until two rules agree.

use crate::channel::exact::ChannelValues;
use crate::channel::exact::posterior::{Workspace, divergence_from_prior};
use crate::channel::exact::window::{Window, windows};
use crate::numeric::estimate::Estimate;
use crate::source::Atoms;

/// Two successive rules must agree to this, relative, in every component of every window.
const TOLERANCE: f64 = 2e-11;
/// Most halvings of the first step.
const HALVINGS: u32 = 10;
/// Added to every bound: what the flushing of exponentials below e^−708 and masses beyond 38
/// standard deviations hide.
const INVISIBLE: f64 = 1e-300;

/// E of m_2, m_2², m_2³, 2m_2³ + m_3² (scaled by powers of γ; m_3² alone may be rounding noise),
/// posterior entropy, relative entropy of posterior from prior.
const COMPONENTS: usize = 6;

/// Atoms sorted along the line, scaled for one SNR.
struct Line {
    amplitude: f64,
    points: Vec<f64>,
    priors: Vec<f64>,
    ln_priors: Vec<f64>,
    /// Only where the information is taken as a divergence.
    prior: Option<Prior>,
}

/// What the divergence from the prior needs beside the posterior.
struct Prior {
    mean: f64,
    /// √γ(x_i − EX).
    scaled: Vec<f64>,
    /// Mass of the atoms before atom i, i = 0 … N.
    before: Vec<f64>,
    /// Mass of atom i and those after it, i = 0 … N.
    after: Vec<f64>,
}

impl Prior {
    fn new(points: &[f64], priors: &[f64], mean: f64, amplitude: f64) -> Self {
        let (mut before, mut after) = (vec![0.0; points.len() + 1], vec![0.0; points.len() + 1]);
        for i in 0..priors.len() {
            before[i + 1] = before[i] + priors[i];
            let j = priors.len() - 1 - i;
            after[j] = after[j + 1] + priors[j];
        }
        Self { mean, scaled: points.iter().map(|x| amplitude * (x - mean)).collect(), before, after }
    }
}

/// Channel values of the kept atoms, renormalised (any [`Atoms::missing`] is [`super::cut`]'s
/// concern).
///
/// `atoms` on a line (`dim` = 1), `snr` > 0. Bounds are the difference of the last two rules plus
/// rounding, about 1e-10 relative at worst for mmse, slope and posterior entropy. The information
/// is H − H(X|Y) or, where that loses digits, E KL(posterior ‖ prior).
pub fn evaluate(atoms: &Atoms, snr: f64) -> ChannelValues {
    let kept = 1.0 - atoms.missing;
    let mut order: Vec<usize> = (0..atoms.len()).collect();
    order.sort_by(|&i, &j| atoms.points[i].total_cmp(&atoms.points[j]));
    let points: Vec<f64> = order.iter().map(|&i| atoms.points[i]).collect();
    let priors: Vec<f64> = order.iter().map(|&i| atoms.weights[i] / kept).collect();
    let entropy = super::entropy(&priors);
    let (mean, amplitude) = (atoms.mean()[0], snr.sqrt());
    let low_information = 0.5 * (snr * atoms.total_variance()).ln_1p() < entropy;
    let prior = low_information.then(|| Prior::new(&points, &priors, mean, amplitude));
    let ln_priors = priors.iter().map(|p| p.ln()).collect();
    let line = Line { amplitude, points, priors, ln_priors, prior };

    let (mut value, mut bound) = ([0.0; COMPONENTS], [INVISIBLE; COMPONENTS]);
    for window in windows(&line.points, &line.ln_priors, amplitude, low_information) {
        let (v, b) = line.integrate(&window);
        for c in 0..COMPONENTS {
            value[c] += v[c];
            bound[c] += b[c];
        }
    }
    values(value, bound, snr, entropy, low_information)
}

fn values(
    v: [f64; COMPONENTS],
    b: [f64; COMPONENTS],
    snr: f64,
    entropy: f64,
    low_information: bool,
) -> ChannelValues {
    let scaled =
        |value: f64, bound: f64, power: i32| Estimate::quadrature(value, bound).scaled(snr.powi(-power));
    let posterior_entropy = Estimate::quadrature(v[4], b[4]);
    let difference = Estimate::quadrature(entropy - v[4], b[4] + 8.0 * f64::EPSILON * entropy);
    let divergence = Estimate::quadrature(v[5], b[5]);
    let information =
        if low_information && divergence.bound < difference.bound { divergence } else { difference };
    ChannelValues {
        mmse: scaled(v[0], b[0], 1),
        mmse_slope: scaled(v[1], b[1], 2),
        mmse_curvature: scaled(4.0 * v[2] - v[3], 4.0 * b[2] + b[3], 3),
        information,
        posterior_entropy: Some(posterior_entropy),
    }
}

impl Line {
    /// Trapezoid sums over one window, halving the step until two agree; values and bounds.
    fn integrate(&self, window: &Window) -> ([f64; COMPONENTS], [f64; COMPONENTS]) {
        let mut workspace = Workspace::default();
        let length = self.amplitude * (window.hi - window.lo);
        let mut steps = (length / window.step).ceil().max(1.0) as u64;
        let mut step = length / steps as f64;
        let mut sum = self.sum(&mut workspace, window, step, 0.0, steps + 1);
        for halving in 1..=HALVINGS {
            let between = self.sum(&mut workspace, window, step, 0.5, steps);
            let value: [f64; COMPONENTS] = std::array::from_fn(|c| 0.5 * step * (sum[c] + between[c]));
            let difference: [f64; COMPONENTS] = std::array::from_fn(|c| (value[c] - step * sum[c]).abs());
            let agreed = (0..COMPONENTS).all(|c| difference[c] <= TOLERANCE * value[c] + INVISIBLE);
            if agreed || halving == HALVINGS {
                let rounding = f64::EPSILON * (16.0 + window.reach * window.reach + length);
                return (value, std::array::from_fn(|c| difference[c] + rounding * value[c]));
            }
            (0..COMPONENTS).for_each(|c| sum[c] += between[c]);
            (steps, step) = (2 * steps, 0.5 * step);
        }
        unreachable!("the last halving returns")
    }

    /// Σ of the integrands at y = √γ·lo + (k + shift)·step, k = 0 … count − 1.
    fn sum(
        &self,
        workspace: &mut Workspace,
        window: &Window,
        step: f64,
        shift: f64,
        count: u64,
    ) -> [f64; COMPONENTS] {
        let mut sum = [0.0; COMPONENTS];
        let (mut first, mut end) = (0, 0);
        for k in 0..count {
            let offset = (k as f64 + shift) * step;
            let at = |x: f64| self.amplitude * (x - window.lo) - offset;
            while end < self.points.len() && at(self.points[end]) <= window.reach {
                end += 1;
            }
            while first < end && at(self.points[first]) < -window.reach {
                first += 1;
            }
            if first < end {
                let density = self.integrands(workspace, first..end, -at(self.points[first]));
                (0..COMPONENTS).for_each(|c| sum[c] += density[c]);
            }
        }
        sum
    }

    /// p(y) times the functions of the posterior, from the atoms `near` y; `offset` is y − √γ·(the
    /// first of them).
    fn integrands(
        &self,
        workspace: &mut Workspace,
        near: std::ops::Range<usize>,
        offset: f64,
    ) -> [f64; COMPONENTS] {
        let anchor = self.points[near.start];
        let points = &self.points[near.clone()];
        let posterior =
            workspace.posterior(points, &self.ln_priors[near.clone()], self.amplitude, anchor, offset);
        let divergence = self.prior.as_ref().map_or(0.0, |prior| {
            let absent = prior.before[near.start] + prior.after[near.end];
            let deviation = offset + self.amplitude * (anchor - prior.mean);
            divergence_from_prior(&prior.scaled[near.clone()], &self.priors[near], absent, deviation)
        });
        let (second, third) = (posterior.second, posterior.third);
        let evidence = posterior.ln_evidence.exp();
        let cube = second * second * second;
        [second, second * second, cube, 2.0 * cube + third * third, posterior.entropy, divergence]
            .map(|x| evidence * x)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn atoms(points: &[f64], weights: &[f64]) -> Atoms {
        Atoms::new(1, points.to_vec(), weights.to_vec()).expect("valid atoms")
    }

    /// Dilation: M_{aX}(γ) = a² M_X(a²γ), and a shift changes nothing.
    #[test]
    fn values_scale_and_shift_as_they_must() {
        let base = evaluate(&atoms(&[-1.0, 0.2, 2.0], &[0.5, 0.3, 0.2]), 4.0 * 0.7);
        let moved = evaluate(&atoms(&[48.0, 50.4, 54.0], &[0.5, 0.3, 0.2]), 0.7);
        for (a, b, power) in [
            (base.mmse, moved.mmse, 1),
            (base.mmse_slope, moved.mmse_slope, 2),
            (base.mmse_curvature, moved.mmse_curvature, 3),
            (base.information, moved.information, 0),
        ] {
            let a = a.scaled(4.0_f64.powi(power));
            assert!((a.value - b.value).abs() <= a.bound + b.bound, "{a:?} against {b:?}");
        }
    }

    /// M ~ d²·√(pp′)·√(π/2γd²)·e^{−γd²/8} with relative correction O(1/γ), far below what H − I
    /// could resolve.
    #[test]
    fn tiny_errors_keep_their_relative_accuracy() {
        for snr in [100.0, 600.0, 1300.0] {
            let found = evaluate(&atoms(&[-1.0, 1.0], &[0.5, 0.5]), snr);
            let leading = 4.0 * 0.5 * (std::f64::consts::PI / (8.0 * snr)).sqrt() * (-snr / 2.0).exp();
            let ratio = found.mmse.value / leading;
            assert!((ratio - 1.0 + 1.234 / snr).abs() < 8.0 / (snr * snr), "at {snr}: {ratio}");
            let entropy = found.posterior_entropy.expect("discrete").value;
            assert!((entropy / found.mmse.value - 1.0).abs() < 3.0 / snr, "at {snr}: H(X|Y) {entropy:e}");
            assert!(found.mmse.bound < 1e-10 * found.mmse.value, "at {snr}: {found:?}");
        }
    }
}
