//! Commands other than `verify` by tasks. Each process goes through the command from its beginning, by
//! the parts that are there, to the first stage that is not whole: `--tasks` writes that down, `klaim
//! work` measures its share of it, and `klaim reduce`, where none is left, says what was found.

use std::path::Path;

use super::{Common, WORDS, interrupt};
use crate::error::{Error, Result};
use crate::run::collected::Collected;
use crate::run::lock::Lock;
use crate::run::plan::{Plan, clear_stages, last_stage, write_stage};
use crate::run::reduce::{Reduced, array, awaited};
use crate::run::stage::Stage;
use crate::run::store::{Share, Store};

/// Exit status of `reduce` where another round is to be worked on.
const ROUND: u8 = 4;
/// Exit status of `reduce` where parts are missing.
const MISSING: u8 = 5;
/// Exit status of `work` that was stopped: EX_TEMPFAIL, try again.
pub(super) const STOPPED: u8 = 75;

/// What a command by tasks is.
pub(super) trait ByTasks {
    /// What it finds.
    type Found;

    /// The files that it writes into its folder.
    fn outputs(&self) -> &[&str];

    /// Finds it by the parts of `store`.
    ///
    /// # Errors
    /// [`Error::Elsewhere`] at the first stage that is not whole.
    fn found(&self, store: &Store, common: &Common) -> Result<Self::Found>;

    /// Writes and prints it; the exit status.
    ///
    /// # Errors
    /// A file that cannot be written.
    fn told(&self, found: Self::Found, common: &Common) -> Result<u8>;

    /// Its plan, once it was begun: data files are read by then.
    ///
    /// # Errors
    /// A claim that cannot be read.
    fn plan(&self, tasks: u64, common: &Common) -> Result<Plan>;

    /// Goes to the first stage in `nowhere`, a store of nothing, measuring nothing; whether there is one.
    ///
    /// # Errors
    /// What keeps it from being asked for.
    fn begun(&self, nowhere: &Store, common: &Common) -> Result<bool> {
        match self.found(nowhere, common) {
            Err(Error::Elsewhere) => Ok(true),
            found => found.map(|_| false),
        }
    }

    /// Freezes this process's command in `dir` for `tasks` tasks, and measures nothing.
    ///
    /// # Errors
    /// What keeps it from being asked for; a folder that cannot be written.
    fn freeze(&self, (dir, force): (&Path, bool), tasks: u64, common: &Common) -> Result<u8> {
        // Without a folder: what is asked wrongly costs nobody what is there.
        let nowhere = Store::default().shared(Share::None, 0);
        if !self.begun(&nowhere, common)? {
            return Err(Error::invalid("--tasks", "there is nothing to measure"));
        }
        let mut plan = self.plan(tasks, common)?;
        plan.words = words();
        let stage = begun_last(&nowhere);
        let _lock = Lock::take(dir, self.outputs(), force)?;
        if self.outputs().is_empty()
            && Plan::read(dir).is_ok_and(|old| old.is_some_and(|old| !old.claims.is_empty()))
        {
            let message = "has a run of `verify` or `probe`: take another folder";
            return Err(Error::invalid(dir.display().to_string(), message));
        }
        Store::open(dir)?.clear()?;
        clear_stages(dir, 0)?;
        plan.write(dir)?;
        write_stage(dir, 0, &stage)?;
        planned(&stage, dir, tasks, common);
        Ok(0)
    }

    /// Measures what falls to a task of `stage`, the last one that was written: status 0 once all of
    /// that is there, 75 where it was stopped before.
    ///
    /// # Errors
    /// Those of [`ByTasks::found`].
    fn work(&self, (dir, plan): (&Path, &Plan), (index, count): (u64, u64), common: &Common) -> Result<u8> {
        let store = Store::open(dir)?.shared(Share::Task { index, count }, plan.hash());
        self.begun(&store, common)?;
        let stage = last_stage(dir, plan)?;
        let held = Collected::read(&stage, &store, None)?;
        Ok(if held.has(&stage.share(index, count)) { 0 } else { STOPPED })
    }

    /// Says what was found, or what is to be worked on.
    ///
    /// # Errors
    /// Those of [`ByTasks::found`]; a part of another plan.
    fn reduce(&self, (dir, plan): (&Path, &Plan), common: &Common) -> Result<u8> {
        let _lock = Lock::take(dir, self.outputs(), false)?;
        let store = Store::open(dir)?.shared(Share::None, plan.hash());
        store.refuse_foreign(plan.hash())?;
        let found = self.found(&store, common);
        if common.stop().requested() {
            eprintln!("interrupted: nothing was written, the same command goes on");
            return Ok(interrupt::NOTHING);
        }
        let reduced = match found {
            Ok(found) => Reduced::Report(found),
            Err(Error::Elsewhere) => {
                let mut begun = store.begun();
                let stage = begun.pop().expect("a command by tasks has a stage");
                for (number, stage) in begun.iter().enumerate() {
                    write_stage(dir, number, stage)?;
                }
                let held = Collected::read(&stage, &store, None)?;
                awaited(dir, plan.tasks, begun.len(), (stage, &held))?
            }
            Err(error) => return Err(error),
        };
        said(reduced, plan.tasks, |found| self.told(found, common))
    }
}

/// The words of this process's command.
fn words() -> Vec<String> {
    WORDS.get().into_iter().flatten().map(|word| word.to_string_lossy().into_owned()).collect()
}

/// This process's command without the options `dropped`: the one that does it in one process.
pub(super) fn in_one_process(dropped: &[&str]) -> String {
    let (mut kept, mut words) = (vec!["klaim".to_owned()], words().into_iter());
    while let Some(word) = words.next() {
        let option = word.split_once('=').map_or(&*word, |(option, _)| option);
        match (dropped.contains(&option), word.contains('=')) {
            (true, false) => drop(words.next()),
            (true, true) => {}
            (false, _) => kept.push(word),
        }
    }
    shell_words::join(kept)
}

fn begun_last(store: &Store) -> Stage {
    store.begun().pop().expect("a command by tasks has a stage")
}

/// Says that a run is planned.
pub(super) fn planned(stage: &Stage, dir: &Path, tasks: u64, common: &Common) {
    if !common.quiet {
        let (dir, last) = (dir.display(), tasks - 1);
        eprintln!("{} leaves planned; each of 0 … {last}: klaim work {dir} --task I", stage.leaves());
    }
}

/// Says what came of a `reduce`; the exit status.
///
/// # Errors
/// Those of `told`.
pub(super) fn said<T>(reduced: Reduced<T>, all: u64, told: impl FnOnce(T) -> Result<u8>) -> Result<u8> {
    match reduced {
        Reduced::Report(found) => told(found),
        Reduced::Round(stage) => {
            let (samples, units) = (stage.samples(), stage.units.len());
            match stage.round {
                0 => eprintln!("{units} numbers follow that need no samples"),
                round => eprintln!("round {round} follows: {samples} samples of {units} lanes"),
            }
            Ok(ROUND)
        }
        Reduced::Missing { stage, tasks } => {
            let missing = array(&tasks);
            eprintln!("round {}: parts are missing of tasks {missing} of {all}", stage.round);
            super::output::text(&format!("{missing}\n"))?;
            Ok(MISSING)
        }
    }
}
