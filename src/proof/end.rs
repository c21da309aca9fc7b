//! From an SNR on without end: what a law's quantities are times powers of γ.
//!
//! γ²|M′(γ)| at γ ≥ g is the product of what has no bound and of what vanishes. So a number here is
//! known by enclosures of γ^j f(γ), j = −4 … 4, of which any may be the whole line; in a product the
//! powers add up. The quantities' own are lemmas E1–E3 of docs/theory.md.

use crate::claim::algebra::Algebra;
use crate::claim::statement::Operand;
use crate::claim::tree::{Binary, Unary};
use crate::numeric::interval::Interval;
use crate::numeric::interval::planted::Fault;
use crate::proof::law::{IntervalLaw, LineLaw};
use crate::proof::value::of_law;

/// Largest |j|.
const MOST: i32 = 4;
/// Number of powers.
const POWERS: usize = 2 * MOST as usize + 1;

/// γ^j f(γ) for every γ ≥ g, by j from −4 to 4.
#[derive(Debug, Clone, Copy)]
pub struct Tail([Interval; POWERS]);

impl Tail {
    fn new(of: impl Fn(i32) -> Option<Interval>) -> Self {
        Self(std::array::from_fn(|i| of(i as i32 - MOST).unwrap_or(Interval::LINE)))
    }

    fn constant(value: Interval) -> Self {
        Self::new(|j| (j == 0).then_some(value))
    }

    fn at(&self, j: i32) -> Interval {
        usize::try_from(j + MOST).ok().and_then(|i| self.0.get(i)).copied().unwrap_or(Interval::LINE)
    }

    /// What the pairs of powers i and k with j = combine(i, k) leave of an operation.
    fn combined(&self, other: &Self, operation: impl Fn(Interval, Interval) -> Interval, sign: i32) -> Self {
        Self::new(|j| {
            let powers = -MOST..=MOST;
            let each = powers.map(|k| operation(self.at(j - sign * k), other.at(k)));
            each.reduce(Interval::and)
        })
    }

    fn plain(&self, value: impl Fn(Interval) -> Interval) -> Self {
        Self::constant(value(self.at(0)))
    }

    /// Enclosures of γ^j (self − other) for every j.
    pub fn minus(&self, other: &Self) -> impl Iterator<Item = (i32, Interval)> {
        let (left, right) = (*self, *other);
        (-MOST..=MOST).map(move |j| (j, left.at(j) - right.at(j)))
    }
}

impl Algebra for Tail {
    fn number(x: f64) -> Self {
        Self::constant(if x.is_finite() { Interval::read(x) } else { Interval::LINE })
    }

    fn negative(u: Self) -> Self {
        Self(u.0.map(|x| -x))
    }

    fn unary(function: Unary, u: Self) -> Self {
        let x = u.at(0);
        match function {
            Unary::Ln if x.lo() > 0.0 => u.plain(Interval::ln),
            Unary::Exp => u.plain(Interval::exp),
            Unary::Sqrt if x.lo() >= 0.0 => u.plain(Interval::sqrt),
            Unary::Abs => Self(u.0.map(Interval::abs)),
            Unary::Ln | Unary::Sqrt | Unary::Cos | Unary::Atan => Self::constant(Interval::LINE),
        }
    }

    fn binary(operator: Binary, u: Self, v: Self) -> Self {
        let each =
            |operation: fn(Interval, Interval) -> Interval| Self::new(|j| Some(operation(u.at(j), v.at(j))));
        match operator {
            Binary::Add => each(|a, b| a + b),
            Binary::Subtract => each(|a, b| a - b),
            Binary::Min => each(Interval::min),
            Binary::Max => each(Interval::max),
            Binary::Multiply => u.combined(&v, |a, b| a * b, 1),
            Binary::Divide => u.combined(&v, |a, b| a / b, -1),
            Binary::Power => {
                let n = v.at(0);
                match n.lo() {
                    k if n.hi() == k && (1.0..=8.0).contains(&k) && k.fract() == 0.0 => {
                        (1..k as u32).fold(u, |power, _| Self::binary(Binary::Multiply, power, u))
                    }
                    _ => Self::constant(u.at(0).pow(n)),
                }
            }
        }
    }
}

