//! Which data files were read, with a hash of each; and where they are found instead, where a plan
//! has brought them along.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use xxhash_rust::xxh3::Xxh3;

use crate::error::{Error, Result};

#[derive(Default)]
struct Files {
    read: BTreeMap<PathBuf, u64>,
    instead: BTreeMap<PathBuf, PathBuf>,
    under_way: usize,
}

static FILES: Mutex<Files> =
    Mutex::new(Files { read: BTreeMap::new(), instead: BTreeMap::new(), under_way: 0 });

/// A command of a process that runs several.
pub struct FilesUnderWay(());

/// Begins a command: what earlier ones read is forgotten, unless one is under way still.
pub fn begin() -> FilesUnderWay {
    let mut files = FILES.lock().unwrap_or_else(PoisonError::into_inner);
    if files.under_way == 0 {
        files.read.clear();
    }
    files.under_way += 1;
    FilesUnderWay(())
}

impl Drop for FilesUnderWay {
    fn drop(&mut self) {
        FILES.lock().unwrap_or_else(PoisonError::into_inner).under_way -= 1;
    }
}

/// Where the data file that is called `path` is.
pub fn place(path: &Path) -> PathBuf {
    let files = FILES.lock().unwrap_or_else(PoisonError::into_inner);
    files.instead.get(path).cloned().unwrap_or_else(|| path.to_owned())
}

/// From now on, `path` is found at `instead`.
pub fn replace(path: PathBuf, instead: PathBuf) {
    FILES.lock().unwrap_or_else(PoisonError::into_inner).instead.insert(path, instead);
}

/// The files of `folder` that are found elsewhere, in the order of their names.
pub fn brought(folder: &Path) -> Vec<PathBuf> {
    let files = FILES.lock().unwrap_or_else(PoisonError::into_inner);
    files.instead.keys().filter(|path| path.parent() == Some(folder)).cloned().collect()
}

/// Notes that the file called `path` was read.
///
/// # Errors
/// [`Error::Io`].
pub fn note(path: &Path) -> Result<()> {
    let sum = hash(&place(path)).map_err(Error::io(path))?;
    FILES.lock().unwrap_or_else(PoisonError::into_inner).read.insert(path.to_owned(), sum);
    Ok(())
}

/// xxh3 of a file.
///
/// # Errors
/// The operating system's.
pub fn hash(path: &Path) -> std::io::Result<u64> {
    let (mut file, mut hash, mut block) = (File::open(path)?, Xxh3::new(), vec![0; 1 << 16]);
    loop {
        match file.read(&mut block)? {
            0 => return Ok(hash.digest()),
            n => hash.update(&block[..n]),
        }
    }
}

/// Every data file that was read so far, with the hash (xxh3) of what was last read.
pub fn read_so_far() -> Vec<(PathBuf, u64)> {
    let files = FILES.lock().unwrap_or_else(PoisonError::into_inner);
    files.read.iter().map(|(path, sum)| (path.clone(), *sum)).collect()
}
