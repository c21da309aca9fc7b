//! Grassberger's estimator: the logarithm of a count replaced by a function with less bias.

use statrs::function::gamma::digamma;

use crate::numeric::estimate::Method;
use crate::source::entropy::counts::Counts;
use crate::source::entropy::{Estimator, shannon_alone};

/// Listing of [`value`].
pub const GRASSBERGER: Estimator = Estimator {
    method: Method::Grassberger,
    formula: "Ĥ = ln n − n⁻¹ Σ c·G(c), G(c) = ψ(c) + ½(−1)^c [ψ((c+1)/2) − ψ(c/2)]",
    cite: "[G03, eq. (28), (31)]",
    assumes: "Shannon alone; n·p not below 1 for most of the mass",
    value,
};

/// ln n − n⁻¹ Σ c·G(c), nats; `None` but for `order` 1.
pub fn value(counts: &Counts, order: f64) -> Option<f64> {
    shannon_alone(order)?;
    let n = counts.draws() as f64;
    Some(n.ln() - counts.sum(|c| c * smoothed_ln(c)) / n)
}

/// G(c) for a whole c ≥ 1.
fn smoothed_ln(c: f64) -> f64 {
    let sign = if c % 2.0 < 0.5 { 0.5 } else { -0.5 };
    digamma(c) + sign * (digamma(0.5 * (c + 1.0)) - digamma(0.5 * c))
}
