//! The laws of a run: label and spec, what each knows of itself, which assumptions it meets.

use std::collections::BTreeSet;

use maud::{Markup, PreEscaped, html};

use super::counted;
use crate::report::model::{ClaimReport, Report, SourceReport};
use crate::report::{digits, labels};

/// The sources of the whole run.
pub fn section(report: &Report) -> Markup {
    html! {
        @if !report.sources.is_empty() {
            section {
                h2 id="sources" { "Laws" }
                p class="facts" { "Information in nats; " i { "H" } " Shannon entropy, " i { "H" } sub { "½" } " Rényi entropy of order ½, " i { "V" } " varentropy, E|X − EX|² total variance." }
                details {
                    summary { (counted(report.sources.len(), "law", "laws")) ", with the evidence for every assumption" }
                    div class="scroll" { table class="laws" {
                        thead { tr { th { "law" } th { "spec" } th { i { "d" } } th { i { "H" } } th { i { "H" } sub { "½" } } th { i { "V" } } th { "E|X − EX|²" } th { "assumptions" } } }
                        tbody { @for source in &report.sources { (line(source)) } }
                    } }
                }
            }
        }
    }
}

fn line(source: &SourceReport) -> Markup {
    let numbers = [source.shannon, source.renyi_half, source.info_variance, source.second_moment];
    let label = labels::source(&source.spec);
    html! {
        tr {
            th scope="row" { (label) }
            td { code { (source.spec) } }
            td { (digits::count(source.dim as u64)) }
            @for x in numbers { td { (digits::plain(x, 5)) } }
            td {
                @for a in &source.assumptions {
                    div { (sign(&a.finding)) " " (a.name) ": " (a.evidence) }
                }
                @for note in &source.notes { div { (note) } }
            }
        }
    }
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
