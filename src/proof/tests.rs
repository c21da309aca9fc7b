//! The enclosures hold what other programs find, what they are at every SNR inside a cell, and are
//! no wider than the proofs need.

use super::integral::{Detail, averages};
use super::law::{IntervalLaw, LineLaw};
use super::*;
use crate::claim::expression::Expression;
use crate::claim::statement::{Operand, RangeStatement, Side};
use crate::claim::verdict::Relation;
use crate::numeric::interval::Interval;
use crate::numeric::interval::planted::Fault;
use crate::spec::Spec;

const INF: f64 = f64::INFINITY;
/// Half a unit of the last of twelve digits.
const DIGITS: f64 = 6e-12;
/// The width of an enclosure at a single SNR, relative above 1.
const WIDTH: f64 = 1e-9;

fn line(spec: &str) -> LineLaw {
    match IntervalLaw::of(&Spec::parse(spec).unwrap(), None) {
        Some(IntervalLaw::Line(line)) => line,
        other => panic!("{spec}: {other:?}"),
    }
}

fn at(law: &LineLaw, cell: Interval) -> [Interval; 5] {
    let a = averages(law, cell, true, Detail::FINE).unwrap();
    [a.mmse, a.slope, a.slope_change, a.slope_bend, a.equivocation]
}

fn side(text: &str, constant: f64) -> Side {
    let expression = Expression::parse(text).unwrap();
    let term = |name: &str| match name {
        "snr" => Operand::Snr,
        "C" => Operand::Number(constant),
        name => Operand::Quantity(name.into(), None),
    };
    let operands = expression.references().iter().map(|r| term(&r.name)).collect();
    Side { expression, operands }
}

/// `lhs relation rhs` for the SNRs of a range, with a constant C.
fn statement(
    source: &str,
    snr: [f64; 2],
    (lhs, relation, rhs): (&str, Relation, &str),
    c: f64,
) -> RangeStatement {
    let source = Spec::parse(source).unwrap();
    let (lhs, rhs) = (side(lhs, c), side(rhs, c));
    RangeStatement { source, atoms: None, parameter: None, snr, lhs, relation, rhs }
}

/// γ² |M′| ≤ C H².
const ENTROPY: (&str, Relation, &str) = ("snr^2 * mmse_slope", Relation::AtMost, "C * shannon^2");

/// M, −M′ and I of `data/discrete1d.csv`: mpmath, forty digits.
#[test]
fn averages_hold_the_references() {
    let table = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/data/discrete1d.csv"));
    let mut checked = 0;
    for row in table.lines().skip(1) {
        let cells: Vec<&str> = row.rsplitn(5, ',').collect();
        let [information, slope, mmse, snr, spec] = cells[..] else { panic!("{row}") };
        let spec = spec.trim_matches('"');
        let Some(IntervalLaw::Line(law)) = IntervalLaw::of(&Spec::parse(spec).unwrap(), None) else {
            continue;
        };
        let Some(found) = averages(&law, Interval::decimal(snr).unwrap(), true, Detail::FINE) else {
            continue;
        };
        let information_found = law.shannon() - found.equivocation;
        for (what, got, truth) in [
            ("mmse", found.mmse, mmse),
            ("slope", found.slope, slope),
            ("information", information_found, information),
        ] {
            let truth = Interval::decimal(truth).unwrap();
            assert!(got.meet(truth).is_some(), "{spec} at {snr}, {what}: {got} and {truth}");
            assert!(
                got.width() < WIDTH * truth.magnitude().max(1.0),
                "{spec} at {snr}, {what}: {got} is wide"
            );
            checked += 1;
        }
    }
    assert!(checked >= 60, "{checked} numbers were checked");
}

/// M, M′, M″ and M‴ of the theory's table, twelve digits by another program.
#[test]
fn derivatives_hold_the_references() {
    for (spec, snr, truth) in [
        ("bpsk", 0.25, [0.795945734366, -0.676392241861, 0.875867097462, -2.08159339671]),
        ("bpsk", 4.0, [0.0685974087907, -0.0401664451873, 0.0245968547817, -0.016080622357]),
        ("bernoulli:p=0.1", 1.0, [0.0806511805127, -0.0100426406039, -4.76392897574e-4, 2.09038726668e-3]),
        ("pam:levels=8", 1.0, [0.764224275265, -0.656916209303, 1.14629691514, -3.01896219655]),
        ("pam:levels=8", 10.0, [0.0739064302736, -0.0114839367118, 1.9703815151e-3, -4.16933162036e-4]),
    ] {
        let [m, s, change, bend, _] = at(&line(spec), Interval::point(snr));
        for (got, truth) in [m, -s, -change, -bend].into_iter().zip::<[f64; 4]>(truth) {
            let truth = Interval::new(truth - DIGITS * truth.abs(), truth + DIGITS * truth.abs());
            assert!(got.meet(truth).is_some(), "{spec} at {snr}: {got} and {truth}");
        }
    }
}

