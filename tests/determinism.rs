//! The same bits for any number of threads, after a kill, and from a row's replay command.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use std::fs;
use std::path::Path;
use std::process::Output;

use assert_cmd::Command;

/// Sources without deterministic route and one with; numbers so near the truth that round one, two
/// or three tells them apart, or none; a control whose sides stand in another order than the main
/// claim's; a rare event that only a bracket decides.
const CLAIM: &str = r#"
id        = "determinism"
title     = "Information against mmse"
statement = "I ≤ C γ M"
cite      = "none"
origin    = "klaim"
lhs       = "information"
relation  = "<="
rhs       = "C * snr * mmse + D * posterior_entropy"
constants = { C = 0.9, D = 1 }
margin    = 0.01

[over]
source = ["simplex:atoms=8", "codebook:atoms=16,dim=4", "bernoulli:p=0.3"]
snr    = [0.05, 0.5, 1, 2]

[[control]]
why       = "the other way round"
lhs       = "C * snr * mmse - mmse_slope"
relation  = ">="
rhs       = "information + posterior_entropy"

[[control]]
why       = "an identity, a little off"
lhs       = "information"
relation  = "=="
rhs       = "1.001 * information + 0.001 * mmse_slope"

[[control]]
why       = "told apart in the first round, M = 0.858876"
lhs       = "mmse"
relation  = "=="
rhs       = "C"
constants = { C = 0.862 }
source    = ["simplex:atoms=16"]
snr       = [1]

[[control]]
why       = "in the second"
lhs       = "mmse"
relation  = "=="
rhs       = "C"
constants = { C = 0.85997 }
margin    = 1e-4
source    = ["simplex:atoms=16"]
snr       = [1]

[[control]]
why       = "not at all"
lhs       = "mmse"
relation  = "=="
rhs       = "C"
constants = { C = 0.85888 }
margin    = 1e-6
source    = ["simplex:atoms=16"]
snr       = [1]

[[control]]
why      = "paths in pairs"
lhs      = "energy_distance"
relation = "<="
rhs      = "0.5 * baseline(energy_distance)"
source   = ["codebook:atoms=16,dim=4"]
snr_min  = [0.01]
snr_max  = [100]
steps    = [3]
schedule = ["geometric"]
baseline = ["karras"]
sampler  = ["ddim", "ancestral"]

[[control]]
why      = "paths one by one, a pilot before them"
lhs      = "sliced_wasserstein_2 + mode_variation"
relation = "<="
rhs      = "0.5 * baseline(sliced_wasserstein_2)"
source   = ["codebook:atoms=16,dim=4"]
snr_min  = [0.01]
snr_max  = [100]
steps    = [3]
schedule = ["geometric"]
baseline = ["karras"]
sampler  = ["dpm-solver-2m:start=exact"]

[[break]]
why       = "few events"
lhs       = "mmse"
relation  = "<="
rhs       = "0.5 * mmse_slope + 1e-9"
source    = ["simplex:atoms=8", "codebook:atoms=16,dim=4"]
snr       = [40]
"#;

struct Run {
    dir: tempfile::TempDir,
}

impl Run {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("claim.toml"), CLAIM).unwrap();
        Self { dir }
    }

    fn verify(&self, out: &str, extra: &[&str]) -> Output {
        let mut command = Command::cargo_bin("klaim").unwrap();
        command.current_dir(self.dir.path()).args([
            "verify",
            "claim.toml",
            "--budget",
            "20000",
            "--out",
            out,
            "--quiet",
        ]);
        let output = command.args(extra).output().unwrap();
        assert!(
            matches!(output.status.code(), Some(0 | 1 | 3)),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        output
    }

    fn results(&self, out: &str) -> String {
        fs::read_to_string(self.dir.path().join(out).join("results.csv")).unwrap()
    }
}

#[test]
fn threads_change_nothing() {
    let run = Run::new();
    for method in ["auto", "monte-carlo"] {
        for threads in ["1", "2", "7"] {
            run.verify(threads, &["--threads", threads, "--method", method]);
        }
        assert_eq!(run.results("1"), run.results("2"), "{method}");
        assert_eq!(run.results("1"), run.results("7"), "{method}");
    }
}

