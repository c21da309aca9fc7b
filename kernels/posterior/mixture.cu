// Mixtures of isotropic Gaussians, whose posterior is a mixture too; mirrors src/channel/posterior/mixture.rs. The draw is the CPU's
// to the bit, observables agree to rounding.
#include "numeric/exp.cuh"
#include "source/draw.cuh"

// First of the blocks that belong to X alone (OWN_BLOCKS of src/source/draw.rs).
#define OWN_BLOCKS 0x80000000u

// One warp a sample. index: count; rows: z above x, 2·count × dim; then the controls |z|², |x − EX|² and ⟨z, x − EX⟩ into the
// rows first_row .. first_row + controls of columns (each count long), and own: |z|², count.
KERNEL(128, draw_mixture)(u32* __restrict__ index, double* __restrict__ rows, double* __restrict__ own,
                          double* __restrict__ columns, const double* __restrict__ ends,
                          const double* __restrict__ means, const double* __restrict__ variances,
                          const double* __restrict__ mean, u64 seed, u64 lane, u64 first, u32 count, u32 dim,
                          u32 components, u32 first_row, u32 controls) {
    u32 s = blockIdx.x * 4u + threadIdx.x / WARP, lane_id = threadIdx.x % WARP;
    if (s >= count) return;
    Stream stream = {seed, lane};
    u32 j = choice_of(stream, first + s, 0, ends, components);
    double *z = rows + (u64)s * dim, *x = rows + (u64)(count + s) * dim, std_dev = sqrt(variances[j]);
    const double* centre = means + (u64)j * dim;
    double sum[3] = {0.0, 0.0, 0.0};
    for (u32 k = 2 * lane_id; k < dim; k += 2 * WARP) {
        double noise[2], own_normal[2];
        normal_pair(stream, first + s, FIRST_BLOCK + k / 2, &noise[0], &noise[1]);
        normal_pair(stream, first + s, OWN_BLOCKS + k / 2, &own_normal[0], &own_normal[1]);
#pragma unroll
        for (u32 i = 0; i < 2; ++i) {
            if (k + i >= dim) break;
            z[k + i] = noise[i];
            x[k + i] = centre[k + i] + std_dev * own_normal[i];
            double shifted = x[k + i] - mean[k + i];
            sum[0] = fma(noise[i], noise[i], sum[0]);
            sum[1] = fma(shifted, shifted, sum[1]);
            sum[2] = fma(noise[i], shifted, sum[2]);
        }
    }
#pragma unroll
    for (u32 c = 0; c < 3; ++c) sum[c] = warp_sum(sum[c]);
    if (lane_id) return;
    index[s] = j;
    own[s] = sum[0];
#pragma unroll
    for (u32 c = 0; c < 3; ++c)
        if (c < controls) columns[(u64)(first_row + c) * count + s] = sum[c];
}

// Weights and means of the components given y, into `weight` (J) and `centre` (J × d); returns the evidence
// ln Σ w_j N(y; √γ μ_j, 1 + γ v_j) + (d/2) ln 2π.
//
// Component j has weight ∝ w_j N(y; √γ μ_j, 1 + γ v_j), variance s_j = v_j/(1 + γ v_j) and mean μ_j + √γ s_j (y − √γ μ_j).
DEVICE double weigh(double* weight, double* centre, const double* x, const double* z, const double* means,
                    const double* variances, const double* ln_weights, double snr, u32 dim, u32 components) {
    u32 lane = threadIdx.x % WARP;
    double root = sqrt(snr), largest = -INFINITE, total = 0.0;
    for (u32 j = lane; j < components; j += WARP) {
        double v = variances[j], spread = 1.0 + snr * v, shrink = v / spread, distance = 0.0;
        for (u32 k = 0; k < dim; ++k) {
            double mean = means[(u64)j * dim + k], residual = root * (x[k] - mean) + z[k];
            distance = fma(residual, residual, distance);
            centre[(u64)j * dim + k] = mean + root * shrink * residual;
        }
        weight[j] = ln_weights[j] - 0.5 * ((double)dim * log(spread) + distance / spread);
        largest = fmax(largest, weight[j]);
    }
    largest = warp_max(largest);
    for (u32 j = lane; j < components; j += WARP) {
        weight[j] = exp_weight(weight[j] - largest);
        total += weight[j];
    }
    total = warp_sum(total);
    for (u32 j = lane; j < components; j += WARP) weight[j] /= total;
    __syncwarp();
    return largest + log(total);
}

