//! Paths on a law of any size: a row a path and copy, each posterior mean two products with a softmax in between.

use super::Tile;
use super::law::{Extent, LargeTables, PathLaw};
use crate::backend::cuda::driver::{Argument, Buffer, Queue};
use crate::backend::cuda::kernels;
use crate::backend::cuda::law::multiply;
use crate::channel::posterior::BATCH;
use crate::error::Result;
use crate::numeric::normal::FIRST_BLOCK;
use crate::numeric::stream::Stream;
use crate::process::girsanov::{self, Girsanov};
use crate::process::{Chain, Start};

/// Buffers of a tile; shapes beside each, a row a path and copy.
pub struct Room {
    /// U: rows × d.
    states: Buffer<f64>,
    /// U − γ EX: rows × d.
    shifted: Buffer<f64>,
    /// X, and the estimate before: rows × d.
    held: Buffer<f64>,
    /// The weights' product with μ̃: rows × d.
    estimate: Buffer<f64>,
    /// The frozen denoiser, and the last states: rows × d.
    kept: Buffer<f64>,
    /// ⟨ũ, μ̃_j⟩, then posterior weights: rows × J; empty for orthonormal atoms.
    products: Buffer<f64>,
    /// One over the sum of the weights: rows.
    scale: Buffer<f64>,
    /// Factor of ũ in the mean: rows.
    own: Buffer<f64>,
    /// ¼ Σ Δ_k |m − x̂|²: rows.
    total: Buffer<f64>,
    /// SNRs of true paths: points × batches.
    snrs: Buffer<f64>,
    /// Results of batches.
    sums: Buffer<f64>,
}

/// What a launch on a tile's rows needs to know of it.
struct Rows<'a> {
    queue: &'a Queue,
    law: &'a PathLaw,
    tables: &'a LargeTables,
    tile: Tile,
}

impl Rows<'_> {
    fn count(&self) -> u32 {
        self.tile.paths * self.law.copies
    }

    /// Blocks of a launch of 256 threads, one a pair of coordinates.
    fn pairs(&self) -> [u32; 2] {
        let pairs = u64::from(self.count()) * u64::from(self.law.dim.div_ceil(2));
        [pairs.div_ceil(256) as u32, 1]
    }

    fn words(&self, stream: Stream) -> [Argument<'static>; 3] {
        [stream.seed().into(), stream.lane().into(), self.tile.first.into()]
    }

    /// Rows, d and copies.
    fn shape(&self) -> [Argument<'static>; 3] {
        [self.count().into(), self.law.dim.into(), self.law.copies.into()]
    }

    /// Blocks of random words of all coordinates.
    fn blocks(&self) -> u32 {
        (self.law.copies * self.law.dim).div_ceil(2)
    }
}

impl Room {
    /// For tiles of up to `paths` paths.
    ///
    /// # Errors
    /// [`crate::error::Error::Backend`]: out of memory.
    pub fn new(queue: &Queue, extent: &Extent, paths: usize) -> Result<Self> {
        let rows = paths * extent.copies;
        Ok(Self {
            states: queue.room(rows * extent.dim)?,
            shifted: queue.room(rows * extent.dim)?,
            held: queue.room(rows * extent.dim)?,
            estimate: queue.room(rows * extent.dim)?,
            kept: queue.room(rows * extent.dim)?,
            products: queue.room(rows * extent.products())?,
            scale: queue.room(rows)?,
            own: queue.room(rows)?,
            total: queue.room(rows)?,
            snrs: queue.room(paths / BATCH * extent.points)?,
            sums: queue.room(paths / BATCH)?,
        })
    }

    /// Last states of a tile, batch by batch.
    ///
    /// # Errors
    /// [`crate::error::Error::Backend`].
    pub fn walk(
        &self,
        queue: &Queue,
        law: &PathLaw,
        tables: &LargeTables,
        chain: &Chain,
        tile: Tile,
    ) -> Result<Vec<f64>> {
        let rows = Rows { queue, law, tables, tile };
        let snrs: Vec<f64> = chain.steps().iter().map(|(step, _)| step.snr).collect();
        let snrs = queue.upload(&snrs)?;
        self.enter(&rows, chain.start() == Start::Exact, chain.first_snr())?;
        for (k, (step, offset)) in chain.steps().iter().enumerate() {
            self.evaluate(&rows, Argument::from(&snrs).after(k as u64), 0)?;
            let buffers = [
                (&self.states).into(),
                (&self.held).into(),
                (&self.shifted).into(),
                (&self.estimate).into(),
                (&self.scale).into(),
                (&self.own).into(),
                (&tables.mean).into(),
            ];
            let next = chain.steps().get(k + 1).map_or(chain.last_snr(), |(step, _)| step.snr);
            let numbers = [
                (FIRST_BLOCK + (k as u32 + 1) * rows.blocks()).into(),
                step.keep.into(),
                step.pull.into(),
                step.spread.into(),
                step.carry.into(),
                (*offset).into(),
                next.into(),
            ];
            let arguments = [&buffers[..], &rows.words(tile.stream), &rows.shape(), &numbers].concat();
            queue.launch(&kernels::ADVANCE_ROWS, rows.pairs(), &arguments)?;
        }
        let numbers = rows.count() as usize * law.dim as usize;
        let leave =
            [(&self.kept).into(), (&self.states).into(), rows.count().into(), law.dim.into(), chain.last_snr().into()];
        queue.launch(&kernels::LEAVE_ROWS, [numbers.div_ceil(256) as u32, 1], &leave)?;
        queue.download(&self.kept, numbers)
    }

