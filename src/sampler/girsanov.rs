//! The pathwise KL by simulation along true paths: an independent check of the identities behind `path_kl`.
//!
//! KL = ½ Σ ∫ E|m_γ − x̂_k|² dγ (docs/theory.md, P3). A path is U_γ = γX + W_γ, W a Brownian motion; with one uniform point
//! s_k in each step, ½ Σ Δ_k |m(U_{s_k}) − x̂(U_{γ_k})|² is unbiased. Nothing here uses the mmse.

use super::PosteriorMean;
use crate::estimate::{Estimate, Method};
use crate::moments::Moments;
use crate::numeric::normal;
use crate::posterior::BATCH;
use crate::source::Atoms;
use crate::source::cumulative::Cumulative;
use crate::stream::Stream;

/// The KL of the true path from the sampler's along `grid` (γ_0 ≥ 0), for x̂ = m + `offset`(γ) in every coordinate, nats.
///
/// `samples` is rounded up to whole batches of 64. Time O(samples · K · N · d).
pub fn kl(atoms: &Atoms, grid: &[f64], offset: &dyn Fn(f64) -> f64, stream: &Stream, samples: u64) -> Estimate {
    let simulation = Simulation {
        atoms,
        denoiser: PosteriorMean::new(atoms),
        cumulative: Cumulative::new(&atoms.weights),
        steps: grid.windows(2).map(|pair| [pair[0], pair[1], offset(pair[0])]).collect(),
    };
    let mut moments = Moments::new(1);
    for batch in 0..samples.div_ceil(BATCH as u64) {
        moments.merge(&Moments::of_block(&simulation.paths(stream, batch * BATCH as u64), 1));
    }
    let found = moments.regress(&[]);
    Estimate {
        value: found.value[0],
        std_err: found.covariance[(0, 0)].sqrt(),
        bound: 0.0,
        n: found.n,
        method: Method::MonteCarlo,
        flags: found.flags[0],
    }
}

struct Simulation<'a> {
    atoms: &'a Atoms,
    denoiser: PosteriorMean,
    cumulative: Cumulative,
    /// γ_k, γ_{k+1} and the denoiser's offset.
    steps: Vec<[f64; 3]>,
}

/// Paths of a batch at one SNR each.
struct Paths<'a> {
    stream: &'a Stream,
    first: u64,
    dim: usize,
    /// X, then U: BATCH × d each.
    points: Vec<f64>,
    states: Vec<f64>,
    snrs: Vec<f64>,
    /// Next unused block of random words.
    block: u32,
}

impl Simulation<'_> {
    /// The summand of each path of one batch.
    fn paths(&self, stream: &Stream, first: u64) -> Vec<f64> {
        let dim = self.denoiser.dim();
        let draw = |s: usize| self.cumulative.index(stream.uniforms(first + s as u64, 0)[0]);
        let points = (0..BATCH).flat_map(|s| self.atoms.point(draw(s)).iter().copied()).collect();
        let states = vec![0.0; BATCH * dim];
        let mut paths = Paths { stream, first, dim, points, states, snrs: vec![0.0; BATCH], block: 1 };
        let mut totals = vec![0.0; BATCH];
        let (mut frozen, mut mean) = (vec![0.0; BATCH * dim], vec![0.0; dim]);
        for &[lo, hi, offset] in &self.steps {
            paths.advance(&[lo; BATCH]);
            self.denoiser.evaluate(&paths.states, lo, &mut frozen);
            let inside: Vec<f64> = (0..BATCH).map(|s| lo + (hi - lo) * paths.uniform(s)).collect();
            paths.block += 1;
            paths.advance(&inside);
            for s in 0..BATCH {
                self.denoiser.evaluate(&paths.states[s * dim..][..dim], inside[s], &mut mean);
                let frozen = &frozen[s * dim..][..dim];
                let square: f64 = mean.iter().zip(frozen).map(|(m, x)| (m - x - offset).powi(2)).sum();
                totals[s] += 0.5 * (hi - lo) * square;
            }
        }
        totals
    }
}

impl Paths<'_> {
    fn uniform(&self, path: usize) -> f64 {
        self.stream.uniforms(self.first + path as u64, self.block)[0]
    }

    /// Moves path s on to SNR `to[s]`: U gains X·Δ and a Brownian increment.
    fn advance(&mut self, to: &[f64]) {
        let mut noise = vec![0.0; self.dim];
        for (s, &to) in to.iter().enumerate() {
            normal::fill_from(self.stream, self.first + s as u64, self.block, &mut noise);
            let step = to - self.snrs[s];
            let range = s * self.dim..(s + 1) * self.dim;
            for ((u, x), z) in self.states[range.clone()].iter_mut().zip(&self.points[range]).zip(&noise) {
                *u += step * x + step.sqrt() * z;
            }
            self.snrs[s] = to;
        }
        self.block += self.dim.div_ceil(2) as u32;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quantity::path;
    use crate::quantity::{Instruments, Need, Setting, find};
    use crate::source::{Law, Source};
    use std::sync::Arc;

    /// Standard errors allowed: false-alarm probability 6e-7 a comparison, three of them.
    const STD_ERRS: f64 = 5.0;
    /// The check must be worth something: relative standard error.
    const SHARP: f64 = 0.03;

    #[test]
    fn simulated_paths_have_the_path_kl() {
        for (source, schedule, snr_min, error) in [
            ("bpsk", "geometric", 0.01, 0.0),
            ("pam:levels=8", "shifted-geometric", 0.0, 0.0),
            ("pam:levels=8", "geometric", 0.1, 0.1),
        ] {
            let source = Arc::new(Source::parse(source).unwrap());
            let setting = Setting {
                snr_min: Some(snr_min),
                snr_max: Some(20.0),
                steps: Some(8),
                schedule: Some(schedule.into()),
                denoiser: Some(format!("perturbed:error={error}")),
                ..Setting::default()
            };
            let need = Need { source, quantity: find("path_kl").unwrap(), setting };
            let tools = Instruments::default();
            let grid = path::grid(&need, &tools).unwrap();
            let expected = path::path_kl(&need, &tools).unwrap().unwrap().value
                + path::denoiser_kl(&need, &tools).unwrap().unwrap().value;
            let Law::Atoms(atoms) = need.source.law() else { panic!("atoms") };
            let offset = error * need.source.second_moment().value.sqrt();
            let found = kl(atoms, &grid, &|_| offset, &Stream::named(0, "girsanov"), 8192);
            assert!((found.value - expected).abs() < STD_ERRS * found.std_err, "{found:?} for {expected}");
            assert!(found.std_err < SHARP * expected, "{found:?}");
        }
    }
}
