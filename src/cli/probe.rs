//! `klaim probe`.

use std::path::PathBuf;

use super::progress::Progress;
use super::verify::{self, Budget};
use super::{Common, Format, interrupt, output, snr};
use crate::claim::{self, Replacement, Sources, Values};
use crate::error::{Error, Result};
use crate::probe::statement::Place;
use crate::probe::sweep::{settle, sweep};
use crate::probe::{Parameter, ProbeReport, Statement, page};
use crate::run::MethodChoice;
use crate::run::checkpoint::Checkpoint;
use crate::run::verify::Options;
use crate::run::watch::Watch;
use crate::source::Spec;

/// Values of a range on a map over one parameter, and over two.
const POINTS: (usize, usize) = (13, 9);

/// Arguments of `klaim probe`.
#[derive(clap::Args)]
pub struct Probe {
    /// Id of a built-in claim, or a claim file
    claim: String,
    /// Source in place of the claim's own; {name} is filled by --vary: bernoulli:p={p}
    #[arg(long, value_name = "TEMPLATE", required = true)]
    source: Option<String>,
    /// One or two parameters: NAME=a..b, NAME=a..b/points (`:log` or `:linear` may follow) or NAME=v1,v2,…; a name in the
    /// template, an axis or a constant of the claim. Boundaries are sought along the first
    #[arg(long, num_args = 1..=2, value_name = "NAME=A..B")]
    vary: Vec<String>,
    /// SNRs in place of the claim's own: a list 0.1,1,10 or a range 1e-3..1e3/32; the worst between the ends is sought
    #[arg(long, value_name = "LIST|FROM..TO/POINTS", allow_hyphen_values = true)]
    snr: Option<String>,
    /// Relative width to which a boundary is bracketed
    #[arg(long, default_value_t = 0.01, value_parser = width)]
    width: f64,
    /// Folder for index.html, map.csv, probe.json and the checkpoint
    #[arg(long, default_value = "reports/probe")]
    out: PathBuf,
    /// Family-wise error rate of the whole probe
    #[arg(long, default_value_t = 0.001, value_parser = verify::level)]
    level: f64,
    /// Most samples per source: quick (32,768), standard (262,144), thorough (4,194,304) or a number
    #[arg(long, default_value = "standard", value_parser = Budget::parse)]
    budget: Budget,
    /// Which evaluators may be used
    #[arg(long, value_enum, default_value = "auto")]
    method: MethodChoice,
    /// Go on from the checkpoint in the output folder
    #[arg(long)]
    resume: bool,
}

fn width(text: &str) -> Result<f64, String> {
    text.parse().ok().filter(|&w| w > 0.0 && w < 1.0).ok_or_else(|| "expected a number in (0, 1)".into())
}

impl Probe {
    /// Runs the command.
    ///
    /// # Errors
    /// Whatever stops it: exit status 2.
    pub(super) fn run(self, common: &Common) -> Result<u8> {
        let source = Spec::parse(self.source.as_deref().expect("the command line requires it"))?;
        let (path, text) = claim_text(&self.claim)?;
        let points = if self.vary.len() > 1 { POINTS.1 } else { POINTS.0 };
        let parameters: Vec<Parameter> =
            self.vary.iter().map(|v| Parameter::parse(v, points)).collect::<Result<_>>()?;
        let fixed = self.fixed()?;
        let new = |place: &Place| Statement::new(path.clone(), text.clone(), source.clone(), fixed.clone(), place);
        let parameters = settled(parameters, |place| new(place).map(|_| ()))?;
        let sample: Place = parameters.iter().map(|p| (p.name.clone(), p.values[0])).collect();
        let statement = new(&sample)?;
        let claim = statement.at(&sample, &[], &mut Sources::default())?;
        let options = Options {
            seed: common.seed,
            level: self.level,
            budget: self.budget.samples,
            comparisons: None,
            method: self.method,
            shard: None,
            only: None,
        };
        let run = verify::settings(&options, &self.budget.name);
        let checkpoint = Checkpoint::open(&self.out, self.resume)?;
        let progress = Progress::new(common.quiet);
        let watch =
            Watch { event: &|event| progress.show(event), stop: interrupt::flag(), checkpoint: Some(&checkpoint) };
        let found = sweep(&statement, parameters, self.width, options, &watch, self.out.clone());
        progress.finish();
        let report = ProbeReport::new(&claim, &source.to_string(), found?, run);
        page::write(&report, &self.out)?;
        match common.format {
            Format::Human => {
                output::text(&format!("{}report: {}\n", report.text(), self.out.join("index.html").display()))?
            }
            Format::Csv => output::text(&report.csv())?,
            Format::Json => output::text(&report.json())?,
        };
        Ok(report.exit())
    }

    /// The axes that the command line fixes.
    fn fixed(&self) -> Result<Vec<Replacement>> {
        let snrs = self.snr.as_deref().map(snr::parse).transpose()?;
        Ok(snrs.map(|snrs| Replacement { name: "snr".into(), values: Values::Numbers(snrs) }).into_iter().collect())
    }
}

/// Finds which parameters take whole numbers only; `check` asks the statement at a place.
fn settled(parameters: Vec<Parameter>, check: impl Fn(&Place) -> Result<()>) -> Result<Vec<Parameter>> {
    let first: Place = parameters.iter().map(|p| (p.name.clone(), p.values[0])).collect();
    let with = |name: &str, value: f64| -> Place {
        first.iter().map(|(n, x)| (n.clone(), if n == name { value } else { *x })).collect()
    };
    let name_of = |p: &Parameter| p.name.clone();
    parameters
        .into_iter()
        .map(|parameter| {
            let name = name_of(&parameter);
            settle(parameter, |value| check(&with(&name, value)))
        })
        .collect()
}

/// Path and text of a claim.
fn claim_text(name: &str) -> Result<(PathBuf, String)> {
    if let Some((id, text)) = claim::builtin().iter().find(|(id, _)| *id == name) {
        return Ok((claim::builtin_path(id).expect("a built-in claim has a path"), (*text).to_owned()));
    }
    let path = PathBuf::from(name);
    if !path.exists() && !name.ends_with(".toml") {
        return Err(Error::unknown("claim", name, claim::builtin().iter().map(|(id, _)| *id)));
    }
    let text = std::fs::read_to_string(&path).map_err(Error::io(&path))?;
    Ok((path, text))
}
