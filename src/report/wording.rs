//! The words and signs that every form of a report shares.

use super::digits;
use super::model::{Report, SectionReport};
use super::tightness::{self, LeftOut, boundless, left_out, relative, score, valued};
use crate::claim::verdict::{Relation, Verdict};
use crate::claim::{Outcome, Ratio};

/// The tightness of a row in words: `lhs/rhs = 0.8731(22)`, `lhs/rhs ≤ 0.41`, `off by
/// −2.1(3.4)×10⁻⁴ (0.31 h)`, `exponent −1.002(3)`.
pub fn words(section: &SectionReport, row: &Outcome) -> String {
    let text = match (section.relation, &row.ratio) {
        (Relation::Slope, _) => format!("exponent {}", side(row.lhs, row.std_err, row.bracket)),
        (Relation::Bounded, _) => format!(
            "late growth {} per e-fold, at most {} on a plateau approached like N^−{} or faster",
            side(row.lhs, row.std_err, row.bracket),
            side(row.rhs, 0.0, row.rhs_bracket),
            section.slope.as_ref().map_or(f64::NAN, |slope| -slope.between[1])
        ),
        (Relation::AtMost | Relation::AtLeast, Some(ratio)) => format!("lhs/rhs {}", equals(ratio)),
        _ if row.bracketed() => sides(row),
        // Interrupted before its first round, or it could not be measured.
        _ if row.lhs.is_nan() || row.rhs.is_nan() => return "no value".into(),
        _ if row.lhs.is_infinite() && row.rhs.is_infinite() => {
            format!("{}, which cannot be compared", sides(row))
        }
        _ if boundless(section, row) && row.verdict == Verdict::Supported => {
            format!("{}, which claims nothing", sides(row))
        }
        _ if row.lhs.is_infinite() || row.rhs.is_infinite() => sides(row),
        (Relation::Equal, _) if row.lhs.to_bits() == row.rhs.to_bits() => "equal to the last bit".into(),
        (Relation::Equal, _) => {
            let scale = if row.rhs == 0.0 { row.lhs.abs() } else { row.rhs.abs() };
            let off = digits::short(relative(row), row.std_err / scale, 2);
            format!("off by {off} ({} h)", digits::plain(score(section, row), 2))
        }
        (Relation::AtMost | Relation::AtLeast, None) if row.rhs == 0.0 => sides(row),
        (Relation::AtMost | Relation::AtLeast, None) => {
            format!("lhs/rhs = {}", digits::plain(row.lhs / row.rhs, SIGNIFICANT))
        }
    };
    if row.believed { text } else { format!("{text}, not to be believed") }
}

/// Digits of a ratio without a statistical error.
const SIGNIFICANT: usize = 4;

/// `= 0.8731(22)`, `= 0.87 ± 0.12` where a deterministic bound shows in the digits, `≤ 0.41` for a
/// bracket.
pub fn equals(ratio: &Ratio) -> String {
    if ratio.value.is_nan() {
        return bracketed([ratio.low, ratio.high]);
    }
    let half = (ratio.high - ratio.value).max(ratio.value - ratio.low);
    let shows = half > 0.5 * 10_f64.powi(1 - SIGNIFICANT as i32) * ratio.value.abs();
    if ratio.std_err == 0.0 && shows {
        return format!("= {} ± {}", digits::plain(ratio.value, 2), digits::plain(half, 2));
    }
    format!("= {}", digits::short(ratio.value, ratio.std_err, SIGNIFICANT))
}

/// The letter of a note: a, b, …, z, aa, ab, ….
pub fn letter(k: usize) -> String {
    let last = char::from(b'a' + (k % 26) as u8);
    if k < 26 { last.to_string() } else { letter(k / 26 - 1) + &last.to_string() }
}

