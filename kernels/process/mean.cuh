// E[X | U_γ = u] of one path a thread; mirrors src/channel/posterior/mean/batch.rs operation by operation: the same bits but for ln(1 + γv)
// of a mixture, which is the device's own.
//
// A block is one batch of paths, for one factor of a product. The law stands in shared memory; a path's numbers are columns
// there, number k of thread t at k·PATHS + t, so that a half-warp reads 16 different banks.
#pragma once
#include "numeric/exp.cuh"

// BATCH of src/channel/posterior/mod.rs.
#define PATHS 64u
// Logarithms of weights are cut off here below the largest.
#define LEAST -300.0
// Products of a state that are added up side by side: each number of it is read once for so many.
#define ROWS_AT_ONCE 8u
#define COLUMNS_AT_ONCE 4u

// e^(l − largest), at least e^LEAST.
DEVICE double weight_of(double l, double largest) {
    double x = l - largest;
    return exp_weight(x > LEAST ? x : LEAST);
}

// Copies `count` numbers into shared memory, all threads together.
DEVICE void stage(double* to, const double* __restrict__ from, u32 count) {
    for (u32 i = threadIdx.x; i < count; i += PATHS) to[i] = from[i];
    __syncthreads();
}

// Isotropic Gaussians (or atoms) about a common mean. Table: EX (d), μ̃_j (J × d), v_j, ln w_j and ½|μ̃_j|² (J each); in
// shared memory a_j and the constant parts of the log-weights follow (J each).
struct Components {
    double *mean, *centred, *variances, *ln_weights, *half_norms, *shrinks, *constants;
    u32 dim, count;
    // All v_j are one number.
    bool uniform;

    DEVICE_MEMBER Components(double* shared, const double* __restrict__ table, u32 d, u32 n, bool same)
        : mean(shared), centred(mean + d), variances(centred + n * d), ln_weights(variances + n),
          half_norms(ln_weights + n), shrinks(half_norms + n), constants(shrinks + n), dim(d), count(n), uniform(same) {
        stage(shared, table, d + n * d + 3 * n);
    }

    // Behind the law.
    DEVICE_MEMBER double* columns() const { return constants + count + threadIdx.x; }
    // Columns of the posterior weights.
    DEVICE_MEMBER u32 weights() const { return count; }

    // What depends on γ alone, the same in each thread.
    DEVICE_MEMBER void prepare(double snr) const {
        __syncthreads();
        double half_dim = 0.5 * (double)dim;
        for (u32 j = threadIdx.x; j < count; j += PATHS) {
            double shrink = 1.0 / fma(snr, variances[j], 1.0);
            shrinks[j] = shrink;
            constants[j] = ln_weights[j] - half_dim * log1p(snr * variances[j]) - snr * half_norms[j] * shrink;
        }
        __syncthreads();
    }

    // Logarithms of the weights; returns the largest.
    DEVICE_MEMBER double log_weights(double* weight, const double* u, double snr) const {
        double square = 0.0, largest = -INFINITE;
        if (!uniform)
#pragma unroll 1
            for (u32 k = 0; k < dim; ++k) {
                double x = u[k * PATHS] - snr * mean[k];
                square = fma(x, x, square);
            }
        for (u32 first = 0; first < count; first += ROWS_AT_ONCE) {
            double sum[ROWS_AT_ONCE];
            const double* row[ROWS_AT_ONCE];
#pragma unroll
            for (u32 i = 0; i < ROWS_AT_ONCE; ++i) {
                sum[i] = 0.0;
                // Beyond the last component the last one again; not stored.
                row[i] = centred + (first + i < count ? first + i : count - 1) * dim;
            }
            for (u32 k = 0; k < dim; ++k) {
                double x = u[k * PATHS] - snr * mean[k];
#pragma unroll
                for (u32 i = 0; i < ROWS_AT_ONCE; ++i) sum[i] = fma(row[i][k], x, sum[i]);
            }
#pragma unroll
            for (u32 i = 0; i < ROWS_AT_ONCE; ++i) {
                u32 j = first + i;
                if (j >= count) break;
                double l = fma(shrinks[j], fma(0.5 * variances[j], square, sum[i]), constants[j]);
                weight[j * PATHS] = l;
                largest = l > largest ? l : largest;
            }
        }
        return largest;
    }

    // The posterior mean into `estimate` (d columns), in the room of `weight` (J columns).
    DEVICE_MEMBER void evaluate(double* estimate, double* weight, const double* u, double snr) const {
        double largest = log_weights(weight, u, snr), total = 0.0, own = 0.0;
#pragma unroll 4
        for (u32 j = 0; j < count; ++j) {
            double w = weight_of(weight[j * PATHS], largest), shrunk = w * shrinks[j];
            total += w;
            weight[j * PATHS] = shrunk;
            own = fma(variances[j], shrunk, own);
        }
        double scale = 1.0 / total;
        own *= scale;
        for (u32 first = 0; first < dim; first += COLUMNS_AT_ONCE) {
            double sum[COLUMNS_AT_ONCE];
            u32 last = dim - first - 1;
#pragma unroll
            for (u32 i = 0; i < COLUMNS_AT_ONCE; ++i) sum[i] = 0.0;
#pragma unroll 4
            for (u32 j = 0; j < count; ++j) {
                double w = weight[j * PATHS];
                const double* row = centred + j * dim + first;
#pragma unroll
                for (u32 i = 0; i < COLUMNS_AT_ONCE; ++i) sum[i] = fma(row[i < last ? i : last], w, sum[i]);
            }
#pragma unroll
            for (u32 i = 0; i < COLUMNS_AT_ONCE; ++i) {
                u32 k = first + i;
                if (k >= dim) break;
                double x = u[k * PATHS] - snr * mean[k];
                estimate[k * PATHS] = fma(own, x, fma(scale, sum[i], mean[k]));
            }
        }
    }

    // X of a sample that lies in component i.
    DEVICE_MEMBER double variance(u32 i) const { return variances[i]; }
    DEVICE_MEMBER double point(const double* __restrict__ points, u32 i, u32 k) const { return points[i * dim + k]; }
};

// Orthonormal atoms: the posterior weights are the mean. Table: EX and ln p (d each).
struct Orthonormal {
    double *mean, *ln_weights;
    u32 dim, count;

    DEVICE_MEMBER Orthonormal(double* shared, const double* __restrict__ table, u32 d)
        : mean(shared), ln_weights(mean + d), dim(d), count(d) {
        stage(shared, table, 2 * d);
    }

    DEVICE_MEMBER double* columns() const { return ln_weights + dim + threadIdx.x; }
    DEVICE_MEMBER u32 weights() const { return 0; }
    DEVICE_MEMBER void prepare(double) const {}

    DEVICE_MEMBER void evaluate(double* estimate, double*, const double* u, double) const {
        double largest = -INFINITE, total = 0.0;
        for (u32 k = 0; k < dim; ++k) {
            double l = u[k * PATHS] + ln_weights[k];
            estimate[k * PATHS] = l;
            largest = l > largest ? l : largest;
        }
#pragma unroll 4
        for (u32 k = 0; k < dim; ++k) {
            double w = weight_of(estimate[k * PATHS], largest);
            estimate[k * PATHS] = w;
            total += w;
        }
        // Divisions are long: once in the text is enough.
#pragma unroll 1
        for (u32 k = 0; k < dim; ++k) estimate[k * PATHS] /= total;
    }

    DEVICE_MEMBER double variance(u32) const { return 0.0; }
    DEVICE_MEMBER double point(const double* __restrict__, u32 i, u32 k) const { return i == k ? 1.0 : 0.0; }
};
