//! E[X | U_γ] for every law with a closed posterior, a batch of states at a time.
//!
//! States lie side by side: coordinate k of path s at `k · BATCH + s`, so that each loop runs over whole vector registers
//! of paths. Component j of a mixture has weight ∝ w_j (1+γv_j)^{−d/2} exp(a_j[⟨ũ, μ̃_j⟩ − ½γ|μ̃_j|² + ½v_j|ũ|²]) and mean
//! EX + a_j(μ̃_j + v_j ũ) with a_j = 1/(1+γv_j), μ̃_j = μ_j − EX and ũ = u − γ EX; an atom is a component with v_j = 0.

use crate::channel::posterior::BATCH;
use crate::error::{Error, Result};
use crate::numeric::arch;
use crate::numeric::exp::exp;
use crate::source::{Law, Source};

/// The exact denoiser of a source.
#[derive(Debug)]
pub struct Mean {
    dim: usize,
    structure: Structure,
}

#[derive(Debug)]
enum Structure {
    Components(Components),
    /// Orthonormal atoms, by the logarithms of their weights.
    Orthonormal(Vec<f64>),
    /// Independent copies.
    Copies(Box<Mean>),
}

/// Isotropic Gaussians (or atoms) about a common mean.
#[derive(Debug)]
struct Components {
    mean: Vec<f64>,
    /// μ̃_j, row-major J × d, and its transpose.
    centred: Vec<f64>,
    transposed: Vec<f64>,
    variances: Vec<f64>,
    ln_weights: Vec<f64>,
    half_norms: Vec<f64>,
    /// All v_j are one number: |ũ|² then enters no weight.
    uniform: bool,
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

/// Memory that [`Mean::evaluate`] works in, kept between calls.
#[derive(Debug, Default)]
pub struct Scratch {
    shifted: Vec<f64>,
    weights: Vec<f64>,
    constants: Vec<f64>,
    shrinks: Vec<f64>,
}

impl Mean {
    /// The posterior mean of `source`.
    ///
    /// # Errors
    /// [`Error::Unsupported`] for a density on the line, for atoms whose tail was cut, for a mixture that stands for another law.
    pub fn new(source: &Source) -> Result<Self> {
        let unsupported = |message: &str| {
            Err(Error::Unsupported {
                quantity: "a simulated sampler".into(),
                source_spec: source.spec().into(),
                message: message.into(),
            })
        };
        let structure = match source.law() {
            Law::Atoms(atoms) if atoms.missing > 0.0 => {
                return unsupported("needs finitely many atoms: give `atoms=` a number");
            }
            Law::Atoms(atoms) => {
                let variances = vec![0.0; atoms.len()];
                Structure::Components(Components::new(atoms.dim, &atoms.points, variances, &atoms.weights))
            }
            Law::Needle(needle) => {
                let Some(atoms) = needle.dense() else { return unsupported("needs a needle of at most 4096 atoms") };
                let variances = vec![0.0; atoms.len()];
                Structure::Components(Components::new(atoms.dim, &atoms.points, variances, &atoms.weights))
            }
            Law::Mixture(law) if law.approximation > 0.0 => {
                return unsupported("needs a law that is a mixture, not one that is represented by it");
            }
            Law::Mixture(law) => {
                Structure::Components(Components::new(law.dim, &law.means, law.variances.clone(), &law.weights))
            }
            Law::Simplex(simplex) => Structure::Orthonormal(simplex.weights.iter().map(|p| p.ln()).collect()),
            Law::Product { base, .. } => Structure::Copies(Box::new(Self::new(base)?)),
            Law::Density(_) => return unsupported("needs atoms or a Gaussian mixture; quantise the density"),
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

    /// The prior masses of the atoms or components; `None` for a product, whose modes are not numbered.
    pub fn masses(&self) -> Option<Vec<f64>> {
        match &self.structure {
            Structure::Components(Components { ln_weights, .. }) | Structure::Orthonormal(ln_weights) => {
                Some(ln_weights.iter().map(|l| l.exp()).collect())
            }
            Structure::Copies(_) => None,
        }
    }

    /// P(atom or component j | U_γ = u) for each path u of `states` (d × BATCH) into `out` (J × BATCH).
    ///
    /// # Panics
    /// For a product, which has no [`Mean::masses`].
    pub fn responsibilities(&self, states: &[f64], snr: f64, scratch: &mut Scratch, out: &mut [f64]) {
        match &self.structure {
            Structure::Components(_) => {
                let mut mean = vec![0.0; states.len()];
                self.evaluate(states, snr, scratch, &mut mean);
                scratch.responsibilities(out);
            }
            Structure::Orthonormal(_) => self.evaluate(states, snr, scratch, out),
            Structure::Copies(_) => panic!("the modes of a product are not numbered"),
        }
    }

    /// E[X | U_γ = u] for each path u of `states` (d × BATCH) into `out`, at `snr` γ ≥ 0.
    ///
    /// Relative accuracy a few 1e-15 of the spread of the law.
    pub fn evaluate(&self, states: &[f64], snr: f64, scratch: &mut Scratch, out: &mut [f64]) {
        match &self.structure {
            Structure::Components(components) => {
                components.prepare(snr, scratch);
                arch().dispatch(Evaluate { components, states, snr, scratch, out });
            }
            Structure::Orthonormal(ln_weights) => arch().dispatch(Softmax { ln_weights, states, out }),
            Structure::Copies(base) => {
                let block = base.dim * BATCH;
                for (states, out) in states.chunks(block).zip(out.chunks_mut(block)) {
                    base.evaluate(states, snr, scratch, out);
                }
            }
        }
    }
}

impl Scratch {
    /// P(component j | U_γ = u) of the last evaluation, J × BATCH; of orthonormal atoms it is the mean itself.
    fn responsibilities(&self, out: &mut [f64]) {
        let mut total = [0.0; BATCH];
        for ((row, weights), shrink) in rows_mut(out).iter_mut().zip(rows(&self.weights)).zip(&self.shrinks) {
            for s in 0..BATCH {
                row[s] = weights[s] / shrink;
                total[s] += row[s];
            }
        }
        for row in rows_mut(out) {
            for s in 0..BATCH {
                row[s] /= total[s];
            }
        }
    }
}

impl Components {
    fn new(dim: usize, points: &[f64], variances: Vec<f64>, weights: &[f64]) -> Self {
        let mut mean = vec![0.0; dim];
        for (row, w) in points.chunks(dim).zip(weights) {
            mean.iter_mut().zip(row).for_each(|(m, x)| *m += w * x);
        }
        let centred: Vec<f64> = points.chunks(dim).flat_map(|row| row.iter().zip(&mean).map(|(x, m)| x - m)).collect();
        let count = weights.len();
        let mut transposed = vec![0.0; centred.len()];
        for (j, row) in centred.chunks(dim).enumerate() {
            row.iter().enumerate().for_each(|(k, x)| transposed[k * count + j] = *x);
        }
        Self {
            mean,
            half_norms: centred.chunks(dim).map(|row| 0.5 * row.iter().map(|x| x * x).sum::<f64>()).collect(),
            uniform: variances.iter().all(|v| (v - variances[0]).abs() <= 0.0),
            ln_weights: weights.iter().map(|w| w.ln()).collect(),
            centred,
            transposed,
            variances,
        }
    }

    /// What does not depend on the state: a_j, and the constant part of each log-weight.
    fn prepare(&self, snr: f64, scratch: &mut Scratch) {
        let half_dim = 0.5 * self.mean.len() as f64;
        scratch.shrinks.clear();
        scratch.shrinks.extend(self.variances.iter().map(|v| snr.mul_add(*v, 1.0).recip()));
        scratch.constants.clear();
        let each = self.variances.iter().zip(&scratch.shrinks).zip(self.ln_weights.iter().zip(&self.half_norms));
        scratch.constants.extend(
            each.map(|((v, shrink), (ln_weight, half))| ln_weight - half_dim * (snr * v).ln_1p() - snr * half * shrink),
        );
        scratch.weights.resize(self.variances.len() * BATCH, 0.0);
        scratch.shifted.resize(self.mean.len() * BATCH, 0.0);
    }
}

/// Logarithms of weights are cut off here below the largest: the weight is nothing beside it, and its products stay normal
/// numbers (seen: subnormal ones, at high SNR, made a step five times slower).
const LEAST: f64 = -300.0;

/// e^(l − most), at least e^[`LEAST`].
#[inline(always)]
fn weight(l: f64, most: f64) -> f64 {
    let x = l - most;
    exp(if x > LEAST { x } else { LEAST })
}

/// Paths of one register block of a product, and rows of it: 4 × 2 registers of eight numbers.
const COLUMNS: usize = 16;
const ROWS: usize = 4;

/// out[j] += Σ_k matrix[j][k] columns[k] for rows of BATCH numbers; `matrix` is J × d, row-major.
#[inline(always)]
fn add_product(matrix: &[f64], inner: usize, columns: &[f64], out: &mut [f64]) {
    for (rows, out) in matrix.chunks(ROWS * inner).zip(out.chunks_mut(ROWS * BATCH)) {
        for at in (0..BATCH).step_by(COLUMNS) {
            if out.len() == ROWS * BATCH {
                block::<ROWS>(rows, inner, columns, out, at);
            } else {
                for (row, out) in rows.chunks(inner).zip(out.chunks_mut(BATCH)) {
                    block::<1>(row, inner, columns, out, at);
                }
            }
        }
    }
}

#[inline(always)]
fn block<const N: usize>(rows: &[f64], inner: usize, columns: &[f64], out: &mut [f64], at: usize) {
    let mut sums = [[0.0; COLUMNS]; N];
    for (row, sum) in sums.iter_mut().enumerate() {
        sum.copy_from_slice(&out[row * BATCH + at..][..COLUMNS]);
    }
    for k in 0..inner {
        let column = &columns[k * BATCH + at..][..COLUMNS];
        for (row, sum) in sums.iter_mut().enumerate() {
            let factor = rows[row * inner + k];
            for (s, x) in sum.iter_mut().zip(column) {
                *s = factor.mul_add(*x, *s);
            }
        }
    }
    for (row, sum) in sums.iter().enumerate() {
        out[row * BATCH + at..][..COLUMNS].copy_from_slice(sum);
    }
}

struct Evaluate<'a> {
    components: &'a Components,
    states: &'a [f64],
    snr: f64,
    scratch: &'a mut Scratch,
    out: &'a mut [f64],
}

impl pulp::WithSimd for Evaluate<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _: S) {
        let Self { components, states, snr, scratch, out } = self;
        let (dim, count) = (components.mean.len(), components.variances.len());
        let Scratch { shifted, weights, constants, shrinks } = scratch;
        for ((row, u), mean) in shifted.chunks_mut(BATCH).zip(states.chunks(BATCH)).zip(&components.mean) {
            row.iter_mut().zip(u).for_each(|(x, u)| *x = u - snr * mean);
        }
        weights.fill(0.0);
        add_product(&components.centred, dim, shifted, weights);
        let mut square = [0.0; BATCH];
        if !components.uniform {
            for row in rows(shifted) {
                for s in 0..BATCH {
                    square[s] = row[s].mul_add(row[s], square[s]);
                }
            }
        }
        let mut most = [f64::NEG_INFINITY; BATCH];
        for (j, row) in rows_mut(weights).iter_mut().enumerate() {
            let (half, shrink, constant) = (0.5 * components.variances[j], shrinks[j], constants[j]);
            for s in 0..BATCH {
                row[s] = shrink.mul_add(half.mul_add(square[s], row[s]), constant);
                most[s] = if row[s] > most[s] { row[s] } else { most[s] };
            }
        }
        // Σ w_j v_j a_j of the normalised weights multiplies ũ; the weights then take their a_j.
        let (mut total, mut own) = ([0.0; BATCH], [0.0; BATCH]);
        for (j, row) in rows_mut(weights).iter_mut().enumerate() {
            let (variance, shrink) = (components.variances[j], shrinks[j]);
            for s in 0..BATCH {
                let weight = weight(row[s], most[s]);
                total[s] += weight;
                row[s] = weight * shrink;
                own[s] = variance.mul_add(row[s], own[s]);
            }
        }
        for s in 0..BATCH {
            total[s] = total[s].recip();
            own[s] *= total[s];
        }
        out.fill(0.0);
        add_product(&components.transposed, count, weights, out);
        for ((row, x), mean) in rows_mut(out).iter_mut().zip(rows(shifted)).zip(&components.mean) {
            for s in 0..BATCH {
                row[s] = own[s].mul_add(x[s], total[s].mul_add(row[s], *mean));
            }
        }
    }
}

