//! `klaim model`: what a denoiser is worth on a data set, on one page.

use std::path::PathBuf;
use std::sync::Arc;

use super::progress::Progress;
use super::{Common, Format, axes, interrupt, output};
use crate::denoiser;
use crate::error::{Error, Result};
use crate::numeric::estimate::{Estimate, Method};
use crate::numeric::spacing::log_spaced;
use crate::quantity::axis::{DENOISER, HELD_OUT};
use crate::quantity::path::grid;
use crate::quantity::{Memo, Need, Setting, find};
use crate::report;
use crate::report::denoiser::{DenoiserReport, LevelRow, PathRow};
use crate::run::estimate::{StoppingRule, estimate_with};
use crate::run::options::MethodChoice;
use crate::run::watch::Watch;
use crate::source::Source;
use crate::spec::quoted;

/// First and last SNR in units of d/E|X − EX|², and points between them.
const ENDS: [f64; 2] = [0.005, 2e4];
const POINTS: usize = 16;

/// Arguments of `klaim model`.
#[derive(clap::Args)]
pub struct ModelCommand {
    /// A denoiser (`klaim list denoisers`), or the path of an ONNX file
    denoiser: String,
    /// What it was trained on, a table with a row an example
    #[arg(long, value_name = "FILE", required_unless_present = "source", conflicts_with = "source")]
    data: Option<PathBuf>,
    /// The same as a source: file:path=atoms.csv,drop=label
    #[arg(long)]
    source: Option<String>,
    /// What it was not trained on: a table or a source
    #[arg(long, value_name = "FILE|SOURCE")]
    held_out: Option<String>,
    /// SNRs: a list 0.1,1,10 or a range 1e-3..1e3/32 [default: 16 around the data's own scale]
    #[arg(long, value_name = "LIST|FROM..TO/POINTS")]
    snr: Option<String>,
    /// Steps of a chain
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    steps: u32,
    /// Relative standard error to sample to
    #[arg(long, default_value_t = 0.01)]
    rel_err: f64,
    /// Most samples of a number
    #[arg(long, default_value_t = 65_536)]
    samples: u64,
    /// Write the page to a file
    #[arg(long, value_name = "FILE.html")]
    out: Option<PathBuf>,
}

/// A path as the source or the denoiser of its file; a spec as it is.
fn spec(text: &str, kind: &str, extensions: &[&str]) -> String {
    let is_file = extensions.iter().any(|extension| text.to_ascii_lowercase().ends_with(extension));
    if is_file && !text.starts_with(&format!("{kind}:")) {
        format!("{kind}:path={}", quoted(text))
    } else {
        text.to_owned()
    }
}

const TABLES: [&str; 9] = [".csv", ".tsv", ".json", ".jsonl", ".npy", ".npz", ".parquet", ".pq", ".gz"];

impl ModelCommand {
    /// Runs the command.
    ///
    /// # Errors
    /// A denoiser, a table or an SNR that cannot be used: exit status 2.
    pub(super) fn run(self, common: &Common) -> Result<u8> {
        if common.format == Format::Csv {
            return Err(Error::invalid("--format", "a model has tables of two kinds: take json"));
        }
        let denoiser = spec(&self.denoiser, "network", &[".onnx"]);
        drop(denoiser::find(&denoiser)?);
        let data = self.data.as_ref().map(|path| spec(&path.display().to_string(), "file", &TABLES));
        let source = Arc::new(Source::parse(&data.or(self.source.clone()).unwrap_or_default())?);
        output::notes(&source, common);
        let held_out = self.held_out.as_ref().map(|text| spec(text, "file", &TABLES));
        held_out.iter().try_for_each(|text| Source::parse(text).map(drop))?;
        let scale = source.dim() as f64 / source.second_moment().value;
        let snrs = match &self.snr {
            Some(text) => axes::snrs(text)?,
            None => log_spaced(ENDS[0] * scale, ENDS[1] * scale, POINTS).collect(),
        };
        if !(snrs.len() > 1 && snrs.windows(2).all(|pair| pair[0] < pair[1]) && snrs[0] > 0.0) {
            return Err(Error::invalid("--snr", "needs at least two SNRs, increasing"));
        }
        let schedules =
            [format!("las:axis=log,of=({denoiser})"), "las:axis=log".to_owned(), "geometric".to_owned()];
        let steps = self.steps as usize;
        let path = |schedule: &str| {
            Setting::path(steps, schedule, snrs[0], snrs[snrs.len() - 1]).with(&DENOISER, denoiser.as_str())
        };
        let need = |quantity: &str, setting: Setting| {
            Ok(Need { source: Arc::clone(&source), quantity: find(quantity)?, setting })
        };
        let mut needs = Vec::new();
        for &snr in &snrs {
            let at = || Setting::at(snr).with(&DENOISER, denoiser.as_str());
            needs.extend([
                need("loss", at())?,
                need("mmse", Setting::at(snr))?,
                need("denoiser_gap", at())?,
            ]);
            if let Some(other) = &held_out {
                needs.push(need("held_out_loss", at().with(&HELD_OUT, other.as_str()))?);
            }
        }
        for schedule in &schedules {
            for quantity in ["path_kl", "denoiser_kl", "init_kl", "cost_log"] {
                needs.push(need(quantity, path(schedule))?);
            }
        }
        let progress = Progress::new(common);
        let event = |event| progress.show(event);
        let backend = common.backend()?;
        let watch = Watch { backend, event: &event, stop: common.stop(), store: None };
        let target = StoppingRule { relative_error: Some(self.rel_err), budget: self.samples };
        let tools = Arc::new(Memo::default());
        let found = estimate_with(&tools, &needs, (MethodChoice::Auto, common.seed), target, &watch);
        progress.finish();
        let mut found = found?.into_iter().map(|found| match found {
            Err(error) => {
                if !error.is_interruption() {
                    eprintln!("note: {error}");
                }
                Estimate::failed(Method::MonteCarlo).into()
            }
            Ok(estimate) => estimate.into(),
        });
        let mut next = || found.next().expect("an estimate a need");
        let level = |&snr: &f64| {
            let [loss, mmse, gap] = [next(), next(), next()];
            LevelRow { snr, loss, mmse, gap, held_out: held_out.is_some().then(&mut next) }
        };
        let levels = snrs.iter().map(level).collect();
        let row = |schedule: &String| {
            let [path_kl, denoiser_kl, init_kl, cost_log] = [next(), next(), next(), next()];
            PathRow { schedule: schedule.clone(), path_kl, denoiser_kl, init_kl, cost_log }
        };
        let paths = schedules.iter().map(row).collect();
        let own = need("path_kl", path(&schedules[0]))?;
        // Empty where a stop comes before the loss curve is there.
        let own = watch.stop.unless(move || grid(&own, &tools)).transpose()?.unwrap_or_default();
        let report = DenoiserReport {
            klaim: env!("CARGO_PKG_VERSION").into(),
            command: super::command(),
            denoiser,
            source: source.spec().into(),
            held_out,
            levels,
            paths,
            snr: own.to_vec(),
        };
        if let Some(path) = &self.out {
            report::write::file(path, report.page()?.as_bytes())?;
        }
        match common.format {
            Format::Human | Format::Csv => output::text(&report.text()),
            Format::Json => output::json(&serde_json::to_value(&report).expect("a report is JSON")),
        }?;
        if !watch.stop.requested() {
            return Ok(0);
        }
        common.tell("interrupted: what has no value was not measured".into());
        Ok(interrupt::INCOMPLETE)
    }
}
