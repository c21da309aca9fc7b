// Copies from memory to shared memory that go on beside the arithmetic (compute capability 8.0), in groups; addresses there.
#pragma once
#include "prelude.cuh"

// 16 bytes, the unit of such copies.
struct alignas(16) Chunk {
    u32 word[4];
};

#if defined(__CUDACC__) || defined(__CUDACC_RTC__)
// An address in shared memory, in bytes.
typedef u32 Place;
DEVICE Place place_of(const void* shared) {
    u32 place;
    asm("{ .reg .u64 wide; cvta.to.shared.u64 wide, %1; cvt.u32.u64 %0, wide; }" : "=r"(place) : "l"(shared));
    return place;
}
// Starts one copy.
DEVICE void start_copy(Place to, const Chunk* from) {
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16;" ::"r"(to), "l"(from) : "memory");
}
// Ends a group: the copies started since the last one.
DEVICE void end_group() { asm volatile("cp.async.commit_group;" ::: "memory"); }
// Waits until all of this thread's groups but the last `AFTER` are there.
template <u32 AFTER>
DEVICE void wait_for_copies() {
    asm volatile("cp.async.wait_group %0;" ::"n"(AFTER) : "memory");
}
#endif
