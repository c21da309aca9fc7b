//! Plots as inline SVG: no script, colours from the page's style sheet, so that they follow light,
//! dark and print.
//!
//! [`claim`] picks the plot from the relation and the axes; [`scale`] lays out axes, [`frame`]
//! draws them, [`legend`] measures its text, [`chart`] puts them together, [`cells`] draws maps;
//! [`curves`], [`slope`], [`intervals`] and [`rivals`] are the kinds of plot.

pub mod cells;
pub mod chart;
pub mod curves;
pub mod figure;
pub mod frame;
pub mod grids;
pub mod intervals;
pub mod legend;
pub mod marker;
pub mod panel;
pub mod rivals;
pub mod scale;
pub mod schedule;
pub mod series;
pub mod slope;
pub mod text;

use super::model::ClaimReport;
use crate::claim::verdict::Relation;
pub use figure::Figure;

/// What a claim draws beside its panel: rival bounds, and the grids of its schedules.
pub fn compared(claim: &ClaimReport) -> Vec<Figure> {
    let rivals = [rivals::map(claim), rivals::curves(claim)];
    rivals.into_iter().flatten().chain(claim.grids.as_ref().map(grids::figure)).collect()
}

/// The plots of a claim: points and powers for a slope; curves and a map of the rivals where the
/// right side is a minimum; curves where there is a numeric axis; a line per case otherwise. None
/// where nothing finite was measured.
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
    series::abscissa(&claim.main)
        .and_then(|axis| curves::figure(claim, axis))
        .or_else(|| intervals::figure(claim))
}
