//! Sums over the integers of terms that are smooth away from a few of them.

use crate::numeric::quadrature::gauss_legendre;
use crate::numeric::sum::compensated;

/// Terms on either side of a special integer, and of a block too rough for a rule, that are added
/// one by one.
const DIRECT: f64 = 64.0;
/// A block's error must be below this share of it, or [`ENOUGH`] of all that was found.
const TOLERANCE: f64 = 1e-13;
/// An error below this share that halving does not lessen is the rounding of the terms.
const ROUGH: f64 = 1e-8;
/// Most halvings of a block.
const DEEPEST: u32 = 64;
/// Two blocks below this share end a tail.
const ENOUGH: f64 = 1e-18;
/// Rounding of the sums.
const ROUNDING: f64 = 8.0 * f64::EPSILON;
/// Integers beyond this are not looked at: a tail that has not died out is continued as a geometric
/// series.
const FARTHEST: f64 = 1e295;

/// Nodes of the fine and the coarse rule.
const RULES: [usize; 2] = [24, 20];

/// A sum with a bound on its error, and the sum of the terms' sizes.
#[derive(Debug, Clone, Copy, Default)]
pub struct Sum {
    /// Σ term.
    pub value: f64,
    /// Bound on the error: truncation and the rounding of the summation, not that of the terms.
    pub bound: f64,
    /// Σ |term|.
    pub size: f64,
}

impl Sum {
    fn add(&mut self, other: Self) {
        self.value += other.value;
        self.bound += other.bound;
        self.size += other.size;
    }
}

/// Σ_k term(k) over the integers of [`support`.0, `support`.1] (possibly infinite).
///
/// Near each of `special` (increasing integers inside) terms are added one by one; outwards from
/// there come blocks that double in length, each the integral of the term, continued to real k,
/// with the midpoint correction of Euler and Maclaurin at its ends; a block is halved until its
/// error is below 1e-13 of it. So the cost does not grow with the number of terms.
pub fn sum(special: &[f64], support: (f64, f64), term: impl Fn(f64) -> f64) -> Sum {
    let mut total = Sum::default();
    // Ends of what is added one by one, merged.
    let mut direct: Vec<(f64, f64)> = Vec::new();
    for &k in special {
        let near = ((k - DIRECT).max(support.0), (k + DIRECT).min(support.1));
        match direct.last_mut() {
            Some(last) if last.1 + 1.0 >= near.0 => last.1 = near.1,
            _ => direct.push(near),
        }
    }
    for &(lo, hi) in &direct {
        total.add(one_by_one(&term, lo, hi - lo + 1.0));
    }
    for (i, &(lo, hi)) in direct.iter().enumerate() {
        let below = if i == 0 { support.0 } else { middle(direct[i - 1].1, lo) + 1.0 };
        let above = direct.get(i + 1).map_or(support.1, |next| middle(hi, next.0));
        outward(&term, lo - 1.0, below, -1.0, &mut total);
        outward(&term, hi + 1.0, above, 1.0, &mut total);
    }
    total
}

fn middle(lo: f64, hi: f64) -> f64 {
    (0.5 * (lo + hi)).floor()
}

/// Adds the terms from `from` to `end` (inclusive, possibly infinite) in the direction `side`.
fn outward(term: &impl Fn(f64) -> f64, from: f64, end: f64, side: f64, total: &mut Sum) {
    let (mut from, mut length, mut last, mut quiet) = (from, DIRECT, 0.0_f64, 0);
    while (end - from) * side >= 0.0 {
        let left = (end - from).abs() + 1.0;
        let count = length.min(left);
        let lowest = if side > 0.0 { from } else { from - (count - 1.0) };
        let part = block(term, lowest, count, ENOUGH * total.size, f64::INFINITY, 0);
        total.add(part);
        quiet = if part.size <= ENOUGH * total.size { quiet + 1 } else { 0 };
        from += side * count;
        if quiet == 2 {
            return;
        }
        if from.abs() > FARTHEST {
            // A tail ∝ k^{−b}: each block is the one before times 2^{1−b}, at last exactly.
            let ratio = part.value / last;
            if ratio > 0.0 && ratio < 1.0 {
                let beyond = part.value * ratio / (1.0 - ratio);
                total.add(Sum { value: beyond, bound: 1e-3 * beyond.abs(), size: beyond.abs() });
            }
            return;
        }
        (last, length) = (part.value, 2.0 * length);
    }
}

