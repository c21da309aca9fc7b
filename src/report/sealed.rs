//! JSON files that are read again: each carries a checksum.

use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::value::{RawValue, to_raw_value};

use super::json::checksum;
use super::write::file;
use crate::error::{Error, Result};

/// What a file holds.
#[derive(Serialize, serde::Deserialize)]
struct Sealed {
    /// xxh3 of the text of `content`.
    xxh3: String,
    content: Box<RawValue>,
}

/// `content` as JSON with its checksum.
fn text(content: &impl Serialize) -> String {
    let content = to_raw_value(content).expect("what is kept is JSON");
    let sealed = Sealed { xxh3: checksum(content.get()), content };
    serde_json::to_string(&sealed).expect("JSON in JSON")
}

/// What `text`, made by [`text`], holds.
///
/// # Errors
/// What is wrong with it.
fn parse<T: DeserializeOwned>(text: &str) -> Result<T, &'static str> {
    let sealed: Sealed = serde_json::from_str(text).map_err(|_| "is damaged: it is cut off, or no JSON")?;
    if checksum(sealed.content.get()) != sealed.xxh3 {
        return Err("is damaged: it does not match its checksum");
    }
    serde_json::from_str(sealed.content.get()).map_err(|_| "is of another version of klaim")
}

/// Writes `content` beside its place and renames it.
///
/// # Errors
/// [`Error::Io`].
pub fn write(path: &Path, content: &impl Serialize) -> Result<()> {
    file(path, text(content).as_bytes())
}

/// The content of a file; `remedy` is what helps where it is damaged.
///
/// # Errors
/// [`Error::Io`]; [`Error::Checkpoint`] for one that is damaged.
pub fn read<T: DeserializeOwned>(path: &Path, remedy: &str) -> Result<T> {
    let bytes = std::fs::read(path).map_err(Error::io(path))?;
    let text = String::from_utf8_lossy(&bytes);
    let refused =
        |why: &str| Error::Checkpoint { path: path.to_owned(), message: format!("{why}; {remedy}") };
    parse(&text).map_err(refused)
}
