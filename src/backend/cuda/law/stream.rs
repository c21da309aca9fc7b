//! Coordinates of atoms that do not fit on a device: they stay on the host and come by blocks, one while the block before
//! it is multiplied. The sums are the same to the bit as with all of them there.

use super::{CHUNK, TILE, Tile, chunks};
use crate::backend::cuda::driver::{Buffer, Queue};
use crate::backend::cuda::kernels;
use crate::backend::cuda::work::Work;
use crate::error::Result;

/// A worker's room for blocks of atoms.
pub struct Blocks {
    /// What copies run on, beside the worker's own queue.
    copies: Queue,
    /// x̃ of the present block and of the next: CHUNK × d each.
    blocks: [Buffer<f64>; 2],
    /// x̃_I of a tile's samples: samples × d.
    pub sources: Buffer<f64>,
    /// The present block as halves, and their factors; empty in f64.
    pub halves: Buffer<u32>,
    /// The powers of two that were taken out of them.
    pub factors: Buffer<f32>,
}

/// Sizes of [`Blocks`].
#[derive(Clone, Copy, Default)]
pub struct BlockExtent {
    /// Dimension.
    pub dim: usize,
    /// Atoms of a block: [`CHUNK`], or all if there are fewer.
    pub atoms: usize,
    /// Words of the halves of a block.
    pub halves: usize,
    /// Their factors.
    pub factors: usize,
}

impl BlockExtent {
    /// Bytes.
    pub fn bytes(&self) -> usize {
        let numbers = (2 * self.atoms + TILE) * self.dim;
        numbers * size_of::<f64>() + self.halves * size_of::<u32>() + self.factors * size_of::<f32>()
    }
}

impl Blocks {
    /// Allocates.
    ///
    /// # Errors
    /// [`crate::error::Error::Backend`]: out of memory.
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

    /// Draws which atoms a tile's samples come from, and fetches those from `centred` (N × `dim`).
    ///
    /// # Errors
    /// [`crate::error::Error::Backend`].
    pub fn fetch_sources(
        &self,
        queue: &Queue,
        work: &Work,
        tile: Tile,
        (ends, atoms): (&Buffer<f64>, u32),
        (centred, dim): (&[f64], usize),
    ) -> Result<()> {
        let arguments = [
            (&work.index).into(),
            (&work.own).into(),
            ends.into(),
            tile.stream.seed().into(),
            tile.stream.lane().into(),
            tile.first.into(),
            tile.count.into(),
            atoms.into(),
        ];
        // The draw of an index is the same for every discrete law; what this writes of the noise is written again.
        queue.launch(&kernels::DRAW_SIMPLEX, [tile.count.div_ceil(128), 1], &arguments)?;
        let index = queue.download(&work.index, tile.count as usize)?;
        let rows: Vec<f64> = index.iter().flat_map(|&i| &centred[i as usize * dim..][..dim]).copied().collect();
        queue.refill(&self.sources, &rows)
    }

    /// Calls `each` with every block of `centred` (N × `dim`): where it stands, its start and its size. What `each` queues
    /// runs while the next block is copied.
    ///
    /// # Errors
    /// [`crate::error::Error::Backend`]; those of `each`.
    pub fn for_each(
        &self,
        queue: &Queue,
        (centred, dim): (&[f64], usize),
        mut each: impl FnMut(&Buffer<f64>, (u32, u32)) -> Result<()>,
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
        for (chunk, here) in chunks((centred.len() / dim) as u32).zip(self.blocks.iter().cycle()) {
            queue.wait_for(&self.copies.mark()?)?;
            // Up to here, the other block has been read.
            let free = queue.mark()?;
            each(here, chunk)?;
            copy(free, blocks.next())?;
        }
        Ok(())
    }
}
