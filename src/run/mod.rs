//! The executor: claims in, report out. Nothing else executes.

pub mod assemble;
pub mod book;
pub mod checkpoint;
pub mod estimate;
pub mod judge;
pub mod ledger;
pub mod pictures;
pub mod replay;
pub mod sampling;
pub mod stop;
pub mod tightness;
pub mod verify;
pub mod watch;
pub mod work;

/// How quantities are to be obtained.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum MethodChoice {
    /// Deterministic where the law has such a route, sampled otherwise.
    #[default]
    Auto,
    /// Closed forms alone.
    ClosedForm,
    /// Closed forms and quadrature alone.
    Quadrature,
    /// Sampled wherever a readout exists.
    MonteCarlo,
}
