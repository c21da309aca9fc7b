//! How heavy a tail is, from its largest values: the diagnostics behind every error bar.

/// Fewest distinct exceedances that a shape is fitted to.
const FEWEST: usize = 5;
/// Grid points beyond √n, and the prior's scale in units of the first quartile ([ZS09, §3], as in
/// [VSGYG24, App. G]).
const GRID: usize = 30;
const PRIOR_SCALE: f64 = 3.0;
/// The weak prior of \[VSGYG24\]: ten observations of shape ½.
const PRIOR_WEIGHT: f64 = 10.0;
const PRIOR_SHAPE: f64 = 0.5;

/// Shape k̂ of the generalised Pareto law F(x) = 1 − (1 + kx/σ)^{−1/k} fitted to the exceedances
/// over the smallest of `largest`.
///
/// The quasi-Bayesian estimate of \[ZS09\] with the weak prior of \[VSGYG24\], k̂ = (n k +
/// 10·½)/(n + 10): about 1/k moments are finite. `largest` are the upper order statistics, positive
/// and in descending order; values tied with the smallest are the threshold and not exceedances.
/// Invariant under scaling. For n = 200 exact exceedances the bias is below 0.06 and the standard
/// deviation below 0.15 for −½ ≤ k ≤ 1.2 (measured, see the tests). `None` for fewer than five
/// distinct exceedances, or where a value is not finite.
pub fn pareto_shape(largest: &[f64]) -> Option<f64> {
    let (&top, &threshold) = (largest.first()?, largest.last()?);
    let range = top - threshold;
    if !(range.is_finite() && range > 0.0) {
        return None;
    }
    // Descending, in units of the largest exceedance.
    let exceedances: Vec<f64> =
        largest.iter().map(|x| (x - threshold) / range).filter(|&x| x > 0.0).collect();
    let distinct = 1 + exceedances.windows(2).filter(|pair| pair[0] > pair[1]).count();
    if distinct < FEWEST {
        return None;
    }
    let n = exceedances.len() as f64;
    let shape = mean_ln_1p(-posterior_mean_rate(&exceedances), &exceedances);
    Some((n * shape + PRIOR_WEIGHT * PRIOR_SHAPE) / (n + PRIOR_WEIGHT))
}

/// n⁻¹ Σ ln(1 + a x_i).
fn mean_ln_1p(a: f64, x: &[f64]) -> f64 {
    x.iter().map(|x| (a * x).ln_1p()).sum::<f64>() / x.len() as f64
}

/// Posterior mean of θ = −k/σ on the grid of [ZS09, eq. (7)], weighted by the profile likelihood,
/// which for a = −θ is n·(ln(a/k(a)) − k(a) − 1) with k(a) = mean ln(1 + a x). `x` descending with
/// maximum 1.
fn posterior_mean_rate(x: &[f64]) -> f64 {
    let n = x.len();
    let points = GRID + n.isqrt();
    let first_quartile = x[n - ((n as f64 / 4.0 + 0.5) as usize).max(1)];
    let rate =
        |j: usize| 1.0 + (1.0 - (points as f64 / (j as f64 + 0.5)).sqrt()) / (PRIOR_SCALE * first_quartile);
    let mean = x.iter().sum::<f64>() / n as f64;
    let ln_likelihood = |theta: f64| {
        let shape = mean_ln_1p(-theta, x);
        // a/k(a) → 1/mean as a → 0, the exponential law.
        let inverse_scale = if theta.abs() < 1e-12 { 1.0 / mean } else { -theta / shape };
        n as f64 * (inverse_scale.ln() - shape - 1.0)
    };
    let rates: Vec<f64> = (0..points).map(rate).collect();
    let likelihoods: Vec<f64> = rates.iter().map(|&theta| ln_likelihood(theta)).collect();
    let peak = likelihoods.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let (mut total, mut weighted) = (0.0, 0.0);
    for (theta, l) in rates.iter().zip(&likelihoods) {
        let weight = (l - peak).exp();
        total += weight;
        weighted += weight * theta;
    }
    weighted / total
}

/// A tail index with its standard error.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TailIndex {
    /// Estimate of ξ in P(X > x) = x^{−1/ξ} up to slowly varying factors; moments below order 1/ξ
    /// are finite.
    pub shape: f64,
    /// Asymptotic standard error ξ/√k, k the number of exceedances.
    pub std_err: f64,
}

