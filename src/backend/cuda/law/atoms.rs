//! Atoms in R^d on a device: their coordinates, and where it fits a table of all pairs of them.

use super::discrete::Weights;
use super::single::{self, Distances, Single};
use super::{Arithmetic, Place, Tile, Work, chunks};
use crate::backend::cuda::driver::{Argument, Buffer, Queue};
use crate::backend::cuda::kernels;
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
    /// ⟨x̃_j, x̃_i⟩ of all pairs, for f64: each sample then needs the product of its noise alone. The same bits either way: an
    /// element of a product adds its terms in the same order wherever it stands.
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

/// Most atoms whose pairs are multiplied at once: blocks down in a launch.
pub const MOST_PAIRED: usize = 65_535 * 128;
/// Rows and columns of a block of a product.
const PRODUCT_TILE: usize = 128;

/// Words of a row of split numbers.
pub fn halves(dim: usize) -> usize {
    dim.div_ceil(16) * 16
}

/// Rows that a product of halves reads: whole tiles.
pub fn product_rows(rows: usize) -> usize {
    rows.next_multiple_of(PRODUCT_TILE)
}

/// Atoms on the host: x̃ (N × dim), |x̃|², weights, and the means of the controls.
pub struct HostAtoms<'a> {
    pub dim: usize,
    pub centred: &'a [f64],
    pub norms: &'a [f64],
    pub weights: &'a DiscreteTables<'a>,
    pub known: &'a [f64],
}

impl PlacedAtoms {
    /// Copies a law to the device, as much of it as `place` says.
    ///
    /// # Errors
    /// [`crate::error::Error::Backend`]: out of memory.
    pub fn upload(queue: &Queue, host: &HostAtoms, place: Place, precision: Precision) -> Result<Self> {
        let atoms = host.norms.len();
        let centred = if place == Place::Streamed { None } else { Some(queue.upload(host.centred)?) };
        let mut placed = Self {
            dim: host.dim as u32,
            norms: queue.upload(host.norms)?,
            weights: Weights::upload(queue, host.weights)?,
            gram: None,
            single: None,
            centred: None,
        };
        match (precision, &centred) {
            (Precision::F64, Some(centred)) if place == Place::Pairs => {
                let (n, gram) = (atoms as u32, queue.room(atoms * atoms)?);
                multiply(queue, &gram, centred, centred.into(), [n, n, placed.dim])?;
                placed.gram = Some(gram);
            }
            (Precision::F64, _) => {}
            (Precision::F32, centred) => {
                placed.single = Some(placed.upload_single(queue, host, centred.as_ref(), place == Place::Pairs)?);
            }
        }
        placed.centred = centred;
        Ok(placed)
    }

    fn upload_single(
        &self,
        queue: &Queue,
        host: &HostAtoms,
        centred: Option<&Buffer<f64>>,
        pairs: bool,
    ) -> Result<SingleAtoms> {
        let (atoms, unit) = (host.norms.len(), single::unit(host.norms));
        let law = Single::upload(queue, host.weights, host.norms, host.known, unit)?;
        let mut single = SingleAtoms { law, halves: None, distances: None };
        let Some(centred) = centred else { return Ok(single) };
        let halves = (queue.room(product_rows(atoms) * halves(host.dim))?, queue.room(product_rows(atoms))?);
        split(queue, (&halves.0, &halves.1), centred, unit, [atoms as u32, self.dim])?;
        single.halves = Some(halves);
        if pairs {
            let every: Vec<u32> = (0..atoms as u32).collect();
            let (every, table) = (queue.upload(&every)?, queue.room(atoms * single::row(atoms))?);
            let rows = (centred.into(), &every, atoms as u32);
            self.measure(queue, &table, rows, unit, (centred.into(), (0, atoms as u32)))?;
            // `every` is read by what was just queued.
            queue.wait()?;
            single.distances = Some(table);
        }
        Ok(single)
    }

