//! The discretised reverse process, a batch of paths at a time.

use std::sync::Arc;

use super::rule::{Sampler, Start, Step};
use crate::channel::posterior::{BATCH, PosteriorMean};
use crate::denoiser::{self, Denoiser, Estimand};
use crate::error::Result;
use crate::numeric::stream::Stream;
use crate::numeric::{arch, normal};
use crate::source::Source;

/// A sampler with a denoiser on a source along a grid.
#[derive(Debug)]
pub struct Chain {
    source: Arc<Source>,
    mean: Arc<PosteriorMean>,
    denoiser: Arc<dyn Denoiser>,
    prior: Vec<f64>,
    start: Start,
    first_snr: f64,
    last_snr: f64,
    steps: Vec<Step>,
}

/// Whether both give the same last states on the same stream; a law is known by its spec, its
/// denoiser by its name.
impl PartialEq for Chain {
    fn eq(&self, other: &Self) -> bool {
        let names = |c: &Self| [c.source.spec(), c.denoiser.name()].map(str::to_owned);
        let of = |c: &Self| (names(c), c.start, c.last_snr.to_bits());
        of(self) == of(other) && self.steps == other.steps
    }
}

impl Chain {
    /// `sampler` with `denoiser`, made for `estimand`, along `grid`, γ_0 < … < γ_K.
    ///
    /// # Errors
    /// Those of [`Estimand::mean`] and [`Sampler::steps`].
    pub fn new(
        estimand: &Estimand,
        sampler: &Sampler,
        denoiser: Arc<dyn Denoiser>,
        grid: &[f64],
    ) -> Result<Self> {
        let mean = estimand.mean()?;
        Ok(Self {
            prior: mean.prior(),
            mean: Arc::clone(mean),
            denoiser,
            start: sampler.start,
            first_snr: grid[0],
            last_snr: grid[grid.len() - 1],
            steps: sampler.steps(grid)?,
            source: Arc::clone(estimand.source()),
        })
    }

    /// Dimension d.
    pub fn dim(&self) -> usize {
        self.mean.dim()
    }

    /// The law being sampled.
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

    /// The law of the first state.
    pub fn start(&self) -> Start {
        self.start
    }

    /// γ_0.
    pub fn first_snr(&self) -> f64 {
        self.first_snr
    }

    /// The steps.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// γ_K.
    pub fn last_snr(&self) -> f64 {
        self.last_snr
    }

    /// Last states x̂ = Û_K/γ_K of paths `first .. first + BATCH`, d × BATCH (coordinate k of path
    /// s at k·BATCH + s).
    ///
    /// Noise: coordinates of step k in blocks 1 + (k+1)⌈d/2⌉ on of the path's sample, of the start
    /// in those before; so chains that differ in schedule, sampler or denoiser share their noise
    /// step by step.
    ///
    /// # Errors
    /// Those of the denoiser, and one that gives NaN or ∞.
    pub fn run(&self, stream: &Stream, first: u64) -> Result<Vec<f64>> {
        let mut states = vec![0.0; self.dim() * BATCH];
        self.enter(stream, first, &mut states);
        self.walk(stream, first, &mut states)?;
        Ok(states)
    }

    /// The first state U_{γ_0}.
    fn enter(&self, stream: &Stream, first: u64, states: &mut [f64]) {
        let (snr, deviation) = (self.first_snr, self.first_snr.sqrt());
        normal::fill_across(stream, first, normal::FIRST_BLOCK, BATCH, states);
        match self.start {
            Start::Gaussian => {
                for (row, mean) in states.chunks_mut(BATCH).zip(&self.prior) {
                    row.iter_mut().for_each(|u| *u = deviation.mul_add(*u, snr * mean));
                }
            }
            Start::Exact => {
                let points = draws(&self.source, stream, first);
                states.iter_mut().zip(&points).for_each(|(u, x)| *u = deviation.mul_add(*u, snr * x));
            }
        }
    }

    /// From U_{γ_0} (d × BATCH) to Û_K/γ_K, in place; `first` addresses the fresh noise.
    ///
    /// # Errors
    /// Those of the denoiser, and one that gives NaN or ∞.
    pub fn walk(&self, stream: &Stream, first: u64, states: &mut [f64]) -> Result<()> {
        let [mut estimate, mut before, mut noise] = [(); 3].map(|()| vec![0.0; states.len()]);
        let blocks = self.dim().div_ceil(2) as u32;
        for (k, step) in self.steps.iter().enumerate() {
            let (asked, samples) = ((&*states, step.snr), (stream, first));
            denoiser::estimate(self.denoiser.as_ref(), &self.source, asked, samples, &mut estimate)?;
            if step.spread > 0.0 {
                normal::fill_across(
                    stream,
                    first,
                    normal::FIRST_BLOCK + (k as u32 + 1) * blocks,
                    BATCH,
                    &mut noise,
                );
            }
            arch().dispatch(Advance { step, states, estimate: &estimate, before: &before, noise: &noise });
            std::mem::swap(&mut estimate, &mut before);
        }
        states.iter_mut().for_each(|u| *u /= self.last_snr);
        Ok(())
    }
}

/// X of samples `first .. first + BATCH` of `stream`, d × BATCH.
pub fn draws(source: &Source, stream: &Stream, first: u64) -> Vec<f64> {
    let sampler = source.sampler();
    let (mut points, mut x) = (vec![0.0; source.dim() * BATCH], vec![0.0; source.dim()]);
    for s in 0..BATCH {
        sampler.draw(stream, first + s as u64, &mut x);
        x.iter().enumerate().for_each(|(k, x)| points[k * BATCH + s] = *x);
    }
    points
}

/// X + Z/√γ of samples `first .. first + BATCH` of `stream`, d × BATCH: what an exact sampler's
/// last states would be.
pub fn truth(source: &Source, snr: f64, stream: &Stream, first: u64) -> Vec<f64> {
    let mut noise = vec![0.0; source.dim() * BATCH];
    normal::fill_across(stream, first, normal::FIRST_BLOCK, BATCH, &mut noise);
    let deviation = snr.sqrt().recip();
    draws(source, stream, first).iter().zip(&noise).map(|(x, z)| deviation.mul_add(*z, *x)).collect()
}

struct Advance<'a> {
    step: &'a Step,
    states: &'a mut [f64],
    estimate: &'a [f64],
    before: &'a [f64],
    noise: &'a [f64],
}

impl pulp::WithSimd for Advance<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _: S) {
        let Step { keep, pull, spread, carry, .. } = *self.step;
        for (((u, x), before), noise) in
            self.states.iter_mut().zip(self.estimate).zip(self.before).zip(self.noise)
        {
            let extrapolated = carry.mul_add(*x - before, *x);
            *u = keep.mul_add(*u, pull.mul_add(extrapolated, spread * noise));
        }
    }
}
