//! A line per case: a dot with its interval, for claims without a numeric axis to draw against.

use maud::{Markup, html};

use super::chart::{FOOT, RIGHT, TOP};
use super::curves::difference_scale;
use super::figure::{Figure, WIDTH, canvas, px};
use super::frame::Frame;
use super::marker::Look;
use super::scale::{AxisSpread, Scale};
use super::series::{comparable, hover, ordinate, place, varying};
use super::text::{SIZE, fitted, width};
use crate::claim::Outcome;
use crate::claim::verdict::{Relation, Verdict};
use crate::report::model::{ClaimReport, SectionReport};
use crate::report::tightness::score;

/// Height of one line in pixels.
const LINE: f64 = 21.0;
/// Most lines; of more cases the tightest are shown.
const LINES: usize = 40;
/// Widest label in pixels.
const LABEL: f64 = 320.0;

/// One line of the chart.
struct CaseLine {
    label: String,
    hover: String,
    at: f64,
    half: f64,
    verdict: Verdict,
    hollow: bool,
}

/// The chart of a claim and its comparable breaks; `None` if nothing finite is there to draw.
pub fn figure(claim: &ClaimReport) -> Option<Figure> {
    let (lines, left_out) = lines(claim);
    if lines.is_empty() {
        return None;
    }
    let relation = claim.main.relation;
    let height = lines.len() as f64 * LINE + 12.0;
    let labels = lines.iter().map(|l| width(&l.label, SIZE)).fold(0.0, f64::max).min(LABEL);
    let x = scale(claim, &lines, [labels + 14.0, WIDTH - RIGHT]);
    let y = Scale::covering(AxisSpread::Linear, [0.0, 1.0], [TOP + height, TOP]);
    let x_label = match relation {
        Relation::Equal => "(lhs − rhs) / |rhs|",
        Relation::Slope => "exponent",
        Relation::AtMost | Relation::AtLeast => "lhs / rhs",
        Relation::Bounded => "late growth / most on a plateau",
    };
    let frame = Frame { x, y, x_label: x_label.into(), y_label: String::new(), y_ticks: false };
    let body = html! {
        (allowed(claim, &frame))
        (frame.grid())
        (frame.axes())
        @for (k, line) in lines.iter().enumerate() {
            (draw(line, &frame, TOP + 6.0 + (k as f64 + 0.5) * LINE, labels))
        }
    };
    let describe = format!("{}: one line for each case", claim.header.title);
    Some(Figure {
        svg: canvas(TOP + height + FOOT, &describe, &body),
        caption: caption(claim, &lines, left_out),
    })
}

/// The lines to draw, in the report's order, and how many cases were left out; what is known as a
/// bracket alone is none of them.
fn lines(claim: &ClaimReport) -> (Vec<CaseLine>, usize) {
    let names = varying(claim, "");
    let mut rows: Vec<(f64, usize, CaseLine)> = Vec::new();
    for (section, hollow) in comparable(claim) {
        for row in &section.rows {
            let (at, half) = position(section, row);
            if at.is_finite() {
                let place = place(row, &names);
                let label = if hollow { format!("{place} (break)") } else { place };
                let label = if row.believed { label } else { format!("{label} (not to be believed)") };
                let line =
                    CaseLine { label, hover: hover(section, row), at, half, verdict: row.verdict, hollow };
                rows.push((score(section, row), rows.len(), line));
            }
        }
    }
    let left_out = rows.len().saturating_sub(LINES);
    rows.sort_by(|a, b| b.0.total_cmp(&a.0));
    rows.truncate(LINES);
    rows.sort_by_key(|&(_, order, _)| order);
    (rows.into_iter().map(|(_, _, line)| line).collect(), left_out)
}

fn position(section: &SectionReport, row: &Outcome) -> (f64, f64) {
    if section.relation == Relation::Slope {
        (row.lhs, row.half_width)
    } else {
        ordinate(section.relation, row)
    }
}

