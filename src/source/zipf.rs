//! `zipf`: p_i ∝ i^−s.

use crate::error::Result;
use crate::source::spec::{Arguments, Parameter};
use crate::source::{Kind, Source, embedding};

/// p_i ∝ i^−s, i = 1 … N.
pub const ZIPF: Kind = Kind {
    name: "zipf",
    summary: "p_i ∝ i^−exponent, i = 1 … atoms",
    parameters: &[
        Parameter { name: "exponent", default: None, summary: "s > 0; s > 1 where atoms=inf" },
        Parameter { name: "atoms", default: None, summary: "number of atoms, or `inf`" },
        embedding::EMBEDDING,
        embedding::DIM,
        embedding::SEED,
    ],
    build,
};

fn build(arguments: &Arguments) -> Result<Source> {
    let exponent = arguments.positive("exponent")?;
    let atoms = arguments.count("atoms", 1)?;
    embedding::embed(arguments, (1..=atoms).map(|i| (i as f64).powf(-exponent)).collect())
}
