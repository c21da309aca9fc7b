//! The native half of the Python package `klaim`: conversions, and nothing else. What a call does is
//! what the command of the same words does ([`klaim::internals::cli::ask::ask`]).

mod answers;
mod atoms;
mod errors;
mod function;
mod listing;
mod run;
mod value;

use pyo3::prelude::*;

#[pymodule]
mod _klaim {
    #[pymodule_export]
    use crate::answers::{NativeReport, NativeSchedule, ask, read_report};
    #[pymodule_export]
    use crate::atoms::{NativeAtoms, described};
    #[pymodule_export]
    use crate::function::NativeFunction;
    #[pymodule_export]
    use crate::listing::listed;
    #[pymodule_export]
    use crate::run::program;

    use pyo3::prelude::*;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        crate::atoms::register()?;
        crate::function::register()?;
        module.add("version", env!("CARGO_PKG_VERSION"))
    }
}
