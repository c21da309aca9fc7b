//! The entropy of the law behind a sample, with an interval that its unseen atoms are part of, or
//! the answer that it cannot be told.
//!
//! Every estimator is given the same interval, that of Chao, Wang and Jost's value: what is seen is
//! unbiased, what is unseen is bounded by [`UnseenMass`]. Its distance from that value is part of
//! an estimator's bound. The 95 % intervals miss at most 5 % of the time on the laws of
//! `tests::intervals_cover`.

use statrs::function::beta::beta_reg;

use crate::error::{Error, Result};
use crate::numeric::estimate::{Estimate, Flags};
use crate::source::entropy::Estimator;
use crate::source::entropy::chao_wang_jost::{self, of_sum};
use crate::source::entropy::counts::Counts;
use crate::source::entropy::unseen::{UnseenMass, root};

/// Orders nearer to 1 than this are Shannon's, with the difference in the bound.
const NEAR_SHANNON: f64 = 1e-6;
/// Relative rounding of sums of digamma and gamma functions of counts.
const ROUNDING: f64 = 1e-13;
/// Normal quantile of a 95 % interval and the error probability on each side.
const QUANTILE: f64 = 1.96;
const SIDE: f64 = 0.025;

/// Rényi entropy of order a = `order` ≥ 0 (1: Shannon, ∞: min-entropy) of the law that `counts`
/// were drawn from, by `estimator`, nats; `alphabet` is the largest number of atoms that it may
/// have, if one is known.
///
/// value ± (1.96 std_err + bound) is meant to cover at 95 %: `std_err` is the jackknife's, and no
/// less than what one draw of a new atom changes; `bound` is the distance from the reference value
/// and what is unseen may add. Where nothing bounds that, `bound` is ∞, [`Flags::unseen`] is set
/// and the estimate is not believed: for a < 1 without an alphabet always.
///
/// # Errors
/// [`Error::Invalid`] for an order that is negative or NaN, one that the estimator does not have,
/// or an alphabet smaller than the number of atoms seen.
pub fn estimate(
    counts: &Counts,
    estimator: &Estimator,
    order: f64,
    alphabet: Option<f64>,
) -> Result<Estimate> {
    if order.is_nan() || order < 0.0 {
        return Err(Error::invalid("renyi", format!("the order must be ≥ 0, not {order}")));
    }
    let asked = if (order - 1.0).abs() < NEAR_SHANNON { 1.0 } else { order };
    let value = (estimator.value)(counts, asked).ok_or_else(|| {
        let remedy = "take plug-in, which has every order, or chao-wang-jost, which has every finite one";
        Error::invalid("--method", format!("{} has no order {order}: {remedy}", estimator.method))
    })?;
    if let Some(atoms) = alphabet.filter(|&atoms| atoms < counts.seen() as f64) {
        let message = format!("{} atoms were seen, more than {atoms}", counts.seen());
        return Err(Error::invalid("--alphabet", message));
    }
    let found = match asked.is_infinite() {
        true => largest_atom(counts, value, alphabet),
        false => finite_order(counts, estimator, value, asked, alphabet),
    };
    // |H_a − H_1| ≤ |a − 1|·sup Var ι/2 between them, here with the varentropy of as many atoms as n draws can show.
    let distance = (order - asked).abs() * (counts.draws() as f64).ln().powi(2);
    let distance = if order.is_finite() { distance } else { 0.0 };
    let estimate =
        Estimate { bound: found.bound + distance, n: counts.draws(), method: estimator.method, ..found };
    Ok(alphabet.map_or(estimate, |atoms| estimate.within([0.0, atoms.ln()])))
}

