//! Cases: the one that says most, in words, and all of them in a table.

use std::collections::{BTreeMap, BTreeSet};

use maud::{Markup, PreEscaped, html};

use super::command;
use crate::claim::case::named_sections;
use crate::claim::verdict::{Basis, Relation, Verdict};
use crate::claim::{AxisValue, Outcome};
use crate::report::measured::rests_on_margin;
use crate::report::model::{ClaimReport, SectionReport};
use crate::report::plot::series::place;
use crate::report::tightness::relative;
use crate::report::wording::{equals, letter, range, side, sides, symbol, unranked, words};
use crate::report::{digits, labels};

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
        Verdict::Supported | Verdict::Refuted if row.evidence == Basis::Proved => {
            let reason = if row.reason.is_empty() { String::new() } else { format!(": {}", row.reason) };
            let word = if row.verdict == Verdict::Supported { "Proved" } else { "Disproved" };
            format!("{word} by interval arithmetic{reason}.")
        }
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
    bracket.map_or_else(|| digits::ascii(value, DIGITS), range)
}

/// The axes of a section's rows, the source first: those that differ from row to row, and those that
/// do not, with their one value.
fn axes(section: &SectionReport) -> (Vec<&str>, Vec<(&str, String)>) {
    let mut values = BTreeMap::<&str, BTreeSet<String>>::new();
    for (name, value) in section.rows.iter().flat_map(|row| &row.axes) {
        values.entry(name).or_default().insert(value.to_string());
    }
    let one = |values: &BTreeSet<String>| section.rows.len() > 1 && values.len() == 1;
    let mut telling: Vec<&str> =
        values.iter().filter(|(_, values)| !one(values)).map(|(name, _)| *name).collect();
    telling.sort_by_key(|name| *name != "source");
    let shared = values.into_iter().filter(|(_, values)| one(values));
    (telling, shared.filter_map(|(name, values)| Some((name, values.into_iter().next()?))).collect())
}

/// Reasons of a section's rows, each once, in order of appearance.
fn reasons(section: &SectionReport) -> Vec<&str> {
    let mut reasons: Vec<&str> = Vec::new();
    for row in section.rows.iter().filter(|row| !row.reason.is_empty()) {
        if !reasons.contains(&row.reason.as_str()) {
            reasons.push(&row.reason);
        }
    }
    reasons
}

/// What the rows of a table have to show.
struct RowColumns<'a> {
    axes: Vec<&'a str>,
    reasons: Vec<&'a str>,
    sampled: bool,
    margin: bool,
    /// What most rows have for method, if others have another.
    method: Option<String>,
}

impl<'a> RowColumns<'a> {
    fn of(section: &'a SectionReport, axes: Vec<&'a str>) -> Self {
        let sampled = section.rows.iter().any(|row| row.std_err > 0.0);
        Self {
            axes,
            reasons: reasons(section),
            sampled,
            margin: relative_margin(section).is_none(),
            method: usual_method(section).filter(|(_, all)| !all).map(|(usual, _)| usual),
        }
    }
}

/// The margin as a share of |rhs| where it is the same one in every row.
fn relative_margin(section: &SectionReport) -> Option<f64> {
    let share = |row: &Outcome| row.margin / row.rhs.abs();
    let first = section.rows.first().map(share).filter(|x| x.is_finite())?;
    let same = |row: &Outcome| (share(row) / first - 1.0).abs() < 1e-9;
    (!section.relation.along_an_axis() && section.rows.iter().all(same)).then_some(first)
}

/// Method and samples of a row.
fn method(row: &Outcome) -> String {
    if row.n > 0 { format!("{} {}", row.method, row.n) } else { row.method.to_string() }
}

/// What most rows have for method, and whether all do.
fn usual_method(section: &SectionReport) -> Option<(String, bool)> {
    let mut counts = BTreeMap::<String, usize>::new();
    for row in &section.rows {
        *counts.entry(method(row)).or_default() += 1;
    }
    let (usual, count) = counts.into_iter().max_by_key(|(_, count)| *count)?;
    Some((usual, count == section.rows.len()))
}

