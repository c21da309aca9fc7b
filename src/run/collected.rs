//! What the parts in a store hold of a stage, unit by unit, and which leaves are missing.

use std::ops::Range;

use crate::error::Result;
use crate::run::measured::Measured;
use crate::run::part::{Content, Finding, Part};
use crate::run::stage::{Stage, StageUnit};
use crate::run::store::Store;
use crate::run::tree::{Forest, Subtree};

/// What is there of one unit.
pub enum Held {
    /// Of one that needs no samples.
    Finding(Option<Box<Finding>>),
    /// Of a lane.
    Nodes(Forest),
}

/// What is there of every unit of a stage.
pub struct Collected {
    /// In the order of the units.
    pub units: Vec<Held>,
    /// The places that took samples, each once.
    pub backends: Vec<String>,
}

impl Collected {
    /// Nothing yet.
    pub fn new(stage: &Stage) -> Self {
        let empty = |unit: &StageUnit| match unit {
            StageUnit::Lane(_) => Held::Nodes(Forest::default()),
            _ => Held::Finding(None),
        };
        Self { units: stage.units.iter().map(empty).collect(), backends: Vec::new() }
    }

    /// What `store` has of `stage`; samples of `backend` alone, where one is named (another one's
    /// agree with them only to rounding).
    ///
    /// # Errors
    /// Those of [`Store::parts`].
    pub fn read(stage: &Stage, store: &Store, backend: Option<&str>) -> Result<Self> {
        let mut collected = Self::new(stage);
        for part in store.parts(stage)? {
            let samples = part.records.iter().any(|(_, content)| matches!(content, Content::Subtree(_)));
            let fits = backend.is_none_or(|backend| backend == part.backend);
            if samples && fits && !collected.backends.contains(&part.backend) {
                collected.backends.push(part.backend.clone());
            }
            let Part { records, .. } = part;
            for (unit, content) in records {
                if fits || matches!(content, Content::Finding(_)) {
                    collected.add(unit, content);
                }
            }
        }
        Ok(collected)
    }

    /// All that is there of unit number `unit`, a lane, merged; it is not there after.
    pub fn merged(&mut self, unit: usize) -> Option<Measured> {
        let Held::Nodes(forest) = &mut self.units[unit] else { return None };
        std::mem::take(forest).into_nodes().map(|node| node.measured).reduce(Measured::merged)
    }

    /// Adds what was measured of unit number `unit`; what is there already stays.
    pub fn add(&mut self, unit: usize, content: Content) {
        match (&mut self.units[unit], content) {
            (Held::Finding(held), Content::Finding(finding)) => drop(held.get_or_insert(finding)),
            (Held::Nodes(forest), Content::Subtree(node)) => forest.add(node),
            _ => unreachable!("a part's records are of the kind of their units"),
        }
    }

    /// The leaves of unit number `unit` among `wanted` that are not there.
    pub fn missing(&self, unit: usize, wanted: &[Range<u64>]) -> Vec<Range<u64>> {
        match &self.units[unit] {
            Held::Finding(Some(_)) => Vec::new(),
            Held::Finding(None) => wanted.to_vec(),
            Held::Nodes(forest) => wanted.iter().flat_map(|run| forest.missing(run.clone())).collect(),
        }
    }

    /// Whether all of the leaves `wanted` of each unit are there.
    pub fn has(&self, wanted: &[Vec<Range<u64>>]) -> bool {
        wanted.iter().enumerate().all(|(unit, wanted)| self.missing(unit, wanted).is_empty())
    }

    /// The tasks, of `tasks`, whose leaves of `stage` are not all there.
    pub fn lacking(&self, stage: &Stage, tasks: u64) -> Vec<u64> {
        (0..tasks).filter(|&task| !self.has(&stage.share(task, tasks))).collect()
    }

    /// Whether nothing at all is there.
    pub fn is_empty(&self) -> bool {
        self.units.iter().all(|held| match held {
            Held::Finding(finding) => finding.is_none(),
            Held::Nodes(forest) => forest.is_empty(),
        })
    }

    /// What was found of the needs of `stage`, by their numbers; it is not there after.
    pub fn findings(self, stage: &Stage) -> impl Iterator<Item = (usize, Finding)> {
        let needs = stage.units.iter().zip(self.units);
        needs.filter_map(|(unit, held)| match (unit, held) {
            (StageUnit::Need(number), Held::Finding(Some(finding))) => Some((*number, *finding)),
            _ => None,
        })
    }

    /// All of it as one part.
    pub fn part(self, backend: &str) -> Part {
        let records = self.units.into_iter().enumerate().flat_map(|(unit, held)| {
            let content: Vec<Content> = match held {
                Held::Finding(finding) => finding.map(Content::Finding).into_iter().collect(),
                Held::Nodes(forest) => forest.into_nodes().map(Content::Subtree).collect(),
            };
            content.into_iter().map(move |content| (unit, content))
        });
        Part { backend: backend.to_owned(), records: records.collect() }
    }

    /// The whole tree of unit number `unit` with `leaves` leaves, once it is complete.
    pub fn whole(&mut self, unit: usize, leaves: u64) -> Option<Subtree> {
        let Held::Nodes(forest) = &mut self.units[unit] else { return None };
        let whole = forest.nodes().next().is_some_and(|node| node.leaves() == (0..leaves));
        whole.then(|| std::mem::take(forest).into_nodes().next()).flatten()
    }
}
