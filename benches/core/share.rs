//! The whole job on every thread: pairs a second, the machine's ceiling, and the share of it that
//! is reached.

use klaim::internals::channel::posterior::BATCH;
use klaim::internals::numeric::moments::Moments;
use rayon::prelude::*;

use crate::ceiling::Ceiling;
use crate::job::Observe;
use crate::process::{Timing, peak_memory};

/// The codebook: atoms and dimensions.
const ATOMS: usize = 4096;
const DIM: usize = 64;
/// Parallel strips of one run, 512 samples each.
const STRIPS: u64 = 32;
const STRIP: u64 = 8 * BATCH as u64;
/// Runs, of which the median counts.
const RUNS: usize = 7;
/// Relative error of the mean that a time is given for.
const TARGET: f64 = 1e-3;

/// Measures and prints.
pub fn print() {
    let threads = rayon::current_num_threads();
    let observe = Observe::codebook(ATOMS, DIM);
    let before = Ceiling::measure();
    let mut timings: Vec<(Moments, Timing)> =
        (0..RUNS).map(|run| Timing::of(|| all_strips(&observe, run as u64))).collect();
    let after = Ceiling::measure();
    let ceiling = Ceiling {
        exponentials: before.exponentials.max(after.exponentials),
        multiply_adds: before.multiply_adds.max(after.multiply_adds),
    };
    timings.sort_by(|a, b| a.1.alone(threads).total_cmp(&b.1.alone(threads)));
    let (moments, timing) = &timings[RUNS / 2];
    let samples = (STRIPS * STRIP) as f64;
    let seconds = timing.alone(threads);
    let terms = (ATOMS * observe.points()) as f64;
    let reached = samples * terms / seconds;
    let relative_error = observe.relative_error(moments);
    println!(
        "codebook of {ATOMS} atoms in {DIM} dimensions, Zipf weights, {} SNRs; mmse, slope, information",
        observe.points()
    );
    println!("threads                 {threads}");
    println!("run                     {:.3} s, median of {RUNS}; {}", timing.wall, accounting(timing));
    println!("pairs                   {:.0} /s", samples * observe.points() as f64 / seconds);
    println!("exponentials            {:.3e} /s", ceiling.exponentials);
    println!("multiply-adds           {:.3e} /s", ceiling.multiply_adds);
    println!("ceiling                 {:.0} pairs/s", ceiling.terms() / ATOMS as f64);
    println!("share of the ceiling    {:.1} %", 100.0 * reached / ceiling.terms());
    println!("grid's mean mmse        relative error {relative_error:.3e} at {samples:.0} samples");
    println!("time to 0.1 %           {:.4} s", seconds * (relative_error / TARGET).powi(2));
    if let Some(bytes) = peak_memory() {
        println!("peak memory             {:.0} MB", bytes * 1e-6);
    }
}

fn accounting(timing: &Timing) -> String {
    match (timing.cpu, timing.others) {
        (Some(cpu), Some(others)) => {
            format!("{cpu:.2} CPU s, others used {:.0} % of the machine", 100.0 * others)
        }
        _ => "no account of other processes here".into(),
    }
}

/// Fresh samples for each run.
fn all_strips(observe: &Observe, run: u64) -> Moments {
    let from = run * STRIPS * STRIP;
    let strips: Vec<Moments> = (0..STRIPS)
        .into_par_iter()
        .map(|strip| observe.run(from + strip * STRIP..from + (strip + 1) * STRIP))
        .collect();
    let (first, rest) = strips.split_first().expect("at least one strip");
    let mut total = first.clone();
    rest.iter().for_each(|strip| total.merge(strip));
    total
}
