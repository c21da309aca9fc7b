// rows · columnsᵀ in f64, or distances made of it; mirrors src/numeric/product.rs to rounding.
//
// A block computes 128 × 128 elements with eight warps, each 64 × 32 of them by matrix instructions, 16 terms a step; the
// next step's operands are on their way from memory while the present ones are multiplied. 128 × 128 because smaller
// tiles ask more of the second-level cache than it gives (64 × 64: 8 TB/s at 67 TFLOP/s).
#include "numeric/mma.cuh"

#define TILE 128u
#define STEP 16u
// Row stride in shared memory: lanes of a half-warp, four rows of four terms, fall on 16 different banks.
#define STRIDE 20u
#define PRODUCT_THREADS 256u
#define LOADS (TILE * STEP / PRODUCT_THREADS)

// Elements `from .. from + STEP` of `TILE` rows into registers; zeros outside.
DEVICE void fetch(double* held, const double* __restrict__ matrix, u32 first, u32 count, u32 from, u32 length) {
#pragma unroll
    for (u32 i = 0; i < LOADS; ++i) {
        u32 e = threadIdx.x + i * PRODUCT_THREADS, row = first + e / STEP, term = from + e % STEP;
        held[i] = row < count && term < length ? matrix[(u64)row * length + term] : 0.0;
    }
}

DEVICE void store(double* tile, const double* held) {
#pragma unroll
    for (u32 i = 0; i < LOADS; ++i) {
        u32 e = threadIdx.x + i * PRODUCT_THREADS;
        tile[e / STEP * STRIDE + e % STEP] = held[i];
    }
}

// One step's terms of a warp's 64 × 32 elements.
DEVICE void multiply(double (*sum)[4][2], const double* left, const double* right) {
    u32 lane = threadIdx.x % WARP, place = lane / 4 * STRIDE + lane % 4;
#pragma unroll
    for (u32 term = 0; term < STEP; term += 4) {
        double b[4];
#pragma unroll
        for (u32 j = 0; j < 4; ++j) b[j] = right[8 * j * STRIDE + term + place];
#pragma unroll
        for (u32 i = 0; i < 8; i += 2) {
            double a[2] = {left[8 * i * STRIDE + term + place], left[8 * (i + 1) * STRIDE + term + place]};
#pragma unroll
            for (u32 j = 0; j < 4; ++j) multiply_add_16x8x4(sum[i][j], sum[i + 1][j], a, b[j]);
        }
    }
}

// Hands each element (row, column) of rows · columnsᵀ to `keep`; rows: count × length, columns: others × length, row-major.
template <class Keep>
DEVICE void multiply_rows(const Keep& keep, const double* __restrict__ rows, const double* __restrict__ columns,
                          u32 count, u32 others, u32 length) {
    SHARED(double, left, TILE * STRIDE);
    SHARED(double, right, TILE * STRIDE);
    u32 warp = threadIdx.x / WARP, lane = threadIdx.x % WARP;
    u32 first_row = blockIdx.y * TILE, first_column = blockIdx.x * TILE;
    u32 row = warp / 4 * 64, column = warp % 4 * 32;
    bool inside = first_row + row < count && first_column + column < others;
    double sum[8][4][2], next_left[LOADS], next_right[LOADS];
#pragma unroll
    for (u32 i = 0; i < 8; ++i)
#pragma unroll
        for (u32 j = 0; j < 4; ++j) sum[i][j][0] = sum[i][j][1] = 0.0;
    fetch(next_left, rows, first_row, count, 0, length);
    fetch(next_right, columns, first_column, others, 0, length);
    for (u32 from = 0; from < length; from += STEP) {
        __syncthreads();
        store(left, next_left);
        store(right, next_right);
        __syncthreads();
        fetch(next_left, rows, first_row, count, from + STEP, length);
        fetch(next_right, columns, first_column, others, from + STEP, length);
        if (inside) multiply(sum, left + row * STRIDE, right + column * STRIDE);
    }
#pragma unroll
    for (u32 i = 0; i < 8; ++i)
#pragma unroll
        for (u32 j = 0; j < 4; ++j)
#pragma unroll
            for (u32 k = 0; k < 2; ++k) {
                u32 r = first_row + row + 8 * i + lane / 4, c = first_column + column + 8 * j + 2 * (lane % 4) + k;
                if (r < count && c < others) keep(r, c, sum[i][j][k]);
            }
}

struct KeepProducts {
    double* __restrict__ out;
    u32 others;

    DEVICE_MEMBER void operator()(u32 row, u32 column, double product) const {
        out[(u64)row * others + column] = product;
    }
};

// out: count × others; rows: count × length; columns: others × length; all row-major.
KERNEL(PRODUCT_THREADS, product)(double* __restrict__ out, const double* __restrict__ rows,
                                 const double* __restrict__ columns, u32 count, u32 others, u32 length) {
    multiply_rows(KeepProducts{out, others}, rows, columns, count, others, length);
}

// |x|² + |y|² − 2⟨x, y⟩ before it is rounded to f32: by then only as exact as f64 makes it.
struct KeepDistances {
    float* __restrict__ out;
    const double *__restrict__ norms, *__restrict__ others_norms;
    const u32* __restrict__ index;
    double unit;
    u32 stride;

    DEVICE_MEMBER void operator()(u32 row, u32 column, double product) const {
        double distance = fmax(others_norms[column] + norms[index[row]] - 2.0 * product, 0.0);
        out[(u64)row * stride + column] = (float)(distance * unit * unit);
    }
};

// |x̃_r − x̃_i|² in units of 1/unit², for atoms start .. start + others. out: count × stride; rows: the atoms index[r],
// count × length; columns: those atoms, others × length; norms: |x̃_i|² of all atoms.
KERNEL(PRODUCT_THREADS, distances)(float* __restrict__ out, const double* __restrict__ rows,
                                   const double* __restrict__ columns, const double* __restrict__ norms,
                                   const u32* __restrict__ index, double unit, u32 count, u32 start, u32 others,
                                   u32 length, u32 stride) {
    KeepDistances keep = {out, norms, norms + start, index, unit, stride};
    multiply_rows(keep, rows, columns, count, others, length);
}
