//! `klaim plan`, `klaim work` and `klaim reduce`: a run by any number of tasks.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::planned::PlannedCommand;
use super::progress::Progress;
use super::tasks::{self, STOPPED};
use super::verify::{self, Asked};
use super::{Common, interrupt};
use crate::error::{Error, Result};
use crate::report;
use crate::report::write::OUTPUTS;
use crate::run::collected::Collected;
use crate::run::inventory::Inventory;
use crate::run::lock::Lock;
use crate::run::plan::{Plan, last_stage, read_stage, write_stage};
use crate::run::reduce::reduce;
use crate::run::session::Session;
use crate::run::store::{Share, Store};
use crate::run::verify::paged;
use crate::run::watch::{Event, Watch};
use crate::run::work::work;

/// Arguments of `klaim plan`.
#[derive(clap::Args)]
pub struct PlanCommand {
    #[command(flatten)]
    asked: Asked,
    /// Folder for the plan, the parts and the report
    #[arg(long)]
    out: PathBuf,
    /// Number of tasks that `klaim work` takes where none is said
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    tasks: u64,
    /// Write into a folder that has files of the same names and is no run's
    #[arg(long)]
    force: bool,
}

impl PlanCommand {
    /// Freezes options, claims, data files and version, and writes the first stage.
    ///
    /// # Errors
    /// A claim or a data file that cannot be read, a folder that cannot be written.
    pub(super) fn run(self, common: &Common) -> Result<u8> {
        let (claims, options, plan) = self.asked.plan(common.seed, self.tasks)?;
        let _lock = Lock::take(&self.out, &OUTPUTS, self.force)?;
        verify::begin(&self.out, &plan, false)?;
        let stop = interrupt::attended();
        let mut session = Session::new(&claims, &options, (Some(plan.hash()), paged(&options)), &stop)?;
        let stage = session.stage().ok_or_else(|| Error::invalid("plan", "there is nothing to measure"))?;
        write_stage(&self.out, 0, &stage)?;
        tasks::planned(&stage, &self.out, self.tasks, common);
        Ok(0)
    }
}

/// Where a task finds its number.
#[derive(Clone, Copy, clap::ValueEnum)]
enum TaskFrom {
    /// SLURM_ARRAY_TASK_ID: an array 0-(N−1)
    Slurm,
    /// JOB_COMPLETION_INDEX of an Indexed Job
    K8s,
    /// AWS_BATCH_JOB_ARRAY_INDEX
    Aws,
    /// The rank of MPI, of as many as there are
    Mpi,
}

impl TaskFrom {
    /// The variables that may hold the task's number, each with that of the number of tasks.
    fn variables(self) -> &'static [(&'static str, Option<&'static str>)] {
        match self {
            Self::Slurm => &[("SLURM_ARRAY_TASK_ID", None)],
            Self::K8s => &[("JOB_COMPLETION_INDEX", None)],
            Self::Aws => &[("AWS_BATCH_JOB_ARRAY_INDEX", None)],
            Self::Mpi => &[
                ("OMPI_COMM_WORLD_RANK", Some("OMPI_COMM_WORLD_SIZE")),
                ("PMI_RANK", Some("PMI_SIZE")),
                ("SLURM_PROCID", Some("SLURM_NTASKS")),
            ],
        }
    }
}

/// Task `index` of `count`; of the plan's number where there is none.
#[derive(Debug, Clone, Copy)]
struct TaskNumber {
    index: u64,
    count: Option<u64>,
}

/// `2/8`, or `2`.
fn task(text: &str) -> Result<TaskNumber, String> {
    let number = |text: &str| text.parse::<u64>().ok();
    let task = match text.split_once('/') {
        None => number(text).map(|index| TaskNumber { index, count: None }),
        Some((i, n)) => number(i)
            .zip(number(n))
            .filter(|(i, n)| i < n)
            .map(|(index, n)| TaskNumber { index, count: Some(n) }),
    };
    task.ok_or_else(|| "expected I or I/N with 0 ≤ I < N, such as 0/4".into())
}

/// Arguments of `klaim work`.
#[derive(clap::Args)]
pub struct WorkCommand {
    /// The folder that `klaim plan` wrote
    dir: PathBuf,
    /// Task I of N, 0 ≤ I < N (default: of the plan's number of tasks)
    #[arg(long, value_name = "I[/N]", value_parser = task, required_unless_present = "task_from")]
    task: Option<TaskNumber>,
    /// Take the number of the task from the engine that started it
    #[arg(long, value_enum, value_name = "ENGINE", conflicts_with = "task")]
    task_from: Option<TaskFrom>,
}

