//! `klaim verify`.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use super::completion::ClaimName;
use super::progress::Progress;
use super::{Common, Format, command, output};
use crate::claim::verdict::Basis;
use crate::claim::{self, Claim, Sources, paper};
use crate::error::{Error, Result};
use crate::report;
use crate::report::model::{Report, Run};
use crate::report::write::OUTPUTS;
use crate::run::assemble::assemble;
use crate::run::lock::Lock;
use crate::run::options::{MethodChoice, Options};
use crate::run::plan::{Plan, PlannedClaim, clear_stages, write_stage};
use crate::run::replay::sides;
use crate::run::stage::Stage;
use crate::run::store::Store;
use crate::run::verify::{Stages, measured, paged, verify};
use crate::run::watch::Watch;
use crate::table::files;

/// What is measured, and how well.
#[derive(clap::Args)]
pub(super) struct Asked {
    /// Ids of built-in claims, claim files, or folders of claim files; all built-in claims if none
    /// is given
    #[arg(value_parser = ClaimName, hide_possible_values = true)]
    claims: Vec<String>,
    /// Family-wise error rate: probability that any true claim of the run is refuted by chance
    #[arg(long, default_value_t = Options::LEVEL, value_parser = level)]
    level: f64,
    /// Most samples per source and kind of sampling, in whole 2,048s: quick (32,768), standard
    /// (262,144), thorough (4,194,304) or a number
    #[arg(long, default_value = "standard", value_parser = Budget::parse)]
    budget: Budget,
    /// Which evaluators may be used
    #[arg(long, value_enum, default_value = "auto")]
    method: MethodChoice,
    /// What a verdict must rest on: measured numbers, or a proof by interval arithmetic
    #[arg(long, value_enum, default_value = "measured")]
    evidence: Basis,
    /// Only the case with this address, such as main/3 or control-1/2 (for replays; needs a single
    /// claim)
    #[arg(long, value_name = "ADDRESS")]
    case: Option<String>,
    /// Number of comparisons that share the level (for replays; default: the number of cases)
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..))]
    comparisons: Option<u64>,
}

/// Arguments of `klaim verify`.
#[derive(clap::Args)]
pub struct Verify {
    #[command(flatten)]
    asked: Asked,
    /// Folder for index.html, results.csv, report.json, run.toml and the checkpoint [default:
    /// reports/latest, or reports/replay with --case]
    #[arg(long)]
    out: Option<PathBuf>,
    /// Go on from the checkpoint in the output folder
    #[arg(long)]
    resume: bool,
    /// Write into a folder that has files of the same names and is no run's
    #[arg(long)]
    force: bool,
    /// The two sides that --case must have, to the bit: prints whether it has, status 1 where not
    #[arg(long, value_name = "LHS,RHS", requires = "case", allow_hyphen_values = true)]
    expect: Option<String>,
    /// xxh3 of the text of the claim that --case is of; another one is refused
    #[arg(long, value_name = "HASH", requires = "case")]
    claim_hash: Option<String>,
    /// xxh3 of a data file that --case rests on; another one is refused
    #[arg(long, value_name = "PATH=HASH", requires = "case")]
    data_hash: Vec<String>,
}

/// A number of samples and how it was written.
#[derive(Debug, Clone)]
pub(super) struct Budget {
    pub(super) name: String,
    pub(super) samples: u64,
}

impl Budget {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let samples = match text {
            "quick" => 1 << 15,
            "standard" => Options::BUDGET,
            "thorough" => 1 << 22,
            number => {
                number.parse::<f64>().ok().filter(|&n| (1.0..=1e12).contains(&n) && n.fract() == 0.0).ok_or(
                    "expected quick, standard, thorough or a whole number of samples from 1 to 1e12",
                )? as u64
            }
        };
        Ok(Self { name: text.into(), samples })
    }
}

pub(super) fn level(text: &str) -> Result<f64, String> {
    text.parse().ok().filter(|&a| a > 0.0 && a < 1.0).ok_or_else(|| "expected a number in (0, 1)".into())
}

