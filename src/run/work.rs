//! Measures leaves of a stage, and keeps what was measured in parts.

use std::ops::Range;
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};

use rayon::prelude::*;

use crate::error::{Error, Result};
use crate::run::collected::Collected;
use crate::run::part::{Content, Finding};
use crate::run::stage::{LaneUnit, Stage, StageUnit};
use crate::run::store::{Share, Store};
use crate::run::take::{Conditions, Sampled};
use crate::run::tree::Leaves;
use crate::run::watch::{Event, Watch};

/// A part is written after this time, and at the end: what a kill loses, beside the leaves under
/// way.
const WRITTEN_AFTER: Duration = Duration::from_secs(20);

/// What measures the units of a stage.
pub trait Measures: Send + Sync + 'static {
    /// What is found of a unit that needs no samples.
    fn find(&self, unit: &StageUnit) -> Finding;

    /// What takes the samples of a unit.
    ///
    /// # Errors
    /// A law that has no sampler.
    fn sampled(&self, unit: &LaneUnit) -> Result<Sampled>;
}

/// All that is there of `stage` once this process has done its share; `open` counts what waits
/// for it. Without a stop that is the whole stage.
///
/// # Errors
/// [`Error::Elsewhere`] where the stage is not whole and this process has its share alone; a part
/// that cannot be used or written; a device that fails.
pub fn complete(
    (stage, open): (&Stage, impl FnOnce() -> usize),
    inventory: &Arc<impl Measures>,
    watch: &Watch,
) -> Result<Collected> {
    let nowhere = Store::default();
    let (store, backend) = (watch.store.unwrap_or(&nowhere), watch.backend.name());
    store.begin(stage);
    let alone = store.share() == Share::All;
    // Other tasks may have samples of other backends, which the report names.
    let mut held = Collected::read(stage, store, alone.then_some(&*backend))?;
    store.sampled_by(&held.backends);
    if !alone && held.has(&stage.all()) {
        return Ok(held);
    }
    let (wanted, count) = match store.share() {
        Share::All => (stage.all(), 1),
        Share::Task { index, count } => (stage.share(index, count), count),
        Share::None => return Err(Error::Elsewhere),
    };
    (watch.event)(match stage.round {
        0 => Event::Needs(wanted.iter().filter(|runs| !runs.is_empty()).count()),
        number => Event::Round { number, samples: stage.samples() / count, open: open() },
    });
    work((stage, &wanted), inventory, (&mut held, store), watch)?;
    if alone { Ok(held) } else { Err(Error::Elsewhere) }
}

/// Measures the leaves `wanted` of each unit that `held` does not have: adds them to it, and to
/// `store` in parts. Returns whether all are there; a stop leaves the others.
///
/// # Errors
/// A part that cannot be written; a device that fails.
pub fn work(
    (stage, wanted): (&Stage, &[Vec<Range<u64>>]),
    inventory: &Arc<impl Measures>,
    (held, store): (&mut Collected, &Store),
    watch: &Watch,
) -> Result<bool> {
    let backend = watch.backend.name();
    let mut keeper =
        Keeper { stage, held, store, backend, fresh: Collected::new(stage), since: Instant::now() };
    let done = measure(stage, wanted, inventory, &mut keeper, watch);
    // Whatever ended it, what was measured is kept.
    keeper.write()?;
    done
}

fn measure(
    stage: &Stage,
    wanted: &[Vec<Range<u64>>],
    inventory: &Arc<impl Measures>,
    keeper: &mut Keeper,
    watch: &Watch,
) -> Result<bool> {
    let missing: Vec<Vec<Range<u64>>> =
        wanted.iter().enumerate().map(|(unit, wanted)| keeper.held.missing(unit, wanted)).collect();
    let single =
        |unit: &usize| !missing[*unit].is_empty() && !matches!(stage.units[*unit], StageUnit::Lane(_));
    let singles: Vec<usize> = (0..stage.units.len()).filter(single).collect();
    if !find(stage, singles, inventory, keeper, watch)? {
        return Ok(false);
    }
    for (number, runs) in missing.into_iter().enumerate() {
        let StageUnit::Lane(unit) = &stage.units[number] else { continue };
        if runs.is_empty() {
            continue;
        }
        let (maker, of) = (Arc::clone(inventory), unit.clone());
        let Some(sampled) = watch.stop.unless(move || maker.sampled(&of)).transpose()? else {
            return Ok(false);
        };
        let conditions = Conditions { backend: &watch.backend, stop: &watch.stop };
        let leaves = Leaves::of(&unit.range);
        let done = sampled.take(leaves, runs, conditions, |node| {
            let samples = leaves.samples(node.first);
            (watch.event)(Event::Sampled(samples.end - samples.start));
            keeper.add(number, Content::Subtree(node))
        })?;
        if !done {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Finds what is to be found of `units`, which need no samples, in parallel.
fn find(
    stage: &Stage,
    units: Vec<usize>,
    inventory: &Arc<impl Measures>,
    keeper: &mut Keeper,
    watch: &Watch,
) -> Result<bool> {
    let (inventory, asked) = (Arc::clone(inventory), watch.stop.clone());
    let of: Vec<(usize, StageUnit)> = units.iter().map(|&unit| (unit, stage.units[unit].clone())).collect();
    let search = move |sender: &Sender<(usize, Finding)>| {
        // One by one: what takes long must not hold others that wait behind it.
        of.into_par_iter().with_max_len(1).for_each(|(number, unit)| {
            if !asked.requested() {
                // Nobody listens after a stop.
                let _ = sender.send((number, inventory.find(&unit)));
            }
        });
    };
    watch.stop.attend(search, |(number, finding)| {
        (watch.event)(Event::Found);
        keeper.add(number, Content::Finding(Box::new(finding)))
    })
}

/// Takes in what is measured, and writes a part of it now and then: what is held has it from then on.
struct Keeper<'a> {
    stage: &'a Stage,
    held: &'a mut Collected,
    store: &'a Store,
    backend: String,
    /// What no part has yet.
    fresh: Collected,
    since: Instant,
}

impl Keeper<'_> {
    fn add(&mut self, unit: usize, content: Content) -> Result<()> {
        self.fresh.add(unit, content);
        if self.since.elapsed() > WRITTEN_AFTER { self.write() } else { Ok(()) }
    }

    fn write(&mut self) -> Result<()> {
        self.since = Instant::now();
        if self.fresh.is_empty() {
            return Ok(());
        }
        let fresh = std::mem::replace(&mut self.fresh, Collected::new(self.stage));
        let part = fresh.part(&self.backend);
        for (unit, content) in &part.records {
            if matches!(content, Content::Subtree(_)) && !self.held.backends.contains(&self.backend) {
                self.held.backends.push(self.backend.clone());
            }
            self.held.add(*unit, content.clone());
        }
        self.store.add(part, self.stage)
    }
}
