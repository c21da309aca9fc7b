//! The laws of the registry.

use std::path::Path;
use std::sync::Arc;

use klaim::internals::source::{Atoms, Source};
use klaim::internals::spec::Spec;

/// The law of a spec, or one of those made here: `cube`, `hamming`, `uneven` and `ink`.
pub fn law(name: &str) -> Arc<Source> {
    let source = match name {
        "cube" => cube(),
        "hamming" => hamming(),
        "uneven" => uneven(),
        "ink" => ink(),
        spec => Source::parse(spec).expect("a law"),
    };
    Arc::new(source)
}

/// Three independent ±1 coordinates as eight atoms in space: three times bpsk.
fn cube() -> Source {
    let coordinate = |i: u32, bit: u32| f64::from((i >> bit & 1) * 2) - 1.0;
    let points = (0..8).flat_map(|i| [0, 1, 2].map(|bit| coordinate(i, bit))).collect();
    discrete("cube", Atoms::new(3, points, vec![1.0; 8]).expect("eight atoms"))
}

/// The extended Hamming [8, 4, 4] code as ±1, as in data/high_snr.py.
fn hamming() -> Source {
    const ROWS: [u32; 4] = [0b1110_0001, 0b1101_0010, 0b1011_0100, 0b0111_1000];
    let word = |i: u32| (0..4).filter(|b| i >> b & 1 == 1).fold(0, |word, b| word ^ ROWS[b as usize]);
    let coordinate = |i: u32, k: u32| f64::from((word(i) >> k & 1) * 2) - 1.0;
    let points = (0..16).flat_map(|i| (0..8).map(move |k| coordinate(i, k))).collect();
    discrete("hamming", Atoms::new(8, points, vec![1.0; 16]).expect("codewords"))
}

/// Sixteen integer points in R^8 with weights ∝ 1/(i + 1), as in data/high_snr.py.
fn uneven() -> Source {
    let coordinate = |i: u32, k: u32| (i * i * (k + 1) + 3 * i * (k * k + 1) + 5 * k) % 17 % 4;
    let points = (0..16).flat_map(|i| (0..8).map(move |k| f64::from(coordinate(i, k)) - 1.0));
    let weights = (1..=16).map(|i| 1.0 / f64::from(i)).collect();
    discrete("uneven", Atoms::new(8, points.collect(), weights).expect("points"))
}

/// The ink of a handwritten digit: the sum of the 64 levels of an image of data/digits.csv, an
/// integer law on a line.
fn ink() -> Source {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/digits.csv");
    let mut reader = csv::Reader::from_path(path).expect("the digits");
    let mut counts = std::collections::BTreeMap::new();
    for row in reader.records() {
        let row = row.expect("an image");
        let ink: u32 = row.iter().take(64).map(|level| level.parse::<u32>().expect("a level")).sum();
        *counts.entry(ink).or_insert(0.0) += 1.0;
    }
    let points = counts.keys().copied().map(f64::from).collect();
    discrete("ink", Atoms::new(1, points, counts.into_values().collect()).expect("levels"))
}

fn discrete(name: &str, atoms: Atoms) -> Source {
    Source::discrete(&Spec::parse(name).expect("a name"), atoms).expect("a law")
}
