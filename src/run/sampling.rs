//! A lane being sampled: strips of samples, merged in a tree fixed by their index, and what its
//! columns are then.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use crate::error::{Error, Result};
use crate::instrument::Enveloped;
use crate::numeric::estimate::{Bracket, Estimate, Method};
use crate::numeric::moments::{Moments, Regression};
use crate::numeric::stream::Stream;
use crate::run::checkpoint::Strip;
use crate::run::ledger::Lane;
use crate::run::stop::Stop;
use crate::run::strips::{Conditions, Sampled, Taken};
use crate::source::Source;

/// One lane being sampled.
pub struct LaneState {
    /// Takes the samples; with the columns still measured alone.
    sampled: Sampled,
    /// Where its columns stand among those that the lane began with.
    active: Vec<usize>,
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
            active: (0..columns).collect(),
            words,
            taken: 0,
            moments: Moments::new(columns + instrument.control_means().len()),
            sampled: Sampled {
                stream: Stream::named(seed, &instrument.samples()),
                instrument: instrument.into(),
            },
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
        self.moments.n() * self.sampled.instrument.samples_per_row()
    }

    /// Index of the first sample that is still to be taken.
    pub fn taken(&self) -> u64 {
        self.taken
    }

    /// The law being sampled.
    pub fn source(&self) -> &Source {
        self.sampled.instrument.source()
    }

    /// Stops measuring what no undecided case needs: `needed` are columns that the lane began with,
    /// increasing; those that cannot be measured are passed over.
    pub fn narrow(&mut self, needed: &[usize]) {
        let needed: Vec<usize> = needed.iter().copied().filter(|c| !self.failures.contains_key(c)).collect();
        let (width, controls) = (self.active.len(), self.sampled.instrument.control_means().len());
        if needed.len() == width {
            return;
        }
        let place =
            |c: &usize| self.active.binary_search(c).expect("a column once dropped is not needed again");
        let kept: Vec<usize> = needed.iter().map(place).collect();
        let columns: Vec<usize> = kept.iter().copied().chain(width..width + controls).collect();
        self.moments = self.moments.select(&columns);
        self.bounds = kept.iter().map(|&at| self.bounds[at]).collect();
        self.sampled.instrument = self.sampled.instrument.select(&kept).into();
        self.active = needed;
        // The last round's estimates stand, should the next one be interrupted.
        if self.regression.is_some() {
            self.regress();
        }
    }

    /// Takes the samples of `range` in [strips](crate::run::strips::STRIPS). Returns whether it
    /// came to the end (not stopped).
    ///
    /// A column with a summand that is not finite is left out ([`LaneState::failure`]), and the
    /// others are measured.
    ///
    /// # Errors
    /// A checkpoint that cannot be read or written; a device that fails.
    pub fn sample(&mut self, range: Range<u64>, conditions: &Conditions) -> Result<bool> {
        while !self.active.is_empty() {
            let Taken { strips, errors } = self.sampled.take(&range, conditions)?;
            if errors.is_empty() {
                let finished = strips.iter().all(Option::is_some);
                let strips: Vec<Strip> = strips.into_iter().flatten().collect();
                if conditions.shard.is_none() && (finished || conditions.partial) && !strips.is_empty() {
                    self.merge(strips);
                }
                self.taken = if finished { range.end } else { self.taken };
                return Ok(finished);
            }
            let failed = self.of_columns(errors);
            self.leave_out(failed);
        }
        Ok(true)
    }

    /// The columns that the `errors` of strips (in the order of the strips) make impossible: a
    /// column's own where that is not finite, every one where a control variate is not or where the
    /// whole is refused.
    fn of_columns(&self, errors: Vec<Error>) -> BTreeMap<usize, Error> {
        let mut failed = BTreeMap::new();
        for error in errors {
            match error {
                Error::NonFinite { place, column, source_spec, seed, lane, sample, .. }
                    if column < self.active.len() =>
                {
                    let column = self.active[column];
                    let quantity = self.words[column].clone();
                    let own = Error::NonFinite { quantity, place, column, source_spec, seed, lane, sample };
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
        let mut regression = self.moments.regress(self.sampled.instrument.control_means());
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
        let own = self.sampled.instrument.relative_bound() * regression.value[at].abs()
            + self.sampled.instrument.unseen(at, regression.slopes[at].as_slice(), regression.n);
        Some(Estimate {
            value: regression.value[at],
            std_err: regression.covariance[(at, at)].sqrt(),
            bound: regression.bound[at] + own,
            n: self.n(),
            method: Method::MonteCarlo,
            flags: regression.flags[at],
        })
    }

    /// The truncated mean of one column still measured, an interval that misses with probability
    /// `level` whatever the tail; `None` before the first round, and where nothing is proven of the
    /// summands.
    pub fn truncated(&self, column: usize, level: f64) -> Option<Bracket> {
        let at = self.active.binary_search(&column).ok()?;
        let Enveloped { envelope, from } = self.sampled.instrument.envelope(at)?;
        let found = envelope.mean(&self.moments.summands(at, from), level)?;
        let [low, high] = from.map_or([found.low, found.high], |from| [from - found.high, from - found.low]);
        let own = |end: f64| self.bounds[at] + self.sampled.instrument.relative_bound() * end.abs();
        Some(Bracket { low: low - own(low), high: high + own(high), ..found })
    }

    /// Largest std_err/|value| among the columns still measured; ∞ before the first round and where
    /// a value is 0.
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
