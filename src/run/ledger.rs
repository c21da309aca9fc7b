//! Every number that a run needs, once: known ones at once, the others as readouts on the lane of their source.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::mpsc::Sender;

use rayon::prelude::*;

use crate::channel::exact::pairs;
use crate::channel::posterior::{self, Readout, SnrPoint, Term};
use crate::error::{Error, Result};
use crate::numeric::estimate::{Estimate, Method};
use crate::process::Statistic;
use crate::quantity::{Instruments, Need, Rule};
use crate::run::options::MethodChoice;
use crate::run::stop::Stop;
use crate::source::{Law, Source};

/// Where one number comes from.
#[derive(Debug, Clone)]
pub enum Route {
    /// Deterministic: final.
    Known(Estimate),
    /// None: the number cannot be had, and this is why.
    Missing(Arc<Error>),
    /// Readout number `readout` of lane `lane`.
    Sampled {
        /// Index into [`Ledger::lanes`].
        lane: usize,
        /// Index into [`Lane::columns`].
        readout: usize,
    },
}

/// Which numbers of one source are measured side by side. No value depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Company {
    /// All that share samples: a case may compare them, and needs their covariance.
    Shared,
    /// Numbers of K steps each alone: what takes long holds no other.
    Alone,
}

/// What is sampled together: numbers of the same samples of one source.
pub struct Lane {
    /// The source.
    pub source: Arc<Source>,
    /// Whether it holds one number alone.
    alone: bool,
    /// Its distinct columns.
    pub columns: Columns,
    /// What each column is, in words: the first need that is read off it.
    pub words: Vec<String>,
}

/// The columns of a lane.
pub enum Columns {
    /// Readouts of posterior sums.
    Readouts {
        /// The SNR that the noise is tilted for, where plain samples would see nothing; such a lane serves that SNR alone.
        tilt: Option<f64>,
        /// The readouts.
        readouts: Vec<Readout>,
    },
    /// Statistics of simulated paths.
    Statistics {
        /// Rows that each gives for a batch.
        rows: usize,
        /// The statistics with their names.
        statistics: Vec<(String, Box<dyn Statistic>)>,
    },
}

