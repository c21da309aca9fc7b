//! The inner loop: five posterior sums for one sample at every SNR of its grid.
//!
//! For a sample with source atom I and noise z, atom i ≠ I enters through a_i = ⟨z, x_i − x_I⟩, D_i = |x_i − x_I|² and
//! c_i = ln(p_i/p_I): its log-weight at SNR γ is ℓ_i = √γ a_i − γ D_i/2 + c_i (and ℓ_I = 0 exactly).
//!
//! An atom whose log-weight stays below −[`NEGLIGIBLE`] for every larger SNR is dropped for good: ℓ is a downward
//! parabola in √γ, so its larger root says from where on. What is dropped is below N·e^−60 of the total weight 1.

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

    /// The observables at SNR `snr`, for a source of entropy `shannon`:
    /// H − ln S, ln S, ½⟨D⟩ and (⟨D²⟩−⟨D⟩²)/4 − (⟨aD⟩−⟨a⟩⟨D⟩)/(4√γ), with S = 1 + Σ w and ⟨f⟩ = Σ w f / S.
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

/// The atoms of one sample that still matter, as columns; filled by a sampler, thinned as the SNR grows.
#[derive(Debug, Clone, Default)]
pub struct Neighbours {
    /// a_i.
    pub noise: Vec<f64>,
    /// D_i.
    pub distance: Vec<f64>,
    /// c_i; −∞ leaves an atom out.
    pub log_ratio: Vec<f64>,
    /// √γ from which on the atom is negligible.
    cutoff: Vec<f64>,
    length: usize,
}

impl Neighbours {
    /// Room for `n` atoms, padded to whole vectors with atoms of weight zero.
    pub fn resize(&mut self, n: usize) {
        let padded = n.next_multiple_of(LANES);
        for (column, filler) in [
            (&mut self.noise, 0.0),
            (&mut self.distance, 0.0),
            (&mut self.log_ratio, f64::NEG_INFINITY),
            (&mut self.cutoff, 0.0),
        ] {
            column.resize(padded, filler);
            column[n..].fill(filler);
        }
        self.length = padded;
    }

    /// The five sums at each √γ of `roots` (increasing), added to `sums`.
    pub fn accumulate(&mut self, roots: &[f64], sums: &mut [Sums]) {
        arch().dispatch(
            #[inline(always)]
            || self.accumulate_portable(roots, sums),
        );
    }

    #[inline(always)]
    fn accumulate_portable(&mut self, roots: &[f64], sums: &mut [Sums]) {
        self.find_cutoffs();
        let mut level = i32::MIN;
        for (&root, sum) in roots.iter().zip(sums) {
            // Thin at fixed levels, √2 apart in √γ, so that the list at a given SNR (and with it the order of
            // summation) is the same whatever other SNRs are on the grid.
            let now = (2.0 * root.log2()).floor() as i32;
            if now > level {
                level = now;
                self.thin((0.5 * f64::from(level)).exp2());
            }
            sum.add(&self.five_sums(root));
        }
    }

    /// Larger root in s = √γ of s·a − s²D/2 + c = −NEGLIGIBLE; 0 where there is none.
    #[inline(always)]
    fn find_cutoffs(&mut self) {
        let n = self.length;
        let (noise, distance) = (&self.noise[..n], &self.distance[..n]);
        let (log_ratio, cutoff) = (&self.log_ratio[..n], &mut self.cutoff[..n]);
        for i in 0..n {
            let (a, d) = (noise[i], distance[i]);
            let discriminant = a.mul_add(a, 2.0 * d * (log_ratio[i] + NEGLIGIBLE));
            let root = if discriminant >= 0.0 { (a + discriminant.sqrt()) / d } else { 0.0 };
            // D = 0: padding (c = −∞), or an atom in the same place, which never becomes negligible.
            let together = if log_ratio[i] > f64::NEG_INFINITY { f64::INFINITY } else { 0.0 };
            cutoff[i] = if d > 0.0 { root } else { together };
        }
    }

    /// Drops the atoms that are negligible from √γ = `root` on, keeping the order.
    #[inline(always)]
    fn thin(&mut self, root: f64) {
        let n = self.length;
        let (noise, distance) = (&mut self.noise[..n], &mut self.distance[..n]);
        let (log_ratio, cutoff) = (&mut self.log_ratio[..n], &mut self.cutoff[..n]);
        let mut kept = 0;
        for i in 0..n {
            let keep = usize::from(cutoff[i] >= root);
            noise[kept] = noise[i];
            distance[kept] = distance[i];
            log_ratio[kept] = log_ratio[i];
            cutoff[kept] = cutoff[i];
            kept += keep;
        }
        let padded = kept.next_multiple_of(LANES).min(n);
        noise[kept..padded].fill(0.0);
        distance[kept..padded].fill(0.0);
        log_ratio[kept..padded].fill(f64::NEG_INFINITY);
        cutoff[kept..padded].fill(0.0);
        self.length = padded;
    }

    #[inline(always)]
    fn five_sums(&self, root: f64) -> Sums {
        let half = -0.5 * root * root;
        let n = self.length;
        let (mut w, mut wd, mut wa, mut wdd, mut wad) =
            ([0.0; LANES], [0.0; LANES], [0.0; LANES], [0.0; LANES], [0.0; LANES]);
        let chunks = self.noise[..n]
            .chunks_exact(LANES)
            .zip(self.distance[..n].chunks_exact(LANES))
            .zip(self.log_ratio[..n].chunks_exact(LANES));
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

#[cfg(test)]
mod tests {
    use super::*;

    fn example(n: usize) -> Neighbours {
        let stream = crate::stream::Stream::named(3, "sums test");
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
            assert!((got.weight - expected.weight).abs() <= 1e-14 * (1.0 + expected.weight), "Σw at √γ = {root}");
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
