//! Lists of noise levels that exist already: read from any form that klaim writes, and made longer
//! or shorter.

use std::path::Path;

use serde_json::Value;

use super::model::Pipeline;
use crate::error::{Error, Result};
use crate::schedule::{export, level};
use crate::table::{Header, ReadOptions, Table};

/// What the numbers of a list are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Levels {
    Snr,
    Sigma,
    Flow,
    Timestep,
}

/// A key or column, and what its numbers are.
type Key = (&'static str, Levels);

/// The keys and columns that hold levels, the first of them that a file has being taken.
const KEYS: [Key; 6] = [
    ("snr", Levels::Snr),
    ("sigmas", Levels::Sigma),
    ("sigma", Levels::Sigma),
    ("flow_sigmas", Levels::Flow),
    ("timesteps", Levels::Timestep),
    ("timestep", Levels::Timestep),
];

/// A list that was read.
pub struct ReadList {
    /// Its SNRs, increasing.
    pub snrs: Vec<f64>,
    /// Whether a model is called at all of them: a 0 followed, or is understood to.
    pub evaluated: bool,
}

/// The SNRs of a file, increasing: JSON of this command, an array or a text of numbers, NPY, CSV.
/// NamedList without a name are σ, or times of a flow where the model has those and none is above 1.
/// A last 0 is left out. Numbers separated by commas in place of a path are the list itself.
///
/// # Errors
/// [`Error::Data`] for a file of another form, and for levels that do not descend.
pub fn read(path: &Path, pipeline: &Pipeline) -> Result<ReadList> {
    let bad =
        |message: &str| Error::Data { path: path.to_owned(), place: String::new(), message: message.into() };
    let mut keys = KEYS;
    if pipeline.is_flow() {
        // The times of a flow say pure noise, which σ does not.
        keys[1..4].rotate_right(1);
    }
    let told = path.to_str().filter(|_| !path.exists()).and_then(numbers_of).filter(|list| list.len() > 1);
    let extension = path.extension().and_then(|extension| extension.to_str());
    let (numbers, levels) = match (told, extension) {
        (Some(numbers), _) => (numbers, None),
        (None, Some("npy" | "npz" | "csv" | "tsv" | "parquet")) => from_table(path, &keys)?,
        (None, _) => from_text(path, &keys)?,
    };
    let unnamed =
        if pipeline.is_flow() && numbers.iter().all(|&x| x <= 1.0) { Levels::Flow } else { Levels::Sigma };
    let snr = |x: f64| match (levels.unwrap_or(unnamed), &pipeline.betas) {
        (Levels::Snr, _) => Ok(x),
        (Levels::Sigma, _) => Ok(level::of_sigma(x)),
        (Levels::Flow, _) => Ok(level::of_flow_time(x)),
        (Levels::Timestep, _) if pipeline.is_flow() => Ok(level::of_flow_time(x / 1000.0)),
        (Levels::Timestep, Some(betas)) if x.fract() == 0.0 && x >= 0.0 && x < betas.steps() as f64 => {
            Ok(betas.snr(x as usize))
        }
        (Levels::Timestep, Some(betas)) => Err(bad(&format!("{x} is no timestep of `{betas}`"))),
        (Levels::Timestep, None) => {
            Err(bad("holds timesteps: of which model? Say --model or --beta-schedule"))
        }
    };
    if let Some(strange) = numbers.iter().find(|x| x.is_nan() || **x < 0.0) {
        return Err(bad(&format!("holds {strange}, which is no noise level")));
    }
    let mut snrs = numbers.iter().map(|&x| snr(x)).collect::<Result<Vec<f64>>>()?;
    // A 0 that ends a list of σ is where every sampler ends; SNRs are as they are.
    let ended = levels != Some(Levels::Snr) && snrs.last().is_some_and(|snr| snr.is_infinite());
    if ended {
        snrs.pop();
    }
    // What pipelines are told lacks the 0 that they append.
    let evaluated = ended || matches!(levels, Some(Levels::Flow | Levels::Timestep));
    if snrs.len() < 2 {
        return Err(bad("holds fewer than two noise levels above 0"));
    }
    match snrs.windows(2).position(|pair| !(pair[0] >= 0.0 && pair[0] < pair[1])) {
        None => Ok(ReadList { snrs, evaluated }),
        Some(k) => Err(bad(&format!(
            "has noise levels that do not fall at step {k}: {} then {}",
            numbers[k],
            numbers[k + 1]
        ))),
    }
}

type NamedList = (Vec<f64>, Option<Levels>);

fn from_table(path: &Path, keys: &[Key]) -> Result<NamedList> {
    let table = Table::read(path, &ReadOptions { header: Header::Unless, ..ReadOptions::default() })?;
    let named = keys.iter().find_map(|&(key, levels)| {
        let column = table.names.iter().position(|name| name == key)?;
        Some((column, Some(levels)))
    });
    let one_row = table.rows == 1 && table.names.len() > 1;
    let (column, levels) = match named {
        Some(found) => found,
        None if table.names.len() == 1 => (0, None),
        None if one_row => {
            let numbers =
                (0..table.names.len()).map(|column| table.number(0, column)).collect::<Result<_>>()?;
            return Ok((numbers, None));
        }
        None => return Err(table.refuse_file("has no column `snr`, `sigma` or `timestep`")),
    };
    Ok(((0..table.rows).map(|row| table.number(row, column)).collect::<Result<_>>()?, levels))
}

fn from_text(path: &Path, keys: &[Key]) -> Result<NamedList> {
    let text = std::fs::read_to_string(path).map_err(Error::io(path))?;
    let bad =
        |message: &str| Error::Data { path: path.to_owned(), place: String::new(), message: message.into() };
    if let Ok(value) = serde_json::from_str::<Value>(&text) {
        let named = keys.iter().find_map(|&(key, levels)| Some((value.get(key)?.as_array()?, Some(levels))));
        let Some((list, levels)) = named.or(value.as_array().map(|list| (list, None))) else {
            return Err(bad("holds neither an array of sigmas nor an object with `snr` or `sigmas`"));
        };
        let number = |value: &Value| value.as_f64().or_else(|| value.as_str()?.parse().ok());
        let numbers: Option<Vec<f64>> = list.iter().map(number).collect();
        return Ok((numbers.ok_or_else(|| bad("holds something that is no number"))?, levels));
    }
    let numbers =
        numbers_of(&text).ok_or_else(|| bad("is neither JSON nor a list of numbers separated by commas"))?;
    Ok((numbers, None))
}

/// Numbers separated by commas or spaces, with or without brackets.
fn numbers_of(text: &str) -> Option<Vec<f64>> {
    let words = text.split(|c: char| matches!(c, ',' | '[' | ']') || c.is_whitespace());
    words.filter(|word| !word.is_empty()).map(|word| word.parse().ok()).collect()
}

/// Ends that are off by less than this, relative in σ, are rounding of a published list.
const ROUNDED: f64 = 0.01;

/// A list whose ends are moved to those of a curve where they are off by the rounding of a
/// published list.
pub fn rounded_to(mut snrs: Vec<f64>, (first, last): (f64, f64)) -> Vec<f64> {
    let near = |x: f64, y: f64| x > 0.0 && y > 0.0 && (0.5 * (x / y).ln()).abs() < ROUNDED;
    let k = snrs.len() - 1;
    if snrs[0] < first && near(snrs[0], first) {
        snrs[0] = first;
    }
    if snrs[k] > last && near(snrs[k], last) {
        snrs[k] = last;
    }
    snrs
}

/// `steps` + 1 levels of a list: ln σ linear in the place on it, as users of published lists
/// resample them. From γ = 0 the rest of the list is resampled.
///
/// # Errors
/// One step from γ = 0, where nothing else is left.
pub fn resampled(snrs: &[f64], steps: usize) -> Result<Vec<f64>> {
    let clean = snrs.iter().take_while(|snr| snr.is_finite()).count();
    let (pure, rest) = if snrs[0] > 0.0 { (None, &snrs[..clean]) } else { (Some(0.0), &snrs[1..clean]) };
    let steps = steps - usize::from(pure.is_some());
    if rest.is_empty() {
        return Err(Error::invalid("the list", "has no noise level between pure noise and none"));
    }
    if steps == 0 {
        return Err(Error::invalid("--steps", "one step from pure noise has no level between to resample"));
    }
    let last = rest.len() - 1;
    let at = |k: usize| {
        let place = last as f64 * k as f64 / steps as f64;
        let i = (place as usize).min(last.saturating_sub(1));
        let t = place - i as f64;
        if last == 0 || t == 0.0 { rest[i] } else { (rest[i].ln() * (1.0 - t) + rest[i + 1].ln() * t).exp() }
    };
    let mut grid: Vec<f64> = pure.into_iter().chain((0..=steps).map(at)).collect();
    let end = grid.len() - 1;
    grid[end] = rest[last];
    Ok(grid)
}

/// Refuses a list that no sampler can follow.
///
/// # Errors
/// Those of [`export::check`].
pub fn check(snrs: &[f64], end: export::End) -> Result<()> {
    export::check(&export::sigmas(snrs, end))
}
