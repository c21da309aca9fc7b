//! `index.html`: one self-contained page, readable without script or network, in light, dark and
//! print.
//!
//! [`page`] puts it together; each part is a file: [`head`] (the papers and the answers to their
//! statements), [`answer`] (sign and word of one), [`statement`] (one of them with figures and evidence), [`assumptions`] (by family of
//! laws, with their sizes), [`calibration`] (what calibrates the run), [`exponents`], [`index`] (all
//! claims, to filter and sort), [`claim`] (one of them), [`rows`] (its cases), [`sources`] (the
//! laws), [`prose`] (text with citations) and [`reading`] (what the words mean, how to replay).
pub mod calibration;
pub mod answer;
pub mod assumptions;
pub mod claim;
pub mod exponents;
pub mod head;
pub mod index;
pub mod prose;
pub mod reading;
pub mod rows;
pub mod sources;
pub mod statement;

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::digits;
use super::model::PaperReport;
use super::model::Report;
use super::wording::symbol;
use crate::claim::PaperKind;
use crate::claim::verdict::Verdict;

/// The style sheet, inlined into every page.
const STYLE: &str = concat!(include_str!("style.css"), include_str!("page.css"));

/// The whole page.
pub fn page(report: &Report) -> String {
    let of = |kind: PaperKind| report.papers.iter().filter(move |paper| paper.kind == kind);
    let detailed =
        |kind| of(kind).flat_map(|p| p.statements.iter().enumerate().map(move |(k, s)| (p, k, s)));
    let main = html! {
        @for (paper, k, s) in detailed(PaperKind::Paper) { (statement::section(report, paper, k, s)) }
        (assumptions::section(report))
        (calibration::section(report, of(PaperKind::Instrument)))
        @for paper in of(PaperKind::Findings) { (head::findings(report, paper)) }
        (exponents::section(report))
        (index::section(report))
        (sources::section(report))
        (reading::section(report))
    };
    document(&head::headline(report), &report.run.klaim, &head::header(report), &main)
}

/// A self-contained page by `version` of klaim.
pub(crate) fn document(title: &str, version: &str, header: &Markup, main: &Markup) -> String {
    let content = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="generator" content=(format!("klaim {version}"));
                title { (title) " · klaim" }
                style { (PreEscaped(STYLE)) }
            }
            body {
                header { (header) }
                main { (main) }
            }
        }
    };
    content.into_string() + "\n"
}

/// A verdict as sign and word; the colour only repeats them.
pub(crate) fn verdict(verdict: Verdict) -> Markup {
    let word = verdict.to_string();
    html! { span class=(format!("verdict {word}")) { span aria-hidden="true" { (symbol(verdict)) } " " (word) } }
}

/// A command line to copy, on one line that scrolls, so that no flag breaks at a hyphen.
pub(crate) fn command(line: &str) -> Markup {
    html! { pre { code { (line) } } }
}

/// "1 case", "1 024 cases".
pub(crate) fn counted(n: usize, one: &str, many: &str) -> String {
    format!("{} {}", digits::count(n as u64), if n == 1 { one } else { many })
}

/// The anchor of a statement.
fn anchor(paper: &PaperReport, k: usize) -> String {
    format!("{}-{}", paper.key, k + 1)
}
