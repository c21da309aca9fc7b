//! Python's functions as denoisers: the kind `python`, whose functions Python objects hold.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use klaim::internals::channel::posterior::BATCH;
use klaim::internals::cli::ask::claim_texts;
use klaim::internals::denoiser::{Convention, Make, NOISES, OUTPUTS, STATES};
use klaim::{Arguments, DENOISERS, Denoiser, DenoiserKind, Error, Parameter};
use pyo3::prelude::*;
use pyo3::types::{PyByteArray, PyBytes};

use crate::errors::exception;
use crate::run::Call;
use crate::value::{bytes, numbers};

/// `python:name=mine`.
static KIND: DenoiserKind = DenoiserKind {
    name: "python",
    summary: "a function of this process (klaim.Denoiser)",
    parameters: &[Parameter { name: "name", default: None, summary: "its name" }],
    read,
};

/// A function and how it is called.
struct Function {
    name: String,
    call: Py<PyAny>,
    convention: Convention,
    /// What its arithmetic adds to an estimate, a share of its length.
    rounding: f64,
    /// The calls that may come to it.
    calls: Mutex<Vec<Weak<Call>>>,
    /// Threads that are in it.
    inside: AtomicUsize,
}

/// A thread in a function, while it lives.
struct Inside<'a>(&'a AtomicUsize);

impl<'a> Inside<'a> {
    fn new(count: &'a AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::SeqCst);
        Self(count)
    }
}

impl Drop for Inside<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

static HELD: Mutex<BTreeMap<String, Arc<Function>>> = Mutex::new(BTreeMap::new());

fn held() -> std::sync::MutexGuard<'static, BTreeMap<String, Arc<Function>>> {
    HELD.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Makes the kind known.
///
/// # Errors
/// A name that is taken.
pub fn register() -> PyResult<()> {
    let added = DENOISERS.add(&KIND);
    added.map_err(|error| pyo3::exceptions::PyRuntimeError::new_err(error.to_string()))
}

fn read(arguments: &Arguments) -> klaim::Result<Make> {
    let (name, spec) = (arguments.text("name")?, arguments.spec().to_string());
    let function = held().get(name).cloned().ok_or_else(|| {
        Error::invalid(
            format!("denoiser `{spec}`"),
            "there is no klaim.Denoiser of that name: make one, and keep it",
        )
    })?;
    Ok(Box::new(move |estimand| {
        let (source, function) = (estimand.source(), Arc::clone(&function));
        let mean = estimand.mean().map_or(0.0, |mean| mean.prior().iter().map(|x| x * x).sum());
        let length = (mean + source.second_moment().value).sqrt();
        Ok(Arc::new(Called { function, spec: spec.clone(), dim: source.dim(), length }))
    }))
}

/// A function for a law.
struct Called {
    function: Arc<Function>,
    spec: String,
    dim: usize,
    /// √E|X|².
    length: f64,
}

impl std::fmt::Debug for Called {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} on R^{}", self.spec, self.dim)
    }
}

impl Function {
    /// The calls that wait for it.
    fn calls(&self) -> Vec<Arc<Call>> {
        let calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        calls.iter().filter_map(Weak::upgrade).collect()
    }

    /// Its outputs for `states`, n × d by rows.
    ///
    /// Work that was left goes on when nobody waits for it: it comes to no function any more.
    fn outputs(&self, states: Vec<f64>, dim: usize, level: f64) -> klaim::Result<Vec<f64>> {
        let _here = Inside::new(&self.inside);
        let calls = self.calls();
        if calls.iter().all(|call| call.stop.requested()) {
            return Err(Error::Interrupted);
        }
        let found = Python::try_attach(|py| -> PyResult<Vec<f64>> {
            let states = PyByteArray::new(py, &bytes(&states));
            let found = self.call.bind(py).call1((states, dim, level))?;
            Ok(numbers(found.cast::<PyBytes>()?.as_bytes()))
        });
        match found {
            Some(Ok(found)) => Ok(found),
            Some(Err(error)) => {
                let message = Error::Told(format!("denoiser `python:name={}`: {error}", self.name));
                let copy = |call: &Arc<Call>| {
                    let own = Python::try_attach(|py| error.clone_ref(py));
                    own.into_iter().for_each(|error| call.raise(error));
                };
                calls.iter().for_each(copy);
                Err(message)
            }
            None => Err(Error::Interrupted),
        }
    }
}

impl Denoiser for Called {
    fn name(&self) -> &str {
        &self.spec
    }

