//! Tests of every discrete source against `data/entropies.csv`, and of the one spelling of a
//! source.

use crate::numeric::estimate::Estimate;
use crate::source::{Law, SOURCES, Source};

/// The table has 17 digits.
const TABLE: f64 = 1e-16;
/// No bound may be wider than this share of a value of moderate size.
const SHARPEST: f64 = 1e-10;
/// Widest relative bound where digits are easily lost.
const KEPT_DIGITS: f64 = 1e-9;
/// ψ1 of a product is a bracket; its half-width is below this share.
const BRACKET: f64 = 0.2;

fn check(spec: &str, quantity: &str, estimate: Estimate, expected: f64, width: f64) {
    let Estimate { value, bound, .. } = estimate;
    if expected.is_infinite() {
        assert!(
            value.is_infinite() && bound == 0.0,
            "{quantity} of {spec} is {value} ± {bound:e}, expected inf"
        );
        return;
    }
    let error = (value - expected).abs();
    assert!(
        error <= bound + TABLE * expected.abs(),
        "{quantity} of {spec} is {value} ± {bound:e}, expected {expected}: off by {error:e}"
    );
    assert!(
        bound <= width * (1.0 + expected.abs()),
        "{quantity} of {spec}: the bound {bound:e} says nothing"
    );
}

#[test]
fn every_source_has_the_entropies_of_the_reference_table() {
    let mut reader = csv::Reader::from_reader(include_str!("../../data/entropies.csv").as_bytes());
    let headers = reader.headers().expect("a header").clone();
    let mut rows = 0;
    for record in reader.records() {
        let record = record.expect("a well-formed row");
        let spec = &record[0];
        let source = Source::parse(spec).unwrap_or_else(|error| panic!("{spec}: {error}"));
        let pmf = source.pmf().expect("a discrete source");
        for (quantity, cell) in headers.iter().zip(&record).skip(1).filter(|(_, cell)| !cell.is_empty()) {
            let expected: f64 = cell.parse().expect("a number");
            let (estimate, width) = match quantity {
                "shannon" => (pmf.shannon(), SHARPEST),
                "renyi_half" => (pmf.renyi(0.5), SHARPEST),
                "collision" => (pmf.renyi(2.0), SHARPEST),
                "min_entropy" => (pmf.renyi(f64::INFINITY), SHARPEST),
                "info_variance" => (pmf.info_variance(), SHARPEST),
                "psi1" => (pmf.psi1(), if spec.starts_with("product") { BRACKET } else { SHARPEST }),
                "second_moment" => (source.second_moment(), SHARPEST),
                other => panic!("nothing computes the column `{other}`"),
            };
            check(spec, quantity, estimate, expected, width);
        }
        rows += 1;
    }
    assert!(rows >= 40, "only {rows} rows");
}

/// data/entropy_range.csv: orders near 1 and at the ends of their range, laws that are nearly
/// deterministic: relative accuracy.
#[test]
fn entropies_keep_their_digits_at_every_order() {
    let mut reader = csv::Reader::from_reader(include_str!("../../data/entropy_range.csv").as_bytes());
    let (mut rows, mut source) = (0, Source::parse("bpsk").expect("a law"));
    for record in reader.records() {
        let record = record.expect("a row");
        if source.spec() != &record[0] {
            source = Source::parse(&record[0]).expect("a known law");
        }
        let pmf = source.pmf().expect("a discrete source");
        let expected: f64 = record[2].parse().expect("a number");
        let found = match &record[1] {
            "shannon" => pmf.shannon(),
            "info_variance" => pmf.info_variance(),
            "psi1" => pmf.psi1(),
            renyi => {
                let order =
                    renyi.strip_prefix("renyi(").and_then(|rest| rest.strip_suffix(')')).expect("an order");
                pmf.renyi(order.parse().expect("a number"))
            }
        };
        let error = (found.value - expected).abs();
        assert!(error <= found.bound + TABLE * expected, "{record:?}: error {error:e}, {found:?}");
        assert!(found.bound <= KEPT_DIGITS * expected, "{record:?}: wide bound {found:?}");
        rows += 1;
    }
    assert!(rows > 180, "only {rows} rows");
}

/// Every kind but `file` has a row of its own in the reference table.
#[test]
fn the_reference_table_covers_the_discrete_kinds() {
    let table = include_str!("../../data/entropies.csv");
    for kind in
        ["bpsk", "bernoulli", "pam", "zipf", "log-power", "geometric", "poisson", "needle", "simplex"]
            .into_iter()
            .chain(["hypercube", "codebook", "tree", "product", "digits"])
    {
        assert!(SOURCES.get(kind).is_some(), "{kind} is not a kind");
        let has_row = table.lines().any(|line| line.trim_start_matches('"').starts_with(kind));
        assert!(has_row, "no row for {kind}");
    }
}

