//! NumPy's arrays: rows × columns, rows alone, or records with named fields.

use half::f16;
use npyz::{DType, Endianness, NpyHeader, Order, TypeChar, TypeStr};

use super::column::Column;
use super::guard;
use super::{ReadOptions, Table, refuse};
use crate::error::{Error, Result};

/// Deepest nesting of a header, whose parser takes time exponential in it: an array in a record in
/// a record stands eight deep.
const DEPTH: usize = 10;

/// Reads an NPY file.
pub(super) fn read(table: &mut Table, bytes: &[u8], options: &ReadOptions) -> Result<()> {
    let array = Array::new(bytes).map_err(|why| table.refuse_file(why))?;
    guard::room(&table.path, (array.rows as u64).saturating_mul(16 * array.fields.len() as u64))?;
    table.rows = array.rows;
    table.named = array.is_record;
    for field in &array.fields {
        let skip = options.skip.iter().any(|skip| *skip == field.name || Some(skip) == field.group.as_ref());
        let mut column = if skip { Column::skipped() } else { array.column(field) };
        column.group.clone_from(&field.group);
        table.add(&field.name, column);
    }
    Ok(())
}

/// An array whose header agrees with its bytes.
pub(super) struct Array<'a> {
    /// Number of rows.
    pub rows: usize,
    /// The numbers of one row.
    pub fields: Vec<Field>,
    /// Whether the fields have names of their own.
    pub is_record: bool,
    /// Bytes from one row to the next.
    stride: usize,
    data: &'a [u8],
}

/// One number of a row.
#[derive(Debug, Clone)]
pub(super) struct Field {
    /// Its name, or its number from 1.
    pub name: String,
    /// The field of several numbers that it is one of.
    pub group: Option<String>,
    kind: TypeStr,
    /// Where its first row lies.
    at: usize,
}

impl<'a> Array<'a> {
    /// The array in `bytes`, or what is wrong with it.
    pub(super) fn new(bytes: &'a [u8]) -> Result<Self, String> {
        let data = after_header(bytes)?;
        let header = NpyHeader::from_reader(bytes).map_err(|error| damaged(&error.to_string()))?;
        let (shape, item) = (header.shape(), header.dtype());
        let [rows, width] = match shape[..] {
            [rows] => [rows, 1],
            [rows, width] if width > 0 => [rows, width],
            _ => {
                return Err(format!("has shape {shape:?}: need rows × coordinates, reshape it to two axes"));
            }
        };
        if item.uses_pickled_array() {
            return Err("holds Python objects: convert it with .astype(float)".into());
        }
        let size = item
            .num_bytes()
            .filter(|&size| size > 0)
            .ok_or("has items of no size: convert it with .astype(float)")?;
        let there = (data.len() / size) as u64;
        if rows.checked_mul(width).is_none_or(|claimed| claimed > there) {
            return Err(format!(
                "is damaged: it claims {rows} × {width} numbers and holds {there}; write it again"
            ));
        }
        let (rows, width) = (rows as usize, width as usize);
        let (is_record, mut fields) = (matches!(item, DType::Record(_)), Vec::new());
        let (stride, by_column) = match header.order() {
            Order::C => (width * size, size),
            Order::Fortran => (size, rows * size),
        };
        for column in 0..width {
            let name = if width > 1 || !is_record { (column + 1).to_string() } else { String::new() };
            flatten(&item, &name, None, column * by_column, &mut fields)?;
        }
        Ok(Self { rows, fields, is_record: is_record && width == 1, stride, data })
    }

    /// The column of one of its fields.
    pub(super) fn column(&self, field: &Field) -> Column {
        let Some(push) = decoder(&field.kind) else { return Column::refused(not_numbers(&field.kind)) };
        let mut column = Column::default();
        let size = field.kind.num_bytes().unwrap_or(0);
        for row in 0..self.rows {
            let at = field.at + row * self.stride;
            push(&mut column, &self.data[at..at + size]);
        }
        column
    }
}

/// The bytes behind the header, whose length and nesting are checked.
fn after_header(bytes: &[u8]) -> Result<&[u8], String> {
    let cut = || damaged("it ends in its header");
    if !bytes.starts_with(b"\x93NUMPY") {
        return Err(damaged("it does not start as one"));
    }
    let (length, start) = match bytes.get(6..12).ok_or_else(cut)? {
        [1, _, low, high, ..] => (usize::from(u16::from_le_bytes([*low, *high])), 10),
        &[_, _, a, b, c, d] => (u32::from_le_bytes([a, b, c, d]) as usize, 12),
        _ => return Err(cut()),
    };
    let header = bytes.get(start..start + length).ok_or_else(cut)?;
    let mut depth = 0_usize;
    for &byte in header {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > DEPTH {
            return Err(damaged("its header is nested too deep"));
        }
    }
    Ok(&bytes[start + length..])
}

