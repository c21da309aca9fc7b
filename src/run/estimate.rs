//! `estimate`: numbers without a claim.

use std::sync::Arc;

use crate::error::{Error, Result};
use crate::numeric::estimate::Estimate;
use crate::numeric::moments::Pairs;
use crate::quantity::{Memo, Need};
use crate::run::collected::{Collected, Held};
use crate::run::inventory::{Inventory, Paged};
use crate::run::ledger::{Lane, LaneColumn, Ledger, Route};
use crate::run::options::MethodChoice;
use crate::run::sampling::LaneState;
use crate::run::stage::{LaneUnit, Stage, StageUnit};
use crate::run::stop::Stop;
use crate::run::tree::samples_after;
use crate::run::watch::Watch;
use crate::run::work::complete;

/// When to stop sampling.
#[derive(Debug, Clone, Copy)]
pub struct StoppingRule {
    /// Stop once every std_err is below this share of its |value|; `None` samples the whole budget.
    pub relative_error: Option<f64>,
    /// Most samples of one lane (of one source, by one kind of sampling).
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
    tools: &Arc<Memo>,
    needs: &[Need],
    (method, seed): (MethodChoice, u64),
    target: StoppingRule,
    watch: &Watch,
) -> Result<Vec<Result<Estimate>>> {
    let survey = survey(tools, needs, (method, seed), target, watch)?;
    Ok(needs.iter().map(|need| survey.read(need)).collect())
}

/// `needs` as far as they were measured.
///
/// # Errors
/// A device that fails.
pub fn survey<'a>(
    tools: &Arc<Memo>,
    needs: &[Need],
    (method, seed): (MethodChoice, u64),
    target: StoppingRule,
    watch: &'a Watch,
) -> Result<Survey<'a>> {
    let mut survey = Survey {
        inventory: Arc::new(Inventory::numbers(needs, (method, seed), tools)),
        ledger: Ledger::default(),
        lanes: Vec::new(),
        open: Vec::new(),
        round: 0,
        taken: 0,
        target,
        stop: &watch.stop,
    };
    while let Some(stage) = survey.stage() {
        let held = complete((&stage, || stage.units.len()), &survey.inventory, watch)?;
        survey.absorb(&stage, held)?;
    }
    Ok(survey)
}

/// Numbers without a claim, on their way.
pub struct Survey<'a> {
    inventory: Arc<Inventory>,
    /// Where each comes from.
    pub ledger: Ledger,
    /// What takes their samples, in the ledger's order.
    pub lanes: Vec<LaneState>,
    /// Whether each lane is sampled on.
    open: Vec<bool>,
    /// 0 before what needs no samples, then the round of sampling that is next.
    round: u32,
    taken: u64,
    target: StoppingRule,
    stop: &'a Stop,
}

impl Survey<'_> {
    /// What is to be measured next; `None` where all is, and after a stop.
    fn stage(&mut self) -> Option<Stage> {
        if self.stop.requested() && self.round > 0 {
            return None;
        }
        let units = if self.round == 0 { self.inventory.units(Paged::No) } else { self.units() };
        (!units.is_empty()).then(|| Stage { run: self.inventory.hash(), round: self.round, units })
    }

    /// The next samples of the open lanes.
    fn units(&self) -> Vec<StageUnit> {
        let range = self.taken..samples_after(self.round, self.target.budget);
        let open = self.lanes.iter().zip(&self.open).enumerate().filter(|(_, (_, open))| **open);
        let unit = |(number, (lane, _)): (usize, (&LaneState, &bool))| {
            let (columns, sampled) = (lane.needs(), lane.sampled());
            self.inventory.keep(number, columns.clone(), sampled);
            let pairs = Pairs::clone(&sampled.pairs);
            StageUnit::Lane(LaneUnit { lane: number, columns, pairs, range: range.clone() })
        };
        open.map(unit).collect()
    }

    /// Takes in what was measured of `stage`: what was taken before a stop counts.
    fn absorb(&mut self, stage: &Stage, mut collected: Collected) -> Result<()> {
        self.round += 1;
        if self.round == 1 {
            return self.place(stage, collected);
        }
        let until = samples_after(stage.round, self.target.budget);
        for (number, unit) in stage.units.iter().enumerate() {
            let StageUnit::Lane(unit) = unit else { continue };
            let lane = &mut self.lanes[unit.lane];
            let finished = collected.missing(number, &stage.all()[number]).is_empty();
            if let Some(measured) = collected.merged(number) {
                lane.absorb(measured, if finished { until } else { lane.taken() });
            }
            let precise =
                self.target.relative_error.is_some_and(|error| lane.worst_relative_error() <= error);
            let more = until < samples_after(u32::MAX, self.target.budget) && !lane.needs().is_empty();
            self.open[unit.lane] = finished && !precise && more;
        }
        self.taken = until;
        Ok(())
    }

    /// Gives every number its route; numbers of K steps have a lane each: what takes long holds no
    /// other.
    fn place(&mut self, stage: &Stage, collected: Collected) -> Result<()> {
        let found = stage.units.iter().zip(collected.units).filter_map(|(unit, held)| match (unit, held) {
            (StageUnit::Need(number), Held::Finding(Some(finding))) => Some((*number, *finding)),
            _ => None,
        });
        let Inventory { needs, index, .. } = &*self.inventory;
        let group = |number: usize| if needs[number].setting.steps().is_ok() { number + 1 } else { 0 };
        let mut ledger = Ledger::of((needs, index.clone()), self.inventory.routes(found), group);
        let alone = |lane: Lane| {
            let pairs = Pairs::within(lane.needs.len(), []);
            (lane, pairs)
        };
        let lanes = std::mem::take(&mut ledger.lanes).into_iter().map(alone).collect();
        self.lanes = LaneState::all(lanes, self.inventory.seed(), self.stop)?.unwrap_or_default();
        self.open = vec![true; self.lanes.len()];
        self.ledger = ledger;
        Ok(())
    }

    /// One of its numbers, or why it is not there.
    fn read(&self, need: &Need) -> Result<Estimate> {
        match self.ledger.route(need) {
            Route::Known(estimate) => Ok(*estimate),
            Route::Missing(error) => Err(Error::Shared(Arc::clone(error))),
            Route::Sampled(LaneColumn { lane, column }) => {
                let lane = self.lanes.get(*lane).ok_or(Error::Interrupted)?;
                match lane.failure(*column) {
                    Some(error) => Err(Error::Shared(Arc::clone(error))),
                    None => lane.read(*column).ok_or(Error::Interrupted),
                }
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
