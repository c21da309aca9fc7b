//! The top of the page: each paper with the answers to its statements in one table, then what was
//! run. A run without a paper has a table of its claims.

use maud::{Markup, html};

use super::answer::{answer, mark};
use super::prose::prose;
use super::{anchor, counted, statement, verdict};
use crate::claim::PaperKind;
use crate::claim::verdict::Verdict;
use crate::report::digits;
use crate::report::edges::words as words_of;
use crate::report::markup::typeset;
use crate::report::measured::{measured, strongest};
use crate::report::model::{AnswerStanding, PaperReport, StatementReport};
use crate::report::model::{ClaimReport, Report};
use crate::report::papers::{Evidence, EvidenceRole};
use crate::report::tightness::score;
use crate::report::wording::{exit_meaning, interrupted};
use crate::report::{answers, labels};

/// How many figures of each kind a table shows of a statement.
const SHOWN: usize = 2;

/// The papers proper.
fn proper(report: &Report) -> impl Iterator<Item = &PaperReport> {
    report.papers.iter().filter(|paper| paper.kind == PaperKind::Paper)
}

/// The run in one line: the page's title.
pub fn headline(report: &Report) -> String {
    let titles: Vec<&str> = proper(report).map(|paper| paper.title.as_str()).collect();
    if titles.is_empty() { answers::outcome(report) } else { titles.join(" · ") }
}

/// Navigation, the papers with their answers, what was run.
pub fn header(report: &Report) -> Markup {
    let first = proper(report).next().is_none();
    html! {
        (navigation(report))
        @for (k, paper) in proper(report).enumerate() { (head(report, paper, k == 0)) }
        @if first { p class="eyebrow" { "Verification report" } h1 { (answers::outcome(report)) } }
        @if report.run.interrupted { p class="lead" { strong { (interrupted(report)) "." } } }
        (others(report))
        (run(report))
    }
}

/// Links to the parts of the page.
fn navigation(report: &Report) -> Markup {
    let has = |kind: PaperKind| report.papers.iter().any(|paper| paper.kind == kind);
    html! {
        nav aria-label="Contents" {
            b { "klaim report" }
            @let several = proper(report).count() > 1;
            @for paper in proper(report) {
                @if several { b class="part" { (paper.key) } }
                @for (k, s) in tested(paper) {
                    a href=(format!("#{}", anchor(paper, k))) { (mark(s)) " " (k + 1) ". " (typeset(s.name())) }
                }
            }
            @if !report.sources.is_empty() { a href="#assumptions" class="part" { "Assumptions" } }
            @if has(PaperKind::Instrument) { a href="#instrument" { "Instrument" } }
            @if has(PaperKind::Findings) { a href="#findings" { "Findings" } }
            @if !report.claims.is_empty() { a href="#claims" { "All claims" } }
            @if !report.sources.is_empty() { a href="#sources" { "Laws" } }
            a href="#reading" { "How to read" }
        }
    }
}

/// The statements of a paper that were tested, with their places.
fn tested(paper: &PaperReport) -> impl Iterator<Item = (usize, &StatementReport)> {
    paper.statements.iter().enumerate().filter(|(_, s)| s.standing != AnswerStanding::NotTested)
}

/// A paper: title, authors, one sentence over its statements, the table of answers.
fn head(report: &Report, paper: &PaperReport, first: bool) -> Markup {
    let byline = answers::byline(paper);
    html! {
        div class="paper" {
            p class="eyebrow" { "Verification report" @if !paper.key.is_empty() { " · " (paper.key) } }
            @if first { h1 { (paper.title) } } @else { h2 { (paper.title) } }
            @if !byline.is_empty() || paper.link.is_some() {
                p class="byline" {
                    (byline)
                    @if let Some(link) = &paper.link {
                        @if !byline.is_empty() { " · " } a href=(link) { (answers::shown(link)) }
                    }
                }
            }
            p class="sentence" { (answers::sentence(paper)) }
            (table(report, paper))
            @if !paper.untested.is_empty() {
                p class="facts" { b { "Not tested. " } @for (k, what) in paper.untested.iter().enumerate() { @if k > 0 { " · " } (prose(what)) } "." }
            }
            @if !paper.note.is_empty() { p class="facts" { b { "To be known. " } (prose(&paper.note)) } }
        }
    }
}

/// The table of answers.
fn table(report: &Report, paper: &PaperReport) -> Markup {
    html! {
        table class="answers cards" {
            thead { tr { th { "statement" } th { "answer" } th { "measured" } th { "where it breaks" } } }
            tbody { @for (k, s) in tested(paper) { (line(report, paper, k, s)) } }
        }
    }
}

fn line(report: &Report, paper: &PaperReport, k: usize, s: &StatementReport) -> Markup {
    let evidence = s.evidence(&report.claims);
    html! {
        tr {
            th scope="row" {
                a href=(format!("#{}", anchor(paper, k))) { (k + 1) ". " (typeset(s.name())) }
                @if !s.place.is_empty() { " " small { (s.place) } }
            }
            td data-label="answer" { (answer(s)) @if let (Some(c), AnswerStanding::AsStated) = (&s.condition, s.standing) { ": " (prose(c)) } }
            td data-label="measured" { (came_to(&evidence)) }
            td data-label="breaks" { (broken(&evidence)) }
        }
    }
}

/// What the first claims come to, a line each.
fn came_to(evidence: &[Evidence]) -> Markup {
    let mains = evidence.iter().filter(|e| e.role == EvidenceRole::Main);
    let told = mains.map(|e| (e, measured(e.section))).filter(|(_, says)| !says.is_empty());
    html! {
        @for (e, says) in told.take(SHOWN) {
            div { (typeset(&says)) " " small { a href=(format!("#{}", e.claim.header.id)) { (e.claim.header.id) } } }
        }
    }
}

