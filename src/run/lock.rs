//! A run directory belongs to one process at a time.

use std::fs::{self, File, TryLockError};
use std::path::Path;

use crate::error::{Error, Result};

/// Held until it is dropped, or its process ends.
#[derive(Debug)]
pub struct Lock(#[expect(dead_code, reason = "closing the file gives the lock back")] File);

impl Lock {
    /// The lock of the run directory `dir`, which is made if need be. A file system without locks
    /// gives one to everybody.
    ///
    /// # Errors
    /// [`Error::Io`]; [`Error::Invalid`] where another process has it.
    pub fn take(dir: &Path) -> Result<Self> {
        let folder = dir.join("checkpoint");
        fs::create_dir_all(&folder).map_err(Error::io(&folder))?;
        let path = folder.join("lock");
        let file = File::options().create(true).write(true).truncate(false).open(&path);
        let file = file.map_err(Error::io(&path))?;
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => {
                let message = "another klaim works on this run: wait for it, or take another folder";
                Err(Error::invalid(dir.display().to_string(), message))
            }
            Ok(()) | Err(TryLockError::Error(_)) => Ok(Self(file)),
        }
    }
}
