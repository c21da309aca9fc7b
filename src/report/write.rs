//! A run directory: every file written beside its place and renamed, so that a reader never sees
//! half of one.

use std::fs;
use std::io::Write as _;
use std::path::Path;

use tempfile::NamedTempFile;

use super::model::{Report, Run};
use super::{csv, html, json};
use crate::claim::Outcome;
use crate::error::{Error, Result};

/// Name of the file that [`read`] reads and everything else is written from.
const REPORT: &str = "report.json";

/// Writes `index.html`, `results.csv`, `report.json` and `run.toml` into `dir`, which is created if
/// need be.
///
/// All four are complete on disk before the first takes its name.
///
/// # Errors
/// [`Error::Io`] naming the folder or file that could not be written; what stood there before still
/// stands.
pub fn write(report: &Report, dir: &Path) -> Result<()> {
    let files = [
        ("index.html", html::page(report)),
        ("results.csv", csv::table(report)),
        ("run.toml", settings(&report.run)),
        (REPORT, json::text(report)),
    ];
    folder(dir, &files)?;
    report.sections().flat_map(|(_, _, section)| &section.rows).try_for_each(|row| certificate(row, dir))
}

/// Writes the certificate of a row that was just proved.
fn certificate(row: &Outcome, dir: &Path) -> Result<()> {
    let Some(proof) = row.certificate.as_ref().filter(|proof| !proof.text.is_empty()) else { return Ok(()) };
    let path = dir.join(&proof.path);
    let folder = path.parent().unwrap_or(dir);
    fs::create_dir_all(folder).map_err(Error::io(folder))?;
    file(&path, proof.text.as_bytes())
}

/// Writes `files`, each a name and its text, into `dir`, which is created if need be; all are
/// complete on disk before the first takes its name.
///
/// # Errors
/// [`Error::Io`] naming the folder or file that could not be written; what stood there before still
/// stands.
pub fn folder(dir: &Path, files: &[(&str, String)]) -> Result<()> {
    fs::create_dir_all(dir).map_err(Error::io(dir))?;
    let temporary =
        |(name, text): &(&str, String)| Ok((dir.join(name), temporary(dir, name, text.as_bytes())?));
    let ready = files.iter().map(temporary).collect::<Result<Vec<_>>>()?;
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
    builder.prefix(&prefix);
    // Temporary files are private by default; a report is for others to read, as far as the umask
    // allows.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut file = builder.tempfile_in(dir).map_err(|e| named(dir, e))?;
    file.write_all(bytes).and_then(|()| file.as_file().sync_all()).map_err(Error::io(dir.join(name)))?;
    Ok(file)
}

/// The operating system's word on `dir`, without the temporary name that the user never chose.
fn named(dir: &Path, error: std::io::Error) -> Error {
    let source = error.raw_os_error().map_or_else(|| error.kind().into(), std::io::Error::from_raw_os_error);
    Error::Io { path: dir.to_owned(), source }
}

/// `run.toml`: the settings of a run. A seed beyond TOML's signed 64 bits is written as text.
fn settings(run: &Run) -> String {
    let integer =
        |x: u64| i64::try_from(x).map_or_else(|_| toml::Value::from(x.to_string()), toml::Value::from);
    let entries: [(&str, toml::Value); 8] = [
        ("klaim", run.klaim.as_str().into()),
        ("command", run.command.as_str().into()),
        ("seed", integer(run.seed)),
        ("level", run.level.into()),
        ("budget", run.budget.as_str().into()),
        ("comparisons", integer(run.comparisons)),
        ("backend", run.backend.as_str().into()),
        ("date", run.date.as_str().into()),
    ];
    let mut text = String::from("# The settings of this run; `command` repeats it.\n");
    let interrupted = run.interrupted.then_some(("interrupted", true.into()));
    for (key, value) in entries.into_iter().chain(interrupted) {
        text.push_str(&format!("{key} = {value}\n"));
    }
    text
}
