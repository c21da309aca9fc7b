//! From outcomes to the report.

use std::path::{Path, PathBuf};

use crate::claim::verdict::Verdict;
use crate::claim::{Case, Claim, Outcome, Section, papers_of};
use crate::error::Result;
use crate::report::edges::edges;
use crate::report::model::{AnswerStanding, PaperReport};
use crate::report::model::{ClaimReport, Grids, Report, Run, SCHEMA, SectionReport};
use crate::report::papers::papers;
use crate::run::inventory::needs_of;
use crate::run::judge::CaseResult;
use crate::run::options::Options;
use crate::run::prove;
use crate::run::replay;
use crate::run::session::{Found, Page};
use crate::run::stop::Stop;
use crate::table::files;

/// The report of a run from what it found, with the answers to the statements of its claims' papers
/// (none for a single case). Grids and sources that a stop left out are missing in it, and what is
/// to be proved is undecided from a stop on.
///
/// # Errors
/// A `paper.toml` beside a claim that does not read.
pub fn assemble(claims: &[Claim], options: &Options, found: Found, run: Run, stop: &Stop) -> Result<Report> {
    let Found { results, page: Page { sources, mut grids }, .. } = found;
    let (mut results, files) = (results.into_iter(), files::read_so_far());
    let mut reports = Vec::new();
    let mut proofs = prove::outcomes(claims, options, stop).into_iter();
    for (number, claim) in claims.iter().enumerate() {
        let mut built = Vec::new();
        for (name, section) in claim.sections() {
            let mut rows = Vec::new();
            for (i, case) in section.cases.iter().enumerate() {
                let address = format!("{name}/{}", i + 1);
                if options.only.as_ref().is_none_or(|only| *only == address) {
                    let CaseResult { outcome, samples } = results.next().expect("one result per case");
                    let outcome = Outcome { axes: case.axes.clone(), ..outcome };
                    let outcome = prove::at_least(options.evidence, section, case, outcome, stop);
                    let (result, files) = (CaseResult { outcome, samples }, files_of(case, &files));
                    let replay = replay::command((claim, &address), &result, &files, &run, options.method);
                    rows.push(Outcome { replay, ..result.outcome });
                }
            }
            for (address, every) in prove::addresses(&name, section, options) {
                let outcome = proofs.next().expect("one result per proof");
                let outcome = Outcome { axes: every.axes.clone(), ..outcome };
                let result = CaseResult { outcome, samples: 0 };
                let replay = replay::command((claim, &address), &result, &[], &run, options.method);
                rows.push(Outcome { replay, ..result.outcome });
            }
            built.push(section_report(section, rows, options.only.is_some()));
        }
        reports.push(claim_report(claim, built, grids.remove(&number)));
    }
    let known = if options.only.is_some() { Vec::new() } else { papers_of(claims)? };
    let papers = papers(&known, &reports);
    let exit = exit_status(&reports, &papers);
    let run = Run { interrupted: run.interrupted || stop.requested(), ..run };
    Ok(Report { schema: SCHEMA, run, claims: reports, papers, sources, exit })
}

/// The data files among `files` that the laws and denoisers of `case` are read from.
fn files_of(case: &Case, files: &[(PathBuf, u64)]) -> Vec<(PathBuf, u64)> {
    let named = |path: &Path| {
        let name = path.to_string_lossy();
        needs_of(case).any(|need| need.names_file(&name))
    };
    files.iter().filter(|(path, _)| named(path)).cloned().collect()
}

/// 0 all as expected, 1 something decided otherwise or an answer not as stated, 3 nothing wrong but
/// something inconclusive.
fn exit_status(claims: &[ClaimReport], papers: &[PaperReport]) -> u8 {
    let mut answers = papers.iter().flat_map(|paper| &paper.statements);
    let sections =
        || claims.iter().flat_map(|c| std::iter::once(&c.main).chain(&c.controls).chain(&c.breaks));
    if sections().any(|s| !s.ok && s.verdict != Verdict::Inconclusive)
        || answers.any(|s| s.standing == AnswerStanding::NotAsStated)
    {
        1
    } else if sections().any(|s| !s.ok) {
        3
    } else {
        0
    }
}

fn claim_report(claim: &Claim, mut sections: Vec<SectionReport>, grids: Option<Grids>) -> ClaimReport {
    let ok = sections.iter().all(|s| s.ok);
    let breaks = sections.split_off(1 + claim.controls.len());
    let controls = sections.split_off(1);
    let main = sections.pop().expect("a claim has a main section");
    let edges = edges(&main, &breaks);
    ClaimReport { header: claim.header.clone(), main, controls, breaks, edges, grids, ok }
}

fn section_report(section: &Section, rows: Vec<Outcome>, single: bool) -> SectionReport {
    let verdict = section_verdict(&rows);
    let first = section.cases.first().and_then(|case| case.points.first());
    let rhs = first.and_then(|point| point.rhs.as_ref());
    let alternatives = rhs.map_or(Vec::new(), |rhs| rhs.expression.alternatives());
    SectionReport {
        alternatives: alternatives.into_iter().map(str::to_owned).collect(),
        why: section.why.clone(),
        lhs: section.lhs.clone(),
        relation: section.relation,
        rhs: section.rhs.clone(),
        slope: section.slope.clone(),
        constants: section.constants.clone(),
        hypotheses: section.hypotheses.clone(),
        left_out: section.left_out,
        verdict,
        expected: section.expected,
        // A replayed row is compared by the reader, not against the section's expectation.
        ok: single || verdict == section.expected,
        rows,
    }
}

/// Refuted if any row is, supported if all are.
fn section_verdict(rows: &[Outcome]) -> Verdict {
    if rows.iter().any(|r| r.verdict == Verdict::Refuted) {
        Verdict::Refuted
    } else if rows.iter().all(|r| r.verdict == Verdict::Supported) {
        Verdict::Supported
    } else {
        Verdict::Inconclusive
    }
}
