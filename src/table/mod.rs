//! Files as named columns: CSV and TSV, JSON and JSON lines (these also packed by gzip), NPY, NPZ
//! and Parquet.
//!
//! No reader believes what a file claims of its size before the file's length bears it out, and
//! decoders that are not klaim's run where a panic is caught and told as a damaged file.

mod column;
pub mod files;
mod guard;
mod json;
mod npz;
mod numpy;
mod parquet;
mod text;

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use column::Column;

/// Whether the first row of a text file names its columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Header {
    /// It does if none of its cells is a number; a mixture is an error that asks.
    #[default]
    Auto,
    /// It does if none of its cells is a number; with a number in it, it is a row.
    Unless,
    /// It does.
    Yes,
    /// It does not.
    No,
}

/// How to read a file.
#[derive(Debug, Clone, Copy, Default)]
pub struct ReadOptions<'a> {
    /// What the first row of a text file is.
    pub header: Header,
    /// Columns, or arrays of an archive, that nobody will ask for: they are not decoded.
    pub skip: &'a [String],
    /// How the user leaves a column out, for remedies: `drop=`.
    pub leave_out: Option<&'static str>,
}

/// A table as it lies in a file.
pub struct Table {
    path: PathBuf,
    /// Names of the columns; 1, 2, … where the file has none.
    pub names: Vec<String>,
    /// Whether the file names its columns.
    pub named: bool,
    /// Number of rows.
    pub rows: usize,
    /// What the file says beside its columns (JSON only): key and text.
    pub remarks: Vec<(String, String)>,
    columns: Vec<Column>,
    /// The line of every row of a text.
    lines: Vec<u32>,
    leave_out: Option<&'static str>,
}

