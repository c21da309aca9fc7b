//! What calibrates the run: identities and inequalities that are known, in one table.

use maud::{Markup, html};

use super::answer::answer;
use super::prose::prose;
use super::{anchor, counted};
use crate::claim::verdict::Verdict;
use crate::report::markup::typeset;
use crate::report::measured::{counts, measured};
use crate::report::model::Report;
use crate::report::model::{AnswerStanding, PaperReport, StatementReport};
use crate::report::papers::{Evidence, EvidenceRole};

/// The section; nothing where none was tested.
pub fn section<'a>(report: &Report, papers: impl Iterator<Item = &'a PaperReport>) -> Markup {
    let papers: Vec<&PaperReport> = papers.collect();
    html! {
        @if !papers.is_empty() {
            section {
                h2 id="instrument" { "What calibrates the instrument" }
                p class="facts" {
                    "Known identities and inequalities, each beside its false neighbours. A deviation here is a fault of klaim, not a finding."
                }
                table class="cards" {
                    thead { tr { th { "known" } th { "answer" } th { "comes to" } th { "cases" } th { "false neighbours" } } }
                    tbody {
                        @for paper in papers {
                            @for (k, s) in paper.statements.iter().enumerate().filter(|(_, s)| s.standing != AnswerStanding::NotTested) {
                                (line(report, paper, k, s))
                            }
                        }
                    }
                }
            }
        }
    }
}

fn line(report: &Report, paper: &PaperReport, k: usize, s: &StatementReport) -> Markup {
    let evidence = s.evidence(&report.claims);
    let mains: Vec<&Evidence> = evidence.iter().filter(|e| e.role == EvidenceRole::Main).collect();
    let controls: Vec<&Evidence> = evidence.iter().filter(|e| e.role == EvidenceRole::Control).collect();
    let refuted = controls.iter().filter(|e| e.section.verdict == Verdict::Refuted).count();
    let cases: usize = mains.iter().map(|e| counts(e.section).cases).sum();
    html! {
        tr id=(anchor(paper, k)) {
            td { (prose(&s.says)) @if !s.place.is_empty() { " " small { (prose(&s.place)) } } }
            td data-label="answer" { (answer(s)) }
            td data-label="comes to" {
                @for e in &mains { div { a href=(format!("#{}", e.claim.header.id)) { (e.claim.header.id) } ": " (typeset(&measured(e.section))) } }
            }
            td data-label="cases" { (counted(cases, "case", "cases")) }
            td data-label="controls" { (refuted) " of " (controls.len()) " refuted" }
        }
    }
}
