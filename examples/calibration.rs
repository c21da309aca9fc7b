//! The calibration registry: docs/calibration.md.
//!
//! `cargo run --release --example calibration` measures 1,000 replications of every regime (a
//! quarter of an hour of one core) and rewrites what stands between the page's two markers; `--
//! 100` takes as many replications.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

#[path = "../tests/calibration/mod.rs"]
mod calibration;

use calibration::tally::{Cell, Outcome, TAIL, band};
use calibration::{Equality, cells, equalities};

const REPLICATIONS: u64 = 1000;
const BEGIN: &str = "<!-- registry: written by `cargo run --release --example calibration` -->";
const END: &str = "<!-- end of the registry -->";

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    std::env::set_current_dir(root)?;
    let replications = std::env::args().nth(1).map_or(Ok(REPLICATIONS), |text| text.parse())?;
    let (cells, equalities) = (cells(replications), equalities(replications));
    let text = page(replications, &cells, &equalities)?;
    for cell in cells.iter().filter(|cell| cell.outcome() == Outcome::Outside) {
        eprintln!("outside: {}", cell);
    }
    for equality in equalities.iter().filter(|equality| !equality.holds()) {
        eprintln!(
            "refuted in {} of {}: {} on {}",
            equality.refuted, equality.runs, equality.name, equality.law
        );
    }
    let path = root.join("docs/calibration.md");
    let old = std::fs::read_to_string(&path)?;
    let marked =
        |mark: &str| old.find(mark).ok_or_else(|| format!("{} lacks the line {mark}", path.display()));
    let (begin, end) = (marked(BEGIN)? + BEGIN.len(), marked(END)?);
    std::fs::write(&path, format!("{}\n\n{text}\n{}", &old[..begin], &old[end..]))?;
    Ok(())
}

fn percent(part: usize, whole: usize) -> f64 {
    100.0 * part as f64 / whole.max(1) as f64
}

/// `missed of the believed (not believed)`, in per cent.
fn entry(cell: &Cell) -> String {
    let flagged = cell.replications - cell.believed;
    let missed = match cell.believed {
        0 => "–".into(),
        n if n < cell.replications / 20 => format!("{} of {n}", cell.silent),
        n => format!("{:.1}", percent(cell.silent, n)),
    };
    let missed = match cell.outcome() {
        Outcome::Outside => format!("**{missed}**"),
        Outcome::Wide => format!("{missed} ↓"),
        Outcome::Untold => "?".into(),
        Outcome::Within | Outcome::Flagged => missed,
    };
    if flagged == 0 { missed } else { format!("{missed} ({:.0})", percent(flagged, cell.replications)) }
}

fn page(replications: u64, cells: &[Cell], equalities: &[Equality]) -> Result<String, std::fmt::Error> {
    let mut text = String::new();
    summary(&mut text, replications, cells, equalities)?;
    let mut routes: Vec<&str> = Vec::new();
    for cell in cells.iter().filter(|cell| cell.replications > 0) {
        if !routes.contains(&cell.label.route.as_str()) {
            routes.push(&cell.label.route);
        }
    }
    for route in routes {
        table(&mut text, route, cells)?;
    }
    refutations(&mut text, equalities)?;
    Ok(text)
}

fn summary(
    text: &mut String,
    replications: u64,
    cells: &[Cell],
    equalities: &[Equality],
) -> std::fmt::Result {
    let count = |outcome: Outcome| cells.iter().filter(|cell| cell.outcome() == outcome).count();
    let band = band(replications as usize, 0.05);
    writeln!(
        text,
        "{} cells of {replications} replications (tables: of their rows): {} within their band, {} wider than need be, \
         {} mostly not believed, {} whose reference is too coarse (?), **{} outside**. {} equalities that are true exactly, {} refuted more often than the \
         level allows.\n\nThe band of an exact 95 % interval over {replications} replications is {:.1} … {:.1} % \
         ({TAIL:e} on either side).\n",
        cells.len(),
        count(Outcome::Within),
        count(Outcome::Wide),
        count(Outcome::Flagged),
        count(Outcome::Untold),
        count(Outcome::Outside),
        equalities.len(),
        equalities.iter().filter(|e| !e.holds()).count(),
        percent(*band.start(), replications as usize),
        percent(*band.end(), replications as usize),
    )?;
    for cell in cells.iter().filter(|cell| cell.outcome() == Outcome::Outside) {
        writeln!(text, "* outside: {}", cell)?;
    }
    Ok(())
}

/// A row of a table: family, law and regime; a cell a quantity; the quantities in their order.
type Line<'a> = ([&'a str; 3], BTreeMap<&'a str, &'a Cell>, Vec<&'a str>);

/// The cells of one route: a row a law and regime, a column a quantity, in runs of rows with the
/// same columns.
fn table(text: &mut String, route: &str, cells: &[Cell]) -> std::fmt::Result {
    writeln!(text, "\n### {route}")?;
    let mut rows: Vec<Line> = Vec::new();
    for cell in cells.iter().filter(|cell| cell.label.route == route) {
        let label = &cell.label;
        let key = [label.family, label.law.as_str(), label.regime.as_str()];
        let at = rows.iter().position(|(row, ..)| *row == key).unwrap_or_else(|| {
            rows.push((key, BTreeMap::new(), Vec::new()));
            rows.len() - 1
        });
        rows[at].1.insert(&label.quantity, cell);
        rows[at].2.push(&label.quantity);
    }
    let mut shown: Vec<&str> = Vec::new();
    for ([family, law, regime], row, columns) in &rows {
        if !columns.iter().all(|column| shown.contains(column)) {
            shown.clone_from(columns);
            writeln!(text, "\n| laws | law | regime | {} |", shown.join(" | "))?;
            writeln!(text, "| --- | --- | --- |{}", " --- |".repeat(shown.len()))?;
        }
        let entry = |column: &&str| row.get(*column).map_or(String::new(), |cell| entry(cell));
        let entries: Vec<String> = shown.iter().map(entry).collect();
        writeln!(text, "| {family} | `{}` | {regime} | {} |", law.replace('|', "\\|"), entries.join(" | "))?;
    }
    Ok(())
}

fn refutations(text: &mut String, equalities: &[Equality]) -> std::fmt::Result {
    writeln!(text, "\n### Equalities that are true, refuted at α = 0.05\n")?;
    writeln!(text, "| equality | law | refuted | not believed |\n| --- | --- | --- | --- |")?;
    for e in equalities {
        let mark = if e.holds() { "" } else { "**" };
        let (refuted, doubted) = (percent(e.refuted, e.runs), percent(e.doubted, e.runs));
        writeln!(text, "| {} | `{}` | {mark}{refuted:.1} %{mark} | {doubted:.0} % |", e.name, e.law)?;
    }
    Ok(())
}
