//! Counts of draws, and the jackknife error of what is computed from them.

use std::collections::{BTreeMap, HashMap};

use crate::error::{Error, Result};
use crate::numeric::stream::Stream;
use crate::source::Source;

/// Most replicates of a jackknife: a table of a million different counts takes a million operations
/// for each.
const MOST_REPLICATES: usize = 1000;

/// How often each seen atom was drawn. Only the multiset of counts matters to an entropy.
#[derive(Debug, Clone, PartialEq)]
pub struct Counts {
    /// (count c ≥ 1, number of atoms seen c times), ascending in c.
    multiplicities: Vec<(u64, u64)>,
    draws: u64,
}

impl Counts {
    /// From the count of each atom; zeros are ignored.
    ///
    /// # Errors
    /// [`Error::Invalid`] for fewer than two draws.
    pub fn new(counts: impl IntoIterator<Item = u64>) -> Result<Self> {
        let mut multiplicities = BTreeMap::new();
        for count in counts.into_iter().filter(|&count| count > 0) {
            *multiplicities.entry(count).or_insert(0) += 1;
        }
        let counts = Self::from_multiplicities(multiplicities);
        match counts.draws {
            2.. => Ok(counts),
            draws => Err(Error::invalid("counts", format!("need at least two draws, not {draws}"))),
        }
    }

    fn from_multiplicities(multiplicities: BTreeMap<u64, u64>) -> Self {
        let draws = multiplicities.iter().map(|(count, atoms)| count * atoms).sum();
        Self { multiplicities: multiplicities.into_iter().collect(), draws }
    }

    /// Counts of `n` draws of `source`, in the lane `counts SPEC`; equal points are one atom.
    ///
    /// # Errors
    /// As [`Counts::new`].
    pub fn of(source: &Source, seed: u64, n: u64) -> Result<Self> {
        let (sampler, stream) =
            (source.sampler(), Stream::named(seed, &format!("counts {}", source.spec())));
        let mut seen: HashMap<Vec<u64>, u64> = HashMap::new();
        let mut point = vec![0.0_f64; source.dim()];
        for sample in 0..n {
            sampler.draw(&stream, sample, &mut point);
            *seen.entry(point.iter().map(|x| x.to_bits()).collect()).or_insert(0) += 1;
        }
        Self::new(seen.into_values())
    }

    /// Number of draws n.
    pub fn draws(&self) -> u64 {
        self.draws
    }

    /// Number of different atoms seen.
    pub fn seen(&self) -> u64 {
        self.multiplicities.iter().map(|(_, atoms)| atoms).sum()
    }

    /// Number of atoms seen exactly `count` times.
    pub fn seen_times(&self, count: u64) -> u64 {
        self.multiplicities
            .binary_search_by_key(&count, |&(c, _)| c)
            .map_or(0, |at| self.multiplicities[at].1)
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
        Self::from_multiplicities(multiplicities)
    }

    /// The counts of a sample that differs in one draw: an atom that is new instead of one of the
    /// most frequent atom.
    pub fn with_a_new_atom(&self) -> Self {
        let fewer = self.without_one(self.multiplicities.last().map_or(0, |&(count, _)| count));
        let mut multiplicities: BTreeMap<u64, u64> = fewer.multiplicities.into_iter().collect();
        *multiplicities.entry(1).or_insert(0) += 1;
        Self::from_multiplicities(multiplicities)
    }

    /// Jackknife standard error √((n−1)/n Σ (v_{−i} − v̄)²) over the draws i \[ES81\] of `value` of
    /// these counts; NaN where `value` is. Beyond `MOST_REPLICATES` different counts, neighbours
    /// among the larger half share a replicate.
    pub fn std_err(&self, value: impl Fn(&Self) -> f64) -> f64 {
        let n = self.draws as f64;
        let exact = self.multiplicities.len().min(MOST_REPLICATES / 2);
        let (small, large) = self.multiplicities.split_at(exact);
        let together = large.len().div_ceil(MOST_REPLICATES / 2).max(1);
        let replicates: Vec<(f64, f64)> = (small.chunks(1).chain(large.chunks(together)))
            .map(|group| {
                let draws: u64 = group.iter().map(|(count, atoms)| count * atoms).sum();
                (draws as f64, value(&self.without_one(group[group.len() / 2].0)))
            })
            .collect();
        let mean = replicates.iter().map(|(weight, v)| weight * v).sum::<f64>() / n;
        let squares: f64 = replicates.iter().map(|(weight, v)| weight * (v - mean) * (v - mean)).sum();
        (squares * (n - 1.0) / n).sqrt()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_what_was_drawn() {
        let counts = Counts::new([3, 0, 1, 1, 5]).expect("enough draws");
        assert_eq!(
            (counts.draws(), counts.seen(), counts.seen_times(1), counts.seen_times(2)),
            (10, 4, 2, 0)
        );
        let fewer = counts.without_one(3);
        assert_eq!(fewer, Counts::new([2, 1, 1, 5]).expect("enough draws"));
        assert_eq!(counts.without_one(1), Counts::new([3, 1, 5]).expect("enough draws"));
        assert_eq!(counts.with_a_new_atom(), Counts::new([3, 1, 1, 4, 1]).expect("enough draws"));
    }

    /// The jackknife of a mean is its classical standard error: here of the frequency 3/10.
    #[test]
    fn the_jackknife_of_a_mean_is_classical() {
        let counts = Counts::new([3, 7]).expect("enough draws");
        let frequency = |c: &Counts| c.multiplicities[0].0 as f64 / c.draws as f64;
        let expected = (0.3_f64 * 0.7 / 9.0).sqrt();
        assert!((counts.std_err(frequency) - expected).abs() < 1e-15);
    }

    /// 4,000 different counts: the error of −Σ p̂ ln p̂ from 1,000 replicates is that of (Σ p̂ ln²
    /// p̂ − Ĥ²)/n to 1 %.
    #[test]
    fn many_different_counts_share_replicates() {
        let counts = Counts::new(1..=4000).expect("enough draws");
        let n = counts.draws() as f64;
        let entropy = |c: &Counts| crate::source::entropy::plug_in::value(c, 1.0).expect("Shannon");
        let square = counts.sum(|c| c / n * (c / n).ln().powi(2)) - entropy(&counts).powi(2);
        let ratio = counts.std_err(entropy) / (square / n).sqrt();
        assert!((ratio - 1.0).abs() < 0.01, "{ratio}");
    }

    #[test]
    fn too_little_is_refused() {
        assert!(Counts::new([1, 0]).is_err());
        let source = Source::parse("zipf:exponent=2,atoms=5,embedding=codebook").expect("a known source");
        assert_eq!(Counts::of(&source, 0, 100).expect("enough draws").draws(), 100);
    }
}
