//! A frozen run: its options, its claims' texts and its data files, by content. What is written of
//! it is enough to measure any leaf elsewhere.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use crate::claim::verdict::Basis;
use crate::claim::{self, Claim, Sources};
use crate::error::{Error, Result};
use crate::report::{self, sealed};
use crate::run::options::{MethodChoice, Options};
use crate::run::stage::Stage;
use crate::table::files;

/// The folder of everything in a run directory that is no output.
const FOLDER: &str = "checkpoint";
/// The plan's file in it.
const PLAN: &str = "plan.json";
/// The folder of data files in it.
const FILES: &str = "files";

/// A claim as it was when the run was planned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedClaim {
    /// What it is called.
    pub path: PathBuf,
    /// Its text.
    pub text: String,
}

/// A data file as it was when the run was planned; a copy travels with the plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedFile {
    /// What it is called.
    pub path: PathBuf,
    /// xxh3 of its bytes.
    pub xxh3: String,
}

/// A frozen run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// Version of klaim.
    pub klaim: String,
    /// Seed of all randomness.
    pub seed: u64,
    /// Family-wise level.
    pub level: f64,
    /// Most samples of one lane (of one source, by one kind of sampling), as it was written, and as a number.
    pub budget: (String, u64),
    /// Number of comparisons that share the level, where that is not the number of cases.
    pub comparisons: Option<u64>,
    /// Which evaluators may be used.
    pub method: String,
    /// What a verdict must rest on at least.
    #[serde(default)]
    pub evidence: Basis,
    /// The one case that is measured, if it is one.
    pub case: Option<String>,
    /// What else was asked for, by its name on the command line.
    pub asked: BTreeMap<String, String>,
    /// The words of the command that tasks share, where that is not `verify`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub words: Vec<String>,
    /// The claims.
    pub claims: Vec<PlannedClaim>,
    /// The data files that they need.
    pub files: Vec<PlannedFile>,
    /// The command that runs it in one process; no number depends on it.
    pub command: String,
    /// Number of tasks where none is said; no number depends on it.
    pub tasks: u64,
}

impl Plan {
    /// The plan of a run of `claims`, whose sources have been built: their files are read by then.
    pub fn new(
        claims: Vec<PlannedClaim>,
        options: &Options,
        budget: &str,
        (command, tasks): (String, u64),
    ) -> Self {
        let file = |(path, sum): (PathBuf, u64)| PlannedFile { path, xxh3: format!("{sum:016x}") };
        Self {
            klaim: env!("CARGO_PKG_VERSION").into(),
            seed: options.seed,
            level: options.level,
            budget: (budget.into(), options.budget),
            comparisons: options.comparisons,
            method: options.method.name().into(),
            evidence: options.evidence,
            case: options.only.clone(),
            asked: BTreeMap::new(),
            words: Vec::new(),
            claims,
            files: files::read_so_far().into_iter().map(file).collect(),
            command,
            tasks,
        }
    }

    /// A hash of all that a number depends on.
    pub fn hash(&self) -> u64 {
        let budget = (String::new(), self.budget.1);
        let content = Self { command: String::new(), tasks: 0, budget, ..self.clone() };
        xxh3_64(&serde_json::to_vec(&content).expect("a plan is JSON"))
    }

    /// What the run is asked to do.
    ///
    /// # Errors
    /// A method that this version does not know.
    pub fn options(&self) -> Result<Options> {
        let known = MethodChoice::ALL.iter().find(|(_, name)| *name == self.method);
        let names = MethodChoice::ALL.iter().map(|(_, name)| *name);
        let (method, _) = known.ok_or_else(|| Error::unknown("method", &self.method, names))?;
        Ok(Options {
            seed: self.seed,
            level: self.level,
            budget: self.budget.1,
            comparisons: self.comparisons,
            method: *method,
            only: self.case.clone(),
            evidence: self.evidence,
        })
    }

    /// The claims with their sources, whose data files are those that came with the plan in `dir`.
    ///
    /// # Errors
    /// [`Error::Checkpoint`] naming a data file that is missing or damaged; those of
    /// [`claim::parse`].
    pub fn claims(&self, dir: &Path) -> Result<Vec<Claim>> {
        self.place_files(dir)?;
        let mut sources = Sources::default();
        self.claims.iter().map(|claim| claim::parse(&claim.path, &claim.text, &mut sources)).collect()
    }

    /// From now on, its data files are those that came with the plan in `dir`.
    ///
    /// # Errors
    /// [`Error::Checkpoint`] naming a data file that is missing or damaged.
    pub fn place_files(&self, dir: &Path) -> Result<()> {
        for file in &self.files {
            let copy = place(dir, file);
            let sum = files::hash(&copy).map_err(Error::io(&copy))?;
            if format!("{sum:016x}") != file.xxh3 {
                let message = "does not match its checksum; plan again";
                return Err(Error::Checkpoint { path: copy, message: message.into() });
            }
            files::replace(file.path.clone(), copy);
        }
        Ok(())
    }

