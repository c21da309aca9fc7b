//! A job on one device: its tables there, and what becomes of a tile of its samples.

use std::sync::Arc;

use super::driver::{Buffer, Device, KernelArgument, Queue, launch};
use super::law::extent::{Extent, tables_of};
use super::law::{ColumnCounts, DeviceLaw};
use super::nvrtc::error;
use super::tile::{Arithmetic, CALIBRATED, Storage, Tile};
use super::work::{Flight, Summary, Work, WorkShape};
use crate::backend::Job;
use crate::backend::options::Precision;
use crate::channel::posterior::{Grid, Observable, PosteriorSampler, Readout, SnrPoint, Spacing, Weight};
use crate::error::Result;
use crate::instrument::Kernels;
use crate::numeric::moments::{Moments, TAIL};
use crate::numeric::stream::Stream;

/// A job of posterior readouts, as kernels take it.
pub struct Task<'a> {
    pub job: &'a Job<'a>,
    pub sampler: &'a dyn PosteriorSampler,
    pub readouts: &'a [Readout],
    /// Every SNR that a readout needs.
    pub grid: Grid,
}

impl<'a> Task<'a> {
    /// `None` for another instrument, and for a sampler without kernels: that of tilted noise.
    pub fn of(job: &'a Job<'a>) -> Option<Self> {
        let Kernels::Posterior { sampler, readouts } = job.instrument.kernels() else { return None };
        sampler.tables()?;
        Some(Self { job, sampler, readouts, grid: Grid::new(readouts.iter().flat_map(Readout::points)) })
    }

    /// How large a worker is that finds a law's coordinates on its device.
    pub fn shape(&self, precision: Precision) -> WorkShape {
        WorkShape {
            streamed: false,
            extent: Extent::of(&tables_of(self.sampler), precision),
            points: self.grid.len(),
            width: self.job.width(),
        }
    }
}

/// The tables of a job on a device.
pub struct DevicePlan {
    law: DeviceLaw,
    grid: GridTables,
    readouts: ReadoutTables,
    width: u32,
    precision: Precision,
}

/// The SNRs of a job: fixed ones, and the laws of random ones.
struct GridTables {
    lo: Buffer<f64>,
    width: Buffer<f64>,
    lanes: Buffer<u64>,
    kind: Buffer<u32>,
    points: u32,
}

impl GridTables {
    fn upload(queue: &Queue, grid: &Grid, stream: &Stream) -> Result<Self> {
        let of = |p: &SnrPoint| match *p {
            SnrPoint::At(snr) => (snr, 0.0, 0),
            SnrPoint::Within { lo, hi, spacing: Spacing::Linear } => (lo, hi - lo, 1),
            SnrPoint::Within { lo, hi, spacing: Spacing::Log } => (lo, (hi / lo).ln(), 2),
        };
        let points: Vec<_> = grid.points().iter().map(of).collect();
        let lanes: Vec<u64> = grid.lanes(stream).iter().map(|lane| lane.map_or(0, |l| l.lane())).collect();
        Ok(Self {
            lo: queue.upload(&points.iter().map(|p| p.0).collect::<Vec<_>>())?,
            width: queue.upload(&points.iter().map(|p| p.1).collect::<Vec<_>>())?,
            kind: queue.upload(&points.iter().map(|p| p.2).collect::<Vec<u32>>())?,
            lanes: queue.upload(&lanes)?,
            points: points.len() as u32,
        })
    }
}

/// The readouts of a job, terms one after the other.
struct ReadoutTables {
    starts: Buffer<u32>,
    cell: Buffer<u32>,
    form: Buffer<u32>,
    factor: Buffer<f64>,
    parameter: Buffer<f64>,
    count: u32,
}

impl ReadoutTables {
    fn upload(queue: &Queue, readouts: &[Readout], grid: &Grid) -> Result<Self> {
        let (mut starts, mut cell, mut form) = (vec![0], Vec::new(), Vec::new());
        let (mut factor, mut parameter) = (Vec::new(), Vec::new());
        for readout in readouts {
            for &(point, observable, weight) in readout.on(grid).terms() {
                let (f, c, p) = match weight {
                    Weight::Constant(c) => (0, c, 0.0),
                    Weight::Power { factor, exponent } => (1, factor, f64::from(exponent)),
                    Weight::Remaining { factor, end } => (2, factor, end),
                };
                cell.push(4 * point as u32 + place(observable));
                form.push(f);
                factor.push(c);
                parameter.push(p);
            }
            starts.push(cell.len() as u32);
        }
        Ok(Self {
            starts: queue.upload(&starts)?,
            cell: queue.upload(&cell)?,
            form: queue.upload(&form)?,
            factor: queue.upload(&factor)?,
            parameter: queue.upload(&parameter)?,
            count: readouts.len() as u32,
        })
    }
}

