//! The law of X given Y, sampled: one draw of (X, Z) serves every SNR of a grid.
//!
//! A [`PosteriorSampler`] turns the random words of one sample into [`Observable`]s at every point
//! of a [`Grid`]; a [`Readout`] combines them linearly into one number a sample, before any moment
//! is taken.

pub mod atoms;
pub mod controls;
pub mod copies;
pub mod discrete;
pub mod envelope;
pub mod grid;
pub mod mean;
pub mod mixture;
pub mod readout;
pub mod simplex;
pub mod sums;
pub mod tilted;

pub use grid::{Grid, SnrPoint, Spacing};
pub use mean::PosteriorMean;
pub use readout::{Observable, Observed, Readout, Term, Weight};

use crate::error::{Error, Result};
use crate::numeric::estimate::Estimate;
use crate::numeric::stream::Stream;
use crate::source::{Atoms, Law, Needle, Simplex, Source};

/// Samples that share one noise product.
pub const BATCH: usize = 64;

/// What a sampler is made of, for a device that repeats it.
#[derive(Clone, Copy)]
pub enum Tables<'a> {
    /// Atoms in R^d.
    Atoms {
        /// Dimension d.
        dim: usize,
        /// x̃_i = x_i − EX, row-major N × d.
        centred: &'a [f64],
        /// |x̃_i|².
        norms: &'a [f64],
        /// Their weights.
        weights: DiscreteTables<'a>,
    },
    /// Orthonormal atoms.
    Simplex(DiscreteTables<'a>),
    /// Independent copies of a factor.
    Copies {
        /// One factor, which has tables.
        factor: &'a dyn PosteriorSampler,
        /// Their number.
        copies: usize,
    },
    /// A mixture of isotropic Gaussians.
    Mixture {
        /// The law.
        mixture: &'a crate::source::Mixture,
        /// ln w_j.
        ln_weights: &'a [f64],
        /// Partial sums of the weights.
        ends: &'a [f64],
        /// EX.
        mean: &'a [f64],
    },
}

/// The weights of a discrete law.
#[derive(Clone, Copy)]
pub struct DiscreteTables<'a> {
    /// p_i.
    pub weights: &'a [f64],
    /// ln p_i.
    pub ln_weights: &'a [f64],
    /// Partial sums of the weights.
    pub ends: &'a [f64],
    /// H, nats.
    pub shannon: f64,
}

/// Draws (X, Z) and evaluates the posterior's observables at every SNR of a grid.
pub trait PosteriorSampler: Send + Sync {
    /// Observes samples `first .. first + BATCH` of `stream` at every point of `grid`.
    ///
    /// `out[s][g]` of sample s and grid point g (row-major BATCH × grid.len()); `controls` is BATCH
    /// × [`PosteriorSampler::control_means`]`.len()`.
    fn observe(&self, stream: &Stream, first: u64, grid: &Grid, out: &mut [Observed], controls: &mut [f64]);

    /// True means of the control variates that [`PosteriorSampler::observe`] writes.
    fn control_means(&self) -> &[f64];

    /// What the sampler is made of; `None` for one that only the processors have.
    fn tables(&self) -> Option<Tables<'_>>;

    /// The SNR below which observables are [`Observed::anchored`]: summands may then have either
    /// sign.
    fn anchored_below(&self) -> f64 {
        0.0
    }

    /// How much of the mean of `observable` `n` samples may have missed, in units of the size of its
    /// summands, √E f².
    fn unseen(&self, _observable: Observable, _n: u64) -> f64 {
        0.0
    }

    /// Bound on the relative error of every observable's mean that the sampler itself makes (a law
    /// replaced by a near one).
    fn relative_bound(&self) -> f64 {
        0.0
    }
}

/// Whether a source has a [`sampler`], which takes longer to build than to ask for.
///
/// # Errors
/// [`Error::Unsupported`] for laws that go through deterministic routes alone (infinitely many atoms,
/// densities on the line).
pub fn check_sampled(source: &Source) -> Result<()> {
    match source.law() {
        Law::Atoms(atoms) if atoms.missing == 0.0 => Ok(()),
        Law::Simplex(_) | Law::Mixture(_) => Ok(()),
        Law::Needle(needle) if needle.atoms <= Needle::MOST_DENSE => Ok(()),
        Law::Needle(_) => {
            Err(unsupported(source, "more than 4096 atoms in as many dimensions: use --method quadrature"))
        }
        Law::Atoms(_) => Err(unsupported(
            source,
            "infinitely many atoms: use --method quadrature, or a law with finitely many",
        )),
        Law::Density(_) => Err(unsupported(
            source,
            "a density on the line has deterministic routes only: use --method quadrature",
        )),
        Law::Product { base, .. } => check_sampled(base),
    }
}

