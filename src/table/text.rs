//! CSV and TSV. Lines that start with `#` are comments; the last one before a first row of numbers
//! names the columns where it has as many words, as `numpy.savetxt` writes a header.

use std::path::Path;

use csv::ByteRecord;

use super::column::Column;
use super::{Header, ReadOptions, Table, refuse};
use crate::error::Result;

/// Reads a text table; without a header the columns are called 1, 2, ….
pub(super) fn read(table: &mut Table, bytes: Vec<u8>, delimiter: u8, options: &ReadOptions) -> Result<()> {
    let text = plain(bytes, &table.path)?;
    let lines = Lines::of(&text);
    let path = table.path.clone();
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .comment(Some(b'#'))
        .trim(csv::Trim::All)
        .from_reader(&text[..]);
    // Blank lines are skipped, also those of blanks alone.
    let mut next = |record: &mut ByteRecord| -> Result<bool> {
        loop {
            let failed = |error: csv::Error| refuse(&path, "", format!("cannot be read as text: {error}"));
            let more = reader.read_byte_record(record).map_err(failed)?;
            if !more || record.len() > 1 || record.get(0).is_some_and(|cell| !cell.is_empty()) {
                return Ok(more);
            }
        }
    };
    let mut record = ByteRecord::new();
    if !next(&mut record)? {
        return Err(table.refuse_file("is empty: write one row a noise level or atom"));
    }
    let line = lines.number(&record);
    refuse_other_delimiters(&record, delimiter, &table.path, line)?;
    let mut more = true;
    let cells = || record.iter().map(|cell| String::from_utf8_lossy(cell).into_owned());
    if is_header(&record, options.header, &table.path, line)? {
        table.names = cells().collect();
        more = next(&mut record)?;
    } else if let Some(names) = lines.comment_before(&text, line, delimiter, record.len()) {
        table.names = names;
    } else {
        table.named = false;
        table.names = (1..=record.len()).map(|i| i.to_string()).collect();
    }
    add_columns(table, options);
    while more {
        append(table, &record, lines.number(&record))?;
        more = next(&mut record)?;
    }
    drop_trailing(table);
    Ok(())
}

/// The text in UTF-8 without its byte-order mark, lines ended by `\n`.
fn plain(mut bytes: Vec<u8>, path: &Path) -> Result<Vec<u8>> {
    let (first, zeros) = (&bytes[..bytes.len().min(8)], bytes.iter().take(64).filter(|&&b| b == 0).count());
    let other = match first {
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => {
            Some("is UTF-16: write it as UTF-8, with iconv -f UTF-16 -t UTF-8")
        }
        _ if zeros * 3 > bytes.len().min(64) && bytes.len() > 1 && (bytes[0] == 0) != (bytes[1] == 0) => {
            Some("is UTF-16 without its mark: write it as UTF-8, with iconv -f UTF-16LE -t UTF-8")
        }
        [0x1f, 0x8b, ..] => Some("is packed by gzip: name it .csv.gz, .tsv.gz or .json.gz"),
        [b'P', b'K', 3, 4, ..] => Some("is a zip archive or a workbook, no text: unpack or export it"),
        [b'P', b'A', b'R', b'1', ..] => Some("is a Parquet file: name it .parquet"),
        [0x93, b'N', b'U', b'M', ..] => Some("is a NumPy array: name it .npy"),
        _ if zeros > 0 => Some("holds zero bytes and is no text: export it as text"),
        _ => None,
    };
    if let Some(why) = other {
        return Err(refuse(path, "", why));
    }
    if first.starts_with(&[0xef, 0xbb, 0xbf]) {
        bytes.drain(..3);
    }
    if !bytes.contains(&b'\n') {
        bytes.iter_mut().filter(|b| **b == b'\r').for_each(|b| *b = b'\n');
    }
    Ok(bytes)
}

/// Where the lines that hold rows start: the reader's own positions are before what it skips.
struct Lines {
    starts: Vec<(usize, u32)>,
}

impl Lines {
    fn of(text: &[u8]) -> Self {
        let (mut at, mut starts) = (0, Vec::new());
        for (k, line) in text.split_inclusive(|&b| b == b'\n').enumerate() {
            if !line.trim_ascii().is_empty() && line[0] != b'#' {
                starts.push((at, u32::try_from(k + 1).unwrap_or(u32::MAX)));
            }
            at += line.len();
        }
        Self { starts }
    }

    /// The line of a record, from 1.
    fn number(&self, record: &ByteRecord) -> u32 {
        let byte = record.position().map_or(0, csv::Position::byte) as usize;
        let next = self.starts.partition_point(|&(start, _)| start < byte);
        self.starts.get(next).map_or(1, |&(_, line)| line)
    }

    /// The words of the comment just before `line`, if they can be the names of `width` columns.
    fn comment_before(&self, text: &[u8], line: u32, delimiter: u8, width: usize) -> Option<Vec<String>> {
        let before =
            text.split(|&b| b == b'\n').take(line as usize - 1).filter(|line| !line.trim_ascii().is_empty());
        let comment = std::str::from_utf8(before.last()?.trim_ascii().strip_prefix(b"#")?).ok()?;
        let words: Vec<&str> = comment.split(char::from(delimiter)).map(str::trim).collect();
        let names = |word: &&str| {
            !word.is_empty() && !word.contains(char::is_whitespace) && word.parse::<f64>().is_err()
        };
        (words.len() == width && words.iter().all(names))
            .then(|| words.iter().map(|&word| word.to_owned()).collect())
    }
}

