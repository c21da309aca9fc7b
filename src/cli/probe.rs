//! `klaim probe`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::completion::ClaimName;
use super::progress::Progress;
use super::tasks::{ByTasks, in_one_process};
use super::verify::{self, Budget};
use super::{Common, Format, axes, output};
use crate::claim::{Claim, ClaimFile, Replacement, Sources, Values};
use crate::error::{Error, Result};
use crate::numeric::spacing::numbers;
use crate::probe::disproof::Disproof;
use crate::probe::found::Measuring;
use crate::probe::search::{Bounds, Objective, hunt};
use crate::probe::statement::Coordinates;
use crate::probe::sweep::{MapPlaces, settle, sweep};
use crate::probe::{ProbeReport, ProbedClaim, Varied, page};
use crate::quantity::axis;
use crate::report::model::Run;
use crate::run::lock::Lock;
use crate::run::options::{MethodChoice, Options};
use crate::run::plan::{Plan, PlannedClaim};
use crate::run::store::{Share, Store};
use crate::run::watch::{Event, Watch};
use crate::spec::Spec;

/// Values of a range on a map over one parameter, and over two.
const POINTS: (usize, usize) = (13, 9);

/// Arguments of `klaim probe`.
#[derive(clap::Args)]
pub struct Probe {
    /// Id of a built-in claim, or a claim file
    #[arg(value_parser = ClaimName, hide_possible_values = true)]
    claim: String,
    /// Source in place of the claim's own; {name} is filled by --vary: bernoulli:p={p}
    #[arg(long, value_name = "TEMPLATE", conflicts_with = "search")]
    source: Option<String>,
    /// An axis in place of the claim's own, text or a list of numbers: schedule=las2:alpha={alpha},
    /// denoiser=perturbed:error={e}, steps=10; {name} is filled by --vary
    #[arg(long, value_name = "NAME=VALUE", conflicts_with = "search")]
    set: Vec<String>,
    /// One or two parameters: NAME=a..b, NAME=a..b/points (`:log` or `:linear` may follow) or
    /// NAME=v1,v2,…; a name in the template, an axis or a constant of the claim. Boundaries are
    /// sought along the first
    #[arg(long, num_args = 1..=2, value_name = "NAME=A..B", conflicts_with = "search")]
    vary: Vec<String>,
    /// Search laws instead: climb from N starts to the largest ratio
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    search: Option<u64>,
    /// Most atoms of a searched law
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u8).range(2..=64), requires = "search")]
    atoms: u8,
    /// Most dimensions of a searched law
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u8).range(1..=8), requires = "search")]
    dim: u8,
    /// Stop handing out starts after this time: 90s, 10m
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration, requires = "search")]
    limit: Option<Duration>,
    /// SNRs in place of the claim's own: a list 0.1,1,10 or a range 1e-3..1e3/32; the worst between
    /// the ends is sought
    #[arg(long, value_name = "LIST|FROM..TO/POINTS", allow_hyphen_values = true, conflicts_with = "search")]
    snr: Option<String>,
    /// Relative width to which a boundary is bracketed
    #[arg(long, default_value_t = 0.01, value_parser = width)]
    width: f64,
    /// Folder for index.html, map.csv, probe.json and the checkpoint
    #[arg(long, default_value = "reports/probe")]
    out: PathBuf,
    /// Family-wise error rate of the whole probe
    #[arg(long, default_value_t = Options::LEVEL, value_parser = verify::level)]
    level: f64,
    /// Most samples per source and kind of sampling, in whole 2,048s: quick (32,768), standard
    /// (262,144), thorough (4,194,304) or a number
    #[arg(long, default_value = "standard", value_parser = Budget::parse)]
    budget: Budget,
    /// Which evaluators may be used
    #[arg(long, value_enum, default_value = "auto")]
    method: MethodChoice,
    /// Try the counterexample by interval arithmetic: where its law allows, disproved for certain,
    /// with a certificate in the output folder
    #[arg(long)]
    prove: bool,
    /// Go on from the checkpoint in the output folder
    #[arg(long)]
    resume: bool,
    /// Write into a folder that has files of the same names and is no probe's
    #[arg(long)]
    force: bool,
    /// Freeze it in --out for N tasks, and measure nothing: klaim work and klaim reduce do
    #[arg(long, value_name = "N", conflicts_with_all = ["resume", "limit"],
        value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    tasks: Option<u64>,
    /// Where it is one of a plan
    #[arg(skip)]
    planned: Option<PlannedProbe>,
}

