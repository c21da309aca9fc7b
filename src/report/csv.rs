//! `results.csv`: long form, a row per case, a column per axis.

use std::collections::BTreeSet;

use super::model::{ClaimReport, Report, SectionReport};
use crate::claim::{AxisValue, Outcome};
use crate::numeric::number;
use crate::quantity::axis::AXES;

/// The columns of the axes: the source, every axis of the contract, then those that the rows have
/// beside them (parameters of templates), by name.
fn axes<'a>(rows: impl Iterator<Item = &'a Outcome>) -> Vec<&'a str> {
    let known = || ["source"].into_iter().chain(AXES.map(|axis| axis.name)).chain(["baseline"]);
    let others = rows.flat_map(|row| row.axes.keys()).map(String::as_str);
    let others: BTreeSet<&str> = others.filter(|axis| !known().any(|name| name == *axis)).collect();
    known().chain(others).collect()
}

/// The columns before those of the axes.
const BEFORE: [&str; 3] = ["claim", "section", "expected"];

/// The columns after those of the axes. A side that is known as an interval alone has no value, but
/// its ends `lhs_low` and `lhs_high`. `std_err` and `half_width` belong to lhs − rhs; `n` counts
/// samples; all information in nats.
const AFTER: [&str; 22] = [
    "lhs",
    "relation",
    "rhs",
    "std_err",
    "half_width",
    "margin",
    "verdict",
    "evidence",
    "reason",
    "n",
    "method",
    "pareto_k",
    "dominance",
    "lhs_low",
    "lhs_high",
    "rhs_low",
    "rhs_high",
    "ratio",
    "ratio_std_err",
    "believed",
    "doubts",
    "replay",
];

/// CSV (RFC 4180, newline `\n`) of a header and rows of as many fields.
pub fn text<T: AsRef<[u8]>>(header: &[T], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let mut writer = ::csv::Writer::from_writer(Vec::new());
    writer.write_record(header).expect("writing to memory cannot fail");
    for row in rows {
        writer.write_record(row).expect("a row has the header's fields");
    }
    let bytes = writer.into_inner().expect("flushing to memory cannot fail");
    String::from_utf8(bytes).expect("every field is UTF-8")
}

/// The whole table, one column an axis. Numbers read back to the same bits; non-finite ones are `inf`,
/// `-inf`, `nan`; what is missing is empty, never 0.
pub fn table(report: &Report) -> String {
    rows(report, |_| true)
}

/// The column of an axis: its name, with `_axis` behind it where a figure has that name.
fn column(axis: &str) -> String {
    let taken = BEFORE.iter().chain(&AFTER).any(|figure| *figure == axis);
    if taken { format!("{axis}_axis") } else { axis.to_owned() }
}

/// The rows of one claim.
pub fn of_claim(report: &Report, claim: &ClaimReport) -> String {
    rows(report, |other| other.header.id == claim.header.id)
}

fn rows(report: &Report, wanted: impl Fn(&ClaimReport) -> bool) -> String {
    let sections: Vec<_> = report.sections().filter(|(claim, _, _)| wanted(claim)).collect();
    let axes = axes(sections.iter().flat_map(|(_, _, section)| &section.rows));
    let columns = axes.iter().map(|axis| column(axis));
    let header: Vec<String> =
        BEFORE.map(str::to_owned).into_iter().chain(columns).chain(AFTER.map(str::to_owned)).collect();
    let lines = sections.iter().flat_map(|(claim, name, section)| {
        section.rows.iter().map(|row| fields(claim, name, (section, &axes), row))
    });
    text(&header, lines)
}

fn fields(
    claim: &ClaimReport,
    name: &str,
    (section, axes): (&SectionReport, &[&str]),
    row: &Outcome,
) -> Vec<String> {
    let sides = [(row.bracket, row.lhs), (row.rhs_bracket, row.rhs)];
    let [lhs, rhs] =
        sides.map(|(bracket, x)| if bracket.is_some() { String::new() } else { number::name(x) });
    let std_err = if row.bracketed() { String::new() } else { number::name(row.std_err) };
    let mut fields = vec![claim.header.id.clone(), name.to_owned(), section.expected.to_string()];
    fields
        .extend(axes.iter().map(|axis| row.axes.get(*axis).map_or_else(String::new, AxisValue::to_string)));
    fields.extend([lhs, section.relation.to_string(), rhs, std_err]);
    fields.extend([row.half_width, row.margin].map(number::name));
    fields.extend([
        row.verdict.to_string(),
        row.evidence.to_string(),
        row.reason.clone(),
        row.n.to_string(),
        row.method.to_string(),
    ]);
    fields
        .extend([row.flags.pareto_k, row.flags.dominance].map(|x| x.map_or_else(String::new, number::name)));
    let ratio = row.ratio.map(|ratio| [ratio.value, ratio.std_err]);
    let ends = [row.bracket, row.rhs_bracket, ratio].map(|ends| ends.unwrap_or([f64::NAN; 2]));
    fields.extend(ends.into_iter().flatten().map(number::cell));
    fields.extend([row.believed.to_string(), row.doubts.join("; "), row.replay.clone()]);
    fields
}
