//! Loss-adaptive schedules \[ABZ26\]: the K-step grid that minimises Σ L(γ_k) (R(γ_{k+1}) − R(γ_k)) for a risk curve L.
//!
//! With the raw axis R = γ and the denoiser's x0-risk L this sum is, up to a constant, twice the path KL of the sampler
//! (docs/theory.md, P3 and C6). Algorithm 1 is [`best_steps`](super::dynamic::best_steps) on an [`Axis`]; Algorithm 2
//! ([`second`]) adds smoothness. Here the curve is a source's own.

pub mod axis;
pub mod isotonic;
pub mod second;

pub use axis::Axis;

use super::axis::uniform;
use super::dynamic;
use super::{Request, Schedule, optimal};
use crate::error::Result;
use crate::spec::{Arguments, Parameter};

const AXIS: Parameter = Parameter {
    name: "axis",
    default: Some("softlog"),
    summary: "R(γ): raw γ, log ln γ, softlog ln(1 + λγ), saturating γ/(1 + λγ), power γ^(1/λ)",
};
const LAMBDA: Parameter = Parameter { name: "lambda", default: Some("1.5"), summary: "λ > 0 of the axis" };

/// Algorithm 1: Σ M(γ_k) (R(γ_{k+1}) − R(γ_k)) least.
pub const LAS: Schedule = Schedule {
    name: "las",
    summary: "loss-adaptive, Algorithm 1: least Σ M(γ_k) ΔR_k on a regularised axis R  [ABZ26]  (docs/theory.md, C6)",
    parameters: &[
        AXIS,
        LAMBDA,
        Parameter {
            name: "candidates",
            default: None,
            summary: "N SNRs, uniform in ln γ (from 0: in ln(1 + Vγ)), to choose from; left out: N → ∞",
        },
    ],
    from_zero: true,
    build: first_order,
};

/// Algorithm 2: Algorithm 1 with a penalty on unequal neighbouring steps in ln γ, weight α.
pub const LAS2: Schedule = Schedule {
    name: "las2",
    summary: "loss-adaptive, Algorithm 2: with a penalty α on unequal neighbouring steps in ln γ  [ABZ26]",
    parameters: &[
        Parameter { name: "alpha", default: Some("12"), summary: "α ≥ 0: 0 is Algorithm 1, ∞ the geometric grid" },
        AXIS,
        LAMBDA,
        Parameter {
            name: "candidates",
            default: Some("400"),
            summary: "SNRs uniform in ln γ to choose from; rounded up so that the geometric grid is among them",
        },
    ],
    from_zero: false,
    build: second_order,
};

/// The axis of a spec.
fn axis(arguments: &Arguments) -> Result<Axis> {
    Axis::new(arguments.choice("axis", &Axis::NAMES)?, arguments.positive("lambda")?)
}

fn first_order(arguments: &Arguments, request: &Request) -> Result<Vec<f64>> {
    let axis = axis(arguments)?;
    if request.snr_min <= 0.0 && !axis.from_zero() {
        let message = format!("{axis} has no start at snr_min = 0; raw, softlog and saturating have");
        return Err(arguments.invalid("axis", message));
    }
    if arguments.argument("candidates").is_none() {
        return optimal::least(LAS.name, request, axis);
    }
    let intervals = arguments.count("candidates", 2)? - 1;
    let candidates = Candidates::of_curve(LAS.name, request, intervals, axis)?;
    let indices = dynamic::best_steps(&candidates.risks, &candidates.positions, request.steps)?;
    Ok(candidates.pick(&indices))
}

fn second_order(arguments: &Arguments, request: &Request) -> Result<Vec<f64>> {
    let alpha = arguments.number("alpha")?;
    let steps = request.steps;
    let intervals = (arguments.count("candidates", 2)? - 1).div_ceil(steps) * steps;
    let candidates = Candidates::of_curve(LAS2.name, request, intervals, axis(arguments)?)?;
    let geometric: Vec<usize> = (0..=steps).map(|k| k * (intervals / steps)).collect();
    let weight = smoothness(alpha, dynamic::cost(&candidates.risks, &candidates.positions, &geometric), steps);
    let logs: Vec<f64> = candidates.snrs.iter().map(|snr| snr.ln()).collect();
    let (indices, _) = second::best_smooth_steps(&candidates.risks, &candidates.positions, &logs, steps, weight)?;
    Ok(candidates.pick(&indices))
}

/// κ = (α/12)·c̄, c̄ the mean cost of a step of the log-SNR grid, whose K = `steps` steps cost `geometric`.
pub fn smoothness(alpha: f64, geometric: f64, steps: usize) -> f64 {
    alpha / 12.0 * (geometric / steps as f64)
}

/// SNRs to choose from, with their positions on an axis and the risks there.
struct Candidates {
    snrs: Vec<f64>,
    positions: Vec<f64>,
    risks: Vec<f64>,
}

impl Candidates {
    /// The ends of `request` and `intervals` − 1 SNRs between them, with the risks of its curve.
    fn of_curve(name: &str, request: &Request, intervals: usize, axis: Axis) -> Result<Self> {
        let curve = request.curve(name)?;
        let many = Request { steps: intervals, ..*request };
        let mut snrs = if request.snr_min > 0.0 {
            uniform(&many, f64::ln, f64::exp)
        } else {
            let variance = request.scale(name)?;
            uniform(&many, |snr| (variance * snr).ln_1p(), |u| u.exp_m1() / variance)
        };
        (snrs[0], snrs[intervals]) = (request.snr_min, request.snr_max);
        let positions = snrs.iter().map(|&snr| axis.position(snr)).collect();
        let risks = snrs.iter().map(|&snr| curve.mmse(snr)).collect::<Result<_>>()?;
        Ok(Self { snrs, positions, risks })
    }

    fn pick(&self, indices: &[usize]) -> Vec<f64> {
        indices.iter().map(|&i| self.snrs[i]).collect()
    }
}

#[cfg(test)]
mod tests;
