//! The posterior mean off by a known length in a fixed direction: x̂ = m + δ(γ)·√V·e with V = E|X −
//! EX|² and the unit vector e = (1, …, 1)/√d, so that L(γ) = M(γ) + δ(γ)²·V exactly: the error is
//! orthogonal to X − m.

use std::sync::Arc;

use super::{Affine, Denoiser, DenoiserKind, Estimand};
use crate::error::Result;
use crate::source::{Law, Source};
use crate::spec::Parameter;

/// `perturbed:error=0.1,shape=high`.
pub const PERTURBED: DenoiserKind = DenoiserKind {
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
    read: |arguments| {
        let error = arguments.number("error")?;
        if error < 0.0 {
            return Err(arguments.invalid("error", format!("must be ≥ 0, not {error}")));
        }
        let shape = match arguments.choice("shape", &["uniform", "low", "high", "bump"])? {
            "low" => ErrorShape::Low,
            "high" => ErrorShape::High,
            "bump" => ErrorShape::Bump,
            _ => ErrorShape::Uniform,
        };
        let name = arguments.spec().to_string();
        Ok(Box::new(move |estimand| Ok(Arc::new(Perturbed::new(&name, estimand, error, shape)))))
    },
};

/// How the error is spread over the SNRs; u = γV/d is the SNR of a normalised coordinate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ErrorShape {
    Uniform,
    Low,
    High,
    Bump,
}

/// The posterior mean of a law plus an offset.
#[derive(Debug)]
pub(super) struct Perturbed {
    name: String,
    estimand: Arc<Estimand>,
    error: f64,
    shape: ErrorShape,
}

impl Perturbed {
    /// Off by up to `error` ≥ 0 in units of √V.
    pub(super) fn new(name: &str, estimand: &Arc<Estimand>, error: f64, shape: ErrorShape) -> Self {
        Self { name: name.into(), estimand: Arc::clone(estimand), error, shape }
    }

    /// δ(γ).
    fn relative_error(&self, snr: f64) -> f64 {
        let u = snr * self.estimand.coordinate_variance();
        self.error
            * match self.shape {
                ErrorShape::Uniform => 1.0,
                ErrorShape::Low => (1.0 + u).recip(),
                ErrorShape::High => u / (1.0 + u),
                ErrorShape::Bump => 2.0 * u.sqrt() / (1.0 + u),
            }
    }
}

impl Denoiser for Perturbed {
    fn name(&self) -> &str {
        &self.name
    }

    fn estimate(&self, states: &[f64], snr: f64, out: &mut [f64]) -> Result<()> {
        self.estimand.mean()?.evaluate(states, snr, out);
        if self.error > 0.0 {
            let offset = self.relative_error(snr) * self.estimand.coordinate_variance().sqrt();
            out.iter_mut().for_each(|x| *x += offset);
        }
        Ok(())
    }

    fn excess(&self, snr: f64) -> Option<f64> {
        Some(self.relative_error(snr).powi(2))
    }

    fn offset(&self, snr: f64) -> Option<f64> {
        Some(self.relative_error(snr) * self.estimand.coordinate_variance().sqrt())
    }

    fn assumed(&self) -> Option<&Source> {
        (self.error <= 0.0).then(|| self.estimand.source().as_ref())
    }

    /// That of N(μ, vI), whose posterior mean is affine.
    fn affine(&self, snr: f64) -> Option<Affine> {
        let Law::Mixture(law) = self.estimand.source().law() else { return None };
        let variance = (law.weights.len() == 1).then(|| law.variances[0])?;
        let spread = 1.0 + snr * variance;
        Some(Affine { gain: variance / spread, keep: spread.recip(), shift: self.offset(snr)? })
    }
}
