//! HostRows of atoms that do not fit on a device: they stay on the host and come by blocks, one
//! while the block before it is multiplied. The sums are the same to the bit as with all of them
//! there.

use super::extent::BlockExtent;
use crate::backend::cuda::driver::{Buffer, Queue};
use crate::backend::cuda::tile::{CHUNK, Chunk, TILE};
use crate::error::Result;

/// A worker's room for blocks of atoms.
pub struct Blocks {
    /// What copies run on, beside the worker's own queue.
    copies: Queue,
    /// x̃ of the present block and of the next: CHUNK × d each.
    blocks: [Buffer<f64>; 2],
    /// x̃_I of a tile's samples: samples × d.
    pub sources: Buffer<f64>,
    /// The present block as halves; empty in f64.
    pub halves: Buffer<u32>,
    /// The powers of two that were taken out of them.
    pub factors: Buffer<f32>,
}

/// Atoms on the host, x̃ row-major.
#[derive(Clone, Copy)]
pub struct HostRows<'a> {
    /// N × d.
    pub centred: &'a [f64],
    /// d.
    pub dim: usize,
}

impl Blocks {
    /// Allocates.
    pub fn new(queue: &Queue, extent: &BlockExtent) -> Result<Self> {
        let block = extent.atoms * extent.dim;
        Ok(Self {
            copies: queue.beside()?,
            blocks: [queue.room(block)?, queue.room(block)?],
            sources: queue.room(TILE * extent.dim)?,
            halves: queue.room(extent.halves)?,
            factors: queue.room(extent.factors)?,
        })
    }

    /// Fetches the atoms that a tile's samples come from.
    pub fn fetch_sources(&self, queue: &Queue, index: &[u32], atoms: HostRows) -> Result<()> {
        let row = |&i: &u32| &atoms.centred[i as usize * atoms.dim..][..atoms.dim];
        queue.refill(&self.sources, &index.iter().flat_map(row).copied().collect::<Vec<f64>>())
    }

    /// Calls `each` with every block of atoms, where it stands and which it is. What `each` queues
    /// runs while the next block is copied.
    ///
    /// # Errors
    /// What `each` refuses; a device that fails.
    pub fn for_each(
        &self,
        queue: &Queue,
        HostRows { centred, dim }: HostRows,
        mut each: impl FnMut(&Buffer<f64>, Chunk) -> Result<()>,
    ) -> Result<()> {
        let mut blocks = centred.chunks(CHUNK * dim).zip(self.blocks.iter().cycle());
        let copy = |free, block: Option<(&[f64], &Buffer<f64>)>| match block {
            Some((values, to)) => {
                self.copies.wait_for(&free)?;
                self.copies.refill(to, values)
            }
            None => Ok(()),
        };
        copy(queue.mark()?, blocks.next())?;
        for (chunk, here) in Chunk::all((centred.len() / dim) as u32).zip(self.blocks.iter().cycle()) {
            queue.wait_for(&self.copies.mark()?)?;
            // Up to here, the other block has been read.
            let free = queue.mark()?;
            each(here, chunk)?;
            copy(free, blocks.next())?;
        }
        Ok(())
    }
}
