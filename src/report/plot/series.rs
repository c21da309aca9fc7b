//! From rows to series: what is drawn against what, and which series stand out.

use std::collections::{BTreeMap, BTreeSet};

use super::marker::Look;
use crate::claim::verdict::Relation;
use crate::claim::{AxisValue, Outcome};
use crate::report::digits;
use crate::report::labels;
use crate::report::model::{ClaimReport, SectionReport};
use crate::report::tightness::{relative, score};
use crate::report::wording::words;

/// Most series of the main statement that are all shown in colour.
const ALL: usize = 12;
/// How many stand out when there are more, and how many breaks do.
const TIGHTEST: usize = 8;

/// One point of a series.
#[derive(Debug, Clone)]
pub struct PlotPoint {
    /// Abscissa.
    pub x: f64,
    /// Ordinate.
    pub y: f64,
    /// Half-width of the simultaneous interval, in units of the ordinate.
    pub half: f64,
    /// Where the ordinate lies, if it is known as an interval alone; then `y` is NaN.
    pub bracket: Option<[f64; 2]>,
    /// Whether it is to be believed; if not, `y` is NaN.
    pub believed: bool,
}

/// Points that share everything but the abscissa.
#[derive(Debug, Clone)]
pub struct Series {
    /// Name in the legend.
    pub label: String,
    /// Colour, shape, filling.
    pub look: Look,
    /// Ordered by abscissa.
    pub points: Vec<PlotPoint>,
    /// Greatest [`score`] of its rows.
    pub score: f64,
}

/// The numeric axes of a section's rows with their values, increasing.
pub fn numeric_axes(section: &SectionReport) -> BTreeMap<&str, Vec<f64>> {
    let mut values = BTreeMap::<&str, Vec<f64>>::new();
    for (name, axis) in section.rows.iter().flat_map(|row| &row.axes) {
        if let Some(x) = axis.number() {
            values.entry(name).or_default().push(x);
        }
    }
    for list in values.values_mut() {
        list.sort_by(f64::total_cmp);
        list.dedup_by_key(|x| x.to_bits());
    }
    values
}

/// The main statement and those breaks that state the same relation, and whether it is a break.
pub fn comparable(claim: &ClaimReport) -> impl Iterator<Item = (&SectionReport, bool)> {
    claim.stated().filter(|(section, _)| section.relation == claim.main.relation)
}

/// The axis to draw against: `snr` if it takes two values or more, else the numeric axis with the
/// most values, if three.
pub fn abscissa(section: &SectionReport) -> Option<&str> {
    let values = numeric_axes(section);
    if values.get("snr").is_some_and(|v| v.len() >= 2) {
        return Some("snr");
    }
    values.into_iter().filter(|(_, v)| v.len() >= 3).max_by_key(|(_, v)| v.len()).map(|(name, _)| name)
}

/// Ordinate and half-width of a row: lhs/rhs, or for `==` the relative difference (lhs −
/// rhs)/|rhs|; NaN where a side is infinite, which is never near or far.
pub fn ordinate(relation: Relation, row: &Outcome) -> (f64, f64) {
    let scale = [row.rhs, row.lhs, 1.0].into_iter().map(f64::abs).find(|&x| x > 0.0).unwrap_or(f64::NAN);
    if !row.lhs.is_finite() || !row.rhs.is_finite() {
        return (f64::NAN, f64::NAN);
    }
    let y = if relation == Relation::Equal { relative(row) } else { row.lhs / row.rhs };
    (y, row.half_width / scale)
}

/// The series of a claim against `axis`: the main statement's, tightest first, then those of breaks
/// that have the axis.
pub fn collect(claim: &ClaimReport, axis: &str) -> Vec<Series> {
    let telling = varying(claim, axis);
    let mut main = of_section(&claim.main, axis, &telling, false);
    main.sort_by(|a, b| b.score.total_cmp(&a.score));
    let coloured = if main.len() > ALL { TIGHTEST } else { main.len() };
    for (k, series) in main.iter_mut().enumerate() {
        series.look.index = (k < coloured).then_some(k);
    }
    let breaks =
        comparable(claim).skip(1).flat_map(|(section, _)| of_section(section, axis, &telling, true));
    // Their shapes start with the diamond.
    for (k, mut series) in breaks.enumerate() {
        series.look.index = (k < TIGHTEST).then_some(k + 3);
        main.push(series);
    }
    main
}

