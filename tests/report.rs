//! A report in all its forms: golden files, round trips, well-formed pages, folders that cannot be
//! written.
//!
//! `KLAIM_BLESS=1` rewrites the golden files. `KLAIM_SAMPLE=DIR` keeps the invented reports in
//! folders of DIR, to be looked at.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

#[path = "report/sample.rs"]
mod sample;

use std::path::{Path, PathBuf};

use klaim::internals::claim::AxisValue;
use klaim::internals::claim::verdict::Verdict;
use klaim::internals::error::Error;
use klaim::internals::report::compare::compare;
use klaim::internals::report::export::{self, latex, picture};
use klaim::internals::report::model::AnswerStanding;
use klaim::internals::report::model::{Report, SCHEMA};
use klaim::internals::report::{plot, read, repair, summary, verify_json, write};

/// Compares with a golden file, or writes it when blessing.
fn golden(name: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/report/golden").join(name);
    if std::env::var_os("KLAIM_BLESS").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    if let Some((k, (a, b))) = expected.lines().zip(text.lines()).enumerate().find(|(_, (a, b))| a != b) {
        let at = a.chars().zip(b.chars()).take_while(|(x, y)| x == y).count().saturating_sub(30);
        let cut = |line: &str| line.chars().skip(at).take(120).collect::<String>();
        panic!(
            "{name}, line {}:\nexpected …{}…\nactual   …{}…\nKLAIM_BLESS=1 accepts",
            k + 1,
            cut(a),
            cut(b)
        );
    }
    assert_eq!(expected.len(), text.len(), "{name}: one is longer; KLAIM_BLESS=1 accepts");
}

/// A report's files by name, written to a folder of their own.
fn files(report: &Report) -> [String; 4] {
    let dir = tempfile::tempdir().unwrap();
    write(report, dir.path()).unwrap();
    let mut names: Vec<_> = std::fs::read_dir(dir.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["index.html", "report.json", "results.csv", "run.toml"]);
    ["index.html", "report.json", "results.csv", "run.toml"]
        .map(|name| std::fs::read_to_string(dir.path().join(name)).unwrap())
}

#[test]
fn the_small_report_is_the_golden_one() {
    let report = sample::small();
    let [html, json, csv, toml] = files(&report);
    golden("index.html", &html);
    golden("report.json", &json);
    golden("results.csv", &csv);
    golden("run.toml", &toml);
    golden("summary.txt", &summary(&report));
    golden("verify.json", &format!("{:#}\n", verify_json(&report)));
}

#[test]
fn a_report_reads_back_and_renders_the_same() {
    for report in [sample::small(), sample::awkward(), sample::report(vec![], vec![])] {
        let dir = tempfile::tempdir().unwrap();
        write(&report, dir.path()).unwrap();
        let again = read(dir.path()).unwrap();
        assert_eq!(files(&again), files(&report));
    }
}

/// Every tag closed in order, attributes quoted, entities known; returns the text of all attributes
/// and elements.
fn well_formed(html: &str) -> String {
    const VOID: [&str; 4] = ["meta", "br", "input", "!DOCTYPE"];
    // HTML closes a cell and a row where the next begins or their table's body ends.
    let implied = |open: &mut Vec<&str>, name: &str| {
        let ends: &[&str] = match name {
            "td" => &["td", "th"],
            "tr" | "/tbody" => &["td", "tr"],
            _ => &[],
        };
        while open.last().is_some_and(|last| ends.contains(last)) {
            open.pop();
        }
    };
    let (mut open, mut text, mut rest) = (Vec::<&str>::new(), String::new(), html);
    while let Some(start) = rest.find('<') {
        text.push_str(&rest[..start]);
        let end = start + rest[start..].find('>').unwrap();
        let tag = &rest[start + 1..end];
        assert_eq!(tag.matches('"').count() % 2, 0, "quotes in <{tag}>");
        let name = tag.split([' ', '/']).find(|s| !s.is_empty()).unwrap();
        implied(
            &mut open,
            if tag == "/tbody" {
                tag
            } else if tag.starts_with('/') {
                ""
            } else {
                name
            },
        );
        if tag.starts_with('/') {
            assert_eq!(open.pop(), Some(name), "</{name}> closes another");
        } else if !VOID.contains(&name) {
            open.push(name);
        }
        rest = &rest[end + 1..];
        if name == "style" && !tag.starts_with('/') {
            rest = &rest[rest.find("</style").unwrap()..];
        }
    }
    assert!(open.is_empty(), "not closed: {open:?}");
    for (at, _) in text.match_indices('&') {
        let entity = ["&lt;", "&gt;", "&amp;", "&quot;"].iter().any(|e| text[at..].starts_with(e));
        assert!(entity, "bare & before {}", text[at..].chars().take(20).collect::<String>());
    }
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&")
}

