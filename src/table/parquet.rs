//! Parquet, column by column: numbers, booleans, decimals, and lists of one length.

use std::fs::File;
use std::io::{self, BufReader, Read};

use bytes::Bytes;
use half::f16;
use parquet::basic::{ConvertedType, LogicalType, Type as PhysicalType};
use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::data_type::DataType;
use parquet::errors::ParquetError;
use parquet::file::metadata::ParquetMetaData;
use parquet::file::reader::{ChunkReader, FileReader, Length, RowGroupReader, SerializedFileReader};
use parquet::schema::types::ColumnDescriptor;

use super::column::Column;
use super::guard;
use super::{ReadOptions, Table, refuse};
use crate::error::{Error, Result};

/// Records asked for at once.
const BATCH: usize = 1 << 16;

/// Reads a table.
pub(super) fn read(table: &mut Table, options: &ReadOptions) -> Result<()> {
    let (file, length) = guard::open(&table.path)?;
    let path = table.path.clone();
    let failed = |error: ParquetError| {
        refuse(&path, "", format!("is damaged or no Parquet file ({error}): write it again"))
    };
    let reader = SerializedFileReader::new(BoundedRead { file, length }).map_err(failed)?;
    table.rows = rows(reader.metadata(), length).map_err(|why| refuse(&path, "", why))?;
    let schema = reader.metadata().file_metadata().schema_descr_ptr();
    guard::room(&path, (table.rows as u64).saturating_mul(16 * schema.num_columns() as u64))?;
    let index = index_columns(reader.metadata());
    for (place, leaf) in schema.columns().iter().enumerate() {
        let (name, is_list) = name(leaf);
        let mut part =
            Leaf { place, descriptor: leaf, width: is_list.then_some(0), columns: vec![Column::default()] };
        if options.skip.contains(&name) {
            part.columns = vec![Column::skipped()];
        } else if let Some(why) = no_number(leaf) {
            part.columns = vec![Column::refused(why)];
        } else {
            let mut before = 0;
            for group in 0..reader.num_row_groups() {
                let group = reader.get_row_group(group).map_err(failed)?;
                if let Some(why) =
                    part.read(&*group, before).map_err(|why| column_error(&path, &name, why))?
                {
                    part.columns = vec![Column::refused(why)];
                    break;
                }
                before += group.metadata().num_rows() as usize;
            }
        }
        let is_one = part.width.is_none() || part.columns.len() == 1 && !part.columns[0].is_readable();
        for (k, mut column) in part.columns.into_iter().enumerate() {
            column.index = index.contains(&name);
            match is_one {
                true => table.add(&name, column),
                false => table.add(format!("{name}.{}", k + 1), column.within(&name)),
            }
        }
    }
    Ok(())
}

/// A file that refuses what lies behind its end: the decoder skips a claimed 2^60 bytes there
/// without noticing it.
struct BoundedRead {
    file: File,
    length: u64,
}

/// A reader that fails at the second read behind its end.
struct Ending<R> {
    inner: R,
    at_end: bool,
}

impl Length for BoundedRead {
    fn len(&self) -> u64 {
        self.length
    }
}

impl ChunkReader for BoundedRead {
    type T = Ending<BufReader<File>>;

    fn get_read(&self, start: u64) -> parquet::errors::Result<Self::T> {
        Ok(Ending { inner: self.file.get_read(start)?, at_end: false })
    }

    fn get_bytes(&self, start: u64, length: usize) -> parquet::errors::Result<Bytes> {
        if start.checked_add(length as u64).is_none_or(|end| end > self.length) {
            return Err(ParquetError::EOF(format!(
                "{length} bytes from byte {start} on lie outside the file"
            )));
        }
        self.file.get_bytes(start, length)
    }
}

impl<R: Read> Read for Ending<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        if read == 0 && !buffer.is_empty() && std::mem::replace(&mut self.at_end, true) {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(read)
    }
}

fn column_error(path: &std::path::Path, name: &str, why: String) -> Error {
    refuse(path, format!(", column `{name}`"), why)
}

/// The number of rows, if the parts of the file agree on it and its length can hold them.
fn rows(metadata: &ParquetMetaData, length: u64) -> Result<usize, String> {
    let claimed = metadata.file_metadata().num_rows();
    let again = "write it again";
    let mut sum = 0_i64;
    for group in metadata.row_groups() {
        let rows = group.num_rows();
        sum = sum
            .checked_add(rows)
            .filter(|_| rows >= 0)
            .ok_or("is damaged: a row group has a negative number of rows")?;
        for column in group.columns() {
            let flat = column.column_descr().max_rep_level() == 0;
            if column.num_values() < 0 || (flat && column.num_values() != rows) {
                let name = column.column_path().string();
                let message =
                    format!("is damaged: column `{name}` has {} cells in {rows} rows", column.num_values());
                return Err(format!("{message}; {again}"));
            }
            let (start, size) = (column.data_page_offset(), column.compressed_size());
            if start < 0 || size < 0 || (start as u64).saturating_add(1) > length || size as u64 > length {
                return Err(format!(
                    "is damaged: column `{}` lies outside the file",
                    column.column_path().string()
                ));
            }
        }
    }
    if sum != claimed {
        return Err(format!("is damaged: it claims {claimed} rows, and its row groups hold {sum}; {again}"));
    }
    let leaves = metadata.file_metadata().schema_descr().num_columns().max(1) as u64;
    let most = guard::most_unpacked(length) / 8;
    if (claimed as u64).saturating_mul(leaves) > most {
        let message = format!("claims {claimed} rows of {leaves} columns in {length} bytes");
        return Err(format!(
            "{message}: it is damaged, or packed too tightly; {again} without dictionary encoding"
        ));
    }
    Ok(claimed as usize)
}

