//! Curves along a numeric axis in the claim's own terms, the most telling ones named.

use std::collections::BTreeMap;

use maud::html;

use super::{
    FOOT, HEIGHT, PlotMark, SIZE, SmallFigure, TOP, WIDTH, abscissa, alike, axes, bar, brackets, canvas,
    cross, disc, mark, naming, ordinate, placed,
};
use crate::claim::verdict::Relation;
use crate::report::digits;
use crate::report::markup::escaped;
use crate::report::model::ClaimReport;
use crate::report::plot::figure::symbol_of;
use crate::report::plot::frame::polyline;
use crate::report::plot::scale::Scale;
use crate::report::plot::series::{key, varying};
use crate::report::plot::text::width;
use crate::report::yardstick::Yardstick;
use naming::{Name, Segment, names};

/// How many curves are named, and how many breaks.
const NAMED: usize = 3;

/// Under this share of the stated level a curve leaves the panel.
const DEPTH: f64 = 1e-3;

/// One curve.
struct NamedCurve {
    label: String,
    marks: Vec<PlotMark>,
}

impl NamedCurve {
    /// How near it comes to failing, or how far it fails: larger is nearer.
    fn rank(&self, relation: Relation) -> f64 {
        let worst = |y: f64| if relation == Relation::AtLeast { -y } else { y };
        self.marks.iter().map(|m| worst(m.y)).filter(|y| !y.is_nan()).fold(f64::NEG_INFINITY, f64::max)
    }

    fn refuted(&self) -> bool {
        self.marks.iter().any(|mark| mark.refuted)
    }
}

/// The panel; `None` where fewer than two values are known.
pub fn panel(claim: &ClaimReport, axis: &str) -> Option<SmallFigure> {
    let relation = claim.main.relation;
    let mut curves = curves(claim, axis);
    curves.sort_by(|a, b| b.rank(relation).total_cmp(&a.rank(relation)));
    let known = |m: &&PlotMark| m.y.is_finite() || m.bracket.is_some();
    let marks: Vec<&PlotMark> = curves.iter().flat_map(|c| &c.marks).filter(known).collect();
    if marks.iter().filter(|m| m.y.is_finite()).count() < 2 {
        return None;
    }
    let yardstick = Yardstick::of(&claim.main);
    let level = yardstick.level(claim.main.rows.first().map_or(1.0, |row| row.rhs));
    let values: Vec<f64> =
        marks.iter().flat_map(|m| [m.y, m.bracket.map_or(f64::NAN, |b| b[1])]).chain([level]).collect();
    let highest = values.iter().copied().fold(0.0, f64::max);
    let y = ordinate(&values, [30.0, DEPTH * level / highest], [HEIGHT - FOOT, TOP]);
    let x = abscissa(&marks.iter().map(|m| m.x).collect::<Vec<_>>(), [left(&y), WIDTH - 8.0]);
    let at = |m: &PlotMark| Some([x.at(m.x)?, y.at(m.y).filter(|at| *at <= HEIGHT - FOOT + 0.5)?]);
    let (mut named, mut broken) = (0, 0);
    let mut labels = Vec::new();
    let mut class = |curve: &NamedCurve| {
        let refuted = curve.refuted();
        let count = if refuted { &mut broken } else { &mut named };
        *count += 1;
        match (refuted, *count <= NAMED) {
            (true, _) => "bad",
            (false, true) => "good",
            (false, false) => "other",
        }
    };
    let classes: Vec<&str> = curves.iter().map(&mut class).collect();
    for (k, (curve, class)) in curves.iter().zip(&classes).enumerate() {
        let before = classes[..k].iter().filter(|c| *c == class).count();
        if *class != "other" && before < NAMED {
            let worst = |m: &PlotMark| if relation == Relation::AtLeast { -m.y } else { m.y };
            let known = curve.marks.iter().filter(|m| m.y.is_finite());
            let most = known.max_by(|a, b| worst(a).total_cmp(&worst(b)));
            labels.extend(most.and_then(|m| {
                let text = format!("{}: {}", curve.label, digits::plain(m.y, 3));
                Some(Name { marks: vec![at(m)?], text, class })
            }));
        }
    }
    let line = y.clamped(level);
    let [left, right] = x.pixels();
    labels.push(level_name(
        &yardstick,
        level,
        &[[left + 4.0, line], [right - 4.0, line], [0.5 * (left + right), line]],
    ));
    let mut lines: Vec<Segment> = vec![[[left, line], [right, line]]];
    for curve in &curves {
        let points: Vec<[f64; 2]> = curve.marks.iter().filter_map(&at).collect();
        lines.extend(points.windows(2).map(|pair| [pair[0], pair[1]]));
        lines.extend(points.iter().map(|point| [*point; 2]));
        lines.extend(brackets(curve.marks.iter(), [&x, &y]).map(|(x, [from, to])| [[x, from], [x, to]]));
    }
    let body = html! {
        (axes(&x, &y, [&symbol_of(axis), &escaped(&yardstick.axis(&claim.main))]))
        @for (curve, class) in curves.iter().zip(&classes).rev() {
            @let points = curve.marks.iter().map(&at);
            @let bars: String = brackets(curve.marks.iter(), [&x, &y]).map(|(at, ends)| bar(at, ends)).collect();
            @if curve.marks.len() > 1 { path class=(format!("line {class}")) d=(polyline(points)) {} }
            @if !bars.is_empty() { path class="bracket" d=(bars) {} }
            @if *class != "other" { path class=(format!("line {class}")) d=(curve.marks.iter().filter_map(|m| whisker(m, &x, &y)).collect::<String>()) {} }
            @if *class != "other" {
                @let found = |refuted: bool| curve.marks.iter().filter(move |m| m.refuted == refuted).filter_map(&at);
                path class=(format!("dot {class}")) d=(found(false).map(disc).collect::<String>()) {}
                @if curve.refuted() { path class="cross" d=(found(true).map(cross).collect::<String>()) {} }
            }
        }
        path class="level" d=(format!("M{left:.1} {line:.1}H{right:.1}")) {}
        (names(labels, &lines, [left + 2.0, TOP - 10.0, WIDTH, HEIGHT - FOOT - 1.0]))
    };
    let describe = format!("{}: {} against {axis}", claim.header.title, yardstick.axis(&claim.main));
    let others = classes.iter().filter(|class| **class == "other").count();
    let mut caption = String::new();
    if others > 0 {
        caption.push_str(&format!("Grey: {others} less tight. "));
    }
    if marks.iter().any(|m| m.bracket.is_some()) {
        caption.push_str("Dashed bars: brackets, nothing measured inside. ");
    }
    if marks.iter().any(|m| m.refuted) {
        caption.push_str("Crosses: refuted. ");
    }
    let svg = canvas(HEIGHT, &describe, &body);
    Some(SmallFigure {
        claim: claim.header.id.clone(),
        title: claim.header.title.clone(),
        svg,
        caption: caption.trim_end().into(),
    })
}