impl Asked {
    /// The claims, and the plan to measure them by `tasks` tasks.
    ///
    /// # Errors
    /// A claim or a data file that cannot be read.
    pub(super) fn plan(&self, seed: u64, tasks: u64) -> Result<(Vec<Claim>, Options, Plan)> {
        let (claims, texts) = load(&self.claims)?;
        // A paper that does not read is told before anything is measured.
        claim::papers_of(&claims)?;
        if self.case.is_some() && claims.len() != 1 {
            return Err(Error::invalid("--case", "needs exactly one claim to look in"));
        }
        let options = Options {
            seed,
            level: self.level,
            budget: self.budget.samples,
            comparisons: self.comparisons,
            method: self.method,
            only: self.case.clone(),
            evidence: self.evidence,
        };
        let plan = Plan::new(texts, &options, &self.budget.name, (command(), tasks));
        Ok((claims, options, plan))
    }
}

impl Verify {
    /// What is asked for.
    #[cfg(test)]
    pub(super) fn asked(&self) -> &Asked {
        &self.asked
    }

    /// Runs the command; the exit status is the report's.
    ///
    /// # Errors
    /// Whatever stops the run: exit status 2.
    pub(super) fn run(self, common: &Common) -> Result<u8> {
        let report = self.report(common)?;
        let status = print(&report, &self.folder(), common)?;
        self.expect.as_ref().map_or(Ok(status), |expected| same_bits(&report, expected, common))
    }

    /// The report, written into its folder; a caller that names none has it in memory alone.
    ///
    /// # Errors
    /// Whatever stops the run.
    pub(super) fn report(&self, common: &Common) -> Result<Report> {
        let (claims, options, plan) = self.asked.plan(common.seed, 1)?;
        self.refuse_changed(&claims)?;
        let backend = common.backend()?;
        let run = settings(&options, &self.asked.budget.name, backend.name());
        let stop = common.stop();
        if let (Some(caller), None) = (&common.caller, &self.out) {
            let event = |event| (caller.event)(event);
            return verify(&claims, &options, &Watch { backend, event: &event, stop, store: None }, run);
        }
        let dir = self.folder();
        let _lock = Lock::take(&dir, &OUTPUTS, self.force)?;
        let store = begin(&dir, &plan, self.resume)?;
        let progress = Progress::new(common);
        let watch = Watch { backend, event: &|event| progress.show(event), stop, store: Some(&store) };
        let keep = |stage: &Stage| write_stage(&dir, stage.round as usize, stage).map(drop);
        let stages = Stages { run: Some(plan.hash()), paged: paged(&options), begun: &keep };
        let found = measured(&claims, &options, stages, &watch);
        progress.finish();
        let (comparisons, found) = found?;
        let run = Run { comparisons, interrupted: found.interrupted, ..run };
        let report = assemble(&claims, &options, found, run, &watch.stop)?;
        report::write(&report, &dir)?;
        Ok(report)
    }

    /// Refuses a claim or a data file that is not the one that a replay names.
    fn refuse_changed(&self, claims: &[Claim]) -> Result<()> {
        let refused = |what: &Path, now: &str, then: &str| {
            let message =
                format!("has changed since that number was measured: its xxh3 is {now}, and was {then}");
            Err(Error::invalid(what.display().to_string(), message))
        };
        for (claim, then) in claims.iter().zip(&self.claim_hash) {
            let now = format!("{:016x}", claim.hash);
            if now != *then {
                return refused(&claim.path, &now, then);
            }
        }
        let read = files::read_so_far();
        for word in &self.data_hash {
            let Some((path, then)) = word.rsplit_once('=') else {
                return Err(Error::invalid("--data-hash", format!("`{word}` is no PATH=HASH")));
            };
            let now = read.iter().find(|(name, _)| name == Path::new(path));
            let now = now.map_or("unknown: it was not read".into(), |(_, sum)| format!("{sum:016x}"));
            if now != then {
                return refused(Path::new(path), &now, then);
            }
        }
        Ok(())
    }

