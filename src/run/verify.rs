//! `verify`: measure every case of some claims, in rounds, until each is decided or the budget
//! ends.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use crate::claim::verdict::{self, Verdict};
use crate::claim::{Case, Claim, Input, Outcome, Section};
use crate::error::{Error, Result};
use crate::quantity::{Instruments, Need};
use crate::report::model::{Report, Run};
use crate::run::assemble::assemble;
use crate::run::book::Book;
use crate::run::judge::{self, CaseResult};
use crate::run::ledger::{Company, LaneColumn, Ledger, Route, Search};
use crate::run::options::Options;
use crate::run::sampling::LaneState;
use crate::run::strips::{Conditions, samples_after};
use crate::run::tightness;
use crate::run::watch::{Event, Watch};

/// What a run found.
pub struct Found {
    /// Of every case, in the order of the cases of [`Claim::sections`].
    pub results: Vec<CaseResult>,
    /// Whether a stop came before all was measured.
    pub interrupted: bool,
}

/// Runs `claims`; `command` and `backend` go into the report as they are. `None` for a shard, which
/// judges nothing.
///
/// # Errors
/// A checkpoint that cannot be used, a device that fails, an `only` that names no case.
pub fn verify(claims: &[Claim], options: &Options, watch: &Watch, run: Run) -> Result<Option<Report>> {
    let comparisons = comparisons(&open_cases(claims, options)?, options);
    let found = outcomes(claims, options, watch)?;
    let of_run = |interrupted| Run { comparisons, interrupted, ..run };
    Ok(found.map(|found| assemble(claims, options, found.results, of_run(found.interrupted), &watch.stop)))
}

/// Number of comparisons that share the level.
fn comparisons(open: &[OpenCase], options: &Options) -> u64 {
    options.comparisons.unwrap_or(open.len() as u64).max(1)
}

/// Measures and judges every case of `claims`. `None` for a shard, which judges nothing.
///
/// A case that cannot be measured (no route, a summand that is not finite, a stop) is inconclusive
/// and says why.
///
/// # Errors
/// A checkpoint that cannot be used, a device that fails, an `only` that names no case.
pub fn outcomes(claims: &[Claim], options: &Options, watch: &Watch) -> Result<Option<Found>> {
    let mut session = Session::new(claims, options, watch)?;
    let judges = options.shard.is_none();
    let mut taken = 0;
    for round in 1.. {
        let until = samples_after(round, options.budget);
        session.sample(round, taken..until)?;
        if judges {
            session.judge(round, until);
            session.close();
        }
        taken = until;
        let settled = judges && session.open.iter().all(|case| session.standing.settled(case));
        let last = until >= samples_after(u32::MAX, options.budget) || session.standing.lanes.is_empty();
        if session.interrupted || settled || last {
            break;
        }
    }
    Ok(judges.then(|| session.found()))
}

/// One case on its way to a verdict.
struct OpenCase<'a> {
    section: &'a Section,
    case: &'a Case,
    outcome: Option<Outcome>,
    /// Samples of its sources at the last judgement; 0 where nothing of it is sampled.
    samples: u64,
    /// Whether it is measured no further: decided, and not the one that may be its section's
    /// tightest.
    closed: bool,
}

impl OpenCase<'_> {
    fn needs(&self) -> impl Iterator<Item = &Need> {
        let sides =
            self.case.points.iter().flat_map(|p| std::iter::once(&p.lhs).chain(&p.rhs).chain(&p.abscissa));
        sides.flat_map(|bound| &bound.inputs).filter_map(|input| match input {
            Input::Need(need) => Some(need),
            Input::Number(_) => None,
        })
    }

    fn decided(&self) -> bool {
        self.outcome.as_ref().is_some_and(|o| o.verdict != Verdict::Inconclusive)
    }
}

/// All cases, or the one that `only` names.
fn open_cases<'a>(claims: &'a [Claim], options: &Options) -> Result<Vec<OpenCase<'a>>> {
    let mut open = Vec::new();
    for (name, section) in claims.iter().flat_map(Claim::sections) {
        for (i, case) in section.cases.iter().enumerate() {
            if options.only.as_ref().is_none_or(|only| *only == format!("{name}/{}", i + 1)) {
                open.push(OpenCase { section, case, outcome: None, samples: 0, closed: false });
            }
        }
    }
    match (&options.only, open.is_empty()) {
        (Some(only), true) => Err(Error::invalid(
            "--case",
            format!("`{only}` names no case; addresses look like main/1 or control-2/3"),
        )),
        _ => Ok(open),
    }
}

/// Where the numbers of a run come from, and the samples taken so far.
struct CaseState {
    ledger: Ledger,
    /// In the ledger's order; none where a stop came before they were ready.
    lanes: Vec<LaneState>,
}

impl CaseState {
    fn sampled(&self, case: &OpenCase) -> bool {
        case.needs().any(|need| self.ledger.slot(need).is_some())
    }

    /// Whether a case is measured no further: it is closed, or a number of it cannot be had.
    fn settled(&self, case: &OpenCase) -> bool {
        let missing = |need: &Need| match self.ledger.route(need) {
            Route::Known(_) => false,
            Route::Missing(_) => true,
            Route::Sampled(LaneColumn { lane, column }) => {
                self.lanes.get(*lane).is_some_and(|lane| lane.failure(*column).is_some())
            }
        };
        case.closed || case.needs().any(missing)
    }

