//! Rounds of sampling: strips of samples in parallel, merged in a tree fixed by their index.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;
use std::sync::mpsc::Sender;

use rayon::prelude::*;

use crate::backend::Backend;
use crate::channel::posterior::BATCH;
use crate::error::{Error, Result};
use crate::numeric::estimate::{Bracket, Estimate, Method};
use crate::numeric::moments::{Moments, Regression};
use crate::run::checkpoint::{Checkpoint, Strip};
use crate::run::ledger::Lane;
use crate::run::options::Shard;
use crate::run::stop::Stop;
use crate::run::work::{Measure, Work};

/// Strips of one round: the units of parallel work, of shards and of the checkpoint.
pub const STRIPS: u64 = 32;
/// Samples of the first round: one batch a strip.
pub const FIRST_ROUND: u64 = STRIPS * BATCH as u64;
/// Each round ends at this many times the samples of the one before.
pub const GROWTH: u64 = 4;

/// Samples taken by the end of round `round` (1, 2, …) under a budget: 2048·4^(round−1), at most the budget rounded up
/// to whole batches in every strip.
pub fn samples_after(round: u32, budget: u64) -> u64 {
    let cap = budget.div_ceil(FIRST_ROUND).max(1) * FIRST_ROUND;
    GROWTH.checked_pow(round - 1).and_then(|g| g.checked_mul(FIRST_ROUND)).map_or(cap, |n| n.min(cap))
}

/// One lane being sampled.
pub struct LaneState {
    work: Arc<Work>,
    /// Columns still measured, indices into the lane's.
    active: Vec<usize>,
    /// Index of the first sample that is still to be taken.
    taken: u64,
    moments: Moments,
    regression: Option<Regression>,
    /// Errors that the backend makes in the active readouts' means.
    bounds: Vec<f64>,
    /// Columns that cannot be measured, with why.
    failures: BTreeMap<usize, Arc<Error>>,
}

/// What the strips of a run share.
pub struct Conditions<'a> {
    /// Where samples are taken.
    pub backend: &'a Arc<dyn Backend>,
    /// Finished strips, read before sampling and written after.
    pub checkpoint: Option<&'a Checkpoint>,
    /// Slice i of n, or everything.
    pub shard: Option<Shard>,
    /// Asked by the user's Ctrl-C.
    pub stop: &'a Stop,
    /// Whether the finished strips of a round that a stop cuts short count. A verdict, which is given after whole rounds, has
    /// no use for them.
    pub partial: bool,
    /// Called with the number of samples after each strip.
    pub progress: &'a dyn Fn(u64),
}

/// What was found of one strip: its moments and the backend's bounds on the means.
type Found = Result<(Moments, Vec<f64>)>;

impl LaneState {
    /// A lane before its first sample.
    ///
    /// # Errors
    /// A law that has no sampler.
    pub fn new(lane: Lane, seed: u64) -> Result<Self> {
        let work = Work::new(lane, seed)?;
        let active: Vec<usize> = (0..work.width()).collect();
        let moments = Moments::new(active.len() + work.control_means().len());
        let bounds = vec![0.0; active.len()];
        Ok(Self {
            work: Arc::new(work),
            active,
            taken: 0,
            moments,
            regression: None,
            bounds,
            failures: BTreeMap::new(),
        })
    }

    /// The states of all `lanes`; `None` where a stop came first.
    ///
    /// # Errors
    /// As [`LaneState::new`].
    pub fn all(lanes: Vec<Lane>, seed: u64, stop: &Stop) -> Result<Option<Vec<Self>>> {
        stop.unless(move || lanes.into_iter().map(|lane| Self::new(lane, seed)).collect()).transpose()
    }

    /// Samples taken so far.
    pub fn n(&self) -> u64 {
        self.moments.n() * self.work.samples_per_row()
    }

    /// Index of the first sample that is still to be taken.
    pub fn taken(&self) -> u64 {
        self.taken
    }

    /// Stops measuring what no undecided case needs: `needed` are indices into the lane's readouts, increasing; those that
    /// cannot be measured are passed over.
    pub fn narrow(&mut self, needed: &[usize]) {
        let controls = self.work.control_means().len();
        let width = self.active.len();
        let needed: Vec<usize> = needed.iter().copied().filter(|r| !self.failures.contains_key(r)).collect();
        let place = |r: &usize| self.active.binary_search(r).expect("a readout once dropped is not needed again");
        let columns: Vec<usize> = needed.iter().map(place).chain(width..width + controls).collect();
        if needed.len() == width {
            return;
        }
        self.moments = self.moments.select(&columns);
        self.bounds = needed.iter().map(|r| self.bounds[place(r)]).collect();
        self.active = needed;
        // The last round's estimates stand, should the next one be interrupted.
        if self.regression.is_some() {
            self.regress();
        }
    }

