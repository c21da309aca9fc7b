//! `hypercube`: {±1}^d.

use crate::error::Result;
use crate::source::{Source, SourceKind, product};
use crate::spec::{Arguments, Parameter};

/// Uniform on the 2^d corners {±1}^d: d independent bpsk coordinates.
pub const HYPERCUBE: SourceKind = SourceKind {
    name: "hypercube",
    summary: "the 2^dim corners {±1}^dim, equiprobable",
    parameters: &[Parameter { name: "dim", default: None, summary: "dimension" }],
    build,
};

fn build(arguments: &Arguments) -> Result<Source> {
    let dim = arguments.count("dim", 1)?;
    Ok(product::independent(arguments.spec(), Source::parse("bpsk")?, dim))
}
