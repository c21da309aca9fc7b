//! klaim puts theorems to the test.
pub mod channel;
pub mod error;
pub mod estimate;
pub mod exact;
pub mod numeric;
pub mod source;
pub mod stream;