/// The columns that pandas says are its index.
fn index_columns(metadata: &ParquetMetaData) -> Vec<String> {
    let pairs = metadata.file_metadata().key_value_metadata();
    let text =
        pairs.into_iter().flatten().find(|pair| pair.key == "pandas").and_then(|pair| pair.value.as_deref());
    let value: Option<serde_json::Value> = text.and_then(|text| serde_json::from_str(text).ok());
    let list = value.as_ref().and_then(|value| value.get("index_columns")?.as_array());
    list.into_iter().flatten().filter_map(|name| Some(name.as_str()?.to_owned())).collect()
}

/// A leaf's name in the table, and whether it is in a list.
fn name(leaf: &ColumnDescriptor) -> (String, bool) {
    let full = leaf.path().string();
    if leaf.max_rep_level() == 0 {
        return (full, false);
    }
    let ends = [".list.element", ".list.item", ".list.array", ".bag.array_element", ".array"];
    let stem = ends.iter().find_map(|end| full.strip_suffix(end)).unwrap_or(&full);
    (stem.to_owned(), true)
}

/// Why a column holds no numbers, and the remedy.
fn no_number(leaf: &ColumnDescriptor) -> Option<String> {
    let convert = |what: &str| Some(format!("holds {what}: convert it to numbers"));
    if leaf.max_rep_level() > 1 {
        return Some("holds lists of lists: give each coordinate a column".into());
    }
    let physical = leaf.physical_type();
    match (leaf.logical_type_ref(), leaf.converted_type()) {
        (Some(LogicalType::Integer(_) | LogicalType::Decimal(_) | LogicalType::Float16), _) => None,
        (Some(LogicalType::Date | LogicalType::Time(_) | LogicalType::Timestamp(_)), _) => {
            convert("dates or times")
        }
        (Some(LogicalType::String | LogicalType::Enum | LogicalType::Json), _) => convert("text"),
        (Some(_), _) => convert("marked values"),
        (None, ConvertedType::DECIMAL) => None,
        (None, ConvertedType::NONE) => match physical {
            PhysicalType::INT96 => convert("dates or times"),
            PhysicalType::BYTE_ARRAY | PhysicalType::FIXED_LEN_BYTE_ARRAY => convert("bytes"),
            _ => None,
        },
        (None, ConvertedType::UTF8) => convert("text"),
        (None, _) if physical == PhysicalType::INT32 || physical == PhysicalType::INT64 => None,
        (None, _) => convert("marked values"),
    }
}

/// A leaf of the schema on its way to columns: one, or as many as its lists are long.
struct Leaf<'a> {
    place: usize,
    descriptor: &'a ColumnDescriptor,
    /// Length of the lists; 0 before the first, `None` outside lists.
    width: Option<usize>,
    columns: Vec<Column>,
}

