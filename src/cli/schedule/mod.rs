//! `klaim schedule`: from a loss curve, a source or a rule to a grid of noise levels, with what is
//! known of it.

mod compare;
mod loss;
mod make;
mod show;

use std::path::{Path, PathBuf};

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};

use super::{Common, Form, output};
use crate::error::{Error, Result};
use crate::report;
use crate::schedule::export::{self, ENDS, End};
use crate::schedule::loss::Denoise;
use crate::schedule::loss::beta::BetaTable;
use crate::schedule::loss::place::DENOISES;
use loss::LossArguments;
use make::{Ground, Made};

/// Arguments of `klaim schedule`.
#[derive(clap::Args)]
pub struct ScheduleCommand {
    /// `las` (from the loss), any schedule of `klaim list schedules` such as karras:rho=7, or
    /// `compare` for all of them
    method: String,
    /// Number of steps K
    #[arg(long, value_name = "K", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    steps: u32,
    /// Loss curve of a model: CSV, TSV, JSON, NPY, NPZ or Parquet with a column for the noise level
    /// and one for the loss
    #[arg(long, value_name = "FILE", conflicts_with = "source")]
    loss: Option<PathBuf>,
    /// A law whose exact mmse takes the place of a loss (`klaim list sources`)
    #[arg(long)]
    source: Option<String>,
    /// First SNR, the noisy end [default: the loss curve's]
    #[arg(long)]
    snr_min: Option<f64>,
    /// Last SNR, the clean end [default: the loss curve's]
    #[arg(long)]
    snr_max: Option<f64>,
    #[command(flatten)]
    las: LasArguments,
    #[command(flatten)]
    reading: LossArguments,
    /// β schedule of the model, for the timesteps of the export and of a loss file:
    /// linear, scaled-linear, cosine, with parameters such as scaled-linear:end=0.02
    #[arg(long, value_name = "SPEC")]
    beta_schedule: Option<String>,
    /// How an export ends: 0 in place of the last sigma (K evaluations), 0 after it (K + 1), or without 0
    #[arg(long, value_parser = one_of(&ENDS), default_value = "zero")]
    end: End,
    /// A schedule to compare with: a spec, or a file with an array of sigmas (`--format k-diffusion`) or the JSON of this
    /// command
    #[arg(long, value_name = "SPEC|FILE")]
    previous: Option<String>,
    /// Draw the curve, the steps and their bands
    #[arg(long, value_name = "FILE.svg")]
    plot: Option<PathBuf>,
    /// Write the result to a file instead of stdout
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// What the loss-adaptive schedules are told.
#[derive(clap::Args)]
#[command(next_help_heading = "Loss-adaptive schedules")]
struct LasArguments {
    /// StepAxis on which steps are measured: γ, ln γ, ln(1 + λγ), γ/(1 + λγ), γ^(1/λ) [default: the solver's, or softlog]
    #[arg(long, value_name = "AXIS", value_parser = axis_name)]
    regularize: Option<String>,
    /// λ of the axis
    #[arg(long, default_value_t = 1.5)]
    lambda: f64,
    /// Penalty α on unequal neighbouring steps (Algorithm 2); 12 where no number is given
    #[arg(long, value_name = "ALPHA", num_args = 0..=1, default_missing_value = "12")]
    smoothness: Option<f64>,
    /// What will follow the schedule; picks axis and smoothness where they are not given
    #[arg(long, value_enum)]
    solver: Option<Solver>,
    /// Choose among N SNRs uniform in ln γ [default: the rows of the loss curve; for a source the
    /// limit of many]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(2..=10_000_000))]
    candidates: Option<u32>,
    /// What is done to a loss curve before steps are placed on it
    #[arg(long, value_parser = one_of(&DENOISES), default_value = "none")]
    denoise: Denoise,
}

fn axis_name(text: &str) -> Result<String, String> {
    crate::schedule::StepAxis::new(text, 1.0).map(|_| text.to_owned()).map_err(|e| e.to_string())
}

/// The samplers a schedule is for.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Solver {
    /// Ancestral (stochastic) sampling: softlog axis (raw has the least path KL)
    Ancestral,
    /// DDIM, Euler on the ODE: log axis
    Ddim,
    /// DPM-Solver++(2M): softlog axis and smoothness 12
    #[value(name = "dpm-solver++", alias = "dpmpp-2m")]
    Multistep,
}

/// A parser of one of the names of a table (name with its spellings, `eps|epsilon`; value; what it is).
fn one_of<T: Copy + Send + Sync + 'static>(
    table: &'static [(&'static str, T, &'static str)],
) -> impl TypedValueParser<Value = T> {
    let possible = table.iter().map(|&(spellings, _, summary)| {
        let mut spellings = spellings.split('|');
        PossibleValue::new(spellings.next().unwrap_or_default()).aliases(spellings).help(summary)
    });
    PossibleValuesParser::new(possible).map(|given| {
        let is_given = |entry: &&(&str, T, &str)| entry.0.split('|').any(|name| name == given);
        table.iter().find(is_given).expect("clap lets the names of the table pass").1
    })
}

