//! The strips of one round: samples in parallel, each strip from the checkpoint or measured.

use std::ops::Range;
use std::sync::Arc;
use std::sync::mpsc::Sender;

use rayon::prelude::*;

use crate::backend::{Backend, Job};
use crate::channel::posterior::BATCH;
use crate::error::{Error, Result};
use crate::instrument::Instrument;
use crate::numeric::moments::Moments;
use crate::numeric::stream::Stream;
use crate::run::checkpoint::{Checkpoint, Strip};
use crate::run::options::Shard;
use crate::run::stop::Stop;

/// Strips of one round: the units of parallel work, of shards and of the checkpoint.
pub const STRIPS: u64 = 32;
/// Samples of the first round: one batch a strip.
pub const FIRST_ROUND: u64 = STRIPS * BATCH as u64;
/// Each round ends at this many times the samples of the one before.
pub const GROWTH: u64 = 4;

/// Samples taken by the end of round `round` (1, 2, …) under a budget: 2048·4^(round−1), at most
/// the budget rounded up to whole batches in every strip.
pub fn samples_after(round: u32, budget: u64) -> u64 {
    let cap = budget.div_ceil(FIRST_ROUND).max(1) * FIRST_ROUND;
    GROWTH.checked_pow(round - 1).and_then(|g| g.checked_mul(FIRST_ROUND)).map_or(cap, |n| n.min(cap))
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
    /// Whether the finished strips of a round that a stop cuts short count. A verdict, which is
    /// given after whole rounds, has no use for them.
    pub partial: bool,
    /// Called with the number of samples after each strip.
    pub progress: &'a dyn Fn(u64),
}

/// What came of a round's strips.
pub struct Taken {
    /// In the order of the samples; `None` for those that a stop left behind.
    pub strips: Vec<Option<Strip>>,
    /// Why columns cannot be measured, in the order of the strips.
    pub errors: Vec<Error>,
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

/// An instrument with the lane of its random words.
#[derive(Clone)]
pub struct Sampled {
    /// Takes the samples.
    pub instrument: Arc<dyn Instrument>,
    /// The lane.
    pub stream: Stream,
}

impl Sampled {
    /// Takes the samples of `range` in [`STRIPS`] strips, or the shard's share of them, as far as a
    /// stop allows.
    ///
    /// # Errors
    /// A checkpoint that cannot be read or written; a device that fails.
    pub fn take(&self, range: &Range<u64>, conditions: &Conditions) -> Result<Taken> {
        let names: Vec<String> = (0..self.instrument.columns()).map(|c| self.instrument.name(c)).collect();
        let mut pending = self.pending(range, &names, conditions);
        let missing =
            |(index, strip): (usize, &Pending)| strip.strip.is_none().then(|| (index, strip.range.clone()));
        let missing = pending.iter().enumerate().filter_map(missing).collect();
        let (mut errors, backend) = (Vec::<(usize, Error)>::new(), conditions.backend.name());
        let keep = |Measured { index, found }| {
            match found {
                Ok((moments, mut bounds)) => {
                    bounds.resize(names.len(), 0.0);
                    let (strip, pending) =
                        (Strip { backend: backend.clone(), moments, bounds }, &mut pending[index]);
                    if let Some(checkpoint) = conditions.checkpoint {
                        checkpoint.append(&pending.address, &names, &strip)?;
                    }
                    (conditions.progress)(pending.range.end - pending.range.start);
                    pending.strip = Some(strip);
                }
                Err(error @ (Error::NonFinite { .. } | Error::Unsupported { .. })) => {
                    errors.push((index, error))
                }
                Err(error) => return Err(error),
            }
            Ok(())
        };
        self.measure(missing, range.end - range.start, conditions, keep)?;
        errors.sort_by_key(|(index, _)| *index);
        let errors = errors.into_iter().map(|(_, error)| error).collect();
        Ok(Taken { strips: pending.into_iter().map(|pending| pending.strip).collect(), errors })
    }

    /// The strips of `range`, or the shard's, with what the checkpoint has of them.
    fn pending(&self, range: &Range<u64>, names: &[String], conditions: &Conditions) -> Vec<Pending> {
        let (samples, controls) = (self.instrument.samples(), self.instrument.control_means().len());
        let length = (range.end - range.start) / STRIPS;
        let mine = |strip: &u64| conditions.shard.is_none_or(|shard| shard.holds(*strip));
        let of = |strip: u64| {
            let range = range.start + strip * length..range.start + (strip + 1) * length;
            let address = format!("{samples}|seed {}|{range:?}", self.stream.seed());
            let strip =
                conditions.checkpoint.and_then(|checkpoint| checkpoint.find(&address, names, controls));
            if strip.is_some() {
                (conditions.progress)(length);
            }
            Pending { range, address, strip }
        };
        (0..STRIPS).filter(mine).map(of).collect()
    }

    /// Measures the columns over the ranges `missing`, in parallel; `each` is given what is found.
    ///
    /// # Errors
    /// What `each` refuses.
    fn measure(
        &self,
        missing: Vec<(usize, Range<u64>)>,
        samples: u64,
        conditions: &Conditions,
        each: impl FnMut(Measured) -> Result<()>,
    ) -> Result<()> {
        let Some(&(first, _)) = missing.first() else { return Ok(()) };
        let Self { instrument, stream } = self.clone();
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
