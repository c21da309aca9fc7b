//! Counts of draws, and the jackknife error of what is computed from them.

use std::collections::{BTreeMap, HashMap};

use crate::error::{Error, Result};
use crate::estimate::{Estimate, Flags, Method};
use crate::source::Source;
use crate::stream::Stream;

/// How often each seen atom was drawn. Only the multiset of counts matters to an entropy.
#[derive(Debug, Clone, PartialEq)]
pub struct Counts {
    /// (count c ≥ 1, number of atoms seen c times), ascending in c.
    multiplicities: Vec<(u64, u64)>,
    draws: u64,
    alphabet: Option<f64>,
}

impl Counts {
    /// From the count of each atom (zeros are ignored) and the size of the alphabet, if it is known.
    ///
    /// # Errors
    /// [`Error::Invalid`] for fewer than two draws, or more atoms seen than the alphabet has.
    pub fn new(counts: impl IntoIterator<Item = u64>, alphabet: Option<f64>) -> Result<Self> {
        let mut multiplicities = BTreeMap::new();
        for count in counts.into_iter().filter(|&count| count > 0) {
            *multiplicities.entry(count).or_insert(0) += 1;
        }
        let multiplicities: Vec<(u64, u64)> = multiplicities.into_iter().collect();
        let draws = multiplicities.iter().map(|(count, atoms)| count * atoms).sum();
        let counts = Self { multiplicities, draws, alphabet };
        if draws < 2 {
            return Err(Error::invalid("counts", format!("need at least two draws, not {draws}")));
        }
        match alphabet {
            Some(size) if size < counts.seen() as f64 => {
                Err(Error::invalid("counts", format!("{} atoms were seen in an alphabet of {size}", counts.seen())))
            }
            _ => Ok(counts),
        }
    }

    /// Counts of `n` draws of `source`, in the lane `counts SPEC`; equal points are one atom. The alphabet is known
    /// where the source knows its number of atoms.
    ///
    /// # Errors
    /// As [`Counts::new`].
    pub fn of(source: &Source, seed: u64, n: u64) -> Result<Self> {
        let (sampler, stream) = (source.sampler(), Stream::named(seed, &format!("counts {}", source.spec())));
        let mut seen: HashMap<Vec<u64>, u64> = HashMap::new();
        let mut point = vec![0.0_f64; source.dim()];
        for sample in 0..n {
            sampler.draw(&stream, sample, &mut point);
            *seen.entry(point.iter().map(|x| x.to_bits()).collect()).or_insert(0) += 1;
        }
        Self::new(seen.into_values(), source.pmf().map(|pmf| pmf.atoms()).filter(|atoms| atoms.is_finite()))
    }

    /// Number of draws n.
    pub fn draws(&self) -> u64 {
        self.draws
    }

    /// Number of different atoms seen.
    pub fn seen(&self) -> u64 {
        self.multiplicities.iter().map(|(_, atoms)| atoms).sum()
    }

    /// Number of atoms of the law, if it is known.
    pub fn alphabet(&self) -> Option<f64> {
        self.alphabet
    }

    /// Number of atoms seen exactly `count` times.
    pub fn seen_times(&self, count: u64) -> u64 {
        self.multiplicities.binary_search_by_key(&count, |&(c, _)| c).map_or(0, |at| self.multiplicities[at].1)
    }

    /// Largest count.
    pub fn largest(&self) -> f64 {
        self.multiplicities.last().map_or(0.0, |&(count, _)| count as f64)
    }

    /// Σ over the seen atoms of `f(count)`.
    pub fn sum(&self, f: impl Fn(f64) -> f64) -> f64 {
        self.multiplicities.iter().map(|&(count, atoms)| atoms as f64 * f(count as f64)).sum()
    }

    /// The counts with one draw of an atom seen `count` times removed.
    fn without_one(&self, count: u64) -> Self {
        let mut multiplicities: BTreeMap<u64, u64> = self.multiplicities.iter().copied().collect();
        let atoms = multiplicities.remove(&count).expect("a count that was seen");
        if atoms > 1 {
            multiplicities.insert(count, atoms - 1);
        }
        if count > 1 {
            *multiplicities.entry(count - 1).or_insert(0) += 1;
        }
        Self { multiplicities: multiplicities.into_iter().collect(), draws: self.draws - 1, alphabet: self.alphabet }
    }

    /// `value` of these counts with its jackknife standard error √((n−1)/n Σ (v_{−i} − v̄)²) over the draws i \[ES81\],
    /// and `bound` on its bias. O(D²) for D different counts, D ≤ √(2n).
    pub fn estimate(&self, value: impl Fn(&Self) -> f64, bound: f64) -> Estimate {
        let n = self.draws as f64;
        let replicates: Vec<(f64, f64)> = self
            .multiplicities
            .iter()
            .map(|&(count, atoms)| ((count * atoms) as f64, value(&self.without_one(count))))
            .collect();
        let mean = replicates.iter().map(|(weight, v)| weight * v).sum::<f64>() / n;
        let squares: f64 = replicates.iter().map(|(weight, v)| weight * (v - mean) * (v - mean)).sum();
        Estimate {
            value: value(self),
            std_err: (squares * (n - 1.0) / n).sqrt(),
            bound,
            n: self.draws,
            method: Method::MonteCarlo,
            flags: Flags::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_what_was_drawn() {
        let counts = Counts::new([3, 0, 1, 1, 5], None).expect("enough draws");
        assert_eq!((counts.draws(), counts.seen(), counts.seen_times(1), counts.seen_times(2)), (10, 4, 2, 0));
        let fewer = counts.without_one(3);
        assert_eq!(fewer, Counts::new([2, 1, 1, 5], None).expect("enough draws"));
        assert_eq!(counts.without_one(1), Counts::new([3, 1, 5], None).expect("enough draws"));
    }

    /// The jackknife of a mean is its classical standard error: here of the frequency 3/10.
    #[test]
    fn the_jackknife_of_a_mean_is_classical() {
        let counts = Counts::new([3, 7], None).expect("enough draws");
        let frequency = |c: &Counts| c.multiplicities[0].0 as f64 / c.draws as f64;
        let expected = (0.3_f64 * 0.7 / 9.0).sqrt();
        assert!((counts.estimate(frequency, 0.0).std_err - expected).abs() < 1e-15);
    }

    #[test]
    fn too_little_is_refused() {
        assert!(Counts::new([1], None).is_err());
        assert!(Counts::new([1, 1, 1], Some(2.0)).is_err());
        let source = Source::parse("zipf:exponent=2,atoms=5,embedding=codebook").expect("a known source");
        assert_eq!(Counts::of(&source, 0, 100).expect("enough draws").alphabet(), Some(5.0));
    }
}
