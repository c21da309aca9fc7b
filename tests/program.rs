//! The program from outside: what it refuses and how, its exit statuses, the shapes of its output.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use std::fs;
use std::path::Path;
use std::process::{Output, Stdio};

use assert_cmd::Command;
use serde_json::Value;

/// A claim that holds by quadrature, with room; tests put other lines in place of its own.
const CLAIM: &str = r#"id        = "trial"
title     = "The mmse is below the linear one"
statement = "M ≤ lmmse"
cite      = "none"
origin    = "klaim"
lhs       = "mmse"
relation  = "<="
rhs       = "C * lmmse"
constants = { C = 1 }
margin    = 0.05
[over]
source = ["bernoulli:p=0.1"]
snr = [1, 10]
"#;

fn klaim(dir: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::cargo_bin("klaim").unwrap();
    // A fixed width: a message must not be broken in the middle of what a test looks for.
    command.current_dir(dir).env("NO_COLOR", "1").env("COLUMNS", "400").args(arguments).output().unwrap()
}

/// The claim with some of its text replaced, in `claim.toml`.
fn with_claim(changes: &[(&str, &str)]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let mut text = CLAIM.to_owned();
    for (from, to) in changes {
        assert!(text.contains(from), "{from}");
        text = text.replace(from, to);
    }
    fs::write(dir.path().join("claim.toml"), text).unwrap();
    dir
}

/// Everything below a folder.
fn files(dir: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).unwrap().map(Result::unwrap) {
        found.push(entry.path().display().to_string());
        if entry.path().is_dir() {
            found.extend(files(&entry.path()));
        }
    }
    found.sort();
    found
}

/// Exit status 2, every word on stderr, nothing on stdout, no file made.
fn assert_refused(dir: &Path, arguments: &[&str], words: &[&str]) {
    let before = files(dir);
    let output = klaim(dir, arguments);
    // Words may be broken over lines and framed.
    let said = String::from_utf8(output.stderr).unwrap();
    let plain = said.replace(['│', '\n'], " ").split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(output.status.code(), Some(2), "{arguments:?}: {said}");
    for word in words {
        assert!(plain.contains(word), "{arguments:?} does not say `{word}`:\n{said}");
    }
    assert!(output.stdout.is_empty(), "{arguments:?} printed {}", String::from_utf8_lossy(&output.stdout));
    assert_eq!(files(dir), before, "{arguments:?} left files behind");
}

