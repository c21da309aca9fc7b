//! CPU against CUDA on simulated paths, path by path: what `klaim selftest` shows of them.

use std::sync::Arc;

use super::DevicePaths;
use crate::backend::cpu::Cpu;
use crate::backend::cuda::Cuda;
use crate::backend::cuda::compare::{apart, root_mean_square};
use crate::channel::posterior::BATCH;
use crate::denoiser::{self, Estimand};
use crate::error::{Error, Result};
use crate::numeric::stream::Stream;
use crate::process::distance::Spread;
use crate::process::{self, Chain, Girsanov, Simulator, Statistic};
use crate::source::Source;

/// Largest difference of a coordinate of a last state, or of a batch's path KL, relative to its
/// size or the root mean square of all. Laws in shared memory differ by the rounding of ln(1 + γv)
/// alone, others by that of products; where a posterior turns from one mode to another a path
/// multiplies it, by 1e4 among 1e4 paths.
pub const TOLERANCE: f64 = 1e-9;

/// The laws that are compared: every structure with kernels, within shared memory and beyond, one
/// variance and several, an odd dimension of one factor of a product.
pub const SOURCES: &[&str] = &[
    "bpsk",
    "codebook:atoms=16,dim=8",
    "mixture:means=-2|0.3|2,variances=0.1|0.5|0.02,weights=1|2|1",
    "mixture:ring=9,radius=4,variance=0.1",
    "product:base=(mixture:means=-1|1,variances=0.3|0.1),dim=5",
    "zipf:exponent=1.5,atoms=9,embedding=simplex",
    "codebook:atoms=131,dim=37,seed=1",
    "mixture:code=40,dim=33,variance=0.05",
    "product:base=(zipf:exponent=1.5,atoms=100),dim=3",
    "simplex:atoms=33",
];

/// What is simulated on each: the samplers, from the truth and from a Gaussian, and true paths.
const SAMPLERS: [&str; 3] = ["ancestral:start=exact", "ddim", "dpm-solver-2m"];
const DENOISER: &str = "perturbed:error=0.1";

/// How far the device is from the CPU on one law and simulation.
#[derive(Debug, Clone)]
pub struct PathComparison {
    /// The law.
    pub source: String,
    /// The sampler, or `girsanov`.
    pub simulation: String,
    /// Paths compared.
    pub paths: u64,
    /// Numbers (coordinates of last states; one a batch for `girsanov`) that differ in a bit.
    pub differing: u64,
    /// Numbers compared.
    pub numbers: u64,
    /// Largest relative difference (see [`TOLERANCE`]).
    pub apart: f64,
}

impl PathComparison {
    /// Whether the device keeps what the CPU promises; NaN does not hold.
    pub fn holds(&self) -> bool {
        self.apart <= TOLERANCE
    }
}

/// Five SNRs: early, where posteriors are broad, to late.
fn grid() -> Vec<f64> {
    (0..=4).map(|k| 0.05 * 600_f64.powf(f64::from(k) / 4.0)).collect()
}

/// Compares the first `paths` paths of every simulation on `spec` under seed `seed`, rounded up to
/// whole batches; nothing for a law that no sampler can be simulated on.
///
/// # Errors
/// A source that does not parse; whatever stops the device.
pub fn compare(cuda: &Cuda, spec: &str, seed: u64, paths: u64) -> Result<Vec<PathComparison>> {
    let source = Arc::new(Source::parse(spec)?);
    let (estimand, grid) = (Estimand::new(&source), grid());
    let denoiser = || denoiser::build(DENOISER, &estimand);
    let mut all: Vec<(&str, Box<dyn Statistic>)> = Vec::new();
    for name in SAMPLERS {
        match Chain::new(&estimand, &process::find(name)?, denoiser()?, &grid) {
            Ok(chain) => all.push((name, Box::new(Spread::new(chain)))),
            Err(Error::Unsupported { .. }) => return Ok(Vec::new()),
            Err(error) => return Err(error),
        }
    }
    all.push(("girsanov", Box::new(Girsanov::new(&estimand, denoiser()?, &grid)?)));
    let paths = paths.next_multiple_of(BATCH as u64);
    let stream = Stream::named(seed, &format!("{spec}|paths"));
    let one = |(name, statistic): &(&str, Box<dyn Statistic>)| {
        let simulation = statistic.simulation();
        let ours = Cpu.simulate(simulation, &stream, 0..paths)?;
        let theirs = DevicePaths::new(cuda, &source, &[simulation], paths)?.simulate(
            simulation,
            &stream,
            0..paths,
        )?;
        let scale = root_mean_square(ours.iter().copied());
        let pairs = ours.iter().copied().zip(theirs.iter().copied());
        Ok(PathComparison {
            source: spec.into(),
            simulation: (*name).into(),
            paths,
            differing: ours.iter().zip(&theirs).filter(|(a, b)| a.to_bits() != b.to_bits()).count() as u64,
            numbers: ours.len() as u64,
            // A number that is missing is as far as can be.
            apart: if ours.len() == theirs.len() { apart(pairs, scale) } else { f64::INFINITY },
        })
    };
    all.iter().map(one).collect()
}
