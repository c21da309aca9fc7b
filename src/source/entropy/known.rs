//! Entropies of a source whose weights are known, as averages over draws.

use rayon::prelude::*;

use crate::error::{Error, Result};
use crate::numeric::estimate::{Estimate, Method};
use crate::numeric::moments::Moments;
use crate::numeric::stream::Stream;
use crate::source::Source;

/// Relative rounding error of a few elementary functions.
const ROUNDING: f64 = 8.0 * f64::EPSILON;
/// Summands that are added one by one.
const BLOCK: usize = 64;
/// Draws that one thread takes at once, and pieces whose results are held together: memory does not
/// grow with the draws.
const PIECE: u64 = 1 << 14;
const PIECES: u64 = 256;

/// Shannon entropy H = E[−ln p(X)] over `n` ≥ 2 draws of the lane `entropy SPEC`, nats.
///
/// # Errors
/// [`Error::Unsupported`] for a law without known weights; [`Error::Invalid`] for fewer than two
/// draws.
pub fn shannon(source: &Source, seed: u64, n: u64) -> Result<Estimate> {
    average(&Contents::new(source, "shannon", seed, n)?, |content| content)
}

/// Rényi entropy of order a = `order` ≥ 0, H_a = (1−a)⁻¹ ln E p(X)^{a−1}, over `n` ≥ 2 draws, nats;
/// a = 1 is [`shannon`].
///
/// Standard error by the delta method; `bound` is the size of the leading bias ½|1−a|·std_err² of
/// the logarithm, and rounding.
///
/// # Errors
/// As [`shannon`], and for an order that is negative or not finite.
pub fn renyi(source: &Source, order: f64, seed: u64, n: u64) -> Result<Estimate> {
    if !(order.is_finite() && order >= 0.0) {
        return Err(Error::invalid(
            "renyi",
            format!("the order must be finite and at least 0, not {order}"),
        ));
    }
    let exponent = 1.0 - order;
    if exponent == 0.0 {
        return shannon(source, seed, n);
    }
    let contents = Contents::new(source, "renyi", seed, n)?;
    let most = |piece: &[f64]| piece.iter().fold(f64::NEG_INFINITY, |most, x| most.max(exponent * x));
    let largest = contents.fold(f64::NEG_INFINITY, most, f64::max)?;
    // Less one: what is left has the size of what varies, and its rounding.
    let mean = average(&contents, |content| (exponent * content - largest).exp_m1())?;
    let scale = ((1.0 + mean.value) * exponent).abs();
    let std_err = mean.std_err / scale;
    let bound = mean.bound / scale + 0.5 * exponent.abs() * std_err * std_err;
    let value = (mean.value.ln_1p() + largest) / exponent;
    Ok(Estimate { value, std_err, bound: bound + ROUNDING * value.abs(), ..mean })
}

/// The mean of a function of the information content; its bound is its rounding.
fn average(contents: &Contents, summand: impl Fn(f64) -> f64 + Sync) -> Result<Estimate> {
    let of_piece = |piece: &[f64]| {
        let summands: Vec<f64> = piece.iter().map(|&content| summand(content)).collect();
        let mut moments = Moments::new(1);
        summands.chunks(BLOCK).for_each(|block| moments.add_block(block));
        moments
    };
    let merge = |mut all: Moments, piece: Moments| {
        all.merge(&piece);
        all
    };
    let regression = contents.fold(Moments::new(1), of_piece, merge)?.regress(&[]);
    Ok(Estimate {
        value: regression.value[0],
        std_err: regression.covariance[(0, 0)].sqrt(),
        bound: regression.bound[0],
        n: regression.n,
        method: Method::MonteCarlo,
        flags: regression.flags[0],
    })
}

/// ι of `n` draws.
struct Contents<'a> {
    source: &'a Source,
    quantity: &'static str,
    stream: Stream,
    n: u64,
}

impl<'a> Contents<'a> {
    fn new(source: &'a Source, quantity: &'static str, seed: u64, n: u64) -> Result<Self> {
        if n < 2 {
            return Err(Error::invalid("samples", format!("an error bar needs at least 2, not {n}")));
        }
        let stream = Stream::named(seed, &format!("entropy {}", source.spec()));
        Ok(Self { source, quantity, stream, n })
    }

