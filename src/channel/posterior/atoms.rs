//! Atoms in R^d: one product of the noise with all atoms serves every SNR.

use rayon::prelude::*;

use super::controls::{CONTROLS, LawMoments, PriorSums};
use super::discrete::DiscreteWeights;
use super::grid::{Grid, GridDraw};
use super::readout::Observed;
use super::sums::{Neighbours, Sums};
use super::{BATCH, PosteriorSampler, Tables};
use crate::numeric::stream::Stream;
use crate::numeric::sum::compensated;
use crate::numeric::{arch, normal, product};
use crate::source::Atoms;

/// Atoms per block of the product: two blocks of BATCH × CHUNK products (2 MB) stay in the
/// second-level cache.
const CHUNK: usize = 2048;
/// Atoms per block of the covariance: bounds the scratch of a thread at 512 × d.
const COVARIANCE_CHUNK: usize = 512;
/// Numbers of such blocks' products that stand side by side at most, unless one is larger: 0.5 GB.
const COVARIANCE_BLOCKS: usize = 1 << 26;
/// |x_i|² + |x_I|² − 2⟨x_i, x_I⟩ below this share of |x_i|² + |x_I|² has lost two digits: D and a are then taken from differences
/// of coordinates. (γD counts up to a few thousand where an atom matters at all: a relative error
/// of 1e-13 in D is 1e-10 in its weight.)
pub const CLOSE: f64 = 1.0 / 256.0;

/// Samples the posterior of a law with finitely many atoms.
#[derive(Debug)]
pub struct AtomSampler {
    dim: usize,
    /// x̃_i = x_i − EX, row-major N × d: centring keeps |x_i|² + |x_I|² − 2⟨x_i, x_I⟩ accurate,
    /// save where atoms are [`CLOSE`].
    centred: Vec<f64>,
    /// |x̃_i|².
    norms: Vec<f64>,
    law: DiscreteWeights,
}

impl AtomSampler {
    /// `shannon` is H, nats. Time and memory O(N d) + O(d²).
    pub fn new(atoms: &Atoms, shannon: f64) -> Self {
        let mean = atoms.mean();
        let centred: Vec<f64> = atoms
            .points
            .chunks(atoms.dim)
            .flat_map(|row| row.iter().zip(&mean).map(|(x, m)| x - m))
            .collect();
        let norms: Vec<f64> = centred.chunks(atoms.dim).map(|row| row.iter().map(|x| x * x).sum()).collect();
        let of_norms =
            |f: &dyn Fn(f64) -> f64| compensated(norms.iter().zip(&atoms.weights).map(|(&n, p)| p * f(n)));
        let variance = of_norms(&|norm| norm);
        let law = LawMoments {
            variance,
            variance_squared: trace_of_squared_covariance(&centred, &atoms.weights, atoms.dim),
            norm_variance: of_norms(&|norm| (norm - variance).powi(2)),
        };
        Self { dim: atoms.dim, norms, centred, law: DiscreteWeights::new(&atoms.weights, shannon, law) }
    }
}

/// tr Σ² = ‖Σ p x̃ x̃ᵀ‖²_F by blocks of a product: O(N d²).
fn trace_of_squared_covariance(centred: &[f64], weights: &[f64], dim: usize) -> f64 {
    let of_block = |(rows, p): (&[f64], &[f64])| {
        // Columns of √p x̃, d × n.
        let n = p.len();
        let mut transposed = vec![0.0; dim * n];
        for (i, (row, p)) in rows.chunks(dim).zip(p).enumerate() {
            for (j, x) in row.iter().enumerate() {
                transposed[j * n + i] = p.sqrt() * x;
            }
        }
        let mut block = vec![0.0; dim * dim];
        product::rows_times_rows(&mut block, &transposed, &transposed, n);
        block
    };
    let mut covariance = vec![0.0; dim * dim];
    // Added up in their order, whatever the number of threads.
    let together = rayon::current_num_threads().min(COVARIANCE_BLOCKS / (dim * dim)).max(1);
    let rows = centred.chunks(together * COVARIANCE_CHUNK * dim);
    for (rows, p) in rows.zip(weights.chunks(together * COVARIANCE_CHUNK)) {
        let blocks: Vec<Vec<f64>> = rows
            .par_chunks(COVARIANCE_CHUNK * dim)
            .zip(p.par_chunks(COVARIANCE_CHUNK))
            .map(of_block)
            .collect();
        for block in &blocks {
            covariance.iter_mut().zip(block).for_each(|(c, b)| *c += b);
        }
    }
    covariance.iter().map(|c| c * c).sum()
}