/// A probe as it was planned.
struct PlannedProbe {
    claim: PlannedClaim,
    /// Where its folder is now; what lies in it is called by its name then.
    dir: PathBuf,
    /// The command that does it in one process.
    command: String,
}

/// What is asked, its claim read.
enum Question {
    /// A map over some parameters.
    Sweep {
        statement: ProbedClaim,
        /// The claim at the first place.
        expanded: Claim,
        places: Box<MapPlaces>,
        /// What stands in place of the claim's own axes, in words.
        place: String,
    },
    /// A search over laws.
    Search {
        claim: Arc<ClaimFile>,
        /// The claim on any law.
        expanded: Claim,
        objective: Box<Objective>,
        starts: u64,
    },
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
        if let Some(tasks) = self.tasks {
            return self.freeze((&self.out, self.force), tasks, common);
        }
        let report = self.report(common)?;
        self.print(&report, common)
    }

    /// The same, planned with `claim` in `dir` as `command` without tasks.
    pub(super) fn planned(self, claim: PlannedClaim, dir: &Path, command: String) -> Self {
        Self { planned: Some(PlannedProbe { claim, dir: dir.to_owned(), command }), ..self }
    }

    /// Where its folder is.
    fn dir(&self) -> &Path {
        self.planned.as_ref().map_or(&self.out, |planned| &planned.dir)
    }

    /// Prints what was found; the exit status.
    fn print(&self, report: &ProbeReport, common: &Common) -> Result<u8> {
        match common.format {
            Format::Human => output::text(&format!(
                "{}report: {}\n",
                report.text(),
                self.dir().join("index.html").display()
            ))?,
            Format::Csv => output::text(&report.csv())?,
            Format::Json => output::text(&report.json())?,
        };
        Ok(report.exit())
    }

    /// What is found, written into the folder.
    ///
    /// # Errors
    /// Whatever stops it.
    pub(super) fn report(&self, common: &Common) -> Result<ProbeReport> {
        // What is asked wrongly costs nobody what is there; data files are read by then.
        let question = self.question()?;
        let plan = self.plan(1, common)?;
        let _lock = Lock::take(&self.out, &page::OUTPUTS, self.force)?;
        let store = verify::begin(&self.out, &plan, self.resume)?.shared(Share::All, plan.hash());
        let report = self.answered(question, &store, common)?;
        page::write(&report, &self.out)?;
        Ok(report)
    }

    /// The claim, and its text.
    fn text(&self) -> Result<PlannedClaim> {
        let named = || verify::find(&self.claim).map(|(path, text)| PlannedClaim { path, text });
        self.planned.as_ref().map_or_else(named, |planned| Ok(planned.claim.clone()))
    }

    fn options(&self, common: &Common) -> Options {
        let Self { level, budget, method, .. } = self;
        let (seed, level, budget, method) = (common.seed, *level, budget.samples, *method);
        Options { seed, level, budget, method, ..Options::default() }
    }

    /// What is asked: a map over the varied parameters, or a search.
    ///
    /// # Errors
    /// What keeps it from being asked.
    fn question(&self) -> Result<Question> {
        let PlannedClaim { path, text } = self.text()?;
        let claim = Arc::new(ClaimFile::read(path, text)?);
        if let Some(starts) = self.search {
            // Any law serves to read the expressions; two atoms have every quantity.
            let any =
                Replacement { name: "source".into(), values: Values::Sources(vec![Spec::parse("bpsk")?]) };
            let expanded = claim.on(&[any], &mut Sources::default())?;
            let objective = Box::new(Objective::new(&expanded, search_snr(&expanded))?);
            return Ok(Question::Search { claim, expanded, objective, starts });
        }
        let source = self.source.as_deref().map(Spec::parse).transpose()?;
        let points = if self.vary.len() > 1 { POINTS.1 } else { POINTS.0 };
        let parameters: Vec<Varied> =
            self.vary.iter().map(|v| Varied::parse(v, points)).collect::<Result<_>>()?;
        let fixed = self.fixed()?;
        // Every place is asked with these: a file is read once.
        let mut sources = Sources::default();
        let mut new = |place: &Coordinates| {
            ProbedClaim::new(Arc::clone(&claim), (source.clone(), fixed.clone()), place, &mut sources)
        };
        let parameters = settled(parameters, |place| new(place).map(|_| ()))?;
        let sample: Coordinates = parameters.iter().map(|p| (p.name.clone(), p.values[0])).collect();
        let statement = new(&sample)?;
        let expanded = statement.at(&sample, &[], &mut sources)?;
        let source = source.map_or("its own sources".into(), |source| source.to_string());
        let place = self.set.iter().fold(source, |text, set| format!("{text}, {set}"));
        let places = Box::new(MapPlaces::new(&statement, parameters, sources)?);
        Ok(Question::Sweep { statement, expanded, places, place })
    }

    /// What is found by the parts of `store`.
    ///
    /// # Errors
    /// Whatever stops it.
    fn answered(&self, question: Question, store: &Store, common: &Common) -> Result<ProbeReport> {
        let options = self.options(common);
        match question {
            Question::Sweep { statement, expanded, places, place } => {
                let (found, run) = self.watched(&options, store, common, |watch| {
                    sweep(&statement, *places, self.width, options.clone(), watch)
                })?;
                let disproofs = self.prove.then(|| Disproof::of_sweep(&statement, &found)).transpose()?;
                Ok(ProbeReport { disproofs, ..ProbeReport::new(&expanded, &place, found, run) })
            }
            Question::Search { claim, expanded, objective, starts } => {
                let bounds = Bounds { atoms: self.atoms.into(), dim: self.dim.into() };
                let ((mut search, comparisons), run) = self.watched(&options, store, common, |watch| {
                    (watch.event)(Event::Needs(starts as usize));
                    let climbs = hunt(&objective, bounds, starts, self.limit, (&options, watch))?;
                    let options = options.clone();
                    let (folder, prove) = ((&*self.out, self.dir()), self.prove);
                    let measuring = Measuring { claim, expanded: &expanded, options, watch, folder, prove };
                    measuring.report(&climbs, &objective, (bounds.atoms, bounds.dim))
                })?;
                let disproofs = self.prove.then(|| std::mem::take(&mut search.disproofs));
                Ok(ProbeReport { disproofs, ..ProbeReport::of_search(&expanded, search, comparisons, run) })
            }
        }
    }

    /// Does `work` with the backend, the parts of `store` and the progress bars of the command line;
    /// its result with the settings that a report names.
    fn watched<T>(
        &self,
        options: &Options,
        store: &Store,
        common: &Common,
        work: impl FnOnce(&Watch) -> Result<T>,
    ) -> Result<(T, Run)> {
        let backend = common.backend_if(store.share() != Share::None)?;
        let run = verify::settings(options, &self.budget.name, backend.name());
        let progress = Progress::new(common);
        let event = |event| progress.show(event);
        let watch = Watch { backend, event: &event, stop: common.stop(), store: Some(store) };
        let found = work(&watch);
        progress.finish();
        let run = Run { interrupted: watch.stop.requested(), ..run };
        Ok((
            found?,
            match &self.planned {
                Some(planned) => Run { command: planned.command.clone(), backend: store.backends(), ..run },
                None => run,
            },
        ))
    }

    /// What a probe that goes on must have been asked for too; a search may have more starts.
    fn asked(&self) -> BTreeMap<String, String> {
        let options = [
            ("--source", self.source.clone()),
            ("--vary", Some(self.vary.join(" "))),
            ("--set", Some(self.set.join(" "))),
            ("--search", self.search.map(|_| "yes".to_owned())),
            ("--atoms", Some(self.atoms.to_string())),
            ("--dim", Some(self.dim.to_string())),
            ("--snr", self.snr.clone()),
            ("--width", Some(self.width.to_string())),
        ];
        let some = options.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
        some.collect()
    }

    /// The axes that the command line fixes.
    fn fixed(&self) -> Result<Vec<Replacement>> {
        let mut fixed: Vec<Replacement> = self.set.iter().map(|text| set(text)).collect::<Result<_>>()?;
        if let Some(snrs) = self.snr.as_deref().map(axes::snrs).transpose()? {
            fixed.push(Replacement { name: "snr".into(), values: Values::Numbers(snrs) });
        }
        if let Some(twice) = fixed.iter().enumerate().find_map(|(i, one)| {
            let same = |other: &Replacement| other.name == one.name;
            fixed[..i].iter().any(same).then_some(&one.name)
        }) {
            return Err(Error::invalid("--set", format!("gives `{twice}` twice")));
        }
        Ok(fixed)
    }
}

