//! `estimate`: numbers without a claim.

use crate::error::Result;
use crate::estimate::Estimate;
use crate::quantity::{Instruments, Need};
use crate::run::MethodChoice;
use crate::run::ledger::{Ledger, Route};
use crate::run::sampling::{Conditions, LaneState, samples_after};
use crate::run::watch::{Event, Watch};

/// When to stop sampling.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// Stop once every std_err is below this share of its |value|; `None` samples the whole budget.
    pub relative_error: Option<f64>,
    /// Most samples per source.
    pub budget: u64,
}

/// Estimates of `needs`, in their order.
///
/// # Errors
/// A need without a route by the method chosen; a summand that is not finite.
pub fn estimate(
    needs: &[Need],
    choice: MethodChoice,
    seed: u64,
    target: Target,
    watch: &Watch,
) -> Result<Vec<Estimate>> {
    let tools = Instruments::default();
    (watch.event)(Event::Needs(needs.len()));
    let mut ledger = Ledger::new(needs.iter(), choice, &tools, &|| (watch.event)(Event::Found))?;
    let lanes = std::mem::take(&mut ledger.lanes);
    let mut lanes: Vec<LaneState> = lanes.into_iter().map(|l| LaneState::new(l, seed)).collect::<Result<_>>()?;
    let mut open: Vec<bool> = vec![true; lanes.len()];
    let mut taken = 0;
    for round in 1.. {
        if !open.contains(&true) {
            break;
        }
        let until = samples_after(round, target.budget);
        let lanes_open = open.iter().filter(|&&o| o).count();
        (watch.event)(Event::Round(round, lanes_open as u64 * (until - taken), lanes_open));
        let progress = |n| (watch.event)(Event::Sampled(n));
        let conditions =
            Conditions { backend: watch.backend, checkpoint: None, shard: None, stop: watch.stop, progress: &progress };
        for (lane, open) in lanes.iter_mut().zip(&mut open).filter(|(_, open)| **open) {
            let finished = lane.sample(taken, until, &conditions)?;
            let precise = target.relative_error.is_some_and(|error| lane.worst_relative_error() <= error);
            *open = finished && !precise && until < samples_after(u32::MAX, target.budget);
        }
        taken = until;
    }
    Ok(needs.iter().map(|need| read(&ledger, &lanes, need)).collect())
}

fn read(ledger: &Ledger, lanes: &[LaneState], need: &Need) -> Estimate {
    match ledger.route(need) {
        Route::Known(estimate) => *estimate,
        Route::Sampled { lane, readout } => lanes[*lane].read(*readout).expect("every readout was sampled"),
    }
}
