//! The entropy of the empirical frequencies.

use crate::entropy::Estimator;
use crate::entropy::counts::Counts;
use crate::estimate::Estimate;

/// Listing of [`shannon`].
pub const PLUG_IN: Estimator = Estimator {
    name: "plug-in",
    formula: "Ĥ = −Σ p̂ ln p̂, p̂ = c/n",
    cite: "[P03, Prop. 1]",
    assumes: "independent draws; −ln(1 + (S−1)/n) ≤ bias ≤ 0 for S atoms",
};

/// Ĥ = −Σ p̂ ln p̂, nats. `bound` = ln(1 + (S−1)/n) [P03, Prop. 1], ∞ where the number S of atoms is not known.
pub fn shannon(counts: &Counts) -> Estimate {
    counts.estimate(value, bias_bound(counts))
}

/// −Σ p̂ ln p̂.
pub fn value(counts: &Counts) -> f64 {
    let n = counts.draws() as f64;
    counts.sum(|c| -c / n * (c / n).ln())
}

/// ln(1 + (S−1)/n), or ∞.
pub fn bias_bound(counts: &Counts) -> f64 {
    counts.alphabet().map_or(f64::INFINITY, |s| ((s - 1.0) / counts.draws() as f64).ln_1p())
}
