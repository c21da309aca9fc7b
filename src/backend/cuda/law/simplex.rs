//! Orthonormal atoms on a device: their noise is the product.

use super::discrete::{SumKernels, Weights};
use super::{Tile, Work, chunks};
use crate::backend::choice::Precision;
use crate::backend::cuda::driver::Queue;
use crate::backend::cuda::kernels;
use crate::error::Result;

/// Draws a tile's samples and adds up every block of atoms.
///
/// # Errors
/// [`crate::error::Error::Backend`].
pub fn add_up(weights: &Weights, queue: &Queue, work: &Work, tile: Tile, precision: Precision) -> Result<()> {
    let Tile { stream, first, count, .. } = tile;
    let words = [stream.seed().into(), stream.lane().into(), first.into(), count.into()];
    let drawn = [(&work.index).into(), (&work.own).into(), (&weights.ends).into()];
    let arguments = [&drawn[..], &words[..], &[weights.atoms.into()]].concat();
    queue.launch(&kernels::DRAW_SIMPLEX, [count.div_ceil(128), 1], &arguments)?;
    for (start, size) in chunks(weights.atoms) {
        let noise = [&[(&work.products).into()][..], &words[..], &[start.into(), size.into()]].concat();
        let pairs = u64::from(count) * u64::from(size.div_ceil(2));
        queue.launch(&kernels::DRAW_NOISE, [pairs.div_ceil(256) as u32, 1], &noise)?;
        let law = [(&work.products).into(), (&work.own).into(), (&work.index).into(), (&weights.ln_weights).into()];
        let sums = match precision {
            Precision::F64 => SumKernels(&kernels::PRIOR_OF_SIMPLEX, &kernels::SUMS_OF_SIMPLEX, 8),
            Precision::F32 => SumKernels(&kernels::PRIOR_OF_SIMPLEX, &kernels::SUMS_OF_SIMPLEX_F32, 16),
        };
        weights.add_sums(queue, work, tile, sums, &law, (start, size))?;
    }
    Ok(())
}
