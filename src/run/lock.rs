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
    /// A folder that was no run's before and has files of the names `outputs` is somebody else's:
    /// it is taken where `force` says so. Nothing is written through a symbolic link.
    ///
    /// # Errors
    /// [`Error::Io`]; [`Error::Invalid`] where another process has it, where it is somebody else's
    /// or has a symbolic link in the place of a folder.
    pub fn take(dir: &Path, outputs: &[&str], force: bool) -> Result<Self> {
        let folder = dir.join("checkpoint");
        let path = folder.join("lock");
        let refused = |path: &Path, message: &str| Err(Error::invalid(path.display().to_string(), message));
        if !path.exists() && !force {
            let theirs =
                outputs.iter().map(|name| dir.join(name)).find(|path| path.symlink_metadata().is_ok());
            if let Some(theirs) = theirs {
                return refused(
                    &theirs,
                    "was not written by a run of klaim: take another folder, or say --force",
                );
            }
        }
        for place in [&folder, &folder.join("parts"), &folder.join("files"), &path] {
            if place.is_symlink() {
                return refused(place, "is a symbolic link: remove it, or take another folder");
            }
        }
        fs::create_dir_all(&folder).map_err(Error::io(&folder))?;
        let file = File::options().create(true).write(true).truncate(false).open(&path);
        let file = file.map_err(Error::io(&path))?;
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => {
                refused(dir, "another klaim works on this run: wait for it, or take another folder")
            }
            Ok(()) | Err(TryLockError::Error(_)) => Ok(Self(file)),
        }
    }
}