/// The interval for a finite order.
fn finite_order(
    counts: &Counts,
    estimator: &Estimator,
    value: f64,
    order: f64,
    alphabet: Option<f64>,
) -> Estimate {
    let own = |counts: &Counts| (estimator.value)(counts, order).unwrap_or(f64::NAN);
    let reference = |counts: &Counts| chao_wang_jost::value(counts, order).unwrap_or(f64::NAN);
    let (center, unseen) = (reference(counts), UnseenMass::of(counts));
    let one_draw = (reference(&counts.with_a_new_atom()) - center).abs();
    let of_reference = counts.std_err(reference).max(one_draw);
    let errors = [counts.std_err(own), counts.std_err(reference), one_draw];
    let std_err = if errors.iter().any(|e| e.is_nan()) {
        f64::INFINITY
    } else {
        errors.into_iter().fold(0.0, f64::max)
    };
    let by_slope = bias(counts, order, center, unseen.by_slope(order), unseen.resolved(order));
    // Below order 1 atoms too rare to show in the slope weigh without bound.
    let decided = order >= 1.0 && (unseen.resolved(order) || unseen.few || by_slope <= 2.0 * of_reference);
    let by_slope = if decided { by_slope } else { f64::INFINITY };
    let by_alphabet = alphabet
        .filter(|_| order <= 1.0)
        .map_or(f64::INFINITY, |atoms| bias(counts, order, center, unseen.by_alphabet(order, atoms), false));
    let rounding = ROUNDING * (1.0 + center.abs())
        / if order - 1.0 == 0.0 { 1.0 } else { (1.0 - order).abs().min(1.0) };
    let bound = (value - center).abs() + by_slope.min(by_alphabet) + rounding;
    told(value, std_err, bound, unseen)
}

/// How far `center` may be from the truth where what is unseen adds at most `most` to the sum of
/// what is seen (takes it away for 1 < a < 2, either for a > 2). The extrapolation inside `center`
/// is a lower bound of it that the standard error covers only where the slope is `resolved`.
fn bias(counts: &Counts, order: f64, center: f64, most: f64, resolved: bool) -> f64 {
    let seen = chao_wang_jost::seen(counts, order);
    let farthest = |sum: f64| {
        let end = of_sum(sum, order);
        if end.is_nan() { f64::INFINITY } else { (end - center).abs() }
    };
    let sign = if order > 1.0 { -1.0 } else { 1.0 };
    let beyond = farthest(seen + sign * most);
    let other = if order > 2.0 { farthest(seen + most) } else { 0.0 };
    let none = if resolved { 0.0 } else { farthest(seen) };
    beyond.max(other).max(none)
}

/// The min-entropy, from limits on the largest p: above, Clopper and Pearson's for the atom that
/// has it; below, x such that no law with all p ≤ x shows an atom `c` times with more than 2.5 %,
/// x⁻¹ P(Bin(n, x) ≥ c) by the union bound.
fn largest_atom(counts: &Counts, value: f64, alphabet: Option<f64>) -> Estimate {
    let (n, c) = (counts.draws() as f64, counts.largest());
    let most = if c >= n { 1.0 } else { root([0.0, 1.0], |x| beta_reg(c + 1.0, n - c, x) - (1.0 - SIDE)) };
    let least = if c < 2.0 { 0.0 } else { root([0.0, c / n], |x| beta_reg(c, n - c + 1.0, x) / x - SIDE) };
    let least = least.max(alphabet.map_or(0.0, |atoms| 1.0 / atoms));
    let std_err = ((1.0 - c / n) / c).sqrt();
    let farther = (value + most.ln()).max(-least.ln() - value);
    told(
        value,
        std_err,
        (farther - QUANTILE * std_err).max(0.0) + ROUNDING * (1.0 + value.abs()),
        UnseenMass::of(counts),
    )
}

/// An estimate that is not believed where it has no bound or no value.
fn told(value: f64, std_err: f64, bound: f64, unseen: UnseenMass) -> Estimate {
    let known = value.is_finite() && std_err.is_finite() && bound.is_finite();
    let flags =
        Flags { unseen: (!known).then_some(unseen.mass), failed: value.is_nan(), ..Flags::default() };
    Estimate { std_err, bound: if known { bound } else { f64::INFINITY }, flags, ..Estimate::exact(value) }
}

#[cfg(test)]
mod tests;
