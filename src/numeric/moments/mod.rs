//! Means, covariances and tails of many readouts at once, merged in a fixed order.

mod pairs;
mod regression;
mod store;

use std::sync::Arc;

use crate::numeric::arch;
use crate::numeric::estimate::Flags;
use crate::numeric::truncated::Summands;
pub use pairs::Pairs;
pub use regression::{Covariance, Regression};

/// Largest and smallest summands kept for each column: enough to fit a Pareto tail, few enough to
/// merge and store.
pub const TAIL: usize = 64;
/// Rounding error of one summand, relative to its size: a posterior sum takes a few roundings.
const ROUNDING: f64 = 16.0 * f64::EPSILON;
/// Samples of a block, which are added up one by one, and parts of a run that are merged at last:
/// of n samples, n/(64·32) blocks are merged one by one.
const BLOCK: f64 = 64.0;
const PARTS: f64 = 32.0;
/// k roundings of a sum are within λ√k·u of Σ|terms| (u = ε/2) with probability 1 − 2e^(−λ²/2),
/// here 1 − 3e-14 (N. J. Higham, T. Mary, "A new approach to probabilistic rounding error
/// analysis", SIAM J. Sci. Comput. 41, 2019, Theorem 2.4).
const LAMBDA: f64 = 8.0;

/// Count, means, centred cross products of some pairs and extreme values of columns.
///
/// Merging is the pairwise update of Chan, Golub and LeVeque (1979): exact to rounding, and the
/// same bits whenever the tree of merges is the same, whatever the order of the columns.
#[derive(Debug, Clone, PartialEq)]
pub struct Moments {
    n: u64,
    mean: Vec<f64>,
    pairs: Arc<Pairs>,
    /// Σ (x_i − mean_i)(x_j − mean_j) for each of the pairs.
    scatter: Vec<f64>,
    /// The [`TAIL`] largest values, descending.
    largest: Vec<Vec<f64>>,
    /// The [`TAIL`] smallest values, ascending.
    smallest: Vec<Vec<f64>>,
}

impl Moments {
    /// No samples of `width` columns, all pairs of them.
    pub fn new(width: usize) -> Self {
        Self::of(Arc::new(Pairs::all(width)))
    }

    /// No samples of the columns of `pairs`.
    pub fn of(pairs: Arc<Pairs>) -> Self {
        let width = pairs.width();
        Self {
            n: 0,
            mean: vec![0.0; width],
            scatter: vec![0.0; pairs.len()],
            pairs,
            largest: vec![Vec::new(); width],
            smallest: vec![Vec::new(); width],
        }
    }

    /// Moments of one block of samples, row-major n × `width`, all finite.
    pub fn of_block(rows: &[f64], width: usize) -> Self {
        let mut block = Self::sums_of(rows, &Arc::new(Pairs::all(width)));
        block.keep_extremes_of(rows);
        block
    }

    /// Moments of `n` samples that were summed elsewhere: means, the lower triangle of Σ (x_i −
    /// mean_i)(x_j − mean_j) row by row, and for each column its [`TAIL`] largest values descending
    /// and smallest ascending (all if there are fewer).
    pub fn from_parts(
        n: u64,
        mean: Vec<f64>,
        scatter: Vec<f64>,
        largest: Vec<Vec<f64>>,
        smallest: Vec<Vec<f64>>,
    ) -> Self {
        let width = mean.len();
        assert!(
            scatter.len() == width * (width + 1) / 2 && largest.len() == width && smallest.len() == width,
            "parts of moments disagree"
        );
        Self { n, mean, pairs: Arc::new(Pairs::all(width)), scatter, largest, smallest }
    }

    /// Merges [`Moments::of_block`]`(rows, width)`, the same bits, without sorting what cannot be
    /// among the extremes.
    pub fn add_block(&mut self, rows: &[f64]) {
        self.merge_sums(&Self::sums_of(rows, &self.pairs));
        self.keep_extremes_of(rows);
    }

