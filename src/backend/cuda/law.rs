//! A law on a device: its tables, and the launches that turn random words into observables and controls.

use super::driver::{Argument, Buffer, Queue};
use super::kernels::{self, Kernel};
use super::work::Work;
use crate::backend::choice::Precision;
use crate::error::Result;
use crate::posterior::{DiscreteTables, Sampler, Tables};
use crate::stream::Stream;

/// Samples of one tile: what is drawn, summed and reduced together. It fixes the tree of the moments.
pub const TILE: usize = 1024;
/// Atoms of one block of products: TILE × 2 × CHUNK products (33 MB) stay in the second-level cache of an H100 or H200.
/// It fixes the tree of the sums. Even, so that a block of normals is not split.
pub const CHUNK: usize = 2048;

/// What a sampler with a kernel is made of; [`super::Cuda`] gives others to the processors.
pub fn tables_of(sampler: &dyn Sampler) -> Tables<'_> {
    sampler.tables().expect("a sampler without tables runs on the processors")
}

/// One tile of samples of a stream.
#[derive(Clone, Copy)]
pub struct Tile {
    /// The lane of random words.
    pub stream: Stream,
    /// First sample.
    pub first: u64,
    /// Number of samples, at most [`TILE`].
    pub count: u32,
    /// Number of SNRs.
    pub points: u32,
}

/// The weights of a discrete law.
struct Weights {
    weights: Buffer<f64>,
    ln_weights: Buffer<f64>,
    ends: Buffer<f64>,
    atoms: u32,
    shannon: f64,
}

impl Weights {
    fn upload(queue: &Queue, tables: &DiscreteTables) -> Result<Self> {
        Ok(Self {
            weights: queue.upload(tables.weights)?,
            ln_weights: queue.upload(tables.ln_weights)?,
            ends: queue.upload(tables.ends)?,
            atoms: tables.weights.len() as u32,
            shannon: tables.shannon,
        })
    }
}

/// A law whose tables are on a device.
pub struct DeviceLaw {
    structure: Structure,
    /// Independent copies: observables are multiplied by their number.
    copies: f64,
}

enum Structure {
    Atoms(Box<PlacedAtoms>),
    Simplex(Weights),
    Mixture(Components),
}

/// Atoms in R^d.
struct PlacedAtoms {
    dim: u32,
    centred: Buffer<f64>,
    norms: Buffer<f64>,
    weights: Weights,
    /// ⟨x̃_j, x̃_i⟩ of all pairs: each sample then needs the product of its noise alone. The same bits either way: an element
    /// of a product adds its terms in the same order wherever it stands.
    gram: Option<Buffer<f64>>,
}

/// Most atoms whose pairs are multiplied at once: blocks down in a launch.
const MOST_PAIRED: usize = 65_535 * 128;

/// Components of a mixture of isotropic Gaussians.
struct Components {
    means: Buffer<f64>,
    variances: Buffer<f64>,
    ln_weights: Buffer<f64>,
    ends: Buffer<f64>,
    mean: Buffer<f64>,
    dim: u32,
    count: u32,
}

/// Warps that work on a mixture's samples and SNRs: two blocks of four on each of 128 multiprocessors.
const MIXTURE_WARPS: u32 = 1024;

/// What a law asks of a [`Work`].
pub struct Extent {
    /// Coordinates of a sample's noise that are kept for a product; 0 where none is taken.
    pub dim: usize,
    /// Products of a tile that are there at a time.
    pub products: usize,
    /// Numbers that the components of a mixture need.
    pub scratch: usize,
    /// Bytes of the law's tables.
    pub tables: usize,
    /// Atoms, and bytes of the products of all pairs of them, where a table of these saves a product a sample.
    pub gram: Option<(usize, usize)>,
}

impl Extent {
    /// Of the law that `tables` describe.
    pub fn of(tables: &Tables) -> Self {
        let column = size_of::<f64>();
        match tables {
            Tables::Copies { factor, .. } => Self::of(&tables_of(*factor)),
            Tables::Atoms { dim, norms, .. } => Self {
                dim: *dim,
                products: 2 * TILE * norms.len().min(CHUNK),
                scratch: 0,
                tables: norms.len() * (dim + 4) * column,
                gram: Some((norms.len(), norms.len() * norms.len() * column)).filter(|_| norms.len() <= MOST_PAIRED),
            },
            Tables::Simplex(w) => {
                let n = w.weights.len();
                Self { dim: 0, products: TILE * n.min(CHUNK), scratch: 0, tables: 3 * n * column, gram: None }
            }
            Tables::Mixture { mixture, .. } => Self {
                dim: mixture.dim,
                products: 0,
                scratch: MIXTURE_WARPS as usize * mixture.weights.len() * (mixture.dim + 1),
                tables: (mixture.means.len() + 3 * mixture.weights.len() + mixture.dim) * column,
                gram: None,
            },
        }
    }
}