/// The inputs of an expression at every SNR from `start` > 0 on; `None` where one has none.
pub fn inputs(
    operands: &[Operand],
    law: &IntervalLaw,
    parameter: Interval,
    start: f64,
) -> Option<Vec<Tail>> {
    let of = |term: &Operand| match term {
        Operand::Number(x) if x.is_finite() => Some(Tail::constant(Interval::read(*x))),
        Operand::Number(_) => None,
        Operand::Snr => Some(snr(start)),
        Operand::Parameter => Some(Tail::constant(parameter)),
        Operand::Quantity(name, argument) => {
            of_channel(law, name, start).or_else(|| of_law(law, name, *argument).map(Tail::constant))
        }
    };
    operands.iter().map(of).collect()
}

/// γ^{j+1} for γ ≥ g.
fn snr(start: f64) -> Tail {
    let power = |n: i32| Interval::point(start).pow(Interval::point(f64::from(n)));
    Tail::new(|j| {
        Some(match j + 1 {
            0 => Interval::ONE,
            n if n > 0 => Interval::new(power(n).lo(), f64::INFINITY),
            n => Interval::new(0.0, power(n).hi()),
        })
    })
}

fn of_channel(law: &IntervalLaw, name: &str, start: f64) -> Option<Tail> {
    match law {
        IntervalLaw::Line(line) => of_line(line, name, start),
        IntervalLaw::Gaussian { dim, variance } => of_gaussian(*dim, *variance, name, start),
    }
}

/// γv/(1 + γv) at γ ≥ g: from its value at g up to 1.
fn share(variance: Interval, start: f64) -> Interval {
    let scaled = variance * start;
    Interval::new((scaled / (scaled + 1.0)).lo().clamp(0.0, 1.0), 1.0)
}

fn linear(dim: Interval, variance: Interval, start: f64) -> Tail {
    let share = share(variance, start);
    Tail::new(|j| match j {
        0 => Some(Interval::new(0.0, (dim / start).hi())),
        1 => Some(share * dim),
        _ => None,
    })
}

fn of_gaussian(dim: Interval, variance: Interval, name: &str, start: f64) -> Option<Tail> {
    let share = share(variance, start);
    match name {
        "mmse" | "lmmse" => Some(linear(dim, variance, start)),
        "mmse_slope" => Some(Tail::new(|j| match j {
            0 => Some(Interval::new(0.0, (dim / start / start).hi())),
            1 => Some(Interval::new(0.0, (dim / start).hi())),
            2 => Some(share.square() * dim),
            _ => None,
        })),
        "information" => {
            let least = ((variance * start).ln_1p() / 2.0 * dim).lo();
            Some(Tail::constant(Interval::new(least, f64::INFINITY)))
        }
        _ => None,
    }
}

/// E1: with T_ij = γ(x_i − x_j)², M ≤ ½ Σ_{i<j} (x_i − x_j)² √(p_i p_j) e^{−T/8},
/// −M′ ≤ ¼ Σ_{i<j} (x_i − x_j)⁴ √(p_i p_j) e^{−T/8}, H(X|Y) ≤ 2 Σ_{i<j} √(p_i p_j) e^{−T/8}; and
/// γ^j e^{−γD/8} falls where γD ≥ 8j.
fn of_line(law: &LineLaw, name: &str, start: f64) -> Option<Tail> {
    let g = Interval::point(start);
    let closest = (1..law.atoms()).map(|i| (law.positions[i] - law.positions[i - 1]).square().lo());
    let closest = closest.fold(f64::INFINITY, f64::min);
    let falls = |j: i32| (g * closest).lo() >= 8.0 * f64::from(j);
    let pairs = |factor: f64, power: u32, j: i32| {
        let sum = law.pairs(|d, i, k| {
            let both = ((law.ln_weights[i] + law.ln_weights[k]) / 2.0 - g * d / 8.0).exp();
            d.powi(power) * both
        });
        (sum * factor * g.powi(j as u32) * law.copies).hi()
    };
    let vanishing = |factor: f64, power: u32| {
        Tail::new(|j| (j >= 0 && falls(j)).then(|| Interval::new(0.0, pairs(factor, power, j))))
    };
    match name {
        "mmse" => Some(vanishing(0.5, 1)),
        "mmse_slope" if Fault::SlopeEnd.is_planted() => Some(vanishing(0.125, 2)),
        "mmse_slope" => Some(vanishing(0.25, 2)),
        "posterior_entropy" => Some(vanishing(2.0, 0)),
        "information" => {
            let shannon = law.shannon() * law.copies;
            let least = (shannon - pairs(2.0, 0, 0)).lo().max(0.0);
            Some(Tail::constant(Interval::new(least.min(shannon.hi()), shannon.hi())))
        }
        "lmmse" => Some(linear(law.copies, law.variance(), start)),
        _ => None,
    }
}
