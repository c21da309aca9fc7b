//! Text of claims and papers: scripts, code between backticks, citations that lead to the list of
//! references.

use std::collections::BTreeSet;

use maud::{Markup, html};

use crate::claim::references;
use crate::report::markup::typeset;
use crate::report::model::Report;

/// A stretch of prose.
#[derive(Debug, PartialEq)]
enum ProsePiece<'a> {
    /// With the marks of [`typeset`].
    Text(&'a str),
    /// Between backticks.
    Code(&'a str),
    /// A citation: the key, and all between the brackets.
    Cited(&'a str, &'a str),
}

/// The prose as HTML; citations of references that are known link to them.
pub fn prose(text: &str) -> Markup {
    html! {
        @for stretch in stretches(text) {
            @match stretch {
                ProsePiece::Text(text) => { (typeset(text)) }
                ProsePiece::Code(code) => { code { (code) } }
                ProsePiece::Cited(key, all) => { a href=(format!("#ref-{key}")) { "[" (all) "]" } }
            }
        }
    }
}

fn stretches(text: &str) -> Vec<ProsePiece<'_>> {
    let (mut found, mut rest) = (Vec::new(), text);
    while !rest.is_empty() {
        let at = rest.find(['`', '[']).unwrap_or(rest.len());
        let (before, after) = rest.split_at(at);
        let close = if after.starts_with('`') { '`' } else { ']' };
        let inside = after.get(1..).and_then(|text| text.split_once(close));
        let piece = match inside {
            Some((code, left)) if close == '`' => Some((ProsePiece::Code(code), left)),
            Some((all, left)) => cited(all).map(|key| (ProsePiece::Cited(key, all), left)),
            None => None,
        };
        match piece {
            Some((piece, left)) => {
                found.extend((!before.is_empty()).then_some(ProsePiece::Text(before)));
                found.push(piece);
                rest = left;
            }
            // A lone mark stays what it is.
            None => {
                let end = at + after.chars().next().map_or(0, char::len_utf8);
                found.push(ProsePiece::Text(&rest[..end]));
                rest = &rest[end..];
            }
        }
    }
    found
}

/// The key of a citation that is among the references.
fn cited(inside: &str) -> Option<&str> {
    let key = inside.split(',').next().unwrap_or(inside);
    references().iter().any(|(known, _)| *known == key).then_some(key)
}

/// The keys that a report cites anywhere.
fn keys(report: &Report) -> BTreeSet<&str> {
    let statements = report.papers.iter().flat_map(|paper| &paper.statements);
    let papers = statements.flat_map(|s| [s.place.as_str(), &s.says, &s.remark]);
    let claims = report.claims.iter().flat_map(|c| [c.header.cite.as_str(), &c.header.remark]);
    let cited = |text| {
        stretches(text).into_iter().filter_map(|stretch| match stretch {
            ProsePiece::Cited(key, _) => Some(key),
            _ => None,
        })
    };
    papers.chain(claims).flat_map(cited).collect()
}

/// The list of what is cited; nothing where nothing is.
pub fn bibliography(report: &Report) -> Markup {
    let keys = keys(report);
    html! {
        @if !keys.is_empty() {
            section {
                h2 id="references" { "References" }
                dl class="references" {
                    @for (key, work) in references().iter().filter(|(key, _)| keys.contains(key)) {
                        dt id=(format!("ref-{key}")) { "[" (key) "]" }
                        dd { (work_of(work)) }
                    }
                }
            }
        }
    }
}

/// A reference with its arXiv number as a link.
fn work_of(work: &str) -> Markup {
    let number = |text: &str| text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    match work.split_once("arXiv ") {
        Some((before, after)) if number(after) >= 9 => {
            let (number, rest) = after.split_at(number(after));
            html! {
                (typeset(before)) a href=(format!("https://arxiv.org/abs/{number}")) { "arXiv " (number) } (typeset(rest))
            }
        }
        _ => typeset(work),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_and_citations_are_found_and_lone_marks_stay() {
        let text = "see `kl-rate` and [GSV05, Thm. 1], not [0, 1] or a ` alone";
        let html = prose(text).into_string();
        assert!(html.contains("<code>kl-rate</code>"), "{html}");
        assert!(html.contains("<a href=\"#ref-GSV05\">[GSV05, Thm. 1]</a>"), "{html}");
        assert!(html.contains("not [0, 1] or a ` alone"), "{html}");
    }
}
