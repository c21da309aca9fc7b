//! A claim of a finished run in forms that travel: a stand-alone figure ([`picture`]), a table for
//! LaTeX ([`latex`]) or Markdown, its points or rows as CSV, the entries to cite.

pub mod latex;
pub mod picture;

use std::collections::BTreeMap;

use super::markup::escaped;
use super::measured::rests_on_margin;
use super::model::{ClaimReport, PaperReport, Report, SectionReport};
use super::plot::series::{abscissa, comparable, key, place, varying};
use super::tightness::score;
use super::wording::{equals, letter, range, symbol};
use super::{csv, digits};
use crate::claim::Outcome;
use crate::claim::verdict::Relation;
use crate::numeric::number;

/// A table of text, the first columns words, the others numbers.
#[derive(Debug, Clone)]
pub struct ExportTable {
    /// What is shown, in a sentence or three.
    pub caption: String,
    /// Names of the columns, in the markup of [`crate::report::markup`].
    pub header: Vec<String>,
    /// A row per case, in the same markup.
    pub rows: Vec<Vec<String>>,
}

/// The claim of a report called `id`.
pub fn find<'a>(report: &'a Report, id: &str) -> Option<&'a ClaimReport> {
    report.claims.iter().find(|claim| claim.header.id == id)
}

/// The table of a claim and its breaks: of each curve along a numeric axis the case nearest to a
/// violation, else every case.
pub fn table(report: &Report, claim: &ClaimReport) -> ExportTable {
    let along = abscissa(&claim.main);
    let telling = varying(claim, along.unwrap_or(""));
    let others = others(claim);
    let mut rows = Vec::new();
    for (section, is_break) in comparable(claim) {
        let other = others.iter().position(|other| *other == comparison(section));
        let mark = other.map_or(" (break)".into(), |k| format!(" (break {})", letter(k)));
        for row in worst(section, |row| key(row, &telling)) {
            let mut place = place(row, &telling);
            if is_break {
                place.push_str(&mark);
            }
            let at = along.map(|axis| row.axes.get(axis).map_or_else(String::new, ToString::to_string));
            let mut cells = vec![place];
            cells.extend(at.map(|x| x.parse().map_or(x, |x| digits::plain(x, 4))));
            cells.extend(figures(section, row));
            rows.push(cells);
        }
    }
    let mut header = vec!["case".to_owned()];
    header.extend(along.map(str::to_owned));
    header.extend(headings(claim.main.relation).iter().map(|name| (*name).to_owned()));
    ExportTable { caption: caption(report, claim, along), header, rows }
}

/// The rows of a section, of those that share a key the one nearest to a violation.
fn worst(section: &SectionReport, key: impl Fn(&Outcome) -> String) -> Vec<&Outcome> {
    let mut order: Vec<String> = Vec::new();
    let mut found: BTreeMap<String, &Outcome> = BTreeMap::new();
    for row in &section.rows {
        let key = key(row);
        let near = |row: &Outcome| if row.believed { score(section, row) } else { f64::NAN };
        match found.get(&key) {
            Some(known) if near(row) > near(known) || near(known).is_nan() => {
                found.insert(key, row);
            }
            Some(_) => {}
            None => {
                order.push(key.clone());
                found.insert(key, row);
            }
        }
    }
    order.iter().filter_map(|key| found.get(key).copied()).collect()
}

fn headings(relation: Relation) -> &'static [&'static str] {
    match relation {
        Relation::Slope => &["exponent", "± *h*", "verdict"],
        Relation::Bounded => &["late growth", "most on a plateau", "± *h*", "verdict"],
        Relation::Equal | Relation::AtMost | Relation::AtLeast => {
            &["lhs", "rhs", "± *h*", "lhs / rhs", "verdict"]
        }
    }
}

/// The cells under [`headings`].
fn figures(section: &SectionReport, row: &Outcome) -> Vec<String> {
    let one = |x: f64, std_err: f64, bracket: Option<[f64; 2]>| {
        bracket.map_or_else(|| digits::short(x, std_err, 5), range)
    };
    let margin = if rests_on_margin(section, row) { " by margin" } else { "" };
    let half = digits::plain(row.half_width, 2);
    let verdict = format!("{} {}{margin}", symbol(row.verdict), row.verdict);
    let rhs = one(row.rhs, 0.0, row.rhs_bracket);
    match (section.relation, &row.ratio) {
        (Relation::Slope, _) => vec![one(row.lhs, row.std_err, row.bracket), half, verdict],
        (Relation::Bounded, _) => vec![one(row.lhs, row.std_err, row.bracket), rhs, half, verdict],
        (_, ratio) => {
            let known = row.rhs != 0.0 && (row.lhs / row.rhs).is_finite();
            let told = match ratio {
                Some(ratio) => equals(ratio).trim_start_matches("= ").to_owned(),
                None if known => digits::plain(row.lhs / row.rhs, 5),
                None => String::new(),
            };
            vec![one(row.lhs, 0.0, row.bracket), rhs, half, told, verdict]
        }
    }
}

