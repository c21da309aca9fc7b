//! Statistics of simulated paths, whoever simulates: batches in index order, merged one by one.

use std::ops::Range;

use super::Open;
use crate::channel::posterior::BATCH;
use crate::error::{Error, Result};
use crate::numeric::moments::Moments;
use crate::numeric::stream::Stream;
use crate::process::{Simulation, Simulator, Statistic};
use crate::source::Source;

/// What is to be measured on simulated paths of one source, whatever their number.
pub struct PathJob<'a> {
    /// The law, for messages.
    pub source: &'a Source,
    /// Its lane of random words.
    pub stream: Stream,
    /// The statistics with their names, at least one; all give the same number of rows a batch.
    pub statistics: &'a [(&'a str, &'a dyn Statistic)],
}

impl<'a> PathJob<'a> {
    /// What the statistics are numbers of: any of them, since all are of one law.
    pub fn simulation(&self) -> Simulation<'a> {
        self.statistics.first().expect("a job has a statistic").1.simulation()
    }

    /// The error of a row of paths `first .. first + BATCH` that is NaN or infinite.
    fn not_finite(&self, statistic: usize, first: u64, row: usize) -> Error {
        Error::NonFinite {
            quantity: self.statistics[statistic].0.to_owned(),
            column: statistic,
            source_spec: self.source.spec().into(),
            seed: self.stream.seed(),
            lane: self.stream.lane(),
            sample: first + row as u64,
        }
    }
}

/// A job with who simulates for it.
pub struct OpenPaths<'a, S> {
    job: &'a PathJob<'a>,
    simulator: S,
    /// Paths that are simulated at a time, a multiple of [`BATCH`].
    tile: usize,
    /// For each statistic the first one that is a number of the same simulation.
    shared: Vec<usize>,
}

impl<'a, S: Simulator> OpenPaths<'a, S> {
    /// Prepares the statistics; `simulator` is asked for `tile` paths at a time.
    ///
    /// # Errors
    /// Those of the simulator.
    pub fn new(job: &'a PathJob<'a>, simulator: S, tile: usize) -> Result<Self> {
        for (_, statistic) in job.statistics {
            statistic.prepare(&job.stream, &simulator)?;
        }
        let simulations: Vec<Simulation> = job.statistics.iter().map(|(_, s)| s.simulation()).collect();
        let earliest = |of: &Simulation| simulations.iter().position(|s| s == of).expect("it is among them");
        let shared = simulations.iter().map(earliest).collect();
        Ok(Self { job, simulator, tile, shared })
    }

    /// Rows of the paths of `range`, row-major with a column a statistic; each simulation is run once.
    fn rows(&self, range: Range<u64>) -> Result<Vec<f64>> {
        let (statistics, width) = (self.job.statistics, self.job.statistics.len());
        let rows = statistics[0].1.rows();
        let batches = ((range.end - range.start) / BATCH as u64) as usize;
        let (mut column, mut block) = (vec![0.0; rows], vec![0.0; batches * rows * width]);
        for first in (0..width).filter(|&at| self.shared[at] == at) {
            let simulation = statistics[first].1.simulation();
            let simulated = self.simulator.simulate(simulation, &self.job.stream, range.clone())?;
            for at in (first..width).filter(|&at| self.shared[at] == first) {
                for (batch, simulated) in simulated.chunks(simulation.width()).enumerate() {
                    let path = range.start + (batch * BATCH) as u64;
                    statistics[at].1.read(simulated, &self.job.stream, path, &mut column);
                    if let Some(row) = column.iter().position(|x| !x.is_finite()) {
                        return Err(self.job.not_finite(at, path, row));
                    }
                    let place = &mut block[batch * rows * width..][..rows * width];
                    place.chunks_mut(width).zip(&column).for_each(|(row, x)| row[at] = *x);
                }
            }
        }
        Ok(block)
    }
}

impl<S: Simulator> Open for OpenPaths<'_, S> {
    /// # Errors
    /// [`Error::NonFinite`] with the address of the first path (of its batch, where paths enter in pairs) of a statistic that
    /// gives NaN or ∞.
    fn run(&self, range: Range<u64>) -> Result<Moments> {
        let (width, rows) = (self.job.statistics.len(), self.job.statistics[0].1.rows());
        let mut total = Moments::new(width);
        for first in range.clone().step_by(self.tile) {
            let block = self.rows(first..range.end.min(first + self.tile as u64))?;
            block.chunks(rows * width).for_each(|batch| total.add_block(batch));
        }
        Ok(total)
    }
}
