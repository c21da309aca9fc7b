//! Rare confusions at high SNR: noise tilted towards neighbouring atoms, atoms stratified by how
//! much they matter.
//!
//! At γ|x − x′|² = T two atoms are confused with probability about e^{−T/8}: plain samples see
//! nothing from T ≈ 80 on. Here a sample is drawn from a mixture of components: with share
//! [`DEFENSIVE`] an atom I by its weight and z ~ N(0, I_d); with the rest a pair (I, j) by its
//! share in the pair bound of M, |x_I − x_j|² √(p_I p_j) e^{−T/8}, and z ~ N(μ, I_d), μ on the way
//! from x_I to x_j where both are equally likely. Every summand is multiplied by the likelihood
//! ratio
//!
//! ```text
//! w = 1 / (DEFENSIVE + (1 − DEFENSIVE) Σ_j q_Ij/p_I e^{⟨μ_Ij, z⟩ − |μ_Ij|²/2}) ≤ 1/DEFENSIVE,
//! ```
//!
//! so that means stay what they are whatever the shares (T. Hesterberg, "Weighted average
//! importance sampling and defensive mixture distributions", Technometrics 37, 1995). Components
//! are taken by a shifted additive recurrence (stratified): the standard error of independent
//! samples is then an upper bound, up to its own noise.

use std::sync::OnceLock;

use super::grid::{Grid, GridDraw};
use super::readout::Observed;
use super::{BATCH, Observable, PosteriorSampler, Tables};
use crate::numeric::normal;
use crate::numeric::stream::Stream;
use crate::source::Atoms;
use crate::source::cumulative::Cumulative;

/// Share of samples from the law itself: bounds the likelihood ratio.
pub const DEFENSIVE: f64 = 0.25;
/// Pairs whose share is below this share of the largest are left to the defensive part.
const NEGLIGIBLE_PAIR: f64 = 1e-9;
/// (√5 − 1)/2: the additive recurrence with the least discrepancy.
const GOLDEN: f64 = 0.618_033_988_749_894_8;
/// Address of the recurrence's random shift: a sample that no run reaches.
const SHIFT: u64 = (1 << 40) - 1;
/// Samples expected of a set of components that is not missed (probability 8e-7 were they independent).
const SEEN: f64 = 14.0;
/// Rounding of every observable, relative: log-weights up to some thousands, and a few hundred
/// summands.
const ROUNDING: f64 = 1e-11;

/// Samples the posterior of a law with few atoms, made for one SNR.
#[derive(Debug)]
pub struct TiltedSampler {
    atoms: Atoms,
    ln_weights: Vec<f64>,
    shannon: f64,
    snr: f64,
    /// Made for the first sample: who judges samples of others needs none of it.
    proposal: OnceLock<Proposal>,
    /// Made for the first question about what samples miss.
    shares: OnceLock<Vec<ComponentShare>>,
}

/// What samples are drawn from.
#[derive(Debug)]
struct Proposal {
    masses: Cumulative,
    /// Source atom of each and the tilt towards a neighbour, if it has one (index into its atom's
    /// tilts).
    of: Vec<(usize, Option<usize>)>,
    /// Tilts of each atom.
    tilts: Vec<Vec<Tilt>>,
    /// ln of the share of samples from the law itself.
    ln_defensive: f64,
}

/// Two atoms that are told apart by a tilt of their own.
struct TiltedPair {
    i: usize,
    j: usize,
    /// |x_i − x_j|².
    square: f64,
    /// Share of samples.
    mass: f64,
}

/// A component, for what samples miss.
#[derive(Debug)]
struct ComponentShare {
    /// Share of samples.
    mass: f64,
    /// |x_i − x_j|² of its pair; NaN of an atom that is not tilted.
    square: f64,
}

/// A shift of the noise towards a neighbour.
#[derive(Debug, Clone)]
struct Tilt {
    /// The neighbour j.
    to: usize,
    /// μ in units of x_j − x_I.
    balance: f64,
    /// |μ|²/2.
    half_square: f64,
    /// ln of (1 − DEFENSIVE) q_Ij/p_I.
    ln_share: f64,
}

/// What one sample sees of an atom.
#[derive(Debug, Clone, Copy, Default)]
struct Seen {
    /// a = ⟨z, x − x_I⟩.
    noise: f64,
    /// D = |x − x_I|².
    distance: f64,
    /// Posterior weight at one SNR relative to the likeliest atom's.
    weight: f64,
}

impl TiltedSampler {
    /// For `atoms` with entropy `shannon` (nats) near the SNR `snr`; its values hold at every SNR.
    /// The first sample, and the first question about what samples miss, take time and memory
    /// O(N² d).
    pub fn new(atoms: Atoms, shannon: f64, snr: f64) -> Self {
        let ln_weights = atoms.weights.iter().map(|p| p.ln()).collect();
        Self { atoms, ln_weights, shannon, snr, proposal: OnceLock::new(), shares: OnceLock::new() }
    }