/// Refuses a table whose cells are separated otherwise than its name says.
fn refuse_other_delimiters(first: &ByteRecord, delimiter: u8, path: &Path, line: u32) -> Result<()> {
    let part = |part: &[u8]| part.trim_ascii().is_empty() || number(part.trim_ascii()).is_some();
    let mut split = first.iter().filter(|cell| cell.contains(&b';'));
    let semicolons = split.any(|cell| first.len() == 1 || cell.split(|&b| b == b';').all(part));
    let tabs = first.len() == 1 && first[0].contains(&b'\t');
    let message = match delimiter {
        b',' if semicolons => {
            let name = path.display();
            format!(
                "cells are separated by semicolons, numbers perhaps written with decimal commas: rewrite it with \
                 tr ',;' '.,' < '{name}' > new.csv"
            )
        }
        b',' if tabs => "cells are separated by tabs: name the file .tsv".into(),
        b'\t' if first.len() == 1 && first[0].contains(&b',') => {
            "cells are separated by commas: name the file .csv".into()
        }
        _ => return Ok(()),
    };
    Err(refuse(path, format!(", line {line}"), message))
}

/// Whether the first record names the columns.
fn is_header(first: &ByteRecord, header: Header, path: &Path, line: u32) -> Result<bool> {
    let cells: Vec<&[u8]> = first.iter().filter(|cell| !cell.is_empty()).collect();
    let numbers = cells.iter().filter(|cell| number(cell).is_some()).count();
    let counting = cells.iter().enumerate().all(|(i, &cell)| cell == i.to_string().as_bytes());
    match header {
        Header::Yes => Ok(true),
        Header::No => Ok(false),
        Header::Auto | Header::Unless if numbers == 0 => Ok(true),
        // pandas names the columns of an array 0, 1, …, and the index before them not at all.
        Header::Auto if counting && first[0].is_empty() => Ok(true),
        Header::Unless => Ok(false),
        Header::Auto if numbers == cells.len() && !(counting && numbers >= 3) => Ok(false),
        Header::Auto => {
            let message = "could name the columns or be the first row: say header=yes or header=no";
            Err(refuse(path, format!(", line {line}"), message))
        }
    }
}

/// A cell as a number.
fn number(cell: &[u8]) -> Option<f64> {
    std::str::from_utf8(cell).ok()?.parse().ok()
}

/// An empty column for each name; those without one are called unnamed-1, unnamed-2, … by their
/// place.
fn add_columns(table: &mut Table, options: &ReadOptions) {
    for (index, name) in table.names.iter_mut().enumerate() {
        let nameless = name.is_empty();
        if nameless {
            *name = format!("unnamed-{}", index + 1);
        }
        let mut column = if options.skip.contains(name) { Column::skipped() } else { Column::default() };
        column.nameless = nameless;
        table.columns.push(column);
    }
}

/// Appends one record to the table.
fn append(table: &mut Table, record: &ByteRecord, line: u32) -> Result<()> {
    let width = table.names.len();
    if record.len() != width {
        let remedy = if record.len() == width + 1 {
            "give every row as many (a delimiter at the end of a row is one too many; row names without a header are an index: \
             leave them out)"
        } else {
            "give every row as many"
        };
        let message = format!("has {} cells where the first row has {width}: {remedy}", record.len());
        return Err(refuse(&table.path, format!(", line {line}"), message));
    }
    for (cell, column) in record.iter().zip(&mut table.columns).filter(|(_, column)| column.is_readable()) {
        match std::str::from_utf8(cell) {
            Ok(text) => column.push_text(text),
            Err(_) => column.push_text(&String::from_utf8_lossy(cell)),
        }
    }
    table.lines.push(line);
    table.rows += 1;
    Ok(())
}

/// Drops last columns that have neither name nor content: a delimiter ends every row.
fn drop_trailing(table: &mut Table) {
    let is_empty = |table: &Table, column: usize| {
        (!table.named || table.is_nameless(column))
            && (0..table.rows).all(|row| table.cell(row, column) == super::Cell::Missing)
    };
    while table.columns.len() > 1 && table.rows > 0 && is_empty(table, table.columns.len() - 1) {
        table.columns.pop();
        table.names.pop();
    }
}

/// What to do about a text where a number is expected.
pub(super) fn remedy(text: &str) -> &'static str {
    let numbers =
        |delimiter: char| text.split(delimiter).filter(|part| part.trim().parse::<f64>().is_ok()).count();
    match text {
        _ if text.contains([';', '\t']) || numbers(' ') > 1 => {
            "separate cells by commas (.csv) or tabs (.tsv)"
        }
        _ if numbers(',') > 1 => "write numbers with a decimal point and without marks for thousands",
        _ if text.ends_with(['j', 'i']) && text.starts_with(|c: char| "+-(.0123456789".contains(c)) => {
            "split complex numbers into two columns"
        }
        _ if text.starts_with('{') => {
            "give each row as an object, from pandas with .to_json(orient=\"records\")"
        }
        _ => "correct it",
    }
}
