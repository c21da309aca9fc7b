//! Paths on a law that fits into shared memory: one launch from start to end, a block a batch and copy.

use super::Tile;
use super::law::{Extent, PathLaw};
use crate::backend::cuda::driver::{Argument, Buffer, Queue};
use crate::backend::cuda::kernels;
use crate::error::Result;
use crate::process::girsanov::{self, Girsanov};
use crate::process::{Chain, Start};

/// What comes back of a tile.
pub struct Room {
    /// Last states, batches × d × [`crate::channel::posterior::BATCH`]; or a sum of each batch and copy.
    out: Buffer<f64>,
}

impl Room {
    /// For tiles of up to `paths` paths.
    ///
    /// # Errors
    /// [`crate::error::Error::Backend`]: out of memory.
    pub fn new(queue: &Queue, extent: &Extent, paths: usize) -> Result<Self> {
        Ok(Self { out: queue.room(paths * extent.copies * extent.dim)? })
    }

    /// Last states of a tile, batch by batch.
    ///
    /// # Errors
    /// [`crate::error::Error::Backend`].
    pub fn walk(
        &self,
        queue: &Queue,
        law: &PathLaw,
        table: &Buffer<f64>,
        chain: &Chain,
        tile: Tile,
    ) -> Result<Vec<f64>> {
        let steps: Vec<f64> = chain
            .steps()
            .iter()
            .flat_map(|(step, offset)| [step.snr, step.keep, step.pull, step.spread, step.carry, *offset])
            .collect();
        let steps = queue.upload(&steps)?;
        let (head, kernel) =
            (self.head(law, table, &steps), kernel_of(law, [&kernels::WALK_COMPONENTS, &kernels::WALK_ORTHONORMAL]));
        let words = [tile.stream.seed().into(), tile.stream.lane().into(), tile.first.into()];
        let tail = [
            law.copies.into(),
            (chain.steps().len() as u32).into(),
            u32::from(chain.start() == Start::Exact).into(),
            chain.first_snr().into(),
            chain.last_snr().into(),
        ];
        let arguments = [&head, &words[..], &shape(law), &tail].concat();
        queue.launch_with(kernel, [tile.batches(), law.copies], law.extent.shared(3, 0), &arguments)?;
        queue.download(&self.out, tile.paths as usize * (law.copies * law.dim) as usize)
    }

    /// The path KL of each batch of a tile.
    ///
    /// # Errors
    /// [`crate::error::Error::Backend`].
    pub fn girsanov(
        &self,
        queue: &Queue,
        law: &PathLaw,
        table: &Buffer<f64>,
        girsanov: &Girsanov,
        tile: Tile,
    ) -> Result<Vec<f64>> {
        let steps = queue.upload(girsanov.steps().as_flattened())?;
        let head = self.head(law, table, &steps);
        let kernel = kernel_of(law, [&kernels::GIRSANOV_COMPONENTS, &kernels::GIRSANOV_ORTHONORMAL]);
        let words = [
            tile.stream.seed().into(),
            tile.stream.lane().into(),
            girsanov::increments(&tile.stream).lane().into(),
            girsanov::points(&tile.stream).lane().into(),
            tile.first.into(),
        ];
        let tail = [law.copies.into(), (girsanov.steps().len() as u32).into()];
        let arguments = [&head, &words[..], &shape(law), &tail].concat();
        queue.launch_with(kernel, [tile.batches(), law.copies], law.extent.shared(4, 2), &arguments)?;
        let sums = queue.download(&self.out, (tile.batches() * law.copies) as usize)?;
        Ok(sums.chunks(law.copies as usize).map(|copies| copies.iter().sum()).collect())
    }

    /// What every kernel begins with.
    fn head<'a>(&'a self, law: &'a PathLaw, table: &'a Buffer<f64>, steps: &'a Buffer<f64>) -> Vec<Argument<'a>> {
        let points = (!law.orthonormal).then(|| (&law.points).into());
        let before = [(&self.out).into(), table.into(), (&law.ends).into()];
        before.into_iter().chain(points).chain([(&law.places).into(), steps.into()]).collect()
    }
}

/// The kernel for components or the one for orthonormal atoms.
fn kernel_of<'a>(law: &PathLaw, [components, orthonormal]: [&'a kernels::Kernel; 2]) -> &'a kernels::Kernel {
    if law.orthonormal { orthonormal } else { components }
}

/// Dimension, and for components their number and whether they have one variance.
fn shape(law: &PathLaw) -> Vec<Argument<'static>> {
    if law.orthonormal {
        vec![law.dim.into()]
    } else {
        vec![law.dim.into(), law.count.into(), u32::from(law.uniform).into()]
    }
}