#[test]
fn bad_arguments_are_refused_with_place_and_remedy() {
    let dir = tempfile::tempdir().unwrap();
    let estimate = |quantity: &str, source: &str, more: &[&str], words: &[&str]| {
        let arguments = [&["estimate", quantity, "--source", source][..], more].concat();
        assert_refused(dir.path(), &arguments, words);
    };
    let at_one = ["--snr", "1"];
    estimate("mmsee", "bpsk", &at_one, &["quantity `mmsee`", "did you mean `mmse`?"]);
    estimate("mmse", "bspk", &at_one, &["source `bspk`", "did you mean `bpsk`?"]);
    estimate("mmse", "qqqqq", &at_one, &["source `qqqqq`", "`klaim list sources` has them"]);
    assert_refused(dir.path(), &["verify", "nosuch"], &["claim `nosuch`", "`klaim list claims` has them"]);
    estimate("mmse", "zipf:exponnent=2,atoms=10", &at_one, &["`exponnent`", "did you mean `exponent`?"]);
    estimate("mmse", "zipf:exponent=2,exponent=3,atoms=4", &at_one, &["`exponent` is given twice"]);
    estimate("mmse", "bernoulli:p", &at_one, &["`p` is not `key=value`"]);
    estimate("mmse", "product:dim=2,base=(bpsk", &at_one, &["product:dim=2,base=(bpsk"]);
    for p in ["0", "1", "-0.5", "1.5", "nan", "x"] {
        estimate("mmse", &format!("bernoulli:p={p}"), &at_one, &["bernoulli", "p", p]);
    }
    for snr in ["0", "-1", "nan", "inf", "x", "1,-2"] {
        estimate(
            "mmse",
            "bpsk",
            &[&format!("--snr={snr}")],
            &["--snr", snr.split(',').next_back().unwrap()],
        );
    }
    estimate("mmse", "bpsk", &[], &["--snr", "`mmse` needs it"]);
    estimate("shannon", "bpsk", &at_one, &["--snr", "does not depend on it"]);
    estimate("information_gain", "bpsk", &["--snr-min=2", "--snr-max=1"], &["snr_min < snr_max"]);
    estimate("renyi", "bpsk", &[], &["renyi(order)"]);
    estimate("renyi(2", "bpsk", &[], &["lacks its `)`"]);
    estimate("renyi(-1)", "bpsk", &[], &["order must be ≥ 0"]);
    estimate(
        "mmse",
        "simplex:atoms=4",
        &["--snr=1", "--method=quadrature"],
        &["no deterministic route", "--method auto"],
    );
    estimate(
        "mmse",
        "zipf:exponent=2,atoms=inf",
        &["--snr=1", "--method=monte-carlo"],
        &["--method quadrature"],
    );
    estimate("mmse", "bpsk", &["--snr=1", "--samples=0"], &["--samples"]);
    estimate("mmse", "bpsk", &["--snr=1", "--rel-err=-1"], &["--rel-err", "number > 0"]);
    estimate("mmse", "bpsk", &["--snr=1", "--threads=0"], &["--threads"]);
    estimate("mmse", "bpsk", &["--snr=1", "--backend=cuda-please"], &["--backend", "cuda"]);
    assert_refused(
        dir.path(),
        &["verify", "entropy-bund"],
        &["claim `entropy-bund`", "did you mean `entropy-bound`?"],
    );
    assert_refused(dir.path(), &["verify", "absent.toml"], &["absent.toml"]);
    assert_refused(dir.path(), &["report", "absent"], &["absent"]);
}

#[test]
fn bad_claim_files_are_refused_with_line_and_remedy() {
    let refused = |from: &str, to: &str, words: &[&str]| {
        let dir = with_claim(&[(from, to)]);
        assert_refused(dir.path(), &["verify", "claim.toml", "--out", "out"], words);
    };
    refused("margin ", "margni ", &["claim.toml:10", "`margni`", "margin"]);
    refused("\"mmse\"", "\"mmsee\"", &["claim.toml:6", "`mmsee`", "mmse"]);
    refused("\"C * lmmse\"", "\"C * (lmmse\"", &["claim.toml:8"]);
    refused("\"C * lmmse\"", "\"C * lmmse +\"", &["claim.toml:8"]);
    refused("bernoulli:p=0.1", "bernuolli:p=0.1", &["claim.toml:12", "bernoulli"]);
    refused("p=0.1", "q=0.1", &["claim.toml:12", "`q`"]);
    refused("p=0.1", "p=1.5", &["claim.toml:12", "1.5"]);
    refused("[1, 10]", "[1, 0]", &["claim.toml:13", "0"]);
    refused("[1, 10]", "[1, -3]", &["claim.toml:13", "-3"]);
    refused("[1, 10]", "[]", &["claim.toml:13"]);
    refused("\"<=\"", "\"=<\"", &["claim.toml:7", "<="]);
    refused("margin    = 0.05", "margin    = -1", &["claim.toml:10"]);
    refused("snr = [1, 10]", "snr = [1, 10", &["claim.toml:13"]);
    refused(CLAIM, "", &["claim.toml", "`lhs` is missing"]);
}