/// Scratch of one batch, a few megabytes whatever N is.
struct Batch {
    /// Source atoms I_s.
    index: Vec<usize>,
    /// z_s above x̃_{I_s}: 2·BATCH × d.
    rows: Vec<f64>,
    /// ⟨z_s, x̃_{I_s}⟩.
    own: Vec<f64>,
    draws: Vec<GridDraw>,
    sums: Vec<Sums>,
    prior: Vec<PriorSums>,
}

impl AtomSampler {
    fn draw(&self, stream: &Stream, first: u64, grid: &Grid) -> Batch {
        let lanes = grid.lanes(stream);
        let mut batch = Batch {
            index: Vec::with_capacity(BATCH),
            rows: vec![0.0; 2 * BATCH * self.dim],
            own: vec![0.0; BATCH],
            draws: vec![GridDraw::default(); BATCH],
            sums: vec![Sums::default(); BATCH * grid.len()],
            prior: vec![PriorSums::default(); BATCH],
        };
        let (noise, source) = batch.rows.split_at_mut(BATCH * self.dim);
        for s in 0..BATCH {
            let sample = first + s as u64;
            let i = self.law.cumulative.index(stream.uniforms(sample, 0)[0]);
            let (z, x) = (&mut noise[s * self.dim..][..self.dim], &mut source[s * self.dim..][..self.dim]);
            normal::fill(stream, sample, z);
            x.copy_from_slice(&self.centred[i * self.dim..][..self.dim]);
            batch.own[s] = z.iter().zip(x.iter()).map(|(z, x)| z * x).sum();
            batch.index.push(i);
            batch.draws[s].draw(grid, &lanes, sample);
        }
        batch
    }

    /// Adds the atoms `start .. start + n` to the sums of every sample; `products` is 2·BATCH × n.
    fn add_chunk(
        &self,
        batch: &mut Batch,
        start: usize,
        n: usize,
        products: &[f64],
        roots: &[Vec<f64>],
        scratch: &mut Neighbours,
    ) {
        let points = batch.sums.len() / BATCH;
        for s in 0..BATCH {
            let i = batch.index[s];
            scratch.resize(n);
            let close = arch().dispatch(Fill {
                neighbours: scratch,
                with_noise: &products[s * n..][..n],
                with_source: &products[(BATCH + s) * n..][..n],
                norms: &self.norms[start..][..n],
                ln_weights: &self.law.ln_weights[start..][..n],
                own: batch.own[s],
                norm: self.norms[i],
                ln_weight: self.law.ln_weights[i],
            });
            let here = (start..start + n).contains(&i);
            if close > u64::from(here) {
                self.measure_close(scratch, &batch.rows[s * self.dim..][..self.dim], i, start, n);
            }
            if here {
                let k = i - start;
                (scratch.noise[k], scratch.distance[k], scratch.log_ratio[k]) =
                    (0.0, 0.0, f64::NEG_INFINITY);
            }
            batch.prior[s].add(scratch, &self.law.weights[start..][..n]);
            scratch.accumulate(&roots[s], &mut batch.sums[s * points..][..points]);
        }
    }
}

