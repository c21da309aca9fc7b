//! The legend: beside the frame where the labels are short, in columns under it where they are not;
//! never clipped.

use maud::{Markup, html};

use super::figure::px;
use super::marker::Look;
use super::text::{SIZE, fitted, width};

/// Height of one entry in pixels.
const LINE: f64 = 20.0;
/// Width of the sample of line and marker before a label.
const SAMPLE: f64 = 34.0;
/// Widest label that may stand beside the frame.
const BESIDE: f64 = 190.0;

/// Where the legend stands and how much room it takes.
#[derive(Debug, Clone)]
pub struct Legend {
    entries: Vec<(Look, String)>,
    columns: usize,
    /// Width of a column.
    column: f64,
    /// Whether it stands to the right of the frame.
    pub beside: bool,
}

impl Legend {
    /// Lays out entries for a figure `total` pixels wide with a frame of `height`.
    pub fn new(entries: Vec<(Look, String)>, total: f64, height: f64) -> Self {
        let widest = entries.iter().map(|(_, label)| width(label, SIZE)).fold(0.0, f64::max);
        let beside = widest <= BESIDE && entries.len() as f64 * LINE <= height;
        let column = (SAMPLE + widest + 18.0).min(total);
        let columns = if beside { 1 } else { ((total / column) as usize).max(1) };
        Self { entries, columns, column, beside }
    }

    /// Width taken beside the frame.
    pub fn width(&self) -> f64 {
        if self.beside { self.column } else { 0.0 }
    }

    /// Height taken under the frame.
    pub fn height(&self) -> f64 {
        if self.beside { 0.0 } else { self.entries.len().div_ceil(self.columns) as f64 * LINE + 6.0 }
    }

    /// Draws it with its top left corner at a pixel.
    pub fn draw(&self, [left, top]: [f64; 2]) -> Markup {
        let rows = self.entries.len().div_ceil(self.columns);
        html! {
            @for (k, (look, label)) in self.entries.iter().enumerate() {
                @let x = left + (k / rows.max(1)) as f64 * self.column;
                @let y = top + (k % rows.max(1)) as f64 * LINE + LINE / 2.0;
                g style=(look.style()) {
                    path class=(if look.index.is_some() { "line" } else { "line thin" }) stroke-dasharray=[look.dashes()] d=(format!("M{x:.1} {y:.1}h26")) {}
                    (look.mark([x + 13.0, y], ""))
                    text x=(px(x + SAMPLE)) y=(px(y + 4.4)) {
                        (fitted(label, SIZE, self.column - SAMPLE))
                        title { (label) }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_labels_go_under_the_frame_and_stay_inside_the_figure() {
        let look = Look::solid(0);
        let short = Legend::new(vec![(look, "bpsk".into()); 5], 860.0, 360.0);
        assert!(short.beside && short.width() < 150.0);
        let long = Legend::new(
            vec![(look, "product:dim=64,base=(zipf:exponent=2,atoms=10)".into()); 5],
            860.0,
            360.0,
        );
        assert!(!long.beside && long.columns as f64 * long.column <= 860.0 && long.height() > 0.0);
        let endless = Legend::new(vec![(look, "x".repeat(500))], 860.0, 360.0);
        assert!(endless.column <= 860.0 && endless.draw([0.0, 0.0]).0.contains('…'));
    }
}
