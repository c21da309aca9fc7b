//! exp, ln and what is made of them: polynomials with a proven remainder.
//!
//! u = 2⁻⁵³ is the largest relative error of one correctly rounded operation.

use super::Interval;
use super::planted::Fault;

/// ln 2; the double nearest to it is too small: 0.693147180559945309417… > 0.69314718055994528623…
const LN_2: Interval = Interval { lo: std::f64::consts::LN_2, hi: std::f64::consts::LN_2.next_up() };
/// ln 2 to 32 bits: its products with integers below 2²¹ are exact.
const LN_2_HIGH: f64 = f64::from_bits(0x3fe6_2e42_fee0_0000);
/// ln 2 less that, within 2⁻⁸⁶.
const LN_2_LOW: f64 = f64::from_bits(0x3dea_39ef_3579_3c76);
/// Relative error of the polynomial of [`exp`] with its argument: 6u as shown there; 16u are taken.
const EXP_ERROR: f64 = f64::from_bits((1023 - 49) << 52);
/// e^x is a normal number, and 2^n the exponent of one, for |x| up to here.
const EXP_RANGE: f64 = 708.0;
/// e^−708 = 3.307…e−308 from above, and e^708 = 3.02…e307 from below.
const EXP_ENDS: [f64; 2] = [3.4e-308, 3.0e307];
/// 1/k!, k = 0 … 13, each correctly rounded.
const TAYLOR: [f64; 14] = [
    1.0,
    1.0,
    1.0 / 2.0,
    1.0 / 6.0,
    1.0 / 24.0,
    1.0 / 120.0,
    1.0 / 720.0,
    1.0 / 5_040.0,
    1.0 / 40_320.0,
    1.0 / 362_880.0,
    1.0 / 3_628_800.0,
    1.0 / 39_916_800.0,
    1.0 / 479_001_600.0,
    1.0 / 6_227_020_800.0,
];

/// e^x of a number.
///
/// x = n ln 2 + r with |r| ≤ 0.35. r is found within 2u: x − n·[`LN_2_HIGH`] and what is
/// subtracted then are below ½, so each subtraction errs by ¼·2u, and the product n·[`LN_2_LOW`] is
/// below 2e−7. That is a relative error of 1.1u of e^r at most. Taylor's polynomial of degree 13 lacks
/// at most 0.35¹⁴ e^0.35/14! < 7e−18 < 0.07u, 0.1u of e^r ≥ 0.70. Horner's rule q_k = c_k + r·q_{k+1}
/// errs by e_k ≤ |r|·e_{k+1} + u(|r q_{k+1}| + |q_k|) + u|c_k|·[k ≥ 3], with q_0 ≤ 1.42, q_1 ≤ 1.20,
/// q_2 ≤ 0.57, q_k ≤ 0.2 beyond: e_3 ≤ 0.8u, e_2 ≤ 0.35 e_3 + 0.7u ≤ 1.0u, e_1 ≤ 0.35 e_2 + 1.4u ≤ 1.8u,
/// e_0 ≤ 0.35 e_1 + 1.84u ≤ 2.5u, 3.6u of e^r. Together 4.8u (and terms of order u²): below 6u. The
/// product with 2^n is exact.
fn exp(x: f64) -> Interval {
    if x > EXP_RANGE {
        return Interval { lo: EXP_ENDS[1], hi: f64::INFINITY };
    }
    if x < -EXP_RANGE {
        return Interval { lo: 0.0, hi: EXP_ENDS[0] };
    }
    let n = (x * std::f64::consts::LOG2_E).round();
    let r = (x - n * LN_2_HIGH) - n * LN_2_LOW;
    debug_assert!(r.abs() <= 0.35, "{x}: {r}");
    let p = TAYLOR.iter().rev().fold(0.0, |p, c| c + r * p);
    let error = if Fault::ExpRemainder.is_planted() { 0.0 } else { p * EXP_ERROR };
    let scale = f64::from_bits(((n as i64 + 1023) as u64) << 52);
    Interval { lo: (p - error).next_down() * scale, hi: (p + error).next_up() * scale }
}

/// 2 artanh f = 2f·(1 + f²/3 + f⁴/5 + …) for |f| ≤ 0.1716: eleven terms, and the rest is positive
/// and below w¹¹/(23(1 − w)) of the bracket, w = f².
fn twice_artanh(f: Interval) -> Interval {
    debug_assert!(f.magnitude() <= 0.172);
    let w = f.square();
    let terms = (0..11).rev().fold(Interval::ZERO, |sum, k| Interval::ONE / f64::from(2 * k + 1) + w * sum);
    let rest = w.powi(11) / (Interval::point(23.0) * (Interval::ONE - w));
    f * 2.0 * (terms + Interval { lo: 0.0, hi: rest.hi })
}

