//! Two atoms on a line: `bpsk` and `bernoulli`.

use crate::error::Result;
use crate::source::{Atoms, Source, SourceKind};
use crate::spec::{Arguments, Parameter};

/// ±1 with probability ½ each.
pub const BPSK: SourceKind =
    SourceKind { name: "bpsk", summary: "±1 with probability ½ each", parameters: &[], build: bpsk };

fn bpsk(arguments: &Arguments) -> Result<Source> {
    Source::discrete(arguments.spec(), Atoms::new(1, vec![-1.0, 1.0], vec![0.5, 0.5])?)
}

/// {0, 1} with P(1) = p.
pub const BERNOULLI: SourceKind = SourceKind {
    name: "bernoulli",
    summary: "0 or 1 with P(1) = p",
    parameters: &[Parameter { name: "p", default: None, summary: "probability of 1, in (0, 1)" }],
    build: bernoulli,
};

fn bernoulli(arguments: &Arguments) -> Result<Source> {
    let p = arguments.number("p")?;
    if !(p > 0.0 && p < 1.0) {
        return Err(arguments.invalid("p", format!("must be in (0, 1), not {p}")));
    }
    Source::discrete(arguments.spec(), Atoms::new(1, vec![0.0, 1.0], vec![1.0 - p, p])?)
}
