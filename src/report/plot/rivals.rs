//! Rival bounds: where a claim's right side is a minimum (or maximum), which of its arguments it is, and how each falls.

use std::collections::{BTreeMap, BTreeSet};

use maud::{Markup, html};

use super::frame::{Frame, polyline};
use super::legend::Legend;
use super::marker::Look;
use super::scale::{Scale, Spread};
use super::series::{hover, place, varying};
use super::text::{SIZE, fitted, rich};
use super::{Figure, WIDTH, canvas, symbol_of};
use crate::claim::verdict::Relation;
use crate::report::digits;
use crate::report::model::{Axis, ClaimReport, Row, SectionReport};

/// Side of the map's cells in pixels: width, height.
const CELL: [f64; 2] = [64.0, 34.0];
/// Space between panels.
const GAP: f64 = 26.0;
/// Room left of a panel's cells for its ordinate.
const LEFT: f64 = 64.0;
/// Room over a panel for its name.
const HEAD: f64 = 24.0;
/// Room under a panel for its abscissa.
const FOOT: f64 = 46.0;
/// Height of the frames of the curves.
const HEIGHT: f64 = 250.0;
/// Panels of curves at most.
const PANELS: usize = 3;

/// Index of the argument that the right side is; `None` where a value is not a number.
fn winner(section: &SectionReport, row: &Row) -> Option<usize> {
    let better = |a: f64, b: f64| if section.relation == Relation::AtLeast { a > b } else { a < b };
    let values = &row.alternatives;
    if values.len() < 2 || values.iter().any(|v| v.is_nan()) {
        return None;
    }
    Some((1..values.len()).fold(0, |best, k| if better(values[k], values[best]) { k } else { best }))
}

/// Whether a numeric axis is none of the contract's own: then it fills source templates.
fn fills(axis: &str) -> bool {
    !["snr", "snr_min", "snr_max", "steps"].contains(&axis)
}

fn number(row: &Row, axis: &str) -> Option<f64> {
    match row.axes.get(axis) {
        Some(Axis::Number(x)) => Some(*x),
        _ => None,
    }
}

fn legend_of(section: &SectionReport, with_lhs: bool, height: f64) -> Legend {
    let lhs = with_lhs.then(|| (LHS, section.lhs.clone()));
    let rivals = section.alternatives.iter().enumerate().map(|(k, name)| (look(k), name.clone()));
    Legend::new(lhs.into_iter().chain(rivals).collect(), WIDTH, height)
}

const LHS: Look = Look { index: Some(0), hollow: false };

/// The left side has the first look.
fn look(rival: usize) -> Look {
    Look { index: Some(rival + 1), hollow: false }
}

/// The rows of a section by everything but the axes `within` (and the source that they fill).
fn panels<'a>(claim: &'a ClaimReport, within: &[&str]) -> Vec<(String, Vec<&'a Row>)> {
    let mut names = varying(claim, "");
    let source_is_filled = within.iter().any(|axis| fills(axis));
    names.retain(|name| !(within.contains(name) || source_is_filled && *name == "source"));
    // What fills the source is told by it.
    let told = names.contains("source");
    let numeric: BTreeSet<&str> = numeric_axes(&claim.main).into_iter().map(|(name, _)| name).collect();
    names.retain(|name| !(told && fills(name) && numeric.contains(name)));
    let mut panels: Vec<(String, Vec<&Row>)> = Vec::new();
    for row in &claim.main.rows {
        let name = place(row, &names);
        match panels.iter_mut().find(|(known, _)| *known == name) {
            Some((_, rows)) => rows.push(row),
            None => panels.push((name, vec![row])),
        }
    }
    panels
}

/// The numeric axes with two values or more, those with the most first.
fn numeric_axes(section: &SectionReport) -> Vec<(&str, Vec<f64>)> {
    let mut values = BTreeMap::<&str, BTreeSet<u64>>::new();
    for (name, axis) in section.rows.iter().flat_map(|row| &row.axes) {
        if let Axis::Number(x) = axis {
            values.entry(name).or_default().insert(x.to_bits());
        }
    }
    let mut axes: Vec<(&str, Vec<f64>)> =
        values.into_iter().map(|(name, v)| (name, v.into_iter().map(f64::from_bits).collect())).collect();
    axes.retain(|(_, v): &(_, Vec<f64>)| v.len() > 1);
    axes.iter_mut().for_each(|(_, v)| v.sort_by(f64::total_cmp));
    axes
}

