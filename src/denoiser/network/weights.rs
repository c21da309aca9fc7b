//! The bytes of a network: its graph and the files of weights beside it.

use std::path::Path;

use xxhash_rust::xxh3::Xxh3;

use crate::error::{Error, Result};
use crate::table::files;

/// A graph with the files that it names.
#[derive(Debug, Default)]
pub(super) struct WeightFile {
    /// The ONNX file.
    pub graph: Vec<u8>,
    /// Files beside it whose names stand in it: weights that were exported apart.
    pub beside: Vec<(String, Vec<u8>)>,
}

impl WeightFile {
    /// Of the file at `path`.
    ///
    /// # Errors
    /// [`Error::Io`] for what cannot be read.
    pub(super) fn read(path: &Path) -> Result<Self> {
        let (graph, mut beside) = (bytes(path)?, Vec::new());
        // A graph that holds all of its weights tells no location.
        if !stands_in(&graph, b"location") {
            return Ok(Self { graph, beside });
        }
        let folder = path.parent().unwrap_or(Path::new(""));
        let mut names = files::brought(folder);
        if names.is_empty() {
            let here = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
            let entries = std::fs::read_dir(here).into_iter().flatten().flatten();
            names = entries.map(|e| path.with_file_name(e.file_name())).filter(|p| p.is_file()).collect();
            names.sort();
        }
        for file in names.into_iter().filter(|file| file.file_name() != path.file_name()) {
            let Some(name) = file.file_name().and_then(|name| name.to_str()) else { continue };
            if stands_in(&graph, name.as_bytes()) {
                beside.push((name.to_owned(), bytes(&file)?));
            }
        }
        Ok(Self { graph, beside })
    }

    /// Of a graph without files beside it.
    pub(super) fn of(graph: &[u8]) -> Self {
        Self { graph: graph.to_vec(), beside: Vec::new() }
    }

    /// A hash of all bytes: the same network has the same one wherever it lies.
    pub(super) fn hash(&self) -> u64 {
        let mut all = Xxh3::new();
        all.update(&self.graph);
        self.beside.iter().for_each(|(_, bytes)| all.update(bytes));
        all.digest()
    }
}

/// The bytes of the file called `path`: a plan brings it along, and a replay asks for its hash.
fn bytes(path: &Path) -> Result<Vec<u8>> {
    files::note(path)?;
    std::fs::read(files::place(path)).map_err(Error::io(path))
}

/// Whether `text` stands in `bytes`, after the length that ONNX writes before every string.
fn stands_in(bytes: &[u8], text: &[u8]) -> bool {
    let marked = [&[text.len() as u8], text].concat();
    bytes.windows(marked.len()).any(|window| window == marked)
}
