//! NumPy's arrays: NPY and NPZ.

use std::io::{BufReader, Read};
use std::path::Path;

use npyz::npz::NpzArchive;
use npyz::{DType, NpyFile, Order, TypeChar};

use super::{Columns, Role, Table, checked, place, refuse};
use crate::error::{Error, Result};

/// Arrays larger than this (32 GiB of f64) are a damaged header.
const MOST_NUMBERS: u64 = 1 << 32;

/// Reads an array of n rows (or n numbers, one coordinate each); its columns are called 1, 2, ….
pub(super) fn read_npy(path: &Path, columns: &Columns) -> Result<Table> {
    let file = std::fs::File::open(path).map_err(Error::io(path))?;
    let array = Array::read(NpyFile::new(BufReader::new(file)).map_err(damaged(path, ""))?, path, "")?;
    let names = array.column_names();
    array.table(&columns.roles(&names, path)?, &names, path)
}

/// Reads an archive: the array that is neither weights nor dropped holds the rows.
pub(super) fn read_npz(path: &Path, columns: &Columns) -> Result<Table> {
    let mut archive = NpzArchive::open(path).map_err(Error::io(path))?;
    let mut names: Vec<String> = archive.array_names().map(str::to_owned).collect();
    names.sort();
    let roles = columns.roles(&names, path)?;
    let with_role = |role| names.iter().zip(&roles).filter(move |&(_, &r)| r == role).map(|(name, _)| name.as_str());
    let mut points = with_role(Role::Coordinate);
    let (Some(name), None) = (points.next(), points.next()) else {
        let list = names.join(", ");
        return Err(refuse(
            path,
            "",
            format!("holds several arrays ({list}): leave all but one out with drop=NAME+NAME"),
        ));
    };
    let mut array = |name: &str| -> Result<Array> {
        let entry = archive.by_name(name).map_err(damaged(path, name))?;
        Array::read(entry.expect("the name is from the archive's list"), path, name)
    };
    let points = array(name)?;
    let column_names = points.column_names();
    let mut table = points.table(&vec![Role::Coordinate; column_names.len()], &column_names, path)?;
    if let Some(name) = with_role(Role::Weight).next() {
        let weights = array(name)?;
        if weights.dim != 1 || weights.rows != table.points.len() / table.dim {
            let message = format!("has {} × {} weights: need one a row", weights.rows, weights.dim);
            return Err(refuse(path, format!(", array `{name}`"), message));
        }
        let check = |(row, &x): (usize, &f64)| checked(x, Role::Weight, path, || place(row + 1, name));
        table.weights = Some(weights.numbers.iter().enumerate().map(check).collect::<Result<_>>()?);
    }
    Ok(table)
}

/// A read error inside the array called `name`.
fn damaged(path: &Path, name: &str) -> impl FnOnce(std::io::Error) -> Error {
    let place = if name.is_empty() { String::new() } else { format!(", array `{name}`") };
    move |error| refuse(path, place, format!("is damaged or no NumPy array: {error}"))
}

/// A matrix as it lies in the file.
struct Array {
    rows: usize,
    dim: usize,
    order: Order,
    numbers: Vec<f64>,
}

impl Array {
    fn read(npy: NpyFile<impl Read>, path: &Path, name: &str) -> Result<Self> {
        let place = if name.is_empty() { String::new() } else { format!(", array `{name}`") };
        let (shape, order) = (npy.shape().to_vec(), npy.order());
        let [rows, dim] = match shape[..] {
            [rows] => [rows, 1],
            [rows, dim] if dim > 0 => [rows, dim],
            _ => {
                let message = format!("has shape {shape:?}: need rows × coordinates, reshape it to two axes");
                return Err(refuse(path, place, message));
            }
        };
        if rows.checked_mul(dim).is_none_or(|n| n > MOST_NUMBERS) {
            return Err(refuse(path, place, format!("claims {rows} × {dim} numbers: the header is damaged")));
        }
        let Some(numbers) = numbers(npy) else {
            let message = "does not hold real numbers of 32 or 64 bits or integers: convert it with .astype(float)";
            return Err(refuse(path, place, message));
        };
        let numbers = numbers.map_err(damaged(path, name))?;
        Ok(Self { rows: rows as usize, dim: dim as usize, order, numbers })
    }

    fn column_names(&self) -> Vec<String> {
        (1..=self.dim).map(|i| i.to_string()).collect()
    }

    fn table(&self, roles: &[Role], names: &[String], path: &Path) -> Result<Table> {
        let dim = roles.iter().filter(|&&role| role == Role::Coordinate).count();
        let mut table = Table { dim, points: Vec::with_capacity(self.rows * dim), weights: None };
        for row in 0..self.rows {
            for (column, &role) in roles.iter().enumerate().filter(|&(_, &role)| role != Role::Dropped) {
                let at = match self.order {
                    Order::C => row * self.dim + column,
                    Order::Fortran => column * self.rows + row,
                };
                let x = checked(self.numbers[at], role, path, || place(row + 1, &names[column]))?;
                match role {
                    Role::Weight => table.weights.get_or_insert_default().push(x),
                    _ => table.points.push(x),
                }
            }
        }
        Ok(table)
    }
}

/// The array's numbers as f64; `None` for a type that is none of NumPy's plain reals.
pub(crate) fn numbers<R: Read>(npy: NpyFile<R>) -> Option<std::io::Result<Vec<f64>>> {
    fn convert<T: npyz::Deserialize, R: Read>(
        npy: NpyFile<R>,
        to_f64: impl Fn(T) -> f64,
    ) -> Option<std::io::Result<Vec<f64>>> {
        Some(npy.into_vec::<T>().map(|values| values.into_iter().map(to_f64).collect()))
    }
    let DType::Plain(kind) = npy.dtype() else { return None };
    match (kind.type_char(), kind.size_field()) {
        (TypeChar::Float, 8) => Some(npy.into_vec()),
        (TypeChar::Float, 4) => convert(npy, |x: f32| f64::from(x)),
        (TypeChar::Int, 1) => convert(npy, |x: i8| f64::from(x)),
        (TypeChar::Int, 2) => convert(npy, |x: i16| f64::from(x)),
        (TypeChar::Int, 4) => convert(npy, |x: i32| f64::from(x)),
        (TypeChar::Int, 8) => convert(npy, |x: i64| x as f64),
        (TypeChar::Uint, 1) => convert(npy, |x: u8| f64::from(x)),
        (TypeChar::Uint, 2) => convert(npy, |x: u16| f64::from(x)),
        (TypeChar::Uint, 4) => convert(npy, |x: u32| f64::from(x)),
        (TypeChar::Uint, 8) => convert(npy, |x: u64| x as f64),
        (TypeChar::Bool, _) => convert(npy, |x: bool| f64::from(u8::from(x))),
        _ => None,
    }
}
