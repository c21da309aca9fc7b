//! Rounds of sampling: strips of samples in parallel, merged in a tree fixed by their index.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;
use std::sync::mpsc::Sender;

use rayon::prelude::*;

use crate::backend::{Backend, Job};
use crate::channel::posterior::BATCH;
use crate::error::{Error, Result};
use crate::instrument::{Enveloped, Instrument};
use crate::numeric::estimate::{Bracket, Estimate, Method};
use crate::numeric::moments::{Moments, Regression};
use crate::numeric::stream::Stream;
use crate::run::checkpoint::{Checkpoint, Strip};
use crate::run::ledger::Lane;
use crate::run::options::Shard;
use crate::run::stop::Stop;
use crate::source::Source;

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
    /// Takes the samples; with the columns still measured alone.
    instrument: Arc<dyn Instrument>,
    /// Where its columns stand among those that the lane began with.
    active: Vec<usize>,
    stream: Stream,
    /// What each column that the lane began with is, in words.
    words: Vec<String>,
    /// Index of the first sample that is still to be taken.
    taken: u64,
    moments: Moments,
    regression: Option<Regression>,
    /// Errors that the backend makes in the columns' means.
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
    /// A slice of the strips, or everything.
    pub shard: Option<Shard>,
    /// Asked by the user's Ctrl-C.
    pub stop: &'a Stop,
    /// Whether the finished strips of a round that a stop cuts short count. A verdict, which is given after whole rounds, has
    /// no use for them.
    pub partial: bool,
    /// Called with the number of samples after each strip.
    pub progress: &'a dyn Fn(u64),
}

/// One strip of a round on its way.
struct Pending {
    range: Range<u64>,
    address: String,
    strip: Option<Strip>,
}

/// What was found of strip `index`.
struct Measured {
    index: usize,
    /// Its moments and the backend's bounds on the means.
    found: Result<(Moments, Vec<f64>)>,
}

impl LaneState {
    /// A lane before its first sample; its stream is named after its samples.
    ///
    /// # Errors
    /// A law that has no sampler.
    pub fn new(lane: Lane, seed: u64) -> Result<Self> {
        let Lane { mut instrument, words } = lane;
        instrument.prepare()?;
        let columns = instrument.columns();
        Ok(Self {
            stream: Stream::named(seed, &instrument.samples()),
            active: (0..columns).collect(),
            words,
            taken: 0,
            moments: Moments::new(columns + instrument.control_means().len()),
            instrument: instrument.into(),
            regression: None,
            bounds: vec![0.0; columns],
            failures: BTreeMap::new(),
        })
    }

    /// The states of all `lanes`; `None` where a stop came first.
    ///
    /// # Errors
    /// A law that has no sampler.
    pub fn all(lanes: Vec<Lane>, seed: u64, stop: &Stop) -> Result<Option<Vec<Self>>> {
        stop.unless(move || lanes.into_iter().map(|lane| Self::new(lane, seed)).collect()).transpose()
    }

    /// Samples taken so far.
    pub fn n(&self) -> u64 {
        self.moments.n() * self.instrument.samples_per_row()
    }

    /// Index of the first sample that is still to be taken.
    pub fn taken(&self) -> u64 {
        self.taken
    }

    /// The law being sampled.
    pub fn source(&self) -> &Source {
        self.instrument.source()
    }

    /// Stops measuring what no undecided case needs: `needed` are columns that the lane began with, increasing; those that
    /// cannot be measured are passed over.
    pub fn narrow(&mut self, needed: &[usize]) {
        let needed: Vec<usize> = needed.iter().copied().filter(|c| !self.failures.contains_key(c)).collect();
        let (width, controls) = (self.active.len(), self.instrument.control_means().len());
        if needed.len() == width {
            return;
        }
        let place = |c: &usize| self.active.binary_search(c).expect("a column once dropped is not needed again");
        let kept: Vec<usize> = needed.iter().map(place).collect();
        let columns: Vec<usize> = kept.iter().copied().chain(width..width + controls).collect();
        self.moments = self.moments.select(&columns);
        self.bounds = kept.iter().map(|&at| self.bounds[at]).collect();
        self.instrument = self.instrument.select(&kept).into();
        self.active = needed;
        // The last round's estimates stand, should the next one be interrupted.
        if self.regression.is_some() {
            self.regress();
        }
    }

