//! klaim puts theorems to the test.
//!
//! A claim is data: a TOML file with two expressions, a relation and axes. It expands into cases before the first random
//! draw ([`claim`]); each case needs numbers ([`quantity`]); each number comes from a deterministic route ([`channel::exact`]) or
//! from samples of the posterior ([`channel::posterior`]), in which one noise product serves every SNR; [`run`] measures in rounds
//! and judges ([`claim::verdict`]); [`report`] writes what was found. The program ([`cli`]) is a thin layer over this.
//!
//! Beside the claims, [`schedule::loss`] makes a sampling schedule from a model's loss curve and [`schedule::export`] writes it for samplers.
//!
//! Modules are declared in the order of their dependencies: none uses one below it.
//!
//! ```
//! use klaim::source::Source;
//!
//! // M(γ) of ±1 at γ = 1: 1 − E tanh(1 + Z).
//! let values = klaim::channel::exact::at(&Source::parse("bpsk")?, 1.0)?.expect("a law on a line");
//! assert!((values.mmse.value - 0.449599509207).abs() < 1e-12);
//! assert!(values.mmse.bound < 1e-10);
//! # Ok::<(), klaim::error::Error>(())
//! ```
#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test"))]

pub mod error;
pub mod numeric;
pub mod spec;
pub mod table;
pub mod source;
pub mod channel;
pub mod denoiser;
pub mod schedule;
pub mod process;
pub mod quantity;
pub mod claim;
pub mod report;
pub mod backend;
pub mod run;
pub mod probe;
pub mod cli;
