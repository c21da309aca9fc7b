//! Numbers of simulated paths.

use crate::stream::Stream;

/// A functional of simulated paths whose mean over batches of [`crate::posterior::BATCH`] paths is a quantity.
///
/// Paths are addressed like samples: path i uses sample i of the stream it is given (and of lanes named after that one) and
/// nothing else. So two statistics on one lane share their random numbers, and a difference of theirs is a paired one.
pub trait Statistic: Send + Sync {
    /// Rows that a batch gives: one a path (`BATCH`), or one for the whole batch (1) where paths enter in pairs.
    fn rows(&self) -> usize;

    /// The rows of paths `first .. first + BATCH` into `out`, [`Statistic::rows`] numbers.
    fn observe(&self, stream: &Stream, first: u64, out: &mut [f64]);
}
