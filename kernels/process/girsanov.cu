// The pathwise KL along true paths, a thread a path and a block a batch; mirrors src/process/girsanov.rs to rounding: the
// same paths to the bit, their squares added up in a tree of their own. For laws that fit into shared memory; rows.cu has
// the others.
#include "process/chain.cu"

// One uniform number of a batch and step, halved: the points of the step are at this share of it and its mirror image.
DEVICE double share_of(Stream stream, u64 sample, u32 step) {
    Words words = block_of(stream, sample, step);
    return 0.5 * uniform(words.x, words.y);
}

// Moves u on by `step` in γ: U gains X·Δ and a Brownian increment.
DEVICE void diffuse(double* u, const double* x, u32 dim, u32 start, Normals normals, double step) {
    double deviation = sqrt(step);
#pragma unroll 1
    for (u32 k = 0; k < dim; ++k)
        u[k * PATHS] = u[k * PATHS] + fma(step, x[k * PATHS], deviation * normals.at(start + k));
}

// ½ Σ Δ_k · mean |m − x̂|² of one copy's coordinates: the sum over the batch, by thread 0, over PATHS.
// steps: count × (γ_k, γ_{k+1}, offset).
template <class Law>
DEVICE void girsanov(double* __restrict__ out, const Law& law, Draw draw, const double* __restrict__ steps,
                     Stream stream, Stream increments, Stream points, u64 first, u32 copies, u32 count) {
    u32 dim = law.dim, copy = blockIdx.y, start = copy * dim, blocks = (copies * dim + 1) / 2, block = 0;
    u64 sample = first + (u64)blockIdx.x * PATHS + threadIdx.x;
    // The path's sum and its γ stand in shared memory too: as registers they would be spilled.
    double *total = law.columns(), *now = total + PATHS, *u = now + PATHS, *x = u + dim * PATHS,
           *frozen = x + dim * PATHS, *mean = frozen + dim * PATHS, *weight = mean + dim * PATHS;
    *total = *now = 0.0;
    draw_into(x, law, draw, stream, sample, copy);
#pragma unroll 1
    for (u32 k = 0; k < dim; ++k) u[k * PATHS] = 0.0;
    for (u32 at = 0; at < count; ++at) {
        // The start of the step, where the denoiser is frozen, and the two points in it.
#pragma unroll 1
        for (u32 point = 0; point < 3; ++point) {
            double lo = steps[3 * at], hi = steps[3 * at + 1];
            double next = lo, square = 0.0;
            if (point) {
                double share = share_of(points, first + (u64)blockIdx.x * PATHS, at);
                next = fma(hi - lo, point == 1 ? share : 1.0 - share, lo);
            }
            diffuse(u, x, dim, start, Normals(increments, sample, block), next - *now);
            block += blocks;
            *now = next;
            law.prepare(next);
            law.evaluate(mean, weight, u, next);
#pragma unroll 1
            for (u32 k = 0; k < dim; ++k) {
                if (point == 0) frozen[k * PATHS] = mean[k * PATHS] + steps[3 * at + 2];
                double apart = mean[k * PATHS] - frozen[k * PATHS];
                square = fma(apart, apart, square);
            }
            if (point) *total += 0.25 * (hi - lo) * square;
        }
    }
    for (u32 half = PATHS / 2; half; half /= 2) {
        __syncthreads();
        if (threadIdx.x < half) *total += total[half];
    }
    if (threadIdx.x == 0) out[(u64)blockIdx.x * copies + copy] = *total / (double)PATHS;
}

// out: batches × copies; a block a batch (across) and copy (down). Tables in mean.cuh.
KERNEL(PATHS, girsanov_components)(double* __restrict__ out, const double* __restrict__ table,
                                   const double* __restrict__ ends, const double* __restrict__ points,
                                   const u32* __restrict__ places, const double* __restrict__ steps, u64 seed, u64 lane,
                                   u64 increments, u64 shares, u64 first, u32 dim, u32 components,
                                   u32 uniform_variance, u32 copies, u32 count) {
    SHARED_REST(double, shared);
    Components law(shared, table, dim, components, uniform_variance);
    girsanov(out, law, Draw{ends, points, places}, steps, Stream{seed, lane}, Stream{seed, increments},
             Stream{seed, shares}, first, copies, count);
}

KERNEL(PATHS, girsanov_orthonormal)(double* __restrict__ out, const double* __restrict__ table,
                                    const double* __restrict__ ends, const u32* __restrict__ places,
                                    const double* __restrict__ steps, u64 seed, u64 lane, u64 increments, u64 shares,
                                    u64 first, u32 dim, u32 copies, u32 count) {
    SHARED_REST(double, shared);
    Orthonormal law(shared, table, dim);
    girsanov(out, law, Draw{ends, table, places}, steps, Stream{seed, lane}, Stream{seed, increments},
             Stream{seed, shares}, first, copies, count);
}
