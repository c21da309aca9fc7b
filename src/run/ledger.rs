//! Every number that a run needs, once: known ones at once, the others as readouts on the lane of their source.

use std::collections::HashMap;
use std::sync::Arc;

use rayon::prelude::*;

use crate::error::{Error, Result};
use crate::estimate::{Estimate, Method};
use crate::posterior::Readout;
use crate::quantity::{Instruments, Need, Rule};
use crate::run::MethodChoice;
use crate::sampler::Statistic;
use crate::source::Source;

/// Where one number comes from.
#[derive(Debug, Clone)]
pub enum Route {
    /// Deterministic: final.
    Known(Estimate),
    /// Readout number `readout` of lane `lane`.
    Sampled {
        /// Index into [`Ledger::lanes`].
        lane: usize,
        /// Index into [`Lane::columns`].
        readout: usize,
    },
}

/// What is sampled together: numbers of the same samples of one source.
pub struct Lane {
    /// The source.
    pub source: Arc<Source>,
    /// Its distinct columns.
    pub columns: Columns,
}

/// The columns of a lane.
pub enum Columns {
    /// Readouts of posterior sums.
    Readouts(Vec<Readout>),
    /// Statistics of simulated paths, with their names; all give the same number of rows a batch.
    Statistics(Vec<(String, Box<dyn Statistic>)>),
}

impl Columns {
    /// Rows of a batch where the columns are statistics.
    pub fn statistic_rows(&self) -> Option<usize> {
        match self {
            Self::Readouts(_) => None,
            Self::Statistics(all) => all.first().map(|(_, statistic)| statistic.rows()),
        }
    }

