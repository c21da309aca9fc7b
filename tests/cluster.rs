//! A run by tasks: the bits of one process, whatever the number of tasks; what is missing, damaged
//! or another's is named and refused.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod place;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use place::{Place, assert_status, klaim, said};

/// Decided in the first round, in the second and not at all; with a route and without; paths.
const CLAIM: &str = r#"
lhs       = "information"
relation  = "<="
rhs       = "C * snr * mmse + posterior_entropy"
constants = { C = 0.9 }
margin    = 0.01
[over]
source = ["simplex:atoms=8", "codebook:atoms=16,dim=4", "bernoulli:p=0.3", "file:path=atoms.csv"]
snr    = [0.05, 0.5, 1, 2]
[[control]]
why       = "told apart in the second round"
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
why      = "paths, a pilot before them"
lhs      = "sliced_wasserstein_2"
relation = "<="
rhs      = "0.5 * baseline(sliced_wasserstein_2)"
source   = ["codebook:atoms=16,dim=4"]
snr_min  = [0.01]
snr_max  = [100]
steps    = [3]
schedule = ["geometric"]
baseline = ["karras"]
sampler  = ["ddim"]
"#;

impl Place {
    fn new() -> Self {
        Self::of(CLAIM)
    }

    /// One process's results and report, the command left out.
    fn whole(&self) -> [String; 2] {
        let output = self.run(&["verify", "claim.toml", "--budget", "20000", "--out", "whole", "--quiet"]);
        assert!(matches!(output.status.code(), Some(0 | 1 | 3)), "{}", said(&output));
        results(&self.path("whole"))
    }

    fn plan(&self, out: &str, tasks: &str) {
        let plan = ["plan", "claim.toml", "--budget", "20000", "--out", out, "--tasks", tasks, "--quiet"];
        assert_status(&self.run(&plan), 0);
    }
}

/// results.csv, and what report.json holds but for the command that made it.
fn results(dir: &Path) -> [String; 2] {
    let read = |name: &str| fs::read_to_string(dir.join(name)).unwrap();
    let mut report: serde_json::Value = serde_json::from_str(&read("report.json")).unwrap();
    report["run"]["command"] = serde_json::Value::Null;
    report["xxh3"] = serde_json::Value::Null;
    [read("results.csv"), report.to_string()]
}

/// Works and reduces until there is a report; the last status, and the number of rounds.
fn finish(dir: &Path, out: &str, tasks: u64) -> (i32, u32) {
    for round in 1.. {
        for task in (0..tasks).rev() {
            let task = format!("{task}/{tasks}");
            assert_status(&klaim(dir, &["work", out, "--task", &task, "--quiet", "--threads", "1"]), 0);
        }
        let output = klaim(dir, &["reduce", out]);
        match output.status.code() {
            Some(4) => assert!(said(&output).contains("follows"), "{}", said(&output)),
            Some(status @ (0 | 1 | 3)) => return (status, round),
            other => panic!("{other:?}: {}", said(&output)),
        }
    }
    unreachable!("some round is the last")
}

fn parts(dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir.join("checkpoint/parts")).unwrap();
    let mut all: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    all.sort();
    all
}

#[test]
fn any_number_of_tasks_has_the_bits_of_one_process() {
    let place = Place::new();
    let whole = place.whole();
    let mut all = Vec::new();
    for tasks in [1, 3, 40] {
        let out = format!("by-{tasks}");
        place.plan(&out, "5");
        all.push(finish(place.dir.path(), &out, tasks));
        assert_eq!(results(&place.path(&out)), whole, "{tasks} tasks");
    }
    assert!(all[0].1 >= 4, "several rounds follow the first stage: {all:?}");
    assert!(all.iter().all(|one| *one == all[0]), "{all:?}");
}

