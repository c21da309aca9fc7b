//! What the command line says of a loss file.

use super::one_of;
use crate::error::Result;
use crate::schedule::loss::Reading;
use crate::schedule::loss::axis::{DIRECTIONS, Direction, SIGMAS, Sigma, TIMES, Time};
use crate::schedule::loss::beta::BetaTable;
use crate::schedule::loss::risk::{PARAMETRIZATIONS, PROCESSES, Parametrization, Process, Weighting};

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
    #[arg(long, value_parser = one_of(&PARAMETRIZATIONS))]
    parametrization: Option<Parametrization>,
    /// What the recorded loss is multiplied by: none, edm[:sigma_data], min-snr[:c], snr, or column
    /// (the file's `weight`)
    #[arg(long, value_name = "WEIGHTING")]
    weighting: Option<String>,
    /// What a time `t` is
    #[arg(long, value_parser = one_of(&TIMES))]
    time: Option<Time>,
    /// What a `sigma` is
    #[arg(long, value_parser = one_of(&SIGMAS))]
    sigma: Option<Sigma>,
    /// Which end of a time, a timestep or a flow's sigma is the data
    #[arg(long, value_parser = one_of(&DIRECTIONS))]
    direction: Option<Direction>,
    /// How the signal is scaled, for a score
    #[arg(long, value_parser = one_of(&PROCESSES))]
    process: Option<Process>,
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
            || self.direction.is_some()
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
            parametrization: self.parametrization,
            weighting: self.weighting.as_deref().map(Weighting::parse).transpose()?,
            betas,
            time: self.time,
            sigma: self.sigma,
            direction: self.direction,
            process: self.process,
        })
    }
}
