//! The map as inline SVG: a curve of the ratio over one parameter, coloured cells over two.

use maud::{Markup, html};

use crate::claim::verdict::Verdict;
use crate::probe::measure::Finding;
use crate::probe::report::{ProbeReport, place, ratio, verdict};
use crate::report::digits;
use crate::report::plot::frame::{Frame, polyline};
use crate::report::plot::marker::Look;
use crate::report::plot::scale::{Scale, Spread};
use crate::report::plot::text::{SIZE, width};
use crate::report::plot::{WIDTH, canvas, left_margin, symbol_of};
use crate::report::wording::symbol;

/// Height of the curve's figure.
const HEIGHT: f64 = 380.0;
/// Height of a cell.
const CELL: f64 = 34.0;

/// The figure of a map over one or two parameters; `None` for a single point.
pub fn figure(report: &ProbeReport) -> Option<Markup> {
    match &report.parameters[..] {
        [parameter] => curve(report, parameter),
        [first, second] => Some(cells(report, first, second)),
        _ => None,
    }
}

fn spread(values: &[f64]) -> Spread {
    let least = values.iter().copied().fold(f64::INFINITY, f64::min);
    let most = values.iter().copied().filter(|x| x.is_finite()).fold(0.0, f64::max);
    if least > 0.0 && most >= 8.0 * least { Spread::Log } else { Spread::Linear }
}

fn curve(report: &ProbeReport, parameter: &str) -> Option<Markup> {
    let points: Vec<(&Finding, [f64; 2])> = report
        .map
        .iter()
        .map(|f| (f, [f.at[parameter], f.ratio]))
        .filter(|(_, [x, y])| x.is_finite() && *y > 0.0)
        .collect();
    if points.is_empty() {
        return None;
    }
    let xs: Vec<f64> = points.iter().map(|(_, [x, _])| *x).collect();
    let ys = points.iter().map(|(_, [_, y])| *y).chain([1.0]);
    let y = Scale::covering(Spread::Log, ys, [HEIGHT - 56.0, 14.0]);
    let left = left_margin(&y);
    let x = Scale::covering(spread(&xs), xs.iter().copied(), [left, WIDTH - 16.0]);
    let label = symbol_of(parameter);
    let frame = Frame { x, y, x_label: &label, y_label: "lhs / rhs", y_ticks: true };
    let look = Look { index: Some(0), hollow: false };
    let one = frame.y.clamped(1.0);
    let [frame_left, top, frame_width, _] = frame.area();
    let body = html! {
        rect class="forbidden" x=(format!("{frame_left:.2}")) y=(format!("{top:.2}")) width=(format!("{frame_width:.2}")) height=(format!("{:.2}", (one - top).max(0.0))) {}
        (frame.grid())
        path class="reference" d=(format!("M{frame_left:.2} {one:.2}h{frame_width:.2}")) {}
        @for b in &report.boundaries {
            @if let Some(at) = frame.x.at(b.value) {
                path class="guide" d=(format!("M{at:.2} {top:.2}V{:.2}", HEIGHT - 56.0)) { title { (crate::probe::report::boundary(b)) } }
            }
        }
        g style=(look.style()) {
            path class="line" d=(polyline(points.iter().map(|(_, p)| frame.inside(*p)))) {}
            @for (f, p) in &points {
                @if let Some(at) = frame.inside(*p) {
                    (Look { hollow: f.verdict != Verdict::Supported, ..look }.mark(at, &hover(f)))
                }
            }
        }
        (frame.axes())
    };
    Some(canvas(HEIGHT, &format!("lhs/rhs of {} over {parameter}", report.claim), &body))
}

fn hover(f: &Finding) -> String {
    format!("{}: ratio {}, {}", place(f), ratio(f), verdict(f))
}

