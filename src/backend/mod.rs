//! Where samples are taken: a [`Job`] goes in, [`Moments`] come out.

pub mod choice;
pub mod cpu;
#[cfg(feature = "cuda")]
pub mod cuda;
pub mod options;

use std::ops::Range;
use std::sync::Arc;

use crate::error::{Error, Result};
use crate::instrument::Instrument;
use crate::numeric::moments::{Moments, Pairs};
use crate::numeric::stream::Stream;

/// What is to be measured, whatever the number of samples.
#[derive(Clone, Copy)]
pub struct Job<'a> {
    /// Turns samples into columns: those of the moments, its control variates after them.
    pub instrument: &'a dyn Instrument,
    /// The lane of random words.
    pub stream: Stream,
    /// The pairs of columns, control variates included, whose cross products are kept; `None` for
    /// all.
    pub pairs: Option<&'a Arc<Pairs>>,
}

impl Job<'_> {
    /// Columns of the job's moments.
    pub fn width(&self) -> usize {
        self.instrument.columns() + self.instrument.control_means().len()
    }

    /// Moments of no samples.
    pub fn moments(&self) -> Moments {
        let pairs = self.pairs.cloned().unwrap_or_else(|| Arc::new(Pairs::all(self.width())));
        Moments::of(pairs)
    }

    /// The error of a summand of sample `sample` that is NaN or infinite.
    pub fn not_finite(&self, column: usize, sample: u64) -> Error {
        let own = column < self.instrument.columns();
        Error::NonFinite {
            quantity: if own { self.instrument.name(column) } else { "control variate".into() },
            place: String::new(),
            column,
            source_spec: self.instrument.source().spec().into(),
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

    /// Makes ready for about `samples` samples of `job`: what it needs is copied once, and given
    /// back when the result is dropped. No number depends on `samples`.
    ///
    /// # Errors
    /// [`Error::Backend`] where the job does not fit.
    fn open<'a>(&'a self, job: &'a Job<'a>, samples: u64) -> Result<Box<dyn Open + 'a>>;
}

/// A job that is ready to run, from as many threads as there are.
pub trait Open: Sync {
    /// Moments of the columns and control variates over the samples of `range`, both ends multiples
    /// of [`crate::channel::posterior::BATCH`].
    ///
    /// The caller runs many ranges side by side, and their boundaries fix the tree of merges: the
    /// same range has the same bits on the same backend, whatever runs beside it.
    ///
    /// # Errors
    /// [`Error::NonFinite`] with the address of the first sample (of the first of those that enter
    /// together) whose number in a column is NaN or infinite; [`Error::Backend`].
    fn run(&self, range: Range<u64>) -> Result<Moments>;

    /// For each column, a bound on the error of its mean that the backend itself makes; empty where
    /// there is none.
    fn bounds(&self) -> &[f64] {
        &[]
    }
}
