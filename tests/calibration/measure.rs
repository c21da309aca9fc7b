//! Estimates of many needs under many seeds, with the route that each takes.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use klaim::internals::backend::cpu::Cpu;
use klaim::internals::numeric::estimate::{Estimate, Method};
use klaim::internals::quantity::{self, Need, Setting};
use klaim::internals::run::estimate::{StoppingRule, Survey, estimate, survey};
use klaim::internals::run::ledger::{LaneColumn, Route};
use klaim::internals::run::options::MethodChoice;
use klaim::internals::run::stop::Stop;
use klaim::internals::run::watch::Watch;
use klaim::internals::source::Source;
use rayon::prelude::*;

use super::tally::Truth;

/// The fewest that a run takes: there a regression on the controls is at its worst.
pub const SAMPLES: u64 = 2048;

/// One number that is asked for.
pub fn need(source: &Arc<Source>, name: &str, setting: Setting) -> Need {
    Need { source: Arc::clone(source), quantity: quantity::find(name).expect("a quantity"), setting }
}

/// Estimates of `needs`, in their order.
pub fn measure(needs: &[Need], choice: MethodChoice, seed: u64, samples: u64) -> Vec<Estimate> {
    let target = StoppingRule { relative_error: None, budget: samples };
    let found = estimate(needs, choice, seed, target, &watch()).expect("a run");
    found.into_iter().map(|found| found.expect("a number that can be measured")).collect()
}

/// For each of `needs` its estimates from `samples` samples under the seeds 0, 1, …
pub fn replicate(needs: &[Need], samples: u64, replications: u64) -> Vec<Vec<Estimate>> {
    let run = |seed| measure(needs, MethodChoice::MonteCarlo, seed, samples);
    let runs: Vec<Vec<Estimate>> = (0..replications).into_par_iter().map(run).collect();
    (0..needs.len()).map(|i| runs.iter().map(|run| run[i]).collect()).collect()
}

/// The truncated means of the same samples at the level 0.05, where there are any.
pub fn truncated(needs: &[Need], replications: u64) -> Vec<Vec<Estimate>> {
    let run = |seed: u64| -> Vec<Option<Estimate>> {
        let watch = watch();
        let survey = sampled_once(needs, seed, &watch);
        let read = |need: &Need| match survey.ledger.route(need) {
            Route::Sampled(LaneColumn { lane, column }) => {
                // Its interval, which the tally takes in as a middle and a bound.
                let bracket = survey.lanes[*lane].truncated(*column, super::tally::LEVEL)?;
                let (middle, half) =
                    (0.5 * (bracket.low + bracket.high), 0.5 * (bracket.high - bracket.low));
                Some(Estimate { n: bracket.n, method: bracket.method, ..Estimate::quadrature(middle, half) })
            }
            Route::Known(_) | Route::Missing(_) => None,
        };
        needs.iter().map(read).collect()
    };
    let runs: Vec<Vec<Option<Estimate>>> = (0..replications).into_par_iter().map(run).collect();
    (0..needs.len()).map(|i| runs.iter().filter_map(|run| run[i]).collect()).collect()
}

fn watch() -> Watch<'static> {
    Watch { backend: Arc::new(Cpu), event: &|_| {}, stop: Stop::default(), store: None }
}

fn sampled_once<'a>(needs: &[Need], seed: u64, watch: &'a Watch) -> Survey<'a> {
    let target = StoppingRule { relative_error: None, budget: SAMPLES };
    survey(&Arc::default(), needs, (MethodChoice::MonteCarlo, seed), target, watch).expect("a run")
}

/// The name of the samples that each need is read off: plain, tilted or simulated.
pub fn routes(needs: &[Need]) -> Vec<String> {
    let watch = watch();
    let survey = sampled_once(needs, 0, &watch);
    let name = |need: &Need| match survey.ledger.route(need) {
        Route::Sampled(slot) => match survey.lanes[slot.lane].sampled().instrument.samples() {
            name if name.contains("|tilted for ") => "tilted".into(),
            name if name.contains("|paths by ") => "simulated paths".into(),
            _ => "monte-carlo".into(),
        },
        Route::Known(estimate) => estimate.method.to_string(),
        Route::Missing(error) => error.to_string(),
    };
    needs.iter().map(name).collect()
}

/// The values of a deterministic route, each times `copies`.
pub fn exact(needs: &[Need], copies: f64) -> Vec<Truth> {
    let values = measure(needs, MethodChoice::Quadrature, 0, SAMPLES);
    let truth = |e: &Estimate| {
        assert!(e.method != Method::MonteCarlo && e.std_err == 0.0, "{e:?}");
        Truth::Exact { value: copies * e.value, bound: copies * e.bound }
    };
    values.iter().map(truth).collect()
}

/// The rows of a table of data/.
pub fn rows(file: &str) -> Vec<HashMap<String, String>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("data").join(file);
    let mut reader = csv::Reader::from_path(&path).expect("a table");
    reader.deserialize().map(|row| row.expect("a row")).collect()
}

/// The value of `need` with its standard error in a table that another program made, the law being
/// called `law` there; I = H − H(X|Y) where the table has the latter alone.
pub fn sampled(table: &[HashMap<String, String>], law: &str, need: &Need) -> Option<Truth> {
    let snr = need.setting.snr().ok()?;
    let find = |quantity: &str| {
        let row = table.iter().find(|row| {
            let named = row.get("law").or(row.get("source")).is_some_and(|name| name == law);
            named
                && row["quantity"] == quantity
                && row["snr"].parse().is_ok_and(|at: f64| at.to_bits() == snr.to_bits())
        })?;
        let number = |column: &str| row[column].parse::<f64>().expect("a number");
        Some((number("value"), number("std_err")))
    };
    let derived = || {
        let (rest, std_err) = find("posterior_entropy").filter(|_| need.quantity.name == "information")?;
        Some((need.source.pmf()?.shannon().value - rest, std_err))
    };
    let (value, std_err) = find(need.quantity.name).or_else(derived)?;
    Some(Truth::Sampled { value, std_err })
}

/// A number in few letters: 0.01, 1e-9.
pub fn short(x: f64) -> String {
    if (1e-3..1e4).contains(&x) { format!("{x}") } else { format!("{x:e}") }
}