/// Distances |ln ratio| of a map, for its shades.
fn distances(report: &ProbeReport) -> [f64; 2] {
    let all = report.map.iter().map(|f| f.ratio.ln().abs()).filter(|d| d.is_finite());
    all.fold([f64::INFINITY, 0.0], |[least, most], d| [least.min(d), most.max(d)])
}

/// Colour and strength of a cell: red above 1, green below, stronger the farther from 1 among the cells of this map.
fn shade(f: &Finding, [least, most]: [f64; 2]) -> (&'static str, f64) {
    let distance = (f.ratio.ln().abs() - least) / (most - least).max(f64::MIN_POSITIVE);
    let strength = 0.15 + 0.55 * distance.clamp(0.0, 1.0);
    match f.verdict {
        _ if f.void() => ("var(--quiet)", 0.25),
        Verdict::Inconclusive => ("var(--open)", 0.35),
        Verdict::Refuted => ("var(--bad)", strength),
        Verdict::Supported => ("var(--good)", strength),
    }
}

fn cells(report: &ProbeReport, first: &str, second: &str) -> Markup {
    let mut columns: Vec<f64> = report.map.iter().map(|f| f.at[first]).collect();
    let mut rows: Vec<f64> = report.map.iter().map(|f| f.at[second]).collect();
    for values in [&mut columns, &mut rows] {
        values.sort_by(f64::total_cmp);
        values.dedup_by(|a, b| *a <= *b);
    }
    let labels: Vec<String> = rows.iter().map(|x| digits::plain(*x, 4)).collect();
    let left = 40.0 + labels.iter().map(|label| width(label, SIZE)).fold(0.0, f64::max);
    let cell = (WIDTH - 16.0 - left) / columns.len() as f64;
    let (bottom, range) = (14.0 + CELL * rows.len() as f64, distances(report));
    // The largest value of the second parameter on top, as on any ordinate.
    let corner = |f: &Finding| {
        let column = columns.iter().position(|x| x.to_bits() == f.at[first].to_bits())?;
        let row = rows.iter().position(|x| x.to_bits() == f.at[second].to_bits())?;
        Some([left + cell * column as f64, bottom - CELL * (row + 1) as f64])
    };
    let body = html! {
        @for f in &report.map {
            @if let Some([x, y]) = corner(f) {
                @let (colour, strength) = shade(f, range);
                g {
                    rect x=(format!("{x:.2}")) y=(format!("{y:.2}")) width=(format!("{cell:.2}")) height=(CELL) style=(format!("fill:{colour};fill-opacity:{strength:.2};stroke:var(--paper)")) {}
                    text x=(format!("{:.2}", x + cell / 2.0)) y=(format!("{:.2}", y + CELL / 2.0 + 4.0)) text-anchor="middle" font-size=(SIZE - 1.5) {
                        @if f.void() { "void" } @else { (symbol(f.verdict)) " " (digits::plain(f.ratio, 2)) }
                    }
                    title { (hover(f)) }
                }
            }
        }
        @for (k, x) in columns.iter().enumerate() {
            text x=(format!("{:.2}", left + cell * (k as f64 + 0.5))) y=(format!("{:.2}", bottom + 18.0)) text-anchor="middle" { (digits::plain(*x, 3)) }
        }
        @for (k, label) in labels.iter().enumerate() {
            text x=(format!("{:.2}", left - 8.0)) y=(format!("{:.2}", bottom - CELL * (k as f64 + 0.5) + 4.4)) text-anchor="end" { (label) }
        }
        text class="label" x=(format!("{:.2}", (left + WIDTH) / 2.0)) y=(format!("{:.2}", bottom + 40.0)) text-anchor="middle" { (first) }
        text class="label" transform=(format!("translate({SIZE:.2} {:.2}) rotate(-90)", (14.0 + bottom) / 2.0)) text-anchor="middle" { (second) }
    };
    canvas(bottom + 52.0, &format!("lhs/rhs of {} over {first} and {second}", report.claim), &body)
}