#[test]
fn pages_are_well_formed_self_contained_and_replayable() {
    for report in [sample::small(), sample::large(), sample::awkward(), sample::report(vec![], vec![])] {
        let [html, ..] = files(&report);
        let text = well_formed(&html);
        for outside in ["<script", "http:", "url(\"", "@import", "src="] {
            assert!(!html.contains(outside), "{outside}");
        }
        // Links to papers lead out; nothing is fetched.
        assert_eq!(html.matches("https:").count(), html.matches("a href=\"https:").count());
        assert!(!text.to_lowercase().contains("proved"));
        for claim in &report.claims {
            assert!(
                html.contains(&format!("href=\"#{0}\"", claim.header.id))
                    && html.contains(&format!("id=\"{0}\"", claim.header.id))
            );
            let sections = std::iter::once(&claim.main).chain(&claim.controls).chain(&claim.breaks);
            for row in sections.flat_map(|s| &s.rows) {
                let (before, after) = row.replay.split_once("--case ").unwrap();
                let (_, options) = after.split_once(' ').unwrap();
                // What differs from case to case is told after the command.
                let (mut any, mut added) = (format!("{before}--case S/N"), String::new());
                let words: Vec<&str> = options.split(' ').collect();
                for pair in words.chunks(2) {
                    let differs = ["--budget", "--backend"].contains(&pair[0]);
                    let list = if differs { &mut added } else { &mut any };
                    *list += &format!(" {}", pair.join(" "));
                }
                let paragraphs = || text.split("Replay case N of section S: ").skip(1);
                let apart = format!("; with{added} for ");
                let told = |p: &str| {
                    p.starts_with(&format!("{any}{added}")) || p.starts_with(&any) && p.contains(&apart)
                };
                assert!(paragraphs().any(told), "{any}{added}");
            }
        }
        for anchor in html.split("href=\"#").skip(1).map(|s| s.split('"').next().unwrap()) {
            assert_eq!(html.matches(&format!("id=\"{anchor}\"")).count(), 1, "{anchor}");
        }
    }
}

/// A word is printed only where every test was run and came out as the answer needs it.
#[test]
fn an_answer_stands_only_as_long_as_its_evidence_does() {
    let report = sample::answered();
    let said = |report: &Report| {
        let statements = &report.papers[0].statements;
        statements.iter().map(|s| (s.standing, s.word())).collect::<Vec<_>>()
    };
    let stated = said(&report);
    assert_eq!(stated[0], (AnswerStanding::AsStated, "holds under a condition".into()));
    assert_eq!(stated[1], (AnswerStanding::AsStated, "holds".into()));
    // It needs a break that is refuted, and its tests have none.
    assert_eq!(stated[2], (AnswerStanding::NotAsStated, "not as stated".into()));
    assert_eq!(stated[3], (AnswerStanding::InPart, "tested in part".into()));
    assert_eq!(stated[4], (AnswerStanding::NotTested, "not tested".into()));
    let [html, json, ..] = files(&report);
    let text = well_formed(&html);
    for shown in ["A paper on bounds", "Ada, Bo, 2026", "arXiv 2601.00001", "C ≥ 0.5131", "C ≥ 8.295"] {
        assert!(text.contains(shown), "{shown}");
    }
    for shown in ["of its 5 statements 4 were tested", "1 holds,", "1 did not come out as stated"] {
        assert!(text.to_lowercase().contains(shown), "{shown}");
    }
    assert!(json.contains("\"standing\": \"not-as-stated\""));
    // A break that is not refuted any more, and a claim that is.
    let broken = sample::answered_with(|claims| claims[0].breaks[0] = claims[0].main.clone());
    assert_eq!(said(&broken)[0].0, AnswerStanding::NotAsStated);
    let refuted = sample::answered_with(|claims| claims[2].main = claims[2].controls[0].clone());
    assert_eq!(said(&refuted)[1].0, AnswerStanding::NotAsStated);
}

#[test]
fn drawings_hold_finite_numbers_inside_the_figure() {
    for report in [sample::small(), sample::large(), sample::awkward(), sample::answered()] {
        let [html, ..] = files(&report);
        let full = report.claims.iter().flat_map(plot::claim).map(|figure| figure.svg.into_string());
        let full: String = full.collect();
        for svg in (html + &full).split("<svg").skip(1).map(|s| s.split("</svg").next().unwrap()) {
            let width = if svg.contains("class=\"panel\"") { 350.0 } else { 880.0 };
            for attribute in
                [" d=\"", " x=\"", " y=\"", " transform=\"", " viewBox=\"", " width=\"", " height=\""]
            {
                for value in svg.split(attribute).skip(1).map(|s| s.split('"').next().unwrap()) {
                    assert!(!value.contains("NaN") && !value.contains("inf"), "{attribute}{value}");
                }
            }
            for x in
                svg.split("<text x=\"").skip(1).map(|s| s.split('"').next().unwrap().parse::<f64>().unwrap())
            {
                assert!((0.0..=width).contains(&x), "text at {x}");
            }
        }
    }
    let large = sample::large();
    assert_eq!(files(&large)[0].matches("<svg").count(), 4);
    let full: String = large.claims.iter().flat_map(plot::claim).map(|f| f.svg.into_string()).collect();
    assert_eq!(full.matches("<svg").count(), 4);
    assert!(full.contains("6 others, less tight"));
}

