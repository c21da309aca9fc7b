// a_i = ⟨z, x̃_i⟩ − ⟨z, x̃_I⟩ in f32 from rows of split halves (split.cu); mirrors src/numeric/product.rs to 2^-22 of |z||x̃|.
//
// (h + l)(h' + l') ≈ lh' + hl' + hh': three f16 products a term; what is left out is below 2^-22 |z_k x̃_k| and random in
// sign. The terms of 16 coordinates are added by the matrix units, smallest first, from zero, and each such sum to the
// others in f32, rounded to nearest: sums on matrix units are cut off, not rounded. In units of |x̃_i|, root mean square of
// the error of a under the emulator, with the crudest cut known of a device: 1.2e-7 at d = 64, 1.7e-7 at d = 784 (with one
// sum for all coordinates 4e-7 and 1.7e-6), 2.7e-7 at d = 3072; the largest of 16,384 was ten times that.
//
// A block computes 128 × 128 elements with eight warps, each 64 × 32. Rows come in steps of 64 bytes (16 coordinates' hi
// and lo) through three stages of shared memory, 48 KB, the most that needs no leave; two steps are on their way while one
// is multiplied. Of row r chunk c stands at c ^ (r/2 % 4): eight rows of a chunk then fall on 32 different banks.
#include "numeric/copy.cuh"
#include "numeric/mma.cuh"

#define F16_TILE 128u
#define F16_THREADS 256u
#define STAGES 3u
// Bytes of a row's step, of an operand's tile, of a stage.
#define ROW_BYTES 64u
#define TILE_BYTES (F16_TILE * ROW_BYTES)
#define STAGE_BYTES (2 * TILE_BYTES)

// What one thread copies: one chunk of two rows of each operand, 64 rows apart.
struct Copier {
    const Chunk *left, *right;
    u32 steps;
    Place at;

    DEVICE_MEMBER void start(u32 stage, u32 step) const {
        if (step < steps) {
            Place to = at + stage * STAGE_BYTES;
            const Chunk *l = left + 4 * step, *r = right + 4 * step;
            u64 below = (u64)(F16_TILE / 2) * 4 * steps;
            start_copy(to, l);
            start_copy(to + TILE_BYTES / 2, l + below);
            start_copy(to + TILE_BYTES, r);
            start_copy(to + TILE_BYTES + TILE_BYTES / 2, r + below);
        }
        end_group();
    }
};

// One step's terms of a warp's 64 × 32 elements; `left` and `right`: where this lane's row of its first matrices of hi
// stands, lo two chunks further on.
DEVICE void multiply_halves(float (*sum)[4][4], Place left, Place right, int to_low_left, int to_low_right) {
    // Two columns' fragments a load, two words each.
    u32 right_high[2][4], right_low[2][4];
#pragma unroll
    for (u32 j = 0; j < 2; ++j) {
        load_matrices(right_high[j], right + j * 16 * ROW_BYTES);
        load_matrices(right_low[j], right + to_low_right + j * 16 * ROW_BYTES);
    }
#pragma unroll
    for (u32 i = 0; i < 4; ++i) {
        u32 high[4], low[4];
        load_matrices(high, left + i * 16 * ROW_BYTES);
        load_matrices(low, left + to_low_left + i * 16 * ROW_BYTES);
        float part[4][4];
#pragma unroll
        for (u32 j = 0; j < 4; ++j) {
            part[j][0] = part[j][1] = part[j][2] = part[j][3] = 0.0f;
            multiply_add_16x8x16(part[j], low, right_high[j / 2] + j % 2 * 2);
        }
#pragma unroll
        for (u32 j = 0; j < 4; ++j) multiply_add_16x8x16(part[j], high, right_low[j / 2] + j % 2 * 2);
#pragma unroll
        for (u32 j = 0; j < 4; ++j) multiply_add_16x8x16(part[j], high, right_high[j / 2] + j % 2 * 2);
#pragma unroll
        for (u32 j = 0; j < 4; ++j)
#pragma unroll
            for (u32 k = 0; k < 4; ++k) sum[i][j][k] += part[j][k];
    }
}

