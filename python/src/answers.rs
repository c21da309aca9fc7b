//! What commands find, as Python's values and two classes that can write what they hold.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use klaim::internals::cli::ask::{CommandAnswer, ScheduleAnswer};
use klaim::internals::report::export::{self, latex, picture};
use klaim::internals::report::write::{self, OUTPUTS};
use klaim::internals::report::{self, csv, html};
use klaim::internals::run::lock::Lock;
use klaim::{ClaimReport, Error, Report};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList};

use crate::errors::exception;
use crate::run::answer;
use crate::value::python;

/// What the command of `words` finds, and what was said beside it.
#[pyfunction]
#[pyo3(signature = (words, progress=None))]
pub fn ask<'py>(
    py: Python<'py>,
    words: Vec<OsString>,
    progress: Option<Bound<'py, PyAny>>,
) -> PyResult<(Bound<'py, PyAny>, Vec<String>)> {
    let (found, notes) = answer(py, words, progress)?;
    let found = match found {
        CommandAnswer::Estimates(found) => {
            let rows = found.json();
            let empty =
                rows["rows"].as_array().is_some_and(|rows| rows.iter().all(|row| row["method"].is_null()));
            if let Some(error) = found.missing().filter(|_| empty) {
                return Err(exception(py, Error::Shared(error.clone())));
            }
            python(py, &rows["rows"])?
        }
        CommandAnswer::Report(report) => NativeReport { report: *report }.into_pyobject(py)?.into_any(),
        CommandAnswer::Probe(found) => {
            let all = PyDict::new(py);
            let json = serde_json::from_str(&found.json()).expect("a probe writes JSON");
            all.set_item("json", python(py, &json)?)?;
            all.set_item("text", found.text())?;
            all.set_item("csv", found.csv())?;
            all.set_item("findings", found.findings())?;
            all.into_any()
        }
        CommandAnswer::Schedule(schedule) => {
            NativeSchedule { schedule: *schedule }.into_pyobject(py)?.into_any()
        }
    };
    Ok((found, notes))
}

/// A report in memory.
#[pyclass(frozen, module = "klaim._klaim")]
pub struct NativeReport {
    report: Report,
}

impl NativeReport {
    fn claim(&self, py: Python<'_>, id: &str) -> PyResult<&ClaimReport> {
        export::find(&self.report, id).ok_or_else(|| {
            let names = self.report.claims.iter().map(|claim| claim.header.id.as_str());
            exception(py, Error::unknown("claim of this run", id, names))
        })
    }
}

#[pymethods]
impl NativeReport {
    /// What `verify --format json` prints.
    fn json<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        python(py, &report::verify_json(&self.report))
    }

    /// The title, the statement, the sides as written and the citation of each claim.
    fn headers<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let all = PyList::empty(py);
        for claim in &self.report.claims {
            let header = PyDict::new(py);
            header.set_item("id", &claim.header.id)?;
            header.set_item("title", &claim.header.title)?;
            header.set_item("statement", &claim.header.statement)?;
            header.set_item("caption", export::caption(&self.report, claim, None))?;
            all.append(header)?;
        }
        Ok(all)
    }

    /// The answers to the statements of the claims' papers.
    fn papers<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let papers = serde_json::to_value(&self.report.papers).expect("every key of a report is a string");
        python(py, &papers)
    }

    /// The proofs of this run, by their paths in a run directory.
    fn certificates(&self) -> Vec<(String, String)> {
        let rows = self.report.sections().flat_map(|(_, _, section)| &section.rows);
        let proofs = rows.filter_map(|row| row.certificate.as_ref()).filter(|proof| !proof.text.is_empty());
        proofs.map(|proof| (proof.path.clone(), proof.text.clone())).collect()
    }

    /// The exit status of the program for it.
    #[getter]
    fn exit(&self) -> u8 {
        self.report.exit
    }

    /// Whether a stop came before all was measured.
    #[getter]
    fn interrupted(&self) -> bool {
        self.report.run.interrupted
    }

    /// What a terminal shows.
    fn summary(&self) -> String {
        report::summary(&self.report)
    }

    /// `results.csv`.
    fn csv(&self) -> String {
        csv::table(&self.report)
    }

    /// `index.html`.
    fn html(&self) -> String {
        html::page(&self.report)
    }

    /// The figure of a claim.
    fn svg(&self, py: Python<'_>, id: &str, wide: bool) -> PyResult<String> {
        picture::svg(self.claim(py, id)?, wide).map_err(|error| exception(py, error))
    }

    /// The same as PDF.
    fn pdf<'py>(&self, py: Python<'py>, id: &str, wide: bool) -> PyResult<Bound<'py, PyBytes>> {
        let pdf = picture::pdf(self.claim(py, id)?, wide).map_err(|error| exception(py, error))?;
        Ok(PyBytes::new(py, &pdf))
    }

    /// The table of a claim: `tex`, `md` or `csv`, or the entries to cite: `bib`.
    fn text(&self, py: Python<'_>, id: &str, form: &str) -> PyResult<String> {
        let (report, claim) = (&self.report, self.claim(py, id)?);
        let bib = || export::bibtex(report, claim);
        Ok(match form {
            "tex" => latex::table(&export::table(report, claim), id, &bib()),
            "md" => export::markdown(&export::table(report, claim)),
            "csv" => export::points(report, claim),
            "bib" => bib(),
            other => {
                let forms = ["tex", "md", "csv", "bib", "svg", "pdf"];
                return Err(exception(py, Error::unknown("form of a claim", other, forms)));
            }
        })
    }

    /// Writes the run directory.
    fn write(&self, py: Python<'_>, dir: PathBuf, force: bool) -> PyResult<()> {
        let written = Lock::take(&dir, &OUTPUTS, force).and_then(|_lock| write::write(&self.report, &dir));
        written.map_err(|error| exception(py, error))
    }
}

/// The report of a run directory.
#[pyfunction]
pub fn read_report(py: Python<'_>, dir: PathBuf) -> PyResult<NativeReport> {
    let read = report::read(Path::new(&dir)).map(|report| NativeReport { report });
    read.map_err(|error| exception(py, error))
}

/// A schedule that was made.
#[pyclass(frozen, module = "klaim._klaim")]
pub struct NativeSchedule {
    schedule: ScheduleAnswer,
}

#[pymethods]
impl NativeSchedule {
    /// What `--format NAME` prints.
    fn format<'py>(&self, py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyBytes>> {
        let bytes = self.schedule.format(name).map_err(|error| exception(py, error))?;
        Ok(PyBytes::new(py, &bytes))
    }

    /// The figure of the steps on their curve, where there is one.
    fn svg(&self) -> Option<&str> {
        self.schedule.svg()
    }
}