fn scale(claim: &ClaimReport, lines: &[CaseLine], pixels: [f64; 2]) -> Scale {
    let half = |l: &CaseLine| if l.half.is_finite() { l.half } else { 0.0 };
    let ends = || lines.iter().flat_map(|l| [l.at - half(l), l.at + half(l)]);
    match (claim.main.relation, &claim.main.slope) {
        (Relation::Equal, _) => difference_scale(lines.iter().map(|l| (l.at, l.half)), pixels),
        (Relation::Slope, Some(slope)) => {
            Scale::covering(AxisSpread::Linear, ends().chain(slope.between), pixels)
        }
        _ => {
            let (lo, hi) = lines.iter().fold((1.0_f64, 1.0_f64), |(lo, hi), l| (lo.min(l.at), hi.max(l.at)));
            if lo > 0.0 && hi > 20.0 * lo {
                Scale::covering(AxisSpread::Log, lines.iter().map(|l| l.at).chain([1.0]), pixels)
            } else {
                Scale::covering(AxisSpread::Linear, ends().chain([1.0]), pixels)
            }
        }
    }
}

/// The reference line, or the band of allowed exponents.
fn allowed(claim: &ClaimReport, frame: &Frame) -> Markup {
    let [_, top, _, height] = frame.area();
    let upright = |x: f64| format!("M{:.1} {top:.1}v{height:.1}", frame.x.clamped(x));
    match (claim.main.relation, &claim.main.slope) {
        (Relation::Slope, Some(slope)) => {
            let [a, b] = slope.between.map(|x| frame.x.clamped(x));
            html! { path class="wedge" d=(format!("M{a:.1} {top:.1}H{b:.1}v{height:.1}H{a:.1}z")) {} }
        }
        (Relation::Equal, _) => html! { path class="reference" d=(upright(0.0)) {} },
        _ => html! { path class="reference" d=(upright(1.0)) {} },
    }
}

fn draw(line: &CaseLine, frame: &Frame, y: f64, labels: f64) -> Markup {
    let colour = match line.verdict {
        Verdict::Supported => 0,
        Verdict::Refuted => 1,
        Verdict::Inconclusive => 3,
    };
    let look = Look { index: Some(colour), hollow: line.hollow };
    let x = frame.x.clamped(line.at);
    let [low, high] = [line.at - line.half, line.at + line.half].map(|x| frame.x.clamped(x));
    html! {
        text x=(px(labels)) y=(px(y + 4.4)) dx="6" text-anchor="end" {
            (fitted(&line.label, SIZE, LABEL))
            title { (line.label) }
        }
        g style=(look.style()) {
            @if line.half.is_finite() {
                path class="line" d=(format!("M{low:.1} {y:.1}H{high:.1}M{low:.1} {:.1}v8M{high:.1} {:.1}v8", y - 4.0, y - 4.0)) {}
            }
            (look.mark([x, y], &line.hover))
        }
    }
}

fn caption(claim: &ClaimReport, lines: &[CaseLine], left_out: usize) -> String {
    let mut text = String::from(match claim.main.relation {
        Relation::Equal => {
            "Relative difference of the two sides, one line per case; the claim puts it on the dashed line."
        }
        Relation::AtMost => {
            "Left side over right side, one line per case; the claim keeps it left of the dashed line."
        }
        Relation::AtLeast => {
            "Left side over right side, one line per case; the claim keeps it right of the dashed line."
        }
        Relation::Bounded => {
            "Growth late over the most that a plateau would show, one line per case; the claim keeps it left of the dashed line."
        }
        Relation::Slope => "Fitted exponent, one line per case; the claim keeps it inside the grey band.",
    });
    text.push_str(
        " Bars: simultaneous half-width h. Circles: supported; squares: refuted; diamonds: inconclusive.",
    );
    if lines.iter().any(|l| l.hollow) {
        text.push_str(" Hollow: breaks, where the claim must fail.");
    }
    if left_out > 0 {
        text.push_str(&format!(" {left_out} less tight cases are not drawn."));
    }
    text
}
