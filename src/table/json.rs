//! JSON: a list of objects or of lists, one a row; objects one after the other, one a row (JSON
//! lines); or an object of lists, one a column, with texts and numbers beside them.

use std::collections::HashMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::column::Column;
use super::{ReadOptions, Table, refuse};
use crate::error::{Error, Result};

/// Cells that any table may have; beyond, at least one of five must be in the file.
const MOST_EMPTY: usize = 1 << 20;

/// Reads any of the forms.
pub(super) fn read(table: &mut Table, bytes: &[u8], options: &ReadOptions) -> Result<()> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    if bytes.iter().take(2).any(|&b| b == 0 || b >= 0xfe) {
        return Err(table.refuse_file("is UTF-16: write it as UTF-8, with iconv -f UTF-16 -t UTF-8"));
    }
    let mut values: Vec<&RawValue> = Vec::new();
    for value in serde_json::Deserializer::from_slice(bytes).into_iter() {
        values.push(value.map_err(|error| malformed(table, &error))?);
    }
    let kind = |value: &RawValue| value.get().as_bytes()[0];
    let mut rows = Rows::new(table, options, bytes.len());
    match values[..] {
        [] => return Err(table.refuse_file("is empty: write one row a noise level or atom")),
        [one] if kind(one) == b'[' => {
            let list: Vec<&RawValue> = parsed(rows.table, one)?;
            rows.table.named = list.first().is_some_and(|first| kind(first) == b'{');
            for row in list {
                rows.push(row)?;
            }
        }
        [one] if kind(one) == b'{' => {
            let entries: Entries = parsed(rows.table, one)?;
            if entries.0.iter().any(|(_, value)| kind(value) == b'[') || entries.0.is_empty() {
                rows.columns(&entries)?;
            } else {
                rows.push(one)?;
            }
        }
        [one] => {
            let shown: String = one.get().chars().take(20).collect();
            let message = format!("holds {shown}, neither a list of rows nor an object of columns");
            return Err(rows.table.refuse_file(message));
        }
        [first, ..] => {
            rows.table.named = kind(first) == b'{';
            for row in values {
                rows.push(row)?;
            }
        }
    }
    rows.finish();
    Ok(())
}

fn malformed(table: &Table, error: &serde_json::Error) -> Error {
    let place = format!(", line {}, column {}", error.line(), error.column());
    refuse(&table.path, place, format!("is not JSON: {error}"))
}

fn parsed<'a, T: Deserialize<'a>>(table: &Table, value: &'a RawValue) -> Result<T> {
    serde_json::from_str(value.get()).map_err(|error| malformed(table, &error))
}

/// An object in the order written.
struct Entries<'a>(Vec<(String, &'a RawValue)>);

impl<'de> Deserialize<'de> for Entries<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Pairs;
        impl<'de> Visitor<'de> for Pairs {
            type Value = Entries<'de>;
            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Entries(pairs))
            }
        }
        deserializer.deserialize_map(Pairs)
    }
}

/// The rows as they come; a key that comes late has empty cells above.
struct Rows<'a> {
    table: &'a mut Table,
    options: &'a ReadOptions<'a>,
    index_of: HashMap<String, usize>,
    most: usize,
}

impl<'a> Rows<'a> {
    fn new(table: &'a mut Table, options: &'a ReadOptions<'a>, length: usize) -> Self {
        Self { table, options, index_of: HashMap::new(), most: MOST_EMPTY.max(5 * length) }
    }

    fn refuse(&self, message: impl Into<String>) -> Error {
        refuse(&self.table.path, format!(", row {}", self.table.rows + 1), message)
    }

    /// A row: an object; a list or a number where the columns have no names.
    fn push(&mut self, row: &RawValue) -> Result<()> {
        match (row.get().as_bytes()[0], self.table.named) {
            (b'{', true) => {
                let entries: Entries = parsed(self.table, row)?;
                for (name, value) in &entries.0 {
                    self.cell(name, value)?;
                }
            }
            (b'[', false) => {
                let cells: Vec<&RawValue> = parsed(self.table, row)?;
                for (k, value) in cells.iter().enumerate() {
                    self.cell(&(k + 1).to_string(), value)?;
                }
            }
            (b'0'..=b'9' | b'-', false) => self.cell("1", row)?,
            _ => return Err(self.refuse("is no object such as {\"snr\": 0.1, \"x0\": 0.9}")),
        }
        self.end_row()
    }

