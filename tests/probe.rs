//! The probe from outside: boundaries against independent values, honest "no break", what it
//! refuses.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use std::path::Path;
use std::process::Output;

use assert_cmd::Command;
use serde_json::Value;

/// The p below which C1 with C = 4 fails on two atoms: `data/probe_boundary.py`, 8 decimals.
const BOUNDARY: f64 = 0.076_851_59;
/// The worst SNR is found to within 4 %, which lowers the ratio, and moves the boundary, by less
/// than this share.
const WORST_SNR: f64 = 1e-3;

fn klaim(dir: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::cargo_bin("klaim").unwrap();
    command.current_dir(dir).env("NO_COLOR", "1").env("COLUMNS", "400").args(arguments).output().unwrap()
}

/// The probe's JSON; it must end with exit status 0.
fn probe(dir: &Path, arguments: &[&str]) -> Value {
    let output = klaim(dir, &[&["probe"], arguments, &["--quiet", "--format", "json"]].concat());
    assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// L = M + e²V with M = ½ and V = 1: L ≤ 1.25 M breaks for e > √⅛, on the claim's own source.
#[test]
fn any_axis_is_fixed_and_varied() {
    let dir = tempfile::tempdir().unwrap();
    let claim = "lhs = \"loss\"\nrelation = \"<=\"\nrhs = \"1.25 * mmse\"\n[over]\n\
                 source = [\"gaussian:dim=1,variance=1\"]\nsnr = [1]\n";
    std::fs::write(dir.path().join("own.toml"), claim).unwrap();
    let set = |value: &str| format!("denoiser={value}");
    let vary = ["own.toml", "--vary", "e=0.01..1", "--width", "0.002", "--out", "out", "--set"];
    let found = probe(dir.path(), &[&vary[..], &[&set("perturbed:error={e}")]].concat());
    let boundary = &found["boundaries"][0];
    let (value, half) = (boundary["value"].as_f64().unwrap(), boundary["half_width"].as_f64().unwrap());
    assert!((value - 0.125_f64.sqrt()).abs() <= half && half < 1e-3, "{value} ± {half}");
    assert_eq!(boundary["side"], "above");
    // What is listed is all there is: no checkpoint lies between two.
    let listed = "lhs = \"denoiser_gap\"\nrelation = \"<=\"\nrhs = \"0.01 * second_moment\"\n[over]\n\
                  source = [\"mixture:ring=8,radius=2,variance=0.01\"]\nsnr = [3]\n";
    std::fs::write(dir.path().join("listed.toml"), listed).unwrap();
    let vary = ["listed.toml", "--vary", "checkpoint=100,9990", "--out", "out", "--set"];
    let found = probe(dir.path(), &[&vary[..], &[&set("trained:on=ring,checkpoint={checkpoint}")]].concat());
    assert_eq!(found["map"].as_array().unwrap().len(), 2, "{found}");
    for (value, word) in [("perturbed:error={q}", "`q`"), ("perturbd:error={e}", "did you mean `perturbed`")]
    {
        let bad = klaim(dir.path(), &["probe", "own.toml", "--vary", "e=0.1..1", "--set", &set(value)]);
        let message = String::from_utf8_lossy(&bad.stderr).into_owned();
        assert!(bad.status.code() == Some(2) && message.contains(word), "{message}");
    }
}

#[test]
fn the_boundary_of_the_rare_event_is_found() {
    let dir = tempfile::tempdir().unwrap();
    let found = probe(
        dir.path(),
        &[
            "rare-events",
            "--source",
            "bernoulli:p={p}",
            "--vary",
            "p=1e-6..0.5",
            "--width",
            "0.002",
            "--out",
            "out",
        ],
    );
    let boundaries = found["boundaries"].as_array().unwrap();
    assert_eq!(boundaries.len(), 1);
    let boundary = &boundaries[0];
    let (value, half_width) =
        (boundary["value"].as_f64().unwrap(), boundary["half_width"].as_f64().unwrap());
    assert_eq!((boundary["name"].as_str(), boundary["side"].as_str()), (Some("p"), Some("below")));
    assert!((value - BOUNDARY).abs() <= half_width + WORST_SNR * BOUNDARY, "{value} ± {half_width}");
    assert!(half_width <= 0.001 * 1.01 * value, "{half_width}");
    let [holds, breaks] = ["holds", "breaks"].map(|end| boundary[end]["ratio"].as_f64().unwrap());
    assert!(holds < 1.0 && breaks > 1.0, "{holds}, {breaks}");
    assert!(boundary["breaks"]["relative_varentropy"].as_f64().unwrap() > 5.0);
    let page = std::fs::read_to_string(dir.path().join("out/index.html")).unwrap();
    assert!(
        page.contains("breaks for p &lt; 0.07") && page.contains("<svg"),
        "the page says it and shows it"
    );
    let rows = std::fs::read_to_string(dir.path().join("out/map.csv")).unwrap();
    assert_eq!(rows.lines().count(), 14, "a header and 13 points");
    // The same again from the checkpoint, bit for bit.
    let again = probe(
        dir.path(),
        &[
            "rare-events",
            "--source",
            "bernoulli:p={p}",
            "--vary",
            "p=1e-6..0.5",
            "--width",
            "0.002",
            "--out",
            "out",
            "--resume",
        ],
    );
    assert_eq!(found["map"], again["map"]);
}

#[test]
fn no_break_is_said_to_be_none() {
    let dir = tempfile::tempdir().unwrap();
    let output = klaim(
        dir.path(),
        &[
            "probe",
            "varentropy-bound",
            "--source",
            "bernoulli:p={p}",
            "--vary",
            "p=1e-4..0.5/5",
            "--out",
            "out",
        ],
    );
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert!(said.contains("no break found in the range; the largest ratio is 0.02"), "{said}");
}

/// Two antipodal points have γ²|M′| ≤ 0.677 = 1.41 H², whatever names the constant: an axis of that
/// name takes its place.
#[test]
fn constants_and_whole_numbers_vary_too() {
    let dir = tempfile::tempdir().unwrap();
    let found =
        probe(dir.path(), &["entropy-bound", "--source", "bpsk", "--vary", "C=0.1..10", "--out", "a"]);
    let boundary = &found["boundaries"][0];
    let value = boundary["value"].as_f64().unwrap();
    // sup γ²|M′| = 0.677866 (trapezoid, the script named above, p = ½), H = ln 2.
    let expected = 0.677_866 / 0.480_453;
    assert!((value / expected - 1.0).abs() < 0.01, "{value} for {expected}");
    let found = probe(
        dir.path(),
        &[
            "trivial-bound",
            "--source",
            "pam:levels={levels}",
            "--vary",
            "levels=2..20/4",
            "K=0.3,1",
            "--out",
            "b",
        ],
    );
    let levels: Vec<f64> =
        found["map"].as_array().unwrap().iter().map(|f| f["at"]["levels"].as_f64().unwrap()).collect();
    assert_eq!(levels, [2.0, 4.0, 9.0, 20.0, 2.0, 4.0, 9.0, 20.0]);
    let boundary = &found["boundaries"][0];
    assert_eq!(boundary["beside"][1].as_f64(), Some(0.3));
    assert_eq!(boundary["side"].as_str(), Some("above"), "more levels come nearer to d² + 2d");
    assert!(boundary["half_width"].as_f64().unwrap() <= 0.5, "adjacent whole numbers");
}

#[test]
fn what_cannot_be_probed_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let refused = |arguments: &[&str], words: &[&str]| {
        let output = klaim(dir.path(), &[&["probe"], arguments].concat());
        let said = String::from_utf8(output.stderr).unwrap().replace(['│', '\n'], " ");
        let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {said}");
        for word in words {
            assert!(said.contains(word), "{arguments:?} does not say `{word}`: {said}");
        }
        assert!(output.stdout.is_empty());
    };
    let bernoulli = ["--source", "bernoulli:p={p}"];
    refused(&["entropy-bund", "--source", "bpsk"], &["did you mean `entropy-bound`?"]);
    // Without a source the claim is probed on its own.
    assert_eq!(klaim(dir.path(), &["probe", "entropy-bound"]).status.code(), Some(0));
    refused(&[&["entropy-bound"], &bernoulli[..]].concat(), &["`p`"]);
    refused(&[&["entropy-bound"], &bernoulli[..], &["--vary", "q=0.1..0.2"]].concat(), &["`p`"]);
    refused(
        &[&["entropy-bound"], &bernoulli[..], &["--vary", "p=0.1..1"]].concat(),
        &["must be in (0, 1), not 1"],
    );
    refused(&[&["entropy-bound"], &bernoulli[..], &["--vary", "p=0.2..0.1"]].concat(), &["increasing"]);
    refused(&["kl-rate", "--source", "bpsk"], &["slope", "no ratio"]);
    refused(&["two-points", "--search", "2"], &["every value of a range"]);
}

