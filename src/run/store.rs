//! Where parts are kept: a folder, or nowhere.

use std::collections::BTreeSet;
use std::fs;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use xxhash_rust::xxh3::xxh3_64;

use crate::error::{Error, Result};
use crate::report::write::named;
use crate::run::part::{HEADER, Owner, Part};
use crate::run::stage::Stage;

/// The folder of parts in a run directory.
pub const PARTS: &str = "checkpoint/parts";
/// What a part is called before it is whole.
const TEMPORARY: &str = ".unfinished-";
/// Most bytes of a part that can be two.
const LARGE: usize = 900_000;
/// The ending of a part's name.
const ENDING: &str = "part";

/// What a process measures, of what a store does not have.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Share {
    /// All of it.
    #[default]
    All,
    /// What falls to task `index` of `count` of the first stage that is not whole; there it ends.
    Task {
        /// The task, from 0.
        index: u64,
        /// Number of tasks.
        count: u64,
    },
    /// Nothing: it ends at the first stage that is not whole.
    None,
}

/// Keeps the parts of one or more runs. A part is immutable: written under another name, flushed to
/// the device and renamed; its name is its stage's hash and its own.
#[derive(Default)]
pub struct Store {
    /// Where its files are; none are kept without one.
    folder: Option<PathBuf>,
    share: Share,
    /// Hash of the plan whose parts these are, where tasks share a command of several runs.
    plan: Option<u64>,
    /// The stages that were asked for, in their order.
    begun: Mutex<Vec<Stage>>,
    /// The places that took the samples which were read, each once.
    backends: Mutex<BTreeSet<String>>,
}

impl Store {
    /// The parts in the run directory `dir`, which is made if need be.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn open(dir: &Path) -> Result<Self> {
        let folder = dir.join(PARTS);
        fs::create_dir_all(&folder).map_err(Error::io(&folder))?;
        Ok(Self { folder: Some(folder), ..Self::default() })
    }

    /// The same for a process that measures its share alone, of the plan with the hash `plan`.
    pub fn shared(self, share: Share, plan: u64) -> Self {
        Self { share, plan: Some(plan), ..self }
    }

    fn owner(&self, stage: &Stage) -> Owner {
        Owner { run: self.plan.unwrap_or(stage.run), stage: stage.hash() }
    }

    /// What this process measures.
    pub fn share(&self) -> Share {
        self.share
    }

    /// Notes that `stage` is asked for, where work is shared.
    pub fn begin(&self, stage: &Stage) {
        if self.share == Share::All {
            return;
        }
        self.begun.lock().unwrap_or_else(PoisonError::into_inner).push(stage.clone());
    }

    /// The stages that were asked for, in their order; of a process that ended at one that is not
    /// whole, that is the last.
    pub fn begun(&self) -> Vec<Stage> {
        self.begun.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Notes the places that took samples.
    pub fn sampled_by(&self, backends: &[String]) {
        self.backends.lock().unwrap_or_else(PoisonError::into_inner).extend(backends.iter().cloned());
    }

    /// The places that took the samples of all parts that were read, in words.
    pub fn backends(&self) -> String {
        let all = self.backends.lock().unwrap_or_else(PoisonError::into_inner);
        if all.is_empty() { "cpu".into() } else { Vec::from_iter(all.iter().cloned()).join(" + ") }
    }

    /// Removes every part, and what was left of unfinished ones; files of other names stay.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn clear(&self) -> Result<()> {
        self.remove(|name| name.starts_with(TEMPORARY) || name.ends_with(&format!(".{ENDING}")))
    }

    /// Removes what unfinished parts have left: for who is alone with the folder.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn tidy(&self) -> Result<()> {
        self.remove(|name| name.starts_with(TEMPORARY))
    }

    fn remove(&self, own: impl Fn(&str) -> bool) -> Result<()> {
        let Some(folder) = &self.folder else { return Ok(()) };
        for name in names(folder)?.iter().filter(|name| own(name)) {
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
        let Some(folder) = &self.folder else { return Ok(()) };
        add(folder, part, self.owner(stage))
    }

    /// The parts of `stage`, by name.
    ///
    /// # Errors
    /// [`Error::Io`]; [`Error::Checkpoint`] naming a part that is damaged or of another stage than
    /// its name says.
    pub fn parts(&self, stage: &Stage) -> Result<Vec<Part>> {
        let Some(folder) = &self.folder else { return Ok(Vec::new()) };
        let owner = self.owner(stage);
        let prefix = format!("{:016x}-", owner.stage);
        let names = names(folder)?;
        let own = names.iter().filter(|name| name.starts_with(&prefix) && name.ends_with(ENDING));
        let of = |name: &String| {
            let path = folder.join(name);
            read(&path, &fs::read(&path).map_err(Error::io(&path))?, owner, stage)
        };
        own.map(of).collect()
    }

    /// Refuses a folder with a part of another run than the one with the hash `run`.
    ///
    /// # Errors
    /// [`Error::Io`]; [`Error::Checkpoint`] naming the part.
    pub fn refuse_foreign(&self, run: u64) -> Result<()> {
        let Some(folder) = &self.folder else { return Ok(()) };
        for name in names(folder)?.iter().filter(|name| !name.starts_with(TEMPORARY)) {
            let (path, mut header) = (folder.join(name), [0; HEADER]);
            let read = fs::File::open(&path).and_then(|mut file| file.read_exact(&mut header));
            if read.is_err() || Part::run(&header) != run || !name.ends_with(ENDING) {
                let message = "is a part of another plan, or of an older one: remove it";
                return Err(refused(&path, message));
            }
        }
        Ok(())
    }
}

/// Writes a part, in several files where it is large.
fn add(folder: &Path, mut part: Part, owner: Owner) -> Result<()> {
    let bytes = part.bytes(owner);
    if bytes.len() > LARGE && part.records.len() > 1 {
        let records = part.records.split_off(part.records.len() / 2);
        let rest = Part { backend: part.backend.clone(), records };
        add(folder, part, owner)?;
        return add(folder, rest, owner);
    }
    write(folder, &format!("{:016x}-{:016x}.{ENDING}", owner.stage, xxh3_64(&bytes)), &bytes)
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
