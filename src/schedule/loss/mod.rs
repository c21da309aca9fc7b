//! Loss curves of trained models: from a file to the x0-risk L(γ), from there to a schedule with
//! its certificates.
//!
//! [`read`] takes a table with one column for the noise level ([`axis`]), one for the loss
//! ([`risk`]) and, if there is one, its standard error; whatever could mean two things is refused
//! with the question that would settle it. [`place()`] places the steps, [`certificate`] says how
//! good they are and [`bands`] how sure.

pub mod axis;
pub mod bands;
pub mod beta;
pub mod certificate;
mod columns;
pub mod curve;
pub mod place;
mod possible;
mod rise;
pub mod risk;
pub mod smooth;
pub mod stale;
mod wide;

pub use curve::{LossCurve, Noise};
pub use place::{Denoise, Placement, Settings, place};

use std::path::Path;

use crate::error::{Error, Result};
use crate::table::{Header, ReadOptions, Table};
use axis::{Direction, NoiseScale, Sigma, Time};
use beta::BetaTable;
use columns::{ErrorColumn, Questions};
use curve::LossPoint;
use rise::Rise;
use risk::{Factor, Parametrization, Process, Weighting};

/// What the caller says about a file; each is asked for only where the file leaves it open.
#[derive(Debug, Clone, Default)]
pub struct Reading {
    /// Names of the columns, in place of the file's.
    pub columns: Option<Vec<String>>,
    /// Which column is the axis, where several could be.
    pub axis: Option<String>,
    /// Which column is the loss, where several could be.
    pub loss: Option<String>,
    /// What the loss is an error of, where its column's name does not say.
    pub parametrization: Option<Parametrization>,
    /// What the recorded loss has been multiplied by.
    pub weighting: Option<Weighting>,
    /// The β schedule of `timestep`.
    pub betas: Option<BetaTable>,
    /// The noise of `t`.
    pub time: Option<Time>,
    /// The kind of `sigma`.
    pub sigma: Option<Sigma>,
    /// Which end of a time is the data.
    pub direction: Option<Direction>,
    /// How the signal is scaled, for a score.
    pub process: Option<Process>,
}

/// A loss curve as read, with what a reader should know of it.
#[derive(Clone)]
pub struct LossFile {
    /// The x0-risk.
    pub curve: LossCurve,
    /// LossRows that were left out, and why.
    pub notes: Vec<String>,
}

/// The loss curve of a file (CSV, TSV, JSON and JSON lines, NPY, NPZ, Parquet).
///
/// # Errors
/// [`Error::Io`] and [`Error::Data`] with line (or row), column and remedy; where the file is
/// ambiguous, with all questions that would settle it; where what it says cannot be a risk, with
/// the readings under which it could. [`Error::Unknown`] for a column that `reading` names and the
/// file lacks.
pub fn read(path: &Path, reading: &Reading) -> Result<LossFile> {
    let table = named_table(path, reading.columns.as_deref())?;
    let mut reading = reading.clone();
    take_remarks(&table, &mut reading)?;
    let (table, note) = match wide::long(&table, &reading, path)? {
        Some((table, note)) => (table, Some(note)),
        None => (table, None),
    };
    columns::refuse_training_log(&table, &reading)?;
    let rows = LossRows::of(&table, &reading)?;
    let mut file = rows.read(reading.direction.unwrap_or(Direction::ToNoise), rows.factor)?;
    file.notes.extend(note);
    if let Some(rise) = file.curve.rise().filter(Rise::is_impossible) {
        return Err(table.refuse_file(rows.readings(&rise, &reading)));
    }
    // A flow runs in either direction, by whose paper; timesteps of a β table in one.
    if reading.direction.is_none() && rows.scale.is_flow() && rows.falls(Direction::ToData, rows.factor) {
        file.notes.push(
            "time 0 is taken to be the data (--direction to-noise); with time 0 as pure noise (--direction to-data) the risk \
             falls too, so the loss alone cannot tell which: the two schedules differ"
                .to_owned(),
        );
    }
    if let Some(note) = rows.start(&file.curve) {
        file.notes.push(note);
    }
    Ok(file)
}

/// Fall of ln L with ln γ, at its noisiest, below which the data still shows through the noise
/// there, the range in which it is measured, and the rows that it takes.
const SHOWS: f64 = -0.5;
const FIRST_DECADE: f64 = 10.0;
const FEWEST_NEAR: usize = 3;

/// Whether the noise does not drown the data where the curve starts: M(γ) is flat where γ·Var ≪ 1,
/// and falls like 1/γ where it is not.
fn shows_at_start(curve: &LossCurve) -> bool {
    let near = |p: &&LossPoint| p.snr > 0.0 && p.snr <= FIRST_DECADE * curve.near_zero;
    let near: Vec<(f64, f64)> =
        curve.points().iter().filter(near).map(|p| (p.snr.ln(), p.risk.ln())).collect();
    let n = near.len() as f64;
    let mean = |of: fn(&(f64, f64)) -> f64| near.iter().map(of).sum::<f64>() / n;
    let (x, y) = (mean(|p| p.0), mean(|p| p.1));
    let squares: f64 = near.iter().map(|p| (p.0 - x).powi(2)).sum();
    let slope = near.iter().map(|p| (p.0 - x) * (p.1 - y)).sum::<f64>() / squares;
    near.len() >= FEWEST_NEAR && slope < SHOWS
}

