//! Results on stdout. A closed pipe (`| head`) ends the output, not the program.

use std::io::{ErrorKind, Write};

use super::Common;
use crate::error::{Error, Result};

/// Writes text and returns exit status 0.
///
/// # Errors
/// [`Error::Io`] for anything but a closed pipe.
pub fn text(text: &str) -> Result<u8> {
    bytes(text.as_bytes())
}

/// Writes bytes and returns exit status 0.
///
/// # Errors
/// [`Error::Io`] for anything but a closed pipe.
pub fn bytes(bytes: &[u8]) -> Result<u8> {
    let mut stdout = std::io::stdout().lock();
    match stdout.write_all(bytes).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(Error::io("stdout")(error)),
        _ => Ok(0),
    }
}

/// Tells beside the results what a reader of a source's numbers should know about it.
pub(super) fn notes(source: &crate::source::Source, common: &Common) {
    for note in source.notes().iter().filter(|_| !common.quiet) {
        common.tell(format!("note: {note}"));
    }
}

/// Pretty JSON with a final newline.
///
/// # Errors
/// [`Error::Io`] for anything but a closed pipe.
pub fn json(value: &serde_json::Value) -> Result<u8> {
    text(&format!("{value:#}\n"))
}
