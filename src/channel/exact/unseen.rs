//! What n samples of (X, Z) may not have seen, and the samples' own spread cannot tell: atoms that
//! are rarely drawn and pairs of atoms that are rarely confused, though they may carry much of a
//! mean.
//!
//! A set of events of total probability `SEEN`/n is missed with probability e^−14 = 8e-7. Of the
//! atoms these are the rarest; their part of a readout less its control variates, Σ p_i (f_i − Σ
//! β_k c_ki), is then missing, where β was fitted to the others. At low SNR f_i is a combination t
//! of the controls (½E_p D for the mmse), so that what is missing is Σ_k |t_k − β_k| Σ p_i |c_ki|
//! and a share γ|x̃|² of f_i; else it is all of f_i, of which prior averages and the distance
//! √(2ι + d) within which the posterior stays are the size. Of the pairs these are those whose
//! bound on P(X = x, X′ = x′) ([`super::pairs`]) is smallest; their parts of the pair bounds are
//! missing. The former are sizes, not proofs.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use crate::channel::posterior::Observable;
use crate::source::{Atoms, Law, Mixture, Source};

/// Events expected of a set that is not missed.
const SEEN: f64 = 14.0;
/// Share of its size by which a readout at γ|x̃|² = 1 is not linear in its controls, at most.
const NONLINEAR: f64 = 8.0;
/// Below this γ|x_i − x_j|² no confusion is rare for its distance.
const NEAR: f64 = 16.0;
/// Atoms whose pairs are gone through at every SNR.
const MOST_ATOMS: usize = 512;
/// Levels of the probability of a confusion: powers of 2.
const LEVELS: usize = 1024;

/// What is needed of a law.
#[derive(Debug)]
pub struct Unseen {
    /// Independent copies of the law that is sampled.
    copies: f64,
    /// Atoms, not components of a mixture.
    discrete: bool,
    dim: f64,
    /// E|x̃|², E|x̃|⁴ − (E|x̃|²)², tr Σ² (or a bound on it), and the largest |x̃|².
    variance: f64,
    norm_variance: f64,
    squared: f64,
    farthest: f64,
    shannon: f64,
    /// p_i, ascending, with |x̃_i|² (of a component, E|x̃|²).
    rarest: Vec<(f64, f64)>,
    /// The atoms, where their pairs are gone through, and |x_i − x_j|² of these.
    atoms: Option<Atoms>,
    squares: Arc<OnceLock<Vec<f64>>>,
    /// For each SNR, the pairs by level.
    levels: Mutex<HashMap<u64, Vec<(usize, Rare)>>>,
}

/// Parts of a law's pairs: Σ P(X = x, X′ = x′), and of the bounds on M, −M′ and H(X|Y).
#[derive(Debug, Clone, Copy, Default)]
struct Rare {
    probability: f64,
    mmse: f64,
    slope: f64,
    entropy: f64,
}

/// What may be missing of one term of a readout.
struct Missed {
    snr: f64,
    weight: f64,
    /// Of the observable itself.
    size: f64,
}

/// The most that Σ w r(γ) may be for a part r of the observable that falls with γ and is at most
/// u(γ), the `size` of each term: what is missing at neighbouring SNRs are the same events, and
/// differences of them are small. With the terms in the order of γ and W_j = |Σ_{i≤j} w_i|, Abel's
/// summation gives Σ W_j (r_j − r_{j+1}), which is largest where every fall of u comes as early as
/// the largest W so far: Σ_j (u_j − u_{j+1}) max_{i≤j} W_i.
fn together(mut terms: Vec<Missed>) -> f64 {
    terms.sort_by(|a, b| a.snr.total_cmp(&b.snr));
    // The least majorant of u that falls.
    for j in (1..terms.len()).rev() {
        terms[j - 1].size = terms[j - 1].size.max(terms[j].size);
    }
    let (mut sum, mut largest, mut total) = (0.0_f64, 0.0_f64, 0.0);
    for (j, term) in terms.iter().enumerate() {
        sum += term.weight;
        largest = largest.max(sum.abs());
        total += largest * (term.size - terms.get(j + 1).map_or(0.0, |next| next.size));
    }
    total
}

