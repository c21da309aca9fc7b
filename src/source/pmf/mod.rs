//! What a discrete law knows exactly of its information content ι(X) = −ln p(X).

pub mod geometric;
pub mod log_power;
pub mod poisson;
pub mod product;
pub mod quantized;
pub mod zipf;

use std::fmt::Debug;

use crate::numeric::estimate::Estimate;
use crate::numeric::sum::compensated;

/// Entropies of a discrete law, nats. Infinite values are `Estimate { value: ∞, bound: 0 }`, never
/// a truncated sum.
pub trait Pmf: Debug + Send + Sync {
    /// Number of atoms, exact to rounding: ∞ for infinitely many, 2^d for a hypercube however large
    /// d is.
    fn atoms(&self) -> f64;
    /// Shannon entropy H = E ι.
    fn shannon(&self) -> Estimate;
    /// Rényi entropy of order a: (1−a)⁻¹ ln Σ p^a; a = 1 is Shannon's, a = ∞ the min-entropy −ln
    /// max p, a = 0 is ln of the number of atoms. The same formula extends it to a < 0, where it is
    /// ∞ for infinitely many atoms.
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

/// Rényi entropy of order a ≠ 1 from the content c of one atom and r = Σ e^{−a(ι−c)} over the
/// others: H_a = c + (c − ln(1 + r))/(a − 1), which no order overflows and no small entropy loses
/// its digits in.
///
/// c has the relative error `content_error`, and r/(a − 1) the absolute error `rest_error`.
pub(crate) fn from_rest(
    order: f64,
    content: f64,
    content_error: f64,
    rest: f64,
    rest_error: f64,
) -> Estimate {
    let excess = order - 1.0;
    let ln_sum = rest.ln_1p();
    let rounding = ROUNDING * (content + (content + ln_sum) / excess.abs());
    let error = content_error * content * (1.0 + 1.0 / excess.abs()) + rest_error / (1.0 + rest);
    closed_form(content + (content - ln_sum) / excess, error + rounding)
}

/// What an error `relative`·(1 + ι) of a content makes of its e^{−a(ι−c)}, and the rounding of
/// that, over a − 1.
pub(crate) fn ratio_error(order: f64, content: f64, relative: f64) -> f64 {
    relative * (1.0 / (order - 1.0).abs() + (order / (order - 1.0)).abs() * (1.0 + content))
}

/// p(e^{−δι} − 1), p = e^{−ι}, also where one factor is 0 and the other infinite.
pub(crate) fn tilted_excess(content: f64, d: f64) -> f64 {
    if -d * content > 1.0 {
        (-(1.0 + d) * content).exp() - (-content).exp()
    } else {
        (-content).exp() * (-d * content).exp_m1()
    }
}

/// Rényi entropy of order a = 1 + δ from the cumulants κ_1 = H, κ_2 = V, κ_3 of ι: with ln Σ p^a =
/// ln E e^{−δι}, H_a = κ_1 − δκ_2/2 + δ²κ_3/6 − …; what is left is at most |δ|³κ_4/24, `fourth`
/// bounding κ_4 for the orders between.
pub(crate) fn from_cumulants(order: f64, cumulants: [Estimate; 3], fourth: f64) -> Estimate {
    let d = order - 1.0;
    let [h, v, third] = cumulants;
    let value = h.value - d * (0.5 * v.value - d * third.value / 6.0);
    let error =
        h.bound + 0.5 * d.abs() * v.bound + d * d * third.bound / 6.0 + d.abs().powi(3) * fourth / 24.0;
    closed_form(value, error + ROUNDING * value.abs())
}

/// The one of two estimates of the same number with the smaller bound.
pub(crate) fn sharper(a: Estimate, b: Estimate) -> Estimate {
    // A bound that is not a number is no bound.
    if b.bound < a.bound { b } else { a }
}

/// The t in (`above`, ∞) with `mean_exp(t)` = 2, for the decreasing function `mean_exp(t)` = E
/// exp(|ι − H|/t) that is infinite at or below `above`.
///
/// With Y = |ι − H|/t, convexity gives −t·d/dt E e^Y = E Y e^Y ≥ E e^Y − 1 = 1 there: an error δ of
/// `mean_exp` moves t by at most t·δ. `scale` is the size of the numbers whose difference ι − H is
/// (their rounding moves t as well).
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
    /// ι_i = −ln p_i.
    contents: Vec<f64>,
}

impl FinitePmf {
    /// `weights` positive, normalised to 1 (the caller's constructor has checked them).
    ///
    /// The content of an atom of more than half the mass is −ln(1 − the others'): 1 − p has lost
    /// the digits of p.
    pub fn new(weights: Vec<f64>) -> Self {
        Self::counted(weights, None)
    }