impl DeviceLaw {
    /// Copies the tables of a law to a device.
    ///
    /// # Errors
    /// [`crate::error::Error::Backend`]: out of memory.
    pub fn upload(queue: &Queue, tables: &Tables, gram: bool) -> Result<Self> {
        let structure = match tables {
            Tables::Copies { factor, copies } => {
                let factor = Self::upload(queue, &tables_of(*factor), gram)?;
                return Ok(Self { copies: factor.copies * *copies as f64, ..factor });
            }
            Tables::Atoms { dim, centred, norms, weights } => {
                let (dim, centred, atoms) = (*dim as u32, queue.upload(centred)?, norms.len());
                let pairs = if gram { Some(queue.room(atoms * atoms)?) } else { None };
                if let Some(pairs) = &pairs {
                    multiply(queue, pairs, &centred, (&centred).into(), [atoms as u32, atoms as u32, dim])?;
                }
                Structure::Atoms(Box::new(PlacedAtoms {
                    dim,
                    centred,
                    norms: queue.upload(norms)?,
                    weights: Weights::upload(queue, weights)?,
                    gram: pairs,
                }))
            }
            Tables::Simplex(weights) => Structure::Simplex(Weights::upload(queue, weights)?),
            Tables::Mixture { mixture, ln_weights, ends, mean } => Structure::Mixture(Components {
                means: queue.upload(&mixture.means)?,
                variances: queue.upload(&mixture.variances)?,
                ln_weights: queue.upload(ln_weights)?,
                ends: queue.upload(ends)?,
                mean: queue.upload(mean)?,
                dim: mixture.dim as u32,
                count: mixture.weights.len() as u32,
            }),
        };
        Ok(Self { structure, copies: 1.0 })
    }

    /// Queues everything from random words to observables and, below `readouts` columns, `controls` controls. Mixtures are
    /// in f64 whatever the `precision`.
    ///
    /// # Errors
    /// [`crate::error::Error::Backend`].
    pub fn observe(
        &self,
        queue: &Queue,
        work: &Work,
        tile: Tile,
        [readouts, controls]: [u32; 2],
        precision: Precision,
    ) -> Result<()> {
        match &self.structure {
            Structure::Atoms(atoms) => {
                let PlacedAtoms { dim, centred, norms, weights, gram } = atoms.as_ref();
                draw_atoms(queue, work, tile, *dim, centred, weights)?;
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
                        Precision::F64 => (&kernels::PRIOR_OF_ATOMS, &kernels::SUMS_OF_ATOMS, 8),
                        Precision::F32 => (&kernels::PRIOR_OF_ATOMS, &kernels::SUMS_OF_ATOMS_F32, 16),
                    };
                    add_sums(queue, work, tile, weights, sums, &law, (start, size))?;
                }
                self.finish(queue, work, tile, weights, readouts)
            }
            Structure::Simplex(weights) => {
                let Tile { stream, first, count, .. } = tile;
                let words = [stream.seed().into(), stream.lane().into(), first.into(), count.into()];
                let drawn = [(&work.index).into(), (&work.own).into(), (&weights.ends).into()];
                let arguments = [&drawn[..], &words[..], &[weights.atoms.into()]].concat();
                queue.launch(&kernels::DRAW_SIMPLEX, [count.div_ceil(128), 1], &arguments)?;
                for (start, size) in chunks(weights.atoms) {
                    let noise = [&[(&work.products).into()][..], &words[..], &[start.into(), size.into()]].concat();
                    let pairs = u64::from(count) * u64::from(size.div_ceil(2));
                    queue.launch(&kernels::DRAW_NOISE, [pairs.div_ceil(256) as u32, 1], &noise)?;
                    let law = [
                        (&work.products).into(),
                        (&work.own).into(),
                        (&work.index).into(),
                        (&weights.ln_weights).into(),
                    ];
                    let sums = match precision {
                        Precision::F64 => (&kernels::PRIOR_OF_SIMPLEX, &kernels::SUMS_OF_SIMPLEX, 8),
                        Precision::F32 => (&kernels::PRIOR_OF_SIMPLEX, &kernels::SUMS_OF_SIMPLEX_F32, 16),
                    };
                    add_sums(queue, work, tile, weights, sums, &law, (start, size))?;
                }
                self.finish(queue, work, tile, weights, readouts)
            }
            Structure::Mixture(mixture) => {
                draw_mixture(queue, work, tile, mixture, [readouts, controls])?;
                let observe = [
                    (&work.observed).into(),
                    (&work.scratch).into(),
                    (&work.rows).into(),
                    (&work.own).into(),
                    (&work.snrs).into(),
                    (&mixture.means).into(),
                    (&mixture.variances).into(),
                    (&mixture.ln_weights).into(),
                    self.copies.into(),
                    tile.count.into(),
                    tile.points.into(),
                    mixture.dim.into(),
                    mixture.count.into(),
                    MIXTURE_WARPS.into(),
                ];
                queue.launch(&kernels::OBSERVE_MIXTURE, [MIXTURE_WARPS / 4, 1], &observe)
            }
        }
    }

    /// Observables from the sums, controls from the prior sums.
    fn finish(&self, queue: &Queue, work: &Work, tile: Tile, weights: &Weights, readouts: u32) -> Result<()> {
        let cells = tile.count * tile.points;
        let observe = [
            (&work.observed).into(),
            (&work.sums).into(),
            (&work.snrs).into(),
            weights.shannon.into(),
            self.copies.into(),
            cells.into(),
        ];
        queue.launch(&kernels::OBSERVE, [cells.div_ceil(256), 1], &observe)?;
        let controls = [
            (&work.columns).into(),
            (&work.prior).into(),
            (&work.index).into(),
            (&weights.ln_weights).into(),
            weights.shannon.into(),
            tile.count.into(),
            readouts.into(),
        ];
        queue.launch(&kernels::CONTROLS, [tile.count.div_ceil(128), 1], &controls)
    }
}