    /// Where the run is written: a replay leaves the run that it came from alone.
    fn folder(&self) -> PathBuf {
        let default = if self.asked.case.is_some() { "reports/replay" } else { "reports/latest" };
        self.out.clone().unwrap_or_else(|| PathBuf::from(default))
    }
}

/// Prints the sides of the one row of a replay, those expected and whether they are the same bits:
/// on stdout where that is for people, else on stderr. Status 0, or 1 where they are not.
fn same_bits(report: &Report, expected: &str, common: &Common) -> Result<u8> {
    let mut rows = report.sections().flat_map(|(_, _, section)| &section.rows);
    let found = rows.next().map_or(String::new(), sides);
    let same = found == expected;
    let answer = if same { "yes" } else { "no" };
    let text = format!("sides:     {found}\nexpected:  {expected}\nsame bits: {answer}\n");
    match common.format {
        Format::Human => drop(output::text(&text)?),
        Format::Csv | Format::Json => eprint!("{text}"),
    }
    Ok(u8::from(!same))
}

/// Writes the plan into the run directory `dir`: goes on with the parts that are there where
/// `resume` is said and they are of the same plan, and removes them otherwise.
///
/// # Errors
/// A plan that cannot be written; one that is there, is another, and was to be gone on with.
pub(super) fn begin(dir: &Path, plan: &Plan, resume: bool) -> Result<Store> {
    let store = Store::open(dir)?;
    // A report that cannot be read is written anew anyway.
    if matches!(report::repair(dir), Ok(true)) {
        eprintln!("{}: the files of two runs, as a crash leaves them; written again", dir.display());
    }
    // A plan that cannot be read is in the way of going on alone.
    let old = if resume { Plan::read(dir)? } else { None };
    if let Some(old) = old {
        old.refuse_other(plan)?;
        store.tidy()?;
    } else {
        store.clear()?;
        clear_stages(dir, 0)?;
    }
    plan.write(dir)?;
    Ok(store)
}

/// The day of a time, as year-month-day; the first of 1970 where a clock stands before that.
fn date(time: SystemTime) -> String {
    humantime::format_rfc3339_seconds(time.max(UNIX_EPOCH)).to_string()[..10].into()
}

/// What a report says of its run; the number of comparisons is filled in by the run.
pub(super) fn settings(options: &Options, budget: &str, backend: String) -> Run {
    Run {
        klaim: env!("CARGO_PKG_VERSION").into(),
        command: command(),
        seed: options.seed,
        level: options.level,
        budget: budget.into(),
        comparisons: 0,
        backend,
        date: date(SystemTime::now()),
        interrupted: false,
    }
}

/// The result in the form asked for; the exit status is the report's.
pub(super) fn print(report: &Report, out: &Path, common: &Common) -> Result<u8> {
    match common.format {
        Format::Human if common.quiet => output::text(&format!("{}\n", report::summary::line(report)))?,
        Format::Human => output::text(&format!(
            "{}report: {}\n",
            report::summary(report),
            out.join("index.html").display()
        ))?,
        Format::Csv => output::text(&report::csv::table(report))?,
        Format::Json => output::json(&report::verify_json(report))?,
    };
    Ok(report.exit)
}

/// The claims named on the command line, all built-in ones if none is, and their texts; sources are
/// built once for all of them.
pub(super) fn load(names: &[String]) -> Result<(Vec<Claim>, Vec<PlannedClaim>)> {
    let all: Vec<String> = claim::builtin().iter().map(|(id, _)| (*id).to_owned()).collect();
    let mut texts = Vec::new();
    for name in if names.is_empty() { &all } else { names } {
        texts.extend(written(name)?);
    }
    let mut sources = Sources::default();
    let parse = |claim: &PlannedClaim| claim::parse(&claim.path, &claim.text, &mut sources);
    let claims = texts.iter().map(parse).collect::<Result<_>>()?;
    Ok((claims, texts))
}

