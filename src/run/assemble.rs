//! From outcomes to the report.

use std::sync::Arc;
use std::sync::mpsc::Sender;

use crate::claim::verdict::Verdict;
use crate::claim::{Claim, Input, Outcome, Point, Section};
use crate::quantity::Instruments;
use crate::report::model::{
    AssumptionReport, ClaimReport, Grids, Report, Run, SCHEMA, SectionReport, SourceReport,
};
use crate::run::judge::CaseResult;
use crate::run::options::Options;
use crate::run::pictures;
use crate::run::replay;
use crate::run::stop::Stop;
use crate::source::Source;
use crate::source::assume;

/// The report of a run from its results, in the order of the cases of [`Claim::sections`]. Pictures
/// and assumptions that are not ready when `stop` is asked for are left out, and the run is marked
/// interrupted.
pub fn assemble(
    claims: &[Claim],
    options: &Options,
    results: Vec<CaseResult>,
    mut run: Run,
    stop: &Stop,
) -> Report {
    let mut results = results.into_iter();
    let mut sources: Vec<Arc<Source>> = Vec::new();
    let mut reports = Vec::new();
    let tools = Arc::new(Instruments::default());
    for claim in claims {
        let mut built = Vec::new();
        for (name, section) in claim.sections() {
            let mut rows = Vec::new();
            for (i, case) in section.cases.iter().enumerate() {
                let address = format!("{name}/{}", i + 1);
                if options.only.as_ref().is_none_or(|only| *only == address) {
                    let CaseResult { outcome, samples } = results.next().expect("one result per case");
                    let replay = replay::command(claim, &address, samples, &run, options.method);
                    rows.push(Outcome { axes: case.axes.clone(), replay, ..outcome });
                }
            }
            for source in section.cases.iter().flat_map(|case| &case.points).flat_map(sources_of) {
                if !sources.iter().any(|s| s.spec() == source.spec()) {
                    sources.push(Arc::clone(source));
                }
            }
            built.push(section_report(section, rows, options.only.is_some()));
        }
        let (drawn, tools) = (claim.clone(), Arc::clone(&tools));
        let grids = options.only.is_none().then(|| stop.unless(move || pictures::schedules(&drawn, &tools)));
        let grids = grids.flatten().flatten();
        reports.push(claim_report(claim, built, grids));
    }
    let sources = source_reports(sources, stop);
    run.interrupted |= stop.requested();
    let exit = exit_status(&reports);
    Report { schema: SCHEMA, run, claims: reports, sources, exit }
}

/// The sources that a point's two sides speak of.
fn sources_of(point: &Point) -> impl Iterator<Item = &Arc<Source>> {
    let inputs = point.lhs.inputs.iter().chain(point.rhs.iter().flat_map(|rhs| &rhs.inputs));
    inputs.filter_map(|input| match input {
        Input::Need(need) => Some(&need.source),
        Input::Number(_) => None,
    })
}

/// 0 all as expected, 1 something decided otherwise, 3 nothing wrong but something inconclusive.
fn exit_status(claims: &[ClaimReport]) -> u8 {
    let sections =
        || claims.iter().flat_map(|c| std::iter::once(&c.main).chain(&c.controls).chain(&c.breaks));
    if sections().any(|s| !s.ok && s.verdict != Verdict::Inconclusive) {
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
    ClaimReport { header: claim.header.clone(), main, controls, breaks, grids, ok }
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

/// What is known of each of `sources`, as far as a stop allows.
fn source_reports(sources: Vec<Arc<Source>>, stop: &Stop) -> Vec<SourceReport> {
    let mut reports = Vec::with_capacity(sources.len());
    let examine = move |sender: &Sender<SourceReport>| {
        // Nobody listens after a stop.
        let _ = sources.iter().try_for_each(|source| sender.send(source_report(source)));
    };
    let keep = |report| {
        reports.push(report);
        Ok(())
    };
    stop.attend(examine, keep).expect("keeping a report cannot fail");
    reports
}

fn source_report(source: &Source) -> SourceReport {
    let of_pmf = |f: fn(&dyn crate::source::Pmf) -> f64| source.pmf().map_or(f64::INFINITY, f);
    SourceReport {
        spec: source.spec().into(),
        dim: source.dim(),
        shannon: of_pmf(|p| p.shannon().value),
        renyi_half: of_pmf(|p| p.renyi(0.5).value),
        info_variance: of_pmf(|p| p.info_variance().value),
        second_moment: source.second_moment().value,
        notes: source.notes().to_vec(),
        assumptions: assume::assess(source)
            .into_iter()
            .map(|f| AssumptionReport {
                name: f.assumption.name().into(),
                finding: f.verdict.to_string(),
                evidence: f.evidence,
            })
            .collect(),
    }
}
