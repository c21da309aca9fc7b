//! What a sample says about the atoms that it does not hold.
//!
//! m_k = Σ p(1−p)^k is the chance that draw k + 1 is a new atom. Two figures of the sample bound
//! it: m_n by the number f_1 of atoms seen once (Good and Turing: E f_1 = n m_{n−1}), and how fast
//! it falls by those seen twice, −d ln m_k/d ln k = 2f_2/f_1 at k = n. No sample bounds what is
//! beyond: atoms that are rare enough show in neither. So every bound here assumes that m_k goes on
//! falling at least as fast as it is seen to fall, or that the number of atoms is known.

use statrs::function::beta::beta_reg;
use statrs::function::exponential::integral;
use statrs::function::gamma::gamma_ur;

use crate::source::entropy::chao_wang_jost::weight;
use crate::source::entropy::counts::Counts;

/// Normal quantile of the upper limit of the unseen mass: one-sided 97.5 %.
const MASS_QUANTILE: f64 = 1.96;
/// Error probability of the lower limit of the slope, one-sided.
const SLOPE_LEVEL: f64 = 0.05;
/// Halvings of the bracket of a root.
const HALVINGS: u32 = 60;
/// Excess of the slope over what the order needs, from which on it is taken as it is; log-power
/// laws with infinite entropy stay below (0.15 to 0.25 from 100 to 20,000 draws).
const RESOLVED: f64 = 0.25;
/// Least excess that a bound is computed with.
const LEAST_EXCESS: f64 = 0.125;
/// As many atoms seen once, or fewer, leave the slope open but the unseen mass small, where the
/// draws are many: at most [`SMALL`].
const FEW: u64 = 4;
/// Largest limit of the unseen mass that is small: a few draws that all differ leave it at 1.
const SMALL: f64 = 0.1;

/// Limits on the unseen mass and on how fast it falls.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct UnseenMass {
    /// Upper limit of the mass m_n of the atoms that were not seen, 97.5 %.
    pub mass: f64,
    /// Lower limit of β = −d ln m_k/d ln k at k = n, 95 %: 1 − α for a law whose number of atoms
    /// seen grows like n^α.
    pub slope: f64,
    /// Number of draws.
    n: f64,
    /// Whether so few of many draws were seen once that no slope can be told, and
    /// [`UnseenMass::by_slope`] bounds what is usual.
    pub few: bool,
}

impl UnseenMass {
    /// The limits that `counts` give.
    pub fn of(counts: &Counts) -> Self {
        let (n, once, twice) = (counts.draws() as f64, counts.seen_times(1), counts.seen_times(2));
        // Wilson and Hilferty's limit of a Poisson mean from its count; 0.6 % below the exact one
        // at 0, less elsewhere.
        let next = once as f64 + 1.0;
        let most = next * (1.0 - 1.0 / (9.0 * next) + MASS_QUANTILE / (3.0 * next.sqrt())).powi(3);
        // Clopper and Pearson's limit of the share f_2/(f_1 + f_2).
        let share = match twice {
            0 => 0.0,
            _ => root([0.0, 1.0], |q| beta_reg(twice as f64, next, q) - SLOPE_LEVEL),
        };
        let mass = (most / n).min(1.0);
        Self { mass, slope: 2.0 * share / (1.0 - share), n, few: once <= FEW && mass <= SMALL }
    }

    /// β − (1 − a): for a > 0 the sum over what is unseen converges where it is positive, like Σ
    /// k^{−a−β}.
    fn excess(self, order: f64) -> f64 {
        self.slope + order - 1.0
    }

    /// Whether the slope decides that what is unseen adds a bounded amount to Σ p^a.
    pub fn resolved(self, order: f64) -> bool {
        self.excess(order) >= RESOLVED
    }

    /// Bound on |Σ_{k≥n} w_k m_k| where m_k falls at least like k^{−β}, β the slope (at least ⅛
    /// above 1 − a): m n |w_n|/(β + a − 1).
    pub fn by_slope(self, order: f64) -> f64 {
        self.mass * self.n * weight(self.n, order).abs() / self.excess(order).max(LEAST_EXCESS)
    }

