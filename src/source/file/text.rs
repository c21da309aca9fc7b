//! Tables of text: CSV and TSV.

use std::io::Read;
use std::path::Path;

use csv::ByteRecord;

use super::{Columns, Role, Table, checked, place, refuse};
use crate::error::Result;

/// Whether the first row of a text file names the columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Header {
    /// It does if none of its cells is a number.
    Auto,
    /// It does.
    Yes,
    /// It does not.
    No,
}

/// Reads a text table; without a header the columns are called 1, 2, ….
pub(super) fn read(bytes: impl Read, delimiter: u8, header: Header, path: &Path, columns: &Columns) -> Result<Table> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .trim(csv::Trim::All)
        .from_reader(bytes);
    let failed = |error: csv::Error| refuse(path, "", format!("cannot be read as text: {error}"));
    let mut record = ByteRecord::new();
    if !reader.read_byte_record(&mut record).map_err(failed)? {
        return Err(refuse(path, "", "is empty: one row is one atom"));
    }
    let named = names_columns(&record, header, path)?;
    let names: Vec<String> = match named {
        true => record.iter().map(|cell| String::from_utf8_lossy(cell).into_owned()).collect(),
        false => (1..=record.len()).map(|i| i.to_string()).collect(),
    };
    let roles = columns.roles(&names, path)?;
    let dim = roles.iter().filter(|&&role| role == Role::Coordinate).count();
    let mut table = Table { dim, points: Vec::new(), weights: columns.weights.map(|_| Vec::new()) };
    let mut row = 0;
    let mut more = if named { reader.read_byte_record(&mut record).map_err(failed)? } else { true };
    while more {
        row += 1;
        append(&mut table, &record, row, &names, &roles, path)?;
        more = reader.read_byte_record(&mut record).map_err(failed)?;
    }
    Ok(table)
}

/// Whether the first record is a header.
fn names_columns(first: &ByteRecord, header: Header, path: &Path) -> Result<bool> {
    let numbers = first.iter().filter(|cell| number(cell).is_some()).count();
    let counting = first.len() >= 3 && first.iter().enumerate().all(|(i, cell)| cell == i.to_string().as_bytes());
    match header {
        Header::Yes => Ok(true),
        Header::No => Ok(false),
        Header::Auto if numbers == 0 => Ok(true),
        Header::Auto if numbers == first.len() && !counting => Ok(false),
        Header::Auto => {
            let message = "could name the columns or be the first atom: say header=yes or header=no";
            Err(refuse(path, ", first row", message))
        }
    }
}

/// A cell as a number.
fn number(cell: &[u8]) -> Option<f64> {
    std::str::from_utf8(cell).ok()?.parse().ok()
}

/// Appends one record to the table.
fn append(
    table: &mut Table,
    record: &ByteRecord,
    row: usize,
    names: &[String],
    roles: &[Role],
    path: &Path,
) -> Result<()> {
    if record.len() != names.len() {
        let (found, expected) = (record.len(), names.len());
        let message = format!("has {found} cells where the first row has {expected}: give every row as many");
        return Err(refuse(path, format!(", row {row}"), message));
    }
    for ((cell, name), &role) in record.iter().zip(names).zip(roles) {
        let at = || place(row, name);
        if role == Role::Dropped {
            continue;
        }
        let x = number(cell).ok_or_else(|| refuse(path, at(), not_a_number(cell, name)))?;
        let x = checked(x, role, path, at)?;
        match (role, &mut table.weights) {
            (Role::Weight, Some(weights)) => weights.push(x),
            _ => table.points.push(x),
        }
    }
    Ok(())
}

/// What is wrong with a cell, and the remedy.
fn not_a_number(cell: &[u8], name: &str) -> String {
    let text = String::from_utf8_lossy(cell);
    if text.is_empty() {
        "the cell is empty: remove the row or fill the cell".to_owned()
    } else if text.contains([';', '\t']) {
        format!("`{text}` is not a number: separate cells by commas (.csv) or tabs (.tsv)")
    } else {
        format!("`{text}` is not a number: correct it, or leave the column out with drop={name}")
    }
}