/// One cell.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Cell<'a> {
    /// A number, finite or not.
    Number(f64),
    /// An integer beyond 2^53 that no f64 equals.
    Inexact(&'a str),
    /// Text that is no number; empty for texts far down a long column of texts, which are not kept.
    Text(&'a str),
    /// Nothing, null, NA.
    Missing,
}

impl Table {
    /// Reads the table of a file, whose extension tells the format.
    ///
    /// # Errors
    /// [`Error::Io`] for a file that cannot be read; [`Error::Data`] with place and remedy for one
    /// that is damaged, in another encoding or form, without rows, or with two columns of one name.
    pub fn read(path: &Path, options: &ReadOptions) -> Result<Self> {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or("").to_ascii_lowercase();
        let (stem, packed) = name.strip_suffix(".gz").map_or((name.as_str(), false), |stem| (stem, true));
        let extension = stem.rsplit_once('.').map_or("", |(_, extension)| extension);
        let mut table = Self::empty(path, options);
        let bytes = |text: bool| match packed {
            true if text => guard::unpacked(path),
            true => Err(refuse(path, "", "is packed: unpack it first, with gunzip")),
            false => guard::bytes(path),
        };
        match extension {
            "csv" => text::read(&mut table, bytes(true)?, b',', options)?,
            "tsv" => text::read(&mut table, bytes(true)?, b'\t', options)?,
            "json" | "jsonl" | "ndjson" => json::read(&mut table, &bytes(true)?, options)?,
            "npy" => guard::guarded(path, || numpy::read(&mut table, &bytes(false)?, options))?,
            "npz" => guard::guarded(path, || npz::read(&mut table, &bytes(false)?, options))?,
            "parquet" | "pq" if !packed => guard::guarded(path, || parquet::read(&mut table, options))?,
            "parquet" | "pq" => drop(bytes(false)?),
            _ => {
                let message = "cannot tell the format: name the file .csv, .tsv, .json, .jsonl (or one of these and .gz), \
                               .npy, .npz or .parquet";
                return Err(refuse(path, "", message));
            }
        }
        files::note(path)?;
        table.checked()
    }

    /// Reads comma-separated text that is at hand; `path` names it in errors.
    ///
    /// # Errors
    /// As [`Table::read`].
    pub fn of_csv(text: &str, path: &Path, options: &ReadOptions) -> Result<Self> {
        let mut table = Self::empty(path, options);
        text::read(&mut table, text.as_bytes().to_vec(), b',', options)?;
        table.checked()
    }

    fn empty(path: &Path, options: &ReadOptions) -> Self {
        Self {
            path: path.to_owned(),
            names: Vec::new(),
            named: true,
            rows: 0,
            remarks: Vec::new(),
            columns: Vec::new(),
            lines: Vec::new(),
            leave_out: options.leave_out,
        }
    }

    /// The table, if it has rows and no two columns of one name.
    fn checked(self) -> Result<Self> {
        if self.rows == 0 {
            return Err(self.refuse_file("has no rows: write one row a noise level or atom"));
        }
        let mut seen = HashSet::with_capacity(self.names.len());
        match self.names.iter().find(|name| !seen.insert(name.as_str())) {
            Some(name) => Err(self.refuse_file(format!("has several columns called `{name}`: rename them"))),
            None => Ok(self),
        }
    }

    /// Appends a column.
    fn add(&mut self, name: impl Into<String>, column: Column) {
        self.names.push(name.into());
        self.columns.push(column);
    }

    /// Gives the columns other names.
    ///
    /// # Errors
    /// [`Error::Data`] where their number is another.
    pub fn rename(&mut self, names: &[String]) -> Result<()> {
        if names.len() != self.names.len() {
            let message = format!("has {} columns, and --columns names {}", self.names.len(), names.len());
            return Err(self.refuse_file(message));
        }
        self.names = names.to_vec();
        self.named = true;
        Ok(())
    }

    /// What a column is a part of: an array of an archive, a column of lists; itself where it
    /// stands alone.
    pub fn group(&self, column: usize) -> &str {
        self.columns[column].group.as_deref().unwrap_or(&self.names[column])
    }

    /// Whether the file says that a column only counts its rows (pandas' index).
    pub fn is_index(&self, column: usize) -> bool {
        self.columns[column].index
    }

    /// Whether the header gives a column no name.
    pub fn is_nameless(&self, column: usize) -> bool {
        self.columns[column].nameless
    }

    /// Whether every cell of a column is a number ≥ 0.
    pub fn is_non_negative(&self, column: usize) -> bool {
        self.columns[column].is_readable()
            && (0..self.rows).all(|row| matches!(self.cell(row, column), Cell::Number(x) if x >= 0.0))
    }

    /// A cell; `column` is an index. Cells of a column that cannot be read are missing.
    pub fn cell(&self, row: usize, column: usize) -> Cell<'_> {
        self.columns[column].cell(row)
    }

    /// A finite number in a cell; `column` is an index.
    ///
    /// # Errors
    /// [`Error::Data`] with place and remedy for a missing cell, text, NaN, infinity, an integer
    /// that f64 cannot hold, and for a column that holds no numbers.
    pub fn number(&self, row: usize, column: usize) -> Result<f64> {
        if let Cell::Number(x) = self.cell(row, column)
            && x.is_finite()
        {
            return Ok(x);
        }
        Err(self.refusal(row, column))
    }

    /// Why a cell is no finite number.
    fn refusal(&self, row: usize, column: usize) -> Error {
        let out = self.leave_out.map_or(String::new(), |flag| {
            format!(", or leave the column out with {flag}{}", crate::spec::quoted(self.group(column)))
        });
        if let Some(why) = self.columns[column].unreadable() {
            return self.refuse_column(column, format!("{why}{out}"));
        }
        let remedy = "remove the row or fill the cell";
        let message = match self.cell(row, column) {
            Cell::Number(x) => format!("{x} is not a finite number: {remedy}{out}"),
            Cell::Missing => format!("the cell is empty: {remedy}{out}"),
            Cell::Inexact(text) => format!(
                "{text} lies beyond 2^53, where f64 cannot tell integers apart: subtract an offset, or write it as a \
                 decimal (1e20) if its last digits do not matter{out}"
            ),
            Cell::Text(text) => format!("`{text}` is not a number: {}{out}", text::remedy(text)),
        };
        self.refuse(row, column, message)
    }

    /// An [`Error::Data`] at a cell.
    pub fn refuse(&self, row: usize, column: usize, message: impl Into<String>) -> Error {
        let place = match self.lines.get(row) {
            Some(line) => format!("line {line}"),
            None => format!("row {}", row + 1),
        };
        refuse(&self.path, format!(", {place}, column `{}`", self.names[column]), message)
    }

    /// An [`Error::Data`] about a column.
    pub fn refuse_column(&self, column: usize, message: impl Into<String>) -> Error {
        refuse(&self.path, format!(", column `{}`", self.names[column]), message)
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
