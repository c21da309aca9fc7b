//! Samplers against independent forms of the same step, and their statistics through the program.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use std::sync::Arc;

use klaim::internals::channel::posterior::{BATCH, PosteriorMean};
use klaim::internals::denoiser::{self, Estimand};
use klaim::internals::numeric::normal;
use klaim::internals::numeric::stream::Stream;
use klaim::internals::process::{self, Chain};
use klaim::internals::source::Source;

/// Rounding of a few dozen steps, amplified by the chain's own expansion.
const ROUNDING: f64 = 1e-10;

/// One step on x = √ᾱ X + √(1−ᾱ) Z, as the papers write it: from ᾱ to ᾱ′, with the estimate of X
/// and fresh noise.
type Published = fn([f64; 2], f64, f64, f64) -> f64;

/// DDPM with the posterior variance β̃ (Ho, Jain, Abbeel 2020, eq. 7).
fn ddpm([now, then]: [f64; 2], x: f64, denoised: f64, noise: f64) -> f64 {
    let beta = 1.0 - now / then;
    let mean =
        then.sqrt() * beta / (1.0 - now) * denoised + (now / then).sqrt() * (1.0 - then) / (1.0 - now) * x;
    mean + ((1.0 - then) / (1.0 - now) * beta).sqrt() * noise
}

/// DDIM (Song, Meng, Ermon 2021, eq. 12 and 16) with η.
fn ddim(eta: f64, [now, then]: [f64; 2], x: f64, denoised: f64, noise: f64) -> f64 {
    let deviation = eta * ((1.0 - then) / (1.0 - now)).sqrt() * (1.0 - now / then).sqrt();
    let eps = (x - now.sqrt() * denoised) / (1.0 - now).sqrt();
    then.sqrt() * denoised + (1.0 - then - deviation * deviation).sqrt() * eps + deviation * noise
}

fn grid() -> Vec<f64> {
    (0..=24).map(|k| 0.01 * 1e4_f64.powf(f64::from(k) / 24.0)).collect()
}

fn chain(spec: &str, sampler: &str, grid: &[f64]) -> Chain {
    let source = Arc::new(Source::parse(spec).unwrap());
    let estimand = Estimand::new(&source);
    let exact = denoiser::build("exact", &estimand).unwrap();
    Chain::new(&estimand, &process::find(sampler).unwrap(), exact, grid).unwrap()
}

/// Last states X̂ by the published step in x.
fn published(spec: &str, step: Published, grid: &[f64], stream: &Stream) -> Vec<f64> {
    let source = Source::parse(spec).unwrap();
    let mean = PosteriorMean::new(&source).unwrap();
    let (dim, blocks) = (source.dim(), source.dim().div_ceil(2) as u32);
    let alpha_bar = |snr: f64| snr / (1.0 + snr);
    let mut noise = vec![0.0; dim * BATCH];
    let fill = |k: u32, noise: &mut [f64]| {
        normal::fill_across(stream, 0, normal::FIRST_BLOCK + k * blocks, BATCH, noise)
    };
    fill(0, &mut noise);
    let prior = mean.prior();
    let mut x: Vec<f64> = noise
        .iter()
        .enumerate()
        .map(|(i, z)| alpha_bar(grid[0]).sqrt() * prior[i / BATCH] + (1.0 - alpha_bar(grid[0])).sqrt() * z)
        .collect();
    let mut denoised = vec![0.0; x.len()];
    for (k, pair) in grid.windows(2).enumerate() {
        let inner: Vec<f64> = x.iter().map(|x| x * pair[0] / alpha_bar(pair[0]).sqrt()).collect();
        mean.evaluate(&inner, pair[0], &mut denoised);
        fill(k as u32 + 1, &mut noise);
        for ((x, denoised), noise) in x.iter_mut().zip(&denoised).zip(&noise) {
            *x = step([alpha_bar(pair[0]), alpha_bar(pair[1])], *x, *denoised, *noise);
        }
    }
    let last = alpha_bar(grid[grid.len() - 1]).sqrt();
    x.iter().map(|x| x / last).collect()
}

#[test]
fn the_steps_are_the_published_ones() {
    let stream = Stream::named(0, "chains");
    let forms: [(&str, Published); 3] = [
        ("ancestral", ddpm),
        ("ancestral", |at, x, denoised, noise| ddim(1.0, at, x, denoised, noise)),
        ("ddim", |at, x, denoised, noise| ddim(0.0, at, x, denoised, noise)),
    ];
    for source in ["codebook:atoms=9,dim=3", "mixture:ring=5,radius=2,variance=0.1"] {
        for (sampler, form) in forms {
            let found = chain(source, sampler, &grid()).run(&stream, 0).unwrap();
            for (a, b) in found.iter().zip(published(source, form, &grid(), &stream)) {
                assert!(
                    (a - b).abs() < ROUNDING * (1.0 + a.abs()),
                    "{sampler} on {source}: {a} against {b}"
                );
            }
        }
    }
}

