//! Where an expression lies when its inputs are known to lie in intervals: interval arithmetic over
//! the tree.
//!
//! Nothing is linearised, so it holds however wide the intervals are. An input that stands in
//! several places counts as several, which only widens the result. Ends are rounded outward by two
//! units in the last place an operation, more than the functions of the standard library err;
//! underflow to 0 is taken for 0.

use crate::claim::algebra::Algebra;
use crate::claim::expression::Expression;
use crate::claim::tree::{Binary, Unary};

/// A closed interval [low, high]; its ends may be infinite.
pub type Range = [f64; 2];

/// Every number.
pub const LINE: Range = [f64::NEG_INFINITY, f64::INFINITY];

impl Expression {
    /// An interval that holds the value whenever each input lies in its own; the whole line where
    /// nothing can be said (0 · ∞, a divisor on both sides of 0, a logarithm of what is negative).
    ///
    /// `inputs` has one interval for each of [`Expression::references`].
    ///
    /// # Panics
    /// Where `inputs` and the references differ in number.
    pub fn enclosure(&self, inputs: &[Range]) -> Range {
        let known = |range: &Range| if range.iter().any(|x| x.is_nan()) { LINE } else { *range };
        self.over(&inputs.iter().map(known).collect::<Vec<_>>())
    }
}

/// u − v.
pub fn difference(u: Range, v: Range) -> Range {
    Binary::Subtract.enclosure(u, v)
}

/// u / v.
pub fn quotient(u: Range, v: Range) -> Range {
    Binary::Divide.enclosure(u, v)
}

/// Whether x lies in the interval.
fn holds([low, high]: Range, x: f64) -> bool {
    low <= x && x <= high
}

/// The smallest interval around some numbers, rounded outward; the line where one is none.
fn around(values: &[f64]) -> Range {
    if values.iter().any(|x| x.is_nan()) {
        return LINE;
    }
    let low = values.iter().copied().fold(f64::INFINITY, f64::min);
    let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    [
        if low == 0.0 { 0.0 } else { low.next_down().next_down() },
        if high == 0.0 { 0.0 } else { high.next_up().next_up() },
    ]
}

impl Algebra for Range {
    fn number(x: f64) -> Self {
        [x; 2]
    }

    fn negative([low, high]: Self) -> Self {
        [-high, -low]
    }

    fn unary(function: Unary, u: Self) -> Self {
        function.enclosure(u)
    }

    fn binary(operator: Binary, u: Self, v: Self) -> Self {
        operator.enclosure(u, v)
    }
}

impl Unary {
    fn enclosure(self, u: Range) -> Range {
        let ends = |f: fn(f64) -> f64| around(&u.map(f));
        match self {
            Self::Ln if u[1] < 0.0 => LINE,
            Self::Ln => around(&[u[0].max(0.0).ln(), u[1].ln()]),
            Self::Sqrt if u[1] < 0.0 => LINE,
            Self::Sqrt => around(&[u[0].max(0.0).sqrt(), u[1].sqrt()]),
            Self::Exp => {
                let [low, high] = ends(f64::exp);
                [low.max(0.0), high]
            }
            Self::Atan => ends(f64::atan),
            Self::Abs if holds(u, 0.0) => [0.0, u[1].max(-u[0])],
            Self::Abs => ends(f64::abs),
            Self::Cos => cosine(u),
        }
    }
}

/// cos over an interval: its ends, and ±1 where a multiple of π lies within (or so near an end that
/// rounding may hide it).
fn cosine([low, high]: Range) -> Range {
    use std::f64::consts::PI;
    const NEAR: f64 = 1e-9;
    // The second test also keeps multiples of π to where f64 tells them apart.
    if !(high - low < 2.0 * PI && low.abs().max(high.abs()) < 1e6) {
        return [-1.0, 1.0];
    }
    let mut values = vec![low.cos(), high.cos()];
    let mut k = ((low - NEAR) / PI).ceil();
    while k * PI <= high + NEAR {
        values.push(if k.rem_euclid(2.0) < 0.5 { 1.0 } else { -1.0 });
        k += 1.0;
    }
    let [low, high] = around(&values);
    [low.max(-1.0), high.min(1.0)]
}

impl Binary {
    fn enclosure(self, u: Range, v: Range) -> Range {
        let corners =
            |f: fn(f64, f64) -> f64| around(&[f(u[0], v[0]), f(u[0], v[1]), f(u[1], v[0]), f(u[1], v[1])]);
        match self {
            Self::Add => around(&[u[0] + v[0], u[1] + v[1]]),
            Self::Subtract => around(&[u[0] - v[1], u[1] - v[0]]),
            Self::Multiply => corners(|a, b| a * b),
            Self::Divide => divide(u, v),
            Self::Power => power(u, v),
            Self::Min => [u[0].min(v[0]), u[1].min(v[1])],
            Self::Max => [u[0].max(v[0]), u[1].max(v[1])],
        }
    }
}

