//! lhs/rhs, or the relative difference, against a numeric axis: one curve with its band for each
//! series.

use maud::{Markup, html};

use super::chart::{Chart, Parts};
use super::figure::{Figure, px, symbol_of};
use super::frame::{Frame, polyline};
use super::marker::Look;
use super::scale::{AxisSpread, Scale};
use super::series::{self, PlotPoint, Series};
use super::text::{SIZE, width};
use crate::claim::verdict::Relation;
use crate::report::model::ClaimReport;

/// Decades under the largest ratio that a log axis shows; what is smaller leaves the frame.
const DEPTH: f64 = 1e-8;
/// More points than this in a series get thinned markers.
const MARKERS: usize = 24;

/// The plot of a claim against `axis`; `None` if no point can be drawn.
pub fn figure(claim: &ClaimReport, axis: &str) -> Option<Figure> {
    let relation = claim.main.relation;
    let series = series::collect(claim, axis);
    let drawable = |p: &&PlotPoint| p.x.is_finite() && p.y.is_finite();
    let points: Vec<&PlotPoint> = series.iter().flat_map(|s| &s.points).filter(drawable).collect();
    if points.is_empty() {
        return None;
    }
    let brackets: Vec<[f64; 2]> = series.iter().flat_map(|s| &s.points).filter_map(|p| p.bracket).collect();
    let y_label = if relation == Relation::Equal { "(lhs − rhs) / |rhs|" } else { "lhs / rhs" };
    let chart = Chart::new(
        &claim.header.id,
        entries(&series),
        |pixels| ordinate_scale(relation, &points, &brackets, pixels),
        |pixels| abscissa_scale(&points, pixels),
        [&symbol_of(axis), y_label],
    );
    let frame = &chart.frame;
    let inside = html! {
        g fill-opacity=(format!("{:.3}", (0.5 / series.len() as f64).clamp(0.02, 0.16))) {
            @for s in &series { (band(s, frame)) }
        }
        (chart.reference(level(relation)))
        // The tightest is drawn last, on top.
        @for s in series.iter().rev() { (curve(s, frame, relation)) (bars(s, frame)) }
    };
    let over = html! {
        @for s in series.iter().rev() { (marks(s, frame)) }
        (reference_label(frame, relation, &series))
    };
    let under = Some(chart.forbidden(relation, level(relation)));
    let parts = Parts { under, inside: Some(inside), over: Some(over) };
    Some(chart.figure(&describe(claim, axis), parts, caption(claim, &series)))
}

fn entries(series: &[Series]) -> Vec<(Look, String)> {
    let mut entries: Vec<_> =
        series.iter().filter(|s| s.look.index.is_some()).map(|s| (s.look, s.label.clone())).collect();
    match series.len() - entries.len() {
        0 => {}
        others => {
            entries.push((Look { index: None, hollow: false }, format!("{others} others, less tight")))
        }
    }
    entries
}

fn abscissa_scale(points: &[&PlotPoint], pixels: [f64; 2]) -> Scale {
    let (lo, hi) = points.iter().fold((f64::INFINITY, 0.0_f64), |(lo, hi), p| (lo.min(p.x), hi.max(p.x)));
    let spread = if lo > 0.0 && hi >= 4.0 * lo { AxisSpread::Log } else { AxisSpread::Linear };
    Scale::covering(spread, points.iter().map(|p| p.x), pixels)
}

/// Ratios: by logarithm where they are positive and span more than one decade. Differences: linear,
/// or symmetric-logarithmic where they span more than two.
fn ordinate_scale(
    relation: Relation,
    points: &[&PlotPoint],
    brackets: &[[f64; 2]],
    pixels: [f64; 2],
) -> Scale {
    if relation == Relation::Equal {
        return difference_scale(points.iter().map(|p| (p.y, p.half)), pixels);
    }
    let ends = brackets.iter().map(|[_, high]| *high).filter(|high| high.is_finite());
    let positive = points.iter().map(|p| p.y).chain(ends.clone()).filter(|&y| y > 0.0);
    let top = positive.clone().fold(1.0, f64::max);
    let bottom = positive.clone().fold(1.0, f64::min).max(top * DEPTH);
    if top > 10.0 * bottom && 2 * positive.clone().count() > points.len() {
        Scale::covering(AxisSpread::Log, positive.filter(|&y| y >= bottom).chain([1.0, bottom]), pixels)
    } else {
        Scale::covering(AxisSpread::Linear, points.iter().map(|p| p.y).chain(ends).chain([1.0]), pixels)
    }
}

