//! `results.csv`: long form, one row a case.

use super::model::{Axis, Report, Row};
use super::number;

/// Axes with a column of their own, in this order; the others share the column `axes`.
pub const AXES: [&str; 7] = ["source", "snr", "snr_min", "snr_max", "steps", "schedule", "denoiser"];

/// The header. A side that is known as an interval alone has no value, but its ends `lhs_low` and `lhs_high`. `std_err` and `half_width` belong to lhs − rhs; `n` counts samples; all information in nats.
const HEADER: [&str; 32] = [
    "claim",
    "section",
    "expected",
    AXES[0],
    AXES[1],
    AXES[2],
    AXES[3],
    AXES[4],
    AXES[5],
    AXES[6],
    "axes",
    "lhs",
    "relation",
    "rhs",
    "std_err",
    "half_width",
    "margin",
    "verdict",
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

/// The whole table as CSV (RFC 4180, newline `\n`). Numbers read back to the same bits; non-finite ones are `inf`,
/// `-inf`, `nan`; what is missing is empty, never 0.
pub fn table(report: &Report) -> String {
    let mut writer = ::csv::Writer::from_writer(Vec::new());
    let mut record = |fields: &[String]| writer.write_record(fields).expect("writing to memory cannot fail");
    record(&HEADER.map(ToOwned::to_owned));
    for (claim, name, section) in report.sections() {
        for row in &section.rows {
            let mut fields = vec![claim.id.clone(), name.clone(), section.expected.to_string()];
            fields.extend(AXES.iter().map(|&axis| row.axes.get(axis).map_or_else(String::new, value)));
            fields.push(others(row));
            let bracketed = [row.bracket, row.rhs_bracket];
            let unless = |missing: bool, x: f64| if missing { String::new() } else { number::name(x) };
            fields.push(unless(row.bracket.is_some(), row.lhs));
            fields.push(section.relation.to_string());
            fields.push(unless(row.rhs_bracket.is_some(), row.rhs));
            fields.push(unless(bracketed.iter().any(Option::is_some), row.std_err));
            fields.extend([row.half_width, row.margin].map(number::name));
            fields.extend([row.verdict.to_string(), row.reason.clone(), row.n.to_string(), row.method.to_string()]);
            fields.extend([row.flags.pareto_k, row.flags.dominance].map(|x| x.map_or_else(String::new, number::name)));
            let ends = bracketed.map(|bracket| bracket.map_or([f64::NAN; 2], |ends| ends));
            let ratio = row.ratio.map_or([f64::NAN; 2], |ratio| [ratio.value, ratio.std_err]);
            fields.extend(ends.into_iter().chain([ratio]).flatten().map(|x| unless(x.is_nan(), x)));
            fields.extend([row.believed.to_string(), row.doubts.join("; "), row.replay.clone()]);
            record(&fields);
        }
    }
    let bytes = writer.into_inner().expect("flushing to memory cannot fail");
    String::from_utf8(bytes).expect("every field is UTF-8")
}

fn value(axis: &Axis) -> String {
    match axis {
        Axis::Number(x) => number::name(*x),
        Axis::Text(text) => text.clone(),
    }
}

fn others(row: &Row) -> String {
    let others = row.axes.iter().filter(|(name, _)| !AXES.contains(&name.as_str()));
    others.map(|(name, axis)| format!("{name}={}", value(axis))).collect::<Vec<_>>().join(";")
}