fn divide(u: Range, v: Range) -> Range {
    if v[0] < 0.0 && v[1] > 0.0 {
        return LINE;
    }
    if v[1] <= 0.0 && v[0] < 0.0 {
        return divide([-u[1], -u[0]], [-v[1], -v[0]]);
    }
    // 0 as a divisor is taken for its limit from above: −0 has the other sign.
    let v = v.map(|x| x + 0.0);
    around(&[u[0] / if u[0] < 0.0 { v[0] } else { v[1] }, u[1] / if u[1] > 0.0 { v[0] } else { v[1] }])
}

/// u^v = e^{v ln u} has its extremes over a rectangle of u ≥ 0 in the corners; a whole exponent
/// takes u of either sign.
fn power(u: Range, v: Range) -> Range {
    let [from, to] = v;
    let corners = |u: Range| around(&[u[0].powf(from), u[0].powf(to), u[1].powf(from), u[1].powf(to)]);
    let whole = from.to_bits() == to.to_bits() && from.fract() == 0.0;
    match () {
        () if u[0] >= 0.0 => corners(u),
        () if !whole => LINE,
        () if u[1] <= 0.0 => corners(u),
        () if from < 0.0 => LINE,
        () if from % 2.0 == 0.0 => [0.0, around(&[u[1].max(-u[0]).powf(from)])[1]],
        () => corners(u),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn enclosure(text: &str, inputs: &[Range]) -> Range {
        Expression::parse(text).unwrap().enclosure(inputs)
    }

    /// By hand; `f64::EPSILON` a few times over is all that outward rounding adds.
    #[test]
    fn enclosures_by_hand() {
        const INF: f64 = f64::INFINITY;
        for (text, inputs, expected) in [
            ("snr^2 * slope", &[[3.0, 3.0], [0.0, 2.0]][..], [0.0, 18.0]),
            ("x - y", &[[1.0, 2.0], [0.5, 4.0]], [-3.0, 1.5]),
            ("x^2", &[[-2.0, 1.0]], [0.0, 4.0]),
            ("x^3", &[[-2.0, 1.0]], [-8.0, 1.0]),
            ("x^-1", &[[2.0, 4.0]], [0.25, 0.5]),
            ("x^y", &[[0.5, 2.0], [-1.0, 3.0]], [0.125, 8.0]),
            ("x^0.5", &[[-1.0, 4.0]], LINE),
            ("x / y", &[[1.0, 2.0], [0.0, 4.0]], [0.25, INF]),
            ("x / y", &[[-1.0, 2.0], [-4.0, -2.0]], [-1.0, 0.5]),
            ("x / y", &[[1.0, 2.0], [-1.0, 1.0]], LINE),
            ("ln(x)", &[[0.0, 1.0]], [-INF, 0.0]),
            ("ln(x)", &[[-2.0, -1.0]], LINE),
            ("sqrt(x) + abs(y)", &[[4.0, 9.0], [-3.0, 1.0]], [2.0, 6.0]),
            ("cos(x)", &[[3.0, 3.5]], [-1.0, 3.5_f64.cos()]),
            ("cos(x)", &[[0.0, 7.0]], [-1.0, 1.0]),
            ("min(x, y) * atan(0)", &[[1.0, 5.0], [2.0, 3.0]], [0.0, 0.0]),
            ("max(x, y)", &[[1.0, 5.0], [2.0, 3.0]], [2.0, 5.0]),
            ("exp(-x)", &[[0.0, INF]], [0.0, 1.0]),
            ("C * shannon^2", &[[4.0, 4.0], [INF, INF]], [INF, INF]),
            ("x * y", &[[0.0, 1.0], [INF, INF]], LINE),
        ] {
            let found = enclosure(text, inputs);
            for (a, b) in found.iter().zip(expected) {
                let near = (a - b).abs() <= 8.0 * f64::EPSILON * b.abs();
                assert!(
                    near || a.to_bits() == b.to_bits(),
                    "{text} over {inputs:?}: {found:?}, not {expected:?}"
                );
            }
        }
    }

    /// Values at random points of random boxes lie inside, for every operation and negative numbers
    /// too.
    #[test]
    fn values_lie_in_their_enclosure() {
        let stream = crate::numeric::stream::Stream::named(1, "enclosure test");
        for text in [
            "x*y - y/x",
            "x^y + ln(abs(x))",
            "cos(x*y) - atan(y)^3",
            "min(x, y^2) / max(exp(x), 2)",
            "(x - y)^2 / y",
        ] {
            let expression = Expression::parse(text).unwrap();
            let mut inside = 0;
            for k in 0..2000 {
                let u: Vec<f64> = (0..4).flat_map(|part| stream.uniforms(k, part)).collect();
                let boxes = [0, 1].map(|i| {
                    let (a, b) = (8.0 * u[4 * i] - 4.0, 3.0 * u[4 * i + 1].powi(3));
                    [a, a + b]
                });
                let at = [0, 1].map(|i| boxes[i][0] + u[4 * i + 2] * (boxes[i][1] - boxes[i][0]));
                let (value, _) = expression.value_and_gradient(&at);
                let range = expression.enclosure(&boxes);
                assert!(
                    value.is_nan() || holds(range, value),
                    "{text} at {at:?} of {boxes:?}: {value}, {range:?}"
                );
                inside += usize::from(range.iter().any(|x| x.is_finite()));
            }
            assert!(inside > 200, "{text}: {inside} boxes say something");
        }
    }
}
