//! Chao and Shen's estimator: frequencies shrunk by the coverage, summands weighted by the chance
//! of being seen.

use crate::numeric::estimate::Method;
use crate::source::entropy::counts::Counts;
use crate::source::entropy::{Estimator, shannon_alone};

/// Listing of [`value`].
pub const CHAO_SHEN: Estimator = Estimator {
    method: Method::ChaoShen,
    formula: "Ĥ = −Σ p̃ ln p̃ / (1 − (1−p̃)^n), p̃ = (1 − f_1/n)·c/n, f_1 atoms seen once",
    cite: "[CS03]",
    assumes: "Shannon alone; finitely many atoms, the unseen ones alike",
    value,
};

/// −Σ p̃ ln p̃ / (1 − (1−p̃)^n), nats; `None` but for `order` 1.
pub fn value(counts: &Counts, order: f64) -> Option<f64> {
    shannon_alone(order)?;
    let n = counts.draws() as f64;
    // All draws different would leave no coverage at all.
    let singletons = (counts.seen_times(1) as f64).min(n - 1.0);
    let coverage = 1.0 - singletons / n;
    Some(counts.sum(|c| {
        let p = coverage * c / n;
        // A single atom is certain: its summand is 0.
        let seen = -(n * (-p).ln_1p()).exp_m1();
        -p * p.ln() / seen
    }))
}
