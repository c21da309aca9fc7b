//! Atoms in R^d on a device: their coordinates, and where it fits a table of all pairs of them.

use super::discrete::Weights;
use super::single::{self, Distances, Single};
use super::stream::HostRows;
use crate::backend::cuda::driver::{Buffer, KernelArgument, Queue, arguments, launch};
use crate::backend::cuda::kernels;
use crate::backend::cuda::tile::{Arithmetic, Chunk, Storage, halves, product_rows, row};
use crate::backend::cuda::work::Flight;
use crate::backend::options::Precision;
use crate::channel::posterior::DiscreteTables;
use crate::error::Result;

/// Atoms in R^d.
pub struct PlacedAtoms {
    dim: u32,
    /// x̃, where it is there.
    centred: Option<Buffer<f64>>,
    norms: Buffer<f64>,
    pub weights: Weights,
    /// ⟨x̃_j, x̃_i⟩ of all pairs, for f64: each sample then needs the product of its noise alone.
    /// The same bits either way: an element of a product adds its terms in the same order wherever
    /// it stands.
    gram: Option<Buffer<f64>>,
    pub single: Option<SingleAtoms>,
}

/// What f32 needs beside.
pub struct SingleAtoms {
    pub law: Single,
    /// Split atoms, whole tiles of the product, and their factors; where x̃ is there.
    halves: Option<(Buffer<u32>, Buffer<f32>)>,
    /// D of all pairs; the same bits either way, too.
    distances: Option<Buffer<f32>>,
}

/// Atoms on the host: x̃ (N × dim), |x̃|², weights, and the means of the controls.
pub struct HostAtoms<'a> {
    pub dim: usize,
    pub centred: &'a [f64],
    pub norms: &'a [f64],
    pub weights: &'a DiscreteTables<'a>,
    pub known: &'a [f64],
}

/// One block of atoms with where its x̃ stand.
#[derive(Clone, Copy)]
struct Block<'a> {
    chunk: Chunk,
    atoms: KernelArgument<'a>,
    /// Split atoms, their factors, and which of them is the block's first; in f32.
    halves: Option<(&'a Buffer<u32>, &'a Buffer<f32>, u32)>,
}

impl PlacedAtoms {
    /// Copies a law to the device, as much of it as `storage` says.
    pub fn upload(queue: &Queue, host: &HostAtoms, storage: Storage, precision: Precision) -> Result<Self> {
        let (atoms, pairs) = (host.norms.len(), storage == Storage::Pairs);
        let resident = (storage != Storage::Streamed).then(|| queue.upload(host.centred));
        let mut placed = Self {
            dim: host.dim as u32,
            norms: queue.upload(host.norms)?,
            weights: Weights::upload(queue, host.weights)?,
            gram: None,
            single: None,
            centred: resident.transpose()?,
        };
        match (precision, &placed.centred) {
            (Precision::F64, Some(centred)) if pairs => {
                let (n, gram) = (atoms as u32, queue.room(atoms * atoms)?);
                multiply(queue, &gram, centred, KernelArgument::within(centred, 0), [n, n, placed.dim])?;
                placed.gram = Some(gram);
            }
            (Precision::F64, _) => {}
            (Precision::F32, _) => placed.single = Some(placed.upload_single(queue, host, pairs)?),
        }
        Ok(placed)
    }

    fn upload_single(&self, queue: &Queue, host: &HostAtoms, pairs: bool) -> Result<SingleAtoms> {
        let (atoms, unit) = (host.norms.len(), single::unit(host.norms));
        let law = Single::upload(queue, host.weights, host.norms, host.known, unit)?;
        let mut single = SingleAtoms { law, halves: None, distances: None };
        let Some(centred) = &self.centred else { return Ok(single) };
        let split_atoms =
            (queue.room(product_rows(atoms) * halves(host.dim))?, queue.room(product_rows(atoms))?);
        let all = Chunk { start: 0, size: atoms as u32 };
        split(queue, &split_atoms.0, &split_atoms.1, centred, unit, [all.size, self.dim])?;
        single.halves = Some(split_atoms);
        if pairs {
            let every: Vec<u32> = (0..all.size).collect();
            let (every, table) = (queue.upload(&every)?, queue.room(atoms * row(atoms))?);
            let coordinates = KernelArgument::within(centred, 0);
            let rows = arguments!(table, coordinates, coordinates, self.norms, every, unit, all.size);
            self.measure(queue, all.size, &rows, all)?;
            // `every` is read by what was just queued.
            queue.wait()?;
            single.distances = Some(table);
        }
        Ok(single)
    }

