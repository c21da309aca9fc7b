// Paths on laws that do not fit into shared memory, a row a path and one step a few launches; mirrors src/process/chain.rs,
// girsanov.rs and src/channel/posterior/mean/batch.rs to rounding, the random numbers to the bit.
//
// Row r is path r % PATHS of copy r / PATHS % copies of batch r / PATHS / copies; a row holds the d coordinates of that copy.
// The means are two products (numeric/product.cu) with the softmax of a row in between. u: states; shifted: u − γ EX; both
// rows × d. Each number of a row depends on that row alone, so tiles change no bit.
#include "process/girsanov.cu"

#define ROW_THREADS 128u

struct Row {
    u64 at;
    u32 copy;
    u64 batch, sample;

    DEVICE_MEMBER Row(u64 r, u32 copies, u64 first)
        : at(r), copy((u32)(r / PATHS % copies)), batch(r / PATHS / copies),
          sample(first + batch * PATHS + r % PATHS) {}
};

// The thread's pair of coordinates k, k + 1 in a launch of one thread a pair; `inside` where there is one.
struct CoordinatePair {
    u64 row;
    u32 k;
    bool inside;

    DEVICE_MEMBER CoordinatePair(u32 rows, u32 dim) {
        u64 pairs = (dim + 1) / 2, at = (u64)blockIdx.x * 256u + threadIdx.x;
        row = at / pairs;
        k = (u32)(at % pairs) * 2;
        inside = row < rows;
    }
};

// x̂_k before the offset: scale·e + EX + own·ũ.
DEVICE double mean_of(double e, double scale, double own, double shifted, double mean) {
    return fma(own, shifted, fma(scale, e, mean));
}

// The same number in each thread: Σ or max over the block's, in a fixed tree.
DEVICE double block_sum(double* held, double x) {
    __syncthreads();
    held[threadIdx.x] = x;
    for (u32 half = ROW_THREADS / 2; half; half /= 2) {
        __syncthreads();
        if (threadIdx.x < half) held[threadIdx.x] += held[threadIdx.x + half];
    }
    __syncthreads();
    return held[0];
}
DEVICE double block_max(double* held, double x) {
    __syncthreads();
    held[threadIdx.x] = x;
    for (u32 half = ROW_THREADS / 2; half; half /= 2) {
        __syncthreads();
        if (threadIdx.x < half) held[threadIdx.x] = fmax(held[threadIdx.x], held[threadIdx.x + half]);
    }
    __syncthreads();
    return held[0];
}

// x: rows × d, X of each row; four rows a block. ends: J; points, variances: μ_j (J × d) and v_j, unused by orthonormal
// atoms; places: two a copy.
KERNEL(ROW_THREADS, draw_rows)(double* __restrict__ x, const double* __restrict__ ends,
                               const double* __restrict__ points, const double* __restrict__ variances,
                               const u32* __restrict__ places, u64 seed, u64 lane, u64 first, u32 rows, u32 dim,
                               u32 count, u32 copies, u32 orthonormal) {
    u64 r = (u64)blockIdx.x * 4u + threadIdx.x / WARP;
    if (r >= rows) return;
    Row row(r, copies, first);
    Stream stream = {seed, lane};
    u32 i = choice_of(stream, row.sample, places[2 * row.copy], ends, count);
    double std_dev = orthonormal ? 0.0 : sqrt(variances[i]);
    for (u32 k = 2 * (threadIdx.x % WARP); k < dim; k += 2 * WARP) {
        double normal[2] = {0.0, 0.0};
        if (std_dev > 0.0) normal_pair(stream, row.sample, places[2 * row.copy + 1] + k / 2, &normal[0], &normal[1]);
#pragma unroll
        for (u32 n = 0; n < 2; ++n) {
            if (k + n >= dim) break;
            double mean = orthonormal ? (k + n == i ? 1.0 : 0.0) : points[(u64)i * dim + k + n];
            x[r * dim + k + n] = std_dev > 0.0 ? mean + std_dev * normal[n] : mean;
        }
    }
}

