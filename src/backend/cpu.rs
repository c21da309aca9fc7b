//! The CPU backend: blocks of samples in index order, merged one by one.

use std::ops::Range;

use rayon::prelude::*;

use super::paths::OpenPaths;
use super::{Backend, Job, Open, PathJob};
use crate::channel::posterior::{BATCH, Observed};
use crate::error::Result;
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
        Ok(Box::new(OpenJob(job)))
    }

    fn open_paths<'a>(&'a self, job: &'a PathJob<'a>, _: u64) -> Result<Box<dyn Open + 'a>> {
        Ok(Box::new(OpenPaths::new(job, *self, BATCH)?))
    }
}

impl Simulator for Cpu {
    fn simulate(&self, simulation: Simulation, stream: &Stream, range: Range<u64>) -> Result<Vec<f64>> {
        let batches: Vec<u64> = range.step_by(BATCH).collect();
        Ok(batches.par_iter().flat_map_iter(|&first| simulation.run(stream, first)).collect())
    }
}

struct OpenJob<'a>(&'a Job<'a>);

impl Open for OpenJob<'_> {
    fn run(&self, range: Range<u64>) -> Result<Moments> {
        run(self.0, range)
    }
}

/// Moments of the readouts and controls over the samples of `range`, both ends multiples of [`BATCH`].
///
/// Sequential: the caller runs many ranges side by side, and their boundaries fix the tree of merges. Memory is one
/// batch's, whatever the range.
///
/// # Errors
/// [`crate::error::Error::NonFinite`] with the address of the first sample whose readout is NaN or infinite.
pub fn run(job: &Job, range: Range<u64>) -> Result<Moments> {
    debug_assert!(
        range.start.is_multiple_of(BATCH as u64) && range.end.is_multiple_of(BATCH as u64),
        "ranges are whole batches"
    );
    let mut total = Moments::new(job.width());
    for_batches(job, range, |rows| total.add_block(rows))?;
    Ok(total)
}

/// Calls `each` with the readouts and controls of every batch of `range`, row-major BATCH × [`Job::width`].
///
/// # Errors
/// As [`run`].
pub fn for_batches(job: &Job, range: Range<u64>, mut each: impl FnMut(&[f64])) -> Result<()> {
    let (points, controls) = (job.grid.len(), job.sampler.control_means().len());
    let placed: Vec<_> = job.readouts.iter().map(|r| r.on(&job.grid)).collect();
    let mut observed = vec![Observed::default(); BATCH * points];
    let mut control = vec![0.0; BATCH * controls];
    let mut rows = Vec::with_capacity(BATCH * job.width());
    for first in range.step_by(BATCH) {
        job.sampler.observe(&job.stream, first, &job.grid, &mut observed, &mut control);
        rows.clear();
        for s in 0..BATCH {
            let sample = &observed[s * points..][..points];
            rows.extend(placed.iter().map(|readout| readout.value(sample)));
            rows.extend_from_slice(&control[s * controls..][..controls]);
        }
        if let Some(at) = rows.iter().position(|x| !x.is_finite()) {
            return Err(job.not_finite(at % job.width(), first + (at / job.width()) as u64));
        }
        each(&rows);
    }
    Ok(())
}
