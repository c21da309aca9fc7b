//! A schedule on its curve: the risk against SNR, a tick and a drop line at every step, bands where
//! they are known, and the staircase whose area over the curve is what the schedule costs.

use maud::{Markup, html};

use super::figure::{WIDTH, left_margin, px, text_at};
use super::frame::{Frame, polyline};
use super::legend::Legend;
use super::marker::Look;
use super::scale::{AxisSpread, Scale};
use super::text::{SIZE, rich, width};
use crate::channel::curve::Curve;
use crate::error::Result;
use crate::report::digits;

/// Height of the frame in pixels.
const HEIGHT: f64 = 380.0;
/// Pixels above the frame: the title and the labels of the steps.
const TOP: f64 = 46.0;
/// Pixels under the frame.
const FOOT: f64 = 54.0;
/// Points of the curve.
const FINE: usize = 400;
/// Size of a step's label, as in the style sheet.
const SMALL: f64 = 10.5;
/// More rows than this get no marker each.
const MARKERS: usize = 150;
/// Standard errors that a row's bar shows on each side: a 95 % interval.
const BAR: f64 = 1.96;

/// The look of a file that stands alone: the page's colours, light and dark.
const STYLE: &str = ".plot{--paper:#fff;--ink:#1b1d21;--quiet:#878c95;--rule:#d8dbe0;--series-0:#0067a5;--series-1:#c4500c;\
background:var(--paper);fill:var(--ink);font-family:system-ui,-apple-system,'Segoe UI','Helvetica Neue',Arial,'DejaVu Sans',sans-serif}\
@media (prefers-color-scheme:dark){.plot{--paper:#15171b;--ink:#e6e8eb;--quiet:#6c737e;--rule:#363b44;--series-0:#5ab4f0;--series-1:#ff9a57}}\
.grid{stroke:var(--rule);stroke-width:.7;fill:none}.axis{stroke:var(--ink);stroke-width:1;fill:none}.label{font-size:13.5px}\
.title{font-size:14px;font-weight:600}.line{stroke:var(--c);stroke-width:1.7;fill:none;stroke-linejoin:round}.thin{stroke-width:1}\
.band{fill:var(--c);fill-opacity:.18}.mark{fill:var(--c);stroke:var(--paper);stroke-width:.8}.row{stroke:var(--series-0);stroke-opacity:.6;fill:var(--paper);stroke-width:1.1}\
.small{font-size:10.5px}";

/// What is drawn.
pub struct Picture<'a> {
    /// Above the frame.
    pub title: &'a str,
    /// The risk.
    pub curve: &'a dyn Curve,
    /// Rows it was measured at: SNR, risk, relative standard error; none for an exact curve.
    pub points: Vec<(f64, f64, f64)>,
    /// γ_0 < … < γ_K; a γ_0 of 0 (pure noise) is drawn at the left edge.
    pub snrs: &'a [f64],
    /// For each SNR its interval.
    pub bands: Option<&'a [(f64, f64)]>,
}

/// The figure as an SVG file.
///
/// # Errors
/// Whatever the curve reports.
pub fn picture(picture: &Picture) -> Result<String> {
    let last = picture.snrs[picture.snrs.len() - 1];
    let first = edge(picture);
    let at = |i: usize| match i {
        0 => first,
        FINE => last,
        i => first * ((last / first).ln() * i as f64 / FINE as f64).exp(),
    };
    let risk = |snr: f64| picture.curve.mmse(snr).map(|risk| (snr, risk));
    let fine = (0..=FINE).map(|i| risk(at(i))).collect::<Result<Vec<_>>>()?;
    let steps = picture.snrs.iter().map(|&snr| risk(snr)).collect::<Result<Vec<_>>>()?;
    // A risk that falls without end would press everything else into the top.
    let most = fine.iter().map(|p| p.1).fold(0.0, f64::max);
    let shown = |risk: f64| risk > 1e-9 * most;
    let heights =
        fine.iter().map(|p| p.1).chain(picture.points.iter().map(|p| p.1)).filter(|&risk| shown(risk));
    let y = Scale::covering(AxisSpread::Log, heights, [TOP + HEIGHT, TOP]);
    let x = Scale::covering(AxisSpread::Log, [first, last], [left_margin(&y), WIDTH - 26.0]);
    let frame =
        Frame {
            x, y, x_label: "SNR *γ* = *σ*^{−2}".into(), y_label: "x0-risk *L*".into(), y_ticks: true
        };
    Ok(document(picture, &frame, &fine, &steps))
}

/// The SNR of the left edge: the first, or where that is 0 a tenth of the first row or step above
/// it.
fn edge(picture: &Picture) -> f64 {
    let rows = picture.points.iter().map(|point| point.0).chain(picture.snrs.iter().copied());
    let least = rows.filter(|&snr| snr > 0.0).fold(f64::INFINITY, f64::min);
    if picture.snrs[0] > 0.0 { picture.snrs[0] } else { 0.1 * least }
}