#[test]
fn bad_data_files_are_refused_with_row_and_column() {
    for (text, more, words) in [
        ("", "", &["is empty"][..]),
        ("x,y\n", "", &["data.csv"]),
        ("x,y\n1,2\n3\n", "", &["line 3"]),
        ("x,y\n1,2\n3,nan\n", "", &["line 3", "`y`"]),
        ("x,y\n1,2\ninf,3\n", "", &["line 3", "`x`"]),
        ("x,y\n1,2\n3,four\n", "", &["line 3", "`y`", "four"]),
        ("x,w\n1,2\n3,-1\n", ",weights=w", &["line 3", "`w`"]),
        ("x,w\n1,0\n3,0\n", ",weights=w", &["zero"]),
        ("x,weight\n1,2\n3,1\n", ",weights=wieght", &["`wieght`", "weight"]),
    ] {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("data.csv"), text).unwrap();
        let source = format!("file:path=data.csv{more}");
        assert_refused(
            dir.path(),
            &["estimate", "shannon", "--source", &source],
            &[&["data.csv"], words].concat(),
        );
    }
    let dir = tempfile::tempdir().unwrap();
    assert_refused(
        dir.path(),
        &["estimate", "shannon", "--source", "file:path=absent.csv"],
        &["absent.csv"],
    );
}

#[test]
fn a_file_in_the_way_of_the_output_is_named() {
    let dir = with_claim(&[]);
    fs::write(dir.path().join("out"), "in the way").unwrap();
    assert_refused(dir.path(), &["verify", "claim.toml", "--out", "out"], &["out"]);
    assert_refused(dir.path(), &["verify", "claim.toml", "--out", "out/below"], &["out"]);
    assert_eq!(fs::read_to_string(dir.path().join("out")).unwrap(), "in the way");
}

/// Checks the keys of an object, in alphabetical order.
fn assert_keys(value: &Value, keys: &[&str]) {
    let found: Vec<&str> = value.as_object().unwrap().keys().map(String::as_str).collect();
    let mut keys = keys.to_vec();
    keys.sort_unstable();
    let mut sorted = found.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, keys);
}

#[test]
fn estimate_prints_the_documented_json() {
    let dir = tempfile::tempdir().unwrap();
    for (arguments, axes) in [
        (&["mmse", "--snr=1,2", "--source=bpsk", "--source=simplex:atoms=3"][..], &["snr"][..]),
        (&["information_gain", "--snr-min=1", "--snr-max=2", "--source=bpsk"], &["snr_min", "snr_max"]),
        (&["renyi(2)", "--source=bpsk"], &["arguments"]),
    ] {
        let output =
            klaim(dir.path(), &[&["estimate", "--format=json", "--samples=4096"], arguments].concat());
        let json: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_keys(&json, &["rows"]);
        for row in json["rows"].as_array().unwrap() {
            let keys = [
                "quantity", "source", "value", "unit", "std_err", "bound", "n", "method", "backend",
                "bracket", "believed", "doubts", "flags",
            ];
            assert_keys(row, &[&keys, axes].concat());
            assert!(row["value"].is_f64() && row["std_err"].is_f64() && row["n"].is_u64(), "{row}");
        }
    }
    let output =
        klaim(dir.path(), &["estimate", "shannon", "--source=log-power:power=2,atoms=inf", "--format=json"]);
    let json: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(json["rows"][0]["value"], "inf");
}

