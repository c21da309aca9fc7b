//! Where the verdict changes along a parameter, bracketed by bisection.

use serde::{Deserialize, Serialize};

use crate::claim::verdict::Verdict;
use crate::error::Result;
use crate::probe::measure::{Finding, Meter};
use crate::probe::statement::Place;
use crate::probe::vary::Parameter;
use crate::report::number;

/// On which side of a boundary the claim breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// For smaller values.
    Below,
    /// For larger values.
    Above,
}

/// A change of the verdict between a supported and a refuted value.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Boundary {
    /// The parameter.
    pub name: String,
    /// The other parameter of the map with its value, if there is one.
    pub beside: Option<(String, f64)>,
    /// Middle of the bracket.
    #[serde(with = "number")]
    pub value: f64,
    /// Half the width of the bracket: the verdict is decided at both of its ends.
    #[serde(with = "number")]
    pub half_width: f64,
    /// Where the claim breaks.
    pub side: Side,
    /// Whether the bracket has the width asked for.
    pub resolved: bool,
    /// The supported end.
    pub holds: Finding,
    /// The refuted end.
    pub breaks: Finding,
}

/// A bracket on its way: parameter values with their findings, one supported, the other refuted.
struct Bracket {
    rest: Place,
    holds: (f64, Finding),
    breaks: (f64, Finding),
    /// Undecided in between, or nothing in between.
    stuck: bool,
}

impl Bracket {
    fn ends(&self) -> (f64, f64) {
        (self.holds.0.min(self.breaks.0), self.holds.0.max(self.breaks.0))
    }
}

/// Bisections that bring the widest gap of a map down to `width`, relative to its middle.
pub fn steps(parameter: &Parameter, width: f64) -> u64 {
    let gap = |pair: &[f64]| match pair {
        &[a, b] if b.is_finite() => {
            (parameter.relative_width(a, b) / width).max(1.0) * if a > 0.0 { b / a } else { 1.0 }
        }
        _ => 1.0,
    };
    parameter.values.windows(2).map(gap).fold(1.0, f64::max).log2().ceil() as u64 + 1
}

/// The changes of the verdict along `parameter` in `row`, findings at increasing values of it, `rest` the other parameters
/// of the place; undecided findings are passed over.
fn changes(parameter: &Parameter, row: &[(f64, Finding)], rest: &Place) -> Vec<Bracket> {
    let decided: Vec<&(f64, Finding)> = row.iter().filter(|(_, f)| f.verdict != Verdict::Inconclusive).collect();
    decided
        .windows(2)
        .filter(|pair| pair[0].1.verdict != pair[1].1.verdict)
        .map(|pair| {
            let (holds, breaks) =
                if pair[0].1.verdict == Verdict::Supported { (pair[0], pair[1]) } else { (pair[1], pair[0]) };
            let stuck = parameter.middle(pair[0].0, pair[1].0).is_none();
            Bracket { rest: rest.clone(), holds: holds.clone(), breaks: breaks.clone(), stuck }
        })
        .collect()
}

/// Brackets every change of the verdict along `parameter` to the relative width `width`, all of them step by step together.
///
/// `rows`: for each place of the other parameters, the findings at increasing values of `parameter`.
///
/// # Errors
/// Those of [`Meter::measure`].
pub fn bracket(
    meter: &mut Meter,
    parameter: &Parameter,
    rows: &[(Place, Vec<(f64, Finding)>)],
    width: f64,
) -> Result<Vec<Boundary>> {
    let mut all: Vec<Bracket> = rows.iter().flat_map(|(rest, row)| changes(parameter, row, rest)).collect();
    let most = steps(parameter, width);
    for _ in 0..most {
        let mut open: Vec<(&mut Bracket, f64)> = all
            .iter_mut()
            .filter(|bracket| !bracket.stuck)
            .filter_map(|bracket| {
                let (low, high) = bracket.ends();
                let wide = parameter.relative_width(low, high) > width;
                let middle = parameter.middle(low, high).filter(|_| wide)?;
                Some((bracket, middle))
            })
            .collect();
        if open.is_empty() || meter.stopped() {
            break;
        }
        let place = |(bracket, middle): &(&mut Bracket, f64)| {
            let mut place = vec![(parameter.name.clone(), *middle)];
            place.extend(bracket.rest.iter().cloned());
            place
        };
        let places: Vec<Place> = open.iter().map(place).collect();
        let findings = meter.measure(&places)?;
        for ((bracket, middle), finding) in open.iter_mut().zip(findings) {
            match finding.verdict {
                Verdict::Refuted => bracket.breaks = (*middle, finding),
                Verdict::Supported => bracket.holds = (*middle, finding),
                Verdict::Inconclusive => bracket.stuck = true,
            }
        }
    }
    Ok(all.into_iter().map(|bracket| boundary(parameter, bracket, width)).collect())
}

fn boundary(parameter: &Parameter, bracket: Bracket, width: f64) -> Boundary {
    let (low, high) = bracket.ends();
    Boundary {
        name: parameter.name.clone(),
        beside: bracket.rest.first().cloned(),
        value: 0.5 * (low + high),
        half_width: 0.5 * (high - low),
        side: if bracket.breaks.0 < bracket.holds.0 { Side::Below } else { Side::Above },
        resolved: parameter.relative_width(low, high) <= width || (parameter.whole && high - low <= 1.0),
        holds: bracket.holds.1,
        breaks: bracket.breaks.1,
    }
}
