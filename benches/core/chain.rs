//! The reverse chain that is timed: 16 atoms in 8 dimensions, 32 geometric steps from γ = 0.01 to
//! 10, started from the truth.

use std::sync::Arc;

use klaim::internals::channel::posterior::BATCH;
use klaim::internals::denoiser::{self, Estimand};
use klaim::internals::numeric::stream::Stream;
use klaim::internals::process::{self, Chain};
use klaim::internals::source::Source;
use rayon::prelude::*;

/// Steps K.
const STEPS: usize = 32;
/// Its ends.
const ENDS: (f64, f64) = (0.01, 10.0);
/// Batches of one run on all threads.
const BATCHES: u64 = 256;

/// A sampler on the codebook.
pub struct Paths {
    chain: Chain,
    stream: Stream,
}

impl Paths {
    /// Of the named sampler.
    pub fn new(sampler: &str) -> Self {
        let source = Arc::new(Source::parse("codebook:atoms=16,dim=8").expect("a source"));
        let grid: Vec<f64> =
            (0..=STEPS).map(|k| ENDS.0 * (ENDS.1 / ENDS.0).powf(k as f64 / STEPS as f64)).collect();
        let sampler = process::find(&format!("{sampler}:start=exact")).expect("a sampler");
        let estimand = Estimand::new(&source);
        let exact = denoiser::build("exact", &estimand).expect("a denoiser");
        let chain = Chain::new(&estimand, &sampler, exact, &grid).expect("a chain");
        Self { chain, stream: Stream::named(0, "bench") }
    }

    /// Path-steps of one batch.
    pub fn batch_steps() -> usize {
        BATCH * STEPS
    }

    /// Path-steps of [`Paths::run`].
    pub fn steps() -> usize {
        BATCHES as usize * Self::batch_steps()
    }

    /// Last states of one batch.
    pub fn batch(&self, first: u64) -> Vec<f64> {
        self.chain.run(&self.stream, first).expect("finite states")
    }

    /// Mean square of the last states of many batches, on all threads.
    pub fn run(&self) -> f64 {
        let batch = |b: u64| self.batch(b * BATCH as u64).iter().map(|x| x * x).sum::<f64>();
        let squares: Vec<f64> = (0..BATCHES).into_par_iter().map(batch).collect();
        squares.iter().sum::<f64>() / (BATCHES as usize * BATCH) as f64
    }
}
