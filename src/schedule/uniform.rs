//! Schedules that are uniform on an axis with a closed form.
//!
//! An axis is a monotone function of γ. Its derivative is the density of the steps.

use super::axis::{StepAxis, uniform};
use super::{Request, Schedule};
use crate::error::Result;
use crate::spec::{Arguments, Parameter};

/// γ_k = γ_0 (γ_K/γ_0)^{k/K}: uniform in the log-SNR, the rule that minimises the bound of
/// \[ABZ26\].
pub const GEOMETRIC: Schedule = Schedule {
    name: "geometric",
    summary: "uniform in ln γ: γ_k = γ_0 (γ_K/γ_0)^(k/K)  [ABZ26]",
    parameters: &[],
    from_zero: false,
    build: |_, request| Ok(StepAxis::Log.uniform(request.ends(), request.steps)),
};

/// γ_k = γ_0 + (γ_K − γ_0) k/K.
pub const LINEAR_SNR: Schedule = Schedule {
    name: "linear-snr",
    summary: "uniform in the SNR: γ_k = γ_0 + (γ_K − γ_0) k/K",
    parameters: &[],
    from_zero: true,
    build: |_, request| Ok(StepAxis::Raw.uniform(request.ends(), request.steps)),
};

/// σ^{1/ρ} uniform, σ = 1/√γ [KAAL22, eq. (5)]: step density γ^{−1/(2ρ)} in ln γ; ρ → ∞ is
/// geometric.
pub const KARRAS: Schedule = Schedule {
    name: "karras",
    summary: "uniform in σ^(1/ρ), σ = 1/√γ  [KAAL22, eq. (5)]",
    parameters: &[Parameter { name: "rho", default: Some("7"), summary: "exponent ρ > 0" }],
    from_zero: false,
    build: karras,
};

fn karras(arguments: &Arguments, request: &Request) -> Result<Vec<f64>> {
    let exponent = 2.0 * arguments.positive("rho")?;
    Ok(uniform(request.ends(), request.steps, |snr| snr.powf(-exponent.recip()), |u| u.powf(-exponent)))
}

/// arctan(σ/c) uniform, σ = 1/√γ [SFK24, Thm. 3.1]: step density √γ/(1/c² + γ) in ln γ. The optimum
/// of the deterministic (DDIM) sampler for N(0, c²I), where every step multiplies the standard
/// deviation by cos Δθ.
pub const ARCTAN: Schedule = Schedule {
    name: "arctan",
    summary: "uniform in arctan(σ/c), σ = 1/√γ; DDIM-optimal for N(0, c²I)  [SFK24, Thm. 3.1]",
    parameters: &[Parameter {
        name: "scale",
        default: Some("1"),
        summary: "standard deviation c > 0 per coordinate",
    }],
    from_zero: true,
    build: arctan,
};

fn arctan(arguments: &Arguments, request: &Request) -> Result<Vec<f64>> {
    let c = arguments.positive("scale")?;
    Ok(uniform(
        request.ends(),
        request.steps,
        |snr| (c * snr.sqrt()).recip().atan(),
        |angle| (c * angle.tan()).powi(-2),
    ))
}

/// Uniform in the time of a flow (1 − t)X + tZ before its shift s: t = su/(1 + (s − 1)u), γ = ((1 −
/// t)/t)² \[EKB24\].
pub const FLOW: Schedule = Schedule {
    name: "flow",
    summary: "uniform in the time u of a flow, level t = su/(1 + (s − 1)u), √γ = (1 − t)/t  [EKB24]",
    parameters: &[Parameter { name: "shift", default: Some("1"), summary: "shift s > 0" }],
    from_zero: true,
    build: flow,
};

fn flow(arguments: &Arguments, request: &Request) -> Result<Vec<f64>> {
    // √γ = (1 − u)/(su), so u = 1/(1 + s√γ).
    let shift = arguments.positive("shift")?;
    let time = |snr: f64| (1.0 + shift * snr.sqrt()).recip();
    Ok(uniform(request.ends(), request.steps, time, |u| ((1.0 - u) / (shift * u)).powi(2)))
}

/// 1/c + γ geometric: exactly optimal for the path KL of N(0, cI), and within (ρ − 1)(I + ½) for
/// every source with c = tr Σ (docs/theory.md, B6).
pub const SHIFTED_GEOMETRIC: Schedule = Schedule {
    name: "shifted-geometric",
    summary: "uniform in ln(1 + cγ), c = E|X − EX|² unless given; path-KL optimal for N(0, cI)  (docs/theory.md, B6)",
    parameters: &[Parameter {
        name: "variance",
        default: None,
        summary: "c > 0; left out: the total variance",
    }],
    from_zero: true,
    build: shifted_geometric,
};

fn shifted_geometric(arguments: &Arguments, request: &Request) -> Result<Vec<f64>> {
    let c = match arguments.argument("variance") {
        Some(_) => arguments.positive("variance")?,
        None => request.scale(SHIFTED_GEOMETRIC.name)?,
    };
    Ok(StepAxis::SoftLog(c).uniform(request.ends(), request.steps))
}
