//! klaim puts theorems to the test.
#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test"))]

pub mod error;
pub mod estimate;
pub mod stream;
pub mod numeric;
pub mod tail;
pub mod moments;
pub mod source;
pub mod channel;
pub mod entropy;
pub mod assume;
pub mod posterior;
pub mod exact;
pub mod schedule;
pub mod denoiser;
pub mod quantity;
pub mod verdict;
pub mod report;
pub mod claim;
pub mod backend;
pub mod run;
pub mod cli;