impl AtomSampler {
    /// a and D of those of the atoms `start .. start + n` that are close to atom `i`, by
    /// differences of coordinates.
    fn measure_close(&self, neighbours: &mut Neighbours, z: &[f64], i: usize, start: usize, n: usize) {
        let own = &self.centred[i * self.dim..][..self.dim];
        for k in 0..n {
            if neighbours.distance[k] <= CLOSE * (self.norms[start + k] + self.norms[i]) {
                let (mut noise, mut distance) = (0.0, 0.0);
                for ((x, o), z) in self.centred[(start + k) * self.dim..][..self.dim].iter().zip(own).zip(z)
                {
                    let difference = x - o;
                    noise += z * difference;
                    distance += difference * difference;
                }
                (neighbours.noise[k], neighbours.distance[k]) = (noise, distance);
            }
        }
    }
}

/// One sample's row of the product turned into a, D and c of `n` atoms; slices of length n. Returns
/// how many are [`CLOSE`].
struct Fill<'a> {
    neighbours: &'a mut Neighbours,
    /// ⟨z, x̃_i⟩.
    with_noise: &'a [f64],
    /// ⟨x̃_I, x̃_i⟩.
    with_source: &'a [f64],
    norms: &'a [f64],
    ln_weights: &'a [f64],
    /// ⟨z, x̃_I⟩, |x̃_I|² and ln p_I.
    own: f64,
    norm: f64,
    ln_weight: f64,
}

impl pulp::WithSimd for Fill<'_> {
    type Output = u64;

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _: S) -> u64 {
        let n = self.with_noise.len();
        let (with_source, norms, ln_weights) =
            (&self.with_source[..n], &self.norms[..n], &self.ln_weights[..n]);
        let noise = &mut self.neighbours.noise[..n];
        let distance = &mut self.neighbours.distance[..n];
        let log_ratio = &mut self.neighbours.log_ratio[..n];
        let mut close = 0;
        for k in 0..n {
            let both = norms[k] + self.norm;
            noise[k] = self.with_noise[k] - self.own;
            distance[k] = (both - 2.0 * with_source[k]).max(0.0);
            log_ratio[k] = ln_weights[k] - self.ln_weight;
            close += u64::from(distance[k] <= CLOSE * both);
        }
        close
    }
}

impl PosteriorSampler for AtomSampler {
    fn observe(&self, stream: &Stream, first: u64, grid: &Grid, out: &mut [Observed], controls: &mut [f64]) {
        let mut batch = self.draw(stream, first, grid);
        let roots: Vec<Vec<f64>> =
            batch.draws.iter().map(|d| d.snrs.iter().map(|(snr, _)| snr.sqrt()).collect()).collect();
        let (mut products, mut scratch) = (Vec::new(), Neighbours::default());
        for (c, atoms) in self.centred.chunks(CHUNK * self.dim).enumerate() {
            let n = atoms.len() / self.dim;
            products.resize(2 * BATCH * n, 0.0);
            product::rows_times_rows(&mut products, &batch.rows, atoms, self.dim);
            self.add_chunk(&mut batch, c * CHUNK, n, &products, &roots, &mut scratch);
        }
        for s in 0..BATCH {
            let row = &mut out[s * grid.len()..][..grid.len()];
            let sums = &batch.sums[s * grid.len()..][..grid.len()];
            let controls = &mut controls[s * CONTROLS..][..CONTROLS];
            self.law.write(batch.index[s], &batch.prior[s], sums, &batch.draws[s], row, controls);
        }
    }

    fn tables(&self) -> Option<Tables<'_>> {
        let Self { dim, centred, norms, law } = self;
        Some(Tables::Atoms { dim: *dim, centred, norms, weights: law.tables() })
    }

    fn control_means(&self) -> &[f64] {
        &self.law.means
    }

    fn anchored_below(&self) -> f64 {
        self.law.anchored_below()
    }
}
