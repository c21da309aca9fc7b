//! What is to be measured next, in leaves that any number of tasks share.

use std::ops::Range;

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use crate::numeric::moments::Pairs;
use crate::run::tree::Leaves;

/// Runs of leaves that are dealt out to each task: few, so that one source is measured by few
/// tasks, and several, so that tasks get dear and cheap ones alike.
const RUNS: u64 = 8;

/// One thing to be measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum StageUnit {
    /// The route of need number i, and its value where that is deterministic: one leaf.
    Need(usize),
    /// What is known of source number i: one leaf.
    Source(usize),
    /// The schedules that claim number i compares: one leaf.
    Grids(usize),
    /// Number i of what a caller finds without samples: one leaf.
    Own(u64),
    /// Samples.
    Lane(LaneUnit),
}

/// Samples of some columns of one lane.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LaneUnit {
    /// Number of the lane.
    pub lane: usize,
    /// The number of the need that each column is.
    pub columns: Vec<usize>,
    /// The pairs of columns that a case combines.
    pub pairs: Pairs,
    /// The samples.
    pub range: Range<u64>,
}

impl StageUnit {
    /// Number of leaves.
    pub fn leaves(&self) -> u64 {
        match self {
            Self::Lane(unit) => Leaves::of(&unit.range).count(),
            _ => 1,
        }
    }
}

/// All that can be measured at once: what needs no samples, or one round's samples.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Stage {
    /// Hash of the run that it is a stage of.
    pub run: u64,
    /// 0 for what needs no samples; then the rounds of sampling, 1, 2, ….
    pub round: u32,
    /// What is to be measured.
    pub units: Vec<StageUnit>,
}

impl Stage {
    /// A hash of all of it: parts are known by it.
    pub fn hash(&self) -> u64 {
        xxh3_64(&serde_json::to_vec(self).expect("a stage is JSON"))
    }

    /// Number of leaves.
    pub fn leaves(&self) -> u64 {
        self.units.iter().map(StageUnit::leaves).sum()
    }

    /// Samples that all leaves take.
    pub fn samples(&self) -> u64 {
        let of = |unit: &StageUnit| match unit {
            StageUnit::Lane(unit) => unit.range.end - unit.range.start,
            _ => 0,
        };
        self.units.iter().map(of).sum()
    }

    /// The leaves of each unit that are task `task`'s of `tasks`, in runs.
    pub fn share(&self, task: u64, tasks: u64) -> Vec<Vec<Range<u64>>> {
        let own = runs((self.leaves(), self.units.len() as u64), task, tasks);
        let mut first = 0;
        let of = |unit: &StageUnit| {
            let here = first..first + unit.leaves();
            first = here.end;
            let inside = own.iter().map(|run| run.start.max(here.start)..run.end.min(here.end));
            let some = inside.filter(|run| run.start < run.end);
            some.map(|run| run.start - here.start..run.end - here.start).collect()
        };
        self.units.iter().map(of).collect()
    }

    /// Every leaf of every unit.
    pub fn all(&self) -> Vec<Vec<Range<u64>>> {
        self.share(0, 1)
    }
}

/// Task `task`'s runs of the leaves of some units: all are cut into [`RUNS`] runs a task, as even as
/// they can be, and dealt out in turn; into as many as there are units, where these are fewer and
/// yet enough for all tasks, since what a unit needs is made by each task that measures of it.
fn runs((leaves, units): (u64, u64), task: u64, tasks: u64) -> Vec<Range<u64>> {
    let each = units.div_ceil(tasks).clamp(1, RUNS);
    let most = (each * tasks).min(leaves);
    let runs = if tasks == 1 { 1 } else { most.max(1) };
    let at = |run: u64| (u128::from(run) * u128::from(leaves) / u128::from(runs)) as u64;
    let own = (task..runs).step_by(tasks as usize);
    own.map(|run| at(run)..at(run + 1)).filter(|run| run.start < run.end).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_leaf_falls_to_one_task() {
        let lane = |lane, until| {
            let (columns, pairs) = (vec![lane], Pairs::all(1));
            StageUnit::Lane(LaneUnit { lane, columns, pairs, range: 0..until })
        };
        let units = vec![
            StageUnit::Need(3),
            lane(0, 2048),
            StageUnit::Source(0),
            lane(1, 1 << 22),
            StageUnit::Grids(1),
        ];
        let stage = Stage { run: 1, round: 1, units };
        for tasks in [1, 2, 3, 7, 32, 100, 1000] {
            let mut seen: Vec<Vec<bool>> =
                stage.units.iter().map(|unit| vec![false; unit.leaves() as usize]).collect();
            let mut most = (u64::MAX, 0);
            for task in 0..tasks {
                let own = stage.share(task, tasks);
                let mut count = 0;
                for (unit, runs) in own.iter().enumerate() {
                    for leaf in runs.iter().cloned().flatten() {
                        assert!(!std::mem::replace(&mut seen[unit][leaf as usize], true));
                        count += 1;
                    }
                }
                most = (most.0.min(count), most.1.max(count));
            }
            assert!(seen.iter().flatten().all(|&seen| seen), "{tasks}");
            assert!(most.1 - most.0 <= RUNS, "{tasks}: {most:?}");
        }
    }

    #[test]
    fn another_stage_has_another_hash() {
        let stage = |run, round, need| Stage { run, round, units: vec![StageUnit::Need(need)] };
        let all = [stage(1, 0, 0), stage(2, 0, 0), stage(1, 1, 0), stage(1, 0, 1)].map(|s| s.hash());
        assert!((0..4).all(|i| (0..i).all(|j| all[i] != all[j])));
    }
}
