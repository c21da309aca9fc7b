//! Which row of a section says most: the one nearest to refutation, or most clearly refuted.

use super::model::SectionReport;
use crate::claim::verdict::{Relation, Verdict};
use crate::claim::{Outcome, Ratio};

/// How far a row is from refutation, for ordering rows of one section; larger is nearer, NaN where
/// it cannot be told.
///
/// `<=`, `>=`, bounded: the violation relative to |rhs| (to |lhs| where rhs = 0); `==`: |lhs − rhs|
/// in half-widths; slope: the distance of the exponent outside its interval, negative inside.
pub fn score(section: &SectionReport, row: &Outcome) -> f64 {
    let difference = row.lhs - row.rhs;
    match section.relation {
        Relation::Equal if difference == 0.0 => 0.0,
        Relation::Equal => difference.abs() / row.half_width,
        Relation::AtMost | Relation::Bounded => relative(row),
        Relation::AtLeast => -relative(row),
        Relation::Slope => match &section.slope {
            Some(slope) => (slope.between[0] - row.lhs).max(row.lhs - slope.between[1]),
            None => f64::NAN,
        },
    }
}

/// (lhs − rhs)/|rhs|; relative to |lhs| where rhs = 0; ∓1 where only rhs is infinite; 0 where both
/// sides are 0.
pub fn relative(row: &Outcome) -> f64 {
    let (lhs, rhs) = (row.lhs, row.rhs);
    if rhs.is_infinite() && lhs.is_finite() {
        -rhs.signum()
    } else if lhs == 0.0 && rhs == 0.0 {
        0.0
    } else {
        (lhs - rhs) / if rhs == 0.0 { lhs.abs() } else { rhs.abs() }
    }
}

/// Where the [`score`] of an inequality lies whose ratio is known by an interval; `None` for other
/// relations, and where the sign of the right side is not known.
pub fn nearness(relation: Relation, ratio: &Ratio, [least, most]: [f64; 2]) -> Option<[f64; 2]> {
    let sign = match () {
        () if least > 0.0 => 1.0,
        () if most < 0.0 => -1.0,
        () => return None,
    };
    let sign = match relation {
        Relation::AtMost => sign,
        Relation::AtLeast => -sign,
        Relation::Equal | Relation::Slope | Relation::Bounded => return None,
    };
    let [a, b] = [sign * (ratio.low - 1.0), sign * (ratio.high - 1.0)];
    Some([a.min(b), a.max(b)])
}

/// Whether an inequality has an infinite side and holds or is undecided: that says nothing of how
/// tight it is (x ≤ ∞ claims nothing, and ∞ ≤ ∞ cannot be compared).
pub fn boundless(section: &SectionReport, row: &Outcome) -> bool {
    let infinite = row.lhs.is_infinite() || row.rhs.is_infinite();
    inequality(section) && infinite && row.verdict != Verdict::Refuted
}

/// Whether a row has what its tightness is read from: two numbers (for an exponent or a growth
/// one), or a bracket.
pub fn valued(section: &SectionReport, row: &Outcome) -> bool {
    let numbers = !row.lhs.is_nan() && (!row.rhs.is_nan() || section.relation.along_an_axis());
    row.bracketed() || numbers && !boundless(section, row)
}

fn inequality(section: &SectionReport) -> bool {
    matches!(section.relation, Relation::AtMost | Relation::AtLeast)
}

/// Whether a row takes part in the ranking: it has a value that is to be believed, and the ratio of
/// an inequality is known to a tenth.
pub fn ranked(section: &SectionReport, row: &Outcome) -> bool {
    let resolved = !inequality(section) || row.ratio.is_none_or(|ratio| ratio.resolved());
    row.believed && !row.bracketed() && resolved && !boundless(section, row)
}

/// The row to show: the most clearly refuted; without one the undecided row nearest to refutation;
/// without one the tightest. Of several those come first that take part in the ranking, and a
/// supported row that does not is never shown. `None` for a section without rows, and where all are
/// supported and none is ranked.
pub fn telling(section: &SectionReport) -> Option<&Outcome> {
    most_telling(section, |_| true)
}

/// The row to show as the tightest: [`telling`] among the rows that have a value.
pub fn tightest(section: &SectionReport) -> Option<&Outcome> {
    most_telling(section, |row| valued(section, row))
}

fn most_telling(section: &SectionReport, eligible: impl Fn(&Outcome) -> bool) -> Option<&Outcome> {
    let order = |row: &Outcome| {
        let severity = match row.verdict {
            Verdict::Refuted => 2,
            Verdict::Inconclusive => 1,
            Verdict::Supported => 0,
        };
        let score = score(section, row);
        (severity, ranked(section, row), if score.is_nan() { f64::NEG_INFINITY } else { score })
    };
    let shown = section.rows.iter().filter(|row| row.verdict != Verdict::Supported || ranked(section, row));
    shown.filter(|row| eligible(row)).reduce(|best, row| {
        let ((a, r, x), (b, s, y)) = (order(best), order(row));
        if b.cmp(&a).then(s.cmp(&r)).then(y.total_cmp(&x)).is_gt() { row } else { best }
    })
}

