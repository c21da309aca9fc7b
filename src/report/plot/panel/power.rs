//! The points behind exponents on log–log axes, with their powers; names with the exponents at the
//! right ends.

use maud::html;

use super::curve::left;
use super::naming::{Name, names};
use super::{FOOT, HEIGHT, SIZE, SmallFigure, TOP, WIDTH, alike, axes, canvas, cross, disc, placed};
use crate::claim::Outcome;
use crate::claim::verdict::Verdict;
use crate::report::digits;
use crate::report::labels::with_unit;
use crate::report::markup::escaped;
use crate::report::model::ClaimReport;
use crate::report::plot::figure::symbol_of;
use crate::report::plot::frame::polyline;
use crate::report::plot::scale::{AxisSpread, Scale};
use crate::report::plot::series::varying;
use crate::report::plot::text::{fitted, width};

/// How many of the claim's own rows are named, and how many breaks.
const NAMED: usize = 4;
/// Widest name.
const NAME: f64 = 128.0;

/// One row with its points.
struct Power<'a> {
    row: &'a Outcome,
    label: String,
    points: Vec<[f64; 3]>,
    named: bool,
}

/// The panel; `None` where no row has two points.
pub fn panel(claim: &ClaimReport) -> Option<SmallFigure> {
    let slope = claim.main.slope.as_ref()?;
    let mut powers = powers(claim);
    if powers.is_empty() {
        return None;
    }
    choose(&mut powers);
    let all = || powers.iter().flat_map(|p| &p.points);
    let y = Scale::covering(AxisSpread::Log, all().map(|p| p[1]), [HEIGHT - FOOT, TOP]);
    let widest = powers.iter().filter(|p| p.named).map(|p| width(&p.label, SIZE) * 0.86).fold(0.0, f64::max);
    let right = WIDTH - widest.min(NAME) - 10.0;
    let x = Scale::covering(AxisSpread::Log, all().map(|p| p[0]), [left(&y), right]);
    let at = |p: &[f64; 3]| Some([x.at(p[0])?, y.at(p[1])?]);
    let class = |p: &Power| match (p.row.verdict, p.named) {
        (Verdict::Refuted, _) => "bad",
        (_, true) => "good",
        _ => "other",
    };
    let end = |p: &&Power| {
        let end = at(p.points.last()?)?;
        Some(Name { marks: vec![end], text: fitted(&p.label, SIZE, NAME * 1.16), class: class(p) })
    };
    let labels = powers.iter().filter(|p| p.named).filter_map(|p| end(&p)).collect();
    let refuted = |p: &Power| p.row.verdict == Verdict::Refuted;
    let marks = |p: &Power| -> String {
        let pixels = p.points.iter().filter_map(&at);
        if refuted(p) { pixels.map(cross).collect() } else { pixels.map(disc).collect() }
    };
    let body = html! {
        (axes(&x, &y, [&symbol_of(&slope.against), &escaped(&with_unit(&claim.main.lhs))]))
        @for power in powers.iter().rev() {
            path class=(format!("line {}", class(power))) d=(polyline(power.points.iter().map(&at))) {}
            @if class(power) != "other" { path class=(if refuted(power) { "cross" } else { "dot good" }) d=(marks(power)) {} }
        }
        (names(labels, &[], [right, TOP - 10.0, WIDTH + 2.0, HEIGHT - FOOT - 1.0]))
    };
    let [low, high] = slope.between.map(|x| digits::plain(x, 4));
    let grey = powers.iter().filter(|p| class(p) == "other").count();
    let mut caption = format!("At the names: the exponent fitted; stated: {low} to {high}.");
    if grey > 0 {
        caption.push_str(&format!(" Grey: {grey} more, in the table."));
    }
    if powers.iter().any(refuted) {
        caption.push_str(" Crosses: refuted.");
    }
    let describe = format!("{}: {} against {}", claim.header.title, claim.main.lhs, slope.against);
    Some(SmallFigure {
        claim: claim.header.id.clone(),
        title: claim.header.title.clone(),
        svg: canvas(HEIGHT, &describe, &body),
        caption,
    })
}

fn powers(claim: &ClaimReport) -> Vec<Power<'_>> {
    let telling = varying(claim, "");
    let rows = alike(claim).flat_map(|section| &section.rows);
    let power = |row: &'_ Outcome| {
        let usable = |p: &&[f64; 3]| p[0] > 0.0 && p[1] > 0.0 && p[0].is_finite() && p[1].is_finite();
        let points: Vec<_> = row.points.iter().filter(usable).copied().collect();
        let rounded = digits::fixed(row.lhs, 3);
        let label = format!("{rounded} {}", placed(row, &telling).join(", "));
        (points.len() > 1 && row.lhs.is_finite() && row.believed).then_some((points, label))
    };
    rows.filter_map(|row| power(row).map(|(points, label)| Power { row, label, points, named: false }))
        .collect()
}

/// Names the rows whose exponents are the ends and some between, of supported and of refuted ones.
fn choose(powers: &mut [Power]) {
    for refuted in [false, true] {
        let mut of: Vec<usize> =
            (0..powers.len()).filter(|&k| (powers[k].row.verdict == Verdict::Refuted) == refuted).collect();
        of.sort_by(|&a, &b| {
            let last = |k: usize| powers[k].points.last().map_or(0.0, |p| p[1]);
            last(a).total_cmp(&last(b))
        });
        let (count, last) = (of.len().min(NAMED), of.len().saturating_sub(1));
        for k in 0..count {
            let at = if count == 1 { 0 } else { k * last / (count - 1) };
            powers[of[at]].named = true;
        }
    }
}
