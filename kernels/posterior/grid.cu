// The SNRs at which each sample is observed; mirrors GridDraw of src/channel/posterior/grid.rs (unsorted: a device sums each SNR
// by itself). Equal to the CPU's to the bit but for points uniform in ln γ, which take this file's e^x (2.3e-16).
#include "numeric/exp.cuh"
#include "numeric/stream.cuh"

// snrs: count × points. kind: 0 fixed at lo, 1 uniform in [lo, lo + width], 2 lo·e^(u·width); lanes: their random words.
KERNEL(256, draw_snrs)(double* __restrict__ snrs, const double* __restrict__ lo, const double* __restrict__ width,
                       const u64* __restrict__ lanes, const u32* __restrict__ kind, u64 seed, u64 first, u32 count,
                       u32 points) {
    u32 at = blockIdx.x * 256u + threadIdx.x;
    if (at >= count * points) return;
    u32 sample = at / points, point = at % points;
    double snr = lo[point];
    if (kind[point]) {
        Words words = block_of(Stream{seed, lanes[point]}, first + sample, 0);
        double u = uniform(words.x, words.y);
        snr = kind[point] == 1 ? snr + width[point] * u : snr * exp_weight(u * width[point]);
    }
    snrs[at] = snr;
}
