//! The map as inline SVG: a curve of the ratio over one parameter, coloured cells over two.

use maud::{Markup, html};

use crate::claim::verdict::{Relation, Verdict};
use crate::probe::place::PlaceOutcome;
use crate::probe::report::ProbeReport;
use crate::report::digits;
use crate::report::plot::cells::{self, FOOT, MapAxis, MapCell, left_of};
use crate::report::plot::chart::{Chart, Parts, RIGHT};
use crate::report::plot::figure::{WIDTH, canvas, symbol_of};
use crate::report::plot::frame::polyline;
use crate::report::plot::marker::Look;
use crate::report::plot::scale::{AxisSpread, Scale};
use crate::report::wording::symbol;

/// Height of a cell.
const CELL: f64 = 34.0;
/// Pixels above the cells.
const TOP: f64 = 14.0;

/// The figure of a map over one or two parameters; `None` for a single point.
pub fn figure(report: &ProbeReport) -> Option<Markup> {
    match &report.parameters[..] {
        [parameter] => curve(report, parameter),
        [first, second] => Some(map(report, [first, second])),
        _ => None,
    }
}

fn spread(values: &[f64]) -> AxisSpread {
    let least = values.iter().copied().fold(f64::INFINITY, f64::min);
    let most = values.iter().copied().filter(|x| x.is_finite()).fold(0.0, f64::max);
    if least > 0.0 && most >= 8.0 * least { AxisSpread::Log } else { AxisSpread::Linear }
}

fn curve(report: &ProbeReport, parameter: &str) -> Option<Markup> {
    let at = |f: &PlaceOutcome| [f.at[parameter], f.nearness.value];
    let drawable = |[x, y]: [f64; 2]| x.is_finite() && y > 0.0;
    let points: Vec<(&PlaceOutcome, [f64; 2])> =
        report.map.iter().map(|f| (f, at(f))).filter(|(_, p)| drawable(*p)).collect();
    if points.is_empty() {
        return None;
    }
    let xs: Vec<f64> = points.iter().map(|(_, [x, _])| *x).collect();
    let ys = points.iter().map(|(_, [_, y])| *y).chain([1.0]);
    let chart = Chart::new(
        "map",
        Vec::new(),
        |pixels| Scale::covering(AxisSpread::Log, ys, pixels),
        |pixels| Scale::covering(spread(&xs), xs.iter().copied(), pixels),
        [&symbol_of(parameter), "lhs / rhs"],
    );
    let frame = &chart.frame;
    let ([_, top, _, height], look) = (frame.area(), Look::solid(0));
    let inside = html! {
        (chart.reference(1.0))
        @for b in &report.boundaries {
            @if let Some(at) = frame.x.at(b.value) {
                path class="guide" d=(format!("M{at:.2} {top:.2}v{height:.2}")) { title { (b.words()) } }
            }
        }
        path class="line" style=(look.style()) d=(polyline(points.iter().map(|(_, p)| frame.inside(*p)))) {}
    };
    let over = html! {
        g style=(look.style()) {
            @for (f, p) in &points {
                @if let Some(at) = frame.inside(*p) {
                    (Look { hollow: f.outcome.verdict != Verdict::Supported, ..look }.mark(at, &hover(f)))
                }
            }
        }
    };
    let under = Some(chart.forbidden(Relation::AtMost, 1.0));
    let parts = Parts { under, inside: Some(inside), over: Some(over) };
    let describe = format!("lhs/rhs of {} over {parameter}", report.claim);
    Some(chart.figure(&describe, parts, String::new()).svg)
}

fn hover(f: &PlaceOutcome) -> String {
    format!("{}: ratio {}, {}", f.place(), f.ratio(), f.verdict())
}

/// Distances |ln ratio| of a map, for its shades.
fn distances(report: &ProbeReport) -> [f64; 2] {
    let all = report.map.iter().map(|f| f.nearness.value.ln().abs()).filter(|d| d.is_finite());
    all.fold([f64::INFINITY, 0.0], |[least, most], d| [least.min(d), most.max(d)])
}

/// Colour and strength of a cell: red above 1, green below, stronger the farther from 1 among the
/// cells of this map.
fn shade(f: &PlaceOutcome, [least, most]: [f64; 2]) -> String {
    let distance = (f.nearness.value.ln().abs() - least) / (most - least).max(f64::MIN_POSITIVE);
    let strength = 0.15 + 0.55 * distance.clamp(0.0, 1.0);
    let (colour, strength) = match f.outcome.verdict {
        _ if f.void() => ("quiet", 0.25),
        Verdict::Inconclusive => ("open", 0.35),
        Verdict::Refuted => ("bad", strength),
        Verdict::Supported => ("good", strength),
    };
    format!("--c:var(--{colour});--strength:{strength:.2}")
}

fn map(report: &ProbeReport, names: [&str; 2]) -> Markup {
    let [x, y] = names.map(|name| MapAxis::new(symbol_of(name), report.map.iter().map(|f| f.at[name])));
    let range = distances(report);
    let cell = |f: &PlaceOutcome| {
        let said = match () {
            () if f.void() => "void".into(),
            () if f.outcome.bracketed() => format!("{} {}", symbol(f.outcome.verdict), f.ratio()),
            () => format!("{} {}", symbol(f.outcome.verdict), digits::plain(f.nearness.value, 2)),
        };
        MapCell { at: names.map(|name| f.at[name]), style: shade(f, range), text: said, hover: hover(f) }
    };
    let all: Vec<MapCell> = report.map.iter().map(cell).collect();
    let left = left_of(&y);
    let size = [(WIDTH - RIGHT - left) / x.values.len() as f64, CELL];
    let height = TOP + CELL * y.values.len() as f64 + FOOT;
    let describe = format!("lhs/rhs of {} over {} and {}", report.claim, names[0], names[1]);
    canvas(height, &describe, &cells::draw(&all, [&x, &y], [left, TOP], size))
}
