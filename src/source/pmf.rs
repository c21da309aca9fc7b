//! What a discrete law knows exactly of its information content ι(X) = −ln p(X).

use std::fmt::Debug;

use crate::estimate::Estimate;
use crate::numeric::sum::compensated;

/// Entropies of a discrete law, nats. Infinite values are `Estimate { value: ∞, bound: 0 }`, never a truncated sum.
pub trait Pmf: Debug + Send + Sync {
    /// Number of atoms, exact to rounding: ∞ for infinitely many, 2^d for a hypercube however large d is.
    fn atoms(&self) -> f64;
    /// Shannon entropy H = E ι.
    fn shannon(&self) -> Estimate;
    /// Rényi entropy of order a: (1−a)⁻¹ ln Σ p^a; a = 1 is Shannon's, a = ∞ the min-entropy −ln max p, a = 0 is
    /// ln of the number of atoms. The same formula extends it to a < 0, where it is ∞ for infinitely many atoms.
    fn renyi(&self, order: f64) -> Estimate;
    /// Varentropy V = Var ι.
    fn info_variance(&self) -> Estimate;
    /// Sub-exponential norm of ι about its mean: inf{t > 0 : E exp(|ι − H|/t) ≤ 2}.
    fn psi1(&self) -> Estimate;
}

/// Relative rounding error granted to a compensated sum of a few elementary functions.
const ROUNDING: f64 = 8.0 * f64::EPSILON;
/// Halvings after which a bracket of adjacent magnitude is closed to the last place.
const HALVINGS: usize = 80;

/// A closed form with a wider bound than the usual 4 ulp.
pub(crate) fn closed_form(value: f64, bound: f64) -> Estimate {
    let exact = Estimate::exact(value);
    if value.is_finite() { Estimate { bound: exact.bound.max(bound), ..exact } } else { exact }
}

/// The t in (`above`, ∞) with `mean_exp(t)` = 2, for the decreasing function `mean_exp(t)` = E exp(|ι − H|/t) that is
/// infinite at or below `above`.
///
/// With Y = |ι − H|/t, convexity gives −t·d/dt E e^Y = E Y e^Y ≥ E e^Y − 1 = 1 there: an error δ of `mean_exp` moves t
/// by at most t·δ. `scale` is the size of the numbers whose difference ι − H is (their rounding moves t as well).
pub(crate) fn sub_exponential_norm(above: f64, scale: f64, mean_exp: impl Fn(f64) -> f64) -> Estimate {
    let mut step = if above > 0.0 { above } else { scale.max(f64::MIN_POSITIVE) };
    while mean_exp(above + step) > 2.0 {
        step *= 2.0;
    }
    let (mut low, mut high) = (above, above + step);
    for _ in 0..HALVINGS {
        let middle = 0.5 * (low + high);
        if middle <= low || middle >= high {
            break;
        }
        if mean_exp(middle) <= 2.0 { high = middle } else { low = middle }
    }
    Estimate::quadrature(high, (high - low) + ROUNDING * (2.0 * high + scale))
}

/// Finitely many weights p_i > 0 with Σ p_i = 1: every entropy is a finite sum.
#[derive(Debug, Clone)]
pub struct FinitePmf {
    weights: Vec<f64>,
    /// How many atoms have each weight; `None` for one each.
    counts: Option<Vec<f64>>,
}

impl FinitePmf {
    /// `weights` positive, normalised to 1 (the caller's constructor has checked them).
    pub fn new(weights: Vec<f64>) -> Self {
        Self { weights, counts: None }
    }

    /// `counts[i]` ≥ 1 atoms of weight `weights[i]`, as many as one likes: Σ count·p = 1.
    pub fn counted(weights: Vec<f64>, counts: Vec<f64>) -> Self {
        Self { weights, counts: Some(counts) }
    }

    /// Σ f(p) over the atoms.
    fn sum(&self, f: impl Fn(f64) -> f64) -> f64 {
        match &self.counts {
            None => compensated(self.weights.iter().map(|&p| f(p))),
            Some(counts) => compensated(self.weights.iter().zip(counts).map(|(&p, count)| count * f(p))),
        }
    }

    /// E f(ι) by direct summation.
    fn mean(&self, f: impl Fn(f64) -> f64) -> f64 {
        self.sum(|p| p * f(-p.ln()))
    }

    /// ln Σ p^a for a finite order a.
    fn ln_power_sum(&self, order: f64) -> f64 {
        // ln(1 + Σ p (e^{(1−a)ι} − 1)) keeps small entropies; away from a = 1 the largest term goes in front.
        let excess = self.mean(|content| ((1.0 - order) * content).exp_m1());
        if excess.abs() <= 0.5 {
            return excess.ln_1p();
        }
        let largest = self.weights.iter().map(|p| order * p.ln()).fold(f64::NEG_INFINITY, f64::max);
        largest + self.sum(|p| (order * p.ln() - largest).exp()).ln()
    }
}

impl Pmf for FinitePmf {
    fn atoms(&self) -> f64 {
        self.sum(|_| 1.0)
    }

    fn shannon(&self) -> Estimate {
        let shannon = self.mean(|content| content);
        closed_form(shannon, ROUNDING * (1.0 + shannon))
    }

