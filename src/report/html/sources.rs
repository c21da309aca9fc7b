//! The laws of a run: label and spec, what each knows of itself, which assumptions it meets.

use std::collections::BTreeSet;

use maud::{Markup, PreEscaped, html};

use super::counted;
use crate::report::model::{ClaimReport, Report, SourceReport};
use crate::report::{digits, labels};

/// The sources of the whole run.
pub fn section(report: &Report) -> Markup {
    let assumptions = assumptions(report);
    html! {
        @if !report.sources.is_empty() {
            section {
                h2 id="sources" { "Laws" }
                p class="facts" { "Information in nats; " i { "H" } " Shannon entropy, " i { "H" } sub { "½" } " Rényi entropy of order ½, " i { "V" } " varentropy, E|X − EX|² total variance." }
                details {
                    summary { (counted(report.sources.len(), "law", "laws")) ", with the evidence for every assumption" }
                    div class="scroll" { table class="laws" {
                        thead { tr {
                            th { "law" } th { "spec" } th { i { "d" } } th { i { "H" } } th { i { "H" } sub { "½" } } th { i { "V" } } th { "E|X − EX|²" }
                            @for name in &assumptions { th { (name) } }
                        } }
                        tbody { @for source in &report.sources { (line(source, &assumptions)) } }
                    } }
                }
            }
        }
    }
}

/// The assumptions that the sources were asked about, in the order in which they are first named.
fn assumptions(report: &Report) -> Vec<&str> {
    let mut names: Vec<&str> = Vec::new();
    for a in report.sources.iter().flat_map(|source| &source.assumptions) {
        if !names.contains(&a.name.as_str()) {
            names.push(&a.name);
        }
    }
    names
}

/// A law's row, without the closing tags that HTML lets it leave out.
fn line(source: &SourceReport, assumptions: &[&str]) -> PreEscaped<String> {
    let mut text = String::from("<tr>");
    let mut put = |tag: &str, content: Markup| {
        text.push_str(tag);
        text.push_str(&content.into_string());
    };
    put("<th scope=\"row\">", html! { (labels::source(&source.spec)) });
    put("<td>", html! { (source.spec) @for note in &source.notes { br; (note) } });
    put("<td>", html! { (digits::count(source.dim as u64)) });
    for x in [source.shannon, source.renyi_half, source.info_variance, source.second_moment] {
        put("<td>", html! { (digits::plain(x, 5)) });
    }
    for name in assumptions {
        let found = source.assumptions.iter().find(|a| a.name == *name);
        put("<td>", html! { @if let Some(a) = found { (sign(&a.finding)) " " (a.evidence) } });
    }
    PreEscaped(text)
}

/// ✓ holds, ✗ fails, ? cannot tell.
fn sign(finding: &str) -> PreEscaped<&'static str> {
    PreEscaped(match finding {
        "holds" => "✓",
        "fails" => "✗",
        _ => "?",
    })
}

/// Which of a claim's assumptions hold for the sources it was tested on.
pub fn assumed(report: &[SourceReport], claim: &ClaimReport, names: &BTreeSet<&str>) -> Markup {
    if claim.header.assumes.is_empty() {
        return html! { "Stated without assumptions on the law." };
    }
    let known = report.iter().filter(|s| names.contains(s.spec.as_str()));
    let fails = |s: &&SourceReport| {
        s.assumptions.iter().any(|a| claim.header.assumes.contains(&a.name) && a.finding == "fails")
    };
    let failing: Vec<String> = known.filter(fails).map(|s| labels::source(&s.spec)).collect();
    html! {
        "Stated under: " (claim.header.assumes.join(", "))
        @if failing.is_empty() { "; none of its laws fails one." } @else { "; " (failing.join(", ")) " fails one." }
    }
}
