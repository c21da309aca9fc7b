//! The exact denoiser, x̂ = E[X | U_γ]: L = M.

use std::sync::Arc;

use super::DenoiserKind;
use super::perturbed::{ErrorShape, Perturbed};

/// `exact`.
pub const EXACT: DenoiserKind = DenoiserKind {
    name: "exact",
    summary: "the posterior mean: L = M",
    parameters: &[],
    read: |arguments| {
        let name = arguments.spec().to_string();
        Ok(Box::new(move |estimand| Ok(Arc::new(Perturbed::new(&name, estimand, 0.0, ErrorShape::Uniform)))))
    },
};
