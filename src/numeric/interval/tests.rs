//! Containment: exact errors of the operations, mpmath's values of the functions, another crate.

use super::Interval;

/// Arguments of each function in `data/elementary.bin`.
const ARGUMENTS: usize = 25_000;
/// Its file: two bytes an argument.
const TRUTH: &[u8] = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/data/elementary.bin"));
/// Widest relative enclosure of a function at a point: exp takes 17u on either side, and e^x − 1
/// from e^x at x = 0.3 has 1.35/0.35 times as much of its value, 131u or 1.5e−14; with roundings.
const WIDTH: f64 = 1.7e-14;

/// Word n of splitmix64.
fn word(n: u64) -> u64 {
    let z = n.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let z = (z ^ z >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let z = (z ^ z >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ z >> 31
}

fn unit(bits: u64) -> f64 {
    (bits >> 11) as f64 * 2f64.powi(-53)
}

/// As in `data/elementary.py`.
fn argument(function: usize, bits: u64) -> f64 {
    match function {
        0 => (unit(bits) - 0.5) * if bits & 1 == 1 { 1400.0 } else { 2.0 },
        1 if bits & 2 > 0 => (1.0 + unit(bits)) * 2f64.powi(((bits & 0x7FF) % 2001) as i32 - 1000),
        1 => 0.5 + unit(bits),
        _ => {
            let x = (1.0 + unit(bits)) * 2f64.powi(-(((bits & 0x3F) % 41) as i32));
            if bits & 0x400 > 0 { -0.49 * x } else { x }
        }
    }
}

/// A number of any sign and of moderate size, the smaller the likelier.
fn number(bits: u64) -> f64 {
    let x = (1.0 + unit(bits)) * 2f64.powi((bits & 0x1F) as i32 - 16);
    if bits & 0x20 > 0 { -x } else { x }
}

/// Every function, by this module, by the standard library (within a unit in the last place or
/// two, which picks the double that the 16 bits of the file belong to), and by maryada.
type Function = (fn(Interval) -> Interval, fn(f64) -> f64, fn(maryada::Interval) -> maryada::Interval);

fn functions() -> [Function; 4] {
    use maryada::{exp, log};
    [
        (Interval::exp, f64::exp, exp),
        (Interval::ln, f64::ln, log),
        (Interval::ln_1p, f64::ln_1p, |x| log(x + 1.0)),
        (Interval::exp_m1, f64::exp_m1, |x| exp(x) - 1.0),
    ]
}

/// The double nearest to `near` whose low 16 bits are `low`.
fn with_low_bits(near: f64, low: u16) -> f64 {
    let bits = (near.to_bits() & !0xFFFF) | u64::from(low);
    let candidates = [bits - 0x1_0000, bits, bits + 0x1_0000].map(f64::from_bits);
    let by_distance = |a: &f64, b: &f64| (a - near).abs().total_cmp(&(b - near).abs());
    candidates.into_iter().min_by(by_distance).unwrap()
}

#[test]
fn functions_hold_what_mpmath_finds() {
    assert_eq!(TRUTH.len(), 4 * ARGUMENTS * 2);
    for (f, (ours, library, _)) in functions().into_iter().enumerate() {
        for i in 0..ARGUMENTS {
            let n = f * ARGUMENTS + i;
            let x = argument(f, word(n as u64));
            let low = u16::from_le_bytes([TRUTH[2 * n], TRUTH[2 * n + 1]]);
            let below = with_low_bits(library(x), low);
            let got = ours(Interval::point(x));
            // The value lies strictly between `below` and its neighbour: it is no double.
            assert!(
                got.lo <= below && below.next_up() <= got.hi,
                "function {f} at {x:?}: {got} has not {below:?}"
            );
            let width = got.width() / below.abs();
            assert!(width <= WIDTH, "function {f} at {x:?}: {got} is {width:.1e} wide");
        }
    }
}

/// maryada's operations and roots are the tightest there are, so ours hold them; its functions
/// hold the value as ours do, so the two meet.
#[test]
fn another_crate_agrees() {
    use maryada::IntervalOps;
    for i in 0..100_000_u64 {
        let [a, b] = [2 * i, 2 * i + 1].map(|n| number(word(n)));
        let [c, d] = [a, b].map(|x| x + x.abs() * unit(word(!i)));
        let (x, y) = (Interval::new(a, c), Interval::new(b, d));
        let (s, t) = (maryada::Interval::new(a, c), maryada::Interval::new(b, d));
        let holds = |ours: Interval, other: maryada::Interval, what: &str| {
            let (lo, hi) = other.bounds();
            assert!(ours.lo <= lo && hi <= ours.hi, "{x} {what} {y}: {ours} and [{lo}, {hi}]");
        };
        holds(x + y, s + t, "+");
        holds(x - y, s - t, "−");
        holds(x * y, s * t, "·");
        holds(x / y, s / t, "/");
        holds(x.square(), maryada::sqr(s), "squared, beside");
        holds(x.abs().sqrt(), maryada::sqrt(maryada::abs(s)), "root, beside");
    }
    for (f, (ours, _, other)) in functions().into_iter().enumerate() {
        for i in 0..ARGUMENTS {
            let x = argument(f, word((f * ARGUMENTS + i) as u64));
            let (lo, hi) = other(maryada::Interval::from(x)).bounds();
            let got = ours(Interval::point(x));
            assert!(got.lo <= hi && lo <= got.hi, "function {f} at {x:?}: {got} and [{lo}, {hi}]");
        }
    }
}

/// The error of a sum, a product, a quotient and a root is a double that can be computed (Dekker,
/// with a fused multiply-add): the exact result is inside.
#[test]
fn operations_hold_the_exact_result() {
    let holds = |ours: Interval, near: f64, error: f64, what: &str| {
        assert!(
            ours.lo - near <= error && error <= ours.hi - near,
            "{what}: {ours} has not {near} + {error}"
        );
        assert!(ours.width() <= 4.0 * f64::EPSILON * near.abs() + f64::MIN_POSITIVE, "{what}: {ours}");
    };
    for i in 0..100_000_u64 {
        let [a, b] = [2 * i, 2 * i + 1].map(|n| number(word(n)));
        let (x, y) = (Interval::point(a), Interval::point(b));
        let sum = a + b;
        let part = sum - a;
        holds(x + y, sum, (a - (sum - part)) + (b - part), "sum");
        holds(x * y, a * b, a.mul_add(b, -(a * b)), "product");
        let quotient = a / b;
        holds(x / y, quotient, (-quotient).mul_add(b, a) / b, "quotient");
        let root = a.abs().sqrt();
        holds(x.abs().sqrt(), root, (-root).mul_add(root, a.abs()) / (2.0 * root), "root");
    }
}

#[test]
fn ends_and_signs() {
    const INF: f64 = f64::INFINITY;
    let of = Interval::new;
    let near = |got: Interval, lo: f64, hi: f64| {
        let end = |got: f64, x: f64| got == x || (got - x).abs() <= 1e-15 * x.abs().max(1.0);
        let tight = end(got.lo, lo) && end(got.hi, hi);
        assert!(got.lo <= lo && got.hi >= hi && tight, "{got}, not [{lo}, {hi}]");
    };
    near(of(0.0, 1.0) * of(2.0, INF), 0.0, INF);
    near(of(-1.0, 1.0) * of(-2.0, 1.0), -2.0, 2.0);
    near(of(1.0, 2.0) / of(0.0, 4.0), 0.25, INF);
    near(of(-1.0, 2.0) / of(-4.0, -2.0), -1.0, 0.5);
    near(of(-1.0, 2.0) / of(0.0, 1.0), -INF, INF);
    near(of(1.0, 2.0) / of(-1.0, 1.0), -INF, INF);
    near(of(1.0, 2.0) / of(2.0, INF), 0.0, 1.0);
    near(of(-3.0, 2.0).square(), 0.0, 9.0);
    near(of(-3.0, 2.0).powi(3), -27.0, 18.0);
    near(of(-2.0, -1.0).pow(Interval::point(-2.0)), 0.25, 1.0);
    // No power of what may be negative or infinite.
    let power = |x: Interval| x.pow(Interval::point(0.3));
    assert_eq!(power(of(-1.0, 2.0)), Interval::LINE);
    assert_eq!(power(of(1.0, f64::INFINITY)), Interval::LINE);
    near(of(0.0, 4.0).sqrt(), 0.0, 2.0);
    near(of(0.0, 1.0).ln(), -INF, 0.0);
    assert!(of(0.0, INF).exp().hi == INF && of(-INF, 0.0).exp().lo == 0.0);
    assert!(of(710.0, 711.0).exp().lo > 1e307 && of(-1e4, -1e3).exp().hi < 1e-307);
    let tail = Interval::point(2.0).normal_tail();
    assert!(tail.holds(0.022_750_131_948_179_21) && tail.width() < 0.006, "{tail}");
}

#[test]
fn decimals_are_enclosed() {
    for (text, exact) in [
        ("4", true),
        ("0.5", true),
        ("-12.25", true),
        ("1e3", true),
        ("1.5e-3", false),
        ("0.1", false),
        ("1e-6", false),
        ("9007199254740993", false),
        ("0.30000000000000004", false),
        ("0", true),
    ] {
        let got = Interval::decimal(text).unwrap();
        assert_eq!(got.lo == got.hi, exact, "{text}: {got}");
        assert!(got.holds(text.parse().unwrap()), "{text}: {got}");
    }
    // 0.1 = (0.1 as a double) − 5.55e−18: inside, not at the end.
    let tenth = Interval::decimal("0.1").unwrap() * 10.0;
    assert!(tenth.lo < 1.0 && tenth.hi > 1.0);
    assert!(["inf", "nan", "1e999", "", "0x1", "1_0"].iter().all(|text| Interval::decimal(text).is_none()));
    assert_eq!(Interval::read(1.42), Interval::decimal("1.42").unwrap());
    // What reads as a double that its decimal is not: only such are not kept.
    for (text, kept) in [
        ("0.5", true),
        ("0.50000000000000000000", true),
        ("0.50000000000000000001", false),
        ("3.14159265358979323846264338327950288", true),
        ("1e-400", false),
        ("4.0000000000000000001", false),
        ("1.0000000000000001", false),
        ("0.1000000000000000055511151231257827", true),
        ("inf", true),
    ] {
        assert_eq!(super::is_kept(text), kept, "{text}");
    }
}

#[test]
fn planted_faults_are_found() {
    use super::planted::Fault;
    assert!(Fault::RootRounding.is_found_by(operations_hold_the_exact_result));
    assert!(Fault::SumInward.is_found_by(operations_hold_the_exact_result));
    assert!(Fault::ExpRemainder.is_found_by(functions_hold_what_mpmath_finds));
}
