// Atoms in R^d as the sums see them: a, D and c of each atom from two products; mirrors Fill of src/channel/posterior/atoms.rs.
#pragma once
#include "prelude.cuh"

// Atoms whose |x̃_i|² + |x̃_I|² − 2⟨x̃_i, x̃_I⟩ is below this share of |x̃_i|² + |x̃_I|² are measured by differences of coordinates.
#define CLOSE (1.0 / 256.0)

// What one sample's atoms are measured from: also its noise z and x̃_I.
struct AtomSource {
    const double *with_noise, *with_source, *noise, *point;
    double own, norm, ln_weight;
    u32 index;
};

// One block of atoms `start .. start + size` and the products of a tile of samples with it.
struct Atoms {
    // ⟨z_s, x̃_i⟩: count × size.
    const double* __restrict__ products;
    // ⟨x̃_j, x̃_i⟩ of all atoms, table × table; where table is 0, ⟨x̃_I, x̃_i⟩ of each sample, count × size.
    const double* __restrict__ sources;
    // ⟨z_s, x̃_I⟩ (count) and I_s (count).
    const double* __restrict__ own;
    const u32* __restrict__ index;
    // |x̃_i|² and ln p_i of all atoms.
    const double* __restrict__ norms;
    const double* __restrict__ ln_weights;
    // z_s and x̃_{I_s}, both count × dim, and x̃ of the block, size × dim.
    const double* __restrict__ noise;
    const double* __restrict__ own_points;
    const double* __restrict__ points;
    u32 table, dim, start, size;

    DEVICE_MEMBER AtomSource source(u32 sample) const {
        u32 i = index[sample];
        const double* with_source = sources + (table ? (u64)i * table + start : (u64)sample * size);
        u64 row = (u64)sample * dim;
        return AtomSource{products + (u64)sample * size, with_source, noise + row, own_points + row,
                          own[sample],                   norms[i],    ln_weights[i], i};
    }

    // c = −∞ leaves the atom out: the source atom itself, and padding.
    DEVICE_MEMBER void neighbour(const AtomSource& of, u32 i, double* a, double* d, double* c) const {
        *a = *d = 0.0;
        *c = -INFINITE;
        if (i >= size || start + i == of.index) return;
        double both = norms[start + i] + of.norm;
        *a = of.with_noise[i] - of.own;
        *d = fmax(both - 2.0 * of.with_source[i], 0.0);
        if (*d <= CLOSE * both) {
            *a = *d = 0.0;
            for (u32 k = 0; k < dim; ++k) {
                double difference = points[(u64)i * dim + k] - of.point[k];
                *a = fma(of.noise[k], difference, *a);
                *d = fma(difference, difference, *d);
            }
        }
        *c = ln_weights[start + i] - of.ln_weight;
    }
};