/// Which argument it is, over the two axes that fill the source (else the two with the most values); a panel for each value
/// of the others. `None` where there are no arguments or no two such axes.
pub fn map(claim: &ClaimReport) -> Option<Figure> {
    let section = &claim.main;
    let mut axes = numeric_axes(section);
    axes.sort_by_key(|(name, values)| (!fills(name), std::cmp::Reverse(values.len())));
    let [(y_name, ys), (x_name, xs)] = axes.get(..2)? else { return None };
    section.rows.iter().find_map(|row| winner(section, row))?;
    let panels = panels(claim, &[x_name, y_name]);
    let panel = [xs.len() as f64 * CELL[0], ys.len() as f64 * CELL[1]];
    let columns = (((WIDTH + GAP) / (LEFT + panel[0] + GAP)) as usize).clamp(1, panels.len());
    let lines = panels.len().div_ceil(columns);
    let pitch = [LEFT + panel[0] + GAP, HEAD + panel[1] + FOOT];
    let legend = legend_of(section, false, 0.0);
    let body = html! {
        @for (k, (name, rows)) in panels.iter().enumerate() {
            @let corner = [(k % columns) as f64 * pitch[0], (k / columns) as f64 * pitch[1]];
            (cells(section, rows, name, (x_name, xs), (y_name, ys), corner))
        }
        (legend.draw([LEFT, lines as f64 * pitch[1] + 4.0]))
    };
    let describe = format!("{}: which argument of the right side it is", claim.title);
    let caption = "The argument that the right side is, by colour; in each cell the left side as a share of it.";
    let height = lines as f64 * pitch[1] + legend.height() + 4.0;
    Some(Figure { svg: canvas(height, &describe, &body), caption: caption.into() })
}

type Ticks<'a> = (&'a str, &'a [f64]);

fn cells(
    section: &SectionReport,
    rows: &[&Row],
    name: &str,
    (x_name, xs): (&&str, &Vec<f64>),
    (y_name, ys): (&&str, &Vec<f64>),
    [left, top]: [f64; 2],
) -> Markup {
    let ((x_name, xs), (y_name, ys)): (Ticks, Ticks) = ((x_name, xs), (y_name, ys));
    let (left, top) = (left + LEFT, top + HEAD);
    let at = |values: &[f64], x: f64| values.iter().position(|v| v.to_bits() == x.to_bits());
    let width = xs.len() as f64 * CELL[0];
    let bottom = top + ys.len() as f64 * CELL[1];
    html! {
        text x=(px(left)) y=(px(top - 8.0)) { (fitted(name, SIZE, width + GAP)) }
        @for row in rows {
            @if let (Some(k), Some(x), Some(y)) = (winner(section, row), number(row, x_name).and_then(|x| at(xs, x)), number(row, y_name).and_then(|y| at(ys, y))) {
                @let corner = [left + x as f64 * CELL[0], bottom - (y + 1) as f64 * CELL[1]];
                g style=(look(k).style()) {
                    rect class="cell" x=(px(corner[0])) y=(px(corner[1])) width=(px(CELL[0])) height=(px(CELL[1])) {
                        title { (section.alternatives[k]) "; " (hover(section, row)) }
                    }
                    text x=(px(corner[0] + CELL[0] / 2.0)) y=(px(corner[1] + CELL[1] / 2.0 + 4.5)) text-anchor="middle" {
                        (share(row))
                    }
                }
            }
        }
        @for (k, x) in xs.iter().enumerate() {
            text x=(px(left + (k as f64 + 0.5) * CELL[0])) y=(px(bottom + 17.0)) text-anchor="middle" { (digits::plain(*x, 4)) }
        }
        text class="label" x=(px(left + width / 2.0)) y=(px(bottom + 36.0)) text-anchor="middle" { (rich(&symbol_of(x_name))) }
        @for (k, y) in ys.iter().enumerate() {
            text x=(px(left - 8.0)) y=(px(bottom - (k as f64 + 0.5) * CELL[1] + 4.5)) text-anchor="end" { (digits::plain(*y, 4)) }
        }
        @let middle = (top + bottom) / 2.0;
        text class="label" x=(px(left - 46.0)) y=(px(middle)) text-anchor="middle" transform=(format!("rotate(-90 {:.1} {middle:.1})", left - 46.0)) { (rich(&symbol_of(y_name))) }
    }
}