/// Golden values to the digits known independently of our generator.
#[test]
fn known_values_are_met_to_their_digits() {
    // H, H_½, V; the half-unit of the last digit given, relative; `None` where no value is known.
    let table: &[(&str, [Option<f64>; 3], f64)] = &[
        ("zipf:exponent=1.2,atoms=inf", [Some(7.071_267_025_58), None, Some(35.757_350_021_6)], 2e-12),
        ("zipf:exponent=1.5,atoms=inf", [Some(3.218_112_936_41), None, Some(8.673_666_560_27)], 2e-12),
        (
            "zipf:exponent=2.5,atoms=inf",
            [Some(1.015_630_605_85), Some(2.756_207_291_9), Some(2.190_328_049_23)],
            2e-11,
        ),
        (
            "zipf:exponent=3,atoms=inf",
            [Some(0.678_502_221_866), Some(1.736_485_630_07), Some(1.550_526_403_55)],
            4e-12,
        ),
        (
            "geometric:ratio=0.7",
            [Some(2.036_214_340_18), Some(2.419_870_242_67), Some(0.989_465_677_151)],
            4e-12,
        ),
        ("poisson:rate=1", [Some(1.304_842_242_26), Some(1.488_024_622_73), None], 4e-12),
        ("poisson:rate=10", [Some(2.561_409_935_27), Some(2.748_833_6), None], 2e-8),
    ];
    for (spec, known, tolerance) in table {
        let source = Source::parse(spec).expect(spec);
        let pmf = source.pmf().expect("discrete");
        let found = [pmf.shannon().value, pmf.renyi(0.5).value, pmf.info_variance().value];
        for (found, expected) in
            found.into_iter().zip(known).filter_map(|(found, known)| Some((found, (*known)?)))
        {
            assert!((found - expected).abs() < tolerance * expected, "{spec}: {found}, expected {expected}");
        }
    }
}

/// A law cut where it is long agrees with the infinite one wherever the rest does not matter.
#[test]
fn infinite_laws_are_limits_of_finite_ones() {
    for (finite, infinite) in [
        ("zipf:exponent=5,atoms=20000", "zipf:exponent=5,atoms=inf"),
        ("zipf:exponent=8,atoms=3000", "zipf:exponent=8,atoms=inf"),
    ] {
        let [finite, infinite] = [finite, infinite].map(|spec| Source::parse(spec).expect(spec));
        let [a, b] = [&finite, &infinite].map(|source| source.pmf().expect("discrete"));
        for (x, y) in [
            (a.shannon(), b.shannon()),
            (a.renyi(2.0), b.renyi(2.0)),
            (a.renyi(1.5), b.renyi(1.5)),
            (a.renyi(30.0), b.renyi(30.0)),
            (a.info_variance(), b.info_variance()),
        ] {
            assert!((x.value - y.value).abs() <= x.bound + y.bound + 1e-12 * y.value, "{x:?} against {y:?}");
        }
    }
    // Orders at which the tail of log-power is negligible but its machinery is not.
    let [finite, infinite] = ["log-power:power=3,atoms=3e5", "log-power:power=3,atoms=inf"]
        .map(|spec| Source::parse(spec).expect(spec));
    for order in [2.5, 3.0, 8.0] {
        // (1−a) H_a + a H_∞ = ln Σ (w/w_1)^a does not know the normalisation.
        let ln_sum = |source: &Source| {
            let pmf = source.pmf().expect("discrete");
            (1.0 - order) * pmf.renyi(order).value + order * pmf.renyi(f64::INFINITY).value
        };
        let difference = (ln_sum(&finite) - ln_sum(&infinite)).abs();
        assert!(difference < 1e-11, "order {order}: {difference:e}");
    }
}

/// H_a = H − (a−1) V/2 + O((a−1)²): near a = 1 the far tail of log-power decides.
#[test]
fn renyi_entropies_join_shannons_at_order_one() {
    for spec in [
        "log-power:power=6,atoms=inf",
        "zipf:exponent=2.5,atoms=inf",
        "geometric:ratio=0.7",
        "poisson:rate=10",
    ] {
        let source = Source::parse(spec).expect(spec);
        let pmf = source.pmf().expect("discrete");
        let (step, near) = (1e-4, pmf.renyi(1.0 + 1e-4));
        let expected = pmf.shannon().value - 0.5 * step * pmf.info_variance().value;
        let error = (near.value - expected).abs();
        assert!(error <= near.bound + 10.0 * step * step, "{spec}: {} against {expected}", near.value);
    }
}

