//! Every density against `data/densities.csv`, and against itself.

use crate::channel::exact;
use crate::numeric::estimate::Estimate;
use crate::source::{Density, Law, Source};

/// The table has 17 digits, and 13 for what the channel makes.
const TABLE: f64 = 1e-15;
const CHANNEL_TABLE: f64 = 5e-12;
/// No relative bound on a channel value may be wider.
const SHARPEST: f64 = 1e-9;
/// The table of the whole range is good to this, and no bound there may be wider.
const RANGE_TABLE: f64 = 1e-9;
const WIDEST: f64 = 1e-8;
/// Distribution functions: relative, through an exponential of some hundreds.
const RELATIVE: f64 = 2e-12;

const LAWS: [&str; 16] = [
    "laplace",
    "student-t:dof=0.7",
    "student-t:dof=3",
    "student-t:dof=40",
    "cauchy",
    "pareto:shape=1.5",
    "pareto:shape=6",
    "lognormal:sigma=1",
    "stable:alpha=1.5",
    "stable:alpha=0.3",
    "stable:alpha=1.99",
    "uniform:lo=-3,hi=5",
    "lognormal:sigma=20",
    "lognormal:sigma=1e-3",
    "pareto:shape=1e6",
    "student-t:dof=0.1",
];

fn with_density<T>(source: &Source, f: impl Fn(&dyn Density) -> T) -> T {
    let Law::Density(density) = source.law() else { panic!("{} is no density", source.spec()) };
    f(density.as_ref())
}

fn channel(source: &Source, snr: f64) -> exact::ChannelValues {
    exact::at(source, snr).expect("a valid snr").expect("a route")
}

#[test]
fn every_density_matches_the_reference_table() {
    let mut reader = csv::Reader::from_reader(include_str!("../../../data/densities.csv").as_bytes());
    let mut rows = 0;
    // Rows of one law stand together, and so do those of one SNR: each is prepared once.
    let mut source = Source::parse("laplace").expect("a law");
    let mut values: Option<(String, f64, exact::ChannelValues)> = None;
    for record in reader.records() {
        let record = record.expect("a row");
        if source.spec() != &record[0] {
            source = Source::parse(&record[0]).expect("a known law");
        }
        let mut channel = |source: &Source, snr: f64| match &values {
            Some((spec, at, found)) if spec == source.spec() && at.to_bits() == snr.to_bits() => *found,
            _ => {
                let found = channel(source, snr);
                values = Some((source.spec().to_owned(), snr, found));
                found
            }
        };
        let number = |i: usize| record[i].parse::<f64>().expect("a number");
        let (at, expected) = (number(2), number(3));
        let plain = |value: f64| Estimate { bound: RELATIVE * value.abs(), ..Estimate::exact(value) };
        let found = match &record[1] {
            "ln_density" => with_density(&source, |law| plain(law.ln_density(at - law.origin()))),
            "cdf" => with_density(&source, |law| plain(law.cdf(at - law.origin()))),
            "survival" => with_density(&source, |law| plain(law.survival(at - law.origin()))),
            "renyi" => with_density(&source, |law| law.differential_renyi(at)),
            "mmse" => channel(&source, at).mmse,
            "mmse_slope" => channel(&source, at).mmse_slope,
            "mmse_curvature" => channel(&source, at).mmse_curvature,
            "information" => channel(&source, at).information,
            other => panic!("nothing computes `{other}`"),
        };
        rows += 1;
        if expected.is_infinite() {
            assert!(found.value.is_infinite() && found.bound <= 0.0, "{record:?}: {found:?}");
            continue;
        }
        let from_channel = record[1].starts_with("mmse") || &record[1] == "information";
        let table = if from_channel { CHANNEL_TABLE } else { TABLE };
        let error = (found.value - expected).abs();
        assert!(error <= found.bound + table * expected.abs(), "{record:?}: error {error:e}, {found:?}");
        assert!(found.bound <= SHARPEST * expected.abs().max(1e-3), "{record:?}: wide bound {found:?}");
    }
    assert!(rows > 200, "only {rows} rows");
}

/// data/density_range.csv: the ends of every parameter's range, at SNRs from 1e-8 to 1e8, by
/// another quadrature in 80 bits.
#[test]
fn every_parameter_is_answered_rightly() {
    let mut reader = csv::Reader::from_reader(include_str!("../../../data/density_range.csv").as_bytes());
    let mut rows = 0;
    for record in reader.records() {
        let record = record.expect("a row");
        let number = |i: usize| record[i].parse::<f64>().expect("a number");
        let values = channel(&Source::parse(&record[0]).expect("a known law"), number(1));
        let found = match &record[2] {
            "mmse" => values.mmse,
            "mmse_slope" => values.mmse_slope,
            _ => values.information,
        };
        let expected = number(3);
        let error = (found.value - expected).abs();
        assert!(error <= found.bound + RANGE_TABLE * expected, "{record:?}: error {error:e}, {found:?}");
        assert!(found.bound <= WIDEST * expected, "{record:?}: wide bound {found:?}");
        rows += 1;
    }
    assert!(rows > 60, "only {rows} rows");
}

/// cdf and survival make one and quantiles invert, down to tails of 1e-12.
#[test]
fn quantiles_invert() {
    for spec in LAWS {
        let source = Source::parse(spec).expect(spec);
        with_density(&source, |law| {
            for u in [1e-12, 1e-3, 0.25, 0.5, 0.9, 0.999] {
                let x = law.quantile(u);
                // The last places of x move u by the density.
                let place = 4.0 * f64::EPSILON * x.abs() * law.ln_density(x).exp();
                assert!(
                    (law.cdf(x) - u).abs() < 1e-9 * u + place,
                    "{spec}: quantile({u}) = {x}, cdf {}",
                    law.cdf(x)
                );
                assert!((law.cdf(x) + law.survival(x) - 1.0).abs() < RELATIVE, "{spec} at {x}");
            }
        });
    }
}

/// M ≤ min(Var X, 1/γ), M falls, γM → 1, I ≤ ½ ln(1 + γ Var X), and each value is the derivative of
/// the one before.
#[test]
fn channel_values_obey_the_theorems() {
    for spec in ["laplace", "student-t:dof=0.7", "pareto:shape=1.5", "lognormal:sigma=1"] {
        let source = Source::parse(spec).expect(spec);
        let variance = source.second_moment().value;
        for snr in [1e-4, 30.0] {
            let v = channel(&source, snr);
            assert!(v.mmse.value <= variance.min(1.0 / snr) + v.mmse.bound, "{spec} at {snr}: {v:?}");
            assert!(
                v.information.value <= 0.5 * (snr * variance).ln_1p() + v.information.bound,
                "{spec} at {snr}: {:?}",
                v.information
            );
            assert!(v.mmse.bound <= SHARPEST * v.mmse.value, "{spec} at {snr}: {:?}", v.mmse);
            let at = |snr: f64| channel(&source, snr);
            for (difference, value) in exact::tests::derivatives(at, snr, 0.01 * snr) {
                assert!(
                    (difference / value - 1.0).abs() < 1e-6,
                    "{spec} at {snr}: {difference} for {value}"
                );
            }
        }
        let far = channel(&source, 1e10).mmse.value * 1e10;
        assert!((far - 1.0).abs() < 1e-3, "{spec}: γM = {far}");
    }
}