/// All cases of a section: what they share above, notes below.
///
/// Rows leave out the closing tags that HTML lets them leave out: there are thousands.
pub fn table(section: &SectionReport) -> Markup {
    let (axes, mut shared) = axes(section);
    let columns = RowColumns::of(section, axes);
    shared.extend(relative_margin(section).map(|m| ("margin", format!("{} |rhs|", digits::plain(m, 4)))));
    if let Some((method, all)) = usual_method(section) {
        shared.push((if all { "method" } else { "where no other is given, method" }, method));
    }
    let (lhs, rhs, tight) = match section.relation {
        Relation::Slope => ("exponent", "nearest end", ""),
        Relation::Bounded => ("late growth", "most on a plateau", "late / most"),
        Relation::Equal => ("lhs", "rhs", "(lhs − rhs) / |rhs|"),
        Relation::AtMost | Relation::AtLeast => ("lhs", "rhs", "lhs / rhs"),
    };
    let rows: String = (0..section.rows.len()).map(|k| line(section, k, &columns)).collect();
    html! {
        @if !shared.is_empty() {
            p class="facts" {
                "All with " @for (k, (axis, value)) in shared.iter().enumerate() { @if k > 0 { ", " } (axis) " " code { (value) } } "."
            }
        }
        div class="scroll" {
            table class="rows" {
                thead { tr {
                    th { "case" }
                    @for axis in &columns.axes { th { (axis) } }
                    th { (lhs) } th { (rhs) } @if columns.sampled { th { "lhs − rhs" } } th { i { "h" } }
                    @if !tight.is_empty() { th { (tight) } }
                    @if columns.margin { th { "margin" } }
                    th { "verdict" } @if !columns.reasons.is_empty() { th { "note" } }
                    @if columns.method.is_some() { th { "method, " i { "n" } } }
                } }
                tbody { (PreEscaped(rows)) }
            }
        }
        @if !columns.reasons.is_empty() {
            ul class="notes" { @for (k, reason) in columns.reasons.iter().enumerate() { li { (letter(k)) ": " (reason) } } }
        }
    }
}

/// Numbers of cases by section.
type NumbersOfSections = Vec<(String, Vec<usize>)>;

/// The command that replays the cases of a claim, with S and N for section and case, and what is
/// added to it for some of them.
pub fn replays(claim: &ClaimReport) -> Markup {
    let mut stems: Vec<(String, Vec<(String, NumbersOfSections)>)> = Vec::new();
    for (name, section) in named_sections(&claim.main, &claim.controls, &claim.breaks) {
        for (k, row) in section.rows.iter().enumerate() {
            // What a replay must find is in the table; the whole line is in results.csv.
            let command = row.replay.split(" --expect ").next().unwrap_or_default();
            let general = command.replace(&format!("--case {name}/{} ", k + 1), "--case S/N ");
            let (stem, added) = without_varying(&general);
            let cases_of = entry(entry(&mut stems, stem), added);
            match cases_of.last_mut() {
                Some((last, cases)) if *last == name => cases.push(k + 1),
                _ => cases_of.push((name.clone(), vec![k + 1])),
            }
        }
    }
    html! {
        @for (stem, groups) in &stems {
            p class="replay" {
                @let alone = stems.len() == 1 && groups.len() == 1;
                "Replay case N of section S: "
                code { (stem) @if alone && !groups[0].0.is_empty() { " " (groups[0].0) } }
                @if !alone {
                    @for (added, cases) in groups {
                        @if added.is_empty() { "; as it is for " } @else { "; with " code { (added) } " for " }
                        @for (k, (name, rows)) in cases.iter().enumerate() { @if k > 0 { ", " } (name) " " (ranges(rows)) }
                    }
                }
            }
        }
    }
}

/// The entry under a key, made where there is none.
fn entry<T: Default>(all: &mut Vec<(String, T)>, key: String) -> &mut T {
    let at = all.iter().position(|(known, _)| *known == key).unwrap_or_else(|| {
        all.push((key, T::default()));
        all.len() - 1
    });
    &mut all[at].1
}

