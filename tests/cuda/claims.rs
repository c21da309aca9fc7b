//! Claims get the CPU's verdicts, and parts know who measured them.

use std::fs;
use std::path::{Path, PathBuf};

use super::emulator::{emulator, klaim, root, said};

/// Claim, section, axes, method and verdict of every case of a run.
pub fn verdicts(folder: &Path, backend: &str, claims: &[&str]) -> Vec<[String; 5]> {
    let options = ["--budget", "2048", "--quiet", "--backend", backend, "--out", backend];
    let output = klaim(folder, "", &[&["verify"], claims, &options].concat());
    assert!(matches!(output.status.code(), Some(0 | 1 | 3)), "{}", said(&output));
    let mut table = csv::Reader::from_path(folder.join(backend).join("results.csv")).unwrap();
    let header = table.headers().unwrap().clone();
    let column = |name: &str| header.iter().position(|h| h == name).unwrap();
    let axes = column("expected") + 1..column("lhs");
    let row = |row: csv::StringRecord| {
        let at = axes.clone().map(|k| &row[k]).collect::<Vec<_>>().join("|");
        let of = |name: &str| row[column(name)].to_owned();
        [of("claim"), of("section"), at, of("method"), of("verdict")]
    };
    table.records().map(|record| row(record.unwrap())).collect()
}

/// The laws of a claim that are sampled, two of them; where there is none, two of the others.
fn fewer_sources(list: &toml::Value) -> toml::Value {
    let shrunk = |spec: &toml::Value| match spec {
        toml::Value::String(text) => small_source(text).into(),
        table => table.clone(),
    };
    let mut all: Vec<toml::Value> = Vec::new();
    for spec in list.as_array().unwrap().iter().map(shrunk) {
        if !all.contains(&spec) {
            all.push(spec);
        }
    }
    let is_sampled = |spec: &&toml::Value| {
        let text = spec.as_str().unwrap_or_default();
        ["simplex", "codebook", "tree", "mixture:"].iter().any(|kind| text.starts_with(kind))
            || text.contains("embedding=")
            || text.contains('{')
    };
    let sampled: Vec<toml::Value> = all.iter().filter(is_sampled).take(2).cloned().collect();
    if sampled.is_empty() { all.into_iter().take(2).collect::<Vec<_>>().into() } else { sampled.into() }
}

/// The same kind of law with a few atoms.
fn small_source(spec: &str) -> String {
    if spec == "digits" {
        return "codebook:atoms=24,dim=6,seed=9".into();
    }
    let mut small = spec.to_owned();
    for (name, most) in [
        ("atoms=", 24.0),
        ("dim=", 6.0),
        ("levels=", 8.0),
        ("depth=", 2.0),
        ("branch=", 3.0),
        ("code=", 8.0),
    ] {
        let Some(at) = small.find(name).map(|at| at + name.len()) else { continue };
        let end = small[at..].find([',', ')']).map_or(small.len(), |length| at + length);
        if small[at..end].parse::<f64>().is_ok_and(|number| number > most) {
            small.replace_range(at..end, &most.to_string());
        }
    }
    small
}

/// A claim's table with few and small laws, few SNRs and few steps; what it states is unchanged.
fn smaller(key: &str, value: &toml::Value) -> toml::Value {
    let numbers = |list: &[i64]| toml::Value::from(list.to_vec());
    match (key, value) {
        ("source", toml::Value::Array(_)) => fewer_sources(value),
        ("atoms" | "dim", toml::Value::Array(list)) => numbers(&[4, 8, 12, 16][..list.len().min(4)]),
        ("steps", toml::Value::Array(list)) => numbers(&[2, 4, 8][..list.len().min(3)]),
        ("snr", toml::Value::Array(list)) => list.iter().take(2).cloned().collect::<Vec<_>>().into(),
        ("points", toml::Value::Integer(_)) => 2.into(),
        (_, toml::Value::Table(table)) => table
            .iter()
            .map(|(key, value)| (key.clone(), smaller(key, value)))
            .collect::<toml::Table>()
            .into(),
        (_, toml::Value::Array(list)) => {
            list.iter().map(|value| smaller("", value)).collect::<Vec<_>>().into()
        }
        _ => value.clone(),
    }
}

