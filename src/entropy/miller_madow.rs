//! The plug-in entropy with its leading bias removed.

use crate::entropy::counts::Counts;
use crate::entropy::{Estimator, plug_in};
use crate::estimate::Estimate;

/// Listing of [`shannon`].
pub const MILLER_MADOW: Estimator = Estimator {
    name: "miller-madow",
    formula: "Ĥ = Ĥ_plug-in + (seen − 1)/(2n)",
    cite: "[M55]",
    assumes: "independent draws, n well above the number of atoms",
};

/// Ĥ_plug-in + (seen − 1)/(2n), nats. `bound`: the plug-in's bias and the correction have opposite signs, so the larger
/// of their sizes bounds their sum; ∞ where the number S of atoms is not known.
pub fn shannon(counts: &Counts) -> Estimate {
    let correction = |size: f64, counts: &Counts| (size - 1.0) / (2.0 * counts.draws() as f64);
    let largest = counts.alphabet().map_or(f64::INFINITY, |size| correction(size, counts));
    counts.estimate(|c| plug_in::value(c) + correction(c.seen() as f64, c), plug_in::bias_bound(counts).max(largest))
}