/// Blocks of atoms (start, size).
fn chunks(atoms: u32) -> impl Iterator<Item = (u32, u32)> {
    (0..atoms).step_by(CHUNK).map(move |start| (start, (atoms - start).min(CHUNK as u32)))
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

fn draw_atoms(
    queue: &Queue,
    work: &Work,
    tile: Tile,
    dim: u32,
    centred: &Buffer<f64>,
    weights: &Weights,
) -> Result<()> {
    let arguments = [
        (&work.index).into(),
        (&work.rows).into(),
        (&work.own).into(),
        (&weights.ends).into(),
        centred.into(),
        tile.stream.seed().into(),
        tile.stream.lane().into(),
        tile.first.into(),
        tile.count.into(),
        dim.into(),
        weights.atoms.into(),
    ];
    queue.launch(&kernels::DRAW_ATOMS, [tile.count.div_ceil(4), 1], &arguments)
}

fn draw_mixture(
    queue: &Queue,
    work: &Work,
    tile: Tile,
    mixture: &Components,
    [first_row, controls]: [u32; 2],
) -> Result<()> {
    let arguments = [
        (&work.index).into(),
        (&work.rows).into(),
        (&work.own).into(),
        (&work.columns).into(),
        (&mixture.ends).into(),
        (&mixture.means).into(),
        (&mixture.variances).into(),
        (&mixture.mean).into(),
        tile.stream.seed().into(),
        tile.stream.lane().into(),
        tile.first.into(),
        tile.count.into(),
        mixture.dim.into(),
        mixture.count.into(),
        first_row.into(),
        controls.into(),
    ];
    queue.launch(&kernels::DRAW_MIXTURE, [tile.count.div_ceil(4), 1], &arguments)
}

/// Prior sums and posterior sums over one block of atoms; the latter take `group` SNRs a warp.
fn add_sums(
    queue: &Queue,
    work: &Work,
    tile: Tile,
    weights: &Weights,
    (prior, sums, group): (&Kernel, &Kernel, u32),
    law: &[Argument],
    (start, size): (u32, u32),
) -> Result<()> {
    let warps = tile.count.div_ceil(4);
    let block = [start.into(), size.into()];
    let prior_arguments =
        [&[(&work.prior).into()], law, &[(&weights.weights).into(), tile.count.into()], &block[..]].concat();
    queue.launch(prior, [warps, 1], &prior_arguments)?;
    let shape = [(&work.snrs).into(), tile.count.into(), tile.points.into()];
    let sums_arguments = [&[(&work.sums).into()], law, &shape[..], &block[..]].concat();
    queue.launch(sums, [warps, tile.points.div_ceil(group)], &sums_arguments)
}
