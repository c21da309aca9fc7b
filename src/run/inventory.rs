//! What a run is about: its distinct needs, its sources and its claims, with what was computed once
//! and is asked for often.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use xxhash_rust::xxh3::Xxh3;

use crate::channel::exact::curve::base;
use crate::claim::{Case, Claim, Input, Section};
use crate::error::{Error, Result};
use crate::instrument::Instrument;
use crate::quantity::{Memo, Need, path};
use crate::report::exponents::family;
use crate::report::labels;
use crate::report::model::{AssumptionReport, SourceReport};
use crate::run::find::{Unplaced, find};
use crate::run::ledger::{Lane, distinct};
use crate::run::options::{MethodChoice, Options};
use crate::run::part::Finding;
use crate::run::pictures;
use crate::run::prove;
use crate::run::stage::{LaneUnit, StageUnit};
use crate::run::take::Sampled;
use crate::run::work::Measures;
use crate::source::{Pmf, Source, assume};

/// Most SNRs of steps that a part carries for one number (37 kB): longer schedules are made anew.
const MOST_CARRIED: usize = 4096;

/// What a run is about.
pub struct Inventory {
    /// The distinct needs of its cases, in their order.
    pub needs: Vec<Need>,
    /// The place of each by its key.
    pub index: HashMap<String, usize>,
    /// The needs of each case, by their places.
    pub cases: Vec<Vec<usize>>,
    /// The sources that the claims' cases speak of, in their order.
    pub sources: Vec<Arc<Source>>,
    claims: Vec<Claim>,
    seed: u64,
    method: MethodChoice,
    /// The memo of deterministic results.
    pub tools: Arc<Memo>,
    /// What samples a need, where that was made here.
    made: Mutex<HashMap<usize, Box<dyn Instrument>>>,
    /// Why a need cannot be had, where that was found here.
    failed: Mutex<HashMap<usize, Arc<Error>>>,
    /// What takes the samples of a lane, where that was made here.
    lanes: Mutex<HashMap<usize, (Vec<usize>, Sampled)>>,
}

/// What is found beside numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paged {
    /// Nothing.
    No,
    /// What is known of the sources.
    Sources,
    /// That and the schedules that claims compare.
    Whole,
}

/// The needs of a case.
pub fn needs_of(case: &Case) -> impl Iterator<Item = &Need> {
    let sides = case.points.iter().flat_map(|p| std::iter::once(&p.lhs).chain(&p.rhs).chain(&p.abscissa));
    sides.flat_map(|bound| &bound.inputs).filter_map(|input| match input {
        Input::Need(need) => Some(need),
        Input::Number(_) => None,
    })
}

/// All cases with their sections, or the one that `only` names.
///
/// # Errors
/// An `only` that names no case.
pub fn cases<'a>(claims: &'a [Claim], options: &Options) -> Result<Vec<(&'a Section, &'a Case)>> {
    let mut open = Vec::new();
    for (name, section) in claims.iter().flat_map(Claim::sections) {
        for (i, case) in section.cases.iter().enumerate() {
            if options.only.as_ref().is_none_or(|only| *only == format!("{name}/{}", i + 1)) {
                open.push((section, case));
            }
        }
    }
    match (&options.only, open.is_empty()) {
        (Some(only), true) if !prove::is_named(claims, options) => Err(Error::invalid(
            "--case",
            format!("`{only}` names no case; addresses look like main/1 or control-2/3"),
        )),
        _ => Ok(open),
    }
}

impl Inventory {
    /// What `claims` are about, all their cases or the one that is asked for.
    ///
    /// # Errors
    /// An `only` that names no case.
    pub fn of(claims: &[Claim], options: &Options) -> Result<Self> {
        Ok(Self::new(claims, cases(claims, options)?.into_iter().map(|(_, case)| case), options))
    }

