//! Decimals: 0.1 is no `f64`, but an interval of two neighbours.

use super::Interval;

impl Interval {
    /// An interval that holds the number that `text` writes in decimals (`0.1`, `-1e-6`, `12`): the
    /// number alone where it is an integer below 2⁵³ in size or a small multiple of a power of ½,
    /// else between the neighbours of the double nearest to it. `None` where it is no finite
    /// decimal.
    ///
    /// Rust reads decimals correctly rounded, so the double returned errs by half a unit in the
    /// last place, less than its distance from either neighbour.
    pub fn decimal(text: &str) -> Option<Self> {
        let text = text.trim();
        let plain = |c: char| c.is_ascii_digit() || "+-.eE".contains(c);
        let x: f64 = text.parse().ok().filter(|_| text.chars().all(plain))?;
        if !x.is_finite() {
            return None;
        }
        Some(if is_exact(text) { Self::point(x) } else { Self { lo: x.next_down(), hi: x.next_up() } })
    }

    /// An interval that holds the decimal that somebody wrote and a program read as `x`: every
    /// decimal that reads as `x`, unless the shortest one is `x` itself, which then is alone in it;
    /// [`is_kept`] tells the others.
    ///
    /// # Panics
    /// For a number that is not finite.
    pub fn read(x: f64) -> Self {
        Self::decimal(&format!("{x:?}")).expect("a finite number is a finite decimal")
    }
}

/// Whether [`Interval::read`] of what `text` reads as holds the decimal that `text` writes: not so
/// for 0.50000000000000000001, which reads as ½.
pub fn is_kept(text: &str) -> bool {
    let Some(written) = Interval::decimal(text) else { return true };
    let read = Interval::read(text.trim().parse().expect("a decimal is a number"));
    read.lo < read.hi || written == read
}

/// Whether a decimal is a double for certain: m·10^e with |m| < 2⁵³ and either e ≥ 0 and the
/// product below 2⁵³, or −22 ≤ e < 0 and m a multiple of 5^−e, so that m·10^e = (m/5^−e)·2^e.
fn is_exact(text: &str) -> bool {
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let fraction = fraction.trim_end_matches('0');
    let digits = format!("{}{fraction}", whole.trim_start_matches(['+', '-']));
    let (Ok(m), Ok(e)) = (digits.parse::<u64>(), exponent.trim_start_matches('+').parse::<i64>()) else {
        return false;
    };
    let Some(e) = e.checked_sub(fraction.len() as i64) else { return false };
    let small = |m: u64| m < 1 << 53;
    match e {
        _ if !small(m) => false,
        0..=15 => m.checked_mul(10_u64.pow(e as u32)).is_some_and(small),
        -22..=-1 => m % 5_u64.pow(-e as u32) == 0,
        _ => m == 0,
    }
}