    /// `of_piece` of the draws, a piece at a time, joined in their order.
    fn fold<T: Send>(
        &self,
        start: T,
        of_piece: impl Fn(&[f64]) -> T + Sync,
        join: impl Fn(T, T) -> T,
    ) -> Result<T> {
        let sampler = self.source.sampler();
        let piece = |k: u64| {
            let draws = k * PIECE..self.n.min((k + 1) * PIECE);
            let contents = draws.map(|sample| sampler.information_content(&self.stream, sample));
            contents.collect::<Option<Vec<f64>>>().map(|contents| of_piece(&contents))
        };
        let (pieces, mut all) = (self.n.div_ceil(PIECE), start);
        for first in (0..pieces).step_by(PIECES as usize) {
            let together = first..pieces.min(first + PIECES);
            let found: Option<Vec<T>> = together.into_par_iter().map(piece).collect();
            all = found.ok_or_else(|| self.unknown())?.into_iter().fold(all, &join);
        }
        Ok(all)
    }

    fn unknown(&self) -> Error {
        Error::Unsupported {
            quantity: self.quantity.into(),
            source_spec: self.source.spec().into(),
            message: "drawing needs the weight of every atom; this law has none, or its tail was cut".into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEEDS: u64 = 200;
    const DRAWS: u64 = 2000;

    fn source(spec: &str) -> Source {
        Source::parse(spec).expect("a known source")
    }

    /// Of 200 intervals at nominal 95 % between 180 and 198 must cover: P(fewer) = 2e-3, P(more) =
    /// 4e-4 for an exact error bar, each of 8 cases; the seeds are fixed.
    #[test]
    fn error_bars_cover_the_truth() {
        for spec in ["zipf:exponent=1.5,atoms=100", "product:dim=3,base=(bernoulli:p=0.2)"] {
            let source = source(spec);
            let pmf = source.pmf().expect("discrete");
            for order in [0.5, 1.0, 1.0 + 1e-9, 2.0] {
                let truth = pmf.renyi(order).value;
                let covered = (0..SEEDS)
                    .filter(|&seed| {
                        let estimate = renyi(&source, order, seed, DRAWS).expect("known weights");
                        (estimate.value - truth).abs() <= 1.96 * estimate.std_err
                    })
                    .count();
                assert!((180..=198).contains(&covered), "{spec}, order {order}: {covered} of {SEEDS}");
            }
        }
    }

    #[test]
    fn a_uniform_law_has_no_error() {
        for order in [0.0, 0.5, 1.0, 3.0] {
            let estimate = renyi(&source("simplex:atoms=50"), order, 0, 100).expect("known weights");
            assert!(
                (estimate.value - 50_f64.ln()).abs() < 1e-13 && estimate.std_err < 1e-13,
                "{estimate:?}"
            );
            assert!(
                (estimate.value - 50_f64.ln()).abs() <= estimate.bound,
                "rounding is counted: {estimate:?}"
            );
        }
    }

    /// Of 2,000 draws one in five seeds sees an atom of 1e-4; whoever did not see it knows neither
    /// H nor an error.
    #[test]
    fn what_no_draw_has_seen_is_doubted() {
        let source = source("bernoulli:p=0.0001");
        for (order, seed) in
            [0.5, 1.0, 2.0].into_iter().flat_map(|order| (0..SEEDS).map(move |seed| (order, seed)))
        {
            let estimate = renyi(&source, order, seed, DRAWS).expect("known weights");
            assert!(!estimate.believed(), "order {order}, seed {seed}: {estimate:?}");
        }
    }

    /// The Hartley entropy ln N needs E 1/p, which the rarest atoms carry.
    #[test]
    fn a_sum_that_one_sample_carries_is_flagged() {
        let estimate = renyi(&source("zipf:exponent=4,atoms=1000"), 0.0, 0, 500).expect("known weights");
        assert!(!estimate.believed(), "{estimate:?}");
    }

    #[test]
    fn bad_requests_are_refused() {
        assert!(matches!(shannon(&source("bpsk"), 0, 1), Err(Error::Invalid { .. })));
        assert!(matches!(renyi(&source("bpsk"), -1.0, 0, 10), Err(Error::Invalid { .. })));
        assert!(matches!(
            shannon(&source("zipf:exponent=2,atoms=inf"), 0, 10),
            Err(Error::Unsupported { .. })
        ));
    }
}
