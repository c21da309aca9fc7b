//! A scaling claim: the measured points on log–log axes, the fitted powers, and the wedge of powers
//! allowed.

use maud::{Markup, html};

use super::chart::{Chart, Parts};
use super::figure::{Figure, symbol_of};
use super::frame::{Frame, polyline};
use super::marker::Look;
use super::scale::{AxisSpread, Scale};
use super::series::{comparable, hover, place, varying};
use crate::claim::{Outcome, SlopeStatement};
use crate::report::digits;
use crate::report::labels::with_unit;
use crate::report::markup::escaped;
use crate::report::model::ClaimReport;
use crate::report::tightness::telling;

/// A row with its look and the constant of its fitted power law y = scale · x^exponent.
struct FittedPower<'a> {
    row: &'a Outcome,
    look: Look,
    label: String,
    hover: String,
    points: Vec<[f64; 3]>,
    scale: f64,
}

/// The plot of a slope claim; `None` where no row has two positive points.
pub fn figure(claim: &ClaimReport, slope: &SlopeStatement) -> Option<Figure> {
    let fits = fits(claim);
    let finest = telling(&claim.main)?;
    let all = || fits.iter().flat_map(|f| &f.points);
    all().next()?;
    let entries = fits.iter().map(|f| (f.look, f.label.clone())).collect();
    let chart = Chart::new(
        &claim.header.id,
        entries,
        |pixels| Scale::covering(AxisSpread::Log, all().map(|p| p[1]), pixels),
        |pixels| Scale::covering(AxisSpread::Log, all().map(|p| p[0]), pixels),
        [&symbol_of(&slope.against), &escaped(&with_unit(&claim.main.lhs))],
    );
    let guide = fits.iter().find(|f| std::ptr::eq(f.row, finest));
    let inside = html! {
        @if let Some(fit) = guide { (wedge(fit, slope, &chart.frame)) }
        @for fit in fits.iter().rev() { (draw(fit, &chart.frame)) }
    };
    let describe =
        format!("{}: left side against {}, with fitted powers", claim.header.title, slope.against);
    let parts = Parts { inside: Some(inside), ..Parts::default() };
    Some(chart.figure(&describe, parts, caption(slope, &place(finest, &varying(claim, "")))))
}

fn fits(claim: &ClaimReport) -> Vec<FittedPower<'_>> {
    let rows = comparable(claim).flat_map(|(s, b)| s.rows.iter().map(move |r| (s, r, b)));
    let names = varying(claim, "");
    let mut fits = Vec::new();
    for (section, row, hollow) in rows {
        let usable = |p: &&[f64; 3]| p[0] > 0.0 && p[1] > 0.0 && p[0].is_finite() && p[1].is_finite();
        let points: Vec<_> = row.points.iter().filter(usable).copied().collect();
        if points.len() < 2 || !row.lhs.is_finite() {
            continue;
        }
        let place = place(row, &names);
        let note = match (hollow, row.believed) {
            (true, _) => " (break)",
            (false, true) => "",
            (false, false) => ", not to be believed",
        };
        let separator = if place.is_empty() { "" } else { ": " };
        let label = format!("{place}{separator}exponent {}{note}", digits::concise(row.lhs, row.std_err));
        let look = Look { index: Some(fits.len()), hollow };
        let scale = scale(&points, row.lhs);
        fits.push(FittedPower { row, look, label, hover: hover(section, row), points, scale });
    }
    fits
}

/// Constant of the power law through `points` with a given exponent: the weighted geometric mean of
/// y/x^exponent, weights (y/std_err)²; unweighted where a standard error is 0.
fn scale(points: &[[f64; 3]], exponent: f64) -> f64 {
    let exact = points.iter().any(|p| !(p[2] > 0.0 && p[2].is_finite()));
    let weight = |p: &[f64; 3]| if exact { 1.0 } else { (p[1] / p[2]).powi(2) };
    let (sum, total) = points.iter().fold((0.0, 0.0), |(sum, total), p| {
        (sum + weight(p) * (p[1].ln() - exponent * p[0].ln()), total + weight(p))
    });
    (sum / total).exp()
}

fn draw(fit: &FittedPower<'_>, frame: &Frame) -> Markup {
    let at = |x: f64, y: f64| Some([frame.x.at(x)?, frame.y.at(y)?]);
    let ends = frame.x.data().map(|x| at(x, fit.scale * x.powf(fit.row.lhs)));
    let bar = |p: &[f64; 3]| {
        let x = frame.x.clamped(p[0]);
        let [low, high] = [p[1] - p[2], p[1] + p[2]].map(|y| frame.y.clamped(y));
        format!("M{x:.1} {low:.1}V{high:.1}")
    };
    html! {
        g style=(fit.look.style()) {
            path class="line" stroke-dasharray=[fit.look.dashes()] d=(polyline(ends)) { title { (fit.hover) } }
            @for point in &fit.points {
                @if point[2] > 0.0 && point[2].is_finite() { path class="line" d=(bar(point)) {} }
            }
            (fit.look.marks(fit.points.iter().filter_map(|p| at(p[0], p[1])), &fit.label))
        }
    }
}

/// The powers allowed, fanned out from the leftmost fitted value.
fn wedge(fit: &FittedPower<'_>, slope: &SlopeStatement, frame: &Frame) -> Markup {
    let start = fit.points.iter().map(|p| p[0]).fold(f64::INFINITY, f64::min);
    let end = frame.x.data()[1];
    let anchor = fit.scale * start.powf(fit.row.lhs);
    let pixel =
        |x: f64, exponent: f64| Some([frame.x.at(x)?, frame.y.clamped(anchor * (x / start).powf(exponent))]);
    let [low, high] = slope.between;
    let outline = polyline([pixel(start, low), pixel(end, low), pixel(end, high)]);
    let edges = polyline([pixel(end, low), pixel(start, low), pixel(end, high)]);
    html! {
        path class="wedge" d=(format!("{outline}z")) {}
        path class="guide" d=(edges) { title { "allowed exponents" } }
    }
}

fn caption(slope: &SlopeStatement, finest: &str) -> String {
    let [low, high] = slope.between.map(|x| digits::plain(x, 4));
    let whose = if finest.is_empty() { String::new() } else { format!(" (drawn at {finest})") };
    format!(
        "Left side against {}, with fitted powers. The grey wedge{whose} holds the exponents allowed, {low} to {high}. \
         Bars: one standard error.",
        slope.against
    )
}
