//! `verify`: measure every case of some claims, in rounds, until each is decided or the budget ends.

use std::sync::atomic::Ordering;

use crate::claim::{Case, Claim, Input, Section};
use crate::error::{Error, Result};
use crate::quantity::{Instruments, Need};
use crate::report::model::{Report, Run};
use crate::run::MethodChoice;
use crate::run::assemble::{assemble, sections};
use crate::run::book::Book;
use crate::run::judge::{self, Outcome};
use crate::run::ledger::{Ledger, Route};
use crate::run::sampling::{Conditions, LaneState, samples_after};
use crate::run::watch::{Event, Watch};
use crate::verdict::{self, Verdict};

/// What a run is asked to do.
#[derive(Debug, Clone)]
pub struct Options {
    /// Seed of all randomness.
    pub seed: u64,
    /// Family-wise level α in (0, 1).
    pub level: f64,
    /// Most samples per source.
    pub budget: u64,
    /// Number of comparisons that share α; `None` counts the cases.
    pub comparisons: Option<u64>,
    /// Which evaluators may be used.
    pub method: MethodChoice,
    /// Slice i of n of every source's strips: samples and stores, judges nothing.
    pub shard: Option<(u64, u64)>,
    /// Only the case with this address (`main/3`, `control-1/2`).
    pub only: Option<String>,
}

/// One case on its way to a verdict.
struct Open<'a> {
    section: &'a Section,
    case: &'a Case,
    outcome: Option<Outcome>,
    /// Samples of its sources at the last judgement; 0 where nothing of it is sampled.
    samples: u64,
}

impl Open<'_> {
    fn needs(&self) -> impl Iterator<Item = &Need> {
        let sides = self.case.points.iter().flat_map(|p| std::iter::once(&p.lhs).chain(&p.rhs).chain(&p.abscissa));
        sides.flat_map(|bound| &bound.inputs).filter_map(|input| match input {
            Input::Need(need) => Some(need),
            Input::Number(_) => None,
        })
    }

    fn decided(&self) -> bool {
        self.outcome.as_ref().is_some_and(|o| o.verdict != Verdict::Inconclusive)
    }
}

/// Runs `claims`; `command` and `backend` go into the report as they are. `None` for a shard, which judges nothing.
///
/// # Errors
/// Those of [`outcomes`].
pub fn verify(claims: &[Claim], options: &Options, watch: &Watch, run: Run) -> Result<Option<Report>> {
    let comparisons = comparisons(&open_cases(claims, options)?, options);
    let outcomes = outcomes(claims, options, watch)?;
    Ok(outcomes.map(|outcomes| assemble(claims, options, outcomes, Run { comparisons, ..run })))
}

/// Number of comparisons that share the level.
fn comparisons(open: &[Open], options: &Options) -> u64 {
    options.comparisons.unwrap_or(open.len() as u64).max(1)
}

