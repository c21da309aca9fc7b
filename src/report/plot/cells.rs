//! A map over two axes: a cell per pair of values, with its text.

use maud::{Markup, html};

use super::figure::{px, text_at};
use super::text::{SIZE, rich, width};
use crate::report::digits;

/// Pixels under the cells for the values and the name of the abscissa.
pub const FOOT: f64 = 46.0;

/// An axis of a map: its name in markup and its values, increasing.
#[derive(Debug, Clone)]
pub struct MapAxis {
    /// In the markup of [`crate::report::markup`].
    pub name: String,
    /// Increasing.
    pub values: Vec<f64>,
}

impl MapAxis {
    /// The axis `name` with `values` in any order, each once.
    pub fn new(name: String, values: impl IntoIterator<Item = f64>) -> Self {
        let mut values: Vec<f64> = values.into_iter().collect();
        values.sort_by(f64::total_cmp);
        values.dedup_by(|a, b| *a <= *b);
        Self { name, values }
    }

    fn index(&self, x: f64) -> Option<f64> {
        self.values.iter().position(|v| v.to_bits() == x.to_bits()).map(|k| k as f64)
    }

    fn labels(&self) -> Vec<String> {
        self.values.iter().map(|x| digits::plain(*x, 4)).collect()
    }
}

/// Pixels left of the cells for the values and the name of an ordinate.
pub fn left_of(y: &MapAxis) -> f64 {
    40.0 + y.labels().iter().map(|label| width(label, SIZE)).fold(0.0, f64::max)
}

/// One cell.
pub struct MapCell {
    /// Its place in the data: abscissa, ordinate.
    pub at: [f64; 2],
    /// CSS of its colour `--c`, and its strength.
    pub style: String,
    /// What stands in it.
    pub text: String,
    /// Hover text.
    pub hover: String,
}

/// Cells of `size` pixels with the top left corner of the first at `corner`; the largest value of
/// `y` on top.
pub fn draw(
    cells: &[MapCell],
    [x, y]: [&MapAxis; 2],
    [left, top]: [f64; 2],
    [wide, tall]: [f64; 2],
) -> Markup {
    let bottom = top + y.values.len() as f64 * tall;
    let place = |cell: &MapCell| {
        let [column, row] = [x.index(cell.at[0])?, y.index(cell.at[1])?];
        Some([left + column * wide, bottom - (row + 1.0) * tall])
    };
    let middle = [left + 0.5 * x.values.len() as f64 * wide, 0.5 * (top + bottom)];
    let beside = left + SIZE - left_of(y);
    html! {
        @for cell in cells {
            @if let Some([x, y]) = place(cell) {
                g style=(cell.style) {
                    rect class="cell" x=(px(x)) y=(px(y)) width=(px(wide)) height=(px(tall)) {
                        title { (cell.hover) }
                    }
                    (text_at("", [x + wide / 2.0, y + tall / 2.0 + 4.4], "middle", &html! { (cell.text) }))
                }
            }
        }
        @for (k, label) in x.labels().iter().enumerate() {
            (text_at("", [left + (k as f64 + 0.5) * wide, bottom + 17.0], "middle", &html! { (label) }))
        }
        (text_at("label", [middle[0], bottom + 36.0], "middle", &rich(&x.name)))
        @for (k, label) in y.labels().iter().enumerate() {
            @let at = [left - 8.0, bottom - (k as f64 + 0.5) * tall + 4.4];
            (text_at("", at, "end", &html! { (label) }))
        }
        text class="label" transform=(format!("translate({beside:.1} {:.1}) rotate(-90)", middle[1])) text-anchor="middle" {
            (rich(&y.name))
        }
    }
}
