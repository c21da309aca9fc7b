//! Loss-adaptive schedules \[ABZ26\]: the K-step grid that minimises Σ L(γ_k) (R(γ_{k+1}) − R(γ_k))
//! for a risk curve L.
//!
//! With the raw axis R = γ and the denoiser's x0-risk L this sum is, up to a constant, twice the
//! path KL of the sampler (docs/theory.md, P3 and C6). Algorithm 1 is
//! [`best_steps`](super::dynamic::best_steps) on a [`StepAxis`]; Algorithm 2 ([`second`]) adds
//! smoothness. Here the curve is a source's own.

pub mod candidates;
pub mod isotonic;
pub mod second;

use super::{Request, Schedule, StepAxis, optimal};
use crate::error::Result;
use crate::spec::{Arguments, Parameter};
use candidates::Candidates;

const AXIS: Parameter = Parameter {
    name: "axis",
    default: Some("softlog"),
    summary: "R(γ): raw γ, log ln γ, softlog ln(1 + λγ), saturating γ/(1 + λγ), power γ^(1/λ)",
};
const OF: Parameter = Parameter {
    name: "of",
    default: None,
    summary: "a denoiser in parentheses whose loss L takes the place of M, in claims and estimates",
};
const SOURCE: Parameter = Parameter {
    name: "source",
    default: None,
    summary: "a law in parentheses, of any dimension, whose curve it is in place of the sampled one's; in claims and estimates",
};
const LAMBDA: Parameter = Parameter { name: "lambda", default: Some("1.5"), summary: "λ > 0 of the axis" };

/// Algorithm 1: Σ M(γ_k) (R(γ_{k+1}) − R(γ_k)) least.
pub const LAS: Schedule = Schedule {
    name: "las",
    summary: "loss-adaptive, Algorithm 1: least Σ M(γ_k) ΔR_k on a regularised axis R  [ABZ26]  (docs/theory.md, C6)",
    parameters: &[
        AXIS,
        LAMBDA,
        OF,
        SOURCE,
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
        Parameter {
            name: "alpha",
            default: Some("12"),
            summary: "α ≥ 0: 0 is Algorithm 1, ∞ the geometric grid",
        },
        AXIS,
        LAMBDA,
        OF,
        SOURCE,
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
pub(super) fn axis(arguments: &Arguments) -> Result<StepAxis> {
    StepAxis::new(arguments.choice("axis", &StepAxis::NAMES)?, arguments.positive("lambda")?)
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
    let snrs = request.smooth_axis(LAS.name)?.uniform(request.ends(), intervals);
    let candidates = Candidates::new(request.curve(LAS.name)?, axis, snrs)?;
    Ok(candidates.pick(&candidates.first_order(request.steps)?))
}

fn second_order(arguments: &Arguments, request: &Request) -> Result<Vec<f64>> {
    let (alpha, axis) = (arguments.number("alpha")?, axis(arguments)?);
    let (steps, curve) = (request.steps, request.curve(LAS2.name)?);
    let intervals = (arguments.count("candidates", 2)? - 1).div_ceil(steps) * steps;
    let candidates = Candidates::new(curve, axis, StepAxis::Log.uniform(request.ends(), intervals))?;
    let geometric: Vec<usize> = (0..=steps).map(|k| k * (intervals / steps)).collect();
    let geometric = axis.cost(curve, &candidates.pick(&geometric))?;
    Ok(candidates.pick(&candidates.second_order(
        steps,
        StepAxis::Log,
        alpha / 12.0 * (geometric / steps as f64),
    )?))
}

#[cfg(test)]
mod tests;
