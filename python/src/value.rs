//! JSON as Python's values, and the memory of arrays.

use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyList, PyNone, PyString};
use serde_json::Value;

/// Numbers as the memory of a NumPy array has them.
pub fn bytes(numbers: &[f64]) -> Vec<u8> {
    numbers.iter().flat_map(|x| x.to_ne_bytes()).collect()
}

/// The numbers in the memory of a NumPy array.
pub fn numbers(bytes: &[u8]) -> Vec<f64> {
    bytes.chunks_exact(8).map(|x| f64::from_ne_bytes(x.try_into().expect("eight bytes"))).collect()
}

/// Dictionaries, lists, numbers, text, True, False and None.
pub fn python<'py>(py: Python<'py>, value: &Value) -> PyResult<Bound<'py, PyAny>> {
    Ok(match value {
        Value::Null => PyNone::get(py).to_owned().into_any(),
        Value::Bool(x) => PyBool::new(py, *x).to_owned().into_any(),
        Value::String(text) => PyString::new(py, text).into_any(),
        Value::Number(x) => match (x.as_u64(), x.as_i64()) {
            (Some(x), _) => x.into_pyobject(py)?.into_any(),
            (None, Some(x)) => x.into_pyobject(py)?.into_any(),
            (None, None) => x.as_f64().unwrap_or(f64::NAN).into_pyobject(py)?.into_any(),
        },
        Value::Array(all) => {
            let list = PyList::empty(py);
            all.iter().try_for_each(|value| list.append(python(py, value)?))?;
            list.into_any()
        }
        Value::Object(all) => {
            let dict = PyDict::new(py);
            all.iter().try_for_each(|(key, value)| dict.set_item(key, python(py, value)?))?;
            dict.into_any()
        }
    })
}
