//! The emulated driver, and the program run on it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::{Mutex, PoisonError};

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
pub const SCHEDULES: [&str; 4] = ["schedule0", "schedule1", "schedule2", "schedule3"];

/// Laws that between them launch every kernel, small enough for an emulator.
pub const EVERY_KERNEL: [&str; 6] = [
    "codebook:atoms=131,dim=37,seed=1",
    "simplex:atoms=33",
    "product:dim=7,base=(pam:levels=5)",
    "gaussian:dim=3,variance=1.7",
    "mixture:ring=9,radius=4,variance=0.1",
    "zipf:exponent=1.5,atoms=9,embedding=simplex",
];

/// Laws for the f32 product: more steps than stages, one coordinate, whole tiles, far atoms, two
/// blocks.
pub const PRODUCTS_IN_F32: [&str; 5] = [
    "codebook:atoms=40,dim=100",
    "codebook:atoms=128,dim=1",
    "codebook:atoms=256,dim=16",
    "zipf:exponent=1.5,atoms=300",
    "codebook:atoms=2100,dim=2,seed=2",
];

/// A change to the kernels' text that must be noticed.
pub struct Fault {
    pub file: &'static str,
    pub from: &'static str,
    pub to: &'static str,
}

pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The C++ compiler's name: `c++`, or what CXX names.
///
/// # Errors
/// Why it cannot be run.
pub fn compiler() -> Result<String, String> {
    let name = std::env::var("CXX").unwrap_or_else(|_| "c++".into());
    match Command::new(&name).arg("--version").output() {
        Ok(_) => Ok(name),
        Err(error) => Err(format!("`{name}` cannot be run: {error}")),
    }
}

fn compile(arguments: &[&str]) {
    let compiler = compiler().unwrap_or_else(|e| panic!("these tests need a C++17 compiler: {e}"));
    let output = Command::new(compiler).args(FLAGS).args(arguments).output().unwrap();
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

/// A folder with the emulated libraries, their kernels changed by `fault`. Objects that do not hold
/// kernels are compiled once a test process.
pub fn emulator(name: &str, fault: Option<&Fault>) -> PathBuf {
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
    compile(&[
        "-shared",
        &includes[0],
        &includes[1],
        "-o",
        &cuda,
        &kernels,
        &object("fibers"),
        &object("driver"),
    ]);
    compile(&["-shared", "-o", &text(dir.join("libnvrtc.so")), &text(sources.join("nvrtc.cc"))]);
    dir
}

/// Runs `klaim` with the libraries in `folder` and the emulator told `words`.
pub fn klaim(folder: &Path, words: &str, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_klaim"));
    command.current_dir(folder).env("LD_LIBRARY_PATH", folder).env("XDG_CACHE_HOME", folder.join("cache"));
    command
        .env("KLAIM_EMULATOR", words)
        .env("NO_COLOR", "1")
        .env("COLUMNS", "400")
        .args(arguments)
        .output()
        .unwrap()
}

pub fn selftest(folder: &Path, words: &str, sources: &[&str], samples: &str) -> Output {
    let mut arguments = vec!["selftest", "--samples", samples];
    sources.iter().for_each(|source| arguments.extend(["--source", source]));
    klaim(folder, words, &arguments)
}

pub fn selftest_in_f32(folder: &Path, words: &str, sources: &[&str]) -> Output {
    let mut arguments = vec!["selftest", "--samples", "64", "--precision", "f32"];
    sources.iter().for_each(|source| arguments.extend(["--source", source]));
    klaim(folder, words, &arguments)
}

pub fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}
