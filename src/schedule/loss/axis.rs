//! The column that says how noisy a row is, turned into SNRs.

use super::Reading;
use super::beta::BetaTable;
use super::risk::Parametrization;
use crate::error::Result;
use crate::table::{Cell, Table};

/// A kind of axis column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AxisColumn {
    /// γ = α²/σ², linear.
    Snr,
    /// ln γ.
    LogSnr,
    /// ½ ln γ, DPM-Solver's λ.
    HalfLogSnr,
    /// A noise level; which one is a question where all are below 1.
    Sigma,
    /// ln σ, σ = 1/√γ.
    LogSigma,
    /// ¼ ln σ, what EDM's networks are called with.
    NoiseInput,
    /// ᾱ of a variance-preserving diffusion.
    AlphaBar,
    /// A time in [0, 1] whose noise must be named.
    Time,
    /// A timestep 0 … T − 1 of a named β schedule, or 0 … 1000 of a flow.
    Timestep,
}

/// The names of axis columns; spelling variants that mean the same are listed with them.
pub(super) const AXES: [(&str, AxisColumn); 18] = [
    ("snr", AxisColumn::Snr),
    ("logsnr", AxisColumn::LogSnr),
    ("log_snr", AxisColumn::LogSnr),
    ("half_logsnr", AxisColumn::HalfLogSnr),
    ("half_log_snr", AxisColumn::HalfLogSnr),
    ("sigma", AxisColumn::Sigma),
    ("sigmas", AxisColumn::Sigma),
    ("log_sigma", AxisColumn::LogSigma),
    ("ln_sigma", AxisColumn::LogSigma),
    ("logsigma", AxisColumn::LogSigma),
    ("c_noise", AxisColumn::NoiseInput),
    ("alpha_bar", AxisColumn::AlphaBar),
    ("alphas_cumprod", AxisColumn::AlphaBar),
    ("t", AxisColumn::Time),
    ("time", AxisColumn::Time),
    ("timestep", AxisColumn::Timestep),
    ("timesteps", AxisColumn::Timestep),
    ("flow_time", AxisColumn::Time),
];

/// Names that some call one thing and some another, and what to ask.
pub(super) const QUESTIONS: [(&str, &str); 5] = [
    (
        "lambda",
        "is it ½ ln(α²/σ²), as in DPM-Solver (rename it half_logsnr), or ln(α²/σ²) (rename it logsnr)?",
    ),
    (
        "gamma",
        "is it the SNR α²/σ² (rename it snr) or its negative logarithm, as in VDM (negate it, rename it logsnr)?",
    ),
    (
        "noise_level",
        "is it σ/α (say --axis sigma), an SNR (--axis snr), a time (--axis t), or a timestep (--axis timestep)?",
    ),
    ("noise", NOISE_BIN),
    ("bin", NOISE_BIN),
];

/// What is asked of a bin.
const NOISE_BIN: &str = "is it a σ, an SNR, a time or a timestep, of the middle of a bin? Say --axis sigma, snr, logsnr, t or \
                         timestep; the mere number of a bin says nothing of its noise: write its level in its place";

/// Columns by which trainers log: none of them says how noisy a row is.
pub(super) const OPTIMISER: [&str; 13] = [
    "step",
    "_step",
    "steps",
    "global_step",
    "global step",
    "train_step",
    "training_step",
    "iteration",
    "iter",
    "epoch",
    "wall time",
    "_timestamp",
    "_runtime",
];

/// The kinds of `sigma`: name, kind, what it is.
pub const SIGMAS: [(&str, Sigma, &str); 3] = [
    ("ratio", Sigma::Ratio, "σ/α, the noise of x0 + σε (EDM, k-diffusion)"),
    ("vp", Sigma::Vp, "√(1 − ᾱ)"),
    ("flow", Sigma::Flow, "The σ of (1 − σ)·x0 + σ·ε"),
];

/// The kinds of time: name, kind, what it is.
pub const TIMES: [(&str, Time, &str); 4] = [
    ("linear-beta", Time::LinearBeta, "Variance preserving, β from 0.1 to 20"),
    ("cosine", Time::Cosine, "Variance preserving, squared cosine"),
    ("flow", Time::Flow, "(1 − t)·x0 + t·ε"),
    ("edm", Time::Edm, "t = σ of x0 + σε"),
];

/// The directions of a time: name, direction, what it is.
pub const DIRECTIONS: [(&str, Direction, &str); 2] = [
    ("to-noise", Direction::ToNoise, "Time 0, or timestep 0, is the data"),
    ("to-data", Direction::ToData, "Time 0, or timestep 0, is pure noise"),
];

