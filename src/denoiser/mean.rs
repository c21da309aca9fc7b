//! The prior mean whatever the state, x̂ = EX: L(γ) = E|X − EX|².

use std::sync::Arc;

use super::affine::{Centred, about_the_mean};
use super::{Affine, DenoiserKind};

/// `mean`.
pub const MEAN: DenoiserKind = DenoiserKind {
    name: "mean",
    summary: "the prior mean EX whatever the state; L = E|X−EX|²",
    parameters: &[],
    read: |arguments| {
        let name = arguments.spec().to_string();
        Ok(Box::new(move |estimand| {
            let rule = |_| Affine { gain: 0.0, keep: 1.0, shift: 0.0 };
            Ok(Arc::new(Centred::new(&name, about_the_mean(estimand)?, rule)))
        }))
    },
};
