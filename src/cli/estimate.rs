//! `klaim estimate`.

use std::sync::Arc;

use serde_json::json;

use super::progress::Progress;
use super::rows::{self, EstimateRow};
use super::sample::{self, EstimatorChoice};
use super::{Common, Format, diagnose, interrupt, output, snr};
use crate::error::{Error, Result};
use crate::numeric::estimate::Estimate;
use crate::numeric::unit::Information;
use crate::quantity::{self, Need, Quantity, Scope, Setting};
use crate::run::estimate::{Target, estimate};
use crate::run::options::MethodChoice;
use crate::run::watch::Watch;
use crate::schedule::MOST_STEPS;
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
    /// SNRs: a list 0.1,1,10 or a log-spaced range 1e-3..1e3/32
    #[arg(long, value_name = "LIST|FROM..TO/POINTS", allow_hyphen_values = true)]
    snr: Option<String>,
    /// Lower end of an interval of SNRs
    #[arg(long)]
    snr_min: Option<f64>,
    /// Upper end of an interval of SNRs
    #[arg(long)]
    snr_max: Option<f64>,
    /// Number of steps, or a list of them: 8,16,32
    #[arg(long, value_delimiter = ',', value_name = "K", value_parser = clap::value_parser!(u32).range(1..=i64::from(MOST_STEPS)))]
    steps: Vec<u32>,
    /// A schedule (`klaim list schedules`), such as geometric
    #[arg(long)]
    schedule: Option<String>,
    /// A sampler (`klaim list samplers`), such as ddim
    #[arg(long)]
    sampler: Option<String>,
    /// A denoiser, such as perturbed:error=0.1; exact where left out
    #[arg(long)]
    denoiser: Option<String>,
    /// Sample until every standard error is below this share of its value
    #[arg(long, conflicts_with = "samples", value_parser = positive)]
    rel_err: Option<f64>,
    /// Number of samples (rounded up to whole strips of batches)
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..=1 << 40))]
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
}

fn positive(text: &str) -> Result<f64, String> {
    text.parse().ok().filter(|&x: &f64| x > 0.0 && x.is_finite()).ok_or_else(|| "expected a number > 0".into())
}

fn atoms(text: &str) -> Result<f64, String> {
    text.parse().ok().filter(|&x: &f64| x >= 1.0 && x.is_finite()).ok_or_else(|| "expected a number ≥ 1".into())
}