/// At e^(−γ d_min²/8) ≈ 4e-6 and below plain samples see nothing; the error bar must hold all the
/// same.
#[test]
fn rare_confusions_have_error_bars() {
    let dir = tempfile::tempdir().unwrap();
    // Two atoms a distance 2 apart in space, with the same values as ±1 on the line (exact), beside
    // a third so far away that it adds nothing: the law on a plane is sampled.
    std::fs::write(dir.path().join("law.csv"), "x,y,p\n-1,0,1\n1,0,1\n0,400,1\n").unwrap();
    let estimate = |source: &str| {
        let arguments = [
            "estimate",
            "mmse",
            "--source",
            source,
            "--snr",
            "50",
            "--samples",
            "65536",
            "--format",
            "json",
            "--quiet",
        ];
        let output = klaim(dir.path(), &arguments);
        let found: Value = serde_json::from_slice(&output.stdout).unwrap();
        found["rows"][0].clone()
    };
    let (sampled, exact) = (estimate("file:path=law.csv,weights=p"), estimate("bpsk"));
    let [value, std_err] = ["value", "std_err"].map(|key| sampled[key].as_f64().unwrap());
    // Two thirds of the mass is on the pair.
    let expected = exact["value"].as_f64().unwrap() * 2.0 / 3.0;
    assert_eq!(sampled["method"].as_str(), Some("monte-carlo"));
    assert!(expected < 1e-10 && std_err < 0.02 * value, "{sampled}");
    assert!((value - expected).abs() <= 5.0 * std_err, "{value:e} ± {std_err:e} for {expected:e}");
}

