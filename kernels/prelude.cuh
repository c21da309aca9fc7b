// The few words in which kernels differ between a device (NVRTC, nvcc) and the emulator of tests/emulator (any C++17
// compiler). No library header is included on the device: each costs seconds of compilation.
#pragma once

#if defined(__CUDACC__) || defined(__CUDACC_RTC__)
typedef unsigned int u32;
typedef unsigned long long u64;
#define DEVICE static __device__ __forceinline__
#define DEVICE_MEMBER __device__ __forceinline__
// A kernel with at most `threads` threads a block.
#define KERNEL(threads, name) extern "C" __global__ void __launch_bounds__(threads) name
#define SHARED(type, name, count) __shared__ type name[count]
// All that the launch gives beside.
#define SHARED_REST(type, name) extern __shared__ type name[]
DEVICE u32 high_product(u32 a, u32 b) { return __umulhi(a, b); }
DEVICE double as_double(u64 bits) { return __longlong_as_double((long long)bits); }
DEVICE u64 as_bits(double x) { return (u64)__double_as_longlong(x); }
// 2^x to two units in the last place; below 2^−126 it is 0.
DEVICE float power_of_two(float x) {
    float y;
    asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
    return y;
}
#else
#include "emulator.h"
#endif

// All kernels are compiled without contraction (-fmad=false): a fused multiply-add is where fma is written, so that the
// random numbers are the CPU's to the bit. e^x and the sums agree to rounding.
#define WARP 32u
#define EVERY_LANE 0xffffffffu
#define INFINITE as_double(0x7ff0000000000000ull)

// Two neighbours of a row of f32, moved at once.
struct alignas(8) TwoFloats {
    float first, second;
};

// Sum over the lanes of a warp, the same in each lane, in a fixed tree.
DEVICE double warp_sum(double x) {
#pragma unroll
    for (u32 step = 16; step; step >>= 1) x += __shfl_xor_sync(EVERY_LANE, x, step);
    return x;
}

DEVICE double warp_max(double x) {
#pragma unroll
    for (u32 step = 16; step; step >>= 1) x = fmax(x, __shfl_xor_sync(EVERY_LANE, x, step));
    return x;
}
