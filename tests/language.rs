//! The claim language as its users meet it: the schema, the reference page, the ten examples, and
//! the commands that print and write claims.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use klaim::internals::claim::schema::{KEYS, schema};
use klaim::internals::claim::{FUNCTIONS, builtin};
use klaim::internals::quantity::axis::AXES;
use klaim::{QUANTITIES, Quantity};
use serde_json::{Value, json};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The example claims in alphabetical order.
fn examples() -> Vec<PathBuf> {
    let entries = fs::read_dir(root().join("examples/claims")).unwrap();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

fn as_json(toml: &str) -> Value {
    serde_json::to_value(toml::from_str::<toml::Table>(toml).unwrap()).unwrap()
}

/// Every claim that ships satisfies the schema, and so does what `klaim new` writes.
#[test]
fn the_schema_takes_what_the_language_takes() {
    let validator = jsonschema::validator_for(&schema()).unwrap();
    let shipped = builtin().iter().map(|(id, text)| ((*id).to_owned(), (*text).to_owned()));
    let own =
        examples().into_iter().map(|path| (path.display().to_string(), fs::read_to_string(path).unwrap()));
    let template = include_str!("../src/cli/template.toml").to_owned();
    let mut count = 0;
    for (name, text) in shipped.chain(own).chain([("template".to_owned(), template)]) {
        let claim = as_json(&text);
        let errors: Vec<String> =
            validator.iter_errors(&claim).map(|e| format!("{}: {e}", e.instance_path())).collect();
        assert!(errors.is_empty(), "{name}: {errors:?}");
        count += 1;
    }
    assert!(count > 80, "{count} claims");
}

/// Ten ways to be wrong: the schema refuses each, and so does the language.
#[test]
fn the_schema_refuses_what_the_language_refuses() {
    let good =
        "lhs = \"mmse\"\nrelation = \"<=\"\nrhs = \"lmmse\"\n[over]\nsource = [\"bpsk\"]\nsnr = [1]\n";
    let validator = jsonschema::validator_for(&schema()).unwrap();
    assert!(validator.is_valid(&as_json(good)) && klaim::Claim::parse(good).is_ok());
    let head = |line: &str| format!("{line}\n{good}");
    for bad in [
        head("titel = \"t\""),
        head("id = \"No Kebab\""),
        head("title = \" \""),
        head("assumes = [\"discrete\"]"),
        head("margin = 0"),
        head("expect = \"inconclusive\""),
        good.replace("\"<=\"", "\"<\""),
        good.replace("rhs = \"lmmse\"\n", ""),
        good.replace("snr = [1]", "snr = []"),
        good.replace("source = [\"bpsk\"]", "source = { all = [0.1, 0.5] }"),
        good.replace("snr = [1]", "snr = { from = 1, to = 2 }"),
        good.replace("snr = [1]", "snr = [\"one\"]"),
        format!("{good}[[control]]\nrhs = \"0.1\"\n"),
        format!("{good}[[break]]\nwhy = \"nothing is overridden\"\n"),
        good.replace("relation = \"<=\"", "relation = \"slope\""),
    ] {
        assert!(klaim::Claim::parse(&bad).is_err(), "the language takes\n{bad}");
        assert!(!validator.is_valid(&as_json(&bad)), "the schema takes\n{bad}");
    }
}

/// The tables and examples of docs/claims.md are those of the program; `KLAIM_BLESS=1` writes them.
#[test]
fn the_reference_page_is_current() {
    let path = root().join("docs/claims.md");
    let page = fs::read_to_string(&path).unwrap();
    let cell = |text: &str| text.replace('|', "\\|");
    let mut keys = "| key | meaning | in controls and breaks |\n| --- | --- | --- |\n".to_owned();
    for key in &KEYS {
        let overrides = if key.overrides { "yes" } else { "" };
        writeln!(keys, "| `{}` | {} | {overrides} |", key.name, cell(key.about)).unwrap();
    }
    let mut axes =
        "| axis | values |\n| --- | --- |\n| `source` | Laws (`klaim list sources`) |\n".to_owned();
    for axis in AXES {
        writeln!(axes, "| `{}` | {} |", axis.name, cell(axis.help)).unwrap();
    }
    axes += "| `baseline` | Schedules to compare with |\n";
    let mut quantities = "| quantity | value |\n| --- | --- |\n".to_owned();
    for quantity in QUANTITIES.iter() {
        let name = match quantity.arguments {
            [] => quantity.name.to_owned(),
            list => format!("{}({})", quantity.name, list.join(", ")),
        };
        writeln!(quantities, "| `{name}` | {} |", cell(quantity.summary)).unwrap();
    }
    let mut shown = String::new();
    for path in examples() {
        let text = fs::read_to_string(&path).unwrap();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        writeln!(shown, "### {name}\n\n```toml\n{text}```\n").unwrap();
    }
    let mut current = page.clone();
    for (name, text) in [("keys", keys), ("axes", axes), ("quantities", quantities), ("examples", shown)] {
        let (mark, end) = (format!("<!-- {name} -->\n"), "<!-- end -->");
        let from = current.find(&mark).unwrap() + mark.len();
        let to = from + current[from..].find(end).unwrap();
        current.replace_range(from..to, &text);
    }
    for function in FUNCTIONS {
        assert!(page.contains(&format!("| `{function}(")), "docs/claims.md lacks the function {function}");
    }
    if std::env::var_os("KLAIM_BLESS").is_some() {
        fs::write(&path, &current).unwrap();
    } else {
        assert!(page == current, "docs/claims.md is not current: KLAIM_BLESS=1 writes it");
    }
}

fn klaim(folder: &Path, arguments: &[&str]) -> std::process::Output {
    Command::cargo_bin("klaim").unwrap().current_dir(folder).args(arguments).output().unwrap()
}

/// Each example comes out as expected, its controls and breaks refuted.
#[test]
fn the_examples_come_out_as_expected() {
    let folder = tempfile::tempdir().unwrap();
    let claims = examples();
    assert!(claims.len() >= 10);
    let names: Vec<&str> = claims.iter().map(|path| path.to_str().unwrap()).collect();
    let out = klaim(folder.path(), &[&["verify", "--quiet", "--format", "json"], &names[..]].concat());
    let report: Value = serde_json::from_slice(&out.stdout).unwrap();
    let wrong: Vec<&Value> =
        report["claims"].as_array().unwrap().iter().filter(|c| c["ok"] != json!(true)).collect();
    assert!(wrong.is_empty() && out.status.code() == Some(0), "{wrong:#?}");
}

/// What `klaim new` writes runs as it is; a file that is there is left alone.
#[test]
fn a_new_claim_runs_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| klaim(folder.path(), arguments);
    assert_eq!(run(&["new", "mine.toml"]).status.code(), Some(0));
    let out = run(&["verify", "mine.toml", "--quiet"]);
    assert_eq!(out.status.code(), Some(0), "{}", String::from_utf8_lossy(&out.stdout));
    fs::write(folder.path().join("mine.toml"), "kept").unwrap();
    for (name, message) in
        [("mine.toml", "there already"), ("mine", "ends in .toml"), ("No Kebab.toml", "kebab-case")]
    {
        let out = run(&["new", name]);
        let told = String::from_utf8_lossy(&out.stderr).into_owned();
        assert!(out.status.code() == Some(2) && told.contains(message), "{name}: {told}");
    }
    assert_eq!(fs::read_to_string(folder.path().join("mine.toml")).unwrap(), "kept");
}