    /// Whether a case can be judged as after `until` samples: each of its numbers has as many, or
    /// can have none.
    fn ready(&self, case: &OpenCase, until: u64) -> bool {
        let taken = |slot: LaneColumn| self.lanes.get(slot.lane).is_some_and(|lane| lane.taken() >= until);
        self.settled(case) || case.needs().filter_map(|need| self.ledger.slot(need)).all(taken)
    }
}

/// A run on its way.
struct Session<'a> {
    options: &'a Options,
    watch: &'a Watch<'a>,
    comparisons: u64,
    open: Vec<OpenCase<'a>>,
    standing: CaseState,
    interrupted: bool,
}

impl<'a> Session<'a> {
    /// Before the first sample: every number has its route.
    fn new(claims: &'a [Claim], options: &'a Options, watch: &'a Watch<'a>) -> Result<Self> {
        let open = open_cases(claims, options)?;
        let needs: Vec<&Need> = open.iter().flat_map(OpenCase::needs).collect();
        (watch.event)(Event::Needs(needs.len()));
        let (tools, stop) = (&Arc::new(Instruments::default()), &watch.stop);
        let found = &|| (watch.event)(Event::Found);
        let search = Search { method: options.method, company: Company::Shared, tools, stop, found };
        let mut ledger = Ledger::new(needs.into_iter(), search);
        let lanes = LaneState::all(std::mem::take(&mut ledger.lanes), options.seed, stop)?;
        let interrupted = ledger.interrupted || lanes.is_none();
        let standing = CaseState { ledger, lanes: lanes.unwrap_or_default() };
        Ok(Self { options, watch, comparisons: comparisons(&open, options), open, standing, interrupted })
    }

    /// Takes one round's samples on every lane that an open case needs; notes where a stop came
    /// before the end.
    fn sample(&mut self, round: u32, range: Range<u64>) -> Result<()> {
        let mut needed = vec![BTreeSet::new(); self.standing.lanes.len()];
        let unsettled: Vec<&OpenCase> =
            self.open.iter().filter(|case| !self.standing.settled(case)).collect();
        for slot in
            unsettled.iter().flat_map(|case| case.needs()).filter_map(|need| self.standing.ledger.slot(need))
        {
            if let Some(needed) = needed.get_mut(slot.lane) {
                needed.insert(slot.column);
            }
        }
        let active = needed.iter().filter(|n| !n.is_empty()).count() as u64;
        let samples = active * (range.end - range.start);
        (self.watch.event)(Event::Round { number: round, samples, open: unsettled.len() });
        let progress = |n| (self.watch.event)(Event::Sampled(n));
        let conditions = Conditions {
            backend: &self.watch.backend,
            checkpoint: self.watch.checkpoint,
            shard: self.options.shard,
            stop: &self.watch.stop,
            partial: false,
            progress: &progress,
        };
        for (lane, needed) in
            self.standing.lanes.iter_mut().zip(&needed).filter(|(_, needed)| !needed.is_empty())
        {
            lane.narrow(&needed.iter().copied().collect::<Vec<_>>());
            if !lane.sample(range.clone(), &conditions)? {
                self.interrupted = true;
                break;
            }
        }
        Ok(())
    }

    /// Judges the cases that have `until` samples, the end of round `round`.
    fn judge(&mut self, round: u32, until: u64) {
        let CaseState { ledger, lanes } = &self.standing;
        for case in self.open.iter_mut().filter(|case| !case.closed) {
            if !self.standing.ready(case, until) {
                continue;
            }
            let spent = verdict::spent(self.options.level, self.comparisons, round, case.needs().count());
            let book = Book { ledger, lanes, stop: &self.watch.stop, spent };
            case.outcome = Some(judge::judge(&book, case.section, case.case));
            case.samples = if self.standing.sampled(case) { until } else { 0 };
        }
    }

    /// Closes the cases that need no more samples: decided ones, unless they may be their section's
    /// tightest and are not yet known well enough to tell. A replay closes none: it ends with its
    /// budget, which is where the run left the case.
    fn close(&mut self) {
        for section in self.open.chunk_by_mut(|a, b| std::ptr::eq(a.section, b.section)) {
            let outcomes: Vec<Option<&Outcome>> = section.iter().map(|case| case.outcome.as_ref()).collect();
            let candidates =
                tightness::candidates(section[0].section.relation, &outcomes, self.options.budget);
            for (case, candidate) in section.iter_mut().zip(candidates) {
                let done = case.decided() && !candidate && self.options.only.is_none();
                case.closed |= done || !self.standing.sampled(case);
            }
        }
    }

    fn found(self) -> Found {
        let unmeasured = || Outcome::undecided(Error::Interrupted.to_string(), f64::NAN);
        let result = |case: OpenCase| CaseResult {
            outcome: case.outcome.unwrap_or_else(unmeasured),
            samples: case.samples,
        };
        Found { results: self.open.into_iter().map(result).collect(), interrupted: self.interrupted }
    }
}
