//! `klaim submit slurm`: the rounds of a planned run as job arrays.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::plan::{parts, planned};
use super::{Common, output};
use crate::error::{Error, Result};
use crate::report;
use crate::run::collected::Collected;
use crate::run::plan::{Plan, last_stage};
use crate::run::reduce::array;

/// Most times in a row that lost tasks are submitted again.
const TRIES: u8 = 5;

/// Arguments of `klaim submit`.
#[derive(clap::Args)]
pub struct Submit {
    #[command(subcommand)]
    engine: Engine,
}

#[derive(clap::Subcommand)]
enum Engine {
    /// Job arrays of Slurm: one a round, and a job that judges it and submits the next
    Slurm(Slurm),
}

/// Arguments of `klaim submit slurm`.
#[derive(clap::Args)]
struct Slurm {
    /// The folder that `klaim plan` wrote, on a file system that all nodes see
    dir: PathBuf,
    /// Print the scripts and the commands, and submit nothing
    #[arg(long)]
    dry_run: bool,
    /// How often in a row tasks of this round were lost
    #[arg(long, default_value_t = 0, hide = true)]
    lost: u8,
    /// Options for sbatch, for every job: -- --partition=long --time=1:00:00
    #[arg(last = true, value_name = "SBATCH OPTIONS")]
    options: Vec<String>,
}

impl Submit {
    /// Submits the tasks of the round that is under way, and the job that judges it.
    ///
    /// # Errors
    /// A folder without a plan, `sbatch` that is not there or refuses.
    pub(super) fn run(self, _: &Common) -> Result<u8> {
        let Engine::Slurm(slurm) = self.engine;
        slurm.run()
    }
}

impl Slurm {
    fn run(self) -> Result<u8> {
        let plan = planned(&self.dir)?;
        let dir = self.dir.canonicalize().map_err(Error::io(&self.dir))?;
        let stage = last_stage(&dir, &plan)?;
        let held = Collected::read(&stage, &parts(&dir, &plan)?, None)?;
        let lacking = held.lacking(&stage, plan.tasks);
        if self.lost > TRIES {
            let message = format!(
                "tasks {} were lost {TRIES} times in a row: see {}/slurm/work-*.log, then submit again",
                array(&lacking),
                dir.display()
            );
            return Err(Error::invalid("submit", message));
        }
        let folder = dir.join("slurm");
        let [work, reduce] = self.scripts(&dir, &plan)?;
        let paths = [folder.join("work.sh"), folder.join("reduce.sh")];
        let options = shell_words::join(&self.options);
        if self.dry_run {
            let [work_path, reduce_path] = paths.each_ref().map(|path| path.display().to_string());
            return output::text(&format!(
                "# {work_path}\n{work}\n# {reduce_path}\n{reduce}\n# submitted by\njob=$(sbatch --parsable \
                 --array={} {options} {work_path})\nsbatch --parsable --dependency=afterany:$job {options} \
                 {reduce_path}\n",
                array(&lacking),
            ));
        }
        std::fs::create_dir_all(&folder).map_err(Error::io(&folder))?;
        report::write::file(&paths[0], work.as_bytes())?;
        report::write::file(&paths[1], reduce.as_bytes())?;
        let mut jobs = Vec::new();
        if !lacking.is_empty() {
            jobs.push(self.sbatch(&[format!("--array={}", array(&lacking))], &paths[0])?);
        }
        let after: Vec<String> = jobs.iter().map(|job| format!("--dependency=afterany:{job}")).collect();
        jobs.push(self.sbatch(&after, &paths[1])?);
        output::text(&format!("{}\n", jobs.join(" ")))
    }

    /// The script of one task, and that of the job that judges a round.
    fn scripts(&self, dir: &Path, plan: &Plan) -> Result<[String; 2]> {
        let (klaim, dir) = (super::program(), shell_words::quote(&dir.to_string_lossy()).into_owned());
        let options = shell_words::join(&self.options);
        let lost = self.lost + 1;
        let work = format!(
            "#!/bin/bash\n\
             #SBATCH --job-name=klaim-work --requeue --open-mode=append --output={dir}/slurm/work-%a.log\n\
             # Task $SLURM_ARRAY_TASK_ID of {}: 0 once its leaves are measured, 75 where it was stopped.\n\
             exec {klaim} work {dir} --task-from slurm --threads \"${{SLURM_CPUS_PER_TASK:-1}}\" --quiet\n",
            plan.tasks
        );
        let reduce = format!(
            "#!/bin/bash\n\
             #SBATCH --job-name=klaim-reduce --requeue --open-mode=append --output={dir}/slurm/reduce.log\n\
             {klaim} reduce {dir} > {dir}/slurm/summary.txt\n\
             status=$?\n\
             case $status in\n\
             4) {klaim} submit slurm {dir} -- {options} && exit 0 ;;        # another round\n\
             5) {klaim} submit slurm {dir} --lost {lost} -- {options} && exit 0 ;;   # lost tasks, again\n\
             esac\n\
             echo $status > {dir}/slurm/status\n\
             exit $status\n"
        );
        Ok([work, reduce])
    }

    /// Submits a script; the job's number.
    fn sbatch(&self, own: &[String], script: &Path) -> Result<String> {
        let mut command = Command::new("sbatch");
        command.arg("--parsable").args(own).args(&self.options).arg(script);
        let output = command.output().map_err(|error| {
            let message = format!("{error}; --dry-run prints the scripts, to be submitted elsewhere");
            Error::invalid("sbatch", message)
        })?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            return Err(Error::invalid("sbatch", said.trim().to_owned()));
        }
        let said = String::from_utf8_lossy(&output.stdout);
        // With several clusters, the cluster's name follows the number.
        Ok(said.trim().split(';').next().unwrap_or_default().to_owned())
    }
}
