//! Grassberger's estimator: the logarithm of a count replaced by a function with less bias.

use statrs::function::gamma::digamma;

use crate::entropy::Estimator;
use crate::entropy::counts::Counts;
use crate::estimate::Estimate;

/// Listing of [`shannon`].
pub const GRASSBERGER: Estimator = Estimator {
    name: "grassberger",
    formula: "Ĥ = ln n − n⁻¹ Σ c·G(c), G(c) = ψ(c) + ½(−1)^c [ψ((c+1)/2) − ψ(c/2)]",
    cite: "[G03, eq. (28), (31)]",
    assumes: "independent draws, no bound on the bias; small while n p is not below 1 for most of the mass",
};

/// ln n − n⁻¹ Σ c·G(c), nats. `bound` = ∞: the mass of unseen atoms is not bounded.
pub fn shannon(counts: &Counts) -> Estimate {
    counts.estimate(
        |counts| {
            let n = counts.draws() as f64;
            n.ln() - counts.sum(|c| c * smoothed_ln(c)) / n
        },
        f64::INFINITY,
    )
}

/// G(c) for a whole c ≥ 1.
fn smoothed_ln(c: f64) -> f64 {
    let sign = if c % 2.0 < 0.5 { 0.5 } else { -0.5 };
    digamma(c) + sign * (digamma(0.5 * (c + 1.0)) - digamma(0.5 * c))
}
