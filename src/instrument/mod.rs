//! What takes samples: an [`Instrument`] turns batches of samples of a law into columns of numbers,
//! whose means are quantities. Each kind has its own file; whoever runs them knows this trait
//! alone.

pub mod paths;
pub mod readouts;

use std::any::Any;
use std::ops::Range;
use std::sync::Arc;

use crate::channel::posterior::{PosteriorSampler, Readout};
use crate::error::Result;
use crate::numeric::stream::Stream;
use crate::numeric::truncated::Envelope;
use crate::process::{Simulation, Simulator};
use crate::source::Source;

/// Columns of numbers of the same samples of one law, each with a name and a mean that is a
/// quantity.
///
/// Sample i uses sample i of the stream that the instrument is opened with (and of streams named
/// after that one) and nothing else. So two columns of the same samples share their random numbers,
/// and a difference of theirs is a paired one.
pub trait Instrument: Any + Send + Sync {
    /// The law.
    fn source(&self) -> &Arc<Source>;

    /// Names the samples: instruments of one name are of one kind and see the same samples of the
    /// same law. The stream is found by it.
    fn samples(&self) -> String;

    /// Number of columns, control variates not counted.
    fn columns(&self) -> usize;

    /// The name of a column: columns of one name are the same functional of the samples.
    fn name(&self, column: usize) -> String;

    /// Takes the one column of `other`, an instrument of the same samples; returns where it stands.
    fn join(&mut self, other: Box<dyn Instrument>) -> usize;

    /// The instrument with those of its columns alone, in their order.
    fn select(&self, columns: &[usize]) -> Box<dyn Instrument>;

    /// Makes ready for samples, which may take long; called once, when all columns are there.
    ///
    /// # Errors
    /// [`crate::error::Error::Unsupported`] for a law that it cannot sample.
    fn prepare(&mut self) -> Result<()> {
        Ok(())
    }

    /// True means of the control variates, which stand after the columns.
    fn control_means(&self) -> &[f64] {
        &[]
    }

    /// Samples behind one row of its columns, a divisor of
    /// [`BATCH`](crate::channel::posterior::BATCH): more than one where samples enter together.
    fn samples_per_row(&self) -> u64 {
        1
    }

    /// Bound on the relative error of every mean, of a law that is represented by a near one.
    fn relative_bound(&self) -> f64 {
        0.0
    }

    /// What arithmetic narrower than f64 may have made of a column whose mean is `value`.
    fn rounding(&self, _column: usize, _value: f64) -> f64 {
        0.0
    }

    /// How much `n` samples may have missed of a column's mean and its own spread cannot tell;
    /// `slopes` are its coefficients of the control variates, `size` is the root mean square of
    /// the summands less a number.
    fn unseen(&self, _column: usize, _slopes: &[f64], _n: u64, _size: &dyn Fn(f64) -> f64) -> f64 {
        0.0
    }

    /// What is proven of a column's summands; `None` where nothing is.
    fn envelope(&self, _column: usize) -> Option<Enveloped> {
        None
    }

    /// What a device needs to take the samples by kernels of its own.
    fn kernels(&self) -> Kernels<'_> {
        Kernels::None
    }

    /// Opens the instrument on the processors; paths, where it needs some, come from `simulator`.
    ///
    /// # Errors
    /// [`crate::error::Error::Backend`] of the simulator.
    fn open<'a>(
        &'a self,
        stream: Stream,
        simulator: Box<dyn Simulator + 'a>,
    ) -> Result<Box<dyn BatchReader + 'a>>;
}

/// What is proven of a column's summands s.
pub struct Enveloped {
    /// Of s; where `from` is given, of `from` − s.
    pub envelope: Envelope,
    /// What s is subtracted from.
    pub from: Option<f64>,
}

/// An instrument that is ready to take samples, from as many threads as there are.
pub trait BatchReader: Sync {
    /// Calls `each` with the first sample of every batch of `range` and its rows, one after the
    /// other, each columns, then control variates. Both ends of `range` are multiples of
    /// [`BATCH`](crate::channel::posterior::BATCH).
    ///
    /// # Errors
    /// What `each` refuses; [`crate::error::Error::Backend`] of the simulator.
    fn read(&self, range: Range<u64>, each: &mut Each) -> Result<()>;
}

/// Told the first sample of a batch, and its rows.
pub type Each<'a> = dyn FnMut(u64, &[f64]) -> Result<()> + 'a;

/// What an instrument is, for a device with kernels for it.
pub enum Kernels<'a> {
    /// The processors alone have it.
    None,
    /// Readouts of posterior sums: all of it is a device's.
    Posterior {
        /// Draws (X, Z) and evaluates the posterior.
        sampler: &'a dyn PosteriorSampler,
        /// The columns.
        readouts: &'a [Readout],
    },
    /// Simulated paths: a device simulates, the processors read off.
    Paths(Vec<Simulation<'a>>),
}
