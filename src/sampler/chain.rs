//! One step of the reverse process, in three coordinate systems that name the same chain.
//!
//! * SNR: U′ = U + x̂ Δ + √Δ ξ (docs/theory.md, setting).
//! * DDPM's ancestral step on x = √ᾱ X + √(1−ᾱ) Z, with the posterior variance β̃ (Ho, Jain, Abbeel, *Denoising diffusion
//!   probabilistic models*, 2020, eq. 7).
//! * DDIM with η = 1 on the same x (Song, Meng, Ermon, *Denoising diffusion implicit models*, 2021, eq. 12 and 16).
//!
//! γ = ᾱ/(1 − ᾱ) and x = U √ᾱ/γ; from equal noise they reach equal states.

use crate::channel::Snr;

/// The coordinates in which a step is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// U.
    Snr,
    /// x, ancestral.
    Ancestral,
    /// x, DDIM with η = 1.
    Ddim,
}

impl Form {
    /// The state of this form from U at `snr`, in place.
    pub fn enter(self, state: &mut [f64], snr: Snr) {
        let scale = self.scale(snr);
        state.iter_mut().for_each(|x| *x *= scale);
    }

    /// U at `snr` from the state of this form, in place.
    pub fn leave(self, state: &mut [f64], snr: Snr) {
        let scale = self.scale(snr);
        state.iter_mut().for_each(|x| *x /= scale);
    }

    fn scale(self, snr: Snr) -> f64 {
        match self {
            Self::Snr => 1.0,
            Self::Ancestral | Self::Ddim => snr.alpha_bar().sqrt() / snr.linear(),
        }
    }

    /// The state at `next` > `snr` from that at `snr`, the denoised estimate x̂ and standard normal `noise`, in place.
    pub fn step(self, state: &mut [f64], denoised: &[f64], noise: &[f64], snr: Snr, next: Snr) {
        let (now, then) = (snr.alpha_bar(), next.alpha_bar());
        // 1 − ᾱ = 1/(1 + γ) keeps its digits at high SNR, and so does 1 − ᾱ/ᾱ′ = (γ′ − γ)/(γ′(1 + γ)).
        let (rest_now, rest_then) = ((1.0 + snr.linear()).recip(), (1.0 + next.linear()).recip());
        let beta = (next.linear() - snr.linear()) / (next.linear() * (1.0 + snr.linear()));
        let variance = rest_then / rest_now * beta;
        let [keep, pull, spread] = match self {
            Self::Snr => {
                let step = next.linear() - snr.linear();
                [1.0, step, step.sqrt()]
            }
            Self::Ancestral => {
                [(now / then).sqrt() * rest_then / rest_now, then.sqrt() * beta / rest_now, variance.sqrt()]
            }
            Self::Ddim => {
                let direction = (rest_then - variance).sqrt() / rest_now.sqrt();
                [direction, then.sqrt() - direction * now.sqrt(), variance.sqrt()]
            }
        };
        for ((x, denoised), noise) in state.iter_mut().zip(denoised).zip(noise) {
            *x = keep * *x + pull * denoised + spread * noise;
        }
    }
}
