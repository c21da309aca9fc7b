//! Cumulative weights: which atom a uniform number falls on.

/// Partial sums of weights, for drawing an index by inversion.
#[derive(Debug, Clone)]
pub struct Cumulative {
    ends: Vec<f64>,
}

impl Cumulative {
    /// Partial sums of `weights`: at least one, non-negative, with a positive sum; they need not
    /// sum to 1.
    pub fn new(weights: &[f64]) -> Self {
        let mut total = 0.0;
        let ends: Vec<f64> = weights
            .iter()
            .map(|w| {
                total += w;
                total
            })
            .collect();
        assert!(total > 0.0, "weights must have a positive sum");
        Self { ends }
    }

    /// The partial sums Σ_{j≤i} w_j.
    pub fn ends(&self) -> &[f64] {
        &self.ends
    }

    /// The index i with Σ_{j<i} w_j ≤ u·Σ w < Σ_{j≤i} w_j, for u in (0, 1): i has probability w_i/Σ
    /// w, up to the rounding of the partial sums. O(ln N).
    #[inline]
    pub fn index(&self, u: f64) -> usize {
        let last = self.ends.len() - 1;
        let target = u * self.ends[last];
        // The last index also takes u = 1, which a rounded uniform can be.
        self.ends.partition_point(|&end| end <= target).min(last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_index_owns_its_interval() {
        let cumulative = Cumulative::new(&[1.0, 0.0, 2.0, 1.0]);
        for (u, index) in
            [(1e-300, 0), (0.2499, 0), (0.25, 2), (0.7499, 2), (0.75, 3), (0.9999, 3), (1.0, 3)]
        {
            assert_eq!(cumulative.index(u), index, "u = {u}");
        }
        assert_eq!(Cumulative::new(&[0.3]).index(0.5), 0);
    }
}
