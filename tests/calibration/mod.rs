//! Do the error bars mean what they say? Every quantity by every route, in regimes whose truth is
//! known, over many replications: how often the 95 % interval misses, and how often the estimate
//! says that it is not to be believed.
//!
//! `tests/coverage.rs` asserts it on 200 replications; `examples/calibration.rs` writes
//! docs/calibration.md from 1,000.

mod channel;
mod entropies;
mod equalities;
mod laws;
mod measure;
mod paths;
mod quadrature;
pub mod tally;

pub use equalities::{Equality, equalities};
use tally::Cell;

/// Every cell of the registry, over `replications` each.
pub fn cells(replications: u64) -> Vec<Cell> {
    let mut cells = channel::cells(replications);
    cells.extend(paths::cells(replications));
    cells.extend(entropies::cells(replications));
    cells.extend(quadrature::cells(replications));
    cells
}
