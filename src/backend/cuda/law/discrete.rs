//! What discrete laws share on a device: their weights, the sums over one block of atoms, and what
//! becomes of the sums.

use crate::backend::cuda::driver::{Buffer, KernelArgument, Queue, arguments, launch};
use crate::backend::cuda::kernels::Kernel;
use crate::backend::cuda::tile::Chunk;
use crate::backend::cuda::work::Flight;
use crate::channel::posterior::DiscreteTables;
use crate::error::Result;

/// The weights of a discrete law.
pub struct Weights {
    pub weights: Buffer<f64>,
    pub ln_weights: Buffer<f64>,
    pub ends: Buffer<f64>,
    pub atoms: u32,
    pub shannon: f64,
}

/// SNRs that a warp of the posterior sums takes.
const GROUP: u32 = 8;

impl Weights {
    /// Copies them to the device.
    pub fn upload(queue: &Queue, tables: &DiscreteTables) -> Result<Self> {
        Ok(Self {
            weights: queue.upload(tables.weights)?,
            ln_weights: queue.upload(tables.ln_weights)?,
            ends: queue.upload(tables.ends)?,
            atoms: tables.weights.len() as u32,
            shannon: tables.shannon,
        })
    }

    /// Prior sums and posterior sums over one block of atoms by two kernels; `law` is what both ask
    /// of the law.
    pub fn add_sums(
        &self,
        Flight { queue, work, tile }: Flight,
        [prior, sums]: [&Kernel; 2],
        law: &Vec<KernelArgument>,
        Chunk { start, size }: Chunk,
    ) -> Result<()> {
        let warps = tile.count.div_ceil(4);
        let of_prior = arguments!(work.prior, *law, self.weights, tile.count, start, size);
        queue.launch(prior, [warps, 1], 0, &of_prior)?;
        let of_sums = arguments!(work.sums, *law, work.snrs, tile.count, tile.points, start, size);
        queue.launch(sums, [warps, tile.points.div_ceil(GROUP)], 0, &of_sums)
    }

    /// Observables from the sums, times `copies`.
    pub fn observe(&self, Flight { queue, work, tile }: Flight, copies: f64) -> Result<()> {
        let cells = tile.count * tile.points;
        launch!(queue, OBSERVE, [cells.div_ceil(256), 1];
            work.observed, work.sums, work.snrs, self.shannon, copies, cells)
    }

    /// Below `readouts` columns the controls, from the prior sums.
    pub fn controls(&self, Flight { queue, work, tile }: Flight, readouts: u32) -> Result<()> {
        launch!(queue, CONTROLS, [tile.count.div_ceil(128), 1];
            work.columns, work.prior, work.index, self.ln_weights, self.shannon, tile.count,
            readouts)
    }
}