/// A scale for differences around 0 that shows their intervals.
pub fn difference_scale(points: impl Iterator<Item = (f64, f64)>, pixels: [f64; 2]) -> Scale {
    let points: Vec<_> = points.map(|(y, half)| (y, if half.is_finite() { half } else { 0.0 })).collect();
    let ends = points.iter().flat_map(|(y, half)| [y - half, y + half]).chain([0.0]);
    let mut sizes: Vec<f64> =
        points.iter().map(|(y, half)| y.abs() + half).filter(|s| s.is_normal()).collect();
    sizes.sort_by(f64::total_cmp);
    let spread = match (sizes.get(sizes.len() / 10), sizes.last()) {
        (Some(low), Some(high)) if *high > 100.0 * low => {
            AxisSpread::SymLog(10_f64.powf(low.max(high * 1e-12).log10().floor()))
        }
        _ => AxisSpread::Linear,
    };
    Scale::covering(spread, ends, pixels)
}

/// Where the two sides are equal.
fn level(relation: Relation) -> f64 {
    if relation == Relation::Equal { 0.0 } else { 1.0 }
}

/// The label of an inequality's reference line, on the side the claim allows or forbids, left,
/// middle or right, wherever the fewest curves pass.
fn reference_label(frame: &Frame, relation: Relation, series: &[Series]) -> Markup {
    let label = match relation {
        Relation::AtMost => "claim: lhs / rhs ≤ 1",
        Relation::AtLeast => "claim: lhs / rhs ≥ 1",
        Relation::Equal | Relation::Slope | Relation::Bounded => return html! {},
    };
    let [left, top, wide, tall] = frame.area();
    let line = frame.y.clamped(level(relation));
    let size = width(label, SIZE);
    let passing: Vec<[f64; 2]> = series.iter().flat_map(|s| traced(s, frame)).collect();
    let crowd = |[x, y]: [f64; 2]| {
        let inside = |p: &&[f64; 2]| {
            (x - 16.0..=x + size + 16.0).contains(&p[0]) && (y - SIZE - 8.0..=y + 14.0).contains(&p[1])
        };
        passing.iter().filter(inside).count()
    };
    let places = [line - 7.0, line + 17.0]
        .into_iter()
        .filter(|y| (top + SIZE..top + tall - 4.0).contains(y))
        .flat_map(|y| [wide - size - 10.0, 10.0, (wide - size) / 2.0].map(|x| [left + x, y]));
    let Some([x, y]) = places.min_by_key(|&place| crowd(place)) else { return html! {} };
    html! { text class="note halo" x=(px(x)) y=(px(y)) { (label) } }
}

/// Pixels along a curve, close enough together that none slips through a label.
fn traced(series: &Series, frame: &Frame) -> Vec<[f64; 2]> {
    let pixels: Vec<[f64; 2]> =
        series.points.iter().filter_map(|p| Some([frame.x.at(p.x)?, frame.y.at(p.y)?])).collect();
    let between = |w: &[[f64; 2]]| {
        let (a, b) = (w[0], w[1]);
        (0..=16)
            .map(f64::from)
            .map(move |t| [0, 1].map(|k| a[k] + (b[k] - a[k]) * t / 16.0))
            .collect::<Vec<_>>()
    };
    pixels.windows(2).flat_map(between).chain(pixels.iter().copied()).collect()
}

fn band(series: &Series, frame: &Frame) -> Markup {
    let known = |p: &&PlotPoint| p.half.is_finite() && p.y.is_finite() && frame.x.at(p.x).is_some();
    let points: Vec<&PlotPoint> = series.points.iter().filter(known).collect();
    let x = |p: &PlotPoint| frame.x.clamped(p.x);
    let upper = points.iter().map(|p| Some([x(p), frame.y.clamped(p.y + p.half)]));
    let lower = points.iter().rev().map(|p| Some([x(p), frame.y.clamped(p.y - p.half)]));
    html! {
        @if series.look.index.is_some() && points.len() > 1 {
            path class="band" style=(series.look.style()) d=(format!("{}z", polyline(upper.chain(lower)))) {}
        }
    }
}

