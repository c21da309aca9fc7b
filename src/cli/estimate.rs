//! `klaim estimate`.

use std::sync::Arc;

use serde_json::{Value, json};

use super::progress::Progress;
use super::{Common, Format, interrupt, output, snr};
use crate::error::{Error, Result};
use crate::estimate::Estimate;
use crate::quantity::{self, Information, Need, Quantity, Scope, Setting};
use crate::report::number;
use crate::run::MethodChoice;
use crate::run::estimate::{Target, estimate};
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
    #[arg(long, value_delimiter = ',', value_name = "K", value_parser = clap::value_parser!(u32).range(1..))]
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
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..))]
    samples: Option<u64>,
    /// Which evaluators may be used
    #[arg(long, value_enum, default_value = "auto")]
    method: MethodChoice,
    /// In what information is told: entropies, mutual information, divergences
    #[arg(long, value_enum, default_value = "nats")]
    unit: Information,
}

fn positive(text: &str) -> Result<f64, String> {
    text.parse().ok().filter(|&x: &f64| x > 0.0 && x.is_finite()).ok_or_else(|| "expected a number > 0".into())
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
        let mut needs = Vec::new();
        for spec in &self.source {
            let source = Arc::new(Source::parse(spec)?);
            needs.extend(settings.iter().map(|s| Need { source: Arc::clone(&source), quantity, setting: s.clone() }));
        }
        let budget = self.samples.unwrap_or(if self.rel_err.is_some() { MOST_SAMPLES } else { DEFAULT_SAMPLES });
        let target = Target { relative_error: self.rel_err, budget };
        let progress = Progress::new(common.quiet);
        let backend = common.backend()?;
        let event = |event| progress.show(event);
        let watch = Watch { backend: backend.as_ref(), event: &event, stop: interrupt::flag(), checkpoint: None };
        let estimates = estimate(&needs, self.method, common.seed, target, &watch);
        progress.finish();
        let rows: Vec<(Need, Estimate)> =
            needs.into_iter().zip(estimates?.into_iter().map(|e| e.scaled(factor))).collect();
        match common.format {
            Format::Human => output::text(&table(&rows, self.unit)),
            Format::Csv => output::text(&csv(&rows, self.unit)?),
            Format::Json => {
                let backend = backend.name();
                output::json(&json!({ "rows": rows.iter().map(|r| row(r, &backend, self.unit)).collect::<Vec<_>>() }))
            }
        }
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

fn row((need, estimate): &(Need, Estimate), backend: &str, information: Information) -> Value {
    let finite = |x: f64| if x.is_finite() { json!(x) } else { json!(number::name(x)) };
    let mut row = json!({
        "quantity": need.quantity.name,
        "source": need.source.spec(),
        "unit": need.quantity.unit.symbol(information),
        "value": finite(estimate.value),
        "std_err": finite(estimate.std_err),
        "bound": finite(estimate.bound),
        "n": estimate.n,
        "method": estimate.method,
        "backend": backend,
        "believed": estimate.believed(),
        "doubts": estimate.doubts(),
        "flags": estimate.flags,
    });
    for (name, value) in
        [("snr", need.setting.snr), ("snr_min", need.setting.snr_min), ("snr_max", need.setting.snr_max)]
    {
        if let Some(value) = value {
            row[name] = json!(value);
        }
    }
    if let Some(steps) = need.setting.steps {
        row["steps"] = json!(steps);
    }
    let setting = &need.setting;
    for (name, value) in
        [("schedule", &setting.schedule), ("sampler", &setting.sampler), ("denoiser", &setting.denoiser)]
    {
        if let Some(value) = value {
            row[name] = json!(value);
        }
    }
    if !need.setting.arguments.is_empty() {
        row["arguments"] = json!(need.setting.arguments);
    }
    row
}

fn csv(rows: &[(Need, Estimate)], information: Information) -> Result<String> {
    let header = [
        "quantity",
        "source",
        "snr",
        "snr_min",
        "snr_max",
        "steps",
        "schedule",
        "sampler",
        "denoiser",
        "value",
        "std_err",
        "bound",
        "unit",
        "n",
        "method",
        "believed",
        "doubts",
        "pareto_k",
        "dominance",
    ];
    let mut writer = csv::Writer::from_writer(Vec::new());
    let optional = |x: Option<f64>| x.map_or(String::new(), number::name);
    let failed = |e: csv::Error| Error::io("stdout")(e.into());
    writer.write_record(header).map_err(failed)?;
    for (need, e) in rows {
        let setting = &need.setting;
        let record = [
            need.quantity.name.to_owned(),
            need.source.spec().to_owned(),
            optional(setting.snr),
            optional(setting.snr_min),
            optional(setting.snr_max),
            setting.steps.map_or(String::new(), |steps| steps.to_string()),
            setting.schedule.clone().unwrap_or_default(),
            setting.sampler.clone().unwrap_or_default(),
            setting.denoiser.clone().unwrap_or_default(),
            number::name(e.value),
            number::name(e.std_err),
            number::name(e.bound),
            need.quantity.unit.symbol(information).to_owned(),
            e.n.to_string(),
            e.method.to_string(),
            e.believed().to_string(),
            e.doubts().join("; "),
            optional(e.flags.pareto_k),
            optional(e.flags.dominance),
        ];
        writer.write_record(record).map_err(failed)?;
    }
    let bytes = writer.into_inner().map_err(|e| Error::io("stdout")(e.into_error()))?;
    Ok(String::from_utf8(bytes).expect("CSV of UTF-8 fields is UTF-8"))
}

fn table(rows: &[(Need, Estimate)], information: Information) -> String {
    let mut text = String::new();
    for (need, e) in rows {
        let setting = &need.setting;
        let place = match (setting.snr, setting.snr_min, setting.snr_max) {
            (Some(snr), ..) => format!("  snr {snr:<10.6}"),
            (None, Some(lo), Some(hi)) => format!("  snr {lo} … {hi}"),
            _ => String::new(),
        };
        let steps = match (setting.steps, &setting.schedule) {
            (Some(steps), Some(schedule)) => {
                let sampler = setting.sampler.as_ref().map_or(String::new(), |sampler| format!(", {sampler}"));
                format!("  {steps} steps, {schedule}{sampler}")
            }
            _ => String::new(),
        };
        let error = match (e.std_err > 0.0, e.bound > 0.0) {
            (true, _) => format!(" ± {:.1e} (std err, n = {})", e.std_err, e.n),
            (false, true) => format!(" ± {:.0e} (bound)", e.bound),
            (false, false) => String::new(),
        };
        let doubt = e.doubts().iter().map(|why| format!("  ! {why}")).collect::<String>();
        let unit = match need.quantity.unit.symbol(information) {
            "1" => String::new(),
            symbol => format!(" {symbol}"),
        };
        text += &format!(
            "{} of {}{place}{steps}  {}{error}{unit}  {}{doubt}\n",
            need.quantity.name,
            need.source.spec(),
            e.value,
            e.method
        );
    }
    text
}
