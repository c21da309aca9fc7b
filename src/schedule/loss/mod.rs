//! Loss curves of trained models: from a file to the x0-risk L(γ), from there to a schedule with its certificates.
//!
//! [`read`] takes a table with one column for the noise level ([`axis`]), one for the loss ([`risk`]) and, if there is one,
//! its standard error; whatever could mean two things is refused with the question that would settle it. [`place()`] places
//! the steps, [`certificate`] says how good they are and [`bands`] how sure.

pub mod axis;
pub mod bands;
pub mod beta;
pub mod certificate;
pub mod curve;
pub mod place;
pub mod risk;
pub mod smooth;

pub use curve::{LossCurve, Noise};
pub use place::{Denoise, Placement, Settings, place};

use std::path::Path;

use crate::error::{Error, Result, nearest};
use crate::table::{Header, ReadOptions, Table};
use axis::{AxisColumn, Sigma, Time};
use beta::BetaTable;
use risk::{Parametrization, Process, Weighting};

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
    /// How the signal is scaled, for a score.
    pub process: Option<Process>,
}

/// Columns that say how sure the loss is, with spelling variants.
const ERRORS: [(&str, ErrorColumn); 6] = [
    ("std_err", ErrorColumn::StdErr),
    ("stderr", ErrorColumn::StdErr),
    ("std_dev", ErrorColumn::StdDev),
    ("std", ErrorColumn::StdDev),
    ("count", ErrorColumn::Count),
    ("n", ErrorColumn::Count),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ErrorColumn {
    /// Standard error of the loss, in its units.
    StdErr,
    /// Standard deviation of one sample.
    StdDev,
    /// Number of samples.
    Count,
}

/// The loss curve of a file (CSV, TSV, JSON and JSON lines, NPY, NPZ, Parquet).
///
/// # Errors
/// [`Error::Io`] and [`Error::Data`] with line (or row), column and remedy; where the file is ambiguous, with the question
/// that would settle it. [`Error::Unknown`] for a column that `reading` names and the file lacks.
pub fn read(path: &Path, reading: &Reading) -> Result<LossCurve> {
    let table = named_table(path, reading.columns.as_deref())?;
    let mut reading = reading.clone();
    take_remarks(&table, &mut reading)?;
    let (axis, kind) = axis_column(&table, &reading)?;
    let (loss, parametrization) = loss_column(&table, &reading, axis)?;
    let errors = error_columns(&table)?;
    refuse_strangers(&table, axis, loss)?;
    let snrs = axis::snrs(&table, axis, kind, &reading)?;
    let factors = risk::factors(&table, &snrs, parametrization, &reading)?;
    let mut points = Vec::with_capacity(snrs.len());
    for (row, (&snr, &factor)) in snrs.iter().zip(&factors).enumerate() {
        let value = table.number(row, loss)?;
        if value <= 0.0 {
            return Err(table.refuse(row, loss, format!("the loss {value} is not above 0: a mean squared error is")));
        }
        let (rel_err, count) = error_of(&table, row, &errors, value)?;
        points.push(curve::LossPoint { snr, risk: factor * value, rel_err, count });
    }
    LossCurve::new(points).map_err(|error| match error {
        Error::Invalid { message, .. } => table.refuse_file(message),
        other => other,
    })
}

/// Most columns: far above any log, and few enough to look for misspelt names among them.
const MOST_COLUMNS: usize = 10_000;

/// The table of a file; `names` replaces the names of its columns, or gives them where the file has none.
fn named_table(path: &Path, names: Option<&[String]>) -> Result<Table> {
    let mut table = Table::read(path, &ReadOptions { header: Header::Unless, ..ReadOptions::default() })?;
    let width = table.names.len();
    if width > MOST_COLUMNS {
        return Err(
            table.refuse_file(format!("has {width} columns: keep the axis and the loss, at most {MOST_COLUMNS}"))
        );
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

/// An [`Error::Data`] about a column.
fn column(table: &Table, index: usize, message: impl AsRef<str>) -> Error {
    table.refuse_file(format!("column `{}` {}", table.names[index], message.as_ref()))
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

fn named(table: &Table, wanted: &str) -> Result<usize> {
    table
        .names
        .iter()
        .position(|name| name == wanted)
        .ok_or_else(|| Error::unknown("column of the loss file", wanted, table.names.iter().map(String::as_str)))
}

fn list(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

fn axis_column(table: &Table, reading: &Reading) -> Result<(usize, AxisColumn)> {
    let kind_of = |name: &str| axis::AXES.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, k)| *k);
    if let Some(wanted) = &reading.axis {
        let index = named(table, wanted)?;
        return kind_of(wanted).map(|kind| (index, kind)).ok_or_else(|| asked(table, index));
    }
    let found: Vec<(usize, AxisColumn)> =
        table.names.iter().enumerate().filter_map(|(i, name)| Some((i, kind_of(name)?))).collect();
    match found[..] {
        [one] => Ok(one),
        [] => {
            let questioned = |name: &String| axis::QUESTIONS.iter().any(|(known, _)| known.eq_ignore_ascii_case(name));
            match table.names.iter().position(questioned) {
                Some(index) => Err(asked(table, index)),
                None => Err(missing(table, "axis", &["snr", "logsnr", "sigma", "t", "timestep"])),
            }
        }
        _ => {
            let names: Vec<&str> = found.iter().map(|&(i, _)| table.names[i].as_str()).collect();
            let message = format!("has several axis columns, {}: which one? Say --axis {}", list(&names), names[0]);
            Err(table.refuse_file(message))
        }
    }
}

/// The question about a column whose name does not say what kind of axis it is.
fn asked(table: &Table, index: usize) -> Error {
    let name = &table.names[index];
    match axis::QUESTIONS.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)) {
        Some((_, question)) => table.refuse_file(format!("column `{name}`: {question}")),
        None => table.refuse_file(format!(
            "column `{name}`: is it an SNR, a σ, a time? Rename it with --columns: snr, logsnr, sigma, t or timestep"
        )),
    }
}

/// No column of a kind, with the nearest miss.
fn missing(table: &Table, what: &str, known: &[&str]) -> Error {
    let names: Vec<&str> = table.names.iter().map(String::as_str).collect();
    let near = table.names.iter().find_map(|name| Some((name, nearest(name, known.iter().copied())?)));
    let hint = near.map_or(String::new(), |(name, known)| format!("; is `{name}` meant to be `{known}`?"));
    table.refuse_file(format!("has no {what} column: name one of {} among {}{hint}", list(known), list(&names)))
}

fn loss_column(table: &Table, reading: &Reading, axis: usize) -> Result<(usize, Parametrization)> {
    let says = |name: &str| risk::LOSSES.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, p)| *p);
    let unsaid = |name: &str| risk::UNSAID.iter().any(|known| known.eq_ignore_ascii_case(name));
    let index = match &reading.loss {
        Some(wanted) => named(table, wanted)?,
        None => {
            let candidate = |i: &usize| *i != axis && (says(&table.names[*i]).is_some() || unsaid(&table.names[*i]));
            let found: Vec<usize> = (0..table.names.len()).filter(candidate).collect();
            match found[..] {
                [one] => one,
                [] => return Err(missing(table, "loss", &["x0", "eps", "v", "score", "flow"])),
                _ => {
                    let names: Vec<&str> = found.iter().map(|&i| table.names[i].as_str()).collect();
                    let message = format!(
                        "has several loss columns, {}: which one? Say --loss-column {}",
                        list(&names),
                        names[0]
                    );
                    return Err(table.refuse_file(message));
                }
            }
        }
    };
    let question = "is a loss of what? Say --parametrization x0, eps, v, score or flow (what the network predicts), or rename \
                    the column so";
    match (reading.parametrization, says(&table.names[index])) {
        (Some(told), Some(name)) if told != name => {
            Err(column(table, index, format!("says {name:?}, and --parametrization {told:?}: which is it?")))
        }
        (Some(told), _) => Ok((index, told)),
        (None, Some(name)) => Ok((index, name)),
        (None, None) => Err(column(table, index, question)),
    }
}

