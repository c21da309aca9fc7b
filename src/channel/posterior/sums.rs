//! The inner loop: five posterior sums for one sample at every SNR of its grid.
//!
//! For a sample with source atom I and noise z, atom i ≠ I enters through a_i = ⟨z, x_i − x_I⟩,
//! D_i = |x_i − x_I|² and c_i = ln(p_i/p_I): its log-weight at SNR γ is ℓ_i = √γ a_i − γ D_i/2 +
//! c_i (and ℓ_I = 0 exactly).
//!
//! An atom whose log-weight stays below −60 for every larger SNR is left out: ℓ is a downward
//! parabola in √γ, and its larger root says from where on. The atoms are sorted once by that root,
//! so that each SNR sums over a prefix. What is left out is below N·e^−60 of the total weight,
//! which is at least 1. (Thinning the list scalar by scalar at each octave of γ instead cost as
//! much again as the exponentials.)

use super::readout::Observed;
use crate::numeric::arch;
use crate::numeric::exp::exp;

/// Log-weights below −60 do not count: N atoms of them are N·8.8e-27 of the source atom's weight.
const NEGLIGIBLE: f64 = 60.0;
/// Lanes of the vectorised loops: one AVX-512 register of f64.
const LANES: usize = 8;

/// Posterior sums over the atoms i ≠ I: Σ w, Σ wD, Σ wa, Σ wD², Σ waD with w = e^ℓ.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Sums {
    /// Σ w.
    pub weight: f64,
    /// Σ w D.
    pub distance: f64,
    /// Σ w a.
    pub noise: f64,
    /// Σ w D².
    pub distance_squared: f64,
    /// Σ w a D.
    pub noise_distance: f64,
}

impl Sums {
    /// The sums of two sets of atoms.
    pub fn add(&mut self, other: &Self) {
        self.weight += other.weight;
        self.distance += other.distance;
        self.noise += other.noise;
        self.distance_squared += other.distance_squared;
        self.noise_distance += other.noise_distance;
    }

    /// The observables at SNR `snr`, for a source of entropy `shannon`: H − ln S, ln S, ½⟨D⟩ and
    /// (⟨D²⟩−⟨D⟩²)/4 − (⟨aD⟩−⟨a⟩⟨D⟩)/(4√γ), with S = 1 + Σ w and ⟨f⟩ = Σ w f / S.
    pub fn observed(&self, snr: f64, shannon: f64) -> Observed {
        let scale = 1.0 / (1.0 + self.weight);
        let (distance, noise) = (self.distance * scale, self.noise * scale);
        let posterior_entropy = self.weight.ln_1p();
        let spread = self.distance_squared * scale - distance * distance;
        let cross = self.noise_distance * scale - noise * distance;
        Observed {
            snr,
            information: shannon - posterior_entropy,
            posterior_entropy,
            mmse: 0.5 * distance,
            slope: 0.25 * spread - 0.25 * cross / snr.sqrt(),
        }
    }
}

/// The atoms of one sample, as columns; filled by a sampler, then sorted by how long they matter.
#[derive(Debug, Clone, Default)]
pub struct Neighbours {
    /// a_i.
    pub noise: Vec<f64>,
    /// D_i.
    pub distance: Vec<f64>,
    /// c_i; −∞ leaves an atom out.
    pub log_ratio: Vec<f64>,
    /// Level of √γ up to which the atom matters.
    level: Vec<u8>,
    /// The three columns with the longest-lived atoms first.
    sorted: [Vec<f64>; 3],
}

/// Levels of √γ, four an octave, from 2⁻²⁴ (level 0 ends there) to 2⁴⁰.
const LEVELS: usize = 256;

/// The level of a positive number: its exponent and two bits of mantissa.
#[inline(always)]
fn level(x: f64) -> u8 {
    const LOWEST: i64 = (1023 - 24) << 2;
    ((x.to_bits() >> 50) as i64 - LOWEST).clamp(0, LEVELS as i64 - 1) as u8
}