/// A lost part is named by its task; another number of tasks fills the gap, and what is there is not
/// measured again.
#[test]
fn missing_parts_are_named_and_another_division_fills_them() {
    let place = Place::new();
    let whole = place.whole();
    place.plan("out", "6");
    for task in ["0", "1", "3", "5"] {
        assert_status(&place.run(&["work", "out", "--task", task]), 0);
    }
    let output = place.run(&["reduce", "out"]);
    assert_status(&output, 5);
    assert_eq!(String::from_utf8_lossy(&output.stdout), "2,4\n");
    assert!(said(&output).contains("parts are missing of tasks 2,4 of 6"), "{}", said(&output));
    let before = parts(&place.path("out"));
    assert_status(&place.run(&["work", "out", "--task", "0"]), 0);
    assert_eq!(parts(&place.path("out")), before, "a finished task is a no-op");
    assert_status(&place.run(&["work", "out", "--task", "0/1"]), 0);
    assert_eq!(parts(&place.path("out")).len(), before.len() + 1);
    assert_status(&place.run(&["reduce", "out"]), 4);
    finish(place.dir.path(), "out", 2);
    assert_eq!(results(&place.path("out")), whole);
}

/// A part of any round may go: that round is worked on again, and those after it are as they were.
#[test]
fn a_part_of_an_earlier_round_is_measured_again() {
    let place = Place::new();
    let whole = place.whole();
    place.plan("out", "2");
    finish(place.dir.path(), "out", 2);
    let stage = |part: &PathBuf| part.file_name().unwrap().to_str().unwrap()[..16].to_owned();
    let stages: BTreeSet<String> = parts(&place.path("out")).iter().map(stage).collect();
    assert!(stages.len() >= 4, "{stages:?}");
    for gone in stages {
        let all = parts(&place.path("out"));
        fs::remove_file(all.iter().find(|part| stage(part) == gone).unwrap()).unwrap();
        let status = place.run(&["reduce", "out"]).status.code();
        assert!(matches!(status, Some(4 | 5)), "{status:?}");
        finish(place.dir.path(), "out", 2);
        assert_eq!(results(&place.path("out")), whole);
    }
}

/// What was asked for otherwise is named; a plan that cannot be read is in the way of `--resume`
/// alone.
#[test]
fn going_on_wants_the_same_run() {
    let place = Place::new();
    let verify = |more: &[&str]| {
        let asked = ["verify", "claim.toml", "--budget", "quick", "--out", "out", "--quiet"];
        place.run(&[&asked[..], more].concat())
    };
    let first = verify(&[]).status.code();
    let refused = verify(&["--resume", "--evidence", "proved"]);
    assert_status(&refused, 2);
    assert!(said(&refused).contains("--evidence was"), "{}", said(&refused));
    assert_eq!(verify(&["--resume"]).status.code(), first);
    fs::write(place.path("out/checkpoint/plan.json"), "{").unwrap();
    assert_status(&verify(&["--resume"]), 2);
    assert_eq!(verify(&[]).status.code(), first);
}

/// What a claim needs of a network.
const NETWORK: &str = r#"
[[control]]
why      = "a network that has learned little"
lhs      = "loss"
relation = "<="
rhs      = "mmse"
source   = ["mixture:ring=8,radius=2,variance=0.01"]
denoiser = ["network:path=model.onnx"]
snr      = [1, 4]
"#;

/// The plan has the claims, the atoms and the network: the folder may move, and what it came from may go.
#[test]
fn a_plan_is_worked_on_elsewhere() {
    let place = Place::of(&format!("{CLAIM}{NETWORK}"));
    let shipped = concat!(env!("CARGO_MANIFEST_DIR"), "/data/trained/ring-1-100.onnx");
    fs::copy(shipped, place.path("model.onnx")).unwrap();
    let whole = place.whole();
    place.plan("out", "2");
    let elsewhere = tempfile::tempdir().unwrap();
    fs::rename(place.path("out"), elsewhere.path().join("moved")).unwrap();
    for name in ["claim.toml", "atoms.csv", "model.onnx"] {
        fs::remove_file(place.path(name)).unwrap();
    }
    finish(elsewhere.path(), "moved", 2);
    assert_eq!(results(&elsewhere.path().join("moved")), whole);
}

