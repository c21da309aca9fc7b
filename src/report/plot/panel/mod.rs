//! Small figures of a statement: 350 units wide whatever the screen, names at the curves, the stated
//! level dashed, brackets as dashed bars without a dot, breaks as crosses.
//!
//! [`of`] picks them for some evidence: the constant that each law needs against its entropy
//! (`law`), curves along a numeric axis (`curve`), points and powers of a slope (`power`), a
//! line per case otherwise (`dot`).

mod curve;
mod dot;
mod law;
mod naming;
mod power;

use std::collections::BTreeSet;

use maud::{Markup, html};

use super::figure::{px, short};
use super::scale::{AxisSpread, Scale, Tick};
use super::text::{fitted, rich, rich_width};
use crate::claim::verdict::{Relation, Verdict};
use crate::claim::{Outcome, Ratio};
use crate::report::model::{ClaimReport, Report, SectionReport};
use crate::report::papers::{Evidence, EvidenceRole};
use crate::report::plot::series;
use crate::report::yardstick::Yardstick;

/// Width of a panel in units of its own.
pub const WIDTH: f64 = 350.0;
/// Height of a panel whose height is free.
const HEIGHT: f64 = 230.0;
/// Size of its text.
const SIZE: f64 = 11.0;
/// Room over the data, for the name of the ordinate.
const TOP: f64 = 26.0;
/// Room under the data, for tick labels and the name of the abscissa.
const FOOT: f64 = 34.0;

/// A small figure.
#[derive(Debug, Clone)]
pub struct SmallFigure {
    /// The claim that it draws alone; empty where it joins several.
    pub claim: String,
    /// Its finding: a heading.
    pub title: String,
    /// The `<svg>` element.
    pub svg: Markup,
    /// What is drawn.
    pub caption: String,
}

/// At most `most` panels for a statement's evidence.
pub fn of(report: &Report, evidence: &[Evidence], most: usize) -> Vec<SmallFigure> {
    let mut panels: Vec<SmallFigure> = law::panel(report, evidence).into_iter().collect();
    for found in evidence.iter().filter(|e| e.role == EvidenceRole::Main) {
        if panels.len() < most {
            panels.extend(main(found.claim));
        }
    }
    panels.truncate(most);
    panels
}

/// The panel of a claim; `None` where nothing can be drawn.
pub fn main(claim: &ClaimReport) -> Option<SmallFigure> {
    match claim.main.relation {
        Relation::Slope => power::panel(claim).or_else(|| dot::panel(claim)),
        Relation::Equal | Relation::Bounded => dot::panel(claim),
        Relation::AtMost | Relation::AtLeast => {
            let curves = series::abscissa(&claim.main).and_then(|axis| curve::panel(claim, axis));
            curves.or_else(|| dot::panel(claim))
        }
    }
}

/// The main statement, and those breaks that make the same comparison.
fn alike(claim: &ClaimReport) -> impl Iterator<Item = &SectionReport> {
    let same = |section: &&SectionReport| {
        let main = &claim.main;
        (section.relation, &section.lhs, &section.rhs) == (main.relation, &main.lhs, &main.rhs)
    };
    std::iter::once(&claim.main).chain(claim.breaks.iter().filter(same))
}

/// A row's mark: a value with its half-width, or where it lies.
#[derive(Debug, Clone, Copy)]
struct PlotMark {
    x: f64,
    y: f64,
    half: f64,
    bracket: Option<[f64; 2]>,
    refuted: bool,
}

/// The mark of a row at `x` in the terms of a yardstick; `None` where it is not to be believed or
/// has none.
fn mark(x: f64, row: &Outcome, yardstick: &Yardstick) -> Option<PlotMark> {
    let Ratio { value, low, high, .. } = yardstick.scaled(&row.ratio?, row.rhs);
    let refuted = row.verdict == Verdict::Refuted;
    if row.bracketed() {
        return Some(PlotMark { x, y: f64::NAN, half: 0.0, bracket: Some([low, high]), refuted });
    }
    let drawn = row.believed && value.is_finite();
    drawn.then_some(PlotMark { x, y: value, half: 0.5 * (high - low), bracket: None, refuted })
}

/// An axis by logarithm where positive values span more than `factor`, down to the share `depth` of
/// the largest, else from 0.
fn ordinate(values: &[f64], [factor, depth]: [f64; 2], pixels: [f64; 2]) -> Scale {
    let positive = || values.iter().copied().filter(|y| *y > 0.0 && y.is_finite());
    let (low, high) = positive().fold((f64::INFINITY, 0.0_f64), |(low, high), y| (low.min(y), high.max(y)));
    if high > factor * low && values.iter().all(|y| *y >= 0.0 || !y.is_finite()) {
        let least = low.max(high * depth);
        Scale::covering(AxisSpread::Log, positive().filter(|y| *y >= least), pixels)
    } else {
        Scale::covering(AxisSpread::Linear, values.iter().copied().chain([0.0]), pixels)
    }
}

