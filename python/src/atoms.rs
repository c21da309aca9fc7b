//! Laws from arrays: the kind `atoms`, whose points a Python object holds.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use klaim::{Arguments, Atoms, Error, Parameter, SOURCES, Source, SourceKind};
use pyo3::prelude::*;
use xxhash_rust::xxh3::Xxh3;

use crate::errors::exception;
use crate::value::numbers;

/// `atoms:name=0123456789abcdef`.
static KIND: SourceKind = SourceKind {
    name: "atoms",
    summary: "atoms from an array of this process (Source.from_atoms)",
    parameters: &[Parameter { name: "name", default: None, summary: "hash of the atoms" }],
    build,
};

/// Distinct atoms, and how many objects hold them.
struct Held {
    atoms: Atoms,
    holders: usize,
}

static HELD: Mutex<BTreeMap<String, Held>> = Mutex::new(BTreeMap::new());

/// Makes the kind known.
///
/// # Errors
/// A name that is taken.
pub fn register() -> PyResult<()> {
    let added = SOURCES.add(&KIND);
    added.map_err(|error| pyo3::exceptions::PyRuntimeError::new_err(error.to_string()))
}

fn build(arguments: &Arguments) -> klaim::Result<Source> {
    let name = arguments.text("name")?;
    let held = HELD.lock().unwrap_or_else(PoisonError::into_inner).get(name).map(|held| held.atoms.clone());
    let atoms = held.ok_or_else(|| {
        Error::invalid(format!("atoms:name={name}"), "the Source that held these atoms is gone: keep it")
    })?;
    Source::discrete(arguments.spec(), atoms)
}

/// Holds atoms as long as it lives.
#[pyclass(frozen, module = "klaim._klaim")]
pub struct NativeAtoms {
    name: String,
}

#[pymethods]
impl NativeAtoms {
    /// Points n × `dim` and n weights, as the memory of arrays; equal points merge.
    #[new]
    fn new(py: Python<'_>, points: &[u8], weights: &[u8], dim: usize) -> PyResult<Self> {
        // −0 is 0.
        let points: Vec<f64> = numbers(points).iter().map(|x| x + 0.0).collect();
        let (points, weights) = Atoms::merged(dim.max(1), &points, &numbers(weights));
        let mut hash = Xxh3::new();
        hash.update(&(dim as u64).to_le_bytes());
        points.iter().chain(&weights).for_each(|x| hash.update(&x.to_bits().to_le_bytes()));
        let atoms = Atoms::new(dim, points, weights).map_err(|error| exception(py, error))?;
        // A letter first: a name is no number.
        let name = format!("h{:016x}", hash.digest());
        let mut all = HELD.lock().unwrap_or_else(PoisonError::into_inner);
        all.entry(name.clone()).or_insert(Held { atoms, holders: 0 }).holders += 1;
        Ok(Self { name })
    }

    /// The spec that names the law.
    #[getter]
    fn spec(&self) -> String {
        format!("atoms:name={}", self.name)
    }
}

impl Drop for NativeAtoms {
    fn drop(&mut self) {
        let mut all = HELD.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(held) = all.get_mut(&self.name) {
            held.holders -= 1;
            if held.holders == 0 {
                all.remove(&self.name);
            }
        }
    }
}

/// The one spelling of a source's spec, its dimension, and what its reader should know.
#[pyfunction]
pub fn described(py: Python<'_>, spec: &str) -> PyResult<(String, usize, Vec<String>)> {
    let source = py.detach(|| Source::parse(spec)).map_err(|error| exception(py, error))?;
    Ok((source.spec().to_owned(), source.dim(), source.notes().to_vec()))
}
