// Rows of f64 as two halves a number, for the matrix units (product_f16x3.cu).
//
// A row times 2^s, its largest element then in [2^14, 2^15), is hi + lo with hi = f16(x) and lo = f16(x − hi): off by at
// most 2^-23 of x, or 2^-25 where lo is subnormal, which is 2^-39 of the row's largest element. Nothing overflows.
#include "numeric/half.cuh"

// Halves of a row that stand together: 16 of hi, then 16 of lo, 64 bytes.
#define HALVES_STEP 16u
#define HALVES_WORDS 16u
// A row below 2^-100 loses bits: by then it is 2^-120 of the law's size (see `unit` in sums_f32.cu).
#define LEAST_EXPONENT -100

// halves: count × ⌈length / 16⌉ × 16 words; factors: 2^-s, count; rows: count × length, times `unit` (a power of two). One
// warp a row.
KERNEL(128, split_rows)(u32* __restrict__ halves, float* __restrict__ factors, const double* __restrict__ rows,
                        double unit, u32 count, u32 length) {
    u32 r = blockIdx.x * 4u + threadIdx.x / WARP, lane = threadIdx.x % WARP;
    if (r >= count) return;
    const double* row = rows + (u64)r * length;
    double largest = 0.0;
    for (u32 k = lane; k < length; k += WARP) largest = fmax(largest, fabs(row[k]));
    int exponent = (int)(as_bits(warp_max(largest) * unit) >> 52) - 1023;
    exponent = exponent > LEAST_EXPONENT ? exponent : LEAST_EXPONENT;
    double scale = as_double((u64)(1023 + 14 - exponent) << 52) * unit;
    u32 steps = (length + HALVES_STEP - 1) / HALVES_STEP;
    for (u32 pair = lane; pair < steps * HALVES_STEP / 2; pair += WARP) {
        double x = 2 * pair < length ? row[2 * pair] * scale : 0.0;
        double y = 2 * pair + 1 < length ? row[2 * pair + 1] * scale : 0.0;
        u32 high = pack_halves((float)x, (float)y);
        u32* to = halves + ((u64)r * steps + pair / 8) * HALVES_WORDS + pair % 8;
        to[0] = high;
        to[8] = pack_halves((float)(x - (double)low_half(high)), (float)(y - (double)high_half(high)));
    }
    if (lane == 0) factors[r] = (float)as_double((u64)(1023 + exponent - 14) << 52);
}
