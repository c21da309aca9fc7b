//! Rival bounds: where a claim's right side is a minimum (or maximum), which of its arguments it
//! is, and how each falls.

use std::collections::BTreeSet;

use maud::{Markup, html};

use super::cells::{self, FOOT, MapAxis, MapCell, left_of};
use super::figure::{Figure, WIDTH, canvas, px, symbol_of};
use super::frame::{Frame, polyline};
use super::legend::Legend;
use super::marker::Look;
use super::scale::{AxisSpread, Scale};
use super::series::{hover, key, numeric_axes, place, varying};
use super::text::{SIZE, fitted};
use crate::claim::Outcome;
use crate::claim::verdict::Relation;
use crate::quantity::axis;
use crate::report::digits;
use crate::report::model::{ClaimReport, SectionReport};

/// Side of the map's cells in pixels: width, height.
const CELL: [f64; 2] = [64.0, 34.0];
/// Space between panels.
const GAP: f64 = 26.0;
/// Room left of the curves for their ordinate.
const LEFT: f64 = 64.0;
/// Room over a panel for its name.
const HEAD: f64 = 24.0;
/// Height of the frames of the curves.
const HEIGHT: f64 = 250.0;
/// Panels of curves at most.
const PANELS: usize = 3;

/// Index of the argument that the right side is; `None` where a value is not a number.
fn winner(section: &SectionReport, row: &Outcome) -> Option<usize> {
    let better = |a: f64, b: f64| if section.relation == Relation::AtLeast { a > b } else { a < b };
    let values = &row.alternatives;
    if values.len() < 2 || values.iter().any(|v| v.is_nan()) {
        return None;
    }
    Some((1..values.len()).fold(0, |best, k| if better(values[k], values[best]) { k } else { best }))
}

/// Whether a numeric axis is none of the contract's own: then it fills source templates.
fn fills(axis: &str) -> bool {
    axis::find(axis).is_none()
}

fn number(row: &Outcome, axis: &str) -> Option<f64> {
    row.axes.get(axis)?.number()
}

fn legend_of(section: &SectionReport, with_lhs: bool, height: f64) -> Legend {
    let lhs = with_lhs.then(|| (LHS, section.lhs.clone()));
    let rivals = section.alternatives.iter().enumerate().map(|(k, name)| (look(k), name.clone()));
    Legend::new(lhs.into_iter().chain(rivals).collect(), WIDTH, height)
}

const LHS: Look = Look::solid(0);

/// The left side has the first look.
fn look(rival: usize) -> Look {
    Look::solid(rival + 1)
}

/// The rows of a section by everything but the axes `within` (and the source that they fill).
fn panels<'a>(claim: &'a ClaimReport, within: &[&str]) -> Vec<(String, Vec<&'a Outcome>)> {
    let mut names = varying(claim, "");
    let source_is_filled = within.iter().any(|axis| fills(axis));
    names.retain(|name| !(within.contains(name) || source_is_filled && *name == "source"));
    // What fills the source is told by it.
    let told = names.contains("source");
    let numeric: BTreeSet<&str> =
        numeric_axes(&claim.main).into_iter().filter(|(_, v)| v.len() > 1).map(|(name, _)| name).collect();
    names.retain(|name| !(told && fills(name) && numeric.contains(name)));
    let mut panels: Vec<(String, Vec<&Outcome>)> = Vec::new();
    for row in &claim.main.rows {
        match panels.iter_mut().find(|(_, rows)| key(rows[0], &names) == key(row, &names)) {
            Some((_, rows)) => rows.push(row),
            None => panels.push((place(row, &names), vec![row])),
        }
    }
    panels
}