/// Hill's estimate ξ̂ = k⁻¹ Σ ln(x_i/x_{k+1}) from the k + 1 largest values, descending and
/// positive.
///
/// \[H75\]; unbiased with standard deviation ξ/√k for an exact Pareto tail. It presumes ξ > 0: on
/// light tails it tends to 0 only slowly. `None` for fewer than five distinct exceedances, or where
/// a value is not finite and positive.
pub fn hill(largest: &[f64]) -> Option<TailIndex> {
    let (&top, (&threshold, above)) = (largest.first()?, largest.split_last()?);
    let distinct = largest.windows(2).filter(|pair| pair[0] > pair[1]).count();
    if !(top.is_finite() && threshold > 0.0) || distinct < FEWEST {
        return None;
    }
    let k = above.len() as f64;
    let shape = above.iter().map(|x| (x / threshold).ln()).sum::<f64>() / k;
    Some(TailIndex { shape, std_err: shape / k.sqrt() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::stream::Stream;

    const SEEDS: u64 = 400;
    const EXCEEDANCES: usize = 200;
    /// Relative agreement with ArviZ: the same sums in another order.
    const REFERENCE: f64 = 1e-10;
    /// How far a mean or a deviation over 400 seeds may be from the measured one: 5 standard errors
    /// of the mean are at most 5·0.15/20; false-alarm probability 6e-7 each, 15 of them.
    const MEAN_TOLERANCE: f64 = 0.0375;
    /// The same for a standard deviation, relative: 5/√(2·400).
    const DEVIATION_TOLERANCE: f64 = 0.18;

    /// Mean and standard deviation of `statistic` over the seeds.
    fn over_seeds(statistic: impl Fn(u64) -> f64) -> (f64, f64) {
        let values: Vec<f64> = (0..SEEDS).map(statistic).collect();
        let mean = values.iter().sum::<f64>() / SEEDS as f64;
        (mean, (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (SEEDS - 1) as f64).sqrt())
    }

    /// The largest `keep` of `n` draws `quantile(u)`, u uniform, descending.
    fn largest_of(seed: u64, n: usize, keep: usize, quantile: impl Fn(f64) -> f64) -> Vec<f64> {
        let stream = Stream::named(seed, "tail test");
        let mut draws: Vec<f64> = (0..n as u64).map(|i| quantile(stream.uniforms(i, 0)[0])).collect();
        draws.sort_by(|a, b| b.total_cmp(a));
        draws.truncate(keep);
        draws
    }

    /// 1 plus the generalised Pareto law of shape k, as a function of its survival probability.
    fn generalised_pareto(k: f64) -> impl Fn(f64) -> f64 {
        move |u: f64| 1.0 + if k == 0.0 { -u.ln() } else { (-k * u.ln()).exp_m1() / k }
    }

    fn assert_near(what: &str, (mean, deviation): (f64, f64), expected_mean: f64, expected_deviation: f64) {
        assert!(
            (mean - expected_mean).abs() < MEAN_TOLERANCE,
            "{what}: mean {mean}, expected {expected_mean}"
        );
        assert!(
            (deviation / expected_deviation - 1.0).abs() < DEVIATION_TOLERANCE,
            "{what}: deviation {deviation}, expected {expected_deviation}"
        );
    }

    #[test]
    fn the_fit_agrees_with_arviz() {
        let mut reader = csv::Reader::from_reader(include_bytes!("../../data/pareto_shape.csv").as_slice());
        for row in reader.deserialize() {
            let (n, exponent, expected): (usize, f64, f64) = row.expect("three numbers");
            let quantile = |i: usize| ((i as f64 / (n + 1) as f64).powf(-exponent) - 1.0) / exponent;
            // The threshold 1 and, above it, the exceedances.
            let largest: Vec<f64> = (1..=n).map(|i| 1.0 + quantile(i)).chain([1.0]).collect();
            let shape = pareto_shape(&largest).expect("enough exceedances");
            assert!(
                (shape / expected - 1.0).abs() < REFERENCE,
                "n {n}, e {exponent}: {shape}, ArviZ {expected}"
            );
        }
    }

    /// The bias is the prior's pull towards ½, 10/(n+10)·(½ − k), the spread the asymptotic (1 +
    /// k)/√n times n/(n+10).
    #[test]
    fn bias_and_spread_on_exact_tails() {
        for k in [-0.5, 0.0, 0.3, 0.7, 1.2] {
            let fitted = over_seeds(|seed| {
                let sample = largest_of(seed, EXCEEDANCES + 1, EXCEEDANCES + 1, generalised_pareto(k));
                pareto_shape(&sample).expect("enough exceedances")
            });
            let shrink = PRIOR_WEIGHT / (EXCEEDANCES as f64 + PRIOR_WEIGHT);
            let spread = (1.0 - shrink) * (1.0 + k) / (EXCEEDANCES as f64).sqrt();
            // At k = −½ the likelihood is no longer regular: 0.055 measured.
            assert_near(
                &format!("k = {k}"),
                fitted,
                k + shrink * (PRIOR_SHAPE - k),
                if k > -0.5 { spread } else { 0.055 },
            );
        }
    }

    /// Measured once over these seeds; the limits (n → ∞) are 0 for all of them, reached only
    /// logarithmically.
    #[test]
    fn light_and_lognormal_tails_keep_their_order() {
        use statrs::distribution::{ContinuousCDF, Normal};
        let normal = |u: f64| Normal::standard().inverse_cdf(u);
        let fitted = |quantile: &dyn Fn(f64) -> f64| {
            over_seeds(|seed| {
                pareto_shape(&largest_of(seed, 2000, EXCEEDANCES + 1, quantile)).expect("enough")
            })
        };
        assert_near("normal squared", fitted(&|u| normal(u).powi(2)), 0.065, 0.073);
        assert_near("lognormal, deviation ½", fitted(&|u| (0.5 * normal(u)).exp()), 0.072, 0.074);
        assert_near("lognormal, deviation 1", fitted(&|u| normal(u).exp()), 0.268, 0.084);
        assert_near("lognormal, deviation 2", fitted(&|u| (2.0 * normal(u)).exp()), 0.672, 0.110);
    }

    /// Exactly unbiased with deviation ξ/√k on a Pareto law; 5 standard errors, false-alarm
    /// probability 6e-7 a shape.
    #[test]
    fn hill_is_unbiased_on_pareto_tails() {
        for shape in [0.1, 0.7, 2.0] {
            let (mean, deviation) = over_seeds(|seed| {
                hill(&largest_of(seed, 1000, EXCEEDANCES + 1, |u| u.powf(-shape)))
                    .expect("enough exceedances")
                    .shape
            });
            let std_err = shape / (EXCEEDANCES as f64).sqrt();
            assert!((mean - shape).abs() < 5.0 * std_err / (SEEDS as f64).sqrt(), "{shape}: {mean}");
            assert!(
                (deviation / std_err - 1.0).abs() < DEVIATION_TOLERANCE,
                "{shape}: {deviation}, expected {std_err}"
            );
        }
    }

    #[test]
    fn scaling_changes_nothing() {
        let sample = largest_of(0, 1000, EXCEEDANCES, generalised_pareto(0.4));
        let shape = pareto_shape(&sample).expect("enough exceedances");
        for scale in [1e-200, 3.0, 1e200] {
            let scaled: Vec<f64> = sample.iter().map(|x| x * scale).collect();
            let other = pareto_shape(&scaled).expect("enough exceedances");
            assert!((other / shape - 1.0).abs() < REFERENCE, "scale {scale:e}: {other}, expected {shape}");
        }
    }

    #[test]
    fn no_tail_no_shape() {
        for sample in
            [&[][..], &[1.0], &[2.0; 50], &[5.0, 4.0, 3.0, 2.0, 1.0], &[2.0, 2.0, 2.0, 1.0, 1.0, 1.0, 1.0]]
        {
            assert_eq!(pareto_shape(sample), None, "{sample:?}");
            assert_eq!(hill(sample), None, "{sample:?}");
        }
        assert!(pareto_shape(&[6.0, 5.0, 4.0, 3.0, 2.0, 1.0]).is_some());
        assert_eq!(pareto_shape(&[f64::INFINITY, 5.0, 4.0, 3.0, 2.0, 1.0]), None);
    }
}
