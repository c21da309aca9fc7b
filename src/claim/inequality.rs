//! How the sides of a hypothesis are compared.

use std::fmt;

use crate::claim::enclosure::Range;

/// Sides that differ by less than this, relative to the larger, are equal: what rounding leaves of
/// an equality.
const EQUAL: f64 = 1e-9;

/// How a hypothesis compares its sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Inequality {
    /// `<=`
    AtMost,
    /// `<`
    Below,
    /// `>=`
    AtLeast,
    /// `>`
    Above,
    /// `==`
    Equal,
}

impl Inequality {
    /// Every inequality as written, the longer before those that begin it.
    pub(super) const ALL: [(&'static str, Self); 5] = [
        ("<=", Self::AtMost),
        (">=", Self::AtLeast),
        ("==", Self::Equal),
        ("<", Self::Below),
        (">", Self::Above),
    ];

    /// Whether it holds of a difference left − right, which lies in an interval.
    ///
    /// `scale` is the size of the sides. `None` where the interval does not tell.
    pub(super) fn decided(self, [low, high]: Range, scale: f64) -> Option<bool> {
        let tolerance = EQUAL * scale;
        let zero = low >= -tolerance && high <= tolerance;
        let (below, above) = (high < 0.0, low > 0.0);
        if !(zero || below || above) {
            return None;
        }
        Some(match self {
            Self::AtMost => zero || below,
            Self::Below => !zero && below,
            Self::AtLeast => zero || above,
            Self::Above => !zero && above,
            Self::Equal => zero,
        })
    }
}

impl fmt::Display for Inequality {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(Self::ALL.iter().find(|(_, inequality)| inequality == self).map_or("", |(text, _)| text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_edge_belongs_to_what_is_not_strict() {
        let near = [-1e-16, 1e-16];
        let decided = |inequality: Inequality, range| inequality.decided(range, 1.0);
        for (inequality, at_zero, below, above) in [
            (Inequality::AtMost, true, true, false),
            (Inequality::Below, false, true, false),
            (Inequality::AtLeast, true, false, true),
            (Inequality::Above, false, false, true),
            (Inequality::Equal, true, false, false),
        ] {
            assert_eq!(decided(inequality, near), Some(at_zero), "{inequality}");
            assert_eq!(decided(inequality, [-0.2, -0.1]), Some(below), "{inequality}");
            assert_eq!(decided(inequality, [0.1, f64::INFINITY]), Some(above), "{inequality}");
            assert_eq!(decided(inequality, [-0.1, 0.1]), None, "{inequality}");
        }
    }
}
