// The kernels as the emulator knows them: the text that a device compiles, and their names.
#include "klaim.cu"

#define REGISTER(name) emulator::add(#name, &emulator::Call<&name>::go)

namespace {
struct Register {
    Register() {
        REGISTER(controls);
        REGISTER(controls_f32);
        REGISTER(distances);
        REGISTER(draw_atoms);
        REGISTER(draw_mixture);
        REGISTER(draw_noise);
        REGISTER(draw_noise_f32);
        REGISTER(draw_simplex);
        REGISTER(draw_snrs);
        REGISTER(extremes);
        REGISTER(means);
        REGISTER(observe);
        REGISTER(observe_mixture);
        REGISTER(prior_of_atoms);
        REGISTER(prior_of_simplex);
        REGISTER(prior_f32);
        REGISTER(product);
        REGISTER(product_f16x3);
        REGISTER(read_out);
        REGISTER(scatter);
        REGISTER(split_rows);
        REGISTER(sums_f32);
        REGISTER(sums_of_atoms);
        REGISTER(sums_of_simplex);
    }
} registered;
}  // namespace
