//! `file`: atoms from a table, one row an atom.

use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::numeric::sum::compensated;
use crate::source::{Atoms, Source, SourceKind};
use crate::spec::{Arguments, Parameter, Spec, quoted};
use crate::table::{Cell, Header, ReadOptions, Table};

/// The empirical (or weighted) law of the rows of a file.
pub const FILE: SourceKind = SourceKind {
    name: "file",
    summary: "atoms from a CSV, TSV, JSON (lines), NPY, NPZ or Parquet file, one row an atom; equal rows merge",
    parameters: &[
        Parameter { name: "path", default: None, summary: "the file; its extension tells the format" },
        Parameter {
            name: "weights",
            default: None,
            summary: "column of weights ≥ 0, whole ones count rows (its header; its number from 1 where there is no header; an array of an NPZ)",
        },
        Parameter { name: "drop", default: None, summary: "columns that are no coordinates, joined by `+`" },
        Parameter {
            name: "keep",
            default: None,
            summary: "columns that are coordinates although their names say weight or index, joined by `+`",
        },
        Parameter {
            name: "header",
            default: Some("auto"),
            summary: "first row of a text file: auto, yes or no",
        },
    ],
    build,
};

/// Names of columns that often hold weights.
const WEIGHTS: [&str; 22] = [
    "p",
    "prob",
    "probs",
    "proba",
    "probability",
    "probabilities",
    "pmf",
    "mass",
    "w",
    "weight",
    "weights",
    "sample_weight",
    "n",
    "num",
    "count",
    "counts",
    "freq",
    "freqs",
    "frequency",
    "frequencies",
    "multiplicity",
    "share",
];
/// Names that a message lists.
const MOST_LISTED: usize = 12;
/// Names of columns that often count or name the rows.
const INDICES: [&str; 11] = [
    "index",
    "idx",
    "id",
    "row_id",
    "rowid",
    "row_number",
    "row_nr",
    "rownames",
    "row_names",
    "level_0",
    "unnamed: 0",
];

fn build(arguments: &Arguments) -> Result<Source> {
    let path = PathBuf::from(arguments.text("path")?);
    let weights = arguments.argument("weights").map(|_| arguments.text("weights")).transpose()?;
    let (drop, keep) = (arguments.names("drop")?, arguments.names("keep")?);
    let header = match arguments.choice("header", &["auto", "yes", "no"])? {
        "yes" => Header::Yes,
        "no" => Header::No,
        _ => Header::Auto,
    };
    if drop.iter().any(|name| weights == Some(name)) {
        return Err(arguments.invalid("drop", "drops the column of weights"));
    }
    if let Some(name) = drop.iter().find(|name| keep.contains(name)) {
        return Err(arguments.invalid("keep", format!("keeps `{name}`, which drop= leaves out")));
    }
    let options = ReadOptions { header, skip: &drop, leave_out: Some("drop=") };
    let table = Table::read(&path, &options)?;
    empirical(arguments.spec(), &table, &Columns { weights, drop: &drop, keep: &keep }, &path)
}

/// The law of a text table that is at hand, without the columns `drop`; `path` names it in errors.
///
/// # Errors
/// [`Error::Data`] as for a file.
pub fn from_text(spec: &Spec, csv: &str, drop: &[&str], path: &str) -> Result<Source> {
    let (path, drop) = (Path::new(path), drop.iter().map(|&name| name.to_owned()).collect::<Vec<_>>());
    let table = Table::of_csv(csv, path, &ReadOptions { skip: &drop, ..ReadOptions::default() })?;
    empirical(spec, &table, &Columns { weights: None, drop: &drop, keep: &[] }, path)
}

/// Largest number of rows that f64 counts exactly.
const MOST_ROWS: f64 = (1_u64 << 53) as f64;

/// What the user said about the columns.
struct Columns<'a> {
    weights: Option<&'a str>,
    drop: &'a [String],
    keep: &'a [String],
}

/// Which columns of a table are what.
#[derive(Default)]
struct Roles {
    coordinates: Vec<usize>,
    weight: Option<usize>,
    notes: Vec<String>,
}

impl Columns<'_> {
    /// The role of each column; a column that could be weights or an index is asked about.
    fn roles(&self, table: &Table, path: &Path) -> Result<Roles> {
        let columns = 0..table.names.len();
        let is_called =
            |column: usize, name: &str| table.names[column] == name || table.group(column) == name;
        for wanted in self.weights.into_iter().chain(self.drop.iter().chain(self.keep).map(String::as_str)) {
            if !columns.clone().any(|column| is_called(column, wanted)) {
                let what = format!("column of {} (it has {})", path.display(), listed(&table.names));
                return Err(Error::unknown(what, wanted, table.names.iter().map(String::as_str)));
            }
        }
        let mut roles = Roles::default();
        for column in columns.clone() {
            let called = |names: &[String]| names.iter().any(|name| is_called(column, name));
            if self.weights.is_some_and(|name| is_called(column, name)) {
                if roles.weight.replace(column).is_some() {
                    return Err(table.refuse_column(
                        column,
                        "is one of several in the array of weights: give one a row",
                    ));
                }
            } else if called(self.keep) {
                roles.coordinates.push(column);
            } else if called(self.drop) {
            } else if table.is_index(column) {
                let name = quoted(&table.names[column]);
                roles.notes.push(format!(
                    "{}: column `{}` is the index of a pandas table and was left out (keep={name} makes it a coordinate)",
                    path.display(),
                    table.names[column]
                ));
            } else {
                ask(table, column)?;
                roles.coordinates.push(column);
            }
        }
        if roles.coordinates.is_empty() {
            Err(table.refuse_file("no column is a coordinate"))
        } else {
            Ok(roles)
        }
    }
}