    /// What `claims` are about; `cases` are those that are judged.
    pub fn new<'a>(claims: &[Claim], cases: impl Iterator<Item = &'a Case>, options: &Options) -> Self {
        let cases: Vec<&Case> = cases.collect();
        let (needs, index) = distinct(cases.iter().flat_map(|case| needs_of(case)));
        let place = |need: &Need| index[&need.key()];
        let mut sources: Vec<Arc<Source>> = Vec::new();
        let mut seen = std::collections::HashSet::new();
        let sections = claims.iter().flat_map(Claim::sections).map(|(_, section)| section);
        for source in sections.flat_map(sources_of) {
            if seen.insert(source.spec().to_owned()) {
                sources.push(Arc::clone(source));
            }
        }
        Self {
            cases: cases.iter().map(|case| needs_of(case).map(place).collect()).collect(),
            needs,
            index,
            sources,
            claims: claims.to_vec(),
            seed: options.seed,
            method: options.method,
            tools: Arc::default(),
            made: Mutex::default(),
            failed: Mutex::default(),
            lanes: Mutex::default(),
        }
    }

    /// Of numbers without a claim, with a memo of deterministic results.
    pub fn numbers(needs: &[Need], (method, seed): (MethodChoice, u64), tools: &Arc<Memo>) -> Self {
        let (needs, index) = distinct(needs.iter());
        let options = Options { method, seed, ..Options::default() };
        Self { needs, index, tools: Arc::clone(tools), ..Self::new(&[], std::iter::empty(), &options) }
    }

    /// How each need is had, by what was `found` of some, which says its number; the others were
    /// left by a stop.
    pub fn routes(&self, found: impl IntoIterator<Item = (usize, Finding)>) -> Vec<Result<Unplaced>> {
        let mut routes: Vec<Result<Unplaced>> = self.needs.iter().map(|_| Err(Error::Interrupted)).collect();
        for (number, finding) in found {
            routes[number] = match finding {
                Finding::Known(estimate) => Ok(Unplaced::Known(estimate)),
                Finding::Sampled(steps) => {
                    self.take_steps(number, steps);
                    self.instrument(number).map(Unplaced::Sampled)
                }
                Finding::Missing(why) => Err(match locked(&self.failed).get(&number) {
                    Some(error) => Error::Shared(Arc::clone(error)),
                    None => Error::Told(why),
                }),
                Finding::Source(_) | Finding::Grids(_) | Finding::Own(_) => continue,
            };
        }
        routes
    }

    /// Takes over the SNRs of the steps that other tasks `found` of some needs, which says their numbers.
    pub fn recall(&self, found: impl IntoIterator<Item = (usize, Finding)>) {
        for (number, finding) in found {
            if let Finding::Sampled(steps) = finding {
                self.take_steps(number, steps);
            }
        }
    }

    fn take_steps(&self, number: usize, steps: Option<Vec<f64>>) {
        if let Some(steps) = steps {
            path::keep(&self.needs[number], &self.tools, steps);
        }
    }

    /// A hash of every number that it is about and of how these are had.
    pub fn hash(&self) -> u64 {
        let mut hash = Xxh3::new();
        hash.update(env!("CARGO_PKG_VERSION").as_bytes());
        hash.update(&self.seed.to_le_bytes());
        hash.update(self.method.name().as_bytes());
        for (path, sum) in crate::table::files::read_so_far() {
            let name = path.to_string_lossy();
            let of_source = || self.sources.iter().any(|source| source.spec().contains(&*name));
            if of_source() || self.needs.iter().any(|need| need.names_file(&name)) {
                hash.update(name.as_bytes());
                hash.update(&sum.to_le_bytes());
            }
        }
        for need in &self.needs {
            hash.update(need.key().as_bytes());
            hash.update(b"\n");
        }
        hash.digest()
    }

    /// Everything that needs no samples: numbers, and what a page shows beside them; law by law, so that
    /// what the numbers of a law share is made by few tasks.
    pub fn units(&self, page: Paged) -> Vec<StageUnit> {
        let needs = (0..self.needs.len()).map(StageUnit::Need);
        let (sources, grids) = match page {
            Paged::No => (0, 0),
            Paged::Sources => (self.sources.len(), 0),
            Paged::Whole => (self.sources.len(), self.claims.len()),
        };
        let mut units: Vec<StageUnit> = needs
            .chain((0..sources).map(StageUnit::Source))
            .chain((0..grids).map(StageUnit::Grids))
            .collect();
        let mut laws = HashMap::new();
        for source in self.needs.iter().map(|need| &need.source).chain(&self.sources) {
            let next = laws.len();
            laws.entry(base(source).0.spec()).or_insert(next);
        }
        let law = |source: &Source| laws[base(source).0.spec()];
        units.sort_by_key(|unit| match unit {
            StageUnit::Need(number) => law(&self.needs[*number].source),
            StageUnit::Source(number) => law(&self.sources[*number]),
            _ => usize::MAX,
        });
        units
    }

    /// What samples need number `number`, each time a new one.
    ///
    /// # Errors
    /// Those of [`Need::instrument`].
    pub fn instrument(&self, number: usize) -> Result<Box<dyn Instrument>> {
        let made = locked(&self.made).remove(&number);
        made.map_or_else(|| self.needs[number].instrument(&self.tools), Ok)
    }

    /// Seed of all randomness.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// Keeps what takes the samples of `columns` of lane number `lane`.
    pub fn keep(&self, lane: usize, columns: Vec<usize>, sampled: &Sampled) {
        locked(&self.lanes).insert(lane, (columns, sampled.clone()));
    }
}