// Centres the means given y and returns tr C and ‖C‖²_F of their weighted covariance C.
DEVICE void spread_of(double* centre, const double* weight, u32 dim, u32 components, double* trace, double* squared) {
    u32 lane = threadIdx.x % WARP;
    double own_trace = 0.0, own_squared = 0.0;
    for (u32 k = lane; k < dim; k += WARP) {
        double mean = 0.0;
        for (u32 j = 0; j < components; ++j) mean = fma(weight[j], centre[(u64)j * dim + k], mean);
        for (u32 j = 0; j < components; ++j) {
            double shifted = centre[(u64)j * dim + k] - mean;
            centre[(u64)j * dim + k] = shifted;
            own_trace = fma(weight[j] * shifted, shifted, own_trace);
        }
    }
    __syncwarp();
    // ‖C‖² over pairs of components or over entries, whichever are fewer.
    bool pairs = components <= dim;
    u32 side = pairs ? components : dim, terms = pairs ? dim : components;
    for (u64 e = lane; e < (u64)side * side; e += WARP) {
        u32 a = (u32)(e / side), b = (u32)(e % side);
        double inner = 0.0;
        for (u32 t = 0; t < terms; ++t) {
            if (pairs)
                inner = fma(centre[(u64)a * dim + t], centre[(u64)b * dim + t], inner);
            else
                inner = fma(weight[t] * centre[(u64)t * dim + a], centre[(u64)t * dim + b], inner);
        }
        own_squared += (pairs ? weight[a] * weight[b] : 1.0) * inner * inner;
    }
    *trace = warp_sum(own_trace);
    *squared = warp_sum(own_squared);
}

// Observables of each sample and SNR, times `copies`; a warp takes every `warps`-th cell and its own piece of scratch,
// J·(d + 1) numbers. observed: count × points × 4 as in readout.cu.
KERNEL(128, observe_mixture)(double* __restrict__ observed, double* scratch, const double* __restrict__ rows,
                             const double* __restrict__ own, const double* __restrict__ snrs,
                             const double* __restrict__ means, const double* __restrict__ variances,
                             const double* __restrict__ ln_weights, double copies, u32 count, u32 points, u32 dim,
                             u32 components, u32 warps) {
    u32 warp = blockIdx.x * 4u + threadIdx.x / WARP, lane = threadIdx.x % WARP;
    double *weight = scratch + (u64)warp * components * (dim + 1), *centre = weight + components;
    for (u32 at = warp; at < count * points; at += warps) {
        u32 s = at / points;
        double snr = snrs[at], within = 0.0, trace, squared;
        double evidence = weigh(weight, centre, rows + (u64)(count + s) * dim, rows + (u64)s * dim, means, variances,
                                ln_weights, snr, dim, components);
        for (u32 j = lane; j < components; j += WARP) within += weight[j] * variances[j] / (1.0 + snr * variances[j]);
        within = warp_sum(within);
        spread_of(centre, weight, dim, components, &trace, &squared);
        if (lane == 0) {
            double d = (double)dim, *to = observed + (u64)at * 4;
            to[0] = (-0.5 * own[s] - evidence) * copies;
            to[1] = INFINITE;
            to[2] = (d * within + trace) * copies;
            to[3] = (d * within * within + 2.0 * within * trace + squared) * copies;
        }
        __syncwarp();
    }
}
