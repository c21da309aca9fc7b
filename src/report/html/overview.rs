//! The top of the page: what the run did, and the verdict on every claim.

use maud::{Markup, html};

use super::{counted, verdict};
use crate::claim::verdict::Verdict;
use crate::report::digits;
use crate::report::markup::typeset;
use crate::report::model::{ClaimReport, Report, SectionReport};
use crate::report::wording::{exit_meaning, interrupted, refuted, tightest};

/// The run in one line: the page's title.
pub fn headline(report: &Report) -> String {
    let total = report.claims.len();
    let as_expected = report.claims.iter().filter(|c| c.ok).count();
    let claims = counted(total, "claim", "claims");
    match (total, total - as_expected) {
        (0, _) => "No claims were tested".into(),
        (1, 0) => "The claim came out as expected".into(),
        (_, 0) => format!("All {claims} came out as expected"),
        (1, _) => "The claim did not come out as expected".into(),
        (_, 1) => format!("1 of {claims} did not come out as expected"),
        (_, n) => format!("{n} of {claims} did not come out as expected"),
    }
}

/// Heading and the paragraph of facts.
pub fn header(report: &Report) -> Markup {
    let run = &report.run;
    let cases: usize = report.sections().map(|(_, _, section)| section.rows.len()).sum();
    let most =
        report.sections().flat_map(|(_, _, section)| &section.rows).map(|row| row.n).max().unwrap_or(0);
    let date = if run.date.is_empty() { String::new() } else { format!(", on {}", run.date) };
    html! {
        h1 { (headline(report)) }
        @if run.interrupted { p class="lead" { strong { (interrupted(report)) "." } } }
        p class="lead" {
            "klaim " (run.klaim) " measured both sides of " (counted(report.claims.len(), "claim", "claims"))
            " in " (counted(cases, "case", "cases")) " (controls and breaks included) on " (run.backend) (date) ". "
            "All " (digits::count(run.comparisons)) " comparisons together refute a correct claim by chance with probability at most "
            i { "α" } " = " (digits::plain(run.level, 4)) ". "
            @if most > 0 { "No case rests on more than " (digits::count(most)) " samples (budget " (run.budget) "). " }
            "Seed " (run.seed) ". Exit status " (report.exit) ": " (exit_meaning(report.exit)) "."
        }
    }
}

/// The verdict table, a line per claim.
pub fn table(report: &Report) -> Markup {
    html! {
        @if report.claims.is_empty() {
            p { "This run was given no claims, so there is nothing to report." }
        } @else {
            div class="scroll" {
                table class="overview" {
                    thead { tr { th { "claim" } th { "verdict" } th { "expected" } th class="number" { "cases" } th { "tightest case" } th { "controls" } th { "breaks" } } }
                    tbody { @for claim in &report.claims { (line(claim)) } }
                }
            }
        }
    }
}

fn line(claim: &ClaimReport) -> Markup {
    let main = &claim.main;
    html! {
        tr {
            th scope="row" { a class="claim" href=(format!("#{}", claim.header.id)) { (claim.header.id) } span class="says" { (typeset(&claim.header.statement)) } }
            td { (verdict(main.verdict)) @if !main.ok { " " span class="tag" { "unexpected" } } (undecided(main)) }
            td data-label="expected" { (main.expected) }
            td class="number" data-label="cases" { (digits::count(main.rows.len() as u64)) }
            td data-label="tightest case" { (tightest(main)) }
            td data-label="controls" { (tally(&claim.controls)) }
            td data-label="breaks" { (tally(&claim.breaks)) }
        }
    }
}

/// How many cases of a section are open, if any.
fn undecided(section: &SectionReport) -> Markup {
    let open = section.rows.iter().filter(|row| row.verdict == Verdict::Inconclusive).count();
    html! { @if open > 0 { span class="says" { (open) " undecided" } } }
}

fn tally(sections: &[SectionReport]) -> Markup {
    html! {
        @if sections.is_empty() { span class="missing" { "none" } } @else {
            (refuted(sections))
            @if sections.iter().any(|s| !s.ok) { " " span class="tag" { "unexpected" } }
        }
    }
}
