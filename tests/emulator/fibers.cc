// The scheduler of the emulator: runs the threads of a block as fibers, in one of four orders.
#include <sys/mman.h>
#if !defined(__x86_64__)
#include <ucontext.h>
#endif

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include "launch.h"

namespace emulator {

thread_local Thread* current;
thread_local Block block;

namespace {

constexpr size_t STACK = 64 * 1024;
// Every byte of shared memory that a kernel reads without having written it.
constexpr u64 POISON = 0xFFF7FFFFFFF7FFFFull;
// Words behind each array of shared memory that nobody writes.
constexpr size_t FENCE = 64;

struct State {
    std::vector<Thread> threads;
    std::vector<Warp> warps;
    char* stacks = nullptr;
    size_t capacity = 0;
    void* scheduler = nullptr;
    void (*call)(void**) = nullptr;
    void** arguments = nullptr;
    std::map<const void*, std::vector<u64>> shared;
#if !defined(__x86_64__)
    std::vector<ucontext_t> contexts;
    ucontext_t home;
#endif
};
thread_local State state;

std::map<std::string, void (*)(void**)>& kernels() {
    static std::map<std::string, void (*)(void**)> table;
    return table;
}

void to_scheduler();

void run_thread() {
    state.call(state.arguments);
    current->done = true;
    Warp& mine = state.warps[current->warp];
    mine.alive &= ~(1u << current->lane);
    // The lanes that wait for this one need it no longer.
    if (mine.arrived && (mine.arrived & mine.alive) == mine.alive) {
        mine.arrived = 0;
        ++mine.generation;
    }
    for (;;) to_scheduler();
}

#if defined(__x86_64__)
extern "C" void emulator_switch(void** save, void* to);
asm(R"(
.text
.globl emulator_switch
.type emulator_switch,@function
emulator_switch:
    pushq %rbp; pushq %rbx; pushq %r12; pushq %r13; pushq %r14; pushq %r15
    movq %rsp, (%rdi)
    movq %rsi, %rsp
    popq %r15; popq %r14; popq %r13; popq %r12; popq %rbx; popq %rbp
    ret
)");

void prepare(size_t i) {
    void** top = reinterpret_cast<void**>(state.stacks + (i + 1) * STACK) - 1;
    *--top = reinterpret_cast<void*>(run_thread);
    for (int saved = 0; saved < 6; ++saved) *--top = nullptr;
    state.threads[i].stack_pointer = top;
}
void to_thread(size_t i) { emulator_switch(&state.scheduler, state.threads[i].stack_pointer); }
void to_scheduler() { emulator_switch(&current->stack_pointer, state.scheduler); }
#else
void prepare(size_t i) {
    state.contexts.resize(state.threads.size());
    ucontext_t& context = state.contexts[i];
    getcontext(&context);
    context.uc_stack.ss_sp = state.stacks + i * STACK;
    context.uc_stack.ss_size = STACK;
    context.uc_link = nullptr;
    makecontext(&context, run_thread, 0);
}
void to_thread(size_t i) { swapcontext(&state.home, &state.contexts[i]); }
void to_scheduler() { swapcontext(&state.contexts[current - state.threads.data()], &state.home); }
#endif

bool can_run(const Thread& t) {
    if (t.done || t.waits == Thread::AT_BARRIER) return false;
    return t.waits == Thread::READY || state.warps[t.warp].generation != t.generation;
}

// Runs thread i until it waits; returns whether it could move at all.
bool step(size_t i) {
    Thread& thread = state.threads[i];
    if (!can_run(thread)) return false;
    thread.waits = Thread::READY;
    current = &thread;
    to_thread(i);
    return true;
}

// A randomly chosen warp runs as far as it can before any other moves.
bool run_warps(std::mt19937_64& random) {
    std::vector<size_t> order(state.warps.size());
    std::iota(order.begin(), order.end(), 0);
    std::shuffle(order.begin(), order.end(), random);
    bool moved = false;
    for (size_t w : order)
        for (bool more = true; more;) {
            more = false;
            for (size_t i = w * 32; i < std::min(state.threads.size(), w * 32 + 32); ++i) more |= step(i);
            moved |= more;
        }
    return moved;
}

void start_block(Index threads) {
    state.shared.clear();
    for (auto& w : state.warps) w = Warp{};
    for (size_t i = 0; i < state.threads.size(); ++i) {
        Thread& t = state.threads[i];
        t = Thread{};
        t.index = {u32(i % threads.x), u32(i / threads.x % threads.y), u32(i / threads.x / threads.y)};
        t.lane = i & 31;
        t.warp = i >> 5;
        state.warps[t.warp].alive |= 1u << t.lane;
        prepare(i);
    }
}

// Whether the words behind the block's shared arrays are untouched.
bool intact() {
    for (const auto& array : state.shared)
        if (!std::all_of(array.second.end() - FENCE, array.second.end(), [](u64 word) { return word == POISON; }))
            return false;
    return true;
}

// False where no thread can move and some are not done: a deadlock.
bool run_block(Schedule schedule, std::mt19937_64& random) {
    std::vector<size_t> order(state.threads.size());
    std::iota(order.begin(), order.end(), 0);
    if (schedule == REVERSE) std::reverse(order.begin(), order.end());
    for (;;) {
        bool moved = false;
        if (schedule == RANDOM) std::shuffle(order.begin(), order.end(), random);
        if (schedule == WARPS)
            moved = run_warps(random);
        else
            for (size_t i : order) moved |= step(i);
        if (moved) continue;
        auto alive = [](const Thread& t) { return !t.done; };
        if (std::none_of(state.threads.begin(), state.threads.end(), alive)) return true;
        // Threads that have returned count as arrived.
        for (Thread& t : state.threads)
            if (alive(t) && t.waits != Thread::AT_BARRIER) return false;
        for (Thread& t : state.threads) t.waits = Thread::READY;
    }
}

}  // namespace

Warp& warp() { return state.warps[current->warp]; }

void barrier() {
    current->waits = Thread::AT_BARRIER;
    to_scheduler();
}

void meet() {
    Warp& mine = warp();
    mine.arrived |= 1u << current->lane;
    if ((mine.arrived & mine.alive) == mine.alive) {
        mine.arrived = 0;
        ++mine.generation;
        return;
    }
    current->generation = mine.generation;
    current->waits = Thread::IN_WARP;
    to_scheduler();
}

void* shared(const void* key, size_t bytes) {
    auto& memory = state.shared[key];
    if (memory.empty()) memory.assign((bytes + 7) / 8 + FENCE, POISON);
    return memory.data();
}

void add(const char* name, void (*call)(void**)) { kernels()[name] = call; }

void* find(const char* name) {
    auto found = kernels().find(name);
    return found == kernels().end() ? nullptr : reinterpret_cast<void*>(found->second);
}

bool launch(void* kernel, Index blocks, Index threads, size_t shared_bytes, void** arguments, Schedule schedule) {
    size_t count = size_t(threads.x) * threads.y * threads.z;
    std::mt19937_64 random(1);
    if (state.capacity < count) {
        if (state.stacks) munmap(state.stacks, state.capacity * STACK);
        void* memory = mmap(nullptr, count * STACK, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (memory == MAP_FAILED) return false;
        state.stacks = static_cast<char*>(memory);
        state.capacity = count;
    }
    state.call = reinterpret_cast<void (*)(void**)>(kernel);
    state.arguments = arguments;
    state.threads.resize(count);
    state.warps.resize((count + 31) / 32);
    block.threads = threads;
    block.blocks = blocks;
    block.late = schedule == RANDOM || schedule == WARPS;
    block.shared_bytes = shared_bytes;
    for (u32 z = 0; z < blocks.z; ++z)
        for (u32 y = 0; y < blocks.y; ++y)
            for (u32 x = 0; x < blocks.x; ++x) {
                block.index = {x, y, z};
                start_block(threads);
                if (!run_block(schedule, random)) {
                    std::fprintf(stderr, "emulator: deadlock in block (%u, %u, %u)\n", x, y, z);
                    return false;
                }
                if (!intact()) {
                    std::fprintf(stderr, "emulator: block (%u, %u, %u) wrote beyond its shared memory\n", x, y, z);
                    return false;
                }
            }
    return true;
}

}  // namespace emulator