/// Where an observable stands among those of its cell.
fn place(observable: Observable) -> u32 {
    match observable {
        Observable::Information => 0,
        Observable::PosteriorEntropy => 1,
        Observable::Mmse => 2,
        Observable::Slope => 3,
    }
}

/// What is worked on in: one queue, its memory.
pub struct Worker {
    queue: Queue,
    work: Work,
    /// Tables on this worker's device.
    plan: Arc<DevicePlan>,
    /// Bits of the controls in whose place f32 writes their known means.
    withheld: u32,
}

/// What f32 does to a job's readouts and controls.
pub struct Calibration {
    /// For each readout, a bound on the error of its mean.
    pub bounds: Vec<f64>,
    /// Bits of the controls to withhold.
    pub withheld: u32,
}

/// A control is withheld where f32 moves it by more than this share of its standard deviation on
/// average: symmetric laws have controls that are constant, or 0, and would have rounding for
/// variation. Up to this share, a mean that is off by as much shows in 1e8 samples at the earliest;
/// what it does to an estimate is in the bound.
const MOST_MOVED: f64 = 1e-4;

impl Worker {
    /// A worker for `plan`.
    pub fn new(device: &Arc<Device>, plan: Arc<DevicePlan>, shape: &WorkShape) -> Result<Self> {
        let queue = Queue::new(device)?;
        Ok(Self { work: Work::new(&queue, shape)?, queue, plan, withheld: 0 })
    }

    /// Moments of the `count` samples from `first` on.
    ///
    /// # Errors
    /// [`crate::error::Error::NonFinite`]; a device's.
    pub fn tile(&self, task: &Task, first: u64, count: u32) -> Result<Moments> {
        self.columns(task, first, count, self.arithmetic())?;
        let (queue, work, width) = (&self.queue, &self.work, self.plan.width);
        let summary = Summary::of(width as usize);
        let part = |start: usize| KernelArgument::within(&work.summary, start as u64);
        let (mean, cross) = (part(0), part(summary.cross));
        let side = width.div_ceil(16);
        let size = (count as usize).next_power_of_two().max(2 * TAIL) as u32;
        launch!(queue, MEANS, [width, 1]; mean, part(summary.strange), work.columns, count)?;
        launch!(queue, SCATTER, [side, side]; cross, work.columns, mean, count, width)?;
        launch!(queue, EXTREMES, [width, 1]; part(summary.kept), work.columns, count, size)?;
        let found = queue.download(&work.summary, summary.len)?;
        let strange = found[summary.strange..].iter().flat_map(|two| {
            let bits = two.to_bits();
            [bits as u32, (bits >> 32) as u32]
        });
        let first_strange = strange.take(summary.width).enumerate().map(|(column, at)| (at, column)).min();
        if let Some((at, column)) = first_strange.filter(|&(at, _)| at < count) {
            return Err(task.job.not_finite(column, first + u64::from(at)));
        }
        let mean = found[..summary.cross].to_vec();
        let cross = found[summary.cross..summary.kept].to_vec();
        let kept = &found[summary.kept..summary.strange];
        let side = |offset: usize| kept.chunks(2 * TAIL).map(|c| c[offset..][..TAIL].to_vec()).collect();
        Ok(Moments::from_parts(u64::from(count), mean, cross, side(TAIL), side(0)))
    }

    /// Readouts and controls of each sample, left in the worker's memory.
    fn columns(&self, task: &Task, first: u64, count: u32, arithmetic: Arithmetic) -> Result<()> {
        let (queue, work, plan) = (&self.queue, &self.work, &self.plan);
        let (grid, readouts, stream) = (&plan.grid, &plan.readouts, task.job.stream);
        launch!(queue, DRAW_SNRS, [(count * grid.points).div_ceil(256), 1];
            work.snrs, grid.lo, grid.width, grid.lanes, grid.kind, stream.seed(), first, count,
            grid.points)?;
        let tile = Tile { stream, first, count, points: grid.points };
        let counts = ColumnCounts { readouts: readouts.count, controls: plan.width - readouts.count };
        plan.law.observe(Flight { queue, work, tile }, &tables_of(task.sampler), counts, arithmetic)?;
        launch!(queue, READ_OUT, [count.div_ceil(128), readouts.count];
            work.columns, work.observed, work.snrs, readouts.starts, readouts.cell, readouts.form,
            readouts.factor, readouts.parameter, count, grid.points)
    }