    /// The pairs that are tilted for, and the share of samples from the law itself: all of them where
    /// there are none.
    fn pairs(&self) -> (Vec<TiltedPair>, f64) {
        let Self { atoms, ln_weights, snr, .. } = self;
        let mut pairs: Vec<TiltedPair> = Vec::new();
        for i in 0..atoms.len() {
            for j in (0..atoms.len()).filter(|&j| j != i) {
                let square = atoms.square(i, j);
                let mass = square.ln() + 0.5 * (ln_weights[i] + ln_weights[j]) - snr * square / 8.0;
                pairs.push(TiltedPair { i, j, square, mass });
            }
        }
        let largest = pairs.iter().map(|pair| pair.mass).fold(f64::NEG_INFINITY, f64::max);
        pairs.iter_mut().for_each(|pair| pair.mass = (pair.mass - largest).exp());
        // Written so that NaN, of pairs in the same place alone, is left out.
        pairs.retain(|pair| pair.mass >= NEGLIGIBLE_PAIR);
        let total: f64 = pairs.iter().map(|pair| pair.mass).sum();
        let defensive = if pairs.is_empty() { 1.0 } else { DEFENSIVE };
        pairs.iter_mut().for_each(|pair| pair.mass = (1.0 - defensive) * pair.mass / total);
        (pairs, defensive)
    }

    fn proposal(&self) -> &Proposal {
        self.proposal.get_or_init(|| {
            let (pairs, defensive) = self.pairs();
            let (n, snr, ln_weights) = (self.atoms.len(), self.snr, &self.ln_weights);
            let mut of: Vec<_> = (0..n).map(|i| (i, None)).collect();
            let mut tilts = vec![Vec::new(); n];
            let mut masses: Vec<f64> = self.atoms.weights.iter().map(|p| defensive * p).collect();
            for TiltedPair { i, j, square, mass } in pairs {
                // ⟨z, u⟩ where both atoms have the same posterior weight, in units of |u|²; inside the
                // segment at least.
                let balance = 0.5 * snr.sqrt() + (ln_weights[i] - ln_weights[j]) / (snr.sqrt() * square);
                let balance = balance.clamp(0.0, snr.sqrt());
                let (half_square, ln_share) = (0.5 * balance * balance * square, mass.ln() - ln_weights[i]);
                of.push((i, Some(tilts[i].len())));
                tilts[i].push(Tilt { to: j, balance, half_square, ln_share });
                masses.push(mass);
            }
            Proposal { masses: Cumulative::new(&masses), of, tilts, ln_defensive: defensive.ln() }
        })
    }

    /// All components, ascending.
    fn shares(&self) -> &[ComponentShare] {
        self.shares.get_or_init(|| {
            let (pairs, defensive) = self.pairs();
            let own =
                self.atoms.weights.iter().map(|p| ComponentShare { mass: defensive * p, square: f64::NAN });
            let tilted =
                pairs.into_iter().map(|TiltedPair { square, mass, .. }| ComponentShare { mass, square });
            let mut shares: Vec<ComponentShare> = own.chain(tilted).collect();
            shares.sort_by(|a, b| a.mass.total_cmp(&b.mass));
            shares
        })
    }

    fn point(&self, i: usize) -> &[f64] {
        &self.atoms.points[i * self.atoms.dim..][..self.atoms.dim]
    }

    /// ln of the likelihood ratio at source atom `i`: a log-sum-exp, since a tilt's exponent may be
    /// of any size.
    fn ln_ratio(&self, i: usize, seen: &[Seen]) -> f64 {
        let Proposal { tilts, ln_defensive, .. } = self.proposal();
        let exponent = |tilt: &Tilt| tilt.ln_share + tilt.balance * seen[tilt.to].noise - tilt.half_square;
        let largest = tilts[i].iter().map(exponent).fold(*ln_defensive, f64::max);
        let tilted = tilts[i].iter().map(|tilt| (exponent(tilt) - largest).exp());
        -largest - ((ln_defensive - largest).exp() + tilted.sum::<f64>()).ln()
    }

    /// a and D of every atom for noise `z` at source atom `i`, by direct differences.
    fn look(&self, seen: &mut [Seen], i: usize, z: &[f64]) {
        let own = self.point(i);
        for (seen, x) in seen.iter_mut().zip(self.atoms.points.chunks(self.atoms.dim)) {
            *seen = Seen::default();
            for ((x, o), z) in x.iter().zip(own).zip(z) {
                seen.noise += z * (x - o);
                seen.distance += (x - o) * (x - o);
            }
        }
    }

