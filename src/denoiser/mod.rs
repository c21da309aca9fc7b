//! Denoisers: estimates x̂(U_γ, γ) of X, a batch of states at one SNR at a time.
//!
//! A state is U_γ = √γ·Y_γ = γX + √γZ, in units of γ|x| (U/γ = X + Z/√γ is what a network with
//! noise level σ = 1/√γ is given). A batch is [`BATCH`](crate::channel::posterior::BATCH) states
//! side by side: coordinate k of state s stands at k·BATCH + s. Estimates stand likewise, in units
//! of |x|. A function of rows becomes a denoiser by [`Function`].
//!
//! The kinds of specs are in [`DENOISERS`], one file per kind; a program adds its own there.

mod affine;
mod content;
mod exact;
mod function;
mod identity;
mod linear;
mod line;
mod mean;
mod mismatched;
mod network;
mod perturbed;
#[cfg(test)]
mod tests;

pub use affine::Affine;
pub use content::{content, note_source, parameters_of};
pub use function::Function;
pub use line::{divergence_on_a_line, gap_on_a_line};
pub use network::{Convention, NOISES, OUTPUTS, STATES};

use std::fmt::Debug;
use std::sync::{Arc, OnceLock};

use crate::channel::posterior::{BATCH, PosteriorMean};
use crate::error::{Error, Result};
use crate::numeric::stream::Stream;
use crate::source::Source;
use crate::spec::{Arguments, Named, Parameter, Registry};

/// Estimates of X from states U_γ.
pub trait Denoiser: Debug + Send + Sync {
    /// Its name. Two denoisers of one source with the same name are the same function.
    fn name(&self) -> &str;

    /// x̂(u, γ) of each state u of a batch (`states`, d × BATCH, units γ|x|) at `snr` γ ≥ 0 into
    /// `out` (d × BATCH, units |x|).
    ///
    /// # Errors
    /// Whatever keeps it from an answer. An estimate that is NaN or infinite is found by whoever
    /// asks.
    fn estimate(&self, states: &[f64], snr: f64, out: &mut [f64]) -> Result<()>;

    /// (L(γ) − M(γ))/E|X − EX|², L(γ) = E|X − x̂|², where it is known in closed form.
    fn excess(&self, snr: f64) -> Option<f64> {
        let _ = snr;
        None
    }

    /// x̂ − E[X | U_γ] in every coordinate, in units of |x|, where it is one number whatever the
    /// state: such denoisers run on devices.
    fn offset(&self, snr: f64) -> Option<f64> {
        let _ = snr;
        None
    }

    /// Root mean square of what arithmetic narrower than f64 adds to an estimate, in units of |x|.
    fn rounding(&self, snr: f64) -> f64 {
        let _ = snr;
        0.0
    }

    /// Does `work`, which asks for many estimates, on the threads where they are made: a network
    /// has its own, and going there for every batch costs more than the batch.
    fn inside(&self, work: &mut (dyn FnMut() + Send)) {
        work();
    }

    /// Batches that are best asked for at a time.
    fn batches(&self) -> usize {
        1
    }

    /// The law that it takes for that of X, where it is the posterior mean of one.
    fn assumed(&self) -> Option<&Source> {
        None
    }

    /// The coefficients of x̂ at `snr`, where it is affine in the state with one factor for all
    /// coordinates.
    fn affine(&self, snr: f64) -> Option<Affine> {
        let _ = snr;
        None
    }
}

/// What is to be estimated: a law and, once it is asked for, its posterior mean.
#[derive(Debug)]
pub struct Estimand {
    source: Arc<Source>,
    mean: OnceLock<Arc<PosteriorMean>>,
}

impl Estimand {
    /// Of `source`.
    pub fn new(source: &Arc<Source>) -> Arc<Self> {
        Arc::new(Self { source: Arc::clone(source), mean: OnceLock::new() })
    }

    /// The law of X.
    pub fn source(&self) -> &Arc<Source> {
        &self.source
    }

    /// The posterior mean, made at the first call.
    ///
    /// # Errors
    /// As [`PosteriorMean::new`].
    pub fn mean(&self) -> Result<&Arc<PosteriorMean>> {
        if let Some(mean) = self.mean.get() {
            return Ok(mean);
        }
        let made = Arc::new(PosteriorMean::new(&self.source)?);
        Ok(self.mean.get_or_init(|| made))
    }

    /// Variance of a coordinate, E|X − EX|²/d.
    pub fn coordinate_variance(&self) -> f64 {
        self.source.second_moment().value / self.source.dim() as f64
    }
}

/// Makes the denoiser of a checked spec for a law.
pub type Make = Box<dyn Fn(&Arc<Estimand>) -> Result<Arc<dyn Denoiser>> + Send + Sync>;

/// A kind of denoiser.
pub struct DenoiserKind {
    /// Name in specs.
    pub name: &'static str,
    /// One line for lists.
    pub summary: &'static str,
    /// Its parameters.
    pub parameters: &'static [Parameter],
    /// Checks the values of a spec.
    pub read: fn(&Arguments) -> Result<Make>,
}

impl Named for DenoiserKind {
    const WHAT: &'static str = "denoiser";

    fn name(&self) -> &'static str {
        self.name
    }

    fn parameters(&self) -> &'static [Parameter] {
        self.parameters
    }
}

/// Every kind of denoiser.
pub static DENOISERS: Registry<DenoiserKind> = Registry::new(&[
    exact::EXACT,
    perturbed::PERTURBED,
    linear::LINEAR,
    identity::IDENTITY,
    mean::MEAN,
    mismatched::MISMATCHED,
    network::NETWORK,
    network::TRAINED,
]);

/// What makes the denoiser of a spec such as `exact`, `perturbed:error=0.1,shape=high` or
/// `mismatched:source=(gaussian:dim=1,variance=2)`.
///
/// # Errors
/// [`Error::Invalid`] for a malformed spec or a value outside its domain, [`Error::Unknown`] with
/// the nearest name otherwise.
pub fn find(spec: &str) -> Result<Make> {
    let (kind, spec) = DENOISERS.parse_nesting(spec, &content::parameters_of)?;
    (kind.read)(&Arguments::new(&spec, kind.parameters)?)
}

/// The denoiser of `spec` for the law of `estimand`.
///
/// # Errors
/// Those of [`find`]; a law that the kind cannot denoise.
pub fn build(spec: &str, estimand: &Arc<Estimand>) -> Result<Arc<dyn Denoiser>> {
    find(spec)?(estimand)
}

/// [`Denoiser::estimate`] of samples `first .. first + BATCH` of `stream`, every number checked.
///
/// # Errors
/// Those of the denoiser; [`Error::NonFinite`] with SNR and sample where an estimate is NaN or
/// infinite.
pub fn estimate(
    denoiser: &dyn Denoiser,
    source: &Source,
    (states, snr): (&[f64], f64),
    (stream, first): (&Stream, u64),
    out: &mut [f64],
) -> Result<()> {
    denoiser.estimate(states, snr, out)?;
    // All of them at once, in whole registers, before the first one is looked for.
    if out.iter().fold(true, |all, x| all & x.is_finite()) {
        return Ok(());
    }
    let at = out.iter().position(|x| !x.is_finite()).expect("one of them is not finite");
    Err(Error::NonFinite {
        quantity: "the estimate".into(),
        place: format!(" from denoiser `{}` at snr {snr:e}", denoiser.name()),
        column: 0,
        source_spec: source.spec().into(),
        seed: stream.seed(),
        lane: stream.lane(),
        sample: first + (at % BATCH) as u64,
    })
}
