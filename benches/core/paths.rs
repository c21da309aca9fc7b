//! Paths on every thread: seconds to a path KL of 1 %, and steps of the reverse chain a second (16
//! atoms in 8 dimensions, 32 geometric steps from γ = 0.01 to 10).

use std::sync::Arc;

use klaim::internals::backend::cpu::Cpu;
use klaim::internals::quantity::{Need, Setting, find};
use klaim::internals::run::estimate::{StoppingRule, estimate};
use klaim::internals::run::options::MethodChoice;
use klaim::internals::run::stop::Stop;
use klaim::internals::run::watch::Watch;
use klaim::internals::source::Source;

use crate::chain::Paths;
use crate::process::Timing;

/// Runs, of which the median counts.
const RUNS: usize = 21;
/// Samples of a run.
const SAMPLES: u64 = 16_384;
/// Relative error that a time is given for.
const TARGET: f64 = 0.01;

/// Measures and prints.
pub fn print() {
    let threads = rayon::current_num_threads();
    let setting = Setting::path(32, "geometric", 0.01, 10.0);
    let source = Arc::new(Source::parse("codebook:atoms=16,dim=8").expect("a source"));
    let need = [Need { source, quantity: find("path_kl").expect("a quantity"), setting }];
    let watch = Watch { backend: Arc::new(Cpu), event: &|_| {}, stop: Stop::default(), store: None };
    let target = StoppingRule { relative_error: None, budget: SAMPLES };
    let run = |seed| {
        let (found, timing) = Timing::of(|| estimate(&need, MethodChoice::Auto, seed, target, &watch));
        let found = *found.expect("a run")[0].as_ref().expect("a path KL");
        (timing.alone(threads), found.std_err / found.value)
    };
    let mut runs: Vec<(f64, f64)> = (0..RUNS as u64).map(run).collect();
    runs.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (seconds, relative_error) = runs[RUNS / 2];
    println!(
        "path KL                 {:.1} ms, relative error {relative_error:.2e} at {SAMPLES} samples",
        1e3 * seconds
    );
    println!("time to 1 %             {:.2} ms", 1e3 * seconds * (relative_error / TARGET).powi(2));
    for sampler in ["ancestral", "ddim"] {
        let paths = Paths::new(sampler);
        let mut seconds: Vec<f64> = (0..RUNS).map(|_| Timing::of(|| paths.run()).1.alone(threads)).collect();
        seconds.sort_by(f64::total_cmp);
        let rate = Paths::steps() as f64 / seconds[RUNS / 2];
        println!("{:<24}{rate:.3e} path-steps/s", format!("chain, {sampler}"));
    }
}
