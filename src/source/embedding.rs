//! Where the atoms of a weight sequence sit: on a line, orthonormal, or at random.

use std::sync::Arc;

use crate::error::Result;
use crate::numeric::estimate::Estimate;
use crate::source::{Atoms, Law, Pmf, Simplex, Source, codebook};
use crate::spec::{Arguments, Parameter};

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
pub const SEED: Parameter =
    Parameter { name: "seed", default: Some("0"), summary: "seed of the embedding `codebook`" };

/// Atoms kept of an infinite law whose tail is too heavy to be negligible; the rest is
/// [`Atoms::missing`].
pub const KEPT_OF_INFINITE: usize = 100_000;
/// ln 1e−300: a tail of less mass than this is cut, and still counted in [`Atoms::missing`].
pub const LN_NEGLIGIBLE_MASS: f64 = -690.8;
/// Atoms kept at most of a law with a geometric tail (8 MB of weights).
pub const MOST_ATOMS_OF_LIGHT_TAIL: f64 = 1e6;

/// Refuses `dim` and `seed` where the embedding does not use them.
fn placement(arguments: &Arguments) -> Result<&'static str> {
    let embedding = arguments.choice(EMBEDDING.name, &["line", "simplex", "codebook"])?;
    for name in [DIM.name, SEED.name] {
        if embedding != "codebook" && arguments.argument(name).is_some() {
            return Err(arguments.invalid(name, "is only for embedding=codebook: leave it out"));
        }
    }
    Ok(embedding)
}

/// The source with unnormalised `weights` in the embedding that `arguments` name.
///
/// # Errors
/// An unknown embedding, a parameter it does not use; weights that [`Atoms::new`] refuses.
pub fn embed(arguments: &Arguments, weights: Vec<f64>) -> Result<Source> {
    let n = weights.len();
    match placement(arguments)? {
        "simplex" => Source::orthonormal(
            arguments.spec(),
            Simplex { weights: Atoms::new(1, vec![0.0; n], weights)?.weights },
        ),
        "codebook" => {
            let (dim, seed) = (arguments.count("dim", 1)?, arguments.count("seed", 0)?);
            arguments.room("dim", n as f64 * dim as f64)?;
            Source::discrete(
                arguments.spec(),
                Atoms::new(dim, codebook::gaussian_points(n, dim, seed as u64), weights)?,
            )
        }
        _ => {
            Source::discrete(arguments.spec(), Atoms::new(1, (1..=n).map(|i| i as f64).collect(), weights)?)
        }
    }
}

/// The source with atoms x_i = i, i ≥ 1, without end: `weights` are the first true probabilities,
/// `missing` the mass of all others, `variance` the true one.
///
/// # Errors
/// An embedding other than `line`: infinitely many orthonormal or random atoms have no finite form.
pub fn embed_infinite(
    arguments: &Arguments,
    weights: Vec<f64>,
    missing: f64,
    pmf: Arc<dyn Pmf>,
    variance: Estimate,
) -> Result<Source> {
    let embedding = placement(arguments)?;
    if embedding != "line" {
        let message =
            format!("`{embedding}` needs finitely many atoms: give atoms=N, or leave embedding out (line)");
        return Err(arguments.invalid(EMBEDDING.name, message));
    }
    let points = (1..=weights.len()).map(|i| i as f64).collect();
    Ok(cut_line(arguments, points, weights, missing, pmf, variance))
}

/// The source on a line whose kept atoms are `points` with their true probabilities `weights`.
pub fn cut_line(
    arguments: &Arguments,
    points: Vec<f64>,
    weights: Vec<f64>,
    missing: f64,
    pmf: Arc<dyn Pmf>,
    variance: Estimate,
) -> Source {
    Source::new(
        arguments.spec(),
        Law::Atoms(Atoms { dim: 1, points, weights, missing }),
        Some(pmf),
        variance,
    )
}
