//! `verify`: measure every case of some claims, in rounds, until each is decided or the budget ends.

use std::sync::Arc;

use crate::claim::verdict::{self, Verdict};
use crate::claim::{Case, Claim, Input, Section};
use crate::error::{Error, Result};
use crate::quantity::{Instruments, Need};
use crate::report::model::{Report, Run};
use crate::run::assemble::assemble;
use crate::run::book::Book;
use crate::run::judge::{self, Outcome};
use crate::run::ledger::{Company, Ledger, Route};
use crate::run::options::Options;
use crate::run::sampling::{Conditions, LaneState, samples_after};
use crate::run::tightness;
use crate::run::watch::{Event, Watch};

/// One case on its way to a verdict.
struct Open<'a> {
    section: &'a Section,
    case: &'a Case,
    outcome: Option<Outcome>,
    /// Samples of its sources at the last judgement; 0 where nothing of it is sampled.
    samples: u64,
    /// Whether it is measured no further: decided, and not the one that may be its section's tightest.
    closed: bool,
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

    fn sampled(&self, ledger: &Ledger) -> bool {
        self.needs().any(|need| matches!(ledger.route(need), Route::Sampled { .. }))
    }

    /// Whether it is measured no further: it is closed, or a number of it cannot be had.
    fn settled(&self, ledger: &Ledger, lanes: &[LaneState]) -> bool {
        let missing = |need: &Need| match ledger.route(need) {
            Route::Known(_) => false,
            Route::Missing(_) => true,
            Route::Sampled { lane, readout } => lanes.get(*lane).is_some_and(|lane| lane.failure(*readout).is_some()),
        };
        self.closed || self.needs().any(missing)
    }

    /// Whether it can be judged as after `until` samples: each of its numbers has as many, or can have none.
    fn ready(&self, ledger: &Ledger, lanes: &[LaneState], until: u64) -> bool {
        let sampled = |need: &Need| match ledger.route(need) {
            Route::Sampled { lane, .. } => lanes.get(*lane).is_some_and(|lane| lane.taken() >= until),
            Route::Known(_) | Route::Missing(_) => true,
        };
        self.settled(ledger, lanes) || self.needs().all(sampled)
    }
}

/// What a run found.
pub struct Found {
    /// The outcome of every case with the samples taken of its sources, in the order of the cases of [`Claim::sections`].
    pub outcomes: Vec<(Outcome, u64)>,
    /// Whether a stop came before all was measured.
    pub interrupted: bool,
}

/// Runs `claims`; `command` and `backend` go into the report as they are. `None` for a shard, which judges nothing.
///
/// # Errors
/// Those of [`outcomes`].
pub fn verify(claims: &[Claim], options: &Options, watch: &Watch, run: Run) -> Result<Option<Report>> {
    let comparisons = comparisons(&open_cases(claims, options)?, options);
    let found = outcomes(claims, options, watch)?;
    let of_run = |interrupted| Run { comparisons, interrupted, ..run };
    Ok(found.map(|found| assemble(claims, options, found.outcomes, of_run(found.interrupted), &watch.stop)))
}

/// Number of comparisons that share the level.
fn comparisons(open: &[Open], options: &Options) -> u64 {
    options.comparisons.unwrap_or(open.len() as u64).max(1)
}

