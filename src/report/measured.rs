//! The figures that a section's rows come to, in a few words: the constant that serves, the share of
//! a bound that is used, exponents, and how far a break goes beyond.

use std::collections::BTreeSet;

use super::digits;
use super::model::SectionReport;
use super::tightness::{ranked, relative, telling, tightest, valued};
use super::wording::{bracketed, equals, range};
use super::yardstick::{Yardstick, is_deviation};
use crate::claim::verdict::{Relation, Verdict};
use crate::claim::{AxisValue, Outcome, Ratio, SlopeStatement};

/// What the rows of a section come to: `needs C ≥ 1.411 (4 tested)`, `at most 0.49 of the right side`,
/// `exponent −1.018 … −1.000 of K`; empty where nothing is known.
pub fn measured(section: &SectionReport) -> String {
    match section.relation {
        Relation::Slope => exponents(section),
        Relation::Equal => deviation(section),
        Relation::Bounded => tightest(section).map_or_else(String::new, |row| growth(section, row)),
        Relation::AtMost | Relation::AtLeast => match (Yardstick::of(section), tightest(section)) {
            (Yardstick::Baseline { factor }, Some(_)) => beside_baseline(section, factor),
            (yardstick, Some(row)) => of_row(section, &yardstick, row),
            (yardstick, None) => known_end(section, &yardstick),
        },
    }
}

/// How far one row goes, in the words of [`measured`].
pub fn of_row(section: &SectionReport, yardstick: &Yardstick, row: &Outcome) -> String {
    match section.relation {
        Relation::Slope => {
            let exponent = row.bracket.map_or_else(|| digits::short(row.lhs, row.std_err, 4), range);
            format!("exponent {exponent} of {}", against(section))
        }
        Relation::Bounded => growth(section, row),
        Relation::Equal => deviates(section, row),
        Relation::AtMost | Relation::AtLeast => {
            let Some(ratio) = row.ratio.filter(Ratio::finite) else { return without_ratio(row) };
            let refuted = row.verdict == Verdict::Refuted;
            if refuted && !row.bracketed() && !ratio.resolved() {
                return without_ratio(row);
            }
            let scaled = yardstick.scaled(&ratio, row.rhs);
            let value = equals(&scaled).trim_start_matches("= ").to_owned();
            let at_most = section.relation == Relation::AtMost;
            match yardstick {
                Yardstick::Constant { name, tested } => {
                    let sign = if at_most { "≥" } else { "≤" };
                    let needed = if row.bracketed() {
                        format!("{name} {value}")
                    } else {
                        format!("needs {name} {sign} {value}")
                    };
                    let by =
                        if rests_on_margin(section, row) { ", supported by the margin alone" } else { "" };
                    format!("{needed} ({} tested{by})", digits::plain(*tested, 4))
                }
                Yardstick::Level => {
                    let sign = if at_most { "≤" } else { "≥" };
                    format!("{} {value}, stated {sign} {}", left(section), digits::plain(row.rhs, 4))
                }
                Yardstick::Baseline { .. } => format!("{value} × {}", baseline_of(row)),
                Yardstick::Share if row.bracketed() => format!("{value} of the bound"),
                Yardstick::Share => match (at_most, refuted) {
                    (true, false) => format!("at most {value} of the bound"),
                    (false, false) => format!("at least {value} times the bound"),
                    (true, true) => format!("{value} times the bound"),
                    (false, true) => format!("only {value} of the bound"),
                },
            }
        }
    }
}

/// A left side that is compared with a number: by its name where that is short.
fn left(section: &SectionReport) -> &str {
    match section.lhs.as_str() {
        _ if is_deviation(section) => "off by",
        name if name.chars().count() <= NAME => name,
        _ => "left side",
    }
}

/// Most characters of a left side that stands for itself.
const NAME: usize = 24;

/// A row of an inequality whose ratio is not known.
fn without_ratio(row: &Outcome) -> String {
    match (row.lhs, row.rhs) {
        (lhs, _) if lhs.is_infinite() => "left side infinite".into(),
        (_, rhs) if rhs.is_infinite() => "right side infinite".into(),
        (lhs, _) if lhs.is_nan() => "no value".into(),
        (lhs, rhs) => format!("{} against {}", digits::plain(lhs, 3), digits::plain(rhs, 3)),
    }
}

