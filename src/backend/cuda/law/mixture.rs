//! Mixtures of isotropic Gaussians on a device, in f64 whatever the precision.

use super::ColumnCounts;
use crate::backend::cuda::driver::{Buffer, Queue, launch};
use crate::backend::cuda::tile::MIXTURE_WARPS;
use crate::backend::cuda::work::Flight;
use crate::error::Result;
use crate::source::Mixture;

/// MixtureOnDevice of a mixture.
pub struct MixtureOnDevice {
    means: Buffer<f64>,
    variances: Buffer<f64>,
    ln_weights: Buffer<f64>,
    ends: Buffer<f64>,
    mean: Buffer<f64>,
    dim: u32,
    count: u32,
}

impl MixtureOnDevice {
    /// Copies a mixture to the device: ln w_j, partial sums of the weights and EX beside it.
    pub fn upload(
        queue: &Queue,
        mixture: &Mixture,
        ln_weights: &[f64],
        ends: &[f64],
        mean: &[f64],
    ) -> Result<Self> {
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

    /// Observables of a tile's samples, times `copies`, and below the readouts' columns the
    /// controls.
    pub fn observe(
        &self,
        Flight { queue, work, tile }: Flight,
        copies: f64,
        columns: ColumnCounts,
    ) -> Result<()> {
        launch!(queue, DRAW_MIXTURE, [tile.count.div_ceil(4), 1];
            work.index, work.rows, work.own, work.columns, self.ends, self.means, self.variances,
            self.mean, tile.stream, tile.first, tile.count, self.dim, self.count, columns.readouts,
            columns.controls)?;
        launch!(queue, OBSERVE_MIXTURE, [MIXTURE_WARPS / 4, 1];
            work.observed, work.scratch, work.rows, work.own, work.snrs, self.means, self.variances,
            self.ln_weights, copies, tile.count, tile.points, self.dim, self.count, MIXTURE_WARPS)
    }
}
