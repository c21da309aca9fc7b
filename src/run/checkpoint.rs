//! Finished strips on disk: JSON lines, each with a checksum, flushed to the device before the run goes on.

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use crate::error::{Error, Result};
use crate::moments::Moments;

/// One strip: where its samples lie, which columns it has, and their moments.
#[derive(Serialize, Deserialize)]
struct Record {
    address: String,
    columns: Vec<String>,
    moments: Moments,
}

/// A line of the file.
#[derive(Serialize, Deserialize)]
struct Line {
    xxh3: String,
    record: Box<serde_json::value::RawValue>,
}

/// The checkpoint of one run directory: `checkpoint/strips.jsonl`.
#[derive(Debug)]
pub struct Checkpoint {
    path: PathBuf,
    file: Mutex<File>,
    finished: HashMap<String, Vec<(Vec<String>, Moments)>>,
}

impl Checkpoint {
    /// Opens the checkpoint in `dir`: emptied for a fresh run, read for a resumed one. A last line without its end (the
    /// process was killed while writing it) is dropped.
    ///
    /// # Errors
    /// [`Error::Io`]; [`Error::Checkpoint`] naming the record that does not match its checksum.
    pub fn open(dir: &Path, resume: bool) -> Result<Self> {
        let folder = dir.join("checkpoint");
        fs::create_dir_all(&folder).map_err(Error::io(&folder))?;
        let path = folder.join("strips.jsonl");
        let mut finished = HashMap::new();
        if resume && path.exists() {
            let text = fs::read_to_string(&path).map_err(Error::io(&path))?;
            let whole = text.rfind('\n').map_or(0, |end| end + 1);
            read_into(&mut finished, &path, &text[..whole])?;
            OpenOptions::new()
                .write(true)
                .open(&path)
                .and_then(|f| f.set_len(whole as u64))
                .map_err(Error::io(&path))?;
        }
        let file = OpenOptions::new()
            .create(true)
            .append(resume)
            .write(true)
            .truncate(!resume)
            .open(&path)
            .map_err(Error::io(&path))?;
        Ok(Self { path, file: Mutex::new(file), finished })
    }

    /// Adds the finished strips of another run directory (a shard).
    ///
    /// # Errors
    /// As [`Checkpoint::open`]; a directory without a checkpoint.
    pub fn absorb(&mut self, dir: &Path) -> Result<()> {
        let path = dir.join("checkpoint").join("strips.jsonl");
        let text = fs::read_to_string(&path).map_err(Error::io(&path))?;
        read_into(&mut self.finished, &path, &text[..text.rfind('\n').map_or(0, |end| end + 1)])
    }

    /// The stored moments of a strip: the columns `names` in that order, then its `controls` control variates.
    pub fn find(&self, address: &str, names: &[String], controls: usize) -> Option<Moments> {
        self.finished.get(address)?.iter().find_map(|(columns, moments)| {
            let readouts = moments.width().checked_sub(controls).filter(|&w| w == columns.len())?;
            let place = |name: &String| columns.iter().position(|c| c == name);
            let mut wanted = names.iter().map(place).collect::<Option<Vec<usize>>>()?;
            wanted.extend(readouts..readouts + controls);
            Some(moments.select(&wanted))
        })
    }

    /// Appends a finished strip and flushes it to the device.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn append(&self, address: &str, columns: &[String], moments: &Moments) -> Result<()> {
        let record = Record { address: address.into(), columns: columns.to_vec(), moments: moments.clone() };
        let json = serde_json::value::to_raw_value(&record).expect("a record of finite numbers is JSON");
        let line = Line { xxh3: checksum(json.get()), record: json };
        let mut text = serde_json::to_string(&line).expect("a line of JSON is JSON");
        text.push('\n');
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.write_all(text.as_bytes()).and_then(|()| file.sync_data()).map_err(Error::io(&self.path))
    }
}

fn checksum(text: &str) -> String {
    format!("{:016x}", xxh3_64(text.as_bytes()))
}

fn read_into(finished: &mut HashMap<String, Vec<(Vec<String>, Moments)>>, path: &Path, text: &str) -> Result<()> {
    for (number, line) in text.lines().enumerate() {
        let damaged = |why: &str| Error::Checkpoint {
            path: path.to_owned(),
            message: format!("record {} {why}; remove that line to measure its strip again", number + 1),
        };
        let line: Line = serde_json::from_str(line).map_err(|_| damaged("is not a record"))?;
        if checksum(line.record.get()) != line.xxh3 {
            return Err(damaged("does not match its checksum"));
        }
        let record: Record = serde_json::from_str(line.record.get()).map_err(|_| damaged("is of another version"))?;
        finished.entry(record.address).or_default().push((record.columns, record.moments));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moments() -> Moments {
        Moments::of_block(&[0.1, 1.0 / 3.0, -2e-300, 0.7, 1e17, std::f64::consts::PI], 3)
    }

    #[test]
    fn strips_come_back_to_the_bit() {
        let dir = tempfile::tempdir().unwrap();
        let names = ["a".to_owned(), "b".to_owned()];
        Checkpoint::open(dir.path(), false).unwrap().append("x", &names, &moments()).unwrap();
        let read = Checkpoint::open(dir.path(), true).unwrap();
        assert_eq!(read.find("x", &names, 1), Some(moments()));
        assert_eq!(read.find("x", &names[1..], 1), Some(moments().select(&[1, 2])));
        assert_eq!(read.find("y", &names, 1), None);
        assert_eq!(read.find("x", &["c".to_owned()], 1), None);
    }

    #[test]
    fn a_torn_last_line_is_dropped_and_a_damaged_record_is_refused_by_name() {
        let dir = tempfile::tempdir().unwrap();
        let names = ["a".to_owned(), "b".to_owned()];
        let checkpoint = Checkpoint::open(dir.path(), false).unwrap();
        checkpoint.append("x", &names, &moments()).unwrap();
        checkpoint.append("y", &names, &moments()).unwrap();
        let path = dir.path().join("checkpoint/strips.jsonl");
        let text = fs::read_to_string(&path).unwrap();
        fs::write(&path, &text[..text.len() - 10]).unwrap();
        let torn = Checkpoint::open(dir.path(), true).unwrap();
        assert!(torn.find("x", &names, 1).is_some() && torn.find("y", &names, 1).is_none());
        fs::write(&path, text.replacen("0.1", "0.2", 1)).unwrap();
        let message = Checkpoint::open(dir.path(), true).unwrap_err().to_string();
        assert!(message.contains("record 1 does not match its checksum"), "{message}");
    }
}
