//! What the bands of a schedule cover: for every model of `klaim list models` a log of its training
//! (the exact mmse of a mixture in the model's parametrisation, at its own levels, with noise), and
//! the grid of the exact curve. `cargo test --release --test schedule_bands -- --ignored
//! --nocapture` prints the table of 100 files a model.

#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use std::fs;
use std::sync::Arc;

use klaim::Source;
use klaim::internals::channel::curve::Curve;
use klaim::internals::channel::exact::curve::ExactCurve;
use klaim::internals::numeric::normal;
use klaim::internals::numeric::stream::Stream;
use klaim::internals::schedule::StepAxis;
use klaim::internals::schedule::loss::bands::bands;
use klaim::internals::schedule::loss::curve::LossPoint;
use klaim::internals::schedule::loss::{Denoise, LossCurve, Reading, Settings, place, read};
use klaim::internals::schedule::models::{MODELS, Model, NoiseAxis};
use statrs::distribution::{Binomial, DiscreteCDF};

const ROWS: usize = 80;
const STEPS: usize = 10;
/// Relative standard error of a row.
const ERROR: f64 = 0.02;
/// Probability that bands of 95 % miss more often than is allowed, each step of each model.
const CHANCE: f64 = 1e-5;
/// Two scales, and one.
const LAWS: [&str; 2] = [
    "mixture:means=-1|2,variances=0.2|0.01,weights=1|3",
    "mixture:means=-1|0|1,variances=0.04|0.04|0.04,weights=3|4|3",
];

/// A model's noise levels as it is told them, with their SNRs: both ends of its range among them.
fn levels(model: &Model) -> (&'static str, Vec<(f64, f64)>) {
    let share = |k: usize| k as f64 / (ROWS - 1) as f64;
    let rows = 0..ROWS;
    match model.noise {
        NoiseAxis::Timesteps(_) => {
            let betas = model.betas().unwrap().unwrap();
            let t = |k| (999.0 * share(k)).round();
            ("timestep", rows.map(|k| (t(k), betas.snr(t(k) as usize))).collect())
        }
        NoiseAxis::Sigma => {
            let sigma = |k| 80.0 * (0.002_f64 / 80.0).powf(share(k));
            ("sigma", rows.map(|k| (sigma(k), sigma(k).powi(-2))).collect())
        }
        NoiseAxis::Flow => {
            let t = |k| 0.005 + 0.995 * share(k);
            ("timestep", rows.map(|k| (1000.0 * t(k), ((1.0 - t(k)) / t(k)).powi(2))).collect())
        }
    }
}

fn settings(denoise: Denoise, candidates: Option<usize>) -> Settings {
    Settings { denoise, candidates, ..Settings::new(STEPS, StepAxis::SoftLog(1.5)) }
}

/// Of one model, over some files.
struct Coverage {
    /// Files in which the band of each inner step missed the step of the exact curve.
    missed: [u64; STEPS - 1],
    /// Mean width of the bands, and root mean square error of the steps, in ln γ.
    width: [f64; STEPS - 1],
    error: [f64; STEPS - 1],
}

