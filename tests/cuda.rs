//! The CUDA backend without a device: the kernels' own text and the unmodified program, on an emulated driver.
//!
//! `tests/emulator` makes a libcuda and a libnvrtc that `klaim` loads like the real ones; they run each launch as fibers on
//! the CPU, in one of four orders. Needs a C++17 compiler (`c++`, or what CXX names): without one these tests fail.
#![cfg(feature = "cuda")]
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::{Mutex, PoisonError};

use serde_json::Value;

const FLAGS: [&str; 9] = [
    "-std=c++17",
    "-O2",
    "-march=native",
    "-ffp-contract=off",
    "-fPIC",
    "-Wall",
    "-Wno-unknown-pragmas",
    "-Wno-unused-function",
    "-Werror",
];
/// Forward, reverse, random, and one warp running ahead of the others.
const SCHEDULES: [&str; 4] = ["schedule0", "schedule1", "schedule2", "schedule3"];

/// Laws that between them launch every kernel, small enough for an emulator.
const EVERY_KERNEL: [&str; 6] = [
    "codebook:atoms=131,dim=37,seed=1",
    "simplex:atoms=33",
    "product:dim=7,base=(pam:levels=5)",
    "gaussian:dim=3,variance=1.7",
    "mixture:ring=9,radius=4,variance=0.1",
    "zipf:exponent=1.5,atoms=9,embedding=simplex",
];

/// Laws for the f32 product: more steps than stages, one coordinate, whole tiles, far atoms, two blocks.
const PRODUCTS_IN_F32: [&str; 5] = [
    "codebook:atoms=40,dim=100",
    "codebook:atoms=128,dim=1",
    "codebook:atoms=256,dim=16",
    "zipf:exponent=1.5,atoms=300",
    "codebook:atoms=2100,dim=2,seed=2",
];

/// A change to the kernels' text that must be noticed.
struct Fault {
    file: &'static str,
    from: &'static str,
    to: &'static str,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn compile(arguments: &[&str]) {
    let compiler = std::env::var("CXX").unwrap_or_else(|_| "c++".into());
    let output = Command::new(&compiler)
        .args(FLAGS)
        .args(arguments)
        .output()
        .unwrap_or_else(|e| panic!("these tests need a C++17 compiler, and `{compiler}` cannot be run: {e}"));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        if entry.path().is_dir() {
            copy(&entry.path(), &to.join(entry.file_name()));
        } else {
            fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }
}

/// A folder with the emulated libraries, their kernels changed by `fault`. Objects that do not hold kernels are compiled
/// once a test process.
fn emulator(name: &str, fault: Option<&Fault>) -> PathBuf {
    static SHARED: Mutex<bool> = Mutex::new(false);
    let sources = root().join("tests/emulator");
    let base = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("emulator-{}", std::process::id()));
    let (dir, kernels) = (base.join(name), base.join(name).join("kernels"));
    copy(&root().join("kernels"), &kernels);
    if let Some(Fault { file, from, to }) = fault {
        let text = fs::read_to_string(kernels.join(file)).unwrap();
        assert_eq!(text.matches(from).count(), 1, "`{from}` stands once in {file}");
        fs::write(kernels.join(file), text.replace(from, to)).unwrap();
    }
    let text = |path: PathBuf| path.to_str().unwrap().to_owned();
    let object = |part: &str| text(base.join(format!("{part}.o")));
    {
        let mut done = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        if !*done {
            for part in ["fibers", "driver"] {
                compile(&["-c", "-o", &object(part), &text(sources.join(format!("{part}.cc")))]);
            }
            *done = true;
        }
    }
    let includes = [format!("-I{}", sources.display()), format!("-I{}", kernels.display())];
    let kernels = text(sources.join("kernels.cc"));
    let cuda = text(dir.join("libcuda.so"));
    compile(&["-shared", &includes[0], &includes[1], "-o", &cuda, &kernels, &object("fibers"), &object("driver")]);
    compile(&["-shared", "-o", &text(dir.join("libnvrtc.so")), &text(sources.join("nvrtc.cc"))]);
    dir
}