/// The supported rows of a section that take no part in its ranking.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LeftOut {
    /// Their number.
    pub count: usize,
    /// How many of them may be tighter than the row that is shown.
    pub tighter: usize,
    /// The end of their lhs/rhs that lies nearest to a violation; NaN where that is not known.
    pub nearest: f64,
}

/// What [`telling`] left out, if anything.
pub fn left_out(section: &SectionReport) -> Option<LeftOut> {
    let left = |row: &&Outcome| !ranked(section, row) && !boundless(section, row);
    let rows: Vec<&Outcome> =
        section.rows.iter().filter(|row| row.verdict == Verdict::Supported).filter(left).collect();
    let shown = telling(section).map_or(f64::NEG_INFINITY, |row| score(section, row));
    let span = |row: &Outcome| {
        let ratio = row.ratio.as_ref()?;
        let [_, high] = nearness(section.relation, ratio, row.rhs_bracket.unwrap_or([row.rhs; 2]))?;
        let end = if section.relation == Relation::AtLeast { ratio.low } else { ratio.high };
        Some((high, end))
    };
    let spans: Vec<Option<(f64, f64)>> = rows.iter().map(|row| span(row)).collect();
    let tighter = spans.iter().filter(|span| span.is_none_or(|(high, _)| high > shown)).count();
    let nearest =
        spans.iter().flatten().copied().max_by(|a, b| a.0.total_cmp(&b.0)).map_or(f64::NAN, |(_, end)| end);
    (!rows.is_empty()).then_some(LeftOut { count: rows.len(), tighter, nearest })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::claim::SlopeStatement;
    use crate::report::wording;

    fn row(lhs: f64, rhs: f64, half_width: f64, verdict: Verdict) -> Outcome {
        Outcome {
            lhs,
            rhs,
            std_err: 0.0,
            half_width,
            verdict,
            believed: true,
            doubts: Vec::new(),
            ..Outcome::undecided(String::new(), 0.1)
        }
    }

    fn section(relation: Relation, rows: Vec<Outcome>) -> SectionReport {
        SectionReport {
            why: String::new(),
            lhs: String::new(),
            relation,
            rhs: String::new(),
            alternatives: Vec::new(),
            slope: Some(SlopeStatement { against: "steps".into(), between: [-1.05, -0.95] }),
            constants: BTreeMap::new(),
            hypotheses: Vec::new(),
            left_out: 0,
            verdict: Verdict::Supported,
            expected: Verdict::Supported,
            ok: true,
            rows,
        }
    }

    /// The row that each relation calls tightest, by hand; negative right sides and `>=` turn the
    /// ratio around.
    #[test]
    fn the_tightest_row_of_each_relation() {
        let found = |relation, sides: [[f64; 3]; 3]| {
            let rows = sides.map(|[l, r, h]| row(l, r, h, Verdict::Supported)).to_vec();
            let section = section(relation, rows);
            let telling = telling(&section).unwrap();
            section.rows.iter().position(|row| std::ptr::eq(row, telling)).unwrap()
        };
        assert_eq!(found(Relation::AtMost, [[1.0, 2.0, 0.1], [9.0, 10.0, 0.1], [0.0, 0.1, 0.1]]), 1);
        assert_eq!(found(Relation::AtMost, [[-2.0, -1.0, 0.1], [-1.1, -1.0, 0.1], [f64::NAN, 1.0, 0.1]]), 1);
        assert_eq!(
            found(Relation::AtMost, [[1.0, f64::INFINITY, 0.0], [0.0, 0.0, 0.0], [-1.0, 0.0, 0.0]]),
            1
        );
        assert_eq!(found(Relation::AtLeast, [[1.1, 1.0, 0.1], [90.0, 10.0, 0.1], [5.0, 1.0, 0.1]]), 0);
        assert_eq!(found(Relation::Equal, [[1.1, 1.0, 0.2], [1.01, 1.0, 0.011], [1.0, 1.0, 0.0]]), 1);
        assert_eq!(
            found(Relation::Slope, [[-1.0, -0.95, 0.1], [-1.04, -1.05, 0.1], [-0.97, -0.95, 0.1]]),
            1
        );
    }

    /// A bracket, a value that is not to be believed and a ratio with a half-width of more than a
    /// tenth are near or beyond the claim, and none is called its tightest; what they may reach is
    /// told.
    #[test]
    fn what_is_not_known_to_a_tenth_is_left_out() {
        let ratio = |value: f64, low: f64, high: f64| Some(Ratio { value, std_err: 0.0, low, high });
        let known = Outcome { ratio: ratio(0.2, 0.181, 0.219), ..row(0.2, 1.0, 0.019, Verdict::Supported) };
        let bracketed = Outcome {
            bracket: Some([0.0, 0.9]),
            ratio: ratio(f64::NAN, 0.0, 0.9),
            ..row(f64::NAN, 1.0, 0.45, Verdict::Supported)
        };
        let vague = Outcome { ratio: ratio(0.5, 0.44, 0.56), ..row(0.5, 1.0, 0.06, Verdict::Supported) };
        let below = Outcome { ratio: ratio(0.05, 0.0, 0.1), ..row(0.05, 1.0, 0.05, Verdict::Supported) };
        let rows = vec![bracketed, vague, known, below];
        let found = section(Relation::AtMost, rows.clone());
        assert!(std::ptr::eq(telling(&found).unwrap(), &found.rows[2]));
        assert_eq!(left_out(&found), Some(LeftOut { count: 3, tighter: 2, nearest: 0.9 }));
        let unknown = section(Relation::AtMost, rows[..2].to_vec());
        assert!(telling(&unknown).is_none());
        assert_eq!(left_out(&unknown).map(|left| left.tighter), Some(2));
        let equal = section(Relation::Equal, vec![rows[1].clone()]);
        assert_eq!(left_out(&equal), None, "an equality is ranked by its difference in half-widths");
        let mut doubted = rows[2].clone();
        (doubted.verdict, doubted.believed) = (Verdict::Inconclusive, false);
        let open = section(Relation::AtMost, vec![rows[2].clone(), doubted]);
        assert!(!telling(&open).unwrap().believed, "what is undecided is shown, with its doubt");
    }

    /// Which end of the ratio is the nearer to a violation, by relation and sign.
    #[test]
    fn nearness_turns_around_with_relation_and_sign() {
        let ratio = Ratio { value: f64::NAN, std_err: 0.0, low: 0.5, high: 3.0 };
        let near = |relation, rhs: f64| nearness(relation, &ratio, [rhs; 2]);
        assert_eq!(near(Relation::AtMost, 2.0), Some([-0.5, 2.0]));
        assert_eq!(near(Relation::AtLeast, 2.0), Some([-2.0, 0.5]));
        assert_eq!(near(Relation::AtMost, -2.0), Some([-2.0, 0.5]));
        assert_eq!(near(Relation::Equal, 2.0), None);
        assert_eq!(nearness(Relation::AtMost, &ratio, [-1.0, 1.0]), None);
    }

    /// x ≤ ∞ and ∞ ≤ ∞ have no tightness; a case without a value says why, and another is the
    /// tightest.
    #[test]
    fn what_is_infinite_or_missing_is_never_the_tightest() {
        let infinite = || row(1.0, f64::INFINITY, 0.0, Verdict::Supported);
        let void = section(Relation::AtMost, vec![infinite(), infinite()]);
        assert!(telling(&void).is_none() && left_out(&void).is_none());
        assert_eq!(wording::tightest(&void), "none: a side is infinite");
        assert_eq!(wording::words(&void, &void.rows[0]), "lhs = 1, rhs = ∞, which claims nothing");
        let both = row(f64::INFINITY, f64::INFINITY, f64::NAN, Verdict::Inconclusive);
        let missing = row(f64::NAN, 1.0, f64::INFINITY, Verdict::Inconclusive);
        for (untold, said) in [
            (both, "lhs/rhs = 0.5; 2 with an infinite side"),
            (missing, "lhs/rhs = 0.5; 1 without a value; 1 with an infinite side"),
        ] {
            let found =
                section(Relation::AtMost, vec![infinite(), untold, row(0.5, 1.0, 0.01, Verdict::Supported)]);
            assert!(
                std::ptr::eq(telling(&found).unwrap(), &found.rows[1]),
                "it is why the claim is undecided"
            );
            assert!(std::ptr::eq(tightest(&found).unwrap(), &found.rows[2]));
            assert_eq!(wording::tightest(&found), said);
        }
    }

    #[test]
    fn severity_comes_before_tightness() {
        let rows = vec![
            row(0.99, 1.0, 0.1, Verdict::Supported),
            row(1.5, 1.0, 0.1, Verdict::Refuted),
            row(3.0, 1.0, 9.0, Verdict::Inconclusive),
            row(2.0, 1.0, 0.1, Verdict::Refuted),
        ];
        let section = section(Relation::AtMost, rows);
        assert_eq!(telling(&section).unwrap().lhs.to_bits(), 2.0_f64.to_bits());
    }
}
