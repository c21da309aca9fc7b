//! CSV and TSV with a header; lines that start with `#` are comments.

use std::path::Path;

use csv::StringRecord;

use super::{Cell, Row, Table, refuse};
use crate::error::{Error, Result};

/// Reads a text table; `named` says that the caller has names, so that a first line of numbers is a row.
pub(super) fn read(path: &Path, delimiter: u8, named: bool) -> Result<Table> {
    let text = std::fs::read_to_string(path).map_err(Error::io(path))?;
    let starts = starts(&text);
    let line = |record: &StringRecord| {
        let byte = record.position().map_or(0, csv::Position::byte) as usize;
        let next = starts.partition_point(|&(start, _)| start < byte);
        starts.get(next).map_or(1, |&(_, line)| line)
    };
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .comment(Some(b'#'))
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let failed = |error: csv::Error| {
        let line = error.position().map_or(String::new(), |p| format!(", line {}", p.line()));
        refuse(path, line, format!("cannot be read as text: {error}"))
    };
    let mut record = StringRecord::new();
    if !reader.read_record(&mut record).map_err(failed)? {
        return Err(refuse(path, "", "is empty: the first line names the columns, one row is one noise level"));
    }
    let numbers = record.iter().filter(|cell| matches!(Cell::of(cell), Cell::Number(_))).count();
    let mut table = Table { path: path.to_owned(), names: Vec::new(), rows: Vec::new(), remarks: Vec::new() };
    match (named, numbers) {
        (true, n) if n > 0 => table.rows.push(row(&record, line(&record))),
        (false, n) if n > 0 => {
            let message = "holds numbers where the columns should be named: write a header such as `snr,x0`, or say \
                           --columns snr,x0";
            return Err(refuse(path, format!(", line {}", line(&record)), message));
        }
        _ => table.names = record.iter().map(|name| name.trim_start_matches('\u{feff}').to_owned()).collect(),
    }
    let width = record.len();
    while reader.read_record(&mut record).map_err(failed)? {
        if record.len() != width {
            let message = format!("has {} cells where the first row has {width}: give every row as many", record.len());
            return Err(refuse(path, format!(", line {}", line(&record)), message));
        }
        table.rows.push(row(&record, line(&record)));
    }
    Ok(table)
}

/// Byte and number of every line that holds a record: the reader's own positions are before what it skips.
fn starts(text: &str) -> Vec<(usize, usize)> {
    let mut at = 0;
    let mut starts = Vec::new();
    for (k, line) in text.split_inclusive('\n').enumerate() {
        if !line.trim_end_matches(['\r', '\n']).is_empty() && !line.starts_with('#') {
            starts.push((at, k + 1));
        }
        at += line.len();
    }
    starts
}

fn row(record: &StringRecord, line: usize) -> Row {
    Row { place: format!("line {line}"), cells: record.iter().map(Cell::of).collect() }
}