    /// Writes the plan into the run directory `dir`, with copies of its data files.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn write(&self, dir: &Path) -> Result<()> {
        let folder = dir.join(FOLDER);
        fs::create_dir_all(folder.join(FILES)).map_err(Error::io(&folder))?;
        for file in &self.files {
            let copy = place(dir, file);
            if files::hash(&copy).is_ok_and(|sum| format!("{sum:016x}") == file.xxh3) {
                continue;
            }
            let from = files::place(&file.path);
            let bytes = fs::read(&from).map_err(Error::io(&from))?;
            report::write::file(&copy, &bytes)?;
        }
        sealed::write(&folder.join(PLAN), self)
    }

    /// The plan in the run directory `dir`; `None` where there is none.
    ///
    /// # Errors
    /// [`Error::Checkpoint`] for one that is damaged.
    pub fn read(dir: &Path) -> Result<Option<Self>> {
        let path = dir.join(FOLDER).join(PLAN);
        let remedy = "plan again, or verify without --resume";
        if path.exists() { sealed::read(&path, remedy).map(Some) } else { Ok(None) }
    }

    /// Refuses to go on with `self` where `asked` is another run.
    ///
    /// # Errors
    /// [`Error::Invalid`] naming everything that differs.
    pub fn refuse_other(&self, asked: &Self) -> Result<()> {
        let mut differ = Vec::new();
        if !self.words.is_empty() {
            differ.push(
                "it is planned for tasks, which `klaim work` and `klaim reduce` go on with".to_owned(),
            );
        }
        let mut compare = |what: &str, old: &dyn std::fmt::Debug, new: &dyn std::fmt::Debug| {
            let (old, new) = (format!("{old:?}"), format!("{new:?}"));
            if old != new {
                differ.push(format!("{what} was {old} and is {new}"));
            }
        };
        compare("klaim's version", &self.klaim, &asked.klaim);
        compare("--seed", &self.seed, &asked.seed);
        compare("--level", &self.level, &asked.level);
        compare("--budget", &self.budget.1, &asked.budget.1);
        compare("--evidence", &self.evidence, &asked.evidence);
        compare("--comparisons", &self.comparisons, &asked.comparisons);
        compare("--method", &self.method, &asked.method);
        compare("--case", &self.case, &asked.case);
        let names: BTreeSet<&String> = self.asked.keys().chain(asked.asked.keys()).collect();
        for name in names {
            compare(name, &self.asked.get(name), &asked.asked.get(name));
        }
        let paths = |plan: &Self| plan.claims.iter().map(|claim| claim.path.clone()).collect::<Vec<_>>();
        compare("the list of claims", &paths(self), &paths(asked));
        for (old, new) in self.claims.iter().zip(&asked.claims).filter(|(old, new)| old.path == new.path) {
            if old.text != new.text {
                differ.push(format!("the claim {} has changed", old.path.display()));
            }
        }
        for file in &asked.files {
            if self.files.iter().any(|old| old.path == file.path && old.xxh3 != file.xxh3) {
                differ.push(format!("the data file {} has changed", file.path.display()));
            }
        }
        match differ.is_empty() {
            true => Ok(()),
            false => {
                let differ = differ.join("; ");
                Err(Error::invalid("--resume", format!("{differ}; run without --resume to begin anew")))
            }
        }
    }
}

/// Where the copy of a data file is.
fn place(dir: &Path, file: &PlannedFile) -> PathBuf {
    let name = file.path.file_name().unwrap_or_default().to_string_lossy();
    dir.join(FOLDER).join(FILES).join(format!("{}-{name}", file.xxh3))
}

/// Where stage number `number` of a run is written.
fn stage_path(dir: &Path, number: usize) -> PathBuf {
    dir.join(FOLDER).join(format!("stage-{number:02}.json"))
}

/// Writes stage number `number` (from 0) into the run directory `dir`; returns whether it was not
/// there before.
///
/// # Errors
/// [`Error::Io`].
pub fn write_stage(dir: &Path, number: usize, stage: &Stage) -> Result<bool> {
    let path = stage_path(dir, number);
    if sealed::read(&path, "").is_ok_and(|there: Stage| there == *stage) {
        return Ok(false);
    }
    sealed::write(&path, stage)?;
    Ok(true)
}

/// The last stage that was written into the run directory `dir`.
///
/// # Errors
/// Those of [`read_stage`].
pub fn last_stage(dir: &Path, plan: &Plan) -> Result<Stage> {
    let last = (0..).take_while(|&number| stage_path(dir, number).exists()).last();
    read_stage(dir, last.unwrap_or(0), plan)
}

/// Stage number `number` of the run in `dir`.
///
/// # Errors
/// [`Error::Checkpoint`] where it is not there, damaged or of another plan than `plan`.
pub fn read_stage(dir: &Path, number: usize, plan: &Plan) -> Result<Stage> {
    let path = stage_path(dir, number);
    let stage: Stage = sealed::read(&path, "`klaim reduce` writes it again")?;
    // Each stage of a command that is not `verify` has a run of its own.
    if stage.run == plan.hash() || !plan.words.is_empty() {
        return Ok(stage);
    }
    let message = "is a stage of another plan; `klaim reduce` writes it again".into();
    Err(Error::Checkpoint { path, message })
}

/// Removes the stages in the run directory `dir` from number `first` on.
///
/// # Errors
/// [`Error::Io`].
pub fn clear_stages(dir: &Path, first: usize) -> Result<()> {
    let folder = dir.join(FOLDER);
    // Not by counting: where one is missing, those behind it are stale all the same.
    for entry in fs::read_dir(&folder).map_err(Error::io(&folder))? {
        let path = entry.map_err(Error::io(&folder))?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let number = name.strip_prefix("stage-").and_then(|rest| rest.strip_suffix(".json")?.parse().ok());
        if number.is_some_and(|number: usize| number >= first) {
            fs::remove_file(&path).map_err(Error::io(&path))?;
        }
    }
    Ok(())
}
