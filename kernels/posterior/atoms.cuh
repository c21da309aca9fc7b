// Atoms in R^d as the sums see them: a, D and c of each atom from two products; mirrors Fill of src/posterior/atoms.rs.
#pragma once
#include "prelude.cuh"

// What one sample's atoms are measured from.
struct AtomSource {
    const double *with_noise, *with_source;
    double own, norm, ln_weight;
    u32 index;
};

// One block of atoms `start .. start + size` and the products of a tile of samples with it.
struct Atoms {
    // 2·count × size: ⟨z_s, x̃_i⟩ above ⟨x̃_I, x̃_i⟩.
    const double* __restrict__ products;
    // ⟨z_s, x̃_I⟩ (count) and I_s (count).
    const double* __restrict__ own;
    const u32* __restrict__ index;
    // |x̃_i|² and ln p_i of all atoms.
    const double* __restrict__ norms;
    const double* __restrict__ ln_weights;
    u32 count, start, size;

    DEVICE_MEMBER AtomSource source(u32 sample) const {
        u32 i = index[sample];
        const double* row = products + (u64)sample * size;
        return AtomSource{row, row + (u64)count * size, own[sample], norms[i], ln_weights[i], i};
    }

    // c = −∞ leaves the atom out: the source atom itself, and padding.
    DEVICE_MEMBER void neighbour(const AtomSource& of, u32 i, double* a, double* d, double* c) const {
        *a = *d = 0.0;
        *c = -INFINITE;
        if (i >= size || start + i == of.index) return;
        *a = of.with_noise[i] - of.own;
        *d = fmax(norms[start + i] + of.norm - 2.0 * of.with_source[i], 0.0);
        *c = ln_weights[start + i] - of.ln_weight;
    }
};
