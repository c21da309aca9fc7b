//! Where the atoms of a weight sequence sit: on a line, orthonormal, or at random.

use crate::error::Result;
use crate::source::spec::{Arguments, Parameter};
use crate::source::{Atoms, Simplex, Source, codebook};

/// The parameter `embedding`, shared by every law given by its weights.
pub const EMBEDDING: Parameter = Parameter {
    name: "embedding",
    default: Some("line"),
    summary: "line (x_i = i), simplex (orthonormal atoms) or codebook (Gaussian random atoms in R^dim)",
};
/// The parameter `dim` of the embedding `codebook`.
pub const DIM: Parameter =
    Parameter { name: "dim", default: Some("8"), summary: "dimension of the embedding `codebook`" };
/// The parameter `seed` of the embedding `codebook`.
pub const SEED: Parameter = Parameter { name: "seed", default: Some("0"), summary: "seed of the embedding `codebook`" };

/// The source with unnormalised `weights` in the embedding that `arguments` name.
///
/// # Errors
/// An unknown embedding; weights that [`Atoms::new`] refuses.
pub fn embed(arguments: &Arguments, weights: Vec<f64>) -> Result<Source> {
    let n = weights.len();
    match arguments.choice("embedding", &["line", "simplex", "codebook"])? {
        "simplex" => {
            Source::orthonormal(arguments.spec(), Simplex { weights: Atoms::new(1, vec![0.0; n], weights)?.weights })
        }
        "codebook" => {
            let (dim, seed) = (arguments.count("dim", 1)?, arguments.count("seed", 0)?);
            Source::discrete(
                arguments.spec(),
                Atoms::new(dim, codebook::gaussian_points(n, dim, seed as u64), weights)?,
            )
        }
        _ => Source::discrete(arguments.spec(), Atoms::new(1, (1..=n).map(|i| i as f64).collect(), weights)?),
    }
}
