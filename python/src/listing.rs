//! What there is by name.

use klaim::internals::claim::builtin;
use klaim::{DENOISERS, Error, QUANTITIES, SAMPLERS, SCHEDULES, SOURCES};
use pyo3::prelude::*;

use crate::errors::exception;

/// Names and what they are: of `sources`, `quantities`, `schedules`, `samplers`, `denoisers` or `claims`.
#[pyfunction]
pub fn listed(py: Python<'_>, what: &str) -> PyResult<Vec<(String, String)>> {
    let own = |name: &str, summary: &str| (name.to_owned(), summary.to_owned());
    Ok(match what {
        "sources" => SOURCES.iter().map(|kind| own(kind.name, kind.summary)).collect(),
        "quantities" => QUANTITIES.iter().map(|kind| own(kind.name, kind.summary)).collect(),
        "schedules" => SCHEDULES.iter().map(|kind| own(kind.name, kind.summary)).collect(),
        "samplers" => SAMPLERS.iter().map(|kind| own(kind.name, kind.summary)).collect(),
        "denoisers" => DENOISERS.iter().map(|kind| own(kind.name, kind.summary)).collect(),
        "claims" => builtin().iter().map(|(id, text)| own(id, text)).collect(),
        other => {
            let known = ["sources", "quantities", "schedules", "samplers", "denoisers", "claims"];
            return Err(exception(py, Error::unknown("list", other, known)));
        }
    })
}