/// Σ over the rarest atoms of p, p|x̃|, p|x̃|², p|x̃|⁴ and pι.
#[derive(Debug, Clone, Copy, Default)]
struct Rarest {
    mass: f64,
    first: f64,
    second: f64,
    fourth: f64,
    content: f64,
    most_content: f64,
}

impl Unseen {
    /// Of a law with finitely many atoms or components, or of copies of one; `controls` are the
    /// means of its control variates.
    pub fn new(source: &Source, controls: &[f64]) -> Option<Self> {
        let (mut of_one, mut times) = (source, 1.0);
        while let Law::Product { base, copies } = of_one.law() {
            (of_one, times) = (base, times * *copies as f64);
        }
        let (mut rarest, atoms): (Vec<(f64, f64)>, _) = match of_one.law() {
            law if law.atoms().is_some_and(|atoms| atoms.missing <= 0.0) => {
                let atoms = law.atoms()?;
                let mean = atoms.mean();
                let norm = |row: &[f64]| row.iter().zip(&mean).map(|(x, m)| (x - m).powi(2)).sum::<f64>();
                let norms = atoms.points.chunks(atoms.dim).map(norm);
                (atoms.weights.iter().copied().zip(norms).collect(), Some(atoms))
            }
            Law::Simplex(simplex) => {
                let squares: f64 = simplex.weights.iter().map(|p| p * p).sum();
                (simplex.weights.iter().map(|&p| (p, 1.0 - 2.0 * p + squares)).collect(), None)
            }
            Law::Mixture(mixture) => (components(mixture), None),
            _ => return None,
        };
        rarest.sort_by(|a, b| a.0.total_cmp(&b.0));
        let (variance, norm_variance, squared) = match *controls {
            [variance, _, _, _, spread, norm_variance, _] => {
                (variance, norm_variance, 0.25 * (spread - norm_variance))
            }
            // Of a mixture, where its variance is finite.
            [_, variance, _] => (variance, 0.0, 0.0),
            _ => return None,
        };
        Some(Self {
            copies: times,
            discrete: matches!(controls, [_, _, _, _, _, _, _]),
            dim: of_one.dim() as f64,
            variance,
            norm_variance,
            squared,
            farthest: rarest.iter().map(|(_, norm)| *norm).fold(0.0, f64::max),
            shannon: of_one.pmf().map_or(0.0, |pmf| pmf.shannon().value),
            rarest,
            atoms: atoms.filter(|atoms| atoms.len() <= MOST_ATOMS).cloned(),
            squares: Arc::clone(of_one.squares()),
            levels: Mutex::default(),
        })
    }

    /// The atoms that `n` samples may all have missed: those of the least weights, all of a weight
    /// or none.
    fn rarest(&self, n: f64) -> Rarest {
        let (mut kept, mut sum) = (Rarest::default(), Rarest::default());
        for (i, &(p, norm)) in self.rarest.iter().enumerate() {
            let content = -p.ln();
            sum.mass += p;
            sum.first += p * norm.sqrt();
            sum.second += p * norm;
            sum.fourth += p * norm * norm;
            sum.content += p * content;
            sum.most_content = sum.most_content.max(content);
            if sum.mass > SEEN / n {
                break;
            }
            // Weights that differ by rounding are equal.
            if self.rarest.get(i + 1).is_none_or(|next| next.0 > p * (1.0 + 1e-9)) {
                kept = sum;
            }
        }
        kept
    }

