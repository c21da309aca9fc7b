//! Statistics of simulated paths: each simulation is run once, whatever is read off it.

use std::any::Any;
use std::ops::Range;
use std::sync::Arc;

use super::{BatchReader, Each, Instrument, Kernels};
use crate::channel::posterior::BATCH;
use crate::error::Result;
use crate::numeric::stream::Stream;
use crate::process::{Simulation, Simulator, Statistic};
use crate::source::Source;

/// Statistics as columns, with as many rows per batch each.
pub struct PathStatistics {
    source: Arc<Source>,
    columns: Vec<NamedStatistic>,
}

#[derive(Clone)]
struct NamedStatistic {
    name: String,
    statistic: Arc<dyn Statistic>,
}

impl PathStatistics {
    /// One statistic of paths on `source`; `name` tells it from all others.
    pub fn new(source: &Arc<Source>, name: String, statistic: Arc<dyn Statistic>) -> Self {
        Self { source: Arc::clone(source), columns: vec![NamedStatistic { name, statistic }] }
    }

    /// Rows per batch.
    fn rows(&self) -> usize {
        self.columns[0].statistic.rows()
    }
}

impl Instrument for PathStatistics {
    fn source(&self) -> &Arc<Source> {
        &self.source
    }

    fn samples(&self) -> String {
        format!("{}|paths by {}", self.source.spec(), self.rows())
    }

    fn columns(&self) -> usize {
        self.columns.len()
    }

    fn name(&self, column: usize) -> String {
        self.columns[column].name.clone()
    }

    fn join(&mut self, other: Box<dyn Instrument>) -> usize {
        let other: Box<Self> =
            (other as Box<dyn Any>).downcast().expect("instruments of one name are of one kind");
        self.columns.extend(other.columns);
        self.columns.len() - 1
    }

    fn select(&self, columns: &[usize]) -> Box<dyn Instrument> {
        let columns = columns.iter().map(|&c| self.columns[c].clone()).collect();
        Box::new(Self { source: Arc::clone(&self.source), columns })
    }

    fn samples_per_row(&self) -> u64 {
        (BATCH / self.rows()) as u64
    }

    fn rounding(&self, column: usize, value: f64) -> f64 {
        self.columns[column].statistic.rounding(value)
    }

    fn kernels(&self) -> Kernels<'_> {
        let simulations: Vec<Simulation> = self.columns.iter().map(|c| c.statistic.simulation()).collect();
        if simulations.iter().all(Simulation::has_kernel) {
            Kernels::Paths(simulations)
        } else {
            Kernels::None
        }
    }

    fn open<'a>(
        &'a self,
        stream: Stream,
        simulator: Box<dyn Simulator + 'a>,
    ) -> Result<Box<dyn BatchReader + 'a>> {
        self.columns.iter().try_for_each(|c| c.statistic.prepare(&stream, simulator.as_ref()))?;
        let simulations: Vec<Simulation> = self.columns.iter().map(|c| c.statistic.simulation()).collect();
        let earliest = |of: &Simulation| simulations.iter().position(|s| s == of).expect("it is among them");
        let shared = simulations.iter().map(earliest).collect();
        Ok(Box::new(SimulatedColumns { statistics: self, stream, simulator, shared }))
    }
}

/// Statistics with who simulates for them.
struct SimulatedColumns<'a> {
    statistics: &'a PathStatistics,
    stream: Stream,
    simulator: Box<dyn Simulator + 'a>,
    /// For each statistic the first one that is a number of the same simulation.
    shared: Vec<usize>,
}

impl SimulatedColumns<'_> {
    /// Rows of the paths of `range`, row-major.
    fn rows(&self, range: Range<u64>) -> Result<Vec<f64>> {
        let (columns, rows) = (&self.statistics.columns, self.statistics.rows());
        let width = columns.len();
        let batches = ((range.end - range.start) / BATCH as u64) as usize;
        let (mut column, mut block) = (vec![0.0; rows], vec![0.0; batches * rows * width]);
        for first in (0..width).filter(|&at| self.shared[at] == at) {
            let simulation = columns[first].statistic.simulation();
            let simulated = self.simulator.simulate(simulation, &self.stream, range.clone());
            let simulated = simulated.map_err(|error| error.in_column(first))?;
            for at in (first..width).filter(|&at| self.shared[at] == first) {
                for (batch, simulated) in simulated.chunks(simulation.width()).enumerate() {
                    let path = range.start + (batch * BATCH) as u64;
                    columns[at].statistic.read(simulated, &self.stream, path, &mut column);
                    let place = &mut block[batch * rows * width..][..rows * width];
                    place.chunks_mut(width).zip(&column).for_each(|(row, x)| row[at] = *x);
                }
            }
        }
        Ok(block)
    }
}

impl BatchReader for SimulatedColumns<'_> {
    fn read(&self, range: Range<u64>, each: &mut Each) -> Result<()> {
        let numbers = self.statistics.rows() * self.statistics.columns.len();
        let batches = |c: &NamedStatistic| c.statistic.simulation().denoiser().batches();
        let asked = self.statistics.columns.iter().map(batches).max().unwrap_or(1);
        let tile = self.simulator.tile().max(asked * BATCH);
        for first in range.clone().step_by(tile) {
            let block = self.rows(first..range.end.min(first + tile as u64))?;
            for (batch, rows) in block.chunks(numbers).enumerate() {
                each(first + (batch * BATCH) as u64, rows)?;
            }
        }
        Ok(())
    }
}
