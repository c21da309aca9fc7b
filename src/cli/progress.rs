//! Progress on stderr, when it is a terminal.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::run::watch::Event;

/// One bar: first the deterministic numbers, then the samples of each round.
pub struct Progress {
    bar: ProgressBar,
}

impl Progress {
    /// A bar, hidden where `quiet` or where stderr is not a terminal.
    pub fn new(quiet: bool) -> Self {
        let target = if quiet { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
        let bar = ProgressBar::with_draw_target(None, target);
        let style = ProgressStyle::with_template(
            "{msg:34} {wide_bar:.cyan/dim} {human_pos}/{human_len}  {elapsed} elapsed, {eta} left",
        );
        bar.set_style(style.expect("a literal template").progress_chars("━╸ "));
        bar.enable_steady_tick(Duration::from_millis(200));
        Self { bar }
    }

    /// Shows one event.
    pub fn show(&self, event: Event) {
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
