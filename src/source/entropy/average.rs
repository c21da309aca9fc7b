//! The mean of independent summands with its standard error and the diagnostics of its tail.

use crate::numeric::estimate::Flags;
use crate::numeric::tail::pareto_shape;

/// Mean, standard error and flags of independent summands.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Average {
    /// n⁻¹ Σ x_i.
    pub mean: f64,
    /// √(Σ (x_i − mean)² / (n(n−1))).
    pub std_err: f64,
    /// Shape of the upper tail of |x_i| and the largest |x_i| as a share of Σ |x_i|.
    pub flags: Flags,
}

/// Number of largest summands that the shape is fitted to, threshold included: min(n/5, 3√n) + 1,
/// [VSGYG24, §3.2].
pub fn tail_size(n: usize) -> usize {
    (n / 5).min(3 * n.isqrt()) + 1
}

impl Average {
    /// The average of `values`, at least two and all finite.
    pub fn of(values: &[f64]) -> Self {
        assert!(values.len() >= 2, "an average with an error needs two summands");
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        let squares: f64 = values.iter().map(|x| (x - mean) * (x - mean)).sum();
        let mut sizes: Vec<f64> = values.iter().map(|x| x.abs()).collect();
        let total: f64 = sizes.iter().sum();
        let keep = tail_size(values.len());
        if keep < sizes.len() {
            sizes.select_nth_unstable_by(keep - 1, |a, b| b.total_cmp(a));
            sizes.truncate(keep);
        }
        sizes.sort_unstable_by(|a, b| b.total_cmp(a));
        let dominance = (total > 0.0).then(|| sizes[0] / total);
        Self {
            mean,
            std_err: (squares / (n * (n - 1.0))).sqrt(),
            flags: Flags { pareto_k: pareto_shape(&sizes), dominance, ..Flags::default() },
        }
    }
}

/// ln n⁻¹ Σ e^{l_i} of the summands' logarithms `logs` (at least two, finite), with its
/// delta-method standard error and the flags of the e^{l_i}. Accurate relative to max |l_i|,
/// however large or small that is.
pub fn ln_mean_exp(logs: &[f64]) -> Average {
    let largest = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let summands: Vec<f64> = logs.iter().map(|l| (l - largest).exp()).collect();
    let average = Average::of(&summands);
    let below_one = logs.iter().map(|l| (l - largest).exp_m1()).sum::<f64>() / logs.len() as f64;
    Average { mean: below_one.ln_1p() + largest, std_err: average.std_err / average.mean, ..average }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_logarithm_of_a_mean_keeps_large_and_tiny_exponents() {
        for scale in [1e-12, 1.0, 1e3] {
            let value = ln_mean_exp(&[scale, 2.0 * scale]).mean;
            // scale + ln((1 + e^scale)/2), where ln(…) = scale/2 + scale²/8 − … for small scale.
            let expected =
                scale + if scale < 1e-3 { scale / 2.0 } else { scale + (-scale).exp().ln_1p() - 2_f64.ln() };
            assert!((value / expected - 1.0).abs() < 1e-12, "scale {scale}: {value}, expected {expected}");
        }
    }

    #[test]
    fn a_small_sample_by_hand() {
        let average = Average::of(&[1.0, 2.0, -6.0]);
        assert!((average.mean + 1.0).abs() < 1e-15);
        assert!((average.std_err - (38.0_f64 / 6.0).sqrt()).abs() < 1e-15);
        assert_eq!(average.flags, Flags { pareto_k: None, dominance: Some(6.0 / 9.0), ..Flags::default() });
    }

    /// Summands i^{−1.2}-like quantiles have shape 1.2: the flag must say so, and not for uniform
    /// ones.
    #[test]
    fn a_heavy_tail_is_flagged() {
        let quantiles = |exponent: f64| -> Vec<f64> {
            (1..=4000).map(|i| (f64::from(i) / 4001.0).powf(-exponent)).collect()
        };
        assert!(!Average::of(&quantiles(1.2)).flags.believed());
        assert!(Average::of(&quantiles(-1.0)).flags.believed());
    }
}
