//! Would a wrong estimator show? Every quantity, by every route that a shipped claim takes to it,
//! is made 1 % too large or too small where expressions read it, and a shipped case must come out
//! otherwise. docs/calibration.md has the table.
//!
//! The damage is done to the claim's text: `Q` becomes `(1.01 * Q)` in both sides. That is what a
//! wrong estimate of Q would do to the case, for expressions are all that a verdict sees. Each case
//! is judged at the level that it has in the whole suite. False alarms: none, seeds are fixed. A
//! case notices where it is as expected undamaged and otherwise damaged: undecided counts, for
//! `klaim verify` ends with another status then too.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use klaim::internals::backend::cpu::Cpu;
use klaim::internals::claim::verdict::Verdict;
use klaim::internals::claim::{self, Claim, Input, Section, Sources};
use klaim::internals::quantity::{Memo, Need, QUANTITIES, Rule};
use klaim::internals::report::model::Run;
use klaim::internals::run::options::Options;
use klaim::internals::run::stop::Stop;
use klaim::internals::run::verify::verify;
use klaim::internals::run::watch::Watch;

/// As `klaim verify` of everything: level, budget and about as many comparisons.
const LEVEL: f64 = Options::LEVEL;
const COMPARISONS: u64 = 4000;
const BUDGET: u64 = Options::BUDGET;
/// The damage: 1 % up, 1 % down.
const FACTORS: [f64; 2] = [1.01, 0.99];
/// The table, one row a quantity and route.
const TABLE: &str = include_str!("../docs/calibration.md");

/// A row of the table: which case notices, and which factor.
struct Row<'a> {
    quantity: &'a str,
    route: &'a str,
    claim: &'a str,
    case: &'a str,
    factor: f64,
}

/// The rows between the headings of the table: `| quantity | route | claim | case | damage |`.
fn rows() -> Vec<Row<'static>> {
    let inside = TABLE.lines().skip_while(|line| !line.starts_with("| quantity | route |")).skip(2);
    inside
        .take_while(|line| line.starts_with('|'))
        .map(|line| {
            let cells: Vec<&str> =
                line.trim_matches('|').split('|').map(|cell| cell.trim().trim_matches('`')).collect();
            let [quantity, route, claim, case, damage] = cells[..] else { panic!("not five cells: {line}") };
            Row {
                quantity,
                route,
                claim,
                case,
                factor: 1.0 + damage.replace('−', "-").parse::<f64>().unwrap() / 100.0,
            }
        })
        .collect()
}

/// `text` with every `name` of its sides' expressions times `factor`, arguments and `baseline(…)`
/// included.
fn damaged(text: &str, name: &str, factor: f64) -> String {
    let line = |line: &str| match line.split_once('=') {
        Some((key, value)) if matches!(key.trim(), "lhs" | "rhs") => {
            format!("{key}={}", scaled(value, name, factor))
        }
        _ => line.to_owned(),
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n") + "\n"
}

fn scaled(expression: &str, name: &str, factor: f64) -> String {
    let of_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let (mut out, mut rest) = (String::new(), expression);
    while let Some(at) = rest.find(of_word) {
        out.push_str(&rest[..at]);
        let word = &rest[at..][..rest[at..].find(|c| !of_word(c)).unwrap_or(rest.len() - at)];
        let mut whole = word.len();
        let follows = &rest[at + whole..];
        let baseline = word == "baseline" && follows.starts_with(&format!("({name})"));
        let argument = word == name && QUANTITIES.get(name).is_some_and(|q| !q.arguments.is_empty());
        if baseline || argument {
            whole += follows.find(')').unwrap() + 1;
        }
        match baseline || word == name {
            true => out.push_str(&format!("({factor} * {})", &rest[at..at + whole])),
            false => out.push_str(word),
        }
        rest = &rest[at + whole..];
    }
    out + rest
}

fn parsed(id: &str, text: &str) -> Claim {
    claim::parse(Path::new(&format!("{id}.toml")), text, &mut Sources::default()).unwrap()
}

/// The verdict of one case.
fn verdict(claim: &Claim, case: &str) -> Verdict {
    let watch = Watch { backend: Arc::new(Cpu), event: &|_| {}, stop: Stop::default(), store: None };
    let options = Options {
        level: LEVEL,
        budget: BUDGET,
        comparisons: Some(COMPARISONS),
        only: Some(case.into()),
        ..Options::default()
    };
    let run = Run { backend: "cpu".into(), ..Run::default() };
    let report = verify(std::slice::from_ref(claim), &options, &watch, run).unwrap();
    let claim = &report.claims[0];
    let all = std::iter::once(&claim.main).chain(&claim.controls).chain(&claim.breaks);
    all.flat_map(|section| &section.rows).map(|row| row.verdict).next().unwrap()
}

/// Whether a run takes samples for `need`.
fn sampled(need: &Need, tools: &Memo) -> bool {
    !matches!(need.quantity.rule, Rule::Known(_)) && need.deterministic(tools).unwrap().is_none()
}

/// The routes to `quantity` in the cases of `section`, each with the number of the first case that
/// takes it.
fn routes(section: &Section, quantity: &str, tools: &Memo) -> BTreeMap<&'static str, usize> {
    let mut found = BTreeMap::new();
    for (i, case) in section.cases.iter().enumerate() {
        let sides = case.points.iter().flat_map(|point| std::iter::once(&point.lhs).chain(&point.rhs));
        for input in sides.flat_map(|side| &side.inputs) {
            let Input::Need(need) = input else { continue };
            if need.quantity.name == quantity {
                let route = if sampled(need, tools) { "sampled" } else { "deterministic" };
                found.entry(route).or_insert(i + 1);
            }
        }
    }
    found
}

