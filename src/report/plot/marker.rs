//! Series are told apart by colour, shape and filling together.

use maud::{Markup, html};

/// Colours in the page's style sheet, `--series-0` … `--series-7`: blue, vermilion, green, purple,
/// ochre, sky, indigo and red in tones that stay apart under the common colour-vision deficiencies.
pub const COLOURS: usize = 8;

/// Closed outlines within ±4 pixels of the origin, so that they can be filled or hollow.
const SHAPES: [&str; 8] = [
    "M-3.4 0a3.4 3.4 0 1 0 6.8 0a3.4 3.4 0 1 0-6.8 0z",
    "M-3-3h6v6h-6z",
    "M0-3.9L3.7 2.7H-3.7z",
    "M0-4.2L4.2 0L0 4.2L-4.2 0z",
    "M0 3.9L3.7-2.7H-3.7z",
    "M-1.3-3.8h2.6v2.5h2.5v2.6h-2.5v2.5h-2.6v-2.5h-2.5v-2.6h2.5z",
    "M-3.9 0L2.7-3.7V3.7z",
    "M0-4L1.2-1.2L4 0L1.2 1.2L0 4L-1.2 1.2L-4 0L-1.2-1.2z",
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
    pub fn mark(self, [x, y]: [f64; 2], hover: &str) -> Markup {
        html! {
            @if let Some(k) = self.index {
                // A repeated colour gets another shape.
                @let shape = SHAPES[(k + 3 * (k / COLOURS)) % SHAPES.len()];
                path class=(if self.hollow { "mark hollow" } else { "mark" }) d=(shape) transform=(format!("translate({x:.2} {y:.2})")) {
                    @if !hover.is_empty() { title { (hover) } }
                }
            }
        }
    }
}