impl Columns {
    /// Whether both are numbers of the same samples, given the same source.
    fn share_samples(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Readouts { tilt: a, .. }, Self::Readouts { tilt: b, .. }) => {
                a.map(f64::to_bits) == b.map(f64::to_bits)
            }
            (Self::Statistics { rows: a, .. }, Self::Statistics { rows: b, .. }) => a == b,
            _ => false,
        }
    }

    /// Names the samples, given the source: their stream and their strips in a checkpoint.
    pub fn name(&self) -> String {
        match self {
            Self::Readouts { tilt: None, .. } => String::new(),
            Self::Readouts { tilt: Some(snr), .. } => format!("|tilted for {snr:e}"),
            Self::Statistics { rows, .. } => format!("|paths by {rows}"),
        }
    }

    /// Number of columns.
    pub fn len(&self) -> usize {
        match self {
            Self::Readouts { readouts, .. } => readouts.len(),
            Self::Statistics { statistics, .. } => statistics.len(),
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
    /// Whether a stop came before every need had its route.
    pub interrupted: bool,
    /// Each sampled source has a lane for its readouts, and one for statistics of its paths (one for each number of rows).
    pub lanes: Vec<Lane>,
}

/// Below this bound on H(X|Y), nats, fewer than one in a thousand plain samples can see a confusion.
const RARE: f64 = 1e-3;
/// From this share of the pair bound on M on, confusions too rare for plain samples decide it.
const FAR: f64 = 1e-3;
/// A bracket [0, U] below this is 0: squares of samples would underflow.
const VANISHING: f64 = 1e-140;
/// A bracket of this share of its value is no wider than the rounding of the value.
const ROUNDING: f64 = 16.0 * f64::EPSILON;

/// The SNR to tilt the noise for: where `readout` looks at one SNR alone, and confusions are rare there: all of them, or
/// those that make M (of one copy, where the law is a product: one copy is sampled).
fn tilt(source: &Source, readout: &Readout) -> Option<f64> {
    let &[Term { point: SnrPoint::At(snr), .. }] = &readout.terms[..] else { return None };
    let mut of_one = source;
    while let Law::Product { base, .. } = of_one.law() {
        of_one = base;
    }
    if !posterior::tilts(of_one) {
        return None;
    }
    let bounds = pairs::bounds(of_one, snr)?;
    let rare = bounds.posterior_entropy < RARE || bounds.far > FAR * bounds.mmse;
    rare.then_some(snr)
}

/// The value that a bracket leaves no room for: 0 within a bound that no sample's weight could show, or what differs from its
/// ends by rounding alone.
fn decided(need: &Need) -> Option<Estimate> {
    let Rule::Measured { bracket: Some(bracket), .. } = &need.quantity.rule else { return None };
    let least = pairs::at_least(&need.source, need.setting.snr?)?;
    let [low, high] = (least < ROUNDING).then(|| bracket(need))??;
    let (middle, half) = (0.5 * (low + high), 0.5 * (high - low));
    if low.abs().max(high.abs()) < VANISHING {
        Some(Estimate::quadrature(0.0, high))
    } else {
        (half <= ROUNDING * middle.abs()).then(|| Estimate::quadrature(middle, half))
    }
}

/// Two needs with the same key are the same number.
fn key(need: &Need) -> String {
    format!("{}|{}|{:?}", need.source.spec(), need.quantity.name, need.setting)
}

enum Found {
    Known(Estimate),
    Readout(Readout, Option<f64>),
    Statistic(Box<dyn Statistic>),
}

impl Ledger {
    /// Finds a route for every need; deterministic ones are evaluated here, in parallel. `done` is called after each.
    ///
    /// A need that has no route by the method chosen, that its quantity refuses, or that a stop left behind is
    /// [`Route::Missing`] and takes no other with it.
    pub fn new<'a>(
        needs: impl Iterator<Item = &'a Need>,
        choice: MethodChoice,
        (tools, stop): (&Arc<Instruments>, &Stop),
        company: Company,
        done: &dyn Fn(),
    ) -> Self {
        let mut ledger = Self::default();
        let mut distinct: Vec<Need> = Vec::new();
        for need in needs {
            ledger.index.entry(key(need)).or_insert_with(|| {
                distinct.push(need.clone());
                distinct.len() - 1
            });
        }
        let found = find_all(&distinct, choice, tools, stop, done);
        for (need, found) in distinct.into_iter().zip(found) {
            let alone = company == Company::Alone && need.setting.steps.is_some();
            let route = match found.unwrap_or(Err(Error::Interrupted)) {
                Ok(Found::Known(estimate)) => Route::Known(estimate),
                Ok(Found::Readout(readout, tilt)) => ledger.place_readout(&need, readout, tilt, alone),
                Ok(Found::Statistic(statistic)) => ledger.place_statistic(&need, statistic, alone),
                Err(error) => {
                    ledger.interrupted |= matches!(error, Error::Interrupted);
                    Route::Missing(Arc::new(error))
                }
            };
            ledger.routes.push(route);
        }
        ledger
    }

    /// The lane of `source` whose columns are like `columns`, which start it where there is none, or where it is to be `alone`.
    fn lane(&mut self, source: &Arc<Source>, columns: Columns, alone: bool) -> usize {
        let same = |lane: &Lane| {
            !(alone || lane.alone) && lane.source.spec() == source.spec() && lane.columns.share_samples(&columns)
        };
        self.lanes.iter().position(same).unwrap_or_else(|| {
            self.lanes.push(Lane { source: Arc::clone(source), alone, columns, words: Vec::new() });
            self.lanes.len() - 1
        })
    }

    fn place_readout(&mut self, need: &Need, readout: Readout, tilt: Option<f64>, alone: bool) -> Route {
        let lane = self.lane(&need.source, Columns::Readouts { tilt, readouts: Vec::new() }, alone);
        let Lane { columns: Columns::Readouts { readouts, .. }, words, .. } = &mut self.lanes[lane] else {
            unreachable!("readouts share no samples with statistics")
        };
        let at = readouts.iter().position(|r| *r == readout).unwrap_or_else(|| {
            readouts.push(readout);
            words.push(need.to_string());
            readouts.len() - 1
        });
        Route::Sampled { lane, readout: at }
    }

    /// Needs are distinct, and so are their statistics.
    fn place_statistic(&mut self, need: &Need, statistic: Box<dyn Statistic>, alone: bool) -> Route {
        let rows = statistic.rows();
        let lane = self.lane(&need.source, Columns::Statistics { rows, statistics: Vec::new() }, alone);
        let Lane { columns: Columns::Statistics { statistics, .. }, words, .. } = &mut self.lanes[lane] else {
            unreachable!("statistics share no samples with readouts")
        };
        statistics.push((key(need), statistic));
        words.push(need.to_string());
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

/// What is found of each need; `None` where a stop came first.
fn find_all(
    needs: &[Need],
    choice: MethodChoice,
    tools: &Arc<Instruments>,
    stop: &Stop,
    done: &dyn Fn(),
) -> Vec<Option<Result<Found>>> {
    let mut all: Vec<Option<Result<Found>>> = needs.iter().map(|_| None).collect();
    let (needs, tools, asked) = (needs.to_vec(), Arc::clone(tools), stop.clone());
    let work = move |sender: &Sender<(usize, Result<Found>)>| {
        // One by one: what takes long must not hold others that wait behind it.
        needs.par_iter().enumerate().with_max_len(1).for_each(|(i, need)| {
            if !asked.requested() {
                // Nobody listens after a stop.
                let _ = sender.send((i, find(need, choice, &tools)));
            }
        });
    };
    let keep = |(i, found): (usize, Result<Found>)| {
        all[i] = Some(found);
        done();
        Ok(())
    };
    stop.attend(work, keep).expect("keeping a result cannot fail");
    all
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
            Ok(Found::Known(within_proven(need, estimate)))
        } else {
            Err(unsupported("has no closed form; use --method auto"))
        };
    }
    match (choice, sampled) {
        (MethodChoice::Auto | MethodChoice::MonteCarlo, Some(Sampled::Readout(readout))) => {
            if let Some(value) = decided(need) {
                return Ok(Found::Known(value));
            }
            posterior::sampler(&need.source)?;
            let readout = readout(need, tools)?;
            let tilt = tilt(&need.source, &readout);
            Ok(Found::Readout(readout, tilt))
        }
        (MethodChoice::Auto | MethodChoice::MonteCarlo, Some(Sampled::Statistic(statistic))) => {
            statistic(need, tools).map(Found::Statistic)
        }
        (MethodChoice::Auto | MethodChoice::MonteCarlo, None) => Err(unsupported(
            "has a deterministic route alone, and none for this law: it needs a law on a line with a finite variance, a product of such, or a Gaussian",
        )),
        _ => Err(unsupported("has no deterministic route; use --method auto or monte-carlo")),
    }
}

/// The same, doubted where its bound reaches over all that is proven of the value. Going through the pairs of atoms pays where the
/// bound is of the value's size alone.
fn within_proven(need: &Need, estimate: Estimate) -> Estimate {
    let wide = estimate.bound >= estimate.value.abs();
    let proven = if wide { need.proven() } else { None };
    proven.map_or(estimate, |range| estimate.within(range))
}

/// How a quantity is sampled.
enum Sampled {
    Readout(fn(&Need, &Instruments) -> Result<Readout>),
    Statistic(fn(&Need, &Instruments) -> Result<Box<dyn Statistic>>),
}
