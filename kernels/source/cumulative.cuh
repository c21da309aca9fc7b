// Which atom a uniform number falls on; mirrors src/source/cumulative.rs to the bit.
#pragma once
#include "prelude.cuh"

// The first i with ends[i] > u·ends[count − 1], the last index at most.
DEVICE u32 index_of(const double* __restrict__ ends, u32 count, double u) {
    double target = u * ends[count - 1];
    u32 low = 0, high = count;
    while (low < high) {
        u32 middle = low + (high - low) / 2;
        if (ends[middle] <= target)
            low = middle + 1;
        else
            high = middle;
    }
    return low < count ? low : count - 1;
}
