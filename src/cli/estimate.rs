//! `klaim estimate`.

use std::path::PathBuf;
use std::sync::Arc;

use serde_json::{Value, json};

use super::axes::AxisFlags;
use super::progress::Progress;
use super::rows::{self, EstimateRow};
use super::sample::{self, EstimatorChoice};
use super::tasks::{ByTasks, in_one_process};
use super::{Common, Format, diagnose, interrupt, output};
use crate::error::{Error, Result};
use crate::numeric::estimate::Estimate;
use crate::numeric::unit::Information;
use crate::quantity::{self, Need, Quantity};
use crate::run::estimate::{StoppingRule, estimate};
use crate::run::options::{MethodChoice, Options};
use crate::run::plan::Plan;
use crate::run::store::{Share, Store};
use crate::run::watch::Watch;
use crate::source::Source;

/// Samples where neither `--samples` nor `--rel-err` says how many.
const DEFAULT_SAMPLES: u64 = 1 << 16;
/// Most samples under `--rel-err`.
const MOST_SAMPLES: u64 = 1 << 32;

/// Arguments of `klaim estimate`.
#[derive(clap::Args)]
pub struct EstimateCommand {
    /// A quantity (`klaim list quantities`), with arguments where it has some: renyi(2)
    quantity: String,
    /// A source (`klaim list sources`), such as zipf:exponent=1.5,atoms=1000
    #[arg(long, required = true)]
    source: Vec<String>,
    #[command(flatten)]
    axes: AxisFlags,
    /// Sample until every standard error is below this share of its value
    #[arg(long, conflicts_with = "samples", value_parser = positive)]
    rel_err: Option<f64>,
    /// Number of samples (rounded up to whole batches in 32 leaves), such as 4096 or 1e6
    #[arg(long, value_parser = samples)]
    samples: Option<u64>,
    /// Which evaluators may be used: auto, closed-form, quadrature, monte-carlo; or, for entropies
    /// of the law behind a sample (a file of rows or counts), plug-in, miller-madow, grassberger,
    /// chao-shen, chao-wang-jost, nearest-neighbour (differential entropy)
    #[arg(long, value_parser = sample::choice, default_value = "auto")]
    method: EstimatorChoice,
    /// Most atoms that the law behind a sample can have: bounds what is unseen
    #[arg(long, value_name = "N", value_parser = atoms)]
    alphabet: Option<f64>,
    /// In what information is told: entropies, mutual information, divergences
    #[arg(long, value_enum, default_value = "nats")]
    unit: Information,
    /// Freeze it in --out for N tasks, and measure nothing: klaim work and klaim reduce do
    #[arg(long, value_name = "N", requires = "out", value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    tasks: Option<u64>,
    /// Folder for the plan and the parts of --tasks
    #[arg(long, value_name = "DIR", requires = "tasks")]
    out: Option<PathBuf>,
}

fn positive(text: &str) -> Result<f64, String> {
    text.parse()
        .ok()
        .filter(|&x: &f64| x > 0.0 && x.is_finite())
        .ok_or_else(|| "expected a number > 0".into())
}

fn atoms(text: &str) -> Result<f64, String> {
    text.parse()
        .ok()
        .filter(|&x: &f64| x >= 1.0 && x.is_finite())
        .ok_or_else(|| "expected a number ≥ 1".into())
}

impl EstimateCommand {
    /// Runs the command.
    ///
    /// # Errors
    /// Whatever stops it: exit status 2.
    pub(super) fn run(self, common: &Common) -> Result<u8> {
        if let (Some(tasks), Some(out)) = (self.tasks, &self.out) {
            return self.freeze((out, false), tasks, common);
        }
        let answer = self.answer(common, None)?;
        self.told(answer, common)
    }
}

impl ByTasks for EstimateCommand {
    type Found = EstimateAnswer;

    fn outputs(&self) -> &[&str] {
        &[]
    }

    fn found(&self, store: &Store, common: &Common) -> Result<EstimateAnswer> {
        self.answer(common, Some(store))
    }

    fn plan(&self, tasks: u64, common: &Common) -> Result<Plan> {
        let options = Options { seed: common.seed, budget: self.target().budget, ..Options::default() };
        Ok(Plan::new(Vec::new(), &options, "", (in_one_process(&["--tasks", "--out"]), tasks)))
    }

