//! Every number that a run needs, once: known ones at once, the others as columns on the lane of
//! their samples.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::mpsc::Sender;

use rayon::prelude::*;

use crate::channel::exact::pairs;
use crate::error::{Error, Result};
use crate::instrument::Instrument;
use crate::numeric::estimate::{Estimate, Method};
use crate::quantity::{Instruments, Need, Rule};
use crate::run::options::MethodChoice;
use crate::run::stop::Stop;

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

/// Which numbers of one source are measured side by side. No value depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Company {
    /// All that share samples: a case may compare them, and needs their covariance.
    Shared,
    /// Numbers of K steps each alone: what takes long holds no other.
    Alone,
}

/// What is sampled together: columns of the same samples of one source.
pub struct Lane {
    /// Takes the samples, with distinct columns.
    pub instrument: Box<dyn Instrument>,
    /// What each column is, in words: the first need that is read off it.
    pub words: Vec<String>,
}

/// The distinct needs of a run and where each comes from.
#[derive(Default)]
pub struct Ledger {
    routes: Vec<Route>,
    index: HashMap<String, usize>,
    /// Whether a stop came before every need had its route.
    pub interrupted: bool,
    /// A lane for each instrument and source, and one for each number that is alone.
    pub lanes: Vec<Lane>,
    /// The lane that others may join, by the name of its samples.
    shared: HashMap<String, usize>,
}

/// How routes are found.
#[derive(Clone, Copy)]
pub struct Search<'a> {
    /// Which evaluators may be used.
    pub method: MethodChoice,
    /// What shares samples.
    pub company: Company,
    /// The memo of deterministic results.
    pub tools: &'a Arc<Instruments>,
    /// Ends the search.
    pub stop: &'a Stop,
    /// Called after each need.
    pub found: &'a dyn Fn(),
}

/// A bracket [0, U] below this is 0: squares of samples would underflow.
const VANISHING: f64 = 1e-140;
/// A bracket of this share of its value is no wider than the rounding of the value.
const ROUNDING: f64 = 16.0 * f64::EPSILON;

/// The value that a bracket leaves no room for: 0 within a bound that no sample's weight could
/// show, or what differs from its ends by rounding alone.
fn decided(need: &Need) -> Option<Estimate> {
    let least = pairs::at_least(&need.source, need.setting.snr().ok()?)?;
    let [low, high] = (least < ROUNDING).then(|| need.proven())??;
    let (middle, half) = (0.5 * (low + high), 0.5 * (high - low));
    if low.abs().max(high.abs()) < VANISHING {
        Some(Estimate::quadrature(0.0, high))
    } else {
        (half <= ROUNDING * middle.abs()).then(|| Estimate::quadrature(middle, half))
    }
}

/// A route before lanes are given.
enum Unplaced {
    Known(Estimate),
    Sampled(Box<dyn Instrument>),
}