    /// Draws a tile's samples and adds up every block of atoms; `centred` is x̃ on the host.
    ///
    /// # Errors
    /// [`crate::error::Error::Backend`].
    pub fn add_up(
        &self,
        queue: &Queue,
        work: &Work,
        tile: Tile,
        (centred, arithmetic): (&[f64], Arithmetic),
    ) -> Result<()> {
        let single = self.single.as_ref().filter(|_| matches!(arithmetic, Arithmetic::Single { .. }));
        let add_block = |atoms: Argument, halves, block| match single {
            Some(single) => self.add_block_single(single, queue, work, tile, (atoms, halves, block)),
            None => self.add_block_double(queue, work, tile, (atoms, block)),
        };
        let split_noise = || match single {
            Some(_) => split(queue, (&work.halves, &work.factors), &work.rows, 1.0, [tile.count, self.dim]),
            None => Ok(()),
        };
        if let Some(resident) = &self.centred {
            self.draw(queue, work, tile, (resident, false))?;
            split_noise()?;
            for (start, size) in chunks(self.weights.atoms) {
                let atoms = Argument::from(resident).after(u64::from(start) * u64::from(self.dim));
                let halves = single.and_then(|s| s.halves.as_ref()).map(|(h, f)| (h, f, start));
                add_block(atoms, halves, (start, size))?;
            }
            return Ok(());
        }
        let blocks = work.blocks.as_ref().expect("a worker of a streamed law has room for blocks");
        let host = (centred, self.dim as usize);
        blocks.fetch_sources(queue, work, tile, (&self.weights.ends, self.weights.atoms), host)?;
        self.draw(queue, work, tile, (&blocks.sources, true))?;
        split_noise()?;
        blocks.for_each(queue, host, |atoms, (start, size)| {
            if let Some(single) = single {
                split(queue, (&blocks.halves, &blocks.factors), atoms, single.law.unit, [size, self.dim])?;
            }
            add_block(atoms.into(), Some((&blocks.halves, &blocks.factors, 0)), (start, size))
        })
    }

    /// Adds up one block of atoms (start, size) whose x̃ stand at `atoms`.
    fn add_block_double(
        &self,
        queue: &Queue,
        work: &Work,
        tile: Tile,
        (atoms, (start, size)): (Argument, (u32, u32)),
    ) -> Result<()> {
        let Self { dim, norms, weights, gram, .. } = self;
        // Without the table the source rows below the noise are multiplied too.
        let multiplied = if gram.is_some() { tile.count } else { 2 * tile.count };
        multiply(queue, &work.products, &work.rows, atoms, [multiplied, size, *dim])?;
        let (products, rows) = (Argument::from(&work.products), Argument::from(&work.rows));
        let below = products.after(u64::from(tile.count) * u64::from(size));
        let law = [
            products,
            gram.as_ref().map_or(below, Argument::from),
            (&work.own).into(),
            (&work.index).into(),
            norms.into(),
            (&weights.ln_weights).into(),
            rows,
            rows.after(u64::from(tile.count) * u64::from(*dim)),
            atoms,
            gram.as_ref().map_or(0, |_| weights.atoms).into(),
            (*dim).into(),
        ];
        let kernels = [&kernels::PRIOR_OF_ATOMS, &kernels::SUMS_OF_ATOMS];
        weights.add_sums(queue, work, tile, kernels, &law, (start, size))
    }

