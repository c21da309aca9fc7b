//! Ctrl-C: the first asks the run to stop at the next strip, the second ends the process.

use std::sync::atomic::{AtomicBool, Ordering};

static STOP: AtomicBool = AtomicBool::new(false);

/// Installs the handler and returns the flag that it sets.
pub fn flag() -> &'static AtomicBool {
    // A second installation fails and changes nothing: the first handler serves all.
    let _ = ctrlc::set_handler(|| {
        if STOP.swap(true, Ordering::Relaxed) {
            std::process::exit(130);
        }
        eprintln!("\nstopping after the blocks in hand; press Ctrl-C again to stop at once");
    });
    &STOP
}
