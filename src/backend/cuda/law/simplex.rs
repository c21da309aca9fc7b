//! Orthonormal atoms on a device: their noise is the product.

use super::discrete::Weights;
use super::single::{self, Distances, Single};
use super::{Arithmetic, CHUNK, Tile, Work, chunks};
use crate::backend::cuda::driver::{Argument, Buffer, Queue};
use crate::backend::cuda::kernels;
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
    ///
    /// # Errors
    /// [`crate::error::Error::Backend`]: out of memory.
    pub fn upload(queue: &Queue, weights: &DiscreteTables, known: &[f64], precision: Precision) -> Result<Self> {
        let single = match precision {
            Precision::F64 => None,
            Precision::F32 => {
                // |x̃_i|² = 1 − 2p_i + Σ p².
                let squares: f64 = weights.weights.iter().map(|p| p * p).sum();
                let norms: Vec<f64> = weights.weights.iter().map(|p| 1.0 - 2.0 * p + squares).collect();
                let twos = vec![2.0; single::row(norms.len().min(CHUNK))];
                Some(SingleSimplex {
                    law: Single::upload(queue, weights, &norms, known, 1.0)?,
                    twos: queue.upload(&twos)?,
                })
            }
        };
        Ok(Self { weights: Weights::upload(queue, weights)?, single })
    }

    /// Draws a tile's samples and adds up every block of atoms.
    ///
    /// # Errors
    /// [`crate::error::Error::Backend`].
    pub fn add_up(&self, queue: &Queue, work: &Work, tile: Tile, arithmetic: Arithmetic) -> Result<()> {
        let Tile { stream, first, count, .. } = tile;
        let words = [stream.seed().into(), stream.lane().into(), first.into(), count.into()];
        let drawn = [(&work.index).into(), (&work.own).into(), (&self.weights.ends).into()];
        let arguments = [&drawn[..], &words[..], &[self.weights.atoms.into()]].concat();
        queue.launch(&kernels::DRAW_SIMPLEX, [count.div_ceil(128), 1], &arguments)?;
        for (start, size) in chunks(self.weights.atoms) {
            let pairs = u64::from(count) * u64::from(size.div_ceil(2));
            let blocks = [pairs.div_ceil(256) as u32, 1];
            match (arithmetic, &self.single) {
                (Arithmetic::Single { .. }, Some(SingleSimplex { law, twos })) => {
                    let stride = (single::row(size as usize) as u32).into();
                    let to = [(&work.noise).into(), (&work.own).into()];
                    let noise = [&to[..], &words[..], &[start.into(), size.into(), stride]].concat();
                    queue.launch(&kernels::DRAW_NOISE_F32, blocks, &noise)?;
                    let distances = Distances { rows: twos.into(), table: 0, spacing: 0 };
                    law.add_sums(queue, work, tile, distances, (start, size))?;
                }
                _ => {
                    let to = [Argument::from(&work.products)];
                    let noise = [&to[..], &words[..], &[start.into(), size.into()]].concat();
                    queue.launch(&kernels::DRAW_NOISE, blocks, &noise)?;
                    let own = [(&work.own).into(), (&work.index).into(), (&self.weights.ln_weights).into()];
                    let law = [&to[..], &own].concat();
                    let kernels = [&kernels::PRIOR_OF_SIMPLEX, &kernels::SUMS_OF_SIMPLEX];
                    self.weights.add_sums(queue, work, tile, kernels, &law, (start, size))?;
                }
            }
        }
        Ok(())
    }
}
