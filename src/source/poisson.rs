//! `poisson`: the Poisson law on {0, 1, 2, …}.

use std::sync::Arc;

use crate::error::Result;
use crate::numeric::estimate::Estimate;
use crate::source::pmf::poisson::PoissonPmf;
use crate::source::{Source, SourceKind, embedding};
use crate::spec::{Arguments, Parameter};

/// p_k = e^−λ λ^k/k! at x_k = k, k ≥ 0.
pub const POISSON: SourceKind = SourceKind {
    name: "poisson",
    summary: "the Poisson law at k = 0, 1, 2, …",
    parameters: &[Parameter { name: "rate", default: None, summary: "mean λ, in (0, 1e8]" }],
    build,
};

/// Beyond this rate the kept atoms (about 70 standard deviations of them) are too many to evaluate.
const LARGEST_RATE: f64 = 1e8;

fn build(arguments: &Arguments) -> Result<Source> {
    let rate = arguments.positive("rate")?;
    if rate > LARGEST_RATE {
        return Err(arguments.invalid("rate", format!("must be at most {LARGEST_RATE:e}, not {rate}")));
    }
    let pmf = PoissonPmf::new(rate);
    let kept = |k: f64| -pmf.content(k) > embedding::LN_NEGLIGIBLE_MASS;
    let mode = rate.floor();
    let down = std::iter::successors(Some(mode), |k| Some(k - 1.0)).take_while(|&k| k >= 0.0 && kept(k));
    let first = down.last().unwrap_or(mode);
    let points: Vec<f64> =
        std::iter::successors(Some(first), |k| Some(k + 1.0)).take_while(|&k| kept(k)).collect();
    let weights = points.iter().map(|&k| (-pmf.content(k)).exp()).collect();
    // Past either end the terms fall at least geometrically: the rest is the first term left out,
    // over 1 − ratio.
    let end = first + points.len() as f64;
    let above = (-pmf.content(end)).exp() / (1.0 - rate / (end + 1.0));
    let below =
        if first > 0.0 { (-pmf.content(first - 1.0)).exp() / (1.0 - (first - 1.0) / rate) } else { 0.0 };
    Ok(embedding::cut_line(arguments, points, weights, above + below, Arc::new(pmf), Estimate::exact(rate)))
}
