//! The library's errors as exceptions of `klaim._errors`, with the text that the program tells.

use klaim::Error;
use klaim::internals::claim::line_and_column;
use klaim::internals::cli::diagnose;
use pyo3::prelude::*;
use pyo3::types::PyDict;

/// The class of an error in `klaim._errors`.
fn class(error: &Error) -> &'static str {
    match error {
        Error::Unknown { .. } => "UnknownNameError",
        Error::Invalid { .. } => "InvalidValueError",
        Error::Data { .. } => "DataFileError",
        Error::Claim { .. } => "ClaimFileError",
        Error::Io { .. } => "FileAccessError",
        Error::Unsupported { .. } => "UnsupportedError",
        Error::NonFinite { .. } => "NotFiniteError",
        Error::Checkpoint { .. } => "CheckpointError",
        Error::Backend { .. } => "BackendError",
        Error::Usage(_) => "UsageError",
        Error::Interrupted | Error::Elsewhere | Error::Told(_) => "Error",
        Error::Shared(error) => class(error),
    }
}

/// What an exception knows beside its text.
fn details<'py>(py: Python<'py>, error: &Error) -> PyResult<Bound<'py, PyDict>> {
    let details = PyDict::new(py);
    match error {
        Error::Shared(error) => return self::details(py, error),
        Error::Unknown { name, suggestion, .. } => {
            details.set_item("name", name)?;
            details.set_item("suggestion", suggestion)?;
        }
        Error::Claim { path, text, span, help, .. } => {
            let (line, column) = line_and_column(text, span.start);
            details.set_item("path", path.display().to_string())?;
            details.set_item("line", line)?;
            details.set_item("column", column)?;
            details.set_item("help", help)?;
        }
        Error::Data { path, .. } | Error::Io { path, .. } => {
            details.set_item("path", path.display().to_string())?;
        }
        _ => {}
    }
    Ok(details)
}

/// The exception of an error.
pub fn exception(py: Python<'_>, error: Error) -> PyErr {
    let made = || -> PyResult<PyErr> {
        let (class, details) = (class(&error), details(py, &error)?);
        let class = py.import("klaim._errors")?.getattr(class)?;
        Ok(PyErr::from_value(class.call((diagnose::text(error),), Some(&details))?))
    };
    made().unwrap_or_else(|error| error)
}
