//! The arithmetic of posterior means over a batch of paths: two products with the components and
//! their weights between.

use crate::channel::posterior::BATCH;
use crate::numeric::arch;
use crate::numeric::exp::exp;
use crate::source::Atoms;

/// Isotropic Gaussians (or atoms) about a common mean.
#[derive(Debug)]
pub(super) struct CentredComponents {
    pub(super) mean: Vec<f64>,
    /// μ̃_j, row-major J × d, and its transpose.
    pub(super) centred: Vec<f64>,
    pub(super) transposed: Vec<f64>,
    pub(super) variances: Vec<f64>,
    pub(super) ln_weights: Vec<f64>,
    pub(super) half_norms: Vec<f64>,
    /// All v_j are one number: |ũ|² then enters no weight.
    pub(super) uniform: bool,
}

/// The posterior weights of a batch, and what they are made of.
pub(super) struct BatchWeights {
    /// ũ, d × BATCH.
    shifted: Vec<f64>,
    /// a_j times the weight relative to the largest, J × BATCH.
    weights: Vec<f64>,
    constants: Vec<f64>,
    /// a_j.
    shrinks: Vec<f64>,
}

impl BatchWeights {
    /// P(component j | U_γ = u) of the evaluation, J × BATCH.
    fn normalised(&self, out: &mut [f64]) {
        let mut total = [0.0; BATCH];
        for ((row, weights), shrink) in rows_mut(out).iter_mut().zip(rows(&self.weights)).zip(&self.shrinks)
        {
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
impl CentredComponents {
    /// Atoms are components without a spread.
    pub(super) fn of_atoms(atoms: &Atoms) -> Self {
        Self::new(atoms.dim, &atoms.points, vec![0.0; atoms.len()], &atoms.weights)
    }

    pub(super) fn new(dim: usize, points: &[f64], variances: Vec<f64>, weights: &[f64]) -> Self {
        let mut mean = vec![0.0; dim];
        for (row, w) in points.chunks(dim).zip(weights) {
            mean.iter_mut().zip(row).for_each(|(m, x)| *m += w * x);
        }
        let centred: Vec<f64> =
            points.chunks(dim).flat_map(|row| row.iter().zip(&mean).map(|(x, m)| x - m)).collect();
        let count = weights.len();
        let mut transposed = vec![0.0; centred.len()];
        for (j, row) in centred.chunks(dim).enumerate() {
            row.iter().enumerate().for_each(|(k, x)| transposed[k * count + j] = *x);
        }
        Self {
            mean,
            half_norms: centred
                .chunks(dim)
                .map(|row| 0.5 * row.iter().map(|x| x * x).sum::<f64>())
                .collect(),
            uniform: variances.iter().all(|v| (v - variances[0]).abs() <= 0.0),
            ln_weights: weights.iter().map(|w| w.ln()).collect(),
            centred,
            transposed,
            variances,
        }
    }

    /// E[X | U_γ = u] of each path into `out`, and what it was made of.
    pub(super) fn evaluate(&self, states: &[f64], snr: f64, out: &mut [f64]) -> BatchWeights {
        let mut weights = self.prepare(snr);
        arch().dispatch(Evaluate { components: self, states, snr, weights: &mut weights, out });
        weights
    }

    /// P(component j | U_γ = u) of each path into `out`, J × BATCH.
    pub(super) fn responsibilities(&self, states: &[f64], snr: f64, out: &mut [f64]) {
        let mut mean = vec![0.0; states.len()];
        self.evaluate(states, snr, &mut mean).normalised(out);
    }

    /// Room, with what does not depend on the state: a_j, and the constant part of each log-weight.
    fn prepare(&self, snr: f64) -> BatchWeights {
        let half_dim = 0.5 * self.mean.len() as f64;
        let shrinks: Vec<f64> = self.variances.iter().map(|v| snr.mul_add(*v, 1.0).recip()).collect();
        let each = self.variances.iter().zip(&shrinks).zip(self.ln_weights.iter().zip(&self.half_norms));
        let constant = |((v, shrink), (ln_weight, half)): ((&f64, &f64), (&f64, &f64))| {
            ln_weight - half_dim * (snr * v).ln_1p() - snr * half * shrink
        };
        BatchWeights {
            constants: each.map(constant).collect(),
            shrinks,
            weights: vec![0.0; self.variances.len() * BATCH],
            shifted: vec![0.0; self.mean.len() * BATCH],
        }
    }
}
/// Logarithms of weights are cut off here below the largest: the weight is nothing beside it, and
/// its products stay normal numbers (seen: subnormal ones, at high SNR, made a step five times
/// slower).
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
    components: &'a CentredComponents,
    states: &'a [f64],
    snr: f64,
    weights: &'a mut BatchWeights,
    out: &'a mut [f64],
}

impl pulp::WithSimd for Evaluate<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _: S) {
        let Self { components, states, snr, weights, out } = self;
        let (dim, count) = (components.mean.len(), components.variances.len());
        let BatchWeights { shifted, weights, constants, shrinks } = weights;
        for ((row, u), mean) in shifted.chunks_mut(BATCH).zip(states.chunks(BATCH)).zip(&components.mean) {
            row.iter_mut().zip(u).for_each(|(x, u)| *x = u - snr * mean);
        }
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

/// Rows of BATCH numbers: loops over an array's indices become vector code where zipped iterators
/// do not (seen: exp by scalars, three times slower).
#[inline(always)]
fn rows(matrix: &[f64]) -> &[[f64; BATCH]] {
    matrix.as_chunks().0
}

#[inline(always)]
fn rows_mut(matrix: &mut [f64]) -> &mut [[f64; BATCH]] {
    matrix.as_chunks_mut().0
}

/// Orthonormal atoms: the posterior weights are the mean.
pub(super) struct Softmax<'a> {
    pub(super) ln_weights: &'a [f64],
    pub(super) states: &'a [f64],
    pub(super) out: &'a mut [f64],
}

impl pulp::WithSimd for Softmax<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _: S) {
        let mut most = [f64::NEG_INFINITY; BATCH];
        for ((row, states), ln_weight) in
            rows_mut(self.out).iter_mut().zip(rows(self.states)).zip(self.ln_weights)
        {
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
