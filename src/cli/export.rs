//! `klaim export` and `klaim diff`: finished runs in papers, and beside each other.

use std::path::{Path, PathBuf};

use clap::Parser;

use super::completion::ClaimName;
use super::{Common, Format, output};
use crate::error::{Error, Result};
use crate::report::compare::compare;
use crate::report::export::{self, latex, picture};
use crate::report::{self, write};

/// Arguments of `klaim export`.
#[derive(clap::Args)]
#[command(group(clap::ArgGroup::new("forms").required(true).multiple(true)))]
pub struct Export {
    /// A run directory with its report.json
    dir: PathBuf,
    /// The id of one of its claims
    #[arg(value_parser = ClaimName, hide_possible_values = true)]
    claim: String,
    /// The figure as SVG, letters as outlines
    #[arg(long, value_name = "FILE", group = "forms")]
    svg: Option<PathBuf>,
    /// The figure as PDF, its font embedded
    #[arg(long, value_name = "FILE", group = "forms")]
    pdf: Option<PathBuf>,
    /// The table for LaTeX (booktabs), with caption and the entries to cite in comments
    #[arg(long, value_name = "FILE", group = "forms")]
    tex: Option<PathBuf>,
    /// The table in Markdown, with its caption
    #[arg(long, value_name = "FILE", group = "forms")]
    md: Option<PathBuf>,
    /// The points behind a slope as CSV; of any other claim its rows, as in results.csv
    #[arg(long, value_name = "FILE", group = "forms")]
    csv: Option<PathBuf>,
    /// BibTeX: the papers whose statements the claim tests, and klaim
    #[arg(long, value_name = "FILE", group = "forms")]
    bib: Option<PathBuf>,
    /// The wide figure with a legend, instead of the small one with names at the curves
    #[arg(long)]
    wide: bool,
}

impl Export {
    /// Writes what is asked for; a file called `-` is standard output.
    ///
    /// # Errors
    /// A directory without a report, a claim that it does not have, nothing to draw, a file that
    /// cannot be written.
    pub(super) fn run(self) -> Result<u8> {
        let report = report::read(&self.dir)?;
        let claim = export::find(&report, &self.claim).ok_or_else(|| {
            let names = report.claims.iter().map(|claim| claim.header.id.as_str());
            Error::unknown("claim of this run", &self.claim, names)
        })?;
        if let Some(path) = &self.svg {
            put(path, picture::svg(claim, self.wide)?.as_bytes())?;
        }
        if let Some(path) = &self.pdf {
            put(path, &picture::pdf(claim, self.wide)?)?;
        }
        let bib = export::bibtex(&report, claim);
        if let Some(path) = &self.tex {
            put(path, latex::table(&export::table(&report, claim), &self.claim, &bib).as_bytes())?;
        }
        if let Some(path) = &self.md {
            put(path, export::markdown(&export::table(&report, claim)).as_bytes())?;
        }
        if let Some(path) = &self.csv {
            put(path, export::points(&report, claim).as_bytes())?;
        }
        if let Some(path) = &self.bib {
            put(path, bib.as_bytes())?;
        }
        Ok(0)
    }
}

fn put(path: &Path, bytes: &[u8]) -> Result<()> {
    if path == Path::new("-") { output::bytes(bytes).map(drop) } else { write::file(path, bytes) }
}

/// Arguments of `klaim diff`.
#[derive(Parser)]
pub struct Diff {
    /// The run directory to compare with
    old: PathBuf,
    /// The run directory to compare
    new: PathBuf,
}

impl Diff {
    /// Prints what differs.
    ///
    /// # Errors
    /// A directory without a report, or one of another schema.
    pub(super) fn run(self, common: &Common) -> Result<u8> {
        let [old, new] = [&self.old, &self.new].map(|dir| report::read(dir));
        let found = compare(&old?, &new?);
        let matter = found.iter().filter(|difference| difference.what.matters()).count();
        match common.format {
            Format::Json => output::json(&serde_json::json!({ "differences": found }))?,
            Format::Human | Format::Csv => {
                let lines: String = found.iter().map(|difference| format!("{difference}\n")).collect();
                let rest = found.len() - matter;
                output::text(&format!("{lines}{matter} changed, {rest} new or gone\n"))?
            }
        };
        Ok(u8::from(matter > 0))
    }
}
