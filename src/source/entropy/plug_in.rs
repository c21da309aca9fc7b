//! The entropy of the empirical frequencies.

use crate::numeric::estimate::Method;
use crate::source::entropy::Estimator;
use crate::source::entropy::counts::Counts;

/// Listing of [`value`].
pub const PLUG_IN: Estimator = Estimator {
    method: Method::PlugIn,
    formula: "Ĥ_a = (1−a)⁻¹ ln Σ p̂^a, at a = 1 −Σ p̂ ln p̂, p̂ = c/n",
    cite: "[P03, Prop. 1]; [AOST17]",
    assumes: "any order; biased low by what was not seen",
    value,
};

/// Ĥ_a of order a = `order` ≥ 0, nats; a = ∞ is −ln max p̂. Its bias is −ln(1 + (S−1)/n) … 0 at a =
/// 1 for S atoms; for a < 1 it is of the size of H_a itself until every atom has been seen often.
pub fn value(counts: &Counts, order: f64) -> Option<f64> {
    let n = counts.draws() as f64;
    Some(if order - 1.0 == 0.0 {
        counts.sum(|c| -c / n * (c / n).ln())
    } else if order.is_infinite() {
        n.ln() - counts.largest().ln()
    } else {
        // Relative to the largest share, so that no power underflows.
        let largest = counts.largest();
        let powers = counts.sum(|c| (c / largest).powf(order));
        (powers.ln() + order * (largest / n).ln()) / (1.0 - order)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{FinitePmf, Pmf};

    #[test]
    fn it_is_the_entropy_of_the_frequencies() {
        let counts = Counts::new([5, 3, 1, 1]).expect("enough draws");
        let law = FinitePmf::new(vec![0.5, 0.3, 0.1, 0.1]);
        for order in [0.0, 0.5, 1.0, 2.0, 1e4, f64::INFINITY] {
            let (value, expected) = (value(&counts, order).expect("any order"), law.renyi(order).value);
            assert!((value - expected).abs() < 1e-14, "order {order}: {value}, expected {expected}");
        }
    }
}
