//! The words and signs that every form of a report shares.

use super::digits;
use super::model::{Report, Row, SectionReport};
use super::tightness::{relative, score};
use crate::verdict::{Relation, Verdict};

/// The tightness of a row in words: `lhs/rhs = 0.873`, `off by −2.1×10⁻⁴ (0.31 h)`, `exponent −1.002`.
pub fn words(section: &SectionReport, row: &Row) -> String {
    match section.relation {
        // It could not be measured.
        _ if row.lhs.is_nan() => "no value".into(),
        Relation::Slope => format!("exponent {}", digits::concise(row.lhs, row.std_err)),
        Relation::Equal if row.lhs.to_bits() == row.rhs.to_bits() => "equal to the last bit".into(),
        Relation::Equal => {
            format!("off by {} ({} h)", digits::plain(relative(row), 2), digits::plain(score(section, row), 2))
        }
        Relation::Bounded => format!(
            "late growth {} per e-fold, at most {} on a plateau",
            digits::concise(row.lhs, row.std_err),
            digits::plain(row.rhs, 3)
        ),
        Relation::AtMost | Relation::AtLeast => format!("lhs/rhs = {}", digits::plain(row.lhs / row.rhs, 4)),
    }
}

/// What an interrupted run says of itself.
pub fn interrupted(report: &Report) -> String {
    let rows = || report.sections().flat_map(|(_, _, section)| &section.rows);
    let open = rows().filter(|row| row.verdict == Verdict::Inconclusive).count();
    format!(
        "interrupted: {} of {} cases are undecided; `--resume` goes on",
        digits::count(open as u64),
        digits::count(rows().count() as u64)
    )
}

/// "2/3 refuted": how many of a claim's controls or breaks came out refuted; empty text where there are none.
pub fn refuted(sections: &[SectionReport]) -> String {
    if sections.is_empty() {
        return String::new();
    }
    let count = sections.iter().filter(|s| s.verdict == Verdict::Refuted).count();
    format!("{count}/{} refuted", sections.len())
}

/// The sign that goes with a verdict's word, so that colour is never alone.
pub fn symbol(verdict: Verdict) -> char {
    match verdict {
        Verdict::Supported => '✓',
        Verdict::Refuted => '✗',
        Verdict::Inconclusive => '?',
    }
}

/// The meaning of an exit status.
pub fn exit_meaning(exit: u8) -> &'static str {
    match exit {
        0 => "every verdict as expected",
        1 => "a verdict other than expected",
        3 => "nothing wrong, something inconclusive",
        _ => "the run did not finish",
    }
}
