//! What a network with EDM's or v's preconditioning gives before its first step: x̂ = EX + c(Y/√γ −
//! EX), c = γv/(1 + γv) with v = E|X − EX|²/d, the posterior mean of N(EX, vI) [KAAL22]. L(γ) =
//! dv/(1 + γv), the loss of the best linear estimate of a law with covariance vI.

use std::sync::Arc;

use super::affine::{Centred, about_the_mean};
use super::{Affine, DenoiserKind};

/// `linear`.
pub const LINEAR: DenoiserKind = DenoiserKind {
    name: "linear",
    summary: "EX + c(Y/√γ − EX), c = γv/(1+γv), v = E|X−EX|²/d: a preconditioned network untrained; L = dv/(1+γv)",
    parameters: &[],
    read: |arguments| {
        let name = arguments.spec().to_string();
        Ok(Box::new(move |estimand| {
            let variance = estimand.coordinate_variance();
            let rule = move |snr: f64| {
                let spread = 1.0 + snr * variance;
                Affine { gain: variance / spread, keep: spread.recip(), shift: 0.0 }
            };
            Ok(Arc::new(Centred::new(&name, about_the_mean(estimand)?, rule)))
        }))
    },
};
