//! Commands for a program that is not `klaim` itself: the same words, and what they find as values.

use std::ffi::OsString;
use std::sync::Arc;

use clap::Parser;

use super::caller::Caller;
pub use super::estimate::EstimateAnswer;
pub use super::schedule::ScheduleAnswer;
use super::{Command, CommandLine, verify};
use crate::error::{Error, Result};
use crate::probe::ProbeReport;
use crate::report::model::Report;
use crate::table::files;

/// What a command found.
pub enum CommandAnswer {
    /// Of `estimate`.
    Estimates(EstimateAnswer),
    /// Of `verify`; written into a folder where `--out` names one.
    Report(Box<Report>),
    /// Of `probe`.
    Probe(Box<ProbeReport>),
    /// Of `schedule`.
    Schedule(Box<ScheduleAnswer>),
}

/// The texts of the claims that a word names; none where it names none.
pub fn claim_texts(word: &str) -> Vec<String> {
    let written = verify::written(word).unwrap_or_default();
    written.into_iter().map(|claim| claim.text).collect()
}

/// Does what `words` ask for, which are those of the command line after `klaim`.
///
/// # Errors
/// Those of the command; words that it does not know, as the program tells them.
pub fn ask(words: impl IntoIterator<Item = OsString>, caller: &Arc<Caller>) -> Result<CommandAnswer> {
    let all = std::iter::once(OsString::from("klaim")).chain(words);
    let parsed = CommandLine::try_parse_from(all);
    let CommandLine { command, mut common } = parsed.map_err(|e| Error::Usage(e.to_string()))?;
    common.caller = Some(Arc::clone(caller));
    let _reading = files::begin();
    match command {
        Command::Estimate(command) => command.answer(&common, None).map(CommandAnswer::Estimates),
        Command::Verify(command) => Ok(CommandAnswer::Report(Box::new(command.report(&common)?))),
        Command::Probe(command) => Ok(CommandAnswer::Probe(Box::new(command.report(&common)?))),
        Command::Schedule(command) => Ok(CommandAnswer::Schedule(Box::new(command.answer(&common)?))),
        _ => Err(Error::Usage("a caller may ask for estimate, verify, probe or schedule".into())),
    }
}
