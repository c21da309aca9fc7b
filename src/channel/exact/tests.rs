//! The evaluators against values computed elsewhere.

use super::*;
use crate::source::Atoms;
use crate::spec::Spec;

/// Relative distance to the reference, whatever the bound says.
const REFERENCE: f64 = 1e-9;
/// Widest relative bound on a line.
const BOUND: f64 = 1e-10;
/// The goldens have twelve digits.
const GOLDEN: f64 = 2e-11;
/// A five-point difference with step 2 % of the SNR.
const DIFFERENCE: f64 = 1e-5;

fn source(spec: &str) -> Source {
    Source::parse(spec).expect(spec)
}

fn on_line(points: Vec<f64>, weights: Vec<f64>) -> Source {
    let spec = Spec::parse("bpsk").expect("a spec");
    Source::discrete(&spec, Atoms::new(1, points, weights).expect("atoms")).expect("a source")
}

/// data/discrete1d.csv: 40-digit trapezoid sums by data/discrete1d.py.
#[test]
fn discrete_laws_on_a_line_match_the_reference() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/data/discrete1d.csv");
    let mut rows = 0;
    for row in csv::Reader::from_path(path).expect(path).records() {
        let row = row.expect("a row");
        let number = |i: usize| row[i].parse::<f64>().expect("a number");
        let values = at(&source(&row[0]), number(1)).expect("a valid snr").expect("a route");
        for (i, found) in [(2, values.mmse), (3, values.mmse_slope), (4, values.information)] {
            let error = (found.value - number(i)).abs();
            assert!(error <= found.bound, "{row:?}, column {i}: error {error:e}, {found:?}");
            assert!(error <= REFERENCE * number(i), "{row:?}, column {i}: error {error:e}, {found:?}");
            assert!(found.bound <= BOUND * number(i), "{row:?}, column {i}: wide bound {found:?}");
        }
        rows += 1;
    }
    assert_eq!(rows, 62);
}

/// Twelve-digit goldens by another program (numpy, trapezoid with step 1/256): snr; mmse, mmse′,
/// mmse″, information.
#[test]
fn the_goldens_are_met() {
    let three = || on_line(vec![-1.0, 0.2, 2.0], vec![0.5, 0.3, 0.2]);
    for (law, snr, golden) in [
        (source("bpsk"), 0.25, [0.795945734366, -0.676392241861, 0.875867097462, 0.111421482185]),
        (source("bpsk"), 1.0, [0.449599509207, -0.316555345404, 0.269790157393, 0.336830820347]),
        (source("bpsk"), 4.0, [0.0685974087907, -0.0401664451873, 0.0245968547817, 0.632720193737]),
        (source("bpsk"), 16.0, [9.82186840182e-5, -5.18079192434e-5, 2.74775010589e-5, 0.693053645483]),
        (
            source("bernoulli:p=0.1"),
            1.0,
            [0.0806511805127, -0.0100426406039, -4.76392897574e-4, 0.0427422695136],
        ),
        (
            source("bernoulli:p=0.1"),
            10.0,
            [0.0219523866512, -3.19113320851e-3, 4.78537167077e-4, 0.247580533017],
        ),
        (three(), 0.3, [0.914065065936, -0.995418758914, 1.71866472162, 0.164119687139]),
        (three(), 4.0, [0.134480580473, -0.0429365252207, 0.0174378086655, 0.775651555827]),
        (source("pam:levels=8"), 1.0, [0.764224275265, -0.656916209303, 1.14629691514, 0.876709116111]),
        (source("pam:levels=8"), 10.0, [0.0739064302736, -0.0114839367118, 1.9703815151e-3, 1.82821125418]),
    ] {
        let v = at(&law, snr).expect("a valid snr").expect("a route");
        let found = [v.mmse.value, -v.mmse_slope.value, v.mmse_curvature.value, v.information.value];
        for (found, golden) in found.into_iter().zip(golden) {
            assert!((found - golden).abs() <= GOLDEN * golden.abs(), "snr {snr}: {found} for {golden}");
        }
    }
}

/// I ≈ ½γ·Var X·(1 − ½γ·Var X) as γ → 0: relative accuracy where H − H(X|Y) has no digit left.
#[test]
fn small_information_keeps_its_digits() {
    for (spec, variance) in [("bpsk", 1.0), ("bernoulli:p=0.1", 0.09), ("pam:levels=16", 21.25)] {
        for snr in [1e-12, 1e-9] {
            let found = at(&source(spec), snr).expect("a valid snr").expect("a route").information;
            let expected = 0.5 * snr * variance * (1.0 - 0.5 * snr * variance);
            assert!(
                (found.value / expected - 1.0).abs() < BOUND,
                "{spec} at {snr}: {found:?} for {expected:e}"
            );
        }
    }
}

/// Each value at `snr` beside the five-point difference of the one before it: 2I′ and M, −M′ and the
/// slope, its own and the curvature.
pub fn derivatives(at: impl Fn(f64) -> ChannelValues, snr: f64, step: f64) -> [(f64, f64); 3] {
    let values = [-2.0, -1.0, 1.0, 2.0].map(|k| at(snr + k * step));
    let derivative = |f: fn(&ChannelValues) -> f64| {
        let [a, b, c, d] = values.each_ref().map(f);
        (a - 8.0 * b + 8.0 * c - d) / (12.0 * step)
    };
    let v = at(snr);
    [
        (2.0 * derivative(|v| v.information.value), v.mmse.value),
        (-derivative(|v| v.mmse.value), v.mmse_slope.value),
        (-derivative(|v| v.mmse_slope.value), v.mmse_curvature.value),
    ]
}

/// H(X|Y) + I = H by two routes, and each value is the derivative of the one before it.
#[test]
fn information_and_mmse_belong_together() {
    for (spec, snr) in [("bpsk", 1.0), ("zipf:exponent=1.5,atoms=1000", 0.3), ("bernoulli:p=1e-6", 30.0)] {
        let law = source(spec);
        let at = |snr: f64| super::at(&law, snr).expect("a valid snr").expect("a route");
        let h = law.pmf().expect("discrete").shannon().value;
        let v = at(snr);
        let sum = v.information.value + v.posterior_entropy.expect("discrete").value;
        assert!((sum / h - 1.0).abs() < BOUND, "{spec}: {sum} for {h}");
        for (difference, value) in derivatives(at, snr, 0.02 * snr) {
            assert!(
                (difference - value).abs() < DIFFERENCE * value.abs(),
                "{spec}: {difference} for {value}"
            );
        }
    }
}

/// Two orthonormal atoms are two atoms √2 apart; one atom has nothing to tell; many in space have
/// no route.
#[test]
fn structure_is_used() {
    let pair = at(&source("simplex:atoms=2"), 2.0).expect("snr").expect("a route");
    let line = at(&source("bpsk"), 1.0).expect("snr").expect("a route");
    assert!((pair.mmse.value / line.mmse.value * 2.0 - 1.0).abs() < REFERENCE, "{pair:?} {line:?}");
    let one = at(&source("codebook:atoms=1,dim=3"), 2.0).expect("snr").expect("a route");
    assert!(one.mmse.value.abs() + one.information.value.abs() <= 0.0);
    assert!(at(&source("codebook:atoms=4,dim=3"), 2.0).expect("snr").is_none());
    assert!(!supports(source("simplex:atoms=3").law()));
    assert!(at(&source("bpsk"), -1.0).is_err());
}
