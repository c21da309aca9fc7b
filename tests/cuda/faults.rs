//! What the comparison is worth: planted faults.

use super::emulator::{Fault, PRODUCTS_IN_F32, emulator, said, selftest, selftest_in_f32};

/// What the comparison is worth: a barrier left out, a wrong lane, an offset forgotten, a wrong
/// block of random words.
pub fn planted_faults_are_noticed() {
    let faults: [(&str, &str, &str, Fault); 6] = [
        (
            "reduction-without-barrier",
            "schedule0",
            "bpsk",
            Fault {
                file: "numeric/moments.cu",
                from: "        __syncthreads();\n        if (threadIdx.x < half) {\n            sums",
                to: "        if (threadIdx.x < half) {\n            sums",
            },
        ),
        (
            "tile-overwritten-while-read",
            "schedule3",
            "codebook:atoms=131,dim=37,seed=1",
            Fault {
                file: "numeric/product.cu",
                from: "        __syncthreads();\n        store(left",
                to: "        store(left",
            },
        ),
        (
            "wrong-lane",
            "schedule0",
            "simplex:atoms=33",
            Fault { file: "posterior/sums.cu", from: "value[0][j], 2);", to: "value[0][j], 1);" },
        ),
        (
            "offset-of-the-second-block",
            "schedule0",
            "zipf:exponent=2,atoms=2050,embedding=simplex",
            Fault { file: "posterior/simplex.cuh", from: "ln_weights[start + i]", to: "ln_weights[i]" },
        ),
        (
            "wrong-words",
            "schedule0",
            "codebook:atoms=131,dim=37,seed=1",
            Fault {
                file: "numeric/normal.cuh",
                from: "#define FIRST_BLOCK 1u",
                to: "#define FIRST_BLOCK 2u",
            },
        ),
        (
            "one-tile-short",
            "schedule0",
            "codebook:atoms=131,dim=37,seed=1",
            Fault {
                file: "numeric/product.cu",
                from: "from < length; from += STEP",
                to: "from + STEP < length; from += STEP",
            },
        ),
    ];
    for (name, schedule, source, fault) in &faults {
        let folder = emulator(name, Some(fault));
        let output = selftest(&folder, schedule, &[source], "64");
        assert_eq!(output.status.code(), Some(1), "{name}: {}", said(&output));
    }
}

/// The same of the f32 product: a term left out, a wrong lane, a copy not waited for, a barrier
/// left out.
pub fn planted_faults_of_the_f32_product_are_noticed() {
    let faults = [
        ("low-term", "part[j], high, right_low[j / 2]", "part[j], low, right_low[j / 2]"),
        ("fragment-lane", "(row + lane % 16) * ROW_BYTES", "(row + (lane ^ 1) % 16) * ROW_BYTES"),
        ("copy-not-waited-for", "wait_for_copies<STAGES - 2>", "wait_for_copies<STAGES - 1>"),
        ("stage-overwritten-while-read", "        __syncthreads();\n        copier", "        copier"),
    ];
    for (name, from, to) in faults {
        let fault = Fault { file: "numeric/product_f16x3.cu", from, to };
        let output = selftest_in_f32(&emulator(name, Some(&fault)), "schedule3", &PRODUCTS_IN_F32[..1]);
        // What was never written is NaN, and an error before any comparison.
        let noticed = ["DIFFERS", "is not"].iter().any(|word| said(&output).contains(word));
        assert!(noticed && output.status.code() != Some(0), "{name}: {}", said(&output));
    }
}

/// The same for simulated paths; the last one is a write that the emulator itself refuses.
pub fn planted_faults_on_paths_are_noticed() {
    let (small, product, large) = (
        "codebook:atoms=16,dim=8",
        "product:base=(mixture:means=-1|1,variances=0.3|0.1),dim=5",
        "simplex:atoms=33",
    );
    let fault = |file, from, to| Fault { file, from, to };
    let faults: [(&str, &str, &str, i32, Fault); 8] = [
        (
            "constants-overwritten-while-read",
            "schedule3",
            small,
            1,
            fault("process/mean.cuh", "snr) const {\n        __syncthreads();\n", "snr) const {\n"),
        ),
        (
            "noise-of-another-step",
            "schedule0",
            small,
            1,
            fault("process/chain.cu", "FIRST_BLOCK + (at + 1) * blocks", "FIRST_BLOCK + at * blocks"),
        ),
        (
            "offset-of-the-denoiser",
            "schedule0",
            large,
            1,
            fault("process/rows.cu", "mean[k]) + offset;", "mean[k]) + 0.0 * offset;"),
        ),
        (
            "choice-of-another-copy",
            "schedule0",
            product,
            1,
            fault("process/chain.cu", "draw.places[2 * copy],", "draw.places[0],"),
        ),
        (
            "the-same-point-twice",
            "schedule0",
            small,
            1,
            fault(
                "process/girsanov.cu",
                "point == 1 ? share : 1.0 - share",
                "point < 3 ? share : 1.0 - share",
            ),
        ),
        (
            "row-sum-without-barrier",
            "schedule3",
            large,
            1,
            fault(
                "process/rows.cu",
                "block_sum(double* held, double x) {\n    __syncthreads();\n",
                "block_sum(double* held, double x) {\n",
            ),
        ),
        (
            "batch-sum-without-barrier",
            "schedule0",
            small,
            1,
            fault(
                "process/girsanov.cu",
                "        __syncthreads();\n        if (threadIdx.x < half) *total",
                "        if (threadIdx.x < half) *total",
            ),
        ),
        (
            "beyond-shared-memory",
            "schedule0",
            small,
            2,
            fault(
                "process/chain.cu",
                "*weight = estimate + dim * PATHS",
                "*weight = estimate + (dim + 1) * PATHS",
            ),
        ),
    ];
    for (name, schedule, source, status, fault) in &faults {
        let folder = emulator(name, Some(fault));
        let output = selftest(&folder, schedule, &[source], "64");
        assert_eq!(output.status.code(), Some(*status), "{name}: {}", said(&output));
    }
}
