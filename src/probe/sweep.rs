//! The sweep: a map over one or two parameters, its boundaries, its largest ratio.

use crate::claim::Sources;
use crate::claim::verdict::Verdict;
use crate::error::{Error, Result};
use crate::probe::boundary::{self, Boundary};
use crate::probe::measure::{Expander, Meter};
use crate::probe::place::PlaceOutcome;
use crate::probe::statement::{Coordinates, ProbedClaim};
use crate::probe::vary::Varied;
use crate::run::options::Options;
use crate::run::watch::Watch;

/// Closer looks around the largest ratio of a map that nothing refutes: a narrow break must not
/// hide between two points.
const CLIMBS: u64 = 4;

/// What a sweep found.
#[derive(Debug, Clone)]
pub struct Sweep {
    /// The varied parameters, one or two; none for a single point.
    pub parameters: Vec<Varied>,
    /// Findings, the first parameter fastest.
    pub map: Vec<PlaceOutcome>,
    /// Places that do not satisfy the hypotheses and are not in the map.
    pub outside: usize,
    /// Changes of the verdict along the first parameter; along the second where the first shows
    /// none.
    pub boundaries: Vec<Boundary>,
    /// Number of comparisons that share the level.
    pub comparisons: u64,
}

impl Sweep {
    /// The place with the largest ratio, among those that have one.
    pub fn largest(&self) -> Option<&PlaceOutcome> {
        self.map.iter().filter(|f| f.has_ratio()).max_by(|a, b| a.order(b))
    }
}

/// Fills in what the statement says of a parameter: whether it takes whole numbers only, or the
/// listed values only (checkpoints).
///
/// # Errors
/// What the statement refuses at the parameter's ends.
pub fn settle(parameter: Varied, mut takes: impl FnMut(f64) -> Result<()>) -> Result<Varied> {
    let (low, high) = (parameter.values[0], parameter.values[1]);
    if high.is_infinite() || takes(low).is_err() {
        return Ok(parameter);
    }
    let fraction = parameter.spacing.between(low, high, 0.381_966);
    if takes(fraction).is_ok() {
        return Ok(parameter);
    }
    let is_whole = |x: &f64| x.fract() == 0.0 || x.is_infinite();
    let ends_whole =
        parameter.values.first().is_some_and(is_whole) && parameter.values.last().is_some_and(is_whole);
    if ends_whole && takes(fraction.round()).is_ok() {
        return Ok(parameter.rounded());
    }
    Ok(Varied { listed: parameter.values.iter().all(|&value| takes(value).is_ok()), ..parameter })
}

/// The places of a map, at each of which the statement can be asked.
pub struct MapPlaces {
    at: Vec<Coordinates>,
    parameters: Vec<Varied>,
    expander: Expander,
}

impl MapPlaces {
    /// All values of `parameters` (at most two), the first one's fastest. The laws there are read,
    /// where `sources` has them not.
    ///
    /// # Errors
    /// More than two parameters; what [`ProbedClaim::at`] refuses at a place; no place that satisfies
    /// the hypotheses.
    pub fn new(statement: &ProbedClaim, parameters: Vec<Varied>, sources: Sources) -> Result<Self> {
        if parameters.len() > 2 {
            return Err(Error::invalid("--vary", "takes at most two parameters"));
        }
        let places_of = |parameter: Option<&Varied>| match parameter {
            None => vec![Coordinates::new()],
            Some(p) => p.values.iter().map(|&value| vec![(p.name.clone(), value)]).collect(),
        };
        let (inner, outer) = (places_of(parameters.first()), places_of(parameters.get(1)));
        let with = |rest: &Coordinates| -> Vec<Coordinates> {
            inner.iter().map(|place| [place.clone(), rest.clone()].concat()).collect()
        };
        let at: Vec<Coordinates> = outer.iter().flat_map(with).collect();
        let mut expander = Expander::having(sources);
        let snrs = statement.snrs.as_deref().unwrap_or(&[]);
        let mut satisfied = false;
        for place in &at {
            satisfied |= !expander.claim(statement, place, snrs)?.main.cases.is_empty();
        }
        if !satisfied {
            let message = "has no place that satisfies the claim's hypotheses (`where`)";
            return Err(Error::invalid("the probe", message));
        }
        Ok(Self { at, parameters, expander })
    }
}