impl Neighbours {
    /// Room for `n` atoms, padded to whole vectors with atoms of weight zero.
    pub fn resize(&mut self, n: usize) {
        let padded = n.next_multiple_of(LANES);
        for (column, filler) in
            [(&mut self.noise, 0.0), (&mut self.distance, 0.0), (&mut self.log_ratio, f64::NEG_INFINITY)]
        {
            column.resize(padded, filler);
            column[n..].fill(filler);
        }
        self.level.resize(padded, 0);
        self.sorted.iter_mut().for_each(|column| column.resize(padded, 0.0));
    }

    /// The five sums at each √γ of `roots` (increasing), added to `sums`.
    ///
    /// The atoms that count at a given √γ, and their order, are the same whatever other SNRs are
    /// asked for.
    pub fn accumulate(&mut self, roots: &[f64], sums: &mut [Sums]) {
        arch().dispatch(Accumulate { neighbours: self, roots, sums });
    }

    #[inline(always)]
    fn accumulate_portable(&mut self, roots: &[f64], sums: &mut [Sums]) {
        self.find_levels();
        let reaching = self.sort_by_level();
        for (&root, sum) in roots.iter().zip(sums) {
            // Whole vectors: the few shorter-lived atoms that this takes along are negligible, not
            // wrong.
            let n = (reaching[usize::from(level(root))] as usize).next_multiple_of(LANES);
            sum.add(&self.five_sums(root, n));
        }
    }

    /// Level of the larger root in s = √γ of s·a − s²D/2 + c = −NEGLIGIBLE; 0 where there is none.
    #[inline(always)]
    fn find_levels(&mut self) {
        let n = self.noise.len();
        let (noise, distance) = (&self.noise[..n], &self.distance[..n]);
        let (log_ratio, levels) = (&self.log_ratio[..n], &mut self.level[..n]);
        for i in 0..n {
            let (a, d) = (noise[i], distance[i]);
            let discriminant = a.mul_add(a, 2.0 * d * (log_ratio[i] + NEGLIGIBLE));
            let root = if discriminant >= 0.0 { (a + discriminant.sqrt()) / d } else { 0.0 };
            // D = 0: padding (c = −∞), or an atom in the same place, which never becomes
            // negligible.
            let together = if log_ratio[i] > f64::NEG_INFINITY { f64::INFINITY } else { 0.0 };
            levels[i] = level(if d > 0.0 { root.max(0.0) } else { together });
        }
    }

    /// Sorts the columns by level, highest first, keeping the order within a level; returns for
    /// each level the number of atoms that reach it.
    #[inline(always)]
    fn sort_by_level(&mut self) -> [u32; LEVELS] {
        let n = self.level.len();
        let mut reaching = [0_u32; LEVELS];
        for &l in &self.level {
            reaching[usize::from(l)] += 1;
        }
        for l in (0..LEVELS - 1).rev() {
            reaching[l] += reaching[l + 1];
        }
        let mut next = [0_u32; LEVELS];
        next[..LEVELS - 1].copy_from_slice(&reaching[1..]);
        let [noise, distance, log_ratio] = &mut self.sorted;
        let (noise, distance, log_ratio) = (&mut noise[..n], &mut distance[..n], &mut log_ratio[..n]);
        for i in 0..n {
            let slot = &mut next[usize::from(self.level[i])];
            let to = *slot as usize;
            *slot += 1;
            noise[to] = self.noise[i];
            distance[to] = self.distance[i];
            log_ratio[to] = self.log_ratio[i];
        }
        reaching
    }

