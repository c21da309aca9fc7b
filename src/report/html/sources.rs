//! Sources: what each knows of itself, and which assumptions it meets.

use std::collections::BTreeSet;

use maud::{Markup, html};

use super::counted;
use crate::report::digits;
use crate::report::model::{AssumptionReport, ClaimReport, Report, SourceReport};

/// More sources than this in a claim's table of assumptions are folded away.
const SHOWN: usize = 6;

/// The sources of the whole run.
pub fn section(report: &Report) -> Markup {
    html! {
        @if !report.sources.is_empty() {
            section {
                h2 id="sources" { "Sources" }
                p class="facts" { "Information in nats; " i { "H" } " Shannon entropy, " i { "H" } "½ Rényi entropy of order ½, " i { "V" } " varentropy, E|X − EX|² total variance." }
                div class="scroll" { table {
                    thead { tr { th { "source" } th class="number" { i { "d" } } th class="number" { i { "H" } } th class="number" { i { "H" } "½" } th class="number" { i { "V" } } th class="number" { "E|X − EX|²" } th { "notes" } } }
                    tbody { @for (k, source) in report.sources.iter().enumerate() { (line(k, source)) } }
                } }
                details class="open-in-print" {
                    summary { "Evidence for every assumption" }
                    @for source in &report.sources {
                        @if !source.assumptions.is_empty() { (evidence(source)) }
                    }
                }
            }
        }
    }
}

fn line(k: usize, source: &SourceReport) -> Markup {
    let numbers = [source.shannon, source.renyi_half, source.info_variance, source.second_moment];
    html! {
        tr id=(format!("source-{}", k + 1)) {
            th scope="row" { code { (source.spec) } }
            td class="number" { (digits::count(source.dim as u64)) }
            @for x in numbers { td class="number" { (digits::plain(x, 5)) } }
            td { (source.notes.join("; ")) }
        }
    }
}

fn evidence(source: &SourceReport) -> Markup {
    html! {
        h3 { code { (source.spec) } }
        div class="scroll" { table {
            thead { tr { th { "assumption" } th { "finding" } th { "evidence" } } }
            tbody { @for a in &source.assumptions { tr { th scope="row" { (a.name) } td { (finding(a)) } td { (a.evidence) } } } }
        } }
    }
}

/// Which of a claim's assumptions hold for the sources it was tested on.
pub fn assumed(report: &Report, claim: &ClaimReport, names: &BTreeSet<&str>) -> Markup {
    if claim.header.assumes.is_empty() {
        return html! { p { "Stated without assumptions on the source." } };
    }
    let known: Vec<(usize, &SourceReport)> =
        report.sources.iter().enumerate().filter(|(_, s)| names.contains(s.spec.as_str())).collect();
    let assumed: BTreeSet<&str> = claim.header.assumes.iter().map(String::as_str).collect();
    let failing = |s: &SourceReport| {
        s.assumptions.iter().any(|a| assumed.contains(a.name.as_str()) && a.finding == "fails")
    };
    let fail = known.iter().filter(|(_, s)| failing(s)).count();
    let summary = format!(
        "{}{}",
        counted(known.len(), "source", "sources"),
        if fail == 0 {
            ", none fails an assumption".into()
        } else {
            format!(", {fail} failing an assumption")
        }
    );
    html! {
        p { "Stated under: " (claim.header.assumes.join(", ")) "." }
        @if known.len() > SHOWN {
            details { summary { "Assumptions: " (summary) } (table(claim, &known)) }
        } @else if !known.is_empty() {
            (table(claim, &known))
        }
    }
}

fn table(claim: &ClaimReport, sources: &[(usize, &SourceReport)]) -> Markup {
    html! {
        div class="scroll" { table {
            thead { tr { th { "source" } @for name in &claim.header.assumes { th { (name) } } } }
            tbody {
                @for (k, source) in sources {
                    tr {
                        th scope="row" { a href=(format!("#source-{}", k + 1)) { code { (source.spec) } } }
                        @for name in &claim.header.assumes {
                            @match source.assumptions.iter().find(|a| a.name == *name) {
                                Some(a) => { td title=(a.evidence) { (finding(a)) } }
                                None => { td class="missing" { "not examined" } }
                            }
                        }
                    }
                }
            }
        } }
    }
}

fn finding(assumption: &AssumptionReport) -> Markup {
    let (class, sign) = match assumption.finding.as_str() {
        "holds" => ("supported", "✓"),
        "fails" => ("refuted", "✗"),
        _ => ("inconclusive", "?"),
    };
    html! { span class=(format!("verdict {class}")) { span aria-hidden="true" { (sign) } " " (assumption.finding) } }
}
