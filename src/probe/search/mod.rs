//! Adversarial search: the law of bounded size on which a claim comes nearest to failing, or fails.
//!
//! Every start is a pure function of (seed, number): a law of one of the families of [`family`],
//! climbed by L-BFGS along exact derivatives ([`mod@climb`]) of ln(lhs/rhs), whose expectations are
//! sums over fixed nodes ([`channel`]). What the climbs find is biased upwards, being the largest
//! of many; the reported value is measured anew by `verify`'s own machinery on randomness that the
//! search never saw ([`mod@hunt`], [`super::found`]). A law that refutes is made small
//! ([`mod@shrink`]).

pub mod channel;
pub mod climb;
pub mod family;
pub mod hunt;
pub mod law;
pub mod objective;
pub mod shrink;

pub use hunt::{Bounds, Hunt, hunt};
pub use law::Candidate;
pub use objective::Objective;
