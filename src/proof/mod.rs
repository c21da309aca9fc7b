//! Verdicts that are proofs: an inequality for every SNR, by interval arithmetic from the decimals
//! of its claim to the comparison.
//!
//! A [`RangeStatement`](crate::claim::statement::RangeStatement) is decided by cells: on each one both sides are enclosed
//! ([`ProofPlace::sides`](statement::ProofPlace)), and the cells cover the range. Averages over the channel's
//! output come from the trapezoid rule with a proven error (`integral`, on `posterior`), laws from
//! the decimals of their specs (`law`), the range without end from pair bounds (`end`). Every lemma
//! has its proof in docs/theory.md.
#![allow(clippy::float_cmp, reason = "the ends of an interval are numbers, not estimates of them")]

mod atoms;
mod case;
pub mod certificate;
pub mod cover;
mod end;
mod integral;
pub mod jet;
pub mod law;
mod law_text;
mod posterior;
pub mod statement;
#[cfg(test)]
mod tests;
pub mod value;

pub use cover::{CoverCell, Decision, Proof, Slab};
pub use statement::Sides;
