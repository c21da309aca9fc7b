//! The executor: claims in, report out. Nothing else executes.

pub mod assemble;
pub mod book;
pub mod checkpoint;
pub mod estimate;
pub mod judge;
pub mod ledger;
pub mod options;
pub mod pictures;
pub mod replay;
pub mod sampling;
pub mod stop;
pub mod strips;
pub mod tightness;
pub mod verifier;
pub mod verify;
pub mod watch;
