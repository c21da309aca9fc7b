//! Every claim of the run: a list to filter and sort without script, each folded open in place.

use std::collections::BTreeMap;

use maud::{Markup, PreEscaped, html};

use super::{claim, counted, statement, verdict};
use crate::claim::verdict::{Relation, Verdict};
use crate::report::markup::typeset;
use crate::report::measured::{counts, measured};
use crate::report::model::PaperReport;
use crate::report::model::{ClaimReport, Report, SectionReport};
use crate::report::tightness::{score, tightest};
use crate::report::wording::refuted;

/// Orders of the list: key of the style's variable, and the word beside its button.
const ORDERS: [(&str, &str); 5] = [
    ("file", "by paper"),
    ("name", "by name"),
    ("verdict", "by verdict"),
    ("tight", "tightest first"),
    ("cases", "by cases"),
];

/// Filters that every run has, beside one for each paper.
const FILTERS: [(&str, &str); 4] = [
    ("all", "all"),
    ("breaks", "with a break"),
    ("margin", "on the margin"),
    ("open", "open or unexpected"),
];

/// The section; nothing without claims.
pub fn section(report: &Report) -> Markup {
    let claims = &report.claims;
    let papers: Vec<&PaperReport> = report.papers.iter().filter(|_| report.papers.len() > 1).collect();
    html! {
        @if !claims.is_empty() {
            section class="index" {
                h2 id="claims" { "All claims" }
                style { (PreEscaped(rules(&papers))) }
                @if claims.len() > 1 {
                    fieldset { legend { "Order" } @for (k, (key, word)) in ORDERS.iter().enumerate() { (choice("by", key, word, k == 0)) } }
                    fieldset {
                        legend { "Show" }
                        @for (k, (key, word)) in FILTERS.iter().enumerate() { (choice("of", key, word, k == 0)) }
                        @for (k, paper) in papers.iter().enumerate() { (choice("of", &format!("p{k}"), &paper.key, false)) }
                    }
                }
                ol class="claims" {
                    @let (places, drawn) = (Places::of(claims), statement::drawn(report));
                    @for (k, c) in claims.iter().enumerate() { (entry(report, c, &drawn, [&places.style(k), &classes(c, &papers)])) }
                }
            }
        }
    }
}

/// A radio button with its word.
fn choice(group: &str, key: &str, word: &str, checked: bool) -> Markup {
    html! { label { input type="radio" name=(group) id=(format!("{group}-{key}")) checked[checked]; " " (word) } }
}

/// The style rules that make the buttons work.
fn rules(papers: &[&PaperReport]) -> String {
    let order = ORDERS[1..]
        .iter()
        .map(|(key, _)| format!(".index:has(#by-{key}:checked) .claims>li{{order:var(--{})}}", &key[..1]));
    let keys = FILTERS[1..].iter().map(|(key, _)| (*key).to_owned());
    let keys = keys.chain((0..papers.len()).map(|k| format!("p{k}")));
    let show =
        keys.map(|key| format!(".index:has(#of-{key}:checked) .claims>li:not(.{key}){{display:none}}"));
    order.chain(show).collect::<Vec<_>>().join("\n")
}

/// The claims' ranks in each order.
struct Places {
    name: Vec<usize>,
    verdict: Vec<usize>,
    tight: Vec<usize>,
    cases: Vec<usize>,
}

impl Places {
    fn of(claims: &[ClaimReport]) -> Self {
        let severity = |c: &ClaimReport| match (c.ok, c.main.verdict) {
            (false, _) => 0,
            (_, Verdict::Refuted) => 1,
            (_, Verdict::Inconclusive) => 2,
            (_, Verdict::Supported) => 3,
        };
        Self {
            name: ranks(claims, |a, b| a.header.id.cmp(&b.header.id)),
            verdict: ranks(claims, |a, b| severity(a).cmp(&severity(b))),
            tight: ranks(claims, |a, b| nearness(&b.main).total_cmp(&nearness(&a.main))),
            cases: ranks(claims, |a, b| b.main.rows.len().cmp(&a.main.rows.len())),
        }
    }

    fn style(&self, k: usize) -> String {
        format!("--n:{};--v:{};--t:{};--c:{}", self.name[k], self.verdict[k], self.tight[k], self.cases[k])
    }
}

/// The place of each claim when they are sorted; equals keep their order.
fn ranks(
    claims: &[ClaimReport],
    by: impl Fn(&ClaimReport, &ClaimReport) -> std::cmp::Ordering,
) -> Vec<usize> {
    let mut order: Vec<usize> = (0..claims.len()).collect();
    order.sort_by(|&a, &b| by(&claims[a], &claims[b]));
    let mut ranks = vec![0; claims.len()];
    order.into_iter().enumerate().for_each(|(rank, k)| ranks[k] = rank);
    ranks
}

/// How near an inequality's tightest case comes to failing; −∞ for other relations, which come last.
fn nearness(section: &SectionReport) -> f64 {
    match section.relation {
        Relation::AtMost | Relation::AtLeast => {
            tightest(section).map_or(f64::NEG_INFINITY, |row| score(section, row))
        }
        _ => f64::NEG_INFINITY,
    }
}

/// The classes by which an entry is filtered.
fn classes(claim: &ClaimReport, papers: &[&PaperReport]) -> String {
    let has = |of: &dyn Fn(&SectionReport) -> bool| claim.stated().any(|(section, _)| of(section));
    let tests = |paper: &PaperReport| {
        let id = |test: &String| test.split('/').next() == Some(claim.header.id.as_str());
        paper.statements.iter().flat_map(|s| &s.tests).any(id)
    };
    let mut classes = Vec::new();
    classes.extend((!claim.breaks.is_empty()).then(|| "breaks".to_owned()));
    classes.extend(has(&|s| counts(s).on_margin > 0).then(|| "margin".to_owned()));
    classes.extend((!claim.ok || has(&|s| counts(s).open > 0)).then(|| "open".to_owned()));
    classes.extend((0..papers.len()).filter(|&k| tests(papers[k])).map(|k| format!("p{k}")));
    classes.join(" ")
}

fn entry(
    report: &Report,
    c: &ClaimReport,
    drawn: &BTreeMap<String, String>,
    [style, classes]: [&str; 2],
) -> Markup {
    html! {
        li class=(classes) style=(style) {
            details {
                summary {
                    span class="what" { b { (c.header.id) } span class="says" { (typeset(&c.header.statement)) } }
                    span { (verdict(c.main.verdict)) @if !c.ok { " " span class="tag" { "unexpected" } } }
                    span { (typeset(&measured(&c.main))) }
                    span class="small" {
                        (counted(c.main.rows.len(), "case", "cases"))
                        @for (name, sections) in [("controls", &c.controls), ("breaks", &c.breaks)] { @if !sections.is_empty() { ", " (name) " " (refuted(sections)) } }
                        @if counts(&c.main).on_margin > 0 { ", " (counts(&c.main).on_margin) " on the margin" }
                    }
                }
                (claim::section(report, c, drawn.get(&c.header.id)))
            }
        }
    }
}
