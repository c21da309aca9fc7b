//! What stands between a file and the memory it claims, and between a decoder's panic and the user.

use std::cell::Cell;
use std::io::Read;
use std::panic::{self, AssertUnwindSafe};
use std::path::Path;
use std::sync::Once;

use super::{files, refuse};
use crate::error::{Error, Result};
use crate::numeric::memory;

/// What a packed file may unpack to, whatever its length.
const UNPACKED: u64 = 1 << 28;
/// What it may unpack to for each of its bytes: text and arrays of numbers seldom pack better than
/// 20 : 1.
const RATIO: u64 = 100;

/// Most bytes that `len` packed bytes may unpack to.
pub(super) fn most_unpacked(len: u64) -> u64 {
    UNPACKED.max(len.saturating_mul(RATIO))
}

/// Makes sure that `bytes` fit into the memory that is free.
///
/// # Errors
/// [`Error::Data`] with both sizes.
pub(super) fn room(path: &Path, bytes: u64) -> Result<()> {
    let Err(free) = memory::room(bytes) else { return Ok(()) };
    let gib = |bytes: u64| bytes as f64 / (1_u64 << 30) as f64;
    let message = format!("needs {:.1} GiB of memory, and {:.1} are free: split it", gib(bytes), gib(free));
    Err(refuse(path, "", message))
}

/// Opens a regular file and gives its length.
pub(super) fn open(path: &Path) -> Result<(std::fs::File, u64)> {
    let place = files::place(path);
    let metadata = std::fs::metadata(&place).map_err(Error::io(path))?;
    if !metadata.is_file() {
        return Err(refuse(path, "", "is no regular file: copy what it gives into one"));
    }
    Ok((std::fs::File::open(&place).map_err(Error::io(path))?, metadata.len()))
}

/// The bytes of a file.
pub(super) fn bytes(path: &Path) -> Result<Vec<u8>> {
    let (mut file, len) = open(path)?;
    room(path, len.saturating_mul(3))?;
    let mut bytes = Vec::with_capacity(len as usize);
    file.read_to_end(&mut bytes).map_err(Error::io(path))?;
    Ok(bytes)
}

/// The bytes packed into a file by gzip.
pub(super) fn unpacked(path: &Path) -> Result<Vec<u8>> {
    let packed = bytes(path)?;
    limited(flate2::read::MultiGzDecoder::new(&packed[..]), packed.len() as u64)
        .map_err(|why| refuse(path, "", why))
}

/// Everything that `packed` gives, or what is wrong; `len` is the number of packed bytes.
pub(super) fn limited(packed: impl Read, len: u64) -> Result<Vec<u8>, String> {
    let most = most_unpacked(len).min(memory::available() / 3);
    let mut bytes = Vec::new();
    packed
        .take(most + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| format!("is damaged: {error}; write it again"))?;
    if bytes.len() as u64 > most {
        return Err(format!("unpacks to more than {} MiB: unpack it first", most >> 20));
    }
    Ok(bytes)
}

thread_local! {
    /// Whether this thread runs a decoder whose panics are told as a damaged file.
    static GUARDED: Cell<bool> = const { Cell::new(false) };
}

/// Runs a decoder that may panic on a damaged file.
///
/// # Errors
/// The decoder's, or [`Error::Data`] for a panic.
pub(super) fn guarded<T>(path: &Path, decode: impl FnOnce() -> Result<T>) -> Result<T> {
    static QUIET: Once = Once::new();
    QUIET.call_once(|| {
        let loud = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !GUARDED.get() {
                loud(info);
            }
        }));
    });
    GUARDED.set(true);
    let result = panic::catch_unwind(AssertUnwindSafe(decode));
    GUARDED.set(false);
    result.unwrap_or_else(|_| Err(refuse(path, "", "is damaged: its decoder gave up; write the file again")))
}
