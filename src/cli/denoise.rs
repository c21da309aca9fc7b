//! `klaim denoise`: what a denoiser makes of states in a file.

use std::path::PathBuf;
use std::sync::Arc;

use serde_json::json;

use super::{Common, Format, output};
use crate::channel::posterior::BATCH;
use crate::channel::snr::Snr;
use crate::denoiser::{self, Estimand};
use crate::error::{Error, Result};
use crate::report::csv;
use crate::source::Source;
use crate::table::{Header, ReadOptions, Table};

/// Arguments of `klaim denoise`.
#[derive(clap::Args)]
pub struct DenoiseCommand {
    /// A denoiser (`klaim list denoisers`), such as network:path=model.onnx,output=eps
    denoiser: String,
    /// The law of X
    #[arg(long)]
    source: String,
    /// A table of states X + Z/√γ, one row a state, one column a coordinate
    #[arg(long, value_name = "FILE")]
    states: PathBuf,
    /// Their SNR γ
    #[arg(long)]
    snr: f64,
}

impl DenoiseCommand {
    /// Runs the command.
    ///
    /// # Errors
    /// A source, a denoiser or a table that cannot be used: exit status 2.
    pub(super) fn run(self, common: &Common) -> Result<u8> {
        let snr = Snr::new(self.snr)?.linear();
        let estimand = Estimand::new(&Arc::new(Source::parse(&self.source)?));
        let denoiser = denoiser::build(&self.denoiser, &estimand)?;
        let dim = estimand.source().dim();
        let table =
            Table::read(&self.states, &ReadOptions { header: Header::Unless, ..ReadOptions::default() })?;
        if table.names.len() != dim {
            let message =
                format!("has {} columns, and `{}` is a law on R^{dim}", table.names.len(), self.source);
            return Err(table.refuse_file(message));
        }
        let mut rows = Vec::new();
        for first in (0..table.rows).step_by(BATCH) {
            let count = BATCH.min(table.rows - first);
            let [mut states, mut found] = [(); 2].map(|()| vec![0.0; dim * BATCH]);
            for (s, k) in (0..count).flat_map(|s| (0..dim).map(move |k| (s, k))) {
                states[k * BATCH + s] = snr * table.number(first + s, k)?;
            }
            denoiser.estimate(&states, snr, &mut found)?;
            for s in 0..count {
                let row: Vec<f64> = (0..dim).map(|k| found[k * BATCH + s]).collect();
                if row.iter().any(|x| !x.is_finite()) {
                    let what = format!("denoiser `{}`", denoiser.name());
                    let message = format!("gives what is not finite at snr {snr} for row {}", first + s + 1);
                    return Err(Error::invalid(what, message));
                }
                rows.push(row);
            }
        }
        match common.format {
            Format::Json => output::json(&json!({ "snr": snr, "estimates": rows })),
            Format::Human | Format::Csv => {
                let header: Vec<String> = (1..=dim).map(|k| format!("x{k}")).collect();
                let header: Vec<&str> = header.iter().map(String::as_str).collect();
                let words = rows.iter().map(|row| row.iter().map(f64::to_string).collect::<Vec<_>>());
                output::text(&csv::text(&header, words))
            }
        }
    }
}
