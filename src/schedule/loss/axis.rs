//! The column that says how noisy a row is, turned into SNRs.

use super::beta::BetaTable;
use super::{Reading, column};
use crate::channel::snr::Snr;
use crate::error::{Error, Result};
use crate::table::Table;

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
    /// ᾱ of a variance-preserving diffusion.
    AlphaBar,
    /// A time in (0, 1] whose noise must be named.
    Time,
    /// A timestep 0 … T − 1 of a named β schedule.
    Timestep,
}

/// The names of axis columns; spelling variants that mean the same are listed with them.
pub(super) const AXES: [(&str, AxisColumn); 13] = [
    ("snr", AxisColumn::Snr),
    ("logsnr", AxisColumn::LogSnr),
    ("log_snr", AxisColumn::LogSnr),
    ("half_logsnr", AxisColumn::HalfLogSnr),
    ("half_log_snr", AxisColumn::HalfLogSnr),
    ("sigma", AxisColumn::Sigma),
    ("sigmas", AxisColumn::Sigma),
    ("alpha_bar", AxisColumn::AlphaBar),
    ("alphas_cumprod", AxisColumn::AlphaBar),
    ("t", AxisColumn::Time),
    ("time", AxisColumn::Time),
    ("timestep", AxisColumn::Timestep),
    ("timesteps", AxisColumn::Timestep),
];

/// Names that some call one thing and some another, and what to ask.
pub(super) const QUESTIONS: [(&str, &str); 4] = [
    ("lambda", "is it ½ ln(α²/σ²), as in DPM-Solver (rename it half_logsnr), or ln(α²/σ²) (rename it logsnr)?"),
    (
        "gamma",
        "is it the SNR α²/σ² (rename it snr) or its negative logarithm, as in VDM (negate it, rename it logsnr)?",
    ),
    ("step", "is it a timestep of the training schedule, 0 the cleanest (rename it timestep)?"),
    ("noise_level", "is it σ/α (rename it sigma), √ᾱ, or a timestep?"),
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

/// What a time `t` in (0, 1] is.
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

/// The SNR of every row.
///
/// # Errors
/// [`Error::Data`] at the cell for what is no noise level, and with a question where the column could be two things.
pub(super) fn snrs(table: &Table, index: usize, kind: AxisColumn, reading: &Reading) -> Result<Vec<f64>> {
    let values: Vec<f64> = (0..table.rows).map(|row| table.number(row, index)).collect::<Result<_>>()?;
    let convert = converter(table, index, kind, reading, &values)?;
    let at = |(row, &x): (usize, &f64)| convert(x).map_err(|message| table.refuse(row, index, message));
    values.iter().enumerate().map(at).collect()
}

/// One value to its SNR, or what is wrong with it.
type Convert<'a> = Box<dyn Fn(f64) -> Result<f64, String> + 'a>;

fn converter<'a>(
    table: &Table,
    index: usize,
    kind: AxisColumn,
    reading: &'a Reading,
    values: &[f64],
) -> Result<Convert<'a>> {
    let checked = |snr: Result<Snr>, x: f64| {
        let said = |error| match error {
            Error::Invalid { what, message } => format!("{what} {message}"),
            other => other.to_string(),
        };
        snr.map(Snr::linear).map_err(|error| format!("{x} is no noise level: {}", said(error)))
    };
    Ok(match kind {
        AxisColumn::Snr => Box::new(move |x| checked(Snr::new(x), x)),
        AxisColumn::LogSnr => Box::new(move |x| checked(Snr::from_log(x), x)),
        AxisColumn::HalfLogSnr => Box::new(move |x| checked(Snr::from_half_log(x), x)),
        AxisColumn::AlphaBar => Box::new(move |x| checked(Snr::from_alpha_bar(x), x)),
        AxisColumn::Sigma => match sigma(table, index, reading, values)? {
            Sigma::Ratio => Box::new(move |x| checked(Snr::from_noise_std_dev(x), x)),
            Sigma::Vp => Box::new(move |x| checked(Snr::from_alpha_bar((1.0 - x) * (1.0 + x)), x)),
            Sigma::Flow => Box::new(move |x| unit(x).and_then(|x| checked(Snr::new(((1.0 - x) / x).powi(2)), x))),
        },
        AxisColumn::Time => {
            let question = "is a time: which noise belongs to it? Say --time linear-beta (VP, β from 0.1 to 20), cosine, \
                            flow ((1 − t)X + tZ) or edm (t = σ)";
            let time = reading.time.ok_or_else(|| column(table, index, question))?;
            Box::new(move |t| at_time(time, t).and_then(|snr| checked(Snr::new(snr), t)))
        }
        AxisColumn::Timestep => {
            let question = || {
                let forms = BetaTable::FORMS;
                column(table, index, format!("is a timestep: of which β schedule? Say --beta-schedule {forms}"))
            };
            let betas = reading.betas.as_ref().ok_or_else(question)?;
            Box::new(move |t| {
                let whole = t.fract() == 0.0 && t >= 0.0 && t < betas.steps() as f64;
                let message =
                    || format!("{t} is no timestep of `{betas}`: whole numbers from 0 to {}", betas.steps() - 1);
                if whole { Ok(betas.snr(t as usize)) } else { Err(message()) }
            })
        }
    })
}

/// What the σ of a column are: as told, or σ/α where one of them is above 1.
fn sigma(table: &Table, index: usize, reading: &Reading, values: &[f64]) -> Result<Sigma> {
    let question = "is below 1 everywhere: is it σ/α of X + σZ (say --sigma ratio), √(1 − ᾱ) of a variance-preserving \
                    diffusion (--sigma vp), or the σ of flow matching (--sigma flow)?";
    match reading.sigma {
        Some(sigma) => Ok(sigma),
        None if values.iter().any(|&x| x > 1.0) => Ok(Sigma::Ratio),
        None => Err(column(table, index, question)),
    }
}

fn unit(x: f64) -> Result<f64, String> {
    if x > 0.0 && x < 1.0 { Ok(x) } else { Err(format!("{x} is not in (0, 1)")) }
}

fn at_time(time: Time, t: f64) -> Result<f64, String> {
    if time != Time::Edm && !(t > 0.0 && t <= 1.0) {
        return Err(format!("the time {t} is not in (0, 1]: are these timesteps (rename the column timestep)?"));
    }
    Ok(match time {
        Time::LinearBeta => (t * (0.1 + 0.5 * 19.9 * t)).exp_m1().recip(),
        Time::Cosine => {
            let angle = |t: f64| std::f64::consts::FRAC_PI_2 * (t + 0.008) / 1.008;
            let (a, b) = (angle(t), angle(0.0));
            // ᾱ/(1 − ᾱ), with f(0) − f(t) = sin(a − b) sin(a + b).
            a.cos().powi(2) / ((a - b).sin() * (a + b).sin())
        }
        Time::Flow => ((1.0 - t) / t).powi(2),
        Time::Edm => (t * t).recip(),
    })
}
