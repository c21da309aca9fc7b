//! Interval arithmetic that cannot round in anybody's favour: what is computed is a proof.
//!
//! An [`Interval`] holds a real number for certain. The sum, difference, product, quotient and root
//! of two `f64` are correctly rounded (IEEE 754), so the exact result lies strictly between the
//! neighbours of the one that is returned: every operation moves its lower end to the neighbour
//! below and its upper end to the one above. Functions beside these are polynomials with a proven
//! remainder (`elementary`).
#![allow(clippy::float_cmp, reason = "the ends of an interval are numbers, not estimates of them")]

mod decimal;
mod elementary;
pub mod planted;
#[cfg(test)]
mod tests;

pub use decimal::is_kept;

use std::ops::{Add, Div, Mul, Neg, Sub};

/// A closed interval of real numbers, lo ≤ hi; an infinite end is no element, it says that there is
/// no bound.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    lo: f64,
    hi: f64,
}

/// a·b for ends of intervals of real numbers: 0 times an end that is no bound is 0.
fn times(a: f64, b: f64) -> f64 {
    if a == 0.0 || b == 0.0 { 0.0 } else { a * b }
}

impl Interval {
    /// Every real number.
    pub const LINE: Self = Self { lo: f64::NEG_INFINITY, hi: f64::INFINITY };
    /// 0 alone.
    pub const ZERO: Self = Self::point(0.0);
    /// 1 alone.
    pub const ONE: Self = Self::point(1.0);
    /// π; the double nearest to it is too small.
    pub const PI: Self = Self { lo: std::f64::consts::PI, hi: std::f64::consts::PI.next_up() };

    /// The interval [lo, hi].
    ///
    /// # Panics
    /// Where lo ≤ hi does not hold.
    pub fn new(lo: f64, hi: f64) -> Self {
        assert!(lo <= hi, "an interval needs lo ≤ hi, not [{lo}, {hi}]");
        Self { lo, hi }
    }

    /// A number alone, finite.
    pub const fn point(x: f64) -> Self {
        Self { lo: x, hi: x }
    }

    /// The ends of a result before they are moved outward.
    fn outward(lo: f64, hi: f64) -> Self {
        debug_assert!(lo <= hi, "[{lo}, {hi}]");
        Self { lo: lo.next_down(), hi: hi.next_up() }
    }

    /// Lower end.
    pub fn lo(self) -> f64 {
        self.lo
    }

    /// Upper end.
    pub fn hi(self) -> f64 {
        self.hi
    }

    /// A number inside, near the middle; for an interval without bound one that is far out.
    pub fn middle(self) -> f64 {
        let middle = 0.5 * self.lo + 0.5 * self.hi;
        if middle.is_finite() { middle.clamp(self.lo, self.hi) } else { self.lo.max(-f64::MAX).min(self.hi) }
    }

    /// hi − lo, rounded up.
    pub fn width(self) -> f64 {
        (self.hi - self.lo).next_up()
    }

    /// The largest |x|.
    pub fn magnitude(self) -> f64 {
        self.lo.abs().max(self.hi.abs())
    }

    /// Whether x is in it.
    pub fn holds(self, x: f64) -> bool {
        self.lo <= x && x <= self.hi
    }

    /// Whether it is the number x alone.
    pub fn is(self, x: f64) -> bool {
        self.lo == x && self.hi == x
    }

    /// The numbers in both; `None` where there are none.
    pub fn meet(self, other: Self) -> Option<Self> {
        let (lo, hi) = (self.lo.max(other.lo), self.hi.min(other.hi));
        (lo <= hi).then_some(Self { lo, hi })
    }

    /// The numbers in both of two enclosures of one number.
    ///
    /// # Panics
    /// Where there are none: then one of them was no enclosure.
    pub fn and(self, other: Self) -> Self {
        self.meet(other).expect("two enclosures of one number meet")
    }

    /// The smallest interval around both.
    pub fn hull(self, other: Self) -> Self {
        Self { lo: self.lo.min(other.lo), hi: self.hi.max(other.hi) }
    }

    /// The same with every negative number left out, for what is known not to be negative.
    ///
    /// # Panics
    /// Where nothing is left.
    pub fn not_negative(self) -> Self {
        Self::new(self.lo.max(0.0), self.hi)
    }

    /// |x|.
    pub fn abs(self) -> Self {
        if self.lo >= 0.0 {
            self
        } else if self.hi <= 0.0 {
            -self
        } else {
            Self { lo: 0.0, hi: self.magnitude() }
        }
    }

