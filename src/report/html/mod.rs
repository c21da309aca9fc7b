//! `index.html`: one self-contained page, readable without script or network, in light, dark and
//! print.
//!
//! [`page`] puts it together; each part is a file: [`overview`] (what the run did, the verdict
//! table), [`findings`] (a sentence per claim), [`exponents`] (of the scaling claims), [`claim`] (a
//! claim's section), [`rows`] (tables of cases), [`sources`] and [`reading`] (what the words mean,
//! how to replay).

pub mod claim;
pub mod exponents;
pub mod findings;
pub mod overview;
pub mod reading;
pub mod rows;
pub mod sources;

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::digits;
use super::model::Report;
use super::wording::symbol;
use crate::claim::verdict::Verdict;

/// The style sheet, inlined into every page.
const STYLE: &str = include_str!("style.css");

/// The whole page.
pub fn page(report: &Report) -> String {
    let main = html! {
        (overview::table(report))
        (findings::section(report))
        (exponents::section(report))
        @for c in &report.claims { (claim::section(report, c)) }
        (sources::section(report))
        (reading::section(report))
    };
    document(&overview::headline(report), &report.run.klaim, &overview::header(report), &main)
}

/// A self-contained page by `version` of klaim.
pub(crate) fn document(title: &str, version: &str, header: &Markup, main: &Markup) -> String {
    let content = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
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

/// A command line to copy, breaking only between words.
pub(crate) fn command(line: &str) -> Markup {
    html! { pre { code { @for (k, word) in line.split(' ').enumerate() { @if k > 0 { " " } span { (word) } } } } }
}

/// "1 case", "1 024 cases".
pub(crate) fn counted(n: usize, one: &str, many: &str) -> String {
    format!("{} {}", digits::count(n as u64), if n == 1 { one } else { many })
}
