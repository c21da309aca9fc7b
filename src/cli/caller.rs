//! The Python package as the caller of a command: how it stops it, and what it is told meanwhile.

use std::sync::{Mutex, PoisonError};

use crate::run::stop::Stop;
use crate::run::watch::Event;

/// Who asks: how it stops a command, what it hears meanwhile.
pub struct Caller {
    /// Ends the command early, with what is there.
    pub stop: Stop,
    /// Called by the thread that runs.
    pub event: Box<dyn Fn(Event) + Send + Sync>,
    /// What the program says on stderr beside its results.
    pub notes: Mutex<Vec<String>>,
}

impl Caller {
    /// One that hears of `event`.
    pub fn new(stop: Stop, event: impl Fn(Event) + Send + Sync + 'static) -> Self {
        Self { stop, event: Box::new(event), notes: Mutex::default() }
    }

    /// Keeps a line for the caller.
    pub fn note(&self, line: String) {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner).push(line);
    }
}
