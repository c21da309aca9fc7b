//! Takes the samples of some leaves of one lane, in parallel.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;
use std::sync::mpsc::Sender;

use rayon::prelude::*;

use crate::backend::{Backend, Job, Open};
use crate::error::{Error, Result};
use crate::instrument::Instrument;
use crate::numeric::moments::{Moments, Pairs};
use crate::numeric::stream::Stream;
use crate::run::measured::Measured;
use crate::run::stop::Stop;
use crate::run::tree::{Leaves, Subtree};

/// An instrument with the lane of its random words.
#[derive(Clone)]
pub struct Sampled {
    /// Takes the samples.
    pub instrument: Arc<dyn Instrument>,
    /// The lane.
    pub stream: Stream,
    /// What each column is, in words.
    pub words: Arc<Vec<String>>,
    /// The pairs of columns, control variates not counted, that a case combines.
    pub pairs: Arc<Pairs>,
}

/// Where samples are taken, and until when.
#[derive(Clone, Copy)]
pub struct Conditions<'a> {
    /// Where samples are taken.
    pub backend: &'a Arc<dyn Backend>,
    /// Asked by the user's Ctrl-C.
    pub stop: &'a Stop,
}

impl Sampled {
    /// The instrument with its stream, which is named after its samples.
    pub fn new(instrument: Arc<dyn Instrument>, words: Vec<String>, pairs: Pairs, seed: u64) -> Self {
        let stream = Stream::named(seed, &instrument.samples());
        Self { instrument, stream, words: Arc::new(words), pairs: Arc::new(pairs) }
    }

    /// The same with some of its columns alone.
    pub fn select(&self, columns: &[usize]) -> Self {
        Self {
            instrument: self.instrument.select(columns).into(),
            stream: self.stream,
            words: Arc::new(columns.iter().map(|&c| self.words[c].clone()).collect()),
            pairs: Arc::new(self.pairs.select(columns)),
        }
    }

    /// The pairs of its columns and of the control variates after them.
    pub fn all_pairs(&self) -> Arc<Pairs> {
        Arc::new(self.pairs.with_controls(self.instrument.control_means().len()))
    }

    /// Takes the samples of the leaves `wanted`, in parallel and as far as a stop allows; `each` is
    /// given what is found of one leaf. Returns whether all were taken.
    ///
    /// A column with a summand that is not finite is left out of its leaf
    /// ([`Measured::failed`]), and the others are measured.
    ///
    /// # Errors
    /// A device that fails; what `each` refuses.
    pub fn take(
        &self,
        leaves: Leaves,
        wanted: Vec<Range<u64>>,
        conditions: Conditions,
        mut each: impl FnMut(Subtree) -> Result<()>,
    ) -> Result<bool> {
        if wanted.is_empty() {
            return Ok(true);
        }
        let (sampled, backend, stop) =
            (self.clone(), Arc::clone(conditions.backend), conditions.stop.clone());
        let run = move |sender: &Sender<Result<Subtree>>| {
            let ranges =
                wanted.iter().map(|run| leaves.samples(run.start).start..leaves.samples(run.end - 1).end);
            let samples = ranges.map(|range| range.end - range.start).sum();
            // Nobody listens after a stop.
            let tell = |first, found: Result<Measured>| {
                drop(sender.send(found.map(|measured| Subtree { level: 0, first, measured })));
            };
            let pairs = sampled.all_pairs();
            let job = sampled.job(&pairs);
            let open = match backend.open(&job, samples) {
                Ok(open) => open,
                Err(error @ (Error::NonFinite { .. } | Error::Unsupported { .. })) => {
                    let all = sampled.failed(&error.to_string());
                    return wanted.into_iter().flatten().for_each(|first| tell(first, Ok(all.clone())));
                }
                Err(error) => return tell(0, Err(error)),
            };
            let all = Vec::from_iter(0..sampled.words.len());
            let leaf = |leaf: usize| {
                let leaf = leaf as u64;
                if !stop.requested() {
                    tell(leaf, sampled.leaf(open.as_ref(), &backend, leaves.samples(leaf), &all));
                }
            };
            wanted.into_par_iter().for_each(|run| {
                (run.start as usize..run.end as usize).into_par_iter().with_max_len(1).for_each(leaf);
            });
        };
        let whole = conditions.stop.attend(run, |node| each(node?))?;
        Ok(whole && !conditions.stop.requested())
    }

    fn job<'a>(&'a self, pairs: &'a Arc<Pairs>) -> Job<'a> {
        Job { instrument: self.instrument.as_ref(), stream: self.stream, pairs: Some(pairs) }
    }

    /// What is found of the samples of `range`; `columns` are the places of its own among those
    /// that were asked for.
    fn leaf(
        &self,
        open: &dyn Open,
        backend: &Arc<dyn Backend>,
        range: Range<u64>,
        columns: &[usize],
    ) -> Result<Measured> {
        match open.run(range.clone()) {
            Ok(moments) => {
                let mut bounds = open.bounds().to_vec();
                bounds.resize(columns.len(), 0.0);
                Ok(Measured { failed: BTreeMap::new(), bounds, moments })
            }
            Err(Error::NonFinite { place, column, source_spec, seed, lane, sample, .. })
                if column < columns.len() =>
            {
                let quantity = self.words[column].clone();
                let own = Error::NonFinite { quantity, place, column, source_spec, seed, lane, sample };
                let kept: Vec<usize> = (0..columns.len()).filter(|&c| c != column).collect();
                let rest: Vec<usize> = kept.iter().map(|&c| columns[c]).collect();
                let mut measured = if rest.is_empty() {
                    self.failed("")
                } else {
                    let other = self.select(&kept);
                    let pairs = other.all_pairs();
                    let job = other.job(&pairs);
                    let open = backend.open(&job, range.end - range.start)?;
                    other.leaf(open.as_ref(), backend, range, &rest)?
                };
                measured.failed.insert(columns[column], own.to_string());
                Ok(measured)
            }
            Err(error @ (Error::NonFinite { .. } | Error::Unsupported { .. })) => {
                let mut none = self.failed("");
                none.failed = columns.iter().map(|&column| (column, error.to_string())).collect();
                Ok(none)
            }
            Err(error) => Err(error),
        }
    }

    /// Nothing of any column, for one reason.
    fn failed(&self, why: &str) -> Measured {
        let controls = self.instrument.control_means().len();
        Measured {
            failed: (0..self.words.len()).map(|column| (column, why.to_owned())).collect(),
            bounds: Vec::new(),
            moments: Moments::new(controls),
        }
    }
}
