//! A claim's section: statement, provenance, assumptions, plot, worst case, controls and breaks,
//! all rows.

use maud::{Markup, html};

use super::prose::prose;
use super::{counted, rows, sources, verdict};
use crate::claim::Outcome;
use crate::claim::case::named_sections;
use crate::claim::verdict::Relation;
use crate::report::digits;
use crate::report::markup::typeset;
use crate::report::measured::{laws, strongest};
use crate::report::model::{ClaimReport, Report, SectionReport};
use crate::report::plot::series::place;
use crate::report::plot::{self, panel};
use crate::report::tightness::{boundless, telling};

/// What controls are.
const FALSE_NEIGHBOURS: &str =
    "False neighbours of the claim. Each must be refuted, or the check could not fail.";

/// One claim, under its line in the index; `drawn` is the statement whose section has its panel.
pub fn section(report: &Report, claim: &ClaimReport, drawn: Option<&String>) -> Markup {
    let main = &claim.main;
    html! {
        div class="claim" {
            h3 id=(claim.header.id) { (claim.header.title) }
            p class="facts" {
                @if !main.ok { span class="tag" { "expected " (main.expected) } " " }
                code { (claim.header.id) }
                @if !claim.header.cite.is_empty() { " · " (prose(&claim.header.cite)) }
                " · origin " (claim.header.origin) ". "
                (sources::assumed(&report.sources, claim, &laws(main)))
            }
            p class="statement" { (typeset(&claim.header.statement)) }
            p { "Tested: " (formula(main)) "." }
            @if !claim.header.remark.is_empty() { p { (prose(&claim.header.remark)) } }
            @if let Some(anchor) = drawn {
                p class="facts" { "Its figure stands with the " a href=(format!("#{anchor}")) { "statement" } " that it tests." }
            } @else if let Some(panel) = panel::main(claim) {
                div class="panels" { figure { (panel.svg) p class="caption" { (panel.caption) } } }
            }
            @for figure in plot::compared(claim) {
                figure {
                    div class="scroll" { (figure.svg) }
                    figcaption { (figure.caption) }
                }
            }
            (told(main))
            (neighbours("control", FALSE_NEIGHBOURS, &claim.controls))
            (neighbours("break", "Places where the claim itself must fail.", &claim.breaks))
            @for (name, section) in named_sections(main, &claim.controls, &claim.breaks) {
                (all(&name, section))
            }
            (rows::replays(claim))
        }
    }
}

/// The inequality as the claim file writes it, with its constants.
pub fn formula(section: &SectionReport) -> Markup {
    html! {
        @if let (Relation::Bounded, Some(slope)) = (section.relation, &section.slope) {
            code { (section.lhs) } " levels off as " code { (slope.against) } " grows, no slower than its power "
            (digits::plain(slope.between[1], 6))
        } @else if let Some(slope) = &section.slope {
            "the exponent of " code { (section.lhs) } " against " code { (slope.against) } " lies between "
            (digits::plain(slope.between[0], 6)) " and " (digits::plain(slope.between[1], 6))
        } @else {
            code { (section.lhs) " " (section.relation) " " (section.rhs) }
        }
        @for (k, (name, value)) in section.constants.iter().enumerate() {
            (if k == 0 { " with " } else { ", " }) i { (name) } " = " (digits::plain(*value, 6))
        }
        @for (k, hypothesis) in section.hypotheses.iter().enumerate() {
            (if k == 0 { ", where " } else { " and " }) code { (hypothesis) }
        }
        @if section.left_out > 0 {
            " (" (digits::count(section.left_out as u64)) " combinations outside are left out)"
        }
    }
}

/// Controls or breaks: what differs, why, what came out, the row that shows it.
fn neighbours(one: &str, about: &str, sections: &[SectionReport]) -> Markup {
    html! {
        @if !sections.is_empty() {
            h4 { (one[..1].to_uppercase()) (one[1..]) "s" }
            p class="facts" { (about) }
            ul class="neighbours" {
                @for (k, s) in sections.iter().enumerate() {
                    li {
                        (verdict(s.verdict)) @if !s.ok { " " span class="tag" { "expected " (s.expected) } }
                        " " b { (one) " " (k + 1) } ": " (typeset(&s.why)) ". Tested: " (formula(s)) ". "
                        @if let Some((row, says)) = strongest(s) {
                            "Comes to " (typeset(&says)) (typeset(&at(row))) "."
                        } @else { (told(s)) }
                    }
                }
            }
        }
    }
}

/// ` at bpsk, snr 3.138`: where a row stands among all axes.
fn at(row: &Outcome) -> String {
    let place = place(row, &row.axes.keys().map(String::as_str).collect());
    if place.is_empty() { place } else { format!(" at {place}") }
}

/// The case that says most, or why none is shown, and what the ranking leaves out.
fn told(section: &SectionReport) -> Markup {
    html! {
        @match telling(section) {
            Some(row) => { (rows::worst(section, row)) }
            None => { p { (untold(section)) } }
        }
        (rows::left_out(section))
    }
}

/// Why no case is shown.
fn untold(section: &SectionReport) -> &'static str {
    if section.rows.is_empty() {
        "There are no cases."
    } else if section.rows.iter().all(|row| boundless(section, row)) {
        "A side is infinite in every case: nothing is claimed there."
    } else {
        "All cases are supported; none is known well enough to be called the tightest."
    }
}

/// All cases of the section called `name`.
fn all(name: &str, section: &SectionReport) -> Markup {
    html! {
        @if !section.rows.is_empty() {
            details class="rows-of" {
                summary { (name) ": " (counted(section.rows.len(), "case", "cases")) }
                (rows::table(section))
            }
        }
    }
}
