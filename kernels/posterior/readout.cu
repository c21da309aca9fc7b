// From sums to the observables of each sample and SNR, and from these to readouts; mirrors Sums::observed of
// src/channel/posterior/sums.rs and src/channel/posterior/readout.rs to rounding.
#include "prelude.cuh"

// Observables in the order of src/channel/posterior/readout.rs.
#define OBSERVABLES 4u

// observed: count × points × 4: H − ln S, ln S, ½⟨D⟩ and (⟨D²⟩−⟨D⟩²)/4 − (⟨aD⟩−⟨a⟩⟨D⟩)/(4√γ), times `copies`.
KERNEL(256, observe)(double* __restrict__ observed, const double* __restrict__ sums, const double* __restrict__ snrs,
                     double shannon, double copies, u32 cells) {
    u32 at = blockIdx.x * 256u + threadIdx.x;
    if (at >= cells) return;
    const double* sum = sums + (u64)at * 5;
    double scale = 1.0 / (1.0 + sum[0]), distance = sum[1] * scale, noise = sum[2] * scale;
    double entropy = log1p(sum[0]);
    double spread = sum[3] * scale - distance * distance, cross = sum[4] * scale - noise * distance;
    double* to = observed + (u64)at * OBSERVABLES;
    to[0] = (shannon - entropy) * copies;
    to[1] = entropy * copies;
    to[2] = 0.5 * distance * copies;
    to[3] = (0.25 * spread - 0.25 * cross / sqrt(snrs[at])) * copies;
}

// Observed::anchored of src/channel/posterior/readout.rs: below SNR `low` the observables less what fluctuates most as γ → 0, by the
// controls Cov_p(a, D) and ι(x_I) − H in the rows first_row + 2 and first_row + 6 of `columns`, times `copies`.
KERNEL(256, anchor)(double* __restrict__ observed, const double* __restrict__ columns, const double* __restrict__ snrs,
                    double low, double copies, u32 count, u32 points, u32 first_row) {
    u32 at = blockIdx.x * 256u + threadIdx.x, s = at / points;
    if (at >= count * points || !(snrs[at] < low)) return;
    double covariance = columns[(u64)(first_row + 2) * count + s], content = columns[(u64)(first_row + 6) * count + s];
    double* to = observed + (u64)at * OBSERVABLES;
    to[0] += content * copies;
    to[1] -= content * copies;
    to[3] += 0.25 * covariance / sqrt(snrs[at]) * copies;
}

// x^k by repeated squaring.
DEVICE double power(double x, int exponent) {
    double result = 1.0, base = exponent < 0 ? 1.0 / x : x;
    for (u32 k = exponent < 0 ? 0u - (u32)exponent : (u32)exponent; k; k >>= 1) {
        if (k & 1) result *= base;
        base *= base;
    }
    return result;
}

// Σ weight(γ)·observable(γ) of each sample and readout, terms in their order, into `columns` (readouts × count).
//
// Readout r has the terms starts[r] .. starts[r + 1]; a term observes observed[.][cell[t]] (point · 4 + observable) with
// weight factor, factor·γ^k or factor·(end − γ) for form 0, 1, 2; parameter holds k or the end.
KERNEL(128, read_out)(double* __restrict__ columns, const double* __restrict__ observed,
                      const double* __restrict__ snrs, const u32* __restrict__ starts, const u32* __restrict__ cell,
                      const u32* __restrict__ form, const double* __restrict__ factor,
                      const double* __restrict__ parameter, u32 count, u32 points) {
    u32 s = blockIdx.x * 128u + threadIdx.x, r = blockIdx.y;
    if (s >= count) return;
    double sum = 0.0;
    for (u32 t = starts[r]; t < starts[r + 1]; ++t) {
        double snr = snrs[(u64)s * points + cell[t] / OBSERVABLES], weight = factor[t];
        if (form[t] == 1) weight *= power(snr, (int)parameter[t]);
        if (form[t] == 2) weight *= parameter[t] - snr;
        sum += weight * observed[(u64)s * points * OBSERVABLES + cell[t]];
    }
    columns[(u64)r * count + s] = sum;
}
