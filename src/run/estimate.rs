//! `estimate`: numbers without a claim.

use std::sync::Arc;

use crate::error::{Error, Result};
use crate::numeric::estimate::Estimate;
use crate::numeric::moments::Pairs;
use crate::quantity::{Instruments, Need};
use crate::run::ledger::{Lane, LaneColumn, Ledger, Route, Search};
use crate::run::options::MethodChoice;
use crate::run::sampling::LaneState;
use crate::run::take::Conditions;
use crate::run::tree::samples_after;
use crate::run::watch::{Event, Watch};

/// When to stop sampling.
#[derive(Debug, Clone, Copy)]
pub struct StoppingRule {
    /// Stop once every std_err is below this share of its |value|; `None` samples the whole budget.
    pub relative_error: Option<f64>,
    /// Most samples per source.
    pub budget: u64,
}

/// Estimates of `needs`, in their order, each with why it could not be made where it could not: no
/// route by the method chosen, a summand that is not finite, a stop. One takes no other with it.
///
/// # Errors
/// A device that fails.
pub fn estimate(
    needs: &[Need],
    method: MethodChoice,
    seed: u64,
    target: StoppingRule,
    watch: &Watch,
) -> Result<Vec<Result<Estimate>>> {
    estimate_with(&Arc::default(), needs, (method, seed), target, watch)
}

/// [`estimate`] with a memo of deterministic results, for callers that have more to ask of it.
///
/// # Errors
/// A device that fails.
pub fn estimate_with(
    tools: &Arc<Instruments>,
    needs: &[Need],
    (method, seed): (MethodChoice, u64),
    target: StoppingRule,
    watch: &Watch,
) -> Result<Vec<Result<Estimate>>> {
    (watch.event)(Event::Needs(needs.len()));
    let found = &|| (watch.event)(Event::Found);
    let mut ledger = Ledger::new(needs.iter(), Search { method, tools, stop: &watch.stop, found });
    let alone = |lane: Lane| {
        let pairs = Pairs::within(lane.needs.len(), []);
        (lane, pairs)
    };
    let lanes = std::mem::take(&mut ledger.lanes).into_iter().map(alone).collect();
    let mut lanes = LaneState::all(lanes, seed, &watch.stop)?.unwrap_or_default();
    let mut open: Vec<bool> = vec![true; lanes.len()];
    let mut taken = 0;
    for round in 1.. {
        if !open.contains(&true) || watch.stop.requested() {
            break;
        }
        let until = samples_after(round, target.budget);
        let lanes_open = open.iter().filter(|&&o| o).count();
        let samples = lanes_open as u64 * (until - taken);
        (watch.event)(Event::Round { number: round, samples, open: lanes_open });
        let progress = |n| (watch.event)(Event::Sampled(n));
        let conditions = Conditions { backend: &watch.backend, stop: &watch.stop };
        for (lane, open) in lanes.iter_mut().zip(&mut open).filter(|(_, open)| **open) {
            let finished = lane.sample(taken..until, conditions, &progress)?;
            let precise = target.relative_error.is_some_and(|error| lane.worst_relative_error() <= error);
            *open = finished && !precise && until < samples_after(u32::MAX, target.budget);
        }
        taken = until;
    }
    Ok(needs.iter().map(|need| read(&ledger, &lanes, need)).collect())
}

fn read(ledger: &Ledger, lanes: &[LaneState], need: &Need) -> Result<Estimate> {
    match ledger.route(need) {
        Route::Known(estimate) => Ok(*estimate),
        Route::Missing(error) => Err(Error::Shared(Arc::clone(error))),
        Route::Sampled(LaneColumn { lane, column }) => {
            let lane = lanes.get(*lane).ok_or(Error::Interrupted)?;
            match lane.failure(*column) {
                Some(error) => Err(Error::Shared(Arc::clone(error))),
                None => lane.read(*column).ok_or(Error::Interrupted),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::ops::Range;

    use super::*;
    use crate::backend::cpu::Cpu;
    use crate::backend::{Backend, Job, Open};
    use crate::numeric::moments::Moments;
    use crate::quantity::{Setting, find};
    use crate::run::stop::Stop;
    use crate::source::Source;

    /// The processors, but for readouts at SNR 2, which they find not finite in sample 77 of every
    /// leaf.
    struct Faulty;

    struct FaultyJob<'a>(&'a Job<'a>, Box<dyn Open + 'a>);

    impl Backend for Faulty {
        fn name(&self) -> String {
            "faulty".into()
        }

        fn open<'a>(&'a self, job: &'a Job<'a>, samples: u64) -> Result<Box<dyn Open + 'a>> {
            Ok(Box::new(FaultyJob(job, Cpu.open(job, samples)?)))
        }
    }

    impl Open for FaultyJob<'_> {
        fn run(&self, range: Range<u64>) -> Result<Moments> {
            let at_two = |&c: &usize| self.0.instrument.name(c).ends_with("At(2.0)");
            match (0..self.0.instrument.columns()).find(at_two) {
                Some(column) => Err(self.0.not_finite(column, range.start + 77)),
                None => self.1.run(range),
            }
        }
    }

    fn measured(backend: Arc<dyn Backend>, snrs: &[f64]) -> Vec<Result<Estimate>> {
        let source = Arc::new(Source::parse("simplex:atoms=4").unwrap());
        let need = |name: &str, snr: f64| Need {
            source: Arc::clone(&source),
            quantity: find(name).unwrap(),
            setting: Setting::at(snr),
        };
        let needs: Vec<Need> =
            snrs.iter().flat_map(|&snr| ["mmse", "information"].map(|name| need(name, snr))).collect();
        let watch = Watch { backend, event: &|_| {}, stop: Stop::default(), store: None };
        let target = StoppingRule { relative_error: None, budget: 4096 };
        estimate(&needs, MethodChoice::MonteCarlo, 5, target, &watch).unwrap()
    }

    /// The others are what they are alone, to the bit, and the message names quantity, law and
    /// sample in words.
    #[test]
    fn a_number_that_is_not_finite_takes_no_other_with_it() {
        let found = measured(Arc::new(Faulty), &[1.0, 2.0, 3.0]);
        let alone = measured(Arc::new(Cpu), &[1.0, 3.0]);
        let others = found[..2].iter().chain(&found[4..]);
        for (found, alone) in others.zip(&alone) {
            assert_eq!(found.as_ref().unwrap(), alone.as_ref().unwrap());
        }
        for (found, name) in found[2..4].iter().zip(["mmse", "information"]) {
            let said = found.as_ref().unwrap_err().to_string();
            assert!(
                said.starts_with(&format!("{name} at snr 2 of simplex:atoms=4 is not finite at seed 5, ")),
                "{said}"
            );
            assert!(said.ends_with("sample 77"), "{said}");
        }
    }
}