/// Maps `places` and brackets the boundaries along the first parameter to the relative width `width`.
///
/// The family-wise level of `options` is shared by all cases that the sweep could come to take,
/// which are counted here.
///
/// # Errors
/// What [`Meter::measure`] meets.
pub fn sweep(
    statement: &ProbedClaim,
    places: MapPlaces,
    width: f64,
    options: Options,
    watch: &Watch,
) -> Result<Sweep> {
    let MapPlaces { at: places, parameters, mut expander } = places;
    let (first, second) = (parameters.first(), parameters.get(1));
    let comparisons =
        expander.cases_a_place(statement, &places[0])? * most_places(&places, &parameters, width);
    let options = Options { comparisons: Some(comparisons), ..options };
    let mut meter = Meter::new(statement, options, watch).having(expander);
    let mut map: Vec<PlaceOutcome> = meter.measure(&places)?.into_iter().flatten().collect();
    let outside = places.len() - map.len();
    let Some(first) = first else {
        return Ok(Sweep { parameters, map, outside, boundaries: Vec::new(), comparisons });
    };
    if second.is_none() {
        climb(&mut meter, first, &mut map)?;
    }
    let mut boundaries = boundary::bracket(&mut meter, first, &rows(first, second, &map), width)?;
    if let (Some(second), true) = (second, boundaries.is_empty()) {
        boundaries = boundary::bracket(&mut meter, second, &rows(second, Some(first), &map), width)?;
    }
    Ok(Sweep { parameters, map, outside, boundaries, comparisons })
}

/// Places that the map, the climbs and the bisections along either parameter take at most.
fn most_places(places: &[Coordinates], parameters: &[Varied], width: f64) -> u64 {
    let gaps = |p: &Varied| (places.len() - places.len() / p.values.len()) as u64 + 2 * CLIMBS;
    places.len() as u64
        + 2 * CLIMBS
        + parameters.iter().map(|p| gaps(p) * boundary::steps(p, width)).sum::<u64>()
}

/// For each value of `other`, the findings at increasing values of `parameter`.
fn rows(
    parameter: &Varied,
    other: Option<&Varied>,
    map: &[PlaceOutcome],
) -> Vec<(Coordinates, Vec<(f64, PlaceOutcome)>)> {
    let row = |rest: Coordinates| {
        let here = |f: &&PlaceOutcome| rest.iter().all(|(name, x)| f.at[name].to_bits() == x.to_bits());
        let found: Vec<(f64, PlaceOutcome)> =
            map.iter().filter(here).map(|f| (f.at[&parameter.name], f.clone())).collect();
        (rest, found)
    };
    match other {
        None => vec![row(Vec::new())],
        Some(other) => other.values.iter().map(|&value| row(vec![(other.name.clone(), value)])).collect(),
    }
}

/// Adds points on both sides of the largest ratio while nothing is refuted.
fn climb(meter: &mut Meter, parameter: &Varied, map: &mut Vec<PlaceOutcome>) -> Result<()> {
    let at = |f: &PlaceOutcome| f.at[&parameter.name];
    for _ in 0..CLIMBS {
        if meter.stopped() || map.iter().any(|f| f.outcome.verdict == Verdict::Refuted) {
            return Ok(());
        }
        let Some(top) = (0..map.len()).max_by(|&i, &j| map[i].order(&map[j])) else { return Ok(()) };
        let neighbours = [top.checked_sub(1), (top + 1 < map.len()).then_some(top + 1)];
        let middles = neighbours.into_iter().flatten().filter_map(|i| {
            let (a, b) = (at(&map[i.min(top)]), at(&map[i.max(top)]));
            parameter.middle(a, b)
        });
        let places: Vec<Coordinates> = middles.map(|value| vec![(parameter.name.clone(), value)]).collect();
        map.extend(meter.measure(&places)?.into_iter().flatten());
        map.sort_by(|a, b| at(a).total_cmp(&at(b)));
    }
    Ok(())
}