    /// `counts[i]` ≥ 1 atoms of weight `weights[i]`, as many as one likes: Σ count·p = 1; `None`
    /// for one each.
    pub fn counted(weights: Vec<f64>, counts: Option<Vec<f64>>) -> Self {
        let mut contents: Vec<f64> = weights.iter().map(|p| -p.ln()).collect();
        if let Some(i) = weights.iter().position(|&p| p > 0.5) {
            let count = |j: usize| counts.as_ref().map_or(1.0, |counts| counts[j]);
            let others = (0..weights.len()).filter(|&j| j != i).map(|j| count(j) * weights[j]);
            contents[i] = -(-compensated(others)).ln_1p();
        }
        Self { weights, counts, contents }
    }

    /// How many atoms have weight i.
    fn count(&self, i: usize) -> f64 {
        self.counts.as_ref().map_or(1.0, |counts| counts[i])
    }

    /// E f(ι) by direct summation.
    fn mean(&self, f: impl Fn(f64) -> f64) -> f64 {
        compensated((0..self.weights.len()).map(|i| self.count(i) * self.weights[i] * f(self.contents[i])))
    }
}

/// The relative error of E f(ι), f(0) = 0: that of p, and that of ι of the atoms of at most half
/// the mass, whose mass is at most H/ln 2.
const MEAN: f64 = 2.5 * ROUNDING;

impl Pmf for FinitePmf {
    fn atoms(&self) -> f64 {
        compensated((0..self.weights.len()).map(|i| self.count(i)))
    }

    fn shannon(&self) -> Estimate {
        let shannon = self.mean(|content| content);
        closed_form(shannon, MEAN * shannon)
    }

    fn renyi(&self, order: f64) -> Estimate {
        let excess = order - 1.0;
        let least = self.contents.iter().copied().fold(f64::INFINITY, f64::min);
        if order.is_infinite() {
            return closed_form(least, ROUNDING * least);
        }
        if order.abs() <= 0.0 {
            return Estimate::exact(self.atoms().ln());
        }
        if excess.abs() <= 0.0 {
            return self.shannon();
        }
        // Σ p^a − 1 = Σ p (e^{(1−a)ι} − 1): keeps small entropies, and a near 1.
        let value = self.mean(|content| (-excess * content).exp_m1());
        if value.abs() <= 0.5 {
            let entropy = value.ln_1p() / -excess;
            return closed_form(entropy, 2.0 * MEAN * entropy.abs());
        }
        // Relative to the likeliest atom, or to the least likely one for a < 0.
        let key = |content: &f64| if order > 0.0 { *content } else { -*content };
        let all = self.contents.iter();
        let Some(front) = all.clone().enumerate().min_by(|a, b| key(a.1).total_cmp(&key(b.1))) else {
            return Estimate::exact(0.0);
        };
        let others = all
            .enumerate()
            .map(|(i, &content)| (self.count(i) - f64::from(u8::from(i == front.0)), content));
        let ratios = others.map(|(count, content)| (content, count * (-order * (content - front.1)).exp()));
        let error =
            ratios.clone().map(|(content, ratio)| ratio * ratio_error(order, content, ROUNDING)).sum();
        let rest = compensated(ratios.map(|(_, ratio)| ratio));
        // The content of a lesser mass is off by the rounding of its weight.
        let content_error = if *front.1 < std::f64::consts::LN_2 { ROUNDING } else { 2.5 * ROUNDING };
        from_rest(order, *front.1, content_error, rest, error)
    }

    fn info_variance(&self) -> Estimate {
        let shannon = self.shannon().value;
        let variance = self.mean(|content| (content - shannon).powi(2));
        // An error of ι − H moves a square by twice its root: those of H, of the contents, and of
        // the lesser weights.
        let size =
            |content: f64| shannon + content + if content > std::f64::consts::LN_2 { 1.0 } else { 0.0 };
        let error = ROUNDING * self.mean(|content| size(content).powi(2)).sqrt();
        closed_form(variance, ROUNDING * variance + 2.0 * error * variance.sqrt() + error * error)
    }

    fn psi1(&self) -> Estimate {
        let shannon = self.shannon().value;
        let spread = self.contents.iter().map(|content| (content - shannon).abs()).fold(0.0, f64::max);
        if spread <= ROUNDING * (1.0 + shannon) {
            return closed_form(0.0, spread);
        }
        sub_exponential_norm(0.0, 1.0 + shannon, |t| {
            self.mean(|content| ((content - shannon).abs() / t).exp())
        })
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

    const ORDERS: [f64; 12] =
        [-0.5, 0.0, 0.1, 0.5, 0.999, 1.0, 1.001, 2.0, 7.0, 300.0, 1e308, f64::INFINITY];
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
            let mean = |t: f64| pmf.mean(|content| ((content - shannon).abs() / t).exp());
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