    /// Takes the samples `from .. to` in [`STRIPS`] strips. Returns whether it came to the end (not stopped).
    ///
    /// A column with a summand that is not finite is left out ([`LaneState::failure`]), and the others are measured.
    ///
    /// # Errors
    /// A checkpoint that cannot be read or written; a device that fails.
    pub fn sample(&mut self, from: u64, to: u64, conditions: &Conditions) -> Result<bool> {
        while !self.active.is_empty() {
            let (strips, failed) = self.strips(from, to, conditions)?;
            if failed.is_empty() {
                let finished = strips.iter().all(Option::is_some);
                let strips: Vec<Strip> = strips.into_iter().flatten().collect();
                if conditions.shard.is_none() && (finished || conditions.partial) && !strips.is_empty() {
                    self.merge(strips);
                }
                self.taken = if finished { to } else { self.taken };
                return Ok(finished);
            }
            self.leave_out(failed);
        }
        Ok(true)
    }

    /// The strips of the active columns, `None` for those that a stop left behind, and the errors of the columns that cannot be
    /// measured, by index into the lane's: each that of the first sample, whatever ran first.
    ///
    /// # Errors
    /// As [`LaneState::sample`].
    #[expect(clippy::type_complexity, reason = "strips and failures, taken apart by the one caller")]
    fn strips(
        &self,
        from: u64,
        to: u64,
        conditions: &Conditions,
    ) -> Result<(Vec<Option<Strip>>, BTreeMap<usize, Error>)> {
        let names = self.work.names(&self.active);
        let controls = self.work.control_means().len();
        let length = (to - from) / STRIPS;
        let mine = |strip: &u64| conditions.shard.is_none_or(|shard| shard.holds(*strip));
        let ranges = (0..STRIPS).filter(mine).map(|strip| from + strip * length..from + (strip + 1) * length);
        let places: Vec<(Range<u64>, String)> =
            ranges.map(|range| (range.clone(), self.work.address(&range))).collect();
        let stored = |(_, address): &(_, String)| conditions.checkpoint?.find(address, &names, controls);
        let mut strips: Vec<Option<Strip>> = places.iter().map(stored).collect();
        strips.iter().flatten().for_each(|_| (conditions.progress)(length));
        let missing: Vec<(usize, Range<u64>)> =
            places.iter().enumerate().filter(|(k, _)| strips[*k].is_none()).map(|(k, (r, _))| (k, r.clone())).collect();
        let mut errors: Vec<(usize, Error)> = Vec::new();
        let backend = conditions.backend.name();
        self.measure(missing, to - from, conditions, |(k, found)| {
            match found {
                Ok((moments, mut bounds)) => {
                    bounds.resize(names.len(), 0.0);
                    let strip = Strip { backend: backend.clone(), moments, bounds };
                    if let Some(checkpoint) = conditions.checkpoint {
                        checkpoint.append(&places[k].1, &names, &strip)?;
                    }
                    (conditions.progress)(length);
                    strips[k] = Some(strip);
                }
                Err(error @ (Error::NonFinite { .. } | Error::Unsupported { .. })) => errors.push((k, error)),
                Err(error) => return Err(error),
            }
            Ok(())
        })?;
        errors.sort_by_key(|(k, _)| *k);
        Ok((strips, self.of_columns(errors)))
    }

    /// Measures the active columns over the ranges `missing`, in parallel; `each` is given what is found of range k.
    ///
    /// # Errors
    /// Those of `each`.
    fn measure(
        &self,
        missing: Vec<(usize, Range<u64>)>,
        samples: u64,
        conditions: &Conditions,
        each: impl FnMut((usize, Found)) -> Result<()>,
    ) -> Result<()> {
        let Some(&(first, _)) = missing.first() else { return Ok(()) };
        let (work, active) = (Arc::clone(&self.work), self.active.clone());
        let (backend, stop) = (Arc::clone(conditions.backend), conditions.stop.clone());
        let run = move |sender: &Sender<(usize, Found)>| {
            let take = |measure: &Measure, bounds: &[f64]| {
                missing.into_par_iter().with_max_len(1).for_each(|(k, range)| {
                    if !stop.requested() {
                        // Nobody listens after a stop.
                        let _ = sender.send((k, measure(range).map(|moments| (moments, bounds.to_vec()))));
                    }
                });
            };
            if let Err(error) = work.with(&active, (backend.as_ref(), samples), take) {
                let _ = sender.send((first, Err(error)));
            }
        };
        conditions.stop.attend(run, each).map(drop)
    }

