//! Which columns of a table are the noise level, the loss and its error; what is open is asked, all
//! of it at once.

use super::Reading;
use super::axis::{self, AxisColumn};
use super::risk::{self, Parametrization};
use crate::error::{Error, Result, nearest};
use crate::table::Table;

/// What a file leaves open. All of it is asked at once.
#[derive(Default)]
pub(super) struct Questions(Vec<String>);

impl Questions {
    /// What was found; a question is kept for the end.
    ///
    /// # Errors
    /// What is no question about the file.
    pub(super) fn take<T>(&mut self, found: Result<T>) -> Result<Option<T>> {
        match found {
            Ok(found) => Ok(Some(found)),
            Err(Error::Data { place, message, .. }) => {
                let place = place.trim_start_matches(", ");
                self.0.push(format!("{place}{}{message}", if place.is_empty() { "" } else { " " }));
                Ok(None)
            }
            Err(other) => Err(other),
        }
    }

    /// Asks.
    ///
    /// # Errors
    /// [`Error::Data`] where anything is open.
    pub(super) fn ask(self, table: &Table) -> Result<()> {
        match &self.0[..] {
            [] => Ok(()),
            [one] => Err(table.refuse_file(one.as_str())),
            several => {
                let lines: String = several.iter().map(|question| format!("\n* {question}")).collect();
                Err(table.refuse_file(format!("leaves {} things open:{lines}", several.len())))
            }
        }
    }
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
pub(super) enum ErrorColumn {
    /// Standard error of the loss, in its units.
    StdErr,
    /// Standard deviation of one sample.
    StdDev,
    /// Number of samples.
    Count,
}

fn named(table: &Table, wanted: &str) -> Result<usize> {
    table.names.iter().position(|name| name == wanted).ok_or_else(|| {
        Error::unknown("column of the loss file", wanted, table.names.iter().map(String::as_str))
    })
}

fn list(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// The last part of a logger's name of a metric: `run-7 - eval/eps_loss` is `eps_loss`.
fn metric(name: &str) -> String {
    let (_, name) = split_run(name);
    name.rsplit('/').next().unwrap_or(name).trim().to_ascii_lowercase()
}

/// A logger's name of a metric: the run, where it is named, and the rest.
pub(super) fn split_run(name: &str) -> (Option<&str>, &str) {
    name.rsplit_once(" - ").map_or((None, name), |(run, metric)| (Some(run), metric))
}

/// Whether a column counts the steps of training.
pub(super) fn counts_steps(name: &str) -> bool {
    axis::OPTIMISER.contains(&metric(name).as_str())
}

/// Whether a column holds the least or the largest of what another holds, as wandb exports them.
pub(super) fn is_extreme(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.ends_with("__min") || name.ends_with("__max")
}

pub(super) fn axis_kind(name: &str) -> Option<AxisColumn> {
    let name = metric(name);
    axis::AXES.iter().find(|(known, _)| *known == name).map(|(_, kind)| *kind)
}

/// Words of a loss's name that do not say what it is an error of.
const LOSS_WORDS: [&str; 5] = ["loss", "mse", "l2", "error", "risk"];
/// Words that say on which data, or of which samples.
const OTHER_WORDS: [&str; 8] = ["mean", "avg", "train", "val", "valid", "validation", "eval", "test"];

/// What a column's name says of its loss: `None` where it is none, `Some(None)` where it is a loss
/// of something unsaid.
#[allow(clippy::option_option, reason = "a loss of something unsaid is not the same as no loss")]
pub(super) fn loss_kind(name: &str) -> Option<Option<Parametrization>> {
    let said = |name: &str| risk::LOSSES.iter().find(|(known, _)| *known == name).map(|(_, p)| *p);
    let name = metric(name);
    if let Some(parametrization) = said(&name) {
        return Some(Some(parametrization));
    }
    let words: Vec<&str> = name.split('_').collect();
    if is_extreme(&name) || !words.iter().any(|word| LOSS_WORDS.contains(word)) {
        return None;
    }
    let rest: Vec<&str> =
        words.into_iter().filter(|word| !LOSS_WORDS.contains(word) && !OTHER_WORDS.contains(word)).collect();
    if rest.is_empty() { Some(None) } else { said(&rest.join("_")).map(Some) }
}

/// Refuses a log by optimiser step, which holds no noise level.
///
/// # Errors
/// [`Error::Data`] with what to log instead.
pub(super) fn refuse_training_log(table: &Table, reading: &Reading) -> Result<()> {
    let counts = |name: &String| counts_steps(name);
    let noise = |name: &String| axis_kind(name).is_some() || question(name).is_some();
    let index = match &reading.axis {
        Some(wanted) => table.names.iter().position(|name| name == wanted && counts(name)),
        None if table.names.iter().any(noise) => None,
        None => table.names.iter().position(counts),
    };
    let Some(index) = index else { return Ok(()) };
    let name = &table.names[index];
    Err(table.refuse_file(format!(
        "is a log by optimiser step (`{name}`), not by noise level: how far training has come says nothing of the noise. Log \
         the loss at each noise level instead (examples/record_loss.py writes such a file); if `{name}` is a timestep of the \
         diffusion, rename it with --columns timestep,…"
    )))
}

fn question(name: &str) -> Option<&'static str> {
    let name = metric(name);
    axis::QUESTIONS.iter().find(|(known, _)| *known == name).map(|(_, question)| *question)
}

/// The column of the noise level; `--axis` also says of what kind an untold one is.
///
/// # Errors
/// [`Error::Data`] with a question where it is none or several; [`Error::Unknown`] for a name that
/// the file lacks.
pub(super) fn axis_column(table: &Table, reading: &Reading) -> Result<(usize, AxisColumn)> {
    if let Some(wanted) = &reading.axis {
        let untold = table.names.iter().position(|name| question(name).is_some());
        if let (Some(index), Some(kind), false) = (untold, axis_kind(wanted), table.names.contains(wanted)) {
            return Ok((index, kind));
        }
        let index = named(table, wanted)?;
        return axis_kind(wanted).map(|kind| (index, kind)).ok_or_else(|| asked(table, index));
    }
    let found: Vec<(usize, AxisColumn)> =
        table.names.iter().enumerate().filter_map(|(i, name)| Some((i, axis_kind(name)?))).collect();
    match found[..] {
        [one] => Ok(one),
        [] => match table.names.iter().position(|name| question(name).is_some()) {
            Some(index) => Err(asked(table, index)),
            None => Err(missing(table, "axis", &["snr", "logsnr", "sigma", "t", "timestep"])),
        },
        _ => {
            let names: Vec<&str> = found.iter().map(|&(i, _)| table.names[i].as_str()).collect();
            let message =
                format!("has several axis columns, {}: which one? Say --axis {}", list(&names), names[0]);
            Err(table.refuse_file(message))
        }
    }
}

/// The question about a column whose name does not say what kind of axis it is.
fn asked(table: &Table, index: usize) -> Error {
    let name = &table.names[index];
    let open = "is it an SNR, a σ, a time? Rename it with --columns: snr, logsnr, sigma, t or timestep";
    table.refuse_file(format!("column `{name}`: {}", question(name).unwrap_or(open)))
}

/// No column of a kind, with the nearest miss.
fn missing(table: &Table, what: &str, known: &[&str]) -> Error {
    let names: Vec<&str> = table.names.iter().map(String::as_str).collect();
    let near = table.names.iter().find_map(|name| Some((name, nearest(name, known.iter().copied())?)));
    let hint = near.map_or(String::new(), |(name, known)| format!("; is `{name}` meant to be `{known}`?"));
    table.refuse_file(format!(
        "has no {what} column: name one of {} among {}{hint}",
        list(known),
        list(&names)
    ))
}

/// The column of the loss, other than that of the noise level.
///
/// # Errors
/// [`Error::Data`] with a question where it is none or several; [`Error::Unknown`] for a name that
/// the file lacks.
pub(super) fn loss_column(table: &Table, reading: &Reading, axis: Option<usize>) -> Result<usize> {
    if let Some(wanted) = &reading.loss {
        return named(table, wanted);
    }
    let candidate = |&i: &usize| Some(i) != axis && loss_kind(&table.names[i]).is_some();
    let found: Vec<usize> = (0..table.names.len()).filter(candidate).collect();
    match found[..] {
        [one] => Ok(one),
        [] => Err(missing(table, "loss", &["x0", "eps", "v", "score", "flow"])),
        _ => {
            let names: Vec<&str> = found.iter().map(|&i| table.names[i].as_str()).collect();
            let message = format!(
                "has several loss columns, {}: which one? Say --loss-column {}",
                list(&names),
                shell_words::quote(names[0])
            );
            Err(table.refuse_file(message))
        }
    }
}

/// What the loss is an error of, by its column's name or as told.
///
/// # Errors
/// [`Error::Data`] with a question where neither says, or both and otherwise.
pub(super) fn parametrization(table: &Table, reading: &Reading, loss: usize) -> Result<Parametrization> {
    let question = "is a loss of what? Say --parametrization x0, eps, v, score or flow (what the network predicts), or rename \
                    the column so";
    match (reading.parametrization, loss_kind(&table.names[loss]).flatten()) {
        (Some(told), Some(name)) if told != name => {
            let message =
                format!("says {name:?}, and --parametrization (or --model) {told:?}: which is it?");
            Err(table.refuse_column(loss, message))
        }
        (Some(found), _) | (None, Some(found)) => Ok(found),
        (None, None) => Err(table.refuse_column(loss, question)),
    }
}

/// The columns that say how sure the loss is.
///
/// # Errors
/// [`Error::Data`] where two say one thing.
pub(super) fn error_columns(table: &Table) -> Result<Vec<(usize, ErrorColumn)>> {
    let kind_of = |name: &str| {
        ERRORS.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, kind)| *kind)
    };
    let found: Vec<_> =
        table.names.iter().enumerate().filter_map(|(i, name)| Some((i, kind_of(name)?))).collect();
    for (k, &(index, kind)) in found.iter().enumerate() {
        if found[..k].iter().any(|&(_, before)| before == kind) {
            return Err(table.refuse_column(index, "repeats another column: leave one out"));
        }
    }
    Ok(found)
}