    /// Draws a tile's samples and adds up every block of atoms; `centred` is x̃ on the host.
    pub fn add_up(&self, flight: Flight, centred: &[f64], arithmetic: Arithmetic) -> Result<()> {
        let Flight { queue, work, tile } = flight;
        let single = self.single.as_ref().filter(|_| matches!(arithmetic, Arithmetic::Single { .. }));
        let add_block = |block: Block| match single {
            Some(single) => self.add_block_single(single, flight, block),
            None => self.add_block_double(flight, block),
        };
        let split_noise = || match single {
            Some(_) => split(queue, &work.halves, &work.factors, &work.rows, 1.0, [tile.count, self.dim]),
            None => Ok(()),
        };
        if let Some(resident) = &self.centred {
            self.draw(flight, resident, false)?;
            split_noise()?;
            return Chunk::all(self.weights.atoms).try_for_each(|chunk| {
                let atoms = KernelArgument::within(resident, u64::from(chunk.start) * u64::from(self.dim));
                let halves = single.and_then(|s| s.halves.as_ref()).map(|(h, f)| (h, f, chunk.start));
                add_block(Block { chunk, atoms, halves })
            });
        }
        let blocks = work.blocks.as_ref().expect("a worker of a streamed law has room for blocks");
        let host = HostRows { centred, dim: self.dim as usize };
        // The draw of an index is the same for every discrete law; what this writes of the noise is
        // written again.
        launch!(queue, DRAW_SIMPLEX, [tile.count.div_ceil(128), 1];
            work.index, work.own, self.weights.ends, tile.stream, tile.first, tile.count,
            self.weights.atoms)?;
        blocks.fetch_sources(queue, &queue.download(&work.index, tile.count as usize)?, host)?;
        self.draw(flight, &blocks.sources, true)?;
        split_noise()?;
        blocks.for_each(queue, host, |here, chunk| {
            if let Some(single) = single {
                split(
                    queue,
                    &blocks.halves,
                    &blocks.factors,
                    here,
                    single.law.unit,
                    [chunk.size, self.dim],
                )?;
            }
            let halves = Some((&blocks.halves, &blocks.factors, 0));
            add_block(Block { chunk, atoms: KernelArgument::within(here, 0), halves })
        })
    }

    /// Adds up one block of atoms in f64.
    fn add_block_double(&self, flight: Flight, Block { chunk, atoms, .. }: Block) -> Result<()> {
        let Self { dim, norms, weights, gram, .. } = self;
        let Flight { queue, work, tile } = flight;
        // Without the table the source rows below the noise are multiplied too.
        let multiplied = if gram.is_some() { tile.count } else { 2 * tile.count };
        multiply(queue, &work.products, &work.rows, atoms, [multiplied, chunk.size, *dim])?;
        let below = KernelArgument::within(&work.products, u64::from(tile.count) * u64::from(chunk.size));
        let (pairs, table) =
            gram.as_ref().map_or((below, 0), |gram| (KernelArgument::within(gram, 0), weights.atoms));
        let sources = KernelArgument::within(&work.rows, u64::from(tile.count) * u64::from(*dim));
        let law = arguments!(
            work.products,
            pairs,
            work.own,
            work.index,
            *norms,
            weights.ln_weights,
            work.rows,
            sources,
            atoms,
            table,
            *dim
        );
        weights.add_sums(flight, [&kernels::PRIOR_OF_ATOMS, &kernels::SUMS_OF_ATOMS], &law, chunk)
    }

    /// Adds up one block of atoms in f32.
    fn add_block_single(
        &self,
        single: &SingleAtoms,
        flight: Flight,
        Block { chunk, atoms, halves }: Block,
    ) -> Result<()> {
        let Flight { queue, work, tile } = flight;
        let (halves, factors, first) = halves.expect("atoms are split wherever they stand");
        let (unit, stride) = (single.law.unit, chunk.row());
        launch!(queue, PRODUCT_F16X3, [chunk.size.div_ceil(128), tile.count.div_ceil(128)];
            work.noise, work.halves, *halves, work.factors, *factors, work.own, unit,
            tile.count, first, chunk.size, self.dim.div_ceil(16), stride)?;
        let distances = match &single.distances {
            Some(table) => {
                let length = row(self.weights.atoms as usize) as u32;
                Distances { rows: KernelArgument::within(table, 0), table: length, spacing: 0 }
            }
            None => {
                let sources =
                    KernelArgument::within(&work.rows, u64::from(tile.count) * u64::from(self.dim));
                let rows =
                    arguments!(work.distances, sources, atoms, self.norms, work.index, unit, tile.count);
                self.measure(queue, tile.count, &rows, chunk)?;
                Distances { rows: KernelArgument::within(&work.distances, 0), table: 0, spacing: stride }
            }
        };
        single.law.add_sums(flight, distances, chunk)
    }

    /// Draws a tile's samples; `atoms`: x̃ of all atoms or, `gathered`, x̃_I of each sample.
    fn draw(&self, Flight { queue, work, tile }: Flight, atoms: &Buffer<f64>, gathered: bool) -> Result<()> {
        launch!(queue, DRAW_ATOMS, [tile.count.div_ceil(4), 1];
            work.index, work.rows, work.own, self.weights.ends, *atoms, tile.stream, tile.first,
            tile.count, self.dim, self.weights.atoms, gathered)
    }

    /// D in f32 between `count` atoms and a block of atoms. `rows`: where to, the coordinates of
    /// both, |x̃|², which atoms the former are, the unit of lengths, `count`.
    fn measure(&self, queue: &Queue, count: u32, rows: &Vec<KernelArgument>, chunk: Chunk) -> Result<()> {
        launch!(queue, DISTANCES, [chunk.size.div_ceil(128), count.div_ceil(128)];
            *rows, chunk.start, chunk.size, self.dim, chunk.row())
    }
}

/// out = rows · columnsᵀ with `rows` m × k and `columns` n × k for [m, n, k].
pub fn multiply(
    queue: &Queue,
    out: &Buffer<f64>,
    rows: &Buffer<f64>,
    columns: KernelArgument,
    [m, n, k]: [u32; 3],
) -> Result<()> {
    launch!(queue, PRODUCT, [n.div_ceil(128), m.div_ceil(128)]; *out, *rows, columns, m, n, k)
}

/// `rows` (count × dim), times `unit`, as `halves` with their `factors`.
fn split(
    queue: &Queue,
    halves: &Buffer<u32>,
    factors: &Buffer<f32>,
    rows: &Buffer<f64>,
    unit: f64,
    [count, dim]: [u32; 2],
) -> Result<()> {
    launch!(queue, SPLIT_ROWS, [count.div_ceil(4), 1]; *halves, *factors, *rows, unit, count, dim)
}
