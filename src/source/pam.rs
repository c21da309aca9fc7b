//! `pam`: equiprobable levels on a line.

use crate::error::Result;
use crate::source::{Atoms, Source, SourceKind};
use crate::spec::{Arguments, Parameter};

/// x_k = k − (M−1)/2, k = 0 … M−1, equiprobable: spacing 1, mean 0.
pub const PAM: SourceKind = SourceKind {
    name: "pam",
    summary: "equiprobable levels k − (levels−1)/2: spacing 1, mean 0",
    parameters: &[Parameter { name: "levels", default: None, summary: "number of levels M ≥ 1" }],
    build,
};

fn build(arguments: &Arguments) -> Result<Source> {
    let levels = arguments.count("levels", 1)?;
    arguments.room("levels", levels as f64)?;
    let middle = (levels as f64 - 1.0) / 2.0;
    let points = (0..levels).map(|k| k as f64 - middle).collect();
    Source::discrete(arguments.spec(), Atoms::new(1, points, vec![1.0; levels])?)
}
