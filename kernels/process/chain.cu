// The discretised reverse process, a thread a path from its start to its last state; mirrors src/process/chain.rs to the
// bit (see mean.cuh). For laws that fit into shared memory beside the paths; rows.cu has the others.
//
// Nothing but the last state is written. Limited by f64 arithmetic: J·d products read one broadcast number each.
#include "process/mean.cuh"
#include "source/draw.cuh"

#define STEP_NUMBERS 6u

// Where the random words of a factor's X stand, and its points.
struct Draw {
    // Partial sums of the weights (J) and μ_j (J × d; unused by orthonormal atoms).
    const double *ends, *points;
    // Block of the choice and first block of the normals, of each copy.
    const u32* places;
};

// X into `x` (d columns).
template <class Law>
DEVICE void draw_into(double* x, const Law& law, Draw draw, Stream stream, u64 sample, u32 copy) {
    u32 i = choice_of(stream, sample, draw.places[2 * copy], draw.ends, law.count);
    double std_dev = sqrt(law.variance(i));
    Normals own(stream, sample, draw.places[2 * copy + 1]);
#pragma unroll 1
    for (u32 k = 0; k < law.dim; ++k) {
        double mean = law.point(draw.points, i, k);
        x[k * PATHS] = std_dev > 0.0 ? mean + std_dev * own.at(k) : mean;
    }
}

// One path of one copy; steps: count × (γ_k, keep, pull, spread, carry, offset).
template <class Law>
DEVICE void walk(double* __restrict__ out, const Law& law, Draw draw, const double* __restrict__ steps, Stream stream,
                 u64 first, u32 copies, u32 count, bool exact, double first_snr, double last_snr) {
    u32 dim = law.dim, copy = blockIdx.y, start = copy * dim, blocks = (copies * dim + 1) / 2;
    u64 sample = first + (u64)blockIdx.x * PATHS + threadIdx.x;
    double *u = law.columns(), *before = u + dim * PATHS, *estimate = before + dim * PATHS,
           *weight = estimate + dim * PATHS, deviation = sqrt(first_snr);
    if (exact) draw_into(u, law, draw, stream, sample, copy);
    Normals entering(stream, sample, FIRST_BLOCK);
#pragma unroll 1
    for (u32 k = 0; k < dim; ++k) {
        double centre = exact ? u[k * PATHS] : law.mean[k];
        u[k * PATHS] = fma(deviation, entering.at(start + k), first_snr * centre);
        before[k * PATHS] = 0.0;
    }
    for (u32 at = 0; at < count; ++at) {
        const double* step = steps + at * STEP_NUMBERS;
        double keep = step[1], pull = step[2], spread = step[3], carry = step[4], offset = step[5];
        law.prepare(step[0]);
        law.evaluate(estimate, weight, u, step[0]);
        Normals normals(stream, sample, FIRST_BLOCK + (at + 1) * blocks);
#pragma unroll 1
        for (u32 k = 0; k < dim; ++k) {
            double noise = spread > 0.0 ? normals.at(start + k) : 0.0, x = estimate[k * PATHS] + offset;
            double extrapolated = fma(carry, x - before[k * PATHS], x);
            estimate[k * PATHS] = x;
            u[k * PATHS] = fma(keep, u[k * PATHS], fma(pull, extrapolated, spread * noise));
        }
        double* held = before;
        before = estimate;
        estimate = held;
    }
    double* to = out + ((u64)blockIdx.x * copies + copy) * dim * PATHS + threadIdx.x;
#pragma unroll 1
    for (u32 k = 0; k < dim; ++k) to[k * PATHS] = u[k * PATHS] / last_snr;
}

// out: batches × copies·dim × PATHS; a block a batch (across) and copy (down). Tables in mean.cuh.
KERNEL(PATHS, walk_components)(double* __restrict__ out, const double* __restrict__ table,
                               const double* __restrict__ ends, const double* __restrict__ points,
                               const u32* __restrict__ places, const double* __restrict__ steps, u64 seed, u64 lane,
                               u64 first, u32 dim, u32 components, u32 uniform_variance, u32 copies, u32 count,
                               u32 exact, double first_snr, double last_snr) {
    SHARED_REST(double, shared);
    Components law(shared, table, dim, components, uniform_variance);
    walk(out, law, Draw{ends, points, places}, steps, Stream{seed, lane}, first, copies, count, exact, first_snr,
         last_snr);
}

KERNEL(PATHS, walk_orthonormal)(double* __restrict__ out, const double* __restrict__ table,
                                const double* __restrict__ ends, const u32* __restrict__ places,
                                const double* __restrict__ steps, u64 seed, u64 lane, u64 first, u32 dim, u32 copies,
                                u32 count, u32 exact, double first_snr, double last_snr) {
    SHARED_REST(double, shared);
    Orthonormal law(shared, table, dim);
    walk(out, law, Draw{ends, table, places}, steps, Stream{seed, lane}, first, copies, count, exact, first_snr,
         last_snr);
}
