//! The first signal: every kind of work ends within seconds, and what was measured is printed,
//! marked interrupted.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
#![cfg(unix)]

use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

/// Two seconds are promised on an idle machine; a loaded one gets three times as long. Every work
/// here takes minutes.
const AT_MOST: Duration = Duration::from_secs(6);
/// When the signal is sent, in seconds: the quick numbers of each work are to be measured by then,
/// while the slow ones are under way. A loaded machine gets more time.
const AFTER: [u64; 3] = [1, 5, 25];

fn start(dir: &Path, arguments: &[&str]) -> Child {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin("klaim"));
    command.current_dir(dir).args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

fn signal(child: &Child, name: &str) {
    assert!(Command::new("kill").args([name, &child.id().to_string()]).status().unwrap().success());
}

/// What the program says after `name` is sent to it while it works, as soon as it has anything to
/// say on stdout.
fn interrupted(dir: &Path, name: &str, arguments: &[&str]) -> Output {
    for after in AFTER {
        let mut child = start(dir, arguments);
        thread::sleep(Duration::from_secs(after));
        assert!(child.try_wait().unwrap().is_none(), "{arguments:?} was over before the signal");
        signal(&child, name);
        let sent = Instant::now();
        let output = child.wait_with_output().unwrap();
        assert!(sent.elapsed() < AT_MOST, "{arguments:?} went on for {:?}", sent.elapsed());
        if !output.stdout.is_empty() {
            return output;
        }
    }
    panic!("{arguments:?} has measured nothing after {AFTER:?} s");
}

fn json(output: &Output) -> Value {
    let said = String::from_utf8_lossy(&output.stderr);
    serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{e}: {said}"))
}

/// The rows that have a number; the others must say that they were interrupted.
fn measured(output: &Output) -> Vec<Value> {
    let found = json(output);
    assert_eq!((output.status.code(), found["interrupted"].as_bool()), (Some(3), Some(true)), "{found}");
    let rows = found["rows"].as_array().unwrap().clone();
    for row in rows.iter().filter(|row| row["value"] == "nan") {
        assert!(
            row["believed"] == false && row["doubts"][0].as_str().unwrap().contains("interrupted"),
            "{row}"
        );
    }
    assert!(
        rows.iter().any(|row| row["value"] == "nan") || rows.iter().all(|row| row["n"].as_u64() > Some(0))
    );
    rows.into_iter().filter(|row| row["value"].is_f64()).collect()
}

/// A propagated density, a dynamic programme, quadrature with many atoms: the quick number beside
/// each is kept.
#[test]
fn deterministic_work_is_left_and_what_is_finished_is_kept() {
    let dir = tempfile::tempdir().unwrap();
    let steps = |quantity: &str, source: &str, steps: &str, schedule: &str, name: &str| {
        let ends = ["--snr-min", "0.01", "--snr-max", "100", "--steps", steps, "--schedule", schedule];
        let of = ["estimate", quantity, "--source", source, "--format", "json"];
        let found = measured(&interrupted(dir.path(), name, &[&of[..], &ends].concat()));
        assert_eq!(
            found.iter().map(|row| row["steps"].as_u64().unwrap()).collect::<Vec<_>>(),
            [8],
            "{quantity}"
        );
    };
    steps("terminal_kl", "pam:levels=64", "8,20000", "geometric", "-TERM");
    steps("path_kl", "bpsk", "8,100000", "optimal", "-INT");
    let line = [
        "estimate",
        "mmse",
        "--format",
        "json",
        "--source",
        "bpsk",
        "--source",
        "zipf:exponent=1.01,atoms=inf",
    ];
    let found = measured(&interrupted(dir.path(), "-INT", &[&line[..], &["--snr", "1e3..1e6/64"]].concat()));
    assert!(found.iter().filter(|row| row["source"] == "bpsk").count() == 64, "{}", found.len());
}

/// Chains and readouts: the finished leaves count, and no number holds another of fewer steps.
#[test]
fn sampled_work_is_left_with_the_samples_taken() {
    let dir = tempfile::tempdir().unwrap();
    let base = ["estimate", "girsanov_kl", "--source", "codebook:atoms=8,dim=4", "--format", "json"];
    let ends = ["--snr-min", "0.01", "--snr-max", "100", "--steps", "1,1000000", "--schedule", "geometric"];
    let found = measured(&interrupted(dir.path(), "-INT", &[&base[..], &ends].concat()));
    assert_eq!(found.len(), 1);
    let many = [
        "estimate",
        "mmse",
        "--source",
        "codebook:atoms=64,dim=4",
        "--snr",
        "0.1..10/8",
        "--format",
        "json",
    ];
    let found =
        measured(&interrupted(dir.path(), "-TERM", &[&many[..], &["--samples", "1000000000"]].concat()));
    assert!(found.len() == 8 && found.iter().all(|row| row["n"].as_u64() < Some(1_000_000_000)));
}

