// A libcuda.so for tests: device memory is host memory, launches run under the emulator. It has the entry points that
// cudarc calls for klaim, and no others.
//
// KLAIM_EMULATOR=word,word,… makes it misbehave or vary: schedule0 … schedule3, devices2, no-device, old-device,
// old-driver, small-memory (a device of 512 KB), mib-N (one of N MiB), launch-fails, module-fails, late-copies (copies to the
// device happen when something of their stream, or of one that waits for it, needs them), deaf (nothing waits for events).
#include <cstdio>
#include <cstdlib>
#include <map>
#include <mutex>
#include <set>
#include <vector>

#include "launch.h"

namespace {

enum Result { SUCCESS = 0, INVALID = 1, OUT_OF_MEMORY = 2, NO_DEVICE = 100, BAD_DEVICE = 101, BAD_IMAGE = 200,
              NOT_FOUND = 500, LAUNCH_FAILED = 719 };
typedef int Device;
typedef void* Handle;
typedef u64 Address;

bool asked(const char* word) {
    const char* words = std::getenv("KLAIM_EMULATOR");
    return words && std::strstr(words, word);
}
Handle token() {
    static u64 something;
    return &something;
}
size_t total() {
    const char* words = std::getenv("KLAIM_EMULATOR");
    const char* mib = words ? std::strstr(words, "mib-") : nullptr;
    if (mib) return std::strtoul(mib + 4, nullptr, 10) << 20;
    return asked("small-memory") ? 512u << 10 : size_t(2) << 30;
}

// Copies that a stream has not done yet.
struct Stream {
    struct Copy {
        void* to;
        std::vector<char> bytes;
    };
    std::vector<Copy> copies;
    u64 begun = 0, done = 0;

    void run(u64 until) {
        for (; done < until; ++done) {
            const Copy& copy = copies[done - (begun - copies.size())];
            std::memcpy(copy.to, copy.bytes.data(), copy.bytes.size());
        }
        if (done == begun) copies.clear();
    }
    void run() { run(begun); }
};
struct Event {
    Stream* stream;
    u64 begun;
};

std::mutex lock;
std::set<Stream*> streams;
std::map<Address, size_t> sizes;
size_t used = 0;

Result allocate(Address* at, size_t bytes) {
    std::lock_guard<std::mutex> guard(lock);
    if (used + bytes > total()) return OUT_OF_MEMORY;
    void* memory = std::malloc(bytes + 256);
    std::memset(memory, 0xFF, bytes + 256);
    *at = reinterpret_cast<Address>(memory);
    sizes[*at] = bytes;
    used += bytes;
    return SUCCESS;
}
// Bytes behind the end that are no longer 0xFF: a kernel wrote there.
bool intact(Address at, size_t bytes) {
    auto tail = reinterpret_cast<unsigned char*>(at) + bytes;
    for (int i = 0; i < 256; ++i)
        if (tail[i] != 0xFF) return false;
    return true;
}
Result release(Address at) {
    std::lock_guard<std::mutex> guard(lock);
    if (asked("late-copies"))
        for (Stream* stream : streams) stream->run();
    auto found = sizes.find(at);
    if (found == sizes.end()) return INVALID;
    if (!intact(at, found->second)) {
        std::fprintf(stderr, "emulator: a kernel wrote beyond an allocation of %zu bytes\n", found->second);
        std::abort();
    }
    used -= found->second;
    sizes.erase(found);
    std::free(reinterpret_cast<void*>(at));
    return SUCCESS;
}
emulator::Schedule schedule() {
    if (asked("schedule1")) return emulator::REVERSE;
    if (asked("schedule2")) return emulator::RANDOM;
    return asked("schedule3") ? emulator::WARPS : emulator::FORWARD;
}
int attribute(int which) {
    switch (which) {
        case 75: return asked("old-device") ? 6 : 9;  // compute capability
        case 16: return 132;                          // multiprocessors
        case 115: return 1;                           // memory pools
        default: return 0;
    }
}

}  // namespace