impl ScheduleCommand {
    /// Runs the command.
    ///
    /// # Errors
    /// Whatever stops it: exit status 2.
    pub(super) fn run(mut self, common: &Common) -> Result<u8> {
        let betas = self.beta_schedule.as_deref().map(BetaTable::parse).transpose()?;
        let source = self.source.as_deref().map(crate::source::Source::parse).transpose()?;
        source.iter().for_each(|source| output::notes(source, common.quiet));
        let mut ground = self.ground(source.as_ref(), betas.clone())?;
        if self.method == "compare" {
            // All are judged on the curve that the loss-adaptive ones are made on.
            let denoise = std::mem::replace(&mut self.las.denoise, Denoise::None);
            ground.loss = ground.loss.map(|loss| denoise.of(&loss).into_owned());
            let table = compare::table(&self, &ground)?;
            return self.write(&compare::text(&table, common.form)?);
        }
        let mut made = make::make(&self, &ground, common.seed)?;
        made.warnings.extend(betas.as_ref().and_then(|betas| make::out_of_range(&made, betas)));
        export::check(&export::sigmas(&made.snrs, self.end))?;
        if let Some(path) = &self.plot {
            let svg = make::plot(&made, &ground)?;
            report::write::file(path, svg.as_bytes())?;
        }
        for warning in &made.warnings {
            eprintln!("warning: {warning}");
        }
        self.write(&self.form(&made, betas.as_ref(), common.form)?)
    }

    /// The schedule in the form asked for.
    fn form(&self, made: &Made, betas: Option<&BetaTable>, form: Form) -> Result<Vec<u8>> {
        let end = self.end;
        let sigmas = export::sigmas(&made.snrs, end);
        Ok(match form {
            OutputForm::Human => show::human(made, betas).into_bytes(),
            OutputForm::Json => show::json(made, betas).into_bytes(),
            OutputForm::Csv => {
                export::csv(&made.snrs, betas, made.bands.as_ref().map(|bands| &bands.steps[..])).into_bytes()
            }
            OutputForm::Diffusers => format!("{:#}\n", export::diffusers(&made.snrs, end, betas)?).into_bytes(),
            OutputForm::KDiffusion | OutputForm::Edm => export::array(&sigmas).into_bytes(),
            OutputForm::Comfyui => export::comfyui(&sigmas).into_bytes(),
            OutputForm::Npy => export::npy(&sigmas),
        })
    }

    fn write(&self, bytes: &[u8]) -> Result<u8> {
        match &self.out {
            None => output::bytes(bytes),
            Some(path) => report::write::file(path, bytes).map(|()| 0),
        }
    }

    /// The curve and the interval that a schedule is made on.
    fn ground<'a>(&self, source: Option<&'a crate::source::Source>, betas: Option<BetaTable>) -> Result<Ground<'a>> {
        match (&self.loss, source) {
            (Some(path), _) => Ground::of_loss(path, &self.reading.reading(betas)?, self.snr_min, self.snr_max),
            (None, source) => {
                if self.reading.says_anything() {
                    return Err(Error::invalid("--loss", "is missing: what is said of its columns has no file"));
                }
                let needed = |value: Option<f64>, flag: &str| {
                    value.ok_or_else(|| Error::invalid(flag, "is needed where no --loss gives the ends"))
                };
                let ends = (needed(self.snr_min, "--snr-min")?, needed(self.snr_max, "--snr-max")?);
                Ok(Ground::of_source(source, ends))
            }
        }
    }
}

/// The grid of `previous`: SNRs from a file, or by a spec.
fn previous(spec: &str, ground: &Ground, steps: usize) -> Result<Vec<f64>> {
    let path = Path::new(spec);
    if !path.exists() {
        return ground.grid(spec, steps);
    }
    let text = std::fs::read_to_string(path).map_err(Error::io(path))?;
    let bad = |message: &str| Error::Data { path: path.to_owned(), place: String::new(), message: message.into() };
    let value: serde_json::Value = serde_json::from_str(&text).map_err(|e| bad(&format!("is not JSON: {e}")))?;
    let (list, is_snr) = match (&value, value.get("snr"), value.get("sigmas")) {
        (serde_json::Value::Array(list), ..) => (list, false),
        (_, Some(serde_json::Value::Array(list)), _) => (list, true),
        (_, _, Some(serde_json::Value::Array(list))) => (list, false),
        _ => return Err(bad("holds neither an array of sigmas nor an object with `snr` or `sigmas`")),
    };
    let numbers: Option<Vec<f64>> = list.iter().map(serde_json::Value::as_f64).collect();
    let numbers = numbers.ok_or_else(|| bad("holds something that is no number"))?;
    if is_snr { Ok(numbers) } else { export::from_sigmas(&numbers) }
}
