//! Which pairs of columns have their cross products kept.

use std::ops::Range;

use serde::{Deserialize, Serialize};

/// Runs of columns j ≤ i, in increasing order, for each column i: the pairs (i, j) of a symmetric
/// table that are kept. Every column has its square, (i, i).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Pairs {
    rows: Vec<Vec<[u32; 2]>>,
    /// Where each row begins in a list of all pairs, row by row, and how long the list is.
    starts: Vec<usize>,
}

impl Pairs {
    fn new(rows: Vec<Vec<[u32; 2]>>) -> Self {
        let mut starts = vec![0];
        for row in &rows {
            let length: usize = row.iter().map(|[from, to]| (to - from) as usize).sum();
            starts.push(starts[starts.len() - 1] + length);
        }
        Self { rows, starts }
    }

    /// Every pair of `width` columns.
    pub fn all(width: usize) -> Self {
        Self::new((0..width as u32).map(|i| vec![[0, i + 1]]).collect())
    }

    /// The pairs within each of `groups` of `width` columns, and the squares.
    pub fn within<'a>(width: usize, groups: impl IntoIterator<Item = &'a [usize]>) -> Self {
        let mut partners: Vec<Vec<u32>> = (0..width as u32).map(|i| vec![i]).collect();
        for group in groups {
            for &i in group {
                partners[i].extend(group.iter().filter(|&&j| j < i).map(|&j| j as u32));
            }
        }
        Self::new(partners.into_iter().map(runs).collect())
    }

    /// The same with `controls` more columns after them, each of which has every pair.
    pub fn with_controls(&self, controls: usize) -> Self {
        let width = self.width();
        let of_controls = (width..width + controls).map(|i| vec![[0, i as u32 + 1]]);
        Self::new(self.rows.iter().cloned().chain(of_controls).collect())
    }

    /// Those of some of the columns.
    pub fn select(&self, columns: &[usize]) -> Self {
        let row = |(i, &high): (usize, &usize)| {
            runs((0..=i as u32).filter(|&j| self.place(high, columns[j as usize]).is_some()).collect())
        };
        Self::new(columns.iter().enumerate().map(row).collect())
    }

    /// Number of columns.
    pub fn width(&self) -> usize {
        self.rows.len()
    }

    /// Number of pairs.
    pub fn len(&self) -> usize {
        self.starts[self.rows.len()]
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Where (i, j) stands in a list of all pairs, row by row; `None` where it is not kept.
    pub fn place(&self, i: usize, j: usize) -> Option<usize> {
        let (low, high) = (i.min(j) as u32, i.max(j));
        let mut at = self.starts[high];
        for &[from, to] in &self.rows[high] {
            if low < to {
                return (low >= from).then(|| at + (low - from) as usize);
            }
            at += (to - from) as usize;
        }
        None
    }

    /// The runs of columns j of every column i, with i.
    pub(super) fn runs(&self) -> impl Iterator<Item = (usize, Range<usize>)> {
        let range = |&[from, to]: &[u32; 2]| from as usize..to as usize;
        self.rows.iter().enumerate().flat_map(move |(i, row)| row.iter().map(move |run| (i, range(run))))
    }

    /// Every pair (i, j), j ≤ i, in the order of their list.
    pub(super) fn iter(&self) -> impl Iterator<Item = (usize, usize)> {
        self.runs().flat_map(|(i, run)| run.map(move |j| (i, j)))
    }
}

/// Numbers as runs.
fn runs(mut numbers: Vec<u32>) -> Vec<[u32; 2]> {
    numbers.sort_unstable();
    numbers.dedup();
    let mut runs: Vec<[u32; 2]> = Vec::new();
    for j in numbers {
        match runs.last_mut().filter(|[_, to]| *to == j) {
            Some([_, to]) => *to += 1,
            None => runs.push([j, j + 1]),
        }
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_found_where_they_are_kept() {
        let pairs = Pairs::within(5, [&[0, 2, 3][..], &[4, 1]]).with_controls(1);
        let kept: Vec<_> = pairs.iter().collect();
        let own = [(0, 0), (1, 1), (2, 0), (2, 2), (3, 0), (3, 2), (3, 3), (4, 1), (4, 4)];
        let controls: Vec<_> = (0..6).map(|j| (5, j)).collect();
        assert_eq!(kept, [&own[..], &controls].concat());
        assert_eq!((pairs.len(), pairs.width()), (kept.len(), 6));
        for (place, &(i, j)) in kept.iter().enumerate() {
            assert_eq!((pairs.place(i, j), pairs.place(j, i)), (Some(place), Some(place)));
        }
        assert_eq!((pairs.place(1, 0), pairs.place(4, 3)), (None, None));
        let some = pairs.select(&[2, 3, 5]);
        assert_eq!(some, Pairs::all(3));
        assert_eq!(pairs.select(&[1, 2]), Pairs::within(2, []));
    }
}
