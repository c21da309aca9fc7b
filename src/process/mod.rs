//! The discretised reverse process with an exact or a perturbed denoiser, numbers of its paths, and the pathwise KL
//! simulated along true paths.

pub mod distance;
pub mod chain;
pub mod girsanov;
pub mod risk;
pub mod rule;
pub mod statistic;

pub use chain::Chain;
pub use girsanov::Girsanov;
pub use rule::{SAMPLERS, Sampler, SamplerKind, Start, find};
pub use statistic::{Simulation, Simulator, Statistic};
