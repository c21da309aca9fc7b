//! Orthonormal atoms: a_i = z_i − z_I and D_i = 2 need no product.

use super::controls::{CONTENT, CONTROLS, COVARIANCE, LawMoments, PriorSums};
use super::grid::{Grid, GridDraw};
use super::readout::Observed;
use super::sums::{Neighbours, Sums};
use super::{BATCH, DiscreteTables, Sampler, Tables};
use crate::numeric::normal;
use crate::numeric::stream::Stream;
use crate::numeric::sum::compensated;
use crate::source::Simplex;
use crate::source::cumulative::Cumulative;

/// Sampler of a law on orthonormal atoms, O(N) a sample and SNR.
#[derive(Debug)]
pub struct SimplexSampler {
    weights: Vec<f64>,
    ln_weights: Vec<f64>,
    cumulative: Cumulative,
    shannon: f64,
    means: [f64; CONTROLS],
}

impl SimplexSampler {
    /// `shannon` is H, nats.
    ///
    /// With s_k = Σ p^k: |x̃_i|² = 1 − 2p_i + s_2, tr Σ = 1 − s_2, tr Σ² = s_2 − 2s_3 + s_2², Var|x̃|² = 4(s_3 − s_2²).
    pub fn new(simplex: &Simplex, shannon: f64) -> Self {
        let power = |k: i32| compensated(simplex.weights.iter().map(|p| p.powi(k)));
        let (s2, s3) = (power(2), power(3));
        let law = LawMoments {
            variance: 1.0 - s2,
            variance_squared: s2 - 2.0 * s3 + s2 * s2,
            norm_variance: 4.0 * (s3 - s2 * s2).max(0.0),
        };
        Self {
            ln_weights: simplex.weights.iter().map(|p| p.ln()).collect(),
            cumulative: Cumulative::new(&simplex.weights),
            weights: simplex.weights.clone(),
            shannon,
            means: law.control_means(),
        }
    }
}

impl Sampler for SimplexSampler {
    fn observe(&self, stream: &Stream, first: u64, grid: &Grid, out: &mut [Observed], controls: &mut [f64]) {
        let n = self.weights.len();
        let lanes = grid.lanes(stream);
        let (mut z, mut neighbours, mut draw) = (vec![0.0; n], Neighbours::default(), GridDraw::default());
        for s in 0..BATCH {
            let sample = first + s as u64;
            let source = self.cumulative.index(stream.uniforms(sample, 0)[0]);
            normal::fill(stream, sample, &mut z);
            neighbours.resize(n);
            for i in 0..n {
                neighbours.noise[i] = z[i] - z[source];
                neighbours.distance[i] = 2.0;
                neighbours.log_ratio[i] = self.ln_weights[i] - self.ln_weights[source];
            }
            neighbours.noise[source] = 0.0;
            neighbours.distance[source] = 0.0;
            neighbours.log_ratio[source] = f64::NEG_INFINITY;
            let mut prior = PriorSums::default();
            prior.add(&neighbours, &self.weights);
            draw.draw(grid, &lanes, sample);
            let roots: Vec<f64> = draw.snrs.iter().map(|(snr, _)| snr.sqrt()).collect();
            let mut sums = vec![Sums::default(); grid.len()];
            neighbours.accumulate(&roots, &mut sums);
            let all = prior.controls(self.ln_weights[source], self.shannon);
            for (sums, &(snr, g)) in sums.iter().zip(&draw.snrs) {
                let observed = sums.observed(snr, self.shannon);
                let low = snr < self.anchored_below();
                out[s * grid.len() + g] = if low { observed.anchored(all[COVARIANCE], all[CONTENT]) } else { observed };
            }
            controls[s * CONTROLS..][..CONTROLS].copy_from_slice(&all);
        }
    }

    fn tables(&self) -> Option<Tables<'_>> {
        let Self { weights, ln_weights, cumulative, shannon, .. } = self;
        Some(Tables::Simplex(DiscreteTables { weights, ln_weights, ends: cumulative.ends(), shannon: *shannon }))
    }

    fn control_means(&self) -> &[f64] {
        &self.means
    }

    fn anchored_below(&self) -> f64 {
        1.0 / self.means[0]
    }
}
