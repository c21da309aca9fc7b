//! Sums of exponentials whose exponents may be of any size.

/// ln Σ e^t over the terms t, the largest in front; −∞ of none, or where all are −∞.
pub fn ln_sum_exp(terms: impl Iterator<Item = f64> + Clone) -> f64 {
    let largest = terms.clone().fold(f64::NEG_INFINITY, f64::max);
    if largest == f64::NEG_INFINITY {
        return largest;
    }
    largest + terms.map(|term| (term - largest).exp()).sum::<f64>().ln()
}

/// Turns the logarithms of weights into weights that sum to 1, in place; returns ln Σ e^t of what
/// they were.
pub fn normalise(ln_weights: &mut [f64]) -> f64 {
    let largest = ln_weights.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    ln_weights.iter_mut().for_each(|w| *w = (*w - largest).exp());
    let total: f64 = ln_weights.iter().sum();
    ln_weights.iter_mut().for_each(|w| *w /= total);
    largest + total.ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exponents_may_be_of_any_size() {
        for shift in [-1e4, 0.0, 1e4] {
            let mut weights = [shift, shift + 3.0_f64.ln()];
            let expected = shift + 4.0_f64.ln();
            assert!((ln_sum_exp(weights.iter().copied()) - expected).abs() < 1e-11);
            assert!((normalise(&mut weights) - expected).abs() < 1e-11);
            assert!((weights[1] - 0.75).abs() < 1e-11, "{weights:?}");
        }
        assert!(ln_sum_exp(std::iter::empty()).is_infinite());
    }
}