/// Four lines are a claim; what does not satisfy its hypothesis is told.
#[test]
fn four_lines_are_a_claim() {
    let folder = tempfile::tempdir().unwrap();
    let over = "over = { source = [\"bpsk\", \"bernoulli:p=0.01\"], snr = \"0.1..10/3\" }";
    let text = format!("lhs = \"mmse\"\nrelation = \"<=\"\nrhs = \"second_moment\"\n{over}\n");
    assert_eq!(text.lines().count(), 4);
    fs::write(folder.path().join("four.toml"), &text).unwrap();
    let verified = |arguments: &[&str]| -> Value {
        let out = klaim(
            folder.path(),
            &[&["verify", "four.toml", "--quiet", "--format", "json"], arguments].concat(),
        );
        assert_eq!(out.status.code(), Some(0), "{}", String::from_utf8_lossy(&out.stderr));
        serde_json::from_slice(&out.stdout).unwrap()
    };
    assert_eq!(verified(&[])["claims"][0]["cases"].as_array().unwrap().len(), 6);
    fs::write(folder.path().join("four.toml"), format!("where = \"shannon >= 0.5\"\n{text}")).unwrap();
    let kept = verified(&["--out", "kept"]);
    assert_eq!(kept["claims"][0]["cases"].as_array().unwrap().len(), 3);
    assert_eq!(kept["claims"][0]["left_out"], 3);
    let page = fs::read_to_string(folder.path().join("kept/index.html")).unwrap();
    assert!(
        page.contains("where <code>shannon &gt;= 0.5</code>") && page.contains("3 combinations outside")
    );
    let report: Value =
        serde_json::from_slice(&fs::read(folder.path().join("kept/report.json")).unwrap()).unwrap();
    let main = &report["claims"][0]["main"];
    assert_eq!((&main["where"], &main["left_out"]), (&json!(["shannon >= 0.5"]), &json!(3)));
}

