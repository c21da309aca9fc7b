//! The table of measured exponents, a row per family of sources.

use maud::{Markup, html};

use crate::report::exponents::{Exponent, table};
use crate::report::model::Report;
use crate::report::wording::symbol;

/// The section; nothing where no scaling claim was tested.
pub fn section(report: &Report) -> Markup {
    let table = table(report);
    html! {
        @if !table.families.is_empty() {
            section {
                h2 id="exponents" { "Measured exponents" }
                p class="facts" {
                    "Slopes of ln lhs against ln abscissa with the half-widths of their simultaneous intervals; ✓ inside the interval that the claim "
                    "states, ✗ outside. Independent copies of a law are listed with the law."
                }
                div class="scroll" {
                    table class="exponents" {
                        thead { tr {
                            th { "family" }
                            @for scaling in &table.scalings { th { code { (scaling.lhs) } " against " code { (scaling.against) } } }
                        } }
                        tbody {
                            @for (family, cells) in &table.families {
                                tr {
                                    th scope="row" { (family) }
                                    @for cell in cells { td { @for exponent in cell { (measured(exponent)) } } }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn measured(exponent: &Exponent) -> Markup {
    let verdict = exponent.row.verdict;
    html! {
        a class=(format!("measured {verdict}")) href=(format!("#{}", exponent.claim.header.id)) title=(exponent.claim.header.id) {
            (symbol(verdict)) " " (exponent.interval()) @if exponent.is_break { " (break)" }
        }
    }
}
