//! What the command line says of the model that a schedule is for.

use crate::error::{Error, Result};
use crate::schedule::export::{self, End};
use crate::schedule::known::OF_THE_MODEL;
use crate::schedule::loss::beta::BetaTable;
use crate::schedule::models::{Model, NoiseAxis};

/// The model by its name, or its parts one by one.
#[derive(clap::Args)]
#[command(next_help_heading = "The model")]
pub struct ModelArguments {
    /// The model that the schedule is for, which settles what is not said otherwise
    /// (`klaim list models`)
    #[arg(long, value_name = "NAME")]
    model: Option<String>,
    /// β schedule, for the timesteps of the export and of a loss file: linear, scaled-linear,
    /// cosine, with parameters such as scaled-linear:end=0.02,zero-snr=yes, or file:path=betas.csv
    #[arg(long, value_name = "SPEC")]
    beta_schedule: Option<String>,
    /// Shift s of the pipeline, which multiplies σ/α: t ↦ st/(1 + (s − 1)t) on a flow
    #[arg(long, value_name = "S", conflicts_with = "mu")]
    shift: Option<f64>,
    /// The shift as μ = ln s, as dynamic shifts have it
    #[arg(long, value_name = "MU", allow_negative_numbers = true)]
    mu: Option<f64>,
}

/// What is known of the model.
pub struct Pipeline {
    /// The model by its name.
    pub model: Option<&'static Model>,
    /// Its β schedule.
    pub betas: Option<BetaTable>,
    /// By what the pipeline multiplies σ/α.
    pub shift: f64,
}

impl ModelArguments {
    /// The model with what is said of its parts.
    ///
    /// # Errors
    /// An unknown model or β schedule; a shift that is not positive.
    pub fn pipeline(&self) -> Result<Pipeline> {
        let model = self.model.as_deref().map(Model::find).transpose()?;
        let betas = match (&self.beta_schedule, model) {
            (Some(spec), _) => Some(BetaTable::parse(spec)?),
            (None, Some(model)) => model.betas()?,
            (None, None) => None,
        };
        let said = self.shift.or(self.mu.map(f64::exp));
        let shift = said.or(model.map(|model| model.shift)).unwrap_or(1.0);
        if !(shift > 0.0 && shift.is_finite()) {
            return Err(Error::invalid("--shift", format!("must be finite and > 0, not {shift}")));
        }
        Ok(Pipeline { model, betas, shift })
    }
}

impl Pipeline {
    /// Whether the model's levels are times of a flow.
    pub fn is_flow(&self) -> bool {
        self.model.is_some_and(|model| model.noise == NoiseAxis::Flow)
    }

    /// The SNRs between which the model was trained, where that is known.
    ///
    /// # Errors
    /// Those of [`Model::ends`].
    pub fn ends(&self) -> Result<Option<(f64, f64)>> {
        match (&self.betas, self.model) {
            (Some(betas), _) => Ok(Some((betas.snr(betas.steps() - 1), betas.snr(0)))),
            (None, Some(model)) => model.ends().map(Some),
            (None, None) => Ok(None),
        }
    }

    /// What a diffusers pipeline is told as `sigmas`: of a flow the times before its shift, without
    /// the 0 that it appends.
    pub fn told(&self, snrs: &[f64], end: End) -> Vec<f64> {
        if !self.is_flow() {
            return export::sigmas(snrs, end);
        }
        let before = |t: f64| t / (self.shift - (self.shift - 1.0) * t);
        export::flow(snrs, end).into_iter().filter(|&t| t > 0.0).map(before).collect()
    }

    /// The spec of a rule that is uniform in the model's own time, by the names that others give
    /// it.
    pub fn own_time(&self, method: &str) -> Option<String> {
        let model = self.model.filter(|_| OF_THE_MODEL.contains(&method))?;
        Some(match model.noise {
            NoiseAxis::Timesteps(betas) if betas.starts_with("scaled-linear") => "scaled-linear".into(),
            NoiseAxis::Timesteps(betas) if betas.starts_with("linear") => "linear-beta".into(),
            NoiseAxis::Timesteps(_) => "cosine".into(),
            NoiseAxis::Flow => format!("flow:shift={}", self.shift),
            NoiseAxis::Sigma => return None,
        })
    }
}
