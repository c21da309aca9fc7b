//! The Rényi entropy of the empirical frequencies.

use crate::entropy::counts::Counts;
use crate::entropy::{Estimator, plug_in};
use crate::error::{Error, Result};
use crate::estimate::Estimate;

/// Listing of [`renyi`].
pub const RENYI_PLUG_IN: Estimator = Estimator {
    name: "renyi-plug-in",
    formula: "Ĥ_a = (1−a)⁻¹ ln Σ p̂^a",
    cite: "[AOST17]",
    assumes: "independent draws; for a < 1 unseen atoms weigh most: wants n ≫ S^{1/a} draws for S atoms, biased low before",
};

/// Ĥ_a = (1−a)⁻¹ ln Σ p̂^a of order a = `order` ≥ 0, nats; a = 1 is the Shannon plug-in, a = ∞ is −ln max p̂.
///
/// Σ p̂^a is biased by about a(a−1)/(2n) Σ p^{a−1}(1−p) once every atom has been seen often; before that, for a < 1, the
/// bias is of the size of H_a itself: a law with H_a = ∞ gives a finite value that grows with n. `bound` is therefore ∞
/// for a ≠ 1.
///
/// # Errors
/// [`Error::Invalid`] for an order that is negative or NaN.
pub fn renyi(counts: &Counts, order: f64) -> Result<Estimate> {
    if order.is_nan() || order < 0.0 {
        return Err(Error::invalid("renyi", format!("the order must be at least 0, not {order}")));
    }
    if order - 1.0 == 0.0 {
        return Ok(plug_in::shannon(counts));
    }
    let value = |counts: &Counts| {
        let n = counts.draws() as f64;
        if order.is_infinite() {
            return n.ln() - counts.largest().ln();
        }
        counts.sum(|c| (c / n).powf(order)).ln() / (1.0 - order)
    };
    Ok(counts.estimate(value, f64::INFINITY))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Pmf;

    /// The plug-in is the Rényi entropy of the empirical law.
    #[test]
    fn it_is_the_entropy_of_the_frequencies() {
        let counts = Counts::new([5, 3, 1, 1], None).expect("enough draws");
        let law = crate::source::FinitePmf::new(vec![0.5, 0.3, 0.1, 0.1]);
        for order in [0.0, 0.5, 1.0, 2.0, f64::INFINITY] {
            let (value, expected) = (renyi(&counts, order).expect("a valid order").value, law.renyi(order).value);
            assert!((value - expected).abs() < 1e-14, "order {order}: {value}, expected {expected}");
        }
        assert!(renyi(&counts, -0.5).is_err());
    }
}
