//! Standard normals by Box–Muller with 52 bits in radius and angle, in an operation order that a
//! CUDA twin repeats.

use crate::numeric::stream::Stream;

/// Pairs computed side by side: one AVX-512 register.
const LANES: usize = 8;
/// Block 0 of a sample is kept for its discrete choices (which atom); normals start at block 1.
pub const FIRST_BLOCK: u32 = 1;

/// Fills `out` with independent N(0, 1): coordinates 2b and 2b+1 are the radius times cosine and
/// sine of block [`FIRST_BLOCK`] + b of `sample`. Absolute error below 4e-16 of the radius.
pub fn fill(stream: &Stream, sample: u64, out: &mut [f64]) {
    fill_from(stream, sample, FIRST_BLOCK, out);
}

/// As [`fill`], from block `first` of `sample` on: `out` uses ⌈len/2⌉ blocks.
pub fn fill_from(stream: &Stream, sample: u64, first: u32, out: &mut [f64]) {
    super::arch().dispatch(Fill { stream, sample, first, out });
}

/// As [`fill_from`] for `samples` samples side by side: coordinate c of sample `first + s` at
/// `out[c · samples + s]`, the same bits; `samples` is a multiple of 8.
pub fn fill_across(stream: &Stream, first: u64, block: u32, samples: usize, out: &mut [f64]) {
    assert!(
        samples.is_multiple_of(LANES) && out.len().is_multiple_of(samples),
        "whole registers of samples"
    );
    super::arch().dispatch(FillAcross { stream, first, block, samples, out });
}

struct FillAcross<'a> {
    stream: &'a Stream,
    first: u64,
    block: u32,
    samples: usize,
    out: &'a mut [f64],
}

impl pulp::WithSimd for FillAcross<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _: S) {
        for (pair, rows) in self.out.chunks_mut(2 * self.samples).enumerate() {
            let (even, odd) = rows.split_at_mut(self.samples);
            for at in (0..self.samples).step_by(LANES) {
                let [u, turn] =
                    self.stream.uniforms_across::<LANES>(self.first + at as u64, self.block + pair as u32);
                let (mut cosine, mut sine) = ([0.0; LANES], [0.0; LANES]);
                for lane in 0..LANES {
                    let radius = (-2.0 * ln(u[lane])).sqrt();
                    let (s, c) = sin_cos_turn(turn[lane]);
                    (cosine[lane], sine[lane]) = (radius * c, radius * s);
                }
                even[at..at + LANES].copy_from_slice(&cosine);
                // The last coordinate of an odd dimension has no partner.
                if !odd.is_empty() {
                    odd[at..at + LANES].copy_from_slice(&sine);
                }
            }
        }
    }
}

struct Fill<'a> {
    stream: &'a Stream,
    sample: u64,
    first: u32,
    out: &'a mut [f64],
}

impl pulp::WithSimd for Fill<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _: S) {
        fill_portable(self.stream, self.sample, self.first, self.out);
    }
}

#[inline(always)]
fn fill_portable(stream: &Stream, sample: u64, first: u32, out: &mut [f64]) {
    for (chunk_index, chunk) in out.chunks_mut(2 * LANES).enumerate() {
        let (mut radius, mut turn) = ([1.0; LANES], [0.0; LANES]);
        let first = first + (chunk_index * LANES) as u32;
        for (lane, (u, t)) in radius.iter_mut().zip(&mut turn).enumerate().take(chunk.len().div_ceil(2)) {
            [*u, *t] = stream.uniforms(sample, first + lane as u32);
        }
        let (mut sine, mut cosine) = ([0.0; LANES], [0.0; LANES]);
        for lane in 0..LANES {
            radius[lane] = (-2.0 * ln(radius[lane])).sqrt();
            (sine[lane], cosine[lane]) = sin_cos_turn(turn[lane]);
        }
        for (i, z) in chunk.iter_mut().enumerate() {
            let trigonometric = if i % 2 == 0 { &cosine } else { &sine };
            *z = radius[i / 2] * trigonometric[i / 2];
        }
    }
}

/// 2/(2k+1): ln m = s·Σ 2/(2k+1) s^{2k}, s = (m−1)/(m+1), |s| ≤ 3 − 2√2; the next term is below
/// 1e-17.
const LN_SERIES: [f64; 11] = [
    2.0,
    2.0 / 3.0,
    2.0 / 5.0,
    2.0 / 7.0,
    2.0 / 9.0,
    2.0 / 11.0,
    2.0 / 13.0,
    2.0 / 15.0,
    2.0 / 17.0,
    2.0 / 19.0,
    2.0 / 21.0,
];
/// 2⁵²: an integer below 2⁵² or-ed into its mantissa is that integer plus 2⁵².
const INTEGER: f64 = 4_503_599_627_370_496.0;

/// ln u for normal u in (0, 1]; relative error below 1e-15.
#[inline(always)]
pub fn ln(u: f64) -> f64 {
    const SQRT_HALF_BITS: u64 = std::f64::consts::FRAC_1_SQRT_2.to_bits();
    let bits = u.to_bits();
    // u = 2^e·m with m in [√½, √2): the subtraction carries into the exponent exactly there.
    let biased = bits.wrapping_sub(SQRT_HALF_BITS).wrapping_add(1023 << 52) >> 52;
    let m = f64::from_bits(bits.wrapping_sub(biased.wrapping_sub(1023) << 52));
    let e = f64::from_bits(INTEGER.to_bits() | biased) - (INTEGER + 1023.0);
    let s = (m - 1.0) / (m + 1.0);
    let s2 = s * s;
    let mut p = LN_SERIES[10];
    let mut k = 10;
    while k > 0 {
        k -= 1;
        p = p.mul_add(s2, LN_SERIES[k]);
    }
    e.mul_add(std::f64::consts::LN_2, s * p)
}