    /// In what this worker adds up.
    fn arithmetic(&self) -> Arithmetic {
        match self.plan.precision {
            Precision::F64 => Arithmetic::Double,
            Precision::F32 => Arithmetic::Single { withheld: self.withheld },
        }
    }

    /// Withholds controls from now on.
    pub fn withhold(&mut self, controls: u32) {
        self.withheld = controls;
    }

    /// Measures f32 against f64 on the first [`CALIBRATED`] samples.
    ///
    /// An estimate is R̄ − β(C̄ − known): it is off by at most the mean of |ΔR| + Σ |β_c| |ΔC_c|.
    /// The bound is twice that, for the samples that are not among these and for β being theirs.
    pub fn calibrate(&self, task: &Task) -> Result<Calibration> {
        let width = self.plan.width as usize;
        let values = |arithmetic| {
            self.columns(task, 0, CALIBRATED as u32, arithmetic)?;
            self.queue.download(&self.work.columns, CALIBRATED * width)
        };
        let (single, mut double) =
            (values(Arithmetic::Single { withheld: 0 })?, values(Arithmetic::Double)?);
        let apart: Vec<f64> = single
            .chunks(CALIBRATED)
            .zip(double.chunks(CALIBRATED))
            .map(|(a, b)| a.iter().zip(b).map(|(a, b)| (a - b).abs()).sum::<f64>() / CALIBRATED as f64)
            .collect();
        let (readouts, known) = (task.readouts.len(), task.sampler.control_means());
        let mut withheld = 0;
        for (c, column) in double.chunks_mut(CALIBRATED).skip(readouts).enumerate() {
            // NaN is withheld.
            let kept = apart[readouts + c] <= MOST_MOVED * std_dev(column);
            if !kept {
                withheld |= 1 << c;
                column.fill(known[c]);
            }
        }
        let rows: Vec<f64> =
            (0..CALIBRATED).flat_map(|s| double.iter().skip(s).step_by(CALIBRATED)).copied().collect();
        let slopes = Moments::of_block(&rows, width).regress(known).slopes;
        let of_controls = |r: usize| -> f64 {
            let kept = (0..known.len()).filter(|c| withheld >> c & 1 == 0);
            kept.map(|c| slopes[r][c].abs() * apart[readouts + c]).sum()
        };
        Ok(Calibration {
            bounds: (0..readouts).map(|r| 2.0 * (apart[r] + of_controls(r))).collect(),
            withheld,
        })
    }

    /// What the device drew and computed for each of `count` samples, for comparison with the CPU.
    pub fn trace(&self, task: &Task, first: u64, count: u32, dim: usize) -> Result<Trace> {
        self.columns(task, first, count, self.arithmetic())?;
        let n = count as usize;
        Ok(Trace {
            index: self.queue.download(&self.work.index, n)?,
            noise: self.queue.download(&self.work.rows, n * dim)?,
            columns: self.queue.download(&self.work.columns, n * self.plan.width as usize)?,
            withheld: self.withheld,
        })
    }
}

/// The inside of a few samples.
pub struct Trace {
    /// Which atom each came from.
    pub index: Vec<u32>,
    /// Its noise, samples × d; empty where the law takes no product.
    pub noise: Vec<f64>,
    /// Readouts and controls: width × samples.
    pub columns: Vec<f64>,
    /// Bits of the controls in whose place their known means stand.
    pub withheld: u32,
}

impl DevicePlan {
    /// Copies a job's tables to a device and waits until they are there; `storage`: what of its
    /// atoms.
    ///
    /// # Errors
    /// Out of memory, or too many numbers for a device's indices.
    pub fn new(device: &Arc<Device>, task: &Task, storage: Storage, precision: Precision) -> Result<Self> {
        let cells = task.grid.len().max(task.readouts.len());
        if cells > MOST_POINTS {
            return Err(error(format!("{cells} SNRs or readouts at once; at most {MOST_POINTS}")));
        }
        let (queue, known) = (Queue::new(device)?, task.sampler.control_means());
        let plan = Self {
            law: DeviceLaw::upload(&queue, &tables_of(task.sampler), known, storage, precision)?,
            grid: GridTables::upload(&queue, &task.grid, &task.job.stream)?,
            readouts: ReadoutTables::upload(&queue, task.readouts, &task.grid)?,
            width: task.job.width() as u32,
            precision,
        };
        queue.wait()?;
        Ok(plan)
    }
}

fn std_dev(values: &[f64]) -> f64 {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    (values.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n).sqrt()
}

/// Blocks down in a launch.
const MOST_POINTS: usize = 65_535;
