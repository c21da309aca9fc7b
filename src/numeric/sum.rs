//! Sums whose rounding error does not grow with the number of terms.

/// Σ terms by Neumaier's compensated summation: error below 2 ulp of the result plus n²·2⁻¹⁰⁶ of
/// Σ|terms| (A. Neumaier, "Rundungsfehleranalyse einiger Verfahren zur Summation endlicher Summen",
/// ZAMM 54, 1974).
pub fn compensated(terms: impl IntoIterator<Item = f64>) -> f64 {
    let (mut sum, mut lost) = (0.0_f64, 0.0);
    for term in terms {
        let next = sum + term;
        lost += if sum.abs() >= term.abs() { (sum - next) + term } else { (term - next) + sum };
        sum = next;
    }
    // An infinite sum makes the compensation NaN: the sum itself is the answer then.
    if sum.is_finite() { sum + lost } else { sum }
}

/// Σ w_i x_i over the rows x_i of `rows`, row-major n × `dim`.
pub fn weighted_mean(dim: usize, rows: &[f64], weights: &[f64]) -> Vec<f64> {
    let mut mean = vec![0.0; dim];
    for (row, w) in rows.chunks(dim).zip(weights) {
        mean.iter_mut().zip(row).for_each(|(m, x)| *m += w * x);
    }
    mean
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_terms_survive_large_ones() {
        let sum = compensated([1.0, 1e100, 1.0, -1e100]);
        assert!((sum - 2.0).abs() < 1e-15, "{sum}");
        assert!(compensated([1e308, 1e308]).is_infinite());
    }
}