impl EstimateCommand {
    /// Runs the command.
    ///
    /// # Errors
    /// Whatever stops it: exit status 2.
    pub(super) fn run(self, common: &Common) -> Result<u8> {
        let (quantity, arguments) = call(&self.quantity)?;
        let factor = self.factor(quantity)?;
        let settings = self.settings(quantity, &arguments)?;
        let method = match (self.method, self.alphabet) {
            (EstimatorChoice::Behind(method), alphabet) => {
                let found = sample::estimate(&self.source, quantity, &arguments, method, alphabet)?;
                let row = |(need, e): (Need, Estimate)| EstimateRow::new(need, Ok(e.scaled(factor)), self.unit);
                return print(&found.into_iter().map(row).collect::<Vec<_>>(), common.format, "cpu", false);
            }
            (EstimatorChoice::Law(_), Some(_)) => {
                let message = "bounds the law behind a sample: name an estimator, as in --method chao-wang-jost";
                return Err(Error::invalid("--alphabet", message));
            }
            (EstimatorChoice::Law(method), None) => method,
        };
        let budget = self.samples.unwrap_or(if self.rel_err.is_some() { MOST_SAMPLES } else { DEFAULT_SAMPLES });
        if method == MethodChoice::MonteCarlo
            && let Some(found) = sample::drawn(&self.source, quantity, &arguments, common.seed, budget)
        {
            let row = |(need, e): (Need, Estimate)| EstimateRow::new(need, Ok(e.scaled(factor)), self.unit);
            return print(&found?.into_iter().map(row).collect::<Vec<_>>(), common.format, "cpu", false);
        }
        let mut needs = Vec::new();
        for spec in &self.source {
            let source = Arc::new(Source::parse(spec)?);
            output::notes(&source, common.quiet);
            needs.extend(settings.iter().map(|s| Need { source: Arc::clone(&source), quantity, setting: s.clone() }));
        }
        let target = Target { relative_error: self.rel_err, budget };
        let progress = Progress::new(common.quiet);
        let backend = common.backend()?;
        let event = |event| progress.show(event);
        let name = backend.name();
        let watch = Watch { backend, event: &event, stop: interrupt::attended(), checkpoint: None };
        let estimates = estimate(&needs, method, common.seed, target, &watch);
        progress.finish();
        let estimates = estimates?;
        let interrupted = watch.stop.requested();
        if estimates.iter().all(Result::is_err) {
            return Ok(nothing(estimates.into_iter().filter_map(Result::err), interrupted));
        }
        let in_unit = |found: Result<Estimate>| found.map(|estimate| estimate.scaled(factor));
        let numbers = needs.into_iter().zip(estimates.into_iter().map(in_unit));
        let rows: Vec<EstimateRow> = numbers.map(|(need, found)| EstimateRow::new(need, found, self.unit)).collect();
        print(&rows, common.format, &name, interrupted)?;
        let missing = rows.iter().filter(|row| row.missing.is_some()).count();
        if interrupted {
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
        Ok(if interrupted || missing > 0 { interrupt::INCOMPLETE } else { 0 })
    }

    /// What values are multiplied with to be in the unit asked for.
    fn factor(&self, quantity: &Quantity) -> Result<f64> {
        quantity.unit.factor(self.unit).ok_or_else(|| {
            let symbol = quantity.unit.symbol(Information::Nats);
            let what = if symbol == "1" { "a number without a unit".into() } else { format!("measured in {symbol}") };
            Error::invalid(
                "--unit",
                format!("bits are a unit of information; `{}` is {what}: leave it out", quantity.name),
            )
        })
    }

    /// One setting for each combination of the axes of the quantity's scope.
    fn settings(&self, quantity: &Quantity, arguments: &[f64]) -> Result<Vec<Setting>> {
        let base = Setting { arguments: arguments.to_vec(), ..Setting::default() };
        let missing = |flag: &str| Error::invalid(flag, format!("`{}` needs it", quantity.name));
        let unused = |flag: &str| Error::invalid(flag, format!("`{}` does not depend on it", quantity.name));
        if quantity.scope != Scope::Snr && self.snr.is_some() {
            return Err(unused("--snr"));
        }
        if quantity.scope < Scope::Interval && (self.snr_min.is_some() || self.snr_max.is_some()) {
            return Err(unused("--snr-min, --snr-max"));
        }
        if quantity.scope < Scope::Path
            && (!self.steps.is_empty() || self.schedule.is_some() || self.denoiser.is_some())
        {
            return Err(unused("--steps, --schedule, --denoiser"));
        }
        if quantity.scope < Scope::Sampler && self.sampler.is_some() {
            return Err(unused("--sampler"));
        }
        let interval = || -> Result<Setting> {
            let (lo, hi) =
                (self.snr_min.ok_or_else(|| missing("--snr-min"))?, self.snr_max.ok_or_else(|| missing("--snr-max"))?);
            Ok(Setting { snr_min: Some(lo), snr_max: Some(hi), ..base.clone() })
        };
        match quantity.scope {
            Scope::Source => Ok(vec![base.clone()]),
            Scope::Snr => {
                let snrs = snr::parse(self.snr.as_deref().ok_or_else(|| missing("--snr"))?)?;
                Ok(snrs.into_iter().map(|snr| Setting { snr: Some(snr), ..base.clone() }).collect())
            }
            Scope::Interval => Ok(vec![interval()?]),
            Scope::Path | Scope::Sampler => {
                if quantity.scope == Scope::Sampler && self.sampler.is_none() {
                    return Err(missing("--sampler"));
                }
                let schedule = Some(self.schedule.clone().ok_or_else(|| missing("--schedule"))?);
                if self.steps.is_empty() {
                    return Err(missing("--steps"));
                }
                let setting =
                    Setting { schedule, sampler: self.sampler.clone(), denoiser: self.denoiser.clone(), ..interval()? };
                Ok(self.steps.iter().map(|&k| Setting { steps: Some(k as usize), ..setting.clone() }).collect())
            }
        }
    }
}

/// Prints rows; `backend` is where samples were taken.
fn print(rows: &[EstimateRow], format: Format, backend: &str, interrupted: bool) -> Result<u8> {
    match format {
        Format::Human => output::text(&rows::table(rows)),
        Format::Csv => output::text(&rows::csv(rows)),
        Format::Json => {
            let mut found = json!({ "rows": rows.iter().map(|r| r.json(backend)).collect::<Vec<_>>() });
            if interrupted {
                found["interrupted"] = true.into();
            }
            output::json(&found)
        }
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
                word.trim().parse().map_err(|_| Error::invalid("quantity", format!("`{word}` is not a number")))
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
            format!("`{name}` takes {} arguments: {name}({})", quantity.arguments.len(), quantity.arguments.join(", ")),
        ))
    }
}

/// Tells `line` on stderr.
fn told(line: &str) -> u8 {
    eprintln!("{line}");
    0
}

/// Tells why no number could be measured, each reason once; the exit status.
fn nothing(errors: impl Iterator<Item = Error>, interrupted: bool) -> u8 {
    let mut said = Vec::new();
    for error in errors.filter(|error| !error.is_interruption()) {
        if !said.contains(&error.to_string()) {
            said.push(error.to_string());
            diagnose::print(error);
        }
    }
    if !interrupted {
        return 2;
    }
    eprintln!("interrupted before anything was measured");
    interrupt::NOTHING
}
