//! What a run is asked to do.

use crate::claim::verdict::Basis;

/// How quantities are to be obtained.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MethodChoice {
    /// Deterministic where the law has such a route, sampled otherwise.
    #[default]
    Auto,
    /// Closed forms alone.
    ClosedForm,
    /// Closed forms and quadrature alone.
    Quadrature,
    /// Sampled wherever the quantity can be.
    MonteCarlo,
}

impl MethodChoice {
    /// Every choice with its name on the command line.
    pub const ALL: [(Self, &str); 4] = [
        (Self::Auto, "auto"),
        (Self::ClosedForm, "closed-form"),
        (Self::Quadrature, "quadrature"),
        (Self::MonteCarlo, "monte-carlo"),
    ];

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(choice, _)| *choice == self).expect("every choice has a name").1
    }
}

/// What a run is asked to do; the defaults are those of `klaim verify`.
#[derive(Debug, Clone)]
pub struct Options {
    /// Seed of all randomness.
    pub seed: u64,
    /// Family-wise level α in (0, 1).
    pub level: f64,
    /// Most samples of one lane (of one source, by one kind of sampling).
    pub budget: u64,
    /// Number of comparisons that share α; `None` counts the cases.
    pub comparisons: Option<u64>,
    /// Which evaluators may be used.
    pub method: MethodChoice,
    /// Only the case with this address (`main/3`, `control-1/2`).
    pub only: Option<String>,
    /// What a verdict must rest on at least.
    pub evidence: Basis,
}

impl Options {
    /// Family-wise level.
    pub const LEVEL: f64 = 0.001;
    /// Most samples of one lane (of one source, by one kind of sampling).
    pub const BUDGET: u64 = 1 << 18;
}

impl Default for Options {
    fn default() -> Self {
        Self {
            seed: 0,
            level: Self::LEVEL,
            budget: Self::BUDGET,
            comparisons: None,
            method: MethodChoice::Auto,
            only: None,
            evidence: Basis::Measured,
        }
    }
}
