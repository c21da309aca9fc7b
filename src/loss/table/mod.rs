//! Tables with named columns from CSV, TSV, JSON, NPY, NPZ and Parquet, cells as they are until someone asks.

mod json;
mod numpy;
mod parquet;
mod text;

use std::path::{Path, PathBuf};

use crate::error::{Error, Result};

/// A table as it lies in a file.
pub struct Table {
    path: PathBuf,
    /// Names of the columns.
    pub names: Vec<String>,
    /// Its rows, each with a cell for every column.
    pub rows: Vec<Row>,
    /// What the file says beside its columns (JSON only): key and text.
    pub remarks: Vec<(String, String)>,
}

/// One row.
pub struct Row {
    /// Where it stands: `line 7` of a text, `row 3` of anything else.
    pub place: String,
    /// A cell for every column.
    pub cells: Vec<Cell>,
}

/// One cell.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// A number, finite or not.
    Number(f64),
    /// Text that is no number.
    Text(String),
    /// Nothing, or null.
    Empty,
}

impl Cell {
    /// The cell of a text.
    fn of(text: &str) -> Self {
        match text.parse() {
            _ if text.is_empty() => Self::Empty,
            Ok(x) => Self::Number(x),
            Err(_) => Self::Text(text.to_owned()),
        }
    }
}

impl Table {
    /// Reads a table; `names` replaces the names of its columns, or gives them where the file has none.
    ///
    /// # Errors
    /// [`Error::Io`] for a file that cannot be read, [`Error::Data`] with line or row and the remedy for one that is damaged
    /// or whose columns have no names.
    pub fn read(path: &Path, names: Option<&[String]>) -> Result<Self> {
        let extension = path.extension().and_then(|e| e.to_str()).unwrap_or("").to_ascii_lowercase();
        let mut table = match extension.as_str() {
            "csv" => text::read(path, b',', names.is_some())?,
            "tsv" => text::read(path, b'\t', names.is_some())?,
            "json" => json::read(path)?,
            "npy" => numpy::read_npy(path, names.is_some())?,
            "npz" => numpy::read_npz(path)?,
            "parquet" | "pq" => parquet::read(path)?,
            _ => {
                let message = "cannot tell the format: name the file .csv, .tsv, .json, .npy, .npz or .parquet";
                return Err(refuse(path, "", message));
            }
        };
        if let Some(names) = names {
            let width = table.rows.first().map_or(table.names.len(), |row| row.cells.len());
            if names.len() != width {
                let message = format!("has {width} columns, and --columns names {}", names.len());
                return Err(refuse(path, "", message));
            }
            table.names = names.to_vec();
        }
        if table.rows.is_empty() {
            return Err(refuse(path, "", "has no rows: one row is one noise level"));
        }
        let repeated = (1..table.names.len()).find(|&i| table.names[..i].contains(&table.names[i]));
        match repeated {
            Some(i) => Err(refuse(path, "", format!("has several columns called `{}`: rename them", table.names[i]))),
            None => Ok(table),
        }
    }

    /// A finite number in a cell; `column` is an index.
    ///
    /// # Errors
    /// [`Error::Data`] with line and column for an empty cell, text, NaN and infinity.
    pub fn number(&self, row: usize, column: usize) -> Result<f64> {
        let remedy = "remove the row or fill the cell";
        match &self.rows[row].cells[column] {
            Cell::Number(x) if x.is_finite() => Ok(*x),
            Cell::Number(x) => Err(self.refuse(row, column, format!("{x} is not a finite number: {remedy}"))),
            Cell::Empty => Err(self.refuse(row, column, format!("the cell is empty: {remedy}"))),
            Cell::Text(text) if text.contains([';', '\t']) => {
                let message = format!("`{text}` is not a number: separate cells by commas (.csv) or tabs (.tsv)");
                Err(self.refuse(row, column, message))
            }
            Cell::Text(text) => Err(self.refuse(row, column, format!("`{text}` is not a number: {remedy}"))),
        }
    }

    /// An [`Error::Data`] at a cell.
    pub fn refuse(&self, row: usize, column: usize, message: impl Into<String>) -> Error {
        let place = format!(", {}, column `{}`", self.rows[row].place, self.names[column]);
        refuse(&self.path, place, message)
    }

    /// An [`Error::Data`] about the whole file.
    pub fn refuse_file(&self, message: impl Into<String>) -> Error {
        refuse(&self.path, "", message)
    }
}

/// An [`Error::Data`].
fn refuse(path: &Path, place: impl Into<String>, message: impl Into<String>) -> Error {
    Error::Data { path: path.to_owned(), place: place.into(), message: message.into() }
}

#[cfg(test)]
mod tests;
