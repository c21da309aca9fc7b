//! The column that holds the loss, turned into x0-risks L(γ) = E|X − x̂|².
//!
//! For x_t = αX + σZ a network that predicts one of these predicts all, and their squared errors
//! differ by factors of the SNR alone: |x̂ − X|² = |ε̂ − ε|²/γ; for v = αε − σX with α² + σ² = 1, =
//! σ²|v̂ − v|², σ² = 1/(1 + γ); for the score (αX̂ − x_t)/σ², = (σ⁴/α²)|ŝ − s|²; for the velocity ε
//! − X of (1 − t)X + tε, = t²|û − u|². Sums and means over coordinates differ by a constant, which
//! moves no step.

use super::Reading;
use crate::error::{Error, Result};
use crate::table::Table;

/// What the network's loss is an error of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Parametrization {
    /// X.
    X0,
    /// The noise.
    Eps,
    /// v = αε − σX, variance preserving.
    V,
    /// ∇ ln p_t; its scale depends on the process.
    Score,
    /// The velocity ε − X of flow matching.
    Flow,
}

impl Parametrization {
    /// What its squared error is multiplied by to give that of x0, at γ; `process` matters to a score.
    pub fn of_x0(self, process: Option<Process>, snr: f64) -> f64 {
        match (self, process) {
            (Self::X0, _) => 1.0,
            (Self::Eps, _) => snr.recip(),
            (Self::V, _) => (1.0 + snr).recip(),
            (Self::Score, Some(Process::Vp)) => (snr * (1.0 + snr)).recip(),
            (Self::Score, _) => (snr * snr).recip(),
            (Self::Flow, _) => (1.0 + snr.sqrt()).powi(-2),
        }
    }
}

/// What a network can predict: name, parametrisation, what it is.
pub const PARAMETRIZATIONS: [(&str, Parametrization, &str); 5] = [
    ("x0", Parametrization::X0, "The clean sample"),
    ("eps|epsilon", Parametrization::Eps, "The noise"),
    ("v", Parametrization::V, "v = αε − σx0"),
    ("score", Parametrization::Score, "The score"),
    ("flow", Parametrization::Flow, "The velocity ε − x0 of flow matching"),
];

/// How the signal can be scaled: name, process, what it is.
pub const PROCESSES: [(&str, Process, &str); 2] =
    [("vp", Process::Vp, "α² + σ² = 1"), ("ve", Process::Ve, "α = 1")];

/// The names of loss columns that say what they are.
pub(super) const LOSSES: [(&str, Parametrization); 8] = [
    ("x0", Parametrization::X0),
    ("eps", Parametrization::Eps),
    ("epsilon", Parametrization::Eps),
    ("v", Parametrization::V),
    ("score", Parametrization::Score),
    ("flow", Parametrization::Flow),
    ("sample", Parametrization::X0),
    ("v_prediction", Parametrization::V),
];

/// How the signal is scaled, for a score.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Process {
    /// α² + σ² = 1.
    Vp,
    /// α = 1.
    Ve,
}

/// By what the recorded loss has been multiplied.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Weighting {
    /// By nothing.
    None,
    /// EDM's (σ² + σ_d²)/(σσ_d)² on the x0 loss, σ = 1/√γ; σ_d is the number.
    Edm(f64),
    /// min(γ, c) on the x0 loss; c is the number.
    MinSnr(f64),
    /// γ on the x0 loss.
    Snr,
    /// By the column `weight`, row for row.
    Column,
}

