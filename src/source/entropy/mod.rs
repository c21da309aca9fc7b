//! The entropy of a law of which a sample is all that is known.
//!
//! * From counts of draws, [`law_behind`]: an estimator of [`ESTIMATORS`] with an interval that
//!   what is [`unseen`] is part of.
//! * From draws of a law whose weights are known, [`known`]: what exact entropies are compared
//!   with.
//! * From points of a continuous law, [`density_behind`]: differential entropies from
//!   [`nearest_neighbour`] distances.
//!
//! ```
//! use klaim::Source;
//! use klaim::internals::source::entropy::{ESTIMATORS, counts::Counts, law_behind};
//!
//! let source = Source::parse("zipf:exponent=2,atoms=100")?;
//! let exact = source.pmf().expect("discrete").shannon().value;
//! let counts = Counts::of(&source, 0, 1000)?;
//! for estimator in ESTIMATORS {
//!     let estimate = law_behind::estimate(&counts, estimator, 1.0, Some(100.0))?;
//!     assert!((estimate.value - exact).abs() < 1.96 * estimate.std_err + estimate.bound);
//! }
//! # Ok::<(), klaim::Error>(())
//! ```

pub mod average;
pub mod chao_shen;
pub mod chao_wang_jost;
pub mod counts;
pub mod density_behind;
pub mod grassberger;
pub mod known;
pub mod law_behind;
pub mod miller_madow;
pub mod nearest_neighbour;
pub mod plug_in;
pub mod unseen;

use crate::numeric::estimate::Method;
use crate::source::entropy::counts::Counts;

/// An estimator of entropies from counts of independent draws.
#[derive(Debug, Clone, Copy)]
pub struct Estimator {
    /// Which it is.
    pub method: Method,
    /// Its formula.
    pub formula: &'static str,
    /// Where it comes from.
    pub cite: &'static str,
    /// Which orders it has, and where its bias is small.
    pub assumes: &'static str,
    /// Ĥ_a of the counts, nats; `None` for an order that it does not have.
    pub value: fn(&Counts, f64) -> Option<f64>,
}

/// Every estimator from counts.
pub const ESTIMATORS: &[Estimator] = &[
    plug_in::PLUG_IN,
    miller_madow::MILLER_MADOW,
    grassberger::GRASSBERGER,
    chao_shen::CHAO_SHEN,
    chao_wang_jost::CHAO_WANG_JOST,
];

/// `None` but for order 1.
fn shannon_alone(order: f64) -> Option<()> {
    (order - 1.0 == 0.0).then_some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Source;

    /// Relative agreement with the reference programs: the same sums in another order, digamma to
    /// 1e-14.
    const REFERENCE: f64 = 1e-12;

    #[test]
    fn estimates_from_counts_agree_with_the_reference() {
        let mut rows = 0;
        let mut reader =
            csv::Reader::from_reader(include_bytes!("../../../data/entropy_from_counts.csv").as_slice());
        for row in reader.deserialize() {
            let (list, name, expected): (String, String, f64) = row.expect("three columns");
            let counts =
                Counts::new(list.split(';').map(|c| c.parse().expect("a count"))).expect("enough draws");
            let estimator =
                ESTIMATORS.iter().find(|e| e.method.to_string() == name).expect("a listed estimator");
            let value = (estimator.value)(&counts, 1.0).expect("Shannon");
            assert!(
                (value / expected - 1.0).abs() < REFERENCE,
                "{name} of {list}: {value}, expected {expected}"
            );
            rows += 1;
        }
        assert_eq!(rows, 6 * ESTIMATORS.len(), "every estimator has six rows");
    }

    /// (spec, draws, allowed mean errors in the order of [`ESTIMATORS`], nats): measured bias over
    /// 200 seeds plus 5 standard errors of it (at most 5·0.16/√200); false-alarm probability 6e-7
    /// each, 15 of them.
    const BIASES: [(&str, u64, [f64; 5]); 3] = [
        ("simplex:atoms=64", 200, [-0.173, -0.023, 0.002, 0.015, 0.000]),
        ("zipf:exponent=1.5,atoms=1000", 1000, [-0.184, -0.125, -0.076, 0.037, -0.047]),
        ("zipf:exponent=1,atoms=1000", 300, [-0.843, -0.602, -0.351, -0.324, -0.159]),
    ];
    const SEEDS: u64 = 200;

    /// The jackknife's error bar over the true deviation: 0.93 to 1.3 on Zipf laws, up to 2.6 on
    /// the uniform law, whose information content does not vary (measured).
    #[test]
    fn biases_are_the_stated_ones_and_error_bars_honest() {
        for (spec, n, biases) in BIASES {
            let source = Source::parse(spec).expect("a known source");
            let truth = source.pmf().expect("discrete").shannon().value;
            let samples: Vec<Counts> =
                (0..SEEDS).map(|seed| Counts::of(&source, seed, n).expect("draws")).collect();
            for (estimator, bias) in ESTIMATORS.iter().zip(biases) {
                let value = |counts: &Counts| (estimator.value)(counts, 1.0).expect("Shannon");
                let values: Vec<f64> = samples.iter().map(value).collect();
                let mean = values.iter().sum::<f64>() / SEEDS as f64;
                let square: f64 =
                    values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (SEEDS - 1) as f64;
                let std_err = (square / SEEDS as f64).sqrt();
                let what = format!("{} on {spec}", estimator.method);
                assert!(
                    (mean - truth - bias).abs() < 5.0 * std_err,
                    "{what}: bias {}, stated {bias}",
                    mean - truth
                );
                let bars: f64 =
                    samples.iter().map(|counts| counts.std_err(value)).sum::<f64>() / SEEDS as f64;
                let ratio = bars / square.sqrt();
                assert!((0.85..3.0).contains(&ratio), "{what}: error bar over deviation {ratio}");
            }
        }
    }
}