    /// The cells of one key in this row: one, or those of a list.
    fn cell(&mut self, name: &str, value: &RawValue) -> Result<()> {
        let raw = value.get();
        match raw.as_bytes()[0] {
            _ if self.options.skip.iter().any(|skipped| skipped == name) => {
                self.column(name, None)?;
            }
            b'[' => {
                let list: Vec<&RawValue> = parsed(self.table, value)?;
                for (k, value) in list.iter().enumerate() {
                    let column = self.column(&format!("{name}.{}", k + 1), Some(name))?;
                    put(column, value.get());
                }
            }
            _ => put(self.column(name, None)?, raw),
        }
        Ok(())
    }

    /// The column of a name, filled up to this row.
    fn column(&mut self, name: &str, group: Option<&str>) -> Result<&mut Column> {
        let rows = self.table.rows;
        let index = match self.index_of.get(name) {
            Some(&index) => index,
            None => {
                let skipped = self.options.skip.iter().any(|skip| skip == name);
                let column = if skipped { Column::skipped() } else { Column::default() };
                self.table.add(name, if let Some(group) = group { column.within(group) } else { column });
                self.index_of.insert(name.to_owned(), self.table.names.len() - 1);
                self.table.names.len() - 1
            }
        };
        if (rows + 1).saturating_mul(self.table.names.len()) > self.most {
            return Err(self.refuse("has few keys in common with the others: give every row the same"));
        }
        let column = &mut self.table.columns[index];
        if column.len() > rows {
            return Err(self.refuse(format!("has several values of `{name}`")));
        }
        let column = &mut self.table.columns[index];
        (column.len()..rows).for_each(|_| column.push_missing());
        Ok(column)
    }

    fn end_row(&mut self) -> Result<()> {
        self.table.rows += 1;
        Ok(())
    }

    /// An object of lists.
    fn columns(&mut self, entries: &Entries) -> Result<()> {
        let mut first: Option<(&str, usize)> = None;
        let mut lists = Vec::new();
        for (name, value) in &entries.0 {
            let place = || format!(", key `{name}`");
            match value.get().as_bytes()[0] {
                b'[' => {
                    let list: Vec<&RawValue> = parsed(self.table, value)?;
                    let &mut (first, rows) = first.get_or_insert((name, list.len()));
                    let skipped = self.options.skip.contains(name);
                    if list.len() != rows && !skipped {
                        let is_split = entries.0.iter().any(|(name, _)| name == "data");
                        let hint =
                            if is_split { ": from pandas, write .to_json(orient=\"records\")" } else { "" };
                        let message = format!("has {} numbers, and `{first}` has {rows}{hint}", list.len());
                        return Err(refuse(&self.table.path, place(), message));
                    }
                    lists.push((name, list));
                }
                b'"' => self.table.remarks.push((name.clone(), parsed(self.table, value)?)),
                b'0'..=b'9' | b'-' => self.table.remarks.push((name.clone(), value.get().to_owned())),
                _ => {
                    let message = "is neither a list nor a text or number: from pandas, write \
                                   .to_json(orient=\"records\")";
                    return Err(refuse(&self.table.path, place(), message));
                }
            }
        }
        let Some((_, rows)) = first else {
            let message = "has no lists: give each column as one, {\"snr\": […], \"x0\": […]}";
            return Err(self.table.refuse_file(message));
        };
        for row in 0..rows {
            for (name, list) in &lists {
                if let Some(value) = list.get(row) {
                    self.cell(name, value)?;
                }
            }
            self.end_row()?;
        }
        Ok(())
    }

    /// Fills every column to the last row.
    fn finish(self) {
        let rows = self.table.rows;
        for column in self.table.columns.iter_mut().filter(|column| column.is_readable()) {
            (column.len()..rows).for_each(|_| column.push_missing());
        }
    }
}

/// Appends one JSON value to a column.
fn put(column: &mut Column, raw: &str) {
    match raw.as_bytes()[0] {
        b'n' => column.push_missing(),
        b'"' => column.push_text(serde_json::from_str::<String>(raw).as_deref().unwrap_or(raw)),
        _ => column.push_text(raw),
    }
}
