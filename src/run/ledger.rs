//! Every number that a run needs, once: known ones, and the others as columns on the lane of their
//! samples.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use crate::error::{Error, Result};
use crate::instrument::Instrument;
use crate::numeric::estimate::Estimate;
use crate::quantity::Need;
use crate::run::find::Unplaced;

/// Most columns of one lane, but for those that a case combines: what is measured of a lane then
/// takes less than a megabyte.
const COLUMNS: usize = 256;

/// Where one number comes from.
#[derive(Debug, Clone)]
pub enum Route {
    /// Deterministic: final.
    Known(Estimate),
    /// None: the number cannot be had, and this is why.
    Missing(Arc<Error>),
    /// A column of a lane.
    Sampled(LaneColumn),
}

/// One column among all lanes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct LaneColumn {
    /// Index into [`Ledger::lanes`].
    pub lane: usize,
    /// Column of [`Lane::instrument`].
    pub column: usize,
}

/// What is sampled together: columns of the same samples of one source.
pub struct Lane {
    /// Takes the samples, with distinct columns.
    pub instrument: Box<dyn Instrument>,
    /// What each column is: the number of the first need that is read off it.
    pub needs: Vec<usize>,
    /// The same in words.
    pub words: Vec<String>,
}

impl Lane {
    /// A lane with the one column of `instrument`, the value of need number `number`.
    pub fn new(instrument: Box<dyn Instrument>, number: usize, need: &Need) -> Self {
        Self { instrument, needs: vec![number], words: vec![need.to_string()] }
    }

    /// Takes in one more column of the same samples; returns where it stands.
    pub fn join(&mut self, instrument: Box<dyn Instrument>, number: usize, need: &Need) -> usize {
        let column = self.instrument.join(instrument);
        if column == self.words.len() {
            self.needs.push(number);
            self.words.push(need.to_string());
        }
        column
    }
}

/// The distinct needs of a run and where each comes from.
#[derive(Default)]
pub struct Ledger {
    routes: Vec<Route>,
    index: HashMap<String, usize>,
    /// A lane for each instrument and source, and further ones where it has too many columns.
    pub lanes: Vec<Lane>,
}

/// The distinct ones among some needs, in their order, and the place of each by its key.
pub fn distinct<'a>(needs: impl Iterator<Item = &'a Need>) -> (Vec<Need>, HashMap<String, usize>) {
    let (mut distinct, mut index) = (Vec::new(), HashMap::new());
    for need in needs {
        index.entry(need.key()).or_insert_with(|| {
            distinct.push(need.clone());
            distinct.len() - 1
        });
    }
    (distinct, index)
}

impl Ledger {
    /// The ledger of `needs` with what was found of each. Those of one `group` share a lane where they
    /// share samples.
    pub fn of(
        (needs, index): (&[Need], HashMap<String, usize>),
        found: Vec<Result<Unplaced>>,
        group: impl Fn(usize) -> usize,
    ) -> Self {
        let mut ledger = Self { index, ..Self::default() };
        let mut shared = HashMap::new();
        for (number, (need, found)) in needs.iter().zip(found).enumerate() {
            let route = match found {
                Ok(Unplaced::Known(estimate)) => Route::Known(estimate),
                Err(error) => Route::Missing(Arc::new(error)),
                Ok(Unplaced::Sampled(instrument)) => {
                    Route::Sampled(ledger.place(&mut shared, group(number), instrument, number, need))
                }
            };
            ledger.routes.push(route);
        }
        ledger
    }

    /// Gives the one column of `instrument` to the lane of its samples and `group`, or starts one
    /// where there is none.
    fn place(
        &mut self,
        shared: &mut HashMap<(String, usize), usize>,
        group: usize,
        instrument: Box<dyn Instrument>,
        number: usize,
        need: &Need,
    ) -> LaneColumn {
        let next = self.lanes.len();
        let lane = *shared.entry((instrument.samples(), group)).or_insert(next);
        if lane == next {
            self.lanes.push(Lane::new(instrument, number, need));
            return LaneColumn { lane, column: 0 };
        }
        LaneColumn { lane, column: self.lanes[lane].join(instrument, number, need) }
    }

    /// The route of a need that the ledger was made with.
    pub fn route(&self, need: &Need) -> &Route {
        &self.routes[self.index[&need.key()]]
    }

    /// The column of a need that is sampled.
    pub fn slot(&self, need: &Need) -> Option<LaneColumn> {
        match self.route(need) {
            Route::Sampled(slot) => Some(*slot),
            Route::Known(_) | Route::Missing(_) => None,
        }
    }
}

/// For each need the group of columns that it goes with: what `cases` combine stays together, and
/// for each instrument groups are filled up to 256 columns, in the order of the needs.
pub fn groups(needs: &[Need], found: &[Result<Unplaced>], cases: &[Vec<usize>]) -> Vec<usize> {
    let mut parent: Vec<usize> = (0..needs.len()).collect();
    for case in cases {
        for pair in case.windows(2) {
            let (a, b) = (root(&mut parent, pair[0]), root(&mut parent, pair[1]));
            parent[a.max(b)] = a.min(b);
        }
    }
    let mut together: BTreeMap<(String, usize), Vec<usize>> = BTreeMap::new();
    let mut order: Vec<(String, usize)> = Vec::new();
    for (number, found) in found.iter().enumerate() {
        let Ok(Unplaced::Sampled(instrument)) = found else { continue };
        let key = (instrument.samples(), root(&mut parent, number));
        let members = together.entry(key.clone()).or_default();
        if members.is_empty() {
            order.push(key);
        }
        members.push(number);
    }
    let (mut filled, mut groups) = (HashMap::<String, (usize, usize)>::new(), vec![0; needs.len()]);
    for key in order {
        let members = &together[&key];
        let (group, columns) = filled.entry(key.0).or_insert((0, 0));
        if *columns > 0 && *columns + members.len() > COLUMNS {
            (*group, *columns) = (*group + 1, 0);
        }
        *columns += members.len();
        members.iter().for_each(|&number| groups[number] = *group);
    }
    groups
}

/// The first member of a set of needs that are combined.
fn root(parent: &mut [usize], mut at: usize) -> usize {
    while parent[at] != at {
        parent[at] = parent[parent[at]];
        at = parent[at];
    }
    at
}