    /// Takes the samples of `range` in [`STRIPS`] strips. Returns whether it came to the end (not stopped).
    ///
    /// A column with a summand that is not finite is left out ([`LaneState::failure`]), and the others are measured.
    ///
    /// # Errors
    /// A checkpoint that cannot be read or written; a device that fails.
    pub fn sample(&mut self, range: Range<u64>, conditions: &Conditions) -> Result<bool> {
        while !self.active.is_empty() {
            let mut places = self.places(&range, conditions);
            let failed = self.fill(&mut places, range.end - range.start, conditions)?;
            if failed.is_empty() {
                let strips: Vec<Strip> = places.iter_mut().filter_map(|place| place.strip.take()).collect();
                let finished = strips.len() == places.len();
                if conditions.shard.is_none() && (finished || conditions.partial) && !strips.is_empty() {
                    self.merge(strips);
                }
                self.taken = if finished { range.end } else { self.taken };
                return Ok(finished);
            }
            self.leave_out(failed);
        }
        Ok(true)
    }

    /// The names of the columns: the same name is the same functional.
    fn names(&self) -> Vec<String> {
        (0..self.active.len()).map(|c| self.instrument.name(c)).collect()
    }

    /// The strips of `range`, or the shard's, with what the checkpoint has of them.
    fn places(&self, range: &Range<u64>, conditions: &Conditions) -> Vec<Pending> {
        let (names, controls) = (self.names(), self.instrument.control_means().len());
        let length = (range.end - range.start) / STRIPS;
        let mine = |strip: &u64| conditions.shard.is_none_or(|shard| shard.holds(*strip));
        let place = |strip: u64| {
            let range = range.start + strip * length..range.start + (strip + 1) * length;
            let address = format!("{}|seed {}|{range:?}", self.instrument.samples(), self.stream.seed());
            let strip = conditions.checkpoint.and_then(|checkpoint| checkpoint.find(&address, &names, controls));
            if strip.is_some() {
                (conditions.progress)(length);
            }
            Pending { range, address, strip }
        };
        (0..STRIPS).filter(mine).map(place).collect()
    }

    /// Measures the strips that are missing, as far as a stop allows; `samples` are those of all strips together. Returns the
    /// errors of the columns that cannot be measured: each that of the first strip, whatever ran first.
    ///
    /// # Errors
    /// A checkpoint that cannot be written; a device that fails.
    fn fill(&self, places: &mut [Pending], samples: u64, conditions: &Conditions) -> Result<BTreeMap<usize, Error>> {
        let (names, backend) = (self.names(), conditions.backend.name());
        let missing: Vec<(usize, Range<u64>)> = places
            .iter()
            .enumerate()
            .filter(|(_, place)| place.strip.is_none())
            .map(|(index, place)| (index, place.range.clone()))
            .collect();
        let mut errors: Vec<(usize, Error)> = Vec::new();
        let keep = |Measured { index, found }| {
            match found {
                Ok((moments, mut bounds)) => {
                    bounds.resize(names.len(), 0.0);
                    let (strip, place) = (Strip { backend: backend.clone(), moments, bounds }, &mut places[index]);
                    if let Some(checkpoint) = conditions.checkpoint {
                        checkpoint.append(&place.address, &names, &strip)?;
                    }
                    (conditions.progress)(place.range.end - place.range.start);
                    place.strip = Some(strip);
                }
                Err(error @ (Error::NonFinite { .. } | Error::Unsupported { .. })) => errors.push((index, error)),
                Err(error) => return Err(error),
            }
            Ok(())
        };
        self.measure(missing, samples, conditions, keep)?;
        errors.sort_by_key(|(index, _)| *index);
        Ok(self.of_columns(errors.into_iter().map(|(_, error)| error)))
    }

