//! What a law's tables and a worker's memory agree on: how many samples and atoms stand side by
//! side.

use crate::numeric::stream::Stream;

/// Samples of one tile: what is drawn, summed and reduced together. It fixes the tree of the
/// moments.
pub const TILE: usize = 1024;
/// Atoms of one block of products: TILE × 2 × CHUNK products (33 MB) stay in the second-level cache
/// of an H100 or H200. It fixes the tree of the sums. Even, so that a block of normals is not
/// split.
pub const CHUNK: usize = 2048;
/// Samples on which the error of f32 is measured, at the start of a job: part of a tile.
pub const CALIBRATED: usize = 256;
/// Most atoms whose pairs are multiplied at once: blocks down in a launch.
pub const MOST_PAIRED: usize = 65_535 * PRODUCT_TILE;
/// Warps that work on a mixture's samples and SNRs: two blocks of four on each of 128
/// multiprocessors.
pub const MIXTURE_WARPS: u32 = 1024;
/// PathRows and columns of a block of a product.
const PRODUCT_TILE: usize = 128;
/// PathRows of f32 are as long as whole warps of atoms, two a lane: the kernels read no further and
/// ask for no less.
const ALIGNED: usize = 64;

/// Words of a row of numbers split into halves.
pub fn halves(dim: usize) -> usize {
    dim.div_ceil(16) * 16
}

/// PathRows that a product of halves reads: whole tiles.
pub fn product_rows(rows: usize) -> usize {
    rows.next_multiple_of(PRODUCT_TILE)
}

/// Length of a row of `atoms` f32.
pub fn row(atoms: usize) -> usize {
    atoms.next_multiple_of(ALIGNED)
}

/// One tile of samples of a stream.
#[derive(Clone, Copy)]
pub struct Tile {
    /// The lane of random words.
    pub stream: Stream,
    /// First sample.
    pub first: u64,
    /// Number of samples, at most [`TILE`].
    pub count: u32,
    /// Number of SNRs.
    pub points: u32,
}

/// One block of a law's atoms.
#[derive(Clone, Copy)]
pub struct Chunk {
    /// Its first atom.
    pub start: u32,
    /// Their number, at most [`CHUNK`].
    pub size: u32,
}

impl Chunk {
    /// All blocks of `atoms` atoms.
    pub fn all(atoms: u32) -> impl Iterator<Item = Self> {
        (0..atoms).step_by(CHUNK).map(move |start| Self { start, size: (atoms - start).min(CHUNK as u32) })
    }

    /// Length of its rows of f32.
    pub fn row(self) -> u32 {
        row(self.size as usize) as u32
    }
}

/// In what the sums of a tile are added up.
#[derive(Clone, Copy)]
pub enum Arithmetic {
    /// f64.
    Double,
    /// f32 (mixtures: f64 all the same); controls whose bit is set are withheld, their known mean
    /// stands in their place.
    Single {
        /// Bit c for control c.
        withheld: u32,
    },
}

/// What of the atoms in R^d is on a device.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Storage {
    /// Their coordinates, and a table of all pairs of them.
    Pairs,
    /// Their coordinates.
    Resident,
    /// What is a number an atom; coordinates come from the host by blocks, for every tile.
    Streamed,
}