impl WorkCommand {
    /// Measures the leaves that fall to this task: status 0 once they are all there, 75 where it
    /// was stopped before.
    ///
    /// # Errors
    /// A folder without a plan, one of another version, a damaged part, a device that fails.
    pub(super) fn run(self, common: &Common) -> Result<u8> {
        let plan = planned(&self.dir)?;
        let (index, count) = self.number(plan.tasks)?;
        let stage = last_stage(&self.dir, &plan)?;
        let store = parts(&self.dir, &plan)?;
        let wanted = stage.share(index, count);
        let mut held = Collected::read(&stage, &store, None)?;
        if held.has(&wanted) {
            return Ok(0);
        }
        if !plan.words.is_empty() {
            return PlannedCommand::new(&plan, &self.dir, common)?.work((index, count));
        }
        let stop = interrupt::attended();
        let (options, claims) = (plan.options()?, plan.claims(&self.dir)?);
        let inventory = Arc::new(Inventory::of(&claims, &options)?);
        if stage.round > 0 {
            let first = read_stage(&self.dir, 0, &plan)?;
            inventory.recall(Collected::read(&first, &store, None)?.findings(&first));
        }
        let progress = Progress::new(common);
        let backend = common.backend_if(stage.samples() > 0)?;
        let watch = Watch { backend, event: &|event| progress.show(event), stop, store: Some(&store) };
        (watch.event)(match stage.round {
            0 => Event::Needs(wanted.iter().filter(|runs| !runs.is_empty()).count()),
            number => Event::Round { number, samples: stage.samples() / count, open: stage.units.len() },
        });
        let done = work((&stage, &wanted), &inventory, (&mut held, &store), &watch);
        progress.finish();
        done?;
        Ok(if held.has(&wanted) { 0 } else { STOPPED })
    }

    /// Which task this is, of how many.
    fn number(&self, planned: u64) -> Result<(u64, u64)> {
        let task = match (self.task, self.task_from) {
            (Some(task), _) => task,
            (None, Some(from)) => of_engine(from)?,
            (None, None) => unreachable!("the command line requires one of them"),
        };
        let count = task.count.unwrap_or(planned);
        if task.index < count {
            return Ok((task.index, count));
        }
        let message =
            format!("task {} of {count}: numbers begin at 0; plan --tasks says how many", task.index);
        Err(Error::invalid("--task", message))
    }
}

fn of_engine(from: TaskFrom) -> Result<TaskNumber> {
    let read = |name: &str| std::env::var(name).ok()?.parse::<u64>().ok();
    let found = from.variables().iter().find_map(|(index, count)| {
        let count = count.map(read);
        Some(TaskNumber { index: read(index)?, count: count.map_or(Some(None), |count| count.map(Some))? })
    });
    found.ok_or_else(|| {
        let names: Vec<&str> = from.variables().iter().map(|(name, _)| *name).collect();
        Error::invalid("--task-from", format!("{} is no number here; say --task I", names.join(" or ")))
    })
}

/// Arguments of `klaim reduce`.
#[derive(clap::Args)]
pub struct ReduceCommand {
    /// The folder that `klaim plan` wrote
    dir: PathBuf,
}

impl ReduceCommand {
    /// Judges what was measured: the report's status once all is; 4 where another round is to be
    /// worked on, 5 where parts are missing.
    ///
    /// # Errors
    /// A folder without a plan, a part that is damaged or of another plan.
    pub(super) fn run(self, common: &Common) -> Result<u8> {
        let plan = planned(&self.dir)?;
        if !plan.words.is_empty() {
            return PlannedCommand::new(&plan, &self.dir, common)?.reduce();
        }
        let _lock = Lock::take(&self.dir, &OUTPUTS, false)?;
        let (options, claims) = (plan.options()?, plan.claims(&self.dir)?);
        let mut run = verify::settings(&options, &plan.budget.0, String::new());
        run.command.clone_from(&plan.command);
        let stop = interrupt::attended();
        let reduced = reduce(&self.dir, &plan, (&claims, &options), run, &stop)?;
        tasks::said(reduced, plan.tasks, |report| {
            report::write(&report, &self.dir)?;
            verify::print(&report, &self.dir, common)
        })
    }
}

/// The parts of `plan`, which is in `dir`.
///
/// # Errors
/// [`Error::Io`].
pub(super) fn parts(dir: &Path, plan: &Plan) -> Result<Store> {
    let store = Store::open(dir)?;
    Ok(if plan.words.is_empty() { store } else { store.shared(Share::None, plan.hash()) })
}

/// The plan in a folder.
///
/// # Errors
/// None there, or one of another version.
pub(super) fn planned(dir: &Path) -> Result<Plan> {
    let plan = Plan::read(dir)?;
    let message = "holds no plan: `klaim plan … --out DIR` writes one";
    let plan = plan.ok_or_else(|| Error::invalid(dir.display().to_string(), message))?;
    let own = env!("CARGO_PKG_VERSION");
    if plan.klaim == own {
        return Ok(plan);
    }
    let message =
        format!("was planned by klaim {}, and this is {own}: take that one, or plan again", plan.klaim);
    Err(Error::invalid(dir.display().to_string(), message))
}
