//! The CUDA backend: the sampler's inner work as kernels (`kernels/`), with the CPU's numbers.
//!
//! The draw of each sample is the CPU's to the bit; sums agree to rounding. A leaf of samples is
//! worked off in tiles, one after the other, by a worker (a stream and its memory); several workers
//! run side by side, so that one's copies overlap another's kernels, and all devices of the machine
//! have workers. Which worker takes a leaf changes no bit of it.

pub mod compare;
mod driver;
mod kernels;
mod law;
mod lend;
mod nvrtc;
pub mod paths;
mod plan;
mod tile;
mod work;

use std::ops::Range;
use std::sync::Arc;

use driver::Device;
pub use driver::is_there as driver_is_there;
use lend::Lender;
use nvrtc::error;
use paths::DevicePaths;
pub use plan::Trace;
use plan::{DevicePlan, Task, Worker};
use tile::{Storage, TILE};
use work::WorkShape;

use super::cpu::{ByRows, Cpu};
use super::options::{DeviceOptions, Precision};
use super::{Backend, Job, Open};
use crate::error::{Error, Result};
use crate::instrument::Kernels;
use crate::numeric::moments::Moments;

/// Workers a device, so that one's copies and launches fill the gaps of another's: on an H200 f64 gains
/// from 4, f32 from 8.
const WORKERS: usize = 8;
/// Share of the free memory that is taken where the user sets no limit.
const SHARE: f64 = 0.8;

/// The CUDA devices of this machine.
pub struct Cuda {
    devices: Vec<Arc<Device>>,
    options: DeviceOptions,
}

impl Cuda {
    /// All usable devices.
    ///
    /// # Errors
    /// [`crate::error::Error::Backend`] says what is missing or too old.
    pub fn new(options: DeviceOptions) -> Result<Self> {
        Ok(Self { devices: Device::all()?.into_iter().map(Arc::new).collect(), options })
    }

    /// Whether sums make errors of their own, which [`Open::bounds`] then tells.
    fn approximate(&self) -> bool {
        self.options.precision == Precision::F32
    }

    /// Bytes of `device` that may be used.
    fn budget(&self, device: &Device) -> Result<usize> {
        match self.options.memory {
            Some(bytes) => Ok(bytes),
            None => Ok((device.free_memory()? as f64 * SHARE) as usize),
        }
    }

    /// How a job fits into what may be taken of a device: with its atoms there or, where these are
    /// too many, with blocks of them.
    fn fit(&self, device: &Device, task: &Task, samples: u64) -> Result<Fit> {
        let mut shape = task.shape(self.options.precision);
        let budget = self.budget(device)?;
        let mut tables = shape.extent.tables;
        if budget.saturating_sub(tables) < shape.bytes()
            && let Some((numbers, _)) = shape.extent.streamed
        {
            (tables, shape.streamed) = (numbers, true);
        }
        let each = shape.bytes();
        let workers = (budget.saturating_sub(tables) / each).min(WORKERS);
        if workers == 0 {
            let who = format!("{} needs", task.job.instrument.source().spec());
            return Err(too_large(device, budget, &who, tables + each));
        }
        let rest = budget - tables - workers * each;
        let pairs =
            shape.extent.pairs.is_some_and(|(atoms, bytes)| atoms as u64 <= samples && bytes <= rest);
        let storage = match (shape.streamed, pairs) {
            (true, _) => Storage::Streamed,
            (false, true) => Storage::Pairs,
            (false, false) => Storage::Resident,
        };
        Ok(Fit { shape, storage, workers })
    }

    fn open_job<'a>(&self, task: Task<'a>, samples: u64) -> Result<OpenJob<'a>> {
        let mut workers = Vec::new();
        for device in &self.devices {
            let Fit { shape, storage, workers: here } = self.fit(device, &task, samples)?;
            let plan = Arc::new(DevicePlan::new(device, &task, storage, self.options.precision)?);
            for _ in 0..here {
                workers.push(Worker::new(device, Arc::clone(&plan), &shape)?);
            }
        }
        let mut open = OpenJob { task, workers: Lender::new(workers), bounds: Vec::new() };
        if self.approximate() {
            let found = open.workers.with(|worker| worker.calibrate(&open.task))?;
            open.bounds = found.bounds;
            open.workers.for_each(|worker| worker.withhold(found.withheld));
        }
        Ok(open)
    }

    /// What the first device draws and computes for the samples of `range` (at most 1024), for
    /// comparison.
    ///
    /// # Errors
    /// A device's.
    pub fn trace(&self, job: &Job, range: Range<u64>) -> Result<Trace> {
        let task = Task::of(job).expect("posterior readouts are traced");
        let dim = task.shape(self.options.precision).extent.dim;
        let open = self.open_job(task, range.end)?;
        open.workers
            .with(|worker| worker.trace(&open.task, range.start, (range.end - range.start) as u32, dim))
    }
}

impl Backend for Cuda {
    fn name(&self) -> String {
        let names: Vec<&str> = self.devices.iter().map(|d| d.name()).collect();
        let precision = if self.approximate() { " f32" } else { "" };
        format!("cuda{precision} ({})", names.join(", "))
    }

    fn open<'a>(&'a self, job: &'a Job<'a>, samples: u64) -> Result<Box<dyn Open + 'a>> {
        if let Some(task) = Task::of(job) {
            return Ok(Box::new(self.open_job(task, samples)?));
        }
        match job.instrument.kernels() {
            Kernels::Paths(simulations) => {
                let paths = DevicePaths::new(self, job.instrument.source(), &simulations, samples)?;
                Ok(Box::new(ByRows::new(job, Box::new(paths))?))
            }
            Kernels::Posterior { .. } | Kernels::None => Cpu.open(job, samples),
        }
    }
}

/// The error where `who` ("… needs") takes more `bytes` of a device than its `budget`.
fn too_large(device: &Device, budget: usize, who: &str, bytes: usize) -> Error {
    let (needed, allowed) = (bytes.div_ceil(1 << 20), budget >> 20);
    let place = device.name();
    error(format!("{who} {needed} MiB on {place}, more than the {allowed} MiB allowed (--device-memory)"))
}

/// How a job fits on a device.
struct Fit {
    shape: WorkShape,
    storage: Storage,
    workers: usize,
}

/// A job with its workers.
struct OpenJob<'a> {
    task: Task<'a>,
    workers: Lender<Worker>,
    bounds: Vec<f64>,
}

impl Open for OpenJob<'_> {
    fn run(&self, range: Range<u64>) -> Result<Moments> {
        self.workers.with(|worker| {
            let mut total = self.task.job.moments();
            let pairs = Arc::clone(total.pairs());
            for first in range.clone().step_by(TILE) {
                let count = (range.end - first).min(TILE as u64) as u32;
                total.merge(&worker.tile(&self.task, first, count)?.keeping(&pairs));
            }
            Ok(total)
        })
    }

    fn bounds(&self) -> &[f64] {
        &self.bounds
    }
}
