//! The discretised reverse process with any denoiser, numbers of its paths, the pathwise KL
//! simulated along true paths, and errors of denoisers on true states.

pub mod distance;
pub mod chain;
pub mod errors;
pub mod girsanov;
pub mod risk;
pub mod rule;
pub mod statistic;

pub use chain::Chain;
pub use errors::{Errors, Gap, Loss};
pub use girsanov::Girsanov;
pub use rule::{SAMPLERS, Sampler, SamplerKind, Start, find};
pub use statistic::{Simulation, Simulator, Statistic};
