//! E[X | U] for atoms in any dimension, many states at once: two products and a softmax.

use crate::numeric::exp::exp;
use crate::numeric::{arch, product};
use crate::source::Atoms;

/// The exact denoiser of a law with finitely many atoms.
#[derive(Debug)]
pub struct PosteriorMean {
    dim: usize,
    /// x̃_i = x_i − EX, row-major N × d, and its transpose: posterior logits lose no digits to a far mean.
    centred: Vec<f64>,
    transposed: Vec<f64>,
    mean: Vec<f64>,
    /// ½|x̃_i|².
    half_norms: Vec<f64>,
    ln_weights: Vec<f64>,
}

impl PosteriorMean {
    /// Of the (kept) atoms.
    pub fn new(atoms: &Atoms) -> Self {
        let (n, dim, mean) = (atoms.len(), atoms.dim, atoms.mean());
        let centred: Vec<f64> =
            atoms.points.chunks(dim).flat_map(|row| row.iter().zip(&mean).map(|(x, m)| x - m)).collect();
        let mut transposed = vec![0.0; n * dim];
        for (i, row) in centred.chunks(dim).enumerate() {
            for (j, x) in row.iter().enumerate() {
                transposed[j * n + i] = *x;
            }
        }
        Self {
            dim,
            half_norms: centred.chunks(dim).map(|row| 0.5 * row.iter().map(|x| x * x).sum::<f64>()).collect(),
            ln_weights: atoms.weights.iter().map(|p| p.ln()).collect(),
            centred,
            transposed,
            mean,
        }
    }

    /// Dimension d.
    pub fn dim(&self) -> usize {
        self.dim
    }

    /// E[X | U_γ = u] for each row u of `states` (B × d) into `out` (B × d), at `snr` γ ≥ 0.
    ///
    /// Weights ∝ p_i exp(⟨u − γ EX, x̃_i⟩ − γ|x̃_i|²/2). Relative accuracy a few 1e-15 of the spread of the atoms.
    pub fn evaluate(&self, states: &[f64], snr: f64, out: &mut [f64]) {
        let n = self.ln_weights.len();
        let shifted: Vec<f64> =
            states.chunks(self.dim).flat_map(|row| row.iter().zip(&self.mean).map(|(u, m)| u - snr * m)).collect();
        let mut weights = vec![0.0; states.len() / self.dim * n];
        product::rows_times_rows(&mut weights, &shifted, &self.centred, self.dim);
        for row in weights.chunks_mut(n) {
            for ((logit, half_norm), ln_weight) in row.iter_mut().zip(&self.half_norms).zip(&self.ln_weights) {
                *logit += ln_weight - snr * half_norm;
            }
            arch().dispatch(Softmax(row));
        }
        product::rows_times_rows(out, &weights, &self.transposed, n);
        for row in out.chunks_mut(self.dim) {
            row.iter_mut().zip(&self.mean).for_each(|(x, m)| *x += m);
        }
    }
}

/// Logits become weights that sum to 1.
struct Softmax<'a>(&'a mut [f64]);

impl pulp::WithSimd for Softmax<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _: S) {
        let most = self.0.iter().fold(f64::NEG_INFINITY, |most, &x| most.max(x));
        self.0.iter_mut().for_each(|x| *x = exp(*x - most));
        let total: f64 = self.0.iter().sum();
        self.0.iter_mut().for_each(|x| *x /= total);
    }
}
