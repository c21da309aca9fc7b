//! The bytes of a network: its graph and the files of weights beside it.

use std::path::{Path, PathBuf};

use xxhash_rust::xxh3::Xxh3;

use crate::error::{Error, Result};

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
        let graph = std::fs::read(path).map_err(Error::io(path))?;
        let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let mut names: Vec<PathBuf> = match std::fs::read_dir(folder) {
            Ok(entries) => entries.filter_map(|e| Some(e.ok()?.path())).filter(|p| p.is_file()).collect(),
            Err(_) => Vec::new(),
        };
        names.sort();
        let mut beside = Vec::new();
        for file in names.into_iter().filter(|file| file.file_name() != path.file_name()) {
            let Some(name) = file.file_name().and_then(|name| name.to_str()) else { continue };
            if memchr(&graph, name.as_bytes()) {
                let bytes = std::fs::read(&file).map_err(Error::io(&file))?;
                beside.push((name.to_owned(), bytes));
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

/// Whether `text` stands in `bytes`, after the length that ONNX writes before every string.
fn memchr(bytes: &[u8], text: &[u8]) -> bool {
    let marked = [&[text.len() as u8], text].concat();
    bytes.windows(marked.len()).any(|window| window == marked)
}