/// What holds on a cell holds at each SNR in it, and by Taylor's formula between two of them.
#[test]
fn a_cell_holds_its_points() {
    for spec in ["bpsk", "bernoulli:p=0.03", "pam:levels=5", "zipf:exponent=1.5,atoms=7", "simplex:atoms=2"]
    {
        let law = line(spec);
        for (low, high) in [(0.0, 0.1), (0.5, 0.6), (3.0, 3.1), (9.0, 12.0), (20.0, 20.01)] {
            let cell = Interval::new(low, high);
            let whole = at(&law, cell);
            for share in [0.0, 0.3, 0.77, 1.0] {
                let point = at(&law, Interval::point(low + share * (high - low)));
                for (got, inner) in whole.iter().zip(point) {
                    assert!(got.meet(inner).is_some(), "{spec} on {cell} at {share}: {got} and {inner}");
                }
            }
            // The second derivative of S over the cell: a difference of differences.
            let [a, b, c] = [low, 0.5 * (low + high), high].map(|g| at(&law, Interval::point(g))[1]);
            let half = 0.5 * (high - low);
            let second = (a - b * 2.0 + c) / (half * half);
            assert!(whole[3].meet(second).is_some(), "{spec} on {cell}: {} and {second}", whole[3]);
        }
    }
}

/// A rule with few nodes that end too early still holds what a fine one finds: its error and its
/// tail are in the result.
#[test]
fn a_coarse_rule_is_an_enclosure() {
    for spec in ["bpsk", "bernoulli:p=0.03", "pam:levels=5"] {
        let law = line(spec);
        for snr in [0.2, 1.0, 3.0, 10.0] {
            let fine = at(&law, Interval::point(snr));
            for (exponent, reach) in [(6.0, 9.5), (8.0, 3.0), (32.0, 1.0), (32.0, 2.0)] {
                let detail = Detail { exponent, reach };
                let a = averages(&law, Interval::point(snr), true, detail).unwrap();
                let coarse = [a.mmse, a.slope, a.slope_change, a.slope_bend, a.equivocation];
                for (i, (got, truth)) in coarse.iter().zip(fine).enumerate() {
                    let holds = got.lo() <= truth.hi() && truth.lo() <= got.hi();
                    assert!(holds, "{spec} at {snr}, {exponent}, {reach}, average {i}: {got} and {truth}");
                }
            }
        }
    }
}

/// Quantities of the law alone.
#[test]
fn entropies_are_enclosed() {
    let zipf = line("zipf:exponent=2.5,atoms=6");
    let weights: Vec<f64> = (1..=6).map(|i| f64::from(i).powf(-2.5)).collect();
    let total: f64 = weights.iter().sum();
    let p: Vec<f64> = weights.iter().map(|w| w / total).collect();
    let entropy: f64 = p.iter().map(|p| -p * p.ln()).sum();
    let second: f64 = p.iter().map(|p| p * p.ln() * p.ln()).sum();
    let half = 2.0 * p.iter().map(|p| p.sqrt()).sum::<f64>().ln();
    for (got, expected) in [
        (zipf.shannon(), entropy),
        (zipf.info_variance(), second - entropy * entropy),
        (zipf.renyi(Interval::point(0.5)), half),
        (zipf.min_entropy(), -p[0].ln()),
        (line("bpsk").variance(), 1.0),
        (line("pam:levels=8").variance(), 63.0 / 12.0),
    ] {
        assert!(got.lo() <= expected + 1e-14 && expected - 1e-14 <= got.hi(), "{got} {expected}");
        assert!(got.width() < 1e-12, "{got}");
    }
    // A parameter's whole range at once.
    let range = Some(("p", Interval::new(0.1, 0.2)));
    let Some(IntervalLaw::Line(law)) = IntervalLaw::of(&Spec::parse("bernoulli:p={p}").unwrap(), range)
    else {
        panic!("no law")
    };
    for p in [0.1, 0.15, 0.2_f64] {
        let entropy = -p * p.ln() - (1.0 - p) * (1.0 - p).ln();
        assert!(law.shannon().holds(entropy) && law.variance().holds(p * (1.0 - p)), "{p}");
    }
}