/// The kept atoms of an infinite law and the mass that is missing make 1.
#[test]
fn kept_and_missing_mass_make_one() {
    for spec in [
        "zipf:exponent=1.2,atoms=inf",
        "zipf:exponent=3,atoms=inf",
        "log-power:power=1.5,atoms=inf",
        "log-power:power=2.5,atoms=inf",
        "geometric:ratio=0.3",
        "geometric:ratio=0.9999999",
        "poisson:rate=0.5",
        "poisson:rate=1e4",
    ] {
        let source = Source::parse(spec).expect(spec);
        let Law::Atoms(atoms) = source.law() else { panic!("{spec} is a law on a line") };
        let total = crate::numeric::sum::compensated(atoms.weights.iter().copied()) + atoms.missing;
        assert!((total - 1.0).abs() < 1e-12, "{spec}: {total}");
        assert!(atoms.weights.iter().all(|&p| p > 0.0), "{spec} has an atom without mass");
    }
}

/// Mean and variance of the kept atoms of the laws with a light tail are those of the whole law.
#[test]
fn light_tails_lose_nothing() {
    for (spec, mean) in
        [("geometric:ratio=0.7", 7.0 / 3.0), ("poisson:rate=300.5", 300.5), ("poisson:rate=0.01", 0.01)]
    {
        let source = Source::parse(spec).expect(spec);
        let Law::Atoms(atoms) = source.law() else { panic!("{spec} is a law on a line") };
        let (found, variance) = (atoms.mean()[0], source.second_moment().value);
        assert!((found - mean).abs() < 1e-12 * mean, "{spec}: mean {found}");
        assert!((atoms.total_variance() - variance).abs() < 1e-11 * variance, "{spec}: variance");
        assert!(atoms.missing < 1e-290, "{spec}: {:e} missing", atoms.missing);
    }
}

#[test]
fn a_source_has_one_spelling() {
    for (text, canonical) in [
        ("zipf:atoms=10,exponent=2", "zipf:exponent=2,atoms=10"),
        ("zipf:exponent=2.0, atoms=1e1,embedding=line", "zipf:exponent=2,atoms=10"),
        (
            "zipf:embedding=codebook,seed=0,atoms=10,dim=3,exponent=2",
            "zipf:exponent=2,atoms=10,embedding=codebook,dim=3",
        ),
        ("product:dim=6,base=bpsk", "product:base=(bpsk),dim=6"),
        ("product:dim=4,base=(zipf:atoms=3,exponent=1e0)", "product:base=(zipf:exponent=1,atoms=3),dim=4"),
        ("bernoulli:p=0.0001", "bernoulli:p=1e-4"),
        ("zipf:atoms=infinity,exponent=3", "zipf:exponent=3,atoms=inf"),
        ("hypercube:dim=12", "hypercube:dim=12"),
    ] {
        let source = Source::parse(text).expect(text);
        assert_eq!(source.spec(), canonical, "from {text}");
        assert_eq!(Source::parse(canonical).expect(canonical).spec(), canonical);
    }
}

#[test]
fn what_makes_no_sense_is_refused_with_the_remedy() {
    for (spec, word) in [
        ("zipf:exponent=1,atoms=inf", "at least 1.01"),
        ("zipf:exponent=2,atoms=inf,embedding=simplex", "finitely many"),
        ("zipf:exponent=2,atoms=9,dim=3", "embedding=codebook"),
        ("log-power:power=1,atoms=inf", "> 1"),
        ("geometric:ratio=1", "(0, 1)"),
        ("poisson:rate=0", "> 0"),
        ("needle:p=0,atoms=4", "(0, 1)"),
        ("needle:p=0.1,entropy=0.5,atoms=4", "exactly one"),
        ("needle:entropy=2,atoms=4", "at most"),
        ("product:base=(codebook:atoms=4,dim=3),dim=4", "multiple of"),
        ("product:base=(zipff:exponent=2),dim=4", "did you mean `zipf`"),
        ("product:dim=4", "is missing"),
        ("pam:level=4", "did you mean `levels`"),
        ("tree:depth=40,branch=4,scale=1", "more than"),
        ("tree:depth=2,branch=1,scale=1", "at least 2"),
    ] {
        let message = Source::parse(spec).expect_err(spec).to_string();
        assert!(message.contains(word), "{spec}: {message}");
    }
}

#[test]
fn products_of_products_are_one_product() {
    let source =
        Source::parse("product:base=(product:base=(bernoulli:p=0.2),dim=3),dim=12").expect("a product");
    let Law::Product { base, copies } = source.law() else { panic!("a product") };
    assert_eq!((base.spec(), *copies, source.dim()), ("bernoulli:p=0.2", 12, 12));
    let big = Source::parse("hypercube:dim=100").expect("a hypercube");
    assert!((big.pmf().expect("discrete").atoms() - 2_f64.powi(100)).abs() < 1.0);
}
