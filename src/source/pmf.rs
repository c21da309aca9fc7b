//! What a discrete law knows exactly of its information content ι(X) = −ln p(X).

use std::fmt::Debug;

use crate::estimate::Estimate;

/// Entropies of a discrete law, nats. Infinite values are `Estimate { value: ∞, bound: 0 }`, never a truncated sum.
pub trait Pmf: Debug + Send + Sync {
    /// Number of atoms; `None` for infinitely many.
    fn atoms(&self) -> Option<u64>;
    /// Shannon entropy H = E ι.
    fn shannon(&self) -> Estimate;
    /// Rényi entropy of order a ∈ [0, ∞]: (1−a)⁻¹ ln Σ p^a; a = 1 is Shannon's, a = ∞ the min-entropy −ln max p.
    fn renyi(&self, order: f64) -> Estimate;
    /// Varentropy V = Var ι.
    fn info_variance(&self) -> Estimate;
    /// Sub-exponential norm of ι about its mean: inf{t > 0 : E exp(|ι − H|/t) ≤ 2}.
    fn psi1(&self) -> Estimate;
}

/// Finitely many weights p_i > 0 with Σ p_i = 1: every entropy is a finite sum.
#[derive(Debug, Clone)]
pub struct FinitePmf {
    weights: Vec<f64>,
}

impl FinitePmf {
    /// `weights` positive, normalised to 1 (the caller's constructor has checked them).
    pub fn new(weights: Vec<f64>) -> Self {
        Self { weights }
    }

    /// E f(ι) by direct summation.
    fn mean(&self, f: impl Fn(f64) -> f64) -> f64 {
        self.weights.iter().map(|&p| p * f(-p.ln())).sum()
    }
}

impl Pmf for FinitePmf {
    fn atoms(&self) -> Option<u64> {
        Some(self.weights.len() as u64)
    }

    fn shannon(&self) -> Estimate {
        Estimate::exact(self.mean(|content| content))
    }

    fn renyi(&self, order: f64) -> Estimate {
        let n = self.weights.len() as f64;
        Estimate::exact(match order {
            0.0 => n.ln(),
            1.0 => return self.shannon(),
            f64::INFINITY => -self.weights.iter().copied().fold(0.0, f64::max).ln(),
            // ln Σ p^a = ln(1 + Σ p (e^{(1-a)ι} − 1)): keeps small entropies.
            a => self.mean(|content| ((1.0 - a) * content).exp_m1()).ln_1p() / (1.0 - a),
        })
    }

    fn info_variance(&self) -> Estimate {
        let shannon = self.shannon().value;
        Estimate::exact(self.mean(|content| (content - shannon).powi(2)))
    }

    fn psi1(&self) -> Estimate {
        let shannon = self.shannon().value;
        let spread = self.weights.iter().map(|p| (-p.ln() - shannon).abs()).fold(0.0, f64::max);
        if spread <= 1e-14 * shannon.max(1.0) {
            return Estimate::exact(0.0);
        }
        // E exp(|ι − H|/t) falls in t: it is above 2 at t → 0 and below 2 at t = spread / ln 2.
        let (mut low, mut high) = (0.0, spread / std::f64::consts::LN_2);
        for _ in 0..200 {
            let middle = 0.5 * (low + high);
            if self.mean(|content| ((content - shannon).abs() / middle).exp()) <= 2.0 {
                high = middle
            } else {
                low = middle
            }
        }
        Estimate::exact(high)
    }
}
