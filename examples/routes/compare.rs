//! Every quantity of a trial by each of its routes, in pairs.

use std::sync::Arc;

use klaim::internals::backend::cpu::Cpu;
use klaim::internals::numeric::estimate::Estimate;
use klaim::internals::quantity::{self, Need, Scope, Setting};
use klaim::internals::run::estimate::{StoppingRule, estimate};
use klaim::internals::run::stop::Stop;
use klaim::internals::run::watch::Watch;

use crate::laws::{Route, Trial};

/// Standard errors by which two routes may differ, beside their bounds: 6e-7 a comparison.
const STANDARD_ERRORS: f64 = 5.0;
/// Samples of a route.
const SAMPLES: u64 = 8192;
/// Rounding of the law itself: coordinates that were rotated, weights that were multiplied,
/// relative.
const SAME_LAW: f64 = 1e-12;
/// All extensive: twice as much of two copies.
const QUANTITIES: &[&str] = &[
    "mmse",
    "mmse_slope",
    "information",
    "posterior_entropy",
    "information_gain",
    "mmse_drop",
    "mmse_integral",
    "slope_integral",
    "path_kl",
];

/// What came of the comparisons.
#[derive(Debug, Default)]
pub struct Tally {
    pub estimates: usize,
    /// Estimates that are not believed.
    pub doubted: usize,
    /// What speaks against them, by its first words.
    pub doubts: std::collections::BTreeMap<String, usize>,
    pub compared: usize,
    /// Two routes that disagree though both are believed, and routes without an answer.
    pub wrong: Vec<String>,
}

impl Tally {
    pub fn add(&mut self, other: Self) {
        self.estimates += other.estimates;
        self.doubted += other.doubted;
        self.compared += other.compared;
        other.doubts.into_iter().for_each(|(why, count)| *self.doubts.entry(why).or_default() += count);
        self.wrong.extend(other.wrong);
    }
}

/// Compares all routes of a trial.
pub fn compare(seed: u64, trial: &Trial) -> Tally {
    let mut tally = Tally::default();
    for &name in QUANTITIES {
        let mut found: Vec<(&Route, Estimate)> = Vec::new();
        for route in &trial.routes {
            if name == "posterior_entropy" && route.source.pmf().is_none() {
                continue;
            }
            match measure(seed, route, trial, name) {
                Ok(estimate) => found.push((route, estimate.scaled(1.0 / route.copies))),
                Err(error) => {
                    tally.wrong.push(format!("{seed}: {name} by {}: {error} · {}", route.name, trial.law))
                }
            }
        }
        tally.estimates += found.len();
        for doubt in found.iter().filter_map(|(_, estimate)| estimate.doubts().into_iter().next()) {
            let words: Vec<&str> = doubt.split([' ', ':']).take(3).collect();
            *tally.doubts.entry(format!("{name}: {}", words.join(" "))).or_default() += 1;
        }
        tally.doubted += found.iter().filter(|(_, estimate)| !estimate.believed()).count();
        for (i, (one, a)) in found.iter().enumerate() {
            for (other, b) in found[..i].iter().filter(|(_, b)| a.believed() && b.believed()) {
                tally.compared += 1;
                let room = STANDARD_ERRORS * a.std_err.hypot(b.std_err) + a.bound + b.bound;
                let off = (a.value - b.value).abs();
                // Infinite values are the same or not; NaN agrees with nothing.
                let agree = a.value.total_cmp(&b.value).is_eq() || off <= room + SAME_LAW * a.value.abs();
                if !agree {
                    tally.wrong.push(format!(
                        "{seed}: {name} at {:.3e} … {:.3e}, {:.1} of what is allowed: {} {:.12e} ± {:.1e} ± {:.1e}, {} {:.12e} ± {:.1e} ± {:.1e} · {}",
                        trial.snr_min, trial.snr, off / room, one.name, a.value, a.std_err, a.bound, other.name, b.value,
                        b.std_err, b.bound, trial.law
                    ));
                }
            }
        }
    }
    tally
}

/// A quantity of a trial by one route.
pub fn measure(
    seed: u64,
    route: &Route,
    trial: &Trial,
    name: &str,
) -> klaim::internals::error::Result<Estimate> {
    let quantity = quantity::find(name)?;
    let setting = match quantity.scope {
        Scope::Snr => Setting::at(trial.snr),
        Scope::Interval => Setting::between(trial.snr_min, trial.snr),
        _ => Setting::path(4, "geometric", trial.snr_min, trial.snr),
    };
    let need = Need { source: Arc::clone(&route.source), quantity, setting };
    let watch = Watch { backend: Arc::new(Cpu), event: &|_| {}, stop: Stop::default(), store: None };
    let target = StoppingRule { relative_error: None, budget: SAMPLES };
    estimate(&[need], route.method, seed, target, &watch)?.remove(0)
}
