//! The CPU backend: batches of samples in index order, merged one by one.

use std::ops::Range;

use rayon::prelude::*;

use super::{Backend, Job, Open};
use crate::channel::posterior::BATCH;
use crate::error::Result;
use crate::instrument::BatchReader;
use crate::numeric::moments::Moments;
use crate::numeric::stream::Stream;
use crate::process::{Simulation, Simulator};

/// This machine's processors.
#[derive(Debug, Clone, Copy)]
pub struct Cpu;

impl Backend for Cpu {
    fn name(&self) -> String {
        "cpu".into()
    }

    fn open<'a>(&'a self, job: &'a Job<'a>, _: u64) -> Result<Box<dyn Open + 'a>> {
        Ok(Box::new(ByRows::new(job, Box::new(*self))?))
    }
}

impl Simulator for Cpu {
    fn simulate(&self, simulation: Simulation, stream: &Stream, range: Range<u64>) -> Result<Vec<f64>> {
        let batches: Vec<u64> = range.step_by(BATCH).collect();
        let mut found: Result<Vec<Vec<f64>>> = Ok(Vec::new());
        simulation.denoiser().inside(&mut || {
            found = batches.par_iter().map(|&first| simulation.run(stream, first)).collect();
        });
        Ok(found?.concat())
    }
}

/// A job whose rows the processors make and add up.
///
/// Sequential: the caller runs many ranges side by side. Memory is one batch's, or one tile's of
/// the simulator.
pub(super) struct ByRows<'a> {
    job: &'a Job<'a>,
    reader: Box<dyn BatchReader + 'a>,
}

impl<'a> ByRows<'a> {
    /// Opens the job's instrument; paths come from `simulator`.
    pub(super) fn new(job: &'a Job<'a>, simulator: Box<dyn Simulator + 'a>) -> Result<Self> {
        Ok(Self { job, reader: job.instrument.open(job.stream, simulator)? })
    }
}

impl Open for ByRows<'_> {
    fn run(&self, range: Range<u64>) -> Result<Moments> {
        let whole = |end: u64| end.is_multiple_of(BATCH as u64);
        debug_assert!(whole(range.start) && whole(range.end), "ranges are whole batches");
        let (width, together) = (self.job.width(), self.job.instrument.samples_per_row());
        let mut total = self.job.moments();
        self.reader.read(range, &mut |first, rows| {
            if let Some(at) = rows.iter().position(|x| !x.is_finite()) {
                return Err(self.job.not_finite(at % width, first + (at / width) as u64 * together));
            }
            total.add_block(rows);
            Ok(())
        })?;
        Ok(total)
    }
}
