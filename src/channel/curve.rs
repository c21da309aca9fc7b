//! The mmse as a function of SNR.

use crate::error::Result;

/// A curve γ ↦ (M(γ), −M′(γ)): of a source, or the risk of a denoiser.
pub trait Curve {
    /// M(γ) at γ ≥ 0 (linear), in units of |x|².
    ///
    /// # Errors
    /// An SNR outside the curve's domain, or no way to evaluate it there.
    fn mmse(&self, snr: f64) -> Result<f64>;

    /// −M′(γ) ≥ 0 at γ ≥ 0.
    ///
    /// # Errors
    /// An SNR outside the curve's domain, or no way to evaluate it there.
    fn slope(&self, snr: f64) -> Result<f64>;
}
