//! Parquet, row by row: a loss curve is short.

use std::fs::File;
use std::path::Path;

use parquet::errors::ParquetError;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::Field;

use super::{Cell, Row, Table, refuse};
use crate::error::{Error, Result};

/// Reads a table of flat columns.
pub(super) fn read(path: &Path) -> Result<Table> {
    let failed = |error: ParquetError| refuse(path, "", format!("is damaged or no Parquet file: {error}"));
    let reader = SerializedFileReader::new(File::open(path).map_err(Error::io(path))?).map_err(failed)?;
    let schema = reader.metadata().file_metadata().schema_descr_ptr();
    let names = schema.root_schema().get_fields().iter().map(|field| field.name().to_owned()).collect();
    let mut rows = Vec::new();
    for row in reader.get_row_iter(None).map_err(failed)? {
        let cells = row.map_err(failed)?.get_column_iter().map(|(_, field)| cell(field)).collect();
        rows.push(Row { place: format!("row {}", rows.len() + 1), cells });
    }
    Ok(Table { path: path.to_owned(), names, rows, remarks: Vec::new() })
}

fn cell(field: &Field) -> Cell {
    match field {
        Field::Null => Cell::Empty,
        Field::Bool(x) => Cell::Number(f64::from(u8::from(*x))),
        Field::Byte(x) => Cell::Number(f64::from(*x)),
        Field::Short(x) => Cell::Number(f64::from(*x)),
        Field::Int(x) => Cell::Number(f64::from(*x)),
        Field::Long(x) => Cell::Number(*x as f64),
        Field::UByte(x) => Cell::Number(f64::from(*x)),
        Field::UShort(x) => Cell::Number(f64::from(*x)),
        Field::UInt(x) => Cell::Number(f64::from(*x)),
        Field::ULong(x) => Cell::Number(*x as f64),
        Field::Float(x) => Cell::Number(f64::from(*x)),
        Field::Double(x) => Cell::Number(*x),
        other => Cell::Text(other.to_string()),
    }
}