    /// Everything but the extreme values.
    fn sums_of(rows: &[f64], pairs: &Arc<Pairs>) -> Self {
        let width = pairs.width();
        let mut block = Self::of(Arc::clone(pairs));
        block.n = (rows.len() / width.max(1)) as u64;
        for row in rows.chunks_exact(width) {
            block.mean.iter_mut().zip(row).for_each(|(mean, x)| *mean += x);
        }
        block.mean.iter_mut().for_each(|m| *m /= block.n as f64);
        let mut centred = vec![0.0; width];
        for row in rows.chunks_exact(width) {
            for (c, (x, m)) in centred.iter_mut().zip(row.iter().zip(&block.mean)) {
                *c = x - m;
            }
            block.add_outer(&centred);
        }
        block
    }

    /// Takes the values of `rows` that are among the [`TAIL`] largest or smallest.
    fn keep_extremes_of(&mut self, rows: &[f64]) {
        let width = self.width();
        for (j, (largest, smallest)) in self.largest.iter_mut().zip(&mut self.smallest).enumerate() {
            let column = || rows.chunks_exact(width).map(|row| row[j]);
            let least = largest.get(TAIL - 1).copied().unwrap_or(f64::NEG_INFINITY);
            let most = smallest.get(TAIL - 1).copied().unwrap_or(f64::INFINITY);
            keep_largest(largest, column().filter(|&x| x > least));
            keep_smallest(smallest, column().filter(|&x| x < most));
        }
    }

    /// Adds v vᵀ to the scatter.
    fn add_outer(&mut self, v: &[f64]) {
        arch().dispatch(AddOuter { scatter: &mut self.scatter, pairs: &self.pairs, v });
    }

    /// Centred cross product of columns `i` and `j`, a pair that is kept.
    fn cross(&self, i: usize, j: usize) -> f64 {
        self.scatter[self.pairs.place(i, j).expect("a pair that is combined is kept")]
    }

    /// The moments of both sets of samples together; `other` has the same pairs.
    pub fn merge(&mut self, other: &Self) {
        assert_eq!(self.scatter.len(), other.scatter.len(), "moments of different readouts");
        self.merge_sums(other);
        for j in 0..self.width() {
            keep_largest(&mut self.largest[j], other.largest[j].iter().copied());
            keep_smallest(&mut self.smallest[j], other.smallest[j].iter().copied());
        }
    }

    /// Merges everything but the extreme values.
    fn merge_sums(&mut self, other: &Self) {
        if other.n == 0 {
            return;
        }
        let (n, m) = (self.n as f64, other.n as f64);
        let delta: Vec<f64> = other.mean.iter().zip(&self.mean).map(|(b, a)| b - a).collect();
        for (s, o) in self.scatter.iter_mut().zip(&other.scatter) {
            *s += o;
        }
        // The root before the product: x·y and y·x are the same bits, so a pair of columns does not
        // see their order.
        let root = (n * m / (n + m)).sqrt();
        self.add_outer(&delta.iter().map(|d| root * d).collect::<Vec<_>>());
        for (mean, d) in self.mean.iter_mut().zip(&delta) {
            *mean += d * m / (n + m);
        }
        self.n += other.n;
    }

    /// The moments of some of the columns.
    pub fn select(&self, columns: &[usize]) -> Self {
        let pairs = self.pairs.select(columns);
        Self {
            n: self.n,
            mean: columns.iter().map(|&i| self.mean[i]).collect(),
            scatter: pairs.iter().map(|(i, j)| self.cross(columns[i], columns[j])).collect(),
            pairs: Arc::new(pairs),
            largest: columns.iter().map(|&i| self.largest[i].clone()).collect(),
            smallest: columns.iter().map(|&i| self.smallest[i].clone()).collect(),
        }
    }

    /// The same, of those of its pairs that are among `pairs`.
    pub fn keeping(self, pairs: &Arc<Pairs>) -> Self {
        if *self.pairs == **pairs {
            return self;
        }
        let scatter = pairs.iter().map(|(i, j)| self.cross(i, j)).collect();
        Self { scatter, pairs: Arc::clone(pairs), ..self }
    }

    /// The pairs whose cross products it has.
    pub fn pairs(&self) -> &Arc<Pairs> {
        &self.pairs
    }