/// A row's place in words, by the axes in `names`: the source's label bare, others named.
pub fn place(row: &Outcome, names: &BTreeSet<&str>) -> String {
    parts(row, names).join(", ")
}

/// The parts of a [`place`], the source first.
pub fn parts(row: &Outcome, names: &BTreeSet<&str>) -> Vec<String> {
    told(row, names, labels::source)
}

/// [`place`] with the source's spec: no two places share it.
pub fn key(row: &Outcome, names: &BTreeSet<&str>) -> String {
    told(row, names, str::to_owned).join(", ")
}

fn told(row: &Outcome, names: &BTreeSet<&str>, source: fn(&str) -> String) -> Vec<String> {
    let part = |(name, axis): (&String, &AxisValue)| match axis {
        AxisValue::Text(text) if name == "source" => source(text),
        AxisValue::Text(text) if name == "baseline" => format!("against {text}"),
        AxisValue::Text(text) => text.clone(),
        AxisValue::Number(x) => format!("{name} {}", digits::plain(*x, 4)),
    };
    let mut parts: Vec<_> = row.axes.iter().filter(|(name, _)| names.contains(name.as_str())).collect();
    parts.sort_by_key(|(name, _)| *name != "source");
    parts.into_iter().map(part).collect()
}

/// The fewest axes that tell rows of a claim and its breaks apart, without `axis`; the source if
/// nothing else does.
pub fn varying<'a>(claim: &'a ClaimReport, axis: &str) -> BTreeSet<&'a str> {
    let rows: Vec<&Outcome> = claim.stated().flat_map(|(section, _)| &section.rows).collect();
    let mut seen = BTreeMap::<&str, BTreeSet<String>>::new();
    for (name, value) in rows.iter().flat_map(|row| &row.axes) {
        seen.entry(name).or_default().insert(value.to_string());
    }
    let single = seen.iter().all(|(name, values)| *name == axis || values.len() < 2);
    let told = |(name, values): (&'a str, BTreeSet<String>)| {
        (name != axis && (values.len() > 1 || (single && name == "source"))).then_some(name)
    };
    let mut names: BTreeSet<&str> = seen.into_iter().filter_map(told).collect();
    let places =
        |names: &BTreeSet<&str>| rows.iter().map(|row| key(row, names)).collect::<BTreeSet<_>>().len();
    let all = places(&names);
    for name in names.clone().into_iter().filter(|name| *name != "source") {
        let without: BTreeSet<&str> = names.iter().copied().filter(|other| *other != name).collect();
        if !without.is_empty() && places(&without) == all {
            names = without;
        }
    }
    names
}

/// What a pointer resting on a row's mark shows.
pub fn hover(section: &SectionReport, row: &Outcome) -> String {
    let all = row.axes.keys().map(String::as_str).collect();
    format!("{}: {}, {}", place(row, &all), words(section, row), row.verdict)
}

fn of_section(section: &SectionReport, axis: &str, names: &BTreeSet<&str>, hollow: bool) -> Vec<Series> {
    let mut groups = BTreeMap::<String, Series>::new();
    for row in &section.rows {
        let Some(AxisValue::Number(x)) = row.axes.get(axis) else { continue };
        let label = place(row, names);
        let (y, half) = if row.believed { ordinate(section.relation, row) } else { (f64::NAN, f64::NAN) };
        let bracket = row.ratio.filter(|_| row.bracketed() && section.relation != Relation::Equal);
        let series = groups.entry(key(row, names)).or_insert_with(|| Series {
            label: if hollow { format!("{label} (break)") } else { label },
            look: Look { index: None, hollow },
            points: Vec::new(),
            score: f64::NEG_INFINITY,
        });
        let bracket = bracket.map(|ratio| [ratio.low, ratio.high]);
        series.points.push(PlotPoint { x: *x, y, half, bracket, believed: row.believed });
        // `max` ignores NaN.
        series.score = series.score.max(if row.believed { score(section, row) } else { f64::NAN });
    }
    groups
        .into_values()
        .map(|mut series| {
            series.points.sort_by(|a, b| a.x.total_cmp(&b.x));
            series
        })
        .collect()
}
