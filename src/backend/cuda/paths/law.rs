//! The law of simulated paths on a device: what its posterior mean and its draw are made of.

use std::sync::Arc;

use crate::backend::cuda::driver::{Buffer, Device, Queue};
use crate::backend::cuda::nvrtc::error;
use crate::channel::posterior::mean::{Form, MeanTables};
use crate::channel::posterior::{BATCH, PosteriorMean};
use crate::error::Result;
use crate::source::Source;

/// Numbers of shared memory that a block may have on every device: 48 KiB.
const MOST_SHARED: usize = 6144;
/// Copies at most: blocks down in a launch.
const MOST_COPIES: usize = 65_535;

/// Numbers that fix how much memory a law and its paths take, and in which regime they are walked.
pub struct PathExtent {
    /// Dimension of one copy.
    pub dim: usize,
    /// MixtureOnDevice or atoms of one copy.
    count: usize,
    /// Copies.
    pub copies: usize,
    orthonormal: bool,
    /// SNRs of a batch's true paths at most; 0 without them.
    pub points: usize,
}

impl PathExtent {
    /// Of a law, whose true paths are looked at in up to `points` SNRs.
    pub fn of(tables: &MeanTables, points: usize) -> Self {
        let (count, orthonormal) = match tables.form {
            Form::Components { ln_weights, .. } => (ln_weights.len(), false),
            Form::Orthonormal(ln_weights) => (ln_weights.len(), true),
        };
        Self { dim: tables.dim, count, copies: tables.copies, orthonormal, points }
    }

    /// Numbers of shared memory of a block whose paths keep `states` vectors and `single` numbers
    /// each.
    pub fn shared(&self, states: usize, single: usize) -> usize {
        let Self { dim, count, .. } = self;
        let (law, weights) =
            if self.orthonormal { (2 * dim, 0) } else { (dim + count * dim + 5 * count, *count) };
        law + BATCH * (states * dim + weights + single)
    }

    /// Whether a block of true paths, which keep more than those of a sampler, fits: the size alone
    /// decides, so that no bit depends on how much memory a device has.
    pub fn small(&self) -> bool {
        self.shared(4, 2) <= MOST_SHARED
    }

    /// Numbers of the products of a row.
    pub fn products(&self) -> usize {
        if self.orthonormal { 0 } else { self.count }
    }

    /// Bytes of the law's tables.
    pub fn table_bytes(&self) -> usize {
        let Self { dim, count, copies, .. } = self;
        let points = if self.orthonormal { 0 } else { count * dim };
        (3 * points + 2 * dim + 4 * count + copies) * size_of::<f64>()
    }

    /// Bytes in which `paths` paths are worked on.
    pub fn bytes(&self, paths: usize) -> usize {
        let rows = paths * self.copies;
        let numbers = if self.small() {
            rows * self.dim
        } else {
            rows * (5 * self.dim + self.products() + 3) + paths / BATCH * (self.points + 1)
        };
        numbers * size_of::<f64>()
    }
}

/// A law whose tables are on a device.
pub struct PathLaw {
    /// Dimension of one copy.
    pub dim: u32,
    /// MixtureOnDevice or atoms of one copy.
    pub count: u32,
    /// Copies.
    pub copies: u32,
    /// Whether its atoms are orthonormal.
    pub orthonormal: bool,
    /// Whether all components have one variance.
    pub uniform: bool,
    /// Numbers that fix its blocks.
    pub extent: PathExtent,
    /// Partial sums of the weights.
    pub ends: Buffer<f64>,
    /// Atoms or means, J × d.
    pub points: Buffer<f64>,
    /// Block of the choice and first own block of each copy.
    pub places: Buffer<u32>,
    /// What the posterior mean is made of.
    pub tables: MeanOnDevice,
}

/// What a posterior mean is made of, as its regime wants it.
pub enum MeanOnDevice {
    /// One after the other, as in `kernels/process/mean.cuh`.
    Small(Buffer<f64>),
    /// One by one.
    Large(Box<LargeTables>),
}

