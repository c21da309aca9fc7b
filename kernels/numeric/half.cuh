// Two f16 in a word: rounding to nearest, and back.
#pragma once
#include "prelude.cuh"

#if defined(__CUDACC__) || defined(__CUDACC_RTC__)
DEVICE u32 pack_halves(float low, float high) {
    u32 packed;
    asm("cvt.rn.f16x2.f32 %0, %1, %2;" : "=r"(packed) : "f"(high), "f"(low));
    return packed;
}
DEVICE float low_half(u32 packed) {
    float x;
    asm("{ .reg .b16 low, high; mov.b32 {low, high}, %1; cvt.f32.f16 %0, low; }" : "=f"(x) : "r"(packed));
    return x;
}
#endif

DEVICE float high_half(u32 packed) { return low_half(packed >> 16); }
