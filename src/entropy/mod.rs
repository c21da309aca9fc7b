//! Entropies by drawing: what an exact value is compared with, and what is left where no exact value is known.
//!
//! * with known weights: [`known`], unbiased, with honest error bars;
//! * from counts of draws: [`FROM_COUNTS`] and [`renyi_plug_in`], whose bias has no bound unless the alphabet is known;
//! * from points of a continuous law: [`nearest_neighbour`], differential entropies.
//!
//! ```
//! use klaim::{entropy::{counts::Counts, FROM_COUNTS}, source::Source};
//!
//! let source = Source::parse("zipf:exponent=2,atoms=100")?;
//! let exact = source.pmf().expect("discrete").shannon().value;
//! let counts = Counts::of(&source, 0, 1000)?;
//! for (estimator, shannon) in FROM_COUNTS {
//!     let estimate = shannon(&counts);
//!     assert!((estimate.value - exact).abs() < 0.2, "{}: {}", estimator.name, estimate.value);
//! }
//! # Ok::<(), klaim::error::Error>(())
//! ```

pub mod average;
pub mod chao_shen;
pub mod chao_wang_jost;
pub mod counts;
pub mod grassberger;
pub mod known;
pub mod miller_madow;
pub mod nearest_neighbour;
pub mod plug_in;
pub mod renyi_plug_in;

use crate::estimate::Estimate;

/// One estimator, for listing.
#[derive(Debug, Clone, Copy)]
pub struct Estimator {
    /// Its name.
    pub name: &'static str,
    /// Its formula.
    pub formula: &'static str,
    /// Where it comes from.
    pub cite: &'static str,
    /// What it assumes, and what is known of its bias.
    pub assumes: &'static str,
}

/// Every estimator.
pub const ESTIMATORS: &[Estimator] = &[
    known::SHANNON,
    known::RENYI,
    plug_in::PLUG_IN,
    miller_madow::MILLER_MADOW,
    grassberger::GRASSBERGER,
    chao_shen::CHAO_SHEN,
    chao_wang_jost::CHAO_WANG_JOST,
    renyi_plug_in::RENYI_PLUG_IN,
    nearest_neighbour::KOZACHENKO_LEONENKO,
    nearest_neighbour::LEONENKO_PRONZATO_SAVANI,
];

/// An estimator of Shannon entropy from counts, nats.
pub type FromCounts = (Estimator, fn(&counts::Counts) -> Estimate);

/// The estimators of Shannon entropy from counts.
pub const FROM_COUNTS: &[FromCounts] = &[
    (plug_in::PLUG_IN, plug_in::shannon),
    (miller_madow::MILLER_MADOW, miller_madow::shannon),
    (grassberger::GRASSBERGER, grassberger::shannon),
    (chao_shen::CHAO_SHEN, chao_shen::shannon),
    (chao_wang_jost::CHAO_WANG_JOST, chao_wang_jost::shannon),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Source;
    use counts::Counts;

    /// Relative agreement with the reference programs: the same sums in another order, digamma to 1e-14.
    const REFERENCE: f64 = 1e-12;

    #[test]
    fn estimates_from_counts_agree_with_the_reference() {
        let mut rows = 0;
        let mut reader = csv::Reader::from_reader(include_bytes!("../../data/entropy_from_counts.csv").as_slice());
        for row in reader.deserialize() {
            let (list, name, expected): (String, String, f64) = row.expect("three columns");
            let counts = Counts::new(list.split(';').map(|c| c.parse().expect("a count")), None).expect("enough draws");
            let (_, shannon) = FROM_COUNTS.iter().find(|(e, _)| e.name == name).expect("a listed estimator");
            let value = shannon(&counts).value;
            assert!((value / expected - 1.0).abs() < REFERENCE, "{name} of {list}: {value}, expected {expected}");
            rows += 1;
        }
        assert_eq!(rows, 6 * FROM_COUNTS.len(), "every estimator has six rows");
    }

    /// (spec, draws, allowed mean errors in the order of [`FROM_COUNTS`], nats): measured bias over 200 seeds plus
    /// 5 standard errors of it (at most 5·0.16/√200); false-alarm probability 6e-7 each, 15 of them.
    const BIASES: [(&str, u64, [f64; 5]); 3] = [
        ("simplex:atoms=64", 200, [-0.173, -0.023, 0.002, 0.015, 0.000]),
        ("zipf:exponent=1.5,atoms=1000", 1000, [-0.184, -0.125, -0.076, 0.037, -0.047]),
        ("zipf:exponent=1,atoms=1000", 300, [-0.843, -0.602, -0.351, -0.324, -0.159]),
    ];
    const SEEDS: u64 = 200;

    /// The jackknife's error bar over the true deviation: 0.93 to 1.3 on Zipf laws, up to 2.6 on the uniform law, whose
    /// information content does not vary (measured).
    #[test]
    fn biases_are_the_stated_ones_and_error_bars_honest() {
        for (spec, n, biases) in BIASES {
            let source = Source::parse(spec).expect("a known source");
            let truth = source.pmf().expect("discrete").shannon().value;
            let samples: Vec<Counts> = (0..SEEDS).map(|seed| Counts::of(&source, seed, n).expect("draws")).collect();
            for ((estimator, shannon), bias) in FROM_COUNTS.iter().zip(biases) {
                let estimates: Vec<Estimate> = samples.iter().map(shannon).collect();
                let mean = estimates.iter().map(|e| e.value).sum::<f64>() / SEEDS as f64;
                let square: f64 = estimates.iter().map(|e| (e.value - mean).powi(2)).sum::<f64>() / (SEEDS - 1) as f64;
                let std_err = (square / SEEDS as f64).sqrt();
                let seen = mean - truth;
                let what = format!("{} on {spec}", estimator.name);
                assert!((seen - bias).abs() < 5.0 * std_err, "{what}: bias {seen}, stated {bias}");
                assert!(seen.abs() <= estimates[0].bound, "{what}: bias {seen} beyond {}", estimates[0].bound);
                let ratio = estimates.iter().map(|e| e.std_err).sum::<f64>() / SEEDS as f64 / square.sqrt();
                assert!((0.85..3.0).contains(&ratio), "{what}: error bar over deviation {ratio}");
            }
        }
    }

    #[test]
    fn names_are_unique_and_every_entry_says_what_it_assumes() {
        for (i, estimator) in ESTIMATORS.iter().enumerate() {
            assert!(
                ESTIMATORS[..i].iter().all(|other| other.name != estimator.name),
                "{} is listed twice",
                estimator.name
            );
            assert!([estimator.formula, estimator.cite, estimator.assumes].iter().all(|text| !text.is_empty()));
        }
    }
}
