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

/// Shannon entropy H = E[−ln p(X)] over `n` ≥ 2 draws of the lane `entropy SPEC`, nats.
///
/// # Errors
/// [`Error::Unsupported`] for a law without known weights; [`Error::Invalid`] for fewer than two
/// draws.
pub fn shannon(source: &Source, seed: u64, n: u64) -> Result<Estimate> {
    Ok(average(&contents(source, "shannon", seed, n)?))
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
    let contents = contents(source, "renyi", seed, n)?;
    let largest = contents.iter().fold(f64::NEG_INFINITY, |most, content| most.max(exponent * content));
    // Less one: what is left has the size of what varies, and its rounding.
    let excess: Vec<f64> = contents.iter().map(|content| (exponent * content - largest).exp_m1()).collect();
    let mean = average(&excess);
    let scale = ((1.0 + mean.value) * exponent).abs();
    let std_err = mean.std_err / scale;
    let bound = mean.bound / scale + 0.5 * exponent.abs() * std_err * std_err;
    let value = (mean.value.ln_1p() + largest) / exponent;
    Ok(Estimate { value, std_err, bound: bound + ROUNDING * value.abs(), ..mean })
}

/// The mean of independent summands; its bound is its rounding.
fn average(summands: &[f64]) -> Estimate {
    let mut moments = Moments::new(1);
    summands.chunks(BLOCK).for_each(|block| moments.add_block(block));
    let regression = moments.regress(&[]);
    Estimate {
        value: regression.value[0],
        std_err: regression.covariance[(0, 0)].sqrt(),
        bound: regression.bound[0],
        n: regression.n,
        method: Method::MonteCarlo,
        flags: regression.flags[0],
    }
}

/// ι of `n` draws.
fn contents(source: &Source, quantity: &str, seed: u64, n: u64) -> Result<Vec<f64>> {
    if n < 2 {
        return Err(Error::invalid("samples", format!("an error bar needs at least 2, not {n}")));
    }
    let sampler = source.sampler();
    let stream = Stream::named(seed, &format!("entropy {}", source.spec()));
    (0..n)
        .into_par_iter()
        .map(|sample| sampler.information_content(&stream, sample))
        .collect::<Option<Vec<f64>>>()
        .ok_or_else(|| Error::Unsupported {
            quantity: quantity.into(),
            source_spec: source.spec().into(),
            message: "drawing needs the weight of every atom; this law has none, or its tail was cut".into(),
        })
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
