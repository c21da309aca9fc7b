//! `reduce`: from parts to the report, or to the next round. Nothing is sampled here.

use std::path::Path;

use crate::claim::Claim;
use crate::error::Result;
use crate::report::model::{Report, Run};
use crate::run::assemble::assemble;
use crate::run::collected::Collected;
use crate::run::options::Options;
use crate::run::plan::{Plan, clear_stages, write_stage};
use crate::run::session::Session;
use crate::run::stage::Stage;
use crate::run::stop::Stop;
use crate::run::store::Store;
use crate::run::verify::paged;

/// What came of the parts that are there.
pub enum Reduced<T> {
    /// All is measured.
    Report(T),
    /// Another round is to be worked on.
    Round(Stage),
    /// Leaves of this stage are missing.
    Missing {
        /// The stage.
        stage: Stage,
        /// The tasks, of the plan's number, whose leaves are not all there.
        tasks: Vec<u64>,
    },
}

/// Writes down stage number `number` of the run in `dir`, which is not whole: of it `held` is there.
///
/// # Errors
/// [`Error::Io`](crate::error::Error::Io).
pub fn awaited<T>(
    dir: &Path,
    tasks: u64,
    number: usize,
    (stage, held): (Stage, &Collected),
) -> Result<Reduced<T>> {
    // Where a part of an earlier round was removed, that round is worked on again.
    clear_stages(dir, number + 1)?;
    let is_new = write_stage(dir, number, &stage)?;
    if is_new && number > 0 && held.is_empty() {
        return Ok(Reduced::Round(stage));
    }
    let tasks = held.lacking(&stage, tasks);
    Ok(Reduced::Missing { stage, tasks })
}

/// Judges what the parts in the run directory `dir` of `plan` tell of `claims`; `run` is what the
/// report says of the run, the backends of its parts filled in.
///
/// # Errors
/// A part that is damaged or of another run; a plan whose case is not there.
pub fn reduce(
    dir: &Path,
    plan: &Plan,
    (claims, options): (&[Claim], &Options),
    run: Run,
    stop: &Stop,
) -> Result<Reduced<Report>> {
    let store = Store::open(dir)?;
    let identity = (Some(plan.hash()), paged(options));
    let mut session = Session::new(claims, options, identity, stop)?;
    while let Some(stage) = session.stage() {
        let held = Collected::read(&stage, &store, None)?;
        if held.has(&stage.all()) {
            write_stage(dir, stage.round as usize, &stage)?;
            session.absorb(&stage, held)?;
            continue;
        }
        store.refuse_foreign(plan.hash())?;
        return awaited(dir, plan.tasks, stage.round as usize, (stage, &held));
    }
    store.refuse_foreign(plan.hash())?;
    let comparisons = session.comparisons();
    let found = session.found();
    let (interrupted, mut backends) = (found.interrupted, found.backends.clone());
    backends.sort();
    let backend = if backends.is_empty() { "cpu".into() } else { backends.join(" + ") };
    let run = Run { comparisons, interrupted, backend, ..run };
    Ok(Reduced::Report(assemble(claims, options, found, run, stop)?))
}

/// Numbers as an array specification: `0-2,5,7-9`.
pub fn array(numbers: &[u64]) -> String {
    let runs = numbers.chunk_by(|a, b| a + 1 == *b);
    let run = |run: &[u64]| match run {
        [one] => one.to_string(),
        [first, .., last] => format!("{first}-{last}"),
        [] => String::new(),
    };
    runs.map(run).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_of_numbers_are_joined() {
        assert_eq!(array(&[0, 1, 2, 5, 7, 8]), "0-2,5,7-8");
        assert_eq!(array(&[3]), "3");
    }
}