/// The sampler of a source.
///
/// # Errors
/// As [`check_sampled`].
pub fn sampler(source: &Source) -> Result<Box<dyn PosteriorSampler>> {
    check_sampled(source)?;
    let shannon = || source.pmf().map_or(Estimate::exact(f64::INFINITY), |pmf| pmf.shannon()).value;
    let of_atoms = |atoms: &Atoms| Box::new(atoms::AtomSampler::new(atoms, shannon()));
    Ok(match source.law() {
        Law::Atoms(atoms) => of_atoms(atoms),
        Law::Needle(needle) => of_atoms(needle.dense().expect("few enough atoms, as checked")),
        Law::Simplex(simplex) => Box::new(simplex::SimplexSampler::new(simplex, shannon())),
        Law::Mixture(law) => Box::new(mixture::MixtureSampler::new(law, source.second_moment().value)),
        Law::Product { base, copies } => {
            Box::new(copies::Copies { factor: sampler(base)?, copies: *copies })
        }
        Law::Density(_) => unreachable!("refused above"),
    })
}

/// Most atoms, and orthonormal atoms, of a law whose pairs are worth going through.
const MOST_TILTED: usize = 512;
const MOST_ORTHONORMAL: usize = 128;

/// Whether [`tilted()`] has a sampler for `source`: finitely many atoms, or copies of such a law.
pub fn tilts(source: &Source) -> bool {
    if let Some(atoms) = source.law().atoms() {
        return atoms.missing <= 0.0 && (2..=MOST_TILTED).contains(&atoms.len());
    }
    match source.law() {
        Law::Simplex(simplex) => (2..=MOST_ORTHONORMAL).contains(&simplex.weights.len()),
        Law::Product { base, .. } => tilts(base),
        _ => false,
    }
}

/// The sampler of a source for one SNR at which its plain samples would see nothing, where
/// [`tilts`] says so.
pub fn tilted(source: &Source, snr: f64) -> Option<Box<dyn PosteriorSampler>> {
    if !tilts(source) {
        return None;
    }
    let shannon = source.pmf().map_or(f64::INFINITY, |pmf| pmf.shannon().value);
    if let Some(atoms) = source.law().atoms() {
        return Some(Box::new(tilted::TiltedSampler::new(atoms.clone(), shannon, snr)));
    }
    match source.law() {
        Law::Simplex(simplex) => {
            Some(Box::new(tilted::TiltedSampler::new(orthonormal(simplex), shannon, snr)))
        }
        Law::Product { base, copies } => {
            Some(Box::new(copies::Copies { factor: tilted(base, snr)?, copies: *copies }))
        }
        _ => None,
    }
}

/// Orthonormal atoms with their coordinates.
fn orthonormal(simplex: &Simplex) -> Atoms {
    let n = simplex.weights.len();
    let points = (0..n * n).map(|k| f64::from(u8::from(k % (n + 1) == 0))).collect();
    Atoms { dim: n, points, weights: simplex.weights.clone(), missing: 0.0 }
}

fn unsupported(source: &Source, message: &str) -> Error {
    Error::Unsupported {
        quantity: "Monte-Carlo".into(),
        source_spec: source.spec().into(),
        message: message.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Finitely many atoms tilt, and copies of such laws; what has a density, infinitely many atoms
    /// or too many pairs does not.
    #[test]
    fn laws_of_few_atoms_tilt() {
        for (spec, expected) in [
            ("bpsk", true),
            ("codebook:atoms=512,dim=2", true),
            ("codebook:atoms=513,dim=2", false),
            ("simplex:atoms=128", true),
            ("simplex:atoms=129", false),
            ("product:dim=3,base=bpsk", true),
            ("product:dim=3,base=laplace", false),
            ("gaussian:dim=2,variance=1", false),
            ("zipf:exponent=2,atoms=inf", false),
            ("laplace", false),
        ] {
            assert_eq!(tilts(&Source::parse(spec).unwrap()), expected, "{spec}");
        }
    }
}
