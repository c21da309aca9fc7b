//! The command line: a file per command, each turning arguments into a library call and its result
//! into text.

pub mod ask;
mod assume;
pub mod axes;
pub mod caller;
mod completion;
mod denoise;
pub mod diagnose;
mod estimate;
mod export;
mod help;
mod interrupt;
mod list;
mod model;
mod names;
mod new;
mod output;
mod plan;
mod planned;
mod probe;
mod progress;
mod report;
mod rows;
mod sample;
mod schedule;
mod selftest;
mod show;
mod submit;
mod tasks;
mod verify;

use std::ffi::OsString;
use std::process::ExitCode;
use std::sync::{Arc, OnceLock};

use clap::{CommandFactory, Parser, Subcommand, ValueEnum};

use crate::backend::Backend;
use crate::backend::choice::{self, BackendChoice};
use crate::backend::cpu::Cpu;
use crate::backend::options::{DeviceOptions, Precision};
use crate::error::{Error, Result};
use crate::run::stop::Stop;
use caller::Caller;

/// Put theorems to the test: measure both sides of a claim with honest error bars.
#[derive(Parser)]
#[command(name = "klaim", version, about, max_term_width = 110, arg_required_else_help = true)]
#[command(after_help = help::KLAIM)]
pub struct CommandLine {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    common: Common,
}

/// Options of every command.
#[derive(clap::Args)]
struct Common {
    /// Where samples are taken
    #[arg(long, global = true, value_enum, default_value = "auto", help_heading = "Common options")]
    backend: BackendChoice,
    /// Most memory to take on each device, in GiB (default: 80 % of what is free)
    #[arg(long, global = true, value_name = "GIB", value_parser = gibibytes, help_heading = "Common options")]
    device_memory: Option<usize>,
    /// In what a device adds up posterior sums
    #[arg(long, global = true, value_enum, default_value = "f64", help_heading = "Common options")]
    precision: Precision,
    /// Seed of all randomness
    #[arg(long, global = true, default_value_t = 0, help_heading = "Common options")]
    seed: u64,
    /// Threads (default: all cores); never changes a number
    #[arg(long, global = true, value_parser = clap::value_parser!(u16).range(1..=1024), help_heading = "Common options")]
    threads: Option<u16>,
    /// Form of the results on stdout; those after json are forms of a schedule
    #[arg(
        long = "format",
        global = true,
        value_enum,
        default_value = "human",
        help_heading = "Common options"
    )]
    form: OutputForm,
    /// The form where it is one of every command
    #[arg(skip)]
    format: Format,
    /// No progress bars
    #[arg(long, short, global = true, help_heading = "Common options")]
    quiet: bool,
    /// Who asks, where it is not the program
    #[arg(skip)]
    caller: Option<Arc<Caller>>,
}

impl Common {
    fn device_options(&self) -> DeviceOptions {
        DeviceOptions { memory: self.device_memory, precision: self.precision }
    }

    /// The backend asked for; a fallback is told on stderr.
    ///
    /// # Errors
    /// A device that was asked for and cannot be had.
    fn backend(&self) -> Result<Arc<dyn Backend>> {
        choice::backend(self.backend, self.device_options(), |line| eprintln!("{line}")).map(Arc::from)
    }

    /// The same where samples are taken; the processors where none are, and no device is looked for.
    fn backend_if(&self, sampled: bool) -> Result<Arc<dyn Backend>> {
        if sampled { self.backend() } else { Ok(Arc::new(Cpu)) }
    }

    /// The request that ends the command early: the caller's, or the one that a signal makes.
    fn stop(&self) -> Stop {
        self.caller.as_ref().map_or_else(interrupt::attended, |caller| caller.stop.clone())
    }

    /// The same with another seed.
    fn with_seed(&self, seed: u64) -> Self {
        let Self { backend, device_memory, precision, threads, form, format, quiet, .. } = *self;
        let caller = self.caller.clone();
        Self { backend, device_memory, precision, seed, threads, form, format, quiet, caller }
    }

    /// Tells a line beside the results: on stderr, or to the caller.
    fn tell(&self, line: String) {
        match &self.caller {
            Some(caller) => caller.note(line),
            None => eprintln!("{line}"),
        }
    }
}

/// Gibibytes as bytes.
fn gibibytes(text: &str) -> Result<usize, String> {
    let number = text.parse().ok().filter(|&x: &f64| x > 0.0 && x < 1e6);
    number.map(|x| (x * f64::from(1 << 30)) as usize).ok_or_else(|| "expected a number of GiB > 0".into())
}

