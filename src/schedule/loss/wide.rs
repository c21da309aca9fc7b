//! Exports with a column for each noise level, `val/loss_sigma_0.5` or `run - loss/bin_0.1`, and a
//! row for each optimiser step: read as one row a noise level.

use std::path::Path;

use super::Reading;
use super::columns::{axis_kind, is_extreme, loss_kind, split_run};
use crate::error::Result;
use crate::table::{Cell, Header, ReadOptions, Table};

/// Columns that make an export wide, at least: a curve needs as many.
const FEWEST: usize = 3;
/// Words before a number that do not say what kind of noise level it is.
const UNTOLD: [&str; 6] = ["bin", "bucket", "level", "noise", "quantile", "q"];
/// What a noise level of an untold kind is called.
pub(super) const BIN: &str = "bin";

/// A column of a wide export, by its name.
struct NamedLevel {
    column: usize,
    /// The run and the metric, without its noise level.
    metric: String,
    axis: String,
    level: f64,
}

/// The table with one row a noise level, and what a reader should know of it; `None` where the table
/// is no wide export.
///
/// # Errors
/// Several metrics by noise level, and no word which; a noise level without a number in any row.
pub(super) fn long(table: &Table, reading: &Reading, path: &Path) -> Result<Option<(Table, String)>> {
    let levels: Vec<NamedLevel> = table.names.iter().enumerate().filter_map(level).collect();
    let is_level = |column: usize| levels.iter().any(|level| level.column == column);
    let told = |column: usize| axis_kind(&table.names[column]).is_some() && !is_level(column);
    if levels.len() < FEWEST || (0..table.names.len()).any(told) {
        return Ok(None);
    }
    let mut kinds: Vec<(&str, &str)> =
        levels.iter().map(|level| (level.metric.as_str(), level.axis.as_str())).collect();
    kinds.sort_unstable();
    kinds.dedup();
    let wanted =
        kinds.iter().filter(|(metric, _)| reading.loss.as_deref().is_none_or(|loss| loss == *metric));
    let &(metric, axis) = match wanted.collect::<Vec<_>>()[..] {
        [one] => one,
        _ => {
            let names: Vec<String> =
                kinds.iter().map(|(metric, axis)| format!("`{metric}` by {axis}")).collect();
            return Err(table.refuse_file(format!(
                "has a column for each noise level of several losses, {}: which one? Say --loss-column '{}'",
                names.join(", "),
                kinds[0].0
            )));
        }
    };
    let chosen: Vec<&NamedLevel> =
        levels.iter().filter(|level| level.metric == metric && level.axis == axis).collect();
    let mut last = 0;
    let mut text = format!("{axis},\"{}\"\n", metric.replace('"', "\"\""));
    for level in &chosen {
        let number = |&row: &usize| matches!(table.cell(row, level.column), Cell::Number(_));
        let Some(row) = (0..table.rows).rev().find(number) else {
            return Err(table.refuse_column(level.column, "has no number: leave it out"));
        };
        last = last.max(row);
        text += &format!("{:?},{:?}\n", level.level, table.number(row, level.column)?);
    }
    let step = table.names.iter().position(|name| super::columns::counts_steps(name));
    let place = match step.map(|column| (column, table.cell(last, column))) {
        Some((column, Cell::Number(x))) => format!("`{}` {x}", table.names[column]),
        _ => format!("row {}", last + 1),
    };
    let note = format!(
        "{} noise levels are read from the names of the columns ({axis}), the loss of each from the last row that has it, up to \
         {place}",
        chosen.len()
    );
    let options = ReadOptions { header: Header::Yes, ..ReadOptions::default() };
    Ok(Some((Table::of_csv(&text, path, &options)?, note)))
}

/// What a column's name says, where it has a noise level in it and is a loss without.
fn level((column, name): (usize, &String)) -> Option<NamedLevel> {
    if is_extreme(name) {
        return None;
    }
    let (run, metric) = split_run(name);
    let words: Vec<&str> = metric.split(['/', '_', '=', ' ', '@']).filter(|word| !word.is_empty()).collect();
    (0..words.len()).rev().find_map(|i| {
        let (axis, used, level) = noise_level(&words, i)?;
        let rest: Vec<&str> =
            words.iter().enumerate().filter(|(k, _)| !used.contains(k)).map(|(_, word)| *word).collect();
        let rest = rest.join("_");
        loss_kind(&rest)?;
        Some(NamedLevel {
            column,
            metric: run.map_or(rest.clone(), |run| format!("{run} - {rest}")),
            axis,
            level,
        })
    })
}

/// The noise level that ends with word `i`: its axis, the words that say it, its number.
fn noise_level(words: &[&str], i: usize) -> Option<(String, std::ops::RangeInclusive<usize>, f64)> {
    let kind = |word: &str| {
        let word = word.to_ascii_lowercase();
        match axis_kind(&word) {
            Some(_) => Some(word),
            None => UNTOLD.contains(&word.as_str()).then(|| BIN.to_owned()),
        }
    };
    let number = |text: &str| text.parse::<f64>().ok().filter(|x| x.is_finite());
    if let Some(level) = number(words[i]) {
        let two = i.checked_sub(2).and_then(|first| kind(&format!("{}_{}", words[first], words[i - 1])));
        let one = i.checked_sub(1).and_then(|before| kind(words[before]));
        return match (two, one) {
            (Some(axis), _) => Some((axis, i - 2..=i, level)),
            (None, Some(axis)) => Some((axis, i - 1..=i, level)),
            (None, None) => Some((BIN.to_owned(), i..=i, level)),
        };
    }
    // A word and its number in one: t500.
    let letters = words[i].find(|c: char| !c.is_ascii_alphabetic())?;
    let (word, level) = words[i].split_at(letters);
    Some((kind(word)?, i..=i, number(level)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noise_levels_stand_in_names() {
        for (name, metric, axis, number) in [
            ("run - val/loss_sigma_0.5", "run - val_loss", "sigma", 0.5),
            ("loss/bin_0.1", "loss", "bin", 0.1),
            ("val/eps_loss_t500", "val_eps_loss", "t", 500.0),
            ("timestep_250/v_loss", "v_loss", "timestep", 250.0),
            ("loss_log_snr=-3", "loss", "log_snr", -3.0),
            ("a - b - mse@sigma=1e-2", "a - b - mse", "sigma", 0.01),
            ("loss_q3", "loss", "bin", 3.0),
            ("eval/loss_0.25", "eval_loss", "bin", 0.25),
        ] {
            let found = level((7, &name.to_owned())).expect(name);
            let same = (found.metric.as_str(), found.axis.as_str(), found.column) == (metric, axis, 7);
            assert!(same && (found.level - number).abs() < 1e-15, "{name}: {} {}", found.metric, found.axis);
        }
        for name in ["val_loss", "x0", "l2_loss", "sigma_0.5", "loss/bin_0.1__MIN", "step", "fid_t500"] {
            assert!(level((0, &name.to_owned())).is_none(), "{name}");
        }
    }
}