/// A bracket with its relation: `≤ 0.41`, `≥ 3`, `between 0.2 and 0.41`.
pub fn bracketed(bracket: [f64; 2]) -> String {
    let [low, high] = bracket.map(|x| digits::plain(x, 3));
    match bracket {
        [f64::NEG_INFINITY, f64::INFINITY] => "unknown".into(),
        [l, _] if l == 0.0 || l == f64::NEG_INFINITY => format!("≤ {high}"),
        [_, f64::INFINITY] => format!("≥ {low}"),
        _ => format!("between {low} and {high}"),
    }
}

/// A bracket on its own, as in a table: `≤ 0.41`, `0.2 … 0.41`.
pub fn range(bracket: [f64; 2]) -> String {
    bracketed(bracket).replace("between ", "").replace(" and ", " … ")
}

/// A side of a row in a table: its value with its error, or its bracket.
pub fn side(value: f64, std_err: f64, bracket: Option<[f64; 2]>) -> String {
    bracket.map_or_else(|| digits::concise(value, std_err), range)
}

/// Both sides in a sentence: `lhs ≤ 99.3, rhs = 123`.
pub fn sides(row: &Outcome) -> String {
    let one = |name: &str, value: f64, bracket: Option<[f64; 2]>| match bracket {
        Some(bracket) => format!("{name} {}", bracketed(bracket)),
        None => format!("{name} = {}", digits::plain(value, 6)),
    };
    format!("{}, {}", one("lhs", row.lhs, row.bracket), one("rhs", row.rhs, row.rhs_bracket))
}

/// What the ranking of a section leaves out, in a sentence; empty where nothing is.
pub fn unranked(section: &SectionReport) -> String {
    let Some(LeftOut { count, tighter, nearest }) = left_out(section) else { return String::new() };
    let cases =
        if count == 1 { "1 case is".into() } else { format!("{} cases are", digits::count(count as u64)) };
    let why = match section.relation {
        Relation::AtMost | Relation::AtLeast => "lhs/rhs is not known to a tenth there",
        _ => "only brackets are known there",
    };
    let most = if section.relation == Relation::AtLeast { "at least" } else { "at most" };
    let tighter = match tighter {
        0 => "none".into(),
        n if n == count && n > 1 => "any".into(),
        n => digits::count(n as u64),
    };
    let beyond = match section.relation {
        Relation::AtMost => nearest > 1.0,
        Relation::AtLeast => nearest < 1.0,
        _ => false,
    };
    let ratio = if beyond { "lhs/rhs, of two noisy sides," } else { "lhs/rhs" };
    let end = if nearest.is_nan() {
        String::new()
    } else {
        format!(" ({ratio} {most} {})", digits::plain(nearest, 3))
    };
    format!("{cases} left out of the ranking, as {why}; {tighter} of them may be tighter{end}.")
}

/// The tightest row of a section in words, and what is not known beside it: cases that the ranking
/// leaves out and may be tighter, cases without a value, cases with an infinite side.
pub fn tightest(section: &SectionReport) -> String {
    let count = |of: &dyn Fn(&Outcome) -> bool| section.rows.iter().filter(|row| of(row)).count();
    let infinite = count(&|row| boundless(section, row));
    let missing = count(&|row| !valued(section, row) && !boundless(section, row));
    let tighter = left_out(section).map_or(0, |left| left.tighter);
    let told = match tightness::tightest(section) {
        Some(row) => words(section, row),
        None if infinite > 0 && infinite == section.rows.len() => return "none: a side is infinite".into(),
        None if tighter > 0 => "not known to a tenth".into(),
        None if missing > 0 => return "no value".into(),
        None => String::new(),
    };
    let notes =
        [(tighter, "may be tighter"), (missing, "without a value"), (infinite, "with an infinite side")];
    let shown = notes
        .iter()
        .filter(|&&(n, note)| n > 0 && !(note.starts_with("may") && told.starts_with("not known")));
    let notes: String = shown.map(|(n, note)| format!("; {n} {note}")).collect();
    told + &notes
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

/// "2/3 refuted": how many of a claim's controls or breaks came out refuted; empty text where there
/// are none.
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
        1 => "a verdict other than expected, or an answer not as stated",
        3 => "nothing wrong, something inconclusive",
        _ => "the run did not finish",
    }
}