extern "C" {

int cuInit(u32) { return asked("no-device") ? NO_DEVICE : SUCCESS; }
int cuDriverGetVersion(int* version) { return *version = asked("old-driver") ? 11040 : 13000, SUCCESS; }
int cuDeviceGetCount(int* count) { return *count = asked("devices2") ? 2 : 1, SUCCESS; }
int cuDeviceGet(Device* device, int ordinal) { return *device = ordinal, ordinal < 2 ? SUCCESS : BAD_DEVICE; }
int cuDeviceGetName(char* name, int length, Device) { return std::snprintf(name, length, "emulator"), SUCCESS; }
int cuDeviceGetAttribute(int* value, int which, Device) { return *value = attribute(which), SUCCESS; }
int cuDeviceTotalMem_v2(size_t* bytes, Device) { return *bytes = total(), SUCCESS; }
int cuMemGetInfo_v2(size_t* available, size_t* all) {
    std::lock_guard<std::mutex> guard(lock);
    return *available = total() - used, *all = total(), SUCCESS;
}
int cuDevicePrimaryCtxRetain(Handle* context, Device) { return *context = token(), SUCCESS; }
int cuDevicePrimaryCtxRelease_v2(Device) { return SUCCESS; }
int cuCtxSetCurrent(Handle) { return SUCCESS; }
int cuCtxGetCurrent(Handle* context) { return *context = token(), SUCCESS; }
int cuCtxSynchronize() { return SUCCESS; }
int cuStreamCreate(Stream** stream, u32) {
    std::lock_guard<std::mutex> guard(lock);
    return streams.insert(*stream = new Stream), SUCCESS;
}
int cuStreamDestroy_v2(Stream* stream) {
    std::lock_guard<std::mutex> guard(lock);
    stream->run();
    streams.erase(stream);
    delete stream;
    return SUCCESS;
}
int cuStreamSynchronize(Stream* stream) { return stream ? stream->run() : void(), SUCCESS; }
int cuStreamWaitEvent(Stream*, Event* event, u32) {
    if (event->stream && !asked("deaf")) event->stream->run(event->begun);
    return SUCCESS;
}
int cuEventCreate(Event** event, u32) { return *event = new Event{nullptr, 0}, SUCCESS; }
int cuEventRecord(Event* event, Stream* stream) {
    return *event = Event{stream, stream ? stream->begun : 0}, SUCCESS;
}
int cuEventSynchronize(Event* event) { return event->stream ? event->stream->run(event->begun) : void(), SUCCESS; }
int cuEventDestroy_v2(Event* event) { return delete event, SUCCESS; }
int cuMemAlloc_v2(Address* at, size_t bytes) { return allocate(at, bytes); }
int cuMemAllocAsync(Address* at, size_t bytes, Handle) { return allocate(at, bytes); }
int cuMemFree_v2(Address at) { return release(at); }
int cuMemFreeAsync(Address at, Handle) { return release(at); }
int cuMemsetD8Async(Address at, unsigned char byte, size_t bytes, Stream* stream) {
    if (stream) stream->run();
    return std::memset(reinterpret_cast<void*>(at), byte, bytes), SUCCESS;
}
int cuMemcpyHtoDAsync_v2(Address to, const void* from, size_t bytes, Stream* stream) {
    auto bytes_at = static_cast<const char*>(from);
    if (!stream || !asked("late-copies")) return std::memcpy(reinterpret_cast<void*>(to), from, bytes), SUCCESS;
    stream->copies.push_back({reinterpret_cast<void*>(to), {bytes_at, bytes_at + bytes}});
    return ++stream->begun, SUCCESS;
}
int cuMemcpyDtoHAsync_v2(void* to, Address from, size_t bytes, Stream* stream) {
    if (stream) stream->run();
    return std::memcpy(to, reinterpret_cast<void*>(from), bytes), SUCCESS;
}
int cuModuleLoadData(Handle* module, const void*) {
    return *module = token(), asked("module-fails") ? BAD_IMAGE : SUCCESS;
}
int cuModuleUnload(Handle) { return SUCCESS; }
int cuModuleGetFunction(Handle* function, Handle, const char* name) {
    *function = emulator::find(name);
    return *function ? SUCCESS : NOT_FOUND;
}
int cuLaunchKernel(Handle function, u32 bx, u32 by, u32 bz, u32 tx, u32 ty, u32 tz, u32 shared, Stream* stream,
                   void** arguments, void**) {
    if (stream) stream->run();
    if (asked("launch-fails")) return LAUNCH_FAILED;
    if (tx * ty * tz == 0 || tx * ty * tz > 1024 || bx * by * bz == 0 || by > 65535 || bz > 65535) return INVALID;
    if (shared > 48u << 10) return INVALID;
    return emulator::launch(function, {bx, by, bz}, {tx, ty, tz}, shared, arguments, schedule()) ? SUCCESS : LAUNCH_FAILED;
}
int cuGetErrorName(int error, const char** name) {
    switch (error) {
        case OUT_OF_MEMORY: return *name = "CUDA_ERROR_OUT_OF_MEMORY", SUCCESS;
        case NO_DEVICE: return *name = "CUDA_ERROR_NO_DEVICE", SUCCESS;
        case LAUNCH_FAILED: return *name = "CUDA_ERROR_LAUNCH_FAILED", SUCCESS;
        default: return *name = "CUDA_ERROR", SUCCESS;
    }
}
int cuGetErrorString(int error, const char** text) { return cuGetErrorName(error, text); }

}  // extern "C"