    /// Of the mean of Σ weight·observable over `terms`, with coefficients `slopes` of the controls:
    /// how much `n` samples may have missed. A term gives its weight at several SNRs that it may be
    /// taken at, a typical one first: the most that any of them misses counts.
    pub fn bound(&self, terms: &[(Observable, Vec<(f64, f64)>)], slopes: &[f64], n: f64) -> f64 {
        let rare = self.rarest(n);
        let (mut apart, mut linear) = (0.0, [0.0; 7]);
        let mut missed: Vec<Missed> = Vec::with_capacity(terms.len());
        for (observable, places) in terms {
            let (mut weighted, mut size) = (0.0_f64, 0.0_f64);
            for &(weight, snr) in places {
                let most = self.missed(*observable, snr, n, &rare);
                (weighted, size) = (weighted.max(weight.abs() * most), size.max(most));
            }
            apart += weighted;
            let (weight, snr) = places[0];
            missed.push(Missed { snr, weight, size });
            if self.discrete && self.nonlinear(snr) < 1.0 {
                match observable {
                    Observable::Mmse => linear[0] += weight,
                    Observable::Slope => {
                        linear[4] += 0.25 * weight;
                        linear[5] -= 0.25 * weight;
                    }
                    _ => {}
                }
            }
        }
        let skew = (self.norm_variance * self.squared.max(0.0).sqrt()).max(0.0).sqrt() * rare.first;
        let even = rare.second + rare.mass * self.variance;
        let content = rare.content + rare.mass * self.shannon;
        let spread = 4.0 * (self.squared.max(0.0).sqrt() * even + skew);
        let controls = match self.discrete {
            true => [0.5 * even, 0.0, 0.0, 0.0, spread, 2.0 * skew, content],
            false => [0.0, even, 0.0, 0.0, 0.0, 0.0, 0.0],
        };
        let fitted: f64 = (0..controls.len())
            .map(|k| {
                (linear[k] - slopes.get(k).map_or(0.0, |slope| slope / self.copies)).abs() * controls[k]
            })
            .sum();
        // Weights of one sign have nothing to cancel, and `together` takes each at its typical SNR
        // alone.
        let has = |sign: f64| missed.iter().any(|term| term.weight * sign > 0.0);
        let one = terms.iter().all(|(observable, _)| *observable == terms[0].0);
        let most = if one && has(1.0) && has(-1.0) { apart.min(together(missed)) } else { apart };
        self.copies * (most + fitted)
    }

    /// The share of a readout at γ = `snr` that is not a combination of its controls, at most.
    fn nonlinear(&self, snr: f64) -> f64 {
        (NONLINEAR * snr * self.farthest).min(1.0)
    }

    /// How much of an observable's mean at γ = `snr` belongs to the `rare` atoms and to rare
    /// confusions.
    fn missed(&self, observable: Observable, snr: f64, n: f64, rare: &Rarest) -> f64 {
        let pairs = self.pairs(snr, n);
        let far = (rare.most_content + self.dim + 4.0) / snr;
        let [of_atoms, of_pairs] = match observable {
            Observable::Mmse => [(rare.second + rare.mass * self.variance).min(rare.mass * far), pairs.mmse],
            Observable::Slope => {
                let fourth = rare.fourth + rare.mass * self.variance * self.variance;
                [fourth.min(rare.mass * far * far), pairs.slope]
            }
            // Of a component, its own density's spread beside its weight.
            Observable::Information | Observable::PosteriorEntropy => {
                let own =
                    1.0 + if self.discrete { 0.0 } else { self.dim * (1.0 + (snr * self.farthest).ln_1p()) };
                [rare.content + own * rare.mass, pairs.entropy]
            }
        };
        self.nonlinear(snr) * of_atoms + of_pairs
    }

    /// The pairs at SNR `snr` of which `n` samples may have seen no confusion.
    fn pairs(&self, snr: f64, n: f64) -> Rare {
        let Some(atoms) = self.atoms.as_ref().filter(|_| snr * 4.0 * self.farthest > NEAR) else {
            return Rare::default();
        };
        let squares = self.squares.get_or_init(|| {
            (0..atoms.len()).flat_map(|i| (0..i).map(move |j| atoms.square(i, j))).collect()
        });
        let mut all = self.levels.lock().unwrap_or_else(PoisonError::into_inner);
        let levels = all.entry(snr.to_bits()).or_insert_with(|| levels(&atoms.weights, squares, snr));
        let mut sum = Rare::default();
        for (_, level) in levels.iter() {
            if sum.probability + level.probability > SEEN / n {
                break;
            }
            sum.probability += level.probability;
            sum.mmse += level.mmse;
            sum.slope += level.slope;
            sum.entropy += level.entropy;
        }
        sum
    }
}

