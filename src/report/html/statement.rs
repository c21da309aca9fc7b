//! One statement of a paper: answer, figures, what was measured, where it breaks, how to replay.

use std::collections::BTreeMap;

use maud::{Markup, html};

use super::answer::answer;
use super::prose::prose;
use super::{anchor, claim, command, counted};
use crate::claim::verdict::Verdict;
use crate::claim::{Outcome, PaperKind};
use crate::report::digits;
use crate::report::edges::words as edge_words;
use crate::report::markup::typeset;
use crate::report::measured::{counts, laws, margin, measured, strongest};
use crate::report::model::{AnswerStanding, PaperReport, StatementReport};
use crate::report::model::{Edge, Report, SectionReport};
use crate::report::papers::{Evidence, EvidenceRole};
use crate::report::plot::panel::{self, SmallFigure};
use crate::report::plot::series::{place, varying};
use crate::report::tightness::{telling, tightest};
use crate::report::wording::{unranked, words};

/// The section.
pub fn section(report: &Report, paper: &PaperReport, k: usize, s: &StatementReport) -> Markup {
    if s.standing == AnswerStanding::NotTested {
        return html! {};
    }
    let evidence = s.evidence(&report.claims);
    let panels = panels(report, paper, s);
    html! {
        section class="stated" {
            p class="eyebrow" { @if paper.kind == PaperKind::Paper { (paper.key) " · " } "Statement " (k + 1) @if !s.place.is_empty() { " · " (prose(&s.place)) } }
            h2 id=(anchor(paper, k)) { (typeset(s.name())) }
            p class="answer-line" {
                (answer(s))
                @if let (Some(condition), AnswerStanding::AsStated) = (&s.condition, s.standing) { ": " (prose(condition)) }
            }
            (otherwise(s, &evidence))
            p { (prose(&s.says)) " " (prose(&s.remark)) }
            @if !panels.is_empty() {
                div class="panels" {
                    @for panel in &panels {
                        figure {
                            figcaption { b { (typeset(&panel.title)) } }
                            (panel.svg)
                            @if !panel.caption.is_empty() { p class="caption" { (panel.caption) } }
                        }
                    }
                }
            }
            (tests(&evidence))
            (breaks(&evidence))
            (controls(&evidence))
        }
    }
}

/// The figures of a statement.
fn panels(report: &Report, paper: &PaperReport, s: &StatementReport) -> Vec<SmallFigure> {
    panel::of(report, &s.evidence(&report.claims), if paper.kind == PaperKind::Paper { 3 } else { 2 })
}

/// The claims whose panels stand in the sections of statements, with the anchors of these.
pub fn drawn(report: &Report) -> BTreeMap<String, String> {
    let mut drawn = BTreeMap::new();
    for paper in report.papers.iter().filter(|paper| paper.kind != PaperKind::Instrument) {
        for (k, s) in paper.statements.iter().enumerate() {
            for panel in panels(report, paper, s) {
                drawn.entry(panel.claim).or_insert_with(|| anchor(paper, k));
            }
        }
    }
    drawn
}

/// What came out otherwise, where the answer is not borne out.
fn otherwise(s: &StatementReport, evidence: &[Evidence]) -> Markup {
    let unlike: Vec<&Evidence> = evidence.iter().filter(|e| !e.section.ok).collect();
    let run = |test: &&String| {
        let id = test.split('/').next().unwrap_or(test);
        evidence.iter().any(|e| e.claim.header.id == id)
    };
    let missing: Vec<&String> = s.tests.iter().filter(|test| !run(test)).collect();
    html! {
        @if s.standing != AnswerStanding::AsStated {
            p class="facts" { "The answer on file is “" (s.answer) "”; this run does not bear it out:" }
            ul {
                @for e in unlike {
                    li {
                        a href=(format!("#{}", e.claim.header.id)) { (e.claim.header.id) } ", " (role(e)) ": "
                        (e.section.verdict) ", expected " (e.section.expected)
                        @if let Some(row) = telling(e.section) { "; " (words(e.section, row)) }
                    }
                }
                @if !missing.is_empty() { li { "not run: " @for (k, test) in missing.iter().enumerate() { @if k > 0 { ", " } code { (test) } } } }
                @if unlike_needs(s, evidence) { li { "nothing refuted among its tests, which the answer needs" } }
            }
        }
    }
}

/// Whether all came out as expected and the answer still lacks what it needs.
fn unlike_needs(s: &StatementReport, evidence: &[Evidence]) -> bool {
    s.standing == AnswerStanding::NotAsStated && evidence.iter().all(|e| e.section.ok)
}

fn role(e: &Evidence) -> String {
    match e.role {
        EvidenceRole::Main => "the claim itself".into(),
        EvidenceRole::Control => format!("control {}", e.number),
        EvidenceRole::Break => format!("break {}", e.number),
    }
}

