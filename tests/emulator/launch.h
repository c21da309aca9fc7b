// What the driver asks of the emulator.
#pragma once
#include "emulator.h"

namespace emulator {

// The order in which the threads of a block run. WARPS lets one warp run far ahead of the others.
enum Schedule { FORWARD, REVERSE, RANDOM, WARPS };

void* find(const char* name);
// False after a deadlock, and where a block wrote beyond its shared memory.
bool launch(void* kernel, Index blocks, Index threads, size_t shared_bytes, void** arguments, Schedule schedule);

}  // namespace emulator