    /// x², never negative.
    pub fn square(self) -> Self {
        let Self { lo, hi } = self.abs();
        if hi == 0.0 { self } else { Self::outward(times(lo, lo), times(hi, hi)).not_negative() }
    }

    /// √x of the numbers ≥ 0 in it.
    ///
    /// # Panics
    /// Where there are none.
    pub fn sqrt(self) -> Self {
        let Self { lo, hi } = self.not_negative();
        if planted::Fault::RootRounding.is_planted() {
            return Self { lo: lo.sqrt(), hi: hi.sqrt() };
        }
        if hi == 0.0 { Self::ZERO } else { Self::outward(lo.sqrt(), hi.sqrt()).not_negative() }
    }

    /// xⁿ, n ≥ 0.
    pub fn powi(self, n: u32) -> Self {
        match n {
            0 => Self::ONE,
            1 => self,
            _ if n.is_multiple_of(2) => self.square().powi(n / 2),
            _ => self * self.square().powi(n / 2),
        }
    }

    /// The smaller of two numbers.
    pub fn min(self, other: Self) -> Self {
        Self { lo: self.lo.min(other.lo), hi: self.hi.min(other.hi) }
    }

    /// The larger of two numbers.
    pub fn max(self, other: Self) -> Self {
        Self { lo: self.lo.max(other.lo), hi: self.hi.max(other.hi) }
    }

    /// 1/x; every number where 0 is inside.
    pub fn recip(self) -> Self {
        Self::ONE / self
    }
}

impl From<f64> for Interval {
    /// [`Interval::point`].
    fn from(x: f64) -> Self {
        Self::point(x)
    }
}

impl std::fmt::Display for Interval {
    /// `[lo, hi]` with ends that read back.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "[{:?}, {:?}]", self.lo, self.hi)
    }
}

impl Neg for Interval {
    type Output = Self;

    fn neg(self) -> Self {
        Self { lo: -self.hi, hi: -self.lo }
    }
}

impl<T: Into<Interval>> Add<T> for Interval {
    type Output = Self;

    fn add(self, other: T) -> Self {
        let other = other.into();
        if other.is(0.0) {
            return self;
        }
        if self.is(0.0) {
            return other;
        }
        let (lo, hi) = (self.lo + other.lo, self.hi + other.hi);
        if planted::Fault::SumInward.is_planted() {
            return Self { lo: lo.next_up(), hi: hi.next_down() };
        }
        Self::outward(lo, hi)
    }
}

impl<T: Into<Interval>> Sub<T> for Interval {
    type Output = Self;

    fn sub(self, other: T) -> Self {
        self + -other.into()
    }
}

impl<T: Into<Interval>> Mul<T> for Interval {
    type Output = Self;

    fn mul(self, other: T) -> Self {
        let other = other.into();
        if self.is(0.0) || other.is(0.0) {
            return Self::ZERO;
        }
        if self.lo >= 0.0 && other.lo >= 0.0 {
            let product = Self::outward(times(self.lo, other.lo), times(self.hi, other.hi));
            return product.not_negative();
        }
        let [a, b, c, d] = [
            times(self.lo, other.lo),
            times(self.lo, other.hi),
            times(self.hi, other.lo),
            times(self.hi, other.hi),
        ];
        Self::outward(a.min(b).min(c.min(d)), a.max(b).max(c.max(d)))
    }
}

impl<T: Into<Interval>> Div<T> for Interval {
    type Output = Self;

    /// Every number where the divisor has 0 inside; without bound on one side where it ends at 0.
    fn div(self, other: T) -> Self {
        let other = other.into();
        if other.hi < 0.0 || (other.hi == 0.0 && other.lo < 0.0) {
            return -self / -other;
        }
        if other.lo < 0.0 || other.hi == 0.0 {
            return Self::LINE;
        }
        if self.is(0.0) {
            return Self::ZERO;
        }
        // 0 < divisor: the smallest quotient of a number ≥ 0 has the largest divisor.
        let over = |x: f64, y: f64| match (x == 0.0, y == 0.0) {
            (true, _) => 0.0,
            (false, true) => f64::INFINITY.copysign(x),
            (false, false) if y.is_infinite() => 0.0,
            (false, false) => x / y,
        };
        let lo = over(self.lo, if self.lo >= 0.0 { other.hi } else { other.lo });
        let hi = over(self.hi, if self.hi >= 0.0 { other.lo } else { other.hi });
        let quotient = Self::outward(lo, hi);
        if self.lo >= 0.0 { quotient.not_negative() } else { quotient }
    }
}