/// False for three atoms already: γ²|M′| ≤ 0.30·H² among laws with H ≥ 1 (below, the right side
/// explodes).
const PLANTED: &str = r#"id        = "planted"
title     = "A false bound of the slope"
statement = "γ² |M′(γ)| ≤ 0.30·H² for H ≥ 1"
cite      = "nowhere: it is false"
origin    = "klaim"
lhs       = "snr^2 * mmse_slope"
relation  = "<="
rhs       = "C * shannon^2 * exp(1000 * max(0, 1 - shannon))"
constants = { C = 0.3 }
[over]
source = ["bpsk"]
snr    = { from = 1e-2, to = 1e2, points = 9 }
"#;

/// Search, measuring anew, shrinking, the claim file that repeats it, and going on where a search
/// was cut.
#[test]
fn a_false_theorem_is_refuted_and_its_counterexample_made_small() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("planted.toml"), PLANTED).unwrap();
    let arguments = [
        "planted.toml",
        "--search",
        "12",
        "--dim",
        "2",
        "--atoms",
        "5",
        "--budget",
        "quick",
        "--out",
        "out",
    ];
    let found = probe(dir.path(), &arguments);
    let search = &found["search"];
    assert_eq!(search["starts"].as_u64(), Some(12));
    assert_eq!(search["found"]["finding"]["verdict"].as_str(), Some("refuted"));
    let small = &search["shrunk"];
    let law = |key: &str| small["candidate"][key].as_array().unwrap().len();
    assert!(law("weights") <= 8, "{small}");
    // The uniform law on 3 points is the smallest with H ≥ 1; 1 nat needs more than 2 atoms.
    assert_eq!((law("weights"), small["candidate"]["dim"].as_u64()), (3, Some(1)));
    assert!(small["finding"]["shannon"].as_f64().unwrap() >= 1.0);
    assert!(small["finding"]["ratio"].as_f64().unwrap() > 1.0);
    let verified = klaim(dir.path(), &["verify", "out/counterexample.toml", "--out", "v", "--quiet"]);
    assert_eq!(verified.status.code(), Some(0), "{}", String::from_utf8_lossy(&verified.stdout));
    // Without the climbs it goes on to the same end, from those that are there, and with more starts.
    let parts = dir.path().join("out/checkpoint/parts");
    let all: Vec<_> = std::fs::read_dir(&parts).unwrap().map(|entry| entry.unwrap().path()).collect();
    let resumed = [&arguments[..], &["--resume"]].concat();
    for part in &all {
        std::fs::remove_file(part).unwrap();
        let again = probe(dir.path(), &resumed);
        assert_eq!(again["search"]["found"], search["found"]);
        assert_eq!(again["search"]["starts"].as_u64(), Some(12));
        assert!(part.exists(), "{}: measured again", part.display());
    }
    let with = |starts: &str, more: &[&'static str]| {
        let arguments: Vec<&str> =
            resumed.iter().map(|word| if *word == "12" { starts } else { word }).collect();
        probe(dir.path(), &[&arguments[..], more].concat())["search"]["starts"].as_u64()
    };
    let names =
        || -> Vec<_> { std::fs::read_dir(&parts).unwrap().map(|entry| entry.unwrap().path()).collect() };
    // The climbs' part is of the same stage, which is the first half of a part's name.
    let stage = |path: &std::path::Path| path.file_name().unwrap().to_str().unwrap()[..16].to_owned();
    let before = names();
    assert_eq!(with("16", &[]), Some(16));
    let size = |path: &std::path::PathBuf| std::fs::metadata(path).unwrap().len();
    let same = |new: &&std::path::PathBuf| {
        !before.contains(new) && before.iter().any(|old| stage(old) == stage(new))
    };
    let after = names();
    let [new] = after.iter().filter(same).collect::<Vec<_>>()[..] else {
        panic!("one part of climbs: {after:?}")
    };
    let old = before.iter().find(|old| stage(old) == stage(new)).unwrap();
    assert!(
        2 * size(new) < size(old),
        "four climbs beside twelve, not sixteen: {} {}",
        size(new),
        size(old)
    );
    // What is there counts whatever the limit, and no more than is asked for.
    assert_eq!(with("40", &["--limit", "1ns"]), Some(16));
    assert_eq!(with("8", &[]), Some(8));
    // Not with another question, nor from a part that was changed.
    let refused = |arguments: &[&str], words: &str| {
        let output = klaim(dir.path(), arguments);
        let said = String::from_utf8_lossy(&output.stderr).replace('│', " ");
        let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(output.status.code() == Some(2) && said.contains(words), "{said}");
    };
    refused(&[&["probe"], &resumed[..], &["--seed", "9"]].concat(), "--seed was");
    let mut bytes = std::fs::read(&all[0]).unwrap();
    bytes[100] ^= 1;
    std::fs::write(&all[0], bytes).unwrap();
    refused(&[&["probe"], &resumed[..]].concat(), "does not match its checksum");
}

