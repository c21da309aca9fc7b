// CUDA C++ on the CPU, for tests: one fiber a thread, switched at barriers and warp exchanges only, so that these are exact
// and the test chooses the order in which threads run. Shared memory starts as NaN. What it cannot show: races that need
// two threads at the same instant, and anything about speed.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>
#include <utility>
#include <vector>

typedef uint32_t u32;
typedef unsigned long long u64;
static_assert(sizeof(u64) == 8, "64 bits");

namespace emulator {

struct Index {
    u32 x, y, z;
};
// A copy that was started in group `group`.
struct Copy {
    void* to;
    const void* from;
    u32 group;
};
struct Thread {
    void* stack_pointer;
    Index index;
    u32 lane, warp, exchanges;
    enum { READY, AT_BARRIER, IN_WARP } waits;
    u32 generation;
    bool done;
    std::vector<Copy> copies;
    u32 groups;
};
// What the lanes of a warp hand each other; two sets of slots, so that an exchange needs to wait only once.
struct Warp {
    u64 slots[2][32];
    double operands[2][32][2];
    float halves[2][32][12];
    u32 arrived, generation, alive;
};
struct Block {
    Index index, threads, blocks;
    bool late;
    // Shared memory that the launch gives.
    size_t shared_bytes;
};
extern thread_local Thread* current;
extern thread_local Block block;

void barrier();
// Waits until all lanes of the warp that are alive are here.
void meet();
Warp& warp();
void* shared(const void* key, size_t bytes);
void add(const char* name, void (*call)(void**));

// The value that lane `from` holds of `value`.
template <class T>
T exchange(T value, u32 from) {
    static_assert(sizeof(T) <= 8, "a register or two");
    u64(&slots)[32] = warp().slots[current->exchanges++ & 1];
    std::memcpy(&slots[current->lane], &value, sizeof(T));
    meet();
    T result;
    std::memcpy(&result, &slots[from & 31], sizeof(T));
    return result;
}

template <auto F>
struct Call;
template <class... A, void (*F)(A...)>
struct Call<F> {
    template <size_t... I>
    static void with(void** arguments, std::index_sequence<I...>) {
        F(*static_cast<std::decay_t<A>*>(arguments[I])...);
    }
    static void go(void** arguments) { with(arguments, std::index_sequence_for<A...>{}); }
};

}  // namespace emulator

#define DEVICE static inline
#define DEVICE_MEMBER inline
#define KERNEL(threads, name) extern "C" void name
#define SHARED(type, name, count)       \
    static const char name##_place = 0; \
    type* name = static_cast<type*>(emulator::shared(&name##_place, sizeof(type) * (count)))
#define SHARED_REST(type, name) SHARED(type, name, emulator::block.shared_bytes / sizeof(type))
#define __restrict__ __restrict
#define threadIdx (emulator::current->index)
#define blockIdx (emulator::block.index)

DEVICE void __syncthreads() { emulator::barrier(); }
DEVICE void __syncwarp() { emulator::meet(); }
template <class T>
DEVICE T __shfl_xor_sync(u32, T value, u32 mask) {
    return emulator::exchange(value, emulator::current->lane ^ mask);
}
DEVICE bool __any_sync(u32, bool mine) {
    u32 slot = emulator::current->exchanges & 1;
    emulator::exchange((u64)mine, 0);
    for (u32 lane = 0; lane < 32; ++lane)
        if (emulator::warp().alive >> lane & 1 && emulator::warp().slots[slot][lane]) return true;
    return false;
}
DEVICE u32 high_product(u32 a, u32 b) { return (u32)((u64)a * b >> 32); }
DEVICE double as_double(u64 bits) {
    double x;
    std::memcpy(&x, &bits, 8);
    return x;
}
DEVICE u64 as_bits(double x) {
    u64 bits;
    std::memcpy(&bits, &x, 8);
    return bits;
}
DEVICE float power_of_two(float x) { return x < -126.0f ? 0.0f : std::exp2(x); }
using std::fabs;
using std::fma;
using std::fmax;
using std::log;
using std::log1p;
using std::sqrt;

#include "matrix.h"
