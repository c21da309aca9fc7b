//! `zipf`: p_i ∝ i^−s.

use std::sync::Arc;

use crate::error::Result;
use crate::source::pmf::zipf::ZipfPmf;
use crate::source::{Source, SourceKind, embedding};
use crate::spec::{Arguments, Parameter};

/// p_i ∝ i^−s, i = 1 … N, or i ≥ 1 without end.
pub const ZIPF: SourceKind = SourceKind {
    name: "zipf",
    summary: "p_i ∝ i^−exponent, i = 1 … atoms",
    parameters: &[
        Parameter { name: "exponent", default: None, summary: "s > 0; s ≥ 1.01 where atoms=inf" },
        Parameter { name: "atoms", default: None, summary: "number of atoms, or `inf`" },
        embedding::EMBEDDING,
        embedding::DIM,
        embedding::SEED,
    ],
    build,
};

/// Smallest exponent of the infinite law: at 1.01 nine tenths of the mass are already beyond a
/// hundred thousand atoms.
const SMALLEST_INFINITE: f64 = 1.01;

fn build(arguments: &Arguments) -> Result<Source> {
    let exponent = arguments.positive("exponent")?;
    let Some(atoms) = arguments.count_or_infinite("atoms", 1)? else {
        if exponent < SMALLEST_INFINITE {
            let message = format!("must be at least {SMALLEST_INFINITE} where atoms=inf, not {exponent}");
            return Err(arguments.invalid("exponent", message));
        }
        let pmf = ZipfPmf::new(exponent);
        let n = embedding::KEPT_OF_INFINITE;
        let weights = (1..=n).map(|i| (i as f64).powf(-exponent) / pmf.zeta()).collect();
        let (missing, variance) = (pmf.tail(n), pmf.variance());
        return embedding::embed_infinite(arguments, weights, missing, Arc::new(pmf), variance);
    };
    arguments.room("atoms", atoms as f64)?;
    embedding::embed(arguments, (1..=atoms).map(|i| (i as f64).powf(-exponent)).collect())
}