    /// The largest values of column `j`, descending, and the smallest, ascending: at most [`TAIL`]
    /// each.
    pub fn extremes(&self, j: usize) -> [&[f64]; 2] {
        [&self.largest[j], &self.smallest[j]]
    }

    /// Column `j` as summands of its own mean, without regard to controls; `from` − column where
    /// `from` is given.
    pub fn summands(&self, j: usize, from: Option<f64>) -> Summands {
        let (mean, largest) = match from {
            None => (self.mean[j], self.largest[j].clone()),
            Some(from) => (from - self.mean[j], self.smallest[j].iter().map(|x| from - x).collect()),
        };
        Summands { n: self.n, mean, scatter: self.cross(j, j), largest, rounding: self.rounding(j) }
    }

    /// Number of samples.
    pub fn n(&self) -> u64 {
        self.n
    }

    /// Number of columns.
    pub fn width(&self) -> usize {
        self.mean.len()
    }

    /// Tail index and dominance of column `j` (see [`Flags`]), of the deviations from the mean on
    /// the side that reaches further: a constant added to every summand changes neither the error
    /// nor what can be said of it.
    fn flags(&self, j: usize) -> Flags {
        let scatter = self.cross(j, j);
        if (scatter / self.n as f64).sqrt() <= self.rounding(j) {
            return Flags { dominance: Some(1.0), ..Flags::default() };
        }
        let above: Vec<f64> = self.largest[j].iter().map(|x| x - self.mean[j]).collect();
        let below: Vec<f64> = self.smallest[j].iter().map(|x| self.mean[j] - x).collect();
        let reach = |side: &[f64]| side.first().copied().unwrap_or(0.0);
        let mut side = if reach(&above) >= reach(&below) { above } else { below };
        side.retain(|&x| x > 0.0);
        let dominance = side.first().map(|x| (x * x / scatter).min(1.0));
        Flags { pareto_k: crate::numeric::tail::pareto_shape(&side), dominance, ..Flags::default() }
    }

    /// √(Σ(x − from)²/n) of column `j`, no less than the mean of |x − from|.
    pub fn size(&self, j: usize, from: f64) -> f64 {
        (self.mean[j] - from).hypot((self.cross(j, j) / (self.n as f64).max(1.0)).sqrt())
    }

    /// Rounding error of a sum of the n summands, relative to the sum of their sizes.
    fn accumulated(&self) -> f64 {
        let additions = 2.0 * BLOCK + self.n as f64 / (BLOCK * PARTS);
        LAMBDA * additions.sqrt() * 0.5 * f64::EPSILON
    }

    /// Bound on the rounding error of column `j`'s mean: that of its summands and that of adding
    /// them up.
    fn rounding(&self, j: usize) -> f64 {
        (ROUNDING + self.accumulated()) * self.size(j, 0.0)
    }
}

/// scatter += v vᵀ where the pairs are.
struct AddOuter<'a> {
    scatter: &'a mut [f64],
    pairs: &'a Pairs,
    v: &'a [f64],
}

impl pulp::WithSimd for AddOuter<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _: S) {
        let mut at = 0;
        for (i, run) in self.pairs.runs() {
            let (x, length) = (self.v[i], run.len());
            for (s, y) in self.scatter[at..at + length].iter_mut().zip(&self.v[run]) {
                *s += x * y;
            }
            at += length;
        }
    }
}

/// Adds values to those kept, sorts descending and keeps the [`TAIL`] largest.
fn keep_largest(kept: &mut Vec<f64>, values: impl Iterator<Item = f64>) {
    let before = kept.len();
    kept.extend(values);
    if kept.len() > before {
        kept.sort_unstable_by(|a, b| b.total_cmp(a));
        kept.truncate(TAIL);
    }
}

/// Adds values to those kept, sorts ascending and keeps the [`TAIL`] smallest.
fn keep_smallest(kept: &mut Vec<f64>, values: impl Iterator<Item = f64>) {
    let before = kept.len();
    kept.extend(values);
    if kept.len() > before {
        kept.sort_unstable_by(f64::total_cmp);
        kept.truncate(TAIL);
    }
}

#[cfg(test)]
mod tests;
