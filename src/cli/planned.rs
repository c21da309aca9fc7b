//! Commands other than `verify` as a plan has them: what `klaim work` and `klaim reduce` go on with.

use std::path::Path;

use clap::Parser;

use super::estimate::EstimateCommand;
use super::probe::Probe;
use super::tasks::ByTasks;
use super::{Command, CommandLine, Common};
use crate::error::{Error, Result};
use crate::run::plan::Plan;

/// A planned command that is not `verify`, with the settings of this process and the plan's seed.
pub(super) struct PlannedCommand<'a> {
    command: AnyCommand,
    /// Where its plan is, and the plan.
    planned: (&'a Path, &'a Plan),
    common: Common,
}

enum AnyCommand {
    Probe(Box<Probe>),
    Estimate(Box<EstimateCommand>),
}

impl<'a> PlannedCommand<'a> {
    /// The command of `plan`, which is in `dir`.
    ///
    /// # Errors
    /// A data file of it that is missing or damaged; words that are no such command.
    pub(super) fn new(plan: &'a Plan, dir: &'a Path, common: &Common) -> Result<Self> {
        plan.place_files(dir)?;
        let words = std::iter::once("klaim").chain(plan.words.iter().map(String::as_str));
        let CommandLine { command, common: then } =
            CommandLine::try_parse_from(words).map_err(|error| Error::Usage(error.to_string()))?;
        let command = match (command, plan.claims.first()) {
            (Command::Probe(probe), Some(claim)) => {
                AnyCommand::Probe(Box::new(probe.planned(claim.clone(), dir, plan.command.clone())))
            }
            (Command::Estimate(estimate), None) => AnyCommand::Estimate(Box::new(estimate)),
            _ => return Err(Error::Usage("the plan's command is not one that tasks share".into())),
        };
        Ok(Self { command, planned: (dir, plan), common: common.with_seed(then.seed) })
    }

    /// What `klaim work` does.
    ///
    /// # Errors
    /// Those of [`ByTasks::work`].
    pub(super) fn work(&self, share: (u64, u64)) -> Result<u8> {
        match &self.command {
            AnyCommand::Probe(probe) => probe.work(self.planned, share, &self.common),
            AnyCommand::Estimate(estimate) => estimate.work(self.planned, share, &self.common),
        }
    }

    /// What `klaim reduce` does.
    ///
    /// # Errors
    /// Those of [`ByTasks::reduce`].
    pub(super) fn reduce(&self) -> Result<u8> {
        match &self.command {
            AnyCommand::Probe(probe) => probe.reduce(self.planned, &self.common),
            AnyCommand::Estimate(estimate) => estimate.reduce(self.planned, &self.common),
        }
    }
}