    /// The path KL of each batch of a tile.
    ///
    /// # Errors
    /// [`crate::error::Error::Backend`].
    pub fn girsanov(
        &self,
        queue: &Queue,
        law: &PathLaw,
        tables: &LargeTables,
        girsanov: &Girsanov,
        tile: Tile,
    ) -> Result<Vec<f64>> {
        let rows = Rows { queue, law, tables, tile };
        let (batches, steps) = (tile.batches(), girsanov.steps());
        let placed = queue.upload(steps.as_flattened())?;
        let points = [
            &[(&self.snrs).into(), (&placed).into()][..],
            &rows.words(girsanov::points(&tile.stream)),
            &[(steps.len() as u32).into(), batches.into()],
        ]
        .concat();
        let threads = u64::from(batches) * steps.len() as u64;
        queue.launch(&kernels::DRAW_POINTS, [threads.div_ceil(256) as u32, 1], &points)?;
        // γ = 0, where U = 0.
        self.enter(&rows, true, 0.0)?;
        for (k, [lo, hi, offset]) in steps.iter().enumerate() {
            for point in 0..3 {
                let at = 3 * k as u32 + point;
                self.diffuse(&rows, at)?;
                self.evaluate(&rows, self.points(at + 1, batches), 1)?;
                let factor = if point == 0 { 0.0 } else { 0.25 * (hi - lo) };
                self.depart(&rows, at == 0, *offset, factor)?;
            }
        }
        let sum = [(&self.sums).into(), (&self.total).into(), law.copies.into()];
        queue.launch(&kernels::SUM_ROWS, [batches, 1], &sum)?;
        queue.download(&self.sums, batches as usize)
    }

    /// The SNRs of all batches at point `at` of true paths; 0 is γ = 0.
    fn points(&self, at: u32, batches: u32) -> Argument<'_> {
        Argument::from(&self.snrs).after(u64::from(at) * u64::from(batches))
    }

    /// First states at γ = `snr`, about γX where `exact`; X is drawn in that case alone.
    fn enter(&self, rows: &Rows, exact: bool, snr: f64) -> Result<()> {
        let Rows { queue, law, tables, tile } = rows;
        if exact {
            let tables = [
                (&self.held).into(),
                (&law.ends).into(),
                (&law.points).into(),
                (&tables.variances).into(),
                (&law.places).into(),
            ];
            let shape = [rows.count(), law.dim, law.count, law.copies, u32::from(law.orthonormal)].map(Argument::from);
            let arguments = [&tables[..], &rows.words(tile.stream), &shape].concat();
            queue.launch(&kernels::DRAW_ROWS, [rows.count().div_ceil(4), 1], &arguments)?;
        }
        let buffers = [
            (&self.states).into(),
            (&self.shifted).into(),
            (&self.held).into(),
            (&tables.prior).into(),
            (&tables.mean).into(),
        ];
        let start = [u32::from(exact).into(), snr.into()];
        let arguments = [&buffers[..], &rows.words(tile.stream), &rows.shape(), &start].concat();
        queue.launch(&kernels::ENTER_ROWS, rows.pairs(), &arguments)
    }

    /// Posterior means at γ = `snrs`[`stride` · batch], up to [`kernels::ADVANCE_ROWS`]'s own arithmetic.
    fn evaluate(&self, rows: &Rows, snrs: Argument, stride: u32) -> Result<()> {
        let Rows { queue, law, tables, .. } = rows;
        let weigh = |weights: &Buffer<f64>, products: &Buffer<f64>| {
            let arguments = [
                weights.into(),
                (&self.scale).into(),
                (&self.own).into(),
                products.into(),
                (&self.shifted).into(),
                (&tables.variances).into(),
                (&tables.ln_weights).into(),
                (&tables.half_norms).into(),
                snrs,
                stride.into(),
                law.dim.into(),
                law.count.into(),
                u32::from(law.uniform).into(),
                law.copies.into(),
            ];
            queue.launch(&kernels::WEIGH_ROWS, [rows.count(), 1], &arguments)
        };
        let Some([centred, transposed]) = &tables.centred else {
            return weigh(&self.estimate, &self.shifted);
        };
        multiply(queue, &self.products, &self.shifted, centred.into(), [rows.count(), law.count, law.dim])?;
        weigh(&self.products, &self.products)?;
        multiply(queue, &self.estimate, &self.products, transposed.into(), [rows.count(), law.dim, law.count])
    }

    /// True paths from point `at` to the next.
    fn diffuse(&self, rows: &Rows, at: u32) -> Result<()> {
        let batches = rows.tile.batches();
        let buffers = [
            (&self.states).into(),
            (&self.shifted).into(),
            (&self.held).into(),
            (&rows.tables.mean).into(),
            self.points(at, batches),
            self.points(at + 1, batches),
        ];
        let words = rows.words(girsanov::increments(&rows.tile.stream));
        let block = [(at * rows.blocks()).into()];
        let arguments = [&buffers[..], &words, &rows.shape(), &block].concat();
        rows.queue.launch(&kernels::DIFFUSE_ROWS, rows.pairs(), &arguments)
    }

    /// Freezes the denoiser where `factor` is 0, and otherwise adds factor·|m − x̂|².
    fn depart(&self, rows: &Rows, start: bool, offset: f64, factor: f64) -> Result<()> {
        let arguments = [
            (&self.total).into(),
            (&self.kept).into(),
            (&self.estimate).into(),
            (&self.scale).into(),
            (&self.own).into(),
            (&self.shifted).into(),
            (&rows.tables.mean).into(),
            rows.count().into(),
            rows.law.dim.into(),
            u32::from(start).into(),
            offset.into(),
            factor.into(),
        ];
        rows.queue.launch(&kernels::DEPART_ROWS, [rows.count().div_ceil(4), 1], &arguments)
    }
}