/// A built-in claim file on small laws.
fn small(folder: &Path, file: &Path) -> String {
    let claim: toml::Table = fs::read_to_string(file).unwrap().parse().unwrap();
    let to = folder.join(file.file_name().unwrap());
    fs::write(&to, smaller("", &claim.into()).as_table().unwrap().to_string()).unwrap();
    to.to_str().unwrap().to_owned()
}

fn claim_files(folder: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(root().join(folder)).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> =
        entries.filter(|path| path.extension().is_some_and(|e| e == "toml")).collect();
    files.retain(|path| !path.ends_with("paper.toml"));
    files.sort();
    files
}

/// The whole default suite on small laws, one round of samples: every case, control and break has
/// the CPU's verdict.
pub fn claims_get_the_verdicts_of_the_cpu() {
    let folder = emulator("claims", None);
    let files = ["abz26", "classical", "klaim", "rp25"]
        .map(|paper| claim_files(&format!("verify/{paper}")))
        .concat();
    let small: Vec<String> = files.iter().map(|file| small(&folder, file)).collect();
    let claims: Vec<&str> = small.iter().map(String::as_str).collect();
    let (cpu, cuda) = (verdicts(&folder, "cpu", &claims), verdicts(&folder, "cuda", &claims));
    let sampled = cuda.iter().filter(|case| case[3] == "monte-carlo").count();
    let counts = format!("{} claims, {} verdicts, {sampled} of them sampled", claims.len(), cpu.len());
    assert!(claims.len() >= 50 && cpu.len() > 400 && sampled > 180, "{counts}");
    let differing: Vec<_> = cpu.iter().zip(&cuda).filter(|(a, b)| a != b).collect();
    assert!(cpu.len() == cuda.len() && differing.is_empty(), "{differing:#?}");
}

/// Tasks of a plan measure in single precision on a device, and where there is none their parts are
/// judged: the report is that of the whole run, the device's errors in it. A run on one backend does
/// not go on with another's samples.
pub fn parts_remember_what_measured_them() {
    let folder = emulator("parts", None);
    let claim = small(&folder, &root().join("verify/classical/mmse-dimension.toml"));
    let asked = [claim.as_str(), "--budget", "2048", "--method", "monte-carlo"];
    let verify = |words: &str, backend: &str, out: &str, more: &[&str]| {
        let place: &[&str] = if backend == "cpu" { &[] } else { &["--precision", "f32"] };
        let base = ["--format", "csv", "--quiet", "--backend", backend, "--out", out];
        let output = klaim(&folder, words, &[&["verify"], &asked[..], &base, place, more].concat());
        assert!(matches!(output.status.code(), Some(0 | 1 | 3)), "{}", said(&output));
        said(&output)
    };
    let (whole, on_cpu) = (verify("", "cuda", "whole", &[]), verify("", "cpu", "on-cpu", &[]));
    assert_ne!(whole, on_cpu);
    let status = |words: &str, arguments: &[&str]| {
        let output = klaim(&folder, words, &[arguments, &["--format", "csv", "--quiet"]].concat());
        (output.status.code().unwrap(), said(&output))
    };
    let planned =
        status("no-device", &[&["plan"], &asked[..], &["--out", "planned", "--tasks", "2"]].concat());
    assert_eq!(planned.0, 0, "{}", planned.1);
    let reduced = loop {
        for task in ["0", "1"] {
            let work = ["work", "planned", "--task", task, "--backend", "cuda", "--precision", "f32"];
            assert_eq!(status("", &work).0, 0);
        }
        let reduced = status("no-device", &["reduce", "planned"]);
        if reduced.0 != 4 {
            break reduced.1;
        }
    };
    assert_eq!(reduced, whole);
    let report = fs::read_to_string(folder.join("planned/run.toml")).unwrap();
    assert!(report.contains("cuda f32"), "{report}");
    assert_eq!(verify("", "cuda", "whole", &["--resume"]), whole);
    fs::rename(folder.join("whole"), folder.join("resumed")).unwrap();
    assert_eq!(verify("", "cpu", "resumed", &["--resume"]), on_cpu);
}