fn one_by_one(term: &impl Fn(f64) -> f64, first: f64, count: f64) -> Sum {
    let terms: Vec<f64> = (0..count as usize).map(|i| term(first + i as f64)).collect();
    let size = terms.iter().map(|x| x.abs()).sum();
    Sum { value: compensated(terms), bound: ROUNDING * size, size }
}

/// The terms `first` … `first` + `count` − 1, to within `enough` or [`TOLERANCE`] of their size;
/// `before` is the relative error of the block of which this is a half.
fn block(term: &impl Fn(f64) -> f64, first: f64, count: f64, enough: f64, before: f64, depth: u32) -> Sum {
    if count <= DIRECT {
        return one_by_one(term, first, count);
    }
    let (lo, hi) = (first - 0.5, first + count - 0.5);
    let [fine, coarse] = RULES.map(|nodes| gauss_legendre(nodes).integrate(lo, hi, term));
    let ends = [first, first + count].map(|n| edge(term, n));
    let value = fine + ends[0].0 - ends[1].0;
    let error = (fine - coarse).abs() + ends[0].1 + ends[1].1;
    let relative = error / value.abs().max(f64::MIN_POSITIVE);
    let settled = relative <= TOLERANCE || (relative <= ROUGH && relative >= 0.25 * before);
    if settled || error <= enough || depth >= DEEPEST || !value.is_finite() {
        return Sum { value, bound: error + ROUNDING * value.abs(), size: value.abs() };
    }
    let half = (0.5 * count).floor();
    let mut sum = block(term, first, half, 0.5 * enough, relative, depth + 1);
    sum.add(block(term, first + half, count - half, 0.5 * enough, relative, depth + 1));
    sum
}

/// Σ_{k ≥ n} f(k) − ∫_{n−½} f = f′(n−½)/24 − 7 f‴/5760 + … with f′ taken as f(n) − f(n−1), which
/// adds −f‴/576: the rest is below 0.003 |f‴|, a hundredth of the third difference with a reserve
/// of 3. At the far end of a block it is subtracted.
fn edge(term: &impl Fn(f64) -> f64, n: f64) -> (f64, f64) {
    let [before, here, next, last] = [-2.0, -1.0, 0.0, 1.0].map(|shift| term(n + shift));
    let third = last - 3.0 * next + 3.0 * here - before;
    ((next - here) / 24.0, 0.01 * third.abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Σ r^k, Σ 1/k² = π²/6, and a Gaussian of 1e6 terms, which is its integral.
    #[test]
    fn known_sums_are_met_within_their_bounds() {
        for (found, expected) in [
            (sum(&[0.0], (0.0, f64::INFINITY), |k| 0.5_f64.powf(k)), 2.0),
            (sum(&[0.0], (0.0, f64::INFINITY), |k| (-1e-7 * k).exp()), -1.0 / (-1e-7_f64).exp_m1()),
            (sum(&[1.0], (1.0, f64::INFINITY), |k| 1.0 / (k * k)), std::f64::consts::PI.powi(2) / 6.0),
            (
                sum(&[0.0, 5e6], (0.0, f64::INFINITY), |k| (-0.5e-10 * (k - 5e6).powi(2)).exp()),
                1e5 * std::f64::consts::TAU.sqrt(),
            ),
            (sum(&[0.0], (-1e9, 1e9), |_| 1.0), 2e9 + 1.0),
        ] {
            let error = (found.value - expected).abs();
            assert!(
                error <= found.bound && found.bound < 1e-12 * expected,
                "{found:?} for {expected}: {error:e}"
            );
        }
    }
}
