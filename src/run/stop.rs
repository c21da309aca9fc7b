//! How a run is stopped: whoever waits for work leaves it, and reports what is there.

use std::panic;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use crate::error::Result;

/// How often whoever waits looks whether a stop is asked for: far below the two seconds in which it
/// must be obeyed.
const LOOK: Duration = Duration::from_millis(20);
/// Stack of a thread that works, that of a main thread.
const STACK: usize = 8 << 20;

/// A request to stop, made once, by a signal or by a caller; clones are the same request.
///
/// Work of any length (a quadrature, a chain, a library's loop) goes through [`Stop::attend`], so
/// nothing but that function need know how to end early. Work that was left goes on until it is
/// done or the process ends, and is heard no more.
#[derive(Debug, Clone, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// Asks to stop; returns whether that was asked before.
    pub fn request(&self) -> bool {
        self.0.swap(true, Ordering::Relaxed)
    }

    /// Whether a stop is asked for.
    pub fn requested(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// Does `work` on a thread of its own and gives `each` what it sends, in the order sent.
    /// Returns whether `work` came to its end; where a stop is asked for, `work` is left within 20
    /// ms, with all that it has sent by then.
    ///
    /// A thread of rayon's pool does `work` itself and to its end: were it to wait, nobody might be
    /// left to do what `work` gives to the pool. So does who may have no other thread (`ulimit -u`).
    ///
    /// # Errors
    /// What `each` refuses, which leaves `work` as well.
    ///
    /// # Panics
    /// Where `work` panics, with what it said.
    pub fn attend<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Sender<T>) + Send + 'static,
        each: impl FnMut(T) -> Result<()>,
    ) -> Result<bool> {
        self.attend_on(STACK, work, each)
    }

    fn attend_on<T: Send + 'static>(
        &self,
        stack: usize,
        work: impl FnOnce(&Sender<T>) + Send + 'static,
        mut each: impl FnMut(T) -> Result<()>,
    ) -> Result<bool> {
        if self.requested() {
            return Ok(false);
        }
        let (sender, receiver) = mpsc::channel();
        let job = Arc::new(Mutex::new(Some((work, sender))));
        let run = move || {
            let taken = job.lock().unwrap_or_else(PoisonError::into_inner).take();
            if let Some((work, sender)) = taken {
                work(&sender);
            }
        };
        let alone = rayon::current_thread_index().is_some();
        let worker =
            if alone { None } else { thread::Builder::new().stack_size(stack).spawn(run.clone()).ok() };
        let Some(worker) = worker else {
            run();
            receiver.iter().try_for_each(each)?;
            return Ok(true);
        };
        loop {
            match receiver.recv_timeout(LOOK) {
                Ok(found) => each(found)?,
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            if self.requested() {
                receiver.try_iter().try_for_each(each)?;
                return Ok(false);
            }
        }
        worker.join().unwrap_or_else(|said| panic::resume_unwind(said));
        Ok(true)
    }

    /// The result of `work`; `None` where a stop is asked for before it is there.
    ///
    /// # Panics
    /// Where `work` panics, with what it said.
    pub fn unless<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
        let mut found = None;
        let keep = |value| {
            found = Some(value);
            Ok(())
        };
        // A result that nobody waits for is dropped.
        self.attend(move |sender| drop(sender.send(work())), keep).expect("keeping a value cannot fail");
        found
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use rayon::prelude::*;

    use super::*;
    use crate::error::Error;

    /// Longer than any test may take.
    const FOREVER: Duration = Duration::from_secs(600);

    #[test]
    fn who_may_have_no_thread_works_alone() {
        let (caller, mut found) = (thread::current().id(), Vec::new());
        // No system has room for such a stack.
        let ended = Stop::default().attend_on(
            1 << 60,
            move |sender| (0..3).for_each(|k| sender.send((k, thread::current().id() == caller)).unwrap()),
            |one| {
                found.push(one);
                Ok(())
            },
        );
        assert!(ended.unwrap());
        assert_eq!(found, [(0, true), (1, true), (2, true)]);
    }

    #[test]
    fn work_is_left_with_what_it_has_sent() {
        let (stop, begun) = (Stop::default(), Instant::now());
        let mut heard = Vec::new();
        let work = |sender: &Sender<u32>| {
            [1, 2].iter().for_each(|&k| sender.send(k).unwrap());
            thread::sleep(FOREVER);
        };
        let each = |k| {
            heard.push(k);
            if k == 2 {
                stop.request();
            }
            Ok(())
        };
        assert!(!stop.attend(work, each).unwrap());
        assert_eq!(heard, [1, 2]);
        assert!(begun.elapsed() < FOREVER / 10);
        assert_eq!(stop.unless(|| 3), None);
    }

    #[test]
    fn work_that_ends_is_heard_to_its_end() {
        let (stop, mut heard) = (Stop::default(), 0);
        let finished = stop.attend(
            |sender| (0..100).for_each(|k| sender.send(k).unwrap()),
            |k: u32| {
                heard += k;
                Ok(())
            },
        );
        assert!(finished.unwrap());
        assert_eq!((heard, stop.unless(|| 3)), (4950, Some(3)));
    }

    /// More waiting threads than the pool has, each for work of the pool.
    #[test]
    fn a_pool_does_not_wait_for_itself() {
        let stop = Stop::default();
        let sum = |n: u64| stop.unless(move || (0..n).into_par_iter().sum::<u64>()).unwrap();
        let all: Vec<u64> = (0..64).into_par_iter().map(sum).collect();
        assert_eq!(all[63], 62 * 63 / 2);
    }

    #[test]
    fn errors_and_panics_come_through() {
        let stop = Stop::default();
        let error = stop
            .attend(|sender| sender.send(1).unwrap_or_default(), |_: u32| Err(Error::invalid("here", "no")));
        assert_eq!(error.unwrap_err().to_string(), "here: no");
        let panicked = panic::catch_unwind(|| stop.unless(|| -> u32 { panic!("a broken invariant") }));
        assert_eq!(panicked.unwrap_err().downcast_ref::<&str>(), Some(&"a broken invariant"));
    }
}
