//! Means, covariances and tails of many readouts at once, merged in a fixed order.

use nalgebra::{DMatrix, DVector, SymmetricEigen};
use serde::{Deserialize, Serialize};

use crate::estimate::Flags;
use crate::numeric::arch;

/// Largest absolute summands kept for each column: enough to fit a Pareto tail, few enough to merge and store.
const TAIL: usize = 64;
/// Eigenvalues of the controls' correlation matrix below this share of the largest count as zero: dependent controls.
const DEPENDENT: f64 = 1e-9;

/// Count, means, centred cross products and largest absolute values of `width` columns.
///
/// Merging is the pairwise update of Chan, Golub and LeVeque (1979): exact to rounding, and the same bits whenever the
/// tree of merges is the same.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Moments {
    n: u64,
    mean: Vec<f64>,
    /// Σ (x_i − mean_i)(x_j − mean_j) for j ≤ i, row by row.
    scatter: Vec<f64>,
    absolute: Vec<f64>,
    largest: Vec<Vec<f64>>,
}

impl Moments {
    /// No samples of `width` columns.
    pub fn new(width: usize) -> Self {
        Self {
            n: 0,
            mean: vec![0.0; width],
            scatter: vec![0.0; width * (width + 1) / 2],
            absolute: vec![0.0; width],
            largest: vec![Vec::new(); width],
        }
    }

    /// Moments of one block of samples, row-major n × `width`, all finite.
    pub fn of_block(rows: &[f64], width: usize) -> Self {
        let mut block = Self::sums_of(rows, width);
        block.keep_tails_of(rows);
        block
    }

    /// Merges [`Moments::of_block`]`(rows, width)`, the same bits, without sorting what cannot be among the largest.
    pub fn add_block(&mut self, rows: &[f64]) {
        self.merge_sums(&Self::sums_of(rows, self.width()));
        self.keep_tails_of(rows);
    }

    /// Everything but the largest values.
    fn sums_of(rows: &[f64], width: usize) -> Self {
        let mut block = Self::new(width);
        block.n = (rows.len() / width.max(1)) as u64;
        for row in rows.chunks_exact(width) {
            for ((mean, absolute), &x) in block.mean.iter_mut().zip(&mut block.absolute).zip(row) {
                *mean += x;
                *absolute += x.abs();
            }
        }
        block.mean.iter_mut().for_each(|m| *m /= block.n as f64);
        let mut centred = vec![0.0; width];
        for row in rows.chunks_exact(width) {
            for (c, (x, m)) in centred.iter_mut().zip(row.iter().zip(&block.mean)) {
                *c = x - m;
            }
            block.add_outer(&centred, 1.0);
        }
        block
    }

    fn keep_tails_of(&mut self, rows: &[f64]) {
        let width = self.width();
        for (j, largest) in self.largest.iter_mut().enumerate() {
            let kept = largest.len();
            let least = if kept < TAIL { f64::NEG_INFINITY } else { largest[kept - 1] };
            largest.extend(rows.chunks_exact(width).map(|row| row[j].abs()).filter(|&x| x > least));
            if largest.len() > kept {
                keep_largest(largest);
            }
        }
    }

    /// Adds `weight`·v vᵀ to the scatter.
    fn add_outer(&mut self, v: &[f64], weight: f64) {
        arch().dispatch(AddOuter { scatter: &mut self.scatter, v, weight });
    }

    /// Centred cross product of columns `i` and `j`.
    fn cross(&self, i: usize, j: usize) -> f64 {
        let (low, high) = (i.min(j), i.max(j));
        self.scatter[high * (high + 1) / 2 + low]
    }

    /// The moments of both sets of samples together; `other` has the same width.
    pub fn merge(&mut self, other: &Self) {
        assert_eq!(self.mean.len(), other.mean.len(), "moments of different readouts");
        self.merge_sums(other);
        for (largest, others) in self.largest.iter_mut().zip(&other.largest) {
            largest.extend_from_slice(others);
            keep_largest(largest);
        }
    }

    fn merge_sums(&mut self, other: &Self) {
        if other.n == 0 {
            return;
        }
        let (n, m) = (self.n as f64, other.n as f64);
        let delta: Vec<f64> = other.mean.iter().zip(&self.mean).map(|(b, a)| b - a).collect();
        for (s, o) in self.scatter.iter_mut().zip(&other.scatter) {
            *s += o;
        }
        self.add_outer(&delta, n * m / (n + m));
        for (j, d) in delta.iter().enumerate() {
            self.mean[j] += d * m / (n + m);
            self.absolute[j] += other.absolute[j];
        }
        self.n += other.n;
    }

