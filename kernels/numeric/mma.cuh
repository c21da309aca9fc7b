// Matrix instructions of a warp.
#pragma once
#include "numeric/copy.cuh"

#if defined(__CUDACC__) || defined(__CUDACC_RTC__)
// c += a·b for 8 × 4 times 4 × 8, f64 (compute capability 8.0): lane l holds a[l/4][l%4], b[l%4][l/4] and
// c[l/4][2(l%4)], c[l/4][2(l%4) + 1].
DEVICE void multiply_add_8x8x4(double* c, double a, double b) {
    asm("mma.sync.aligned.m8n8k4.row.col.f64.f64.f64.f64 {%0, %1}, {%2}, {%3}, {%0, %1};"
        : "+d"(c[0]), "+d"(c[1])
        : "d"(a), "d"(b));
}

// c += a·b for 16 × 16 times 16 × 8, f16 with f32 sums: with g = l/4 and t = l%4 lane l holds, two halves a word, a[g][2t],
// a[g+8][2t], a[g][2t+8], a[g+8][2t+8], then b[2t][g], b[2t+8][g], and c[g][2t], c[g][2t+1], c[g+8][2t], c[g+8][2t+1].
// Products are exact; their sum is cut off some 24 bits below its largest term (tests/emulator/matrix.h).
DEVICE void multiply_add_16x8x16(float* c, const u32* a, const u32* b) {
    asm("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
        : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}

// Four 8 × 8 matrices of halves from shared memory: lane l gives the address of row l%8 of matrix l/8 (16 bytes) and gets
// elements [l/4][2(l%4)] and its right neighbour of each.
DEVICE void load_matrices(u32* word, Place row) {
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
                 : "=r"(word[0]), "=r"(word[1]), "=r"(word[2]), "=r"(word[3])
                 : "r"(row)
                 : "memory");
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