    fn estimate(&self, states: &[f64], snr: f64, out: &mut [f64]) -> klaim::Result<()> {
        let (dim, convention) = (self.dim, self.function.convention);
        if snr <= 0.0 {
            let message = "has no noise level at snr 0: start at an snr > 0";
            return Err(Error::invalid(format!("denoiser `{}`", self.spec), message));
        }
        let factor = convention.of_state(snr);
        let rows = (0..BATCH).flat_map(|s| (0..dim).map(move |k| factor * states[k * BATCH + s])).collect();
        let found = self.function.outputs(rows, dim, convention.of_noise(snr))?;
        let [of_state, of_output] = convention.of_output(snr);
        for (s, row) in found.chunks(dim).enumerate() {
            for (k, x) in row.iter().enumerate() {
                let at = k * BATCH + s;
                out[at] = of_state.mul_add(states[at], of_output * x);
            }
        }
        Ok(())
    }

    fn rounding(&self, snr: f64) -> f64 {
        let noise = if self.function.convention.gives_x0() { 0.0 } else { (self.dim as f64 / snr).sqrt() };
        self.function.rounding * (self.length + noise)
    }
}

/// Holds a function under a name as long as it lives.
#[pyclass(frozen, module = "klaim._klaim")]
pub struct NativeFunction {
    name: String,
}

#[pymethods]
impl NativeFunction {
    #[new]
    fn new(
        py: Python<'_>,
        name: String,
        call: Py<PyAny>,
        words: [String; 3],
        rounding: f64,
    ) -> PyResult<Self> {
        let [state, noise, output] = &words;
        let refuse = |error: Error| exception(py, error);
        for (what, word, known) in
            [("input", state, &STATES[..]), ("noise", noise, &NOISES[..]), ("output", output, &OUTPUTS[..])]
        {
            if !known.contains(&word.as_str()) {
                return Err(refuse(Error::unknown(what, word, known.iter().copied())));
            }
        }
        if name.is_empty() || !name.chars().all(of_name) {
            let message = "a name has letters, digits, `-` and `_` alone";
            return Err(refuse(Error::invalid(format!("denoiser `{name}`"), message)));
        }
        let convention = Convention::named(state, noise, output);
        let function = Function {
            name: name.clone(),
            call,
            convention,
            rounding,
            calls: Mutex::default(),
            inside: AtomicUsize::new(0),
        };
        let mut all = held();
        if all.contains_key(&name) {
            let message = "there is a denoiser of that name already: take another, or let that one go";
            drop(all);
            return Err(refuse(Error::invalid(format!("denoiser `{name}`"), message)));
        }
        all.insert(name.clone(), Arc::new(function));
        Ok(Self { name })
    }

    /// The spec that names it.
    #[getter]
    fn spec(&self) -> String {
        format!("python:name={}", self.name)
    }
}

impl Drop for NativeFunction {
    fn drop(&mut self) {
        let function = held().remove(&self.name);
        // Its last holder may be a thread that is still at work.
        drop(function);
    }
}

/// Functions that know of a call.
pub struct Calling(Vec<Arc<Function>>, Arc<Call>);

/// Tells the functions that `words`, or the claims in files that they name, may come to of `call`.
pub fn calling(words: &[OsString], call: &Arc<Call>) -> Calling {
    let of = |word: &OsString| {
        let word = word.to_string_lossy().into_owned();
        [claim_texts(&word), vec![word]].concat()
    };
    let texts: Vec<String> = words.iter().flat_map(of).collect();
    let named = |function: &&Arc<Function>| texts.iter().any(|text| names(text, &function.name));
    let functions: Vec<Arc<Function>> = held().values().filter(named).cloned().collect();
    for function in &functions {
        function.calls.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::downgrade(call));
    }
    Calling(functions, Arc::clone(call))
}

/// Whether `name` stands in `text`, not as the beginning of a longer name.
fn names(text: &str, name: &str) -> bool {
    let goes_on = |rest: &str| rest.starts_with(of_name);
    text.match_indices(name).any(|(at, _)| !goes_on(&text[at + name.len()..]))
}

/// Whether a character may stand in a name.
fn of_name(c: char) -> bool {
    c.is_alphanumeric() || c == '-' || c == '_'
}

impl Calling {
    /// Takes the call away from the functions; from then on no work of it comes to them.
    pub fn end(&self) {
        for function in &self.0 {
            let mut calls = function.calls.lock().unwrap_or_else(PoisonError::into_inner);
            calls.retain(|call| call.upgrade().is_some_and(|call| !Arc::ptr_eq(&call, &self.1)));
        }
    }

    /// Whether a thread is in one of the functions that no call waits for.
    pub fn is_busy(&self) -> bool {
        let left = |function: &Arc<Function>| function.calls().is_empty();
        self.0.iter().any(|function| function.inside.load(Ordering::SeqCst) > 0 && left(function))
    }
}
