// The draw of (X, Z) of each sample, the same as the CPU's to the bit; mirrors AtomSampler::draw of
// src/channel/posterior/atoms.rs and the head of SimplexSampler::observe of src/channel/posterior/simplex.rs.
#include "source/draw.cuh"

// One warp a sample. index: count; rows: z above x̃_I, 2·count × dim; own: ⟨z, x̃_I⟩, count (to rounding). centred: x̃ of all
// atoms or, where `gathered`, x̃_I of each sample, × dim.
KERNEL(128, draw_atoms)(u32* __restrict__ index, double* __restrict__ rows, double* __restrict__ own,
                        const double* __restrict__ ends, const double* __restrict__ centred, u64 seed, u64 lane,
                        u64 first, u32 count, u32 dim, u32 atoms, u32 gathered) {
    u32 s = blockIdx.x * 4u + threadIdx.x / WARP, lane_id = threadIdx.x % WARP;
    if (s >= count) return;
    Stream stream = {seed, lane};
    u32 i = choice_of(stream, first + s, 0, ends, atoms);
    double *z = rows + (u64)s * dim, *x = rows + (u64)(count + s) * dim, sum = 0.0;
    const double* atom = centred + (u64)(gathered ? s : i) * dim;
    for (u32 k = 2 * lane_id; k < dim; k += 2 * WARP) {
        double even, odd;
        normal_pair(stream, first + s, FIRST_BLOCK + k / 2, &even, &odd);
        z[k] = even;
        x[k] = atom[k];
        sum = fma(even, atom[k], sum);
        if (k + 1 < dim) {
            z[k + 1] = odd;
            x[k + 1] = atom[k + 1];
            sum = fma(odd, atom[k + 1], sum);
        }
    }
    sum = warp_sum(sum);
    if (lane_id == 0) {
        index[s] = i;
        own[s] = sum;
    }
}

// One thread a sample. index: count; own: z_I, count.
KERNEL(128, draw_simplex)(u32* __restrict__ index, double* __restrict__ own, const double* __restrict__ ends, u64 seed,
                          u64 lane, u64 first, u32 count, u32 atoms) {
    u32 s = blockIdx.x * 128u + threadIdx.x;
    if (s >= count) return;
    Stream stream = {seed, lane};
    u32 i = choice_of(stream, first + s, 0, ends, atoms);
    double even, odd;
    normal_pair(stream, first + s, FIRST_BLOCK + i / 2, &even, &odd);
    index[s] = i;
    own[s] = i % 2 ? odd : even;
}

// Coordinates start .. start + size of the noise, start even; noise: count × size.
KERNEL(256, draw_noise)(double* __restrict__ noise, u64 seed, u64 lane, u64 first, u32 count, u32 start, u32 size) {
    u32 pairs = (size + 1) / 2, at = blockIdx.x * 256u + threadIdx.x;
    if (at >= count * pairs) return;
    u32 s = at / pairs, k = 2 * (at % pairs);
    double even, odd, *row = noise + (u64)s * size;
    normal_pair(Stream{seed, lane}, first + s, FIRST_BLOCK + (start + k) / 2, &even, &odd);
    row[k] = even;
    if (k + 1 < size) row[k + 1] = odd;
}

// The same less z_I in f32, for the f32 sums: a of orthonormal atoms. noise: count × stride; own: z_I, count.
KERNEL(256, draw_noise_f32)(float* __restrict__ noise, const double* __restrict__ own, u64 seed, u64 lane, u64 first,
                            u32 count, u32 start, u32 size, u32 stride) {
    u32 pairs = (size + 1) / 2, at = blockIdx.x * 256u + threadIdx.x;
    if (at >= count * pairs) return;
    u32 s = at / pairs, k = 2 * (at % pairs);
    double even, odd;
    normal_pair(Stream{seed, lane}, first + s, FIRST_BLOCK + (start + k) / 2, &even, &odd);
    *(TwoFloats*)(noise + (u64)s * stride + k) = TwoFloats{(float)(even - own[s]), (float)(odd - own[s])};
}
