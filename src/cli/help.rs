//! What stands under the help of commands: examples and exit statuses.

/// Of `klaim`.
pub const KLAIM: &str = "\
Start with:
  klaim verify              every built-in claim; then open reports/latest/index.html
  klaim new mine.toml       a claim to start from; klaim verify mine.toml
  klaim help verify         what a command does, with examples

Exit status of every command: 0 done, 2 it could not be: what was wrong, where and the remedy is on
stderr. 1 and 3 to 5 say more, by the command's own help; 130 ended by Ctrl-C, nothing to keep.";

/// Of `klaim verify`.
pub const VERIFY: &str = "\
Examples:
  klaim verify                                  every built-in claim; the page is
                                                reports/latest/index.html
  klaim verify kl-rate entropy-bound --quiet    two of them, one line
  klaim verify mine.toml --out reports/mine     a claim of your own
  klaim verify verify/abz26                     a folder with its paper.toml

Exit status: 0 every verdict as expected, 1 a verdict other than expected or an answer not as
stated, 2 it could not run, 3 nothing wrong but something inconclusive.";

/// Of `klaim plan`.
pub const PLAN: &str = "\
Examples:
  klaim plan --budget 1e9 --tasks 32 --out runs/big
  klaim estimate mmse --source bpsk --snr 1 --rel-err 1e-4 --out runs/one --tasks 8
  klaim work runs/big --task 0              … to 31, anywhere, in any order
  klaim reduce runs/big                     while it ends with 4: another round

Exit status: 0 planned, 2 it could not be.";

/// Of `klaim work`.
pub const WORK: &str = "\
Examples:
  klaim work runs/big --task 3              of as many as were planned
  klaim work runs/big --task 3/100          of a hundred
  klaim work runs/big --task-from slurm     the number that the engine gives

Exit status: 0 all that falls to the task is measured, 75 stopped before: the same command goes on,
2 it could not run.";

/// Of `klaim reduce`.
pub const REDUCE: &str = "\
Example:
  klaim reduce runs/big

Exit status: 0 every verdict as expected, 1 a verdict other than expected or an answer not as
stated, 3 nothing wrong but something inconclusive (of an estimate or a probe: as that ends); 4
another round is to be worked on, 5 parts are missing (their tasks are printed as an array); 130
stopped, the same command goes on; 2 it could not run.";

/// Of `klaim submit`.
pub const SUBMIT: &str = "\
Examples:
  klaim submit slurm runs/big --dry-run     prints the scripts
  klaim submit slurm runs/big               submits them

Exit status: 0 submitted, 2 it could not be.";

/// Of `klaim estimate`.
pub const ESTIMATE: &str = "\
Examples:
  klaim estimate mmse --source zipf:exponent=2,atoms=100 --snr 1e-3..1e3/32
  klaim estimate path_kl --source bpsk --snr-min 0.01 --snr-max 20 --steps 16 --schedule geometric
  klaim estimate shannon --source file:path=rows.csv --method chao-wang-jost

Exit status: 0 every number was had, 2 none could be, 3 one is missing and says why, or it was
interrupted.";

/// Of `klaim denoise`.
pub const DENOISE: &str = "\
Example:
  klaim denoise network:path=model.onnx --source file:path=atoms.csv --states y.csv --snr 2

Exit status: 0 done, 2 it could not be.";

/// Of `klaim assume`.
pub const ASSUME: &str = "\
Examples:
  klaim assume --source zipf:exponent=1.5,atoms=inf laplace
  klaim assume --source file:path=atoms.csv

Exit status: 0 said, whatever holds; 2 a source that cannot be built.";

/// Of `klaim model`.
pub const MODEL: &str = "\
Example:
  klaim model model.onnx --data atoms.csv --held-out other.csv --out page.html

Exit status: 0 written, 2 it could not be.";

/// Of `klaim schedule`.
pub const SCHEDULE: &str = "\
Examples:
  klaim schedule las --loss loss.csv --model sd15 --steps 10 --solver ddim
  klaim schedule las --loss loss.csv --steps 10 --format diffusers > schedule.json
  klaim schedule compare --loss loss.csv --steps 10

Exit status: 0 made, 2 it could not be: a loss that cannot be a risk is refused with the reading
under which it could.";

/// Of `klaim probe`.
pub const PROBE: &str = "\
Examples:
  klaim probe rare-events --source 'bernoulli:p={p}' --vary p=1e-6..0.5
  klaim probe mine.toml --search 400 --atoms 8 --dim 3

Exit status: 0 every point is decided, whatever it says; 2 it could not run; 3 a point is undecided,
or it was interrupted.";

/// Of `klaim list`.
pub const LIST: &str = "\
Examples:
  klaim list quantities
  klaim list sources --format json

Exit status: 0 listed, 2 no such list.";

/// Of `klaim show`.
pub const SHOW: &str = "\
Example:
  klaim show kl-rate > mine.toml

Exit status: 0 printed, 2 no such claim.";

/// Of `klaim new`.
pub const NEW: &str = "\
Example:
  klaim new mine.toml && klaim verify mine.toml

Exit status: 0 written, 2 the file is there or its name is no claim's.";

/// Of `klaim schema`.
pub const SCHEMA: &str = "\
Example:
  klaim schema > klaim.schema.json          then `#:schema klaim.schema.json` heads a claim

Exit status: 0 printed.";

/// Of `klaim export`.
pub const EXPORT: &str = "\
Examples:
  klaim export reports/latest kl-rate --pdf kl-rate.pdf --tex kl-rate.tex
  klaim export reports/latest kl-rate --csv -          # the points behind the exponents
  klaim export reports/latest entropy-bound --md table.md --bib cite.bib

Exit status: 0 written, 2 no such run or claim, or a file that cannot be written.";

/// Of `klaim diff`.
pub const DIFF: &str = "\
Example:
  klaim diff reports/before reports/latest

Exit status: 0 no answer or verdict changed and no value moved beyond its errors, 1 some did,
2 a directory without a report.";

/// Of `klaim report`.
pub const REPORT: &str = "\
Example:
  klaim report reports/latest               writes its page, tables and settings again

Exit status: as of the run: 0, 1 or 3; 2 no such run.";

/// Of `klaim selftest`.
pub const SELFTEST: &str = "\
Example:
  klaim selftest --backend cuda

Exit status: 0 the device agrees everywhere, 1 it does not, 2 no device can be had.";

/// Of `klaim completions`.
pub const COMPLETIONS: &str = "\
Examples:
  klaim completions bash > ~/.local/share/bash-completion/completions/klaim
  klaim completions zsh > ~/.zfunc/_klaim
  klaim completions fish > ~/.config/fish/completions/klaim.fish

Exit status: 0 printed.";
