//! The channel Y = √snr·X + Z, Z ~ N(0, I_d): the only place that fixes the convention.
//!
//! `snr` (γ in formulas) is linear, per coordinate, for a source as it is (not normalised to unit
//! variance). Diffusion models name the same number in other ways; [`Snr`] converts. Beware of two
//! that differ by a factor of two: DPM-Solver's λ = ½ ln γ is the *half* log-SNR, while "logsnr" in
//! most training code is ln γ = 2λ.

use crate::error::{Error, Result};

/// A signal-to-noise ratio γ: finite, > 0, linear.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct Snr(f64);

impl Snr {
    /// γ itself.
    ///
    /// # Errors
    /// [`Error::Invalid`] unless γ is finite and > 0.
    pub fn new(snr: f64) -> Result<Self> {
        if snr.is_finite() && snr > 0.0 {
            Ok(Self(snr))
        } else {
            Err(Error::invalid(
                "snr",
                format!("must be finite and > 0 (linear, not in decibels), not {snr}"),
            ))
        }
    }

    /// γ = e^{2λ}, λ the half log-SNR of DPM-Solver (α/σ on a log scale).
    ///
    /// # Errors
    /// As [`Snr::new`], on overflow and underflow too.
    pub fn from_half_log(half_log: f64) -> Result<Self> {
        Self::new((2.0 * half_log).exp())
    }

    /// γ = e^{l}, l = ln γ the "logsnr" of variational diffusion models.
    ///
    /// # Errors
    /// As [`Snr::new`], on overflow and underflow too.
    pub fn from_log(log: f64) -> Result<Self> {
        Self::new(log.exp())
    }

    /// γ = σ⁻², σ the noise level of X + σZ (EDM).
    ///
    /// # Errors
    /// As [`Snr::new`], and where σ is negative.
    pub fn from_noise_std_dev(std_dev: f64) -> Result<Self> {
        if std_dev < 0.0 {
            return Err(Error::invalid("sigma", format!("must be > 0, not {std_dev}")));
        }
        Self::new((std_dev * std_dev).recip())
    }

    /// γ = ᾱ/(1 − ᾱ), ᾱ the signal power of the variance-preserving √ᾱ·X + √(1−ᾱ)·Z (DDPM).
    ///
    /// Loses ln(1/(1−ᾱ))/ln 10 of the sixteen digits as ᾱ → 1: those digits are not in ᾱ.
    ///
    /// # Errors
    /// As [`Snr::new`], and where ᾱ is outside (0, 1).
    pub fn from_alpha_bar(alpha_bar: f64) -> Result<Self> {
        if !(alpha_bar > 0.0 && alpha_bar < 1.0) {
            return Err(Error::invalid("alpha_bar", format!("must be in (0, 1), not {alpha_bar}")));
        }
        Self::new(alpha_bar / (1.0 - alpha_bar))
    }

    /// γ, linear.
    pub fn linear(self) -> f64 {
        self.0
    }

    /// √γ, the factor in front of X.
    pub fn amplitude(self) -> f64 {
        self.0.sqrt()
    }

    /// λ = ½ ln γ.
    pub fn half_log(self) -> f64 {
        0.5 * self.0.ln()
    }

    /// ln γ = 2λ.
    pub fn log(self) -> f64 {
        self.0.ln()
    }

    /// σ = 1/√γ.
    pub fn noise_std_dev(self) -> f64 {
        self.0.sqrt().recip()
    }

    /// ᾱ = γ/(1 + γ).
    pub fn alpha_bar(self) -> f64 {
        self.0 / (1.0 + self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A round trip costs a few roundings, times |ln γ| where a logarithm is exponentiated.
    const ROUND_TRIP: f64 = 1e-14;
    /// Distinct, and none fixed by any of the conversions: a wrong factor cannot hide.
    const SNRS: [f64; 6] = [3e-5, 0.02, 0.7, 1.3, 45.0, 6e3];

    #[test]
    fn conversions_round_trip() {
        for snr in SNRS.map(|x| Snr::new(x).expect("positive")) {
            for (name, back) in [
                ("half_log", Snr::from_half_log(snr.half_log())),
                ("log", Snr::from_log(snr.log())),
                ("noise_std_dev", Snr::from_noise_std_dev(snr.noise_std_dev())),
                ("alpha_bar", Snr::from_alpha_bar(snr.alpha_bar())),
            ] {
                let ratio = back.expect(name).linear() / snr.linear();
                let loss = if name == "alpha_bar" { 1.0 + snr.linear() } else { 1.0 };
                assert!((ratio - 1.0).abs() < ROUND_TRIP * loss, "{name} of {snr:?}: ratio {ratio}");
            }
        }
    }

    /// Values by hand at γ = 4: a pair of wrong converters that undo each other would pass the
    /// round trip.
    #[test]
    fn conversions_are_the_stated_ones() {
        let snr = Snr::new(4.0).expect("positive");
        for (found, expected) in [
            (snr.amplitude(), 2.0),
            (snr.half_log(), 2.0_f64.ln()),
            (snr.log(), 4.0_f64.ln()),
            (snr.noise_std_dev(), 0.5),
            (snr.alpha_bar(), 0.8),
        ] {
            assert!((found - expected).abs() < ROUND_TRIP, "{found} for {expected}");
        }
    }

    #[test]
    fn what_is_no_ratio_is_refused() {
        for bad in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert!(Snr::new(bad).is_err(), "{bad}");
        }
        assert!(Snr::from_alpha_bar(1.0).is_err());
        assert!(Snr::from_noise_std_dev(-1.0).is_err());
    }
}