impl Ledger {
    /// Finds a route for every need; deterministic ones are evaluated here, in parallel.
    ///
    /// A need that has no route by the method chosen, that its quantity refuses, or that a stop
    /// left behind is [`Route::Missing`] and takes no other with it.
    pub fn new<'a>(needs: impl Iterator<Item = &'a Need>, search: Search) -> Self {
        let mut ledger = Self::default();
        let mut distinct: Vec<Need> = Vec::new();
        for need in needs {
            ledger.index.entry(need.key()).or_insert_with(|| {
                distinct.push(need.clone());
                distinct.len() - 1
            });
        }
        let found = find_all(&distinct, search);
        for (need, found) in distinct.into_iter().zip(found) {
            let alone = search.company == Company::Alone && need.setting.steps().is_ok();
            let route = match found.unwrap_or(Err(Error::Interrupted)) {
                Ok(Unplaced::Known(estimate)) => Route::Known(estimate),
                Ok(Unplaced::Sampled(instrument)) => Route::Sampled(ledger.place(&need, instrument, alone)),
                Err(error) => {
                    ledger.interrupted |= matches!(error, Error::Interrupted);
                    Route::Missing(Arc::new(error))
                }
            };
            ledger.routes.push(route);
        }
        ledger
    }

    /// Gives the one column of `instrument` to the lane of its samples, or starts one where there
    /// is none, or where it is to be `alone`.
    fn place(&mut self, need: &Need, instrument: Box<dyn Instrument>, alone: bool) -> LaneColumn {
        let next = self.lanes.len();
        let lane = if alone { next } else { *self.shared.entry(instrument.samples()).or_insert(next) };
        if lane == next {
            self.lanes.push(Lane { instrument, words: vec![need.to_string()] });
            return LaneColumn { lane, column: 0 };
        }
        let Lane { instrument: joined, words } = &mut self.lanes[lane];
        let column = joined.join(instrument);
        if column == words.len() {
            words.push(need.to_string());
        }
        LaneColumn { lane, column }
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

/// What is found of each need; `None` where a stop came first.
fn find_all(needs: &[Need], search: Search) -> Vec<Option<Result<Unplaced>>> {
    let mut all: Vec<Option<Result<Unplaced>>> = needs.iter().map(|_| None).collect();
    let (needs, tools, asked, method) =
        (needs.to_vec(), Arc::clone(search.tools), search.stop.clone(), search.method);
    let work = move |sender: &Sender<(usize, Result<Unplaced>)>| {
        // One by one: what takes long must not hold others that wait behind it.
        needs.par_iter().enumerate().with_max_len(1).for_each(|(i, need)| {
            if !asked.requested() {
                // Nobody listens after a stop.
                let _ = sender.send((i, find(need, method, &tools)));
            }
        });
    };
    let keep = |(i, found): (usize, Result<Unplaced>)| {
        all[i] = Some(found);
        (search.found)();
        Ok(())
    };
    search.stop.attend(work, keep).expect("keeping a result cannot fail");
    all
}

fn find(need: &Need, method: MethodChoice, tools: &Instruments) -> Result<Unplaced> {
    let unsupported = |message: &str| Error::Unsupported {
        quantity: need.quantity.name.into(),
        source_spec: need.source.spec().into(),
        message: message.into(),
    };
    if let Rule::Known(value) = &need.quantity.rule {
        return value(need).map(Unplaced::Known);
    }
    let may_sample = matches!(method, MethodChoice::Auto | MethodChoice::MonteCarlo);
    let sampled = need.quantity.is_sampled();
    if (method != MethodChoice::MonteCarlo || !sampled)
        && let Some(estimate) = need.deterministic(tools)?
    {
        let wanted = match method {
            MethodChoice::ClosedForm => estimate.method == Method::ClosedForm,
            MethodChoice::Quadrature => estimate.method != Method::MonteCarlo,
            MethodChoice::Auto | MethodChoice::MonteCarlo => true,
        };
        return if wanted {
            Ok(Unplaced::Known(within_proven(need, estimate)))
        } else {
            Err(unsupported("has no closed form; use --method auto"))
        };
    }
    match (may_sample, sampled) {
        (true, true) => decided(need)
            .map(Unplaced::Known)
            .map_or_else(|| need.instrument(tools).map(Unplaced::Sampled), Ok),
        (true, false) => Err(unsupported(
            "has a deterministic route alone, and none for this law: it needs a law on a line with a finite variance, \
             a product of such, or a Gaussian",
        )),
        (false, _) => Err(unsupported("has no deterministic route; use --method auto or monte-carlo")),
    }
}

/// `estimate`, doubted where its bound reaches over all that is proven of the value. Going through
/// the pairs of atoms pays where the bound is of the value's size alone.
fn within_proven(need: &Need, estimate: Estimate) -> Estimate {
    let wide = estimate.bound >= estimate.value.abs();
    let proven = if wide { need.proven() } else { None };
    proven.map_or(estimate, |range| estimate.within(range))
}
