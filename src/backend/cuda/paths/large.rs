//! Paths on a law of any size: a row a path and copy, each posterior mean two products with a
//! softmax in between.

use super::law::{LargeTables, PathExtent};
use super::{Site, chain_steps, frozen_steps};
use crate::backend::cuda::driver::{Buffer, KernelArgument, Queue, arguments, launch};
use crate::backend::cuda::law::multiply;
use crate::channel::posterior::BATCH;
use crate::error::Result;
use crate::numeric::normal::FIRST_BLOCK;
use crate::numeric::stream::Stream;
use crate::process::girsanov::{self, Girsanov};
use crate::process::{Chain, Simulation, Start};

/// Buffers of a tile; shapes beside each, a row a path and copy.
pub struct PathRows {
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

impl PathRows {
    /// For tiles of up to `paths` paths.
    pub fn new(queue: &Queue, extent: &PathExtent, paths: usize) -> Result<Self> {
        let (rows, batches) = (paths * extent.copies, paths / BATCH);
        let vectors = || queue.room(rows * extent.dim);
        Ok(Self {
            states: vectors()?,
            shifted: vectors()?,
            held: vectors()?,
            estimate: vectors()?,
            kept: vectors()?,
            products: queue.room(rows * extent.products())?,
            scale: queue.room(rows)?,
            own: queue.room(rows)?,
            total: queue.room(rows)?,
            snrs: queue.room(batches * extent.points)?,
            sums: queue.room(batches)?,
        })
    }

    /// What `simulation` gives for a tile, batch by batch.
    pub fn simulate(&self, site: Site, tables: &LargeTables, simulation: Simulation) -> Result<Vec<f64>> {
        let walk = Walk { site, tables, rows: self };
        match simulation {
            Simulation::LastStates(chain) => walk.last_states(chain),
            Simulation::PathKl(girsanov) => walk.path_kl(girsanov),
            Simulation::Errors(_) => unreachable!("what has no kernel was refused"),
        }
    }
}

/// A tile on its way.
struct Walk<'a> {
    site: Site<'a>,
    tables: &'a LargeTables,
    rows: &'a PathRows,
}

