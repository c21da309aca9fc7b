// Five posterior sums for each sample and SNR in f32; the f64 ones are in sums.cu, and so is what the sums are.
//
// Log-weights of atoms that count are below some 100 in size: D rounded to f32 moves them by 6e-8 of γD/2, a by √γ times
// what product_f16x3.cu says. A warp takes one sample and sixteen SNRs, a lane two neighbouring atoms of every 64; sums of
// a block of atoms are f32, blocks are added up in f64. The error that this makes is measured on each job, never assumed.
//
// The loop is limited by the instructions issued: 8 an atom and SNR for the log-weight, 2^x and the five sums; all else is
// done once for 16 SNRs or for two atoms. Four SNRs are left out where no lane's log-weight can reach −60 at any of them:
// √γ|a| − γD/2 + c with the largest √γ, the smallest γ, and of the two atoms the largest |a| and c and the smallest D.
#include "posterior/neighbours_f32.cuh"

#define NEGLIGIBLE_F32 60.0f
// SNRs a warp: 16 · 5 sums in 80 registers.
#define GROUP_F32 16u
#define QUADS (GROUP_F32 / 4)

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

// Lane l, even, ends with the totals of SNR l / 2 in value[0].
DEVICE void fold_f32(float (*value)[5]) {
    exchange_f32<8>(value);
    exchange_f32<4>(value);
    exchange_f32<2>(value);
    exchange_f32<1>(value);
#pragma unroll
    for (u32 j = 0; j < 5; ++j) value[0][j] += __shfl_xor_sync(EVERY_LANE, value[0][j], 1);
}

// The SNRs of a warp: √γ·log2 e and −½γ·log2 e in the law's units, and of each four the largest of both.
struct Points {
    float root[GROUP_F32], half[GROUP_F32], high_root[QUADS], high_half[QUADS];
};

// SNRs `group ..` of a sample's `points`; beyond the last one the last one again.
DEVICE Points points_of(const double* __restrict__ snrs, u32 group, u32 points, double unit) {
    Points p;
#pragma unroll
    for (u32 k = 0; k < GROUP_F32; ++k) {
        double snr = snrs[group + k < points ? group + k : points - 1] / unit / unit;
        p.root[k] = (float)(sqrt(snr) * LOG2_E);
        p.half[k] = (float)(-0.5 * snr * LOG2_E);
        u32 quad = k / 4;
        p.high_root[quad] = k % 4 ? fmaxf(p.high_root[quad], p.root[k]) : p.root[k];
        p.high_half[quad] = k % 4 ? fmaxf(p.high_half[quad], p.half[k]) : p.half[k];
    }
    return p;
}

// Adds two atoms to the sums of all SNRs.
DEVICE void add_pair(float (*value)[5], const Points& p, const float* a, const float* d, const float* c) {
    float reach = fmaxf(fabsf(a[0]), fabsf(a[1])), nearest = fminf(d[0], d[1]), likeliest = fmaxf(c[0], c[1]);
    float squared[2] = {d[0] * d[0], d[1] * d[1]}, crossed[2] = {a[0] * d[0], a[1] * d[1]};
#pragma unroll
    for (u32 quad = 0; quad < QUADS; ++quad) {
        float most = fmaf(p.high_root[quad], reach, fmaf(p.high_half[quad], nearest, likeliest));
        if (!__any_sync(EVERY_LANE, most > -NEGLIGIBLE_F32 * (float)LOG2_E)) continue;
#pragma unroll
        for (u32 k = 4 * quad; k < 4 * quad + 4; ++k)
#pragma unroll
            for (u32 i = 0; i < 2; ++i) {
                float weight = power_of_two(fmaf(p.root[k], a[i], fmaf(p.half[k], d[i], c[i])));
                value[k][0] += weight;
                value[k][1] = fmaf(weight, d[i], value[k][1]);
                value[k][2] = fmaf(weight, a[i], value[k][2]);
                value[k][3] = fmaf(weight, squared[i], value[k][3]);
                value[k][4] = fmaf(weight, crossed[i], value[k][4]);
            }
    }
}

// sums: count × points × 5 in the law's own units, written where start is 0, otherwise added to.
KERNEL(128, sums_f32)(double* __restrict__ sums, const float* __restrict__ noise,
                      const float* __restrict__ distances, const u32* __restrict__ index,
                      const float* __restrict__ log_weights, u32 table, u32 spacing, const double* __restrict__ snrs,
                      double unit, u32 count, u32 points, u32 start, u32 stride) {
    u32 s = blockIdx.x * 4u + threadIdx.x / WARP, lane = threadIdx.x % WARP, group = blockIdx.y * GROUP_F32;
    if (s >= count) return;
    NearOne law = near_one(Near{noise, distances, index, log_weights, table, spacing, start, stride}, s);
    Points p = points_of(snrs + (u64)s * points, group, points, unit);
    float value[GROUP_F32][5];
#pragma unroll
    for (u32 k = 0; k < GROUP_F32; ++k)
#pragma unroll
        for (u32 j = 0; j < 5; ++j) value[k][j] = 0.0f;
    for (u32 step = 0; step < stride / (2 * WARP); ++step) {
        float a[2], d[2], c[2];
        law.pair(step, a, d);
        law.ratios(step, c);
        add_pair(value, p, a, d, c);
    }
    fold_f32(value);
    u32 point = group + lane / 2;
    if (lane % 2 || point >= points) return;
    double length = 1.0 / unit, square = length * length;
    double scale[5] = {1.0, square, length, square * square, square * length};
    double* to = sums + ((u64)s * points + point) * 5;
#pragma unroll
    for (u32 j = 0; j < 5; ++j) {
        double sum = (double)value[0][j] * scale[j];
        to[j] = start == 0 ? sum : to[j] + sum;
    }
}