impl Leaf<'_> {
    /// Appends one row group; `before` rows are there. Says why a sound column is no column of
    /// numbers; the error is damage.
    fn read(&mut self, group: &dyn RowGroupReader, before: usize) -> Result<Option<String>, String> {
        let rows = before + group.metadata().num_rows() as usize;
        let descriptor = self.descriptor;
        let unsigned = match descriptor.logical_type_ref() {
            Some(LogicalType::Integer(kind)) => !kind.is_signed,
            _ => matches!(descriptor.converted_type(), ConvertedType::UINT_32 | ConvertedType::UINT_64),
        };
        let is_decimal = matches!(descriptor.logical_type_ref(), Some(LogicalType::Decimal(_)))
            || descriptor.converted_type() == ConvertedType::DECIMAL;
        let scale = is_decimal.then(|| descriptor.type_scale());
        let integer = move |column: &mut Column, n: i128| match scale {
            // Read back from decimal digits: rounded once.
            Some(scale) => column.push(format!("{n}e{}", -i64::from(scale)).parse().unwrap_or(f64::NAN)),
            None => column.push_integer(n),
        };
        let reader = group.get_column_reader(self.place).map_err(|error| damaged(&error))?;
        match reader {
            ColumnReader::DoubleColumnReader(reader) => {
                self.cells(reader, rows, |column, x| column.push(*x))
            }
            ColumnReader::FloatColumnReader(reader) => {
                self.cells(reader, rows, |column, x| column.push((*x).into()))
            }
            ColumnReader::BoolColumnReader(reader) => {
                self.cells(reader, rows, |column, x| column.push(u8::from(*x).into()))
            }
            ColumnReader::Int32ColumnReader(reader) => self.cells(reader, rows, |column, x| {
                integer(column, if unsigned { x.cast_unsigned().into() } else { (*x).into() });
            }),
            ColumnReader::Int64ColumnReader(reader) => self.cells(reader, rows, |column, x| {
                integer(column, if unsigned { x.cast_unsigned().into() } else { (*x).into() });
            }),
            ColumnReader::ByteArrayColumnReader(reader) => {
                self.cells(reader, rows, |column, x| bytes(column, x.data(), scale.is_some(), integer))
            }
            ColumnReader::FixedLenByteArrayColumnReader(reader) => {
                self.cells(reader, rows, |column, x| bytes(column, x.data(), scale.is_some(), integer))
            }
            ColumnReader::Int96ColumnReader(_) => {
                Ok(Some("holds dates or times: convert it to numbers".into()))
            }
        }
    }

    /// Appends cells until there are `rows` of them.
    fn cells<T: DataType>(
        &mut self,
        mut reader: ColumnReaderImpl<T>,
        rows: usize,
        push: impl Fn(&mut Column, &T::T),
    ) -> Result<Option<String>, String> {
        let (present, repeats) = (self.descriptor.max_def_level(), self.descriptor.max_rep_level() > 0);
        while self.columns[0].len() < rows {
            let wanted = BATCH.min(rows - self.columns[0].len());
            let (mut values, mut levels, mut heads) = (Vec::new(), Vec::new(), Vec::new());
            let read = reader.read_records(wanted, Some(&mut levels), Some(&mut heads), &mut values);
            let (records, _, _) = read.map_err(|error| damaged(&error))?;
            if present == 0 {
                levels = vec![0; values.len()];
            }
            let counts = values.len() == levels.iter().filter(|&&level| level == present).count()
                && if repeats { heads.len() == levels.len() } else { levels.len() == records };
            if records == 0 || !counts {
                return Err(format!(
                    "is damaged: it has {} of {rows} cells; write it again",
                    self.columns[0].len()
                ));
            }
            let mut values = values.iter();
            if repeats {
                let unfit = self.lists(&heads, &levels, &mut values, &push)?;
                if unfit.is_some() {
                    return Ok(unfit);
                }
            } else {
                for level in levels {
                    match if level == present { values.next() } else { None } {
                        Some(x) => push(&mut self.columns[0], x),
                        None => self.columns[0].push_missing(),
                    }
                }
            }
        }
        Ok(None)
    }

    /// Appends the rows of one batch, each a list.
    fn lists<'v, V: 'v>(
        &mut self,
        heads: &[i16],
        levels: &[i16],
        values: &mut impl Iterator<Item = &'v V>,
        push: impl Fn(&mut Column, &V),
    ) -> Result<Option<String>, String> {
        let mut start = 0;
        while start < heads.len() {
            let next =
                heads[start + 1..].iter().position(|&head| head == 0).map_or(heads.len(), |n| start + 1 + n);
            let row = self.columns[0].len() + 1;
            if levels[start..next].iter().any(|&level| level != self.descriptor.max_def_level()) {
                return Ok(Some(format!(
                    "row {row} is empty or holds a null: give every row a list of as many numbers"
                )));
            }
            let width = next - start;
            match self.width {
                Some(0) => {
                    self.width = Some(width);
                    self.columns = (0..width).map(|_| Column::default()).collect();
                }
                Some(before) if before == width => {}
                before => {
                    let before = before.unwrap_or(0);
                    return Ok(Some(format!(
                        "row {row} is a list of {width}, and row 1 of {before}: give all one length"
                    )));
                }
            }
            for column in &mut self.columns {
                push(column, values.next().ok_or("is damaged: it lacks values")?);
            }
            start = next;
        }
        Ok(None)
    }
}

/// A number in bytes: a half, or the big-endian integer of a decimal.
fn bytes(column: &mut Column, data: &[u8], is_decimal: bool, integer: impl Fn(&mut Column, i128)) {
    match (is_decimal, data) {
        (true, [first, ..]) if data.len() <= 16 => {
            let sign = if *first >= 0x80 { -1_i128 } else { 0 };
            integer(column, data.iter().fold(sign, |n, &byte| n << 8 | i128::from(byte)));
        }
        (false, &[low, high]) => column.push(f16::from_le_bytes([low, high]).into()),
        _ => column.push(f64::NAN),
    }
}

fn damaged(error: &ParquetError) -> String {
    let text = error.to_string();
    match text.contains("isabled feature") || text.contains("LZO") {
        true => format!("is packed in a way that is not read ({text}): write it with compression=\"zstd\""),
        false => format!("is damaged ({text}): write it again"),
    }
}
