// Standard normals by Box–Muller; mirrors src/numeric/normal.rs to the bit: every operation, in its order.
#pragma once
#include "numeric/stream.cuh"

// Block 0 of a sample holds its discrete choice; normals start here.
#define FIRST_BLOCK 1u

// ln u for normal u in (0, 1]: u = 2^e·m, m in [√½, √2), ln m = s Σ 2/(2k+1) s^2k, s = (m−1)/(m+1).
DEVICE double ln_unit(double u) {
    const u64 sqrt_half = 0x3FE6A09E667F3BCDull, integer = 0x4330000000000000ull;
    u64 bits = as_bits(u);
    u64 biased = (bits - sqrt_half + (1023ull << 52)) >> 52;
    double m = as_double(bits - ((biased - 1023ull) << 52));
    double e = as_double(integer | biased) - (4503599627370496.0 + 1023.0);
    double s = (m - 1.0) / (m + 1.0), s2 = s * s;
    double p = 2.0 / 21.0;
    p = fma(p, s2, 2.0 / 19.0);
    p = fma(p, s2, 2.0 / 17.0);
    p = fma(p, s2, 2.0 / 15.0);
    p = fma(p, s2, 2.0 / 13.0);
    p = fma(p, s2, 2.0 / 11.0);
    p = fma(p, s2, 2.0 / 9.0);
    p = fma(p, s2, 2.0 / 7.0);
    p = fma(p, s2, 2.0 / 5.0);
    p = fma(p, s2, 2.0 / 3.0);
    p = fma(p, s2, 2.0);
    return fma(e, 0.693147180559945309417, s * p);
}

// (sin 2πt, cos 2πt) for t in [0, 1): exact reduction to an eighth of a turn, then Taylor.
DEVICE void sin_cos_turn(double t, double* sine, double* cosine) {
    const double integer = 4503599627370496.0;
    double shifted = fma(t, 4.0, integer);
    u64 quarter = as_bits(shifted);
    double x = (t - (shifted - integer) * 0.25) * 6.28318530717958647693, x2 = x * x;
    double s = 1.0 / 355687428096000.0;
    s = fma(s, x2, -1.0 / 1307674368000.0);
    s = fma(s, x2, 1.0 / 6227020800.0);
    s = fma(s, x2, -1.0 / 39916800.0);
    s = fma(s, x2, 1.0 / 362880.0);
    s = fma(s, x2, -1.0 / 5040.0);
    s = fma(s, x2, 1.0 / 120.0);
    s = fma(s, x2, -1.0 / 6.0);
    s = fma(s, x2, 1.0);
    double c = -1.0 / 6402373705728000.0;
    c = fma(c, x2, 1.0 / 20922789888000.0);
    c = fma(c, x2, -1.0 / 87178291200.0);
    c = fma(c, x2, 1.0 / 479001600.0);
    c = fma(c, x2, -1.0 / 3628800.0);
    c = fma(c, x2, 1.0 / 40320.0);
    c = fma(c, x2, -1.0 / 720.0);
    c = fma(c, x2, 1.0 / 24.0);
    c = fma(c, x2, -1.0 / 2.0);
    c = fma(c, x2, 1.0);
    s *= x;
    bool odd = quarter & 1;
    double a = odd ? c : s, b = odd ? s : c;
    *sine = as_double(as_bits(a) ^ (quarter & 2) << 62);
    *cosine = as_double(as_bits(b) ^ ((quarter + 1) & 2) << 62);
}

// The two normals of one block: coordinates 2b and 2b + 1 for block FIRST_BLOCK + b.
DEVICE void normal_pair(Stream stream, u64 sample, u32 block, double* even, double* odd) {
    Words words = block_of(stream, sample, block);
    double radius = sqrt(-2.0 * ln_unit(uniform(words.x, words.y))), sine, cosine;
    sin_cos_turn(uniform(words.z, words.w), &sine, &cosine);
    *even = radius * cosine;
    *odd = radius * sine;
}