#[test]
fn a_claim_is_shown_as_its_file() {
    let out = klaim(root(), &["show", "mmse-linear"]);
    let file = fs::read(root().join("verify/classical/mmse-linear.toml")).unwrap();
    assert!(out.stdout == file && out.status.code() == Some(0));
    let out = klaim(root(), &["show", "mmse-linear", "--format", "json"]);
    let shown: Value = serde_json::from_slice(&out.stdout).unwrap();
    assert_eq!(shown["path"], "verify/classical/mmse-linear.toml");
    assert_eq!(shown["tests"][0]["paper"], "classical");
    let out = klaim(root(), &["show", "mmse-liner"]);
    assert!(out.status.code() == Some(2) && String::from_utf8_lossy(&out.stderr).contains("mmse-linear"));
}

/// A hypothesis on the source alone keeps a search inside: below the threshold the claim breaks,
/// above it does not.
#[test]
fn a_search_and_a_sweep_stay_inside_the_hypothesis() {
    let folder = tempfile::tempdir().unwrap();
    let claim = |hypothesis: &str| {
        format!(
            "lhs = \"snr^2 * mmse_slope\"\nrelation = \"<=\"\nrhs = \"4 * shannon^2\"\nwhere = \"{hypothesis}\"\n\
             over = {{ source = [\"bpsk\"], snr = \"1..100/5\" }}\n"
        )
    };
    let probe = |hypothesis: &str, arguments: &[&str]| -> Value {
        fs::write(folder.path().join("c.toml"), claim(hypothesis)).unwrap();
        let out =
            klaim(folder.path(), &[&["probe", "c.toml", "--quiet", "--format", "json"], arguments].concat());
        assert!(out.status.code() != Some(2), "{}", String::from_utf8_lossy(&out.stderr));
        serde_json::from_slice(&out.stdout).unwrap()
    };
    let sweep = ["--source", "bernoulli:p={p}", "--vary", "p=1e-3..0.5"];
    let (free, kept) = (probe("", &sweep), probe("shannon >= 0.5", &sweep));
    assert!(!free["boundaries"].as_array().unwrap().is_empty(), "rare events break it");
    assert!(kept["boundaries"].as_array().unwrap().is_empty(), "{kept}");
    assert!(kept["outside"].as_u64().unwrap() > 0);
    let search = ["--search", "8", "--atoms", "2", "--dim", "1"];
    let (free, kept) = (probe("", &search), probe("shannon >= 0.5", &search));
    let ratio = |report: &Value| report["search"]["ratio"].as_f64().unwrap();
    assert!(ratio(&free) > 1.0, "{}", ratio(&free));
    assert!(ratio(&kept) < 1.0, "{}", ratio(&kept));
}

/// Quantities have a line each.
#[test]
fn every_quantity_is_described() {
    let blank: Vec<&str> =
        QUANTITIES.iter().filter(|q: &&Quantity| q.summary.is_empty()).map(|q| q.name).collect();
    assert!(blank.is_empty(), "{blank:?}");
}