    #[inline(always)]
    fn five_sums(&self, root: f64, n: usize) -> Sums {
        let half = -0.5 * root * root;
        let [noise, distance, log_ratio] = &self.sorted;
        let (mut w, mut wd, mut wa, mut wdd, mut wad) =
            ([0.0; LANES], [0.0; LANES], [0.0; LANES], [0.0; LANES], [0.0; LANES]);
        let chunks = noise[..n]
            .chunks_exact(LANES)
            .zip(distance[..n].chunks_exact(LANES))
            .zip(log_ratio[..n].chunks_exact(LANES));
        for ((noise, distance), log_ratio) in chunks {
            for l in 0..LANES {
                let (a, d) = (noise[l], distance[l]);
                let weight = exp(root.mul_add(a, half.mul_add(d, log_ratio[l])));
                let weighted = weight * d;
                w[l] += weight;
                wd[l] += weighted;
                wa[l] = weight.mul_add(a, wa[l]);
                wdd[l] = weighted.mul_add(d, wdd[l]);
                wad[l] = weighted.mul_add(a, wad[l]);
            }
        }
        let total = |lanes: [f64; LANES]| {
            ((lanes[0] + lanes[4]) + (lanes[2] + lanes[6])) + ((lanes[1] + lanes[5]) + (lanes[3] + lanes[7]))
        };
        Sums {
            weight: total(w),
            distance: total(wd),
            noise: total(wa),
            distance_squared: total(wdd),
            noise_distance: total(wad),
        }
    }
}

struct Accumulate<'a> {
    neighbours: &'a mut Neighbours,
    roots: &'a [f64],
    sums: &'a mut [Sums],
}

impl pulp::WithSimd for Accumulate<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _: S) {
        self.neighbours.accumulate_portable(self.roots, self.sums);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example(n: usize) -> Neighbours {
        let stream = crate::numeric::stream::Stream::named(3, "sums test");
        let mut neighbours = Neighbours::default();
        neighbours.resize(n);
        for i in 0..n {
            let mut z = [0.0; 2];
            crate::numeric::normal::fill(&stream, i as u64, &mut z);
            neighbours.distance[i] = z[0] * z[0] + 0.01;
            neighbours.noise[i] = z[1] * neighbours.distance[i].sqrt();
            neighbours.log_ratio[i] = -0.1 * i as f64;
        }
        neighbours
    }

    #[test]
    fn the_sums_are_the_sums() {
        let reference = example(37);
        let roots = [0.01, 0.3, 1.0, 4.0, 30.0];
        let mut sums = [Sums::default(); 5];
        example(37).accumulate(&roots, &mut sums);
        for (root, got) in roots.iter().zip(&sums) {
            let mut expected = Sums::default();
            for i in 0..37 {
                let (a, d) = (reference.noise[i], reference.distance[i]);
                let w = (root * a - 0.5 * root * root * d + reference.log_ratio[i]).exp();
                expected.add(&Sums {
                    weight: w,
                    distance: w * d,
                    noise: w * a,
                    distance_squared: w * d * d,
                    noise_distance: w * a * d,
                });
            }
            assert!(
                (got.weight - expected.weight).abs() <= 1e-14 * (1.0 + expected.weight),
                "Σw at √γ = {root}"
            );
            assert!((got.distance - expected.distance).abs() <= 1e-14 * (1.0 + expected.distance));
            assert!((got.noise - expected.noise).abs() <= 1e-13);
            assert!((got.distance_squared - expected.distance_squared).abs() <= 1e-13);
            assert!((got.noise_distance - expected.noise_distance).abs() <= 1e-13);
        }
    }

    #[test]
    fn a_sum_does_not_depend_on_the_rest_of_the_grid() {
        let roots = [0.1, 0.5, 0.9, 2.0, 3.1, 7.0];
        let mut together = [Sums::default(); 6];
        example(100).accumulate(&roots, &mut together);
        for (root, expected) in roots.iter().zip(&together) {
            let mut alone = [Sums::default()];
            example(100).accumulate(&[*root], &mut alone);
            assert_eq!(&alone[0], expected, "at √γ = {root}");
        }
    }
}
