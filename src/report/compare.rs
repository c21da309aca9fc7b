//! What differs between two runs: answers, verdicts, values beyond their errors, what is new or gone.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::digits;
use super::model::{Report, StatementReport};
use super::plot::series::key;
use crate::claim::Outcome;
use crate::claim::verdict::Verdict;
use crate::numeric::number;

/// One difference.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Difference {
    /// The claim, or the paper's key.
    pub of: String,
    /// Section and case (`main, bpsk, snr 1`), or the statement.
    pub at: String,
    /// What differs.
    #[serde(flatten)]
    pub what: Change,
}

/// What differs.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "change", rename_all = "kebab-case")]
pub enum Change {
    /// The word of a statement's answer.
    Answer {
        /// In the first run.
        old: String,
        /// In the second.
        new: String,
    },
    /// The verdict on a case.
    Verdict {
        /// In the first run.
        old: Verdict,
        /// In the second.
        new: Verdict,
    },
    /// lhs − rhs, by more than both half-widths together.
    Value {
        /// lhs − rhs in the first run.
        #[serde(with = "number")]
        old: f64,
        /// In the second.
        #[serde(with = "number")]
        new: f64,
        /// The sum of the half-widths.
        #[serde(with = "number")]
        half_width: f64,
    },
    /// The second run alone has it.
    New,
    /// The first run alone has it.
    Gone,
}

impl Change {
    /// Whether two runs of the same claims may not differ so.
    pub fn matters(&self) -> bool {
        !matches!(self, Self::New | Self::Gone)
    }
}

impl std::fmt::Display for Difference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}, {}: ", self.of, self.at)?;
        match &self.what {
            Change::Answer { old, new } => write!(f, "answer “{old}” → “{new}”"),
            Change::Verdict { old, new } => write!(f, "{old} → {new}"),
            Change::Value { old, new, half_width } => {
                let [old, new] = [*old, *new].map(|x| digits::plain(x, 6));
                write!(f, "lhs − rhs {old} → {new}, half-widths together {}", digits::plain(*half_width, 2))
            }
            Change::New => write!(f, "new"),
            Change::Gone => write!(f, "gone"),
        }
    }
}

/// What differs from `old` to `new`: answers first, then cases in the order of `new`, then what is
/// gone. A claim that one run lacks is one difference.
pub fn compare(old: &Report, new: &Report) -> Vec<Difference> {
    let mut found = answers(old, new);
    let ids = |report: &Report| report.claims.iter().map(|c| c.header.id.clone()).collect::<Vec<_>>();
    let (before, after) = (ids(old), ids(new));
    let whole = |of: &String, what: Change| Difference { of: of.clone(), at: "the claim".into(), what };
    found.extend(after.iter().filter(|id| !before.contains(id)).map(|id| whole(id, Change::New)));
    let (known, fresh) = (cases(old), cases(new));
    let was: BTreeMap<_, _> = known.iter().map(|(place, row)| (place, *row)).collect();
    let is: BTreeSet<_> = fresh.iter().map(|(place, _)| place).collect();
    for (place, row) in &fresh {
        let (of, at) = place;
        let what = match was.get(place) {
            Some(was) => changed(was, row),
            None if before.contains(of) => Some(Change::New),
            None => None,
        };
        found.extend(what.map(|what| Difference { of: of.clone(), at: at.clone(), what }));
    }
    let left = known.iter().filter(|(place, _)| after.contains(&place.0) && !is.contains(place));
    found.extend(left.map(|((of, at), _)| Difference {
        of: of.clone(),
        at: at.clone(),
        what: Change::Gone,
    }));
    found.extend(before.iter().filter(|id| !after.contains(id)).map(|id| whole(id, Change::Gone)));
    found
}

/// Every case by its claim and its place; of cases at one place each has a number.
fn cases(report: &Report) -> Vec<((String, String), &Outcome)> {
    let mut seen: BTreeMap<(String, String), usize> = BTreeMap::new();
    let mut cases = Vec::new();
    for (claim, name, section) in report.sections() {
        for row in &section.rows {
            let place = key(row, &row.axes.keys().map(String::as_str).collect());
            let at = if place.is_empty() { name.clone() } else { format!("{name}, {place}") };
            let count = seen.entry((claim.header.id.clone(), at.clone())).or_insert(0);
            *count += 1;
            let at = if *count > 1 { format!("{at} ({count})") } else { at };
            cases.push(((claim.header.id.clone(), at), row));
        }
    }
    cases
}

/// How a case changed, if it did.
fn changed(old: &Outcome, new: &Outcome) -> Option<Change> {
    if old.verdict != new.verdict {
        return Some(Change::Verdict { old: old.verdict, new: new.verdict });
    }
    let [a, b] = [old, new].map(|row| row.lhs - row.rhs);
    let half_width = old.half_width + new.half_width;
    let beyond = (a - b).abs() > half_width && old.believed && new.believed;
    beyond.then_some(Change::Value { old: a, new: b, half_width })
}

fn answers(old: &Report, new: &Report) -> Vec<Difference> {
    fn statements(report: &Report) -> impl Iterator<Item = (&str, &StatementReport)> {
        report.papers.iter().flat_map(|paper| paper.statements.iter().map(move |s| (paper.key.as_str(), s)))
    }
    let changed = |(key, s): (&str, &StatementReport)| {
        let (_, was) = statements(old).find(|(k, was)| *k == key && was.says == s.says)?;
        let (old, new) = (was.word(), s.word());
        let differs = old != new;
        let what = Change::Answer { old, new };
        differs.then(|| Difference { of: key.to_owned(), at: s.name().to_owned(), what })
    };
    statements(new).filter_map(changed).collect()
}