impl ByTasks for Probe {
    type Found = ProbeReport;

    fn outputs(&self) -> &[&str] {
        &page::OUTPUTS
    }

    fn found(&self, store: &Store, common: &Common) -> Result<ProbeReport> {
        self.answered(self.question()?, store, common)
    }

    fn plan(&self, tasks: u64, common: &Common) -> Result<Plan> {
        let (options, claim) = (self.options(common), self.text()?);
        if self.tasks.is_some()
            && [self.source.as_deref(), Some(&*claim.text)].into_iter().flatten().any(names_files)
        {
            let message = "a sweep over names of files takes one process: a plan has the files of its first places alone";
            return Err(Error::invalid("--tasks", message));
        }
        let command = in_one_process(&["--tasks"]);
        let mut plan = Plan::new(vec![claim], &options, &self.budget.name, (command, tasks));
        plan.asked = self.asked();
        Ok(plan)
    }

    fn told(&self, report: ProbeReport, common: &Common) -> Result<u8> {
        page::write(&report, self.dir())?;
        self.print(&report, common)
    }
}

/// Whether a template's path depends on a parameter.
fn names_files(text: &str) -> bool {
    let end = |c: char| matches!(c, ',' | ')' | '"' | '\n');
    text.split("path=").skip(1).any(|rest| rest.split(end).next().is_some_and(|path| path.contains('{')))
}

