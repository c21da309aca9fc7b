//! klaim puts theorems to the test.
#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test"))]
pub mod claim;
pub mod error;
pub mod estimate;
pub mod numeric;
pub mod quantity;
pub mod report;
pub mod source;
pub mod stream;
pub mod verdict;