#[test]
fn a_run_and_its_page_say_that_they_were_interrupted() {
    let dir = tempfile::tempdir().unwrap();
    // 1 − E tanh(1 + Z), which no sample decides to nine digits.
    let claim = "lhs = \"mmse\"\nrelation = \"==\"\nrhs = \"C * snr\"\nconstants = { C = 0.4495995092066729 }\nmargin = 1e-9\n\
        id = \"t\"\ntitle = \"t\"\nstatement = \"s\"\ncite = \"c\"\norigin = \"klaim\"\n[over]\nsource = [\"bpsk\"]\nsnr = [1]\n\
        [[control]]\nwhy = \"twice as much\"\nconstants = { C = 0.9 }\n";
    std::fs::write(dir.path().join("t.toml"), claim).unwrap();
    let arguments = ["verify", "t.toml", "--out", "out", "--budget", "1e11", "--method", "monte-carlo"];
    let output = interrupted(dir.path(), "-INT", &arguments);
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.contains("interrupted: 1 of 2 cases are undecided"), "{said}");
    assert!(said.contains("1/1"), "what was decided stands: {said}");
    assert_eq!(output.status.code(), Some(3));
    let read = |name: &str| std::fs::read_to_string(dir.path().join("out").join(name)).unwrap();
    assert!(read("index.html").contains("interrupted: "));
    assert!(read("run.toml").contains("interrupted = true"));
    assert!(read("results.csv").contains("interrupted: "), "{}", read("results.csv"));
    assert!(serde_json::from_str::<Value>(&read("report.json")).unwrap()["run"]["interrupted"] == true);
}

/// A sweep keeps its map, a search its best law.
#[test]
fn a_probe_keeps_what_it_found() {
    let dir = tempfile::tempdir().unwrap();
    let sweep = ["probe", "entropy-bound", "--source", "zipf:exponent={s},atoms={n}", "--format", "json"];
    let vary = ["--vary", "s=1.01,1.02,1.03", "n=2,1e6", "--out", "sweep"];
    let output = interrupted(dir.path(), "-INT", &[&sweep[..], &vary].concat());
    let found = json(&output);
    assert_eq!((output.status.code(), found["run"]["interrupted"].as_bool()), (Some(3), Some(true)));
    assert_eq!(found["map"].as_array().unwrap().len(), 6);
    let search =
        ["probe", "entropy-bound", "--search", "1000000", "--atoms", "6", "--dim", "2", "--out", "search"];
    let output = interrupted(dir.path(), "-TERM", &[&search[..], &["--format", "json"]].concat());
    let found = json(&output);
    assert_eq!((output.status.code(), found["run"]["interrupted"].as_bool()), (Some(3), Some(true)));
    let search = &found["search"];
    assert!(
        search["climbed"].as_f64() > Some(0.0) && dir.path().join("search/law-1.csv").exists(),
        "{search}"
    );
}

/// A command without a number ends with 130.
#[test]
fn what_has_nothing_to_keep_ends_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let arguments: [&[&str]; 2] = [
        &["assume", "--source", "log-power:power=1.5,atoms=200000000"],
        &[
            "estimate",
            "terminal_kl",
            "--source=pam:levels=64",
            "--snr-min=0.01",
            "--snr-max=100",
            "--steps=20000",
            "--schedule=geometric",
        ],
    ];
    for arguments in arguments {
        let mut child = start(dir.path(), arguments);
        thread::sleep(Duration::from_secs(1));
        assert!(child.try_wait().unwrap().is_none(), "{arguments:?} was over before the signal");
        signal(&child, "-INT");
        let sent = Instant::now();
        let output = child.wait_with_output().unwrap();
        assert!(sent.elapsed() < AT_MOST);
        assert_eq!((output.status.code(), output.stdout.len()), (Some(130), 0), "{arguments:?}");
        assert!(
            String::from_utf8_lossy(&output.stderr).contains("interrupted before anything was measured")
        );
    }
}

/// A proof that takes seconds is left undecided.
#[test]
fn a_proof_is_left() {
    let dir = tempfile::tempdir().unwrap();
    let claim = "lhs = \"snr^2 * mmse_slope\"\nrelation = \"<=\"\nrhs = \"1.42 * (shannon^2 + info_variance)\"\n\
                 [over]\nsource = [\"bernoulli:p={p}\"]\np = { all = [1e-6, 0.5] }\nsnr = { all = [0, inf] }\n";
    std::fs::write(dir.path().join("own.toml"), claim).unwrap();
    let arguments = ["verify", "own.toml", "--out", "out", "--quiet", "--format", "json"];
    let found = json(&interrupted(dir.path(), "-INT", &arguments));
    let case = &found["claims"][0]["cases"][0];
    assert_eq!(case["verdict"], "inconclusive", "{found}");
    assert!(case["reason"].as_str().unwrap().contains("interrupted"), "{found}");
}
