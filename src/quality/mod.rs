//! How far a sampler's last state is from the truth: distances between the law of x̂ = Û_K/γ_K and that of X + Z/√γ_K.

pub mod energy;

pub use energy::Energy;