fn curve(series: &Series, frame: &Frame, relation: Relation) -> Markup {
    // Differences scatter about 0: a full line between them would only be noise.
    let class = match series.look.index {
        Some(_) if relation == Relation::Equal => "line faint",
        Some(_) => "line",
        None => "line thin",
    };
    let at = |p: &PlotPoint| Some([frame.x.at(p.x)?, frame.y.at(p.y)?]);
    html! {
        path class=(class) style=(series.look.style()) stroke-dasharray=[series.look.dashes()] d=(polyline(series.points.iter().map(at))) {
            title { (series.label) }
        }
    }
}

/// Half the width of a bar's ends in pixels.
const CAP: f64 = 3.5;

/// Open bars over where a series is known as an interval alone: a cap at each end, an arrow where
/// it leaves the frame.
fn bars(series: &Series, frame: &Frame) -> Markup {
    let [_, top, _, height] = frame.area();
    let bar = |p: &PlotPoint| {
        let ([low, high], x) = (p.bracket?, frame.x.at(p.x)?);
        let [from, to] = [low, high].map(|y| frame.y.clamped(y));
        let end = |y: f64, outward: f64| {
            let leaves = if outward > 0.0 { y >= top + height - 0.5 } else { y <= top + 0.5 };
            let back = if leaves { y - outward * 2.0 * CAP } else { y };
            format!("M{:.1} {back:.1}L{x:.1} {y:.1}L{:.1} {back:.1}", x - CAP, x + CAP)
        };
        Some(format!("M{x:.1} {from:.1}V{to:.1}{}{}", end(from, 1.0), end(to, -1.0)))
    };
    html! {
        g style=(series.look.style()) {
            @let bars: String = series.points.iter().filter_map(bar).collect();
            @if !bars.is_empty() { path class="bar" d=(bars) { title { (series.label) } } }
        }
    }
}

/// The markers of a series, whole also where they sit on the box.
fn marks(series: &Series, frame: &Frame) -> Markup {
    let every = series.points.len().div_ceil(MARKERS).max(1);
    let pixels = series.points.iter().step_by(every).filter_map(|p| frame.inside([p.x, p.y]));
    html! {
        @if series.look.index.is_some() {
            g style=(series.look.style()) { (series.look.marks(pixels, &series.label)) }
        }
    }
}

fn describe(claim: &ClaimReport, axis: &str) -> String {
    format!(
        "{}: {} against {axis}, one curve for each series",
        claim.header.title,
        if claim.main.relation == Relation::Equal { "relative difference" } else { "ratio of the sides" }
    )
}

fn caption(claim: &ClaimReport, series: &[Series]) -> String {
    let mut text = String::from(match claim.main.relation {
        Relation::Equal => {
            "Relative difference of the two sides. The claim puts every curve on the dashed line."
        }
        Relation::AtMost => "Left side over right side. The claim keeps every curve below the dashed line.",
        _ => "Left side over right side. The claim keeps every curve above the dashed line.",
    });
    text.push_str(" Bands: simultaneous half-width h.");
    if series.iter().any(|s| s.look.hollow) {
        text.push_str(" Hollow markers, dashed: breaks, where the claim must fail.");
    }
    let points = || series.iter().flat_map(|s| &s.points);
    if points().any(|p| p.bracket.is_some()) {
        text.push_str(" Open bars: brackets, in place of samples that are not to be believed; nothing is said of where on its bar the ratio lies.");
    }
    let doubted = points().filter(|p| !p.believed).count();
    if doubted > 0 {
        text.push_str(&format!(" Not drawn because not to be believed: {doubted}."));
    }
    let hidden = points().filter(|p| p.believed && p.bracket.is_none() && !p.y.is_finite()).count();
    if hidden > 0 {
        text.push_str(&format!(" Not drawn because not finite: {hidden}."));
    }
    text
}