/// The pair bounds hold from a start on, whatever power of γ they are multiplied with: each
/// quantity at γ ≥ start, found by the rule, is in its tail.
#[test]
fn ends_hold_what_follows() {
    for spec in ["bpsk", "bernoulli:p=0.2", "pam:levels=3", "gaussian:variance=2"] {
        for name in ["mmse", "mmse_slope", "posterior_entropy", "information", "lmmse"] {
            for (start, later) in [(0.01, 0.01), (0.5, 0.5), (4.0, 5.0), (20.0, 20.0), (40.0, 47.0)] {
                for power in ["1 * ", "snr * ", "snr^2 * "] {
                    let text = format!("{power}{name}");
                    let claim = statement(spec, [0.0, INF], (&text, Relation::AtMost, "C"), 0.0);
                    // A Gaussian has no posterior entropy.
                    let Ok(place) = claim.at(Interval::ONE) else { continue };
                    let Some(sides) = place.sides(Interval::point(later)) else { continue };
                    let tails = place.end(start).unwrap();
                    let (_, tail) = tails.into_iter().find(|(j, _)| *j == 0).unwrap();
                    assert!(
                        tail.meet(sides.lhs).is_some(),
                        "{spec}, {text} at {later}: {tail} and {}",
                        sides.lhs
                    );
                }
            }
        }
    }
}

#[test]
fn two_points_are_proved_and_disproved() {
    let decide = |source, c| statement(source, [0.0, INF], ENTROPY, c).decide();
    let proof = decide("bpsk", 1.42);
    assert_eq!(proof.decision, Decision::Proved);
    assert_eq!(decide("bpsk", 1.41).decision, Decision::Disproved { everywhere: true });
    assert_eq!(decide("bernoulli:p=1e-4", 4.0).decision, Decision::Disproved { everywhere: true });
    // The cells cover (0, ∞) without a gap, and on each the relation holds.
    let cells = &proof.slabs[0].cells;
    assert!(cells[0].snr[0] == 0.0 && cells.last().unwrap().snr[1] == INF);
    assert!(cells.windows(2).all(|pair| pair[0].snr[1] == pair[1].snr[0]));
    assert!(cells.iter().all(|cell| cell.excess[1] <= 0.0));
}

/// A boundary: every p from 0.0769 on holds with C = 4 and every p up to 0.0768 fails, one by one.
#[test]
fn a_parameter_is_swept() {
    let range = |ends, c| {
        let claim = statement("bernoulli:p={p}", [0.0, INF], ENTROPY, c);
        RangeStatement { parameter: Some(("p".into(), ends)), ..claim }.decide()
    };
    let holds = range([0.0769, 0.08], 4.0);
    assert_eq!(holds.decision, Decision::Proved);
    assert_eq!(range([0.01, 0.0768], 4.0).decision, Decision::Disproved { everywhere: true });
    assert_eq!(range([0.05, 0.1], 4.0).decision, Decision::Disproved { everywhere: false });
    let slabs = &holds.slabs;
    assert!(slabs[0].parameter[0] <= 0.0769 && slabs.last().unwrap().parameter[1] >= 0.08);
    assert!(slabs.windows(2).all(|pair| pair[0].parameter[1] == pair[1].parameter[0]));
}

#[test]
fn what_cannot_be_shown_is_open() {
    let open = |source, snr, claim, c| match statement(source, snr, claim, c).decide().decision {
        Decision::Open(why) => why,
        other => panic!("{source}: {other:?}"),
    };
    // Both sides meet at γ = 0, and are one on a Gaussian.
    let linear = ("mmse", Relation::AtMost, "C * lmmse");
    assert!(open("bpsk", [0.0, INF], linear, 1.0).contains("too near"));
    assert!(open("gaussian:variance=2", [0.1, 1.0], linear, 1.0).contains("too near"));
    assert!(open("gaussian:variance=2", [0.1, 1.0], ENTROPY, 1.0).contains("no interval form"));
    assert!(open("laplace", [0.1, 1.0], ENTROPY, 1.0).contains("no interval form"));
    assert!(open("bpsk", [1.0, 1.0], ("mmse", Relation::Equal, "mmse"), 1.0).contains("equality"));
    assert_eq!(statement("bpsk", [0.01, INF], linear, 1.0).decide().decision, Decision::Proved);
}

