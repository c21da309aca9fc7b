//! Hurwitz's zeta function with its first three derivatives in s, by Euler–Maclaurin summation with
//! a proven bound.

/// B_{2k}/(2k)!, k = 1 … 8 (Bernoulli numbers over factorials, exact rationals).
const BERNOULLI_OVER_FACTORIAL: [f64; 8] = [
    1.0 / 12.0,
    -1.0 / 720.0,
    1.0 / 30_240.0,
    -1.0 / 1_209_600.0,
    1.0 / 47_900_160.0,
    -691.0 / 1_307_674_368_000.0,
    1.0 / 74_724_249_600.0,
    -3_617.0 / 10_670_622_842_880_000.0,
];
/// Terms below this abscissa (plus s, up to [`LARGEST_SHIFT`]) are summed one by one; at 20 the
/// bound is below 1e-18.
const FIRST_SMOOTH: f64 = 20.0;
/// Beyond this exponent every term that is left over is below 2⁻⁶⁰ of the sum.
const LARGEST_SHIFT: f64 = 60.0;
/// Rounding: `powf` and `ln` within 1 ulp each, five operations a term.
const ROUNDING: f64 = 8.0 * f64::EPSILON;

/// ζ(s, q), ∂ζ/∂s, ∂²ζ/∂s² and ∂³ζ/∂s³.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Zeta {
    /// The function and its first three derivatives in s.
    pub value: [f64; 4],
    /// Bounds on the absolute errors: truncation (proved) and rounding.
    pub bound: [f64; 4],
}

/// ζ(s, q) = Σ_{n ≥ 0} (q + n)^{−s} with three derivatives in s, for s > 1 and q > 0.
///
/// Euler–Maclaurin from x = q + N: ∫ + ½f(x) + Σ_k B_{2k}/(2k)! (s)_{2k−1} x^{−s−2k+1}. The
/// remainder after m terms is ∫ (B_{2m} − B̃_{2m}(y))/(2m)! f^{(2m)}(y) dy with |B̃_{2m}|
/// ≤ |B_{2m}|, hence at most twice the last term; its derivatives in s multiply the integrand by at
/// most (σ + ln y)^k, σ = Σ_{j<2m} 1/(s+j).
pub fn hurwitz(s: f64, q: f64) -> Zeta {
    debug_assert!(s > 1.0 && q > 0.0, "ζ(s, q) needs s > 1 and q > 0");
    let direct = (FIRST_SMOOTH + s.min(LARGEST_SHIFT) - q).ceil().max(0.0);
    let x = q + direct;
    let mut sum = Accumulator::default();
    // Smallest terms first.
    let (ln_x, power) = (x.ln(), x.powf(-s));
    let mut rising = Rising::new(s);
    let mut term = 0.0;
    for (k, coefficient) in BERNOULLI_OVER_FACTORIAL.iter().enumerate() {
        rising.extend_to(2 * k + 1);
        term = coefficient * rising.product * power * x.powi(-(2 * k as i32) - 1);
        let slope = rising.reciprocals - ln_x;
        sum.add([
            term,
            term * slope,
            term * (slope * slope - rising.squares),
            term * (slope * (slope * slope - 3.0 * rising.squares) + 2.0 * rising.cubes),
        ]);
    }
    let factor = rising.reciprocals + ln_x + 2.0;
    let truncation = [0, 1, 2, 3].map(|k| 2.0 * term.abs() * factor.powi(k));
    sum.add_power(0.5 * power, ln_x);
    let (area, d) = (power * x, 1.0 / (s - 1.0));
    let second = ln_x * ln_x + 2.0 * d * (ln_x + d);
    sum.add([
        area * d,
        -area * d * (ln_x + d),
        area * d * second,
        -area * d * (ln_x.powi(3) + 3.0 * d * second),
    ]);
    for n in (0..direct as usize).rev() {
        let y = q + n as f64;
        sum.add_power(y.powf(-s), y.ln());
    }
    Zeta { value: sum.value, bound: std::array::from_fn(|k| truncation[k] + ROUNDING * sum.magnitude[k]) }
}

