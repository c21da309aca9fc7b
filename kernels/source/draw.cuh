// Random numbers of a path: X, and the normals of coordinates; mirrors src/source/draw.rs to the bit.
#pragma once
#include "numeric/normal.cuh"
#include "source/cumulative.cuh"

// The normals of a sample's coordinates: 2b and 2b + 1 from block `block` + b. Asked for in their order, each pair is made
// once.
struct Normals {
    Stream stream;
    u64 sample;
    u32 block;
    double odd;
    bool fresh;

    DEVICE_MEMBER Normals(Stream words, u64 path, u32 first)
        : stream(words), sample(path), block(first), odd(0.0), fresh(true) {}

    DEVICE_MEMBER double at(u32 coordinate) {
        if (coordinate % 2 && !fresh) return odd;
        double even;
        normal_pair(stream, sample, block + coordinate / 2, &even, &odd);
        fresh = false;
        return coordinate % 2 ? odd : even;
    }
};

// The component that X of a sample lies in, from the block of its choice.
DEVICE u32 choice_of(Stream stream, u64 sample, u32 block, const double* __restrict__ ends, u32 count) {
    Words words = block_of(stream, sample, block);
    return index_of(ends, count, uniform(words.x, words.y));
}