#[test]
fn what_is_missing_is_empty_and_what_is_not_finite_has_its_name() {
    let [_, json, csv, _] = files(&sample::awkward());
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let header = reader.headers().unwrap().clone();
    let column = |name: &str| header.iter().position(|h| h == name).unwrap();
    let rows: Vec<_> = reader.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 5 * (5 + 8 + 1 + 1), "a claim for each relation");
    assert!(
        rows[5][column("lhs")].is_empty()
            && &rows[5][column("lhs_high")] == "0.5"
            && &rows[5][column("believed")] == "true"
    );
    assert_eq!((&rows[6][column("believed")], &rows[6][column("doubts")]), ("false", "no event was seen"));
    let unique: std::collections::BTreeSet<&str> = header.iter().collect();
    assert_eq!(unique.len(), header.len(), "no column twice");
    assert!(rows.iter().all(|r| r[column("steps")].is_empty() && r[column("dominance")].is_empty()));
    assert_eq!((&rows[0][column("lhs")], &rows[1][column("half_width")]), ("nan", "inf"));
    assert_eq!(&rows[0][column("source")], "a<b>&\"c\"");
    assert!(json.contains("\"-inf\"") && json.contains("\"nan\"") && !json.contains("null,\n      \"C\""));
    let short = verify_json(&sample::awkward());
    assert_eq!(short["claims"][1]["cases"][0]["lhs"], "nan");
    assert_eq!(short["exit"], sample::awkward().exit);
}

/// A parameter of a template has a column of its own, apart from a figure of its name.
#[test]
fn results_have_a_column_per_axis() {
    let mut report = sample::small();
    let row = &mut report.claims[0].main.rows[0];
    row.axes.insert("atoms".into(), AxisValue::Number(64.0));
    row.axes.insert("ratio".into(), AxisValue::Number(0.5));
    let [_, _, csv, _] = files(&report);
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let header = reader.headers().unwrap().clone();
    let column = |name: &str| header.iter().position(|h| h == name).unwrap();
    let first = reader.records().next().unwrap().unwrap();
    assert_eq!((&first[column("atoms")], &first[column("ratio_axis")]), ("64", "0.5"));
    assert!(first[column("ratio")].parse::<f64>().unwrap() > 0.0 && first[column("sampler")].is_empty());
}

#[test]
fn two_runs_differ_in_what_differs() {
    let old = sample::answered();
    assert!(compare(&old, &old.clone()).is_empty());
    let mut new = old.clone();
    let rows = &mut new.claims[0].main.rows;
    // Within its errors, beyond them, and another verdict.
    rows[0].lhs += rows[0].half_width;
    rows[1].lhs += 3.0 * rows[1].half_width;
    rows[2].verdict = Verdict::Inconclusive;
    rows[4].axes.insert("snr".into(), AxisValue::Number(77.0));
    new.papers[0].statements[0].standing = AnswerStanding::Undecided;
    let found: Vec<String> = compare(&old, &new).iter().map(|d| format!("{:?}", d.what)).collect();
    let kinds: Vec<&str> = found.iter().map(|what| what.split([' ', '{']).next().unwrap()).collect();
    assert_eq!(kinds, ["Answer", "Value", "Verdict", "New", "Gone"], "{found:?}");
}

/// A figure without fonts of the reader's, a table of as many cells as its header, the points of a fit.
#[test]
fn a_claim_travels() {
    let report = sample::answered();
    let claim = export::find(&report, "kl-rate").unwrap();
    for wide in [false, true] {
        let svg = picture::svg(claim, wide).unwrap();
        assert!(
            svg.starts_with("<svg")
                && svg.contains("<path")
                && !svg.contains("<text")
                && !svg.contains("var(")
        );
        assert!(picture::pdf(claim, wide).unwrap().starts_with(b"%PDF"));
    }
    let table = export::table(&report, claim);
    assert!(table.rows.len() == 3 && table.rows.iter().all(|row| row.len() == table.header.len()));
    let tex = latex::table(&table, "kl-rate", &export::bibtex(&report, claim));
    assert!(tex.is_ascii() && tex.contains("\\toprule") && tex.contains("% @software{klaim"), "{tex}");
    let points = export::points(&report, claim);
    assert_eq!(points.lines().count(), 1 + 3 * 6);
    assert!(points.starts_with("case,section,steps,lhs,std_err,exponent,exponent_std_err\n"), "{points}");
    assert!(picture::svg(&sample::awkward().claims[0], false).is_err(), "nothing to draw");
}