    /// The columns that the `errors` of strips (in the order of the strips) make impossible: a readout's own where that is not
    /// finite, every one where a control variate is not or where the whole is refused.
    fn of_columns(&self, errors: Vec<(usize, Error)>) -> BTreeMap<usize, Error> {
        let mut failed = BTreeMap::new();
        for (_, error) in errors {
            match error {
                Error::NonFinite { column, source_spec, seed, lane, sample, .. } if column < self.active.len() => {
                    let column = self.active[column];
                    let quantity = self.work.words(column).to_owned();
                    let own = Error::NonFinite { quantity, column, source_spec, seed, lane, sample };
                    failed.entry(column).or_insert(own);
                }
                whole => {
                    let shared = Arc::new(whole);
                    for &column in &self.active {
                        failed.entry(column).or_insert_with(|| Error::Shared(Arc::clone(&shared)));
                    }
                }
            }
        }
        failed
    }

    /// Goes on without the columns `failed`.
    fn leave_out(&mut self, failed: BTreeMap<usize, Error>) {
        let rest: Vec<usize> = self.active.iter().copied().filter(|c| !failed.contains_key(c)).collect();
        self.narrow(&rest);
        self.failures.extend(failed.into_iter().map(|(column, error)| (column, Arc::new(error))));
    }

    fn merge(&mut self, strips: Vec<Strip>) {
        for strip in &strips {
            self.bounds.iter_mut().zip(&strip.bounds).for_each(|(bound, now)| *bound = bound.max(*now));
        }
        self.moments.merge(&merge_tree(strips.into_iter().map(|strip| strip.moments).collect()));
        self.regress();
    }

    fn regress(&mut self) {
        let mut regression = self.moments.regress(self.work.control_means());
        regression.bound.iter_mut().zip(&self.bounds).for_each(|(all, own)| *all += own);
        self.regression = Some(regression);
    }

    /// Why readout `readout` cannot be measured, if so.
    pub fn failure(&self, readout: usize) -> Option<&Arc<Error>> {
        self.failures.get(&readout)
    }

    /// Joint estimates of the active readouts, and the position of readout `readout` among them.
    pub fn estimate(&self, readout: usize) -> Option<(&Regression, usize)> {
        let at = self.active.binary_search(&readout).ok()?;
        self.regression.as_ref().map(|regression| (regression, at))
    }

    /// The estimate of one active readout, after at least one round.
    pub fn read(&self, readout: usize) -> Option<Estimate> {
        let (regression, at) = self.estimate(readout)?;
        let own = self.work.relative_bound() * regression.value[at].abs()
            + self.work.unseen(readout, regression.slopes[at].as_slice(), regression.n);
        Some(Estimate {
            value: regression.value[at],
            std_err: regression.covariance[(at, at)].sqrt(),
            bound: regression.bound[at] + own,
            n: self.n(),
            method: Method::MonteCarlo,
            flags: regression.flags[at],
        })
    }

    /// The truncated mean of one active readout, an interval that misses with probability `level` whatever the tail;
    /// `None` before the first round, and where nothing is proven of the summands.
    pub fn truncated(&self, readout: usize, level: f64) -> Option<Bracket> {
        let at = self.active.binary_search(&readout).ok()?;
        let (envelope, from) = self.work.envelope(readout)?;
        let found = envelope.mean(&self.moments.summands(at, from), level)?;
        let [low, high] = from.map_or([found.low, found.high], |from| [from - found.high, from - found.low]);
        let own = |end: f64| self.bounds[at] + self.work.relative_bound() * end.abs();
        Some(Bracket { low: low - own(low), high: high + own(high), ..found })
    }

    /// Largest std_err/|value| among the active readouts; ∞ before the first round and where a value is 0.
    pub fn worst_relative_error(&self) -> f64 {
        let relative = |e: Estimate| if e.value == 0.0 { f64::INFINITY } else { e.std_err / e.value.abs() };
        self.active.iter().map(|&r| self.read(r).map_or(f64::INFINITY, relative)).fold(0.0, f64::max)
    }

    /// The law being sampled.
    pub fn source(&self) -> &crate::source::Source {
        self.work.source()
    }
}

/// Merges neighbours, then neighbours of those: a tree fixed by the index.
fn merge_tree(mut level: Vec<Moments>) -> Moments {
    while level.len() > 1 {
        level = level
            .chunks(2)
            .map(|pair| {
                let mut left = pair[0].clone();
                pair.iter().skip(1).for_each(|right| left.merge(right));
                left
            })
            .collect();
    }
    level.pop().expect("a round has strips")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_grow_to_the_budget() {
        let budget = 100_000;
        let n: Vec<u64> = (1..5).map(|r| samples_after(r, budget)).collect();
        assert_eq!(n, [2048, 8192, 32768, 100_352]);
        assert_eq!(samples_after(40, u64::MAX / 8192), samples_after(41, u64::MAX / 8192));
    }
}
