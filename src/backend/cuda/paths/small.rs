//! Paths on a law that fits into shared memory: one launch from start to end, a block a batch and
//! copy.

use super::{Site, chain_steps, frozen_steps};
use crate::backend::cuda::driver::{Buffer, arguments};
use crate::backend::cuda::kernels;
use crate::error::Result;
use crate::process::{Simulation, Start, girsanov};

/// What `simulation` gives for a tile, batch by batch. `table`: the law's, `out`: room for rows ×
/// d.
pub fn simulate(
    site: Site,
    table: &Buffer<f64>,
    out: &Buffer<f64>,
    simulation: Simulation,
) -> Result<Vec<f64>> {
    let Site { queue, law, tile } = site;
    let (stream, copies) = (tile.stream, law.copies as usize);
    // Last states are batches × d × BATCH numbers, of path KLs there is one a batch and copy.
    let (steps, words, tail, kernels, shared, length) = match simulation {
        Simulation::LastStates(chain) => {
            let (steps, exact) = (chain_steps(chain)?, chain.start() == Start::Exact);
            let tail =
                arguments!(law.copies, steps.len() as u32, exact, chain.first_snr(), chain.last_snr());
            let kernels = [&kernels::WALK_COMPONENTS, &kernels::WALK_ORTHONORMAL];
            let length = tile.paths as usize * copies * law.dim as usize;
            let steps = queue.upload(steps.as_flattened())?;
            (steps, arguments!(stream, tile.first), tail, kernels, law.extent.shared(3, 0), length)
        }
        Simulation::PathKl(girsanov) => {
            let steps = frozen_steps(girsanov)?;
            let [increments, points] =
                [girsanov::increments(&stream), girsanov::points(&stream)].map(|s| s.lane());
            let (words, tail) = (
                arguments!(stream, increments, points, tile.first),
                arguments!(law.copies, steps.len() as u32),
            );
            let kernels = [&kernels::GIRSANOV_COMPONENTS, &kernels::GIRSANOV_ORTHONORMAL];
            let steps = queue.upload(steps.as_flattened())?;
            (steps, words, tail, kernels, law.extent.shared(4, 2), tile.batches() as usize * copies)
        }
        Simulation::Errors(_) => unreachable!("what has no kernel was refused"),
    };
    let (points, shape) = if law.orthonormal {
        (None, arguments!(law.dim))
    } else {
        (Some(&law.points), arguments!(law.dim, law.count, law.uniform))
    };
    let all = arguments!(*out, *table, law.ends, points, law.places, steps, words, shape, tail);
    queue.launch(kernels[usize::from(law.orthonormal)], [tile.batches(), law.copies], shared, &all)?;
    let found = queue.download(out, length)?;
    Ok(match simulation {
        Simulation::LastStates(_) | Simulation::Errors(_) => found,
        Simulation::PathKl(_) => found.chunks(copies).map(|copies| copies.iter().sum()).collect(),
    })
}