/// The claims that test it: what each compares, what it comes to, its tightest case.
fn tests(evidence: &[Evidence]) -> Markup {
    let mains: Vec<&Evidence> = evidence.iter().filter(|e| e.role == EvidenceRole::Main).collect();
    html! {
        @if !mains.is_empty() {
            h3 { "Measured" }
            table class="cards" {
                thead { tr { th { "claim" } th { "compared" } th { "comes to" } th { "tightest measured case" } th { "cases" } } }
                tbody {
                    @for e in &mains {
                        tr {
                            th scope="row" { a href=(format!("#{}", e.claim.header.id)) { (e.claim.header.id) } }
                            td data-label="compared" { (claim::formula(e.section)) }
                            td data-label="comes to" { b { (typeset(&measured(e.section))) } }
                            td data-label="tightest" { (tightest_case(e)) }
                            td data-label="cases" { (cases(e.section)) }
                        }
                    }
                }
            }
            @for e in &mains { @if let Some(row) = tightest(e.section) { @if std::ptr::eq(*e, mains[0]) { (replay(e, row)) } } }
        }
    }
}

fn tightest_case(e: &Evidence) -> Markup {
    match tightest(e.section) {
        Some(row) => html! { (typeset(&place(row, &varying(e.claim, "")))) ": " (words(e.section, row)) },
        None => html! { "none is known well enough" },
    }
}

/// Cases and laws, and what has to be known of them.
pub fn cases(section: &SectionReport) -> Markup {
    let found = counts(section);
    let laws = laws(section).len();
    html! {
        (digits::count(found.cases as u64)) @if laws > 1 { " on " (laws) " laws" }
        @if found.brackets > 0 { "; " (found.brackets) " by a bracket alone" }
        @if found.on_margin > 0 { "; " b { (found.on_margin) " supported only thanks to the margin" } @let margin = margin(section); @if !margin.is_empty() { " of " (margin) } }
        @if found.open > 0 { "; " b { (found.open) " undecided" } }
    }
}

fn replay(e: &Evidence, row: &Outcome) -> Markup {
    html! {
        p class="facts" { "Replay the tightest case of " code { (e.claim.header.id) } ":" }
        (command(&row.replay))
        p class="facts" { "For a paper: " code { "klaim export DIR " (e.claim.header.id) " --svg FILE" } ", " code { "--pdf" } ", " code { "--tex" } ", " code { "--md" } ", " code { "--csv" } "." }
        @let left = unranked(e.section);
        @if !left.is_empty() { p class="facts" { (left) } }
    }
}

/// Where it breaks: why, in which case, by how much.
fn breaks(evidence: &[Evidence]) -> Markup {
    let mut found: Vec<(&Evidence, &Outcome, String)> = Vec::new();
    for e in evidence.iter().filter(|e| e.role != EvidenceRole::Control) {
        found.extend(strongest(e.section).map(|(row, says)| (e, row, says)));
    }
    let mut claims: Vec<&str> = Vec::new();
    let mut edged: Vec<(&str, &Edge)> = Vec::new();
    for e in evidence.iter().filter(|e| !claims_has(&mut claims, &e.claim.header.id)) {
        edged.extend(e.claim.edges.iter().map(|edge| (e.claim.header.id.as_str(), edge)));
    }
    html! {
        @if !found.is_empty() {
            h3 { "Where it breaks" }
            table class="cards breaks" {
                thead { tr { th { "why" } th { "clearest case" } th { "comes to" } th { "claim" } } }
                tbody {
                    @for (e, row, says) in &found {
                        tr {
                            td data-label="why" { (typeset(if e.section.why.is_empty() { &e.claim.header.title } else { &e.section.why })) }
                            td data-label="case" { (typeset(&place(row, &varying(e.claim, "")))) }
                            td data-label="comes to" { span class="cross" aria-hidden="true" { "✗ " } (typeset(says)) }
                            td data-label="claim" { a href=(format!("#{}", e.claim.header.id)) { (e.claim.header.id) } }
                        }
                    }
                }
            }
            @if !edged.is_empty() {
                p class="facts" { b { "Edges measured. " } @for (k, (id, edge)) in edged.iter().enumerate() { @if k > 0 { "; " } (edge_words(edge)) " (" (id) ")" } "." }
            }
        }
    }
}

/// Whether a claim was seen before.
fn claims_has<'a>(seen: &mut Vec<&'a str>, id: &'a str) -> bool {
    let known = seen.contains(&id);
    seen.push(id);
    known
}

/// What the evidence's false neighbours came to.
fn controls(evidence: &[Evidence]) -> Markup {
    let all: Vec<&Evidence> = evidence.iter().filter(|e| e.role == EvidenceRole::Control).collect();
    let refuted = all.iter().filter(|e| e.section.verdict == Verdict::Refuted).count();
    let mut whys: Vec<&str> = Vec::new();
    for e in &all {
        if !whys.contains(&e.section.why.trim()) {
            whys.push(e.section.why.trim());
        }
    }
    html! {
        @if !all.is_empty() {
            p class="facts" {
                (refuted) " of " (counted(all.len(), "false neighbour", "false neighbours")) " of the claims refuted. Why they are false: "
                @for (k, why) in whys.iter().enumerate() { @if k > 0 { "; " } (typeset(why)) } "."
            }
        }
    }
}
