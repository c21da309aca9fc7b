//! The CUDA backend without a device: the kernels' own text and the unmodified program, on an
//! emulated driver.
//!
//! `tests/emulator` makes a libcuda and a libnvrtc that `klaim` loads like the real ones; they run
//! each launch as fibers on the CPU, in one of four orders. Needs a C++17 compiler (`c++`, or what
//! CXX names): without one these tests are ignored and named as left out, and with KLAIM_TEST_ALL
//! set they fail. The file is its own harness, because whether a test can run is known only when it
//! starts.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod agreement;
mod claims;
mod emulator;
mod failures;
mod faults;
mod memory;
mod paths;
mod single;

use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial, run};

/// The named functions as tests of these names; one that is missing here is dead code, and refused
/// by the compiler.
macro_rules! tests {
    ($($module:ident: $($test:ident)+;)+) => {
        [$($(Trial::test(concat!(stringify!($module), "::", stringify!($test)), || {
            $module::$test();
            Ok(())
        })),+),+]
    };
}

fn main() -> ExitCode {
    let emulated = tests! {
        agreement: every_law_agrees_in_every_schedule;
        claims: claims_get_the_verdicts_of_the_cpu parts_remember_what_measured_them;
        failures: what_fails_is_told kernels_come_from_the_cache_or_from_the_program;
        faults: planted_faults_are_noticed planted_faults_of_the_f32_product_are_noticed
            planted_faults_on_paths_are_noticed;
        memory: streamed_atoms_give_the_same_bits;
        paths: statistics_of_paths_are_those_of_the_cpu claims_on_paths_get_the_verdicts_of_the_cpu;
        single: single_precision_carries_its_error the_scale_of_a_law_does_not_show_in_f32;
    };
    let alone = tests! { failures: no_driver_is_an_error_that_names_it; };
    let reason = emulator::compiler().err().filter(|_| std::env::var_os("KLAIM_TEST_ALL").is_none());
    if let Some(reason) = &reason {
        eprintln!(
            "left out: {} tests of the CUDA kernels emulated by a C++ compiler, named `ignored` below ({reason})\n\
             remedy:   install g++ or set CXX; KLAIM_TEST_ALL=1 makes what is left out fail",
            emulated.len()
        );
    }
    let emulated = emulated.into_iter().map(|test| test.with_ignored_flag(reason.is_some()));
    run(&Arguments::from_args(), emulated.chain(alone).collect()).exit_code()
}
