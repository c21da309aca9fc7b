//! JSON: `report.json`, which reads back to the same report, and the short form that `verify
//! --format json` prints.

use std::path::Path;

use serde::Deserialize;
use serde_json::{Value, json};
use xxhash_rust::xxh3::xxh3_64;

use super::edges::edges;
use super::model::{Report, SCHEMA, SectionReport};
use super::tightness;
use crate::claim::Outcome;
use crate::claim::verdict::Relation;
use crate::error::{Error, Result};
use crate::numeric::number;

/// Before and after the checksum, which stands in the second line of `report.json`.
const SUM: [&str; 2] = ["{\n  \"xxh3\": \"", "\",\n"];

/// `report.json`: the whole report, indented, with a final newline; its first key is the checksum
/// of the text without that line.
pub fn text(report: &Report) -> String {
    let mut text = serde_json::to_string_pretty(report).expect("every key of a report is a string");
    text.push('\n');
    let [before, after] = SUM;
    format!("{before}{}{after}{}", checksum(&text), &text["{\n".len()..])
}

/// xxh3 of `text`, in 16 digits.
pub fn checksum(text: &str) -> String {
    format!("{:016x}", xxh3_64(text.as_bytes()))
}

/// The checksum that the text of a `report.json` carries; `None` where it has none or another than
/// its own.
pub fn sealed(text: &str) -> Option<&str> {
    let [before, after] = SUM;
    let (sum, rest) = text.strip_prefix(before)?.split_at_checked(16)?;
    let rest = rest.strip_prefix(after)?;
    (checksum(&format!("{{\n{rest}")) == sum).then_some(sum)
}

/// The report that [`text`] wrote; `path` names it in errors.
///
/// # Errors
/// [`Error::Data`]: another schema, a place that does not parse, or a checksum that does not match.
pub fn parse(text: &str, path: &Path) -> Result<Report> {
    #[derive(Deserialize)]
    struct Version {
        schema: u32,
    }
    let data = |place: String, message: String| Error::Data { path: path.to_owned(), place, message };
    let syntax =
        |e: serde_json::Error| data(format!(", line {}, column {}", e.line(), e.column()), e.to_string());
    let Version { schema } = serde_json::from_str(text).map_err(syntax)?;
    if schema != SCHEMA {
        let message =
            format!("has schema {schema}, but this klaim reads schema {SCHEMA}; run the claims again");
        return Err(data(String::new(), message));
    }
    let mut report: Report = serde_json::from_str(text).map_err(syntax)?;
    // Of a run by an older klaim they are not in the file.
    for claim in &mut report.claims {
        claim.edges = edges(&claim.main, &claim.breaks);
    }
    if sealed(text).is_some() {
        return Ok(report);
    }
    let message = "is damaged, or was changed: it does not match its checksum; run the claims again";
    Err(data(String::new(), message.into()))
}

/// What `verify --format json` prints: claims with their cases, controls and breaks, the exit
/// status, and `interrupted` where the run was.
pub fn verify(report: &Report) -> Value {
    let claims = report.claims.iter().map(|claim| {
        json!({
            "id": claim.header.id,
            "verdict": claim.main.verdict,
            "evidence": claim.main.evidence(),
            "expected": claim.main.expected,
            "ok": claim.ok,
            "tightest": tightest(&claim.main),
            "cases": cases(&claim.main),
            "controls": claim.controls.iter().map(section).collect::<Vec<_>>(),
            "breaks": claim.breaks.iter().map(section).collect::<Vec<_>>(),
            "where": claim.main.hypotheses,
            "left_out": claim.main.left_out,
        })
    });
    let mut found = json!({ "claims": claims.collect::<Vec<_>>(), "exit": report.exit });
    if report.run.interrupted {
        found["interrupted"] = true.into();
    }
    found
}

/// A control or break.
fn section(section: &SectionReport) -> Value {
    json!({
        "why": section.why,
        "verdict": section.verdict,
        "evidence": section.evidence(),
        "expected": section.expected,
        "ok": section.ok,
        "tightest": tightest(section),
        "cases": cases(section),
    })
}

fn cases(section: &SectionReport) -> Vec<Value> {
    section.rows.iter().map(case).collect()
}

/// The tightest row, if there is one, with lhs/rhs (for a slope: the exponent).
fn tightest(section: &SectionReport) -> Value {
    let Some(row) = tightness::tightest(section) else { return Value::Null };
    let (ratio, std_err) = match (&row.ratio, section.relation) {
        (Some(ratio), _) => (ratio.value, ratio.std_err),
        (None, Relation::Slope) => (row.lhs, row.std_err),
        (None, _) if row.rhs == 0.0 || row.rhs.is_infinite() => (f64::NAN, f64::NAN),
        (None, _) => (row.lhs / row.rhs, f64::NAN),
    };
    json!({ "axes": row.axes, "ratio": number::known(ratio), "std_err": number::known(std_err) })
}

fn case(row: &Outcome) -> Value {
    let side =
        |bracket: Option<[f64; 2]>, x: f64| if bracket.is_some() { Value::Null } else { number::json(x) };
    json!({
        "axes": row.axes,
        "lhs": side(row.bracket, row.lhs),
        "rhs": side(row.rhs_bracket, row.rhs),
        "bracket": row.bracket.map(|ends| ends.map(number::json)),
        "rhs_bracket": row.rhs_bracket.map(|ends| ends.map(number::json)),
        "std_err": if row.bracketed() { Value::Null } else { number::json(row.std_err) },
        "half_width": number::json(row.half_width),
        "margin": number::json(row.margin),
        "verdict": row.verdict,
        "evidence": row.evidence,
        "certificate": row.certificate.as_ref().map(|proof| &proof.path),
        "believed": row.believed,
        "doubts": row.doubts,
        "reason": row.reason,
        "n": row.n,
        "replay": row.replay,
    })
}