/// Form of the results on stdout.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum OutputForm {
    /// Tables for reading
    Human,
    /// Comma-separated values with a header
    Csv,
    /// JSON
    Json,
    /// A schedule as JSON for diffusers: sigmas, timesteps, trained_betas
    Diffusers,
    /// A schedule as the array of sigmas that k-diffusion's samplers take
    KDiffusion,
    /// A schedule as the array of sigmas of EDM's sampler
    Edm,
    /// A schedule as the list of sigmas for a diffusers pipeline: of a flow before its shift
    DiffusersSigmas,
    /// A schedule as the text of ComfyUI's field of sigmas
    Comfyui,
    /// A schedule as the text of A1111's and Forge's field of sigmas
    A1111,
    /// A schedule as a NumPy array of sigmas (binary)
    Npy,
}

/// The forms that every command has.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
enum Format {
    #[default]
    Human,
    Csv,
    Json,
}

impl OutputForm {
    /// The form of a command other than `schedule`.
    fn plain(self) -> Result<Format> {
        match self {
            Self::Human => Ok(Format::Human),
            Self::Csv => Ok(Format::Csv),
            Self::Json => Ok(Format::Json),
            _ => {
                let name = self.to_possible_value().expect("no form is hidden");
                let message = format!("`{}` is a form of `klaim schedule` alone", name.get_name());
                Err(Error::invalid("--format", message))
            }
        }
    }
}

#[derive(Subcommand)]
enum Command {
    /// Test claims and write a report: the built-in ones, or the files and folders given
    #[command(after_help = help::VERIFY)]
    Verify(verify::Verify),
    /// Freeze a run of verify for any number of tasks
    #[command(after_help = help::PLAN)]
    Plan(plan::PlanCommand),
    /// Measure what falls to one task of a planned run
    #[command(after_help = help::WORK)]
    Work(plan::WorkCommand),
    /// Judge a planned run: write its report, or its next round
    #[command(after_help = help::REDUCE)]
    Reduce(plan::ReduceCommand),
    /// Submit a planned run to a cluster, round after round
    #[command(after_help = help::SUBMIT)]
    Submit(submit::Submit),
    /// Measure one quantity
    #[command(after_help = help::ESTIMATE)]
    Estimate(estimate::EstimateCommand),
    /// Estimate X from the states in a file by a denoiser: a network's as klaim reads it
    #[command(after_help = help::DENOISE)]
    Denoise(denoise::DenoiseCommand),
    /// Say which assumptions hold for a source, with the evidence
    #[command(after_help = help::ASSUME)]
    Assume(assume::Assume),
    /// Say on one page what a denoiser is worth on a data set: a network in an ONNX file, for one
    #[command(after_help = help::MODEL)]
    Model(Box<model::ModelCommand>),
    /// Make a sampling schedule: from a model's loss curve, from a source, or by a rule
    #[command(after_help = help::SCHEDULE)]
    Schedule(Box<schedule::ScheduleCommand>),
    /// Find where a claim breaks: sweep the parameters of a source, bracket the boundary
    #[command(after_help = help::PROBE)]
    Probe(probe::Probe),
    /// List what there is
    #[command(after_help = help::LIST)]
    List(list::List),
    /// Print a claim's file
    #[command(after_help = help::SHOW)]
    Show(show::Show),
    /// Write a claim to start from, with a comment on each key
    #[command(after_help = help::NEW)]
    New(new::New),
    /// Print the JSON Schema of claim files, for editors
    #[command(after_help = help::SCHEMA)]
    Schema,
    /// Write a claim of a finished run as a figure, a table or its points
    #[command(after_help = help::EXPORT)]
    Export(export::Export),
    /// Say what differs between two runs
    #[command(after_help = help::DIFF)]
    Diff(export::Diff),
    /// Write the report of a finished run again
    #[command(after_help = help::REPORT)]
    Report(report::ReportCommand),
    /// Compare this machine's CUDA device with the CPU, sample by sample
    #[command(after_help = help::SELFTEST)]
    Selftest(selftest::Selftest),
    /// Print the completion script of a shell
    #[command(after_help = help::COMPLETIONS)]
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page, or write one per command into a folder
    #[command(hide = true)]
    Man {
        /// The folder
        dir: Option<std::path::PathBuf>,
    },
}

/// The words of this process's command line after the program's name.
static WORDS: OnceLock<Vec<OsString>> = OnceLock::new();
/// How the program is started: its file, or what runs it and what is run.
static PROGRAM: OnceLock<Vec<OsString>> = OnceLock::new();

