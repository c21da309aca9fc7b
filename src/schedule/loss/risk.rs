//! The column that holds the loss, turned into x0-risks L(γ) = E|X − x̂|².
//!
//! For x_t = αX + σZ a network that predicts one of these predicts all, and their squared errors differ by factors of the
//! SNR alone: |x̂ − X|² = |ε̂ − ε|²/γ; for v = αε − σX with α² + σ² = 1, = σ²|v̂ − v|², σ² = 1/(1 + γ); for the score
//! (αX̂ − x_t)/σ², = (σ⁴/α²)|ŝ − s|²; for the velocity ε − X of (1 − t)X + tε, = t²|û − u|². Sums and means over
//! coordinates differ by a constant, which moves no step.

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

/// What a network can predict: name, parametrisation, what it is.
pub const PARAMETRIZATIONS: [(&str, Parametrization, &str); 5] = [
    ("x0", Parametrization::X0, "The clean sample"),
    ("eps|epsilon", Parametrization::Eps, "The noise"),
    ("v", Parametrization::V, "v = αε − σx0"),
    ("score", Parametrization::Score, "The score"),
    ("flow", Parametrization::Flow, "The velocity ε − x0 of flow matching"),
];

/// How the signal can be scaled: name, process, what it is.
pub const PROCESSES: [(&str, Process, &str); 2] = [("vp", Process::Vp, "α² + σ² = 1"), ("ve", Process::Ve, "α = 1")];

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

/// Names of loss columns that do not.
pub(super) const UNSAID: [&str; 6] = ["loss", "mse", "l2", "error", "risk", "loss_mean"];

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
    /// [`Error::Unknown`] with the nearest name, [`Error::Invalid`] for a number that is not positive.
    pub fn parse(text: &str) -> Result<Self> {
        let (name, number) = text.split_once(':').map_or((text, None), |(name, number)| (name, Some(number)));
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

/// What the squared error of a parametrisation is multiplied by to give that of x0, at γ.
///
/// # Errors
/// [`Error::Invalid`] with a question for a score without a process.
pub(super) fn factor(parametrization: Parametrization, process: Option<Process>) -> Result<impl Fn(f64) -> f64> {
    if parametrization == Parametrization::Score && process.is_none() {
        let question =
            "has a scale that depends on the process: say --process vp (α² + σ² = 1) or --process ve (X + σZ)";
        return Err(Error::invalid("a score loss", question));
    }
    Ok(move |snr: f64| match (parametrization, process) {
        (Parametrization::X0, _) => 1.0,
        (Parametrization::Eps, _) => snr.recip(),
        (Parametrization::V, _) => (1.0 + snr).recip(),
        (Parametrization::Score, Some(Process::Vp)) => (snr * (1.0 + snr)).recip(),
        (Parametrization::Score, _) => (snr * snr).recip(),
        (Parametrization::Flow, _) => (1.0 + snr.sqrt()).powi(-2),
    })
}

/// The factor from the recorded number to the x0-risk, for every row.
///
/// # Errors
/// Those of [`factor`]; [`Error::Data`] for a weight that is not positive, and with a question for a column of weights
/// of which nothing is said.
pub(super) fn factors(
    table: &Table,
    snrs: &[f64],
    parametrization: Parametrization,
    reading: &Reading,
) -> Result<Vec<f64>> {
    let of_x0 = factor(parametrization, reading.process)?;
    let column = table.names.iter().position(|name| name == "weight");
    match (column, reading.weighting) {
        (Some(_), None) => Err(table.refuse_file(
            "has a column `weight`: is the loss already multiplied by it (say --weighting column: it is divided out) or \
             not (--weighting none)?",
        )),
        (None, Some(Weighting::Column)) => Err(table.refuse_file("has no column `weight` for --weighting column")),
        (Some(index), Some(Weighting::Column)) => {
            let weight = |row: usize| {
                let x = table.number(row, index)?;
                if x > 0.0 { Ok(x) } else { Err(table.refuse(row, index, format!("the weight {x} is not above 0"))) }
            };
            snrs.iter().enumerate().map(|(row, &snr)| Ok(of_x0(snr) / weight(row)?)).collect()
        }
        (_, weighting) => {
            let weighting = weighting.unwrap_or(Weighting::None);
            // Named weights are of the x0 loss, whatever is predicted.
            let scale = |snr: f64| if weighting == Weighting::None { of_x0(snr) } else { weighting.at(snr).recip() };
            Ok(snrs.iter().map(|&snr| scale(snr)).collect())
        }
    }
}
