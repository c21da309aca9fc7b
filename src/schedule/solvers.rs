//! The samplers that people run, by name: which axis and algorithm serves each, as measured
//! (docs/axes.py).

use crate::error::{Error, Result};

/// A sampler, and what serves it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Solver {
    /// Its name.
    pub name: &'static str,
    /// Other names: of the same steps, or of steps of its kind.
    pub aliases: &'static [&'static str],
    /// What it is.
    pub summary: &'static str,
    /// The axis on which its steps are best measured.
    pub axis: &'static str,
    /// α of Algorithm 2; `None`: Algorithm 1.
    pub smoothness: Option<f64>,
    /// Distance to the truth as a multiple of the log-SNR grid's: geometric mean, least and
    /// greatest of the nine cases of docs/axes.py.
    pub measured: &'static str,
}

/// α of \[ABZ26\].
pub const PAPER_ALPHA: f64 = 12.0;

/// Every sampler that `--solver` knows.
pub const SOLVERS: [Solver; 6] = [
    Solver {
        name: "ancestral",
        aliases: &["ddpm", "euler_a", "euler-ancestral", "euler_ancestral"],
        summary: "ancestral (stochastic) sampling, DDPM",
        axis: "softlog",
        smoothness: None,
        measured: "0.53 (0.48 … 0.62)",
    },
    Solver {
        name: "ddim",
        aliases: &["euler", "flow-euler"],
        summary: "DDIM; Euler on dx/dσ and on a flow take the same steps",
        axis: "log",
        smoothness: None,
        measured: "0.58 (0.52 … 0.66)",
    },
    Solver {
        name: "heun",
        aliases: &[],
        summary: "Heun, two evaluations a step",
        axis: "log",
        smoothness: Some(PAPER_ALPHA),
        measured: "0.70 (0.50 … 0.97)",
    },
    Solver {
        name: "dpm-solver++",
        aliases: &["dpmpp-2m", "dpmpp_2m", "deis"],
        summary: "DPM-Solver++(2M); deis is taken as this and not measured",
        axis: "softlog",
        smoothness: Some(PAPER_ALPHA),
        measured: "0.76 (0.50 … 0.98)",
    },
    Solver {
        name: "dpmpp_2m_sde",
        aliases: &["dpmpp-2m-sde"],
        summary: "DPM-Solver++(2M) SDE, midpoint, η = 1",
        axis: "softlog",
        smoothness: Some(PAPER_ALPHA),
        measured: "1.03 (0.62 … 1.50; `geometric` does as well)",
    },
    Solver {
        name: "unipc",
        aliases: &[],
        summary: "UniPC, order 2 with its corrector (bh2)",
        axis: "softlog",
        smoothness: Some(PAPER_ALPHA),
        measured: "0.81 (0.37 … 1.43)",
    },
];

impl Solver {
    /// The sampler of a name.
    ///
    /// # Errors
    /// [`Error::Unknown`] with the nearest.
    pub fn find(name: &str) -> Result<&'static Self> {
        let found = SOLVERS.iter().find(|solver| solver.name == name || solver.aliases.contains(&name));
        let names = SOLVERS.iter().flat_map(|solver| std::iter::once(&solver.name).chain(solver.aliases));
        found.ok_or_else(|| Error::unknown("solver", name, names.copied()))
    }

    /// What serves it, in a line.
    pub fn served(&self) -> String {
        let algorithm = match self.smoothness {
            None => "Algorithm 1".to_owned(),
            Some(alpha) => format!("Algorithm 2, smoothness {alpha}"),
        };
        format!(
            "axis {}, {algorithm}: distance to the truth {} times that of the log-SNR grid",
            self.axis, self.measured
        )
    }
}
