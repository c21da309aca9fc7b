//! `klaim schedule`: from a loss curve, a source or a rule to a grid of noise levels, with what is
//! known of it.

mod answer;
mod compare;
mod lists;
mod loss;
mod make;
mod model;
mod model_warnings;
mod paste;
mod show;

use std::path::{Path, PathBuf};

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};

use super::{Common, OutputForm, output};
use crate::error::{Error, Result};
use crate::report;
use crate::schedule::export::{self, ENDS, End};
use crate::schedule::loss::place::DENOISES;
use crate::schedule::loss::{Denoise, bands};
use crate::schedule::solvers::{SOLVERS, Solver};
pub use answer::ScheduleAnswer;
use loss::LossArguments;
use make::{Ground, Made};
use model::{ModelArguments, Pipeline};

/// Arguments of `klaim schedule`.
#[derive(clap::Args)]
pub struct ScheduleCommand {
    /// `las` (from the loss), any schedule of `klaim list schedules` such as karras:rho=7,
    /// `compare` for all of them, or `convert` and `resample` for a list that exists
    method: String,
    /// The list to convert or resample: a file of any form that this command writes, or numbers
    /// separated by commas, in a file or here
    list: Option<PathBuf>,
    /// Number of steps K
    #[arg(long, value_name = "K", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    #[arg(required_unless_present = "list")]
    steps: Option<u32>,
    /// Loss curve of a model: CSV, TSV, JSON, NPY, NPZ or Parquet with a column for the noise level
    /// and one for the loss
    #[arg(long, value_name = "FILE", conflicts_with = "source")]
    loss: Option<PathBuf>,
    /// A law whose exact mmse takes the place of a loss (`klaim list sources`)
    #[arg(long)]
    source: Option<String>,
    /// First SNR, the noisy end; 0 is pure noise [default: the loss curve's, or the model's]
    #[arg(long)]
    snr_min: Option<f64>,
    /// Last SNR, the clean end; inf is no noise [default: the loss curve's, or the model's]
    #[arg(long)]
    snr_max: Option<f64>,
    /// First SNR as σ = 1/√γ, or inf
    #[arg(long, value_name = "SIGMA", conflicts_with = "snr_min")]
    sigma_max: Option<f64>,
    /// Last SNR as σ = 1/√γ, or 0
    #[arg(long, value_name = "SIGMA", conflicts_with = "snr_max")]
    sigma_min: Option<f64>,
    #[command(flatten)]
    las: LasArguments,
    #[command(flatten)]
    reading: LossArguments,
    #[command(flatten)]
    model: ModelArguments,
    /// How an export ends: 0 in place of the last sigma (K evaluations; the default), 0 after it
    /// (K + 1; the default where `convert` reads a list of the levels at which a model is called: one that
    /// ends in 0, timesteps, times of a flow), or without 0
    #[arg(long, value_parser = one_of(&ENDS))]
    end: Option<End>,
    /// A schedule to compare with: a spec, or a file with an array of sigmas
    /// (`--format k-diffusion`) or the JSON of this command
    #[arg(long, value_name = "SPEC|FILE")]
    previous: Option<String>,
    /// An earlier loss of the same model, a file read like --loss: what a schedule made from it
    /// costs under this one, and at most
    #[arg(long, value_name = "FILE", requires = "loss")]
    previous_loss: Option<PathBuf>,
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
    /// Axis on which steps are measured: γ, ln γ, ln(1 + λγ), γ/(1 + λγ), γ^(1/λ)
    /// [default: the solver's, or softlog]
    #[arg(long, value_name = "AXIS", value_parser = axis_name)]
    regularize: Option<String>,
    /// λ of the axis
    #[arg(long, default_value_t = 1.5)]
    lambda: f64,
    /// Penalty α on unequal neighbouring steps (Algorithm 2); 12 where no number is given
    #[arg(long, value_name = "ALPHA", num_args = 0..=1, default_missing_value = "12")]
    smoothness: Option<f64>,
    /// What will follow the schedule; picks axis and smoothness where they are not given
    /// (`klaim list solvers` has the measured reasons, and more names)
    #[arg(long, value_parser = solver())]
    solver: Option<&'static Solver>,
    /// Choose among N SNRs uniform in ln γ
    /// [default: the rows of the loss curve; for a source the limit of many]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(2..=10_000_000))]
    candidates: Option<u32>,
    /// What is done to a loss curve before steps are placed on it
    /// [default: smooth where that costs less on the curves that could be true]
    #[arg(long, value_parser = one_of(&DENOISES))]
    denoise: Option<Denoise>,
}

fn axis_name(text: &str) -> Result<String, String> {
    crate::schedule::StepAxis::new(text, 1.0).map(|_| text.to_owned()).map_err(|e| e.to_string())
}

