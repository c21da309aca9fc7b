//! The estimator of Chao, Wang and Jost: unbiased where the sample tells, extrapolated by the last
//! rate of new atoms beyond.
//!
//! Σ p^a = Σ_{k≥0} w_k m_k with m_k = Σ p(1−p)^k, the chance that draw k + 1 is a new atom, and
//! w_k = Γ(k+1−a)/(Γ(1−a) k!). For k < n the counts have unbiased estimates of m_k, whose sum has a
//! closed form (Chu and Vandermonde); for k ≥ n the curve goes on as m_n (1−A)^{k−n}, the least
//! that a mixture of powers with this slope can do (m_k is log-convex).

use statrs::function::gamma::{digamma, gamma, ln_gamma};

use crate::numeric::estimate::Method;
use crate::source::entropy::Estimator;
use crate::source::entropy::counts::Counts;

/// Listing of [`value`].
pub const CHAO_WANG_JOST: Estimator = Estimator {
    method: Method::ChaoWangJost,
    formula: "Σ p^a ≈ Γ(n+1−a)/n! Σ c!/Γ(c+1−a) + f_1/n Σ_{k≥n} w_k (1−A)^{k−n+1}, A = 2f_2/((n−1)f_1 + 2f_2)",
    cite: "[CWJ13, eq. (7)]; [CJ15]",
    assumes: "any finite order; unseen atoms as rare as their last rate of appearing says",
    value,
};

/// Arguments from which Stirling's series gives ln Γ differences to 1e-15.
const STIRLING: f64 = 32.0;

/// Ĥ_a, nats, from [`seen`] + [`unseen`]: itself at a = 1, (1−a)⁻¹ ln of it otherwise. `None` for
/// an infinite order; NaN where the estimate of Σ p^a is not positive (no atom was seen often
/// enough for a high order).
pub fn value(counts: &Counts, order: f64) -> Option<f64> {
    order.is_finite().then(|| of_sum(seen(counts, order) + unseen(counts, order), order))
}

/// The entropy that belongs to a sum: Σ p ln 1/p itself at order 1, (1−a)⁻¹ ln Σ p^a otherwise.
pub fn of_sum(sum: f64, order: f64) -> f64 {
    match () {
        () if order - 1.0 == 0.0 => sum,
        () if sum > 0.0 => sum.ln() / (1.0 - order),
        () => f64::NAN,
    }
}

/// What n draws tell without bias of Σ p^a (of Σ p ln 1/p at a = 1): the terms k < n.
pub fn seen(counts: &Counts, order: f64) -> f64 {
    let n = counts.draws() as f64;
    if order - 1.0 == 0.0 {
        return counts.sum(|c| c * (digamma(n) - digamma(c))) / n;
    }
    let whole = ratio(n, order);
    counts.sum(|c| ratio(c, order) / whole)
}

/// The terms k ≥ n, extrapolated; 0 for whole orders from 2 on, and where no atom was seen once.
pub fn unseen(counts: &Counts, order: f64) -> f64 {
    let n = counts.draws() as f64;
    let (singletons, doubletons) = (counts.seen_times(1) as f64, counts.seen_times(2) as f64);
    if singletons < 1.0 {
        return 0.0;
    }
    let a = if doubletons > 0.0 {
        2.0 * doubletons / ((n - 1.0) * singletons + 2.0 * doubletons)
    } else {
        2.0 / ((n - 1.0) * (singletons - 1.0) + 2.0)
    };
    singletons / n * (1.0 - a) * weight(n, order) * gauss(n + 1.0 - order, n + 1.0, 1.0 - a)
}

/// w_n = Γ(n+1−a)/(Γ(1−a) n!); at a = 1, where the sum is of p ln 1/p, 1/n.
pub fn weight(n: f64, order: f64) -> f64 {
    match 1.0 - order {
        0.0 => 1.0 / n,
        z if z < 0.0 && z.fract() == 0.0 => 0.0,
        z => 1.0 / (gamma(z) * ratio(n, order)),
    }
}

/// c!/Γ(c+1−a), c ≥ 1 whole: without loss of digits where c is large, 0 at the poles.
fn ratio(c: f64, order: f64) -> f64 {
    let (y, z) = (c + 1.0, c + 1.0 - order);
    if z >= STIRLING && y >= STIRLING {
        let series = |x: f64| {
            let r = 1.0 / (x * x);
            (1.0 / 12.0 + r * (-1.0 / 360.0 + r * (1.0 / 1260.0 - r / 1680.0))) / x
        };
        let step = -(y - 0.5) * (-order / y).ln_1p() - order;
        (order * z.ln() + step + series(y) - series(z)).exp()
    } else if z > 0.0 {
        (ln_gamma(y) - ln_gamma(z)).exp()
    } else if z.fract() == 0.0 {
        0.0
    } else {
        // 1/Γ(z) = Γ(1−z) sin(πz)/π.
        let sine = (std::f64::consts::PI * z.rem_euclid(2.0)).sin();
        (ln_gamma(y) + ln_gamma(1.0 - z)).exp() * sine / std::f64::consts::PI
    }
}

