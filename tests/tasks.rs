//! Numbers, maps and searches by tasks: the bits of one process, whatever the number of tasks.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod place;

use std::fs;
use std::path::PathBuf;

use place::{Place, assert_status, klaim, said};

const CLAIM: &str = r#"
lhs       = "snr^2 * abs(mmse_slope)"
relation  = "<="
rhs       = "C * (shannon^2 + info_variance)"
constants = { C = 1.411 }
[over]
source = ["bpsk"]
snr    = [0.1, 1, 4]
[[control]]
why       = "a third"
constants = { C = 0.47 }
"#;

impl Place {
    fn new() -> Self {
        Self::of(CLAIM)
    }

    /// Plans `words` for `tasks` tasks.
    fn plan(&self, words: &[&str], tasks: &str) {
        let words = [words, &["--out", "run", "--tasks", tasks, "--quiet"]].concat();
        let output = self.run(&words);
        assert_status(&output, 0);
    }

    /// Works, from another folder, and reduces until there is an end: what `reduce` prints, and the
    /// number of rounds.
    fn finish(&self, tasks: u64) -> (String, u32) {
        let elsewhere = tempfile::tempdir().unwrap();
        let run = self.path("run");
        let run = run.to_str().unwrap();
        for round in 1..100 {
            for task in (0..tasks).rev() {
                let task = format!("{task}/{tasks}");
                let output =
                    klaim(elsewhere.path(), &["work", run, "--task", &task, "--quiet", "--threads", "1"]);
                assert_status(&output, 0);
            }
            let output = self.run(&["reduce", "run", "--format", "json"]);
            match output.status.code() {
                Some(4) => {}
                Some(0 | 1 | 3) => return (String::from_utf8(output.stdout).unwrap(), round),
                status => panic!("{status:?}: {}", said(&output)),
            }
        }
        panic!("no end")
    }
}

/// Numbers by a fixed number of samples and to a precision, of laws that are built and read: the
/// rounds and bits of one process.
#[test]
fn numbers_by_tasks_are_those_of_one_process() {
    let place = Place::new();
    let fixed = "estimate mmse --source codebook:atoms=64,dim=8 --source file:path=atoms.csv --snr 0.1,1 \
                 --samples 100000 --seed 7";
    let precise = "estimate information --source zipf:exponent=1.5,atoms=300 --snr 0.5 --rel-err 0.003 \
                   --method monte-carlo";
    let paths = "estimate girsanov_kl --source bpsk --schedule geometric --snr-min 0.1 --snr-max 10 --steps 8,16 \
                 --samples 20000";
    for (words, tasks) in [(fixed, 3), (fixed, 1), (precise, 5), (paths, 2)] {
        let words: Vec<&str> = words.split_whitespace().collect();
        let whole = place.run(&[&words[..], &["--format", "json"]].concat());
        place.plan(&words, "4");
        let (found, rounds) = place.finish(tasks);
        assert_eq!(found, String::from_utf8(whole.stdout).unwrap(), "{words:?}");
        assert!(rounds > 2, "{words:?}: {rounds}");
    }
}

/// A map with its boundary, and a search with its climbs, checks and small law: the same findings
/// and files as in one process.
#[test]
fn maps_and_searches_by_tasks_are_those_of_one_process() {
    let map = "probe claim.toml --source bernoulli:p={p} --set C=0.9 --vary p=0.01..0.3/5 --budget quick";
    let search = "probe claim.toml --search 40 --atoms 3 --dim 2 --budget quick";
    for (words, tasks) in [(map, 2), (search, 3)] {
        let place = Place::new();
        let words: Vec<&str> = words.split_whitespace().collect();
        place.run(&[&words[..], &["--out", "whole", "--quiet"]].concat());
        place.plan(&words, "2");
        let (found, rounds) = place.finish(tasks);
        assert!(rounds > 3 && found.contains("ratio"), "{rounds}: {found}");
        let read = |folder: &str, name: &str| {
            let text = fs::read_to_string(place.path(folder).join(name)).unwrap();
            text.replace("whole", "run")
        };
        for name in ["map.csv", "probe.json", "index.html"] {
            assert_eq!(read("run", name), read("whole", name), "{name} of {words:?}");
        }
    }
}

/// What is lost is measured again, and what is damaged or another's is named.
#[test]
fn parts_that_are_lost_damaged_or_foreign_are_told() {
    let place = Place::new();
    let words = ["estimate", "mmse", "--source", "simplex:atoms=16", "--snr", "1", "--samples", "30000"];
    place.plan(&words, "2");
    let (whole, _) = place.finish(2);
    let parts = place.path("run/checkpoint/parts");
    let mut names: Vec<PathBuf> = fs::read_dir(&parts).unwrap().map(|entry| entry.unwrap().path()).collect();
    names.sort();
    let bytes = fs::read(&names[0]).unwrap();
    let reduced = || place.run(&["reduce", "run", "--format", "json"]);

    let mut foreign = bytes.clone();
    foreign[16] ^= 1;
    fs::write(parts.join("00000000000000aa-00000000000000bb.part"), foreign).unwrap();
    let output = reduced();
    assert!(output.status.code() == Some(2) && said(&output).contains("another plan"), "{}", said(&output));
    fs::remove_file(parts.join("00000000000000aa-00000000000000bb.part")).unwrap();

    let mut damaged = bytes.clone();
    damaged[60] ^= 1;
    fs::write(&names[0], damaged).unwrap();
    let output = reduced();
    assert!(output.status.code() == Some(2) && said(&output).contains("checksum"), "{}", said(&output));

    // Of whichever stage: the first has what needs no samples.
    for name in &names {
        if name.exists() {
            fs::remove_file(name).unwrap();
            assert_eq!(reduced().status.code(), Some(5), "{}", said(&reduced()));
            assert_eq!(place.finish(3).0, whole, "{}", name.display());
        }
    }
}