#[test]
fn damaged_and_foreign_parts_are_refused_by_name() {
    let place = Place::new();
    let whole = place.whole();
    place.plan("out", "1");
    place.plan("other", "1");
    let seed = ["plan", "claim.toml", "--budget", "20000", "--seed", "1", "--out", "other", "--quiet"];
    assert_status(&place.run(&seed), 0);
    for out in ["out", "other"] {
        assert_status(&place.run(&["work", out, "--task", "0", "--quiet"]), 0);
    }
    let (own, foreign) = (parts(&place.path("out")), parts(&place.path("other")));
    let name = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_owned();
    let refused = |words: &str, part: &Path| {
        let output = place.run(&["reduce", "out"]);
        assert_status(&output, 2);
        assert!(said(&output).contains(words) && said(&output).contains(&name(part)), "{}", said(&output));
    };
    // Under its own name, and under the name of another.
    let stray = own[0].with_file_name(name(&foreign[0]));
    fs::copy(&foreign[0], &stray).unwrap();
    refused("is a part of another plan", &stray);
    fs::remove_file(&stray).unwrap();
    let bytes = fs::read(&own[0]).unwrap();
    fs::copy(&foreign[0], &own[0]).unwrap();
    refused("is a part of another plan", &own[0]);
    for (at, damaged) in [(0, 3), (20, 40), (bytes.len() / 2, 50), (bytes.len() - 1, 1)] {
        let mut wrong = bytes.clone();
        wrong[at] ^= 1 << (damaged % 8);
        fs::write(&own[0], wrong).unwrap();
        refused("remove it", &own[0]);
    }
    fs::write(&own[0], &bytes[..bytes.len() - 5]).unwrap();
    refused("is damaged", &own[0]);
    assert_status(&place.run(&["work", "out", "--task", "0"]), 2);
    fs::remove_file(&own[0]).unwrap();
    finish(place.dir.path(), "out", 2);
    assert_eq!(results(&place.path("out")), whole);
    // So is a plan with one digit changed.
    let plan = place.path("out/checkpoint/plan.json");
    let text = fs::read_to_string(&plan).unwrap();
    fs::write(&plan, text.replacen("0.001", "0.002", 1)).unwrap();
    let output = place.run(&["reduce", "out"]);
    assert_status(&output, 2);
    assert!(said(&output).contains("plan.json") && said(&output).contains("checksum"), "{}", said(&output));
}

/// A number that is not there, none at all, and one of an engine that is not asked for.
#[test]
fn a_task_has_a_number() {
    let place = Place::new();
    place.plan("out", "3");
    let status = |arguments: &[&str], variables: &[(&str, &str)]| {
        let mut command = Command::cargo_bin("klaim").unwrap();
        command.current_dir(place.dir.path()).args(["work", "out"]).args(arguments);
        command.envs(variables.iter().copied()).output().unwrap()
    };
    for (arguments, variables, words) in [
        (&["--task", "3"][..], &[][..], "task 3 of 3: numbers begin at 0"),
        (&["--task", "4/3"], &[], "0 ≤ I < N"),
        (&[], &[("SLURM_ARRAY_TASK_ID", "1")], "--task"),
        (&["--task-from", "slurm"], &[("JOB_COMPLETION_INDEX", "1")], "SLURM_ARRAY_TASK_ID"),
        (&["--task-from", "slurm"], &[("SLURM_ARRAY_TASK_ID", "7")], "task 7 of 3"),
    ] {
        let output = status(arguments, variables);
        assert_status(&output, 2);
        assert!(said(&output).contains(words), "{}", said(&output));
    }
    let engines = [
        (&["--task-from", "slurm"], &[("SLURM_ARRAY_TASK_ID", "0")][..]),
        (&["--task-from", "k8s"], &[("JOB_COMPLETION_INDEX", "1")]),
        (&["--task-from", "mpi"], &[("OMPI_COMM_WORLD_RANK", "5"), ("OMPI_COMM_WORLD_SIZE", "6")]),
    ];
    for (arguments, variables) in engines {
        assert_status(&status(arguments, variables), 0);
    }
    // Of 3 tasks: 0 and 1 are whole, 2 is but a sixth of all.
    let output = place.run(&["reduce", "out"]);
    assert_status(&output, 5);
    assert_eq!(String::from_utf8_lossy(&output.stdout), "2\n");
    let empty = place.run(&["work", "nowhere", "--task", "0"]);
    assert_status(&empty, 2);
    assert!(said(&empty).contains("holds no plan"), "{}", said(&empty));
}

