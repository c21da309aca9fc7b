// The kernels as the emulator knows them: the text that a device compiles, and their names.
#include "klaim.cu"

#define REGISTER(name) emulator::add(#name, &emulator::Call<&name>::go)

namespace {
struct Register {
    Register() {
        REGISTER(advance_rows);
        REGISTER(anchor);
        REGISTER(controls);
        REGISTER(controls_f32);
        REGISTER(depart_rows);
        REGISTER(diffuse_rows);
        REGISTER(distances);
        REGISTER(draw_atoms);
        REGISTER(draw_mixture);
        REGISTER(draw_noise);
        REGISTER(draw_noise_f32);
        REGISTER(draw_points);
        REGISTER(draw_rows);
        REGISTER(draw_simplex);
        REGISTER(draw_snrs);
        REGISTER(enter_rows);
        REGISTER(extremes);
        REGISTER(girsanov_components);
        REGISTER(girsanov_orthonormal);
        REGISTER(leave_rows);
        REGISTER(means);
        REGISTER(observe);
        REGISTER(observe_mixture);
        REGISTER(prior_f32);
        REGISTER(prior_of_atoms);
        REGISTER(prior_of_simplex);
        REGISTER(product);
        REGISTER(product_f16x3);
        REGISTER(read_out);
        REGISTER(scatter);
        REGISTER(split_rows);
        REGISTER(sum_rows);
        REGISTER(sums_f32);
        REGISTER(sums_of_atoms);
        REGISTER(sums_of_simplex);
        REGISTER(walk_components);
        REGISTER(walk_orthonormal);
        REGISTER(weigh_rows);
    }
} registered;
}  // namespace
