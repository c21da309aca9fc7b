//! Where parts are kept: a folder, or memory.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use xxhash_rust::xxh3::xxh3_64;

use crate::error::{Error, Result};
use crate::report::write::named;
use crate::run::part::{Owner, Part};
use crate::run::stage::Stage;

/// The folder of parts in a run directory.
pub const PARTS: &str = "checkpoint/parts";
/// What a part is called before it is whole.
const TEMPORARY: &str = ".unfinished-";
/// Most bytes of a part that can be two.
const LARGE: usize = 900_000;
/// The ending of a part's name.
const ENDING: &str = "part";

/// Keeps the parts of one or more runs. A part is immutable: written under another name, flushed to
/// the device and renamed; its name is its stage's hash and its own.
pub struct Store {
    place: Kept,
}

enum Kept {
    Memory(Mutex<Vec<(String, Vec<u8>)>>),
    Folder(PathBuf),
}

impl Default for Store {
    fn default() -> Self {
        Self { place: Kept::Memory(Mutex::default()) }
    }
}

impl Store {
    /// The parts in the run directory `dir`, which is made if need be.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn open(dir: &Path) -> Result<Self> {
        let folder = dir.join(PARTS);
        fs::create_dir_all(&folder).map_err(Error::io(&folder))?;
        Ok(Self { place: Kept::Folder(folder) })
    }

    /// Removes every part, and what was left of unfinished ones; files of other names stay.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn clear(&self) -> Result<()> {
        let Kept::Folder(folder) = &self.place else { return Ok(()) };
        let own = |name: &str| name.starts_with(TEMPORARY) || name.ends_with(&format!(".{ENDING}"));
        for name in names(folder)?.iter().filter(|name| own(name)) {
            let path = folder.join(name);
            fs::remove_file(&path).map_err(Error::io(&path))?;
        }
        Ok(())
    }

    /// Removes what unfinished parts have left: for who is alone with the folder.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn tidy(&self) -> Result<()> {
        let Kept::Folder(folder) = &self.place else { return Ok(()) };
        for name in names(folder)?.iter().filter(|name| name.starts_with(TEMPORARY)) {
            let path = folder.join(name);
            fs::remove_file(&path).map_err(Error::io(&path))?;
        }
        Ok(())
    }

    /// Adds a part of `stage`, in several files where it is large. One that is there already stays.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn add(&self, part: Part, stage: &Stage) -> Result<()> {
        self.add_owned(part, Owner { run: stage.run, stage: stage.hash() })
    }

    fn add_owned(&self, mut part: Part, owner: Owner) -> Result<()> {
        let bytes = part.bytes(owner);
        if bytes.len() > LARGE && part.records.len() > 1 {
            let records = part.records.split_off(part.records.len() / 2);
            let rest = Part { backend: part.backend.clone(), records };
            self.add_owned(part, owner)?;
            return self.add_owned(rest, owner);
        }
        let name = format!("{:016x}-{:016x}.{ENDING}", owner.stage, xxh3_64(&bytes));
        match &self.place {
            Kept::Memory(parts) => {
                parts.lock().unwrap_or_else(PoisonError::into_inner).push((name, bytes));
                Ok(())
            }
            Kept::Folder(folder) => write(folder, &name, &bytes),
        }
    }

    /// The parts of `stage`, by name.
    ///
    /// # Errors
    /// [`Error::Io`]; [`Error::Checkpoint`] naming a part that is damaged or of another stage than
    /// its name says.
    pub fn parts(&self, stage: &Stage) -> Result<Vec<Part>> {
        let hash = stage.hash();
        let (owner, prefix) = (Owner { run: stage.run, stage: hash }, format!("{hash:016x}-"));
        match &self.place {
            Kept::Memory(parts) => {
                let parts = parts.lock().unwrap_or_else(PoisonError::into_inner);
                let own = parts.iter().filter(|(name, _)| name.starts_with(&prefix));
                own.map(|(name, bytes)| read(Path::new(name), bytes, owner, stage)).collect()
            }
            Kept::Folder(folder) => {
                let names = names(folder)?;
                let own = names.iter().filter(|name| name.starts_with(&prefix) && name.ends_with(ENDING));
                let of = |name: &String| {
                    let path = folder.join(name);
                    read(&path, &fs::read(&path).map_err(Error::io(&path))?, owner, stage)
                };
                own.map(of).collect()
            }
        }
    }

    /// Refuses a folder with a part of another run, or of none of `stages`.
    ///
    /// # Errors
    /// [`Error::Io`]; [`Error::Checkpoint`] naming the part.
    pub fn refuse_foreign(&self, stages: &[u64]) -> Result<()> {
        let Kept::Folder(folder) = &self.place else { return Ok(()) };
        for name in names(folder)?.iter().filter(|name| !name.starts_with(TEMPORARY)) {
            let stage = name.get(..16).and_then(|hash| u64::from_str_radix(hash, 16).ok());
            if stage.is_none_or(|stage| !stages.contains(&stage)) || !name.ends_with(ENDING) {
                let message = "is a part of another plan, or of an older one: remove it";
                return Err(refused(&folder.join(name), message));
            }
        }
        Ok(())
    }
}

fn read(path: &Path, bytes: &[u8], owner: Owner, stage: &Stage) -> Result<Part> {
    let again = "remove it, and its leaves are measured again";
    let found = Part::owner(bytes).map_err(|why| refused(path, format!("{why}; {again}")))?;
    if found.run != owner.run {
        return Err(refused(path, format!("is a part of another plan; {again}")));
    }
    if found.stage != owner.stage {
        return Err(refused(path, format!("is a part of another round; {again}")));
    }
    let sum = path.file_stem().and_then(|stem| stem.to_str()?.get(17..).map(str::to_owned));
    if sum != Some(format!("{:016x}", xxh3_64(bytes))) {
        return Err(refused(path, format!("has another's name; {again}")));
    }
    Part::read(bytes, stage).ok_or_else(|| refused(path, format!("is of another version of klaim; {again}")))
}

fn refused(path: &Path, message: impl Into<String>) -> Error {
    Error::Checkpoint { path: path.to_owned(), message: message.into() }
}

/// The names in a folder, in their order.
fn names(folder: &Path) -> Result<Vec<String>> {
    let entries = fs::read_dir(folder).map_err(Error::io(folder))?;
    let name = |entry: std::io::Result<fs::DirEntry>| Ok(entry?.file_name().to_string_lossy().into_owned());
    let mut names = entries.map(name).collect::<Result<Vec<_>, _>>().map_err(Error::io(folder))?;
    names.sort();
    Ok(names)
}

/// Writes a file beside its place, flushes it and its folder to the device, and renames it.
fn write(folder: &Path, name: &str, bytes: &[u8]) -> Result<()> {
    let path = folder.join(name);
    let mut builder = tempfile::Builder::new();
    builder.prefix(TEMPORARY);
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut file = builder.tempfile_in(folder).map_err(|e| named(folder, e))?;
    file.write_all(bytes).and_then(|()| file.as_file().sync_all()).map_err(|e| named(&path, e))?;
    file.persist(&path).map_err(|e| Error::Io { path: path.clone(), source: e.error })?;
    // Folders cannot be flushed everywhere; where they can, the name is safe then as well.
    if let Ok(folder) = fs::File::open(folder) {
        let _ = folder.sync_all();
    }
    Ok(())
}
