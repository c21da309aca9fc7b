//! Discrete laws in f32: their tables, and the launches over one block of atoms.

use super::{Tile, Work};
use crate::backend::cuda::driver::{Argument, Buffer, Queue};
use crate::backend::cuda::kernels;
use crate::channel::posterior::DiscreteTables;
use crate::error::Result;

/// Rows of f32 are as long as whole warps of atoms, two a lane: the kernels read no further and ask for no less.
const ALIGNED: usize = 64;
/// Exponent of the law's largest |x̃| in the units of its f32 numbers: see kernels/posterior/neighbours_f32.cuh.
const LARGEST_EXPONENT: i32 = 20;
/// SNRs a warp of the sums takes.
const GROUP: u32 = 16;

/// Length of a row of `atoms` f32.
pub fn row(atoms: usize) -> usize {
    atoms.next_multiple_of(ALIGNED)
}

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
    pub rows: Argument<'a>,
    /// Length of the rows of a table with a row an atom; 0 where there is none.
    pub table: u32,
    /// From one sample's row to the next where there is no table; 0 where all share one.
    pub spacing: u32,
}

impl Single {
    /// Copies a law to the device: `norms` |x̃|², `known` the means of its controls, `unit` of its lengths.
    ///
    /// # Errors
    /// [`crate::error::Error::Backend`]: out of memory.
    pub fn upload(queue: &Queue, law: &DiscreteTables, norms: &[f64], known: &[f64], unit: f64) -> Result<Self> {
        let atoms = law.weights.len();
        let mut weights: Vec<f32> = law.weights.iter().map(|&p| p as f32).collect();
        let mut log_weights: Vec<f32> = law.ln_weights.iter().map(|l| (l * std::f64::consts::LOG2_E) as f32).collect();
        weights.resize(row(atoms), 0.0);
        log_weights.resize(row(atoms), f32::NEG_INFINITY);
        Ok(Self {
            weights: queue.upload(&weights)?,
            log_weights: queue.upload(&log_weights)?,
            norms: queue.upload(norms)?,
            known: queue.upload(known)?,
            variance: known[0],
            unit,
        })
    }

    /// Prior sums and posterior sums over one block of atoms (start, size) whose a stands in `work`.
    ///
    /// # Errors
    /// [`crate::error::Error::Backend`].
    pub fn add_sums(
        &self,
        queue: &Queue,
        work: &Work,
        tile: Tile,
        distances: Distances,
        (start, size): (u32, u32),
    ) -> Result<()> {
        let warps = tile.count.div_ceil(4);
        let stride = row(size as usize) as u32;
        let near = [
            (&work.noise).into(),
            distances.rows,
            (&work.index).into(),
            (&self.log_weights).into(),
            distances.table.into(),
            distances.spacing.into(),
        ];
        let of_prior = [
            (&self.weights).into(),
            (&work.own).into(),
            (&self.norms).into(),
            self.variance.into(),
            self.unit.into(),
            tile.count.into(),
            start.into(),
            stride.into(),
        ];
        let prior = [&[(&work.prior).into()], &near[..], &of_prior].concat();
        queue.launch(&kernels::PRIOR_F32, [warps, 1], &prior)?;
        let of_sums =
            [(&work.snrs).into(), self.unit.into(), tile.count.into(), tile.points.into(), start.into(), stride.into()];
        let sums = [&[(&work.sums).into()], &near[..], &of_sums].concat();
        queue.launch(&kernels::SUMS_F32, [warps, tile.points.div_ceil(GROUP)], &sums)
    }

    /// Below `readouts` columns the controls, from the prior sums; the mean instead of each whose bit of `withheld` is set.
    ///
    /// # Errors
    /// [`crate::error::Error::Backend`].
    pub fn controls(
        &self,
        queue: &Queue,
        work: &Work,
        tile: Tile,
        (ln_weights, shannon): (&Buffer<f64>, f64),
        [readouts, withheld]: [u32; 2],
    ) -> Result<()> {
        let arguments = [
            (&work.columns).into(),
            (&work.prior).into(),
            (&work.index).into(),
            ln_weights.into(),
            (&work.own).into(),
            (&self.norms).into(),
            (&self.known).into(),
            self.variance.into(),
            shannon.into(),
            withheld.into(),
            tile.count.into(),
            readouts.into(),
        ];
        queue.launch(&kernels::CONTROLS_F32, [tile.count.div_ceil(128), 1], &arguments)
    }
}
