//! Claim files, good and bad: the exact place and word of every error, and what the good ones
//! expand into.

use std::path::Path;

use super::*;
use crate::claim::AxisValue;
use crate::claim::statement::Operand;
use crate::claim::verdict::Relation;

const GOOD: &str = r#"id = "entropy-bound"
title = "Squared entropy bounds the slope"
statement = "γ²|M′| ≤ C H²"
cite = "[ABZ26, Thm. 1]"
origin = "paper-v1"
assumes = ["second-moment"]
lhs = "snr^2 * mmse_slope"
relation = "<="
rhs = "C * shannon^2"
constants = { C = 4.0 }

[over]
source = ["bpsk", "simplex:atoms={atoms}"]
atoms = [4, 16]
snr = { from = 1e-2, to = 1e2, points = 5 }

[[control]]
why = "needs C > 0.2"
constants = { C = 0.05 }

[[break]]
why = "rare event"
source = ["bernoulli:p=1e-4"]
over = { snr = [2] }
"#;

const SLOPE: &str = r#"id = "growth"
title = "t"
statement = "s"
cite = "c"
origin = "klaim"
lhs = "snr * mmse"
relation = "slope"
against = "atoms"
between = [0.5, 1.5]
[over]
source = ["simplex:atoms={atoms}"]
atoms = { from = 4, to = 64, points = 5 }
snr = [1, 2, 3]
"#;

fn read(text: &str) -> Result<Claim> {
    parse(Path::new("claim.toml"), text, &mut Sources::default())
}

/// Line, column, message and help of the error of `text`.
fn failure(text: &str) -> (usize, usize, String, String) {
    match read(text) {
        Err(Error::Claim { span, message, help, .. }) => {
            let (line, column) = line_and_column(text, span.start);
            (line, column, message, help.unwrap_or_default())
        }
        other => panic!("expected a claim error, got {other:?}"),
    }
}

#[test]
fn an_axis_may_be_a_range_as_on_the_command_line() {
    let ranged = GOOD.replace("{ from = 1e-2, to = 1e2, points = 5 }", "\"1e-2..1e2/5\"");
    let (ranged, table) = (read(&ranged).unwrap(), read(GOOD).unwrap());
    let axes = |claim: &Claim| claim.main.cases.iter().map(|case| case.axes.clone()).collect::<Vec<_>>();
    assert_eq!(axes(&ranged), axes(&table));
    let greek = GOOD.replace("snr^2 *", "γ^2 *").replace("snr = {", "\"γ\" = {");
    assert_eq!(axes(&read(&greek).unwrap()), axes(&table));
    let (.., message, _) = failure(&GOOD.replace("snr = { from", "\"γ\" = [1]\nsnr = { from"));
    assert_eq!(message, "axis `snr` is given twice");
    let (line, column, message, help) = failure(&GOOD.replace("[4, 16]", "\"4-16\""));
    assert_eq!((line, column), (14, 9));
    assert!(message.contains("`4-16` is not a number") && help.contains("1..100/3"), "{message} {help}");
}

#[test]
fn an_unknown_assumption_is_refused() {
    let (line, column, message, help) = failure(&GOOD.replace("second-moment", "second-momnt"));
    assert_eq!((line, column, message.as_str()), (6, 12, "unknown assumption `second-momnt`"));
    assert_eq!(help, "did you mean `second-moment`?");
}

#[test]
fn a_claim_expands_into_every_combination() {
    let mut sources = Sources::default();
    let claim = parse(Path::new("claim.toml"), GOOD, &mut sources).unwrap();
    assert_eq!(claim.main.cases.len(), 2 * 2 * 5);
    assert!(claim.main.cases.iter().all(|case| case.points.len() == 1));
    assert_eq!(sources.len(), 4, "bpsk, two simplex codes and bernoulli are built once each");
    let last = &claim.main.cases[19].points[0];
    assert_eq!(last.axes["source"], AxisValue::Text("simplex:atoms=16".into()));
    assert_eq!(last.axes["snr"], AxisValue::Number(100.0));
    let Input::Need(need) = &last.lhs.inputs[1] else { panic!("mmse_slope is measured") };
    assert_eq!(
        (need.quantity.name, need.setting.snr().unwrap(), need.source.dim()),
        ("mmse_slope", 100.0, 16)
    );
    let rhs = last.rhs.as_ref().unwrap();
    assert!(matches!(rhs.inputs[0], Input::Number(c) if (c - 4.0).abs() < f64::EPSILON));
}

