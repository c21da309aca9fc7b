//! `klaim report`.

use std::path::PathBuf;

use super::{Common, verify};
use crate::error::Result;
use crate::report;
use crate::run::lock::Lock;

/// Arguments of `klaim report`.
#[derive(clap::Args)]
pub struct ReportCommand {
    /// A run directory with its report.json
    dir: PathBuf,
}

impl ReportCommand {
    /// Writes index.html, results.csv and run.toml again from report.json.
    ///
    /// # Errors
    /// A directory without a report, or one of another schema.
    pub(super) fn run(self, common: &Common) -> Result<u8> {
        let report = report::read(&self.dir)?;
        let _lock = Lock::take(&self.dir, &[], true)?;
        report::write(&report, &self.dir)?;
        verify::print(&report, &self.dir, common)
    }
}
