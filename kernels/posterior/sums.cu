// Five posterior sums for each sample and SNR; mirrors src/channel/posterior/sums.rs to rounding.
//
// A warp takes one sample and eight SNRs, a lane every 32nd atom. Atoms are not sorted by how long they matter, as on the
// CPU; instead four SNRs at a time are left out where no lane's log-weight is above −60: N atoms of them are N·8.8e-27 of
// the source atom's weight. An atom that is kept is kept with its whole warp, in a tree fixed by its index.
#include "numeric/exp.cuh"
#include "posterior/atoms.cuh"
#include "posterior/simplex.cuh"

#define NEGLIGIBLE 60.0
// SNRs a warp: 8 · 5 sums in 80 registers.
#define GROUP 8u
#define SUMS 5u

// One exchange: of 2·HALF SNRs a lane keeps the upper or the lower half and adds what its partner has of them.
template <u32 HALF>
DEVICE void exchange(double (*value)[SUMS]) {
    bool upper = threadIdx.x & 4 * HALF;
#pragma unroll
    for (u32 k = 0; k < HALF; ++k)
#pragma unroll
        for (u32 j = 0; j < SUMS; ++j) {
            double kept = upper ? value[k + HALF][j] : value[k][j], sent = upper ? value[k][j] : value[k + HALF][j];
            value[k][j] = kept + __shfl_xor_sync(EVERY_LANE, sent, 4 * HALF);
        }
}

// Adds up value[k][j] over the lanes: lane l ends with the totals of SNR l / 4 in value[0]. 45 shuffles; a sum of each
// value over all lanes would take 200.
DEVICE void fold(double (*value)[SUMS]) {
    exchange<4>(value);
    exchange<2>(value);
    exchange<1>(value);
#pragma unroll
    for (u32 j = 0; j < SUMS; ++j) {
        value[0][j] += __shfl_xor_sync(EVERY_LANE, value[0][j], 2);
        value[0][j] += __shfl_xor_sync(EVERY_LANE, value[0][j], 1);
    }
}

// sums: count × points × 5, in the order Σw, ΣwD, Σwa, ΣwD², ΣwaD; written where `fresh`, otherwise added to.
template <class Law>
DEVICE void add_sums(double* __restrict__ sums, const Law& law, const double* __restrict__ snrs, u32 count, u32 points,
                     bool fresh) {
    u32 s = blockIdx.x * 4u + threadIdx.x / WARP, lane = threadIdx.x % WARP, group = blockIdx.y * GROUP;
    if (s >= count) return;
    auto source = law.source(s);
    double root[GROUP], half[GROUP], value[GROUP][SUMS];
#pragma unroll
    for (u32 k = 0; k < GROUP; ++k) {
        // Beyond the last SNR the last one again; not stored.
        root[k] = sqrt(snrs[(u64)s * points + (group + k < points ? group + k : points - 1)]);
        half[k] = -0.5 * root[k] * root[k];
#pragma unroll
        for (u32 j = 0; j < SUMS; ++j) value[k][j] = 0.0;
    }
    for (u32 i = lane; i - lane < law.size; i += WARP) {
        double a, d, c;
        law.neighbour(source, i, &a, &d, &c);
#pragma unroll
        for (u32 quad = 0; quad < GROUP; quad += 4) {
            double log_weight[4];
            bool near = false;
#pragma unroll
            for (u32 k = 0; k < 4; ++k) {
                log_weight[k] = fma(root[quad + k], a, fma(half[quad + k], d, c));
                near |= log_weight[k] > -NEGLIGIBLE;
            }
            if (!__any_sync(EVERY_LANE, near)) continue;
#pragma unroll
            for (u32 k = 0; k < 4; ++k) {
                double* to = value[quad + k];
                double weight = exp_weight(log_weight[k]), weighted = weight * d;
                to[0] += weight;
                to[1] += weighted;
                to[2] = fma(weight, a, to[2]);
                to[3] = fma(weighted, d, to[3]);
                to[4] = fma(weighted, a, to[4]);
            }
        }
    }
    fold(value);
    u32 point = group + lane / 4;
    if (lane % 4 == 0 && point < points) {
        double* to = sums + ((u64)s * points + point) * SUMS;
#pragma unroll
        for (u32 j = 0; j < SUMS; ++j) to[j] = fresh ? value[0][j] : to[j] + value[0][j];
    }
}

KERNEL(128, sums_of_atoms)(double* __restrict__ sums, const double* __restrict__ products,
                           const double* __restrict__ sources, const double* __restrict__ own,
                           const u32* __restrict__ index, const double* __restrict__ norms,
                           const double* __restrict__ ln_weights, const double* __restrict__ noise,
                           const double* __restrict__ own_points, const double* __restrict__ points_of_block, u32 table, u32 dim, const double* __restrict__ snrs, u32 count,
                           u32 points, u32 start, u32 size) {
    Atoms law = {products, sources,         own,   index, norms, ln_weights, noise,
                 own_points, points_of_block, table, dim,   start, size};
    add_sums(sums, law, snrs, count, points, start == 0);
}

KERNEL(128, sums_of_simplex)(double* __restrict__ sums, const double* __restrict__ noise,
                             const double* __restrict__ own, const u32* __restrict__ index,
                             const double* __restrict__ ln_weights, const double* __restrict__ snrs, u32 count,
                             u32 points, u32 start, u32 size) {
    add_sums(sums, Simplex{noise, own, index, ln_weights, start, size}, snrs, count, points, start == 0);
}
