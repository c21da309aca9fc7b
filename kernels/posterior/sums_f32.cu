// Five posterior sums for each sample and SNR in f32; the f64 ones are in sums.cu, and so is what the sums are.
//
// The products stay f64: a, D and c are exact before they are rounded, and log-weights of atoms that count are below some
// 100, so that their f32 error is below 1e-5. A warp takes one sample and sixteen SNRs; sums of a block of atoms are f32,
// blocks are added up in f64. The error that this makes is measured on each job, never assumed.
#include "posterior/atoms.cuh"
#include "posterior/simplex.cuh"

#define NEGLIGIBLE_F32 60.0f
// SNRs a warp: 16 · 5 sums in 80 registers.
#define GROUP_F32 16u
#define LOG2_E 1.44269504088896340736

// One exchange: of 2·HALF SNRs a lane keeps the upper or the lower half and adds what its partner has of them.
template <u32 HALF>
DEVICE void exchange_f32(float (*value)[5]) {
    bool upper = threadIdx.x & 2 * HALF;
#pragma unroll
    for (u32 k = 0; k < HALF; ++k)
#pragma unroll
        for (u32 j = 0; j < 5; ++j) {
            float kept = upper ? value[k + HALF][j] : value[k][j], sent = upper ? value[k][j] : value[k + HALF][j];
            value[k][j] = kept + __shfl_xor_sync(EVERY_LANE, sent, 2 * HALF);
        }
}

template <class Law>
DEVICE void add_sums_f32(double* __restrict__ sums, const Law& law, const double* __restrict__ snrs, u32 count,
                         u32 points, bool fresh) {
    u32 s = blockIdx.x * 4u + threadIdx.x / WARP, lane = threadIdx.x % WARP, group = blockIdx.y * GROUP_F32;
    if (s >= count) return;
    auto source = law.source(s);
    float root[GROUP_F32], half[GROUP_F32], value[GROUP_F32][5];
#pragma unroll
    for (u32 k = 0; k < GROUP_F32; ++k) {
        double snr = snrs[(u64)s * points + (group + k < points ? group + k : points - 1)];
        root[k] = (float)(sqrt(snr) * LOG2_E);
        half[k] = (float)(-0.5 * snr * LOG2_E);
#pragma unroll
        for (u32 j = 0; j < 5; ++j) value[k][j] = 0.0f;
    }
    for (u32 i = lane; i - lane < law.size; i += WARP) {
        double exact_a, exact_d, exact_c;
        law.neighbour(source, i, &exact_a, &exact_d, &exact_c);
        float a = (float)exact_a, d = (float)exact_d, c = (float)(exact_c * LOG2_E);
#pragma unroll
        for (u32 quad = 0; quad < GROUP_F32; quad += 4) {
            float log_weight[4];
            bool near = false;
#pragma unroll
            for (u32 k = 0; k < 4; ++k) {
                log_weight[k] = fmaf(root[quad + k], a, fmaf(half[quad + k], d, c));
                near |= log_weight[k] > -NEGLIGIBLE_F32 * (float)LOG2_E;
            }
            if (!__any_sync(EVERY_LANE, near)) continue;
#pragma unroll
            for (u32 k = 0; k < 4; ++k) {
                float* to = value[quad + k];
                float weight = power_of_two(log_weight[k]), weighted = weight * d;
                to[0] += weight;
                to[1] += weighted;
                to[2] = fmaf(weight, a, to[2]);
                to[3] = fmaf(weighted, d, to[3]);
                to[4] = fmaf(weighted, a, to[4]);
            }
        }
    }
    exchange_f32<8>(value);
    exchange_f32<4>(value);
    exchange_f32<2>(value);
    exchange_f32<1>(value);
    // Lanes l and l + 1, l even, now hold two halves of the sums of SNR l / 2.
#pragma unroll
    for (u32 j = 0; j < 5; ++j) value[0][j] += __shfl_xor_sync(EVERY_LANE, value[0][j], 1);
    u32 point = group + lane / 2;
    if (lane % 2 == 0 && point < points) {
        double* to = sums + ((u64)s * points + point) * 5;
#pragma unroll
        for (u32 j = 0; j < 5; ++j) to[j] = fresh ? (double)value[0][j] : to[j] + (double)value[0][j];
    }
}

KERNEL(128, sums_of_atoms_f32)(double* __restrict__ sums, const double* __restrict__ products,
                               const double* __restrict__ sources, const double* __restrict__ own,
                               const u32* __restrict__ index, const double* __restrict__ norms,
                               const double* __restrict__ ln_weights, u32 table, const double* __restrict__ snrs,
                               u32 count, u32 points, u32 start, u32 size) {
    Atoms law = {products, sources, own, index, norms, ln_weights, table, start, size};
    add_sums_f32(sums, law, snrs, count, points, start == 0);
}

KERNEL(128, sums_of_simplex_f32)(double* __restrict__ sums, const double* __restrict__ noise,
                                 const double* __restrict__ own, const u32* __restrict__ index,
                                 const double* __restrict__ ln_weights, const double* __restrict__ snrs, u32 count,
                                 u32 points, u32 start, u32 size) {
    add_sums_f32(sums, Simplex{noise, own, index, ln_weights, start, size}, snrs, count, points, start == 0);
}
