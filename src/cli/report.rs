//! `klaim report` and `klaim merge`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Parser;

use super::{CommandLine, Common, verify};
use crate::backend::Backend;
use crate::backend::cpu::Cpu;
use crate::error::{Error, Result};
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
    /// The run directories of all slices
    #[arg(required = true, num_args = 1..)]
    slices: Vec<PathBuf>,
    /// Folder for the report of the whole
    #[arg(long)]
    out: PathBuf,
}

impl Merge {
    /// Joins the slices' strips and judges the whole, bit for bit as one run would have.
    ///
    /// # Errors
    /// A slice without its run.toml or checkpoint, slices of different runs, a missing slice, a
    /// damaged record.
    pub(super) fn run(self, common: &Common) -> Result<u8> {
        let mut commands = self.slices.iter().map(|dir| slice_command(dir)).collect::<Result<Vec<_>>>()?;
        let present: BTreeSet<u64> =
            commands.iter().filter_map(|(v, _)| v.shard).map(|shard| shard.index).collect();
        let (mut verify, slice_common) = commands.remove(0);
        let total = verify.shard.map_or(1, |shard| shard.count);
        if let Some(missing) = (0..total).find(|i| !present.contains(i)) {
            return Err(Error::invalid("merge", format!("slice {missing}/{total} is missing")));
        }
        verify.out = Some(self.out.clone());
        let mut checkpoint = Checkpoint::open(&self.out, None)?;
        for slice in &self.slices {
            checkpoint.absorb(slice)?;
        }
        // Nothing is sampled again, so no slice's device is needed.
        let name = checkpoint.backends().unwrap_or_else(|| Cpu.name());
        let common = Common { format: common.format, quiet: common.quiet, ..slice_common };
        verify.measure(&verify::load(&verify.claims)?, None, (Arc::new(Cpu), &checkpoint, name), &common)
    }
}

/// The command that a slice's run.toml records.
fn slice_command(dir: &Path) -> Result<(verify::Verify, Common)> {
    let path = dir.join("run.toml");
    let text = std::fs::read_to_string(&path).map_err(Error::io(&path))?;
    let bad = |message: String| Error::Data { path: path.clone(), place: String::new(), message };
    let table: toml::Table = text.parse().map_err(|e: toml::de::Error| bad(e.message().to_owned()))?;
    let command =
        table.get("command").and_then(toml::Value::as_str).ok_or_else(|| bad("has no `command`".into()))?;
    let words = shell_words::split(command).map_err(|e| bad(e.to_string()))?;
    let arguments = CommandLine::try_parse_from(words).map_err(|e| bad(e.to_string()))?;
    match arguments.command {
        super::Command::Verify(verify) => Ok((verify, arguments.common)),
        _ => Err(bad("its `command` is not a `klaim verify`".into())),
    }
}
