//! Which cases of a section are measured on after their verdict: those that may yet be its
//! tightest.

use crate::claim::enclosure::{LINE, Range};
use crate::claim::verdict::Relation;
use crate::claim::{Outcome, Ratio};
use crate::report::tightness::nearness;

/// A case that would need more than this many times the budget's samples is not measured on:
/// estimates of that number are rough.
const HOPELESS: f64 = 2.0;

/// What is known of a case's ratio.
struct Span {
    /// Where its score lies.
    range: Range,
    /// Whether the ratio is known to a tenth.
    resolved: bool,
    /// The ratio, and half the width of where it lies, at `n` samples; NaN for a bracket.
    value: f64,
    half: f64,
    n: f64,
}

/// Which of a section's outcomes are still to be measured for its tightness: a ratio that is not
/// known to a tenth and may lie nearer to a violation than every ratio that is, unless a `budget`
/// of samples would settle neither. `None`: a case without an outcome.
///
/// A case counts with what it was last known by, whether or not it is still measured; other
/// relations than inequalities have no ratio and are never measured on.
pub fn candidates(relation: Relation, outcomes: &[Option<&Outcome>], budget: u64) -> Vec<bool> {
    if !matches!(relation, Relation::AtMost | Relation::AtLeast) {
        return vec![false; outcomes.len()];
    }
    let span = |outcome: &Outcome| {
        let ratio = outcome.ratio.as_ref()?;
        let rhs = outcome.rhs_bracket.unwrap_or([outcome.rhs; 2]);
        Some(Span {
            range: nearness(relation, ratio, rhs).unwrap_or(LINE),
            resolved: ratio.resolved(),
            value: ratio.value,
            half: 0.5 * (ratio.high - ratio.low),
            n: outcome.n as f64,
        })
    };
    let spans: Vec<Option<Span>> = outcomes.iter().map(|outcome| outcome.and_then(span)).collect();
    let resolved = spans.iter().flatten().filter(|span| span.resolved);
    let nearest = resolved.map(|span| span.range[0]).fold(f64::NEG_INFINITY, f64::max);
    let settles = |span: &Span| {
        let middle = 0.5 * (span.range[0] + span.range[1]);
        // Wide enough to be told apart from the nearest, or narrow enough to be ranked: an error
        // falls like 1/√n.
        let enough = (nearest - middle).max(Ratio::RESOLVED * span.value.abs());
        let needed = span.n * (span.half / enough).powi(2);
        needed.is_nan() || needed <= HOPELESS * budget as f64
    };
    let open = |span: &Span| !span.resolved && span.range[1] > nearest && settles(span);
    spans.iter().map(|span| span.as_ref().is_some_and(open)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(rhs: f64, [value, low, high]: [f64; 3]) -> Outcome {
        let ratio = Some(Ratio { value, std_err: 0.0, low, high });
        Outcome { rhs, ratio, ..Outcome::undecided(String::new(), 0.1) }
    }

    /// Measured on: what reaches above the lower end of the best that is known to a tenth, unless
    /// it is known to a tenth itself.
    #[test]
    fn only_what_may_be_the_tightest_is_measured_on() {
        let all = [
            outcome(1.0, [0.30, 0.28, 0.32]),
            outcome(1.0, [0.29, 0.27, 0.31]),
            outcome(1.0, [0.20, 0.10, 0.30]),
            outcome(1.0, [0.10, 0.01, 0.27]),
            outcome(1.0, [f64::NAN, 0.0, 0.9]),
            outcome(-1.0, [0.20, 0.10, 0.30]),
        ];
        let found =
            |relation, all: &[Outcome]| candidates(relation, &all.iter().map(Some).collect::<Vec<_>>(), 1);
        assert_eq!(found(Relation::AtMost, &all[..5]), [false, false, true, false, true]);
        assert_eq!(found(Relation::AtMost, &all), [false, false, true, false, true, true]);
        assert_eq!(found(Relation::AtLeast, &all[..5]), [false, false, true, true, true]);
        assert_eq!(found(Relation::Equal, &all), [false; 6]);
        assert_eq!(candidates(Relation::AtMost, &[None, Some(&all[2])], 1), [false, true]);
    }

    /// Known to 30 % at 2,000 samples: 18,000 make that 10 %. Known to 30 % and a third below the
    /// nearest: 4,500 tell them apart.
    #[test]
    fn what_the_budget_cannot_settle_is_not_measured_on() {
        let case = Outcome { n: 2000, ..outcome(1.0, [0.20, 0.14, 0.26]) };
        assert_eq!(candidates(Relation::AtMost, &[Some(&case)], 9_001), [true]);
        assert_eq!(candidates(Relation::AtMost, &[Some(&case)], 8_999), [false]);
        let nearest = outcome(1.0, [0.25, 0.24, 0.26]);
        assert_eq!(candidates(Relation::AtMost, &[Some(&nearest), Some(&case)], 2_251), [false, true]);
        assert_eq!(candidates(Relation::AtMost, &[Some(&nearest), Some(&case)], 2_249), [false, false]);
        let bracket = Outcome { n: 2000, ..outcome(1.0, [f64::NAN, 0.0, 0.9]) };
        assert_eq!(candidates(Relation::AtMost, &[Some(&bracket)], 1), [true]);
    }
}
