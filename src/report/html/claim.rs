//! A claim's section: statement, provenance, assumptions, plot, worst case, controls and breaks,
//! all rows.

use std::collections::BTreeSet;

use maud::{Markup, html};

use super::{counted, rows, sources, verdict};
use crate::claim::AxisValue;
use crate::claim::verdict::Relation;
use crate::report::digits;
use crate::report::markup::typeset;
use crate::report::model::{ClaimReport, Report, SectionReport};
use crate::report::plot;
use crate::report::tightness::{boundless, telling};

/// What controls are.
const FALSE_NEIGHBOURS: &str =
    "False neighbours of the claim. Each must be refuted, or the check could not fail.";

/// The section of one claim.
pub fn section(report: &Report, claim: &ClaimReport) -> Markup {
    let main = &claim.main;
    html! {
        section {
            h2 id=(claim.header.id) { (claim.header.title) }
            p class="facts" {
                (verdict(main.verdict)) @if !main.ok { " " span class="tag" { "expected " (main.expected) } }
                " · " code { (claim.header.id) }
                @if !claim.header.cite.is_empty() { " · " (claim.header.cite) }
                " · origin " (claim.header.origin)
            }
            p class="statement" { (typeset(&claim.header.statement)) }
            p { "Tested: " (formula(main)) "." }
            @if !claim.header.remark.is_empty() { p { (claim.header.remark) } }
            (sources::assumed(report, claim, &names(main)))
            @for figure in plot::claim(claim) {
                figure {
                    div class="scroll" { (figure.svg) }
                    figcaption { (figure.caption) }
                }
            }
            (told(main))
            (neighbours("control", FALSE_NEIGHBOURS, &claim.controls))
            (neighbours("break", "Places where the claim itself must fail.", &claim.breaks))
            (all("All", main))
            @for (name, sections) in [("Control", &claim.controls), ("Break", &claim.breaks)] {
                @for (k, s) in sections.iter().enumerate() { (all(&format!("{name} {},", k + 1), s)) }
            }
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
    }
}

/// Sources that a section's rows name.
fn names(section: &SectionReport) -> BTreeSet<&str> {
    let sources = section.rows.iter().filter_map(|row| row.axes.get("source"));
    sources.filter_map(AxisValue::text).collect()
}

/// Controls or breaks: what differs, why, what came out, the row that shows it.
fn neighbours(one: &str, about: &str, sections: &[SectionReport]) -> Markup {
    html! {
        @if !sections.is_empty() {
            h3 { (one[..1].to_uppercase()) (one[1..]) "s" }
            p class="facts" { (about) }
            @for (k, s) in sections.iter().enumerate() {
                div class="neighbour" {
                    p {
                        (verdict(s.verdict)) @if !s.ok { " " span class="tag" { "expected " (s.expected) } }
                        " " b { (one) " " (k + 1) } ": " (s.why)
                    }
                    p { "Tested: " (formula(s)) "." }
                    (told(s))
                }
            }
        }
    }
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

fn all(title: &str, section: &SectionReport) -> Markup {
    html! {
        @if !section.rows.is_empty() {
            details class="rows-of" {
                summary { (title) " " (counted(section.rows.len(), "case", "cases")) }
                (rows::table(section))
            }
        }
    }
}