/// Where no ratio is known to a tenth: the end nearest to a violation, in the yardstick's terms.
fn known_end(section: &SectionReport, yardstick: &Yardstick) -> String {
    let scaled = |row: &Outcome| Some(yardstick.scaled(&row.ratio.filter(Ratio::finite)?, row.rhs).high);
    let high = section.rows.iter().filter_map(scaled).reduce(f64::max);
    let Some(high) = high.filter(|_| section.relation == Relation::AtMost) else { return String::new() };
    let high = digits::plain(high, 3);
    match yardstick {
        Yardstick::Constant { name, tested } => {
            format!("{name} ≤ {high} serves ({} tested)", digits::plain(*tested, 4))
        }
        Yardstick::Level => format!("{} ≤ {high}", left(section)),
        Yardstick::Baseline { .. } => {
            let whose = section.rows.first().map_or_else(String::new, baseline_of);
            format!("≤ {high} × {whose}")
        }
        Yardstick::Share => format!("≤ {high} of the bound"),
    }
}

/// The range of a comparison with baselines, over the rows that are known to a tenth.
fn beside_baseline(section: &SectionReport, factor: f64) -> String {
    let rows = section.rows.iter().filter(|row| ranked(section, row));
    let ratios: Vec<f64> =
        rows.clone().filter_map(|row| row.ratio).map(|ratio| ratio.value * factor).collect();
    let names: BTreeSet<String> = rows.map(baseline_of).collect();
    let whose = match names.len() {
        1 => names.into_iter().next().unwrap_or_default(),
        n => format!("that on {n} grids"),
    };
    format!("{} × {whose}", span(&ratios, 3))
}

fn baseline_of(row: &Outcome) -> String {
    row.axes.get("baseline").map_or_else(|| "the baseline's".into(), |grid| format!("that on {grid}"))
}

/// `0.41 … 0.52`, or one number where both ends read the same.
fn span(values: &[f64], significant: usize) -> String {
    let (lo, hi) =
        values.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(lo, hi), x| (lo.min(*x), hi.max(*x)));
    let [lo, hi] = [lo, hi].map(|x| digits::plain(x, significant));
    if lo == hi { lo } else { format!("{lo} … {hi}") }
}

/// The symbol of what exponents are taken against.
pub fn against(section: &SectionReport) -> String {
    let name = section.slope.as_ref().map_or("", |slope| slope.against.as_str());
    let symbols = [("steps", "K"), ("dim", "d"), ("shannon", "H"), ("atoms", "N"), ("snr", "γ")];
    symbols.iter().find(|(axis, _)| *axis == name).map_or(name, |(_, symbol)| symbol).to_owned()
}

fn exponents(section: &SectionReport) -> String {
    let known: Vec<&Outcome> =
        section.rows.iter().filter(|row| row.believed && !row.bracketed() && row.lhs.is_finite()).collect();
    let (low, high) = known
        .iter()
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), row| (a.min(row.lhs), b.max(row.lhs)));
    let half = known.iter().map(|row| row.half_width).fold(0.0, f64::max);
    if known.is_empty() {
        return String::new();
    }
    let error =
        if half >= 5e-4 { format!(" (± {} at most)", digits::plain(half, 2)) } else { String::new() };
    let [low, high] = [low, high].map(|x| digits::fixed(x, 3));
    let exponents = if low == high { low } else { format!("{low} … {high}") };
    format!("exponent {exponents} of {}{error}", against(section))
}

/// The largest relative difference of the sides of an identity, and the largest half-width.
fn deviation(section: &SectionReport) -> String {
    let known = section.rows.iter().filter(|row| row.believed && !row.bracketed() && row.lhs.is_finite());
    let sizes =
        |of: &dyn Fn(&Outcome) -> f64| known.clone().map(of).filter(|x| x.is_finite()).fold(0.0, f64::max);
    let scale = |row: &Outcome| if row.rhs == 0.0 { row.lhs.abs() } else { row.rhs.abs() };
    let (off, half) = (sizes(&|row| relative(row).abs()), sizes(&|row| row.half_width / scale(row)));
    match known.clone().count() {
        0 => String::new(),
        _ if off == 0.0 => "equal to the last bit".into(),
        _ => format!("sides agree to {} (± {})", digits::plain(off, 1), digits::plain(half, 1)),
    }
}