    fn told(&self, answer: EstimateAnswer, common: &Common) -> Result<u8> {
        let EstimateAnswer { rows, interrupted, .. } = &answer;
        if answer.is_empty() {
            return Ok(nothing(answer.missing, answer.interrupted));
        }
        print(&answer, common.format)?;
        let missing = rows.iter().filter(|row| row.missing.is_some()).count();
        if *interrupted {
            let line = match missing {
                0 => "interrupted: fewer samples were taken than asked for".to_owned(),
                n => format!("interrupted: {n} of {} numbers were not measured", rows.len()),
            };
            if common.format == Format::Human {
                output::text(&format!("{line}\n"))?
            } else {
                told(&line)
            };
        }
        Ok(if *interrupted || missing > 0 { interrupt::INCOMPLETE } else { 0 })
    }
}

impl EstimateCommand {
    /// The numbers.
    ///
    /// # Errors
    /// Whatever keeps them from being asked for, and a device that fails; a number that cannot be had
    /// says so in its row; by the parts of `store`, where there is one, [`Error::Elsewhere`].
    pub(super) fn answer(&self, common: &Common, store: Option<&Store>) -> Result<EstimateAnswer> {
        let (quantity, arguments) = call(&self.quantity)?;
        let factor = self.factor(quantity)?;
        let settings = self.axes.settings(quantity, &arguments)?;
        let method = match (self.method, self.alphabet) {
            (EstimatorChoice::Behind(_), _) if store.is_some() => return Err(one_process()),
            (EstimatorChoice::Behind(method), alphabet) => {
                let found = sample::estimate(&self.source, quantity, &arguments, method, alphabet)?;
                let row =
                    |(need, e): (Need, Estimate)| EstimateRow::new(need, Ok(e.scaled(factor)), self.unit);
                let rows = found.into_iter().map(row).collect();
                return Ok(EstimateAnswer {
                    rows,
                    missing: Vec::new(),
                    backend: "cpu".into(),
                    interrupted: false,
                });
            }
            (EstimatorChoice::Law(_), Some(_)) => {
                let message =
                    "bounds the law behind a sample: name an estimator, as in --method chao-wang-jost";
                return Err(Error::invalid("--alphabet", message));
            }
            (EstimatorChoice::Law(method), None) => method,
        };
        let mut needs = Vec::new();
        for spec in &self.source {
            let source = Arc::new(Source::parse(spec)?);
            output::notes(&source, common);
            needs.extend(settings.iter().map(|s| Need {
                source: Arc::clone(&source),
                quantity,
                setting: s.clone(),
            }));
        }
        let target = self.target();
        let progress = Progress::new(common);
        let backend = common.backend_if(store.is_none_or(|store| store.share() != Share::None))?;
        let event = |event| progress.show(event);
        let name = backend.name();
        let watch = Watch { backend, event: &event, stop: common.stop(), store };
        // An entropy has no readout: its samples are draws of the law.
        let drawn = sample::order(quantity, &arguments).filter(|order| order.is_finite());
        let estimates = match (method, drawn) {
            (MethodChoice::MonteCarlo, Some(_)) if store.is_some() => Err(one_process()),
            (MethodChoice::MonteCarlo, Some(order)) => {
                Ok(sample::drawn(&needs, order, common.seed, target, &watch.stop))
            }
            _ => estimate(&needs, method, common.seed, target, &watch),
        };
        progress.finish();
        let estimates = estimates?;
        let interrupted = watch.stop.requested();
        let mut missing = Vec::new();
        let mut row = |(need, found): (Need, Result<Estimate>)| {
            let found = found.map(|estimate| estimate.scaled(factor)).map_err(|error| {
                let error = Arc::new(error);
                missing.push(Arc::clone(&error));
                Error::Shared(error)
            });
            EstimateRow::new(need, found, self.unit)
        };
        let rows = needs.into_iter().zip(estimates).map(&mut row).collect();
        let backend = store.map_or(name, Store::backends);
        Ok(EstimateAnswer { rows, missing, backend, interrupted })
    }

    /// When sampling ends.
    fn target(&self) -> StoppingRule {
        let budget = if self.rel_err.is_some() { MOST_SAMPLES } else { DEFAULT_SAMPLES };
        StoppingRule { relative_error: self.rel_err, budget: self.samples.unwrap_or(budget) }
    }

