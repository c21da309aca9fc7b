//! One call: the work on a thread of its own without the interpreter's lock, while the caller's thread
//! looks after signals and tells progress.

use std::ffi::OsString;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use std::{panic, thread};

use klaim::internals::cli::ask::{CommandAnswer, ask};
use klaim::internals::cli::caller::Caller;
use klaim::{Event, Result, Stop};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::errors::exception;
use crate::function;

/// How often signals are looked after.
const LOOK: Duration = Duration::from_millis(50);
/// How often a function that is left is looked after.
const SOON: Duration = Duration::from_millis(2);
/// Stack of the thread that works, that of a main thread.
const STACK: usize = 8 << 20;

/// What a call's other threads share with it.
#[derive(Default)]
pub struct Call {
    /// Ends the work early.
    pub stop: Stop,
    /// The first exception of a function that the work called.
    raised: Mutex<Option<PyErr>>,
}

impl Call {
    /// Ends the work with an exception; the first one counts.
    pub fn raise(&self, error: PyErr) {
        self.raised.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
        self.stop.request();
    }
}

/// A stretch of work: what it is, how much, how much of it is done.
#[derive(Clone, Default)]
struct Phase {
    name: String,
    total: u64,
    done: u64,
}

/// Stretches of work, the last of them under way.
#[derive(Default)]
struct Phases(Mutex<Vec<Phase>>);

impl Phases {
    fn hear(&self, event: Event) {
        let mut phases = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let done = match event {
            Event::Needs(n) => {
                phases.push(Phase { name: "exact values".into(), total: n as u64, done: 0 });
                0
            }
            Event::Round { number, samples, .. } => {
                phases.push(Phase { name: format!("round {number}, samples"), total: samples, done: 0 });
                0
            }
            Event::Found => 1,
            Event::Sampled(n) => n,
        };
        if let Some(phase) = phases.last_mut() {
            phase.done += done;
        }
    }
}

/// Tells progress as `tqdm` is told: `progress(total=…, desc=…)` makes a bar with `update` and `close`.
struct Bars<'py> {
    make: Option<Bound<'py, PyAny>>,
    bar: Option<Bound<'py, PyAny>>,
    /// The stretch that the bar is of, and what it was told.
    at: usize,
    told: u64,
}

impl Bars<'_> {
    fn tell(&mut self, phases: &Phases) -> PyResult<()> {
        let Some(make) = self.make.clone() else { return Ok(()) };
        let phases = phases.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        while self.at < phases.len() {
            let phase = &phases[self.at];
            if self.bar.is_none() {
                let words = PyDict::new(make.py());
                words.set_item("total", phase.total)?;
                words.set_item("desc", &phase.name)?;
                self.bar = Some(make.call((), Some(&words))?);
                self.told = 0;
            }
            if let Some(bar) = self.bar.as_ref().filter(|_| phase.done > self.told) {
                bar.call_method1("update", (phase.done - self.told,))?;
                self.told = phase.done;
            }
            if self.at + 1 == phases.len() {
                break;
            }
            self.close()?;
            self.at += 1;
        }
        Ok(())
    }

    fn close(&mut self) -> PyResult<()> {
        self.bar.take().map_or(Ok(()), |bar| bar.call_method0("close").map(drop))
    }
}

/// What `words` find, with what was said beside it. `progress` makes bars, or is None.
///
/// # Errors
/// The exception of a function that was called, a signal's, the library's.
pub fn answer(
    py: Python<'_>,
    words: Vec<OsString>,
    progress: Option<Bound<'_, PyAny>>,
) -> PyResult<(CommandAnswer, Vec<String>)> {
    let call = Arc::new(Call::default());
    // Functions that this call may come to tell it of their exceptions.
    let called = function::calling(&words, &call);
    let found = heard(py, words, progress, &call);
    call.stop.request();
    called.end();
    // A function that is left while it runs must not run on into the end of the interpreter.
    while called.is_busy() && py.check_signals().is_ok() {
        py.detach(|| thread::sleep(SOON));
    }
    found
}

fn heard(
    py: Python<'_>,
    words: Vec<OsString>,
    progress: Option<Bound<'_, PyAny>>,
    call: &Call,
) -> PyResult<(CommandAnswer, Vec<String>)> {
    let phases = Arc::new(Phases::default());
    let heard = Arc::clone(&phases);
    let caller = Arc::new(Caller::new(call.stop.clone(), move |event| heard.hear(event)));
    let mut bars = Bars { make: progress, bar: None, at: 0, told: 0 };
    let (sender, mut receiver) = mpsc::channel::<Result<CommandAnswer>>();
    let asked = Arc::clone(&caller);
    let work = move || drop(sender.send(ask(words, &asked)));
    let worker = thread::Builder::new().stack_size(STACK).spawn(work)?;
    let mut signalled = None;
    let found = loop {
        // This thread alone waits for it.
        let heard = &mut receiver;
        match py.detach(move || heard.recv_timeout(LOOK)) {
            Ok(found) => break Some(found),
            Err(RecvTimeoutError::Disconnected) => break None,
            Err(RecvTimeoutError::Timeout) => {}
        }
        let told = py.check_signals().and_then(|()| bars.tell(&phases));
        if let Err(error) = told {
            call.stop.request();
            if signalled.is_some() {
                // Asked twice: whatever is under way is left.
                return Err(error);
            }
            signalled = Some(error);
        }
    };
    if let Err(said) = py.detach(|| worker.join()) {
        panic::resume_unwind(said);
    }
    bars.tell(&phases)
        .and_then(|()| bars.close())
        .or_else(|error| signalled.as_ref().map(drop).ok_or(error))?;
    if let Some(raised) = call.raised.lock().unwrap_or_else(PoisonError::into_inner).take() {
        return Err(raised);
    }
    if let Some(error) = signalled {
        return Err(error);
    }
    let found = found.unwrap_or(Err(klaim::Error::Interrupted)).map_err(|error| exception(py, error))?;
    let notes = std::mem::take(&mut *caller.notes.lock().unwrap_or_else(PoisonError::into_inner));
    Ok((found, notes))
}

/// Runs the program `klaim`, which `starts` starts again, on `words`; its exit status. Signals are the
/// program's from then on.
#[pyfunction]
pub fn program(py: Python<'_>, starts: Vec<OsString>, words: Vec<OsString>) -> u8 {
    py.detach(|| klaim::internals::cli::run_words(starts, words))
}