/// The entropy of a fair coin is 1 bit = ln 2 nats, its varentropy 0; what is no information has no
/// bits.
#[test]
fn information_is_told_in_nats_or_bits_and_the_unit_is_printed() {
    let dir = tempfile::tempdir().unwrap();
    let says = |arguments: &[&str]| {
        let output = klaim(dir.path(), &[&["estimate"], arguments].concat());
        assert_eq!(output.status.code(), Some(0), "{arguments:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    let row = |arguments: &[&str]| -> Value {
        let json: Value = serde_json::from_str(&says(&[arguments, &["--format=json"]].concat())).unwrap();
        json["rows"][0].clone()
    };
    let [nats, bits] =
        ["nats", "bits"].map(|unit| row(&["shannon", "--source=bernoulli:p=0.1", "--unit", unit]));
    assert_eq!((nats["unit"].as_str(), bits["unit"].as_str()), (Some("nats"), Some("bits")));
    for field in ["value", "bound"] {
        let ratio = nats[field].as_f64().unwrap() / bits[field].as_f64().unwrap();
        assert!((ratio / std::f64::consts::LN_2 - 1.0).abs() < 1e-15, "{field}: {ratio}");
    }
    let squares =
        ["nats", "bits"].map(|unit| row(&["info_variance", "--source=bernoulli:p=0.1", "--unit", unit]));
    let ratio = squares[0]["value"].as_f64().unwrap() / squares[1]["value"].as_f64().unwrap();
    assert!((ratio / std::f64::consts::LN_2.powi(2) - 1.0).abs() < 1e-15, "{ratio}");
    assert_eq!(squares[1]["unit"], "bits²");
    assert!(says(&["shannon", "--source=bpsk", "--unit=bits"]).contains("bits"));
    assert!(says(&["mmse", "--source=bpsk", "--snr=1"]).contains("|x|²"));
    assert!(says(&["mmse", "--source=bpsk", "--snr=1", "--format=csv"]).contains(",bound,unit,n,"));
    for (quantity, what) in [("mmse", "|x|²"), ("ratio_log", "number without a unit")] {
        let arguments = ["estimate", quantity, "--source=bpsk", "--unit=bits"];
        assert_refused(dir.path(), &arguments, &["--unit", quantity, what, "leave it out"]);
    }
}

/// Estimates `quantity` of `data.csv` with the text given, `more` behind the source's path, and
/// returns the row.
fn behind(text: &str, more: &str, quantity: &str, arguments: &[&str]) -> Value {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("data.csv"), text).unwrap();
    let source = format!("file:path=data.csv{more}");
    let output = klaim(
        dir.path(),
        &[&["estimate", quantity, "--source", &source, "--format=json"], arguments].concat(),
    );
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let json: Value = serde_json::from_slice(&output.stdout).unwrap();
    json["rows"][0].clone()
}

#[test]
fn the_law_behind_a_sample_is_estimated_or_cannot_be_told() {
    // 480 heads and 520 tails: as rows, as counts, and as weights that are no counts.
    let rows: String = "x\n".to_owned() + &"0\n".repeat(480) + &"1\n".repeat(520);
    let counts = "x,count\n0,480\n1,520\n";
    for method in ["plug-in", "miller-madow", "grassberger", "chao-shen", "chao-wang-jost"] {
        let from_rows = behind(&rows, "", "shannon", &["--method", method]);
        let from_counts = behind(counts, ",weights=count", "shannon", &["--method", method]);
        for field in ["value", "std_err", "bound", "n", "method", "believed"] {
            assert_eq!(from_rows[field], from_counts[field], "{method}, {field}");
        }
        assert_eq!((from_rows["n"].as_u64(), from_rows["method"].as_str()), (Some(1000), Some(method)));
        let [value, std_err, bound] =
            ["value", "std_err", "bound"].map(|field| from_rows[field].as_f64().unwrap());
        let error = (value - std::f64::consts::LN_2).abs();
        assert!(
            error < 1.96 * std_err + bound && bound < 0.05 && from_rows["believed"] == true,
            "{from_rows}"
        );
    }
    // 499 atoms in 500 rows, and 500 in 500.
    let nearly: String = (0..499).map(|x| format!("{x}\n")).collect::<String>() + "7\n";
    let all: String = (0..500).map(|x| format!("{x}\n")).collect();
    for (text, quantity) in
        [(&nearly, "shannon"), (&nearly, "renyi_half"), (&all, "shannon"), (&all, "min_entropy")]
    {
        let row = behind(text, ",header=no", quantity, &["--method=plug-in"]);
        assert_eq!((row["believed"].as_bool(), row["bound"].as_str()), (Some(false), Some("inf")), "{row}");
        assert!(row["doubts"][0].as_str().unwrap().contains("of the law is unseen"), "{row}");
    }
    // Orders below 1 need the alphabet.
    let half = |arguments: &[&str]| behind(counts, ",weights=count", "renyi_half", arguments);
    assert_eq!(half(&["--method=chao-wang-jost"])["believed"], false);
    let bounded = half(&["--method=chao-wang-jost", "--alphabet=2"]);
    assert!(bounded["believed"] == true && bounded["bound"].as_f64().unwrap() < 0.1, "{bounded}");
    // Distinct points have a differential entropy.
    let points: String =
        (0..200).map(|k| format!("{}\n", (f64::from(k) * 0.618_033_988_75).fract())).collect();
    let row = behind(&points, ",header=no", "shannon", &["--method=nearest-neighbour"]);
    assert_eq!((row["method"].as_str(), row["n"].as_u64()), (Some("nearest-neighbour"), Some(200)), "{row}");
}