fn error_columns(table: &Table) -> Result<Vec<(usize, ErrorColumn)>> {
    let kind_of = |name: &str| ERRORS.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, kind)| *kind);
    let found: Vec<_> = table.names.iter().enumerate().filter_map(|(i, name)| Some((i, kind_of(name)?))).collect();
    for (k, &(index, kind)) in found.iter().enumerate() {
        if found[..k].iter().any(|&(_, before)| before == kind) {
            return Err(column(table, index, "repeats another column: leave one out"));
        }
    }
    Ok(found)
}

/// A column that is nearly one of ours would be ignored in silence: it is refused. Others are the file's own business.
fn refuse_strangers(table: &Table, axis: usize, loss: usize) -> Result<()> {
    let known: Vec<&str> =
        ERRORS.iter().map(|(name, _)| *name).filter(|name| name.len() > 3).chain(["weight"]).collect();
    for (index, name) in table.names.iter().enumerate().filter(|&(i, _)| i != axis && i != loss) {
        let exact = known.iter().chain(&["std", "n"]).any(|k| k.eq_ignore_ascii_case(name));
        let is_known = exact
            || axis::AXES.iter().any(|(k, _)| k.eq_ignore_ascii_case(name))
            || risk::LOSSES.iter().any(|(k, _)| k.eq_ignore_ascii_case(name))
            || risk::UNSAID.iter().any(|k| k.eq_ignore_ascii_case(name));
        if let (false, Some(near)) = (is_known, nearest(name, known.iter().copied())) {
            return Err(column(
                table,
                index,
                format!("is not known; did you mean `{near}`? Rename it, or leave it out"),
            ));
        }
    }
    Ok(())
}

/// Relative standard error of the loss and the number of samples, where a row says them.
fn error_of(
    table: &Table,
    row: usize,
    errors: &[(usize, ErrorColumn)],
    value: f64,
) -> Result<(Option<f64>, Option<f64>)> {
    let get = |wanted: ErrorColumn| -> Result<Option<f64>> {
        let Some(&(index, _)) = errors.iter().find(|(_, kind)| *kind == wanted) else { return Ok(None) };
        let x = table.number(row, index)?;
        let least = if wanted == ErrorColumn::Count { 1.0 } else { 0.0 };
        if x >= least {
            Ok(Some(x))
        } else {
            Err(table.refuse(
                row,
                index,
                format!("{x} is not a {}", if least > 0.0 { "count ≥ 1" } else { "size ≥ 0" }),
            ))
        }
    };
    let (std_err, std_dev, count) = (get(ErrorColumn::StdErr)?, get(ErrorColumn::StdDev)?, get(ErrorColumn::Count)?);
    let std_err = match (std_err, std_dev, count) {
        (Some(x), ..) => Some(x),
        (None, Some(x), Some(n)) => Some(x / n.sqrt()),
        (None, Some(_), None) => {
            let question = "has a standard deviation but no `count`: is it the error of the mean (rename it std_err)?";
            return Err(table.refuse_file(question));
        }
        (None, None, _) => None,
    };
    Ok((std_err.map(|x| x / value), count))
}

#[cfg(test)]
mod tests;