    /// The observables at one SNR. Log-weights, of whatever size, are taken from the likeliest
    /// atom's, and so are D and a, of which central moments are needed.
    fn observed(&self, seen: &mut [Seen], i: usize, snr: f64) -> Observed {
        let root = snr.sqrt();
        let (mut best, mut largest) = (i, 0.0);
        for (j, (seen, ln_weight)) in seen.iter_mut().zip(&self.ln_weights).enumerate() {
            let exponent =
                root.mul_add(seen.noise, -0.5 * snr * seen.distance) + (ln_weight - self.ln_weights[i]);
            seen.weight = if j == i { 0.0 } else { exponent };
            if seen.weight > largest {
                (best, largest) = (j, seen.weight);
            }
        }
        let Seen { noise, distance, .. } = seen[best];
        let (mut rest, mut mean_distance, mut mean_noise) = (0.0, 0.0, 0.0);
        for (j, seen) in seen.iter_mut().enumerate() {
            seen.weight = if j == best { 0.0 } else { (seen.weight - largest).exp() };
            rest += seen.weight;
            mean_distance += seen.weight * (seen.distance - distance);
            mean_noise += seen.weight * (seen.noise - noise);
        }
        let total = 1.0 + rest;
        let (mean_distance, mean_noise) = (mean_distance / total, mean_noise / total);
        let (mut spread, mut cross) = (mean_distance * mean_distance, mean_distance * mean_noise);
        for seen in seen.iter() {
            let offset = seen.distance - distance - mean_distance;
            spread += seen.weight * offset * offset;
            cross += seen.weight * offset * (seen.noise - noise - mean_noise);
        }
        let posterior_entropy = largest + rest.ln_1p();
        Observed {
            snr,
            information: self.shannon - posterior_entropy,
            posterior_entropy,
            mmse: 0.5 * (distance + mean_distance),
            slope: 0.25 * (spread - cross / root) / total,
        }
    }
}

impl PosteriorSampler for TiltedSampler {
    fn observe(&self, stream: &Stream, first: u64, grid: &Grid, out: &mut [Observed], controls: &mut [f64]) {
        let Proposal { masses, of, tilts, .. } = self.proposal();
        let lanes = grid.lanes(stream);
        let [shift, _] = stream.uniforms(SHIFT, 0);
        let (mut z, mut draw) = (vec![0.0; self.atoms.dim], GridDraw::default());
        let mut seen = vec![Seen::default(); self.ln_weights.len()];
        for s in 0..BATCH {
            let sample = first + s as u64;
            let (i, tilt) = of[masses.index((shift + sample as f64 * GOLDEN).fract())];
            normal::fill(stream, sample, &mut z);
            if let Some(tilt) = tilt.map(|tilt| &tilts[i][tilt]) {
                for ((z, x), own) in z.iter_mut().zip(self.point(tilt.to)).zip(self.point(i)) {
                    *z += tilt.balance * (x - own);
                }
            }
            self.look(&mut seen, i, &z);
            let ratio = self.ln_ratio(i, &seen).exp();
            controls[s] = ratio;
            draw.draw(grid, &lanes, sample);
            for &(snr, g) in &draw.snrs {
                let observed = self.observed(&mut seen, i, snr);
                let rest = ratio * observed.posterior_entropy;
                // H is known: weighing it would add noise of its size to an information that misses
                // it by a hair.
                out[s * grid.len() + g] = Observed {
                    snr,
                    information: self.shannon - rest,
                    posterior_entropy: rest,
                    mmse: ratio * observed.mmse,
                    slope: ratio * observed.slope,
                };
            }
        }
    }

    fn tables(&self) -> Option<Tables<'_>> {
        None
    }

    fn control_means(&self) -> &[f64] {
        // The likelihood ratio's. The sums at γ = 0 say nothing at high SNR, and their tails under
        // tilted noise are long.
        &[1.0]
    }

    /// Every summand times its ratio is of one size, a pair's bound on M, but for powers of its
    /// distance: the slope has one more, entropies one less. So what the rarest components add, which
    /// `n` samples may all have missed, is about their share of the size of those that were seen. All
    /// of a share count, or none.
    fn unseen(&self, observable: Observable, n: u64) -> f64 {
        let same = |a: &ComponentShare, b: &ComponentShare| b.mass <= a.mass * (1.0 + 1e-9);
        let shares = self.shares();
        let (mut rare, mut mass) = (0, 0.0);
        for level in shares.chunk_by(same) {
            mass += level.iter().map(|share| share.mass).sum::<f64>();
            if mass * n as f64 > SEEN {
                break;
            }
            rare += level.len();
        }
        let (missed, seen) = shares.split_at(rare);
        let relative = |square: f64| match observable {
            Observable::Mmse => 1.0,
            Observable::Slope => square,
            Observable::Information | Observable::PosteriorEntropy => 1.0 / square,
        };
        let pairs = || seen.iter().filter(|share| !share.square.is_nan());
        let mean = pairs().map(|share| share.mass * relative(share.square)).sum::<f64>()
            / pairs().map(|share| share.mass).sum::<f64>();
        // Of an atom that is not tilted 1, for NaN is no maximum.
        missed.iter().map(|share| share.mass * (relative(share.square) / mean).max(1.0)).sum()
    }

    fn relative_bound(&self) -> f64 {
        ROUNDING
    }
}

#[cfg(test)]
mod tests;
