//! SIGINT (Ctrl-C) and SIGTERM: the first asks the command to stop and to keep what it has, the
//! second ends the process.

#[cfg(unix)]
use std::sync::Arc;
use std::sync::OnceLock;

use crate::run::stop::Stop;

/// Exit status of a command that a signal ended before it had anything to report.
pub const NOTHING: u8 = 130;

/// Exit status where some of what was asked for could not be measured: nothing wrong, something
/// inconclusive.
pub const INCOMPLETE: u8 = 3;

/// The request of a command that has something to keep; a command without one ends at the first
/// signal.
static ATTENDED: OnceLock<Stop> = OnceLock::new();

/// Installs the handler of signals.
pub fn install() {
    // A file that grows too large (`ulimit -f`) is an error of that file, not the end of the program.
    #[cfg(unix)]
    let _ = signal_hook::flag::register(signal_hook::consts::SIGXFSZ, Arc::default());
    // A second installation fails and changes nothing: the first handler serves all.
    let _ = ctrlc::set_handler(|| match ATTENDED.get() {
        None => {
            eprintln!("interrupted before anything was measured");
            std::process::exit(NOTHING.into());
        }
        Some(stop) if stop.request() => std::process::exit(NOTHING.into()),
        Some(_) => eprintln!("\nstopping with what was measured; once more stops without it"),
    });
}

/// The request that the first signal makes from now on.
pub fn attended() -> Stop {
    ATTENDED.get_or_init(Stop::default).clone()
}