    /// The moments of some of the columns.
    pub fn select(&self, columns: &[usize]) -> Self {
        let row = |(i, &high): (usize, &usize)| columns[..=i].iter().map(move |&low| self.cross(high, low));
        Self {
            n: self.n,
            mean: columns.iter().map(|&i| self.mean[i]).collect(),
            scatter: columns.iter().enumerate().flat_map(row).collect(),
            absolute: columns.iter().map(|&i| self.absolute[i]).collect(),
            largest: columns.iter().map(|&i| self.largest[i].clone()).collect(),
        }
    }

    /// Number of samples.
    pub fn n(&self) -> u64 {
        self.n
    }

    /// Number of columns.
    pub fn width(&self) -> usize {
        self.mean.len()
    }

    /// Tail index and dominance of column `j` (see [`Flags`]).
    pub fn flags(&self, j: usize) -> Flags {
        let largest = &self.largest[j];
        let share = largest.first().filter(|_| self.absolute[j] > 0.0).map(|x| x / self.absolute[j]);
        Flags { pareto_k: crate::tail::pareto_shape(largest), dominance: share }
    }

    /// Means of the first columns after regression on the last `known.len()` ones, the controls, whose true means are `known`.
    ///
    /// value = mean − β(mean_c − known) with β = C_oc C_cc⁺, covariance of the values (C_oo − β C_co)/(n − 1 − rank).
    /// The bias of estimating β is O(1/n) of the variance removed. A column's value depends on that column and the
    /// controls alone, never on which other readouts were measured beside it.
    pub fn regress(&self, known: &[f64]) -> Regression {
        let (width, controls) = (self.width(), known.len());
        let readouts = width - controls;
        let (inverse, rank) = pseudo_inverse(controls, |i, j| self.cross(readouts + i, readouts + j));
        let shift = DVector::from_iterator(controls, (0..controls).map(|i| self.mean[readouts + i] - known[i]));
        let mut beta = Vec::with_capacity(readouts);
        for i in 0..readouts {
            let cross = DVector::from_iterator(controls, (0..controls).map(|j| self.cross(i, readouts + j)));
            beta.push(&inverse * cross);
        }
        let freedom = (self.n as f64 - 1.0 - rank as f64).max(1.0) * self.n as f64;
        let covariance = DMatrix::from_fn(readouts, readouts, |i, j| {
            // Written from the smaller index so that (i, j) and (j, i) are the same bits.
            let (i, j) = (i.min(j), i.max(j));
            let explained: f64 = (0..controls).map(|k| beta[i][k] * self.cross(j, readouts + k)).sum();
            let residual = self.cross(i, j) - explained;
            if i == j { residual.max(0.0) / freedom } else { residual / freedom }
        });
        let value = (0..readouts).map(|i| self.mean[i] - beta[i].dot(&shift)).collect();
        Regression { n: self.n, value, covariance, flags: (0..readouts).map(|i| self.flags(i)).collect() }
    }
}

/// scatter += weight·v vᵀ, lower triangle row by row.
struct AddOuter<'a> {
    scatter: &'a mut [f64],
    v: &'a [f64],
    weight: f64,
}

impl pulp::WithSimd for AddOuter<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _: S) {
        let mut row = 0;
        for (i, &x) in self.v.iter().enumerate() {
            let scaled = self.weight * x;
            for (s, y) in self.scatter[row..=row + i].iter_mut().zip(self.v) {
                *s += scaled * y;
            }
            row += i + 1;
        }
    }
}

/// Sorts descending and keeps the [`TAIL`] largest.
fn keep_largest(values: &mut Vec<f64>) {
    values.sort_unstable_by(|a, b| b.total_cmp(a));
    values.truncate(TAIL);
}

