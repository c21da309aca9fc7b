// Random words as a pure function of their address; mirrors src/numeric/stream.rs to the bit.
#pragma once
#include "prelude.cuh"

struct Words {
    u32 x, y, z, w;
};

// Philox4x32-10 [Salmon, Moraes, Dror, Shaw, SC 2011].
DEVICE Words philox(Words counter, u32 key_low, u32 key_high) {
#pragma unroll
    for (int round = 0; round < 10; ++round) {
        u32 low = 0xD2511F53u * counter.x, low_carry = high_product(0xD2511F53u, counter.x);
        u32 high = 0xCD9E8D57u * counter.z, high_carry = high_product(0xCD9E8D57u, counter.z);
        counter = Words{high_carry ^ counter.y ^ key_low, high, low_carry ^ counter.w ^ key_high, low};
        key_low += 0x9E3779B9u;
        key_high += 0xBB67AE85u;
    }
    return counter;
}

// A lane of random words under a seed: 56 bits of lane, 40 of sample, 32 of block fill the counter.
struct Stream {
    u64 seed, lane;
};

DEVICE Words block_of(Stream stream, u64 sample, u32 block) {
    Words counter = {block, (u32)sample, ((u32)(sample >> 32) & 0xFFu) | (u32)stream.lane << 8, (u32)(stream.lane >> 24)};
    return philox(counter, (u32)stream.seed, (u32)(stream.seed >> 32));
}

// Uniform on (0, 1) from 52 of the 64 bits of two words: (k + ½)·2⁻⁵².
DEVICE double uniform(u32 low, u32 high) {
    u64 bits = ((u64)high << 32 | low) >> 12;
    return ((double)bits + 0.5) * (1.0 / 4503599627370496.0);
}
