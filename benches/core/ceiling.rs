//! What this machine can do at best: exponentials and fused multiply-adds a second, nothing else in
//! the way.

use std::time::Instant;

use klaim::internals::numeric::arch;
use klaim::internals::numeric::exp::exp;

/// Exponentials of one call of [`exponentials`].
pub const EXPONENTIALS: usize = 64 * ARGUMENTS;
/// Fused multiply-adds of one call of [`multiply_adds`].
const MULTIPLY_ADDS: usize = 4096 * CHAINS * LANES;
/// Arguments that stay in the first-level cache: 8 kB.
const ARGUMENTS: usize = 1024;
/// One AVX-512 register of f64.
const LANES: usize = 8;
/// Independent chains: more than latency × throughput (4 × 2) and fewer than the registers.
const CHAINS: usize = 16;
/// Calls on each thread, some 30 µs each, of which the fastest counts: a ceiling is not an average,
/// and a call so short is rarely interrupted even where others use the machine.
const CALLS: usize = 4000;

/// Rates of the whole machine, all threads together.
pub struct Ceiling {
    /// `numeric::exp` a second.
    pub exponentials: f64,
    /// Fused multiply-adds on f64 a second.
    pub multiply_adds: f64,
}

impl Ceiling {
    /// Measures both, on every thread of the pool.
    pub fn measure() -> Self {
        Self {
            exponentials: rate(EXPONENTIALS, exponentials),
            multiply_adds: rate(MULTIPLY_ADDS, multiply_adds),
        }
    }

    /// Posterior terms a second if a term were one exponential and seven multiply-adds and nothing
    /// else.
    pub fn terms(&self) -> f64 {
        1.0 / (1.0 / self.exponentials + 7.0 / self.multiply_adds)
    }
}

/// Items a second of `work`, which does `items`, run on every thread at once.
fn rate(items: usize, work: impl Fn() -> f64 + Sync) -> f64 {
    let fastest = || {
        let seconds = |_| {
            let start = Instant::now();
            divan::black_box(work());
            start.elapsed().as_secs_f64()
        };
        (0..CALLS).map(seconds).fold(f64::INFINITY, f64::min)
    };
    rayon::broadcast(|_| items as f64 / fastest()).iter().sum()
}

/// [`EXPONENTIALS`] of them, added up.
pub fn exponentials() -> f64 {
    arch().dispatch(Exponentials)
}

/// [`MULTIPLY_ADDS`] of them.
pub fn multiply_adds() -> f64 {
    arch().dispatch(MultiplyAdds)
}

struct Exponentials;

impl pulp::WithSimd for Exponentials {
    type Output = f64;

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _: S) -> f64 {
        let arguments: [f64; ARGUMENTS] = std::array::from_fn(|i| -0.01 * i as f64);
        let mut sum = [0.0; LANES];
        for _ in 0..EXPONENTIALS / ARGUMENTS {
            for chunk in divan::black_box(&arguments).chunks_exact(LANES) {
                for (s, x) in sum.iter_mut().zip(chunk) {
                    *s += exp(*x);
                }
            }
        }
        sum.iter().sum()
    }
}

struct MultiplyAdds;

impl pulp::WithSimd for MultiplyAdds {
    type Output = f64;

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, simd: S) -> f64 {
        let factor = simd.splat_f64s(divan::black_box(0.999));
        let term = simd.splat_f64s(divan::black_box(1e-3));
        let mut chains = [term; CHAINS];
        for _ in 0..MULTIPLY_ADDS / (CHAINS * S::F64_LANES) {
            for chain in &mut chains {
                *chain = simd.mul_add_f64s(factor, *chain, term);
            }
        }
        chains.iter().map(|chain| simd.reduce_sum_f64s(*chain)).sum()
    }
}
