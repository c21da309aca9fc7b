//! What discrete laws share on a device: their weights, the sums over one block of atoms, and what becomes of the sums.

use super::{Tile, Work};
use crate::backend::cuda::driver::{Argument, Buffer, Queue};
use crate::backend::cuda::kernels::{self, Kernel};
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
    ///
    /// # Errors
    /// [`crate::error::Error::Backend`]: out of memory.
    pub fn upload(queue: &Queue, tables: &DiscreteTables) -> Result<Self> {
        Ok(Self {
            weights: queue.upload(tables.weights)?,
            ln_weights: queue.upload(tables.ln_weights)?,
            ends: queue.upload(tables.ends)?,
            atoms: tables.weights.len() as u32,
            shannon: tables.shannon,
        })
    }

    /// Prior sums and posterior sums over one block of atoms (start, size) by two kernels; `law` is what both ask of the law.
    ///
    /// # Errors
    /// [`crate::error::Error::Backend`].
    pub fn add_sums(
        &self,
        queue: &Queue,
        work: &Work,
        tile: Tile,
        [prior, sums]: [&Kernel; 2],
        law: &[Argument],
        (start, size): (u32, u32),
    ) -> Result<()> {
        let warps = tile.count.div_ceil(4);
        let block = [start.into(), size.into()];
        let prior_arguments =
            [&[(&work.prior).into()], law, &[(&self.weights).into(), tile.count.into()], &block[..]].concat();
        queue.launch(prior, [warps, 1], &prior_arguments)?;
        let shape = [(&work.snrs).into(), tile.count.into(), tile.points.into()];
        let sums_arguments = [&[(&work.sums).into()], law, &shape[..], &block[..]].concat();
        queue.launch(sums, [warps, tile.points.div_ceil(GROUP)], &sums_arguments)
    }

    /// Observables from the sums, times `copies`.
    ///
    /// # Errors
    /// [`crate::error::Error::Backend`].
    pub fn observe(&self, queue: &Queue, work: &Work, tile: Tile, copies: f64) -> Result<()> {
        let cells = tile.count * tile.points;
        let arguments = [
            (&work.observed).into(),
            (&work.sums).into(),
            (&work.snrs).into(),
            self.shannon.into(),
            copies.into(),
            cells.into(),
        ];
        queue.launch(&kernels::OBSERVE, [cells.div_ceil(256), 1], &arguments)
    }

    /// Observables below SNR `low` less what fluctuates most, by the controls below `readouts` columns; times `copies`.
    ///
    /// # Errors
    /// [`crate::error::Error::Backend`].
    pub fn anchor(&self, queue: &Queue, work: &Work, tile: Tile, [low, copies]: [f64; 2], readouts: u32) -> Result<()> {
        let arguments = [
            (&work.observed).into(),
            (&work.columns).into(),
            (&work.snrs).into(),
            low.into(),
            copies.into(),
            tile.count.into(),
            tile.points.into(),
            readouts.into(),
        ];
        queue.launch(&kernels::ANCHOR, [(tile.count * tile.points).div_ceil(256), 1], &arguments)
    }

    /// Below `readouts` columns the controls, from the prior sums.
    ///
    /// # Errors
    /// [`crate::error::Error::Backend`].
    pub fn controls(&self, queue: &Queue, work: &Work, tile: Tile, readouts: u32) -> Result<()> {
        let arguments = [
            (&work.columns).into(),
            (&work.prior).into(),
            (&work.index).into(),
            (&self.ln_weights).into(),
            self.shannon.into(),
            tile.count.into(),
            readouts.into(),
        ];
        queue.launch(&kernels::CONTROLS, [tile.count.div_ceil(128), 1], &arguments)
    }
}