/// Pseudo-inverse of a covariance by its correlation matrix's eigenvectors, and its rank.
fn pseudo_inverse(size: usize, at: impl Fn(usize, usize) -> f64) -> (DMatrix<f64>, usize) {
    if size == 0 {
        return (DMatrix::zeros(0, 0), 0);
    }
    let scale: Vec<f64> = (0..size).map(|i| at(i, i).sqrt()).collect();
    let usable = |i: usize| scale[i] > 0.0 && scale[i].is_finite();
    let correlation =
        DMatrix::from_fn(
            size,
            size,
            |i, j| if usable(i) && usable(j) { at(i, j) / (scale[i] * scale[j]) } else { 0.0 },
        );
    let eigen = SymmetricEigen::new(correlation);
    let threshold = DEPENDENT * eigen.eigenvalues.iter().copied().fold(0.0, f64::max);
    let kept: Vec<usize> = (0..size).filter(|&k| eigen.eigenvalues[k] > threshold).collect();
    let inverse = DMatrix::from_fn(size, size, |i, j| {
        if !usable(i) || !usable(j) {
            return 0.0;
        }
        let sum: f64 =
            kept.iter().map(|&k| eigen.eigenvectors[(i, k)] * eigen.eigenvectors[(j, k)] / eigen.eigenvalues[k]).sum();
        sum / (scale[i] * scale[j])
    });
    (inverse, kept.len())
}

/// Joint estimates of several readouts of the same samples.
#[derive(Debug, Clone)]
pub struct Regression {
    /// Number of samples.
    pub n: u64,
    /// Estimated means.
    pub value: Vec<f64>,
    /// Covariance of the estimated means.
    pub covariance: DMatrix<f64>,
    /// Tail diagnostics of each readout's summands.
    pub flags: Vec<Flags>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(n: usize, width: usize) -> Vec<f64> {
        let stream = crate::stream::Stream::named(5, "moments test");
        let mut out = vec![0.0; n * width];
        for (i, row) in out.chunks_mut(width).enumerate() {
            crate::numeric::normal::fill(&stream, i as u64, row);
            row[1] += 0.5 * row[0];
            row[2] = 2.0 + row[0] + 0.1 * row[2];
        }
        out
    }

    #[test]
    fn merging_equals_one_pass() {
        let (data, width) = (rows(1000, 4), 4);
        let whole = Moments::of_block(&data, width);
        let mut merged = Moments::new(width);
        for block in data.chunks(64 * width) {
            merged.merge(&Moments::of_block(block, width));
        }
        assert_eq!(merged.n, 1000);
        for (a, b) in whole.mean.iter().zip(&merged.mean).chain(whole.scatter.iter().zip(&merged.scatter)) {
            assert!((a - b).abs() <= 1e-12 * (1.0 + a.abs()), "{a} against {b}");
        }
        assert_eq!(whole.largest, merged.largest);
        let mut added = Moments::new(width);
        data.chunks(64 * width).for_each(|block| added.add_block(block));
        assert_eq!(added, merged, "adding a block is merging its moments");
    }

    #[test]
    fn regression_removes_what_the_control_explains() {
        let width = 4;
        // Column 2 is 2 + control (column 0) + small noise; put the control last.
        let data: Vec<f64> = rows(20_000, width).chunks(width).flat_map(|r| [r[2], r[1], r[3], r[0]]).collect();
        let regression = Moments::of_block(&data, width).regress(&[0.0]);
        let std_err = |i: usize| regression.covariance[(i, i)].sqrt();
        assert!((regression.value[0] - 2.0).abs() < 5.0 * std_err(0));
        assert!((std_err(0) * 20_000_f64.sqrt() - 0.1).abs() < 0.003, "residual deviation is the noise's");
        assert!((std_err(1) * 20_000_f64.sqrt() - 1.0).abs() < 0.03);
    }

    #[test]
    fn a_column_does_not_see_its_neighbours() {
        let width = 4;
        let moments = Moments::of_block(&rows(500, width), width);
        let alone = moments.select(&[1, 3]).regress(&[0.0]);
        let together = moments.select(&[0, 1, 2, 3]).regress(&[0.0]);
        assert_eq!(alone.value[0].to_bits(), together.value[1].to_bits());
        assert_eq!(alone.covariance[(0, 0)].to_bits(), together.covariance[(1, 1)].to_bits());
    }

    #[test]
    fn constant_and_repeated_controls_are_harmless() {
        let data: Vec<f64> = rows(500, 4).chunks(4).flat_map(|r| [r[2], r[0], r[0], 7.0]).collect();
        let regression = Moments::of_block(&data, 4).regress(&[0.0, 0.0, 7.0]);
        assert!((regression.covariance[(0, 0)].sqrt() * 500_f64.sqrt() - 0.1).abs() < 0.02);
    }
}
