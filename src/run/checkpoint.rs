//! Finished strips on disk: JSON lines, each with a checksum, flushed to the device before the run
//! goes on.

use std::collections::{BTreeSet, HashMap};
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use crate::error::{Error, Result};
use crate::numeric::moments::Moments;

/// What was measured of one strip.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Strip {
    /// The place that measured it, [`crate::backend::Backend::name`].
    pub backend: String,
    /// Moments of its columns, and of its control variates after them.
    pub moments: Moments,
    /// The error that the backend makes in the mean of each column, control variates not counted.
    pub bounds: Vec<f64>,
}

/// One strip with where its samples lie and which columns it has.
#[derive(Serialize, Deserialize)]
struct Record {
    address: String,
    columns: Vec<String>,
    #[serde(flatten)]
    strip: Strip,
}

/// A line of the file.
#[derive(Serialize, Deserialize)]
struct CheckpointLine {
    xxh3: String,
    record: Box<serde_json::value::RawValue>,
}

/// The checkpoint of one run directory: `checkpoint/strips.jsonl`.
#[derive(Debug)]
pub struct Checkpoint {
    path: PathBuf,
    file: Mutex<File>,
    finished: Finished,
}

/// Strips by address, each with the names of its columns.
type Finished = HashMap<String, Vec<(Vec<String>, Strip)>>;

impl Checkpoint {
    /// Opens the checkpoint in `dir`: emptied for a fresh run; for a resumed one, which `resume` on
    /// that backend, the strips are read that the same backend measured (another one's agree with
    /// them only to rounding). A last line without its end (the process was killed while writing
    /// it) is dropped.
    ///
    /// # Errors
    /// [`Error::Io`]; [`Error::Checkpoint`] naming the record that does not match its checksum.
    pub fn open(dir: &Path, resume: Option<&str>) -> Result<Self> {
        let folder = dir.join("checkpoint");
        fs::create_dir_all(&folder).map_err(Error::io(&folder))?;
        let path = folder.join("strips.jsonl");
        let mut finished = Finished::new();
        if let Some(backend) = resume.filter(|_| path.exists()) {
            let text = fs::read_to_string(&path).map_err(Error::io(&path))?;
            let whole = text.rfind('\n').map_or(0, |end| end + 1);
            read_into(&mut finished, &path, &text[..whole])?;
            finished.values_mut().for_each(|strips| strips.retain(|(_, strip)| strip.backend == backend));
            OpenOptions::new()
                .write(true)
                .open(&path)
                .and_then(|f| f.set_len(whole as u64))
                .map_err(Error::io(&path))?;
        }
        let file = OpenOptions::new()
            .create(true)
            .append(resume.is_some())
            .write(true)
            .truncate(resume.is_none())
            .open(&path)
            .map_err(Error::io(&path))?;
        Ok(Self { path, file: Mutex::new(file), finished })
    }

    /// Adds the finished strips of another run directory (a shard), whatever measured them.
    ///
    /// # Errors
    /// [`Error::Io`], also for a directory without a checkpoint; [`Error::Checkpoint`] naming the
    /// record that does not match its checksum.
    pub fn absorb(&mut self, dir: &Path) -> Result<()> {
        let path = dir.join("checkpoint").join("strips.jsonl");
        let text = fs::read_to_string(&path).map_err(Error::io(&path))?;
        read_into(&mut self.finished, &path, &text[..text.rfind('\n').map_or(0, |end| end + 1)])
    }

    /// The places that measured the strips, joined by ` + `; `None` where there are no strips.
    pub fn backends(&self) -> Option<String> {
        let all: BTreeSet<&str> =
            self.finished.values().flatten().map(|(_, strip)| strip.backend.as_str()).collect();
        (!all.is_empty()).then(|| Vec::from_iter(all).join(" + "))
    }

    /// A stored strip: the columns `names` in that order, then its `controls` control variates.
    pub fn find(&self, address: &str, names: &[String], controls: usize) -> Option<Strip> {
        self.finished.get(address)?.iter().find_map(|(columns, Strip { backend, moments, bounds })| {
            let readouts = moments.width().checked_sub(controls).filter(|&w| w == columns.len())?;
            let place = |name: &String| columns.iter().position(|c| c == name);
            let mut wanted = names.iter().map(place).collect::<Option<Vec<usize>>>()?;
            let bounds = wanted.iter().map(|&c| bounds.get(c).copied()).collect::<Option<Vec<f64>>>()?;
            wanted.extend(readouts..readouts + controls);
            Some(Strip { backend: backend.clone(), moments: moments.select(&wanted), bounds })
        })
    }