/// Some names of a list, in words.
fn listed(names: &[String]) -> String {
    let shown = names.iter().take(MOST_LISTED).map(String::as_str).collect::<Vec<_>>().join(", ");
    match names.len().checked_sub(MOST_LISTED) {
        Some(more @ 1..) => format!("{shown} and {more} more"),
        _ => shown,
    }
}

/// Refuses a column that by its name is an index or weights, with the question which.
fn ask(table: &Table, column: usize) -> Result<()> {
    let (group, name) = (table.group(column), quoted(table.group(column)));
    let known = |list: &[&str]| table.named && list.contains(&group.trim().to_ascii_lowercase().as_str());
    let message = if table.is_nameless(column) {
        format!(
            "has no name in the header: is it an index? Say drop={name}, or keep={name} if it is a coordinate"
        )
    } else if known(&INDICES) {
        format!("looks like an index: say drop={name}, or keep={name} if it is a coordinate")
    } else if known(&WEIGHTS) && !table.is_non_negative(column) {
        format!(
            "is called like weights and holds what is none (a negative number, text or a gap): say drop={name} to leave it \
             out, or keep={name} if it is a coordinate"
        )
    } else if known(&WEIGHTS) {
        format!(
            "looks like weights: say weights={name} if each row has its weight in it, drop={name} to leave it out, or \
             keep={name} if it is a coordinate"
        )
    } else {
        return Ok(());
    };
    Err(table.refuse_column(column, message))
}

/// The law of the rows: equal rows merge and their weights add.
fn empirical(spec: &Spec, table: &Table, columns: &Columns, path: &Path) -> Result<Source> {
    let Roles { coordinates, weight, notes } = columns.roles(table, path)?;
    let mut arrays: Vec<&str> = coordinates.iter().map(|&column| table.group(column)).collect();
    arrays.dedup();
    if path.extension().is_some_and(|e| e.eq_ignore_ascii_case("npz"))
        && arrays.len() > 1
        && columns.keep.is_empty()
    {
        let list = arrays.join(", ");
        return Err(table.refuse_file(format!(
            "holds several arrays ({list}): leave all but one out with drop=NAME+NAME, or name those that are coordinates \
             with keep=NAME+NAME"
        )));
    }
    let (rows, dim) = (table.rows, coordinates.len());
    let mut points = vec![0.0; rows * dim];
    for (place, &column) in coordinates.iter().enumerate() {
        for row in 0..rows {
            // −0 and 0 are one coordinate.
            points[row * dim + place] = table.number(row, column)? + 0.0;
        }
    }
    let weights = match weight {
        None => vec![1.0; rows],
        Some(column) => (0..rows).map(|row| weight_of(table, row, column)).collect::<Result<_>>()?,
    };
    let total = compensated(weights.iter().copied());
    if !(total > 0.0 && total.is_finite()) {
        let what = if total > 0.0 { "the weights sum to infinity" } else { "all weights are zero" };
        return Err(table.refuse_file(format!("{what}: weights must be ≥ 0 with a finite, positive sum")));
    }
    let (points, weights) = Atoms::merged(dim, &points, &weights);
    let distinct = weights.len();
    // Whole numbers count rows; others are weights of a law, of whose sample nothing is known.
    let whole = weights.iter().all(|w| w.fract() == 0.0) && total <= MOST_ROWS;
    let counts = whole.then(|| weights.iter().filter(|&&w| w > 0.0).map(|&w| w as u64).collect());
    let mut source = Source::discrete(spec, Atoms::new(dim, points, weights)?)?;
    for note in notes {
        source = source.noting(note);
    }
    if let Some(counts) = counts {
        source = source.counting(counts);
    }
    Ok(match (weight.is_some(), distinct == rows) {
        (true, _) => source,
        (false, true) => source.noting(format!(
            "an empirical file of n distinct rows has H = H_½ = ln n whatever it was sampled from (n = {rows})"
        )),
        (false, false) => source.noting(format!(
            "the entropies are those of the file's {rows} rows ({distinct} distinct), not of what it was sampled from"
        )),
    })
}

/// A weight: finite and not negative.
fn weight_of(table: &Table, row: usize, column: usize) -> Result<f64> {
    match table.cell(row, column) {
        Cell::Number(x) if x >= 0.0 && x.is_finite() => Ok(x + 0.0),
        Cell::Number(x) if x.is_nan() || x > 0.0 => Err(table.refuse(
            row,
            column,
            format!("the weight {x} is no number: remove the row, or give it its weight"),
        )),
        Cell::Number(x) => {
            Err(table.refuse(row, column, format!("the weight {x} is negative: weights must be ≥ 0")))
        }
        _ => table.number(row, column),
    }
}

#[cfg(test)]
mod tests;