/// γ²|M′| ≤ 1.411·(H² + V), E[ι²] on the right: two equal atoms come as near
/// as 0.677866/(1.411·ln²2) = 0.99993 (the script named above), and nothing is known to come
/// nearer.
const SHARP: &str = r#"lhs = "snr^2 * mmse_slope"
relation  = "<="
rhs       = "C * (shannon^2 + info_variance)"
constants = { C = 1.411 }
id        = "sharp"
title     = "The slope against the second moment of the information content"
statement = "γ²|M′(γ)| ≤ 1.411·E[ι²]"
cite      = "a conjecture"
origin    = "klaim"
[over]
source = ["bpsk"]
snr    = { from = 1e-2, to = 1e2, points = 9 }
"#;

/// The finding is the largest ratio that is believed, what the climbs say is right to its stated
/// accuracy, and no estimator contradicts them.
#[test]
fn a_search_reports_its_largest_ratio() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("sharp.toml"), SHARP).unwrap();
    // With this seed drawn nodes alone find 1.055 on a law whose ratio is 0.815.
    let arguments = ["probe", "sharp.toml", "--search", "64", "--seed", "1", "--atoms", "4", "--dim", "2"];
    let output =
        klaim(dir.path(), &[&arguments[..], &["--out", "out", "--quiet", "--format", "json"]].concat());
    let found: Value = serde_json::from_slice(&output.stdout).unwrap();
    let (search, largest) = (&found["search"], &found["largest"]);
    let number = |value: &Value| value.as_f64().unwrap();
    assert_eq!((&search["ratio"], &search["std_err"]), (&largest["ratio"], &largest["std_err"]));
    assert_eq!(
        (largest["believed"].as_bool(), search["contradicted"].as_u64()),
        (Some(true), Some(0)),
        "{search}"
    );
    let (ratio, half_width) = (number(&search["ratio"]), number(&largest["half_width"]));
    assert!(ratio > 0.99 && ratio < 0.99994 + half_width, "{ratio} ± {half_width}");
    // The climb stands at one SNR, the finding at the worst of several: it is not below, but for
    // the errors of both.
    let (climbed, error) = (number(&search["climbed"]), number(&search["climbed_error"]));
    assert!(
        climbed < 0.99994 + 5.0 * error && ratio > climbed * (1.0 - 5.0 * error) - half_width,
        "{climbed} ± {error}"
    );
    assert!(search["law"].as_str().unwrap().starts_with("file:path=out/law-"));
}

