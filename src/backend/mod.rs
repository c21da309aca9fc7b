//! Where samples are taken: a [`Job`] goes in, [`crate::moments::Moments`] come out.

pub mod cpu;

use crate::posterior::{Grid, Readout, Sampler};
use crate::source::Source;
use crate::stream::Stream;

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
}
