//! The summary that `verify` prints to a terminal.

use comfy_table::{ContentArrangement, Table, presets};

use super::digits;
use super::exponents;
use super::model::{ClaimReport, Report, SectionReport};
use super::tightness::{left_out, telling};
use super::wording::{exit_meaning, interrupted, refuted, symbol, tightest, unranked, words};
use crate::claim::verdict::Verdict;

impl std::fmt::Display for Report {
    /// [`summary`].
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&summary(self))
    }
}

/// A table of the claims, then what did not come out as expected and why, then the exit status's
/// meaning. No colour: verdicts are a sign and a word.
pub fn summary(report: &Report) -> String {
    let mut table = Table::new();
    table.load_style(presets::UTF8_HORIZONTAL_ONLY).set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(["claim", "verdict", "cases", "tightest", "controls", "breaks"]);
    for claim in &report.claims {
        table.add_row(cells(claim));
    }
    let mut text = format!("{table}\n{}", scalings(report));
    for claim in report.claims.iter().filter(|c| left_out(&c.main).is_some_and(|left| left.tighter > 0)) {
        text.push_str(&format!("{}: {}\n", claim.header.id, unranked(&claim.main)));
    }
    for (claim, name, section) in report.sections() {
        if !section.ok {
            text.push_str(&surprise(claim, &name, section));
        }
    }
    let n = report.claims.len();
    let run = &report.run;
    if run.interrupted {
        text.push_str(&format!("{}\n", interrupted(report)));
    }
    text.push_str(&format!(
        "{n} claim{}, {} comparisons at level α = {}, seed {}, {}: {}\n",
        if n == 1 { "" } else { "s" },
        digits::count(run.comparisons),
        digits::plain(run.level, 4),
        run.seed,
        run.backend,
        exit_meaning(report.exit)
    ));
    text
}

/// Families that must share a scaling for a column of its own here; the page shows every one.
const FAMILIES: usize = 3;

/// The table of exponents; empty without scaling claims.
fn scalings(report: &Report) -> String {
    let found = exponents::table(report).shared_by(FAMILIES);
    if found.families.is_empty() {
        return String::new();
    }
    let mut table = Table::new();
    table.load_style(presets::UTF8_HORIZONTAL_ONLY).set_content_arrangement(ContentArrangement::Disabled);
    let columns =
        found.scalings.iter().map(|scaling| format!("{}\nagainst {}", scaling.lhs, scaling.against));
    table.set_header(std::iter::once("exponent of".to_owned()).chain(columns));
    for (family, cells) in found.families {
        let lines = cells.iter().map(|cell| {
            let measured = cell.iter().map(|e| format!("{} {}", symbol(e.row.verdict), e.interval()));
            measured.collect::<Vec<_>>().join("\n")
        });
        table.add_row(std::iter::once(family).chain(lines));
    }
    format!("{table}\n")
}

fn cells(claim: &ClaimReport) -> [String; 6] {
    let main = &claim.main;
    let mut verdict = format!("{} {}", symbol(main.verdict), main.verdict);
    if !main.ok {
        verdict.push_str(&format!(" (expected {})", main.expected));
    } else if main.expected == Verdict::Refuted {
        verdict.push_str(", as expected");
    }
    let tightest = tightest(main);
    let cases = digits::count(main.rows.len() as u64);
    [claim.header.id.clone(), verdict, cases, tightest, refuted(&claim.controls), refuted(&claim.breaks)]
}

/// What a section that came out otherwise says of itself: the telling row, its reason, its replay.
fn surprise(claim: &ClaimReport, name: &str, section: &SectionReport) -> String {
    let mut text = format!(
        "{} {}, {name}: {}, expected {}",
        symbol(section.verdict),
        claim.header.id,
        section.verdict,
        section.expected
    );
    if let Some(row) = telling(section) {
        text.push_str(&format!("; {}", words(section, row)));
        if !row.reason.is_empty() {
            text.push_str(&format!(" ({})", row.reason));
        }
        text.push_str(&format!("\n  replay: {}", row.replay));
    }
    text.push('\n');
    text
}
