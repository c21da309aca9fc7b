//! Schedules over the risk: the curve M(γ) above, and under it a row of ticks for each schedule, on
//! one axis of SNRs.

use maud::html;

use super::chart::{FOOT, RIGHT, TOP};
use super::figure::{Figure, WIDTH, canvas, symbol_of, text_at};
use super::frame::{Frame, polyline};
use super::marker::Look;
use super::scale::{AxisSpread, Scale};
use super::text::{SIZE, fitted, width};
use crate::report::digits;
use crate::report::model::Grids;

/// Height of the curve's frame in pixels.
const HEIGHT: f64 = 200.0;
/// Height of a schedule's row.
const ROW: f64 = 24.0;
/// Widest name of a schedule.
const NAME: f64 = 210.0;

/// The figure.
pub fn figure(grids: &Grids) -> Figure {
    let name = |text: &str| width(text, SIZE).min(NAME);
    let left = 24.0 + grids.grids.iter().map(|grid| name(&grid.schedule)).fold(40.0, f64::max);
    let pixels = [left, WIDTH - RIGHT];
    let rows = grids.grids.len() as f64 * ROW + 8.0;
    let x = Scale::covering(AxisSpread::Log, grids.risk.iter().map(|p| p[0]), pixels);
    let risk = Scale::covering(
        AxisSpread::Linear,
        grids.risk.iter().map(|p| p[1]).chain([0.0]),
        [TOP + HEIGHT, TOP],
    );
    let curve = Frame { x, y: risk, x_label: String::new(), y_label: "mmse".into(), y_ticks: true };
    let bottom = Scale::covering(AxisSpread::Linear, [0.0, 1.0], [TOP + HEIGHT + rows, TOP + HEIGHT]);
    let strip = Frame { x, y: bottom, x_label: symbol_of("snr"), y_label: String::new(), y_ticks: false };
    let at = |p: &[f64; 2]| Some([curve.x.at(p[0])?, curve.y.at(p[1])?]);
    let body = html! {
        (curve.grid())
        g style=(Look::solid(0).style()) { path class="line" d=(polyline(grids.risk.iter().map(at))) {} }
        (curve.axes())
        @for (k, grid) in grids.grids.iter().enumerate() {
            @let y = TOP + HEIGHT + 4.0 + k as f64 * ROW;
            g style=(Look::solid(k + 1).style()) {
                path class="line" d=(ticks(&grid.snrs, &x, y)) { title { (grid.schedule) ": " (listed(&grid.snrs)) } }
            }
            @let name = html! { (fitted(&grid.schedule, SIZE, NAME)) title { (grid.schedule) } };
            (text_at("", [left - 10.0, y + ROW / 2.0 + 4.5], "end", &name))
        }
        (strip.axes())
    };
    let zero = grids.grids.iter().any(|grid| grid.snrs[0] <= 0.0);
    let mut caption =
        format!("The risk of {} and the SNRs at which each schedule evaluates the denoiser.", grids.source);
    if zero {
        caption.push_str(" γ = 0 lies beyond the left edge.");
    }
    let describe = format!("Schedules on {}: ticks over the curve of the mmse", grids.source);
    Figure { svg: canvas(TOP + HEIGHT + rows + FOOT, &describe, &body), caption }
}

fn ticks(snrs: &[f64], x: &Scale, top: f64) -> String {
    let inside = snrs.iter().filter_map(|&snr| x.at(snr));
    inside.map(|at| format!("M{at:.1} {:.1}v{:.1}", top + 5.0, ROW - 9.0)).collect()
}

fn listed(snrs: &[f64]) -> String {
    snrs.iter().map(|&snr| digits::plain(snr, 4)).collect::<Vec<_>>().join(", ")
}
