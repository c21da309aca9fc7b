//! One rule for all relations: what the numbers allow to be said.

use serde::{Deserialize, Serialize};
use statrs::distribution::{ContinuousCDF, Normal};

/// The outcome of a case, a section or a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Consistent with the claim, and sharp enough that a violation of the margin's size would have
    /// shown.
    Supported,
    /// The violation exceeds the error bar.
    Refuted,
    /// Neither: undecided. The report says why, and how many samples would decide where some would.
    Inconclusive,
}

impl std::fmt::Display for Verdict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            Self::Supported => "supported",
            Self::Refuted => "refuted",
            Self::Inconclusive => "inconclusive",
        })
    }
}

/// What a verdict rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Basis {
    /// Numbers with errors, at the run's level.
    #[default]
    Measured,
    /// Interval arithmetic from the decimals of the claim to the comparison; spends no level.
    Proved,
}

impl std::fmt::Display for Basis {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            Self::Measured => "measured",
            Self::Proved => "proved",
        })
    }
}

/// The relation that a claim asserts between its sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Relation {
    /// lhs = rhs.
    #[serde(rename = "==")]
    Equal,
    /// lhs ≤ rhs.
    #[serde(rename = "<=")]
    AtMost,
    /// lhs ≥ rhs.
    #[serde(rename = ">=")]
    AtLeast,
    /// The slope of ln lhs against ln of an axis lies in an interval.
    #[serde(rename = "slope")]
    Slope,
    /// lhs levels off as an axis grows ([`crate::claim::trend`]).
    #[serde(rename = "bounded")]
    Bounded,
}

impl Relation {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Equal, Self::AtMost, Self::AtLeast, Self::Slope, Self::Bounded];

    /// Whether it speaks of a sequence along an axis, not of two sides at a point.
    pub fn along_an_axis(self) -> bool {
        matches!(self, Self::Slope | Self::Bounded)
    }
}

impl std::fmt::Display for Relation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            Self::Equal => "==",
            Self::AtMost => "<=",
            Self::AtLeast => ">=",
            Self::Slope => "slope",
            Self::Bounded => "bounded",
        })
    }
}

/// Judges an excess (how far the relation is violated; negative with room to spare) that lies in
/// [low, high] against the smallest violation m that the run must be able to see: refuted where all
/// of it is a violation, supported where none of it exceeds m, inconclusive otherwise.
///
/// Of an excess e with half-width h, [e − h, e + h]: refuted where e > h, supported where e ≤ h and
/// e + h ≤ m. An infinite h or a NaN decides nothing.
pub fn decide([low, high]: [f64; 2], margin: f64) -> Verdict {
    if low > 0.0 {
        Verdict::Refuted
    } else if high <= margin {
        Verdict::Supported
    } else {
        Verdict::Inconclusive
    }
}

/// The excess over what `relation` allows where lhs − rhs lies in [low, high].
pub fn excesses(relation: Relation, [low, high]: [f64; 2]) -> [f64; 2] {
    match relation {
        Relation::Equal | Relation::Slope if low <= 0.0 && high >= 0.0 => [0.0, high.max(-low)],
        Relation::Equal | Relation::Slope => [low.abs().min(high.abs()), low.abs().max(high.abs())],
        Relation::AtMost | Relation::Bounded => [low, high],
        Relation::AtLeast => [-high, -low],
    }
}

/// Two-sided normal quantile z of one comparison: the family's level α is shared by all comparisons
/// (Bonferroni) and by the rounds of sampling, round r ≥ 1 getting α/(r(r+1)), which sums to α
/// whenever one stops.
///
/// `level` in (0, 1), `comparisons` ≥ 1. Accurate to 1e-9 down to tails of 1e-15.
fn z_score(level: f64, comparisons: u64, round: u32) -> f64 {
    let rounds = f64::from(round) * f64::from(round + 1);
    let tail = 0.5 * level / comparisons.max(1) as f64 / rounds;
    -Normal::standard().inverse_cdf(tail)
}

/// Share of a comparison's level that its standard errors take; the rest is for intervals that need
/// none.
const FOR_STANDARD_ERRORS: f64 = 0.9;

