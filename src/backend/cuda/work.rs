//! The memory in which one tile of samples is worked on.

use super::driver::{Buffer, Queue};
use super::law::extent::Extent;
use super::law::stream::Blocks;
use super::tile::{TILE, Tile};
use crate::error::Result;
use crate::numeric::moments;

/// Sums, prior sums and observables of a sample (and SNR).
const SUMS: usize = 5;
const PRIOR_SUMS: usize = 6;
const OBSERVABLES: usize = 4;

/// Numbers that fix how large a [`Work`] is.
pub struct WorkShape {
    /// What the law needs.
    pub extent: Extent,
    /// SNRs.
    pub points: usize,
    /// Readouts and controls.
    pub width: usize,
    /// Whether coordinates of atoms come from the host by blocks.
    pub streamed: bool,
}

impl WorkShape {
    /// Bytes of a [`Work`].
    pub fn bytes(&self) -> usize {
        let Self { extent, points, width, streamed } = self;
        let a_sample = 2 * extent.dim + 2 + points * (1 + SUMS + OBSERVABLES) + PRIOR_SUMS + width;
        let a_tile = extent.products + extent.scratch + Summary::of(*width).len;
        let blocks = extent.streamed.filter(|_| *streamed).map_or(0, |(_, blocks)| blocks.bytes());
        let single = extent.noise + extent.distances + extent.halves + TILE;
        (TILE * a_sample + a_tile) * size_of::<f64>() + single * size_of::<f32>() + blocks
    }
}

/// One tile on its way: where its kernels are queued and what they work in.
#[derive(Clone, Copy)]
pub struct Flight<'a> {
    /// Orders them.
    pub queue: &'a Queue,
    /// The worker's memory.
    pub work: &'a Work,
    /// The samples.
    pub tile: Tile,
}

/// Buffers of a tile of up to [`TILE`] samples; shapes beside each.
pub struct Work {
    /// I: samples.
    pub index: Buffer<u32>,
    /// z above x̃_I (above x, for a mixture): 2·samples × d.
    pub rows: Buffer<f64>,
    /// ⟨z, x̃_I⟩ (z_I for orthonormal atoms, |z|² for a mixture): samples.
    pub own: Buffer<f64>,
    /// γ: samples × points.
    pub snrs: Buffer<f64>,
    /// ⟨z, x̃_i⟩ above ⟨x̃_I, x̃_i⟩ (noise of orthonormal atoms): 2·samples × block of atoms.
    pub products: Buffer<f64>,
    /// a in f32: samples × block of atoms.
    pub noise: Buffer<f32>,
    /// D in f32: samples × block of atoms; empty where atoms are orthonormal.
    pub distances: Buffer<f32>,
    /// z as halves: samples × words.
    pub halves: Buffer<u32>,
    /// The powers of two that were taken out of them: samples.
    pub factors: Buffer<f32>,
    /// Memory for atoms that come by blocks.
    pub blocks: Option<Blocks>,
    /// Posterior weights and means of a mixture's components: warps × J·(d + 1).
    pub scratch: Buffer<f64>,
    /// Posterior sums: samples × points × 5.
    pub sums: Buffer<f64>,
    /// Prior sums: samples × 6.
    pub prior: Buffer<f64>,
    /// Observables: samples × points × 4.
    pub observed: Buffer<f64>,
    /// Readouts and controls: width × samples.
    pub columns: Buffer<f64>,
    /// The moments of the columns, in one piece that is copied back at once: see [`Summary`].
    pub summary: Buffer<f64>,
}

/// Where the moments of `width` columns stand in their buffer of f64.
#[derive(Clone, Copy)]
pub struct Summary {
    /// Columns: as many means, from 0 on.
    pub width: usize,
    /// Start of the centred cross products, width·(width + 1)/2.
    pub cross: usize,
    /// Start of the smallest and largest values, width × 2 × [`moments::TAIL`].
    pub kept: usize,
    /// Start of the u32 that say which sample of a column is the first that is not finite: width.
    pub strange: usize,
    /// Length.
    pub len: usize,
}

impl Summary {
    /// That of `width` columns.
    pub fn of(width: usize) -> Self {
        let kept = width + width * (width + 1) / 2;
        let strange = kept + width * 2 * moments::TAIL;
        Self { width, cross: width, kept, strange, len: strange + width.div_ceil(2) }
    }
}

impl Work {
    /// Allocates.
    pub fn new(queue: &Queue, shape: &WorkShape) -> Result<Self> {
        let WorkShape { extent, points, width, streamed } = shape;
        let blocks = extent.streamed.filter(|_| *streamed);
        Ok(Self {
            index: queue.room(TILE)?,
            rows: queue.room(2 * TILE * extent.dim)?,
            own: queue.room(TILE)?,
            snrs: queue.room(TILE * points)?,
            products: queue.room(extent.products)?,
            noise: queue.room(extent.noise)?,
            distances: queue.room(extent.distances)?,
            halves: queue.room(extent.halves)?,
            factors: queue.room(TILE)?,
            blocks: blocks.map(|(_, extent)| Blocks::new(queue, &extent)).transpose()?,
            scratch: queue.room(extent.scratch)?,
            sums: queue.room(TILE * points * SUMS)?,
            prior: queue.room(TILE * PRIOR_SUMS)?,
            observed: queue.room(TILE * points * OBSERVABLES)?,
            columns: queue.room(TILE * width)?,
            summary: queue.room(Summary::of(*width).len)?,
        })
    }
}
