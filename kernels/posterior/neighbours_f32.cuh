// What the f32 sums see of the atoms, those in space and orthonormal ones alike: a and D of neighbouring atoms, two at a
// time, and their log-weights in powers of two. Mirrors Fill of src/channel/posterior/atoms.rs to f32's rounding.
//
// Lengths are in units of 1/unit, a power of two that puts the law's largest |x̃| near 2^20: D² and a²D of atoms at 2^-50 of
// that distance are still f32 numbers. A law at 1e-20 or 1e20 has the sums of the same law at 1, to the bit.
#pragma once
#include "prelude.cuh"

#define LOG2_E 1.44269504088896340736

// Atoms start .. start + stride as a tile's samples see them; stride a multiple of 64. Beyond the law's atoms a and D are any
// finite numbers, weights are 0 and log-weights −∞.
struct Near {
    // a: count × stride.
    const float* __restrict__ noise;
    // D of all pairs, a row of `table` an atom; where table is 0, a row of `spacing` a sample (0: one row for all).
    const float* __restrict__ distances;
    // I_s: count.
    const u32* __restrict__ index;
    // log2 p_i of all atoms.
    const float* __restrict__ log_weights;
    u32 table, spacing, start, stride;
};

// Every 64 of them as one lane sees them from its sample's atom I: two neighbours. Steps count in 64 atoms.
struct NearOne {
    const TwoFloats *noise, *distances, *log_weights;
    float log_weight;
    // Atom I, counted from this lane's first.
    u32 own;

    // a and D of both, with rounding of 0 at I.
    DEVICE_MEMBER void pair(u32 step, float* a, float* d) const {
        TwoFloats both_a = noise[step * WARP], both_d = distances[step * WARP];
        a[0] = both_a.first;
        a[1] = both_a.second;
        d[0] = both_d.first;
        d[1] = both_d.second;
    }

    DEVICE_MEMBER bool is_own(u32 step, u32 which) const { return own == step * 2 * WARP + which; }

    // log2(p_i/p_I) of both; −∞ at I, which is not its own neighbour.
    DEVICE_MEMBER void ratios(u32 step, float* c) const {
        TwoFloats both = log_weights[step * WARP];
        c[0] = is_own(step, 0) ? -(float)INFINITE : both.first - log_weight;
        c[1] = is_own(step, 1) ? -(float)INFINITE : both.second - log_weight;
    }
};

DEVICE NearOne near_one(const Near& law, u32 sample) {
    u32 i = law.index[sample], first = 2 * (threadIdx.x % WARP);
    const float* row = law.distances + (law.table ? (u64)i * law.table + law.start : (u64)sample * law.spacing);
    return NearOne{(const TwoFloats*)(law.noise + (u64)sample * law.stride + first), (const TwoFloats*)(row + first),
                   (const TwoFloats*)(law.log_weights + law.start + first), law.log_weights[i], i - law.start - first};
}
