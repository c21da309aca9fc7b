//! E[X | U_γ] for every law with a closed posterior, a batch of states at a time.
//!
//! States lie side by side: coordinate k of path s at `k · BATCH + s`, so that each loop runs over
//! whole vector registers of paths. Component j of a mixture has weight ∝ w_j (1+γv_j)^{−d/2}
//! exp(a_j[⟨ũ, μ̃_j⟩ − ½γ|μ̃_j|² + ½v_j|ũ|²]) and mean EX + a_j(μ̃_j + v_j ũ) with a_j =
//! 1/(1+γv_j), μ̃_j = μ_j − EX and ũ = u − γ EX; an atom is a component with v_j = 0.

mod batch;
#[cfg(test)]
mod tests;

use batch::CentredComponents;

use crate::channel::posterior::BATCH;
use crate::error::{Error, Result};
use crate::numeric::arch;
use crate::source::{Law, Source};

/// The posterior mean m(u, γ) = E[X | U_γ = u] of a source, U_γ = γX + √γZ.
#[derive(Debug)]
pub struct PosteriorMean {
    dim: usize,
    structure: Structure,
}

#[derive(Debug)]
enum Structure {
    Components(CentredComponents),
    /// Orthonormal atoms, by the logarithms of their weights.
    Orthonormal(Vec<f64>),
    /// Independent copies.
    Copies(Box<PosteriorMean>),
}

/// What a mean is made of, for a device that repeats it.
#[derive(Debug, Clone, Copy)]
pub struct MeanTables<'a> {
    /// Dimension d of one copy.
    pub dim: usize,
    /// Independent copies, coordinates one copy after the other.
    pub copies: usize,
    /// One copy's law.
    pub form: Form<'a>,
}

/// The law of one copy.
#[derive(Debug, Clone, Copy)]
pub enum Form<'a> {
    /// Isotropic Gaussians (or atoms) about a common mean.
    Components {
        /// EX, d.
        mean: &'a [f64],
        /// μ̃_j = μ_j − EX, row-major J × d.
        centred: &'a [f64],
        /// The same, d × J.
        transposed: &'a [f64],
        /// v_j.
        variances: &'a [f64],
        /// ln w_j.
        ln_weights: &'a [f64],
        /// ½|μ̃_j|².
        half_norms: &'a [f64],
        /// All v_j are one number.
        uniform: bool,
    },
    /// Orthonormal atoms, by ln p_i (d numbers).
    Orthonormal(&'a [f64]),
}
impl PosteriorMean {
    /// The posterior mean of `source`.
    ///
    /// # Errors
    /// [`Error::Unsupported`] for a density on the line, for atoms whose tail was cut, for a
    /// mixture that stands for another law.
    pub fn new(source: &Source) -> Result<Self> {
        let unsupported = |message: &str| {
            Err(Error::Unsupported {
                quantity: "the posterior mean".into(),
                source_spec: source.spec().into(),
                message: message.into(),
            })
        };
        let structure = match source.law() {
            Law::Atoms(atoms) if atoms.missing > 0.0 => {
                return unsupported("needs finitely many atoms: give `atoms=` a number");
            }
            Law::Atoms(atoms) => Structure::Components(CentredComponents::of_atoms(atoms)),
            Law::Needle(needle) => {
                let Some(atoms) = needle.dense() else {
                    return unsupported("needs a needle of at most 4096 atoms");
                };
                Structure::Components(CentredComponents::of_atoms(atoms))
            }
            Law::Mixture(law) if law.approximation > 0.0 => {
                return unsupported("needs a law that is a mixture, not one that is represented by it");
            }
            Law::Mixture(law) => Structure::Components(CentredComponents::new(
                law.dim,
                &law.means,
                law.variances.clone(),
                &law.weights,
            )),
            Law::Simplex(simplex) => {
                Structure::Orthonormal(simplex.weights.iter().map(|p| p.ln()).collect())
            }
            Law::Product { base, .. } => Structure::Copies(Box::new(Self::new(base)?)),
            Law::Density(_) => {
                return unsupported("needs atoms or a Gaussian mixture; quantise the density");
            }
        };
        Ok(Self { dim: source.dim(), structure })
    }

    /// Dimension d.
    pub fn dim(&self) -> usize {
        self.dim
    }

    /// EX, d numbers.
    pub fn prior(&self) -> Vec<f64> {
        match &self.structure {
            Structure::Components(components) => components.mean.clone(),
            Structure::Orthonormal(ln_weights) => ln_weights.iter().map(|l| l.exp()).collect(),
            Structure::Copies(base) => base.prior().repeat(self.dim / base.dim),
        }
    }

    /// What it is made of; copies of copies are copies.
    pub fn tables(&self) -> MeanTables<'_> {
        let form = match &self.structure {
            Structure::Copies(base) => {
                let base = base.tables();
                return MeanTables { copies: self.dim / base.dim, ..base };
            }
            Structure::Components(c) => Form::Components {
                mean: &c.mean,
                centred: &c.centred,
                transposed: &c.transposed,
                variances: &c.variances,
                ln_weights: &c.ln_weights,
                half_norms: &c.half_norms,
                uniform: c.uniform,
            },
            Structure::Orthonormal(ln_weights) => Form::Orthonormal(ln_weights),
        };
        MeanTables { dim: self.dim, copies: 1, form }
    }

    /// The prior masses of the atoms or components; `None` for a product, whose modes are not
    /// numbered.
    pub fn masses(&self) -> Option<Vec<f64>> {
        match &self.structure {
            Structure::Components(CentredComponents { ln_weights, .. })
            | Structure::Orthonormal(ln_weights) => Some(ln_weights.iter().map(|l| l.exp()).collect()),
            Structure::Copies(_) => None,
        }
    }

    /// P(atom or component j | U_γ = u) for each path u of `states` (d × BATCH) into `out` (J ×
    /// BATCH).
    ///
    /// # Panics
    /// For a product, which has no [`PosteriorMean::masses`].
    pub fn responsibilities(&self, states: &[f64], snr: f64, out: &mut [f64]) {
        match &self.structure {
            Structure::Components(components) => components.responsibilities(states, snr, out),
            Structure::Orthonormal(_) => self.evaluate(states, snr, out),
            Structure::Copies(_) => panic!("the modes of a product are not numbered"),
        }
    }

    /// E[X | U_γ = u] for each path u of `states` (d × BATCH) into `out`, at `snr` γ ≥ 0.
    ///
    /// Relative accuracy a few 1e-15 of the spread of the law.
    pub fn evaluate(&self, states: &[f64], snr: f64, out: &mut [f64]) {
        match &self.structure {
            Structure::Components(components) => drop(components.evaluate(states, snr, out)),
            Structure::Orthonormal(ln_weights) => {
                arch().dispatch(batch::Softmax { ln_weights, states, out });
            }
            Structure::Copies(base) => {
                let block = base.dim * BATCH;
                for (states, out) in states.chunks(block).zip(out.chunks_mut(block)) {
                    base.evaluate(states, snr, out);
                }
            }
        }
    }
}