/// What a `sigma` is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sigma {
    /// σ/α, the noise of X + σZ (EDM, k-diffusion): γ = σ⁻².
    Ratio,
    /// √(1 − ᾱ), the noise of a variance-preserving diffusion: γ = (1 − σ²)/σ².
    Vp,
    /// The σ of flow matching, (1 − σ)X + σZ: γ = ((1 − σ)/σ)².
    Flow,
}

/// What a time `t` in [0, 1] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Time {
    /// The variance-preserving diffusion with β from 0.1 to 20: −ln ᾱ = ½t²·19.9 + 0.1t.
    LinearBeta,
    /// ᾱ = f(t)/f(0), f(t) = cos²(½π(t + 0.008)/1.008).
    Cosine,
    /// (1 − t)X + tZ.
    Flow,
    /// t = σ, X + tZ (EDM); not bounded by 1.
    Edm,
}

/// Which end of a time is the data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Time 0.
    ToNoise,
    /// The last time.
    ToData,
}

/// Timesteps of a flow model are a thousand times its time.
const FLOW_TIMESTEPS: f64 = 1000.0;

/// A kind of axis column with all that its numbers need to be SNRs.
#[derive(Debug, Clone)]
pub(super) enum NoiseScale {
    Snr,
    LogSnr,
    HalfLogSnr,
    LogSigma,
    NoiseInput,
    AlphaBar,
    Sigma(Sigma),
    Time(Time),
    FlowTimestep,
    Timestep(BetaTable),
}

impl NoiseScale {
    /// What a column's numbers are.
    ///
    /// # Errors
    /// [`crate::error::Error::Data`] with the question that the file leaves open.
    pub(super) fn of(table: &Table, index: usize, kind: AxisColumn, reading: &Reading) -> Result<Self> {
        let asked = |question: String| table.refuse_column(index, question);
        let scale = match kind {
            AxisColumn::Snr => Self::Snr,
            AxisColumn::LogSnr => Self::LogSnr,
            AxisColumn::HalfLogSnr => Self::HalfLogSnr,
            AxisColumn::LogSigma => Self::LogSigma,
            AxisColumn::NoiseInput => Self::NoiseInput,
            AxisColumn::AlphaBar => Self::AlphaBar,
            AxisColumn::Sigma => Self::Sigma(sigma(table, index, reading)?),
            AxisColumn::Time if reading.time.is_none() && whole_timesteps(table, index, reading) => {
                Self::Timestep(reading.betas.clone().expect("timesteps of a table"))
            }
            AxisColumn::Time => Self::Time(reading.time.ok_or_else(|| {
                asked(
                    "is a time: which noise belongs to it? Say --time linear-beta (VP, β from 0.1 to 20), cosine, \
                     flow ((1 − t)X + tZ) or edm (t = σ)"
                        .into(),
                )
            })?),
            AxisColumn::Timestep => match (&reading.betas, reading.time) {
                (Some(betas), _) => Self::Timestep(betas.clone()),
                (None, Some(Time::Flow)) => Self::FlowTimestep,
                (None, _) => {
                    let forms = BetaTable::FORMS;
                    return Err(asked(format!(
                        "is a timestep: of which β schedule? Say --beta-schedule {forms}, or --time flow for the timesteps \
                         0 … 1000 of a flow model"
                    )));
                }
            },
        };
        if reading.direction.is_some() && scale.reversed(0.0).is_none() {
            return Err(asked("has no direction: leave --direction out".into()));
        }
        Ok(scale)
    }

    /// The number of the same place where time runs the other way; `None` where the column is no
    /// time.
    pub(super) fn reversed(&self, x: f64) -> Option<f64> {
        match self {
            Self::Time(Time::Edm) | Self::Sigma(Sigma::Ratio | Sigma::Vp) => None,
            Self::Time(_) | Self::Sigma(Sigma::Flow) => Some(1.0 - x),
            Self::FlowTimestep => Some(FLOW_TIMESTEPS - x),
            Self::Timestep(betas) => Some((betas.steps() - 1) as f64 - x),
            _ => None,
        }
    }

    /// Whether its numbers are times of a flow.
    pub(super) fn is_flow(&self) -> bool {
        matches!(self, Self::Time(Time::Flow) | Self::Sigma(Sigma::Flow) | Self::FlowTimestep)
    }

