// Orthonormal atoms as the sums see them: a_i = z_i − z_I, D_i = 2; mirrors src/channel/posterior/simplex.rs.
#pragma once
#include "prelude.cuh"

struct SimplexSource {
    const double* noise;
    double own, ln_weight;
    u32 index;
};

// Coordinates `start .. start + size` of the noise of a tile of samples.
struct Simplex {
    // count × size.
    const double* __restrict__ noise;
    // z_I (count) and I_s (count).
    const double* __restrict__ own;
    const u32* __restrict__ index;
    const double* __restrict__ ln_weights;
    u32 start, size;

    DEVICE_MEMBER SimplexSource source(u32 sample) const {
        u32 i = index[sample];
        return SimplexSource{noise + (u64)sample * size, own[sample], ln_weights[i], i};
    }

    DEVICE_MEMBER void neighbour(const SimplexSource& of, u32 i, double* a, double* d, double* c) const {
        *a = *d = 0.0;
        *c = -INFINITE;
        if (i >= size || start + i == of.index) return;
        *a = of.noise[i] - of.own;
        *d = 2.0;
        *c = ln_weights[start + i] - of.ln_weight;
    }
};