    /// Number of columns.
    pub fn len(&self) -> usize {
        match self {
            Self::Readouts(all) => all.len(),
            Self::Statistics(all) => all.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// The distinct needs of a run and where each comes from.
#[derive(Default)]
pub struct Ledger {
    routes: Vec<Route>,
    index: HashMap<String, usize>,
    /// Each sampled source has a lane for its readouts, and one for statistics of its paths (one for each number of rows).
    pub lanes: Vec<Lane>,
}

/// Two needs with the same key are the same number.
fn key(need: &Need) -> String {
    format!("{}|{}|{:?}", need.source.spec(), need.quantity.name, need.setting)
}

enum Found {
    Known(Estimate),
    Readout(Readout),
    Statistic(Box<dyn Statistic>),
}

impl Ledger {
    /// Finds a route for every need; deterministic ones are evaluated here, in parallel. `done` is called after each.
    ///
    /// # Errors
    /// [`Error::Unsupported`] where no route exists by the method chosen; whatever a quantity refuses.
    pub fn new<'a>(
        needs: impl Iterator<Item = &'a Need>,
        choice: MethodChoice,
        tools: &Instruments,
        done: &(dyn Fn() + Sync),
    ) -> Result<Self> {
        let mut ledger = Self::default();
        let mut distinct: Vec<&Need> = Vec::new();
        for need in needs {
            ledger.index.entry(key(need)).or_insert_with(|| {
                distinct.push(need);
                distinct.len() - 1
            });
        }
        let found: Vec<Result<Found>> = distinct
            .par_iter()
            .map(|need| {
                let found = find(need, choice, tools);
                done();
                found
            })
            .collect();
        for (need, found) in distinct.into_iter().zip(found) {
            let route = match found? {
                Found::Known(estimate) => Route::Known(estimate),
                Found::Readout(readout) => ledger.place_readout(&need.source, readout),
                Found::Statistic(statistic) => ledger.place_statistic(need, statistic),
            };
            ledger.routes.push(route);
        }
        Ok(ledger)
    }

    /// The lane of `source` whose columns give `rows` rows a batch (`None`: readouts).
    fn lane(&mut self, source: &Arc<Source>, rows: Option<usize>) -> usize {
        let same = |lane: &Lane| lane.source.spec() == source.spec() && lane.columns.statistic_rows() == rows;
        self.lanes.iter().position(same).unwrap_or_else(|| {
            let columns = if rows.is_some() { Columns::Statistics(Vec::new()) } else { Columns::Readouts(Vec::new()) };
            self.lanes.push(Lane { source: Arc::clone(source), columns });
            self.lanes.len() - 1
        })
    }

    fn place_readout(&mut self, source: &Arc<Source>, readout: Readout) -> Route {
        let lane = self.lane(source, None);
        let Columns::Readouts(readouts) = &mut self.lanes[lane].columns else {
            unreachable!("a lane without rows holds readouts")
        };
        let at = readouts.iter().position(|r| *r == readout).unwrap_or_else(|| {
            readouts.push(readout);
            readouts.len() - 1
        });
        Route::Sampled { lane, readout: at }
    }

    /// Needs are distinct, and so are their statistics.
    fn place_statistic(&mut self, need: &Need, statistic: Box<dyn Statistic>) -> Route {
        let lane = self.lane(&need.source, Some(statistic.rows()));
        let Columns::Statistics(statistics) = &mut self.lanes[lane].columns else {
            unreachable!("a lane with rows holds statistics")
        };
        statistics.push((key(need), statistic));
        Route::Sampled { lane, readout: statistics.len() - 1 }
    }

    /// The route of a need that the ledger was made with.
    pub fn route(&self, need: &Need) -> &Route {
        &self.routes[self.index[&key(need)]]
    }

    /// Number of distinct numbers.
    pub fn len(&self) -> usize {
        self.routes.len()
    }

    /// Whether nothing is needed.
    pub fn is_empty(&self) -> bool {
        self.routes.is_empty()
    }
}

fn find(need: &Need, choice: MethodChoice, tools: &Instruments) -> Result<Found> {
    let unsupported = |message: &str| Error::Unsupported {
        quantity: need.quantity.name.into(),
        source_spec: need.source.spec().into(),
        message: message.into(),
    };
    let (deterministic, sampled) = match &need.quantity.rule {
        Rule::Known(value) => return value(need).map(Found::Known),
        Rule::Measured { deterministic, readout, .. } => (Some(deterministic), readout.map(Sampled::Readout)),
        Rule::Simulated { deterministic, statistic } => (deterministic.as_ref(), Some(Sampled::Statistic(*statistic))),
    };
    if (choice != MethodChoice::MonteCarlo || sampled.is_none())
        && let Some(deterministic) = deterministic
        && let Some(estimate) = deterministic(need, tools)?
    {
        let wanted = match choice {
            MethodChoice::ClosedForm => estimate.method == Method::ClosedForm,
            MethodChoice::Quadrature => estimate.method != Method::MonteCarlo,
            MethodChoice::Auto | MethodChoice::MonteCarlo => true,
        };
        return if wanted {
            Ok(Found::Known(estimate))
        } else {
            Err(unsupported("has no closed form; use --method auto"))
        };
    }
    match (choice, sampled) {
        (MethodChoice::Auto | MethodChoice::MonteCarlo, Some(Sampled::Readout(readout))) => {
            crate::posterior::sampler(&need.source)?;
            readout(need, tools).map(Found::Readout)
        }
        (MethodChoice::Auto | MethodChoice::MonteCarlo, Some(Sampled::Statistic(statistic))) => {
            statistic(need, tools).map(Found::Statistic)
        }
        (MethodChoice::Auto | MethodChoice::MonteCarlo, None) => {
            Err(unsupported("has a deterministic route for laws on a line, their products and Gaussians only"))
        }
        _ => Err(unsupported("has no deterministic route; use --method auto or monte-carlo")),
    }
}

/// How a quantity is sampled.
enum Sampled {
    Readout(fn(&Need, &Instruments) -> Result<Readout>),
    Statistic(fn(&Need, &Instruments) -> Result<Box<dyn Statistic>>),
}