#[test]
fn sections_inherit_what_they_do_not_override() {
    let claim = read(GOOD).unwrap();
    let (control, broken) = (&claim.controls[0], &claim.breaks[0]);
    assert_eq!(
        (control.cases.len(), control.expected, control.why.as_str()),
        (20, Verdict::Refuted, "needs C > 0.2")
    );
    assert_eq!((control.constants["C"].to_bits(), control.relation), (0.05_f64.to_bits(), Relation::AtMost));
    assert_eq!(broken.cases.len(), 1, "the inherited `atoms` fills no template any more and is dropped");
    assert_eq!(broken.cases[0].axes.len(), 2);
    assert_eq!((broken.rhs.as_str(), broken.constants["C"].to_bits()), ("C * shannon^2", 4.0_f64.to_bits()));
}

#[test]
fn several_grids_add_their_cases() {
    let text = GOOD.replace("[over]", "[[over]]\nsource = [\"bpsk\"]\nsnr = [1, 2, 3]\n[[over]]");
    let claim = read(&text).unwrap();
    assert_eq!(claim.main.cases.len(), 3 + 20);
    assert_eq!(claim.controls[0].cases.len(), 3, "a control inherits the first grid");
    let (line, column, ..) = failure(&text.replace("[1, 2, 3]", "[]").replace("5 }", "1 }"));
    assert_eq!((line, column), (14, 7));
    let (_, _, message, _) = failure(&text.replacen("snr = [1, 2, 3]", "", 1));
    assert!(message.contains("the axis `snr` is not in `over`"), "{message}");
}

#[test]
fn a_slope_gathers_its_points() {
    let claim = read(SLOPE).unwrap();
    assert_eq!(claim.main.cases.len(), 3);
    let case = &claim.main.cases[2];
    assert_eq!(case.points.len(), 5);
    assert_eq!(case.axes["source"], AxisValue::Text("simplex:atoms={atoms}".into()));
    assert_eq!(case.points[1].axes["source"], AxisValue::Text("simplex:atoms=8".into()));
    assert!(
        !case.axes.contains_key("atoms")
            && case.points.iter().all(|p| p.rhs.is_none() && p.abscissa.is_some())
    );
}

#[test]
fn a_bounded_sequence_gathers_its_points() {
    let text = SLOPE.replace("\"slope\"", "\"bounded\"").replace("between = [0.5, 1.5]\n", "");
    for (text, decay) in [(text.clone(), 0.1), (text.replace("[over]", "decay = 0.3\n[over]"), 0.3)] {
        let claim = read(&text).unwrap();
        assert_eq!((claim.main.cases.len(), claim.main.cases[0].points.len()), (3, 5));
        assert_eq!(
            claim.main.slope.unwrap().between.map(f64::to_bits),
            [f64::NEG_INFINITY, -decay].map(f64::to_bits)
        );
    }
    let (.., message, _) = failure(&text.replace("{ from = 4, to = 64, points = 5 }", "[4, 8]"));
    assert!(message.contains("at least three points"), "{message}");
}