/// A planted false constant: the counterexample of a search, and that of a map, fail for certain and
/// have certificates; on a law without an interval form it says why there is none.
#[test]
fn a_counterexample_is_disproved() {
    let dir = tempfile::tempdir().unwrap();
    let planted = SHARP.replace("1.411", "1.2").replace("sharp", "planted");
    std::fs::write(dir.path().join("planted.toml"), planted).unwrap();
    let search = ["planted.toml", "--search", "4", "--atoms", "3", "--dim", "1", "--budget", "1024"];
    let found = probe(dir.path(), &[&search[..], &["--prove", "--out", "out"]].concat());
    let disproof = &found["disproofs"][0];
    assert_eq!(disproof["disproved"].as_bool(), Some(true), "{found}");
    let certificate = |path: &str| -> Value {
        serde_json::from_str(&std::fs::read_to_string(dir.path().join("out").join(path)).unwrap()).unwrap()
    };
    let shown = certificate(disproof["certificate"].as_str().unwrap());
    assert_eq!((&shown["verdict"], &shown["snr"][0]), (&"disproved".into(), &shown["snr"][1]));
    assert!(shown["slabs"][0]["cells"][0][2].as_f64().unwrap() > 0.0, "{shown}");
    let atoms = found["search"]["shrunk"]["candidate"]["weights"].as_array().unwrap().len();
    assert_eq!(shown["law"]["atoms"].as_array().unwrap().len(), atoms, "{shown}");
    let page = std::fs::read_to_string(dir.path().join("out/index.html")).unwrap();
    assert!(page.contains("disproved by interval arithmetic on file:path="), "{page}");

    let swept = ["planted.toml", "--source", "bernoulli:p={p}", "--vary", "p=0.1..0.5/3", "--prove"];
    let found = probe(dir.path(), &[&swept[..], &["--budget", "1024", "--out", "out"]].concat());
    assert_eq!(found["disproofs"][0]["disproved"].as_bool(), Some(true), "{found}");
    assert!(certificate("certificates/planted-counterexample-1.json")["law"]["weights"][0].is_string());

    let held = ["varentropy-bound", "--source", "bpsk", "--prove", "--budget", "1024", "--out", "out"];
    let found = probe(dir.path(), &held);
    assert_eq!(found["disproofs"].as_array().map(Vec::len), Some(0), "{found}");

    let claim =
        "lhs = \"mmse\"\nrelation = \"<=\"\nrhs = \"0.1\"\n[over]\nsource = [\"laplace\"]\nsnr = [1]\n";
    std::fs::write(dir.path().join("laplace.toml"), claim).unwrap();
    let output = klaim(dir.path(), &["probe", "laplace.toml", "--prove", "--quiet", "--out", "out"]);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(3), "{said}");
    let why = "not disproved by interval arithmetic on laplace, snr 1: the law `laplace` has no interval";
    assert!(said.contains(why), "{said}");
}

/// Minutes: from scratch, with up to 8 atoms in 4 dimensions.
#[test]
#[ignore = "minutes"]
fn a_false_theorem_is_refuted_from_many_starts() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("planted.toml"), PLANTED).unwrap();
    let found = probe(dir.path(), &["planted.toml", "--search", "400", "--dim", "4", "--out", "out"]);
    let small = &found["search"]["shrunk"]["candidate"]["weights"];
    assert!(small.as_array().unwrap().len() <= 8, "{found}");
}

/// Minutes: what is proved survives.
#[test]
#[ignore = "minutes"]
fn a_true_theorem_survives_a_search() {
    let dir = tempfile::tempdir().unwrap();
    let found = probe(dir.path(), &["varentropy-bound", "--search", "1000", "--dim", "4", "--out", "out"]);
    assert_eq!(found["search"]["found"]["finding"]["verdict"].as_str(), Some("supported"), "{found}");
    assert!(found["search"]["ratio"].as_f64().unwrap() < 1.0);
}