/// A parser of the names of samplers.
fn solver() -> impl TypedValueParser<Value = &'static Solver> {
    let possible = SOLVERS
        .iter()
        .map(|solver| PossibleValue::new(solver.name).aliases(solver.aliases).help(solver.summary));
    PossibleValuesParser::new(possible)
        .map(|given| Solver::find(&given).expect("clap lets the names of the table pass"))
}

/// A parser of one of the names of a table (name with its spellings, `eps|epsilon`; value; what it
/// is).
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
        let (pipeline, compares) = self.begin()?;
        if compares {
            return self.compare(&pipeline, common);
        }
        let answer = self.of(pipeline, common)?;
        if let (Some(path), Some(svg)) = (&answer.command.plot, &answer.svg) {
            report::write::file(path, svg.as_bytes())?;
        }
        answer.notes(common.form).into_iter().for_each(|line| common.tell(line));
        answer.command.write(&answer.form(common.form)?)
    }

    /// A schedule in every form.
    ///
    /// # Errors
    /// Whatever stops it; `compare`, which makes none.
    pub(super) fn answer(mut self, common: &Common) -> Result<ScheduleAnswer> {
        let (pipeline, compares) = self.begin()?;
        if compares {
            return Err(Error::invalid("compare", "makes a table, and no schedule"));
        }
        let answer = self.of(pipeline, common)?;
        answer.notes(OutputForm::Json).into_iter().for_each(|line| common.tell(line));
        Ok(answer)
    }

    /// The pipeline, the method in its words, and whether schedules are compared.
    fn begin(&mut self) -> Result<(Pipeline, bool)> {
        let pipeline = self.model.pipeline()?;
        if let Some(spec) = pipeline.own_time(&self.method) {
            self.method = spec;
        }
        Ok((pipeline, self.method == "compare" && self.list.is_none()))
    }

    /// Every schedule on one curve.
    fn compare(mut self, pipeline: &Pipeline, common: &Common) -> Result<u8> {
        let source = self.source.as_deref().map(crate::source::Source::parse).transpose()?;
        source.iter().for_each(|source| output::notes(source, common));
        let mut ground = self.ground(source.as_ref(), pipeline)?;
        said(&ground, common);
        // All are judged on the curve that the loss-adaptive ones are made on.
        let denoise = self.denoise(&ground, common.seed)?;
        self.las.denoise = Some(denoise);
        ground.loss = ground.loss.map(|loss| denoise.of(&loss).into_owned());
        let table = compare::table(&self, &ground, pipeline)?;
        self.write(&compare::text(&table, common.form)?)
    }

    /// One schedule, from a list or made.
    fn of(mut self, pipeline: Pipeline, common: &Common) -> Result<ScheduleAnswer> {
        if let Some(path) = self.list.clone() {
            let made = self.of_list(&path, &pipeline)?;
            return Ok(ScheduleAnswer { command: self, made, pipeline, svg: None });
        }
        let source = self.source.as_deref().map(crate::source::Source::parse).transpose()?;
        source.iter().for_each(|source| output::notes(source, common));
        let ground = self.ground(source.as_ref(), &pipeline)?;
        said(&ground, common);
        self.las.denoise = Some(self.denoise(&ground, common.seed)?);
        let mut made = make::make(&self, &ground, &pipeline, common.seed)?;
        if self.loss.is_some() && self.snr_min.is_none() && self.sigma_max.is_none() {
            let trained = pipeline.ends()?;
            made.warnings
                .extend(trained.and_then(|(noisiest, _)| model_warnings::short_of_noise(&made, noisiest)));
        }
        let betas = pipeline.betas.as_ref();
        made.warnings.extend(betas.and_then(|betas| model_warnings::out_of_range(&made, betas)));
        let whole = match common.form {
            OutputForm::Diffusers => true,
            // Lines to paste, with timesteps where there are enough of them.
            OutputForm::Human => {
                betas.is_some_and(|betas| made.snrs.len() <= betas.steps().min(paste::MOST_LEVELS))
            }
            _ => false,
        };
        if whole {
            made.warnings.extend(
                betas.map(|betas| model_warnings::moved(&made, betas, self.end())).transpose()?.flatten(),
            );
        }
        lists::check(&made.snrs, self.end())?;
        let drawn = self.plot.is_some() || (common.caller.is_some() && ground.curve().is_some());
        let svg = drawn.then(|| make::plot(&made, &ground)).transpose()?;
        Ok(ScheduleAnswer { command: self, made, pipeline, svg })
    }

    /// How an export ends.
    fn end(&self) -> End {
        self.end.unwrap_or(End::Zero)
    }

    /// K, which clap asks for where there is no list.
    fn steps(&self) -> usize {
        self.steps.map_or(1, |steps| steps as usize)
    }

    /// A list that exists, in another form or of another length.
    fn of_list(&mut self, path: &Path, pipeline: &Pipeline) -> Result<Made> {
        let steps = match self.method.as_str() {
            "convert" => None,
            "resample" => {
                Some(self.steps.ok_or_else(|| Error::invalid("--steps", "is needed to resample a list"))?)
            }
            other => {
                let message = format!(
                    "takes no list: a loss curve is --loss {}, and a list for `convert` and `resample`",
                    path.display()
                );
                return Err(Error::invalid(format!("schedule `{other}`"), message));
            }
        };
        let read = lists::read(path, pipeline)?;
        // The levels at which the model is called, in and out: a list that ends in 0 has no σ to replace by it.
        if steps.is_none() && read.evaluated && self.end.is_none() {
            self.end = Some(End::Append);
        }
        let snrs = match steps {
            None => read.snrs,
            Some(steps) => lists::resampled(&read.snrs, steps as usize)?,
        };
        lists::check(&snrs, self.end())?;
        Ok(Made::list(&self.method, path, snrs))
    }

    /// What is done to the loss first: what is said, or smoothing where it gains.
    fn denoise(&self, ground: &Ground, seed: u64) -> Result<Denoise> {
        match (self.las.denoise, &ground.loss) {
            (Some(said), _) => Ok(said),
            (None, Some(curve)) if self.method.starts_with("las") || self.method == "compare" => {
                let settings = make::settings(self, ground, self.method == "las2")?;
                bands::best_denoise(curve, &settings, seed)
            }
            (None, _) => Ok(Denoise::None),
        }
    }

    /// A schedule in the form asked for.
    fn written(&self, made: &Made, pipeline: &Pipeline, form: OutputForm) -> Result<Vec<u8>> {
        let (end, betas) = (self.end(), pipeline.betas.as_ref());
        let levels = if pipeline.is_flow() { export::flow } else { export::sigmas };
        let sigmas = levels(&made.snrs, end);
        Ok(match form {
            OutputForm::Human => {
                (show::human(made, pipeline) + &paste::lines(&made.snrs, end, pipeline)?).into_bytes()
            }
            OutputForm::Json => show::json(made, betas).into_bytes(),
            OutputForm::Csv => {
                export::csv(&made.snrs, betas, made.bands.as_ref().map(|bands| &bands.steps[..]))
                    .into_bytes()
            }
            OutputForm::Diffusers => {
                format!("{:#}\n", export::diffusers(&made.snrs, end, betas)?).into_bytes()
            }
            OutputForm::KDiffusion | OutputForm::Edm => export::array(&sigmas).into_bytes(),
            OutputForm::DiffusersSigmas => export::array(&pipeline.told(&made.snrs, end)).into_bytes(),
            OutputForm::Comfyui | OutputForm::A1111 => export::comfyui(&sigmas).into_bytes(),
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
    fn ground<'a>(
        &self,
        source: Option<&'a crate::source::Source>,
        pipeline: &Pipeline,
    ) -> Result<Ground<'a>> {
        let of_sigma = |flag: &str, sigma: Option<f64>| match sigma {
            Some(sigma) if sigma >= 0.0 => Ok(Some(sigma.powi(-2))),
            Some(sigma) => Err(Error::invalid(flag, format!("must be ≥ 0, not {sigma}"))),
            None => Ok(None),
        };
        let said = (
            self.snr_min.or(of_sigma("--sigma-max", self.sigma_max)?),
            self.snr_max.or(of_sigma("--sigma-min", self.sigma_min)?),
        );
        match (&self.loss, source) {
            (Some(path), _) => {
                let mut reading = self.reading.reading(pipeline.betas.clone())?;
                if let Some(model) = pipeline.model {
                    model.fill(&mut reading)?;
                }
                let ground = Ground::of_loss(path, &reading, said.0, said.1)?;
                match &self.previous_loss {
                    Some(path) => ground.after(path, &reading),
                    None => Ok(ground),
                }
            }
            (None, source) => {
                if self.reading.says_anything() {
                    return Err(Error::invalid(
                        "--loss",
                        "is missing: what is said of its columns has no file",
                    ));
                }
                let trained = pipeline.ends()?;
                let needed = |value: Option<f64>, flag: &str| {
                    let message = "is needed where no --loss or --model gives the ends";
                    value.ok_or_else(|| Error::invalid(flag, message))
                };
                let first = needed(said.0.or(trained.map(|ends| ends.0)), "--snr-min")?;
                let last = needed(said.1.or(trained.map(|ends| ends.1)), "--snr-max")?;
                Ok(Ground::of_source(source, (first, last)))
            }
        }
    }
}

/// Tells what a reader of the loss file should know.
fn said(ground: &Ground, common: &Common) {
    ground.notes.iter().filter(|_| !common.quiet).for_each(|note| common.tell(format!("note: {note}")));
}

/// The grid of `previous`: SNRs from a file, or by a spec.
fn previous(spec: &str, ground: &Ground, pipeline: &Pipeline, steps: usize) -> Result<Vec<f64>> {
    let path = Path::new(spec);
    if path.exists() {
        Ok(lists::rounded_to(lists::read(path, pipeline)?.snrs, ground.ends))
    } else {
        ground.grid(spec, steps)
    }
}

#[cfg(test)]
mod tests;