#[test]
fn what_is_no_sample_is_refused_with_a_remedy() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("p.csv"), "x,p\n0,0.25\n1,0.75\n").unwrap();
    fs::write(dir.path().join("n.csv"), "x,n\n0,25\n1,75\n").unwrap();
    let counts = "file:path=n.csv,weights=n";
    for (quantity, source, more, words) in [
        (
            "shannon",
            "file:path=p.csv,weights=p",
            &["--method=plug-in"][..],
            &["no whole numbers", "weights=COLUMN"][..],
        ),
        ("shannon", "bpsk", &["--method=chao-shen"], &["leave --method out", "file:path=FILE"]),
        ("mmse", counts, &["--method=chao-shen", "--snr=1"], &["`mmse`", "renyi_half"]),
        ("renyi(2)", counts, &["--method=miller-madow"], &["no order 2", "plug-in"]),
        ("shannon", counts, &["--method=nearest-neighbour"], &["rows coincide", "no differential entropy"]),
        ("shannon", counts, &["--method=plug-in", "--alphabet=1"], &["2 atoms were seen"]),
        ("shannon", counts, &["--alphabet=5"], &["name an estimator"]),
        ("shannon", counts, &["--method=pluging"], &["plug-in", "quadrature"]),
    ] {
        let arguments = [&["estimate", quantity, "--source", source][..], more].concat();
        assert_refused(dir.path(), &arguments, words);
    }
}

#[test]
fn assume_reports_no_entropy_of_a_sample_that_shows_none() {
    let dir = tempfile::tempdir().unwrap();
    let rows: String = (0..500).map(|x| format!("{x}\n")).collect();
    fs::write(dir.path().join("data.csv"), rows).unwrap();
    let arguments = ["assume", "--source=file:path=data.csv,header=no"];
    let output = klaim(dir.path(), &[&arguments[..], &["--format=json"]].concat());
    let json: Value = serde_json::from_slice(&output.stdout).unwrap();
    let findings = json["sources"][0]["findings"].as_array().unwrap();
    assert_eq!(findings.len(), 10);
    for finding in findings {
        let entropy = finding["assumption"] != "second-moment";
        assert!(!entropy || finding["value"].is_null(), "{finding}");
        assert_ne!(finding["verdict"], "fails", "{finding}");
        let behind = finding["subject"] == "law-behind";
        assert!(!behind || !entropy || finding["verdict"] == "cannot-tell", "{finding}");
        assert!(finding["unit"].is_string(), "{finding}");
    }
    let said = String::from_utf8(klaim(dir.path(), &arguments).stdout).unwrap();
    assert!(said.contains("H not known") && !said.contains("H = 6.2"), "{said}");
    let bits = klaim(dir.path(), &["assume", "--source=bpsk", "--unit=bits"]).stdout;
    assert!(String::from_utf8(bits).unwrap().contains("H = 1.0000 bits"));
}