/// What `name` names: a built-in claim, one in a file, or those in a folder.
pub(super) fn written(name: &str) -> Result<Vec<PlannedClaim>> {
    let folder = Path::new(name);
    if !folder.is_dir() || claim::builtin().iter().any(|(id, _)| *id == name) {
        let (path, text) = find(name)?;
        return Ok(vec![PlannedClaim { path, text }]);
    }
    let read = |path: PathBuf| {
        let text = std::fs::read_to_string(&path).map_err(Error::io(&path))?;
        Ok(PlannedClaim { path, text })
    };
    files_in(folder)?.into_iter().map(read).collect()
}

/// Path and text of the claim that `name` is: built in, or in a file.
pub(super) fn find(name: &str) -> Result<(PathBuf, String)> {
    let path = PathBuf::from(name);
    if let Some((id, text)) = claim::builtin().iter().find(|(id, _)| *id == name) {
        return Ok((claim::builtin_path(id).expect("a built-in claim has a path"), (*text).to_owned()));
    }
    if path.exists() || name.ends_with(".toml") {
        let text = std::fs::read_to_string(&path).map_err(Error::io(&path))?;
        return Ok((path, text));
    }
    let file = format!("{name}.toml");
    if Path::new(&file).exists() {
        let message = format!("is no built-in claim; did you mean the file `{file}`?");
        return Err(Error::invalid(format!("claim `{name}`"), message));
    }
    Err(Error::unknown("claim", name, claim::builtin().iter().map(|(id, _)| *id)))
}

/// The claim files of a folder in alphabetical order, then those of each folder in it that has a
/// `paper.toml`, which must read without an error.
fn files_in(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(folder).map_err(Error::io(folder))?;
    let mut entries: Vec<PathBuf> =
        entries.map(|entry| entry.map(|e| e.path())).collect::<Result<_, _>>().map_err(Error::io(folder))?;
    entries.sort();
    let paper = folder.join(paper::FILE);
    if paper.exists() {
        claim::load_paper(&paper)?;
    }
    let claims =
        entries.iter().filter(|file| **file != paper && file.extension().is_some_and(|e| e == "toml"));
    let mut files: Vec<PathBuf> = claims.cloned().collect();
    for inner in entries.iter().filter(|inner| inner.join(paper::FILE).exists()) {
        files.extend(files_in(inner)?);
    }
    if files.is_empty() {
        return Err(Error::invalid(folder.display().to_string(), "holds no claim file (*.toml)"));
    }
    Ok(files)
}

/// The sources of some specs, each built once.
pub(super) fn sources(specs: &[String]) -> Result<Vec<Arc<crate::source::Source>>> {
    specs.iter().map(|spec| crate::source::Source::parse(spec).map(Arc::new)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_was_never_set_has_a_day() {
        assert_eq!(date(UNIX_EPOCH - std::time::Duration::from_secs(1 << 27)), "1970-01-01");
    }

    /// A folder's own claims, then those of the papers in it; no other folder, and no paper that
    /// names what is not there.
    #[test]
    fn folders_of_papers_are_read() {
        let dir = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = dir.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        let paper = |test: &str| {
            format!(
                "key = \"K\"\ntitle = \"T\"\n[[statement]]\nsays = \"s\"\ntests = [\"{test}\"]\nanswer = \"fails\"\n"
            )
        };
        write("z.toml", "");
        write("other/c.toml", "");
        write("paper/b.toml", "[[break]]\n");
        write("paper/paper.toml", &paper("b/break-1"));
        let files = files_in(dir.path()).unwrap();
        assert_eq!(files, ["z.toml", "paper/b.toml"].map(|name| dir.path().join(name)));
        write("paper/paper.toml", &paper("c"));
        let error = files_in(dir.path()).unwrap_err().to_string();
        assert!(error.contains("`c` is no claim and no section of one"), "{error}");
    }
}
