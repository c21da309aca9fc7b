//! Orthonormal atoms on a device: their noise is the product.

use super::discrete::Weights;
use super::single::{Distances, Single};
use crate::backend::cuda::driver::{Buffer, KernelArgument, Queue, arguments, launch};
use crate::backend::cuda::kernels;
use crate::backend::cuda::tile::{Arithmetic, CHUNK, Chunk, row};
use crate::backend::cuda::work::Flight;
use crate::backend::options::Precision;
use crate::channel::posterior::DiscreteTables;
use crate::error::Result;

/// Orthonormal atoms.
pub struct Orthonormal {
    pub weights: Weights,
    pub single: Option<SingleSimplex>,
}

/// What f32 needs beside.
pub struct SingleSimplex {
    pub law: Single,
    /// D, the same for all samples.
    twos: Buffer<f32>,
}

impl Orthonormal {
    /// Copies a law to the device; `known` are the means of its controls.
    pub fn upload(
        queue: &Queue,
        weights: &DiscreteTables,
        known: &[f64],
        precision: Precision,
    ) -> Result<Self> {
        let single = || -> Result<SingleSimplex> {
            // |x̃_i|² = 1 − 2p_i + Σ p².
            let squares: f64 = weights.weights.iter().map(|p| p * p).sum();
            let norms: Vec<f64> = weights.weights.iter().map(|p| 1.0 - 2.0 * p + squares).collect();
            let twos = queue.upload(&vec![2.0; row(norms.len().min(CHUNK))])?;
            Ok(SingleSimplex { law: Single::upload(queue, weights, &norms, known, 1.0)?, twos })
        };
        let single = (precision == Precision::F32).then(single).transpose()?;
        Ok(Self { weights: Weights::upload(queue, weights)?, single })
    }

    /// Draws a tile's samples and adds up every block of atoms.
    pub fn add_up(&self, flight: Flight, arithmetic: Arithmetic) -> Result<()> {
        let Flight { queue, work, tile } = flight;
        let words = arguments!(tile.stream, tile.first, tile.count);
        launch!(queue, DRAW_SIMPLEX, [tile.count.div_ceil(128), 1];
            work.index, work.own, self.weights.ends, words, self.weights.atoms)?;
        for chunk in Chunk::all(self.weights.atoms) {
            let Chunk { start, size } = chunk;
            let pairs = u64::from(tile.count) * u64::from(size.div_ceil(2));
            let blocks = [pairs.div_ceil(256) as u32, 1];
            match (arithmetic, &self.single) {
                (Arithmetic::Single { .. }, Some(SingleSimplex { law, twos })) => {
                    launch!(queue, DRAW_NOISE_F32, blocks;
                        work.noise, work.own, words, start, size, chunk.row())?;
                    let distances =
                        Distances { rows: KernelArgument::within(twos, 0), table: 0, spacing: 0 };
                    law.add_sums(flight, distances, chunk)?;
                }
                _ => {
                    launch!(queue, DRAW_NOISE, blocks; work.products, words, start, size)?;
                    let law = arguments!(work.products, work.own, work.index, self.weights.ln_weights);
                    let kernels = [&kernels::PRIOR_OF_SIMPLEX, &kernels::SUMS_OF_SIMPLEX];
                    self.weights.add_sums(flight, kernels, &law, chunk)?;
                }
            }
        }
        Ok(())
    }
}