#[test]
fn verify_prints_the_documented_json_and_writes_the_run() {
    let control = "snr = [1, 10]\n[[control]]\nwhy = \"too small\"\nconstants = { C = 0.5 }\nsnr = [1]\n";
    let dir = with_claim(&[("snr = [1, 10]\n", control)]);
    let output = klaim(dir.path(), &["verify", "claim.toml", "--format=json", "--out=out"]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let json: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_keys(&json, &["claims", "exit"]);
    assert_eq!(json["exit"], 0);
    let claim = &json["claims"][0];
    assert_keys(
        claim,
        &[
            "id", "verdict", "evidence", "expected", "ok", "tightest", "cases", "controls", "breaks",
            "where", "left_out",
        ],
    );
    assert_keys(&claim["tightest"], &["axes", "ratio", "std_err"]);
    assert_eq!((claim["verdict"].as_str(), claim["ok"].as_bool()), (Some("supported"), Some(true)));
    assert_eq!(claim["controls"][0]["verdict"], "refuted");
    for case in claim["cases"].as_array().unwrap() {
        let keys = [
            "axes",
            "lhs",
            "rhs",
            "bracket",
            "rhs_bracket",
            "std_err",
            "half_width",
            "margin",
            "verdict",
            "evidence",
        ];
        assert_keys(
            case,
            &[&keys[..], &["believed", "doubts", "reason", "n", "replay", "certificate"]].concat(),
        );
    }
    let written: Vec<String> = fs::read_dir(dir.path().join("out"))
        .unwrap()
        .map(|e| e.unwrap().file_name().into_string().unwrap())
        .collect();
    for name in ["index.html", "results.csv", "report.json", "run.toml", "checkpoint"] {
        assert!(written.iter().any(|w| w == name), "{name} among {written:?}");
    }
    assert_eq!(written.len(), 5, "{written:?}");
}

#[test]
fn exit_statuses_say_how_it_went() {
    let status = |changes: &[(&str, &str)], more: &[&str]| {
        let dir = with_claim(changes);
        klaim(dir.path(), &[&["verify", "claim.toml", "--out=out", "--quiet"], more].concat()).status.code()
    };
    assert_eq!(status(&[], &[]), Some(0));
    assert_eq!(status(&[("C = 1 ", "C = 0.5 ")], &[]), Some(1), "a refuted claim");
    assert_eq!(
        status(&[("C = 1 ", "C = 0.5 "), ("margin ", "expect = \"refuted\"\nmargin ")], &[]),
        Some(0)
    );
    assert_eq!(
        status(&[("margin ", "expect = \"refuted\"\nmargin ")], &[]),
        Some(1),
        "supported against expectation"
    );
    let sharp = [("\"C * lmmse\"", "\"C * mmse + 0 * lmmse\""), ("0.05", "1e-9"), ("\"<=\"", "\"==\"")];
    let unequal = [&sharp[..], &[("\"mmse\"", "\"information / snr\"")]].concat();
    assert_eq!(status(&unequal, &["--method=monte-carlo", "--budget=1"]), Some(1), "unequal sides");
    let close = [
        ("\"C * lmmse\"", "\"C * snr * 0.0403255902563\""),
        ("snr = [1, 10]", "snr = [1]"),
        ("0.05", "1e-6"),
    ];
    let close = [&close[..], &[("\"mmse\"", "\"0.5 * mmse\""), ("\"<=\"", "\"==\"")]].concat();
    assert_eq!(
        status(&close, &["--method=monte-carlo", "--budget=1"]),
        Some(3),
        "too few samples to decide"
    );
}

/// What has no route says so in its row; the others are measured. Where nothing is, that is an
/// error.
#[test]
fn what_cannot_be_measured_takes_nothing_with_it() {
    let dir = with_claim(&[("\"bernoulli:p=0.1\"", "\"bernoulli:p=0.1\", \"simplex:atoms=4\"")]);
    let mmse = ["estimate", "mmse", "--snr=1", "--method=quadrature", "--source=simplex:atoms=4"];
    let output = klaim(dir.path(), &[&mmse[..], &["--source=bpsk", "--format=json"]].concat());
    let rows = &serde_json::from_slice::<Value>(&output.stdout).unwrap()["rows"];
    assert_eq!((output.status.code(), rows[1]["believed"].as_bool()), (Some(3), Some(true)));
    assert_eq!((rows[0]["value"].as_str(), rows[0]["believed"].as_bool()), (Some("nan"), Some(false)));
    assert!(rows[0]["doubts"][0].as_str().unwrap().contains("no deterministic route"), "{rows}");
    let output = klaim(dir.path(), &[&mmse[..], &["--source=bpsk", "--format=csv"]].concat());
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(
        said.lines().nth(1).unwrap().starts_with("mmse,simplex:atoms=4,1,,,,,,,,,,"),
        "missing is empty: {said}"
    );
    assert_refused(dir.path(), &mmse, &["no deterministic route"]);
    let verify = ["verify", "claim.toml", "--out=out", "--method=quadrature", "--format=json"];
    let output = klaim(dir.path(), &verify);
    let found: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(3));
    let verdicts: Vec<&str> = found["claims"][0]["cases"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| c["verdict"].as_str().unwrap())
        .collect();
    assert_eq!(verdicts, ["supported", "supported", "inconclusive", "inconclusive"]);
    let table = fs::read_to_string(dir.path().join("out/results.csv")).unwrap();
    assert!(table.contains("mmse of simplex:atoms=4: has no deterministic route"), "{table}");
}

