//! NumPy's archives: vectors of one length, each a column, and matrices, each a group of columns.

use std::io::Cursor;

use npyz::npz::{NpzArchive, file_name_from_array_name};

use super::column::Column;
use super::guard;
use super::numpy::{Array, refuse_array};
use super::{ReadOptions, Table};
use crate::error::Result;

/// Reads an archive.
pub(super) fn read(table: &mut Table, bytes: &[u8], options: &ReadOptions) -> Result<()> {
    let damaged = |why: String| {
        format!("is damaged or no archive of NumPy arrays ({why}): save it again with numpy.savez")
    };
    let mut archive =
        NpzArchive::new(Cursor::new(bytes)).map_err(|e| table.refuse_file(damaged(e.to_string())))?;
    let mut names: Vec<String> = archive.array_names().map(str::to_owned).collect();
    names.sort();
    let mut first: Option<(String, usize)> = None;
    for name in &names {
        if options.skip.contains(name) {
            table.add(name, Column::skipped());
            continue;
        }
        let failed = |why: String| refuse_array(table, name, why);
        let file = archive.zip_archive().by_name(&file_name_from_array_name(name));
        let file = file.map_err(|error| failed(damaged(error.to_string())))?;
        let unpacked = guard::limited(file, bytes.len() as u64).map_err(failed)?;
        let array = match Array::new(&unpacked) {
            Ok(array) => array,
            // A label beside the numbers is nobody's coordinate; whoever asks for it is told.
            Err(why) if names.len() > 1 && !why.contains("damaged") => {
                table.add(name, Column::refused(why));
                continue;
            }
            Err(why) => return Err(failed(why)),
        };
        let &mut (ref before, rows) = first.get_or_insert((name.clone(), array.rows));
        if array.rows != rows {
            let message = format!("has {} rows, and `{before}` has {rows}", array.rows);
            let out = options.leave_out.map_or(String::new(), |flag| format!(": leave one out with {flag}"));
            return Err(refuse_array(table, name, message + &out));
        }
        guard::room(&table.path, (rows as u64).saturating_mul(16 * array.fields.len() as u64))?;
        let is_vector = array.fields.len() == 1 && !array.is_record;
        for field in &array.fields {
            let column = array.column(field);
            match is_vector {
                true => table.add(name, column),
                false => table.add(format!("{name}.{}", field.name), column.within(name)),
            }
        }
    }
    table.rows = first.map_or(0, |(_, rows)| rows);
    Ok(())
}
