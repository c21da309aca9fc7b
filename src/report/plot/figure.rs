//! What every figure shares: its canvas, its lengths, the names of its axes.

use maud::{Markup, html};

use super::scale::Scale;
use super::text::{SIZE, rich_width};
use crate::report::markup::escaped;

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

/// The `<svg>` element around a figure's body, with a description for those who cannot see it.
pub fn canvas(height: f64, describe: &str, body: &Markup) -> Markup {
    html! {
        svg class="plot" viewBox=(format!("0 0 {WIDTH} {height:.0}")) role="img" aria-label=(describe) font-size=(SIZE) {
            (body)
        }
    }
}

/// Pixels left of the frame: room for the ordinate's tick labels and its rotated name.
pub fn left_margin(y: &Scale) -> f64 {
    34.0 + y.ticks().iter().map(|t| rich_width(&t.label, SIZE)).fold(0.0, f64::max)
}

/// Text at a pixel, `anchor`ed there by its start, middle or end; `class` may be empty.
pub fn text_at(class: &str, [x, y]: [f64; 2], anchor: &str, content: &Markup) -> Markup {
    let class = (!class.is_empty()).then_some(class);
    html! { text class=[class] x=(px(x)) y=(px(y)) text-anchor=(anchor) { (content) } }
}

/// A length in pixels as SVG writes it.
pub fn px(x: f64) -> String {
    let text = format!("{x:.1}");
    text.strip_suffix(".0").map_or(text.clone(), ToOwned::to_owned)
}

/// A path whose numbers have one decimal, without the decimals that are 0.
pub fn short(path: &str) -> String {
    path.replace(".0", "")
}

/// An axis by its name and customary symbol, in markup.
pub fn symbol_of(axis: &str) -> String {
    match axis {
        "snr" => "SNR *γ*".into(),
        "steps" => "steps *K*".into(),
        "atoms" => "atoms *N*".into(),
        "snr_min" => "least SNR *γ*".into(),
        "snr_max" => "greatest SNR *γ*".into(),
        "shannon" => "entropy *H* (nats)".into(),
        "dim" => "dimension *d*".into(),
        name => escaped(name),
    }
}
