//! What stands under the help of commands: examples and exit statuses.

/// Of `klaim verify`.
pub const VERIFY: &str = "\
Examples:
  klaim verify                                  every built-in claim; the page is reports/latest/index.html
  klaim verify kl-rate entropy-bound --quiet    two of them, one line
  klaim verify mine.toml --out reports/mine     a claim of your own
  klaim verify verify/abz26                     a folder with its paper.toml

Exit status: 0 every verdict as expected, 1 a verdict other than expected or an answer not as stated,
2 it could not run, 3 nothing wrong but something inconclusive.";

/// Of `klaim estimate`.
pub const ESTIMATE: &str = "\
Examples:
  klaim estimate mmse --source zipf:exponent=2,atoms=100 --snr 1e-3..1e3/32
  klaim estimate path_kl --source bpsk --snr-min 0.01 --snr-max 20 --steps 16 --schedule geometric
  klaim estimate shannon --source file:path=rows.csv --method chao-wang-jost

Exit status: 0 every number is believed, 2 it could not run, 3 a number is not believed and says why.";

/// Of `klaim probe`.
pub const PROBE: &str = "\
Examples:
  klaim probe rare-events --source 'bernoulli:p={p}' --vary p=1e-6..0.5
  klaim probe mine.toml --search 400 --atoms 8 --dim 3";

/// Of `klaim schedule`.
pub const SCHEDULE: &str = "\
Examples:
  klaim schedule las --loss loss.csv --model sd15 --steps 10 --solver ddim
  klaim schedule las --loss loss.csv --steps 10 --format diffusers > schedule.json
  klaim schedule compare --loss loss.csv --steps 10";