// out: count × stride (a multiple of 64, at least `others`; what stands beyond `others` is finite and means nothing);
// rows: count × steps × 64 bytes; columns the same of all atoms, of which start .. start + others are taken; both with room
// for whole tiles of 128 rows; factors of both; own: ⟨z, x̃_I⟩, count, times `unit`.
KERNEL(F16_THREADS, product_f16x3)(float* __restrict__ out, const Chunk* __restrict__ rows,
                                   const Chunk* __restrict__ columns, const float* __restrict__ row_factors,
                                   const float* __restrict__ column_factors, const double* __restrict__ own,
                                   double unit, u32 count, u32 start, u32 others, u32 steps, u32 stride) {
    SHARED(Chunk, tiles, STAGES * STAGE_BYTES / 16);
    u32 warp = threadIdx.x / WARP, lane = threadIdx.x % WARP;
    u32 first_row = blockIdx.y * F16_TILE, first_column = blockIdx.x * F16_TILE;
    u32 row = warp / 4 * 64, column = warp % 4 * 32;
    bool inside = first_row + row < count && first_column + column < others;
    u32 copied = threadIdx.x / 4, chunk = threadIdx.x % 4;
    Place base = place_of(tiles);
    Copier copier = {rows + (u64)(first_row + copied) * steps * 4 + chunk,
                     columns + (u64)(start + first_column + copied) * steps * 4 + chunk, steps,
                     base + copied * ROW_BYTES + (chunk ^ copied / 2 % 4) * 16};
    u32 swizzle = lane % 8 / 2, left_chunk = lane / 16 ^ swizzle, right_chunk = lane / 8 % 2 ^ swizzle;
    Place left = base + (row + lane % 16) * ROW_BYTES + left_chunk * 16;
    Place right = base + TILE_BYTES + (column + lane % 8 + lane / 16 * 8) * ROW_BYTES + right_chunk * 16;
    int to_low_left = left_chunk < 2 ? 32 : -32, to_low_right = right_chunk < 2 ? 32 : -32;
    float sum[4][4][4];
#pragma unroll
    for (u32 e = 0; e < 64; ++e) sum[e / 16][e / 4 % 4][e % 4] = 0.0f;
#pragma unroll
    for (u32 step = 0; step < STAGES - 1; ++step) copier.start(step, step);
    for (u32 step = 0, stage = 0, next = STAGES - 1; step < steps; ++step) {
        wait_for_copies<STAGES - 2>();
        // Every thread's copies are there, and the stage that is filled next has been read.
        __syncthreads();
        copier.start(next, step + STAGES - 1);
        u32 offset = stage * STAGE_BYTES;
        if (inside) multiply_halves(sum, left + offset, right + offset, to_low_left, to_low_right);
        stage = stage + 1 < STAGES ? stage + 1 : 0;
        next = next + 1 < STAGES ? next + 1 : 0;
    }
#pragma unroll
    for (u32 i = 0; i < 8; ++i) {
        u32 r = first_row + row + 8 * i + lane / 4;
        if (r >= count) continue;
        double mine = own[r] * unit;
        float own_high = (float)mine, own_low = (float)(mine - (double)own_high), row_factor = row_factors[r];
#pragma unroll
        for (u32 j = 0; j < 4; ++j) {
            u32 c = first_column + column + 8 * j + 2 * (lane % 4);
            if (c >= stride) continue;
            float value[2];
#pragma unroll
            for (u32 k = 0; k < 2; ++k) {
                float factor = row_factor * column_factors[start + c + k];
                value[k] = fmaf(sum[i / 2][j][i % 2 * 2 + k], factor, -own_high) - own_low;
            }
            *(TwoFloats*)(out + (u64)r * stride + c) = TwoFloats{value[0], value[1]};
        }
    }
}