/// Runs `klaim` with the libraries in `folder` and the emulator told `words`.
fn klaim(folder: &Path, words: &str, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_klaim"));
    command.current_dir(folder).env("LD_LIBRARY_PATH", folder).env("XDG_CACHE_HOME", folder.join("cache"));
    command.env("KLAIM_EMULATOR", words).env("NO_COLOR", "1").env("COLUMNS", "400").args(arguments).output().unwrap()
}

fn selftest(folder: &Path, words: &str, sources: &[&str], samples: &str) -> Output {
    let mut arguments = vec!["selftest", "--samples", samples];
    sources.iter().for_each(|source| arguments.extend(["--source", source]));
    klaim(folder, words, &arguments)
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

#[test]
fn every_law_agrees_in_every_schedule() {
    let folder = emulator("schedules", None);
    let agrees = |words: &str, sources: &[&str], samples: &str| {
        let output = selftest(&folder, words, sources, samples);
        assert_eq!(output.status.code(), Some(0), "{words}: {}", said(&output));
    };
    for schedule in SCHEDULES {
        agrees(schedule, &EVERY_KERNEL, "64");
    }
    // Every law of the list, those with more than a block of atoms too.
    agrees("schedule3", &[], "64");
    // A whole tile and a part of the next, with the table of all pairs, on two devices.
    agrees("devices2", &["codebook:atoms=131,dim=5,seed=1", "zipf:exponent=1.5,atoms=9,embedding=simplex"], "1152");
    // Components of several variances, more than shared memory holds.
    let list = |number: &dyn Fn(i32) -> f64| (0..90).map(|j| format!("{:.2}", number(j))).collect::<Vec<_>>().join("|");
    let (means, variances) = (list(&|j| 0.1 * f64::from(j) - 4.5), list(&|j| 0.01 * f64::from(1 + j % 4)));
    agrees("schedule2", &[&format!("mixture:means={means},variances={variances}")], "64");
}

fn selftest_in_f32(folder: &Path, words: &str, sources: &[&str]) -> Output {
    let mut arguments = vec!["selftest", "--samples", "64", "--precision", "f32"];
    sources.iter().for_each(|source| arguments.extend(["--source", source]));
    klaim(folder, words, &arguments)
}

/// Single precision: within its own tolerance, and its measured error in the bound of an estimate.
#[test]
fn single_precision_carries_its_error() {
    let folder = emulator("single", None);
    for schedule in SCHEDULES {
        let output = selftest_in_f32(&folder, schedule, &PRODUCTS_IN_F32[..1]);
        assert_eq!(output.status.code(), Some(0), "{schedule}: {}", said(&output));
    }
    let output = selftest_in_f32(&folder, "schedule3", &[&EVERY_KERNEL[..], &PRODUCTS_IN_F32[1..]].concat());
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let of = |backend: &str, precision: &str| -> Value {
        let arguments = [
            &["estimate", "mmse", "--source", "codebook:atoms=40,dim=2", "--snr", "1", "--samples", "2048"][..],
            &["--format", "json", "--backend", backend, "--precision", precision],
        ];
        let output = klaim(&folder, "", &arguments.concat());
        serde_json::from_slice::<Value>(&output.stdout).unwrap_or_else(|e| panic!("{e}: {}", said(&output)))["rows"][0]
            .clone()
    };
    let number = |row: &Value, key: &str| row[key].as_f64().unwrap();
    let (exact, single) = (of("cpu", "f64"), of("cuda", "f32"));
    let apart = (number(&exact, "value") - number(&single, "value")).abs();
    let bound = number(&single, "bound") - number(&exact, "bound");
    assert!(apart > 0.0 && apart <= bound, "{apart} apart, bound {bound}");
    assert!(bound < 1e-5 * number(&exact, "value"), "bound {bound}");
}

/// Atoms that are too many for the memory allowed come from the host by blocks: within that memory, with the same differences
/// from the CPU to the last digit, however late the copies are done; not so where nothing waits for them. The device has a MiB
/// more, for what is not counted (grid and readouts).
#[test]
fn streamed_atoms_give_the_same_bits() {
    let folder = emulator("streamed", None);
    for precision in ["f64", "f32"] {
        let compared = |words: &str, memory: &[&str]| {
            // Resident, the coordinates take 1.02 MiB more than blocks of them.
            let base = ["selftest", "--samples", "64", "--source", "codebook:atoms=9300,dim=32", "--format", "json"];
            klaim(&folder, words, &[&base[..], &["--precision", precision], memory].concat())
        };
        let refused = said(&compared("", &["--device-memory", "0.001"]));
        let words: Vec<&str> = refused.split_whitespace().collect();
        let needed = words.windows(2).find(|pair| pair[1] == "MiB").unwrap_or_else(|| panic!("{refused}"))[0];
        let mib: f64 = needed.parse().unwrap();
        let (device, memory) = (format!("mib-{},late-copies", mib + 1.0), (mib / 1024.0).to_string());
        let small = compared(&device, &["--device-memory", &memory]);
        let large = compared("", &[]);
        let rows = |output: &Output| -> Value {
            let found = serde_json::from_slice::<Value>(&output.stdout);
            found.unwrap_or_else(|e| panic!("{e}: {}", said(output)))["rows"][0].clone()
        };
        assert_eq!(rows(&small), rows(&large));
        assert_eq!(rows(&small)["holds"], true);
        if precision == "f64" {
            let deaf = compared(&(device + ",deaf"), &["--device-memory", &memory]);
            assert_eq!(rows(&deaf)["holds"], false);
        }
    }
}

/// A law times a power of two, at the SNR that undoes it, has the same f32 numbers to the bit: 1e-21 and 1e21 are no worse
/// than 1, though D² there is 1e-84 and 1e84.
#[test]
fn the_scale_of_a_law_does_not_show_in_f32() {
    let folder = emulator("scales", None);
    let information = |exponent: i32| {
        let scale = 2.0_f64.powi(exponent);
        let coordinate = |i: i32, j: i32| f64::from((7 * i + 13 * j) % 33 - 16) / 8.0 * scale;
        let row = |i: i32| (0..3).map(|j| format!("{:e}", coordinate(i, j))).collect::<Vec<_>>().join(",");
        // One name, which is the seed's.
        let file = folder.join("scaled.csv");
        fs::write(&file, (0..31).map(|i| row(i) + "\n").collect::<String>()).unwrap();
        let (source, snr) = (format!("file:path={}", file.display()), format!("{:e}", (scale * scale).recip()));
        let arguments = ["estimate", "information", "--source", &source, "--snr", &snr, "--samples", "2048"];
        let options = ["--method", "monte-carlo", "--format", "json", "--backend", "cuda", "--precision", "f32"];
        let output = klaim(&folder, "", &[&arguments[..], &options].concat());
        let found: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{e}: {}", said(&output)));
        (found["rows"][0]["value"].clone(), found["rows"][0]["bound"].as_f64().unwrap())
    };
    let one = information(0);
    assert!(one.1 < 1e-5, "bound {}", one.1);
    assert_eq!(information(-70).0, one.0);
    assert_eq!(information(70).0, one.0);
}

/// What the comparison is worth: a barrier left out, a wrong lane, an offset forgotten, a wrong block of random words.
#[test]
fn planted_faults_are_noticed() {
    let faults: [(&str, &str, &str, Fault); 6] = [
        (
            "reduction-without-barrier",
            "schedule0",
            "bpsk",
            Fault {
                file: "moments.cu",
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
            Fault { file: "numeric/normal.cuh", from: "#define FIRST_BLOCK 1u", to: "#define FIRST_BLOCK 2u" },
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

/// The same of the f32 product: a term left out, a wrong lane, a copy not waited for, a barrier left out.
#[test]
fn planted_faults_of_the_f32_product_are_noticed() {
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
#[test]
fn planted_faults_on_paths_are_noticed() {
    let (small, product, large) =
        ("codebook:atoms=16,dim=8", "product:base=(mixture:means=-1|1,variances=0.3|0.1),dim=5", "simplex:atoms=33");
    let fault = |file, from, to| Fault { file, from, to };
    let faults: [(&str, &str, &str, i32, Fault); 8] = [
        (
            "constants-overwritten-while-read",
            "schedule3",
            small,
            1,
            fault("sampler/mean.cuh", "snr) const {\n        __syncthreads();\n", "snr) const {\n"),
        ),
        (
            "noise-of-another-step",
            "schedule0",
            small,
            1,
            fault("sampler/chain.cu", "FIRST_BLOCK + (at + 1) * blocks", "FIRST_BLOCK + at * blocks"),
        ),
        (
            "offset-of-the-denoiser",
            "schedule0",
            large,
            1,
            fault("sampler/rows.cu", "mean[k]) + offset;", "mean[k]) + 0.0 * offset;"),
        ),
        (
            "choice-of-another-copy",
            "schedule0",
            product,
            1,
            fault("sampler/chain.cu", "draw.places[2 * copy],", "draw.places[0],"),
        ),
        (
            "the-same-point-twice",
            "schedule0",
            small,
            1,
            fault("sampler/girsanov.cu", "point == 1 ? share : 1.0 - share", "point < 3 ? share : 1.0 - share"),
        ),
        (
            "row-sum-without-barrier",
            "schedule3",
            large,
            1,
            fault(
                "sampler/rows.cu",
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
                "sampler/girsanov.cu",
                "        __syncthreads();\n        if (threadIdx.x < half) *total",
                "        if (threadIdx.x < half) *total",
            ),
        ),
        (
            "beyond-shared-memory",
            "schedule0",
            small,
            2,
            fault("sampler/chain.cu", "*weight = estimate + dim * PATHS", "*weight = estimate + (dim + 1) * PATHS"),
        ),
    ];
    for (name, schedule, source, status, fault) in &faults {
        let folder = emulator(name, Some(fault));
        let output = selftest(&folder, schedule, &[source], "64");
        assert_eq!(output.status.code(), Some(*status), "{name}: {}", said(&output));
    }
}

/// The one row of an estimate on simulated paths, whatever backend it is from.
fn simulated(folder: &Path, quantity: &str, source: &str, more: &[&str]) -> Value {
    let base =
        ["estimate", quantity, "--source", source, "--snr-min", "0.05", "--snr-max", "30", "--schedule", "geometric"];
    let output =
        klaim(folder, "", &[&base[..], &["--steps", "3", "--format", "json", "--samples", "2048"], more].concat());
    let found: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{e}: {}", said(&output)));
    let mut row = found["rows"][0].clone();
    row.as_object_mut().unwrap().remove("backend").unwrap();
    row
}

/// Statistics of last states are the CPU's to the bit where the law fits into shared memory, to rounding elsewhere; what is read
/// off true paths is added up in another order. Memory for one batch at a time changes no bit.
#[test]
fn statistics_of_paths_are_those_of_the_cpu() {
    let folder = emulator("statistics", None);
    let (small, large) = ("mixture:ring=5,radius=2,variance=0.1", "zipf:exponent=1.5,atoms=100");
    for (quantity, sampler) in [
        ("energy_distance", "ancestral"),
        ("sampled_variance", "dpm-solver-2m:start=exact"),
        ("mode_variation", "ddim"),
        ("sliced_wasserstein_2", "ddim:start=exact"),
    ] {
        let of = |backend| simulated(&folder, quantity, small, &["--sampler", sampler, "--backend", backend]);
        assert_eq!(of("cpu"), of("cuda"), "{quantity}");
    }
    let near = |a: &Value, b: &Value| {
        let number = |row: &Value, key: &str| row[key].as_f64().unwrap();
        for key in ["value", "std_err"] {
            assert!((number(a, key) / number(b, key) - 1.0).abs() < 1e-9, "{a} against {b}");
        }
    };
    for (quantity, source, more) in [
        ("girsanov_kl", small, &[][..]),
        ("girsanov_kl", large, &[]),
        ("sampled_variance", large, &["--sampler", "ancestral:start=exact"]),
    ] {
        let of = |backend: &[&str]| simulated(&folder, quantity, source, &[more, backend].concat());
        let cuda = of(&["--backend", "cuda"]);
        near(&of(&["--backend", "cpu"]), &cuda);
        // Tiles of one batch.
        assert_eq!(of(&["--backend", "cuda", "--device-memory", "0.0003"]), cuda, "{quantity} on {source}");
    }
}

/// Claims on the path KL along true paths and on last states, in both regimes.
#[test]
fn claims_on_paths_get_the_verdicts_of_the_cpu() {
    let folder = emulator("path-claims", None);
    let head = |id: &str| {
        format!(
            "id = \"{id}\"\ntitle = \"t\"\nstatement = \"s\"\ncite = \"c\"\norigin = \"klaim\"\nassumes = [\"second-moment\"]\n"
        )
    };
    let girsanov = head("small-girsanov")
        + r#"
        lhs = "girsanov_kl"
        relation = "=="
        rhs = "F * (path_kl + denoiser_kl)"
        constants = { F = 1 }
        margin = 0.3
        [over]
        source = ["bpsk", "simplex:atoms=9", "zipf:exponent=1.5,atoms=100", "product:base=(pam:levels=3),dim=3"]
        snr_min = [0.01]
        snr_max = [20]
        steps = [2]
        schedule = ["geometric"]
        denoiser = ["exact", "perturbed:error=0.2,shape=bump"]
    "#;
    let sampler = head("small-sampler")
        + r#"
        lhs = "energy_distance"
        relation = "<="
        rhs = "F"
        constants = { F = 0.05 }
        [over]
        source = ["mixture:ring=5,radius=2,variance=0.1", "codebook:atoms=16,dim=8", "zipf:exponent=1.5,atoms=9,embedding=simplex"]
        snr_min = [0.05]
        snr_max = [30]
        steps = [2, 4]
        schedule = ["geometric"]
        sampler = ["ancestral", "ddim", "dpm-solver-2m:start=exact"]
    "#;
    let files = [("girsanov.toml", girsanov), ("sampler.toml", sampler)].map(|(name, text)| {
        fs::write(folder.join(name), text).unwrap();
        folder.join(name).to_str().unwrap().to_owned()
    });
    let claims: Vec<&str> = files.iter().map(String::as_str).collect();
    let (cpu, cuda) = (verdicts(&folder, "cpu", &claims), verdicts(&folder, "cuda", &claims));
    assert!(cpu.len() > 25, "{} verdicts", cpu.len());
    assert_eq!(cpu, cuda);
}

fn verdicts(folder: &Path, backend: &str, claims: &[&str]) -> Vec<(String, String)> {
    let options = ["--budget", "2048", "--format", "json", "--quiet", "--backend", backend];
    let output = klaim(folder, "", &[&["verify"], claims, &options, &["--out", backend]].concat());
    let found: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{e}: {}", said(&output)));
    let mut all = Vec::new();
    for claim in found["claims"].as_array().unwrap() {
        for (i, case) in claim["cases"].as_array().unwrap().iter().enumerate() {
            all.push((format!("{} {i} {}", claim["id"], case["axes"]), case["verdict"].to_string()));
        }
        all.push((claim["id"].to_string(), claim["verdict"].to_string()));
    }
    all
}

/// A built-in claim on sources that an emulator can sample in seconds.
fn small(folder: &Path, id: &str) -> String {
    let text = fs::read_to_string(root().join("verify").join(format!("{id}.toml"))).unwrap();
    let mut claim: toml::Table = text.parse().unwrap();
    let over: toml::Table = r#"
        source = ["simplex:atoms=24", "codebook:atoms=20,dim=3", "zipf:exponent=1.2,atoms=40,embedding=simplex"]
        snr = [0.3, 3]
    "#
    .parse()
    .unwrap();
    claim.insert("over".into(), toml::Value::Table(over));
    for key in ["control", "break"] {
        claim.remove(key);
    }
    let file = folder.join(format!("{id}.toml"));
    fs::write(&file, claim.to_string()).unwrap();
    file.to_str().unwrap().to_owned()
}

/// The small default suite: one round of samples, both backends. Claims on paths as they are, those on single SNRs on
/// smaller sources.
#[test]
fn claims_get_the_verdicts_of_the_cpu() {
    let folder = emulator("claims", None);
    let pointwise =
        ["entropy-bound", "renyi-bound", "varentropy-bound", "trivial-bound", "mmse-linear", "mmse-dimension"];
    let small: Vec<String> = pointwise.iter().map(|id| small(&folder, id)).collect();
    let mut claims: Vec<&str> = small.iter().map(String::as_str).collect();
    claims.extend(["kl-bound", "path-kl-identity", "initialisation"]);
    let (cpu, cuda) = (verdicts(&folder, "cpu", &claims), verdicts(&folder, "cuda", &claims));
    assert!(cpu.len() > 60, "{} verdicts", cpu.len());
    assert_eq!(cpu, cuda);
}

/// Slices measured in single precision on a device are joined where there is none: the report is that of the whole run, the
/// device's errors in it. A run on one backend does not go on with another's strips.
#[test]
fn strips_remember_what_measured_them() {
    let folder = emulator("strips", None);
    let claim = small(&folder, "mmse-dimension");
    let verify = |words: &str, backend: &str, out: &str, more: &[&str]| {
        let base = ["verify", &claim, "--budget", "2048", "--method", "monte-carlo", "--format", "csv", "--quiet"];
        let place: &[&str] = if backend == "cpu" { &[] } else { &["--precision", "f32"] };
        let output = klaim(&folder, words, &[&base[..], &["--backend", backend, "--out", out], place, more].concat());
        assert!(matches!(output.status.code(), Some(0 | 1 | 3)), "{}", said(&output));
        said(&output)
    };
    let (whole, on_cpu) = (verify("", "cuda", "whole", &[]), verify("", "cpu", "on-cpu", &[]));
    assert_ne!(whole, on_cpu);
    for shard in ["0/2", "1/2"] {
        verify("", "cuda", &shard[..1], &["--shard", shard]);
    }
    let merged = klaim(&folder, "no-device", &["merge", "0", "1", "--out", "merged", "--format", "csv", "--quiet"]);
    assert_eq!(said(&merged), whole);
    let report = fs::read_to_string(folder.join("merged/run.toml")).unwrap();
    assert!(report.contains("cuda f32"), "{report}");
    assert_eq!(verify("", "cuda", "whole", &["--resume"]), whole);
    fs::rename(folder.join("whole"), folder.join("resumed")).unwrap();
    assert_eq!(verify("", "cpu", "resumed", &["--resume"]), on_cpu);
}

/// Everything that can be missing or fail: an error with `--backend cuda`, the CPU with `--backend auto`.
#[test]
fn what_fails_is_told() {
    let folder = emulator("failures", None);
    let estimate = |words: &str, backend: &str, more: &[&str]| {
        let base = ["estimate", "mmse", "--source", "codebook:atoms=40,dim=2", "--snr", "1", "--samples", "2048"];
        klaim(&folder, words, &[&base[..], &["--backend", backend], more].concat())
    };
    let cases: [(&str, &[&str], &str); 8] = [
        ("no-device", &[], "CUDA_ERROR_NO_DEVICE"),
        ("old-driver", &[], "CUDA 11.4"),
        ("old-device", &[], "compute capability 6.0"),
        ("module-fails", &[], "loading the kernels"),
        ("text-fails", &[], "catastrophic error"),
        ("small-memory", &[], "MiB allowed"),
        ("small-memory", &["--device-memory", "1"], "CUDA_ERROR_OUT_OF_MEMORY"),
        ("", &["--device-memory", "0.0003"], "MiB allowed (--device-memory)"),
    ];
    for (words, more, expected) in cases {
        fs::remove_dir_all(folder.join("cache")).unwrap_or_default();
        let refused = estimate(words, "cuda", more);
        assert_eq!(refused.status.code(), Some(2), "{words}: {}", said(&refused));
        assert!(said(&refused).contains(expected), "{words}: {}", said(&refused));
        let fallen_back = estimate(words, "auto", more);
        assert_eq!(fallen_back.status.code(), Some(0), "{words}: {}", said(&fallen_back));
        assert!(said(&fallen_back).contains("on the CPU"), "{words}: {}", said(&fallen_back));
    }
    let paths = |backend: &str| {
        let base =
            ["estimate", "girsanov_kl", "--source", "codebook:atoms=131,dim=37", "--snr-min", "0.1", "--snr-max", "1"];
        let more = ["--steps", "1", "--schedule", "geometric", "--samples", "2048", "--device-memory", "0.0001"];
        klaim(&folder, "", &[&base[..], &more, &["--backend", backend]].concat())
    };
    let (refused, fallen_back) = (paths("cuda"), paths("auto"));
    assert_eq!(refused.status.code(), Some(2), "{}", said(&refused));
    assert!(said(&refused).contains("paths on codebook:atoms=131,dim=37 need 1 MiB"), "{}", said(&refused));
    assert_eq!(fallen_back.status.code(), Some(0), "{}", said(&fallen_back));
    assert!(said(&fallen_back).contains("simulating codebook:atoms=131,dim=37 on the CPU"), "{}", said(&fallen_back));
    let failed = estimate("launch-fails", "cuda", &[]);
    assert_eq!(failed.status.code(), Some(2));
    assert!(said(&failed).contains("CUDA_ERROR_LAUNCH_FAILED"), "{}", said(&failed));
}

/// Without NVRTC the portable image is loaded; with it, the second start reads the cache.
#[test]
fn kernels_come_from_the_cache_or_from_the_program() {
    let folder = emulator("images", None);
    let run = || selftest(&folder, "", &["bpsk"], "64");
    assert_eq!(run().status.code(), Some(0));
    let cached: Vec<_> = fs::read_dir(folder.join("cache/klaim")).unwrap().map(|f| f.unwrap().path()).collect();
    assert_eq!(cached.len(), 1, "{cached:?}");
    let image = fs::read_to_string(&cached[0]).unwrap();
    assert!(image.contains("--gpu-architecture=sm_90") && image.contains("--fmad=false"), "{image}");
    // A compiler that fails is not asked where the image is there.
    assert_eq!(selftest(&folder, "text-fails", &["bpsk"], "64").status.code(), Some(0));
    fs::remove_file(folder.join("libnvrtc.so")).unwrap();
    fs::remove_dir_all(folder.join("cache")).unwrap();
    assert_eq!(run().status.code(), Some(0));
    assert!(!folder.join("cache").exists());
}

/// Without any of this: an error, and no panic.
#[test]
fn no_driver_is_an_error_that_names_it() {
    let dir = tempfile::tempdir().unwrap();
    let output = klaim(dir.path(), "", &["selftest"]);
    if !said(&output).contains("no CUDA driver library") {
        // A machine with a real device: the test has nothing to say there.
        assert_eq!(output.status.code(), Some(0), "{}", said(&output));
        return;
    }
    assert_eq!(output.status.code(), Some(2));
    assert!(output.stdout.is_empty());
}
