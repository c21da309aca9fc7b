// The matrix units, halves and copies beside the arithmetic, for emulator.h, which includes this file.
#pragma once

namespace emulator {

inline float value_of_half(u32 half) {
    u32 exponent = half >> 10 & 31, fraction = half & 1023;
    float size = exponent == 31 ? (fraction ? NAN : INFINITY)
                 : exponent     ? std::ldexp(float(1024 + fraction), int(exponent) - 25)
                                : std::ldexp(float(fraction), -24);
    return half & 0x8000 ? -size : size;
}

// To nearest, ties to even; NaN stays NaN.
inline u32 half_of_value(float x) {
    u32 bits, sign;
    std::memcpy(&bits, &x, 4);
    sign = bits >> 16 & 0x8000;
    bits &= 0x7FFFFFFF;
    if (bits > 0x7F800000) return 0x7FFF;
    if (bits >= 0x477FF000) return sign | 0x7C00;
    // Units of the last place of the half: of its exponent, or of the subnormals.
    int exponent = std::max(int(bits >> 23) - 127, -14);
    float units = std::nearbyint(std::ldexp(std::fabs(x), 10 - exponent));
    return sign | u32((exponent + 14) * 1024 + int(units));
}

// Σ terms as a matrix unit adds them: every term is cut off below the last place of the largest one's f32, then the sum
// is. Devices keep up to three bits more [Fasi, Higham, Mikaitis, Pranesh, PeerJ CS 2021]: this is the crudest of them.
inline float cut_sum(const double* terms, int count) {
    double largest = 0.0, sum = 0.0;
    for (int i = 0; i < count; ++i) largest = std::fmax(largest, std::fabs(terms[i]));
    if (!(largest > 0.0) || !(largest < INFINITY)) {
        for (int i = 0; i < count; ++i) sum += terms[i];
        return float(sum);
    }
    auto place = [](double x) { return std::ldexp(1.0, std::ilogb(x) - 23); };
    double last = place(largest), scale = 1.0 / last;
    for (int i = 0; i < count; ++i) sum += std::trunc(terms[i] * scale);
    sum *= last;
    return sum == 0.0 ? 0.0f : float(std::trunc(sum / place(sum)) * place(sum));
}

}  // namespace emulator

DEVICE u32 pack_halves(float low, float high) {
    return emulator::half_of_value(low) | emulator::half_of_value(high) << 16;
}
DEVICE float low_half(u32 packed) { return emulator::value_of_half(packed & 0xFFFF); }

// As the instruction: lane l holds a[l/4][l%4], b[l%4][l/4], c[l/4][2(l%4)] and its right neighbour.
DEVICE void multiply_add_8x8x4(double* c, double a, double b) {
    auto& held = emulator::warp().operands[emulator::current->exchanges++ & 1];
    u32 lane = emulator::current->lane;
    held[lane][0] = a;
    held[lane][1] = b;
    emulator::meet();
    for (u32 j = 0; j < 2; ++j)
        for (u32 k = 0; k < 4; ++k)
            c[j] = fma(held[lane / 4 * 4 + k][0], held[(2 * (lane % 4) + j) * 4 + k][1], c[j]);
}

// As the instruction: which lane holds what is said in kernels/numeric/mma.cuh.
DEVICE void multiply_add_16x8x16(float* c, const u32* a, const u32* b) {
    auto& held = emulator::warp().halves[emulator::current->exchanges++ & 1];
    u32 lane = emulator::current->lane;
    for (u32 i = 0; i < 6; ++i) {
        u32 word = i < 4 ? a[i] : b[i - 4];
        held[lane][2 * i] = low_half(word);
        held[lane][2 * i + 1] = low_half(word >> 16);
    }
    emulator::meet();
    for (u32 e = 0; e < 4; ++e) {
        u32 row = lane / 4 + e / 2 * 8, column = 2 * (lane % 4) + e % 2;
        double terms[17];
        for (u32 k = 0; k < 16; ++k) {
            u32 of_left = row % 8 * 4 + k % 8 / 2, of_right = column * 4 + k % 8 / 2;
            float left = held[of_left][2 * (row / 8 + k / 8 * 2) + k % 2];
            terms[k] = double(left) * double(held[of_right][8 + k / 8 * 2 + k % 2]);
        }
        terms[16] = double(c[e]);
        c[e] = emulator::cut_sum(terms, 17);
    }
}

typedef const char* Place;
DEVICE Place place_of(const void* shared) { return static_cast<const char*>(shared); }

// Matrix m is where lanes 8m .. 8m + 7 point.
DEVICE void load_matrices(u32* word, Place row) {
    auto& slots = emulator::warp().slots[emulator::current->exchanges & 1];
    emulator::exchange((u64)row, 0);
    u32 lane = emulator::current->lane;
    for (u32 m = 0; m < 4; ++m)
        std::memcpy(&word[m], reinterpret_cast<Place>(slots[8 * m + lane / 4]) + lane % 4 * 4, 4);
}

// A copy happens at once or, in schedules that are late with it, when it is waited for: both are allowed.
template <class T>
DEVICE void start_copy(Place to, const T* from) {
    static_assert(sizeof(T) == 16, "one unit");
    void* at = const_cast<char*>(to);
    if (!emulator::block.late) std::memcpy(at, from, 16);
    if (emulator::block.late) emulator::current->copies.push_back({at, from, emulator::current->groups});
}
DEVICE void end_group() { ++emulator::current->groups; }
template <u32 AFTER>
DEVICE void wait_for_copies() {
    auto& copies = emulator::current->copies;
    size_t done = 0;
    for (; done < copies.size() && copies[done].group + AFTER < emulator::current->groups; ++done)
        std::memcpy(copies[done].to, copies[done].from, 16);
    copies.erase(copies.begin(), copies.begin() + done);
}
