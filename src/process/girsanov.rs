//! The pathwise KL by simulation along true paths: an independent check of the identities behind
//! `path_kl`.
//!
//! KL = ½ Σ ∫ E|m_γ − x̂_k|² dγ (docs/theory.md, P3). A path is U_γ = γX + W_γ, W a Brownian
//! motion; with a pair of mirrored uniform points s in each step, ½ Σ Δ_k · mean |m(U_s) −
//! x̂(U_{γ_k})|² is unbiased, and exact in s where the integrand is linear there. Nothing here uses
//! the mmse.

use std::sync::Arc;

use super::chain::draws;
use crate::channel::posterior::{BATCH, PosteriorMean};
use crate::denoiser::{self, Denoiser, Estimand};
use crate::error::Result;
use crate::numeric::normal;
use crate::numeric::stream::Stream;
use crate::source::Source;

/// The KL of the true path from the sampler's, given the same first state, nats: what `path_kl` and
/// `denoiser_kl` add up to.
///
/// One row a batch, since its paths share the points s. Time O(K · N · d) a path, three posterior
/// means a step.
#[derive(Debug)]
pub struct Girsanov {
    source: Arc<Source>,
    mean: Arc<PosteriorMean>,
    denoiser: Arc<dyn Denoiser>,
    grid: Vec<f64>,
}

/// Whether both give the same number on the same stream; a law is known by its spec, its denoiser
/// by its name.
impl PartialEq for Girsanov {
    fn eq(&self, other: &Self) -> bool {
        let names = |g: &Self| [g.source.spec(), g.denoiser.name()].map(str::to_owned);
        names(self) == names(other) && self.grid == other.grid
    }
}

impl Girsanov {
    /// The sampler with `denoiser`, made for `estimand`, along `grid`, γ_0 < … < γ_K (γ_0 ≥ 0).
    ///
    /// # Errors
    /// As [`Estimand::mean`].
    pub fn new(estimand: &Estimand, denoiser: Arc<dyn Denoiser>, grid: &[f64]) -> Result<Self> {
        let mean = Arc::clone(estimand.mean()?);
        Ok(Self { source: Arc::clone(estimand.source()), mean, denoiser, grid: grid.to_vec() })
    }

    /// The law whose paths are followed.
    pub fn source(&self) -> &Arc<Source> {
        &self.source
    }

    /// The denoiser.
    pub fn denoiser(&self) -> &dyn Denoiser {
        self.denoiser.as_ref()
    }

    /// The posterior mean.
    pub fn mean(&self) -> &PosteriorMean {
        &self.mean
    }

    /// γ_0 < … < γ_K.
    pub fn grid(&self) -> &[f64] {
        &self.grid
    }

    /// The mean of paths `first .. first + BATCH` of `stream`.
    ///
    /// Increments are normals of [`increments`], ⌈d/2⌉ blocks an advance from block 0 on; the
    /// points of step k are s and 1 − s, s half the first uniform of block k of the batch's first
    /// sample in [`points`]; X is that of `stream` itself.
    ///
    /// # Errors
    /// Those of the denoiser, and one that gives NaN or ∞.
    pub fn run(&self, stream: &Stream, first: u64) -> Result<f64> {
        let mut paths = Paths::new(&self.source, stream, first);
        let points = points(stream);
        let [mut frozen, mut mean] = [(); 2].map(|()| vec![0.0; paths.states.len()]);
        let mut total = 0.0;
        for (k, step) in self.grid.windows(2).enumerate() {
            let (lo, hi) = (step[0], step[1]);
            paths.advance(lo);
            let (asked, samples) = ((&paths.states[..], lo), (stream, first));
            denoiser::estimate(self.denoiser.as_ref(), &self.source, asked, samples, &mut frozen)?;
            let share = 0.5 * points.uniforms(first, k as u32)[0];
            for share in [share, 1.0 - share] {
                let snr = (hi - lo).mul_add(share, lo);
                paths.advance(snr);
                self.mean.evaluate(&paths.states, snr, &mut mean);
                let square: f64 = mean.iter().zip(&frozen).map(|(m, x)| (m - x) * (m - x)).sum();
                total += 0.25 * (hi - lo) * square;
            }
        }
        Ok(total / BATCH as f64)
    }
}

/// The random words of the Brownian increments of paths of `stream`.
pub fn increments(stream: &Stream) -> Stream {
    lane(stream, "noise")
}

/// The random words of the points of steps.
pub fn points(stream: &Stream) -> Stream {
    lane(stream, "points of steps")
}

/// A stream of its own for `purpose`, told by the statistic's stream alone.
fn lane(stream: &Stream, purpose: &str) -> Stream {
    Stream::named(stream.seed(), &format!("{:x} {purpose} along true paths", stream.lane()))
}