fn coverage(model: &Model, law: &str, files: u64) -> Coverage {
    let law = Source::parse(law).unwrap();
    let exact = ExactCurve::new(&law, Arc::default()).unwrap();
    let (column, levels) = levels(model);
    let risks: Vec<f64> = levels.iter().map(|&(_, snr)| exact.mmse(snr).unwrap()).collect();
    let mut reading = Reading::default();
    model.fill(&mut reading).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("loss.csv");
    let mut found = Coverage { missed: [0; STEPS - 1], width: [0.0; STEPS - 1], error: [0.0; STEPS - 1] };
    let mut truth: Option<Vec<f64>> = None;
    for file in 0..files {
        let mut noise = vec![0.0; ROWS];
        normal::fill(&Stream::named(file, model.name), 0, &mut noise);
        let row = |((&(level, snr), risk), z): ((&(f64, f64), &f64), &f64)| {
            let loss = risk / model.parametrization.of_x0(None, snr) * (1.0 + ERROR * z);
            format!("{level:?},{loss:?},{:?}\n", ERROR * loss)
        };
        let rows: String = levels.iter().zip(&risks).zip(&noise).map(row).collect();
        fs::write(&path, format!("{column},val_loss,std_err\n{rows}")).unwrap();
        let curve = read(&path, &reading).unwrap_or_else(|error| panic!("{error}\n{rows}")).curve;
        assert!(curve.rise().is_none(), "{}: {:?}", model.name, curve.rise());
        let (first, last) = curve.ends();
        let ends = model.ends().unwrap();
        assert!(first <= ends.0 * 1.000_001 && last <= ends.1 * 1.000_001, "{}", model.name);
        let truth = truth.get_or_insert_with(|| {
            let fine: Vec<f64> = curve.spread().uniform((first, last), 4000);
            let point =
                |&snr: &f64| LossPoint { snr, risk: exact.mmse(snr).unwrap(), rel_err: None, count: None };
            let curve = LossCurve::new(fine.iter().map(point).collect()).unwrap();
            place(&curve, &settings(Denoise::None, Some(20_000))).unwrap().snrs
        });
        let asked = settings(Denoise::Smooth, None);
        let made = place(&curve, &asked).unwrap();
        let bands = bands(&curve, &asked, &made, 0).unwrap().unwrap();
        for (k, truth) in truth.iter().enumerate().take(STEPS).skip(1) {
            let (lo, hi) = bands.steps[k];
            found.missed[k - 1] += u64::from(*truth < lo || *truth > hi);
            found.width[k - 1] += (hi / lo).ln() / files as f64;
            found.error[k - 1] += (made.snrs[k] / truth).ln().powi(2) / files as f64;
        }
    }
    found.error.iter_mut().for_each(|square| *square = square.sqrt());
    found
}

/// Most misses of a 95 % band in so many files, but by chance.
fn most(files: u64) -> u64 {
    Binomial::new(0.05, files).unwrap().inverse_cdf(1.0 - CHANCE)
}

#[test]
fn bands_of_every_model_hold_the_grid_of_the_exact_curve() {
    let files = 8;
    let mut all = 0;
    for model in &MODELS {
        for law in LAWS {
            let missed = coverage(model, law, files).missed;
            all += missed.iter().sum::<u64>();
            let worst = missed.iter().max().unwrap();
            assert!(*worst <= most(files), "{} on {law}: {missed:?} of {files}", model.name);
        }
    }
    let bands = files * LAWS.len() as u64 * MODELS.len() as u64 * (STEPS as u64 - 1);
    assert!(20 * all <= bands, "{all} of {bands}");
}

#[test]
#[ignore = "prints a table, 100 files a model: several minutes"]
fn table() {
    let files = 100;
    println!("| model | law | of {files}, each step | covered | width in ln γ | error in ln γ |");
    println!("| --- | --- | --- | --- | --- | --- |");
    for model in &MODELS {
        for (number, law) in LAWS.iter().enumerate() {
            let found = coverage(model, law, files);
            let list = |numbers: &[f64; STEPS - 1]| {
                format!(
                    "{:.2} … {:.2}",
                    numbers.iter().copied().fold(f64::INFINITY, f64::min),
                    numbers.iter().copied().fold(0.0, f64::max)
                )
            };
            let missed: u64 = found.missed.iter().sum();
            println!(
                "| `{}` | {} | {} | {:.1} % | {} | {} |",
                model.name,
                number + 1,
                found.missed.map(|missed| (files - missed).to_string()).join(" "),
                100.0 * (1.0 - missed as f64 / (files * (STEPS as u64 - 1)) as f64),
                list(&found.width),
                list(&found.error)
            );
            let worst = found.missed.iter().max().unwrap();
            assert!(*worst <= most(files), "{}: {:?}", model.name, found.missed);
        }
    }
}