/// A task that is stopped asks to be tried again, and keeps what it has.
#[cfg(unix)]
#[test]
fn a_stopped_task_says_so() {
    use std::process::{Command as Process, Stdio};
    let place = Place::new();
    let slow = "lhs = \"terminal_kl\"\nrelation = \"<=\"\nrhs = \"1\"\n[over]\nsource = [\"pam:levels=64\"]\n\
                snr_min = [0.01]\nsnr_max = [100]\nsteps = [4, 20000]\nschedule = [\"geometric\"]\n";
    fs::write(place.path("slow.toml"), slow).unwrap();
    assert_status(&place.run(&["plan", "slow.toml", "--out", "out", "--quiet"]), 0);
    let program = assert_cmd::cargo::cargo_bin("klaim");
    let mut task = Process::new(program);
    let task = task.current_dir(place.dir.path()).args(["work", "out", "--task", "0", "--quiet"]);
    let mut task = task.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    std::thread::sleep(std::time::Duration::from_secs(3));
    assert!(Process::new("kill").args(["-TERM", &task.id().to_string()]).status().unwrap().success());
    assert_eq!(task.wait().unwrap().code(), Some(75));
    assert_eq!(parts(&place.path("out")).len(), 1, "the quick number is kept");
    assert_status(&place.run(&["reduce", "out"]), 5);
}

/// What others have written is left alone, and nothing is written through a link.
#[cfg(unix)]
#[test]
fn a_folder_of_others_is_refused() {
    use std::os::unix::fs::symlink;
    let place = Place::new();
    let verify = |out: &str, more: &[&str]| {
        let base = ["verify", "claim.toml", "--budget", "2048", "--quiet", "--out", out];
        place.run(&[&base[..], more].concat())
    };
    fs::create_dir(place.path("theirs")).unwrap();
    fs::write(place.path("theirs/index.html"), "their page").unwrap();
    let output = verify("theirs", &[]);
    assert_status(&output, 2);
    assert!(
        said(&output).contains("theirs/index.html: was not written by a run of klaim"),
        "{}",
        said(&output)
    );
    assert_eq!(fs::read_to_string(place.path("theirs/index.html")).unwrap(), "their page");
    assert!(!place.path("theirs/checkpoint").exists(), "nothing is left behind");
    assert!(matches!(verify("theirs", &["--force"]).status.code(), Some(0 | 1 | 3)));
    assert!(matches!(verify("theirs", &[]).status.code(), Some(0 | 1 | 3)), "now it is a run's");
    fs::write(place.path("precious"), "kept").unwrap();
    fs::remove_file(place.path("theirs/results.csv")).unwrap();
    symlink(place.path("precious"), place.path("theirs/results.csv")).unwrap();
    assert!(matches!(verify("theirs", &[]).status.code(), Some(0 | 1 | 3)));
    assert_eq!(fs::read_to_string(place.path("precious")).unwrap(), "kept");
    fs::create_dir(place.path("elsewhere")).unwrap();
    fs::create_dir(place.path("linked")).unwrap();
    symlink(place.path("elsewhere"), place.path("linked/checkpoint")).unwrap();
    let output = verify("linked", &[]);
    assert_status(&output, 2);
    assert!(said(&output).contains("is a symbolic link"), "{}", said(&output));
    assert_eq!(fs::read_dir(place.path("elsewhere")).unwrap().count(), 0);
}

#[cfg(unix)]
#[test]
fn a_run_directory_has_one_process() {
    use std::process::{Command as Process, Stdio};
    let place = Place::new();
    let program = assert_cmd::cargo::cargo_bin("klaim");
    let slow = ["verify", "claim.toml", "--budget", "1e11", "--out", "out", "--quiet"];
    let mut first = Process::new(program);
    let mut first = first.current_dir(place.dir.path()).args(slow).stdout(Stdio::null()).spawn().unwrap();
    while !place.path("out/checkpoint/stage-00.json").exists() {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    let output = place.run(&["verify", "claim.toml", "--out", "out", "--quiet"]);
    first.kill().unwrap();
    first.wait().unwrap();
    assert_status(&output, 2);
    assert!(said(&output).contains("another klaim works on this run"), "{}", said(&output));
    let budget = ["verify", "claim.toml", "--budget", "2048", "--out", "out", "--quiet"];
    assert!(matches!(place.run(&budget).status.code(), Some(0 | 1 | 3)), "a killed process holds nothing");
}