fn damaged(why: &str) -> String {
    format!("is damaged or no NumPy array ({why}): save it again with numpy.save")
}

/// The plain numbers of an item, with their places in it.
fn flatten(
    item: &DType,
    name: &str,
    group: Option<&str>,
    at: usize,
    fields: &mut Vec<Field>,
) -> Result<(), String> {
    let size = |item: &DType| item.num_bytes().unwrap_or(0);
    match item {
        DType::Plain(kind) => {
            let padding = kind.type_char() == TypeChar::RawData && name.is_empty();
            if !padding {
                fields.push(Field {
                    name: name.into(),
                    group: group.map(str::to_owned),
                    kind: kind.clone(),
                    at,
                });
            }
        }
        DType::Array(count, inner) => {
            if size(inner) == 0 {
                return Err("has items of no size: convert it with .astype(float)".into());
            }
            for k in 0..*count as usize {
                let name = format!("{name}.{}", k + 1);
                let outer = group.unwrap_or_else(|| name.rsplit_once('.').map_or("", |(outer, _)| outer));
                flatten(inner, &name, Some(outer), at + k * size(inner), fields)?;
            }
        }
        DType::Record(inner) => {
            let mut at = at;
            for field in inner {
                let full = match (name, field.name.as_str()) {
                    ("", own) => own.to_owned(),
                    (outer, own) => format!("{outer}.{own}"),
                };
                flatten(&field.dtype, &full, group, at, fields)?;
                at += size(&field.dtype);
            }
        }
    }
    Ok(())
}

/// Appends the number in some bytes.
type Push = Box<dyn Fn(&mut Column, &[u8])>;

/// How to read a plain number; `None` for what is no real number of at most 64 bits.
fn decoder(kind: &TypeStr) -> Option<Push> {
    let is_big = kind.endianness() == Endianness::Big;
    // The bytes of a number in the low end of a word, whatever their order.
    let word = move |bytes: &[u8]| {
        let join = |word: u64, &byte: &u8| word << 8 | u64::from(byte);
        if is_big { bytes.iter().fold(0, join) } else { bytes.iter().rev().fold(0, join) }
    };
    let size = kind.size_field();
    Some(match (kind.type_char(), size) {
        (TypeChar::Float, 8) => Box::new(move |column, bytes| column.push(f64::from_bits(word(bytes)))),
        (TypeChar::Float, 4) => {
            Box::new(move |column, bytes| column.push(f32::from_bits(word(bytes) as u32).into()))
        }
        (TypeChar::Float, 2) => {
            Box::new(move |column, bytes| column.push(f16::from_bits(word(bytes) as u16).into()))
        }
        (TypeChar::Int, 1 | 2 | 4 | 8) => Box::new(move |column, bytes| {
            let unused = 64 - 8 * size as u32;
            column.push_integer(((word(bytes) << unused).cast_signed() >> unused).into());
        }),
        (TypeChar::Uint, 1 | 2 | 4 | 8) => {
            Box::new(move |column, bytes| column.push_integer(word(bytes).into()))
        }
        (TypeChar::Bool, 1) => {
            Box::new(move |column, bytes| column.push(f64::from(u8::from(word(bytes) != 0))))
        }
        _ => return None,
    })
}

/// What a column holds in place of numbers, and the remedy.
fn not_numbers(kind: &TypeStr) -> String {
    let (what, remedy) = match kind.type_char() {
        TypeChar::Float => ("floats of more than 64 bits", "convert them with .astype(float)"),
        TypeChar::Complex => ("complex numbers", "split them: np.stack([z.real, z.imag], axis=-1)"),
        TypeChar::DateTime | TypeChar::TimeDelta => {
            ("times", "convert them with .astype('int64') and scale them")
        }
        TypeChar::ByteStr | TypeChar::UnicodeStr => ("text", "convert it with .astype(float)"),
        _ => ("no numbers", "convert it with .astype(float)"),
    };
    format!("holds {what}: {remedy}")
}

/// Why an array of an archive cannot be read.
pub(super) fn refuse_array(table: &Table, name: &str, why: impl Into<String>) -> Error {
    refuse(&table.path, format!(", array `{name}`"), why)
}