impl Weighting {
    /// `none`, `edm` (σ_d = 0.5), `edm:0.5`, `min-snr` (c = 5), `min-snr:5`, `snr`, `column`.
    ///
    /// # Errors
    /// [`Error::Unknown`] with the nearest name, [`Error::Invalid`] for a number that is not
    /// positive.
    pub fn parse(text: &str) -> Result<Self> {
        let (name, number) =
            text.split_once(':').map_or((text, None), |(name, number)| (name, Some(number)));
        let positive = |default: f64| match number {
            None => Ok(default),
            Some(number) => {
                let bad = || Error::invalid("--weighting", format!("`{number}` is not a number > 0"));
                number.parse().ok().filter(|&x: &f64| x > 0.0 && x.is_finite()).ok_or_else(bad)
            }
        };
        match (name, number) {
            ("none", None) => Ok(Self::None),
            ("snr", None) => Ok(Self::Snr),
            ("column", None) => Ok(Self::Column),
            ("edm", _) => Ok(Self::Edm(positive(0.5)?)),
            ("min-snr", _) => Ok(Self::MinSnr(positive(5.0)?)),
            ("none" | "snr" | "column", Some(_)) => {
                Err(Error::invalid("--weighting", format!("`{name}` has no number")))
            }
            _ => Err(Error::unknown("weighting", name, ["none", "edm", "min-snr", "snr", "column"])),
        }
    }

    /// The weight at γ; 1 where it is in a column.
    fn at(self, snr: f64) -> f64 {
        match self {
            Self::None | Self::Column => 1.0,
            Self::Edm(data) => snr + (data * data).recip(),
            Self::MinSnr(most) => snr.min(most),
            Self::Snr => snr,
        }
    }
}

/// All that turns the recorded number into the x0-risk.
#[derive(Debug, Clone, Copy)]
pub(super) struct Factor {
    /// What the loss is an error of.
    pub parametrization: Parametrization,
    /// How the signal is scaled, where that is a score.
    process: Option<Process>,
    weighting: Weighting,
    /// The column of weights.
    column: Option<usize>,
}

impl Factor {
    /// The factor of a table, all that it needs known.
    ///
    /// # Errors
    /// [`crate::error::Error::Data`] with a question for a score without a process and for a column
    /// of weights of which nothing is said.
    pub(super) fn new(table: &Table, parametrization: Parametrization, reading: &Reading) -> Result<Self> {
        if parametrization == Parametrization::Score && reading.process.is_none() {
            let question = "a score loss has a scale that depends on the process: say --process vp (α² + σ² = 1) or \
                            --process ve (X + σZ)";
            return Err(table.refuse_file(question));
        }
        let column = table.names.iter().position(|name| name == "weight");
        let weighting = match (column, reading.weighting) {
            (Some(_), None) => {
                return Err(table.refuse_file(
                    "has a column `weight`: is the loss already multiplied by it (say --weighting column: it is divided \
                     out) or not (--weighting none)?",
                ));
            }
            (None, Some(Weighting::Column)) => {
                return Err(table.refuse_file("has no column `weight` for --weighting column"));
            }
            (_, weighting) => weighting.unwrap_or(Weighting::None),
        };
        Ok(Self { parametrization, process: reading.process, weighting, column })
    }

    /// The factor of a loss that is an error of something else.
    pub(super) fn of(self, parametrization: Parametrization) -> Self {
        Self { parametrization, ..self }
    }

    /// What the recorded number of a row at γ is multiplied by.
    ///
    /// # Errors
    /// [`crate::error::Error::Data`] for a weight that is not positive.
    pub(super) fn at(&self, table: &Table, row: usize, snr: f64) -> Result<f64> {
        match (self.weighting, self.column) {
            (Weighting::Column, Some(index)) => {
                let weight = table.number(row, index)?;
                if weight > 0.0 {
                    return Ok(self.of_x0(snr) / weight);
                }
                Err(table.refuse(row, index, format!("the weight {weight} is not above 0")))
            }
            (Weighting::None, _) => Ok(self.of_x0(snr)),
            // Named weights are of the x0 loss, whatever is predicted.
            (weighting, _) => Ok(weighting.at(snr).recip()),
        }
    }

    fn of_x0(&self, snr: f64) -> f64 {
        self.parametrization.of_x0(self.process, snr)
    }
}