/// The rising factorial (s)_m with Σ 1/(s+j), Σ 1/(s+j)² and Σ 1/(s+j)³.
struct Rising {
    s: f64,
    length: usize,
    product: f64,
    reciprocals: f64,
    squares: f64,
    cubes: f64,
}

impl Rising {
    fn new(s: f64) -> Self {
        Self { s, length: 0, product: 1.0, reciprocals: 0.0, squares: 0.0, cubes: 0.0 }
    }

    fn extend_to(&mut self, length: usize) {
        while self.length < length {
            let factor = self.s + self.length as f64;
            self.product *= factor;
            self.reciprocals += 1.0 / factor;
            self.squares += 1.0 / (factor * factor);
            self.cubes += factor.powi(-3);
            self.length += 1;
        }
    }
}

/// A function and three derivatives, summed together with the absolute values for the rounding
/// bound.
#[derive(Default)]
struct Accumulator {
    value: [f64; 4],
    magnitude: [f64; 4],
}

impl Accumulator {
    fn add(&mut self, terms: [f64; 4]) {
        for ((value, magnitude), term) in self.value.iter_mut().zip(&mut self.magnitude).zip(terms) {
            *value += term;
            *magnitude += term.abs();
        }
    }

    /// Adds c·x^{−s} given `power` = c·x^{−s} and ln x.
    fn add_power(&mut self, power: f64, ln_x: f64) {
        self.add([power, -power * ln_x, power * ln_x * ln_x, -power * ln_x.powi(3)]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::PI;

    /// Beyond the bound the tables themselves are rounded.
    const TABLE: f64 = 2.0 * f64::EPSILON;
    /// No bound may be wider than this share of the value.
    const SHARPEST: f64 = 2e-14;

    fn check(s: f64, q: f64, k: usize, expected: f64) {
        let zeta = hurwitz(s, q);
        let (value, bound, error) = (zeta.value[k], zeta.bound[k], (zeta.value[k] - expected).abs());
        let slack = TABLE * expected.abs();
        assert!(error <= bound + slack, "ζ^({k})({s}, {q}) = {value} ± {bound:e}, expected {expected}");
        assert!(bound <= SHARPEST * expected.abs(), "ζ^({k})({s}, {q}): bound {bound:e}");
    }

    #[test]
    fn agrees_with_the_reference_table_within_its_bound() {
        let mut reader = csv::Reader::from_reader(include_str!("../../data/zeta.csv").as_bytes());
        for row in reader.deserialize() {
            let (s, q, k, expected): (f64, f64, usize, f64) = row.expect("a well-formed row");
            check(s, q, k, expected);
        }
    }

    #[test]
    fn agrees_with_closed_forms_within_its_bound() {
        check(2.0, 1.0, 0, PI * PI / 6.0);
        check(4.0, 1.0, 0, PI.powi(4) / 90.0);
        check(2.0, 0.5, 0, PI * PI / 2.0);
    }

    #[test]
    fn dropping_the_first_term_shifts_q() {
        for (s, q) in [(1.05, 3.0), (1.5, 0.25), (7.0, 18.5), (90.0, 1.0)] {
            let (whole, rest) = (hurwitz(s, q), hurwitz(s, q + 1.0));
            let first = [0, 1, 2, 3].map(|k| q.powf(-s) * (-q.ln()).powi(k));
            for (k, first) in first.iter().enumerate() {
                let difference = (whole.value[k] - rest.value[k] - first).abs();
                assert!(
                    difference <= whole.bound[k] + rest.bound[k],
                    "s = {s}, q = {q}, k = {k}: {difference:e}"
                );
            }
        }
    }

    /// mpmath 1.3, 40 digits: `zeta(s, q, 3)`.
    #[test]
    fn third_derivatives_are_those_of_mpmath() {
        check(1.5, 1.0, 3, -96.000_994_006_735_54);
        check(2.5, 3.0, 3, -1.125_816_735_527_43);
        check(4.0, 0.5, 3, 5.252_772_618_697_857);
    }
}
