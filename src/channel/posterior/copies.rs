//! Independent copies: everything adds, so one copy's observables times their number have the same
//! means.

use super::grid::Grid;
use super::readout::Observed;
use super::{Observable, PosteriorSampler, Tables};
use crate::numeric::stream::Stream;

/// Samples the posterior of a product law through one of its factors.
pub struct Copies {
    /// Samples the posterior of one factor.
    pub factor: Box<dyn PosteriorSampler>,
    /// Number of factors.
    pub copies: usize,
}

impl PosteriorSampler for Copies {
    fn observe(&self, stream: &Stream, first: u64, grid: &Grid, out: &mut [Observed], controls: &mut [f64]) {
        self.factor.observe(stream, first, grid, out, controls);
        let n = self.copies as f64;
        for observed in out {
            observed.information *= n;
            observed.posterior_entropy *= n;
            observed.mmse *= n;
            observed.slope *= n;
        }
    }

    fn tables(&self) -> Option<Tables<'_>> {
        self.factor.tables().map(|_| Tables::Copies { factor: self.factor.as_ref(), copies: self.copies })
    }

    fn control_means(&self) -> &[f64] {
        self.factor.control_means()
    }

    fn anchored_below(&self) -> f64 {
        self.factor.anchored_below()
    }

    fn unseen(&self, observable: Observable, n: u64) -> f64 {
        self.factor.unseen(observable, n)
    }

    fn relative_bound(&self) -> f64 {
        self.factor.relative_bound()
    }
}