/// Rows of BATCH numbers: loops over an array's indices become vector code where zipped iterators do not (seen: exp by
/// scalars, three times slower).
#[inline(always)]
fn rows(matrix: &[f64]) -> &[[f64; BATCH]] {
    matrix.as_chunks().0
}

#[inline(always)]
fn rows_mut(matrix: &mut [f64]) -> &mut [[f64; BATCH]] {
    matrix.as_chunks_mut().0
}

/// Orthonormal atoms: the posterior weights are the mean.
struct Softmax<'a> {
    ln_weights: &'a [f64],
    states: &'a [f64],
    out: &'a mut [f64],
}

impl pulp::WithSimd for Softmax<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _: S) {
        let mut most = [f64::NEG_INFINITY; BATCH];
        for ((row, states), ln_weight) in rows_mut(self.out).iter_mut().zip(rows(self.states)).zip(self.ln_weights) {
            for s in 0..BATCH {
                row[s] = states[s] + ln_weight;
                most[s] = if row[s] > most[s] { row[s] } else { most[s] };
            }
        }
        let mut total = [0.0; BATCH];
        for row in rows_mut(self.out) {
            for s in 0..BATCH {
                row[s] = weight(row[s], most[s]);
                total[s] += row[s];
            }
        }
        for row in rows_mut(self.out) {
            for s in 0..BATCH {
                row[s] /= total[s];
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A few dozen roundings, relative to the spread of the law.
    const ROUNDING: f64 = 1e-13;

    /// E[X | U = u] of components by the definition, one state at a time.
    fn by_definition(components: &[(f64, f64, Vec<f64>)], u: &[f64], snr: f64) -> Vec<f64> {
        let ln_weight = |(w, v, mean): &(f64, f64, Vec<f64>)| {
            let spread = snr * (1.0 + snr * v);
            let square: f64 = u.iter().zip(mean).map(|(u, m)| (u - snr * m).powi(2)).sum();
            w.ln() - 0.5 * (square / spread + u.len() as f64 * spread.ln())
        };
        let most = components.iter().map(ln_weight).fold(f64::NEG_INFINITY, f64::max);
        let weights: Vec<f64> = components.iter().map(|c| (ln_weight(c) - most).exp()).collect();
        let total: f64 = weights.iter().sum();
        (0..u.len())
            .map(|k| {
                let posterior = |(_, v, mean): &(f64, f64, Vec<f64>)| (mean[k] + v * u[k]) / (1.0 + snr * v);
                components.iter().zip(&weights).map(|(c, w)| w * posterior(c)).sum::<f64>() / total
            })
            .collect()
    }

    fn components_of(source: &Source) -> Vec<(f64, f64, Vec<f64>)> {
        match source.law() {
            Law::Atoms(atoms) => (0..atoms.len()).map(|i| (atoms.weights[i], 0.0, atoms.point(i).to_vec())).collect(),
            Law::Mixture(law) => (0..law.weights.len())
                .map(|j| (law.weights[j], law.variances[j], law.means[j * law.dim..][..law.dim].to_vec()))
                .collect(),
            Law::Simplex(law) => {
                let unit = |i| (0..law.weights.len()).map(|k| f64::from(u8::from(i == k))).collect();
                law.weights.iter().enumerate().map(|(i, &w)| (w, 0.0, unit(i))).collect()
            }
            law => panic!("{law:?}"),
        }
    }

    #[test]
    fn the_mean_is_that_of_the_definition() {
        for spec in [
            "bpsk",
            "codebook:atoms=9,dim=3",
            "zipf:exponent=1.5,atoms=7,embedding=simplex",
            "gaussian:dim=5,variance=1.7",
            "mixture:means=-2|0.3|2,variances=0.1|0.5|0.02,weights=1|2|1",
            "mixture:ring=5,radius=2,variance=0.1",
        ] {
            let source = Source::parse(spec).unwrap();
            let mean = Mean::new(&source).unwrap();
            let components = components_of(&source);
            for snr in [1e-3, 0.7, 30.0] {
                let (states, found) = evaluated(&mean, snr);
                for s in 0..BATCH {
                    let u: Vec<f64> = (0..mean.dim()).map(|k| states[k * BATCH + s]).collect();
                    for (k, expected) in by_definition(&components, &u, snr).into_iter().enumerate() {
                        let found = found[k * BATCH + s];
                        assert!(
                            (found - expected).abs() < ROUNDING * (1.0 + u[k].abs()),
                            "{spec} at {snr}: {found} for {expected}"
                        );
                    }
                }
            }
        }
    }

    fn evaluated(mean: &Mean, snr: f64) -> (Vec<f64>, Vec<f64>) {
        let mut states = vec![0.0; mean.dim() * BATCH];
        crate::numeric::normal::fill(&crate::numeric::stream::Stream::named(0, "means"), 0, &mut states);
        states.iter_mut().for_each(|u| *u = snr.sqrt() * (2.0 * *u + 0.3));
        let mut out = vec![0.0; states.len()];
        mean.evaluate(&states, snr, &mut Scratch::default(), &mut out);
        (states, out)
    }

    #[test]
    fn copies_are_independent() {
        let (base, product) = ("pam:levels=3", "product:base=(pam:levels=3),dim=4");
        let [one, four] = [base, product].map(|spec| Mean::new(&Source::parse(spec).unwrap()).unwrap());
        let (states, found) = evaluated(&four, 0.8);
        let mut alone = vec![0.0; BATCH];
        for (states, found) in states.chunks(BATCH).zip(found.chunks(BATCH)) {
            one.evaluate(states, 0.8, &mut Scratch::default(), &mut alone);
            assert_eq!(alone, found);
        }
    }

    #[test]
    fn what_has_no_closed_posterior_is_refused() {
        for spec in ["laplace", "zipf:exponent=2,atoms=inf", "scale-mixture:dof=3,dim=2"] {
            assert!(Mean::new(&Source::parse(spec).unwrap()).is_err(), "{spec}");
        }
    }
}
