//! What was measured of some leaves of a lane.

use std::collections::BTreeMap;

use crate::numeric::moments::Moments;

/// Moments of columns, and which of these could not be measured.
#[derive(Debug, Clone, PartialEq)]
pub struct Measured {
    /// Columns (of those that were asked for) that cannot be measured, each with the reason: that of
    /// its first sample without a finite number.
    pub failed: BTreeMap<usize, String>,
    /// The error that the backend makes in the mean of each other column.
    pub bounds: Vec<f64>,
    /// Moments of the other columns, and of the control variates after them.
    pub moments: Moments,
}

impl Measured {
    /// Number of columns that were asked for.
    fn columns(&self) -> usize {
        self.bounds.len() + self.failed.len()
    }

    /// Both together, `right` being of the samples that follow; a column that failed in one of them
    /// has failed.
    pub fn merged(self, right: Self) -> Self {
        let mut failed = self.failed.clone();
        for (&column, why) in &right.failed {
            failed.entry(column).or_insert_with(|| why.clone());
        }
        let (mut left, right) = (self.without(&failed), right.without(&failed));
        left.bounds.iter_mut().zip(&right.bounds).for_each(|(bound, other)| *bound = bound.max(*other));
        left.moments.merge(&right.moments);
        left
    }

    /// Without the columns `failed`, of which its own are a part.
    fn without(self, failed: &BTreeMap<usize, String>) -> Self {
        if failed.len() == self.failed.len() {
            return Self { failed: failed.clone(), ..self };
        }
        let had = (0..self.columns()).filter(|column| !self.failed.contains_key(column));
        let kept: Vec<usize> =
            had.enumerate().filter(|(_, column)| !failed.contains_key(column)).map(|(at, _)| at).collect();
        let (columns, width) = (self.bounds.len(), self.moments.width());
        let with_controls: Vec<usize> = kept.iter().copied().chain(columns..width).collect();
        Self {
            failed: failed.clone(),
            bounds: kept.iter().map(|&at| self.bounds[at]).collect(),
            moments: self.moments.select(&with_controls),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Columns 0, 1 and 2 and a control: 1 fails on the left, 0 and 1 on the right.
    #[test]
    fn a_column_that_fails_anywhere_has_failed() {
        let rows: Vec<f64> = (0..40).map(|k| f64::from(k).sin()).collect();
        let all = Moments::of_block(&rows, 4);
        let part = |kept: &[usize], failed: &[(usize, &str)]| Measured {
            failed: failed.iter().map(|(column, why)| (*column, (*why).to_owned())).collect(),
            bounds: kept[..kept.len() - 1].iter().map(|&column| column as f64).collect(),
            moments: all.select(kept),
        };
        let both = part(&[0, 2, 3], &[(1, "first")]).merged(part(&[2, 3], &[(0, "a"), (1, "second")]));
        let mut expected = all.select(&[2, 3]);
        expected.merge(&all.select(&[2, 3]));
        assert_eq!(both.moments, expected);
        assert_eq!(both.bounds, [2.0]);
        assert_eq!(both.failed, BTreeMap::from([(0, "a".to_owned()), (1, "first".to_owned())]));
    }
}