/// A column that is nearly one of ours would be ignored in silence: it is refused. Others are the
/// file's own business.
///
/// # Errors
/// [`Error::Data`] with the name that it nearly has.
pub(super) fn refuse_strangers(table: &Table, read: &[Option<usize>]) -> Result<()> {
    let known: Vec<&str> =
        ERRORS.iter().map(|(name, _)| *name).filter(|name| name.len() > 3).chain(["weight"]).collect();
    for (index, name) in table.names.iter().enumerate().filter(|&(i, _)| !read.contains(&Some(i))) {
        let exact = known.iter().chain(&["std", "n"]).any(|k| k.eq_ignore_ascii_case(name));
        let is_known = exact || axis_kind(name).is_some() || loss_kind(name).is_some();
        if let (false, Some(near)) = (is_known, nearest(name, known.iter().copied())) {
            let message = format!("is not known; did you mean `{near}`? Rename it, or leave it out");
            return Err(table.refuse_column(index, message));
        }
    }
    Ok(())
}

/// Relative standard error of the loss and the number of samples, where a row says them.
pub(super) fn error_of(
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
    let (std_err, std_dev, count) =
        (get(ErrorColumn::StdErr)?, get(ErrorColumn::StdDev)?, get(ErrorColumn::Count)?);
    let std_err = match (std_err, std_dev, count) {
        (Some(x), ..) => Some(x),
        (None, Some(x), Some(n)) => Some(x / n.sqrt()),
        (None, Some(_), None) => {
            let question =
                "has a standard deviation but no `count`: is it the error of the mean (rename it std_err)?";
            return Err(table.refuse_file(question));
        }
        (None, None, _) => None,
    };
    Ok((std_err.map(|x| x / value), count))
}