/// Where it breaks: the first edge, and the clearest violation of each claim.
pub fn broken(evidence: &[Evidence]) -> Markup {
    let mut claims: Vec<&ClaimReport> = Vec::new();
    for e in evidence.iter().filter(|e| e.role != EvidenceRole::Control) {
        if !claims.iter().any(|known| known.header.id == e.claim.header.id) {
            claims.push(e.claim);
        }
    }
    let edge = claims.iter().flat_map(|claim| &claim.edges).next();
    let mut found: Vec<String> = edge.into_iter().map(words_of).collect();
    let whole = evidence.iter().filter(|e| e.role != EvidenceRole::Control);
    let whole: Vec<&Evidence> = whole.filter(|e| e.section.verdict == Verdict::Refuted).collect();
    for claim in &claims {
        let of_claim = whole.iter().filter(|e| e.claim.header.id == claim.header.id);
        let told = of_claim.filter_map(|e| Some((e, strongest(e.section)?)));
        let size = |e: &Evidence, row: &crate::claim::Outcome| score(e.section, row);
        let clearest = told.reduce(|a, b| if size(b.0, b.1.0) > size(a.0, a.1.0) { b } else { a });
        found.extend(clearest.map(|(_, (row, says))| {
            let law = row.axes.get("source").and_then(crate::claim::AxisValue::text).map(labels::source);
            law.map_or(says.clone(), |law| format!("{law}: {says}"))
        }));
    }
    let more = whole.len().saturating_sub(SHOWN);
    html! {
        @for says in found.iter().take(SHOWN) { div { (typeset(says)) } }
        @if more > 0 && found.len() > SHOWN { div class="missing" { "and " (more) " more" } }
        @if whole.is_empty() { span class="missing" { "none listed" } }
    }
}

/// Claims of the run that belong to no statement.
fn others(report: &Report) -> Markup {
    let tested: Vec<&str> = report
        .papers
        .iter()
        .flat_map(|paper| &paper.statements)
        .flat_map(|s| &s.tests)
        .map(|test| test.split('/').next().unwrap_or(test))
        .collect();
    let rest: Vec<&ClaimReport> =
        report.claims.iter().filter(|c| !tested.contains(&c.header.id.as_str())).collect();
    html! {
        @if report.claims.is_empty() { p { "This run was given no claims, so there is nothing to report." } }
        @if !rest.is_empty() {
            table class="answers cards" {
                thead { tr { th { "claim" } th { "verdict" } th { "measured" } th { "where it breaks" } } }
                tbody {
                    @for claim in rest {
                        tr {
                            th scope="row" { a href=(format!("#{}", claim.header.id)) { (typeset(&claim.header.statement)) } }
                            td data-label="verdict" { (verdict(claim.main.verdict)) @if !claim.ok { " " span class="tag" { "unexpected" } } }
                            td data-label="measured" { (typeset(&measured(&claim.main))) }
                            td data-label="breaks" { (broken(&own(claim))) }
                        }
                    }
                }
            }
        }
    }
}

/// A claim as evidence for itself.
pub fn own(claim: &ClaimReport) -> Vec<Evidence<'_>> {
    let sections = claim.stated().enumerate();
    sections
        .map(|(number, (section, is_break))| Evidence {
            claim,
            section,
            role: if is_break { EvidenceRole::Break } else { EvidenceRole::Main },
            number: number.max(1),
        })
        .collect()
}

/// What was run, and how to read it, in two lines.
fn run(report: &Report) -> Markup {
    let run = &report.run;
    let (controls, breaks) = answers::refuted(report);
    let date = if run.date.is_empty() { String::new() } else { format!(", {}", run.date) };
    html! {
        p class="facts" {
            b { "Run. " } "klaim " (run.klaim) (date) ", seed " (run.seed) ", " (run.backend) ": "
            (counted(report.claims.len(), "claim", "claims")) " on " (counted(report.sources.len(), "law", "laws")) ", "
            (digits::count(run.comparisons)) " comparisons, controls and breaks among them, that refute a correct claim by chance, or support one that is "
            "violated by more than its margin, with probability at most "
            i { "α" } " = " (digits::plain(run.level, 4)) ", all together; "
            (controls[0]) " of " (controls[1]) " false neighbours refuted, " (breaks[0]) " of " (breaks[1]) " predicted breaks found. Budget "
            (run.budget) ". Exit status " (report.exit) ": " (exit_meaning(report.exit)) "."
        }
        p class="facts" {
            b { "Read. " } "0.2246(22): the error in the last digits; ± " i { "h" } ": all intervals hold together; "
            "≤ 0.41: a bracket, an interval in place of a value; ✗ refuted. "
            i { "γ" } " is the SNR, " i { "M" } "(γ) the mmse and −" i { "M" } "′ its slope, ι = −ln p the information content, " i { "H" } " = Eι the entropy in nats, "
            i { "H" } sub { "½" } " the Rényi entropy of order ½, " i { "K" } " steps, " i { "d" } " dimensions, " i { "N" } " atoms; LAS is the loss-adaptive schedule. "
            @if !report.sources.is_empty() { "Laws are named as in " a href="#sources" { "the list" } ". " }
            a href="#reading" { "More" }
        }
    }
}

/// The findings of a collection: its table, and each statement folded.
pub fn findings(report: &Report, paper: &PaperReport) -> Markup {
    html! {
        section {
            h2 id="findings" { (paper.title) }
            p class="sentence" { (answers::sentence(paper)) }
            (table(report, paper))
            @for (k, s) in tested(paper) {
                details class="stated" {
                    summary { (k + 1) ". " (typeset(s.name())) }
                    (statement::section(report, paper, k, s))
                }
            }
        }
    }
}
