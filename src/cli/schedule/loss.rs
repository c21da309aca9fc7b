//! What the command line says of a loss file.

use clap::ValueEnum;

use crate::error::Result;
use crate::schedule::loss::Reading;
use crate::schedule::loss::axis::{Sigma, Time};
use crate::schedule::loss::beta::BetaTable;
use crate::schedule::loss::risk::{Parametrization, Process, Weighting};

/// Needed only where the file leaves it open; the refusal names the flag.
#[derive(clap::Args)]
#[command(next_help_heading = "Reading the loss")]
pub struct LossArguments {
    /// Names of the file's columns, in its order
    #[arg(long, value_delimiter = ',', value_name = "NAME,NAME")]
    columns: Option<Vec<String>>,
    /// Column of the noise level
    #[arg(long, value_name = "COLUMN")]
    axis: Option<String>,
    /// Column of the loss
    #[arg(long, value_name = "COLUMN")]
    loss_column: Option<String>,
    /// What the network predicts, that the loss is an error of
    #[arg(long, value_enum)]
    parametrization: Option<ParametrizationChoice>,
    /// What the recorded loss is multiplied by: none, edm[:sigma_data], min-snr[:c], snr, or column
    /// (the file's `weight`)
    #[arg(long, value_name = "WEIGHTING")]
    weighting: Option<String>,
    /// What a time `t` is
    #[arg(long, value_enum)]
    time: Option<TimeChoice>,
    /// What a `sigma` is
    #[arg(long, value_enum)]
    sigma: Option<SigmaChoice>,
    /// How the signal is scaled, for a score
    #[arg(long, value_enum)]
    process: Option<ProcessChoice>,
}

#[derive(Clone, Copy, ValueEnum)]
enum ParametrizationChoice {
    /// The clean sample
    X0,
    /// The noise
    #[value(alias = "epsilon")]
    Eps,
    /// v = αε − σx0
    V,
    /// The score
    Score,
    /// The velocity ε − x0 of flow matching
    Flow,
}

#[derive(Clone, Copy, ValueEnum)]
enum TimeChoice {
    /// Variance preserving, β from 0.1 to 20
    LinearBeta,
    /// Variance preserving, squared cosine
    Cosine,
    /// (1 − t)·x0 + t·ε
    Flow,
    /// t = σ of x0 + σε
    Edm,
}

#[derive(Clone, Copy, ValueEnum)]
enum SigmaChoice {
    /// σ/α, the noise of x0 + σε (EDM, k-diffusion)
    Ratio,
    /// √(1 − ᾱ)
    Vp,
    /// The σ of (1 − σ)·x0 + σ·ε
    Flow,
}

#[derive(Clone, Copy, ValueEnum)]
enum ProcessChoice {
    /// α² + σ² = 1
    Vp,
    /// α = 1
    Ve,
}

impl LossArguments {
    /// Whether any of these is given.
    pub fn says_anything(&self) -> bool {
        self.columns.is_some()
            || self.axis.is_some()
            || self.loss_column.is_some()
            || self.parametrization.is_some()
            || self.weighting.is_some()
            || self.time.is_some()
            || self.sigma.is_some()
            || self.process.is_some()
    }

    /// The library's form.
    ///
    /// # Errors
    /// A weighting that is unknown.
    pub fn reading(&self, betas: Option<BetaTable>) -> Result<Reading> {
        Ok(Reading {
            columns: self.columns.clone(),
            axis: self.axis.clone(),
            loss: self.loss_column.clone(),
            parametrization: self.parametrization.map(|choice| match choice {
                ParametrizationChoice::X0 => Parametrization::X0,
                ParametrizationChoice::Eps => Parametrization::Eps,
                ParametrizationChoice::V => Parametrization::V,
                ParametrizationChoice::Score => Parametrization::Score,
                ParametrizationChoice::Flow => Parametrization::Flow,
            }),
            weighting: self.weighting.as_deref().map(Weighting::parse).transpose()?,
            betas,
            time: self.time.map(|choice| match choice {
                TimeChoice::LinearBeta => Time::LinearBeta,
                TimeChoice::Cosine => Time::Cosine,
                TimeChoice::Flow => Time::Flow,
                TimeChoice::Edm => Time::Edm,
            }),
            sigma: self.sigma.map(|choice| match choice {
                SigmaChoice::Ratio => Sigma::Ratio,
                SigmaChoice::Vp => Sigma::Vp,
                SigmaChoice::Flow => Sigma::Flow,
            }),
            process: self.process.map(|choice| match choice {
                ProcessChoice::Vp => Process::Vp,
                ProcessChoice::Ve => Process::Ve,
            }),
        })
    }
}
