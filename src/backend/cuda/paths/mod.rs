//! Simulated paths on devices: the posterior means that a path asks for at every step, and its
//! random numbers (the CPU's to the bit), in kernels of `kernels/process`. What is read off the
//! last states is the CPU's business.
//!
//! A law that fits into a multiprocessor's shared memory beside a batch of paths is walked by one
//! kernel from start to end (`small.rs`), any other by a few launches a step (`large.rs`). Paths
//! come in tiles as large as memory allows; each path's numbers depend on that path alone, so tiles
//! change no bit.

pub mod compare;
mod large;
mod law;
mod small;

use std::ops::Range;
use std::sync::Arc;

use super::driver::{Buffer, Device, Queue};
use super::lend::Lender;
use super::nvrtc::error;
use super::{Cuda, WORKERS, too_large};
use crate::channel::posterior::BATCH;
use crate::denoiser::Denoiser;
use crate::error::Result;
use crate::numeric::stream::Stream;
use crate::process::rule::Step;
use crate::process::{Chain, Girsanov, Simulation, Simulator};
use crate::source::Source;
use law::{MeanOnDevice, PathExtent, PathLaw};

/// Paths of a tile at most: 1024 batches give each of 132 multiprocessors several.
const MOST_PATHS: usize = 65_536;
/// Several workers share the paths that are asked for, and room for so few is made at least.
const PARTS: usize = 8;
const FEW_PATHS: usize = 1024;
/// Memory of a worker at most, where a batch fits into it.
const MOST_BYTES: usize = 1 << 30;
/// PathRows of a tile at most: a kernel's 32-bit counts.
const MOST_ROWS: usize = 1 << 22;

/// A tile of paths of one stream.
#[derive(Clone, Copy)]
struct PathTile {
    stream: Stream,
    /// First path.
    first: u64,
    /// Number of paths, whole batches.
    paths: u32,
}

impl PathTile {
    fn batches(&self) -> u32 {
        self.paths / BATCH as u32
    }
}

/// A tile on its way: where its kernels are queued and on which law.
#[derive(Clone, Copy)]
struct Site<'a> {
    queue: &'a Queue,
    law: &'a PathLaw,
    tile: PathTile,
}

/// What the denoiser adds to the posterior mean in every coordinate at `snr`: all that the kernels
/// know of it.
///
/// # Errors
/// [`crate::error::Error::Backend`] for a denoiser that adds no constant.
fn offset(denoiser: &dyn Denoiser, snr: f64) -> Result<f64> {
    denoiser.offset(snr).ok_or_else(|| error(format!("no kernel for the denoiser `{}`", denoiser.name())))
}

/// γ_k, the factors of a step, and what the denoiser adds at γ_k.
fn chain_steps(chain: &Chain) -> Result<Vec<[f64; 6]>> {
    let numbers = |step: &Step| {
        let offset = offset(chain.denoiser(), step.snr)?;
        Ok([step.snr, step.keep, step.pull, step.spread, step.carry, offset])
    };
    chain.steps().iter().map(numbers).collect()
}

/// γ_k, γ_{k+1} and what the denoiser adds at γ_k, for each step of true paths.
fn frozen_steps(girsanov: &Girsanov) -> Result<Vec<[f64; 3]>> {
    let numbers = |step: &[f64]| Ok([step[0], step[1], offset(girsanov.denoiser(), step[0])?]);
    girsanov.grid().windows(2).map(numbers).collect()
}

/// Points at which a batch's true paths are looked at; 0 without them.
///
/// # Errors
/// [`crate::error::Error::Backend`] for what has no kernel.
fn points(simulation: &Simulation) -> Result<usize> {
    match simulation {
        Simulation::LastStates(chain) => chain_steps(chain).map(|_| 0),
        Simulation::PathKl(girsanov) => frozen_steps(girsanov).map(|steps| 1 + 3 * steps.len()),
        Simulation::Errors(_) => Err(error("no kernel for the errors of denoisers")),
    }
}