#[test]
fn a_slope_against_a_quantity_runs_along_what_it_varies_with() {
    for (against, cases, points) in [("shannon", 3, 5), ("information", 1, 15), ("snr", 5, 3)] {
        let claim = read(&SLOPE.replace("\"atoms\"", &format!("\"{against}\""))).unwrap();
        assert_eq!((claim.main.cases.len(), claim.main.cases[0].points.len()), (cases, points), "{against}");
    }
    let listed = SLOPE
        .replace("\"atoms\"", "\"shannon\"")
        .replace("atoms = {", "#")
        .replace("[\"simplex:atoms={atoms}\"]", "[\"simplex:atoms=4\", \"bpsk\"]");
    assert_eq!(read(&listed).unwrap().main.cases[0].points.len(), 2);
    let single = listed.replace("\"shannon\"", "\"information\"").replace("[1, 2, 3]", "[1]");
    assert_eq!(
        read(&single).unwrap().main.cases[0].points.len(),
        2,
        "one SNR is nothing to fit along; the sources are"
    );
}

#[test]
fn sources_may_be_tables() {
    let table = r#"[{ kind = "zipf", exponent = 2.0, atoms = 10 }, { kind = "bpsk" }]"#;
    let claim = read(
        &SLOPE
            .replace("[\"simplex:atoms={atoms}\"]", table)
            .replace("atoms = {", "#")
            .replace("against = \"atoms\"", "against = \"snr\""),
    )
    .unwrap();
    assert_eq!(claim.main.cases[0].axes["source"], AxisValue::Text("zipf:exponent=2.0,atoms=10".into()));
}

