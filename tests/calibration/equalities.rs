//! How often is a claim refuted that is true exactly? Both sides by samples, at α = 0.05, one
//! comparison a run.

use std::path::Path;
use std::sync::Arc;

use klaim::internals::backend::cpu::Cpu;
use klaim::internals::claim::verdict::Verdict;
use klaim::internals::claim::{self, Outcome, Sources};
use klaim::internals::quantity::{Need, Setting};
use klaim::internals::run::options::{MethodChoice, Options};
use klaim::internals::run::stop::Stop;
use klaim::internals::run::verify::outcomes;
use klaim::internals::run::watch::Watch;
use rayon::prelude::*;

use super::laws::law;
use super::measure::{exact, need};
use super::tally::{LEVEL, Truth, band};

/// Two rounds: α/2 and α/6.
const BUDGET: u64 = 8192;
/// No sample is sharp enough for it, so that every round is judged.
const MARGIN: f64 = 1e-9;
const BPSK: &str = "bpsk";
const ZIPF: &str = "zipf:exponent=1.5,atoms=100";
const POINTS: &str = "file:path=data/points.csv";
const CODE: &str = "codebook:atoms=64,dim=8";
const INTERVAL: &str = "snr_min = [0.1]\nsnr_max = [10]";
const PATH: &str = "snr_min = [0.1]\nsnr_max = [10]\nsteps = [8]\nschedule = [\"geometric\"]";

/// Name, left side and right side.
type Identity = (&'static str, &'static str, &'static str);
/// What is judged on the same samples, the axes beside the source, and the laws.
type Group = (&'static [Identity], &'static str, &'static [&'static str]);

const LAWS: &[&str] = &[BPSK, ZIPF, CODE, POINTS];
const SPLIT: Identity = ("I + H(X|Y) = H", "information + posterior_entropy", "shannon");
#[rustfmt::skip]
const IDENTITIES: &[Group] = &[
    (&[("I-MMSE", "information_gain", "mmse_integral"), ("mmse-derivative", "mmse_drop", "slope_integral")],
        INTERVAL, LAWS),
    (&[("path KL by slopes", "path_kl", "path_kl_slope"),
        ("path KL by informations", "path_kl", "path_kl_information"),
        ("total KL is a sum", "total_kl", "path_kl + init_kl + denoiser_kl")], PATH, &[BPSK, ZIPF]),
    (&[("path KL by simulated paths", "girsanov_kl", "path_kl + denoiser_kl")], PATH, &[BPSK]),
    (&[SPLIT], "snr = [1]", LAWS),
    (&[SPLIT], "snr = [1e-9]", LAWS),
];

/// (law, the law whose value it is, how many times): both at SNRs from 1e-9 to 10.
const SUMS: &[(&str, &str, f64)] = &[
    ("hypercube:dim=16", "bpsk", 16.0),
    ("product:dim=3,base=(zipf:exponent=1.5,atoms=6)", "zipf:exponent=1.5,atoms=6", 3.0),
    ("simplex:atoms=2", "simplex:atoms=2", 1.0),
];
const SUM_SNRS: [f64; 3] = [1e-9, 0.5, 10.0];
const SUMMANDS: [&str; 4] = ["mmse", "mmse_slope", "information", "posterior_entropy"];

/// One claim that is true, over many seeds.
pub struct Equality {
    pub name: String,
    pub law: String,
    pub runs: usize,
    pub refuted: usize,
    /// Runs left undecided because an estimate is not believed.
    pub doubted: usize,
}

impl Equality {
    /// Whether no more were refuted than the level allows.
    pub fn holds(&self) -> bool {
        self.refuted <= *band(self.runs, LEVEL).end()
    }
}

/// The verdicts on equalities (name, left side, right side) of one law under the seeds 0, 1, …
fn judged(law: &str, axes: &str, statements: &[[String; 3]], runs: u64) -> Vec<Equality> {
    let mut text = String::from(
        "id = \"equality\"\ntitle = \"t\"\nstatement = \"s\"\ncite = \"none\"\norigin = \"klaim\"\n",
    );
    for (i, [_, lhs, rhs]) in statements.iter().enumerate() {
        let head = if i == 0 { "" } else { "[[control]]\nwhy = \"none\"\n" };
        let over = if i == 0 { format!("[over]\nsource = [\"{law}\"]\n{axes}\n") } else { String::new() };
        text += &format!(
            "{head}lhs = \"{lhs}\"\nrelation = \"==\"\nrhs = \"{rhs}\"\nmargin = {MARGIN:e}\n{over}"
        );
    }
    let claim = claim::parse(Path::new("equality.toml"), &text, &mut Sources::default()).expect("a claim");
    let run = |seed| -> Vec<(bool, bool)> {
        let watch = Watch { backend: Arc::new(Cpu), event: &|_| {}, stop: Stop::default(), store: None };
        let options = Options {
            seed,
            level: LEVEL,
            budget: BUDGET,
            comparisons: Some(1),
            method: MethodChoice::MonteCarlo,
            ..Options::default()
        };
        let found = outcomes(std::slice::from_ref(&claim), &options, &watch).expect("a run");
        let judged = |o: &Outcome| (o.verdict == Verdict::Refuted, !o.flags.believed());
        found.results.iter().map(|result| judged(&result.outcome)).collect()
    };
    let all: Vec<Vec<(bool, bool)>> = (0..runs).into_par_iter().map(run).collect();
    let equality = |(i, [name, ..]): (usize, &[String; 3])| {
        let count = |which: fn((bool, bool)) -> bool| all.iter().filter(|run| which(run[i])).count();
        Equality {
            name: name.clone(),
            law: law.into(),
            runs: all.len(),
            refuted: count(|(refuted, _)| refuted),
            doubted: count(|(refuted, doubted)| doubted && !refuted),
        }
    };
    statements.iter().enumerate().map(equality).collect()
}

/// Every identity on its laws, then sums over independent coordinates against the exact value of
/// one.
pub fn equalities(runs: u64) -> Vec<Equality> {
    let mut found = Vec::new();
    for &(identities, axes, laws) in IDENTITIES {
        let at = axes.strip_prefix("snr = ").map_or(String::new(), |snr| format!(" at γ = {snr}"));
        let statement = |&(name, lhs, rhs): &Identity| [format!("{name}{at}"), lhs.into(), rhs.into()];
        let statements: Vec<[String; 3]> = identities.iter().map(statement).collect();
        found.extend(laws.iter().flat_map(|law| judged(law, axes, &statements, runs)));
    }
    for &(spec, base, copies) in SUMS {
        for snr in SUM_SNRS {
            let base = law(base);
            let setting = Setting::at(snr);
            let needs: Vec<Need> = SUMMANDS.iter().map(|name| need(&base, name, setting.clone())).collect();
            let statement = |(name, truth): (&&str, Truth)| {
                [
                    format!("{name} = {copies} × that of one at γ = {snr:e}"),
                    (*name).into(),
                    format!("{:e}", truth.value()),
                ]
            };
            let statements: Vec<_> = SUMMANDS.iter().zip(exact(&needs, copies)).map(statement).collect();
            found.extend(judged(spec, &format!("snr = [{snr:e}]"), &statements, runs));
        }
    }
    found
}