fn deviates(section: &SectionReport, row: &Outcome) -> String {
    if valued(section, row) && relative(row).is_finite() {
        format!("off by {} of the right side", digits::plain(relative(row), 3))
    } else {
        without_ratio(row)
    }
}

fn growth(section: &SectionReport, row: &Outcome) -> String {
    let [late, most] = [(row.lhs, row.bracket), (row.rhs, row.rhs_bracket)]
        .map(|(x, bracket)| bracket.map_or_else(|| digits::plain(x, 2), bracketed));
    format!("grows by {late} per e-fold of {}, a plateau by {most} at most", against(section))
}

/// Where a section is refuted most clearly, and by how much; `None` where it is not.
pub fn strongest(section: &SectionReport) -> Option<(&Outcome, String)> {
    let row = telling(section).filter(|row| row.verdict == Verdict::Refuted)?;
    Some((row, of_row(section, &Yardstick::of(section), row)))
}

/// Whether a row of an inequality or an exponent is supported only thanks to its margin: its interval reaches into
/// the violation, by less than the margin.
pub fn rests_on_margin(section: &SectionReport, row: &Outcome) -> bool {
    let [lhs, rhs] =
        [(row.lhs, row.bracket), (row.rhs, row.rhs_bracket)].map(|(x, bracket)| bracket.unwrap_or([x; 2]));
    let excess = match (section.relation, &section.slope) {
        (Relation::AtMost, _) => lhs[1] - rhs[0],
        (Relation::AtLeast, _) => rhs[1] - lhs[0],
        (Relation::Slope, Some(SlopeStatement { between: [low, high], .. })) => {
            (low - lhs[0]).max(lhs[1] - high)
        }
        _ => return false,
    };
    let half_width = if row.bracketed() { 0.0 } else { row.half_width };
    row.verdict == Verdict::Supported && excess + half_width > 0.0
}

/// The largest margin that a verdict rests on, in words: a share of the right side, a number for an
/// exponent; empty where none does.
pub fn margin(section: &SectionReport) -> String {
    let slope = section.relation == Relation::Slope;
    let of = |row: &Outcome| if slope { row.margin } else { row.margin / row.rhs.abs() };
    let rests = section.rows.iter().filter(|row| rests_on_margin(section, row));
    let largest = rests.map(of).filter(|margin| margin.is_finite()).fold(0.0, f64::max);
    if largest == 0.0 {
        return String::new();
    }
    if slope { digits::plain(largest, 3) } else { format!("{} %", digits::plain(100.0 * largest, 3)) }
}

/// A section in numbers, for tables.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CaseCounts {
    /// Cases.
    pub cases: usize,
    /// Known as a bracket alone.
    pub brackets: usize,
    /// Supported only thanks to the margin.
    pub on_margin: usize,
    /// Undecided.
    pub open: usize,
    /// Left out of the ranking of an inequality though they have a value.
    pub unresolved: usize,
}

/// Counts the rows of a section.
pub fn counts(section: &SectionReport) -> CaseCounts {
    let count = |of: &dyn Fn(&Outcome) -> bool| section.rows.iter().filter(|row| of(row)).count();
    CaseCounts {
        cases: section.rows.len(),
        brackets: count(&|row| row.bracketed()),
        on_margin: count(&|row| rests_on_margin(section, row)),
        open: count(&|row| row.verdict == Verdict::Inconclusive),
        unresolved: count(&|row| !row.bracketed() && valued(section, row) && !ranked(section, row)),
    }
}

/// The laws of a section's rows, each once.
pub fn laws(section: &SectionReport) -> BTreeSet<&str> {
    section.rows.iter().filter_map(|row| row.axes.get("source")).filter_map(AxisValue::text).collect()
}