/// Which argument it is, over the two axes that fill the source (else the two with the most
/// values); a panel for each value of the others. `None` where there are no arguments or no two
/// such axes.
pub fn map(claim: &ClaimReport) -> Option<Figure> {
    let section = &claim.main;
    let mut axes: Vec<_> =
        numeric_axes(section).into_iter().filter(|(_, values)| values.len() > 1).collect();
    axes.sort_by_key(|(name, values)| (!fills(name), std::cmp::Reverse(values.len())));
    let [(y_name, ys), (x_name, xs)] = axes.get(..2)? else { return None };
    section.rows.iter().find_map(|row| winner(section, row))?;
    let panels = panels(claim, &[x_name, y_name]);
    let [x, y] =
        [(x_name, xs), (y_name, ys)].map(|(name, v)| MapAxis::new(symbol_of(name), v.iter().copied()));
    let (left, panel) = (left_of(&y), [xs.len() as f64 * CELL[0], ys.len() as f64 * CELL[1]]);
    let pitch = [left + panel[0] + GAP, HEAD + panel[1] + FOOT];
    let columns = (((WIDTH + GAP) / pitch[0]) as usize).clamp(1, panels.len());
    let lines = panels.len().div_ceil(columns);
    let legend = legend_of(section, false, 0.0);
    let body = html! {
        @for (k, (name, rows)) in panels.iter().enumerate() {
            @let corner = [(k % columns) as f64 * pitch[0] + left, (k / columns) as f64 * pitch[1] + HEAD];
            text x=(px(corner[0])) y=(px(corner[1] - 8.0)) { (fitted(name, SIZE, panel[0] + GAP)) }
            (cells::draw(&cells(section, rows, [x_name, y_name]), [&x, &y], corner, CELL))
        }
        (legend.draw([left, lines as f64 * pitch[1] + 4.0]))
    };
    let describe = format!("{}: which argument of the right side it is", claim.header.title);
    let caption =
        "The argument that the right side is, by colour; in each cell the left side as a share of it.";
    let height = lines as f64 * pitch[1] + legend.height() + 4.0;
    Some(Figure { svg: canvas(height, &describe, &body), caption: caption.into() })
}

/// The cells of one panel.
fn cells(section: &SectionReport, rows: &[&Outcome], axes: [&str; 2]) -> Vec<MapCell> {
    let cell = |row: &&Outcome| {
        let k = winner(section, row)?;
        let hover = format!("{}; {}", section.alternatives[k], hover(section, row));
        let [x, y] = axes.map(|axis| number(row, axis));
        Some(MapCell { at: [x?, y?], style: look(k).style(), text: share(row), hover })
    };
    rows.iter().filter_map(cell).collect()
}

/// lhs/rhs in a cell: `0.87`, `≤ 0.41` for a bracket, `?` where it is not to be believed.
fn share(row: &Outcome) -> String {
    match row.ratio {
        _ if !row.believed => "?".into(),
        Some(ratio) if ratio.value.is_nan() => format!("≤ {}", digits::plain(ratio.high, 2)),
        _ if row.rhs.is_infinite() => "∞".into(),
        _ => digits::plain(row.lhs / row.rhs, 2),
    }
}

/// The left side and every argument against the number of steps, with powers −1 and −2 dotted; up
/// to three panels from the first to the last combination of the other axes. `None` where there are
/// no arguments or fewer than three numbers of steps.
pub fn curves(claim: &ClaimReport) -> Option<Figure> {
    let section = &claim.main;
    numeric_axes(section).get("steps").filter(|values| values.len() > 2)?;
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
            @let x = Scale::covering(AxisSpread::Log, rows().filter_map(|row| number(row, "steps")), [left, left + wide]);
            @let y = Scale::covering(AxisSpread::Log, y_data.iter().copied(), [HEAD + HEIGHT, HEAD]);
            @let frame = Frame { x, y, x_label: "steps *K*".into(), y_label: if column == 0 { "nats".into() } else { String::new() }, y_ticks: column == 0 };
            text x=(px(left)) y=(px(HEAD - 8.0)) { (fitted(&all[k].0, SIZE, wide)) }
            (panel(section, &all[k].1, &frame))
        }
        (legend.draw([LEFT, HEAD + HEIGHT + FOOT + 4.0]))
    };
    let describe = format!("{}: both sides against the number of steps", claim.header.title);
    let caption = "Left side and every argument of the right side against the number of steps. Dotted: powers −1 and −2.";
    let height = HEAD + HEIGHT + FOOT + legend.height() + 4.0;
    Some(Figure { svg: canvas(height, &describe, &body), caption: caption.into() })
}

fn panel(section: &SectionReport, rows: &[&Outcome], frame: &Frame) -> Markup {
    let mut rows: Vec<(f64, &Outcome)> =
        rows.iter().filter_map(|row| Some((number(row, "steps")?, *row))).collect();
    rows.sort_by(|a, b| a.0.total_cmp(&b.0));
    let line = |look: Look, of: &dyn Fn(&Outcome) -> f64| {
        let at = |(x, row): &(f64, &Outcome)| Some([frame.x.at(*x)?, frame.y.at(of(row))?]);
        html! {
            g style=(look.style()) {
                path class="line" stroke-dasharray=[look.dashes()] d=(polyline(rows.iter().map(at))) {}
                (look.marks(rows.iter().filter_map(at), ""))
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