/// E1, each bound by its formula in doubles: the bounds have room, so what they bound does not tell a
/// wrong factor.
#[test]
fn ends_are_the_pair_bounds() {
    let (p, g) = (0.2_f64, 20.0_f64);
    let pair = (p * (1.0 - p)).sqrt() * (-g / 8.0).exp();
    for (name, factor) in [("mmse", 0.5), ("mmse_slope", 0.25), ("posterior_entropy", 2.0)] {
        for (power, text) in [(0, ""), (1, "snr * "), (2, "snr^2 * ")] {
            let text = format!("{text}{name}");
            let claim = statement("bernoulli:p=0.2", [0.0, INF], (&text, Relation::AtMost, "C"), 0.0);
            let place = claim.at(Interval::ONE).unwrap();
            let (_, tail) = place.end(g).unwrap().into_iter().find(|(j, _)| *j == 0).unwrap();
            let expected = factor * pair * g.powi(power);
            let near = tail.hi() >= expected * (1.0 - 1e-12) && tail.hi() <= expected * (1.0 + 1e-12);
            assert!(near && tail.lo() <= 0.0, "{text}: {tail}, not {expected}");
        }
    }
}

/// What a prover gets wrong is seen: each fault makes a test fail that passes without it.
#[test]
fn planted_faults_are_found() {
    assert!(Fault::Tail.is_found_by(a_coarse_rule_is_an_enclosure));
    assert!(Fault::Cell.is_found_by(two_points_are_proved_and_disproved));
    assert!(Fault::SlopeEnd.is_found_by(ends_are_the_pair_bounds));
}

/// The ends of a range are the decimals of the claim, not the doubles next to them, and a
/// counterexample there is a cell around the decimal.
#[test]
fn ends_of_ranges_are_decimals() {
    let claim = statement("bpsk", [0.01, 0.1], ("snr", Relation::AtMost, "C"), 0.05);
    let proof = claim.decide();
    assert_eq!(proof.decision, Decision::Disproved { everywhere: true });
    let tenth = Interval::decimal("0.1").unwrap();
    assert_eq!(proof.slabs[0].cells[0].snr, [tenth.lo(), tenth.hi()]);
    assert_eq!(claim.cell(0.01), Interval::decimal("0.01").unwrap());
    assert_eq!(claim.cell(0.02), Interval::point(0.02));
    let swept = RangeStatement { parameter: Some(("p".into(), [0.3, 0.5])), ..claim };
    let samples = swept.samples();
    assert_eq!(samples[0], Interval::decimal("0.3").unwrap());
    assert!(samples[1].is((0.3_f64 * 0.5).sqrt()) && samples[2].is(0.5));
}

/// A table of atoms is the law that its decimals say, in any order; two atoms anywhere are on a
/// line.
#[test]
fn tables_are_laws() {
    let rows = |text: &str| -> Vec<Vec<String>> {
        text.split(';').map(|row| row.split(',').map(str::to_owned).collect()).collect()
    };
    let of = |text: &str| match IntervalLaw::of_atoms(&rows(text)) {
        Ok(IntervalLaw::Line(law)) => law,
        other => panic!("{other:?}"),
    };
    let (law, same) = (of("1,1;0,4"), line("bernoulli:p=0.2"));
    for (got, expected) in [(law.shannon(), same.shannon()), (law.variance(), same.variance())] {
        assert!(got.meet(expected).is_some() && got.width() < 1e-14, "{got} {expected}");
    }
    let apart = of("0.1,-2,1;3.1,2,1");
    assert!(apart.variance().holds(6.25) && apart.variance().width() < 1e-13 && apart.dim.is(2.0));
    assert_eq!(apart.text.atoms[1], "sqrt((0.1 - 3.1)^2 + ((0 - 2) - 2)^2)");
    let refused = |text: &str| IntervalLaw::of_atoms(&rows(text)).unwrap_err();
    assert!(refused("0,0,1;0,1,1;1,0,1").contains("3 atoms in 2 dimensions"));
    assert!(refused("0,1;0,1").contains("too near"));
}