    fn renyi(&self, order: f64) -> Estimate {
        let value = match order {
            0.0 => self.atoms().ln(),
            1.0 => return self.shannon(),
            f64::INFINITY => -self.weights.iter().copied().fold(0.0, f64::max).ln(),
            a => self.ln_power_sum(a) / (1.0 - a),
        };
        closed_form(value, ROUNDING * (1.0 + value + order.abs().min(1.0) * value))
    }

    fn info_variance(&self) -> Estimate {
        let shannon = self.shannon().value;
        let variance = self.mean(|content| (content - shannon).powi(2));
        closed_form(variance, ROUNDING * (variance + (1.0 + shannon) * variance.sqrt()))
    }

    fn psi1(&self) -> Estimate {
        let shannon = self.shannon().value;
        let spread = self.weights.iter().map(|p| (-p.ln() - shannon).abs()).fold(0.0, f64::max);
        if spread <= ROUNDING * (1.0 + shannon) {
            return closed_form(0.0, spread);
        }
        sub_exponential_norm(0.0, 1.0 + shannon, |t| self.mean(|content| ((content - shannon).abs() / t).exp()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use quickcheck::{Arbitrary, Gen, quickcheck};

    /// 1 … 40 weights spread over up to 13 decades, normalised.
    #[derive(Debug, Clone)]
    struct Weights(Vec<f64>);

    impl Arbitrary for Weights {
        fn arbitrary(g: &mut Gen) -> Self {
            let n = 1 + usize::arbitrary(g) % 40;
            let decades = f64::from(u8::arbitrary(g) % 14);
            let raw: Vec<f64> =
                (0..n).map(|_| 10_f64.powf(-decades * f64::from(u16::arbitrary(g)) / 65_535.0)).collect();
            let total: f64 = raw.iter().sum();
            Self(raw.into_iter().map(|w| w / total).collect())
        }

        fn shrink(&self) -> Box<dyn Iterator<Item = Self>> {
            let weights = self.0.clone();
            Box::new((1..weights.len()).map(move |n| {
                let total: f64 = weights[..n].iter().sum();
                Self(weights[..n].iter().map(|w| w / total).collect())
            }))
        }
    }

    const ORDERS: [f64; 11] = [-0.5, 0.0, 0.1, 0.5, 0.999, 1.0, 1.001, 2.0, 7.0, 300.0, f64::INFINITY];
    /// Orders 0.001 away from 1 divide a rounding error by 0.001.
    const SLACK: f64 = 1e-12;

    quickcheck! {
        fn renyi_entropies_do_not_increase_with_the_order(weights: Weights) -> bool {
            let pmf = FinitePmf::new(weights.0);
            let values = ORDERS.map(|a| pmf.renyi(a).value);
            values.windows(2).all(|pair| pair[1] <= pair[0] + SLACK * (1.0 + pair[0]))
        }

        fn entropies_are_between_zero_and_ln_n(weights: Weights) -> bool {
            let pmf = FinitePmf::new(weights.0);
            let most = pmf.atoms().ln() + SLACK;
            let shannon = pmf.shannon().value;
            (-SLACK..=most).contains(&shannon) && pmf.renyi(0.5).value + SLACK >= shannon
                && ORDERS[1..].iter().all(|&a| (-SLACK..=most).contains(&pmf.renyi(a).value))
        }

        fn a_product_adds_entropies_and_variances(a: Weights, b: Weights) -> bool {
            let both = a.0.iter().flat_map(|x| b.0.iter().map(move |y| x * y)).collect();
            let [a, b, both] = [a.0, b.0, both].map(FinitePmf::new);
            let adds = |f: fn(&FinitePmf) -> f64| {
                let (whole, parts) = (f(&both), f(&a) + f(&b));
                (whole - parts).abs() <= SLACK * (1.0 + parts)
            };
            adds(|p| p.shannon().value) && adds(|p| p.renyi(0.5).value) && adds(|p| p.renyi(2.0).value)
                && adds(|p| p.info_variance().value)
        }

        /// ψ1 is at least E|ι − H|/ln 2 (Jensen), and E exp(|ι − H|/ψ1) = 2.
        fn psi1_solves_its_equation(weights: Weights) -> bool {
            let pmf = FinitePmf::new(weights.0);
            let (norm, shannon) = (pmf.psi1(), pmf.shannon().value);
            if norm.value <= 1e-9 {
                return pmf.info_variance().value <= 1e-9;
            }
            let mean = |t: f64| pmf.weights.iter().map(|p| p * ((-p.ln() - shannon).abs() / t).exp()).sum::<f64>();
            let least = pmf.mean(|content| (content - shannon).abs()) / std::f64::consts::LN_2;
            let slack = 1e-9 + norm.bound / norm.value;
            norm.value >= least * (1.0 - slack)
                && mean(norm.value * (1.0 - slack)) >= 2.0 && mean(norm.value * (1.0 + slack)) <= 2.0
        }
    }

    #[test]
    fn a_uniform_law_has_one_entropy_of_every_order() {
        let pmf = FinitePmf::new(vec![1.0 / 1000.0; 1000]);
        for order in ORDERS {
            let entropy = pmf.renyi(order);
            let error = (entropy.value - 1000_f64.ln()).abs();
            assert!(error <= entropy.bound, "order {order}: error {error:e}, bound {:e}", entropy.bound);
        }
        assert!(pmf.psi1().value < 1e-13 && pmf.info_variance().value < 1e-25);
    }
}
