//! Mixtures of isotropic Gaussians on a device, in f64 whatever the precision.

use super::{Tile, Work};
use crate::backend::cuda::driver::{Buffer, Queue};
use crate::backend::cuda::kernels;
use crate::error::Result;
use crate::source::Mixture;

/// Components of a mixture.
pub struct Components {
    means: Buffer<f64>,
    variances: Buffer<f64>,
    ln_weights: Buffer<f64>,
    ends: Buffer<f64>,
    mean: Buffer<f64>,
    dim: u32,
    count: u32,
}

/// Warps that work on a mixture's samples and SNRs: two blocks of four on each of 128 multiprocessors.
pub const MIXTURE_WARPS: u32 = 1024;

impl Components {
    /// Copies a mixture to the device: ln w_j, partial sums of the weights and EX beside it.
    ///
    /// # Errors
    /// [`crate::error::Error::Backend`]: out of memory.
    pub fn upload(queue: &Queue, mixture: &Mixture, ln_weights: &[f64], ends: &[f64], mean: &[f64]) -> Result<Self> {
        Ok(Self {
            means: queue.upload(&mixture.means)?,
            variances: queue.upload(&mixture.variances)?,
            ln_weights: queue.upload(ln_weights)?,
            ends: queue.upload(ends)?,
            mean: queue.upload(mean)?,
            dim: mixture.dim as u32,
            count: mixture.weights.len() as u32,
        })
    }

    /// Observables of a tile's samples, times `copies`, and below `readouts` columns `controls` controls.
    ///
    /// # Errors
    /// [`crate::error::Error::Backend`].
    pub fn observe(&self, queue: &Queue, work: &Work, tile: Tile, copies: f64, columns: [u32; 2]) -> Result<()> {
        self.draw(queue, work, tile, columns)?;
        let observe = [
            (&work.observed).into(),
            (&work.scratch).into(),
            (&work.rows).into(),
            (&work.own).into(),
            (&work.snrs).into(),
            (&self.means).into(),
            (&self.variances).into(),
            (&self.ln_weights).into(),
            copies.into(),
            tile.count.into(),
            tile.points.into(),
            self.dim.into(),
            self.count.into(),
            MIXTURE_WARPS.into(),
        ];
        queue.launch(&kernels::OBSERVE_MIXTURE, [MIXTURE_WARPS / 4, 1], &observe)
    }

    fn draw(&self, queue: &Queue, work: &Work, tile: Tile, [readouts, controls]: [u32; 2]) -> Result<()> {
        let arguments = [
            (&work.index).into(),
            (&work.rows).into(),
            (&work.own).into(),
            (&work.columns).into(),
            (&self.ends).into(),
            (&self.means).into(),
            (&self.variances).into(),
            (&self.mean).into(),
            tile.stream.seed().into(),
            tile.stream.lane().into(),
            tile.first.into(),
            tile.count.into(),
            self.dim.into(),
            self.count.into(),
            readouts.into(),
            controls.into(),
        ];
        queue.launch(&kernels::DRAW_MIXTURE, [tile.count.div_ceil(4), 1], &arguments)
    }
}
