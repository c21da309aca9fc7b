//! A law on a device: its tables, and the launches that turn random words into observables and controls.

mod atoms;
mod discrete;
mod extent;
mod mixture;
mod simplex;
mod single;
mod stream;

pub use atoms::multiply;
use atoms::{HostAtoms, PlacedAtoms};
use discrete::Weights;
pub use extent::Extent;
use mixture::Components;
use simplex::Orthonormal;
use single::Single;
pub use stream::{BlockExtent, Blocks};

use super::driver::Queue;
use super::work::Work;
use crate::backend::options::Precision;
use crate::channel::posterior::{Sampler, Tables};
use crate::error::Result;
use crate::numeric::stream::Stream;

/// Samples of one tile: what is drawn, summed and reduced together. It fixes the tree of the moments.
pub const TILE: usize = 1024;
/// Atoms of one block of products: TILE × 2 × CHUNK products (33 MB) stay in the second-level cache of an H100 or H200.
/// It fixes the tree of the sums. Even, so that a block of normals is not split.
pub const CHUNK: usize = 2048;

/// Samples on which the error of f32 is measured, at the start of a job: part of a tile.
pub const CALIBRATED: usize = 256;

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

/// In what the sums of a tile are added up.
#[derive(Clone, Copy)]
pub enum Arithmetic {
    /// f64.
    Double,
    /// f32 (mixtures: f64 all the same); controls whose bit is set are withheld, their known mean stands in their place.
    Single {
        /// Bit c for control c.
        withheld: u32,
    },
}

/// What of the atoms in R^d is on a device.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Their coordinates, and a table of all pairs of them.
    Pairs,
    /// Their coordinates.
    Resident,
    /// What is a number an atom; coordinates come from the host by blocks, for every tile.
    Streamed,
}

/// A law whose tables are on a device.
pub struct DeviceLaw {
    structure: Structure,
    /// Independent copies: observables are multiplied by their number.
    copies: f64,
    /// [`Sampler::anchored_below`], for discrete laws.
    low: f64,
}

enum Structure {
    Atoms(Box<PlacedAtoms>),
    Simplex(Box<Orthonormal>),
    Mixture(Box<Components>),
}

impl DeviceLaw {
    /// Copies the tables of a law to a device; `known`: means of its controls; `place`: what of its atoms.
    ///
    /// # Errors
    /// [`crate::error::Error::Backend`]: out of memory.
    pub fn upload(queue: &Queue, tables: &Tables, known: &[f64], place: Place, precision: Precision) -> Result<Self> {
        let structure = match tables {
            Tables::Copies { factor, copies } => {
                let factor = Self::upload(queue, &tables_of(*factor), known, place, precision)?;
                return Ok(Self { copies: factor.copies * *copies as f64, ..factor });
            }
            Tables::Atoms { dim, centred, norms, weights } => {
                let host = HostAtoms { dim: *dim, centred, norms, weights, known };
                Structure::Atoms(Box::new(PlacedAtoms::upload(queue, &host, place, precision)?))
            }
            Tables::Simplex(weights) => {
                Structure::Simplex(Box::new(Orthonormal::upload(queue, weights, known, precision)?))
            }
            Tables::Mixture { mixture, ln_weights, ends, mean } => {
                Structure::Mixture(Box::new(Components::upload(queue, mixture, ln_weights, ends, mean)?))
            }
        };
        Ok(Self { structure, copies: 1.0, low: 1.0 / known[0] })
    }

    /// Queues everything from random words to observables and, below `readouts` columns, `controls` controls; `tables` are
    /// those that the law was uploaded from.
    ///
    /// # Errors
    /// [`crate::error::Error::Backend`].
    pub fn observe(
        &self,
        queue: &Queue,
        work: &Work,
        (tables, tile): (&Tables, Tile),
        [readouts, controls]: [u32; 2],
        arithmetic: Arithmetic,
    ) -> Result<()> {
        let (weights, single) = match &self.structure {
            Structure::Atoms(atoms) => {
                atoms.add_up(queue, work, tile, (centred_of(tables), arithmetic))?;
                (&atoms.weights, atoms.single.as_ref().map(|s| &s.law))
            }
            Structure::Simplex(simplex) => {
                simplex.add_up(queue, work, tile, arithmetic)?;
                (&simplex.weights, simplex.single.as_ref().map(|s| &s.law))
            }
            Structure::Mixture(mixture) => {
                return mixture.observe(queue, work, tile, self.copies, [readouts, controls]);
            }
        };
        self.finish(queue, work, tile, (weights, single), (readouts, arithmetic))
    }

    /// Observables and controls of a discrete law from its sums.
    fn finish(
        &self,
        queue: &Queue,
        work: &Work,
        tile: Tile,
        (weights, single): (&Weights, Option<&Single>),
        (readouts, arithmetic): (u32, Arithmetic),
    ) -> Result<()> {
        weights.observe(queue, work, tile, self.copies)?;
        match (arithmetic, single) {
            (Arithmetic::Single { withheld }, Some(single)) => {
                let law = (&weights.ln_weights, weights.shannon);
                single.controls(queue, work, tile, law, [readouts, withheld])?;
            }
            _ => weights.controls(queue, work, tile, readouts)?,
        }
        weights.anchor(queue, work, tile, [self.low, self.copies], readouts)
    }
}

/// x̃ of a law's atoms in R^d; empty for others.
fn centred_of<'a>(tables: &Tables<'a>) -> &'a [f64] {
    match tables {
        Tables::Copies { factor, .. } => centred_of(&tables_of(*factor)),
        Tables::Atoms { centred, .. } => centred,
        Tables::Simplex(_) | Tables::Mixture { .. } => &[],
    }
}

/// Blocks of atoms (start, size).
fn chunks(atoms: u32) -> impl Iterator<Item = (u32, u32)> {
    (0..atoms).step_by(CHUNK).map(move |start| (start, (atoms - start).min(CHUNK as u32)))
}