/// `NAME=VALUE`: text for an axis of text, else numbers.
fn set(text: &str) -> Result<Replacement> {
    let form = || Error::invalid("--set", format!("`{text}` is not NAME=VALUE, such as steps=10"));
    let (name, value) = text.split_once('=').ok_or_else(form)?;
    let (name, value) = (name.trim().to_owned(), value.trim());
    let values = match (name.as_str(), axis::find(&name)) {
        ("source", _) => Values::Sources(vec![Spec::parse(value)?]),
        ("baseline", _) => Values::Words(vec![value.to_owned()]),
        (_, Some(axis)) if axis.is_text() => Values::Words(vec![value.to_owned()]),
        _ => Values::Numbers(numbers(value).map_err(|why| Error::invalid("--set", why))?),
    };
    Ok(Replacement { name, values })
}

/// Finds which parameters take whole numbers only; `check` asks the statement at a place.
fn settled(
    parameters: Vec<Varied>,
    mut check: impl FnMut(&Coordinates) -> Result<()>,
) -> Result<Vec<Varied>> {
    let first: Coordinates = parameters.iter().map(|p| (p.name.clone(), p.values[0])).collect();
    let with = |name: &str, value: f64| -> Coordinates {
        first.iter().map(|(n, x)| (n.clone(), if n == name { value } else { *x })).collect()
    };
    let settled = |parameter: Varied| {
        let name = parameter.name.clone();
        settle(parameter, |value| check(&with(&name, value)))
    };
    parameters.into_iter().map(settled).collect()
}

/// The SNR at which laws are searched: 1 where the claim is stated there, else the middle of its
/// SNRs.
fn search_snr(claim: &Claim) -> f64 {
    let snrs: Vec<f64> = claim.main.cases.iter().filter_map(|case| case.axes.get("snr")?.number()).collect();
    let low = snrs.iter().copied().fold(f64::INFINITY, f64::min);
    let high = snrs.iter().copied().fold(0.0, f64::max);
    if snrs.is_empty() || (low..=high).contains(&1.0) { 1.0 } else { (low * high).sqrt() }
}
