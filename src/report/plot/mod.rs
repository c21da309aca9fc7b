//! Plots as inline SVG: no script, colours from the page's style sheet, so that they follow light, dark and print.
//!
//! [`claim`] picks the plot from the relation and the axes; [`scale`] lays out axes, [`frame`] draws them, [`legend`]
//! measures its text, [`curves`], [`slope`], [`intervals`] and [`rivals`] are the kinds of plot.

pub mod curves;
pub mod frame;
pub mod grids;
pub mod intervals;
pub mod legend;
pub mod marker;
pub mod rivals;
pub mod scale;
pub mod schedule;
pub mod series;
pub mod slope;
pub mod text;

use maud::{Markup, html};

use super::model::ClaimReport;
use crate::claim::verdict::Relation;
use scale::Scale;
use text::{SIZE, rich_width};

/// Width of every figure in pixels of its own; the page scales it.
pub const WIDTH: f64 = 880.0;

/// A plot and what to say under it.
#[derive(Debug, Clone)]
pub struct Figure {
    /// The `<svg>` element.
    pub svg: Markup,
    /// What is drawn, in a sentence or three.
    pub caption: String,
}

/// The plots of a claim: points and powers for a slope; curves and a map of the rivals where the right side is a minimum;
/// curves where there is a numeric axis; a line a case otherwise. None where nothing finite was measured.
pub fn claim(claim: &ClaimReport) -> Vec<Figure> {
    let rivals: Vec<Figure> = [rivals::map(claim), rivals::curves(claim)].into_iter().flatten().collect();
    let mut figures = if rivals.is_empty() { single(claim).into_iter().collect() } else { rivals };
    figures.extend(claim.grids.as_ref().map(grids::figure));
    figures
}

fn single(claim: &ClaimReport) -> Option<Figure> {
    if claim.main.relation == Relation::Slope {
        let points = claim.main.slope.as_ref().and_then(|slope| slope::figure(claim, slope));
        return points.or_else(|| intervals::figure(claim));
    }
    if claim.main.relation == Relation::Bounded {
        return intervals::figure(claim);
    }
    series::abscissa(&claim.main).and_then(|axis| curves::figure(claim, axis)).or_else(|| intervals::figure(claim))
}

/// The `<svg>` element around a figure's body, with a description for those who cannot see it.
pub(crate) fn canvas(height: f64, describe: &str, body: &Markup) -> Markup {
    html! {
        svg class="plot" viewBox=(format!("0 0 {WIDTH} {height:.0}")) role="img" aria-label=(describe) font-size=(SIZE) {
            (body)
        }
    }
}

/// Pixels left of the frame: room for the ordinate's tick labels and its rotated name.
pub(crate) fn left_margin(y: &Scale) -> f64 {
    34.0 + y.ticks().iter().map(|t| rich_width(&t.label, SIZE)).fold(0.0, f64::max)
}

/// An axis by its name and customary symbol, in markup.
pub(crate) fn symbol_of(axis: &str) -> String {
    match axis {
        "snr" => "SNR *γ*".into(),
        "steps" => "steps *K*".into(),
        "atoms" => "atoms *N*".into(),
        "snr_min" => "least SNR *γ*".into(),
        "snr_max" => "greatest SNR *γ*".into(),
        "shannon" => "entropy *H* (nats)".into(),
        "dim" => "dimension *d*".into(),
        name => name.replace(['*', '^'], "·"),
    }
}