/// What a section compares, with its constants: `mmse <= C * dim with C = 1`.
fn comparison(section: &SectionReport) -> String {
    let compared = match &section.slope {
        Some(slope) => {
            let [low, high] = slope.between.map(|end| digits::plain(end, 4));
            format!("{} against {}, stated {low} to {high}", section.lhs, slope.against)
        }
        None => format!("{} {} {}", section.lhs, section.relation, section.rhs),
    };
    let constants = section.constants.iter().map(|(name, x)| format!("{name} = {}", digits::plain(*x, 6)));
    let constants = constants.collect::<Vec<_>>().join(", ");
    if constants.is_empty() { compared } else { format!("{compared} with {constants}") }
}

/// What breaks compare that is not what the claim compares, each once.
fn others(claim: &ClaimReport) -> Vec<String> {
    let mut others = Vec::new();
    for (section, _) in comparable(claim).filter(|(_, is_break)| *is_break) {
        let other = comparison(section);
        if other != comparison(&claim.main) && !others.contains(&other) {
            others.push(other);
        }
    }
    others
}

/// What table and figure show.
pub fn caption(report: &Report, claim: &ClaimReport, along: Option<&str>) -> String {
    let others = others(claim).into_iter().enumerate();
    let others: String =
        others.map(|(k, other)| format!(" Break {}: {}.", letter(k), escaped(&other))).collect();
    let each =
        along.map_or_else(String::new, |axis| format!(" Each row is the {axis} nearest to a violation."));
    let run = &report.run;
    format!(
        "{}: {}. Compared: {}.{others}{each} All intervals ± h hold together at level {}. klaim {}, seed {}.",
        claim.header.title,
        claim.header.statement,
        escaped(&comparison(&claim.main)),
        digits::plain(run.level, 4),
        run.klaim,
        run.seed
    )
}

/// The table in Markdown, its caption below.
pub fn markdown(table: &ExportTable) -> String {
    let line = |cells: &[String]| {
        let cells = cells.iter().map(|cell| cell.replace('|', "\\|"));
        format!("| {} |\n", cells.collect::<Vec<_>>().join(" | "))
    };
    let rule: Vec<String> =
        table.header.iter().enumerate().map(|(k, _)| if k == 0 { "---" } else { "---:" }.into()).collect();
    let rows: String = table.rows.iter().map(|row| line(row)).collect();
    format!("{}{}{rows}\n{}\n", line(&table.header), line(&rule), table.caption)
}

/// The points behind the fits of a slope, or of a bounded sequence, as CSV; the rows of any other
/// claim, as in `results.csv`.
pub fn points(report: &Report, claim: &ClaimReport) -> String {
    let Some(slope) = claim.main.slope.as_ref() else { return csv::of_claim(report, claim) };
    let telling = varying(claim, "");
    let rows =
        claim.stated().flat_map(|(section, is_break)| section.rows.iter().map(move |row| (row, is_break)));
    let lines = rows.flat_map(|(row, is_break)| {
        let (case, kind) = (key(row, &telling), if is_break { "break" } else { "main" });
        let line = move |[x, y, std_err]: &[f64; 3]| {
            let numbers = [*x, *y, *std_err, row.lhs, row.std_err].map(number::name);
            [case.clone(), kind.to_owned()].into_iter().chain(numbers).collect::<Vec<_>>()
        };
        row.points.iter().map(line)
    });
    let header =
        ["case", "section", slope.against.as_str(), "lhs", "std_err", "exponent", "exponent_std_err"];
    csv::text(&header, lines)
}

/// BibTeX: of the papers whose statements the claim tests, and of klaim.
pub fn bibtex(report: &Report, claim: &ClaimReport) -> String {
    let tests = |paper: &&PaperReport| {
        let id = |test: &String| test.split('/').next() == Some(claim.header.id.as_str());
        paper.statements.iter().flat_map(|s| &s.tests).any(id)
    };
    let papers = report.papers.iter().filter(tests).filter_map(|paper| paper.bibtex.as_deref());
    let own = format!(
        "@software{{klaim,\n  title   = {{klaim: put theorems to the test}},\n  version = {{{}}},\n  \
         note    = {{claim {}, seed {}}}\n}}\n",
        report.run.klaim, claim.header.id, report.run.seed
    );
    papers.map(|entry| format!("{}\n\n", entry.trim())).collect::<String>() + &own
}
