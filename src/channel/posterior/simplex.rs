//! Orthonormal atoms: a_i = z_i − z_I and D_i = 2 need no product.

use super::controls::{CONTROLS, LawMoments, PriorSums};
use super::discrete::DiscreteWeights;
use super::grid::{Grid, GridDraw};
use super::readout::Observed;
use super::sums::{Neighbours, Sums};
use super::{BATCH, PosteriorSampler, Tables};
use crate::numeric::normal;
use crate::numeric::stream::Stream;
use crate::numeric::sum::compensated;
use crate::source::Simplex;

/// Samples the posterior of a law on orthonormal atoms, O(N) a sample and SNR.
#[derive(Debug)]
pub struct SimplexSampler {
    law: DiscreteWeights,
}

impl SimplexSampler {
    /// `shannon` is H, nats.
    ///
    /// With s_k = Σ p^k: |x̃_i|² = 1 − 2p_i + s_2, tr Σ = 1 − s_2, tr Σ² = s_2 − 2s_3 + s_2²,
    /// Var|x̃|² = 4(s_3 − s_2²).
    pub fn new(simplex: &Simplex, shannon: f64) -> Self {
        let power = |k: i32| compensated(simplex.weights.iter().map(|p| p.powi(k)));
        let (s2, s3) = (power(2), power(3));
        let law = LawMoments {
            variance: 1.0 - s2,
            variance_squared: s2 - 2.0 * s3 + s2 * s2,
            norm_variance: 4.0 * (s3 - s2 * s2).max(0.0),
        };
        Self { law: DiscreteWeights::new(&simplex.weights, shannon, law) }
    }
}

impl PosteriorSampler for SimplexSampler {
    fn observe(&self, stream: &Stream, first: u64, grid: &Grid, out: &mut [Observed], controls: &mut [f64]) {
        let DiscreteWeights { weights, ln_weights, cumulative, .. } = &self.law;
        let n = weights.len();
        let lanes = grid.lanes(stream);
        let (mut z, mut neighbours, mut draw) = (vec![0.0; n], Neighbours::default(), GridDraw::default());
        for s in 0..BATCH {
            let sample = first + s as u64;
            let source = cumulative.index(stream.uniforms(sample, 0)[0]);
            normal::fill(stream, sample, &mut z);
            neighbours.resize(n);
            for i in 0..n {
                neighbours.noise[i] = z[i] - z[source];
                neighbours.distance[i] = 2.0;
                neighbours.log_ratio[i] = ln_weights[i] - ln_weights[source];
            }
            neighbours.noise[source] = 0.0;
            neighbours.distance[source] = 0.0;
            neighbours.log_ratio[source] = f64::NEG_INFINITY;
            let mut prior = PriorSums::default();
            prior.add(&neighbours, weights);
            draw.draw(grid, &lanes, sample);
            let roots: Vec<f64> = draw.snrs.iter().map(|(snr, _)| snr.sqrt()).collect();
            let mut sums = vec![Sums::default(); grid.len()];
            neighbours.accumulate(&roots, &mut sums);
            let row = &mut out[s * grid.len()..][..grid.len()];
            self.law.write(source, &prior, &sums, &draw, row, &mut controls[s * CONTROLS..][..CONTROLS]);
        }
    }

    fn tables(&self) -> Option<Tables<'_>> {
        Some(Tables::Simplex(self.law.tables()))
    }

    fn control_means(&self) -> &[f64] {
        &self.law.means
    }

    fn anchored_below(&self) -> f64 {
        self.law.anchored_below()
    }
}
