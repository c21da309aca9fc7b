//! Atoms in R^d on a device: their coordinates, and where it fits the products of all pairs of them.

use super::discrete::{SumKernels, Weights};
use super::{Tile, Work, chunks};
use crate::backend::choice::Precision;
use crate::backend::cuda::driver::{Argument, Buffer, Queue};
use crate::backend::cuda::kernels;
use crate::error::Result;
use crate::posterior::DiscreteTables;

/// Atoms in R^d.
pub struct PlacedAtoms {
    dim: u32,
    centred: Buffer<f64>,
    norms: Buffer<f64>,
    pub weights: Weights,
    /// ⟨x̃_j, x̃_i⟩ of all pairs: each sample then needs the product of its noise alone. The same bits either way: an element
    /// of a product adds its terms in the same order wherever it stands.
    gram: Option<Buffer<f64>>,
}

/// Most atoms whose pairs are multiplied at once: blocks down in a launch.
pub const MOST_PAIRED: usize = 65_535 * 128;

impl PlacedAtoms {
    /// Copies a law to the device: `centred` x̃ (N × `dim`), `norms` |x̃|²; `gram`: with the products of all pairs.
    ///
    /// # Errors
    /// [`crate::error::Error::Backend`]: out of memory.
    pub fn upload(
        queue: &Queue,
        dim: usize,
        centred: &[f64],
        norms: &[f64],
        weights: &DiscreteTables,
        gram: bool,
    ) -> Result<Self> {
        let (dim, centred, atoms) = (dim as u32, queue.upload(centred)?, norms.len());
        let pairs = if gram { Some(queue.room(atoms * atoms)?) } else { None };
        if let Some(pairs) = &pairs {
            multiply(queue, pairs, &centred, (&centred).into(), [atoms as u32, atoms as u32, dim])?;
        }
        let (norms, weights) = (queue.upload(norms)?, Weights::upload(queue, weights)?);
        Ok(Self { dim, centred, norms, weights, gram: pairs })
    }

    /// Draws a tile's samples and adds up every block of atoms.
    ///
    /// # Errors
    /// [`crate::error::Error::Backend`].
    pub fn add_up(&self, queue: &Queue, work: &Work, tile: Tile, precision: Precision) -> Result<()> {
        self.draw(queue, work, tile)?;
        let Self { dim, centred, norms, weights, gram } = self;
        // Without the table the source rows below the noise are multiplied too.
        let rows = if gram.is_some() { tile.count } else { 2 * tile.count };
        for (start, size) in chunks(weights.atoms) {
            let block = Argument::from(centred).after(u64::from(start) * u64::from(*dim));
            multiply(queue, &work.products, &work.rows, block, [rows, size, *dim])?;
            let products = Argument::from(&work.products);
            let below = products.after(u64::from(tile.count) * u64::from(size));
            let law = [
                products,
                gram.as_ref().map_or(below, Argument::from),
                (&work.own).into(),
                (&work.index).into(),
                norms.into(),
                (&weights.ln_weights).into(),
                gram.as_ref().map_or(0, |_| weights.atoms).into(),
            ];
            let sums = match precision {
                Precision::F64 => SumKernels(&kernels::PRIOR_OF_ATOMS, &kernels::SUMS_OF_ATOMS, 8),
                Precision::F32 => SumKernels(&kernels::PRIOR_OF_ATOMS, &kernels::SUMS_OF_ATOMS_F32, 16),
            };
            weights.add_sums(queue, work, tile, sums, &law, (start, size))?;
        }
        Ok(())
    }

    fn draw(&self, queue: &Queue, work: &Work, tile: Tile) -> Result<()> {
        let arguments = [
            (&work.index).into(),
            (&work.rows).into(),
            (&work.own).into(),
            (&self.weights.ends).into(),
            (&self.centred).into(),
            tile.stream.seed().into(),
            tile.stream.lane().into(),
            tile.first.into(),
            tile.count.into(),
            self.dim.into(),
            self.weights.atoms.into(),
        ];
        queue.launch(&kernels::DRAW_ATOMS, [tile.count.div_ceil(4), 1], &arguments)
    }
}

/// out = rows · columnsᵀ with `rows` m × k and `columns` n × k for [m, n, k].
fn multiply(
    queue: &Queue,
    out: &Buffer<f64>,
    rows: &Buffer<f64>,
    columns: Argument,
    [m, n, k]: [u32; 3],
) -> Result<()> {
    let arguments = [out.into(), rows.into(), columns, m.into(), n.into(), k.into()];
    queue.launch(&kernels::PRODUCT, [n.div_ceil(128), m.div_ceil(128)], &arguments)
}