impl Walk<'_> {
    fn count(&self) -> u32 {
        self.site.tile.paths * self.site.law.copies
    }

    /// Blocks of a launch of 256 threads, one a pair of coordinates.
    fn pairs(&self) -> [u32; 2] {
        let pairs = u64::from(self.count()) * u64::from(self.site.law.dim.div_ceil(2));
        [pairs.div_ceil(256) as u32, 1]
    }

    /// The random words of `stream`, then rows, d and copies.
    fn words_and_shape(&self, stream: Stream) -> Vec<KernelArgument<'static>> {
        let Site { law, tile, .. } = self.site;
        arguments!(stream, tile.first, self.count(), law.dim, law.copies)
    }

    /// Blocks of random words of all coordinates.
    fn blocks(&self) -> u32 {
        (self.site.law.copies * self.site.law.dim).div_ceil(2)
    }

    fn last_states(&self, chain: &Chain) -> Result<Vec<f64>> {
        let Site { queue, law, tile } = self.site;
        let (rows, steps) = (self.rows, chain_steps(chain)?);
        let snrs = queue.upload(&steps.iter().map(|[snr, ..]| *snr).collect::<Vec<_>>())?;
        self.enter(chain.start() == Start::Exact, chain.first_snr())?;
        for (k, [_, keep, pull, spread, carry, offset]) in steps.iter().enumerate() {
            self.evaluate(KernelArgument::within(&snrs, k as u64), 0)?;
            let next = steps.get(k + 1).map_or(chain.last_snr(), |[snr, ..]| *snr);
            let block = FIRST_BLOCK + (k as u32 + 1) * self.blocks();
            launch!(queue, ADVANCE_ROWS, self.pairs();
                rows.states, rows.held, rows.shifted, rows.estimate, rows.scale, rows.own,
                self.tables.mean, self.words_and_shape(tile.stream), block, *keep, *pull, *spread,
                *carry, *offset, next)?;
        }
        let numbers = self.count() as usize * law.dim as usize;
        launch!(queue, LEAVE_ROWS, [numbers.div_ceil(256) as u32, 1];
            rows.kept, rows.states, self.count(), law.dim, chain.last_snr())?;
        queue.download(&rows.kept, numbers)
    }

    fn path_kl(&self, girsanov: &Girsanov) -> Result<Vec<f64>> {
        let Site { queue, law, tile } = self.site;
        let (rows, steps, batches) = (self.rows, frozen_steps(girsanov)?, tile.batches());
        let placed = queue.upload(steps.as_flattened())?;
        let threads = u64::from(batches) * steps.len() as u64;
        launch!(queue, DRAW_POINTS, [threads.div_ceil(256) as u32, 1];
            rows.snrs, placed, girsanov::points(&tile.stream), tile.first, steps.len() as u32,
            batches)?;
        // γ = 0, where U = 0.
        self.enter(true, 0.0)?;
        for (k, [lo, hi, offset]) in steps.iter().enumerate() {
            for point in 0..3 {
                let at = 3 * k as u32 + point;
                self.diffuse(at)?;
                self.evaluate(self.points(at + 1), 1)?;
                let factor = if point == 0 { 0.0 } else { 0.25 * (hi - lo) };
                // Freezes the denoiser where `factor` is 0, and otherwise adds factor·|m − x̂|².
                launch!(queue, DEPART_ROWS, [self.count().div_ceil(4), 1];
                    rows.total, rows.kept, rows.estimate, rows.scale, rows.own, rows.shifted,
                    self.tables.mean, self.count(), law.dim, at == 0, *offset, factor)?;
            }
        }
        launch!(queue, SUM_ROWS, [batches, 1]; rows.sums, rows.total, law.copies)?;
        queue.download(&rows.sums, batches as usize)
    }

    /// The SNRs of all batches at point `at` of true paths; 0 is γ = 0.
    fn points(&self, at: u32) -> KernelArgument<'_> {
        KernelArgument::within(&self.rows.snrs, u64::from(at) * u64::from(self.site.tile.batches()))
    }

    /// First states at γ = `snr`, about γX where `exact`; X is drawn in that case alone.
    fn enter(&self, exact: bool, snr: f64) -> Result<()> {
        let Walk { site: Site { queue, law, tile }, tables, rows } = self;
        if exact {
            launch!(queue, DRAW_ROWS, [self.count().div_ceil(4), 1];
                rows.held, law.ends, law.points, tables.variances, law.places, tile.stream,
                tile.first, self.count(), law.dim, law.count, law.copies, law.orthonormal)?;
        }
        launch!(queue, ENTER_ROWS, self.pairs();
            rows.states, rows.shifted, rows.held, tables.prior, tables.mean,
            self.words_and_shape(tile.stream), exact, snr)
    }

    /// Posterior means at γ = `snrs`[`stride` · batch], up to the arithmetic of `ADVANCE_ROWS`.
    fn evaluate(&self, snrs: KernelArgument, stride: u32) -> Result<()> {
        let Walk { site: Site { queue, law, .. }, tables, rows } = self;
        let weigh = |weights: &Buffer<f64>, products: &Buffer<f64>| {
            launch!(queue, WEIGH_ROWS, [self.count(), 1];
                *weights, rows.scale, rows.own, *products, rows.shifted, tables.variances,
                tables.ln_weights, tables.half_norms, snrs, stride, law.dim, law.count, law.uniform,
                law.copies)
        };
        let Some([centred, transposed]) = &tables.centred else {
            return weigh(&rows.estimate, &rows.shifted);
        };
        let [centred, transposed] = [centred, transposed].map(|table| KernelArgument::within(table, 0));
        multiply(queue, &rows.products, &rows.shifted, centred, [self.count(), law.count, law.dim])?;
        weigh(&rows.products, &rows.products)?;
        multiply(queue, &rows.estimate, &rows.products, transposed, [self.count(), law.dim, law.count])
    }

    /// True paths from point `at` to the next.
    fn diffuse(&self, at: u32) -> Result<()> {
        let rows = self.rows;
        launch!(self.site.queue, DIFFUSE_ROWS, self.pairs();
            rows.states, rows.shifted, rows.held, self.tables.mean, self.points(at),
            self.points(at + 1), self.words_and_shape(girsanov::increments(&self.site.tile.stream)),
            at * self.blocks())
    }
}