/// DPM-Solver++(2M) in EDM's coordinates x = U/γ, σ = 1/√γ, λ = −ln σ, as k-diffusion writes it.
#[test]
fn the_multistep_solver_is_the_published_one() {
    let (spec, stream, grid) =
        ("mixture:ring=5,radius=2,variance=0.1", Stream::named(0, "multistep"), grid());
    let mean = PosteriorMean::new(&Source::parse(spec).unwrap()).unwrap();
    let mut x = vec![0.0; 2 * BATCH];
    normal::fill_across(&stream, 0, normal::FIRST_BLOCK, BATCH, &mut x);
    let sigma: Vec<f64> = grid.iter().map(|snr| snr.sqrt().recip()).collect();
    x.iter_mut().for_each(|x| *x *= sigma[0]);
    let mut denoised = [vec![0.0; 2 * BATCH], vec![0.0; 2 * BATCH]];
    for k in 0..grid.len() - 1 {
        let inner: Vec<f64> = x.iter().map(|x| x * grid[k]).collect();
        let [now, before] = &mut denoised;
        mean.evaluate(&inner, grid[k], now);
        let h = (sigma[k] / sigma[k + 1]).ln();
        let ratio = if k > 0 { (sigma[k - 1] / sigma[k]).ln() / h } else { f64::INFINITY };
        for ((x, now), before) in x.iter_mut().zip(now.iter()).zip(before.iter()) {
            let slope = (1.0 + 0.5 / ratio) * now - 0.5 / ratio * before;
            *x = sigma[k + 1] / sigma[k] * *x - (-h).exp_m1() * slope;
        }
        denoised.swap(0, 1);
    }
    for (a, b) in chain(spec, "dpm-solver-2m", &grid).run(&stream, 0).unwrap().iter().zip(&x) {
        assert!((a - b).abs() < ROUNDING * (1.0 + a.abs()), "{a} against {b}");
    }
}

/// A denoiser of another crate: half of U/γ, which fails beyond γ = 100.
#[derive(Debug)]
struct Half;

impl klaim::Denoiser for Half {
    fn name(&self) -> &str {
        "half"
    }

    fn estimate(&self, states: &[f64], snr: f64, out: &mut [f64]) -> klaim::Result<()> {
        let factor = if snr > 100.0 { f64::NAN } else { 0.5 / snr };
        out.iter_mut().zip(states).for_each(|(x, u)| *x = factor * u);
        Ok(())
    }
}

static HALF: klaim::DenoiserKind = klaim::DenoiserKind {
    name: "half",
    summary: "half of Y/√γ",
    parameters: &[],
    read: |_| Ok(Box::new(|_| Ok(Arc::new(Half)))),
};

/// L = ¼E|X|² + d/(4γ), sampled: 5 standard errors, false-alarm probability 6e-7. Of ±1 its gap is
/// known by quadrature.
#[test]
fn a_denoiser_from_outside_is_measured_like_any_other() {
    klaim::DENOISERS.add(&HALF).unwrap();
    let denoiser = &klaim::internals::quantity::axis::DENOISER;
    let at = |snr| klaim::Setting::at(snr).with(denoiser, "half");
    for (source, dim) in [("bpsk", 1.0), ("hypercube:dim=5", 5.0)] {
        let source = Arc::new(Source::parse(source).unwrap());
        let loss = klaim::estimate("loss", Arc::clone(&source), at(2.0)).unwrap();
        let expected = dim * (0.25 + 0.125);
        assert!((loss.value - expected).abs() < 5.0 * loss.std_err, "{loss:?} for {expected}");
        let mmse = klaim::estimate("mmse", Arc::clone(&source), klaim::Setting::at(2.0)).unwrap();
        let gap = klaim::estimate("denoiser_gap", source, at(2.0)).unwrap();
        let error = (gap.value - (expected - mmse.value)).abs();
        assert!(error < 5.0 * gap.std_err + gap.bound + mmse.bound, "{gap:?} for {expected} less {mmse:?}");
    }
    let message =
        klaim::estimate("loss", Source::parse("bpsk").unwrap(), at(1000.0)).unwrap_err().to_string();
    for part in ["loss at snr 1000, half", "denoiser `half` at snr 1e3", "sample 0"] {
        assert!(message.contains(part), "{message}");
    }
}
