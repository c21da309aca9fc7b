//! A run directory: every file written beside its place and renamed, so that a reader never sees
//! half of one.

use std::fs;
use std::io::Write as _;
use std::path::Path;

use tempfile::NamedTempFile;

use super::model::{Report, Run};
use super::{csv, html, json};
use crate::claim::ProofFile;
use crate::error::{Error, Result};

/// Name of the file that [`read`] reads and everything else is written from.
const REPORT: &str = "report.json";
/// Name of the file of a run's settings, the last one that is written.
const SETTINGS: &str = "run.toml";
/// Random letters at the end of a temporary name.
const RANDOM: usize = 6;

/// The files of a run directory.
pub const OUTPUTS: [&str; 4] = [REPORT, "index.html", "results.csv", SETTINGS];

/// Writes `index.html`, `results.csv`, `report.json` and `run.toml` into `dir`, which is created if
/// need be.
///
/// All four are complete on disk before the first takes its name: `report.json`, which the others
/// can be made from, before them, and `run.toml`, which has its checksum, after them. [`repair`]
/// sees by it where a crash came between.
///
/// # Errors
/// [`Error::Io`] naming the folder or file that could not be written; what stood there before still
/// stands.
pub fn write(report: &Report, dir: &Path) -> Result<()> {
    let text = json::text(report);
    let settings = settings(&report.run, json::sealed(&text).expect("it was just made"));
    let files = [text, html::page(report), csv::table(report), settings];
    // First, so that whatever report.json names is there.
    let rows = report.sections().flat_map(|(_, _, section)| &section.rows);
    rows.filter_map(|row| row.certificate.as_ref()).try_for_each(|proof| certificate(proof, dir))?;
    folder(dir, &Vec::from_iter(OUTPUTS.into_iter().zip(files)))
}

/// Writes a certificate below `dir`, unless it was read from a report: its text is then in a file.
///
/// # Errors
/// [`Error::Io`] naming the folder or file.
pub fn certificate(proof: &ProofFile, dir: &Path) -> Result<()> {
    if proof.text.is_empty() {
        return Ok(());
    }
    let path = dir.join(&proof.path);
    let folder = path.parent().unwrap_or(dir);
    fs::create_dir_all(folder).map_err(Error::io(folder))?;
    file(&path, proof.text.as_bytes())
}

/// Writes the other files of `dir` again from `report.json`, where they are not those of it: a
/// crash came between their renames. Returns whether it did.
///
/// # Errors
/// Those of [`read`] and of [`write()`].
pub fn repair(dir: &Path) -> Result<bool> {
    let read_text = |name: &str| fs::read_to_string(dir.join(name)).ok();
    let Some(text) = read_text(REPORT) else { return Ok(false) };
    let whole = json::sealed(&text).is_none_or(|sum| {
        let same =
            read_text(SETTINGS).is_some_and(|settings| settings.contains(&format!("report = \"{sum}\"")));
        same && OUTPUTS.iter().all(|name| dir.join(name).exists())
    });
    if whole {
        return Ok(false);
    }
    write(&read(dir)?, dir)?;
    Ok(true)
}

/// Writes `files`, each a name and its text, into `dir`, which is created if need be; all are
/// complete on disk before the first takes its name. What a killed process has left of its own
/// unfinished ones is removed.
///
/// # Errors
/// [`Error::Io`] naming the folder or file that could not be written; what stood there before still
/// stands.
pub fn folder(dir: &Path, files: &[(&str, String)]) -> Result<()> {
    fs::create_dir_all(dir).map_err(Error::io(dir))?;
    for entry in fs::read_dir(dir).map_err(Error::io(dir))?.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let unfinished =
            |file: &str| name.strip_prefix(&format!(".{file}.")).is_some_and(|end| end.len() == RANDOM);
        if files.iter().any(|(file, _)| unfinished(file)) {
            fs::remove_file(entry.path()).map_err(Error::io(entry.path()))?;
        }
    }
    let temporary =
        |(name, text): &(&str, String)| Ok((dir.join(name), temporary(dir, name, text.as_bytes())?));
    let ready = files.iter().map(temporary).collect::<Result<Vec<_>>>()?;
    if let Some((path, _)) = ready.iter().find(|(path, _)| path.is_dir()) {
        return Err(Error::io(path)(std::io::ErrorKind::IsADirectory.into()));
    }
    ready.into_iter().try_for_each(|(path, file)| {
        file.persist(&path).map(|_| ()).map_err(|e| Error::Io { path, source: e.error })
    })
}

/// Writes one file beside its place and renames it.
///
/// # Errors
/// [`Error::Io`] naming the file.
pub fn file(path: &Path, bytes: &[u8]) -> Result<()> {
    let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let file = temporary(dir, &name, bytes)?;
    file.persist(path).map(|_| ()).map_err(|e| Error::Io { path: path.to_owned(), source: e.error })
}

/// The report of a run directory, from its `report.json`.
///
/// # Errors
/// [`Error::Io`] if the file cannot be read, [`Error::Data`] if it is of another schema or does not
/// parse.
pub fn read(dir: &Path) -> Result<Report> {
    let path = dir.join(REPORT);
    let text = fs::read_to_string(&path).map_err(Error::io(&path))?;
    json::parse(&text, &path)
}

/// A complete file under a temporary name in `dir`, removed again if it is dropped.
fn temporary(dir: &Path, name: &str, bytes: &[u8]) -> Result<NamedTempFile> {
    let prefix = format!(".{name}.");
    let mut builder = tempfile::Builder::new();
    builder.prefix(&prefix).rand_bytes(RANDOM);
    // Temporary files are private by default; a report is for others to read, as far as the umask
    // allows.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut file = builder.tempfile_in(dir).map_err(|e| named(dir, e))?;
    file.write_all(bytes).and_then(|()| file.as_file().sync_all()).map_err(|e| named(&dir.join(name), e))?;
    Ok(file)
}

/// The operating system's word on `path`, without the temporary name that the user never chose.
pub fn named(path: &Path, error: std::io::Error) -> Error {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(&error);
    let mut code = None;
    while let Some(inner) = cause {
        code = code.or(inner.downcast_ref::<std::io::Error>().and_then(std::io::Error::raw_os_error));
        cause = inner.source();
    }
    let source = code.map_or_else(|| error.kind().into(), std::io::Error::from_raw_os_error);
    Error::Io { path: path.to_owned(), source }
}

/// `run.toml`: the settings of a run, the checksum `report` of its report and, last, that of all
/// lines before. A seed beyond TOML's signed 64 bits is written as text.
fn settings(run: &Run, report: &str) -> String {
    let integer =
        |x: u64| i64::try_from(x).map_or_else(|_| toml::Value::from(x.to_string()), toml::Value::from);
    let entries: [(&str, toml::Value); 9] = [
        ("klaim", run.klaim.as_str().into()),
        ("command", run.command.as_str().into()),
        ("seed", integer(run.seed)),
        ("level", run.level.into()),
        ("budget", run.budget.as_str().into()),
        ("comparisons", integer(run.comparisons)),
        ("backend", run.backend.as_str().into()),
        ("date", run.date.as_str().into()),
        ("report", report.into()),
    ];
    let mut text = String::from("# The settings of this run; `command` repeats it.\n");
    let interrupted = run.interrupted.then_some(("interrupted", true.into()));
    for (key, value) in entries.into_iter().chain(interrupted) {
        text.push_str(&format!("{key} = {value}\n"));
    }
    let sum = json::checksum(&text);
    text + &format!("xxh3 = \"{sum}\"\n")
}
