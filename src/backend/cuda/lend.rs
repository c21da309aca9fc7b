//! Workers that are lent to whoever comes, one at a time.

use std::sync::{Condvar, Mutex, PoisonError};

/// Workers of all devices; which one is lent changes no bit of what it does.
pub struct Lender<W> {
    free: Mutex<Vec<W>>,
    returned: Condvar,
}

impl<W> Lender<W> {
    /// At least one worker.
    pub fn new(workers: Vec<W>) -> Self {
        Self { free: Mutex::new(workers), returned: Condvar::new() }
    }

    /// Waits for a free worker, lends it, takes it back.
    pub fn with<T>(&self, use_it: impl FnOnce(&W) -> T) -> T {
        let free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let mut free =
            self.returned.wait_while(free, |f| f.is_empty()).unwrap_or_else(PoisonError::into_inner);
        let worker = free.pop().expect("waited until one is free");
        drop(free);
        let result = use_it(&worker);
        self.free.lock().unwrap_or_else(PoisonError::into_inner).push(worker);
        self.returned.notify_one();
        result
    }

    /// Changes every worker, while none is lent.
    pub fn for_each(&mut self, change: impl FnMut(&mut W)) {
        self.free.get_mut().unwrap_or_else(PoisonError::into_inner).iter_mut().for_each(change);
    }
}
