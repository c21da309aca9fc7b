//! `verify`: plan, work and reduce in one process, in rounds, until each case is decided or the
//! budget ends.

use crate::claim::Claim;
use crate::error::Result;
use crate::report::model::{Report, Run};
use crate::run::assemble::assemble;
use crate::run::inventory::Paged;
use crate::run::options::Options;
use crate::run::session::{Found, Session};
use crate::run::stage::Stage;
use crate::run::watch::Watch;
use crate::run::work::complete;

/// Runs `claims`; `command` and `backend` go into the report as they are.
///
/// # Errors
/// A part that cannot be used, a device that fails, an `only` that names no case.
pub fn verify(claims: &[Claim], options: &Options, watch: &Watch, run: Run) -> Result<Report> {
    let stages = Stages { run: None, paged: paged(options), begun: &|_| Ok(()) };
    let (comparisons, found) = measured(claims, options, stages, watch)?;
    let interrupted = found.interrupted;
    assemble(claims, options, found, Run { comparisons, interrupted, ..run }, &watch.stop)
}

/// What is found for the page of a run: a replay has no schedules to show.
pub fn paged(options: &Options) -> Paged {
    if options.only.is_some() { Paged::Sources } else { Paged::Whole }
}

/// Measures and judges every case of `claims`, without a report.
///
/// A case that cannot be measured (no route, a summand that is not finite, a stop) is inconclusive
/// and says why.
///
/// # Errors
/// A part that cannot be used, a device that fails, an `only` that names no case.
pub fn outcomes(claims: &[Claim], options: &Options, watch: &Watch) -> Result<Found> {
    let stages = Stages { run: None, paged: Paged::No, begun: &|_| Ok(()) };
    measured(claims, options, stages, watch).map(|(_, found)| found)
}

/// The stages of a run.
pub struct Stages<'a> {
    /// Hash of the run; that of its numbers where it has no plan.
    pub run: Option<u64>,
    /// What is found beside numbers.
    pub paged: Paged,
    /// Told every stage before it is worked on.
    pub begun: &'a dyn Fn(&Stage) -> Result<()>,
}

/// Measures and judges every case of `claims`, stage by stage; with the number of comparisons.
///
/// # Errors
/// A part that cannot be used, a device that fails, an `only` that names no case; what
/// [`Stages::begun`] refuses.
pub fn measured(
    claims: &[Claim],
    options: &Options,
    Stages { run, paged, begun }: Stages,
    watch: &Watch,
) -> Result<(u64, Found)> {
    let mut session = Session::new(claims, options, (run, paged), &watch.stop)?;
    while let Some(stage) = session.stage() {
        begun(&stage)?;
        let held = complete((&stage, || session.unsettled()), session.inventory(), watch)?;
        session.absorb(&stage, held)?;
    }
    Ok((session.comparisons(), session.found()))
}
