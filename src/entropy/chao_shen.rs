//! Chao and Shen's estimator: frequencies shrunk by the coverage, summands weighted by the chance of being seen.

use crate::entropy::Estimator;
use crate::entropy::counts::Counts;
use crate::estimate::Estimate;

/// Listing of [`shannon`].
pub const CHAO_SHEN: Estimator = Estimator {
    name: "chao-shen",
    formula: "Ĥ = −Σ p̃ ln p̃ / (1 − (1−p̃)^n), p̃ = (1 − f_1/n)·c/n, f_1 atoms seen once",
    cite: "[CS03]",
    assumes: "independent draws, finitely many atoms, the unseen ones alike; no bound on the bias",
};

/// −Σ p̃ ln p̃ / (1 − (1−p̃)^n), nats. `bound` = ∞: the mass of unseen atoms is not bounded.
pub fn shannon(counts: &Counts) -> Estimate {
    counts.estimate(value, f64::INFINITY)
}

fn value(counts: &Counts) -> f64 {
    let n = counts.draws() as f64;
    // All draws different would leave no coverage at all.
    let singletons = (counts.seen_times(1) as f64).min(n - 1.0);
    let coverage = 1.0 - singletons / n;
    counts.sum(|c| {
        let p = coverage * c / n;
        let seen = -(n * (-p).ln_1p()).exp_m1();
        -p * p.ln() / seen
    })
}
