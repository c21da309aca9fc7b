//! A law on a device: its tables, and the launches that turn random words into observables and
//! controls.

mod atoms;
mod discrete;
pub mod extent;
mod mixture;
mod simplex;
mod single;
pub mod stream;

pub use atoms::multiply;
use atoms::{HostAtoms, PlacedAtoms};
use extent::tables_of;
use mixture::MixtureOnDevice;
use simplex::Orthonormal;

use super::driver::{Queue, launch};
use super::tile::{Arithmetic, Storage};
use super::work::Flight;
use crate::backend::options::Precision;
use crate::channel::posterior::Tables;
use crate::error::Result;

/// A law whose tables are on a device.
pub struct DeviceLaw {
    structure: LawOnDevice,
    /// Independent copies: observables are multiplied by their number.
    copies: f64,
    /// Below which SNR observables are anchored, for discrete laws.
    low: f64,
}

enum LawOnDevice {
    Atoms(Box<PlacedAtoms>),
    Simplex(Box<Orthonormal>),
    Mixture(Box<MixtureOnDevice>),
}

/// Columns of a job.
#[derive(Clone, Copy)]
pub struct ColumnCounts {
    /// Readouts: the first.
    pub readouts: u32,
    /// Controls: the others.
    pub controls: u32,
}

impl DeviceLaw {
    /// Copies the tables of a law to a device; `known`: means of its controls; `storage`: what of
    /// its atoms.
    pub fn upload(
        queue: &Queue,
        tables: &Tables,
        known: &[f64],
        storage: Storage,
        precision: Precision,
    ) -> Result<Self> {
        let structure = match tables {
            Tables::Copies { factor, copies } => {
                let factor = Self::upload(queue, &tables_of(*factor), known, storage, precision)?;
                return Ok(Self { copies: factor.copies * *copies as f64, ..factor });
            }
            Tables::Atoms { dim, centred, norms, weights } => {
                let host = HostAtoms { dim: *dim, centred, norms, weights, known };
                LawOnDevice::Atoms(Box::new(PlacedAtoms::upload(queue, &host, storage, precision)?))
            }
            Tables::Simplex(weights) => {
                LawOnDevice::Simplex(Box::new(Orthonormal::upload(queue, weights, known, precision)?))
            }
            Tables::Mixture { mixture, ln_weights, ends, mean } => LawOnDevice::Mixture(Box::new(
                MixtureOnDevice::upload(queue, mixture, ln_weights, ends, mean)?,
            )),
        };
        Ok(Self { structure, copies: 1.0, low: 1.0 / known[0] })
    }

    /// Queues everything from random words to observables and controls; `tables` are those that the
    /// law was uploaded from.
    pub fn observe(
        &self,
        flight: Flight,
        tables: &Tables,
        columns: ColumnCounts,
        arithmetic: Arithmetic,
    ) -> Result<()> {
        let (weights, single) = match &self.structure {
            LawOnDevice::Atoms(atoms) => {
                atoms.add_up(flight, centred_of(tables), arithmetic)?;
                (&atoms.weights, atoms.single.as_ref().map(|s| &s.law))
            }
            LawOnDevice::Simplex(simplex) => {
                simplex.add_up(flight, arithmetic)?;
                (&simplex.weights, simplex.single.as_ref().map(|s| &s.law))
            }
            LawOnDevice::Mixture(mixture) => return mixture.observe(flight, self.copies, columns),
        };
        let (readouts, Flight { queue, work, tile }) = (columns.readouts, flight);
        weights.observe(flight, self.copies)?;
        match (arithmetic, single) {
            (Arithmetic::Single { withheld }, Some(single)) => {
                single.controls(flight, weights, readouts, withheld)?
            }
            _ => weights.controls(flight, readouts)?,
        }
        // Below the SNR `low` observables are less what fluctuates most, by the controls.
        launch!(queue, ANCHOR, [(tile.count * tile.points).div_ceil(256), 1];
            work.observed, work.columns, work.snrs, self.low, self.copies, tile.count, tile.points,
            readouts)
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
