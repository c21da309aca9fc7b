//! A run on its way: what is to be measured next, and what follows from what was measured. Nothing
//! here samples, and the same parts lead to the same end whoever measured them, where and when.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use crate::claim::verdict::{self, Verdict};
use crate::claim::{Case, Claim, Outcome, Section};
use crate::error::{Error, Result};
use crate::numeric::moments::Pairs;
use crate::quantity::Need;
use crate::report::model::{Grids, SourceReport};
use crate::run::book::Book;
use crate::run::collected::{Collected, Held};
use crate::run::inventory::{Inventory, Paged, cases, needs_of};
use crate::run::judge::{self, CaseResult};
use crate::run::ledger::{self, Lane, LaneColumn, Ledger, Route};
use crate::run::options::Options;
use crate::run::part::Finding;
use crate::run::sampling::LaneState;
use crate::run::stage::{LaneUnit, Stage, StageUnit};
use crate::run::stop::Stop;
use crate::run::tightness;
use crate::run::tree::samples_after;

/// What a run found.
pub struct Found {
    /// Of every case, in the order of the cases of [`Claim::sections`].
    pub results: Vec<CaseResult>,
    /// What a page shows beside them.
    pub page: Page,
    /// The places that took samples, each once.
    pub backends: Vec<String>,
    /// Whether a stop came before all was measured.
    pub interrupted: bool,
}

/// What a page shows beside verdicts, as far as it was found.
#[derive(Default)]
pub struct Page {
    /// What is known of each source.
    pub sources: Vec<SourceReport>,
    /// The schedules that claims compare, by the number of the claim.
    pub grids: HashMap<usize, Grids>,
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
        needs_of(self.case)
    }

    fn decided(&self) -> bool {
        self.outcome.as_ref().is_some_and(|o| o.verdict != Verdict::Inconclusive)
    }
}

/// Where the numbers of a run come from, and the samples taken so far.
#[derive(Default)]
struct RunState {
    ledger: Ledger,
    /// In the ledger's order; none where a stop came before they were ready.
    lanes: Vec<LaneState>,
}

impl RunState {
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

/// Where a run stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Now {
    /// Before what needs no samples.
    Start,
    /// In this round of sampling.
    Round(u32),
    /// All that can be measured is.
    End,
}

/// A run on its way.
pub struct Session<'a> {
    options: &'a Options,
    stop: &'a Stop,
    inventory: Arc<Inventory>,
    /// Hash of the run that stages belong to.
    run: u64,
    /// What is found for a page of it.
    paged: Paged,
    open: Vec<OpenCase<'a>>,
    standing: RunState,
    now: Now,
    taken: u64,
    page: Page,
    backends: Vec<String>,
    interrupted: bool,
}

impl<'a> Session<'a> {
    /// Before anything is measured. Stages belong to the run with the hash `run`, where there is
    /// one; `paged` is found beside numbers.
    ///
    /// # Errors
    /// An `only` that names no case.
    pub fn new(
        claims: &'a [Claim],
        options: &'a Options,
        (run, paged): (Option<u64>, Paged),
        stop: &'a Stop,
    ) -> Result<Self> {
        let open = |(section, case)| OpenCase { section, case, outcome: None, samples: 0, closed: false };
        let open: Vec<OpenCase> = cases(claims, options)?.into_iter().map(open).collect();
        let inventory = Arc::new(Inventory::new(claims, open.iter().map(|open| open.case), options));
        Ok(Self {
            options,
            stop,
            run: run.unwrap_or_else(|| inventory.hash()),
            inventory,
            paged,
            open,
            standing: RunState::default(),
            now: Now::Start,
            taken: 0,
            page: Page::default(),
            backends: Vec::new(),
            interrupted: false,
        })
    }

    /// What the run is about.
    pub fn inventory(&self) -> &Arc<Inventory> {
        &self.inventory
    }

    /// Number of comparisons that share the level.
    pub fn comparisons(&self) -> u64 {
        self.options.comparisons.unwrap_or(self.open.len() as u64).max(1)
    }

    /// Number of cases that are measured on.
    pub fn unsettled(&self) -> usize {
        self.open.iter().filter(|case| !self.standing.settled(case)).count()
    }

    /// What is to be measured next; `None` where all is.
    pub fn stage(&mut self) -> Option<Stage> {
        loop {
            let (round, units) = match self.now {
                Now::End => return None,
                Now::Start => (0, self.inventory.units(self.paged)),
                Now::Round(round) => {
                    (round, self.lanes(self.taken..samples_after(round, self.options.budget)))
                }
            };
            if !units.is_empty() {
                return Some(Stage { run: self.run, round, units });
            }
            match self.now {
                Now::Start => self.now = Now::Round(1),
                _ => self.judge(),
            }
        }
    }

    /// The lanes of one round that an open case needs, with the columns that it needs.
    fn lanes(&mut self, range: std::ops::Range<u64>) -> Vec<StageUnit> {
        let mut needed = vec![BTreeSet::new(); self.standing.lanes.len()];
        let unsettled = self.open.iter().filter(|case| !self.standing.settled(case));
        for slot in unsettled.flat_map(OpenCase::needs).filter_map(|need| self.standing.ledger.slot(need)) {
            if let Some(needed) = needed.get_mut(slot.lane) {
                needed.insert(slot.column);
            }
        }
        let mut units = Vec::new();
        for (number, (lane, needed)) in self.standing.lanes.iter_mut().zip(&needed).enumerate() {
            if needed.is_empty() {
                continue;
            }
            lane.narrow(&needed.iter().copied().collect::<Vec<_>>());
            let (columns, sampled) = (lane.needs(), lane.sampled());
            if !columns.is_empty() {
                self.inventory.keep(number, columns.clone(), sampled);
                let pairs = Pairs::clone(&sampled.pairs);
                units.push(StageUnit::Lane(LaneUnit { lane: number, columns, pairs, range: range.clone() }));
            }
        }
        units
    }

