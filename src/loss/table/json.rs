//! JSON: a list of objects, one a row; or an object of lists, one a column, with other texts and numbers beside them.

use std::path::Path;

use serde_json::{Map, Value};

use super::{Cell, Row, Table, refuse};
use crate::error::{Error, Result};

/// Reads either form.
pub(super) fn read(path: &Path) -> Result<Table> {
    let text = std::fs::read_to_string(path).map_err(Error::io(path))?;
    let value: Value = serde_json::from_str(&text).map_err(|error| {
        refuse(path, format!(", line {}, column {}", error.line(), error.column()), format!("is not JSON: {error}"))
    })?;
    match value {
        Value::Array(rows) => of_rows(path, &rows),
        Value::Object(columns) => of_columns(path, &columns),
        _ => Err(refuse(path, "", "is neither a list of rows nor an object of columns")),
    }
}

fn cell(value: Option<&Value>) -> Cell {
    match value {
        None | Some(Value::Null) => Cell::Empty,
        Some(Value::Number(x)) => x.as_f64().map_or_else(|| Cell::Text(x.to_string()), Cell::Number),
        Some(Value::String(text)) => Cell::of(text),
        Some(other) => Cell::Text(other.to_string()),
    }
}

fn of_rows(path: &Path, rows: &[Value]) -> Result<Table> {
    let mut names: Vec<String> = Vec::new();
    for (k, row) in rows.iter().enumerate() {
        let Value::Object(row) = row else {
            return Err(refuse(path, format!(", row {}", k + 1), "is no object such as {\"snr\": 0.1, \"x0\": 0.9}"));
        };
        for name in row.keys().filter(|name| !names.contains(name)).cloned().collect::<Vec<_>>() {
            names.push(name);
        }
    }
    let cells = |row: &Value| names.iter().map(|name| cell(row.get(name))).collect();
    let rows =
        rows.iter().enumerate().map(|(k, row)| Row { place: format!("row {}", k + 1), cells: cells(row) }).collect();
    Ok(Table { path: path.to_owned(), names, rows, remarks: Vec::new() })
}

fn of_columns(path: &Path, columns: &Map<String, Value>) -> Result<Table> {
    let mut lists: Vec<(&String, &Vec<Value>)> = Vec::new();
    let mut remarks = Vec::new();
    for (name, value) in columns {
        match value {
            Value::Array(list) => lists.push((name, list)),
            Value::String(text) => remarks.push((name.clone(), text.clone())),
            Value::Number(x) => remarks.push((name.clone(), x.to_string())),
            _ => return Err(refuse(path, format!(", key `{name}`"), "is neither a list nor a text or number")),
        }
    }
    let Some((first, rows)) = lists.first().map(|(name, list)| (*name, list.len())) else {
        return Err(refuse(path, "", "has no lists: give each column as one, {\"snr\": […], \"x0\": […]}"));
    };
    if let Some((name, list)) = lists.iter().find(|(_, list)| list.len() != rows) {
        let message = format!("has {} numbers, and `{first}` has {rows}", list.len());
        return Err(refuse(path, format!(", key `{name}`"), message));
    }
    let cells = |k: usize| lists.iter().map(|(_, list)| cell(list.get(k))).collect();
    Ok(Table {
        path: path.to_owned(),
        names: lists.iter().map(|(name, _)| (*name).clone()).collect(),
        rows: (0..rows).map(|k| Row { place: format!("row {}", k + 1), cells: cells(k) }).collect(),
        remarks,
    })
}