/// Whether a curve can be a risk.
fn could_be(curve: &LossCurve) -> bool {
    !curve.rise().is_some_and(|rise| rise.is_impossible())
}

/// The columns of a table with their meaning.
struct LossRows<'a> {
    table: &'a Table,
    axis: usize,
    scale: NoiseScale,
    loss: usize,
    factor: Factor,
    errors: Vec<(usize, ErrorColumn)>,
}

impl<'a> LossRows<'a> {
    /// Everything that the file and `reading` say; the rest is asked at once.
    fn of(table: &'a Table, reading: &Reading) -> Result<Self> {
        let mut open = Questions::default();
        let axis = open.take(columns::axis_column(table, reading))?;
        let loss = open.take(columns::loss_column(table, reading, axis.map(|(index, _)| index)))?;
        let errors = open.take(columns::error_columns(table))?;
        open.take(columns::refuse_strangers(table, &[axis.map(|(index, _)| index), loss]))?;
        let parametrization = match loss {
            Some(loss) => open.take(columns::parametrization(table, reading, loss))?,
            None => None,
        };
        let factor = match parametrization {
            Some(parametrization) => open.take(Factor::new(table, parametrization, reading))?,
            None => None,
        };
        // The velocity ε − X is that of (1 − t)X + tε.
        let time = reading.time.or((parametrization == Some(Parametrization::Flow)).then_some(Time::Flow));
        let told = Reading { time, parametrization, ..reading.clone() };
        let scale = match axis {
            Some((index, kind)) => open.take(NoiseScale::of(table, index, kind, &told))?,
            None => None,
        };
        open.ask(table)?;
        match (axis, scale, loss, factor, errors) {
            (Some((axis, _)), Some(scale), Some(loss), Some(factor), Some(errors)) => {
                Ok(Self { table, axis, scale, loss, factor, errors })
            }
            _ => unreachable!("what is missing has been asked for"),
        }
    }

    /// The curve in one reading.
    fn read(&self, direction: Direction, factor: Factor) -> Result<LossFile> {
        let table = self.table;
        let snrs = axis::snrs(table, self.axis, &self.scale, direction)?;
        let (mut points, mut clean, mut pure) = (Vec::with_capacity(snrs.len()), 0, 0);
        for (row, &snr) in snrs.iter().enumerate() {
            let value = table.number(row, self.loss)?;
            if value < 0.0 {
                let message = format!("the loss {value} is below 0: a mean squared error is not");
                return Err(table.refuse(row, self.loss, message));
            }
            if snr.is_infinite() {
                clean += 1;
                continue;
            }
            let risk = factor.at(table, row, snr)? * value;
            if snr == 0.0 && !risk.is_finite() {
                pure += 1;
                continue;
            }
            if risk <= 0.0 {
                let message = format!("the loss {value} is not above 0: a mean squared error is");
                return Err(table.refuse(row, self.loss, message));
            }
            let (rel_err, count) = columns::error_of(table, row, &self.errors, value)?;
            points.push(LossPoint { snr, risk, rel_err, count });
        }
        let curve = LossCurve::new(points).map_err(|error| match error {
            Error::Invalid { message, .. } => table.refuse_file(message),
            other => other,
        })?;
        let mut notes = Vec::new();
        if clean > 0 {
            notes.push(format!(
                "{clean} rows without noise (σ = 0) are left out: no step starts there, and every export ends there"
            ));
        }
        if pure > 0 {
            notes.push(format!(
                "{pure} rows of pure noise (SNR 0) are left out: of an error of the noise there, nothing follows for x0"
            ));
        }
        Ok(LossFile { curve, notes })
    }

