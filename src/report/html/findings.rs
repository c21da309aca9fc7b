//! What holds, what is loose, what breaks: a sentence per claim, made from its rows.

use maud::{Markup, html};

use super::counted;
use crate::claim::Outcome;
use crate::claim::verdict::{Relation, Verdict};
use crate::report::digits;
use crate::report::model::{ClaimReport, Report, SectionReport};
use crate::report::plot::series::{place, varying};
use crate::report::tightness::{boundless, telling};
use crate::report::wording::words;

/// An inequality whose tightest case uses less than this share of the bound is called loose.
const LOOSE: f64 = 0.5;

/// The section; nothing where nothing was tested.
pub fn section(report: &Report) -> Markup {
    let of = |say: fn(&ClaimReport) -> Vec<Markup>| -> Vec<(&ClaimReport, Markup)> {
        report
            .claims
            .iter()
            .flat_map(|claim| say(claim).into_iter().map(move |says| (claim, says)))
            .collect()
    };
    let parts = [("Holds", of(holds)), ("Loose", of(loose)), ("Breaks", of(breaks)), ("Open", of(open))];
    html! {
        @if !report.claims.is_empty() {
            section {
                h2 id="findings" { "What holds, what is loose, what breaks" }
                @for (title, findings) in parts.iter().filter(|(_, findings)| !findings.is_empty()) {
                    h3 { (title) }
                    ul class="findings" {
                        @for (claim, says) in findings { li { a href=(format!("#{}", claim.header.id)) { (claim.header.title) } ": " (says) "." } }
                    }
                }
            }
        }
    }
}

/// The share of its bound that an inequality's row uses; `None` for other relations and for sides
/// of other signs.
fn share(section: &SectionReport, row: &Outcome) -> Option<f64> {
    let ratio = row.ratio.map(|ratio| ratio.value)?;
    let share = match section.relation {
        Relation::AtMost => ratio,
        Relation::AtLeast => ratio.recip(),
        Relation::Equal | Relation::Slope | Relation::Bounded => return None,
    };
    (share >= 0.0).then_some(share)
}

fn supported(claim: &ClaimReport) -> Option<(&Outcome, Option<f64>)> {
    let row = telling(&claim.main).filter(|_| claim.main.verdict == Verdict::Supported)?;
    Some((row, share(&claim.main, row)))
}

fn cases(section: &SectionReport) -> String {
    counted(section.rows.len(), "case", "cases")
}

fn holds(claim: &ClaimReport) -> Vec<Markup> {
    let Some((row, share)) = supported(claim) else { return Vec::new() };
    if share.is_some_and(|share| share < LOOSE) {
        return Vec::new();
    }
    vec![
        html! { "in " (cases(&claim.main)) ", " (words(&claim.main, row)) " where it is tightest" (at(claim, row)) },
    ]
}

fn loose(claim: &ClaimReport) -> Vec<Markup> {
    match supported(claim) {
        Some((row, Some(share))) if share < LOOSE => {
            let used = if share > 0.0 {
                format!("only {} of the bound is used", digits::plain(share, 2))
            } else {
                "the bounded side is 0".into()
            };
            vec![
                html! { "it holds in " (cases(&claim.main)) ", and " (used) " where it is tightest" (at(claim, row)) },
            ]
        }
        None if claim.main.verdict == Verdict::Supported && boundlessly(claim) => {
            vec![html! { "nothing is claimed: a side is infinite in every case" }]
        }
        _ => Vec::new(),
    }
}

fn boundlessly(claim: &ClaimReport) -> bool {
    !claim.main.rows.is_empty() && claim.main.rows.iter().all(|row| boundless(&claim.main, row))
}

fn breaks(claim: &ClaimReport) -> Vec<Markup> {
    let refuted = claim.stated().filter(|(section, _)| section.verdict == Verdict::Refuted);
    refuted
        .filter_map(|(section, _)| {
            let row = telling(section)?;
            Some(html! { @if !section.why.is_empty() { (section.why) "; " } (words(section, row)) (at(claim, row)) })
        })
        .collect()
}

fn open(claim: &ClaimReport) -> Vec<Markup> {
    let open = claim.stated().filter(|(section, _)| section.verdict == Verdict::Inconclusive);
    open.filter_map(|(section, _)| {
        let row = telling(section)?;
        Some(html! { @if !section.why.is_empty() { (section.why) "; " } (words(section, row)) ", " (row.reason) })
    })
    .collect()
}

/// ` (source bpsk, steps 8)`: where a row stands among the claim's varying axes.
fn at(claim: &ClaimReport, row: &Outcome) -> String {
    let place = place(row, &varying(claim, ""));
    if place.is_empty() { String::new() } else { format!(" ({place})") }
}
