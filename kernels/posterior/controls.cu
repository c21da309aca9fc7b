// Control variates: the posterior sums at γ = 0; mirrors src/channel/posterior/controls.rs to rounding.
#include "posterior/atoms.cuh"
#include "posterior/simplex.cuh"

#define PRIOR_SUMS 6u
#define CONTROLS 7u

// prior: count × 6, Σ p f over the atoms of a block for f = D, a, a², D², aD, a²D; one warp a sample.
template <class Law>
DEVICE void add_prior(double* __restrict__ prior, const Law& law, const double* __restrict__ weights, u32 count,
                      bool fresh) {
    u32 s = blockIdx.x * 4u + threadIdx.x / WARP, lane = threadIdx.x % WARP;
    if (s >= count) return;
    auto source = law.source(s);
    double sum[PRIOR_SUMS] = {0.0, 0.0, 0.0, 0.0, 0.0, 0.0};
    for (u32 i = lane; i < law.size; i += WARP) {
        double a, d, c, p = weights[law.start + i];
        law.neighbour(source, i, &a, &d, &c);
        double pa = p * a, pd = p * d;
        sum[0] += pd;
        sum[1] += pa;
        sum[2] = fma(pa, a, sum[2]);
        sum[3] = fma(pd, d, sum[3]);
        sum[4] = fma(pa, d, sum[4]);
        sum[5] = fma(pa * a, d, sum[5]);
    }
#pragma unroll
    for (u32 j = 0; j < PRIOR_SUMS; ++j) sum[j] = warp_sum(sum[j]);
    if (lane == 0)
#pragma unroll
        for (u32 j = 0; j < PRIOR_SUMS; ++j) {
            double* to = prior + (u64)s * PRIOR_SUMS + j;
            *to = fresh ? sum[j] : *to + sum[j];
        }
}

KERNEL(128, prior_of_atoms)(double* __restrict__ prior, const double* __restrict__ products,
                            const double* __restrict__ sources, const double* __restrict__ own,
                            const u32* __restrict__ index, const double* __restrict__ norms,
                            const double* __restrict__ ln_weights, const double* __restrict__ noise,
                           const double* __restrict__ own_points, const double* __restrict__ points_of_block, u32 table, u32 dim, const double* __restrict__ weights,
                            u32 count, u32 start, u32 size) {
    Atoms law = {products, sources,         own,   index, norms, ln_weights, noise,
                 own_points, points_of_block, table, dim,   start, size};
    add_prior(prior, law, weights, count, start == 0);
}

KERNEL(128, prior_of_simplex)(double* __restrict__ prior, const double* __restrict__ noise,
                              const double* __restrict__ own, const u32* __restrict__ index,
                              const double* __restrict__ ln_weights, const double* __restrict__ weights, u32 count,
                              u32 start, u32 size) {
    add_prior(prior, Simplex{noise, own, index, ln_weights, start, size}, weights, count, start == 0);
}

// `difference`, or 0 where it is rounding of terms of the given size.
DEVICE double cleared(double difference, double size) { return fabs(difference) <= 1e-11 * size ? 0.0 : difference; }

// The seven controls of each sample into rows `first_row ..` of `columns` (one row a column of the moments, count long).
KERNEL(128, controls)(double* __restrict__ columns, const double* __restrict__ prior, const u32* __restrict__ index,
                      const double* __restrict__ ln_weights, double shannon, u32 count, u32 first_row) {
    u32 s = blockIdx.x * 128u + threadIdx.x;
    if (s >= count) return;
    const double* sum = prior + (u64)s * PRIOR_SUMS;
    double d = sum[0], a = sum[1], aa = sum[2], dd = sum[3], ad = sum[4], aad = sum[5];
    double third = aad - aa * d - 2.0 * a * ad + 2.0 * a * a * d;
    double size = aad + aa * d + 2.0 * fabs(a * ad) + 2.0 * a * a * d;
    double value[CONTROLS] = {0.5 * d,
                              a,
                              cleared(ad - a * d, fabs(ad) + fabs(a * d)),
                              aa - a * a,
                              dd - d * d,
                              cleared(third, size),
                              cleared(-ln_weights[index[s]] - shannon, shannon)};
#pragma unroll
    for (u32 j = 0; j < CONTROLS; ++j) columns[(u64)(first_row + j) * count + s] = value[j];
}
