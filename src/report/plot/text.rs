//! Text in SVG: italic symbols, superscripts, and widths measured without a font.

use maud::{Markup, html};

/// Size of ordinary plot text, in the pixels of the figure.
pub const SIZE: f64 = 12.5;

/// Share of the size that a superscript has.
const RAISED: f64 = 0.72;
/// Lift of a superscript, in its own em.
const LIFT: f64 = 0.5;

/// A stretch of text in one style.
enum Run<'a> {
    Plain(&'a str),
    Italic(&'a str),
    Raised(&'a str),
}

/// Splits `*italic*` and `^superscript^` from plain text. A mark without its partner stays a character.
fn runs(markup: &str) -> Vec<Run<'_>> {
    let mut runs = Vec::new();
    let mut rest = markup;
    while let Some(start) = rest.find(['*', '^']) {
        let mark = if rest[start..].starts_with('*') { '*' } else { '^' };
        let Some(length) = rest[start + 1..].find(mark) else { break };
        let inner = &rest[start + 1..start + 1 + length];
        if start > 0 {
            runs.push(Run::Plain(&rest[..start]));
        }
        runs.push(if mark == '*' { Run::Italic(inner) } else { Run::Raised(inner) });
        rest = &rest[start + length + 2..];
    }
    if !rest.is_empty() {
        runs.push(Run::Plain(rest));
    }
    runs
}

/// The content of a `<text>` element from markup: `SNR *γ*`, `10^−3^`.
pub fn rich(markup: &str) -> Markup {
    let mut raised = false;
    html! {
        @for run in runs(markup) {
            // What follows a superscript goes back to the baseline, in its own size.
            @let back = std::mem::replace(&mut raised, matches!(run, Run::Raised(_))).then(|| format!("{}em", LIFT * RAISED));
            @match run {
                Run::Plain(text) => { @if back.is_some() { tspan dy=[back] { (text) } } @else { (text) } }
                Run::Italic(text) => { tspan dy=[back] font-style="italic" { (text) } }
                Run::Raised(text) => { tspan dy=(format!("-{LIFT}em")) font-size=(format!("{RAISED}em")) { (text) } }
            }
        }
    }
}

/// Width of [`rich`] text at `size`, in pixels; see [`width`].
pub fn rich_width(markup: &str, size: f64) -> f64 {
    let run_width = |run: &Run<'_>| match run {
        Run::Plain(text) | Run::Italic(text) => width(text, size),
        Run::Raised(text) => width(text, size * RAISED),
    };
    runs(markup).iter().map(run_width).sum()
}

/// Upper bound on the width of plain text at `size`, in pixels: the reader's font is unknown, so each character counts
/// as wide as in the widest of the common sans-serif faces (DejaVu Sans and Verdana, measured in em and rounded up).
pub fn width(text: &str, size: f64) -> f64 {
    let em = |c: char| match c {
        'i' | 'j' | 'l' | '\'' => 0.35,
        'I' | '|' | 'f' | 't' | 'r' | '.' | ',' | ':' | ';' | ' ' | '!' | '(' | ')' | '[' | ']' | '/' | '·' => 0.46,
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
        assert!(rich("10^−3^").0.contains(">−3</tspan>"));
        assert_eq!(rich("2 * 3").0, "2 * 3");
        assert_eq!(rich("a < b & c").0, "a &lt; b &amp; c");
        assert!(rich_width("10^−3^", 10.0) < rich_width("10−3", 10.0));
    }

    #[test]
    fn what_does_not_fit_is_shortened_in_the_middle() {
        let long = "product:dim=64,base=(zipf:exponent=2,atoms=10)";
        let short = fitted(long, 12.0, 120.0);
        assert!(short.starts_with("produ") && short.ends_with("10)") && width(&short, 12.0) <= 120.0, "{short}");
        assert_eq!(fitted("bpsk", 12.0, 120.0), "bpsk");
        assert_eq!(fitted(long, 12.0, 0.0), "…");
    }
}
