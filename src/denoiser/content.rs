//! What was read from files: a network or a law in a spec is known by the bytes behind its path,
//! not by the path.

use std::collections::BTreeMap;
use std::sync::{LazyLock, Mutex, PoisonError};

use xxhash_rust::xxh3::Xxh3;

use super::DENOISERS;
use crate::error::Result;
use crate::source::{Law, SOURCES, Source};
use crate::spec::{Argument, Named, Parameter, Spec};

/// Hashes by canonical spec: of what was last read under it.
static READ: LazyLock<Mutex<BTreeMap<String, u64>>> = LazyLock::new(Mutex::default);

/// The kinds that read a file.
const FROM_FILES: [&str; 2] = ["network", "file"];

/// Notes what was read under a canonical spec.
pub(super) fn note(spec: String, hash: u64) {
    READ.lock().unwrap_or_else(PoisonError::into_inner).insert(spec, hash);
}

/// Notes the atoms of a law that is a file or nests one.
pub fn note_source(source: &Source) {
    let (Law::Atoms(atoms), true) = (source.law(), source.spec().contains("file:")) else { return };
    let mut hash = Xxh3::new();
    let numbers = atoms.points.iter().chain(&atoms.weights);
    numbers.for_each(|x| hash.update(&x.to_bits().to_le_bytes()));
    note(source.spec().to_owned(), hash.digest());
}

/// The hashes of the files that `text`, a spec of a denoiser or of what nests one, names, each
/// after its canonical spec; empty where it names none.
pub fn content(text: &str) -> String {
    let named = |kind: &&str| text.contains(&format!("{kind}:"));
    if !FROM_FILES.iter().any(named) {
        return String::new();
    }
    let mut found = String::new();
    if let Ok(spec) = Spec::parse(text) {
        collect(&spec, &mut found);
    }
    found
}

fn collect(spec: &Spec, found: &mut String) {
    if FROM_FILES.contains(&spec.kind.as_str()) {
        let canonical = spec.canonical(&parameters_of).map(|spec| spec.to_string());
        let read = READ.lock().unwrap_or_else(PoisonError::into_inner);
        if let Ok(canonical) = canonical
            && let Some(hash) = read.get(&canonical)
        {
            found.push_str(&format!("|{canonical} {hash:016x}"));
        }
    }
    for (_, argument) in &spec.parameters {
        match argument {
            Argument::Nested(inner) => collect(inner, found),
            // `source=file:path=…` without parentheses.
            Argument::Text(text) => {
                if let Some(inner) = text.contains(':').then(|| Spec::parse(text).ok()).flatten() {
                    collect(&inner, found);
                }
            }
            Argument::Rows(_) => {}
        }
    }
}

/// The parameters of a denoiser or of a law that one nests.
///
/// # Errors
/// [`crate::error::Error::Unknown`] with the nearest name.
pub fn parameters_of(name: &str) -> Result<&'static [Parameter]> {
    match DENOISERS.get(name) {
        Some(kind) => Ok(kind.parameters),
        None => Ok(SOURCES.named(name)?.parameters()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_law_from_a_file_is_known_by_its_atoms() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("atoms.csv");
        let spec = format!("mismatched:source=(file:path={})", path.display());
        let read = |text: &str| {
            std::fs::write(&path, text).unwrap();
            drop(super::super::find(&spec).unwrap());
            content(&spec)
        };
        let one = read("x\n-1\n2\n");
        assert!(one.contains("atoms.csv"), "{one}");
        assert_ne!(one, read("x\n-1\n2.5\n"));
        assert_eq!(one, read("x\n-1.0\n2e0\n"), "the same atoms in other words");
        let nested = content(&format!("las:of=({spec}),axis=log"));
        assert_eq!(nested, content(&spec), "what nests it names it");
        for other in ["linear", "mismatched:source=bpsk", "network:path=unread.onnx"] {
            assert_eq!(content(other), "", "{other}");
        }
    }
}