/// ln x of a number > 0.
///
/// x = 2^k m with m in [√½, √2], f = (m − 1)/(m + 1), |f| ≤ 3 − 2√2 = 0.17157…: ln x = k ln 2 +
/// 2 artanh f.
fn ln(x: f64) -> Interval {
    if x == f64::INFINITY {
        return Interval { lo: 709.0, hi: f64::INFINITY };
    }
    let (x, shift) = if x < f64::MIN_POSITIVE { (x * 2f64.powi(54), -54) } else { (x, 0) };
    let bits = x.to_bits();
    let mut k = (bits >> 52) as i32 - 1023;
    let mut m = f64::from_bits((bits & ((1 << 52) - 1)) | (1023 << 52));
    if m > std::f64::consts::SQRT_2 {
        (m, k) = (0.5 * m, k + 1);
    }
    let m = Interval::point(m);
    LN_2 * f64::from(k + shift) + twice_artanh((m - 1.0) / (m + 1.0))
}

/// ln(1 + x) of a number > −1: for |x| ≤ ¼ by f = x/(2 + x), |f| ≤ 1/7, with all its digits.
fn ln_1p(x: f64) -> Interval {
    let x = Interval::point(x);
    if x.magnitude() <= 0.25 { twice_artanh(x / (x + 2.0)) } else { (x + 1.0).ln() }
}

/// e^x − 1 of a number: for |x| ≤ 0.3 by Taylor's series, x(1 + x/2·(1 + x/3·(…))) to x¹⁶; the rest of
/// the bracket is at most 0.3¹⁶/17!·(1 + 0.3/18 + …) < 2e−23.
fn exp_m1(x: f64) -> Interval {
    if x.abs() > 0.3 {
        return exp(x) - 1.0;
    }
    let rest = Interval { lo: -2e-23, hi: 2e-23 };
    let x = Interval::point(x);
    let series = (2..=16).rev().fold(Interval::ONE, |sum, k| Interval::ONE + x / f64::from(k) * sum);
    x * (series + rest)
}

impl Interval {
    /// e^x.
    pub fn exp(self) -> Self {
        Self { lo: exp(self.lo).lo, hi: exp(self.hi).hi }
    }

    /// ln x of the numbers > 0 in it.
    ///
    /// # Panics
    /// Where there are none.
    pub fn ln(self) -> Self {
        assert!(self.hi > 0.0, "no logarithm of {self}");
        let lo = if self.lo <= 0.0 { f64::NEG_INFINITY } else { ln(self.lo).lo };
        Self { lo, hi: ln(self.hi).hi }
    }

    /// ln(1 + x) of the numbers > −1 in it.
    ///
    /// # Panics
    /// Where there are none.
    pub fn ln_1p(self) -> Self {
        assert!(self.hi > -1.0, "no ln(1 + x) of {self}");
        let lo = if self.lo <= -1.0 { f64::NEG_INFINITY } else { ln_1p(self.lo).lo };
        let hi = if self.hi == f64::INFINITY { self.hi } else { ln_1p(self.hi).hi };
        Self { lo, hi }
    }

    /// e^x − 1.
    pub fn exp_m1(self) -> Self {
        Self { lo: exp_m1(self.lo).lo.max(-1.0), hi: exp_m1(self.hi).hi }
    }

    /// P(Z > t) of a standard normal Z, t > 0: t φ(t)/(1 + t²) < P < φ(t)/t (integration by parts).
    ///
    /// # Panics
    /// Where t ≤ 0 is possible.
    pub fn normal_tail(self) -> Self {
        assert!(self.lo > 0.0, "the bounds of the normal tail are for t > 0, not {self}");
        let density = |t: Self| (-t.square() / 2.0).exp() / (Self::PI * 2.0).sqrt();
        let (near, far) = (Self::point(self.lo), Self::point(self.hi));
        let least = if far.hi.is_finite() { (density(far) * far / (far.square() + 1.0)).lo } else { 0.0 };
        Self { lo: least, hi: (density(near) / near).hi }
    }

    /// x^y: by multiplication for a whole number y of moderate size, else e^(y ln x) of x > 0. Every
    /// number where that has no meaning.
    pub fn pow(self, y: Self) -> Self {
        if y.lo == y.hi && y.lo.fract() == 0.0 && y.lo.abs() <= 64.0 {
            let power = self.powi(y.lo.abs() as u32);
            return if y.lo < 0.0 { power.recip() } else { power };
        }
        if y.is(0.5) && self.lo >= 0.0 {
            return self.sqrt();
        }
        if self.lo > 0.0 && self.hi < f64::INFINITY { (self.ln() * y).exp() } else { Self::LINE }
    }
}