/// Replaces `from` by `to` in a good file: line and column of the error, a part of its message, a
/// part of its help.
const BAD: &[(&str, &str, &str, usize, usize, &str, &str)] = &[
    (GOOD, "id = \"entropy-bound\"", "id = \"Entropy_bound\"", 1, 6, "not kebab-case", "lower-case"),
    (GOOD, "title = \"Squared entropy bounds the slope\"", "title = \" \"", 2, 9, "`title` is empty", ""),
    (GOOD, "origin = \"paper-v1\"", "origin = \"\"", 5, 10, "`origin` is empty", ""),
    (GOOD, "assumes = [", "asumes = [", 6, 1, "unknown key `asumes`", "`assumes`"),
    (GOOD, "mmse_slope\"", "mmse_sloep\"", 7, 16, "unknown name `mmse_sloep`", "`mmse_slope`"),
    (GOOD, "mmse_slope\"", "mmse_slope * \"", 7, 29, "ends where a number", ""),
    (GOOD, "mmse_slope\"", "source\"", 7, 16, "axis `source` is text", ""),
    (GOOD, "mmse_slope\"", "renyi\"", 7, 16, "`renyi` takes 1 argument(s), not 0", "renyi(order)"),
    (GOOD, "mmse_slope\"", "renyi(D)\"", 7, 22, "`D` is no constant or axis", ""),
    (GOOD, "mmse_slope\"", "information_gain\"", 7, 16, "needs the axis `snr_min`", "add `snr_min = {"),
    (GOOD, "\"snr^2 * mmse_slope\"", "3", 7, 7, "`lhs` must be a string, not a number", ""),
    (GOOD, "relation = \"<=\"", "relation = \"=<\"", 8, 12, "unknown relation `=<`", "`<=`"),
    (GOOD, "relation = \"<=\"\n", "relatoin = \"<=\"\n", 8, 1, "unknown key `relatoin`", "relation"),
    (GOOD, "relation = \"<=\"\n", "", 1, 1, "`relation` is missing", ""),
    (GOOD, "rhs = \"C * shannon^2\"\n", "", 1, 1, "`rhs` is missing", ""),
    (GOOD, "relation = \"<=\"", "relation = \"<=\"\nbetween = [1, 2]", 9, 11, "belongs to `relation", ""),
    (GOOD, "relation = \"<=\"", "relation = \"<=\"\nmargin = 0", 9, 10, "`margin` must be > 0", ""),
    (GOOD, "{ C = 4.0 }", "{ C = 4.0, D = 1 }", 10, 28, "constant `D` is not used", ""),
    (GOOD, "{ C = 4.0 }", "{ C = \"4\" }", 10, 19, "`C` must be a number, not a string", ""),
    (GOOD, "{ C = 4.0 }", "{ C = 4.0, mmse = 1 }", 10, 31, "has the name of", ""),
    (GOOD, "\"bpsk\"", "\"bspk\"", 13, 12, "unknown source `bspk`", ""),
    (GOOD, "{atoms}\"]", "{atmos}\"]", 13, 35, "no axis `atmos`", "`{atoms}`"),
    (GOOD, "simplex:atoms=", "simplex:atom=", 13, 28, "unknown parameter of `simplex` `atom`", ""),
    (GOOD, "simplex:atoms=", "simplex:atoms", 13, 19, "is not `key=value`", ""),
    (
        GOOD,
        "\"bpsk\", ",
        "{ kind = \"zipf\", exponent = -1, atoms = 3 }, ",
        13,
        28,
        "zipf:exponent: must be > 0",
        "",
    ),
    (GOOD, "[4, 16]", "[]", 14, 9, "axis `atoms` is empty", ""),
    (GOOD, "[4, 16]", "[4, 4.0]", 14, 13, "has 4 twice", ""),
    (GOOD, "[4, 16]", "[4, \"16\"]", 14, 13, "mixes numbers and text", ""),
    (GOOD, "[4, 16]", "[4, 0]", 13, 28, "must be a whole number", ""),
    (GOOD, "[4, 16]", "4", 14, 9, "must be a list or a range", "atoms = […]"),
    (GOOD, "[4, 16]", "[4, 16]\nspare = [1]", 15, 1, "axis `spare` is not used", ""),
    (GOOD, "from = 1e-2", "from = 0", 15, 16, "`from` must be > 0", ""),
    (GOOD, "from = 1e-2, ", "", 15, 7, "lacks `from`", ""),
    (GOOD, "points = 5", "points = 1.5", 15, 41, "`points` must be a whole number", ""),
    (GOOD, "snr = [2]", "snr = [2, -1]", 24, 20, "`snr` must be finite and > 0, not -1", ""),
    (GOOD, "snr = [2]", "snr = [inf]", 24, 17, "`snr` must be finite and > 0", ""),
    (GOOD, "why = \"rare event\"\n", "", 21, 1, "`why` is missing", ""),
    (GOOD, "constants = { C = 0.05 }\n", "", 17, 1, "this control overrides nothing", ""),
    (
        GOOD,
        "constants = { C = 0.05 }",
        "constnats = { C = 0.05 }",
        19,
        1,
        "unknown key `constnats`",
        "`constants`",
    ),
    (GOOD, "C = 0.05", "D = 0.05", 19, 19, "constant `D` is not used", ""),
    (GOOD, "relation = \"<=\"", "relation = ", 8, 12, "", ""),
    (SLOPE, "between = [0.5, 1.5]\n", "", 1, 1, "`between` is missing", ""),
    (SLOPE, "[0.5, 1.5]", "[1.5, 0.5]", 9, 11, "the smaller first", ""),
    (SLOPE, "against = \"atoms\"", "against = \"atoms + 1\"", 8, 11, "one axis or one quantity", ""),
    (SLOPE, "against = \"atoms\"", "against = \"source\"", 8, 12, "is text", ""),
    (SLOPE, "relation = \"slope\"", "relation = \"slope\"\nrhs = \"1\"", 8, 7, "no right side", ""),
    (SLOPE, "{ from = 4, to = 64, points = 5 }", "[4]", 1, 1, "at least two points", ""),
    (SLOPE, "relation = \"slope\"", "relation = \"bounded\"", 9, 11, "no right side and no exponent", ""),
    (SLOPE, "[0.5, 1.5]\n", "[0.5, 1.5]\ndecay = 0.1\n", 10, 9, "no plateau", ""),
    (SLOPE, "[0.5, 1.5]\n", "[0.5, 1.5]\ndecay = -1\n", 10, 9, "`decay` must be > 0, not -1", ""),
];

