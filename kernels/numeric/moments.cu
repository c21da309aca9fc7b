// Moments of the columns of one tile of samples, in fixed trees; mirrors Moments::of_block of src/numeric/moments/mod.rs to rounding.
//
// columns: width × count, a row a column of the moments. Tiles are merged on the host in the order of their samples.
#include "prelude.cuh"

#define MOMENT_THREADS 256u
// Columns a side of a block of cross products.
#define SIDE 16u
#define KEPT 64u
// Samples of a tile at most: what `extremes` sorts in shared memory.
#define MOST_SAMPLES 1024u

// mean: width; strange: for each column the first sample that is NaN or infinite, `count` where none is.
KERNEL(MOMENT_THREADS, means)(double* __restrict__ mean, u32* __restrict__ strange,
                              const double* __restrict__ columns, u32 count) {
    SHARED(double, sums, MOMENT_THREADS);
    SHARED(u32, firsts, MOMENT_THREADS);
    const double* column = columns + (u64)blockIdx.x * count;
    double sum = 0.0;
    u32 first = count;
    for (u32 s = threadIdx.x; s < count; s += MOMENT_THREADS) {
        double x = column[s];
        sum += x;
        if (!(fabs(x) < INFINITE) && s < first) first = s;
    }
    sums[threadIdx.x] = sum;
    firsts[threadIdx.x] = first;
    for (u32 half = MOMENT_THREADS / 2; half; half /= 2) {
        __syncthreads();
        if (threadIdx.x < half) {
            sums[threadIdx.x] += sums[threadIdx.x + half];
            u32 other = firsts[threadIdx.x + half];
            if (other < firsts[threadIdx.x]) firsts[threadIdx.x] = other;
        }
    }
    if (threadIdx.x == 0) {
        mean[blockIdx.x] = sums[0] / (double)count;
        strange[blockIdx.x] = firsts[0];
    }
}

// Σ (x_i − mean_i)(x_j − mean_j) for j ≤ i, row by row: width (width + 1)/2. A block takes 16 × 16 pairs of columns.
KERNEL(MOMENT_THREADS, scatter)(double* __restrict__ cross, const double* __restrict__ columns,
                                const double* __restrict__ mean, u32 count, u32 width) {
    SHARED(double, rows, SIDE * (SIDE + 1));
    SHARED(double, others, SIDE * (SIDE + 1));
    if (blockIdx.x > blockIdx.y) return;
    u32 across = threadIdx.x % SIDE, down = threadIdx.x / SIDE;
    u32 i = blockIdx.y * SIDE + down, j = blockIdx.x * SIDE + down;
    double sum = 0.0;
    for (u32 from = 0; from < count; from += SIDE) {
        u32 s = from + across;
        __syncthreads();
        rows[down * (SIDE + 1) + across] = i < width && s < count ? columns[(u64)i * count + s] - mean[i] : 0.0;
        others[down * (SIDE + 1) + across] = j < width && s < count ? columns[(u64)j * count + s] - mean[j] : 0.0;
        __syncthreads();
#pragma unroll
        for (u32 k = 0; k < SIDE; ++k) sum = fma(rows[down * (SIDE + 1) + k], others[across * (SIDE + 1) + k], sum);
    }
    u32 low = blockIdx.x * SIDE + across;
    if (i < width && low <= i) cross[(u64)i * (i + 1) / 2 + low] = sum;
}

// The KEPT smallest (ascending) and largest (descending) of each column: width × 2 × KEPT; KEPT ≤ count ≤ size ≤ 1024, size
// a power of two and at least 2·KEPT. A bitonic sort, one block a column, size / 2 threads at work.
KERNEL(512, extremes)(double* __restrict__ kept, const double* __restrict__ columns, u32 count, u32 size) {
    SHARED(double, value, MOST_SAMPLES);
    if (threadIdx.x >= size / 2) return;
    for (u32 s = threadIdx.x; s < size; s += size / 2)
        value[s] = s < count ? columns[(u64)blockIdx.x * count + s] : INFINITE;
    for (u32 run = 2; run <= size; run *= 2)
        for (u32 gap = run / 2; gap; gap /= 2) {
            __syncthreads();
            // Thread t compares the t-th pair (low, low + gap).
            u32 low = threadIdx.x / gap * 2 * gap + threadIdx.x % gap;
            bool ascending = (low & run) == 0;
            double a = value[low], b = value[low + gap];
            if ((a > b) == ascending) {
                value[low] = b;
                value[low + gap] = a;
            }
        }
    __syncthreads();
    if (threadIdx.x < KEPT) {
        double* to = kept + (u64)blockIdx.x * 2 * KEPT + threadIdx.x;
        to[0] = value[threadIdx.x];
        to[KEPT] = value[count - 1 - threadIdx.x];
    }
}
