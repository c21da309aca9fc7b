//! Assumptions by family of laws, each with its size: among laws with finitely many atoms a sign
//! alone separates nothing.

use maud::{Markup, html};

use crate::report::digits;
use crate::report::exponents::family;
use crate::report::markup::typeset;
use crate::report::model::{AssumptionReport, Report, SourceReport};

/// The families in order of appearance, with their laws.
fn families(report: &Report) -> Vec<(String, Vec<&SourceReport>)> {
    let mut families: Vec<(String, Vec<&SourceReport>)> = Vec::new();
    for source in report.sources.iter().filter(|source| !source.assumptions.is_empty()) {
        let name = family(&source.spec);
        match families.iter_mut().find(|(known, _)| *known == name) {
            Some((_, laws)) => laws.push(source),
            None => families.push((name, vec![source])),
        }
    }
    families
}

/// The section; nothing where no law was examined.
pub fn section(report: &Report) -> Markup {
    let families = families(report);
    let names: Vec<&AssumptionReport> = families.first().map_or(Vec::new(), |(_, laws)| {
        let first = &laws[0].assumptions;
        let mut names: Vec<&AssumptionReport> = Vec::new();
        for found in first {
            if !names.iter().any(|known| known.name == found.name) {
                names.push(found);
            }
        }
        names
    });
    html! {
        @if !families.is_empty() {
            section {
                h2 id="assumptions" { "Assumptions and laws" }
                p class="facts" {
                    "Each assumption with its size over the laws of a family, information in nats. A law with finitely many atoms satisfies them all: "
                    "what separates the laws is the size, ψ1/" i { "H" } " and " i { "V" } "/" i { "H" } "² above all. "
                    "Read ✓ 3, ✗ 1 · 0.4 … 5: three laws satisfy it, with sizes from 0.4 to 5, one does not. A constant in terms of " i { "H" } " alone serves only where these are of order one; whether a size of 10⁶ "
                    "counts as “sub-exponential” is a matter of a paper’s wording."
                }
                div class="scroll" {
                    table class="matrix" {
                        thead { tr {
                            th { "family" } th class="number" { "laws" }
                            @for found in &names { th { (found.name) @if let Some(size) = sized(found) { br; small { (typeset(size)) } } } }
                        } }
                        tbody {
                            @for (name, laws) in &families {
                                tr {
                                    th scope="row" { (name) }
                                    td class="number" { (laws.len()) }
                                    @for found in &names { (cell(&found.name, laws)) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// What the size of an assumption is measured in.
fn sized(assumption: &AssumptionReport) -> Option<&'static str> {
    match assumption.symbol.as_str() {
        "H" => Some("H"),
        "V" => Some("V / H²"),
        "ψ1" => Some("ψ1 / H"),
        "H_½" => Some("H_½ / H"),
        "E|X−EX|²" => Some("E|X−EX|²"),
        _ => None,
    }
}

/// The size of an assumption for a law; NaN where it is not known.
fn size(assumption: &AssumptionReport, entropy: f64) -> f64 {
    match assumption.symbol.as_str() {
        "V" => assumption.number / entropy.powi(2),
        "ψ1" | "H_½" => assumption.number / entropy,
        _ => assumption.number,
    }
}

fn cell(name: &str, laws: &[&SourceReport]) -> Markup {
    let mut found: Vec<(&AssumptionReport, f64)> = Vec::new();
    for law in laws {
        found.extend(law.assumptions.iter().find(|a| a.name == name).map(|a| (a, law.shannon)));
    }
    let count = |word: &str| found.iter().filter(|(a, _)| a.finding == word).count();
    let sizes: Vec<f64> =
        found.iter().filter(|(a, _)| a.finding == "holds").map(|(a, h)| size(a, *h)).collect();
    let known = || sizes.iter().copied().filter(|x| x.is_finite());
    let (low, high) = known().fold((f64::INFINITY, f64::NEG_INFINITY), |(lo, hi), x| (lo.min(x), hi.max(x)));
    let [holds, fails] = [count("holds"), count("fails")];
    let open = found.len() - holds - fails;
    html! {
        td {
            @if holds > 0 { span class="supported" { "✓" } @if fails + open > 0 { " " (holds) } }
            @if fails > 0 { @if holds > 0 { ", " } span class="refuted" { "✗" } @if holds + open > 0 { " " (fails) } }
            @if open > 0 { @if holds + fails > 0 { ", " } span class="inconclusive" { "?" } @if holds + fails > 0 { " " (open) } }
            @if low <= high { @if fails + open > 0 { " · " } @else { " " } span class="size" { (span(low, high)) } }
        }
    }
}

/// `0.4 … 5.1×10⁶` to two digits.
fn span(low: f64, high: f64) -> String {
    let [low, high] = [low, high].map(|x| digits::plain(x, 2));
    if low == high { low } else { format!("{low} … {high}") }
}
