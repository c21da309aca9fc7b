//! The page of a probe: one self-contained file in the style of the report, and the folder it lies
//! in.

use std::path::Path;

use maud::{Markup, html};

use crate::error::Result;
use crate::probe::found::SearchReport;
use crate::probe::heat;
use crate::probe::place::PlaceOutcome;
use crate::probe::report::ProbeReport;
use crate::report::digits;
use crate::report::html::{command, document, verdict};
use crate::report::markup::typeset;
use crate::report::write::{certificate, folder};

/// The files of a probe's folder.
pub const OUTPUTS: [&str; 3] = ["index.html", "map.csv", "probe.json"];

/// Writes `index.html`, `map.csv`, `probe.json` and certificates into `dir`, which is created if
/// need be.
///
/// # Errors
/// `Error::Io` naming the folder or file.
pub fn write(report: &ProbeReport, dir: &Path) -> Result<()> {
    // First, so that what the page names is there.
    let tried = report.disproofs.iter().flatten();
    tried.filter_map(|tried| tried.file.as_ref()).try_for_each(|file| certificate(file, dir))?;
    let files = OUTPUTS.into_iter().zip([page(report), report.csv(), report.json()]);
    folder(dir, &Vec::from_iter(files))
}

/// The whole page.
pub fn page(report: &ProbeReport) -> String {
    let findings = report.findings();
    let headline = findings.first().cloned().unwrap_or_default();
    let header = html! {
        h1 { code { (report.claim) } ": " (headline) }
        p class="lead" {
            "klaim " (report.run.klaim) " asked the claim at " (report.map.len()) " points of " (report.source)
            ", each at its worst SNR. All " (digits::count(report.run.comparisons))
            " comparisons together refute a correct claim by chance with probability at most "
            i { "α" } " = " (digits::plain(report.run.level, 4)) "."
        }
    };
    let caption =
        "The ratio lhs/rhs at the worst SNR; above 1 the claim fails (hollow markers; red cells with ✗).";
    let main = html! {
        p class="statement" { (typeset(&report.statement)) }
        p { "Tested: " code { (report.formula) } "." }
        ul { @for line in findings.iter().chain(&report.explanations()) { li { (line) } } }
        @if let Some(svg) = heat::figure(report) {
            figure { div class="scroll" { (svg) } figcaption { (caption) } }
        }
        (table(report))
        @if let Some(search) = &report.search { (laws(search)) }
        h2 { "How to repeat this" }
        (command(&report.run.command))
    };
    document(&format!("{}: {headline}", report.claim), &report.run.klaim, &header, &main)
}

/// The laws that a search found, and how to see it again.
fn laws(search: &SearchReport) -> Markup {
    html! {
        @for (title, law) in std::iter::once(("The law with the largest ratio", &search.found)).chain(search.shrunk.iter().map(|law| ("Made small", law))) {
            h2 { (title) }
            p { (law.candidate.len()) " atoms in " (law.candidate.dim) " dimensions, in " code { (law.file) } ":" }
            pre { code { (law.candidate.csv()) } }
        }
        @if let Some(claim) = &search.claim_file {
            p { "This repeats the refutation:" }
            (command(&format!("klaim verify {claim}")))
        }
    }
}

fn table(report: &ProbeReport) -> Markup {
    html! {
        div class="scroll" { table class="rows" {
            thead { tr {
                @for name in &report.parameters { th class="number" { (name) } }
                th class="number" { "worst SNR" } th class="number" { "lhs" } th class="number" { "rhs" } th class="number" { "lhs / rhs" } th { "verdict" }
                th class="number" { i { "H" } } th class="number" { i { "H" } "½" } th class="number" { i { "V" } "/" i { "H" } "²" }
                th class="number" { i { "n" } } th { "method" } th { "remark" }
            } }
            tbody { @for f in &report.map { (line(report, f)) } }
        } }
    }
}

fn line(report: &ProbeReport, f: &PlaceOutcome) -> Markup {
    let cells = report.cells(f);
    let (sides, law) = cells.split_at(report.parameters.len() + 4);
    html! { tr {
        @for cell in sides { td class="number" { (cell) } }
        td { (verdict(f.outcome.verdict)) }
        @for cell in law { td class="number" { (cell) } }
        td class="number" { (digits::count(f.outcome.n)) }
        td { (f.outcome.method) }
        td class="reason" { (f.outcome.reason) }
    } }
}