    /// What values are multiplied with to be in the unit asked for.
    fn factor(&self, quantity: &Quantity) -> Result<f64> {
        quantity.unit.factor(self.unit).ok_or_else(|| {
            let symbol = quantity.unit.symbol(Information::Nats);
            let what = if symbol == "1" {
                "a number without a unit".into()
            } else {
                format!("measured in {symbol}")
            };
            Error::invalid(
                "--unit",
                format!("bits are a unit of information; `{}` is {what}: leave it out", quantity.name),
            )
        })
    }
}

/// Why draws of a law and samples of one unknown are no tasks' matter.
fn one_process() -> Error {
    Error::invalid("--tasks", "what is told from draws of a law takes one process: leave it out")
}

/// `4096` or `1e6`: a whole number from 1 to 2^40.
fn samples(text: &str) -> Result<u64, String> {
    let number = text.parse::<f64>().ok().filter(|n| n.fract() == 0.0);
    number
        .filter(|n| (1.0..=(1_u64 << 40) as f64).contains(n))
        .map(|n| n as u64)
        .ok_or_else(|| "expected a whole number of samples from 1 to 1.0e12 (2^40)".into())
}

/// The numbers asked for.
pub struct EstimateAnswer {
    rows: Vec<EstimateRow>,
    /// Why those that are missing are.
    missing: Vec<Arc<Error>>,
    /// Where samples were taken.
    backend: String,
    interrupted: bool,
}

impl EstimateAnswer {
    /// Whether no number could be had.
    fn is_empty(&self) -> bool {
        self.rows.iter().all(|row| row.missing.is_some())
    }

    /// What `--format json` prints.
    pub fn json(&self) -> Value {
        let rows = self.rows.iter().map(|row| row.json(&self.backend));
        let mut found = json!({ "rows": rows.collect::<Vec<_>>() });
        if self.interrupted {
            found["interrupted"] = true.into();
        }
        found
    }

    /// The first reason for a number that is missing; a stop is none.
    pub fn missing(&self) -> Option<&Arc<Error>> {
        self.missing.iter().find(|error| !error.is_interruption())
    }
}

fn print(answer: &EstimateAnswer, format: Format) -> Result<u8> {
    match format {
        Format::Human => output::text(&rows::table(&answer.rows)),
        Format::Csv => output::text(&rows::csv(&answer.rows)),
        Format::Json => output::json(&answer.json()),
    }
}

/// `name` or `name(1,2)`.
fn call(text: &str) -> Result<(&'static Quantity, Vec<f64>)> {
    let (name, arguments) = match text.split_once('(') {
        None => (text.trim(), Vec::new()),
        Some((name, rest)) => {
            let inside = rest
                .trim()
                .strip_suffix(')')
                .ok_or_else(|| Error::invalid("quantity", format!("`{text}` lacks its `)`")))?;
            let number = |word: &str| {
                word.trim()
                    .parse()
                    .map_err(|_| Error::invalid("quantity", format!("`{word}` is not a number")))
            };
            (name.trim(), inside.split(',').map(number).collect::<Result<_>>()?)
        }
    };
    let quantity = quantity::find(name)?;
    if arguments.len() == quantity.arguments.len() {
        Ok((quantity, arguments))
    } else {
        Err(Error::invalid(
            "quantity",
            format!(
                "`{name}` takes {} arguments: {name}({})",
                quantity.arguments.len(),
                quantity.arguments.join(", ")
            ),
        ))
    }
}

/// Tells `line` on stderr.
fn told(line: &str) -> u8 {
    eprintln!("{line}");
    0
}

/// Tells why no number could be measured, each reason once; the exit status.
fn nothing(errors: Vec<Arc<Error>>, interrupted: bool) -> u8 {
    let mut said = Vec::new();
    for error in errors.into_iter().filter(|error| !error.is_interruption()) {
        if !said.contains(&error.to_string()) {
            said.push(error.to_string());
            diagnose::print(Arc::try_unwrap(error).unwrap_or_else(Error::Shared));
        }
    }
    if !interrupted {
        return 2;
    }
    eprintln!("interrupted before anything was measured");
    interrupt::NOTHING
}