/// lhs/rhs in a cell: `0.87`, `≤ 0.41` for a bracket, `?` where it is not to be believed.
fn share(row: &Row) -> String {
    match row.ratio {
        _ if !row.believed => "?".into(),
        Some(ratio) if ratio.value.is_nan() => format!("≤ {}", digits::plain(ratio.high, 2)),
        _ => digits::plain(row.lhs / row.rhs, 2),
    }
}

fn px(x: f64) -> String {
    format!("{x:.1}")
}

/// The left side and every argument against the number of steps, with powers −1 and −2 dotted; up to three panels from the
/// first to the last combination of the other axes. `None` where there are no arguments or fewer than three numbers of steps.
pub fn curves(claim: &ClaimReport) -> Option<Figure> {
    let section = &claim.main;
    numeric_axes(section).iter().find(|(name, values)| *name == "steps" && values.len() > 2)?;
    section.rows.iter().find_map(|row| winner(section, row))?;
    let mut all = panels(claim, &["steps"]);
    all.retain(|(_, rows)| rows.len() > 2);
    let last = all.len().checked_sub(1)?;
    let shown: BTreeSet<usize> = (0..PANELS).map(|k| k * last / (PANELS - 1)).collect();
    let legend = legend_of(section, true, 0.0);
    let rows = || shown.iter().flat_map(|&k| &all[k].1);
    let finite = |y: &f64| y.is_finite() && *y > 0.0;
    let values = || rows().flat_map(|row| row.alternatives.iter().copied().chain([row.lhs])).filter(finite);
    let y_data: Vec<f64> = values().collect();
    let wide = (WIDTH - LEFT - GAP * (shown.len() - 1) as f64 - 10.0) / shown.len() as f64;
    let body = html! {
        @for (column, &k) in shown.iter().enumerate() {
            @let left = LEFT + column as f64 * (wide + GAP);
            @let x = Scale::covering(Spread::Log, rows().filter_map(|row| number(row, "steps")), [left, left + wide]);
            @let y = Scale::covering(Spread::Log, y_data.iter().copied(), [HEAD + HEIGHT, HEAD]);
            @let frame = Frame { x, y, x_label: "steps *K*", y_label: if column == 0 { "nats" } else { "" }, y_ticks: column == 0 };
            text x=(px(left)) y=(px(HEAD - 8.0)) { (fitted(&all[k].0, SIZE, wide)) }
            (panel(section, &all[k].1, &frame))
        }
        (legend.draw([LEFT, HEAD + HEIGHT + FOOT + 4.0]))
    };
    let describe = format!("{}: both sides against the number of steps", claim.title);
    let caption =
        "Left side and every argument of the right side against the number of steps. Dotted: powers −1 and −2.";
    let height = HEAD + HEIGHT + FOOT + legend.height() + 4.0;
    Some(Figure { svg: canvas(height, &describe, &body), caption: caption.into() })
}

fn panel(section: &SectionReport, rows: &[&Row], frame: &Frame<'_>) -> Markup {
    let mut rows: Vec<(f64, &Row)> = rows.iter().filter_map(|row| Some((number(row, "steps")?, *row))).collect();
    rows.sort_by(|a, b| a.0.total_cmp(&b.0));
    let line = |look: Look, of: &dyn Fn(&Row) -> f64| {
        let at = |(x, row): &(f64, &Row)| Some([frame.x.at(*x)?, frame.y.at(of(row))?]);
        html! {
            g style=(look.style()) {
                path class="line" stroke-dasharray=[look.dashes()] d=(polyline(rows.iter().map(at))) {}
                @for point in &rows { @if let Some(pixel) = at(point) { (look.mark(pixel, &hover(section, point.1))) } }
            }
        }
    };
    let guide = |power: f64| {
        let [start, end] = [rows[0].0, rows[rows.len() - 1].0];
        let anchor = rows.iter().map(|(_, row)| row.lhs).find(|lhs| lhs.is_finite()).unwrap_or(1.0);
        let at = |x: f64| Some([frame.x.at(x)?, frame.y.clamped(anchor * (x / start).powf(power))]);
        html! { path class="guide" d=(polyline([at(start), at(end)])) {} }
    };
    html! {
        (frame.grid())
        (guide(-1.0)) (guide(-2.0))
        @for k in 0..section.alternatives.len() { (line(look(k), &|row| row.alternatives.get(k).copied().unwrap_or(f64::NAN))) }
        (line(LHS, &|row| row.lhs))
        (frame.axes())
    }
}
