//! Rounds of sampling: strips of samples in parallel, merged in a tree fixed by their index.

use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};

use rayon::prelude::*;

use crate::backend::Backend;
use crate::error::Result;
use crate::estimate::{Estimate, Method};
use crate::moments::{Moments, Regression};
use crate::posterior::BATCH;
use crate::run::checkpoint::{Checkpoint, Strip};
use crate::run::ledger::Lane;
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
    work: Work,
    /// Columns still measured, indices into the lane's.
    active: Vec<usize>,
    moments: Moments,
    regression: Option<Regression>,
    /// Errors that the backend makes in the active readouts' means.
    bounds: Vec<f64>,
}

/// What the strips of a run share.
pub struct Conditions<'a> {
    /// Where samples are taken.
    pub backend: &'a dyn Backend,
    /// Finished strips, read before sampling and written after.
    pub checkpoint: Option<&'a Checkpoint>,
    /// Slice i of n, or everything.
    pub shard: Option<(u64, u64)>,
    /// Set by the user's Ctrl-C.
    pub stop: &'a AtomicBool,
    /// Called with the number of samples after each strip.
    pub progress: &'a (dyn Fn(u64) + Sync),
}

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
        Ok(Self { work, active, moments, regression: None, bounds })
    }

    /// Samples taken so far.
    pub fn n(&self) -> u64 {
        self.moments.n() * self.work.samples_per_row()
    }

    /// Stops measuring what no undecided case needs: `needed` are indices into the lane's readouts, increasing.
    pub fn narrow(&mut self, needed: &[usize]) {
        let controls = self.work.control_means().len();
        let place = |r: &usize| self.active.binary_search(r).expect("a readout once dropped is not needed again");
        let width = self.active.len();
        let columns: Vec<usize> = needed.iter().map(place).chain(width..width + controls).collect();
        self.moments = self.moments.select(&columns);
        self.bounds = needed.iter().map(|r| self.bounds[place(r)]).collect();
        self.active = needed.to_vec();
    }

    /// Takes the samples `from .. to` in [`STRIPS`] strips. Returns whether it came to the end (not stopped).
    ///
    /// # Errors
    /// A summand that is not finite; a checkpoint that cannot be read or written.
    pub fn sample(&mut self, from: u64, to: u64, conditions: &Conditions) -> Result<bool> {
        let work = &self.work;
        let names = work.names(&self.active);
        let length = (to - from) / STRIPS;
        let mine = |strip: &u64| conditions.shard.is_none_or(|(i, n)| strip % n == i);
        let controls = work.control_means().len();
        let find = |strip: u64| {
            let range = from + strip * length..from + (strip + 1) * length;
            let address = work.address(&range);
            let stored = conditions.checkpoint.and_then(|c| c.find(&address, &names, controls));
            (range, address, stored)
        };
        let strips: Vec<_> = (0..STRIPS).filter(mine).map(find).collect();
        let missing = strips.iter().any(|(.., stored)| stored.is_none());
        let backend = conditions.backend.name();
        let take = |measure: &Measure, bounds: &[f64]| -> Result<Vec<Option<Strip>>> {
            let strip = |(range, address, stored): (Range<u64>, String, Option<Strip>)| {
                if conditions.stop.load(Ordering::Relaxed) {
                    return Ok(None);
                }
                let strip = match stored {
                    Some(strip) => strip,
                    None => {
                        let mut own = bounds.to_vec();
                        own.resize(names.len(), 0.0);
                        let strip = Strip { backend: backend.clone(), moments: measure(range)?, bounds: own };
                        if let Some(checkpoint) = conditions.checkpoint {
                            checkpoint.append(&address, &names, &strip)?;
                        }
                        strip
                    }
                };
                (conditions.progress)(length);
                Ok(Some(strip))
            };
            strips.into_par_iter().map(strip).collect()
        };
        let strips = if missing {
            work.with(&self.active, (conditions.backend, to - from), take)?
        } else {
            take(&|_| unreachable!("every strip is stored"), &[])
        }?;
        let Some(strips) = strips.into_iter().collect::<Option<Vec<_>>>() else { return Ok(false) };
        if conditions.shard.is_none() {
            for strip in &strips {
                self.bounds.iter_mut().zip(&strip.bounds).for_each(|(bound, now)| *bound = bound.max(*now));
            }
            self.moments.merge(&merge_tree(strips.into_iter().map(|strip| strip.moments).collect()));
            let mut regression = self.moments.regress(self.work.control_means());
            regression.bound.iter_mut().zip(&self.bounds).for_each(|(all, own)| *all += own);
            self.regression = Some(regression);
        }
        Ok(true)
    }

    /// Joint estimates of the active readouts, and the position of readout `readout` among them.
    pub fn estimate(&self, readout: usize) -> Option<(&Regression, usize)> {
        let at = self.active.binary_search(&readout).ok()?;
        self.regression.as_ref().map(|regression| (regression, at))
    }

    /// The estimate of one active readout, after at least one round.
    pub fn read(&self, readout: usize) -> Option<Estimate> {
        let (regression, at) = self.estimate(readout)?;
        Some(Estimate {
            value: regression.value[at],
            std_err: regression.covariance[(at, at)].sqrt(),
            bound: regression.bound[at] + self.work.relative_bound() * regression.value[at].abs(),
            n: self.n(),
            method: Method::MonteCarlo,
            flags: regression.flags[at],
        })
    }

    /// The truncated mean of one active readout, an interval that misses with probability `level` whatever the tail;
    /// `None` before the first round, and where nothing is proven of the summands.
    pub fn truncated(&self, readout: usize, level: f64) -> Option<Estimate> {
        let at = self.active.binary_search(&readout).ok()?;
        let (envelope, from) = self.work.envelope(readout)?;
        let estimate = envelope.mean(&self.moments.summands(at, from), level)?;
        let value = from.map_or(estimate.value, |from| from - estimate.value);
        let own = self.bounds[at] + self.work.relative_bound() * value.abs();
        Some(Estimate { value, bound: estimate.bound + own, ..estimate })
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