/// Every row of the table holds, and every quantity has a row for each way there is to it.
#[test]
fn one_per_cent_turns_a_shipped_case() {
    let rows = rows();
    let texts: BTreeMap<&str, &str> = claim::builtin().iter().map(|(id, text)| (*id, *text)).collect();
    for row in &rows {
        let text = texts.get(row.claim).unwrap_or_else(|| panic!("no claim `{}`", row.claim));
        let what = format!("{} ({}) by {} {}", row.quantity, row.route, row.claim, row.case);
        let claim = parsed(row.claim, text);
        let section = row.case.split_once('/').unwrap().0;
        let section = claim.sections().find(|(name, _)| name == section).unwrap().1;
        let index: usize = row.case.split_once('/').unwrap().1.parse().unwrap();
        let one = Section { cases: vec![section.cases[index - 1].clone()], ..section.clone() };
        let taken = routes(&one, row.quantity, &Memo::default());
        assert!(taken.contains_key(row.route), "{what}: the case goes by {taken:?}");
        assert_eq!(verdict(&claim, row.case), section.expected, "{what}, undamaged");
        let broken = verdict(&parsed(row.claim, &damaged(text, row.quantity, row.factor)), row.case);
        assert_ne!(broken, section.expected, "{what}, damaged");
    }
    for quantity in QUANTITIES.iter() {
        let has = |route: &str| rows.iter().any(|row| row.quantity == quantity.name && row.route == route);
        let (deterministic, sampled) = (quantity.is_deterministic(), quantity.is_sampled());
        assert!(
            !deterministic || has("deterministic"),
            "{}: no case notices its deterministic route",
            quantity.name
        );
        assert!(!sampled || has("sampled"), "{}: no case notices its samples", quantity.name);
    }
}

/// The first case that notices, for every quantity and route: rows for the table (minutes).
#[test]
#[ignore = "writes the table of docs/calibration.md to standard output"]
fn print_the_table() {
    for quantity in QUANTITIES.iter() {
        for route in ["deterministic", "sampled"] {
            if let Some(row) = first(quantity.name, route) {
                println!("{row}");
            }
        }
    }
}

/// The row of the first case that notices, in the order of the claims.
fn first(quantity: &str, route: &str) -> Option<String> {
    let tools = Memo::default();
    for (id, text) in claim::builtin() {
        if !text.contains(quantity) {
            continue;
        }
        let claim = parsed(id, text);
        for (name, section) in claim.sections() {
            let Some(index) = routes(section, quantity, &tools).remove(route) else { continue };
            let case = format!("{name}/{index}");
            for factor in FACTORS {
                let broken = verdict(&parsed(id, &damaged(text, quantity, factor)), &case);
                if broken != section.expected && verdict(&claim, &case) == section.expected {
                    let damage = if factor > 1.0 { "+1" } else { "−1" };
                    return Some(format!("| `{quantity}` | {route} | `{id}` | `{case}` | {damage} |"));
                }
            }
        }
    }
    None
}

#[test]
fn the_damage_is_where_it_is_said() {
    let text =
        "lhs = \"mmse + mmse_slope * baseline(mmse)\"\nrhs = \"bound_paper(C) + F\"\nwhy = \"mmse\"\n";
    let once = "lhs = \"(1.01 * mmse) + mmse_slope * (1.01 * baseline(mmse))\"\nrhs = \"bound_paper(C) + F\"\nwhy = \"mmse\"\n";
    assert_eq!(damaged(text, "mmse", 1.01), once);
    assert!(damaged(text, "bound_paper", 0.99).contains("rhs = \"(0.99 * bound_paper(C)) + F\""));
}
