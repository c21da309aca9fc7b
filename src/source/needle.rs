//! `needle`: a rare event, spread over many directions.

use crate::error::Result;
use crate::source::spec::{Arguments, Parameter};
use crate::source::{Atoms, Kind, Source};

/// Mass 1−p on the origin of R^N and p/N on each of the unit vectors e_1 … e_N.
pub const NEEDLE: Kind = Kind {
    name: "needle",
    summary: "mass 1−p on 0, p spread evenly over `atoms` orthonormal vectors",
    parameters: &[
        Parameter { name: "p", default: None, summary: "probability of not being 0, in (0, 1)" },
        Parameter { name: "atoms", default: None, summary: "number of orthonormal atoms N ≤ 4096; they live in R^N" },
    ],
    build,
};

/// The positions are a dense (N+1) × N matrix: 134 MB at this size.
const MOST: usize = 4096;

fn build(arguments: &Arguments) -> Result<Source> {
    let (p, n) = (arguments.number("p")?, arguments.count("atoms", 1)?);
    if !(p > 0.0 && p < 1.0) {
        return Err(arguments.invalid("p", format!("must be in (0, 1), not {p}")));
    }
    if n > MOST {
        return Err(arguments.invalid("atoms", format!("must be at most {MOST}, not {n}")));
    }
    let mut points = vec![0.0; (n + 1) * n];
    for i in 0..n {
        points[(i + 1) * n + i] = 1.0;
    }
    let mut weights = vec![p / n as f64; n + 1];
    weights[0] = 1.0 - p;
    Source::discrete(arguments.spec(), Atoms::new(n, points, weights)?)
}
