//! A report in all its forms: golden files, round trips, well-formed pages, folders that cannot be
//! written.
//!
//! `KLAIM_BLESS=1` rewrites the golden files. `KLAIM_SAMPLE=DIR` keeps the invented reports in
//! folders of DIR, to be looked at.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

#[path = "report/sample.rs"]
mod sample;

use std::path::{Path, PathBuf};

use klaim::internals::error::Error;
use klaim::internals::report::model::{Report, SCHEMA};
use klaim::internals::report::{read, summary, verify_json, write};

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
    const VOID: [&str; 3] = ["meta", "br", "!DOCTYPE"];
    let (mut open, mut text, mut rest) = (Vec::<&str>::new(), String::new(), html);
    while let Some(start) = rest.find('<') {
        text.push_str(&rest[..start]);
        let end = start + rest[start..].find('>').unwrap();
        let tag = &rest[start + 1..end];
        assert_eq!(tag.matches('"').count() % 2, 0, "quotes in <{tag}>");
        let name = tag.split([' ', '/']).find(|s| !s.is_empty()).unwrap();
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
        for outside in ["<script", "http:", "https:", "url(\"", "@import", "src="] {
            assert!(!html.contains(outside), "{outside}");
        }
        assert!(!text.to_lowercase().contains("proved"));
        for claim in &report.claims {
            assert!(
                html.contains(&format!("href=\"#{0}\"", claim.header.id))
                    && html.contains(&format!("id=\"{0}\"", claim.header.id))
            );
            let sections = std::iter::once(&claim.main).chain(&claim.controls).chain(&claim.breaks);
            for row in sections.flat_map(|s| &s.rows) {
                assert!(text.contains(&row.replay), "{}", row.replay);
            }
        }
        for anchor in html.split("href=\"#").skip(1).map(|s| s.split('"').next().unwrap()) {
            assert_eq!(html.matches(&format!("id=\"{anchor}\"")).count(), 1, "{anchor}");
        }
    }
}

#[test]
fn drawings_hold_finite_numbers_inside_the_figure() {
    for report in [sample::small(), sample::large(), sample::awkward()] {
        let [html, ..] = files(&report);
        for svg in html.split("<svg").skip(1).map(|s| s.split("</svg").next().unwrap()) {
            let width = 880.0;
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
    let [html, ..] = files(&sample::large());
    assert_eq!(html.matches("<svg").count(), 4);
    assert!(html.contains("6 others, less tight"));
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
    assert!(rows.iter().all(|r| r[column("steps")].is_empty() && r[column("dominance")].is_empty()));
    assert_eq!((&rows[0][column("lhs")], &rows[1][column("half_width")]), ("nan", "inf"));
    assert_eq!(&rows[0][column("source")], "a<b>&\"c\"");
    assert!(json.contains("\"-inf\"") && json.contains("\"nan\"") && !json.contains("null,\n      \"C\""));
    let short = verify_json(&sample::awkward());
    assert_eq!(short["claims"][1]["cases"][0]["lhs"], "nan");
    assert_eq!(short["exit"], sample::awkward().exit);
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
fn the_reports_can_be_kept() {
    if let Some(dir) = std::env::var_os("KLAIM_SAMPLE") {
        write(&sample::large(), &Path::new(&dir).join("large")).unwrap();
        write(&sample::small(), &Path::new(&dir).join("small")).unwrap();
        write(&sample::awkward(), &Path::new(&dir).join("awkward")).unwrap();
    }
}
