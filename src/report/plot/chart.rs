//! A figure of one frame: where frame and legend stand, and the order in which its parts are drawn.

use maud::{Markup, html};

use super::figure::{Figure, WIDTH, canvas, left_margin, px};
use super::frame::Frame;
use super::legend::Legend;
use super::marker::Look;
use super::scale::Scale;

use crate::claim::verdict::Relation;

/// Height of the frame in pixels.
pub const HEIGHT: f64 = 340.0;
/// Pixels above the frame.
pub const TOP: f64 = 10.0;
/// Pixels under the frame for tick labels and the axis label.
pub const FOOT: f64 = 52.0;
/// Pixels right of the frame.
pub const RIGHT: f64 = 16.0;

/// A frame with its legend.
pub struct Chart {
    /// The frame.
    pub frame: Frame,
    legend: Legend,
    /// Of the clip path; unlike every other on the page.
    id: String,
}

/// The parts of a chart, from the bottom up.
#[derive(Default)]
pub struct Parts {
    /// Under the grid.
    pub under: Option<Markup>,
    /// Clipped to the frame.
    pub inside: Option<Markup>,
    /// Over the frame's box.
    pub over: Option<Markup>,
}

impl Chart {
    /// A chart with the `id` of its claim; `y` and `x` lay the data on the pixels that the legend
    /// of `entries` leaves.
    pub fn new(
        id: &str,
        entries: Vec<(Look, String)>,
        y: impl FnOnce([f64; 2]) -> Scale,
        x: impl FnOnce([f64; 2]) -> Scale,
        [x_label, y_label]: [&str; 2],
    ) -> Self {
        let legend = Legend::new(entries, WIDTH, HEIGHT);
        let y = y([TOP + HEIGHT, TOP]);
        let x = x([left_margin(&y), WIDTH - RIGHT - legend.width()]);
        let frame = Frame { x, y, x_label: x_label.into(), y_label: y_label.into(), y_ticks: true };
        Self { frame, legend, id: format!("clip-{id}") }
    }

    /// The figure; `describe` is for those who cannot see it.
    pub fn figure(&self, describe: &str, parts: Parts, caption: String) -> Figure {
        let [left, ..] = self.frame.area();
        let corner = if self.legend.beside {
            [WIDTH - self.legend.width(), TOP]
        } else {
            [left, TOP + HEIGHT + FOOT]
        };
        let Parts { under, inside, over } = parts;
        let part = |part: Option<Markup>| part.unwrap_or_default();
        let body = html! {
            (self.frame.clip(&self.id))
            (part(under))
            (self.frame.grid())
            g clip-path=(format!("url(#{})", self.id)) { (part(inside)) }
            (self.frame.axes())
            (part(over))
            (self.legend.draw(corner))
        };
        Figure { svg: canvas(TOP + HEIGHT + FOOT + self.legend.height(), describe, &body), caption }
    }

    /// The side of the line `level` that an inequality forbids, tinted; nothing for other
    /// relations.
    pub fn forbidden(&self, relation: Relation, level: f64) -> Markup {
        let [left, top, width, height] = self.frame.area();
        let line = self.frame.y.clamped(level);
        let (y, tall) = match relation {
            Relation::AtMost => (top, line - top),
            Relation::AtLeast => (line, top + height - line),
            Relation::Equal | Relation::Slope | Relation::Bounded => return html! {},
        };
        html! { rect class="forbidden" x=(px(left)) y=(px(y)) width=(px(width)) height=(px(tall)) {} }
    }

    /// The dashed line at `level`.
    pub fn reference(&self, level: f64) -> Markup {
        let [left, _, width, _] = self.frame.area();
        let y = self.frame.y.clamped(level);
        html! { path class="reference" d=(format!("M{left:.1} {y:.1}h{width:.1}")) {} }
    }
}