    /// The same in f32; `halves`: the split atoms, their factors, and which of them is the block's first.
    fn add_block_single(
        &self,
        single: &SingleAtoms,
        queue: &Queue,
        work: &Work,
        tile: Tile,
        (atoms, halves, (start, size)): (Argument, Option<Halves>, (u32, u32)),
    ) -> Result<()> {
        let (halves, factors, first) = halves.expect("atoms are split wherever they stand");
        let stride = single::row(size as usize) as u32;
        let product = [
            (&work.noise).into(),
            (&work.halves).into(),
            halves.into(),
            (&work.factors).into(),
            factors.into(),
            (&work.own).into(),
            single.law.unit.into(),
            tile.count.into(),
            first.into(),
            size.into(),
            self.dim.div_ceil(16).into(),
            stride.into(),
        ];
        queue.launch(&kernels::PRODUCT_F16X3, [size.div_ceil(128), tile.count.div_ceil(128)], &product)?;
        let distances = match &single.distances {
            Some(table) => {
                Distances { rows: table.into(), table: single::row(self.weights.atoms as usize) as u32, spacing: 0 }
            }
            None => {
                let sources = Argument::from(&work.rows).after(u64::from(tile.count) * u64::from(self.dim));
                let rows = (sources, &work.index, tile.count);
                self.measure(queue, &work.distances, rows, single.law.unit, (atoms, (start, size)))?;
                Distances { rows: (&work.distances).into(), table: 0, spacing: stride }
            }
        };
        single.law.add_sums(queue, work, tile, distances, (start, size))
    }

    /// Draws a tile's samples; `atoms`: x̃ of all atoms or, `gathered`, x̃_I of each sample.
    fn draw(&self, queue: &Queue, work: &Work, tile: Tile, (atoms, gathered): (&Buffer<f64>, bool)) -> Result<()> {
        let arguments = [
            (&work.index).into(),
            (&work.rows).into(),
            (&work.own).into(),
            (&self.weights.ends).into(),
            atoms.into(),
            tile.stream.seed().into(),
            tile.stream.lane().into(),
            tile.first.into(),
            tile.count.into(),
            self.dim.into(),
            self.weights.atoms.into(),
            u32::from(gathered).into(),
        ];
        queue.launch(&kernels::DRAW_ATOMS, [tile.count.div_ceil(4), 1], &arguments)
    }

    /// D in f32 between `count` atoms (`rows`: their coordinates, `index`: which they are) and the block of atoms
    /// (start, size) whose coordinates stand at `atoms`.
    fn measure(
        &self,
        queue: &Queue,
        out: &Buffer<f32>,
        (rows, index, count): (Argument, &Buffer<u32>, u32),
        unit: f64,
        (atoms, (start, size)): (Argument, (u32, u32)),
    ) -> Result<()> {
        let arguments = [
            out.into(),
            rows,
            atoms,
            (&self.norms).into(),
            index.into(),
            unit.into(),
            count.into(),
            start.into(),
            size.into(),
            self.dim.into(),
            (single::row(size as usize) as u32).into(),
        ];
        queue.launch(&kernels::DISTANCES, [size.div_ceil(128), count.div_ceil(128)], &arguments)
    }
}

/// Split atoms, their factors, and which of them is the first that is meant.
type Halves<'a> = (&'a Buffer<u32>, &'a Buffer<f32>, u32);

/// out = rows · columnsᵀ with `rows` m × k and `columns` n × k for [m, n, k].
pub fn multiply(
    queue: &Queue,
    out: &Buffer<f64>,
    rows: &Buffer<f64>,
    columns: Argument,
    [m, n, k]: [u32; 3],
) -> Result<()> {
    let arguments = [out.into(), rows.into(), columns, m.into(), n.into(), k.into()];
    queue.launch(&kernels::PRODUCT, [n.div_ceil(128), m.div_ceil(128)], &arguments)
}

/// `rows` (count × dim), times `unit`, as halves with their factors.
fn split(
    queue: &Queue,
    (halves, factors): (&Buffer<u32>, &Buffer<f32>),
    rows: &Buffer<f64>,
    unit: f64,
    [count, dim]: [u32; 2],
) -> Result<()> {
    let arguments = [halves.into(), factors.into(), rows.into(), unit.into(), count.into(), dim.into()];
    queue.launch(&kernels::SPLIT_ROWS, [count.div_ceil(4), 1], &arguments)
}
