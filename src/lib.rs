//! klaim puts theorems to the test.
pub mod assume;
pub mod entropy;
pub mod error;
pub mod estimate;
pub mod numeric;
pub mod source;
pub mod stream;
pub mod tail;