    /// The same columns with timesteps of other β tables, by name.
    fn other_tables(&self) -> Vec<(String, Self)> {
        let NoiseScale::Timestep(betas) = &self.scale else { return Vec::new() };
        let table = |name: &'static str| {
            let spec = match betas.steps() {
                1000 => name.to_owned(),
                steps => format!("{name}:steps={steps}"),
            };
            let other = BetaTable::parse(&spec).ok()?;
            (other.to_string() != betas.to_string()).then(|| {
                (spec, Self { scale: NoiseScale::Timestep(other), errors: self.errors.clone(), ..*self })
            })
        };
        BetaTable::names().filter_map(table).collect()
    }

    /// What is odd about the noisiest rows, of an axis that could run the other way: the data shows through.
    fn start(&self, curve: &LossCurve) -> Option<String> {
        let other_way = !self.scale.is_flow() && self.scale.reversed(0.0).is_some();
        (other_way && shows_at_start(curve)).then(|| format!(
            "the risk falls steeply from the noisiest row on (sigma {:.3e}), as if the data were larger than the noise there: \
             does time run the other way (--direction), or do these timesteps belong to another β schedule? Else the loss \
             starts where sampling is half done",
            curve.near_zero.powf(-0.5)
        ))
    }

    /// Whether a reading makes what can be a risk.
    fn falls(&self, direction: Direction, factor: Factor) -> bool {
        self.read(direction, factor).is_ok_and(|file| could_be(&file.curve))
    }

    /// How to say that the loss is an error of `name`: by the column's name, where it says
    /// something else now.
    fn remedy(&self, name: &str, reading: &Reading) -> String {
        let told = Reading { parametrization: None, ..reading.clone() };
        if columns::parametrization(self.table, &told, self.loss).is_err() {
            return format!("--parametrization {name}");
        }
        let mut names: Vec<&str> = self.table.names.iter().map(String::as_str).collect();
        names[self.loss] = name;
        format!("rename the column with --columns {}", names.join(","))
    }

    /// What is wrong with a risk that rises, and the readings under which it would fall.
    fn readings(&self, rise: &Rise, reading: &Reading) -> String {
        let now = reading.direction.unwrap_or(Direction::ToNoise);
        let other = if now == Direction::ToNoise { Direction::ToData } else { Direction::ToNoise };
        let mut fits = Vec::new();
        for (names, parametrization, what) in risk::PARAMETRIZATIONS {
            let name = names.split('|').next().unwrap_or(names);
            let known =
                parametrization != Parametrization::Score && parametrization != self.factor.parametrization;
            if known && self.falls(now, self.factor.of(parametrization)) {
                fits.push(format!(
                    "an error of {name}, {} ({})",
                    what.to_lowercase(),
                    self.remedy(name, reading)
                ));
            }
        }
        for (name, rows) in self.other_tables() {
            if rows.falls(now, rows.factor) {
                fits.push(format!("timesteps of another β schedule (--beta-schedule {name})"));
            }
        }
        let plausible =
            |curve: &LossCurve| could_be(curve) && (self.scale.is_flow() || !shows_at_start(curve));
        if self.scale.reversed(0.0).is_some()
            && self.read(other, self.factor).is_ok_and(|file| plausible(&file.curve))
        {
            let name = axis::DIRECTIONS
                .iter()
                .find(|(_, direction, _)| *direction == other)
                .map_or("", |(n, ..)| n);
            fits.insert(0, format!("a time in the other direction (--direction {name})"));
        }
        let fits = if fits.is_empty() {
            "no other reading of these columns falls either: is the noise level a training step, or the loss weighted \
             (--weighting)?"
                .to_owned()
        } else {
            format!("it would fall as:{}", fits.iter().map(|fit| format!("\n* {fit}")).collect::<String>())
        };
        format!("cannot be the risk of a denoiser: {rise}; {fits}")
    }
}

/// Most columns: far above any log, and few enough to look for misspelt names among them.
const MOST_COLUMNS: usize = 10_000;

/// The table of a file; `names` replaces the names of its columns, or gives them where the file has
/// none.
fn named_table(path: &Path, names: Option<&[String]>) -> Result<Table> {
    let mut table = Table::read(path, &ReadOptions { header: Header::Unless, ..ReadOptions::default() })?;
    let width = table.names.len();
    if width > MOST_COLUMNS {
        return Err(table.refuse_file(format!(
            "has {width} columns: keep the axis and the loss, at most {MOST_COLUMNS}"
        )));
    }
    if let Some(names) = names {
        table.rename(names)?;
    }
    if !table.named {
        return Err(table.refuse_file(format!(
            "holds numbers where the columns should be named, {width} a row: write a header such as `snr,x0`, or say \
             --columns snr,x0"
        )));
    }
    Ok(table)
}

/// What a JSON file says of itself, unless the caller says otherwise.
fn take_remarks(table: &Table, reading: &mut Reading) -> Result<()> {
    for (key, text) in &table.remarks {
        let failed = |error: Error| table.refuse_file(format!("key `{key}`: {error}"));
        match key.replace('-', "_").as_str() {
            "beta_schedule" if reading.betas.is_none() => {
                reading.betas = Some(BetaTable::parse(text).map_err(failed)?);
            }
            "parametrization" if reading.parametrization.is_none() => {
                let known = risk::LOSSES.iter().find(|(name, _)| name == text);
                let unknown = || Error::unknown("parametrization", text, risk::LOSSES.map(|(name, _)| name));
                reading.parametrization = Some(known.ok_or_else(|| failed(unknown()))?.1);
            }
            "weighting" if reading.weighting.is_none() => {
                reading.weighting = Some(Weighting::parse(text).map_err(failed)?);
            }
            _ => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