impl Measures for Inventory {
    fn find(&self, unit: &StageUnit) -> Finding {
        match *unit {
            StageUnit::Need(number) => match find(&self.needs[number], self.method, &self.tools) {
                Ok(Unplaced::Known(estimate)) => Finding::Known(estimate),
                Ok(Unplaced::Sampled(instrument)) => {
                    locked(&self.made).insert(number, instrument);
                    let steps = path::found(&self.needs[number], &self.tools);
                    Finding::Sampled(steps.filter(|s| s.len() <= MOST_CARRIED).map(|s| s.to_vec()))
                }
                Err(error) => {
                    let why = error.to_string();
                    locked(&self.failed).insert(number, Arc::new(error));
                    Finding::Missing(why)
                }
            },
            StageUnit::Source(number) => Finding::Source(source_report(&self.sources[number])),
            StageUnit::Grids(number) => {
                Finding::Grids(pictures::schedules(&self.claims[number], &self.tools))
            }
            StageUnit::Own(_) | StageUnit::Lane(_) => {
                unreachable!("a lane needs samples; a caller finds its own")
            }
        }
    }

    /// What was kept, or made anew.
    fn sampled(&self, unit: &LaneUnit) -> Result<Sampled> {
        if let Some((columns, sampled)) = locked(&self.lanes).get(&unit.lane)
            && *columns == unit.columns
        {
            return Ok(sampled.clone());
        }
        let (&first, others) = unit.columns.split_first().expect("a lane has columns");
        let mut lane = Lane::new(self.instrument(first)?, first, &self.needs[first]);
        for &number in others {
            lane.join(self.instrument(number)?, number, &self.needs[number]);
        }
        lane.instrument.prepare()?;
        Ok(Sampled::new(lane.instrument.into(), lane.words, unit.pairs.clone(), self.seed))
    }
}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The sources that a section's two sides speak of.
fn sources_of(section: &Section) -> impl Iterator<Item = &Arc<Source>> {
    let points = section.cases.iter().flat_map(|case| &case.points);
    let inputs =
        points.flat_map(|point| point.lhs.inputs.iter().chain(point.rhs.iter().flat_map(|rhs| &rhs.inputs)));
    inputs.filter_map(|input| match input {
        Input::Need(need) => Some(&need.source),
        Input::Number(_) => None,
    })
}

fn source_report(source: &Source) -> SourceReport {
    let of_pmf = |f: fn(&dyn Pmf) -> f64| source.pmf().map_or(f64::INFINITY, f);
    SourceReport {
        spec: source.spec().into(),
        label: labels::source(source.spec()),
        family: family(source.spec()),
        dim: source.dim(),
        shannon: of_pmf(|p| p.shannon().value),
        renyi_half: of_pmf(|p| p.renyi(0.5).value),
        info_variance: of_pmf(|p| p.info_variance().value),
        second_moment: source.second_moment().value,
        notes: source.notes().to_vec(),
        assumptions: assume::assess(source)
            .into_iter()
            .map(|f| AssumptionReport {
                name: f.assumption.name().into(),
                finding: f.verdict.to_string(),
                symbol: f.assumption.symbol().into(),
                number: f.number.map_or(f64::NAN, |number| number.value),
                evidence: f.evidence,
            })
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quantity::{Setting, find};

    /// What one task makes of a schedule travels with what it finds: no other makes it anew.
    #[test]
    fn steps_travel() {
        let need = |steps| Need {
            source: Arc::new(Source::parse("codebook:atoms=8,dim=2").unwrap()),
            quantity: find("path_kl").unwrap(),
            setting: Setting::path(steps, "geometric", 0.05, 20.0),
        };
        let of = |need: &Need| {
            Inventory::numbers(std::slice::from_ref(need), (MethodChoice::Auto, 0), &Arc::default())
        };
        let few = need(8);
        let (one, other) = (of(&few), of(&few));
        let finding = one.find(&StageUnit::Need(0));
        assert!(path::found(&few, &other.tools).is_none());
        other.recall([(0, finding)]);
        assert_eq!(path::found(&few, &other.tools), path::found(&few, &one.tools));
        assert_eq!(path::found(&few, &other.tools).unwrap().len(), 9);
        // Unless they are many.
        let many = need(MOST_CARRIED);
        let finding = of(&many).find(&StageUnit::Need(0));
        assert!(matches!(finding, Finding::Sampled(None)), "{finding:?}");
    }
}
