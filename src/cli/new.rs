//! `klaim new`.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::path::PathBuf;

use super::output;
use crate::error::{Error, Result};

/// What a new claim starts from.
const TEMPLATE: &str = include_str!("template.toml");

/// Arguments of `klaim new`.
#[derive(clap::Args)]
pub struct New {
    /// File to write; a file that is there is left alone
    file: PathBuf,
}

impl New {
    /// Writes a claim that runs as it is, with a comment on each key.
    ///
    /// # Errors
    /// A name that is no `….toml` in kebab-case, a file that exists or cannot be written: exit
    /// status 2.
    pub(super) fn run(self) -> Result<u8> {
        let path = self.file;
        let shown = path.display().to_string();
        if path.extension().is_none_or(|extension| extension != "toml") {
            return Err(Error::invalid(shown, "a claim file ends in .toml"));
        }
        // The name is the id of the claim: what the language would refuse is refused here.
        crate::claim::ClaimFile::read(path.clone(), TEMPLATE.to_owned())?;
        let mut file = OpenOptions::new().write(true).create_new(true).open(&path).map_err(|error| {
            match error.kind() {
                ErrorKind::AlreadyExists => {
                    Error::invalid(shown.clone(), "is there already; choose another name")
                }
                _ => Error::io(&path)(error),
            }
        })?;
        file.write_all(TEMPLATE.as_bytes()).map_err(Error::io(&path))?;
        output::text(&format!("wrote {shown}; `klaim verify {shown}` tests it\n"))
    }
}
