//! `geometric`: p_k ∝ r^k on {0, 1, 2, …}.

use std::sync::Arc;

use crate::error::Result;
use crate::numeric::estimate::Estimate;
use crate::source::pmf::geometric::GeometricPmf;
use crate::source::{Source, SourceKind, embedding};
use crate::spec::{Arguments, Parameter};

/// p_k = (1−r) r^k at x_k = k, k ≥ 0.
pub const GEOMETRIC: SourceKind = SourceKind {
    name: "geometric",
    summary: "p_k = (1−ratio)·ratio^k at k = 0, 1, 2, …",
    parameters: &[Parameter { name: "ratio", default: None, summary: "r in (0, 1)" }],
    build,
};

fn build(arguments: &Arguments) -> Result<Source> {
    let ratio = arguments.number("ratio")?;
    if !(ratio > 0.0 && ratio < 1.0) {
        return Err(arguments.invalid("ratio", format!("must be in (0, 1), not {ratio}")));
    }
    // The mass from n on is rⁿ.
    let least = (embedding::LN_NEGLIGIBLE_MASS / ratio.ln()).ceil();
    let n = least.clamp(1.0, embedding::MOST_ATOMS_OF_LIGHT_TAIL);
    let weights = (0..n as usize).map(|k| (1.0 - ratio) * (k as f64 * ratio.ln()).exp()).collect();
    let variance = Estimate::exact(ratio / ((1.0 - ratio) * (1.0 - ratio)));
    let points = (0..n as usize).map(|k| k as f64).collect();
    let missing = (n * ratio.ln()).exp();
    Ok(embedding::cut_line(
        arguments,
        points,
        weights,
        missing,
        Arc::new(GeometricPmf::new(ratio)),
        variance,
    ))
}