    /// Measures the columns over the ranges `missing`, in parallel; `each` is given what is found.
    ///
    /// # Errors
    /// Those of `each`.
    fn measure(
        &self,
        missing: Vec<(usize, Range<u64>)>,
        samples: u64,
        conditions: &Conditions,
        each: impl FnMut(Measured) -> Result<()>,
    ) -> Result<()> {
        let Some(&(first, _)) = missing.first() else { return Ok(()) };
        let (instrument, stream) = (Arc::clone(&self.instrument), self.stream);
        let (backend, stop) = (Arc::clone(conditions.backend), conditions.stop.clone());
        let run = move |sender: &Sender<Measured>| {
            let job = Job { instrument: instrument.as_ref(), stream };
            // Nobody listens after a stop.
            let tell = |index, found| drop(sender.send(Measured { index, found }));
            let open = match backend.open(&job, samples) {
                Ok(open) => open,
                Err(error) => return tell(first, Err(error)),
            };
            missing.into_par_iter().with_max_len(1).for_each(|(index, range)| {
                if !stop.requested() {
                    tell(index, open.run(range).map(|moments| (moments, open.bounds().to_vec())));
                }
            });
        };
        conditions.stop.attend(run, each).map(drop)
    }

    /// The columns that the `errors` of strips (in the order of the strips) make impossible: a column's own where that is not
    /// finite, every one where a control variate is not or where the whole is refused.
    fn of_columns(&self, errors: impl Iterator<Item = Error>) -> BTreeMap<usize, Error> {
        let mut failed = BTreeMap::new();
        for error in errors {
            match error {
                Error::NonFinite { column, source_spec, seed, lane, sample, .. } if column < self.active.len() => {
                    let column = self.active[column];
                    let quantity = self.words[column].clone();
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
        let mut regression = self.moments.regress(self.instrument.control_means());
        regression.bound.iter_mut().zip(&self.bounds).for_each(|(all, own)| *all += own);
        self.regression = Some(regression);
    }

    /// Why a column that the lane began with cannot be measured, if so.
    pub fn failure(&self, column: usize) -> Option<&Arc<Error>> {
        self.failures.get(&column)
    }

    /// Joint estimates of the columns still measured, and the position of `column` among them.
    pub fn estimate(&self, column: usize) -> Option<(&Regression, usize)> {
        let at = self.active.binary_search(&column).ok()?;
        self.regression.as_ref().map(|regression| (regression, at))
    }

    /// The estimate of one column still measured, after at least one round.
    pub fn read(&self, column: usize) -> Option<Estimate> {
        let (regression, at) = self.estimate(column)?;
        let own = self.instrument.relative_bound() * regression.value[at].abs()
            + self.instrument.unseen(at, regression.slopes[at].as_slice(), regression.n);
        Some(Estimate {
            value: regression.value[at],
            std_err: regression.covariance[(at, at)].sqrt(),
            bound: regression.bound[at] + own,
            n: self.n(),
            method: Method::MonteCarlo,
            flags: regression.flags[at],
        })
    }

    /// The truncated mean of one column still measured, an interval that misses with probability `level` whatever the tail;
    /// `None` before the first round, and where nothing is proven of the summands.
    pub fn truncated(&self, column: usize, level: f64) -> Option<Bracket> {
        let at = self.active.binary_search(&column).ok()?;
        let Enveloped { envelope, from } = self.instrument.envelope(at)?;
        let found = envelope.mean(&self.moments.summands(at, from), level)?;
        let [low, high] = from.map_or([found.low, found.high], |from| [from - found.high, from - found.low]);
        let own = |end: f64| self.bounds[at] + self.instrument.relative_bound() * end.abs();
        Some(Bracket { low: low - own(low), high: high + own(high), ..found })
    }

    /// Largest std_err/|value| among the columns still measured; ∞ before the first round and where a value is 0.
    pub fn worst_relative_error(&self) -> f64 {
        let relative = |e: Estimate| if e.value == 0.0 { f64::INFINITY } else { e.std_err / e.value.abs() };
        self.active.iter().map(|&c| self.read(c).map_or(f64::INFINITY, relative)).fold(0.0, f64::max)
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