/// The components' weights with E|x̃|² of each.
fn components(mixture: &Mixture) -> Vec<(f64, f64)> {
    let dim = mixture.dim;
    let mut mean = vec![0.0; dim];
    for (row, w) in mixture.means.chunks(dim).zip(&mixture.weights) {
        mean.iter_mut().zip(row).for_each(|(m, x)| *m += w * x);
    }
    let norm = |row: &[f64]| row.iter().zip(&mean).map(|(x, m)| (x - m).powi(2)).sum::<f64>();
    let rows = mixture.means.chunks(dim).zip(&mixture.variances).zip(&mixture.weights);
    rows.map(|((row, v), &w)| (w, norm(row) + dim as f64 * v)).collect()
}

/// The pairs by the power of 2 of their confusion's probability, rarest first; those that are near
/// do not count.
fn levels(weights: &[f64], squares: &[f64], snr: f64) -> Vec<(usize, Rare)> {
    let mut levels = vec![Rare::default(); LEVELS];
    let pairs = (0..weights.len()).flat_map(|i| (0..i).map(move |j| (i, j)));
    for ((i, j), &distance) in pairs.zip(squares) {
        let t = snr * distance;
        if t <= NEAR {
            continue;
        }
        // Both orders of the pair.
        let overlap = 2.0 * (weights[i] * weights[j]).sqrt() * (-t / 8.0).exp();
        let replica = overlap * (std::f64::consts::FRAC_PI_2 / t).sqrt();
        // −log₂ of a number below 1 by its exponent; the last level has what is subnormal.
        let level = 1023_usize.saturating_sub((replica.to_bits() >> 52) as usize);
        let level = &mut levels[level.min(LEVELS - 1)];
        level.probability += replica;
        level.mmse += 0.5 * distance * replica;
        level.slope += 0.25 * distance * distance * replica;
        level.entropy += overlap;
    }
    levels.into_iter().enumerate().rev().filter(|(_, level)| level.probability > 0.0).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::channel::posterior::sampler;
    use crate::spec::Spec;

    fn unseen(points: &[f64], weights: &[f64]) -> Unseen {
        let atoms = Atoms::new(1, points.to_vec(), weights.to_vec()).unwrap();
        let source = Source::discrete(&Spec::parse("unseen:test=1").unwrap(), atoms).unwrap();
        Unseen::new(&source, sampler(&source).unwrap().control_means()).unwrap()
    }

    /// One atom of weight 1e-8 far out: all of it is missing from 10,000 samples, none from 1e10;
    /// where the coefficient is the linear regime's own, next to nothing is.
    #[test]
    fn a_rare_atom_counts_until_it_is_seen() {
        let law = unseen(&[-1.0, 1.0, 1e3], &[0.5, 0.5, 1e-8]);
        let at =
            |snr: f64, slope: f64, n: f64| law.bound(&[(Observable::Mmse, vec![(1.0, snr)])], &[slope], n);
        let part = 1e-8 * 1e6;
        assert!(
            at(1e-3, 1.0, 1e4) >= 0.5 * part && at(1e-3, 1.0, 1e4) < 2.0 * part,
            "{}",
            at(1e-3, 1.0, 1e4)
        );
        // No atom then, and confusions at γ|x − x′|² = 1000.
        assert!(at(1e-3, 0.0, 1e10) < 1e-30);
        assert!(at(1e-12, 1.0, 1e4) < 1e-4 * part && at(1e-12, 0.5, 1e4) > 0.2 * part);
    }

    /// Equal weights: no atom is rarer than the others, however many there are.
    #[test]
    fn a_crowd_is_seen() {
        let points: Vec<f64> = (0..1000).map(f64::from).collect();
        assert!(
            unseen(&points, &[1.0; 1000]).bound(&[(Observable::Slope, vec![(1.0, 1e-9)])], &[0.3; 7], 100.0)
                <= 0.0
        );
    }

    /// Two clusters that are confused once in 1e6 samples, at a distance that makes it count.
    #[test]
    fn a_rare_confusion_counts_by_its_distance() {
        let law = unseen(&[0.0, 1e-2, 1.0], &[1.0; 3]);
        let missed = |n: f64| law.bound(&[(Observable::Mmse, vec![(1.0, 100.0)])], &[], n);
        let expected = 2.0 * (-100.0_f64 / 8.0).exp() * (std::f64::consts::PI / 200.0).sqrt() / 3.0;
        assert!((missed(1e4) / expected - 1.0).abs() < 0.2, "{} for {expected}", missed(1e4));
        assert!(missed(1e12) <= 0.0);
    }
}