/// ₂F₁(1, b; c; z), 0 ≤ z < 1, c ≥ b > 0, by Gauss's continued fraction 1/(1 − a_1 z/(1 − a_2
/// z/…)), a_{2k+1} = (b+k)(c−1+k)/((c+2k−1)(c+2k)), a_{2k} = k(c−b+k−1)/((c+2k−2)(c+2k−1))
/// [DLMF, 15.7]. The terms shrink like e^{−4m√(1−z)}: modified Lentz until they no longer matter.
fn gauss(b: f64, c: f64, z: f64) -> f64 {
    const SETTLED: f64 = 1e-16;
    const MOST: f64 = 1e6;
    let (mut value, mut numerator, mut denominator) = (1.0, 1.0, 0.0);
    let mut k = 0.0;
    loop {
        let odd = (b + k) * (c - 1.0 + k) / ((c + 2.0 * k - 1.0) * (c + 2.0 * k));
        let next = k + 1.0;
        let even = next * (c - b + k) / ((c + 2.0 * k) * (c + 2.0 * k + 1.0));
        let mut change = 1.0;
        for coefficient in [odd, even] {
            denominator = 1.0 / (1.0 - coefficient * z * denominator);
            numerator = 1.0 - coefficient * z / numerator;
            change *= numerator * denominator;
            value *= numerator * denominator;
        }
        if (change - 1.0).abs() <= SETTLED || next >= MOST {
            return 1.0 / value;
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
        for (b, c) in [(1.0, 2.0), (30.0, 31.0), (30.5, 31.0), (1e4 + 0.1, 1e4 + 1.0), (9.2, 11.0)] {
            for z in [0.0_f64, 0.1, 0.7, 0.99, 1.0 - 1e-4] {
                let (mut series, mut term) = (0.0, 1.0);
                for j in 0..300_000 {
                    series += term;
                    term *= z * (b + f64::from(j)) / (c + f64::from(j));
                }
                let value = gauss(b, c, z);
                assert!(
                    (value - series).abs() <= SERIES * series,
                    "{b}, {c}, {z}: {value}, series {series}"
                );
            }
        }
    }

    /// Order 2: pairs of equal draws over all pairs, whatever was seen once.
    #[test]
    fn whole_orders_count_coincidences() {
        let counts = Counts::new([5, 3, 1, 1]).expect("enough draws");
        let pairs: f64 = (20.0 + 6.0) / 90.0;
        assert!((value(&counts, 2.0).expect("finite") + pairs.ln()).abs() < 1e-13);
        let triples: f64 = (60.0 + 6.0) / 720.0;
        assert!((value(&counts, 3.0).expect("finite") + 0.5 * triples.ln()).abs() < 1e-13);
        assert!(value(&Counts::new([1, 1, 1]).expect("enough draws"), 2.0).expect("finite").is_nan());
    }

    /// E Σ over all samples of n = 6 of {p, 1−p} is Σ_{k<n} w_k m_k by the definition.
    #[test]
    fn what_is_seen_is_unbiased() {
        const N: u64 = 6;
        for p in [0.1_f64, 0.35] {
            for order in [0.0, 0.5, 1.0 + 1e-3, 1.5, 2.5] {
                let (mut mean, mut exact, mut w) = (0.0, 0.0, 1.0);
                let mut ways = 1.0;
                for c in 0..=N {
                    let chance = ways * p.powi(c as i32) * (1.0 - p).powi((N - c) as i32);
                    mean += chance * seen(&Counts::new([c, N - c]).expect("enough draws"), order);
                    ways *= (N - c) as f64 / (c + 1) as f64;
                }
                for k in 0..N {
                    let new = p * (1.0 - p).powi(k as i32) + (1.0 - p) * p.powi(k as i32);
                    exact += w * new;
                    w *= (k as f64 + 1.0 - order) / (k as f64 + 1.0);
                }
                assert!((mean - exact).abs() < 1e-13, "p {p}, order {order}: {mean}, {exact}");
            }
        }
    }

    #[test]
    fn orders_near_1_join_shannon() {
        let counts = Counts::new([50, 20, 7, 2, 2, 1, 1, 1]).expect("enough draws");
        let [below, at, above] = [1.0 - 1e-5, 1.0, 1.0 + 1e-5].map(|a| value(&counts, a).expect("finite"));
        assert!(
            (0.5 * (below + above) - at).abs() < 1e-8 && below > at && at > above,
            "{below}, {at}, {above}"
        );
    }

    #[test]
    fn large_counts_lose_no_digits() {
        // c!/Γ(c + ½) = √c (1 + 1/(8c) + 1/(128c²) − …).
        for c in [40.0_f64, 1e4, 1e7] {
            let expected =
                c.sqrt() * (1.0 + 1.0 / (8.0 * c) + 1.0 / (128.0 * c * c) - 5.0 / (1024.0 * c.powi(3)));
            let value = ratio(c, 0.5);
            assert!((value / expected - 1.0).abs() < 1e-8 / c + 4e-15 * c.ln(), "{c}: {value}, {expected}");
        }
    }
}
