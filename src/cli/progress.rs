//! Progress on stderr, when it is a terminal.

use std::sync::Arc;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::Common;
use super::caller::Caller;
use crate::run::watch::Event;

/// One bar: first the deterministic numbers, then the samples of each round.
pub struct Progress {
    bar: ProgressBar,
    /// Hears of it in the bar's place.
    caller: Option<Arc<Caller>>,
}

impl Progress {
    /// A bar, hidden where that is asked for or where stderr is not a terminal.
    pub(super) fn new(common: &Common) -> Self {
        let hidden = common.quiet || common.caller.is_some();
        let target = if hidden { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
        let bar = ProgressBar::with_draw_target(None, target);
        let style = ProgressStyle::with_template(
            "{msg:34} {wide_bar:.cyan/dim} {human_pos}/{human_len}  {elapsed} elapsed, {eta} left",
        );
        bar.set_style(style.expect("a literal template").progress_chars("━╸ "));
        if !hidden {
            bar.enable_steady_tick(Duration::from_millis(200));
        }
        Self { bar, caller: common.caller.clone() }
    }

    /// Shows one event.
    pub fn show(&self, event: Event) {
        if let Some(caller) = &self.caller {
            return (caller.event)(event);
        }
        match event {
            Event::Needs(n) => {
                self.bar.set_length(n as u64);
                self.bar.set_message("exact values and quadrature");
            }
            Event::Found => self.bar.inc(1),
            Event::Round { number, samples, open } => {
                self.bar.set_length(samples);
                self.bar.set_position(0);
                self.bar.reset_eta();
                self.bar.set_message(format!("round {number}: {open} open, samples"));
            }
            Event::Sampled(n) => self.bar.inc(n),
        }
    }

    /// Removes the bar.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }
}
