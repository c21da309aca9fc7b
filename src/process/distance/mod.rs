//! How far a sampler's last state is from the truth: distances between the law of x̂ = Û_K/γ_K and
//! that of x = X + Z/√γ_K.

pub mod energy;
pub mod line;
pub mod modes;
pub mod pilot;
pub mod spread;
pub mod target;
pub mod transport;

pub use energy::Energy;
pub use modes::ModeSigns;
pub use pilot::Witnessed;
pub use spread::Spread;
pub use target::Target;
pub use transport::{Potentials, Slopes};

#[cfg(test)]
mod tests;