/// Measures and judges every case of `claims`. `None` for a shard, which judges nothing.
///
/// A case that cannot be measured (no route, a summand that is not finite, a stop) is inconclusive and says why.
///
/// # Errors
/// A checkpoint that cannot be used, a device that fails, an `only` that names no case.
pub fn outcomes(claims: &[Claim], options: &Options, watch: &Watch) -> Result<Option<Found>> {
    let mut open = open_cases(claims, options)?;
    let comparisons = comparisons(&open, options);
    let tools = Arc::new(Instruments::default());
    let needs: Vec<&Need> = open.iter().flat_map(Open::needs).collect();
    (watch.event)(Event::Needs(needs.len()));
    let found = || (watch.event)(Event::Found);
    let mut ledger = Ledger::new(needs.into_iter(), options.method, (&tools, &watch.stop), Company::Shared, &found);
    let lanes = LaneState::all(std::mem::take(&mut ledger.lanes), options.seed, &watch.stop)?;
    let mut interrupted = ledger.interrupted || lanes.is_none();
    let mut lanes = lanes.unwrap_or_default();

    let mut taken = 0;
    for round in 1.. {
        let until = samples_after(round, options.budget);
        interrupted |= !sample_round(&open, &ledger, &mut lanes, (taken, until), options, watch, round)?;
        if options.shard.is_none() {
            for case in open.iter_mut().filter(|o| !o.closed) {
                if !case.ready(&ledger, &lanes, until) {
                    continue;
                }
                let spent = verdict::spent(options.level, comparisons, round, case.needs().count());
                let book = Book { ledger: &ledger, lanes: &lanes, stop: &watch.stop, spent };
                case.outcome = Some(judge::judge(&book, case.section, case.case));
                case.samples = if case.sampled(&ledger) { until } else { 0 };
            }
            close(&mut open, &ledger, options);
        }
        taken = until;
        let all_settled = options.shard.is_none() && open.iter().all(|case| case.settled(&ledger, &lanes));
        if interrupted || all_settled || until >= samples_after(u32::MAX, options.budget) || lanes.is_empty() {
            break;
        }
    }
    if options.shard.is_some() {
        return Ok(None);
    }
    let unmeasured = || judge::undecided(Error::Interrupted.to_string(), f64::NAN);
    let outcomes = open.into_iter().map(|o| (o.outcome.unwrap_or_else(unmeasured), o.samples)).collect();
    Ok(Some(Found { outcomes, interrupted }))
}

/// Closes the cases that need no more samples: decided ones, unless they may be their section's tightest and are not yet known well
/// enough to tell. A replay closes none: it ends with its budget, which is where the run left the case.
fn close(open: &mut [Open], ledger: &Ledger, options: &Options) {
    for section in open.chunk_by_mut(|a, b| std::ptr::eq(a.section, b.section)) {
        let outcomes: Vec<Option<&Outcome>> = section.iter().map(|case| case.outcome.as_ref()).collect();
        let candidates = tightness::candidates(section[0].section.relation, &outcomes, options.budget);
        for (case, candidate) in section.iter_mut().zip(candidates) {
            let done = case.decided() && !candidate && options.only.is_none();
            case.closed |= done || !case.sampled(ledger);
        }
    }
}

/// All cases, or the one that `only` names.
fn open_cases<'a>(claims: &'a [Claim], options: &Options) -> Result<Vec<Open<'a>>> {
    let mut open = Vec::new();
    for claim in claims {
        for (name, section) in claim.sections() {
            for (i, case) in section.cases.iter().enumerate() {
                if options.only.as_ref().is_none_or(|only| *only == format!("{name}/{}", i + 1)) {
                    open.push(Open { section, case, outcome: None, samples: 0, closed: false });
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

/// Takes one round's samples on every lane that an open case needs. Returns whether it came to the end.
fn sample_round(
    open: &[Open],
    ledger: &Ledger,
    lanes: &mut [LaneState],
    (from, to): (u64, u64),
    options: &Options,
    watch: &Watch,
    round: u32,
) -> Result<bool> {
    let mut needed = vec![std::collections::BTreeSet::new(); lanes.len()];
    let unsettled = || open.iter().filter(|case| !case.settled(ledger, lanes));
    for need in unsettled().flat_map(Open::needs) {
        if let Route::Sampled { lane, readout } = ledger.route(need)
            && let Some(needed) = needed.get_mut(*lane)
        {
            needed.insert(*readout);
        }
    }
    let active = needed.iter().filter(|n| !n.is_empty()).count() as u64;
    (watch.event)(Event::Round(round, active * (to - from), unsettled().count()));
    let progress = |n| (watch.event)(Event::Sampled(n));
    let conditions = Conditions {
        backend: &watch.backend,
        checkpoint: watch.checkpoint,
        shard: options.shard,
        stop: &watch.stop,
        partial: false,
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
