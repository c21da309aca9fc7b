// The kernels as the emulator knows them: the text that a device compiles, and their names.
#include "klaim.cu"

#define REGISTER(name) emulator::add(#name, &emulator::Call<&name>::go)

namespace {
struct Register {
    Register() {
        REGISTER(controls);
        REGISTER(draw_atoms);
        REGISTER(draw_mixture);
        REGISTER(draw_noise);
        REGISTER(draw_simplex);
        REGISTER(draw_snrs);
        REGISTER(extremes);
        REGISTER(means);
        REGISTER(observe);
        REGISTER(observe_mixture);
        REGISTER(prior_of_atoms);
        REGISTER(prior_of_simplex);
        REGISTER(product);
        REGISTER(read_out);
        REGISTER(scatter);
        REGISTER(sums_of_atoms);
        REGISTER(sums_of_atoms_f32);
        REGISTER(sums_of_simplex);
        REGISTER(sums_of_simplex_f32);
    }
} registered;
}  // namespace