/// The names of the parts of a run, which their contents make.
fn parts(run: &Run, out: &str) -> Vec<String> {
    let entries = fs::read_dir(run.dir.path().join(out).join("checkpoint/parts")).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// Whatever parts a kill has left, the run goes on to the same bits and measures only what is
/// missing.
#[test]
fn a_killed_run_resumes_to_the_same_bits() {
    let run = Run::new();
    run.verify("whole", &[]);
    let all = parts(&run, "whole");
    assert!(all.len() >= 3, "a part a stage: {all:?}");
    let path = |out: &str, name: &str| run.dir.path().join(out).join("checkpoint").join(name);
    for lost in 0..all.len() {
        let out = format!("without-{lost}");
        fs::create_dir_all(path(&out, "parts")).unwrap();
        fs::copy(path("whole", "plan.json"), path(&out, "plan.json")).unwrap();
        for name in all.iter().enumerate().filter(|(i, _)| *i != lost).map(|(_, name)| name) {
            fs::copy(path("whole", "parts").join(name), path(&out, "parts").join(name)).unwrap();
        }
        fs::write(path(&out, "parts/.unfinished-x"), "cut off").unwrap();
        run.verify(&out, &["--resume"]);
        assert_eq!(run.results("whole"), run.results(&out), "{out}");
        assert_eq!(parts(&run, &out), all, "{out}: a leaf was measured twice or not kept");
    }
}

/// What has changed is named, and nothing is lost.
#[test]
fn another_run_is_not_gone_on_with() {
    let run = Run::new();
    run.verify("whole", &[]);
    let refused = |extra: &[&str], words: &str| {
        let mut command = Command::cargo_bin("klaim").unwrap();
        let base = ["verify", "claim.toml", "--budget", "20000", "--out", "whole", "--quiet", "--resume"];
        let output = command.current_dir(run.dir.path()).args(base).args(extra).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap().replace('│', " ");
        let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(output.status.code() == Some(2) && said.contains(words), "{said}");
    };
    refused(&["--seed", "3"], "--seed was 0 and is 3");
    refused(&["--level", "0.01"], "--level was 0.001 and is 0.01");
    refused(&["--method", "monte-carlo"], "--method was \"auto\" and is \"monte-carlo\"");
    let text = CLAIM.replace("margin    = 0.01", "margin    = 0.02");
    fs::write(run.dir.path().join("claim.toml"), text).unwrap();
    refused(&[], "the claim claim.toml has changed");
    fs::write(run.dir.path().join("claim.toml"), CLAIM).unwrap();
    let before = parts(&run, "whole");
    run.verify("whole", &["--resume"]);
    assert_eq!(parts(&run, "whole"), before);
}

#[test]
fn every_row_replays_to_the_bit() {
    let run = Run::new();
    for (method, seed) in [("auto", "0"), ("monte-carlo", "5")] {
        run.verify("whole", &["--method", method, "--seed", seed]);
        let rows = read(&run.results("whole"));
        let sampled: std::collections::BTreeSet<&str> = rows.iter().map(|r| r["n"].as_str()).collect();
        assert!(sampled.len() >= 3, "rows decided in different rounds: {sampled:?}");
        for row in &rows {
            let again = replay(run.dir.path(), &row["replay"]);
            for column in
                ["source", "snr", "lhs", "rhs", "std_err", "half_width", "verdict", "reason", "n", "replay"]
            {
                assert_eq!(again[column], row[column], "{column} of `{}`", row["replay"]);
            }
        }
    }
}

/// Another number is told from the one expected, and a claim or data that has changed is refused.
#[test]
fn a_replay_knows_what_it_repeats() {
    let run = Run::new();
    let path = |name: &str| run.dir.path().join(name);
    let claim = "lhs = \"mmse\"\nrelation = \"<=\"\nrhs = \"second_moment\"\n[over]\nsnr = [1]\n\
                 source = [\"file:path=atoms.csv\"]\n";
    fs::write(path("own.toml"), claim).unwrap();
    fs::write(path("atoms.csv"), "x,y\n0,1\n2,3\n5,-1\n").unwrap();
    let klaim = |arguments: &[String]| {
        let mut command = Command::cargo_bin("klaim").unwrap();
        let output = command.current_dir(run.dir.path()).args(arguments).output().unwrap();
        let text = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat();
        let words: Vec<&str> = text.split(['│', ' ', '\n']).filter(|word| !word.is_empty()).collect();
        (output.status.code(), words.join(" "))
    };
    let words = |command: &str| shell_words::split(command).unwrap()[1..].to_vec();
    assert_eq!(klaim(&words("klaim verify own.toml --out own")).0, Some(0));
    let command = read(&run.results("own"))[0]["replay"].clone();
    assert!(command.contains("atoms.csv="), "{command}");
    let (status, said) = klaim(&words(&command));
    assert!(status == Some(0) && said.contains("same bits: yes"), "{said}");
    let other = command.replace("--expect ", "--expect 1");
    let (status, said) = klaim(&words(&other));
    assert!(status == Some(1) && said.contains("same bits: no"), "{said}");
    fs::write(path("atoms.csv"), "x,y\n0,1\n2,3\n5,-2\n").unwrap();
    let (status, said) = klaim(&words(&command));
    assert!(status == Some(2) && said.contains("atoms.csv: has changed since"), "{said}");
    fs::write(path("atoms.csv"), "x,y\n0,1\n2,3\n5,-1\n").unwrap();
    fs::write(path("own.toml"), claim.to_owned() + "# a word\n").unwrap();
    let (status, said) = klaim(&words(&command));
    assert!(status == Some(2) && said.contains("own.toml: has changed since"), "{said}");
}

type Row = std::collections::BTreeMap<String, String>;

fn read(text: &str) -> Vec<Row> {
    csv::Reader::from_reader(text.as_bytes()).deserialize().map(Result::unwrap).collect()
}

/// Runs a replay command as a reader would, in a shell; its single row.
fn replay(dir: &Path, command: &str) -> Row {
    let program = assert_cmd::cargo::cargo_bin("klaim");
    let path = format!("{}:{}", program.parent().unwrap().display(), std::env::var("PATH").unwrap());
    let mut shell = Command::new("sh");
    shell
        .current_dir(dir)
        .env("PATH", path)
        .args(["-c", &format!("{command} --out replayed --format csv --quiet")]);
    let output = shell.output().unwrap();
    assert!(
        output.status.code().is_some_and(|c| c != 2),
        "`{command}`: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    let rows = read(&String::from_utf8(output.stdout).unwrap());
    assert_eq!(rows.len(), 1, "`{command}`");
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(told.contains("same bits: yes") && output.status.success(), "`{command}`: {told}");
    rows.into_iter().next().unwrap()
}
