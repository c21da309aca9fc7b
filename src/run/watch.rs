//! What a run tells while it goes on, and how it is stopped.

use std::sync::Arc;

use crate::backend::Backend;
use crate::run::stop::Stop;
use crate::run::store::Store;

/// What a run tells while it runs.
#[derive(Debug, Clone, Copy)]
pub enum Event {
    /// This many numbers are needed.
    Needs(usize),
    /// One of them has its route (and, if deterministic, its value).
    Found,
    /// A round begins.
    Round {
        /// 1, 2, ….
        number: u32,
        /// Samples that it takes over all sources.
        samples: u64,
        /// Cases (or lanes) still open.
        open: usize,
    },
    /// This many samples were taken.
    Sampled(u64),
}

/// What a run reports to while it goes on, and where it takes place.
pub struct Watch<'a> {
    /// Where samples are taken.
    pub backend: Arc<dyn Backend>,
    /// Called by the thread that runs.
    pub event: &'a dyn Fn(Event),
    /// Asks the run to stop: what was finished is judged and kept, what is under way is left.
    pub stop: Stop,
    /// Where parts are kept; kept nowhere where none is given.
    pub store: Option<&'a Store>,
}
