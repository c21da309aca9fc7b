//! Numbers of simulated paths.

use std::ops::Range;

use super::chain::Chain;
use super::errors::{Errors, Gap, Loss, rounding_of};
use super::girsanov::Girsanov;
use crate::channel::posterior::{BATCH, PosteriorMean};
use crate::denoiser::Denoiser;
use crate::error::Result;
use crate::numeric::stream::Stream;

/// What is simulated, whatever is read off it and wherever that is done.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Simulation<'a> {
    /// The last states of a chain, d × BATCH a batch.
    LastStates(&'a Chain),
    /// The pathwise KL along true paths, one number a batch.
    PathKl(&'a Girsanov),
    /// Errors of a denoiser on true states, two a state.
    Errors(&'a Errors),
}

impl<'a> Simulation<'a> {
    /// Whether devices have a kernel for it: states of a denoiser that adds a constant to the
    /// posterior mean.
    pub fn has_kernel(&self) -> bool {
        match self {
            Self::LastStates(chain) => chain.denoiser().offset(1.0).is_some(),
            Self::PathKl(girsanov) => girsanov.denoiser().offset(1.0).is_some(),
            Self::Errors(_) => false,
        }
    }

    /// Whose estimates it asks for.
    pub fn denoiser(&self) -> &'a dyn Denoiser {
        match self {
            Self::LastStates(chain) => chain.denoiser(),
            Self::PathKl(girsanov) => girsanov.denoiser(),
            Self::Errors(errors) => errors.denoiser(),
        }
    }

    /// Numbers that a batch gives.
    pub fn width(&self) -> usize {
        match self {
            Self::LastStates(chain) => chain.dim() * BATCH,
            Self::PathKl(_) => 1,
            Self::Errors(_) => 2 * BATCH,
        }
    }

    /// The posterior mean.
    pub fn mean(&self) -> &'a PosteriorMean {
        match self {
            Self::LastStates(chain) => chain.mean(),
            Self::PathKl(girsanov) => girsanov.mean(),
            Self::Errors(errors) => errors.mean(),
        }
    }

    /// The numbers of paths `first .. first + BATCH`, by this processor.
    ///
    /// # Errors
    /// Those of the denoiser, and one that gives NaN or ∞.
    pub fn run(&self, stream: &Stream, first: u64) -> Result<Vec<f64>> {
        match self {
            Self::LastStates(chain) => chain.run(stream, first),
            Self::PathKl(girsanov) => Ok(vec![girsanov.run(stream, first)?]),
            Self::Errors(errors) => errors.run(stream, first),
        }
    }
}

/// Whoever simulates.
pub trait Simulator: Sync {
    /// The numbers of the paths of `range`, both ends multiples of [`BATCH`]: [`Simulation::width`]
    /// a batch, one batch after the other.
    ///
    /// # Errors
    /// [`crate::error::Error::Backend`] of a device; those of a denoiser.
    fn simulate(&self, simulation: Simulation, stream: &Stream, range: Range<u64>) -> Result<Vec<f64>>;

    /// Paths that are best asked for at a time, a multiple of [`BATCH`].
    fn tile(&self) -> usize {
        BATCH
    }
}

/// A functional of simulated paths whose mean over batches of [`BATCH`] paths is a quantity.
///
/// Paths are addressed like samples: path i uses sample i of the stream it is given (and of lanes
/// named after that one) and nothing else. So two statistics on one lane share their random
/// numbers, and a difference of theirs is a paired one.
pub trait Statistic: Send + Sync {
    /// Rows that a batch gives: one a path (`BATCH`), or one for the whole batch (1) where paths
    /// enter in pairs.
    fn rows(&self) -> usize;

    /// What it is a number of.
    fn simulation(&self) -> Simulation<'_>;

    /// What arithmetic narrower than f64 in a denoiser may have made of the mean `value`.
    fn rounding(&self, value: f64) -> f64 {
        let _ = value;
        0.0
    }

    /// Makes ready to [`Statistic::read`] paths of `stream`: a pilot is simulated here.
    ///
    /// # Errors
    /// Those of `simulator`.
    fn prepare(&self, stream: &Stream, simulator: &dyn Simulator) -> Result<()> {
        let _ = (stream, simulator);
        Ok(())
    }

    /// The rows of paths `first .. first + BATCH` into `out`, [`Statistic::rows`] numbers, from
    /// what was `simulated` of them.
    fn read(&self, simulated: &[f64], stream: &Stream, first: u64, out: &mut [f64]);
}

impl Statistic for Girsanov {
    fn rows(&self) -> usize {
        1
    }

    fn simulation(&self) -> Simulation<'_> {
        Simulation::PathKl(self)
    }

    fn rounding(&self, value: f64) -> f64 {
        let weight = |step: &[f64]| [step[0], 0.5 * (step[1] - step[0])];
        rounding_of(self.denoiser(), self.grid().windows(2).map(weight), value)
    }

    fn read(&self, simulated: &[f64], _: &Stream, _: u64, out: &mut [f64]) {
        out.copy_from_slice(simulated);
    }
}

impl Statistic for Loss {
    fn rows(&self) -> usize {
        BATCH
    }

    fn simulation(&self) -> Simulation<'_> {
        Simulation::Errors(&self.0)
    }

    fn rounding(&self, value: f64) -> f64 {
        self.0.rounding(value)
    }

    fn read(&self, simulated: &[f64], _: &Stream, _: u64, out: &mut [f64]) {
        out.copy_from_slice(&simulated[..BATCH]);
    }
}

impl Statistic for Gap {
    fn rows(&self) -> usize {
        BATCH
    }

    fn simulation(&self) -> Simulation<'_> {
        Simulation::Errors(&self.0)
    }

    fn rounding(&self, value: f64) -> f64 {
        self.0.rounding(value)
    }

    fn read(&self, simulated: &[f64], _: &Stream, _: u64, out: &mut [f64]) {
        out.copy_from_slice(&simulated[BATCH..]);
    }
}
