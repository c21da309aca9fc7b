//! Parquet, read column by column.

use std::fs::File;
use std::path::Path;

use parquet::basic::{ConvertedType, LogicalType};
use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::data_type::DataType;
use parquet::errors::ParquetError;
use parquet::file::reader::{FileReader, RowGroupReader, SerializedFileReader};
use parquet::schema::types::ColumnDescriptor;

use super::{Columns, Role, Table, checked, place, refuse};
use crate::error::Result;

/// Records asked for at once.
const BATCH: usize = 1 << 16;

/// Reads a table of flat numeric columns.
pub(super) fn read(file: File, path: &Path, columns: &Columns) -> Result<Table> {
    let failed = |error: ParquetError| refuse(path, "", format!("is damaged or no Parquet file: {error}"));
    let reader = SerializedFileReader::new(file).map_err(failed)?;
    let schema = reader.metadata().file_metadata().schema_descr_ptr();
    let names: Vec<String> = schema.columns().iter().map(|column| column.path().string()).collect();
    let roles = columns.roles(&names, path)?;
    let dim = roles.iter().filter(|&&role| role == Role::Coordinate).count();
    let mut table = Table { dim, points: Vec::new(), weights: columns.weights.map(|_| Vec::new()) };
    let mut first_row = 0;
    for group in 0..reader.num_row_groups() {
        let group = reader.get_row_group(group).map_err(failed)?;
        let rows = group.metadata().num_rows() as usize;
        let start = table.points.len();
        table.points.resize(start + rows * dim, 0.0);
        let mut coordinate = 0;
        for (index, (name, &role)) in names.iter().zip(&roles).enumerate() {
            if role == Role::Dropped {
                continue;
            }
            let cells = column(&*group, index, &schema.column(index), first_row, path)?;
            for (row, x) in cells.into_iter().enumerate() {
                let x = checked(x, role, path, || place(first_row + row + 1, name))?;
                match (role, &mut table.weights) {
                    (Role::Weight, Some(weights)) => weights.push(x),
                    _ => table.points[start + row * dim + coordinate] = x,
                }
            }
            coordinate += usize::from(role == Role::Coordinate);
        }
        first_row += rows;
    }
    Ok(table)
}

/// One column of one row group.
fn column(
    group: &dyn RowGroupReader,
    index: usize,
    descriptor: &ColumnDescriptor,
    first_row: usize,
    path: &Path,
) -> Result<Vec<f64>> {
    let name = descriptor.path().string();
    let no_number = |what: &str| {
        let message = format!("{what}: convert it to a number, or leave the column out with drop={name}");
        refuse(path, format!(", column `{name}`"), message)
    };
    if descriptor.max_rep_level() > 0 {
        return Err(no_number("holds lists"));
    }
    if !is_plain(descriptor) {
        return Err(no_number("holds dates, decimals or other marked values"));
    }
    let unsigned = matches!(descriptor.logical_type_ref(), Some(LogicalType::Integer(kind)) if !kind.is_signed);
    let rows = group.metadata().num_rows() as usize;
    let level = descriptor.max_def_level();
    let cells = match group.get_column_reader(index) {
        Ok(ColumnReader::DoubleColumnReader(reader)) => cells(reader, rows, level, |x| *x),
        Ok(ColumnReader::FloatColumnReader(reader)) => cells(reader, rows, level, |x| f64::from(*x)),
        Ok(ColumnReader::Int32ColumnReader(reader)) if unsigned => {
            cells(reader, rows, level, |x| f64::from(x.cast_unsigned()))
        }
        Ok(ColumnReader::Int32ColumnReader(reader)) => cells(reader, rows, level, |x| f64::from(*x)),
        Ok(ColumnReader::Int64ColumnReader(reader)) if unsigned => {
            cells(reader, rows, level, |x| x.cast_unsigned() as f64)
        }
        Ok(ColumnReader::Int64ColumnReader(reader)) => cells(reader, rows, level, |x| *x as f64),
        Ok(ColumnReader::BoolColumnReader(reader)) => cells(reader, rows, level, |x| f64::from(u8::from(*x))),
        Ok(_) => return Err(no_number("does not hold numbers of 32 or 64 bits")),
        Err(error) => Err(error),
    };
    match cells {
        Ok(Ok(cells)) => Ok(cells),
        Ok(Err(row)) => {
            let message = "the cell is null: remove the row or fill the cell";
            Err(refuse(path, place(first_row + row + 1, &name), message))
        }
        Err(error) => Err(no_number(&format!("cannot be read ({error})"))),
    }
}

/// Whether the stored number is the number meant.
fn is_plain(descriptor: &ColumnDescriptor) -> bool {
    match descriptor.logical_type_ref() {
        Some(LogicalType::Integer(_)) => true,
        Some(_) => false,
        None => matches!(descriptor.converted_type(), ConvertedType::NONE),
    }
}

/// All cells of a column, or the index of the first row that is null.
fn cells<T: DataType>(
    mut reader: ColumnReaderImpl<T>,
    rows: usize,
    present: i16,
    to_f64: impl Fn(&T::T) -> f64,
) -> Result<Result<Vec<f64>, usize>, ParquetError> {
    let mut all = Vec::with_capacity(rows);
    while all.len() < rows {
        let (mut values, mut levels) = (Vec::new(), Vec::new());
        let (records, _, _) = reader.read_records(BATCH, Some(&mut levels), None, &mut values)?;
        if let Some(null) = levels.iter().position(|&level| level < present) {
            return Ok(Err(all.len() + null));
        }
        if records == 0 {
            return Err(ParquetError::EOF(format!("{} of {rows} rows", all.len())));
        }
        all.extend(values.iter().map(&to_f64));
    }
    Ok(Ok(all))
}
