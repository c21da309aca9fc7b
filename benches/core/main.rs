//! Speed of the Monte-Carlo core: `cargo bench --bench core`.
//!
//! First the whole job against what this machine can do at best (`share.rs`), then each part by
//! itself. How to read the figures: `docs/performance.md`.

mod ceiling;
mod chain;
mod job;
mod paths;
mod process;
mod share;

use divan::Bencher;
use divan::counter::ItemsCount;
use klaim::internals::channel::posterior::BATCH;
use klaim::internals::numeric::normal;
use klaim::internals::numeric::stream::Stream;

use crate::chain::Paths;
use crate::job::{Observe, PathKl};

fn main() {
    // `cargo test --benches` runs every part once, without `--bench`, and needs no figures; a
    // filter asks for parts.
    let mut arguments = std::env::args().skip(1).peekable();
    if arguments.peek().is_some() && arguments.all(|argument| argument == "--bench") {
        share::print();
        paths::print();
    }
    divan::main();
}

/// One batch on one thread, by (atoms, dim) of a codebook: pairs of a sample and an SNR.
#[divan::bench(args = [(16, 8), (256, 8), (4096, 64)])]
fn codebook(bencher: Bencher, (atoms, dim): (usize, usize)) {
    batch(bencher, &Observe::codebook(atoms, dim));
}

/// The same on orthonormal atoms: no product.
#[divan::bench(args = [1024])]
fn simplex(bencher: Bencher, atoms: usize) {
    batch(bencher, &Observe::simplex(atoms));
}

fn batch(bencher: Bencher, observe: &Observe) {
    let mut first = 0;
    bencher.counter(ItemsCount::new(BATCH * observe.points())).bench_local(|| {
        first += BATCH as u64;
        observe.run(first..first + BATCH as u64)
    });
}

/// One batch of the path KL of a K-step schedule: many SNRs, one readout, few atoms.
#[divan::bench(args = [32, 512])]
fn path_kl(bencher: Bencher, steps: usize) {
    let path = PathKl::new(steps);
    let mut first = 0;
    bencher.counter(ItemsCount::new(BATCH * path.points())).bench_local(|| {
        first += BATCH as u64;
        path.run(first..first + BATCH as u64)
    });
}

/// The reverse chain on all threads: path-steps (32 steps, 16 atoms in 8 dimensions).
#[divan::bench(args = ["ancestral", "ddim", "dpm-solver-2m"])]
fn reverse_chain(bencher: Bencher, sampler: &str) {
    let paths = Paths::new(sampler);
    bencher.counter(ItemsCount::new(Paths::steps())).bench_local(|| paths.run());
}

/// One batch of it on one thread.
#[divan::bench(args = ["ancestral", "ddim"])]
fn reverse_chain_batch(bencher: Bencher, sampler: &str) {
    let (paths, mut first) = (Paths::new(sampler), 0);
    bencher.counter(ItemsCount::new(Paths::batch_steps())).bench_local(|| {
        first += BATCH as u64;
        paths.batch(first)
    });
}

/// Standard normals of a batch of samples side by side.
#[divan::bench(args = [8, 64])]
fn normals_across(bencher: Bencher, n: usize) {
    let stream = Stream::named(0, "bench");
    let (mut rows, mut first) = (vec![0.0; n * BATCH], 0);
    bencher.counter(ItemsCount::new(n * BATCH)).bench_local(|| {
        first += BATCH as u64;
        normal::fill_across(&stream, first, normal::FIRST_BLOCK, BATCH, &mut rows);
        divan::black_box(&mut rows);
    });
}

/// Standard normals of one sample.
#[divan::bench(args = [8, 64, 1024])]
fn normals(bencher: Bencher, n: usize) {
    let stream = Stream::named(0, "bench");
    let (mut row, mut sample) = (vec![0.0; n], 0);
    bencher.counter(ItemsCount::new(n)).bench_local(|| {
        sample += 1;
        normal::fill(&stream, sample, &mut row);
        divan::black_box(&mut row);
    });
}

/// Exponentials from and to the first-level cache.
#[divan::bench]
fn exponentials(bencher: Bencher) {
    bencher.counter(ItemsCount::new(ceiling::EXPONENTIALS)).bench(ceiling::exponentials);
}