#[test]
fn a_seed_beyond_toml_is_written_as_text() {
    let mut report = sample::small();
    report.run.seed = u64::MAX;
    let [.., toml] = files(&report);
    let table: toml::Table = toml.parse().unwrap();
    assert_eq!(table["seed"].as_str(), Some("18446744073709551615"));
    assert_eq!(table["command"].as_str(), Some(report.run.command.as_str()));
}

#[test]
fn a_folder_that_cannot_be_written_is_named_and_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let file: PathBuf = dir.path().join("taken");
    std::fs::write(&file, "mine").unwrap();
    let below = file.join("report");
    assert!(matches!(write(&sample::small(), &below), Err(Error::Io { path, .. }) if path == below));
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "mine");
    // A folder where a file should go: the error names it, and no temporary file stays behind.
    std::fs::create_dir(dir.path().join("index.html")).unwrap();
    let error = write(&sample::small(), dir.path()).unwrap_err();
    assert!(error.to_string().contains("index.html"), "{error}");
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 2);
}

#[test]
fn another_schema_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    assert!(matches!(read(dir.path()), Err(Error::Io { .. })));
    std::fs::write(dir.path().join("report.json"), "{\"schema\": 99}").unwrap();
    let error = read(dir.path()).unwrap_err().to_string();
    assert!(error.contains("schema 99") && error.contains("report.json"), "{error}");
    std::fs::write(dir.path().join("report.json"), format!("{{\"schema\": {SCHEMA},\n \"run\": 3}}"))
        .unwrap();
    let error = read(dir.path()).unwrap_err().to_string();
    assert!(error.contains("line 2"), "{error}");
}

#[test]
fn a_report_that_was_changed_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    write(&sample::small(), dir.path()).unwrap();
    let path = dir.path().join("report.json");
    let text = std::fs::read_to_string(&path).unwrap();
    for (at, byte) in text.bytes().enumerate().filter(|(at, _)| at % 1009 == 7) {
        let mut bytes = text.clone().into_bytes();
        bytes[at] = if byte == b'1' { b'2' } else { b'1' };
        std::fs::write(&path, bytes).unwrap();
        let error = read(dir.path()).unwrap_err().to_string();
        assert!(error.contains("report.json"), "byte {at}: {error}");
    }
    std::fs::write(&path, &text).unwrap();
    read(dir.path()).unwrap();
}

/// A crash between two renames leaves files of two runs; what is unfinished goes with the next run.
#[test]
fn files_of_two_runs_are_seen_and_written_again() {
    let (old, new, dir) = <(_, _, _)>::from([(); 3].map(|()| tempfile::tempdir().unwrap()));
    write(&sample::large(), old.path()).unwrap();
    write(&sample::small(), new.path()).unwrap();
    let names = ["report.json", "index.html", "results.csv", "run.toml"];
    let text = |dir: &tempfile::TempDir, name: &str| std::fs::read(dir.path().join(name)).ok();
    for renamed in 0..=names.len() {
        for (at, name) in names.iter().enumerate() {
            let from = if at < renamed { &new } else { &old };
            std::fs::write(dir.path().join(name), text(from, name).unwrap()).unwrap();
        }
        let crashed = renamed > 0 && renamed < names.len();
        assert_eq!(repair(dir.path()).unwrap(), crashed, "after {renamed} renames");
        let whole = if renamed == 0 { &old } else { &new };
        names.iter().for_each(|name| assert_eq!(text(&dir, name), text(whole, name), "{name}"));
        assert!(!repair(dir.path()).unwrap());
    }
    std::fs::remove_file(dir.path().join("index.html")).unwrap();
    std::fs::write(dir.path().join(".index.html.aB3dE9"), "half").unwrap();
    assert!(repair(dir.path()).unwrap());
    assert_eq!(
        (text(&dir, "index.html"), text(&dir, ".index.html.aB3dE9")),
        (text(&new, "index.html"), None)
    );
}

#[test]
fn the_reports_can_be_kept() {
    if let Some(dir) = std::env::var_os("KLAIM_SAMPLE") {
        write(&sample::large(), &Path::new(&dir).join("large")).unwrap();
        write(&sample::small(), &Path::new(&dir).join("small")).unwrap();
        write(&sample::awkward(), &Path::new(&dir).join("awkward")).unwrap();
    }
}