/// The interval of a mark, where it is longer than the mark.
fn whisker(mark: &PlotMark, x: &Scale, y: &Scale) -> Option<String> {
    let at = x.at(mark.x).filter(|_| mark.y.is_finite())?;
    let [low, high] = [mark.y - mark.half, mark.y + mark.half].map(|end| y.clamped(end));
    (low - high > 6.0).then(|| format!("M{at:.1} {low:.1}V{high:.1}"))
}

/// Pixels left of the data.
pub fn left(y: &Scale) -> f64 {
    10.0 + 0.85
        * y.ticks()
            .iter()
            .map(|tick| width(&tick.label.replace(['{', '}', '^'], ""), SIZE))
            .fold(14.0, f64::max)
}

/// The name of the stated level, at one of the places on its line.
pub fn level_name(yardstick: &Yardstick, level: f64, marks: &[[f64; 2]]) -> Name {
    let text = match yardstick {
        Yardstick::Constant { name, .. } => format!("{name} = {}", digits::plain(level, 4)),
        _ => format!("stated: {}", digits::plain(level, 4)),
    };
    Name { marks: marks.to_vec(), text, class: "" }
}

fn curves(claim: &ClaimReport, axis: &str) -> Vec<NamedCurve> {
    let telling = varying(claim, axis);
    let mut curves = BTreeMap::<String, NamedCurve>::new();
    for section in alike(claim) {
        let yardstick = Yardstick::of(section);
        for row in &section.rows {
            let Some(x) = row.axes.get(axis).and_then(crate::claim::AxisValue::number) else { continue };
            let Some(mark) = mark(x, row, &yardstick) else { continue };
            let curve = curves.entry(key(row, &telling)).or_insert_with(|| NamedCurve {
                label: placed(row, &telling).join(", "),
                marks: Vec::new(),
            });
            curve.marks.push(mark);
        }
    }
    let mut curves: Vec<NamedCurve> = curves.into_values().collect();
    curves.iter_mut().for_each(|curve| curve.marks.sort_by(|a, b| a.x.total_cmp(&b.x)));
    curves
}