/// A command without the options that differ from case to case, and these.
fn without_varying(command: &str) -> (String, String) {
    let (mut stem, mut added) = (Vec::new(), Vec::new());
    let mut words = command.split(' ');
    while let Some(word) = words.next() {
        if ["--budget", "--backend", "--precision"].contains(&word) {
            added.extend([word].into_iter().chain(words.next()));
        } else {
            stem.push(word);
        }
    }
    (stem.join(" "), added.join(" "))
}

/// `1–4, 7`.
fn ranges(numbers: &[usize]) -> String {
    let mut parts: Vec<[usize; 2]> = Vec::new();
    for &n in numbers {
        match parts.last_mut() {
            Some(last) if last[1] + 1 == n => last[1] = n,
            _ => parts.push([n, n]),
        }
    }
    let part = |[a, b]: &[usize; 2]| if a == b { a.to_string() } else { format!("{a}–{b}") };
    parts.iter().map(part).collect::<Vec<_>>().join(", ")
}

/// A row, its cells and itself without closing tags.
fn line(section: &SectionReport, k: usize, columns: &RowColumns) -> String {
    let row = &section.rows[k];
    let bracketed = row.bracketed();
    let tight = match (section.relation, &row.ratio) {
        (Relation::Slope, _) => None,
        _ if bracketed && section.relation == Relation::Equal => Some(String::new()),
        (Relation::Equal, _) => Some(digits::ascii(relative(row), 2)),
        (_, Some(ratio)) => {
            let words = equals(ratio);
            Some(words.trim_start_matches("= ").replace("between ", "").replace(" and ", " … "))
        }
        _ if !(row.lhs / row.rhs).is_finite() || row.rhs.is_infinite() => Some(String::new()),
        _ => Some(digits::ascii(row.lhs / row.rhs, 4)),
    };
    let difference = || {
        let known = !bracketed && row.std_err > 0.0;
        if known { digits::concise(row.lhs - row.rhs, row.std_err) } else { String::new() }
    };
    let note = || {
        let note = columns.reasons.iter().position(|reason| *reason == row.reason);
        note.map_or_else(String::new, letter)
    };
    let mut text = format!("<tr><td>{}", k + 1);
    columns.axes.iter().for_each(|axis| text.push_str(&place_cell(section, k, axis)));
    let mut put = |cell: String| {
        text.push_str("<td>");
        text.push_str(&html! { (cell) }.into_string());
    };
    put(cell(row.lhs, row.bracket));
    put(cell(row.rhs, row.rhs_bracket));
    columns.sampled.then(|| put(difference()));
    put(digits::ascii(row.half_width, 2));
    tight.map(&mut put);
    columns.margin.then(|| put(digits::ascii(row.margin, 2)));
    let margin = if rests_on_margin(section, row) { " by margin" } else { "" };
    let doubted = if row.believed { "" } else { " not believed" };
    let proved = if row.evidence == Basis::Proved { " proved" } else { "" };
    put(format!("{}{proved}{margin}{doubted}", symbol(row.verdict)));
    (!columns.reasons.is_empty()).then(|| put(note()));
    if let Some(usual) = &columns.method {
        let own = method(row);
        put(if own == *usual { String::new() } else { own });
    }
    text.push('\n');
    text
}

/// The cell of an axis in row `k`. Rows of one law in sequence share one cell, with its spec in a
/// tooltip where its label says less.
fn place_cell(section: &SectionReport, k: usize, axis: &str) -> String {
    let of = |k: usize| section.rows.get(k).and_then(|row| row.axes.get(axis));
    match of(k) {
        Some(AxisValue::Text(spec)) if axis == "source" => {
            if k > 0 && of(k - 1) == of(k) {
                return String::new();
            }
            let rows = (k..).take_while(|&next| next < section.rows.len() && of(next) == of(k)).count();
            let label = labels::source(spec);
            let title = (label != *spec).then_some(spec);
            let span = (rows > 1).then_some(rows);
            let cell = html! { td class="t" title=[title] rowspan=[span] { (label) } }.into_string();
            cell.trim_end_matches("</td>").to_owned()
        }
        Some(AxisValue::Text(text)) => {
            html! { td class="t" { (text) } }.into_string().trim_end_matches("</td>").to_owned()
        }
        Some(AxisValue::Number(x)) => format!("<td>{}", digits::ascii(*x, DIGITS)),
        None => "<td>".into(),
    }
}
