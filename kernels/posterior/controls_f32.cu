// Control variates from f32 products; mirrors src/channel/posterior/controls.rs to f32's rounding, which the host measures on each
// job: it withholds those that rounding would show in (symmetric laws make whole controls vanish or constant).
//
// Sums are taken of a − ã and D − D̄, with D̄ = E|x̃|² + |x̃_I|² exact and ã = −⟨z, x̃_I⟩, which is E_p a for atoms in space
// (orthonormal ones: near it), so that next to nothing cancels afterwards.
#include "posterior/neighbours_f32.cuh"

#define SHIFTED_SUMS 5u
#define CONTROLS_F32 7u

// shifted: count × 5, Σ p f over the atoms of a block for f = a, a², aD, D², a²D, both shifted, in the law's own units; one
// warp a sample. weights, norms: p_i and |x̃_i|² of all atoms; own: ⟨z, x̃_I⟩, count; variance: E|x̃|².
KERNEL(128, prior_f32)(double* __restrict__ shifted, const float* __restrict__ noise,
                       const float* __restrict__ distances, const u32* __restrict__ index,
                       const float* __restrict__ log_weights, u32 table, u32 spacing, const float* __restrict__ weights,
                       const double* __restrict__ own, const double* __restrict__ norms, double variance, double unit,
                       u32 count, u32 start, u32 stride) {
    u32 s = blockIdx.x * 4u + threadIdx.x / WARP, lane = threadIdx.x % WARP;
    if (s >= count) return;
    NearOne law = near_one(Near{noise, distances, index, log_weights, table, spacing, start, stride}, s);
    float mean_a = (float)(-own[s] * unit), mean_d = (float)((variance + norms[index[s]]) * unit * unit);
    float sum[SHIFTED_SUMS] = {0.0f, 0.0f, 0.0f, 0.0f, 0.0f};
    const TwoFloats* own_weights = (const TwoFloats*)(weights + start) + lane;
    for (u32 step = 0; step < stride / (2 * WARP); ++step) {
        float a[2], d[2];
        law.pair(step, a, d);
        TwoFloats p = own_weights[step * WARP];
#pragma unroll
        for (u32 k = 0; k < 2; ++k) {
            // At I both are 0 before the shift.
            bool own_atom = law.is_own(step, k);
            float x = (own_atom ? 0.0f : a[k]) - mean_a, y = (own_atom ? 0.0f : d[k]) - mean_d;
            float weight = k ? p.second : p.first, px = weight * x, py = weight * y, pxy = px * y;
            sum[0] += px;
            sum[1] = fmaf(px, x, sum[1]);
            sum[2] += pxy;
            sum[3] = fmaf(py, y, sum[3]);
            sum[4] = fmaf(pxy, x, sum[4]);
        }
    }
    double length = 1.0 / unit, square = length * length;
    double scale[SHIFTED_SUMS] = {length, square, square * length, square * square, square * square};
#pragma unroll
    for (u32 j = 0; j < SHIFTED_SUMS; ++j) {
        double total = warp_sum((double)sum[j]) * scale[j];
        double* to = shifted + (u64)s * SHIFTED_SUMS + j;
        if (lane == 0) *to = start == 0 ? total : *to + total;
    }
}

// The seven controls of each sample into rows `first_row ..` of `columns` (one row a column of the moments, count long); of
// those whose bit of `withheld` is set, the known mean.
KERNEL(128, controls_f32)(double* __restrict__ columns, const double* __restrict__ shifted,
                          const u32* __restrict__ index, const double* __restrict__ ln_weights,
                          const double* __restrict__ own, const double* __restrict__ norms,
                          const double* __restrict__ known, double variance, double shannon, u32 withheld, u32 count,
                          u32 first_row) {
    u32 s = blockIdx.x * 128u + threadIdx.x;
    if (s >= count) return;
    const double* sum = shifted + (u64)s * SHIFTED_SUMS;
    u32 i = index[s];
    double value[CONTROLS_F32] = {0.5 * (variance + norms[i]),
                                  sum[0] - own[s],
                                  sum[2],
                                  sum[1] - sum[0] * sum[0],
                                  sum[3],
                                  sum[4] - 2.0 * sum[0] * sum[2],
                                  -ln_weights[i] - shannon};
#pragma unroll
    for (u32 j = 0; j < CONTROLS_F32; ++j)
        columns[(u64)(first_row + j) * count + s] = withheld >> j & 1 ? known[j] : value[j];
}
