//! Numbers that know no law: estimates, moments, random words, tails, and elementary functions that
//! must be fast, or the same bits on every machine.
//!
//! The elementary functions take explicit fused multiply-adds in a fixed order, so that a vector
//! unit, a scalar loop and a CUDA twin agree.

pub mod estimate;
pub mod exp;
pub mod gamma;
pub mod interval;
pub mod log_sum;
pub mod memory;
pub mod moments;
pub mod normal;
pub mod number;
pub mod product;
pub mod quadrature;
pub mod spacing;
pub mod stream;
pub mod sum;
pub mod tail;
pub mod truncated;
pub mod unit;
pub mod zeta;

/// The vector instructions of this machine, asked for once.
///
/// What `arch().dispatch(…)` is given is compiled for each instruction set (AVX-512, AVX2 with FMA,
/// portable) and the best one that the machine has is called; results are the same bits in all of
/// them. Pass a [`pulp::WithSimd`] whose `with_simd` and everything below it is
/// `#[inline(always)]`: a closure of any size is not inlined into the version with the
/// instructions, and then calls a software `fma` (seen: 20 times slower).
#[inline]
pub fn arch() -> pulp::Arch {
    static ARCH: std::sync::OnceLock<pulp::Arch> = std::sync::OnceLock::new();
    *ARCH.get_or_init(pulp::Arch::new)
}
