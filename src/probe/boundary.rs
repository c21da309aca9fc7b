//! Where the verdict changes along a parameter, bracketed by bisection.

use serde::Serialize;

use crate::claim::verdict::Verdict;
use crate::error::Result;
use crate::numeric::number;
use crate::probe::measure::Meter;
use crate::probe::place::{DIGITS, PlaceOutcome};
use crate::probe::statement::Coordinates;
use crate::probe::vary::Varied;
use crate::report::digits;

/// On which side of a boundary the claim breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum BreakSide {
    /// For smaller values.
    Below,
    /// For larger values.
    Above,
}

/// A change of the verdict between a supported and a refuted value.
#[derive(Debug, Clone, Serialize)]
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
    pub side: BreakSide,
    /// Whether the bracket has the width asked for.
    pub resolved: bool,
    /// The supported end.
    pub holds: PlaceOutcome,
    /// The refuted end.
    pub breaks: PlaceOutcome,
}

impl Boundary {
    /// `breaks for p < 0.0312 ± 0.0003`.
    pub fn words(&self) -> String {
        let sign = if self.side == BreakSide::Below { '<' } else { '>' };
        let beside = self
            .beside
            .as_ref()
            .map_or(String::new(), |(name, x)| format!("{name} = {}: ", digits::plain(*x, DIGITS)));
        let half = self.half_width;
        let error = if half > 0.0 { format!(" ± {}", digits::plain(half, 2)) } else { String::new() };
        let open = if self.resolved { "" } else { " (undecided in between)" };
        let value = digits::plain(self.value, self.digits());
        format!("{beside}breaks for {} {sign} {value}{error}{open}", self.name)
    }

    /// Digits of the value that the half-width allows, and one more.
    fn digits(&self) -> usize {
        let relative = self.half_width / self.value.abs();
        if relative > 0.0 { ((-relative.log10()).ceil().max(1.0) as usize + 1).min(12) } else { 6 }
    }
}

/// A bracket on its way: parameter values with their findings, one supported, the other refuted.
struct Narrowing {
    rest: Coordinates,
    holds: (f64, PlaceOutcome),
    breaks: (f64, PlaceOutcome),
    /// Undecided in between, or nothing in between.
    stuck: bool,
}

impl Narrowing {
    fn ends(&self) -> (f64, f64) {
        (self.holds.0.min(self.breaks.0), self.holds.0.max(self.breaks.0))
    }
}

/// Bisections that bring the widest gap of a map down to `width`, relative to its middle.
pub fn steps(parameter: &Varied, width: f64) -> u64 {
    let gap = |pair: &[f64]| match pair {
        &[a, b] if b.is_finite() => {
            (parameter.relative_width(a, b) / width).max(1.0) * if a > 0.0 { b / a } else { 1.0 }
        }
        _ => 1.0,
    };
    parameter.values.windows(2).map(gap).fold(1.0, f64::max).log2().ceil() as u64 + 1
}

/// The changes of the verdict along `parameter` in `row`, findings at increasing values of it,
/// `rest` the other parameters of the place; undecided findings are passed over.
fn changes(parameter: &Varied, row: &[(f64, PlaceOutcome)], rest: &Coordinates) -> Vec<Narrowing> {
    let decided: Vec<&(f64, PlaceOutcome)> =
        row.iter().filter(|(_, f)| f.outcome.verdict != Verdict::Inconclusive).collect();
    decided
        .windows(2)
        .filter(|pair| pair[0].1.outcome.verdict != pair[1].1.outcome.verdict)
        .map(|pair| {
            let (holds, breaks) = if pair[0].1.outcome.verdict == Verdict::Supported {
                (pair[0], pair[1])
            } else {
                (pair[1], pair[0])
            };
            let stuck = parameter.middle(pair[0].0, pair[1].0).is_none();
            Narrowing { rest: rest.clone(), holds: holds.clone(), breaks: breaks.clone(), stuck }
        })
        .collect()
}

/// Brackets every change of the verdict along `parameter` to the relative width `width`, all of
/// them step by step together.
///
/// `rows`: for each place of the other parameters, the findings at increasing values of
/// `parameter`.
///
/// # Errors
/// What [`Meter::measure`] meets.
pub fn bracket(
    meter: &mut Meter,
    parameter: &Varied,
    rows: &[(Coordinates, Vec<(f64, PlaceOutcome)>)],
    width: f64,
) -> Result<Vec<Boundary>> {
    let mut all: Vec<Narrowing> =
        rows.iter().flat_map(|(rest, row)| changes(parameter, row, rest)).collect();
    let most = steps(parameter, width);
    for _ in 0..most {
        let mut open: Vec<(&mut Narrowing, f64)> = all
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
        let place = |(bracket, middle): &(&mut Narrowing, f64)| {
            let mut place = vec![(parameter.name.clone(), *middle)];
            place.extend(bracket.rest.iter().cloned());
            place
        };
        let places: Vec<Coordinates> = open.iter().map(place).collect();
        let findings = meter.measure(&places)?;
        for ((bracket, middle), finding) in open.iter_mut().zip(findings) {
            let Some(finding) = finding else {
                bracket.stuck = true;
                continue;
            };
            match finding.outcome.verdict {
                Verdict::Refuted => bracket.breaks = (*middle, finding),
                Verdict::Supported => bracket.holds = (*middle, finding),
                Verdict::Inconclusive => bracket.stuck = true,
            }
        }
    }
    Ok(all.into_iter().map(|bracket| boundary(parameter, bracket, width)).collect())
}

fn boundary(parameter: &Varied, bracket: Narrowing, width: f64) -> Boundary {
    let (low, high) = bracket.ends();
    Boundary {
        name: parameter.name.clone(),
        beside: bracket.rest.first().cloned(),
        value: 0.5 * (low + high),
        half_width: 0.5 * (high - low),
        side: if bracket.breaks.0 < bracket.holds.0 { BreakSide::Below } else { BreakSide::Above },
        resolved: parameter.listed
            || parameter.relative_width(low, high) <= width
            || (parameter.whole && high - low <= 1.0),
        holds: bracket.holds.1,
        breaks: bracket.breaks.1,
    }
}