/// An abscissa by logarithm where its positive values span more than four.
fn abscissa(values: &[f64], pixels: [f64; 2]) -> Scale {
    let (low, high) = values.iter().fold((f64::INFINITY, 0.0_f64), |(lo, hi), x| (lo.min(*x), hi.max(*x)));
    let spread = if low > 0.0 && high >= 4.0 * low { AxisSpread::Log } else { AxisSpread::Linear };
    Scale::covering(spread, values.iter().copied(), pixels)
}

/// Grid lines and labels of both axes; `x_label` ends under the abscissa's right end, `y_label`
/// starts over the ordinate.
fn axes(x: &Scale, y: &Scale, [x_label, y_label]: [&str; 2]) -> Markup {
    let ([left, right], [bottom, top]) = (x.pixels(), y.pixels());
    let named = |scale: &Scale| scale.ticks().into_iter().filter(|tick| !tick.label.is_empty());
    let spaced = spaced(x);
    let lines: String = named(y).map(|tick| format!("M{left:.1} {:.1}H{right:.1}", tick.at)).collect();
    html! {
        path class="grid" d=(short(&lines)) {}
        path class="axis" d=(format!("M{left:.1} {top:.1}V{bottom:.1}H{right:.1}")) {}
        @for tick in &spaced { text x=(px(tick.at)) y=(px(bottom + 14.0)) class="m" { (rich(&tick.label)) } }
        @for tick in named(y) { text x=(px(left - 5.0)) y=(px(tick.at + 4.0)) class="e" { (rich(&tick.label)) } }
        text x=(px(right)) y=(px(bottom + 28.0)) class="e" { (rich(x_label)) }
        text x="0" y="11" { (rich(&fitted(y_label, SIZE, WIDTH))) }
    }
}

/// The ticks of an abscissa whose labels do not run into the one before.
fn spaced(x: &Scale) -> Vec<Tick> {
    let mut free = f64::NEG_INFINITY;
    let mut kept = Vec::new();
    let mut ticks: Vec<Tick> = x.ticks().into_iter().filter(|tick| !tick.label.is_empty()).collect();
    ticks.sort_by(|a, b| a.at.total_cmp(&b.at));
    for tick in ticks {
        let half = 0.5 * rich_width(&tick.label, SIZE);
        if tick.at - half > free {
            free = tick.at + half + 5.0;
            kept.push(tick);
        }
    }
    kept
}

/// The `<svg>` of a panel.
fn canvas(height: f64, describe: &str, body: &Markup) -> Markup {
    html! {
        svg class="panel" viewBox=(format!("0 0 {WIDTH} {height:.0}")) role="img" aria-label=(describe) { (body) }
    }
}

/// A part of a place in symbols: `snr_min 0.01` as `γ ≥ 0.01`, `steps 8` as `K = 8`.
fn brief(part: &str) -> String {
    const SYMBOLS: [(&str, &str); 6] = [
        ("snr ", "γ = "),
        ("snr_min ", "γ ≥ "),
        ("snr_max ", "γ ≤ "),
        ("steps ", "K = "),
        ("dim ", "d = "),
        ("atoms ", "N = "),
    ];
    let known = |(name, symbol): &(&str, &str)| Some(format!("{symbol}{}", part.strip_prefix(name)?));
    SYMBOLS.iter().find_map(known).unwrap_or_else(|| part.to_owned())
}

/// A place in symbols, part by part: `bpsk`, `γ ≥ 0.01`, `K = 8`.
fn placed(row: &Outcome, names: &BTreeSet<&str>) -> Vec<String> {
    series::parts(row, names).iter().map(|part| brief(part)).collect()
}

/// A cross at a pixel: a refuted case.
fn cross([x, y]: [f64; 2]) -> String {
    format!("M{} {}l7 7m0-7l-7 7", px(x - 3.5), px(y - 3.5))
}

/// A disc at a pixel: the round ends of a line too short to be seen.
fn disc([x, y]: [f64; 2]) -> String {
    format!("M{} {}h.01", px(x), px(y))
}

/// Where brackets stand: the abscissa's pixel and those of the ends.
fn brackets<'a>(
    marks: impl Iterator<Item = &'a PlotMark>,
    [x, y]: [&Scale; 2],
) -> impl Iterator<Item = (f64, [f64; 2])> {
    marks.filter_map(move |m| Some((x.at(m.x)?, m.bracket?.map(|end| y.clamped(end)))))
}

/// A bar with its ends from one pixel to another, without a dot.
fn bar(x: f64, [from, to]: [f64; 2]) -> String {
    short(&format!("M{x:.1} {from:.1}V{to:.1}M{0:.1} {from:.1}h5M{0:.1} {to:.1}h5", x - 2.5))
}
