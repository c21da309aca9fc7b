//! Named laws on R^d: a file and a line in [`SOURCES`] for each, and beside them what laws share
//! (`law`, `density`, `pmf`, `draw`, `cumulative`, `lattice`, …).

pub mod cauchy;
pub mod cells;
pub mod codebook;
pub mod cumulative;
pub mod density;
pub mod assume;
pub mod differential;
pub mod digits;
pub mod draw;
pub mod embedding;
pub mod entropy;
pub mod file;
pub mod gaussian;
pub mod gaussian_density;
pub mod geometric;
pub mod hypercube;
pub mod laplace;
pub mod lattice;
pub mod law;
pub mod log_power;
pub mod lognormal;
pub mod mixture;
pub mod needle;
pub mod pam;
pub mod pareto;
pub mod pmf;
pub mod poisson;
pub mod product;
pub mod quantized;
pub mod scale_mixture;
pub mod stable;
pub mod student_t;
pub mod tree;
pub mod two_point;
pub mod uniform;
pub mod zipf;

use std::sync::{Arc, OnceLock};

pub use draw::Draws;
pub use law::{Atoms, Density, Law, Mixture, Needle, Simplex};
pub use pmf::{FinitePmf, Pmf};

use crate::error::Result;
use crate::numeric::estimate::Estimate;
use crate::spec::{Arguments, Named, Parameter, Registry, Spec};

/// A kind of source: its name, its parameters and its checked constructor.
#[derive(Debug)]
pub struct SourceKind {
    /// Name in specs.
    pub name: &'static str,
    /// One line for `klaim list sources`.
    pub summary: &'static str,
    /// Its parameters.
    pub parameters: &'static [Parameter],
    /// Builds the source from checked arguments.
    pub build: fn(&Arguments) -> Result<Source>,
}

impl Named for SourceKind {
    const WHAT: &'static str = "source";

    fn name(&self) -> &'static str {
        self.name
    }

    fn parameters(&self) -> &'static [Parameter] {
        self.parameters
    }
}

/// Every kind of source.
pub static SOURCES: Registry<SourceKind> = Registry::new(&[
    two_point::BPSK,
    two_point::BERNOULLI,
    pam::PAM,
    zipf::ZIPF,
    log_power::LOG_POWER,
    geometric::GEOMETRIC,
    poisson::POISSON,
    needle::NEEDLE,
    codebook::SIMPLEX,
    hypercube::HYPERCUBE,
    codebook::CODEBOOK,
    tree::TREE,
    gaussian::GAUSSIAN,
    mixture::MIXTURE,
    scale_mixture::SCALE_MIXTURE,
    uniform::UNIFORM,
    laplace::LAPLACE,
    student_t::STUDENT_T,
    cauchy::CAUCHY,
    pareto::PARETO,
    lognormal::LOGNORMAL,
    stable::STABLE,
    quantized::QUANTIZED,
    product::PRODUCT,
    file::FILE,
    digits::DIGITS,
]);

/// A named law on R^d with what it knows exactly.
#[derive(Debug)]
pub struct Source {
    spec: String,
    law: Law,
    pmf: Option<Arc<dyn Pmf>>,
    second_moment: Estimate,
    notes: Vec<String>,
    counts: Option<Vec<u64>>,
    squares: Arc<OnceLock<Vec<f64>>>,
}

impl Source {
    /// Builds the source of an inline spec: `bernoulli:p=0.1`.
    ///
    /// # Errors
    /// A malformed spec, an unknown kind or parameter (with the nearest name), a parameter outside
    /// its domain.
    pub fn parse(text: &str) -> Result<Self> {
        Self::build(&Spec::parse(text)?)
    }

    /// Builds the source of a parsed spec.
    ///
    /// # Errors
    /// As [`Source::parse`].
    pub fn build(spec: &Spec) -> Result<Self> {
        let spec = spec.canonical(&|kind| Ok(SOURCES.named(kind)?.parameters))?;
        let kind = SOURCES.named(&spec.kind)?;
        (kind.build)(&Arguments::new(&spec, kind.parameters)?)
    }

    /// A source from its law, its entropies (`None` for a continuous law) and its total variance
    /// E|X − EX|².
    pub fn new(spec: &Spec, law: Law, pmf: Option<Arc<dyn Pmf>>, second_moment: Estimate) -> Self {
        let (notes, squares) = (Vec::new(), Arc::default());
        Self { spec: spec.to_string(), law, pmf, second_moment, notes, counts: None, squares }
    }

    /// Where |x_i − x_j|² of the pairs of atoms j < i is kept, row by row, once somebody has made it.
    pub fn squares(&self) -> &Arc<OnceLock<Vec<f64>>> {
        &self.squares
    }

    /// The same source with one more note for the reader of a report.
    pub fn noting(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// The same source as the sample that it is: how many rows show each atom, in the order of the
    /// atoms.
    pub fn counting(mut self, counts: Vec<u64>) -> Self {
        self.counts = Some(counts);
        self
    }

    /// How many rows of a sample show each atom, all ≥ 1; `None` for a law that is no sample.
    pub fn counts(&self) -> Option<&[u64]> {
        self.counts.as_deref()
    }

    /// A discrete source from its atoms, with the entropies of finitely many weights.
    ///
    /// # Errors
    /// None today; a `Result` so that constructors chain.
    pub fn discrete(spec: &Spec, atoms: Atoms) -> Result<Self> {
        let pmf = Arc::new(FinitePmf::new(atoms.weights.clone()));
        let second_moment = Estimate::exact(atoms.total_variance());
        Ok(Self::new(spec, Law::Atoms(atoms), Some(pmf), second_moment))
    }

    /// A source on orthonormal atoms: E|X − EX|² = 1 − Σ p².
    ///
    /// # Errors
    /// None today; a `Result` so that constructors chain.
    pub fn orthonormal(spec: &Spec, simplex: Simplex) -> Result<Self> {
        let pmf = Arc::new(FinitePmf::new(simplex.weights.clone()));
        let second_moment = Estimate::exact(simplex.weights.iter().map(|p| p * (1.0 - p)).sum());
        Ok(Self::new(spec, Law::Simplex(simplex), Some(pmf), second_moment))
    }

    /// The canonical spec: names the source everywhere, and its lane of random numbers.
    pub fn spec(&self) -> &str {
        &self.spec
    }

    /// The structure that evaluators work on.
    pub fn law(&self) -> &Law {
        &self.law
    }

    /// The structure alone, for a source built on it.
    pub fn into_law(self) -> Law {
        self.law
    }

    /// Entropies, for a discrete law.
    pub fn pmf(&self) -> Option<&dyn Pmf> {
        self.pmf.as_deref()
    }

    /// Total variance E|X − EX|² (the second moment of the centred law); ∞ where the second moment is.
    pub fn second_moment(&self) -> Estimate {
        self.second_moment
    }

    /// What a reader of a report should know about this source (provenance, "H = ln n for distinct
    /// rows", …).
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// Dimension d.
    pub fn dim(&self) -> usize {
        match &self.law {
            Law::Atoms(atoms) => atoms.dim,
            Law::Simplex(simplex) => simplex.weights.len(),
            Law::Needle(needle) => needle.atoms,
            Law::Product { base, copies } => base.dim() * copies,
            Law::Density(_) => 1,
            Law::Mixture(mixture) => mixture.dim,
        }
    }
}

#[cfg(test)]
mod reference;
