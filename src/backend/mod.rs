//! Where samples are taken: a [`Job`] or a [`PathJob`] goes in, [`crate::numeric::moments::Moments`] come out.

pub mod choice;
pub mod cpu;
#[cfg(feature = "cuda")]
pub mod cuda;
pub mod options;
pub mod paths;

use std::ops::Range;

pub use paths::PathJob;

use crate::channel::posterior::{Grid, Readout, Sampler};
use crate::error::{Error, Result};
use crate::numeric::moments::Moments;
use crate::numeric::stream::Stream;
use crate::source::Source;

/// What is to be measured on one source, whatever the number of samples.
pub struct Job<'a> {
    /// The law, for messages.
    pub source: &'a Source,
    /// Its posterior sampler.
    pub sampler: &'a dyn Sampler,
    /// Its lane of random words.
    pub stream: Stream,
    /// Every SNR that a readout needs.
    pub grid: Grid,
    /// The readouts: the first columns of the moments; the sampler's controls follow.
    pub readouts: &'a [Readout],
}

impl Job<'_> {
    /// Columns of the job's moments.
    pub fn width(&self) -> usize {
        self.readouts.len() + self.sampler.control_means().len()
    }

    /// The error of a summand of sample `sample` that is NaN or infinite.
    pub fn not_finite(&self, column: usize, sample: u64) -> Error {
        Error::NonFinite {
            quantity: self.readouts.get(column).map_or_else(|| "control variate".into(), |r| r.to_string()),
            column,
            source_spec: self.source.spec().into(),
            seed: self.stream.seed(),
            lane: self.stream.lane(),
            sample,
        }
    }
}

/// A place where jobs run.
pub trait Backend: Send + Sync {
    /// Its name in reports.
    fn name(&self) -> String;

    /// Makes ready for about `samples` samples of `job`: what it needs is copied once, and given back when the result is
    /// dropped. No number depends on `samples`.
    ///
    /// # Errors
    /// [`Error::Backend`] where the job does not fit.
    fn open<'a>(&'a self, job: &'a Job<'a>, samples: u64) -> Result<Box<dyn Open + 'a>>;

    /// The same for about `paths` simulated paths.
    ///
    /// # Errors
    /// [`Error::Backend`] where the job does not fit.
    fn open_paths<'a>(&'a self, job: &'a PathJob<'a>, paths: u64) -> Result<Box<dyn Open + 'a>>;
}

/// A job that is ready to run, from as many threads as there are.
pub trait Open: Sync {
    /// Moments of the readouts and controls, or of the statistics, over the samples of `range`, both ends multiples of
    /// [`crate::channel::posterior::BATCH`].
    ///
    /// The caller runs many ranges side by side, and their boundaries fix the tree of merges: the same range has the same
    /// bits on the same backend, whatever runs beside it.
    ///
    /// # Errors
    /// [`Error::NonFinite`] with the address of the first sample whose readout is NaN or infinite; [`Error::Backend`].
    fn run(&self, range: Range<u64>) -> Result<Moments>;

    /// For each readout, a bound on the error of its mean that the backend itself makes; empty where there is none.
    fn bounds(&self) -> &[f64] {
        &[]
    }
}