#[test]
fn every_problem_has_its_place_and_its_word() {
    let mut wrong = Vec::new();
    for &(good, from, to, line, column, message, help) in BAD {
        assert!(good.contains(from), "nothing to replace: {from}");
        let (found_line, found_column, found, found_help) = failure(&good.replacen(from, to, 1));
        let placed = (found_line, found_column) == (line, column);
        if !placed || !found.contains(message) || !found_help.contains(help) {
            wrong.push(format!("{from} → {to}: {found_line}:{found_column} {found} [{found_help}]"));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn an_interval_must_not_be_empty() {
    let text = SLOPE
        .replace("snr * mmse", "information_gain")
        .replace("snr = [1, 2, 3]", "snr_min = [1, 5]\nsnr_max = [2, 6]");
    let (line, column, message, _) = failure(&text);
    assert_eq!((line, column, message.as_str()), (14, 1, "snr_max = 2 is not above snr_min = 5"));
}

#[test]
fn the_other_problems_are_counted_and_placed() {
    let text =
        GOOD.replace("mmse_slope", "mmse_sloep").replace("\"bpsk\"", "\"bspk\"").replace("[2]", "[0]");
    let (line, _, message, help) = failure(&text);
    assert_eq!((line, message.as_str()), (7, "unknown name `mmse_sloep`"));
    assert!(help.contains("did you mean `mmse_slope`?"), "{help}");
    assert!(help.contains("2 more problems in this file:"), "{help}");
    assert!(
        help.contains("\n  13:12  unknown source `bspk`") && help.contains("\n  24:17  `snr` must be"),
        "{help}"
    );
}

/// Both sides, the relation and the axes are enough; the rest is made of them and of the file's
/// name.
#[test]
fn what_is_not_stated_has_defaults() {
    let over = "\n[over]\nsource = [\"simplex:atoms={atoms}\"]\natoms = [2, 4, 8]\nsnr = [1]\n";
    let read =
        |path: &str, sides: &str| parse(Path::new(path), &format!("{sides}{over}"), &mut Sources::default());
    let claim =
        read("my/own-bound.toml", "lhs = \"mmse\"\nrelation = \"<=\"\nrhs = \"2 * shannon / snr\"").unwrap();
    assert_eq!(
        (claim.header.id.as_str(), claim.header.cite.as_str(), claim.header.origin.as_str()),
        ("own-bound", "", "own")
    );
    assert_eq!([claim.header.title, claim.header.statement], ["mmse <= 2 * shannon / snr"; 2]);
    assert_eq!(claim.main.margin.to_bits(), 0.05_f64.to_bits());
    let slope = "lhs = \"mmse\"\nrelation = \"slope\"\nagainst = \"atoms\"\nbetween = [-1, 0.5]";
    assert_eq!(read("a.toml", slope).unwrap().header.title, "-1 <= slope of mmse against atoms <= 0.5");
    let bounded = "lhs = \"mmse\"\nrelation = \"bounded\"\nagainst = \"atoms\"";
    assert_eq!(read("a.toml", bounded).unwrap().header.title, "mmse bounded as atoms grows");
    let error = read("My_Bound.toml", bounded).unwrap_err().to_string();
    assert!(error.contains("the file's name, the default of `id`, `My_Bound` is not kebab-case"), "{error}");
}

/// `all` makes what is to be proved of a section, not cases: with every other axis combined, the
/// parameter left open in the source, and names bound.
#[test]
fn every_value_of_an_axis_is_proved() {
    let text = "lhs = \"snr^2 * mmse_slope\"\nrelation = \"<=\"\nrhs = \"C * p * renyi(2)\"\nconstants = { C = 4 }\n\
                [over]\nsource = [\"bernoulli:p={p}\", \"product:dim={d},base=(bernoulli:p={p})\"]\n\
                p = { all = [1e-6, 0.5] }\nsnr = { all = [0, inf] }\nd = [2, 3]";
    let claim = read(text).unwrap();
    assert!(claim.main.cases.is_empty());
    assert_eq!(claim.main.every.len(), 4);
    let last = &claim.main.every[3];
    assert_eq!(last.axes["snr"], AxisValue::Text("0..inf".into()));
    assert_eq!(last.statement.source.to_string(), "product:base=(bernoulli:p={p}),dim=3");
    assert_eq!(last.statement.parameter, Some(("p".into(), [1e-6, 0.5])));
    let rhs = [Operand::Number(4.0), Operand::Parameter, Operand::Quantity("renyi".into(), Some(2.0))];
    assert_eq!(last.statement.rhs.operands, rhs);
    assert_eq!(last.statement.lhs.operands[0], Operand::Snr);
    for (wrong, word) in [
        ("snr = { all = [1, 0.5] }", "cannot take every value"),
        ("snr = { all = [0, 0] }", "cannot take every value"),
        ("snr = { all = [0, 1], points = 3 }", "points"),
        ("snr = { all = [1] }", "cannot take every value"),
        ("snr = [1]\np = { all = [0, 1] }", "cannot take every value"),
    ] {
        let text = format!(
            "lhs = \"mmse\"\nrelation = \"<=\"\nrhs = \"dim / snr\"\n[over]\nsource = [\"bpsk\"]\n{wrong}"
        );
        let error = read(&text).unwrap_err().to_string();
        assert!(error.contains(word), "{wrong}: {error}");
    }
}

/// Every claim that ships: it is embedded, its id is its file's name, it cites a known work, has a
/// control, and expands. A claim whose sources are all of known kinds must read without any
/// problem; a kind that is not there is the only excuse.
#[test]
fn the_built_in_claims_read() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("verify");
    assert_eq!(claim_files(&folder), builtin().len(), "`touch src/claim/mod.rs` where a claim file is new");
    let mut ids: Vec<&str> = builtin().iter().map(|(id, _)| *id).collect();
    ids.sort_unstable();
    assert!(ids.windows(2).all(|pair| pair[0] != pair[1]), "an id is given twice");
    let references = std::fs::read_to_string(folder.join("REFERENCES.md")).unwrap();
    let mut sources = Sources::default();
    for (id, text) in builtin() {
        match parse(Path::new(id), text, &mut sources) {
            Ok(claim) => {
                assert_eq!(claim.header.id, *id);
                assert!(!claim.controls.is_empty(), "{id} has no control");
                let (ours, page) = (folder.with_file_name(&claim.header.cite).is_file(), "docs/theory.md");
                assert!(
                    ours || claim.header.cite.starts_with(page)
                        || references.contains(&key(&claim.header.cite)),
                    "{id}"
                );
                let sections = [&claim.main].into_iter().chain(&claim.controls).chain(&claim.breaks);
                let stated = |section: &Section| !section.cases.is_empty() || !section.every.is_empty();
                assert!(sections.into_iter().all(stated), "{id}");
            }
            Err(Error::Claim { message, help, .. }) => {
                let help = help.unwrap_or_default();
                let others = help.lines().filter(|line| line.starts_with("  "));
                let excused =
                    |line: &str| line.contains("unknown source `") || line.contains("zipf:atoms: `inf`");
                assert!(excused(&message) && others.into_iter().all(excused), "{id}: {message}\n{help}");
            }
            Err(other) => panic!("{id}: {other}"),
        }
    }
}

/// Claim files in `folder` and below.
fn claim_files(folder: &Path) -> usize {
    let of = |path: std::path::PathBuf| match path.is_dir() {
        true => claim_files(&path),
        false => usize::from(path.extension().is_some_and(|e| e == "toml") && !path.ends_with(paper::FILE)),
    };
    std::fs::read_dir(folder).unwrap().map(|entry| of(entry.unwrap().path())).sum()
}

/// `[GSV05, Thm. 1]` → `[GSV05]`.
fn key(cite: &str) -> String {
    let end = cite.find([',', ']']).unwrap_or(cite.len());
    format!("{}]", &cite[..end])
}
