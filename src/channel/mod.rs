//! The channel Y = √γ·X + Z: its units, and the law of X given Y.
//!
//! * [`snr`] fixes the convention and converts a signal-to-noise ratio to and from other names of
//!   the noise level.
//! * [`curve`] is the mmse as a function of SNR.
//! * [`posterior`] samples (X, Z) and reads the posterior at every SNR of a grid.
//! * [`exact`] evaluates it without sampling.

pub mod snr;
pub mod curve;
pub mod posterior;
pub mod exact;
