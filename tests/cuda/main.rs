//! The CUDA backend without a device: the kernels' own text and the unmodified program, on an emulated driver.
//!
//! `tests/emulator` makes a libcuda and a libnvrtc that `klaim` loads like the real ones; they run each launch as fibers on
//! the CPU, in one of four orders. Needs a C++17 compiler (`c++`, or what CXX names): without one these tests fail.
#![cfg(feature = "cuda")]
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod agreement;
mod claims;
mod emulator;
mod failures;
mod faults;
mod memory;
mod paths;
mod single;
