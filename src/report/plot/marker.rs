//! Series are told apart by colour, shape and filling together.

use maud::{Markup, html};

use super::figure::px;

/// Colours in the page's style sheet, `--series-0` … `--series-7`: blue, vermilion, green, purple,
/// ochre, sky, indigo and red in tones that stay apart under the common colour-vision deficiencies.
pub const COLOURS: usize = 8;

/// Closed outlines within ±4 pixels of the origin, so that they can be filled or hollow: where each
/// starts, and the rest in relative steps.
const SHAPES: [([f64; 2], &str); 8] = [
    ([-3.4, 0.0], "a3.4 3.4 0 1 0 6.8 0a3.4 3.4 0 1 0-6.8 0z"),
    ([-3.0, -3.0], "h6v6h-6z"),
    ([0.0, -3.9], "l3.7 6.6h-7.4z"),
    ([0.0, -4.2], "l4.2 4.2l-4.2 4.2l-4.2-4.2z"),
    ([0.0, 3.9], "l3.7-6.6h-7.4z"),
    ([-1.3, -3.8], "h2.6v2.5h2.5v2.6h-2.5v2.5h-2.6v-2.5h-2.5v-2.6h2.5z"),
    ([-3.9, 0.0], "l6.6-3.7v7.4z"),
    ([0.0, -4.0], "l1.2 2.8l2.8 1.2l-2.8 1.2l-1.2 2.8l-1.2-2.8l-2.8-1.2l2.8-1.2z"),
];

/// The look of one series.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// Colour and shape; `None` is grey without markers.
    pub index: Option<usize>,
    /// Where the claim must fail.
    pub hollow: bool,
}

impl Look {
    /// The look of the `index`-th series.
    pub const fn solid(index: usize) -> Self {
        Self { index: Some(index), hollow: false }
    }

    /// CSS that sets the series' colour for everything inside a group. Breaks take the ink, so that
    /// they never share a colour with the claim's own series.
    pub fn style(self) -> String {
        match self.index {
            Some(_) if self.hollow => "--c:var(--ink)".into(),
            Some(k) => format!("--c:var(--series-{})", k % COLOURS),
            None => "--c:var(--quiet)".into(),
        }
    }

    /// Dashes of the line, for breaks and for series that repeat a colour.
    pub fn dashes(self) -> Option<&'static str> {
        match self.index {
            _ if self.hollow => Some("5 3"),
            Some(k) if k >= COLOURS => Some("9 2 2 2"),
            _ => None,
        }
    }

    /// A marker at a pixel, with hover text; nothing for a grey series.
    pub fn mark(self, pixel: [f64; 2], hover: &str) -> Markup {
        self.marks([pixel], hover)
    }

    /// A marker at each pixel, with one hover text; nothing for a grey series.
    pub fn marks(self, pixels: impl IntoIterator<Item = [f64; 2]>, hover: &str) -> Markup {
        let Some(k) = self.index else { return html! {} };
        // A repeated colour gets another shape.
        let ([dx, dy], rest) = SHAPES[(k + 3 * (k / COLOURS)) % SHAPES.len()];
        let outline = |[x, y]: [f64; 2]| format!("M{} {}{rest}", px(x + dx), px(y + dy));
        let outlines: String = pixels.into_iter().map(outline).collect();
        html! {
            @if !outlines.is_empty() {
                path class=(if self.hollow { "mark hollow" } else { "mark" }) d=(outlines) {
                    @if !hover.is_empty() { title { (hover) } }
                }
            }
        }
    }
}
