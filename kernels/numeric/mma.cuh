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