// The first states, about γX where `exact` and about γ·prior otherwise; mean: EX as `shifted` takes it off.
KERNEL(256, enter_rows)(double* __restrict__ u, double* __restrict__ shifted, const double* __restrict__ x,
                        const double* __restrict__ prior, const double* __restrict__ mean, u64 seed, u64 lane,
                        u64 first, u32 rows, u32 dim, u32 copies, u32 exact, double snr) {
    CoordinatePair pair(rows, dim);
    if (!pair.inside) return;
    Row row(pair.row, copies, first);
    Normals normals(Stream{seed, lane}, row.sample, FIRST_BLOCK);
    double deviation = sqrt(snr);
    for (u32 k = pair.k; k < dim && k < pair.k + 2; ++k) {
        u64 at = row.at * dim + k;
        double centre = exact ? x[at] : prior[k];
        u[at] = fma(deviation, normals.at(row.copy * dim + k), snr * centre);
        shifted[at] = u[at] - snr * mean[k];
    }
}

// A block a row: posterior weights times a_j, times scale, from the products ⟨ũ, μ̃_j⟩ (may be the same memory; ũ itself for
// orthonormal atoms), with scale and own = scale·Σ w_j v_j a_j of each row. γ is snrs[stride · batch].
KERNEL(ROW_THREADS, weigh_rows)(double* weights, double* __restrict__ scale, double* __restrict__ own,
                                const double* products, const double* __restrict__ shifted,
                                const double* __restrict__ variances, const double* __restrict__ ln_weights,
                                const double* __restrict__ half_norms, const double* __restrict__ snrs, u32 stride,
                                u32 dim, u32 count, u32 uniform_variance, u32 copies) {
    SHARED(double, held, ROW_THREADS);
    u64 row = blockIdx.x;
    double snr = snrs[row / PATHS / copies * stride], half_dim = 0.5 * (double)dim, square = 0.0;
    if (!uniform_variance) {
        for (u32 k = threadIdx.x; k < dim; k += ROW_THREADS)
            square = fma(shifted[row * dim + k], shifted[row * dim + k], square);
        square = block_sum(held, square);
    }
    const double* from = products + row * count;
    double *to = weights + row * count, largest = -INFINITE;
    for (u32 j = threadIdx.x; j < count; j += ROW_THREADS) {
        double v = variances[j], shrink = v > 0.0 ? 1.0 / fma(snr, v, 1.0) : 1.0;
        double spread = v > 0.0 ? half_dim * log1p(snr * v) : 0.0;
        double l = fma(shrink, fma(0.5 * v, square, from[j]), ln_weights[j] - spread - snr * half_norms[j] * shrink);
        to[j] = l;
        largest = fmax(largest, l);
    }
    largest = block_max(held, largest);
    double total = 0.0, share = 0.0;
    for (u32 j = threadIdx.x; j < count; j += ROW_THREADS) {
        double v = variances[j], w = weight_of(to[j], largest), shrunk = v > 0.0 ? w / fma(snr, v, 1.0) : w;
        total += w;
        share = fma(v, shrunk, share);
        to[j] = shrunk;
    }
    total = block_sum(held, total);
    share = block_sum(held, share);
    if (threadIdx.x == 0) {
        scale[row] = 1.0 / total;
        own[row] = share / total;
    }
}

// One step of each row; e: rows × d, the weights' product with μ̃; block: the first of the step's noise.
KERNEL(256, advance_rows)(double* __restrict__ u, double* __restrict__ before, double* __restrict__ shifted,
                          const double* __restrict__ e, const double* __restrict__ scale,
                          const double* __restrict__ own, const double* __restrict__ mean, u64 seed, u64 lane,
                          u64 first, u32 rows, u32 dim, u32 copies, u32 block, double keep, double pull, double spread,
                          double carry, double offset, double next_snr) {
    CoordinatePair pair(rows, dim);
    if (!pair.inside) return;
    Row row(pair.row, copies, first);
    Normals normals(Stream{seed, lane}, row.sample, block);
    for (u32 k = pair.k; k < dim && k < pair.k + 2; ++k) {
        u64 at = row.at * dim + k;
        double noise = spread > 0.0 ? normals.at(row.copy * dim + k) : 0.0;
        double x = mean_of(e[at], scale[row.at], own[row.at], shifted[at], mean[k]) + offset;
        // Nothing stands in `before` at the first step.
        double extrapolated = carry > 0.0 ? fma(carry, x - before[at], x) : x;
        before[at] = x;
        u[at] = fma(keep, u[at], fma(pull, extrapolated, spread * noise));
        shifted[at] = u[at] - next_snr * mean[k];
    }
}

