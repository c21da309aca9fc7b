// Matrix instructions of a warp.
#pragma once
#include "prelude.cuh"

#if defined(__CUDACC__) || defined(__CUDACC_RTC__)
// c += a·b for 8 × 4 times 4 × 8, f64 (compute capability 8.0): lane l holds a[l/4][l%4], b[l%4][l/4] and
// c[l/4][2(l%4)], c[l/4][2(l%4) + 1].
DEVICE void multiply_add_8x8x4(double* c, double a, double b) {
    asm("mma.sync.aligned.m8n8k4.row.col.f64.f64.f64.f64 {%0, %1}, {%2}, {%3}, {%0, %1};"
        : "+d"(c[0]), "+d"(c[1])
        : "d"(a), "d"(b));
}
#endif

// The same for 16 × 4 times 4 × 8: a[0] and `upper` the first eight rows, a[1] and `lower` the others. One instruction from
// compute capability 9.0 on, where it is the way to the full rate.
DEVICE void multiply_add_16x8x4(double* upper, double* lower, const double* a, double b) {
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 900
    asm("mma.sync.aligned.m16n8k4.row.col.f64.f64.f64.f64 {%0, %1, %2, %3}, {%4, %5}, {%6}, {%0, %1, %2, %3};"
        : "+d"(upper[0]), "+d"(upper[1]), "+d"(lower[0]), "+d"(lower[1])
        : "d"(a[0]), "d"(a[1]), "d"(b));
#else
    multiply_add_8x8x4(upper, a[0], b);
    multiply_add_8x8x4(lower, a[1], b);
#endif
}
