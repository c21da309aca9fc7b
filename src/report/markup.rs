//! Mathematics in plain Unicode with scripts and italics: `H_½`, `e^{H_½}`, `SNR *γ*`. [`parse`]
//! reads it; [`typeset`] writes HTML, [`crate::report::plot::text::rich`] SVG.

use maud::{Markup, html};

/// A stretch of text in one style.
#[derive(Debug, Clone, PartialEq)]
pub enum MarkupPiece<'a> {
    /// As it is.
    Plain(&'a str),
    /// `*x*`.
    Italic(&'a str),
    /// `_x`, `_{…}`.
    Lowered(Vec<MarkupPiece<'a>>),
    /// `^x`, `^{…}`.
    Raised(Vec<MarkupPiece<'a>>),
}

/// The pieces of `text`. A word of Latin letters or a number, with its sign, is one argument of `_`
/// and `^` (`KL_path`, `i^−2`, `N^1.5`), other characters are one each; braces nest. A mark without an argument or a partner stays a character,
/// and so does one after a backslash.
pub fn parse(text: &str) -> Vec<MarkupPiece<'_>> {
    let (mut pieces, mut rest) = (Vec::new(), text);
    while !rest.is_empty() {
        let at = rest.find(['_', '^', '*', '\\']).unwrap_or(rest.len());
        if at > 0 {
            pieces.push(MarkupPiece::Plain(&rest[..at]));
            rest = &rest[at..];
            continue;
        }
        let (mark, after) = rest.split_at(1);
        let (piece, left) = match mark {
            "*" => match after.split_once('*') {
                Some((inside, left)) => (MarkupPiece::Italic(inside), left),
                None => (MarkupPiece::Plain(mark), after),
            },
            "\\" if after.starts_with(['_', '^', '*', '\\']) => {
                (MarkupPiece::Plain(&after[..1]), &after[1..])
            }
            "\\" => (MarkupPiece::Plain(mark), after),
            _ => match argument(after) {
                ("", left) => (MarkupPiece::Plain(mark), left),
                (script, left) if mark == "_" => (MarkupPiece::Lowered(parse(script)), left),
                (script, left) => (MarkupPiece::Raised(parse(script)), left),
            },
        };
        pieces.push(piece);
        rest = left;
    }
    pieces
}

/// `text` with its marks as characters.
pub fn escaped(text: &str) -> String {
    let escape = |c: char| if "_^*\\".contains(c) { format!("\\{c}") } else { c.to_string() };
    text.chars().map(escape).collect()
}

/// The braced group, word or single character that a mark applies to, and what follows it.
fn argument(text: &str) -> (&str, &str) {
    if let Some(inside) = text.strip_prefix('{') {
        let mut depth = 1;
        for (at, c) in inside.char_indices() {
            depth += match c {
                '{' => 1,
                '}' => -1,
                _ => 0,
            };
            if depth == 0 {
                return (&inside[..at], &inside[at + 1..]);
            }
        }
    }
    let first = text.chars().next().map_or(0, char::len_utf8);
    let sign = if text.starts_with(['−', '-']) { first } else { 0 };
    let run = |of: fn(char) -> bool| {
        let rest = &text[sign..];
        sign + rest.find(|c: char| !of(c)).unwrap_or(rest.len())
    };
    let number = run(|c| c.is_ascii_digit() || c == '.');
    // A full stop behind a number ends the sentence.
    let number = sign.max(text[..number].trim_end_matches('.').len());
    text.split_at(run(|c| c.is_ascii_alphabetic()).max(number).max(first))
}

/// The markup as HTML.
pub fn typeset(text: &str) -> Markup {
    html(&parse(text))
}

fn html(pieces: &[MarkupPiece]) -> Markup {
    html! {
        @for piece in pieces {
            @match piece {
                MarkupPiece::Plain(text) => { (text) }
                MarkupPiece::Italic(text) => { i { (text) } }
                MarkupPiece::Lowered(script) => { sub { (html(script)) } }
                MarkupPiece::Raised(script) => { sup { (html(script)) } }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_nest_and_stray_marks_stay() {
        assert_eq!(typeset("H_½(X)²").into_string(), "H<sub>½</sub>(X)²");
        assert_eq!(typeset("16 (e^{H_½} − 1)").into_string(), "16 (e<sup>H<sub>½</sub></sup> − 1)");
        assert_eq!(typeset("KL_path(γ_0)").into_string(), "KL<sub>path</sub>(γ<sub>0</sub>)");
        assert_eq!(
            typeset("i^−2, N^1.5. r_10").into_string(),
            "i<sup>−2</sup>, N<sup>1.5</sup>. r<sub>10</sub>"
        );
        assert_eq!(typeset("i^−s and x^-").into_string(), "i<sup>−s</sup> and x<sup>-</sup>");
        assert_eq!(typeset("a < b^").into_string(), "a &lt; b^");
        assert_eq!(typeset("2 * 3 \\_ x").into_string(), "2 * 3 _ x");
        assert_eq!(typeset(&escaped("snr_min * ^2\\")).into_string(), "snr_min * ^2\\");
    }
}