fn document(picture: &Picture, frame: &Frame, fine: &[(f64, f64)], steps: &[(f64, f64)]) -> String {
    let (curve, stairs) = (Look::solid(0), Look::solid(1));
    let band = if picture.bands.is_some() { " with 95 % bands" } else { "" };
    let measured = if picture.points.is_empty() { "x0-risk" } else { "x0-risk with its rows" };
    let entries = vec![
        (curve, measured.to_owned()),
        (stairs, format!("{} steps{band}; the staircase is their cost", steps.len() - 1)),
    ];
    let legend = Legend::new(entries, WIDTH, 0.0);
    let height = TOP + HEIGHT + FOOT + legend.height();
    let first = edge(picture);
    let line = |points: &[(f64, f64)]| {
        polyline(points.iter().map(|&(x, y)| Some([frame.x.at(x.max(first))?, frame.y.clamped(y)])))
    };
    // Level from each step to the next, then down.
    let corners: Vec<(f64, f64)> =
        steps.windows(2).flat_map(|pair| [pair[0], (pair[1].0, pair[0].1)]).collect();
    let svg = html! {
        svg xmlns="http://www.w3.org/2000/svg" class="plot" viewBox=(format!("0 0 {WIDTH} {height:.0}")) width=(WIDTH)
            height=(format!("{height:.0}")) role="img" aria-label=(format!("The risk curve and {} steps on it", steps.len() - 1)) font-size=(SIZE) {
            style { (maud::PreEscaped(STYLE)) }
            (frame.clip("inside"))
            text class="title" x=(px(frame.area()[0])) y="16" { (picture.title) }
            (frame.grid())
            g clip-path="url(#inside)" {
                g style=(stairs.style()) {
                    @if let Some(bands) = picture.bands { @for band in bands { (stripe(frame, *band)) } }
                    path class="line thin" d=(line(&corners)) {}
                }
                path class="line" style=(curve.style()) d=(line(fine)) {}
                (rows(picture, frame))
            }
            (frame.axes())
            g style=(stairs.style()) { (ticks(frame, steps, stairs, first)) }
            (legend.draw([frame.area()[0], TOP + HEIGHT + FOOT]))
        }
    };
    format!("{}\n", svg.into_string())
}

/// The interval of one step over the whole height; nothing where it is a point.
fn stripe(frame: &Frame, (lo, hi): (f64, f64)) -> Markup {
    let [_, top, _, height] = frame.area();
    let (left, right) = (frame.x.clamped(lo), frame.x.clamped(hi));
    html! {
        @if right > left {
            rect class="band" x=(px(left)) y=(px(top)) width=(px(right - left)) height=(px(height)) {}
        }
    }
}

/// The rows that the curve goes through, each with an interval of ±1.96 standard errors where one
/// is known.
fn rows(picture: &Picture, frame: &Frame) -> Markup {
    let mut path = String::new();
    for &(snr, risk, err) in picture.points.iter().step_by(picture.points.len().div_ceil(MARKERS).max(1)) {
        let Some([x, y]) = frame.x.at(snr.max(edge(picture))).zip(frame.y.at(risk)).map(|(x, y)| [x, y])
        else {
            continue;
        };
        let (up, down) =
            (frame.y.clamped(risk * (BAR * err).exp()), frame.y.clamped(risk * (-BAR * err).exp()));
        path += &format!(
            "M{x:.2} {up:.2}V{down:.2}M{:.2} {y:.2}a2.2 2.2 0 1 0 4.4 0a2.2 2.2 0 1 0-4.4 0z",
            x - 2.2
        );
    }
    html! { path class="row" d=(path) {} }
}

/// A drop line and a mark at every step, and its σ above the frame where there is room.
fn ticks(frame: &Frame, steps: &[(f64, f64)], look: Look, first: f64) -> Markup {
    let [left, top, _, height] = frame.area();
    // Labels that would run into the one before are left out.
    let mut free = f64::NEG_INFINITY;
    let mut marks = Vec::new();
    for &(snr, risk) in steps {
        let Some(x) = frame.x.at(snr.max(first)) else { continue };
        let label = digits::plain(snr.sqrt().recip(), 3);
        let half = 0.5 * width(&label, SMALL);
        let room = x - half > free;
        if room {
            free = x + half + 4.0;
        }
        marks.push((snr, [x, frame.y.clamped(risk)], label, room));
    }
    html! {
        (text_at("small", [left - 24.0, top - 8.0], "end", &rich("*σ*")))
        @for (snr, [x, y], label, room) in &marks {
            path class="line thin" d=(format!("M{x:.2} {top:.2}v-5M{x:.2} {:.2}v-5", top + height)) {}
            (look.mark([*x, *y], &format!("σ = {label}, SNR {}", digits::plain(*snr, 4))))
            @if *room {
                (text_at("small", [*x, top - 8.0], "middle", &html! { (label) }))
            }
        }
    }
}
