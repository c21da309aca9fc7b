//! What a lane does with a range of samples: posterior readouts through a [`Job`], or statistics of simulated paths.

use std::ops::Range;
use std::sync::Arc;

use crate::backend::{Backend, Job, PathJob};
use crate::channel::exact::unseen::Unseen;
use crate::channel::posterior::envelope::envelope;
use crate::channel::posterior::{self, BATCH, Grid, Observable, Readout, Sampler, SnrPoint, Term, Weight};
use crate::error::Result;
use crate::numeric::moments::Moments;
use crate::numeric::stream::Stream;
use crate::numeric::truncated::Envelope;
use crate::process::Statistic;
use crate::run::ledger::{Columns, Lane};
use crate::source::Source;

/// Moments of columns over a range of samples.
pub type Measure<'a> = dyn Fn(Range<u64>) -> Result<Moments> + Sync + 'a;

/// A lane's columns with what measures them.
pub struct Work {
    source: Arc<Source>,
    /// Names the samples.
    name: String,
    stream: Stream,
    columns: Prepared,
    /// What each column is, in words.
    words: Vec<String>,
}

enum Prepared {
    Readouts {
        sampler: Box<dyn Sampler>,
        readouts: Vec<Readout>,
        tilted: bool,
        /// Of what plain samples may miss.
        unseen: Option<Box<Unseen>>,
    },
    Statistics {
        rows: usize,
        statistics: Vec<(String, Box<dyn Statistic>)>,
    },
}

impl Work {
    /// Prepares a lane; its stream is named after its source and after how that is sampled: plain readouts, tilted ones
    /// and statistics are independent.
    ///
    /// # Errors
    /// A law that has no posterior sampler.
    pub fn new(lane: Lane, seed: u64) -> Result<Self> {
        let name = format!("{}{}", lane.source.spec(), lane.columns.name());
        let columns = match lane.columns {
            Columns::Readouts { tilt, readouts } => {
                let tilted = tilt.and_then(|snr| posterior::tilted(&lane.source, snr));
                let is_tilted = tilted.is_some();
                let sampler = tilted.map_or_else(|| posterior::sampler(&lane.source), Ok)?;
                let unseen =
                    if is_tilted { None } else { Unseen::new(&lane.source, sampler.control_means()).map(Box::new) };
                Prepared::Readouts { sampler, readouts, tilted: is_tilted, unseen }
            }
            Columns::Statistics { rows, statistics } => Prepared::Statistics { rows, statistics },
        };
        Ok(Self { stream: Stream::named(seed, &name), name, columns, words: lane.words, source: lane.source })
    }

    /// What is proven of column `c`'s summands, or, where the second result is given, of its difference from that; `None` for
    /// tilted noise, for simulated paths and for sums over several SNRs.
    pub fn envelope(&self, c: usize) -> Option<(Envelope, Option<f64>)> {
        let Prepared::Readouts { readouts, tilted: false, sampler, .. } = &self.columns else { return None };
        let &[Term { point: SnrPoint::At(snr), observable, weight: Weight::Constant(1.0) }] = &readouts[c].terms[..]
        else {
            return None;
        };
        // Anchored summands may have either sign.
        if observable != Observable::Mmse && snr < sampler.anchored_below() {
            return None;
        }
        match observable {
            Observable::Information => {
                let shannon = self.source.pmf()?.shannon().value;
                Some((envelope(&self.source, Observable::PosteriorEntropy)?, Some(shannon)))
            }
            _ => Some((envelope(&self.source, observable)?, None)),
        }
    }

    /// How much `n` samples may have missed of column `c`'s mean and its own spread cannot tell, `slopes` being its coefficients of
    /// the control variates ([`crate::channel::exact::unseen`]).
    pub fn unseen(&self, c: usize, slopes: &[f64], n: u64) -> f64 {
        let Prepared::Readouts { readouts, unseen: Some(unseen), .. } = &self.columns else { return 0.0 };
        let places = |t: &Term| t.point.places().into_iter().map(|snr| (t.weight.at(snr), snr)).collect();
        let terms: Vec<_> = readouts[c].terms.iter().map(|t| (t.observable, places(t))).collect();
        unseen.bound(&terms, slopes, n as f64)
    }

    /// Number of columns, control variates not counted.
    pub fn width(&self) -> usize {
        match &self.columns {
            Prepared::Readouts { readouts, .. } => readouts.len(),
            Prepared::Statistics { statistics, .. } => statistics.len(),
        }
    }

    /// True means of the control variates, which stand after the columns.
    pub fn control_means(&self) -> &[f64] {
        match &self.columns {
            Prepared::Readouts { sampler, .. } => sampler.control_means(),
            Prepared::Statistics { .. } => &[],
        }
    }

    /// Bound on the relative error that the law's representation makes.
    pub fn relative_bound(&self) -> f64 {
        match &self.columns {
            Prepared::Readouts { sampler, .. } => sampler.relative_bound(),
            Prepared::Statistics { .. } => 0.0,
        }
    }

    /// Samples behind one row of the moments.
    pub fn samples_per_row(&self) -> u64 {
        match &self.columns {
            Prepared::Readouts { .. } => 1,
            Prepared::Statistics { rows, .. } => (BATCH / rows) as u64,
        }
    }

    /// The law being sampled.
    pub fn source(&self) -> &Source {
        &self.source
    }

    /// What column `c` is, in words: `mmse at snr 1`.
    pub fn words(&self, c: usize) -> &str {
        &self.words[c]
    }

    /// Names a range of this work's samples, whatever columns are taken of it.
    pub fn address(&self, range: &Range<u64>) -> String {
        format!("{}|seed {}|{range:?}", self.name, self.stream.seed())
    }

    /// The names of the columns `active`: the same name is the same functional.
    pub fn names(&self, active: &[usize]) -> Vec<String> {
        match &self.columns {
            Prepared::Readouts { readouts, .. } => active.iter().map(|&r| readouts[r].to_string()).collect(),
            Prepared::Statistics { statistics, .. } => active.iter().map(|&c| statistics[c].0.clone()).collect(),
        }
    }

    /// Calls `each` with the backend's bounds on the columns' rounding and a function that measures the columns `active` over a range of samples on a backend, all in all about
    /// `samples`.
    ///
    /// # Errors
    /// Those of [`Backend::open`] and [`Backend::open_paths`].
    pub fn with<T>(
        &self,
        active: &[usize],
        (backend, samples): (&dyn Backend, u64),
        each: impl FnOnce(&Measure, &[f64]) -> T,
    ) -> Result<T> {
        match &self.columns {
            Prepared::Readouts { sampler, readouts, .. } => {
                let readouts: Vec<Readout> = active.iter().map(|&r| readouts[r].clone()).collect();
                let job = Job {
                    source: &self.source,
                    sampler: sampler.as_ref(),
                    stream: self.stream,
                    grid: Grid::new(readouts.iter().flat_map(Readout::points)),
                    readouts: &readouts,
                };
                let open = backend.open(&job, samples)?;
                Ok(each(&|range| open.run(range), open.bounds()))
            }
            Prepared::Statistics { statistics, .. } => {
                let chosen: Vec<(&str, &dyn Statistic)> =
                    active.iter().map(|&c| (statistics[c].0.as_str(), statistics[c].1.as_ref())).collect();
                let job = PathJob { source: &self.source, stream: self.stream, statistics: &chosen };
                let open = backend.open_paths(&job, samples)?;
                Ok(each(&|range| open.run(range), open.bounds()))
            }
        }
    }
}
