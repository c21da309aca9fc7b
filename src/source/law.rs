//! The structure of a law: what the evaluators need to know, and all that they know.

use std::collections::HashMap;
use std::sync::OnceLock;

use crate::error::{Error, Result};
use crate::numeric::sum::{compensated, weighted_mean};
use crate::source::Source;

/// How a source is built. Each variant has its own evaluators; a new source picks one and adds
/// none.
#[derive(Debug)]
pub enum Law {
    /// Finitely many atoms in R^d (or infinitely many on a line, cut where [`Atoms::missing`]
    /// says).
    Atoms(Atoms),
    /// Orthonormal atoms e_1 … e_N of R^N with weights: posterior sums need no product.
    Simplex(Simplex),
    /// One atom at the origin and many orthonormal ones of equal weight: exact however many they
    /// are.
    Needle(Needle),
    /// Independent coordinates: mmse, slope and information add.
    Product {
        /// The law of one block of coordinates.
        base: Box<Source>,
        /// Number of independent copies; the source has `copies · base.dim()` dimensions.
        copies: usize,
    },
    /// A density on the line.
    Density(Box<dyn Density>),
    /// A mixture of isotropic Gaussians: closed-form posterior.
    Mixture(Mixture),
}

/// Weighted atoms x_i ∈ R^d, distinct, with Σ p_i = 1 − `missing`.
#[derive(Debug, Clone)]
pub struct Atoms {
    /// Dimension d ≥ 1.
    pub dim: usize,
    /// Positions, row-major N × d.
    pub points: Vec<f64>,
    /// Weights p_i > 0, N of them.
    pub weights: Vec<f64>,
    /// Mass of the atoms that were cut off; 0 for a finite law.
    pub missing: f64,
}

impl Law {
    /// The atoms of a law that has them one by one; `None` for others, and for needles of too many.
    pub fn atoms(&self) -> Option<&Atoms> {
        match self {
            Self::Atoms(atoms) => Some(atoms),
            Self::Needle(needle) => needle.dense(),
            _ => None,
        }
    }
}

impl Atoms {
    /// Atoms from rows and unnormalised weights: zero weights are dropped, weights are normalised
    /// to 1.
    ///
    /// # Errors
    /// [`Error::Invalid`] where sizes disagree, a number is not finite, a weight is negative, all
    /// are zero, or their sum is infinite.
    pub fn new(dim: usize, points: Vec<f64>, weights: Vec<f64>) -> Result<Self> {
        let bad = |message: &str| Err(Error::invalid("atoms", message));
        if dim == 0 || weights.is_empty() || points.len() != dim * weights.len() {
            return bad("need one weight and `dim` coordinates an atom, and at least one atom");
        }
        if points.iter().chain(&weights).any(|x| !x.is_finite()) {
            return bad("positions and weights must be finite");
        }
        if weights.iter().any(|&w| w < 0.0) {
            return bad("weights must not be negative");
        }
        let total = compensated(weights.iter().copied());
        if total <= 0.0 {
            return bad("all weights are zero");
        }
        if !total.is_finite() {
            return bad("the weights sum to infinity");
        }
        let share = |weights: Vec<f64>| weights.into_iter().map(|w| w / total).collect();
        if weights.iter().all(|&w| w > 0.0) {
            return Ok(Self { dim, points, weights: share(weights), missing: 0.0 });
        }
        let kept = points.chunks(dim).zip(&weights).filter(|&(_, &w)| w > 0.0);
        let points = kept.flat_map(|(row, _)| row.iter().copied()).collect();
        let weights = weights.into_iter().filter(|&w| w > 0.0).collect();
        Ok(Self { dim, points, weights: share(weights), missing: 0.0 })
    }

    /// Distinct rows of `points` in the order of their first appearance, with added weights. −0 is
    /// another row than 0.
    pub fn merged(dim: usize, points: &[f64], weights: &[f64]) -> (Vec<f64>, Vec<f64>) {
        let bits: Vec<u64> = points.iter().map(|x| x.to_bits()).collect();
        let mut index_of: HashMap<&[u64], usize> = HashMap::with_capacity(weights.len());
        let (mut distinct, mut sums) = (Vec::with_capacity(points.len()), Vec::with_capacity(weights.len()));
        for ((key, row), &weight) in bits.chunks(dim).zip(points.chunks(dim)).zip(weights) {
            let index = *index_of.entry(key).or_insert(sums.len());
            if index == sums.len() {
                distinct.extend_from_slice(row);
                sums.push(weight);
            } else {
                sums[index] += weight;
            }
        }
        (distinct, sums)
    }

    /// Number of atoms N.
    pub fn len(&self) -> usize {
        self.weights.len()
    }

    /// Never true: a law has at least one atom.
    pub fn is_empty(&self) -> bool {
        self.weights.is_empty()
    }

    /// Position of atom `i`, d numbers.
    pub fn point(&self, i: usize) -> &[f64] {
        &self.points[i * self.dim..(i + 1) * self.dim]
    }

