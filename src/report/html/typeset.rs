//! Mathematics in plain Unicode with raised and lowered parts: `H_½`, `e^{H_½}`, `∫₀^∞`.

use maud::{Markup, html};

/// The text with `_x`, `_{…}`, `^x` and `^{…}` as subscripts and superscripts, nested where braces are; a word of Latin
/// letters is one argument (`KL_path`).
pub fn typeset(text: &str) -> Markup {
    let Some(at) = text.find(['_', '^']) else { return html! { (text) } };
    let (before, marked) = text.split_at(at);
    let (script, rest) = argument(&marked[1..]);
    html! {
        (before)
        @if script.is_empty() { (&marked[..1]) }
        @else if marked.starts_with('_') { sub { (typeset(script)) } }
        @else { sup { (typeset(script)) } }
        (typeset(rest))
    }
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
    let word = text.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(text.len());
    let first = text.chars().next().map_or(0, char::len_utf8);
    text.split_at(word.max(first))
}

#[cfg(test)]
mod tests {
    use super::typeset;

    #[test]
    fn scripts_nest_and_stray_marks_stay() {
        assert_eq!(typeset("H_½(X)²").into_string(), "H<sub>½</sub>(X)²");
        assert_eq!(typeset("16 (e^{H_½} − 1)").into_string(), "16 (e<sup>H<sub>½</sub></sup> − 1)");
        assert_eq!(typeset("KL_path(γ_0)").into_string(), "KL<sub>path</sub>(γ<sub>0</sub>)");
        assert_eq!(typeset("a < b^").into_string(), "a &lt; b^");
    }
}