/// The tables of a law in the large regime; those that orthonormal atoms have no need of are zero,
/// or empty.
pub struct LargeTables {
    /// What is taken off a state: EX; 0 for orthonormal atoms.
    pub mean: Buffer<f64>,
    /// EX.
    pub prior: Buffer<f64>,
    /// μ̃, J × d and d × J; `None` for orthonormal atoms.
    pub centred: Option<[Buffer<f64>; 2]>,
    /// v_j.
    pub variances: Buffer<f64>,
    /// ln w_j.
    pub ln_weights: Buffer<f64>,
    /// ½|μ̃_j|².
    pub half_norms: Buffer<f64>,
}

impl PathLaw {
    /// Copies the tables of `source` and its `mean` to a device and waits until they are there.
    ///
    /// # Errors
    /// Out of memory, or too many copies.
    pub fn upload(device: &Arc<Device>, source: &Source, mean: &PosteriorMean) -> Result<Self> {
        let (queue, tables) = (Queue::new(device)?, mean.tables());
        let extent = PathExtent::of(&tables, 0);
        if extent.copies > MOST_COPIES {
            return Err(error(format!(
                "{} independent copies at once; at most {MOST_COPIES}",
                extent.copies
            )));
        }
        let sampler = source.sampler();
        let draw = sampler.tables().expect("a law with a posterior mean is no density");
        let places: Vec<u32> = draw.blocks.iter().flat_map(|blocks| [blocks.choice, blocks.own]).collect();
        let law = Self {
            dim: extent.dim as u32,
            count: extent.count as u32,
            copies: extent.copies as u32,
            orthonormal: extent.orthonormal,
            uniform: matches!(tables.form, Form::Components { uniform: true, .. } | Form::Orthonormal(_)),
            ends: queue.upload(draw.ends)?,
            points: queue.upload(draw.points)?,
            places: queue.upload(&places)?,
            tables: if extent.small() {
                MeanOnDevice::Small(queue.upload(&packed(mean, &tables.form))?)
            } else {
                MeanOnDevice::Large(Box::new(LargeTables::upload(&queue, mean, &tables.form)?))
            },
            extent,
        };
        queue.wait()?;
        Ok(law)
    }
}

/// EX of one copy.
fn prior(mean: &PosteriorMean) -> Vec<f64> {
    let mut prior = mean.prior();
    prior.truncate(mean.tables().dim);
    prior
}

fn packed(mean: &PosteriorMean, form: &Form) -> Vec<f64> {
    match form {
        Form::Components { mean, centred, variances, ln_weights, half_norms, .. } => {
            [mean, centred, variances, ln_weights, half_norms]
                .into_iter()
                .flat_map(|t| t.iter().copied())
                .collect()
        }
        Form::Orthonormal(ln_weights) => [&prior(mean)[..], ln_weights].concat(),
    }
}

impl LargeTables {
    fn upload(queue: &Queue, mean: &PosteriorMean, form: &Form) -> Result<Self> {
        let prior = queue.upload(&prior(mean))?;
        Ok(match form {
            Form::Components { mean, centred, transposed, variances, ln_weights, half_norms, .. } => Self {
                mean: queue.upload(mean)?,
                prior,
                centred: Some([queue.upload(centred)?, queue.upload(transposed)?]),
                variances: queue.upload(variances)?,
                ln_weights: queue.upload(ln_weights)?,
                half_norms: queue.upload(half_norms)?,
            },
            Form::Orthonormal(ln_weights) => {
                let zeros = || queue.room(ln_weights.len());
                let (mean, variances, half_norms) = (zeros()?, zeros()?, zeros()?);
                Self {
                    mean,
                    prior,
                    centred: None,
                    variances,
                    ln_weights: queue.upload(ln_weights)?,
                    half_norms,
                }
            }
        })
    }
}