    /// |x_i − x_j|² by differences: relative accuracy however far from the origin both are.
    pub fn square(&self, i: usize, j: usize) -> f64 {
        self.point(i).iter().zip(self.point(j)).map(|(x, y)| (x - y) * (x - y)).sum()
    }

    /// Mean E X, d numbers (of the kept atoms, renormalised).
    pub fn mean(&self) -> Vec<f64> {
        let mut mean = weighted_mean(self.dim, &self.points, &self.weights);
        mean.iter_mut().for_each(|m| *m /= 1.0 - self.missing);
        mean
    }

    /// Total variance E|X − EX|² (of the kept atoms, renormalised).
    pub fn total_variance(&self) -> f64 {
        let mean = self.mean();
        let square = |row: &[f64]| row.iter().zip(&mean).map(|(x, m)| (x - m) * (x - m)).sum::<f64>();
        compensated(self.points.chunks(self.dim).zip(&self.weights).map(|(row, &p)| p * square(row)))
            / (1.0 - self.missing)
    }
}

/// Orthonormal atoms with weights p_i > 0 summing to 1.
#[derive(Debug, Clone)]
pub struct Simplex {
    /// Weights, N of them; the dimension is N.
    pub weights: Vec<f64>,
}

/// Mass 1 − p on the origin of R^N and p/N on each of e_1 … e_N.
#[derive(Debug)]
pub struct Needle {
    /// p in (0, 1).
    pub p: f64,
    /// N ≥ 1.
    pub atoms: usize,
    dense: OnceLock<Atoms>,
}

impl Needle {
    /// Most atoms that are ever written out: a matrix of 134 MB.
    pub const MOST_DENSE: usize = 4096;

    /// The law, with no atom written out.
    pub fn new(p: f64, atoms: usize) -> Self {
        Self { p, atoms, dense: OnceLock::new() }
    }

    /// The atoms in R^N, the origin first, for what needs them one by one; `None` beyond
    /// [`Needle::MOST_DENSE`].
    pub fn dense(&self) -> Option<&Atoms> {
        let n = self.atoms;
        (n <= Self::MOST_DENSE).then(|| {
            self.dense.get_or_init(|| {
                let mut points = vec![0.0; (n + 1) * n];
                (0..n).for_each(|i| points[(i + 1) * n + i] = 1.0);
                let mut weights = vec![self.p / n as f64; n + 1];
                weights[0] = 1.0 - self.p;
                Atoms { dim: n, points, weights, missing: 0.0 }
            })
        })
    }
}

/// A density on the line with what quadrature needs, all of it as functions of x = X −
/// [`Density::origin`]: a law that is narrow beside its distance from 0 keeps its digits.
pub trait Density: std::fmt::Debug + Send + Sync {
    /// Where x = 0 lies.
    fn origin(&self) -> f64 {
        0.0
    }
    /// ln f(x); −∞ outside the support.
    fn ln_density(&self, x: f64) -> f64;
    /// Support [lo, hi], possibly infinite.
    fn support(&self) -> (f64, f64);
    /// Quantile function at u ∈ (0, 1): draws and truncation points.
    fn quantile(&self, u: f64) -> f64;
    /// Distribution function P(X ≤ x), accurate in the lower tail.
    fn cdf(&self, x: f64) -> f64;
    /// Survival function P(X > x), accurate in the upper tail.
    fn survival(&self, x: f64) -> f64;
    /// ln P(X ≤ x), also where the mass underflows if the law can say it.
    fn ln_cdf(&self, x: f64) -> f64 {
        self.cdf(x).ln()
    }
    /// ln P(X > x), as [`Density::ln_cdf`].
    fn ln_survival(&self, x: f64) -> f64 {
        self.survival(x).ln()
    }
    /// Points where the density is not smooth (kinks, jumps); quadrature splits there.
    fn breakpoints(&self) -> Vec<f64> {
        Vec::new()
    }
    /// Mean E X (from 0), or `None` where it does not exist.
    fn mean(&self) -> Option<f64>;
    /// Variance; ∞ where the second moment is infinite, or beyond f64.
    fn variance(&self) -> f64;
    /// Whether the second moment is finite, be it beyond f64.
    fn has_variance(&self) -> bool {
        self.variance().is_finite()
    }
    /// Differential Rényi entropy of order a ≥ 0 (a = 1: Shannon, ∞ included), nats; ∞ or −∞ where it diverges.
    fn differential_renyi(&self, order: f64) -> crate::numeric::estimate::Estimate;
}

/// Σ_j w_j N(μ_j, v_j I_d).
#[derive(Debug, Clone)]
pub struct Mixture {
    /// Dimension d ≥ 1.
    pub dim: usize,
    /// Component means, row-major J × d.
    pub means: Vec<f64>,
    /// Component variances per coordinate v_j ≥ 0, J of them.
    pub variances: Vec<f64>,
    /// Component weights, summing to 1.
    pub weights: Vec<f64>,
    /// Bound on the relative error that representing the law by these components makes; 0 for a
    /// true mixture.
    pub approximation: f64,
}