/// The outcome of every case of `claims` with the samples taken of its sources, in the order of the cases of [`sections`].
/// `None` for a shard, which judges nothing.
///
/// # Errors
/// A need without a route, a summand that is not finite, a checkpoint that cannot be used, an `only` that names no case.
pub fn outcomes(claims: &[Claim], options: &Options, watch: &Watch) -> Result<Option<Vec<(Outcome, u64)>>> {
    let mut open = open_cases(claims, options)?;
    let comparisons = comparisons(&open, options);
    let tools = Instruments::default();
    let needs: Vec<&Need> = open.iter().flat_map(Open::needs).collect();
    (watch.event)(Event::Needs(needs.len()));
    let mut ledger = Ledger::new(needs.into_iter(), options.method, &tools, &|| (watch.event)(Event::Found))?;
    let lanes = std::mem::take(&mut ledger.lanes);
    let mut lanes: Vec<LaneState> =
        lanes.into_iter().map(|l| LaneState::new(l, options.seed)).collect::<Result<_>>()?;

    let mut taken = 0;
    for round in 1.. {
        let until = samples_after(round, options.budget);
        let unfinished = open.iter().filter(|o| !o.decided()).count();
        let finished = sample_round(&open, &ledger, &mut lanes, (taken, until), options, watch, (round, unfinished))?;
        if finished && options.shard.is_none() {
            let z = verdict::z_score(options.level, comparisons, round);
            for case in open.iter_mut().filter(|o| !o.decided()) {
                let level = verdict::level_of(z) / case.needs().count().max(1) as f64;
                let book = Book { ledger: &ledger, lanes: &lanes, tools: &tools, level };
                case.outcome = Some(judge::judge(&book, case.section, case.case, z));
                let sampled = case.needs().any(|need| matches!(ledger.route(need), Route::Sampled { .. }));
                case.samples = if sampled { until } else { 0 };
            }
        }
        taken = until;
        let all_decided = options.shard.is_none() && open.iter().all(Open::decided);
        if !finished || all_decided || until >= samples_after(u32::MAX, options.budget) || lanes.is_empty() {
            break;
        }
    }
    if options.shard.is_some() {
        return Ok(None);
    }
    let stopped = watch.stop.load(Ordering::Relaxed);
    Ok(Some(open.into_iter().map(|o| (o.outcome.unwrap_or_else(|| unmeasured(stopped)), o.samples)).collect()))
}

/// All cases, or the one that `only` names.
fn open_cases<'a>(claims: &'a [Claim], options: &Options) -> Result<Vec<Open<'a>>> {
    let mut open = Vec::new();
    for claim in claims {
        for (name, section) in sections(claim) {
            for (i, case) in section.cases.iter().enumerate() {
                if options.only.as_ref().is_none_or(|only| *only == format!("{name}/{}", i + 1)) {
                    open.push(Open { section, case, outcome: None, samples: 0 });
                }
            }
        }
    }
    match (&options.only, open.is_empty()) {
        (Some(only), true) => {
            Err(Error::invalid("--case", format!("`{only}` names no case; addresses look like main/1 or control-2/3")))
        }
        _ => Ok(open),
    }
}

/// Takes one round's samples on every lane that an undecided case needs. Returns whether it came to the end.
fn sample_round(
    open: &[Open],
    ledger: &Ledger,
    lanes: &mut [LaneState],
    (from, to): (u64, u64),
    options: &Options,
    watch: &Watch,
    (round, unfinished): (u32, usize),
) -> Result<bool> {
    let mut needed = vec![std::collections::BTreeSet::new(); lanes.len()];
    for case in open.iter().filter(|o| !o.decided()) {
        for need in case.needs() {
            if let Route::Sampled { lane, readout } = ledger.route(need) {
                needed[*lane].insert(*readout);
            }
        }
    }
    let active = needed.iter().filter(|n| !n.is_empty()).count() as u64;
    (watch.event)(Event::Round(round, active * (to - from), unfinished));
    let progress = |n| (watch.event)(Event::Sampled(n));
    let conditions = Conditions {
        backend: watch.backend,
        checkpoint: watch.checkpoint,
        shard: options.shard,
        stop: watch.stop,
        progress: &progress,
    };
    for (lane, needed) in lanes.iter_mut().zip(&needed).filter(|(_, needed)| !needed.is_empty()) {
        lane.narrow(&needed.iter().copied().collect::<Vec<_>>());
        if !lane.sample(from, to, &conditions)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The outcome of a case that the user's stop left without a single round.
fn unmeasured(stopped: bool) -> Outcome {
    debug_assert!(stopped, "only a stop leaves a case unmeasured");
    Outcome {
        lhs: f64::NAN,
        rhs: f64::NAN,
        std_err: f64::NAN,
        half_width: f64::INFINITY,
        margin: f64::NAN,
        verdict: Verdict::Inconclusive,
        reason: "interrupted before its first round; `--resume` continues".into(),
        n: 0,
        method: crate::estimate::Method::MonteCarlo,
        flags: Default::default(),
        points: Vec::new(),
        alternatives: Vec::new(),
    }
}
