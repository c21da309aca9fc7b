//! Functions of the SNR γ with two derivatives, each enclosed.

use crate::claim::algebra::Algebra;
use crate::claim::tree::{Binary, Unary};
use crate::numeric::interval::Interval;

/// f, f′ and f″ on a cell of SNRs: each interval holds the values of its function at every γ > 0 of
/// the cell. [`Interval::LINE`] is a derivative that may not exist.
#[derive(Debug, Clone, Copy)]
pub struct Jet {
    /// f(γ).
    pub value: Interval,
    /// f′(γ).
    pub slope: Interval,
    /// f″(γ).
    pub bend: Interval,
}

impl Jet {
    /// A number that does not depend on γ.
    pub fn constant(value: Interval) -> Self {
        Self { value, slope: Interval::ZERO, bend: Interval::ZERO }
    }

    /// γ itself on a cell.
    pub fn snr(cell: Interval) -> Self {
        Self { value: cell, slope: Interval::ONE, bend: Interval::ZERO }
    }

    fn is_constant(&self) -> bool {
        self.slope.is(0.0) && self.bend.is(0.0)
    }

    /// A function with no derivative to speak of, unless none of its arguments varies.
    fn rough(value: Interval, constant: bool) -> Self {
        let derivative = if constant { Interval::ZERO } else { Interval::LINE };
        Self { value, slope: derivative, bend: derivative }
    }

    /// The same times a number.
    pub fn scaled(self, by: Interval) -> Self {
        Self { value: self.value * by, slope: self.slope * by, bend: self.bend * by }
    }

    /// g(f) from g, g′ and g″ at f: (g∘f)″ = g″ f′² + g′ f″.
    fn chain(self, [g, first, second]: [Interval; 3]) -> Self {
        let bend = second * self.slope.square() + first * self.bend;
        Self { value: g, slope: first * self.slope, bend }
    }

    fn add(self, other: Self) -> Self {
        Self {
            value: self.value + other.value,
            slope: self.slope + other.slope,
            bend: self.bend + other.bend,
        }
    }

    fn negate(self) -> Self {
        Self { value: -self.value, slope: -self.slope, bend: -self.bend }
    }

    /// self − other.
    pub fn minus(self, other: Self) -> Self {
        self.add(other.negate())
    }

    fn times(self, other: Self) -> Self {
        Self {
            value: self.value * other.value,
            slope: self.slope * other.value + self.value * other.slope,
            bend: self.bend * other.value + self.slope * other.slope * 2.0 + self.value * other.bend,
        }
    }

    fn recip(self) -> Self {
        let u = self.value;
        let inverse = u.recip();
        if inverse == Interval::LINE {
            return Self::rough(inverse, false);
        }
        self.chain([inverse, -inverse.square(), inverse.powi(3) * 2.0])
    }

    fn power(self, by: Self) -> Self {
        let (u, n) = (self.value, by.value);
        if self.is_constant() && by.is_constant() {
            return Self::constant(u.pow(n));
        }
        let whole = n.lo() == n.hi() && n.lo().fract() == 0.0 && n.lo().abs() <= 64.0;
        if whole && by.is_constant() {
            return if n.lo() < 0.0 { self.recip().whole_power(-n.lo()) } else { self.whole_power(n.lo()) };
        }
        if u.lo() > 0.0 && by.is_constant() {
            let [first, second] = [n - 1.0, n - 2.0].map(|n| u.pow(n));
            return self.chain([u.pow(n), n * first, n * (n - 1.0) * second]);
        }
        Self::rough(u.pow(n), false)
    }

    /// self^n for a whole number 0 ≤ n ≤ 64.
    fn whole_power(self, n: f64) -> Self {
        let term = |k: f64| {
            let factor = (0..k as u32).fold(Interval::ONE, |f, i| f * (n - f64::from(i)));
            if n < k { Interval::ZERO } else { factor * self.value.powi((n - k) as u32) }
        };
        self.chain([term(0.0), term(1.0), term(2.0)])
    }
}

impl Algebra for Jet {
    fn number(x: f64) -> Self {
        Self::constant(if x.is_finite() { Interval::read(x) } else { Interval::LINE })
    }

    fn negative(u: Self) -> Self {
        u.negate()
    }

    fn unary(function: Unary, u: Self) -> Self {
        let x = u.value;
        match function {
            Unary::Ln if x.lo() > 0.0 => {
                let inverse = x.recip();
                u.chain([x.ln(), inverse, -inverse.square()])
            }
            Unary::Exp => {
                let e = x.exp();
                u.chain([e, e, e])
            }
            Unary::Sqrt if x.lo() > 0.0 => {
                let root = x.sqrt();
                let first = (root * 2.0).recip();
                u.chain([root, first, -(first / (x * 2.0))])
            }
            Unary::Sqrt if x.lo() >= 0.0 => Self::rough(x.sqrt(), u.is_constant()),
            Unary::Abs if x.lo() >= 0.0 => u,
            Unary::Abs if x.hi() <= 0.0 => u.negate(),
            Unary::Abs => Self::rough(x.abs(), u.is_constant()),
            Unary::Ln | Unary::Sqrt | Unary::Cos | Unary::Atan => Self::rough(Interval::LINE, false),
        }
    }

    fn binary(operator: Binary, u: Self, v: Self) -> Self {
        let constant = u.is_constant() && v.is_constant();
        match operator {
            Binary::Add => u.add(v),
            Binary::Subtract => u.minus(v),
            Binary::Multiply => u.times(v),
            Binary::Divide => u.times(v.recip()),
            Binary::Power => u.power(v),
            Binary::Min if u.value.hi() <= v.value.lo() => u,
            Binary::Min if v.value.hi() <= u.value.lo() => v,
            Binary::Max if u.value.lo() >= v.value.hi() => u,
            Binary::Max if v.value.lo() >= u.value.hi() => v,
            Binary::Min => Self::rough(u.value.min(v.value), constant),
            Binary::Max => Self::rough(u.value.max(v.value), constant),
        }
    }
}