/// A batch of true paths at one SNR, d × BATCH.
struct Paths {
    noise: Stream,
    first: u64,
    points: Vec<f64>,
    states: Vec<f64>,
    increments: Vec<f64>,
    snr: f64,
    /// Next unused block of random words.
    block: u32,
}

impl Paths {
    /// At γ = 0, where U = 0.
    fn new(source: &Source, stream: &Stream, first: u64) -> Self {
        let zeros = vec![0.0; source.dim() * BATCH];
        Self {
            noise: increments(stream),
            first,
            points: draws(source, stream, first),
            states: zeros.clone(),
            increments: zeros,
            snr: 0.0,
            block: 0,
        }
    }

    /// Moves on to `snr`: U gains X·Δ and a Brownian increment.
    fn advance(&mut self, snr: f64) {
        let step = snr - self.snr;
        let deviation = step.sqrt();
        normal::fill_across(&self.noise, self.first, self.block, BATCH, &mut self.increments);
        self.block += (self.states.len() / BATCH).div_ceil(2) as u32;
        for ((u, x), z) in self.states.iter_mut().zip(&self.points).zip(&self.increments) {
            *u += step.mul_add(*x, deviation * z);
        }
        self.snr = snr;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::moments::Moments;
    use crate::quantity::axis::DENOISER;
    use crate::quantity::path;
    use crate::quantity::{Memo, Need, Setting, find};

    /// Standard errors allowed: false-alarm probability 6e-7 a comparison, nine of them.
    const STD_ERRS: f64 = 5.0;
    /// The check must be worth something: relative standard error.
    const SHARP: f64 = 0.03;

    fn need(source: &str, schedule: &str, snr_min: f64, denoiser: &str) -> Need {
        let setting = Setting::path(8, schedule, snr_min, 20.0).with(&DENOISER, denoiser);
        Need {
            source: Arc::new(Source::parse(source).unwrap()),
            quantity: find("path_kl").unwrap(),
            setting,
        }
    }

    /// Mean and standard error over `batches` batches.
    fn simulated(need: &Need, tools: &Memo, seed: u64, batches: u64) -> (f64, f64) {
        let estimand = Estimand::new(&need.source);
        let denoiser = denoiser::build(need.setting.denoiser(), &estimand).unwrap();
        let grid = path::grid(need, tools).unwrap();
        let girsanov = Girsanov::new(&estimand, denoiser, &grid).unwrap();
        let (stream, mut rows) = (Stream::named(seed, "girsanov"), vec![0.0; batches as usize]);
        for (batch, row) in rows.iter_mut().enumerate() {
            *row = girsanov.run(&stream, (batch * BATCH) as u64).unwrap();
        }
        let found = Moments::of_block(&rows, 1).regress(&[]);
        (found.value[0], found.covariance[(0, 0)].sqrt())
    }

    #[test]
    fn simulated_paths_have_the_path_kl() {
        let tools = Memo::default();
        for (source, schedule, snr_min, denoiser) in [
            ("bpsk", "geometric", 0.01, "exact"),
            ("pam:levels=8", "shifted-geometric", 0.0, "exact"),
            ("pam:levels=8", "geometric", 0.1, "perturbed:error=0.1"),
            ("product:base=(bernoulli:p=0.2),dim=3", "geometric", 0.1, "perturbed:error=0.2,shape=bump"),
            ("mixture:means=-2|2,variances=0.3", "geometric", 0.01, "exact"),
            ("pam:levels=8", "geometric", 0.1, "linear"),
            ("mixture:means=-2|2,variances=0.3", "geometric", 0.1, "mean"),
            ("bpsk", "geometric", 0.1, "mismatched:source=(mixture:means=-1|1,variances=0.1,weights=1|2)"),
            ("hypercube:dim=4", "geometric", 0.1, "identity"),
        ] {
            let need = need(source, schedule, snr_min, denoiser);
            let path = need.deterministic(&tools).unwrap().unwrap().value;
            let denoiser = crate::quantity::denoiser::kl(&need, &tools).unwrap().unwrap().value;
            let (value, std_err) = simulated(&need, &tools, 0, 256);
            let expected = path + denoiser;
            assert!(
                (value - expected).abs() < STD_ERRS * std_err,
                "{source}: {value} ± {std_err} for {expected}"
            );
            assert!(std_err < SHARP * expected, "{source}: {std_err} of {expected}");
        }
    }

    /// Of 60 runs 57 are expected within 1.96 standard errors; fewer than 49 has probability 3e-4.
    #[test]
    fn its_error_bars_cover() {
        let tools = Memo::default();
        let need = need("bpsk", "geometric", 0.01, "exact");
        let expected = need.deterministic(&tools).unwrap().unwrap().value;
        let covered = (0..60)
            .filter(|&seed| {
                let (value, std_err) = simulated(&need, &tools, seed, 64);
                (value - expected).abs() < 1.96 * std_err
            })
            .count();
        assert!(covered >= 49, "{covered} of 60");
    }
}
