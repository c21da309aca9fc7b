//! Denoisers: estimates x̂(Y, γ) of X, known by how much their risk exceeds the least one.
//!
//! A perturbed denoiser is x̂ = m + δ(γ)·√V·e with the posterior mean m, V = E|X − EX|² and a fixed unit vector e, so that
//! L(γ) = E|X − x̂|² = M(γ) + δ(γ)²·V exactly: its error is orthogonal to X − m.

use crate::error::{Error, Result};
use crate::spec::{Arguments, Parameter, Spec};

/// A named denoiser.
pub struct Kind {
    /// Name in specs.
    pub name: &'static str,
    /// One line for lists.
    pub summary: &'static str,
    /// Its parameters.
    pub parameters: &'static [Parameter],
}

/// Every denoiser, in the order of the documentation.
pub const DENOISERS: &[Kind] = &[
    Kind { name: "exact", summary: "the posterior mean: L = M", parameters: &[] },
    Kind {
        name: "perturbed",
        summary: "posterior mean off by δ(γ)√V in a fixed direction, V = E|X−EX|²: L = M + δ²V",
        parameters: &[
            Parameter { name: "error", default: None, summary: "largest δ ≥ 0" },
            Parameter {
                name: "shape",
                default: Some("uniform"),
                summary: "δ/error with u = γV/d: uniform 1, low 1/(1+u), high u/(1+u), bump 2√u/(1+u)",
            },
        ],
    },
];

/// How the error of a perturbed denoiser is spread over the SNRs; u = γV/d is the SNR of a normalised coordinate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    Uniform,
    Low,
    High,
    Bump,
}

/// A checked denoiser.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Denoiser {
    error: f64,
    shape: Shape,
}

/// The denoiser of a spec such as `exact` or `perturbed:error=0.1,shape=high`.
///
/// # Errors
/// [`Error::Invalid`] for a malformed spec or a negative error, [`Error::Unknown`] with the nearest name otherwise.
pub fn find(spec: &str) -> Result<Denoiser> {
    let spec = Spec::parse(spec).map_err(|error| match error {
        Error::Invalid { message, .. } => Error::invalid(format!("denoiser `{spec}`"), message),
        other => other,
    })?;
    let kind = DENOISERS
        .iter()
        .find(|kind| kind.name == spec.kind)
        .ok_or_else(|| Error::unknown("denoiser", &spec.kind, DENOISERS.iter().map(|kind| kind.name)))?;
    let arguments = Arguments::new(&spec, kind.parameters)?;
    if kind.parameters.is_empty() {
        return Ok(Denoiser { error: 0.0, shape: Shape::Uniform });
    }
    let error = arguments.number("error")?;
    if !(error >= 0.0 && error.is_finite()) {
        return Err(arguments.invalid("error", format!("must be finite and ≥ 0, not {error}")));
    }
    let shape = match arguments.choice("shape", &["uniform", "low", "high", "bump"])? {
        "low" => Shape::Low,
        "high" => Shape::High,
        "bump" => Shape::Bump,
        _ => Shape::Uniform,
    };
    Ok(Denoiser { error, shape })
}

impl Denoiser {
    /// δ(γ), the root of (L − M)/V, at `snr` ≥ 0 for a source with variance `coordinate_variance` = V/d a coordinate.
    pub fn relative_error(&self, snr: f64, coordinate_variance: f64) -> f64 {
        let u = snr * coordinate_variance;
        self.error
            * match self.shape {
                Shape::Uniform => 1.0,
                Shape::Low => (1.0 + u).recip(),
                Shape::High => u / (1.0 + u),
                Shape::Bump => 2.0 * u.sqrt() / (1.0 + u),
            }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A few roundings.
    const ROUNDING: f64 = 1e-15;

    #[test]
    fn shapes_are_the_stated_ones() {
        for (shape, at_a_quarter) in [("uniform", 1.0), ("low", 0.8), ("high", 0.2), ("bump", 0.8)] {
            let denoiser = find(&format!("perturbed:error=0.5,shape={shape}")).unwrap();
            let found = denoiser.relative_error(0.125, 2.0);
            assert!((found - 0.5 * at_a_quarter).abs() < ROUNDING, "{shape}: {found}");
        }
        assert!(find("exact").unwrap().relative_error(3.0, 1.0).abs() < ROUNDING);
    }

    #[test]
    fn what_is_no_denoiser_is_refused() {
        for bad in ["perturbed", "perturbed:error=-1", "exact:error=1", "perturbed:error=0.1,shape=flat", "exactly"] {
            assert!(find(bad).is_err(), "{bad}");
        }
    }
}
