//! The plug-in entropy with its leading bias removed.

use crate::numeric::estimate::Method;
use crate::source::entropy::counts::Counts;
use crate::source::entropy::{Estimator, plug_in, shannon_alone};

/// Listing of [`value`].
pub const MILLER_MADOW: Estimator = Estimator {
    method: Method::MillerMadow,
    formula: "Ĥ = Ĥ_plug-in + (seen − 1)/(2n)",
    cite: "[M55]",
    assumes: "Shannon alone; n well above the number of atoms",
    value,
};

/// Ĥ_plug-in + (seen − 1)/(2n), nats; `None` but for `order` 1.
pub fn value(counts: &Counts, order: f64) -> Option<f64> {
    shannon_alone(order)?;
    Some(plug_in::value(counts, order)? + (counts.seen() as f64 - 1.0) / (2.0 * counts.draws() as f64))
}
