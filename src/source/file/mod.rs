//! `file`: atoms from a table, one row an atom.

mod binary;
mod parquet;
mod text;

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::numeric::sum::compensated;
use crate::source::spec::{Arguments, Parameter, Spec};
use crate::source::{Atoms, Kind, Source};

pub(crate) use binary::numbers;
pub use text::Header;

/// The empirical (or weighted) law of the rows of a CSV, TSV, NPY, NPZ or Parquet file.
pub const FILE: Kind = Kind {
    name: "file",
    summary: "atoms from a CSV, TSV, NPY, NPZ or Parquet file, one row an atom; equal rows merge",
    parameters: &[
        Parameter { name: "path", default: None, summary: "the file; its extension tells the format" },
        Parameter {
            name: "weights",
            default: None,
            summary: "column of weights ≥ 0 (its header; its number from 1 where there is no header; an array of an NPZ)",
        },
        Parameter { name: "drop", default: None, summary: "columns that are no coordinates, joined by `+`" },
        Parameter { name: "header", default: Some("auto"), summary: "first row of a text file: auto, yes or no" },
    ],
    build,
};

fn build(arguments: &Arguments) -> Result<Source> {
    let path = PathBuf::from(arguments.text("path")?);
    let optional = |name| arguments.argument(name).map(|_| arguments.text(name)).transpose();
    let weights = optional("weights")?;
    let drop: Vec<&str> = optional("drop")?.map_or(Vec::new(), |names| names.split('+').collect());
    let header = match arguments.choice("header", &["auto", "yes", "no"])? {
        "yes" => Header::Yes,
        "no" => Header::No,
        _ => Header::Auto,
    };
    if weights.is_some_and(|name| drop.contains(&name)) {
        return Err(arguments.invalid("drop", "drops the column of weights"));
    }
    let columns = Columns { weights, drop };
    let extension = path.extension().and_then(|e| e.to_str()).unwrap_or("").to_ascii_lowercase();
    let bytes = || std::fs::File::open(&path).map_err(Error::io(&path));
    let table = match extension.as_str() {
        "csv" => text::read(bytes()?, b',', header, &path, &columns)?,
        "tsv" => text::read(bytes()?, b'\t', header, &path, &columns)?,
        "npy" => binary::read_npy(&path, &columns)?,
        "npz" => binary::read_npz(&path, &columns)?,
        "parquet" | "pq" => parquet::read(bytes()?, &path, &columns)?,
        _ => {
            return Err(refuse(&path, "", "cannot tell the format: name the file .csv, .tsv, .npy, .npz or .parquet"));
        }
    };
    empirical(arguments.spec(), table, &path)
}

/// The law of a text table that is at hand, without the columns `drop`; `path` names it in errors.
///
/// # Errors
/// [`Error::Data`] as for a file.
pub fn from_text(spec: &Spec, csv: &str, drop: &[&str], path: &str) -> Result<Source> {
    let (path, columns) = (Path::new(path), Columns { weights: None, drop: drop.to_vec() });
    empirical(spec, text::read(csv.as_bytes(), b',', Header::Auto, path, &columns)?, path)
}

/// What the user said about the columns.
struct Columns<'a> {
    weights: Option<&'a str>,
    drop: Vec<&'a str>,
}

/// The role of one column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Coordinate,
    Weight,
    Dropped,
}

impl Columns<'_> {
    /// The role of each of the columns called `names`.
    fn roles(&self, names: &[String], path: &Path) -> Result<Vec<Role>> {
        for wanted in self.weights.iter().chain(&self.drop) {
            match names.iter().filter(|name| name == wanted).count() {
                0 => {
                    let what = format!("column of {}", path.display());
                    return Err(Error::unknown(what, wanted, names.iter().map(String::as_str)));
                }
                1 => {}
                n => return Err(refuse(path, "", format!("{n} columns are called `{wanted}`: rename them"))),
            }
        }
        let role = |name: &str| match name {
            _ if self.weights == Some(name) => Role::Weight,
            _ if self.drop.contains(&name) => Role::Dropped,
            _ => Role::Coordinate,
        };
        let roles: Vec<Role> = names.iter().map(|name| role(name)).collect();
        if roles.contains(&Role::Coordinate) { Ok(roles) } else { Err(refuse(path, "", "no column is a coordinate")) }
    }
}

/// Rows of finite coordinates with their weights.
struct Table {
    dim: usize,
    points: Vec<f64>,
    weights: Option<Vec<f64>>,
}

/// An [`Error::Data`].
fn refuse(path: &Path, place: impl Into<String>, message: impl Into<String>) -> Error {
    Error::Data { path: path.to_owned(), place: place.into(), message: message.into() }
}

/// ", row R, column `name`"; rows count from 1, without the header and blank lines.
fn place(row: usize, column: &str) -> String {
    format!(", row {row}, column `{column}`")
}

/// Checks one number of a coordinate or weight column.
fn checked(x: f64, role: Role, path: &Path, at: impl FnOnce() -> String) -> Result<f64> {
    if !x.is_finite() {
        return Err(refuse(path, at(), format!("{x} is not a finite number: remove the row or fill the cell")));
    }
    if role == Role::Weight && x < 0.0 {
        return Err(refuse(path, at(), format!("the weight {x} is negative: weights must be ≥ 0")));
    }
    // −0 and 0 are one coordinate.
    Ok(x + 0.0)
}

/// The law of the rows: equal rows merge and their weights add.
fn empirical(spec: &Spec, table: Table, path: &Path) -> Result<Source> {
    let Table { dim, points, weights } = table;
    let rows = points.len() / dim;
    if rows == 0 {
        return Err(refuse(path, "", "has no rows: one row is one atom"));
    }
    let weighted = weights.is_some();
    let weights = weights.unwrap_or_else(|| vec![1.0; rows]);
    let total = compensated(weights.iter().copied());
    if !(total > 0.0 && total.is_finite()) {
        let what = if total > 0.0 { "the weights sum to infinity" } else { "all weights are zero" };
        return Err(refuse(path, "", format!("{what}: weights must be ≥ 0 with a finite, positive sum")));
    }
    let (points, weights) = merged(dim, points, &weights);
    let distinct = weights.len();
    let source = Source::discrete(spec, Atoms::new(dim, points, weights)?)?;
    Ok(match (weighted, distinct == rows) {
        (true, _) => source,
        (false, true) => source.noting(format!(
            "an empirical file of n distinct rows has H = H_½ = ln n whatever it was sampled from (n = {rows})"
        )),
        (false, false) => source.noting(format!(
            "the entropies are those of the file's {rows} rows ({distinct} distinct), not of what it was sampled from"
        )),
    })
}

/// Distinct rows in the order of their first appearance, with added weights.
fn merged(dim: usize, points: Vec<f64>, weights: &[f64]) -> (Vec<f64>, Vec<f64>) {
    let bits: Vec<u64> = points.iter().map(|x| x.to_bits()).collect();
    let mut index_of: HashMap<&[u64], usize> = HashMap::with_capacity(weights.len());
    let (mut distinct, mut sums) = (Vec::with_capacity(points.len()), Vec::with_capacity(weights.len()));
    for ((key, row), &weight) in bits.chunks(dim).zip(points.chunks(dim)).zip(weights) {
        let index = *index_of.entry(key).or_insert(sums.len());
        if index == sums.len() {
            distinct.extend_from_slice(row);
            sums.push(weight);
        } else {
            sums[index] += weight;
        }
    }
    (distinct, sums)
}

#[cfg(test)]
mod tests;
