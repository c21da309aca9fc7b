//! A law on a device: its tables, and the launches that turn random words into observables and controls.

mod atoms;
mod discrete;
mod mixture;
mod simplex;

use atoms::{MOST_PAIRED, PlacedAtoms};
use discrete::Weights;
use mixture::{Components, MIXTURE_WARPS};

use super::driver::Queue;
use super::work::Work;
use crate::backend::choice::Precision;
use crate::error::Result;
use crate::posterior::{Sampler, Tables};
use crate::stream::Stream;

/// Samples of one tile: what is drawn, summed and reduced together. It fixes the tree of the moments.
pub const TILE: usize = 1024;
/// Atoms of one block of products: TILE × 2 × CHUNK products (33 MB) stay in the second-level cache of an H100 or H200.
/// It fixes the tree of the sums. Even, so that a block of normals is not split.
pub const CHUNK: usize = 2048;

/// What a sampler with a kernel is made of; [`super::Cuda`] gives others to the processors.
pub fn tables_of(sampler: &dyn Sampler) -> Tables<'_> {
    sampler.tables().expect("a sampler without tables runs on the processors")
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

/// A law whose tables are on a device.
pub struct DeviceLaw {
    structure: Structure,
    /// Independent copies: observables are multiplied by their number.
    copies: f64,
}

enum Structure {
    Atoms(Box<PlacedAtoms>),
    Simplex(Weights),
    Mixture(Components),
}

/// What a law asks of a [`Work`].
pub struct Extent {
    /// Coordinates of a sample's noise that are kept for a product; 0 where none is taken.
    pub dim: usize,
    /// Products of a tile that are there at a time.
    pub products: usize,
    /// Numbers that the components of a mixture need.
    pub scratch: usize,
    /// Bytes of the law's tables.
    pub tables: usize,
    /// Atoms, and bytes of the products of all pairs of them, where a table of these saves a product a sample.
    pub gram: Option<(usize, usize)>,
}

impl Extent {
    /// Of the law that `tables` describe.
    pub fn of(tables: &Tables) -> Self {
        let column = size_of::<f64>();
        match tables {
            Tables::Copies { factor, .. } => Self::of(&tables_of(*factor)),
            Tables::Atoms { dim, norms, .. } => Self {
                dim: *dim,
                products: 2 * TILE * norms.len().min(CHUNK),
                scratch: 0,
                tables: norms.len() * (dim + 4) * column,
                gram: Some((norms.len(), norms.len() * norms.len() * column)).filter(|_| norms.len() <= MOST_PAIRED),
            },
            Tables::Simplex(w) => {
                let n = w.weights.len();
                Self { dim: 0, products: TILE * n.min(CHUNK), scratch: 0, tables: 3 * n * column, gram: None }
            }
            Tables::Mixture { mixture, .. } => Self {
                dim: mixture.dim,
                products: 0,
                scratch: MIXTURE_WARPS as usize * mixture.weights.len() * (mixture.dim + 1),
                tables: (mixture.means.len() + 3 * mixture.weights.len() + mixture.dim) * column,
                gram: None,
            },
        }
    }
}

impl DeviceLaw {
    /// Copies the tables of a law to a device; `gram`: with the products of all pairs of atoms.
    ///
    /// # Errors
    /// [`crate::error::Error::Backend`]: out of memory.
    pub fn upload(queue: &Queue, tables: &Tables, gram: bool) -> Result<Self> {
        let structure = match tables {
            Tables::Copies { factor, copies } => {
                let factor = Self::upload(queue, &tables_of(*factor), gram)?;
                return Ok(Self { copies: factor.copies * *copies as f64, ..factor });
            }
            Tables::Atoms { dim, centred, norms, weights } => {
                Structure::Atoms(Box::new(PlacedAtoms::upload(queue, *dim, centred, norms, weights, gram)?))
            }
            Tables::Simplex(weights) => Structure::Simplex(Weights::upload(queue, weights)?),
            Tables::Mixture { mixture, ln_weights, ends, mean } => {
                Structure::Mixture(Components::upload(queue, mixture, ln_weights, ends, mean)?)
            }
        };
        Ok(Self { structure, copies: 1.0 })
    }

    /// Queues everything from random words to observables and, below `readouts` columns, `controls` controls. Mixtures are
    /// in f64 whatever the `precision`.
    ///
    /// # Errors
    /// [`crate::error::Error::Backend`].
    pub fn observe(
        &self,
        queue: &Queue,
        work: &Work,
        tile: Tile,
        [readouts, controls]: [u32; 2],
        precision: Precision,
    ) -> Result<()> {
        match &self.structure {
            Structure::Atoms(atoms) => {
                atoms.add_up(queue, work, tile, precision)?;
                atoms.weights.finish(queue, work, tile, self.copies, readouts)
            }
            Structure::Simplex(weights) => {
                simplex::add_up(weights, queue, work, tile, precision)?;
                weights.finish(queue, work, tile, self.copies, readouts)
            }
            Structure::Mixture(mixture) => mixture.observe(queue, work, tile, self.copies, [readouts, controls]),
        }
    }
}

/// Blocks of atoms (start, size).
fn chunks(atoms: u32) -> impl Iterator<Item = (u32, u32)> {
    (0..atoms).step_by(CHUNK).map(move |start| (start, (atoms - start).min(CHUNK as u32)))
}