    /// Appends a finished strip and flushes it to the device.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn append(&self, address: &str, columns: &[String], strip: &Strip) -> Result<()> {
        let record = Record { address: address.into(), columns: columns.to_vec(), strip: strip.clone() };
        let json = serde_json::value::to_raw_value(&record).expect("a record of finite numbers is JSON");
        let line = CheckpointLine { xxh3: checksum(json.get()), record: json };
        let mut text = serde_json::to_string(&line).expect("a line of JSON is JSON");
        text.push('\n');
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.write_all(text.as_bytes()).and_then(|()| file.sync_data()).map_err(Error::io(&self.path))
    }
}

fn checksum(text: &str) -> String {
    format!("{:016x}", xxh3_64(text.as_bytes()))
}

fn read_into(finished: &mut Finished, path: &Path, text: &str) -> Result<()> {
    for (number, line) in text.lines().enumerate() {
        let damaged = |why: &str| Error::Checkpoint {
            path: path.to_owned(),
            message: format!("record {} {why}; remove that line to measure its strip again", number + 1),
        };
        let line: CheckpointLine = serde_json::from_str(line).map_err(|_| damaged("is not a record"))?;
        if checksum(line.record.get()) != line.xxh3 {
            return Err(damaged("does not match its checksum"));
        }
        let record: Record =
            serde_json::from_str(line.record.get()).map_err(|_| damaged("is of another version"))?;
        finished.entry(record.address).or_default().push((record.columns, record.strip));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strip() -> Strip {
        let moments = Moments::of_block(&[0.1, 1.0 / 3.0, -2e-300, 0.7, 1e17, std::f64::consts::PI], 3);
        Strip { backend: "cpu".into(), moments, bounds: vec![1e-9, 2e-9] }
    }

    #[test]
    fn strips_come_back_to_the_bit() {
        let dir = tempfile::tempdir().unwrap();
        let names = ["a".to_owned(), "b".to_owned()];
        Checkpoint::open(dir.path(), None).unwrap().append("x", &names, &strip()).unwrap();
        let read = Checkpoint::open(dir.path(), Some("cpu")).unwrap();
        assert_eq!(read.find("x", &names, 1), Some(strip()));
        let second = Strip { moments: strip().moments.select(&[1, 2]), bounds: vec![2e-9], ..strip() };
        assert_eq!(read.find("x", &names[1..], 1), Some(second));
        assert_eq!(read.find("y", &names, 1), None);
        assert_eq!(read.find("x", &["c".to_owned()], 1), None);
    }

    #[test]
    fn another_backend_does_not_go_on_with_strips_but_a_merge_joins_them() {
        let dir = tempfile::tempdir().unwrap();
        let names = ["a".to_owned(), "b".to_owned()];
        let checkpoint = Checkpoint::open(dir.path(), None).unwrap();
        checkpoint.append("x", &names, &strip()).unwrap();
        checkpoint.append("y", &names, &Strip { backend: "cuda (A)".into(), ..strip() }).unwrap();
        let on_cpu = Checkpoint::open(dir.path(), Some("cpu")).unwrap();
        assert!(on_cpu.find("x", &names, 1).is_some() && on_cpu.find("y", &names, 1).is_none());
        let other = tempfile::tempdir().unwrap();
        let mut merged = Checkpoint::open(other.path(), None).unwrap();
        assert_eq!(merged.backends(), None);
        merged.absorb(dir.path()).unwrap();
        assert!(merged.find("y", &names, 1).is_some());
        assert_eq!(merged.backends().as_deref(), Some("cpu + cuda (A)"));
    }

    #[test]
    fn a_torn_last_line_is_dropped_and_a_damaged_record_is_refused_by_name() {
        let dir = tempfile::tempdir().unwrap();
        let names = ["a".to_owned(), "b".to_owned()];
        let checkpoint = Checkpoint::open(dir.path(), None).unwrap();
        checkpoint.append("x", &names, &strip()).unwrap();
        checkpoint.append("y", &names, &strip()).unwrap();
        let path = dir.path().join("checkpoint/strips.jsonl");
        let text = fs::read_to_string(&path).unwrap();
        fs::write(&path, &text[..text.len() - 10]).unwrap();
        let torn = Checkpoint::open(dir.path(), Some("cpu")).unwrap();
        assert!(torn.find("x", &names, 1).is_some() && torn.find("y", &names, 1).is_none());
        fs::write(&path, text.replacen("0.1", "0.2", 1)).unwrap();
        let message = Checkpoint::open(dir.path(), Some("cpu")).unwrap_err().to_string();
        assert!(message.contains("record 1 does not match its checksum"), "{message}");
    }
}
