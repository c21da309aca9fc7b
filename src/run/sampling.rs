//! A lane being sampled: what the rounds have left of its columns.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::error::{Error, Result};
use crate::instrument::Enveloped;
use crate::numeric::estimate::{Bracket, Estimate, Method};
use crate::numeric::moments::{Moments, Pairs, Regression};
use crate::run::ledger::Lane;
use crate::run::measured::Measured;
use crate::run::stop::Stop;
use crate::run::take::Sampled;
use crate::source::Source;

/// One lane being sampled.
pub struct LaneState {
    /// Takes the samples; with the columns still measured alone.
    sampled: Sampled,
    /// Where its columns stand among those that the lane began with.
    active: Vec<usize>,
    /// The number of the need that each column is, of those that the lane began with.
    needs: Vec<usize>,
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
    /// A lane before its first sample; `pairs` of its columns are combined.
    ///
    /// # Errors
    /// A law that has no sampler.
    pub fn new(lane: Lane, pairs: Pairs, seed: u64) -> Result<Self> {
        let Lane { mut instrument, needs, words } = lane;
        instrument.prepare()?;
        let columns = instrument.columns();
        let sampled = Sampled::new(instrument.into(), words, pairs, seed);
        Ok(Self {
            active: (0..columns).collect(),
            needs,
            taken: 0,
            moments: Moments::of(sampled.all_pairs()),
            sampled,
            regression: None,
            bounds: vec![0.0; columns],
            failures: BTreeMap::new(),
        })
    }

    /// The states of all `lanes`, each with the pairs of its columns that are combined; `None`
    /// where a stop came first.
    ///
    /// # Errors
    /// A law that has no sampler.
    pub fn all(lanes: Vec<(Lane, Pairs)>, seed: u64, stop: &Stop) -> Result<Option<Vec<Self>>> {
        let all = move || lanes.into_iter().map(|(lane, pairs)| Self::new(lane, pairs, seed)).collect();
        stop.unless(all).transpose()
    }

    /// What takes the samples of the columns still measured.
    pub fn sampled(&self) -> &Sampled {
        &self.sampled
    }

    /// The numbers of the needs that the columns still measured are.
    pub fn needs(&self) -> Vec<usize> {
        self.active.iter().map(|&column| self.needs[column]).collect()
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
        self.sampled = self.sampled.select(&kept);
        self.active = needed;
        // The last round's estimates stand, should the next one be interrupted.
        if self.regression.is_some() {
            self.regress();
        }
    }

    /// Takes in what was measured of the columns still measured, up to the sample `taken`.
    pub fn absorb(&mut self, measured: Measured, taken: u64) {
        let Measured { failed, bounds, moments } = measured;
        let failed: BTreeMap<usize, String> =
            failed.into_iter().map(|(column, why)| (self.active[column], why)).collect();
        if !failed.is_empty() {
            let rest: Vec<usize> = self.active.iter().copied().filter(|c| !failed.contains_key(c)).collect();
            self.narrow(&rest);
            self.failures.extend(failed.into_iter().map(|(c, why)| (c, Arc::new(Error::Told(why)))));
        }
        self.taken = taken;
        if !self.active.is_empty() {
            self.bounds.iter_mut().zip(&bounds).for_each(|(bound, now)| *bound = bound.max(*now));
            self.moments.merge(&moments);
            self.regress();
        }
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
        let (instrument, slopes) = (&self.sampled.instrument, regression.slopes[at].as_slice());
        let size = |from: f64| self.moments.size(at, from);
        let own = instrument.relative_bound() * regression.value[at].abs()
            + instrument.rounding(at, regression.value[at])
            + instrument.unseen(at, slopes, regression.n, &size);
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