#[test]
fn a_closed_pipe_is_no_panic() {
    let program = assert_cmd::cargo::cargo_bin("klaim");
    for arguments in [
        &["list", "sources"][..],
        &["estimate", "mmse", "--source=bpsk", "--snr=1e-3..1e3/2000"],
        &["completions", "bash"],
    ] {
        let mut child = std::process::Command::new(&program)
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // The reader goes away before the first byte.
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!((output.status.code(), said.as_ref()), (Some(0), ""), "{arguments:?}");
    }
}

#[test]
fn shells_have_completions_and_quiet_is_quiet() {
    let dir = with_claim(&[]);
    for shell in ["bash", "zsh", "fish"] {
        let output = klaim(dir.path(), &["completions", shell]);
        let script = String::from_utf8(output.stdout).unwrap();
        assert!(
            output.status.success() && script.contains("estimate") && script.contains("kl-rate"),
            "{shell}"
        );
    }
    let output = klaim(dir.path(), &["verify", "claim.toml", "--out=out", "--quiet"]);
    assert!(
        output.status.success() && output.stderr.is_empty(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let output = klaim(dir.path(), &["estimate", "mmse", "--source=simplex:atoms=3", "--snr=1", "--quiet"]);
    assert!(output.status.success() && output.stderr.is_empty() && !output.stdout.is_empty());
}

/// Sampled and exact entropies of one law agree, and say by what they were had; a file of a nearly
/// right name is named.
#[test]
fn an_entropy_can_be_sampled() {
    let dir = tempfile::tempdir().unwrap();
    let estimate = |method: &str| -> Value {
        let law = "zipf:exponent=2,atoms=100";
        let words = [
            "estimate",
            "renyi(2)",
            "--source",
            law,
            "--samples",
            "20000",
            "--format",
            "json",
            "--method",
            method,
        ];
        let rows: Value = serde_json::from_slice(&klaim(dir.path(), &words).stdout).unwrap();
        rows["rows"][0].clone()
    };
    let (exact, sampled) = (estimate("auto"), estimate("monte-carlo"));
    assert_eq!(
        (exact["method"].as_str(), sampled["method"].as_str()),
        (Some("closed-form"), Some("monte-carlo"))
    );
    let number = |row: &Value, key: &str| row[key].as_f64().unwrap();
    let off = (number(&exact, "value") - number(&sampled, "value")).abs();
    assert!(
        number(&sampled, "std_err") > 0.0 && off < 4.0 * number(&sampled, "std_err"),
        "{exact} {sampled}"
    );
    fs::write(dir.path().join("mine.toml"), CLAIM).unwrap();
    assert_refused(dir.path(), &["verify", "mine"], &["did you mean the file `mine.toml`?"]);
}
