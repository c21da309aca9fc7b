//! `needle`: a rare event, spread over many directions.

use std::sync::Arc;

use crate::error::Result;
use crate::numeric::estimate::Estimate;
use crate::source::{FinitePmf, Law, Needle, Pmf, Source, SourceKind};
use crate::spec::{Arguments, Parameter};

/// Mass 1−p on the origin of R^N and p/N on each of the unit vectors e_1 … e_N.
pub const NEEDLE: SourceKind = SourceKind {
    name: "needle",
    summary: "mass 1−p on 0, p spread evenly over `atoms` orthonormal vectors",
    parameters: &[
        Parameter { name: "p", default: None, summary: "probability of not being 0, in (0, 1)" },
        Parameter {
            name: "entropy",
            default: None,
            summary: "instead of p: the Shannon entropy, in (0, ln(N+1)], nats",
        },
        Parameter {
            name: "atoms",
            default: None,
            summary: "number of orthonormal atoms N ≤ 2⁴⁰; they live in R^N",
        },
    ],
    build,
};

/// Halvings of (0, N/(N+1)], more than f64 has digits.
const HALVINGS: usize = 1100;
/// Rounding of p(1 − p/N), in units of the last place.
const ROUNDING: f64 = 4.0 * f64::EPSILON;

fn build(arguments: &Arguments) -> Result<Source> {
    let atoms = arguments.count("atoms", 1)?;
    let p = match (arguments.argument("p"), arguments.argument("entropy")) {
        (Some(_), None) => arguments.number("p")?,
        (None, Some(_)) => of_entropy(arguments, atoms)?,
        _ => return Err(arguments.invalid("p", "give exactly one of p and entropy")),
    };
    if !(p > 0.0 && p < 1.0) {
        return Err(arguments.invalid("p", format!("must be in (0, 1), not {p}")));
    }
    let variance = p * (1.0 - p / atoms as f64);
    let second_moment = Estimate { bound: ROUNDING * variance, ..Estimate::exact(variance) };
    let law = Law::Needle(Needle::new(p, atoms));
    Ok(Source::new(arguments.spec(), law, Some(Arc::new(pmf(p, atoms))), second_moment))
}

fn pmf(p: f64, atoms: usize) -> FinitePmf {
    FinitePmf::counted(vec![1.0 - p, p / atoms as f64], Some(vec![1.0, atoms as f64]))
}

/// The p ≤ N/(N+1) of a given entropy, which grows with p up to there.
fn of_entropy(arguments: &Arguments, atoms: usize) -> Result<f64> {
    let (entropy, most) = (arguments.positive("entropy")?, (atoms as f64).ln_1p());
    if entropy > most {
        return Err(arguments.invalid(
            "entropy",
            format!("{atoms} atoms and the origin have at most {most}, not {entropy}"),
        ));
    }
    let (mut low, mut high) = (0.0, atoms as f64 / (atoms as f64 + 1.0));
    for _ in 0..HALVINGS {
        let middle = 0.5 * (low + high);
        if middle <= low || middle >= high {
            break;
        }
        if pmf(middle, atoms).shannon().value < entropy { low = middle } else { high = middle }
    }
    Ok(high)
}
