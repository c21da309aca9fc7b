//! Discrete laws in f32: their tables, and the launches over one block of atoms.

use super::discrete::Weights;
use crate::backend::cuda::driver::{Buffer, KernelArgument, Queue, arguments, launch};
use crate::backend::cuda::tile::{Chunk, row};
use crate::backend::cuda::work::Flight;
use crate::channel::posterior::DiscreteTables;
use crate::error::Result;

/// Exponent of the law's largest |x̃| in the units of its f32 numbers: see
/// kernels/posterior/neighbours_f32.cuh.
const LARGEST_EXPONENT: i32 = 20;
/// SNRs a warp of the sums takes.
const GROUP: u32 = 16;

/// The power of two that a law's lengths are multiplied by, where `norms` are |x̃|².
pub fn unit(norms: &[f64]) -> f64 {
    let largest = norms.iter().copied().fold(0.0, f64::max);
    let exponent = if largest > 0.0 { (((largest.to_bits() >> 52) as i32) - 1023).div_euclid(2) } else { 0 };
    f64::from_bits(((1023 + LARGEST_EXPONENT - exponent) as u64) << 52)
}

/// What f32 sums and controls read of a discrete law.
pub struct Single {
    /// p_i, and zeros to the end of the row.
    weights: Buffer<f32>,
    /// log2 p_i, and −∞ to the end of the row.
    log_weights: Buffer<f32>,
    /// |x̃_i|².
    norms: Buffer<f64>,
    /// Means of the controls; the first is E|x̃|².
    known: Buffer<f64>,
    variance: f64,
    /// What lengths are multiplied by.
    pub unit: f64,
}

/// D of one block of atoms as a kernel finds it.
#[derive(Clone, Copy)]
pub struct Distances<'a> {
    /// Where the first row stands.
    pub rows: KernelArgument<'a>,
    /// Length of the rows of a table with a row an atom; 0 where there is none.
    pub table: u32,
    /// From one sample's row to the next where there is no table; 0 where all share one.
    pub spacing: u32,
}

impl Single {
    /// Copies a law to the device: `norms` |x̃|², `known` the means of its controls, `unit` of its
    /// lengths.
    pub fn upload(
        queue: &Queue,
        law: &DiscreteTables,
        norms: &[f64],
        known: &[f64],
        unit: f64,
    ) -> Result<Self> {
        let length = row(law.weights.len());
        let mut weights: Vec<f32> = law.weights.iter().map(|&p| p as f32).collect();
        let mut log_weights: Vec<f32> =
            law.ln_weights.iter().map(|l| (l * std::f64::consts::LOG2_E) as f32).collect();
        weights.resize(length, 0.0);
        log_weights.resize(length, f32::NEG_INFINITY);
        Ok(Self {
            weights: queue.upload(&weights)?,
            log_weights: queue.upload(&log_weights)?,
            norms: queue.upload(norms)?,
            known: queue.upload(known)?,
            variance: known[0],
            unit,
        })
    }

    /// Prior sums and posterior sums over one block of atoms whose a stands in the worker's memory.
    pub fn add_sums(&self, flight: Flight, distances: Distances, chunk: Chunk) -> Result<()> {
        let Flight { queue, work, tile } = flight;
        let (warps, stride) = (tile.count.div_ceil(4), chunk.row());
        let Distances { rows, table, spacing } = distances;
        let near = arguments!(work.noise, rows, work.index, self.log_weights, table, spacing);
        launch!(queue, PRIOR_F32, [warps, 1];
            work.prior, near, self.weights, work.own, self.norms, self.variance, self.unit,
            tile.count, chunk.start, stride)?;
        launch!(queue, SUMS_F32, [warps, tile.points.div_ceil(GROUP)];
            work.sums, near, work.snrs, self.unit, tile.count, tile.points, chunk.start, stride)
    }

    /// Below `readouts` columns the controls, from the prior sums; the mean instead of each whose
    /// bit of `withheld` is set.
    pub fn controls(&self, flight: Flight, law: &Weights, readouts: u32, withheld: u32) -> Result<()> {
        let Flight { queue, work, tile } = flight;
        launch!(queue, CONTROLS_F32, [tile.count.div_ceil(128), 1];
            work.columns, work.prior, work.index, law.ln_weights, work.own, self.norms, self.known,
            self.variance, law.shannon, withheld, tile.count, readouts)
    }
}
