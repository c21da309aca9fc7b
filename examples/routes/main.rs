//! Each quantity by every route that takes it, over random laws and SNRs: `cargo
//! run --release --example routes -- 1000`.
//!
//! Weights from 1e-12 to 1, scales from 1e-3 to 1e6, SNRs from 1e-8 to 1e8, lines and spaces up to
//! R^19: quadrature, samples, tilted samples; a law on a line against its embedding, its
//! permutation and its square; orthonormal atoms against their coordinates. No two routes may
//! differ by more than 5 standard errors and their bounds unless one of them is not believed.
//! tests/routes.rs takes the first of them.

mod compare;
mod laws;

use rayon::prelude::*;

fn main() {
    let numbers: Vec<u64> =
        std::env::args().skip(1).map(|a| a.parse().expect("a number of trials")).collect();
    let (count, first) = (numbers.first().copied().unwrap_or(1000), numbers.get(1).copied().unwrap_or(0));
    let tallies: Vec<compare::Tally> = (first..first + count)
        .into_par_iter()
        .map(|seed| compare::compare(seed, &laws::trial(seed)))
        .collect();
    let mut all = compare::Tally::default();
    tallies.into_iter().for_each(|tally| all.add(tally));
    all.wrong.iter().for_each(|line| println!("{line}"));
    let share = 100.0 * all.doubted as f64 / all.estimates.max(1) as f64;
    println!(
        "{count} laws, {} estimates, {share:.1} % not believed, {} comparisons",
        all.estimates, all.compared
    );
    all.doubts.iter().for_each(|(why, count)| println!("    {count} {why}"));
    println!("{} disagree", all.wrong.len());
    std::process::exit(i32::from(!all.wrong.is_empty()));
}