/// What simulates in: one queue, its memory, the law on its device.
struct Walker {
    queue: Queue,
    law: Arc<PathLaw>,
    room: Memory,
}

/// The memory of a tile.
enum Memory {
    /// Last states, batches × d × [`BATCH`]; or a sum of each batch and copy.
    Small(Buffer<f64>),
    Large(Box<large::PathRows>),
}

impl Walker {
    fn new(device: &Arc<Device>, law: &Arc<PathLaw>, extent: &PathExtent, paths: usize) -> Result<Self> {
        let queue = Queue::new(device)?;
        let room = match law.tables {
            MeanOnDevice::Small(_) => Memory::Small(queue.room(paths * extent.copies * extent.dim)?),
            MeanOnDevice::Large(_) => Memory::Large(Box::new(large::PathRows::new(&queue, extent, paths)?)),
        };
        Ok(Self { queue, law: Arc::clone(law), room })
    }

    /// [`Simulation::width`] numbers a batch.
    fn simulate(&self, simulation: Simulation, tile: PathTile) -> Result<Vec<f64>> {
        let site = Site { queue: &self.queue, law: &self.law, tile };
        match (&self.law.tables, &self.room) {
            (MeanOnDevice::Small(table), Memory::Small(out)) => {
                small::simulate(site, table, out, simulation)
            }
            (MeanOnDevice::Large(tables), Memory::Large(rows)) => rows.simulate(site, tables, simulation),
            _ => unreachable!("a worker's room is of its law's regime"),
        }
    }
}

/// The devices as a simulator of one law.
pub struct DevicePaths {
    workers: Lender<Walker>,
    /// Paths of a tile.
    tile: usize,
}

impl DevicePaths {
    /// Copies `source`, of which `simulations` are, to every device of `cuda`, with room for a good
    /// part of about `paths` paths at a time.
    pub fn new(cuda: &Cuda, source: &Source, simulations: &[Simulation], paths: u64) -> Result<Self> {
        let mean = simulations[0].mean();
        let points = simulations.iter().map(points).collect::<Result<Vec<_>>>()?;
        let most_points = points.into_iter().max().unwrap_or(0);
        let extent = PathExtent::of(&mean.tables(), most_points);
        let most_rows = (MOST_ROWS / extent.copies / BATCH).max(1) * BATCH;
        let asked = (paths as usize / PARTS).max(FEW_PATHS).next_multiple_of(BATCH);
        let mut tile = MOST_PATHS.min(most_rows).min(asked);
        let mut budgets = Vec::new();
        for device in &cuda.devices {
            let budget = cuda.budget(device)?;
            let batch = extent.bytes(BATCH);
            let rest = budget.saturating_sub(extent.table_bytes());
            if rest < batch {
                let who = format!("paths on {} need", source.spec());
                return Err(too_large(device, budget, &who, extent.table_bytes() + batch));
            }
            let workers = (rest / batch).min(WORKERS);
            tile = tile.min((rest / workers).min(MOST_BYTES.max(batch)) / batch * BATCH);
            budgets.push((device, workers));
        }
        let mut all = Vec::new();
        for (device, workers) in budgets {
            let law = Arc::new(PathLaw::upload(device, source, mean)?);
            for _ in 0..workers {
                all.push(Walker::new(device, &law, &extent, tile)?);
            }
        }
        Ok(Self { workers: Lender::new(all), tile })
    }
}

impl Simulator for DevicePaths {
    fn simulate(&self, simulation: Simulation, stream: &Stream, range: Range<u64>) -> Result<Vec<f64>> {
        let mut all = Vec::new();
        for first in range.clone().step_by(self.tile) {
            let paths = (range.end - first).min(self.tile as u64) as u32;
            let tile = PathTile { stream: *stream, first, paths };
            all.extend(self.workers.with(|worker| worker.simulate(simulation, tile))?);
        }
        Ok(all)
    }

    fn tile(&self) -> usize {
        self.tile
    }
}