/// How a comparison of a round spends its level. However it mixes the three, they miss together
/// with the comparison's level.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spent {
    /// Quantile of the standard error of its sides' difference.
    pub z: f64,
    /// Quantile of each number's own standard error, where the difference is not linear in the
    /// numbers.
    pub alone: f64,
    /// Probability with which any of its numbers may lie outside an interval that is proven
    /// ([`crate::numeric::truncated`]).
    pub proven: f64,
}

/// How a comparison with `needs` numbers spends its level in a round.
///
/// `level` in (0, 1), `comparisons` and `round` ≥ 1; the quantiles are accurate to 1e-9 down to
/// tails of 1e-15.
pub fn spent(level: f64, comparisons: u64, round: u32, needs: usize) -> Spent {
    let needs = needs.max(1) as u64;
    let rounds = f64::from(round) * f64::from(round + 1);
    let proven = (1.0 - FOR_STANDARD_ERRORS) * level / comparisons.max(1) as f64 / rounds;
    Spent {
        z: z_score(FOR_STANDARD_ERRORS * level, comparisons, round),
        alone: z_score(FOR_STANDARD_ERRORS * level, comparisons.max(1) * needs, round),
        proven: proven / needs as f64,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two tails beyond z and three proven intervals: the level of one comparison in one round.
    #[test]
    fn the_level_is_spent_once() {
        let spent = spent(0.02, 10, 2, 3);
        let all = 2.0 * Normal::standard().sf(spent.z) + 3.0 * spent.proven;
        assert!((all / (0.02 / 10.0 / 6.0) - 1.0).abs() < 1e-9, "{all}");
        let alone = 6.0 * Normal::standard().sf(spent.alone) + 3.0 * spent.proven;
        assert!((alone / (0.02 / 10.0 / 6.0) - 1.0).abs() < 1e-9, "{alone}");
    }

    #[test]
    fn the_three_verdicts() {
        let of = |e: f64, h: f64, m: f64| decide([e - h, e + h], m);
        assert_eq!(of(0.3, 0.1, 0.05), Verdict::Refuted);
        assert_eq!(of(0.05, 0.1, 0.2), Verdict::Supported);
        assert_eq!(of(0.05, 0.1, 0.1), Verdict::Inconclusive);
        assert_eq!(of(-5.0, 0.1, 0.05), Verdict::Supported);
        assert_eq!(of(f64::NAN, 0.1, 0.05), Verdict::Inconclusive);
        assert_eq!(of(1.0, f64::INFINITY, 0.05), Verdict::Inconclusive);
    }

    /// Every value of an excess over [low, high], by hand.
    #[test]
    fn brackets_are_judged_by_their_ends() {
        let at = |relation, range| decide(excesses(relation, range), 0.1);
        for (relation, range, verdict) in [
            (Relation::AtMost, [-3.0, 0.1], Verdict::Supported),
            (Relation::AtMost, [-3.0, 0.2], Verdict::Inconclusive),
            (Relation::AtMost, [0.01, f64::INFINITY], Verdict::Refuted),
            (Relation::AtLeast, [-0.1, 9.0], Verdict::Supported),
            (Relation::AtLeast, [-2.0, -0.2], Verdict::Refuted),
            (Relation::Equal, [-0.1, 0.05], Verdict::Supported),
            (Relation::Equal, [-0.2, 0.05], Verdict::Inconclusive),
            (Relation::Equal, [-0.2, -0.05], Verdict::Refuted),
            (Relation::AtMost, [f64::NEG_INFINITY, f64::INFINITY], Verdict::Inconclusive),
        ] {
            assert_eq!(at(relation, range), verdict, "{relation} {range:?}");
        }
    }

    /// Φ⁻¹(1 − 0.025) and Φ⁻¹(1 − 1e-9/2), from tables of the normal distribution.
    #[test]
    fn quantiles_are_those_of_the_normal() {
        assert!((z_score(0.10, 1, 1) - 1.959_963_984_540).abs() < 1e-9);
        assert!((z_score(0.02, 10_000_000, 1) - 6.109_410_204_869).abs() < 1e-6);
    }
}
