//! `codebook`: Gaussian random atoms, and `simplex`: orthonormal ones.

use crate::error::Result;
use crate::numeric::stream::Stream;
use crate::source::{Atoms, Simplex, Source, SourceKind};
use crate::spec::{Arguments, Parameter};

/// N atoms drawn once from N(0, I_d), equiprobable.
pub const CODEBOOK: SourceKind = SourceKind {
    name: "codebook",
    summary: "equiprobable Gaussian random atoms in R^dim",
    parameters: &[
        Parameter { name: "atoms", default: None, summary: "number of atoms" },
        Parameter { name: "dim", default: None, summary: "dimension" },
        Parameter { name: "seed", default: Some("0"), summary: "which random codebook" },
    ],
    build: codebook,
};

fn codebook(arguments: &Arguments) -> Result<Source> {
    let (atoms, dim, seed) =
        (arguments.count("atoms", 1)?, arguments.count("dim", 1)?, arguments.count("seed", 0)?);
    arguments.room("atoms", atoms as f64 * dim as f64)?;
    Source::discrete(
        arguments.spec(),
        Atoms::new(dim, gaussian_points(atoms, dim, seed as u64), vec![1.0; atoms])?,
    )
}

/// `n` points of N(0, I_d), row-major; row i is sample i of the lane `codebook` under `seed`, so a
/// larger codebook begins with the smaller one.
pub fn gaussian_points(n: usize, dim: usize, seed: u64) -> Vec<f64> {
    let stream = Stream::named(seed, "codebook");
    let mut points = vec![0.0; n * dim];
    for (i, row) in points.chunks_mut(dim).enumerate() {
        crate::numeric::normal::fill(&stream, i as u64, row);
    }
    points
}

/// N orthonormal atoms, equiprobable: the all-or-nothing source.
pub const SIMPLEX: SourceKind = SourceKind {
    name: "simplex",
    summary: "equiprobable orthonormal atoms",
    parameters: &[Parameter {
        name: "atoms",
        default: None,
        summary: "number of atoms N; they live in R^N",
    }],
    build: simplex,
};

fn simplex(arguments: &Arguments) -> Result<Source> {
    let atoms = arguments.count("atoms", 1)?;
    arguments.room("atoms", atoms as f64)?;
    Source::orthonormal(arguments.spec(), Simplex { weights: vec![1.0 / atoms as f64; atoms] })
}