/// (−1)^k/(2k+1)! and (−1)^k/(2k)!: Taylor series on |x| ≤ π/4; the next terms are below 5e-19.
const SIN_SERIES: [f64; 9] = [
    1.0,
    -1.0 / 6.0,
    1.0 / 120.0,
    -1.0 / 5_040.0,
    1.0 / 362_880.0,
    -1.0 / 39_916_800.0,
    1.0 / 6_227_020_800.0,
    -1.0 / 1_307_674_368_000.0,
    1.0 / 355_687_428_096_000.0,
];
const COS_SERIES: [f64; 10] = [
    1.0,
    -1.0 / 2.0,
    1.0 / 24.0,
    -1.0 / 720.0,
    1.0 / 40_320.0,
    -1.0 / 3_628_800.0,
    1.0 / 479_001_600.0,
    -1.0 / 87_178_291_200.0,
    1.0 / 20_922_789_888_000.0,
    -1.0 / 6_402_373_705_728_000.0,
];

/// (sin 2πt, cos 2πt) for t in [0, 1): exact reduction to an eighth of a turn, then Taylor.
#[inline(always)]
fn sin_cos_turn(t: f64) -> (f64, f64) {
    let shifted = t.mul_add(4.0, INTEGER);
    let quarter = shifted.to_bits();
    let x = (t - (shifted - INTEGER) * 0.25) * std::f64::consts::TAU;
    let x2 = x * x;
    let mut s = SIN_SERIES[8];
    let mut k = 8;
    while k > 0 {
        k -= 1;
        s = s.mul_add(x2, SIN_SERIES[k]);
    }
    let mut c = COS_SERIES[9];
    let mut k = 9;
    while k > 0 {
        k -= 1;
        c = c.mul_add(x2, COS_SERIES[k]);
    }
    let s = s * x;
    let (sine, cosine) = if quarter & 1 == 0 { (s, c) } else { (c, s) };
    let sign = |negative: u64, v: f64| f64::from_bits(v.to_bits() ^ ((negative & 2) << 62));
    (sign(quarter, sine), sign(quarter.wrapping_add(1), cosine))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ln_and_sin_cos_agree_with_the_standard_library() {
        for i in 0..100_000_u32 {
            let u = (f64::from(i) + 0.5) / 100_000.0;
            assert!((ln(u) - u.ln()).abs() <= 1e-15 * u.ln().abs(), "ln({u})");
            let (s, c) = sin_cos_turn(u);
            let (s0, c0) = (u * std::f64::consts::TAU).sin_cos();
            assert!(
                (s - s0).abs() < 1e-15 && (c - c0).abs() < 1e-15,
                "angle {u}: ({s}, {c}) against ({s0}, {c0})"
            );
        }
        assert!((ln(2e-17) - 2e-17_f64.ln()).abs() < 1e-14);
    }

    /// Mean, variance, fourth moment of 2^20 normals; false-alarm probability 3 × 6e-7 (5 standard
    /// errors each).
    #[test]
    fn moments_are_those_of_a_normal() {
        let stream = Stream::named(1, "normal test");
        let (mut row, mut sums) = (vec![0.0; 1024], [0.0; 3]);
        for sample in 0..1024 {
            fill(&stream, sample, &mut row);
            for z in &row {
                sums[0] += z;
                sums[1] += z * z;
                sums[2] += z.powi(4);
            }
        }
        let n = f64::from(1 << 20);
        assert!((sums[0] / n).abs() < 5.0 / n.sqrt());
        assert!((sums[1] / n - 1.0).abs() < 5.0 * (2.0 / n).sqrt());
        assert!((sums[2] / n - 3.0).abs() < 5.0 * (96.0 / n).sqrt());
    }

    #[test]
    fn samples_side_by_side_are_the_same_samples() {
        let stream = Stream::named(2, "side by side");
        // The words of samples around 2³² differ in two counters.
        for first in [0, (1 << 32) - 5] {
            let (mut across, mut alone) = ([0.0; 5 * 16], [0.0; 5]);
            fill_across(&stream, first, 3, 16, &mut across);
            for s in 0..16 {
                fill_from(&stream, first + s as u64, 3, &mut alone);
                let found: Vec<u64> = (0..5).map(|c| across[c * 16 + s].to_bits()).collect();
                assert_eq!(found, alone.map(f64::to_bits), "sample {s} from {first}");
            }
        }
    }

    /// Pinned draws: a change here changes every reported number.
    #[test]
    fn the_first_draws_are_pinned() {
        let mut row = [0.0; 3];
        fill(&Stream::named(0, "pinned"), 0, &mut row);
        let mut longer = [0.0; 40];
        fill(&Stream::named(0, "pinned"), 0, &mut longer);
        assert_eq!(
            row.map(f64::to_bits),
            [longer[0], longer[1], longer[2]].map(f64::to_bits),
            "a prefix is a prefix"
        );
    }
}