/// Runs the program on this process's arguments.
pub fn run() -> ExitCode {
    let program = std::env::current_exe().map_or_else(|_| "klaim".into(), OsString::from);
    ExitCode::from(run_words(vec![program], std::env::args_os().skip(1).collect()))
}

/// Runs the program, started again by `program`, on `words`, which follow that, once a process; the
/// exit status.
pub fn run_words(program: Vec<OsString>, words: Vec<OsString>) -> u8 {
    interrupt::install();
    PROGRAM.get_or_init(|| program);
    let words = WORDS.get_or_init(|| words);
    let all = std::iter::once(OsString::from("klaim")).chain(words.iter().cloned());
    let arguments = match CommandLine::try_parse_from(all) {
        Ok(arguments) => arguments,
        Err(error) => {
            // A closed pipe is no fault.
            let _ = error.print();
            return error.exit_code() as u8;
        }
    };
    execute(arguments).unwrap_or_else(|error| {
        diagnose::print(error);
        2
    })
}

/// This process's command, as it repeats a run; nothing where no program runs.
fn command() -> String {
    let words = joined(&WORDS);
    if words.is_empty() { words } else { format!("klaim {words}") }
}

/// What starts this program again, for a shell.
fn program() -> String {
    joined(&PROGRAM)
}

fn joined(words: &OnceLock<Vec<OsString>>) -> String {
    shell_words::join(words.get().into_iter().flatten().map(|word| word.to_string_lossy()))
}

fn execute(mut arguments: CommandLine) -> Result<u8> {
    if !matches!(arguments.command, Command::Schedule(_)) {
        arguments.common.format = arguments.common.form.plain()?;
    }
    let common = &arguments.common;
    if let Some(threads) = common.threads {
        rayon::ThreadPoolBuilder::new().num_threads(threads.into()).build_global().map_err(|e| {
            Error::invalid("--threads", format!("{e}: take fewer, or allow more (ulimit -u)"))
        })?;
    }
    match arguments.command {
        Command::Verify(command) => command.run(common),
        Command::Plan(command) => command.run(common),
        Command::Work(command) => command.run(common),
        Command::Reduce(command) => command.run(common),
        Command::Submit(command) => command.run(common),
        Command::Estimate(command) => command.run(common),
        Command::Denoise(command) => command.run(common),
        Command::Assume(command) => command.run(common),
        Command::Model(command) => command.run(common),
        Command::Schedule(command) => command.run(common),
        Command::Probe(command) => command.run(common),
        Command::List(command) => command.run(common),
        Command::Show(command) => command.run(common),
        Command::New(command) => command.run(),
        Command::Schema => output::json(&crate::claim::schema::schema()),
        Command::Export(command) => command.run(),
        Command::Diff(command) => command.run(common),
        Command::Report(command) => command.run(common),
        Command::Selftest(command) => command.run(common),
        Command::Completions { shell } => output::text(&completion::script(shell, CommandLine::command())),
        Command::Man { dir: Some(dir) } => {
            std::fs::create_dir_all(&dir).map_err(Error::io(&dir))?;
            let written = clap_mangen::generate_to(CommandLine::command(), &dir);
            written.map(|()| 0).map_err(Error::io(&dir))
        }
        Command::Man { dir: None } => {
            let mut page = Vec::new();
            let rendered = clap_mangen::Man::new(CommandLine::command()).render(&mut page);
            rendered.map_err(Error::io("manual page"))?;
            output::bytes(&page)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::options::Options;

    /// What `verify` takes where nothing is said is what a program that calls the library gets.
    #[test]
    fn the_defaults_are_the_library_s() {
        let parsed = CommandLine::try_parse_from(["klaim", "verify", "total-kl"]).unwrap();
        let Command::Verify(verify) = parsed.command else { panic!("verify") };
        let (_, options, _) = verify.asked().plan(parsed.common.seed, 1).unwrap();
        assert_eq!(format!("{options:?}"), format!("{:?}", Options::default()));
    }

    /// Every command says how it is used and how it ends, in lines that a terminal holds.
    #[test]
    fn every_command_has_examples_and_exit_statuses() {
        let command = CommandLine::command();
        let names: Vec<&str> = command.get_subcommands().map(clap::Command::get_name).collect();
        assert!(names.len() > 15, "{names:?}");
        for command in command.get_subcommands().filter(|c| !c.is_hide_set()) {
            let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            let name = command.get_name();
            assert!(help.contains("Example") && help.contains("Exit status"), "{name}: {help}");
            assert!(help.contains(&format!("klaim {name}")), "{name}: {help}");
            assert!(help.lines().all(|line| line.chars().count() <= 100), "{name}: {help}");
        }
    }
}