// out: batches × copies·d × PATHS, the last states. A thread a number of it.
KERNEL(256, leave_rows)(double* __restrict__ out, const double* __restrict__ u, u32 rows, u32 dim, double snr) {
    u64 at = (u64)blockIdx.x * 256u + threadIdx.x, column = at / PATHS;
    if (at >= (u64)rows * dim) return;
    out[at] = u[(column / dim * PATHS + at % PATHS) * dim + column % dim] / snr;
}

// snrs: (1 + 3·count) × batches: 0, then start and two points of each step, for each batch. A thread a step and batch.
KERNEL(256, draw_points)(double* __restrict__ snrs, const double* __restrict__ steps, u64 seed, u64 lane, u64 first,
                         u32 count, u32 batches) {
    u32 at = blockIdx.x * 256u + threadIdx.x, k = at / batches, batch = at % batches;
    if (k >= count) return;
    double lo = steps[3 * k], hi = steps[3 * k + 1];
    double share = share_of(Stream{seed, lane}, first + (u64)batch * PATHS, k);
    if (k == 0) snrs[batch] = 0.0;
    double* to = snrs + (u64)(1 + 3 * k) * batches + batch;
    to[0] = lo;
    to[batches] = fma(hi - lo, share, lo);
    to[2 * batches] = fma(hi - lo, 1.0 - share, lo);
}

// Moves U on from γ = now[batch] to next[batch]; block: the first of the increment's.
KERNEL(256, diffuse_rows)(double* __restrict__ u, double* __restrict__ shifted, const double* __restrict__ x,
                          const double* __restrict__ mean, const double* __restrict__ now,
                          const double* __restrict__ next, u64 seed, u64 lane, u64 first, u32 rows, u32 dim, u32 copies,
                          u32 block) {
    CoordinatePair pair(rows, dim);
    if (!pair.inside) return;
    Row row(pair.row, copies, first);
    Normals normals(Stream{seed, lane}, row.sample, block);
    double step = next[row.batch] - now[row.batch], deviation = sqrt(step);
    for (u32 k = pair.k; k < dim && k < pair.k + 2; ++k) {
        u64 at = row.at * dim + k;
        u[at] = u[at] + fma(step, x[at], deviation * normals.at(row.copy * dim + k));
        shifted[at] = u[at] - next[row.batch] * mean[k];
    }
}

// A warp a row, four rows a block. Where `factor` is 0: frozen = x̂ + offset, total = 0 at the `start` of the paths. Otherwise
// total += factor · |x̂ − frozen|².
KERNEL(ROW_THREADS, depart_rows)(double* __restrict__ total, double* __restrict__ frozen,
                                 const double* __restrict__ e, const double* __restrict__ scale,
                                 const double* __restrict__ own, const double* __restrict__ shifted,
                                 const double* __restrict__ mean, u32 rows, u32 dim, u32 start, double offset,
                                 double factor) {
    u64 row = (u64)blockIdx.x * 4u + threadIdx.x / WARP;
    if (row >= rows) return;
    double square = 0.0;
    for (u32 k = threadIdx.x % WARP; k < dim; k += WARP) {
        u64 at = row * dim + k;
        double x = mean_of(e[at], scale[row], own[row], shifted[at], mean[k]);
        if (factor > 0.0) {
            double apart = x - frozen[at];
            square = fma(apart, apart, square);
        } else {
            frozen[at] = x + offset;
        }
    }
    square = warp_sum(square);
    if (threadIdx.x % WARP == 0) total[row] = start ? 0.0 : total[row] + factor * square;
}

// out: batches; the sum of a batch's rows over PATHS. A block a batch.
KERNEL(PATHS, sum_rows)(double* __restrict__ out, const double* __restrict__ total, u32 copies) {
    SHARED(double, held, PATHS);
    const double* from = total + (u64)blockIdx.x * copies * PATHS + threadIdx.x;
    double sum = 0.0;
    for (u32 copy = 0; copy < copies; ++copy) sum += from[(u64)copy * PATHS];
    held[threadIdx.x] = sum;
    for (u32 half = PATHS / 2; half; half /= 2) {
        __syncthreads();
        if (threadIdx.x < half) held[threadIdx.x] += held[threadIdx.x + half];
    }
    if (threadIdx.x == 0) out[blockIdx.x] = held[0] / (double)PATHS;
}
