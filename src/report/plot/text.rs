//! Text in SVG: italic symbols, scripts, and widths measured without a font.

use maud::{Markup, html};

use crate::report::markup::{MarkupPiece, parse};

/// Size of ordinary plot text, in the pixels of the figure.
pub const SIZE: f64 = 12.5;

/// Share of the size that a script has.
const SCRIPT: f64 = 0.72;
/// Lift of a superscript, in its own em.
const LIFT: f64 = 0.5;
/// Drop of a subscript, in its own em.
const DROP: f64 = 0.25;

/// A stretch of text with its place above the baseline, in em of the ordinary size, and its size
/// relative to that.
struct Stretch<'a> {
    text: &'a str,
    italic: bool,
    rise: f64,
    size: f64,
}

/// The pieces of markup one after the other, each script smaller than what it stands on.
fn runs<'a>(pieces: Vec<MarkupPiece<'a>>, rise: f64, size: f64, runs: &mut Vec<Stretch<'a>>) {
    for piece in pieces {
        match piece {
            MarkupPiece::Plain(text) => runs.push(Stretch { text, italic: false, rise, size }),
            MarkupPiece::Italic(text) => runs.push(Stretch { text, italic: true, rise, size }),
            MarkupPiece::Raised(script) => {
                self::runs(script, rise + LIFT * SCRIPT * size, SCRIPT * size, runs)
            }
            MarkupPiece::Lowered(script) => {
                self::runs(script, rise - DROP * SCRIPT * size, SCRIPT * size, runs)
            }
        }
    }
}

fn laid_out(markup: &str) -> Vec<Stretch<'_>> {
    let mut all = Vec::new();
    runs(parse(markup), 0.0, 1.0, &mut all);
    all
}

/// The content of a `<text>` element from markup ([`crate::report::markup`]): `SNR *γ*`, `10^{−3}`.
pub fn rich(markup: &str) -> Markup {
    let mut before = 0.0;
    html! {
        @for Stretch { text, italic, rise, size } in laid_out(markup) {
            @let shift = (std::mem::replace(&mut before, rise) - rise) / size;
            @let dy = (shift != 0.0).then(|| format!("{}em", (1e6 * shift).round() / 1e6));
            @let smaller = (size < 1.0).then(|| format!("{}em", (1e6 * size).round() / 1e6));
            @let style = italic.then_some("italic");
            @if dy.is_none() && smaller.is_none() && style.is_none() { (text) }
            @else { tspan dy=[dy] font-size=[smaller] font-style=[style] { (text) } }
        }
    }
}

/// Width of [`rich`] text at `size`, in pixels; see [`width`].
pub fn rich_width(markup: &str, size: f64) -> f64 {
    laid_out(markup).iter().map(|run| width(run.text, size * run.size)).sum()
}

/// Upper bound on the width of plain text at `size`, in pixels: the reader's font is unknown, so
/// each character counts as wide as in the widest of the common sans-serif faces (DejaVu Sans and
/// Verdana, measured in em and rounded up).
pub fn width(text: &str, size: f64) -> f64 {
    let em = |c: char| match c {
        'i' | 'j' | 'l' | '\'' => 0.35,
        'I' | '|' | 'f' | 't' | 'r' | '.' | ',' | ':' | ';' | ' ' | '!' | '(' | ')' | '[' | ']' | '/'
        | '·' => 0.46,
        'm' | 'w' | 'M' | 'W' | '@' | '%' => 1.08,
        'a'..='z' | '0'..='9' | '-' | '_' | '₀'..='₉' => 0.65,
        'A'..='Z' => 0.80,
        '=' | '+' | '<' | '>' | '≤' | '≥' | '−' | '×' | '≈' | '~' | '#' | '^' | '*' => 0.84,
        'α'..='ω' | 'Α'..='Ω' => 0.72,
        c if c.is_ascii() => 0.66,
        _ => 1.1,
    };
    size * text.chars().map(em).sum::<f64>()
}

/// `text` if it fits `limit` pixels, else its beginning and end around an ellipsis.
pub fn fitted(text: &str, size: f64, limit: f64) -> String {
    if width(text, size) <= limit {
        return text.to_owned();
    }
    let chars: Vec<char> = text.chars().collect();
    let cut = |keep: usize| {
        let head: String = chars[..keep.div_ceil(2)].iter().collect();
        let tail: String = chars[chars.len() - keep / 2..].iter().collect();
        format!("{head}…{tail}")
    };
    (1..chars.len()).rev().map(cut).find(|short| width(short, size) <= limit).unwrap_or_else(|| "…".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_becomes_spans_and_lone_marks_stay() {
        assert_eq!(rich("SNR *γ*").0, "SNR <tspan font-style=\"italic\">γ</tspan>");
        assert!(rich("10^{−3}").0.contains(">−3</tspan>"));
        assert!(rich("H_½ x").0.ends_with("<tspan dy=\"-0.18em\"> x</tspan>"), "back to the baseline");
        assert_eq!(rich("2 * 3").0, "2 * 3");
        assert_eq!(rich("a < b & c").0, "a &lt; b &amp; c");
        assert!(rich_width("10^{−3}", 10.0) < rich_width("10−3", 10.0));
    }

    #[test]
    fn what_does_not_fit_is_shortened_in_the_middle() {
        let long = "product:dim=64,base=(zipf:exponent=2,atoms=10)";
        let short = fitted(long, 12.0, 120.0);
        assert!(
            short.starts_with("produ") && short.ends_with("10)") && width(&short, 12.0) <= 120.0,
            "{short}"
        );
        assert_eq!(fitted("bpsk", 12.0, 120.0), "bpsk");
        assert_eq!(fitted(long, 12.0, 0.0), "…");
    }
}