/// A search of another seed has as many climbs, and they are not this one's.
#[test]
fn climbs_of_another_search_are_refused() {
    let place = Place::new();
    let search =
        |seed| ["probe", "claim.toml", "--search", "6", "--atoms", "3", "--budget", "quick", "--seed", seed];
    place.plan(&search("0"), "1");
    let run = place.path("run");
    let work = || place.run(&["work", "run", "--task", "0", "--quiet"]);
    assert!(work().status.success(), "{}", said(&work()));
    let part = fs::read_dir(run.join("checkpoint/parts")).unwrap().next().unwrap().unwrap().path();
    let bytes = fs::read(&part).unwrap();
    place.plan(&search("9"), "1");
    assert!(!part.exists(), "a new plan begins anew");
    fs::write(&part, bytes).unwrap();
    for output in [place.run(&["reduce", "run"]), work()] {
        assert!(
            output.status.code() == Some(2) && said(&output).contains("another plan"),
            "{}",
            said(&output)
        );
    }
    let output = place.run(&[&search("9")[..], &["--out", "run", "--resume"]].concat());
    assert!(
        output.status.code() == Some(2) && said(&output).contains("planned for tasks"),
        "{}",
        said(&output)
    );
}

/// What is asked wrongly costs nobody what was measured, and what has changed is told.
#[test]
fn a_mistake_loses_nothing() {
    let place = Place::new();
    place
        .plan(&["estimate", "mmse", "--source", "simplex:atoms=16", "--snr", "1", "--samples", "9000"], "2");
    let whole = place.finish(2).0;
    for words in [
        "estimate mmsee --source bpsk --snr 1 --out run --tasks 2",
        "probe claim.toml --source fil:path={p} --vary p=1..2 --out run",
        "probe claim.toml --source file:path=law-{i}.csv --vary i=1..3/3 --out run --tasks 2",
        "probe claim.toml --source bernoulli:p={p} --vary p=0.1..1/3 --budget quick --out run",
    ] {
        let output = place.run(&words.split_whitespace().collect::<Vec<_>>());
        assert_eq!(output.status.code(), Some(2), "{words}: {}", said(&output));
    }
    assert_eq!(place.finish(2).0, whole);

    // Stages of an older plan go, one by one missing or not.
    fs::remove_file(place.path("run/checkpoint/stage-00.json")).unwrap();
    place.plan(&["estimate", "mmse", "--source", "bpsk", "--snr", "1"], "1");
    let stages = fs::read_dir(place.path("run/checkpoint")).unwrap();
    let name = |entry: std::io::Result<fs::DirEntry>| entry.unwrap().file_name().into_string().unwrap();
    let stages: Vec<String> = stages.map(name).filter(|name| name.starts_with("stage-")).collect();
    assert_eq!(stages, ["stage-00.json"]);

    let probe =
        "probe claim.toml --source file:path=atoms.csv --set snr=1 --vary C=1..2/2 --budget quick --out map";
    let probe: Vec<&str> = probe.split_whitespace().collect();
    assert!(place.run(&probe).status.success());
    fs::write(place.path("atoms.csv"), "x,y\n0,1\n2,3\n").unwrap();
    let output = place.run(&[&probe[..], &["--resume"]].concat());
    assert!(
        output.status.code() == Some(2) && said(&output).contains("atoms.csv has changed"),
        "{}",
        said(&output)
    );
}

#[test]
fn what_tasks_cannot_share_is_refused() {
    let place = Place::new();
    let refused = |words: &str| {
        let output = place.run(&words.split_whitespace().collect::<Vec<_>>());
        assert_eq!(output.status.code(), Some(2), "{words}: {}", said(&output));
        said(&output)
    };
    let drawn = "estimate shannon --source zipf:exponent=2,atoms=9 --method monte-carlo --tasks 2 --out run";
    assert!(refused(drawn).contains("one process"));
    let behind = "estimate shannon --source file:path=atoms.csv --method plug-in --tasks 2 --out run";
    assert!(refused(behind).contains("one process"));
    assert!(refused("estimate mmse --source bpsk --snr 1 --tasks 2").contains("--out"));
    assert!(refused("probe claim.toml --search 9 --tasks 2 --limit 9s --out run").contains("--limit"));
    assert!(!place.path("run").join("checkpoint/plan.json").exists(), "a plan of nothing");
}