    /// The SNR of a number: 0 is pure noise, ∞ the data.
    fn snr(&self, x: f64) -> Result<f64, String> {
        let sign = |x: f64, snr: f64| {
            if x >= 0.0 { Ok(snr) } else { Err(format!("{x} is no noise level: it is negative")) }
        };
        match self {
            Self::Snr => sign(x, x),
            Self::LogSnr => Ok(x.exp()),
            Self::HalfLogSnr => Ok((2.0 * x).exp()),
            Self::LogSigma => Ok((-2.0 * x).exp()),
            Self::NoiseInput => Ok((-8.0 * x).exp()),
            Self::AlphaBar => unit(x).map(|x| x / (1.0 - x)),
            Self::Sigma(Sigma::Ratio) | Self::Time(Time::Edm) => sign(x, (x * x).recip()),
            Self::Sigma(Sigma::Vp) => unit(x).map(|x| (1.0 - x) * (1.0 + x) / (x * x)),
            Self::Sigma(Sigma::Flow) => unit(x).map(flow),
            Self::Time(time) => {
                let time = (*time, x);
                let message = |_| {
                    format!(
                        "the time {x} is not in [0, 1]: are these timesteps (rename the column timestep)?"
                    )
                };
                unit(x).map_err(message).map(|x| at_time(time.0, x))
            }
            Self::FlowTimestep => {
                let message = |_| format!("{x} is no timestep of a flow model: from 0 to {FLOW_TIMESTEPS}");
                unit(x / FLOW_TIMESTEPS).map_err(message).map(flow)
            }
            Self::Timestep(betas) => {
                let (whole, last) = (x.fract() == 0.0 && x >= 0.0, (betas.steps() - 1) as f64);
                if whole && x <= last {
                    return Ok(betas.snr(x as usize));
                }
                let hint = if whole { " (an optimiser step is no noise level)" } else { "" };
                Err(format!("{x} is no timestep of `{betas}`: whole numbers from 0 to {last}{hint}"))
            }
        }
    }
}

/// The SNR of every row, 0 and ∞ among them.
///
/// # Errors
/// [`crate::error::Error::Data`] at the cell for what is no noise level.
pub(super) fn snrs(
    table: &Table,
    index: usize,
    scale: &NoiseScale,
    direction: Direction,
) -> Result<Vec<f64>> {
    let at = |row: usize| {
        let x = match table.cell(row, index) {
            Cell::Number(x) if x.is_infinite() => x,
            _ => table.number(row, index)?,
        };
        let x = if direction == Direction::ToData { scale.reversed(x).unwrap_or(x) } else { x };
        scale.snr(x).map_err(|message| table.refuse(row, index, message))
    };
    (0..table.rows).map(at).collect()
}

/// Whether a `t` holds timesteps of a known β table: whole numbers of it, and more than 0 and 1.
fn whole_timesteps(table: &Table, index: usize, reading: &Reading) -> bool {
    let Some(betas) = &reading.betas else { return false };
    let timestep = |row: usize| matches!(table.cell(row, index), Cell::Number(x) if x.fract() == 0.0 && x >= 0.0 && x < betas.steps() as f64);
    let above = |row: usize| matches!(table.cell(row, index), Cell::Number(x) if x > 1.0);
    (0..table.rows).all(timestep) && (0..table.rows).any(above)
}

/// What the σ of a column are: as told, σ/α where one of them is above 1, else those of a flow
/// where the loss is one.
fn sigma(table: &Table, index: usize, reading: &Reading) -> Result<Sigma> {
    let question = "is below 1 everywhere: is it σ/α of X + σZ (say --sigma ratio), √(1 − ᾱ) of a variance-preserving \
                    diffusion (--sigma vp), or the σ of flow matching (--sigma flow)?";
    let above = |row: usize| matches!(table.cell(row, index), Cell::Number(x) if x > 1.0);
    match reading.sigma {
        Some(sigma) => Ok(sigma),
        None if (0..table.rows).any(above) => Ok(Sigma::Ratio),
        None if reading.parametrization == Some(Parametrization::Flow) => Ok(Sigma::Flow),
        None => Err(table.refuse_column(index, question)),
    }
}

fn unit(x: f64) -> Result<f64, String> {
    if (0.0..=1.0).contains(&x) { Ok(x) } else { Err(format!("{x} is no noise level: it is not in [0, 1]")) }
}

/// γ = ((1 − t)/t)² of (1 − t)X + tZ.
fn flow(t: f64) -> f64 {
    ((1.0 - t) / t).powi(2)
}

fn at_time(time: Time, t: f64) -> f64 {
    match time {
        Time::LinearBeta => (t * (0.1 + 0.5 * 19.9 * t)).exp_m1().recip(),
        Time::Cosine if t >= 1.0 => 0.0,
        Time::Cosine => {
            let angle = |t: f64| std::f64::consts::FRAC_PI_2 * (t + 0.008) / 1.008;
            let (a, b) = (angle(t), angle(0.0));
            // ᾱ/(1 − ᾱ), with f(0) − f(t) = sin(a − b) sin(a + b).
            a.cos().powi(2) / ((a - b).sin() * (a + b).sin())
        }
        Time::Flow => flow(t),
        Time::Edm => (t * t).recip(),
    }
}
