//! NumPy's arrays: an NPY matrix, whose columns the caller names, and an NPZ archive of named vectors.

use std::io::{BufReader, Read};
use std::path::Path;

use npyz::npz::NpzArchive;
use npyz::{NpyFile, Order};

use super::{Cell, Row, Table, refuse};
use crate::error::{Error, Result};
use crate::source::file::numbers;

/// Reads rows × columns; `named` says that the caller has names.
pub(super) fn read_npy(path: &Path, named: bool) -> Result<Table> {
    let file = std::fs::File::open(path).map_err(Error::io(path))?;
    let npy = NpyFile::new(BufReader::new(file)).map_err(|e| damaged(path, "", &e))?;
    let (shape, order) = (npy.shape().to_vec(), npy.order());
    let [rows, width] = shape[..] else {
        let message = format!("has shape {shape:?}: need rows × columns, such as np.stack([snr, x0], axis=1)");
        return Err(refuse(path, "", message));
    };
    if !named {
        let message =
            format!("has no names for its {width} columns: which are they? Say --columns snr,x0 (or save .npz)");
        return Err(refuse(path, "", message));
    }
    let values = plain(npy, path, "")?;
    let (rows, width) = (rows as usize, width as usize);
    let at = |row: usize, column: usize| match order {
        Order::C => row * width + column,
        Order::Fortran => column * rows + row,
    };
    let row = |r: usize| Row {
        place: format!("row {}", r + 1),
        cells: (0..width).map(|c| Cell::Number(values[at(r, c)])).collect(),
    };
    Ok(Table { path: path.to_owned(), names: Vec::new(), rows: (0..rows).map(row).collect(), remarks: Vec::new() })
}

/// Reads an archive of vectors of one length, each a column.
pub(super) fn read_npz(path: &Path) -> Result<Table> {
    let mut archive = NpzArchive::open(path).map_err(Error::io(path))?;
    let mut names: Vec<String> = archive.array_names().map(str::to_owned).collect();
    names.sort();
    let mut columns: Vec<Vec<f64>> = Vec::new();
    for name in &names {
        let place = format!(", array `{name}`");
        let entry = archive.by_name(name).map_err(|e| damaged(path, &place, &e))?;
        let npy = entry.expect("the name is from the archive's list");
        if npy.shape().len() != 1 {
            return Err(refuse(path, place, format!("has shape {:?}: every array is a column", npy.shape())));
        }
        columns.push(plain(npy, path, &place)?);
        let (found, expected) = (columns[columns.len() - 1].len(), columns[0].len());
        if found != expected {
            return Err(refuse(path, place, format!("has {found} numbers, and `{}` has {expected}", names[0])));
        }
    }
    let rows = columns.first().map_or(0, Vec::len);
    let row = |r: usize| Row {
        place: format!("row {}", r + 1),
        cells: columns.iter().map(|column| Cell::Number(column[r])).collect(),
    };
    Ok(Table { path: path.to_owned(), names, rows: (0..rows).map(row).collect(), remarks: Vec::new() })
}

fn plain<R: Read>(npy: NpyFile<R>, path: &Path, place: &str) -> Result<Vec<f64>> {
    let Some(values) = numbers(npy) else {
        let message = "does not hold real numbers of 32 or 64 bits or integers: convert it with .astype(float)";
        return Err(refuse(path, place, message));
    };
    values.map_err(|e| damaged(path, place, &e))
}

fn damaged(path: &Path, place: &str, error: &std::io::Error) -> Error {
    refuse(path, place, format!("is damaged or no NumPy array: {error}"))
}
