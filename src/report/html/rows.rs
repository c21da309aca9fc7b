//! Cases: the one that says most, in words, and all of them in a table.

use std::collections::BTreeSet;

use maud::{Markup, html};

use super::{command, verdict};
use crate::claim::verdict::{Relation, Verdict};
use crate::claim::{AxisValue, Outcome};
use crate::report::digits;
use crate::report::model::SectionReport;
use crate::report::plot::series::place;
use crate::report::tightness::relative;
use crate::report::wording::{equals, range, side, sides, unranked, words};

/// Digits of a side in a table; its error is that of the difference, in its own column.
const DIGITS: usize = 6;

/// The telling case in a paragraph, with the command that replays it.
pub fn worst(section: &SectionReport, row: &Outcome) -> Markup {
    let all: BTreeSet<&str> = row.axes.keys().map(String::as_str).collect();
    let (place, told) = (place(row, &all), words(section, row));
    html! {
        p {
            b { (role(row.verdict)) } @if !place.is_empty() { ", " (place) } ": "
            @if section.relation == Relation::Slope {
                "exponent " (side(row.lhs, row.std_err, row.bracket)) ", nearest end of the interval " (digits::plain(row.rhs, DIGITS)) ", "
            } @else if section.relation == Relation::Bounded {
                "growth per e-fold, late " (side(row.lhs, row.std_err, row.bracket)) ", at most " (side(row.rhs, 0.0, row.rhs_bracket)) " on a plateau, "
            } @else if row.bracketed() {
                (sides(row)) ", "
            } @else {
                "lhs = " (digits::plain(row.lhs, DIGITS)) ", rhs = " (digits::plain(row.rhs, DIGITS))
                ", lhs − rhs = " (digits::concise(row.lhs - row.rhs, row.std_err)) ", "
            }
            i { "h" } "\u{a0}=\u{a0}" (digits::plain(row.half_width, 2))
            @if !section.relation.along_an_axis() && !told.starts_with(&sides(row)) {
                "; " (told.replace(" = ", "\u{a0}=\u{a0}"))
            }
            ". " (meaning(row))
        }
        (command(&row.replay))
    }
}

/// What the ranking of a section leaves out.
pub fn left_out(section: &SectionReport) -> Markup {
    let says = unranked(section);
    html! { @if !says.is_empty() { p class="facts" { (says) } } }
}

fn role(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Supported => "Tightest case",
        Verdict::Refuted => "Strongest violation",
        Verdict::Inconclusive => "Undecided case",
    }
}

/// What a row's verdict says, in the report's careful words.
fn meaning(row: &Outcome) -> String {
    match row.verdict {
        Verdict::Supported => {
            format!("Consistent within h; a violation of {} would have shown.", digits::plain(row.margin, 2))
        }
        Verdict::Refuted if row.reason.is_empty() => "The violation exceeds h.".into(),
        Verdict::Refuted => format!("The violation exceeds h ({}).", row.reason),
        Verdict::Inconclusive if row.reason.is_empty() => {
            "Neither consistent to the margin nor violated.".into()
        }
        Verdict::Inconclusive => format!("Undecided: {}.", row.reason.trim_end_matches('.')),
    }
}

/// A side in a table: its value or its bracket.
fn cell(value: f64, bracket: Option<[f64; 2]>) -> String {
    bracket.map_or_else(|| digits::plain(value, DIGITS), range)
}

/// Whether an axis takes numbers, which are set flush right.
fn numeric(section: &SectionReport, axis: &str) -> bool {
    section.rows.iter().any(|row| row.axes.get(axis).is_some_and(|value| value.number().is_some()))
}

/// All cases of a section.
pub fn table(section: &SectionReport) -> Markup {
    let axes: BTreeSet<&str> =
        section.rows.iter().flat_map(|row| row.axes.keys()).map(String::as_str).collect();
    // The source first, as everywhere.
    let axes: Vec<&str> = axes
        .iter()
        .filter(|a| **a == "source")
        .chain(axes.iter().filter(|a| **a != "source"))
        .copied()
        .collect();
    let reasons = section.rows.iter().any(|row| !row.reason.is_empty());
    let (lhs, rhs, tight) = match section.relation {
        Relation::Slope => ("exponent", "nearest end", "exponent"),
        Relation::Bounded => ("late growth", "most on a plateau", "late / most"),
        Relation::Equal => ("lhs", "rhs", "(lhs − rhs) / |rhs|"),
        Relation::AtMost | Relation::AtLeast => ("lhs", "rhs", "lhs / rhs"),
    };
    html! {
        div class="scroll" {
            table class="rows" {
                thead { tr {
                    @for axis in &axes { th class=[numeric(section, axis).then_some("number")] { (axis) } }
                    th class="number" { (lhs) } th class="number" { (rhs) } th class="number" { "lhs − rhs" } th class="number" { i { "h" } }
                    @if section.relation != Relation::Slope { th class="number" { (tight) } }
                    th class="number" { "margin" } th { "verdict" } th { "believed" } @if reasons { th { "why" } }
                    th class="number" { i { "n" } } th { "method" } th class="number" { "tail k̂" } th class="number" { "largest share" } th { "replay" }
                } }
                tbody { @for row in &section.rows { (line(section, row, &axes, reasons)) } }
            }
        }
    }
}

fn line(section: &SectionReport, row: &Outcome, axes: &[&str], reasons: bool) -> Markup {
    let flag = |x: Option<f64>| x.map_or_else(String::new, |x| digits::plain(x, 2));
    let bracketed = row.bracketed();
    let tight = match (section.relation, &row.ratio) {
        _ if bracketed && section.relation == Relation::Equal => String::new(),
        (Relation::Equal, _) => digits::plain(relative(row), 4),
        (_, Some(ratio)) => {
            equals(ratio).trim_start_matches("= ").replace("between ", "").replace(" and ", " … ")
        }
        _ if !(row.lhs / row.rhs).is_finite() || row.rhs.is_infinite() => String::new(),
        _ => digits::plain(row.lhs / row.rhs, 4),
    };
    html! {
        tr {
            @for axis in axes {
                @match row.axes.get(*axis) {
                    Some(AxisValue::Number(x)) => { td class="number" { (digits::plain(*x, DIGITS)) } }
                    Some(AxisValue::Text(text)) => { td { (text) } }
                    None => { td {} }
                }
            }
            td class="number" { (cell(row.lhs, row.bracket)) }
            td class="number" { (cell(row.rhs, row.rhs_bracket)) }
            td class="number" { @if !bracketed { (digits::concise(row.lhs - row.rhs, row.std_err)) } }
            td class="number" { (digits::plain(row.half_width, 2)) }
            @if section.relation != Relation::Slope { td class="number" { (tight) } }
            td class="number" { (digits::plain(row.margin, 2)) }
            td { (verdict(row.verdict)) }
            td { (if row.believed { "yes" } else { "no" }) }
            @if reasons { td class="reason" { (row.reason) } }
            td class="number" { (digits::count(row.n)) }
            td { (row.method) }
            td class="number" { (flag(row.flags.pareto_k)) }
            td class="number" { (flag(row.flags.dominance)) }
            td { code { (row.replay) } }
        }
    }
}
