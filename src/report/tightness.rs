//! Which row of a section says most: the one nearest to refutation, or most clearly refuted.

use super::model::{Row, SectionReport};
use crate::verdict::{Relation, Verdict};

/// How far a row is from refutation, for ordering rows of one section; larger is nearer, NaN where it cannot be told.
///
/// `<=`, `>=`, bounded: the violation relative to |rhs| (to |lhs| where rhs = 0); `==`: |lhs − rhs| in half-widths;
/// slope: the distance of the exponent outside its interval, negative inside.
pub fn score(section: &SectionReport, row: &Row) -> f64 {
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

/// (lhs − rhs)/|rhs|; relative to |lhs| where rhs = 0; ∓1 where only rhs is infinite; 0 where both sides are 0.
pub fn relative(row: &Row) -> f64 {
    let (lhs, rhs) = (row.lhs, row.rhs);
    if rhs.is_infinite() && lhs.is_finite() {
        -rhs.signum()
    } else if lhs == 0.0 && rhs == 0.0 {
        0.0
    } else {
        (lhs - rhs) / if rhs == 0.0 { lhs.abs() } else { rhs.abs() }
    }
}

/// The row to show: the most clearly refuted; without one the undecided row nearest to refutation; without one the
/// tightest. `None` only for a section without rows.
pub fn telling(section: &SectionReport) -> Option<&Row> {
    let order = |row: &Row| {
        let severity = match row.verdict {
            Verdict::Refuted => 2,
            Verdict::Inconclusive => 1,
            Verdict::Supported => 0,
        };
        let score = score(section, row);
        (severity, if score.is_nan() { f64::NEG_INFINITY } else { score })
    };
    section.rows.iter().reduce(|best, row| {
        let ((a, x), (b, y)) = (order(best), order(row));
        if b.cmp(&a).then(y.total_cmp(&x)).is_gt() { row } else { best }
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::estimate::{Flags, Method};
    use crate::report::model::SlopeStatement;

    fn row(lhs: f64, rhs: f64, half_width: f64, verdict: Verdict) -> Row {
        Row {
            axes: BTreeMap::new(),
            lhs,
            rhs,
            std_err: 0.0,
            half_width,
            margin: 0.1,
            verdict,
            reason: String::new(),
            n: 0,
            method: Method::ClosedForm,
            flags: Flags::default(),
            replay: String::new(),
            points: Vec::new(),
            alternatives: Vec::new(),
        }
    }

    fn section(relation: Relation, rows: Vec<Row>) -> SectionReport {
        SectionReport {
            why: String::new(),
            lhs: String::new(),
            relation,
            rhs: String::new(),
            alternatives: Vec::new(),
            slope: Some(SlopeStatement { against: "steps".into(), between: [-1.05, -0.95] }),
            constants: BTreeMap::new(),
            verdict: Verdict::Supported,
            expected: Verdict::Supported,
            ok: true,
            rows,
        }
    }

    /// The row that each relation calls tightest, by hand; negative right sides and `>=` turn the ratio around.
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
        assert_eq!(found(Relation::AtMost, [[1.0, f64::INFINITY, 0.0], [0.0, 0.0, 0.0], [-1.0, 0.0, 0.0]]), 1);
        assert_eq!(found(Relation::AtLeast, [[1.1, 1.0, 0.1], [90.0, 10.0, 0.1], [5.0, 1.0, 0.1]]), 0);
        assert_eq!(found(Relation::Equal, [[1.1, 1.0, 0.2], [1.01, 1.0, 0.011], [1.0, 1.0, 0.0]]), 1);
        assert_eq!(found(Relation::Slope, [[-1.0, -0.95, 0.1], [-1.04, -1.05, 0.1], [-0.97, -0.95, 0.1]]), 1);
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
