//! `log-power`: p_i ∝ 1/(i ln^a(i+1)), the laws at the border of finite entropy.

use std::sync::Arc;

use crate::error::Result;
use crate::numeric::estimate::Estimate;
use crate::source::pmf::log_power::LogPowerPmf;
use crate::source::{Source, SourceKind, embedding};
use crate::spec::{Arguments, Parameter};

/// p_i ∝ 1/(i ln^a(i+1)): with infinitely many atoms H < ∞ iff a > 2, V < ∞ iff a > 3, H_½ = ∞
/// always.
pub const LOG_POWER: SourceKind = SourceKind {
    name: "log-power",
    summary: "p_i ∝ 1/(i ln^power(i+1)), i = 1 … atoms: infinite entropy for power ≤ 2 and atoms=inf",
    parameters: &[
        Parameter { name: "power", default: None, summary: "a > 0; a > 1 where atoms=inf" },
        Parameter { name: "atoms", default: None, summary: "number of atoms, or `inf`" },
        embedding::EMBEDDING,
        embedding::DIM,
        embedding::SEED,
    ],
    build,
};

fn build(arguments: &Arguments) -> Result<Source> {
    let power = arguments.positive("power")?;
    let Some(atoms) = arguments.count_or_infinite("atoms", 1)? else {
        if power <= 1.0 {
            return Err(arguments.invalid("power", format!("must be > 1 where atoms=inf, not {power}")));
        }
        let pmf = LogPowerPmf::new(power);
        let n = embedding::KEPT_OF_INFINITE;
        let weights = (1..=n).map(|i| pmf.weight(i)).collect();
        let missing = pmf.tail(n);
        return embedding::embed_infinite(
            arguments,
            weights,
            missing,
            Arc::new(pmf),
            // Σ i² p_i diverges for every a.
            Estimate::exact(f64::INFINITY),
        );
    };
    let weight = |i: f64| 1.0 / (i * i.ln_1p().powf(power));
    arguments.room("atoms", atoms as f64)?;
    embedding::embed(arguments, (1..=atoms).map(|i| weight(i as f64)).collect())
}