    /// The same for any law of at most `atoms` atoms, a ≤ 1: each adds (x/n)^a Q(1−a, x), x = np (p
    /// E_1(x) at a = 1), which is concave in its share x e^{−x}/n of the unseen mass while it
    /// grows, so that equal shares are the worst.
    pub fn by_alphabet(self, order: f64, atoms: f64) -> f64 {
        const GRID: u32 = 2000;
        let share = self.mass * self.n / atoms;
        let most = if share * std::f64::consts::E >= 1.0 {
            1.0
        } else {
            root([0.0, 1.0], |x| x * (-x).exp() - share)
        };
        let added = |x: f64| match order - 1.0 {
            0.0 => x * integral(x, 1).unwrap_or(0.0),
            _ => x.powf(order) * gamma_ur(1.0 - order, x),
        };
        let largest = (1..=GRID).map(|i| added(most * f64::from(i) / f64::from(GRID))).fold(0.0, f64::max);
        // The grid misses a maximum by less than 1e-6 of it, e^{−np} is (1−p)^n to 1/n of the sum.
        atoms * self.n.powf(-order) * largest * (1.0 + 1e-6 + 1.0 / self.n)
    }
}

/// The root of a growing function on a bracket.
pub fn root([mut low, mut high]: [f64; 2], f: impl Fn(f64) -> f64) -> f64 {
    for _ in 0..HALVINGS {
        let middle = 0.5 * (low + high);
        if f(middle) < 0.0 { low = middle } else { high = middle }
    }
    0.5 * (low + high)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(counts: impl IntoIterator<Item = u64>) -> UnseenMass {
        UnseenMass::of(&Counts::new(counts).expect("enough draws"))
    }

    /// Exact Poisson limits: −ln 0.025 = 3.689 at 0, 17.085 … 18.390 at 10; Clopper and Pearson's 5
    /// % limit of 4 of 15 is 0.0967.
    #[test]
    fn limits_are_the_classical_ones() {
        let none = of([50, 50]);
        assert!(
            (none.mass * 100.0 - 3.689).abs() < 0.03 && none.slope.abs() < 1e-12 && none.few,
            "{none:?}"
        );
        let ten = of([90].into_iter().chain([1; 10]));
        assert!((ten.mass * 100.0 - 18.390).abs() < 0.01 && !ten.few, "{ten:?}");
        let four = of([1; 11].into_iter().chain([2; 4]));
        let share = four.slope / (2.0 + four.slope);
        assert!((share - 0.0967).abs() < 1e-4, "{share}");
        assert!((of([1; 50]).mass - 1.0).abs() < 1e-15);
    }

    /// m_k = c k^{−β} exactly: Σ_{k≥n} m_k/k is within 1/n of c n^{−β}/β.
    #[test]
    fn a_power_law_attains_the_bound_by_slope() {
        let unseen = UnseenMass { mass: 0.1, slope: 0.5, n: 1000.0, few: false };
        for order in [1.0, 0.8, 1.3] {
            let (mut exact, mut w) = (0.0, weight(1000.0, order).abs());
            for k in 1000..4_000_000 {
                let k = f64::from(k);
                exact += w * 0.1 * (k / 1000.0).powf(-0.5);
                w *= (k + 1.0 - order) / (k + 1.0);
            }
            // The rest beyond the last term, by the integral.
            exact += w * 4e6 * 0.1 * 4000_f64.powf(-0.5) / (0.5 + order - 1.0);
            let bound = unseen.by_slope(order);
            assert!((exact / bound - 1.0).abs() < 2e-3, "order {order}: {exact}, bound {bound}");
        }
    }

    /// The uniform law on N atoms has all shares equal: given its m_n, nothing of N atoms adds
    /// more.
    #[test]
    fn a_uniform_law_attains_the_bound_by_alphabet() {
        let (n, atoms) = (1000.0, 4000.0_f64);
        let p = 1.0 / atoms;
        let unseen = UnseenMass { mass: (-n * p).exp(), slope: 0.0, n, few: false };
        for order in [0.5, 1.0] {
            let (mut exact, mut w) = (0.0, weight(n, order));
            for k in 1000..200_000 {
                let k = f64::from(k);
                exact += w * ((-p).ln_1p() * k).exp();
                w *= (k + 1.0 - order) / (k + 1.0);
            }
            let bound = unseen.by_alphabet(order, atoms);
            // x = ¼ is below the maxima of x E_1(x) at 0.434 and √x erfc √x at 0.28; 1/n of it is
            // the sum for the integral.
            assert!((bound / exact - 1.0).abs() < 2e-3, "order {order}: {exact}, bound {bound}");
        }
    }
}