    /// Takes in what was measured of `stage`, which is [`Session::stage`]. Where some of it is not
    /// there, the run was stopped and is over.
    ///
    /// # Errors
    /// A law that has no sampler.
    pub fn absorb(&mut self, stage: &Stage, mut collected: Collected) -> Result<()> {
        self.interrupted |= !collected.has(&stage.all());
        for backend in std::mem::take(&mut collected.backends) {
            if !self.backends.contains(&backend) {
                self.backends.push(backend);
            }
        }
        if self.now == Now::Start {
            self.standing = self.placed(stage, collected)?;
            self.now = Now::Round(1);
            if self.interrupted {
                self.judge();
            }
            return Ok(());
        }
        for (number, unit) in stage.units.iter().enumerate() {
            let StageUnit::Lane(lane) = unit else { continue };
            if let Some(node) = collected.whole(number, unit.leaves()) {
                self.standing.lanes[lane.lane].absorb(node.measured, lane.range.end);
            }
        }
        self.judge();
        Ok(())
    }

    /// Gives every number its route.
    fn placed(&mut self, stage: &Stage, collected: Collected) -> Result<RunState> {
        let (mut found, mut sources) = (Vec::new(), Vec::new());
        for (unit, held) in stage.units.iter().zip(collected.units) {
            let Held::Finding(Some(finding)) = held else { continue };
            match (unit, *finding) {
                (StageUnit::Need(number), finding) => found.push((*number, finding)),
                (StageUnit::Source(number), Finding::Source(report)) => sources.push((*number, report)),
                (StageUnit::Grids(number), Finding::Grids(Some(grids))) => {
                    drop(self.page.grids.insert(*number, grids))
                }
                _ => {}
            }
        }
        sources.sort_by_key(|(number, _)| *number);
        self.page.sources = sources.into_iter().map(|(_, report)| report).collect();
        let Inventory { needs, index, cases, .. } = &*self.inventory;
        let found = self.inventory.routes(found);
        let groups = ledger::groups(needs, &found, cases);
        let mut ledger = Ledger::of((needs, index.clone()), found, |number| groups[number]);
        let combined = self.combined(&ledger);
        let lanes: Vec<(Lane, Pairs)> =
            std::mem::take(&mut ledger.lanes).into_iter().zip(combined).collect();
        let lanes = LaneState::all(lanes, self.options.seed, self.stop)?;
        self.interrupted |= lanes.is_none();
        Ok(RunState { ledger, lanes: lanes.unwrap_or_default() })
    }

    /// For each lane the pairs of its columns that a case combines.
    fn combined(&self, ledger: &Ledger) -> Vec<Pairs> {
        let mut groups: Vec<Vec<Vec<usize>>> = vec![Vec::new(); ledger.lanes.len()];
        for case in &self.open {
            let mut own: HashMap<usize, BTreeSet<usize>> = HashMap::new();
            for slot in case.needs().filter_map(|need| ledger.slot(need)) {
                own.entry(slot.lane).or_default().insert(slot.column);
            }
            own.into_iter().for_each(|(lane, columns)| groups[lane].push(columns.into_iter().collect()));
        }
        let pairs = |(lane, groups): (&Lane, &Vec<Vec<usize>>)| {
            Pairs::within(lane.needs.len(), groups.iter().map(Vec::as_slice))
        };
        ledger.lanes.iter().zip(&groups).map(pairs).collect()
    }

    /// Ends a round: judges the cases that have its samples, closes those that need no more, and
    /// sees whether another round follows.
    fn judge(&mut self) {
        let Now::Round(round) = self.now else { return };
        let until = samples_after(round, self.options.budget);
        let comparisons = self.comparisons();
        let RunState { ledger, lanes } = &self.standing;
        for case in self.open.iter_mut().filter(|case| !case.closed) {
            if !self.standing.ready(case, until) {
                continue;
            }
            let spent = verdict::spent(self.options.level, comparisons, round, case.needs().count());
            let book = Book { ledger, lanes, stop: self.stop, spent };
            case.outcome = Some(judge::judge(&book, case.section, case.case));
            case.samples = if self.standing.sampled(case) { until } else { 0 };
        }
        self.close();
        self.taken = until;
        let settled = self.open.iter().all(|case| self.standing.settled(case));
        let last = until >= samples_after(u32::MAX, self.options.budget) || self.standing.lanes.is_empty();
        self.now = if self.interrupted || settled || last { Now::End } else { Now::Round(round + 1) };
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

    /// What was found.
    pub fn found(self) -> Found {
        let unmeasured = || Outcome::undecided(Error::Interrupted.to_string(), f64::NAN);
        let interrupted = self.interrupted;
        let result = |case: OpenCase| {
            let mut outcome = case.outcome.unwrap_or_else(unmeasured);
            let was_open = outcome.verdict == Verdict::Inconclusive && !case.closed;
            if interrupted && was_open && !outcome.reason.starts_with("interrupted") {
                outcome.reason = format!("interrupted: {}", outcome.reason);
            }
            CaseResult { outcome, samples: case.samples }
        };
        Found {
            results: self.open.into_iter().map(result).collect(),
            page: self.page,
            backends: self.backends,
            interrupted: self.interrupted,
        }
    }
}
