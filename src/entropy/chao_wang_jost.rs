//! Chao, Wang and Jost's estimator: the species accumulation curve, extrapolated by its last slope.

use statrs::function::gamma::digamma;

use crate::entropy::Estimator;
use crate::entropy::counts::Counts;
use crate::estimate::Estimate;

/// Listing of [`shannon`].
pub const CHAO_WANG_JOST: Estimator = Estimator {
    name: "chao-wang-jost",
    formula: "Ĥ = n⁻¹ Σ c [ψ(n) − ψ(c)] + f_1/n · Σ_{j≥0} (1−A)^{j+1}/(n+j), A = 2f_2/((n−1)f_1 + 2f_2)",
    cite: "[CWJ13, eq. (7)]",
    assumes: "independent draws; no bound on the bias, but the least of those here where many atoms are unseen",
};

/// n⁻¹ Σ c [ψ(n) − ψ(c)] + f_1/n · Σ_{j≥0} (1−A)^{j+1}/(n+j), nats; f_k atoms were seen k times, A as in the listing
/// (without doubletons, 2/((n−1)(f_1−1) + 2)). `bound` = ∞: the mass of unseen atoms is not bounded.
pub fn shannon(counts: &Counts) -> Estimate {
    counts.estimate(value, f64::INFINITY)
}

fn value(counts: &Counts) -> f64 {
    let n = counts.draws() as f64;
    let (singletons, doubletons) = (counts.seen_times(1) as f64, counts.seen_times(2) as f64);
    let seen = counts.sum(|c| c * (digamma(n) - digamma(c))) / n;
    if singletons < 1.0 {
        return seen;
    }
    let a = if doubletons > 0.0 {
        2.0 * doubletons / ((n - 1.0) * singletons + 2.0 * doubletons)
    } else {
        2.0 / ((n - 1.0) * (singletons - 1.0) + 2.0)
    };
    seen + singletons / n * tail_sum(1.0 - a, n)
}

/// Σ_{j≥0} z^{j+1}/(n+j) = z/n · ₂F₁(1, n; n+1; z) for 0 ≤ z < 1, by Gauss's continued fraction
/// 1/(1 − a_1 z/(1 − a_2 z/…)), a_{2k+1} = (n+k)²/((n+2k)(n+2k+1)), a_{2k} = k²/((n+2k−1)(n+2k)) [DLMF, 15.7].
/// The terms shrink like e^{−4m√(1−z)}: modified Lentz until they no longer matter.
fn tail_sum(z: f64, n: f64) -> f64 {
    const SETTLED: f64 = 1e-16;
    let (mut value, mut c, mut d) = (1.0, 1.0, 0.0);
    let mut k = 0.0;
    loop {
        let odd = (n + k) * (n + k) / ((n + 2.0 * k) * (n + 2.0 * k + 1.0));
        let next = k + 1.0;
        let even = next * next / ((n + 2.0 * next - 1.0) * (n + 2.0 * next));
        let mut change = 1.0;
        for coefficient in [odd, even] {
            d = 1.0 / (1.0 - coefficient * z * d);
            c = 1.0 - coefficient * z / c;
            change *= c * d;
            value *= c * d;
        }
        if (change - 1.0).abs() <= SETTLED {
            return z / n / value;
        }
        k = next;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The series' powers z^j lose j units in the last place, at the worst case here 1e5 of them.
    const SERIES: f64 = 1e-11;

    #[test]
    fn the_continued_fraction_is_the_series() {
        for n in [1.0, 2.0, 30.0, 1e4] {
            for z in [0.0_f64, 0.1, 0.7, 0.99, 1.0 - 1e-4] {
                let series: f64 = (0..300_000).map(|j| z.powi(j + 1) / (n + f64::from(j))).sum();
                let value = tail_sum(z, n);
                assert!((value - series).abs() <= SERIES * series, "n {n}, z {z}: {value}, series {series}");
            }
        }
    }
}
