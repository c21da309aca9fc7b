//! Needles, one atom at the origin and N orthonormal ones, N however large: every channel value by
//! two nested trapezoid rules.
//!
//! Let W_0 = 1 − p, W_j = (p/N)e^{√γ z_j − γ/2} and T = W_0 + Σ W_j, with z_j = y_j: T is the
//! density of Y to that of the noise, so that E f(W/T) = E_Z\[T f(W/T)\] for a function f of the
//! posterior. Powers of 1/T become Laplace integrals, T^{−m} = ∫ s^m e^{−sT} ds/(s Γ(m)), and T
//! ln(T/W) is one too, ln(T/W) = ∫ (e^{−sW} − e^{−sT}) ds/s. Under each the z_j are independent: N
//! enters as an exponent of φ(s) = E e^{−sW}, beside a_k(s) = E (sW)^k e^{−sW}, integrals over one
//! normal variable. The mmse, its slope and H(X|Y) are written as sums of positive terms, which
//! lose no digits where they are small.
//!
//! Both integrands are analytic, in ln s for |Im ln s| < π/2 and in z for |Im z| < π/(2√γ), and
//! fall like exponentials of exponentials or like a Gaussian: the rules converge geometrically.
//! Bounds are the difference from rules of twice the step, plus rounding. (docs/theory.md, N1.)

use crate::channel::exact::ChannelValues;
use crate::channel::exact::pairs::{self, PairBounds};
use crate::numeric::estimate::Estimate;
use crate::numeric::sum::compensated;
use crate::source::Needle;

/// Step in ln s: e^{−π²/step} = 1e-33, and 3e-17 for twice the step, times (2π/step)^3.5 for
/// products of degree 4.
const STEP: f64 = 0.13;
/// Step in z is π²/(this·√γ): e^{−60}, and 9e-14 for twice the step.
const DIGITS: f64 = 60.0;
/// Largest step in z.
const WIDEST: f64 = 0.2;
/// Standard deviations kept around each peak in z: what is left out is e^−84.
const REACH: f64 = 13.0;
/// Exponents below minus this are nothing.
const NOTHING: f64 = 745.0;
/// An integral over ln s starts where sT has fallen to e^−45.
const START: f64 = 45.0;
/// Rounding of some thousand terms, relative to the sum of their sizes: N·ln φ has that of ln φ,
/// 700 times at most.
const ROUNDING: f64 = 1e-12;
/// Highest power of a weight in the five values.
const POWERS: usize = 6;
/// Highest SNR that is integrated: the work grows like γ^1.5, and M is below √(N p)·e^−50 here.
const HIGHEST_SNR: f64 = 400.0;

/// M, −M′, M″, the sum of the sizes behind M″, H(X|Y).
const VALUES: usize = 5;

/// Channel values of `needle`, whose entropy is `shannon`, at `snr` > 0.
///
/// Relative accuracy about 1e-12 for M, −M′ and H(X|Y); absolute, in units of the terms that
/// cancel, for M″ and I = H − H(X|Y). Above SNR 400 the values that vanish are 0 within the pair
/// bounds.
pub fn evaluate(needle: &Needle, shannon: Estimate, snr: f64) -> ChannelValues {
    if snr > HIGHEST_SNR {
        return vanishing(&pairs::of_needle(needle, snr), shannon);
    }
    let (fine, coarse) = (Rule::new(needle, snr, 1.0).values(), Rule::new(needle, snr, 2.0).values());
    let estimate =
        |i: usize, size: f64| Estimate::quadrature(fine[i], (fine[i] - coarse[i]).abs() + ROUNDING * size);
    let posterior_entropy = estimate(4, fine[4]);
    let information = shannon.value - posterior_entropy.value;
    ChannelValues {
        mmse: estimate(0, fine[0]),
        mmse_slope: estimate(1, fine[1]),
        mmse_curvature: estimate(2, fine[3]),
        information: Estimate::quadrature(information, posterior_entropy.bound + shannon.bound),
        posterior_entropy: Some(posterior_entropy),
    }
}

/// What lies between 0 and the bounds. tr Cov ≤ 1 and |x − m|² ≤ 2 here, so that |M″| = |E 2 tr
/// Cov³ − ‖K₃‖²| ≤ 2M + 2M.
fn vanishing(most: &PairBounds, shannon: Estimate) -> ChannelValues {
    let within = |bound: f64| Estimate::quadrature(0.0, bound);
    ChannelValues {
        mmse: within(most.mmse),
        mmse_slope: within(most.mmse_slope),
        mmse_curvature: within(4.0 * most.mmse),
        information: Estimate::quadrature(shannon.value, most.posterior_entropy + shannon.bound),
        posterior_entropy: Some(within(most.posterior_entropy)),
    }
}

/// The two rules at one SNR.
struct Rule {
    /// N.
    n: f64,
    /// W_0 = 1 − p.
    origin: f64,
    /// ln(p/N) − γ/2: ln W at z = 0.
    ln_weight: f64,
    root: f64,
    step: f64,
    step_z: f64,
}

impl Rule {
    fn new(needle: &Needle, snr: f64, coarser: f64) -> Self {
        let (n, root) = (needle.atoms as f64, snr.sqrt());
        Self {
            n,
            origin: 1.0 - needle.p,
            ln_weight: (needle.p / n).ln() - 0.5 * snr,
            root,
            step: coarser * STEP,
            step_z: coarser * WIDEST.min(std::f64::consts::PI.powi(2) / (DIGITS * root)),
        }
    }

    /// The integrals over ln s, sequentially: who waits for a curve's panels must not be given other
    /// work that waits for the same. T is at most e^{γ/2 + 9√γ}, but for e^{−40} of the mass: as low
    /// must s go.
    fn values(&self) -> [f64; VALUES] {
        let low = -START - 0.5 * self.root * self.root - 9.0 * self.root;
        let high = NOTHING.ln() - self.ln_weight + REACH * self.root;
        let nodes = ((high - low) / self.step).ceil() as usize;
        let terms: Vec<[f64; VALUES]> =
            (0..=nodes).map(|i| self.terms(self.step.mul_add(i as f64, low))).collect();
        std::array::from_fn(|v| self.step * compensated(terms.iter().map(|term| term[v])))
    }

    /// The integrands at ln s.
    fn terms(&self, ln_s: f64) -> [f64; VALUES] {
        let (s, n) = (ln_s.exp(), self.n);
        let (a, ln_phi) = self.weights(ln_s);
        let origin = s * self.origin;
        // ln of e^{−sW_0} φ^{N−m}, also where φ is 0; nothing with fewer than m atoms beside the
        // origin.
        let ln_others = |m: f64| if n > m { (n - m) * ln_phi - origin } else { -origin };
        let others = |m: f64| if n < m { 0.0 } else { ln_others(m).exp() };
        // Σ over ordered choices of atoms of E Π (sW)^k e^{−sT}; the s^{m−1}/Γ(m−1) of a product of
        // degree m is left to `power`.
        let sum = |parts: &[usize]| {
            let choices: f64 = (0..parts.len()).map(|i| n - i as f64).product();
            choices * parts.iter().map(|&k| a[k]).product::<f64>() * others(parts.len() as f64)
        };
        let power = |degree: usize, sum: f64| sum / (s * FACTORIALS[degree - 2]);
        // Beyond this e^{−sW_0} is nothing, and its square must not overflow.
        let some = origin.min(NOTHING);
        let mmse = power(2, some * sum(&[1]) + sum(&[1, 1]));
        let to_origin = some * some * sum(&[2]) + 2.0 * some * sum(&[2, 1]);
        let slope = power(4, to_origin + 2.0 * sum(&[2, 2]) + sum(&[2, 1, 1]));
        let squares = [
            (-1.0, power(2, sum(&[2]))),
            (8.0, power(3, sum(&[3]))),
            (-16.0, power(4, sum(&[4]))),
            (-3.0, power(4, sum(&[4]) + sum(&[2, 2]))),
            (18.0, power(5, sum(&[5]) + sum(&[3, 2]))),
            (-6.0, power(6, sum(&[6]) + 3.0 * sum(&[4, 2]) + sum(&[2, 2, 2]))),
        ];
        let at_origin = self.origin * (-origin).exp() * -(n * ln_phi).exp_m1();
        let entropy = at_origin + n * a[1] / s * -ln_others(1.0).exp_m1();
        let curvature = squares.iter().map(|(factor, value)| factor * value).sum();
        let size = squares.iter().map(|(factor, value)| factor.abs() * value).sum();
        [mmse, slope, curvature, size, entropy]
    }

    /// a_k(s) = E (sW)^k e^{−sW} for k = 1 … 6 (index 0 is unused), and ln φ(s) = ln E e^{−sW}.
    fn weights(&self, ln_s: f64) -> ([f64; POWERS + 1], f64) {
        let ln_at_zero = self.ln_weight + ln_s;
        // Beyond this z, sW > 745 and e^{−sW} is nothing.
        let last = (NOTHING.ln() - ln_at_zero) / self.root;
        let low = last.min(0.0) - REACH;
        let high = last.clamp(0.0, POWERS as f64 * self.root) + REACH;
        let nodes = ((high - low) / self.step_z).ceil() as usize;
        let (mut a, mut missing) = ([0.0; POWERS + 1], 0.0);
        for i in 0..=nodes {
            let z = self.step_z.mul_add(i as f64, low);
            let (density, weight) = ((-0.5 * z * z).exp(), self.root.mul_add(z, ln_at_zero).exp());
            if weight > NOTHING {
                missing += density;
                continue;
            }
            let fall = (-weight).exp_m1();
            missing -= density * fall;
            let mut product = density * (1.0 + fall);
            for sum in &mut a[1..] {
                product *= weight;
                *sum += product;
            }
        }
        let scale = self.step_z / std::f64::consts::TAU.sqrt();
        a.iter_mut().for_each(|sum| *sum *= scale);
        (a, (-(scale * missing).min(1.0)).ln_1p())
    }
}

/// Γ(m − 1) = (m − 2)! of T^{−(m−1)}, by m − 2.
const FACTORIALS: [f64; POWERS - 1] = [1.0, 1.0, 2.0, 6.0, 24.0];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::channel::exact;
    use crate::source::Source;

    /// Two rules of the same formulas agree to their bounds; those of a grid in R³ to its own
    /// error, e^{−2π²/h²} and worse with the width of the strip: halving h changes nothing above
    /// this.
    const GRID: f64 = 1e-9;
    /// Relative bound of what is a sum of positive terms.
    const SHARP: f64 = 1e-11;

    fn at(spec: &str, snr: f64) -> ChannelValues {
        exact::at(&Source::parse(spec).unwrap(), snr).unwrap().unwrap()
    }

    fn all(values: &ChannelValues) -> [Estimate; 5] {
        let ChannelValues { mmse, mmse_slope, mmse_curvature, information, posterior_entropy } = *values;
        [mmse, mmse_slope, mmse_curvature, information, posterior_entropy.unwrap()]
    }

    /// One atom beside the origin is a law on a line, with a route of its own.
    #[test]
    fn one_atom_is_the_law_on_a_line() {
        for p in ["0.5", "0.1", "0.9", "1e-4"] {
            for snr in [1e-3, 0.7, 5.0, 14.0, 90.0, 300.0, 1e3] {
                let (needle, line) =
                    (at(&format!("needle:p={p},atoms=1"), snr), at(&format!("bernoulli:p={p}"), snr));
                for (i, (a, b)) in all(&needle).iter().zip(all(&line)).enumerate() {
                    let error = (a.value - b.value).abs();
                    assert!(error <= a.bound + b.bound, "value {i} of p = {p} at {snr}: {a:?} and {b:?}");
                    let sharp = i == 2 || i == 3 || snr > HIGHEST_SNR || a.bound <= SHARP * a.value;
                    assert!(sharp, "value {i} of p = {p} at {snr}: {a:?}");
                }
            }
        }
    }

    /// Three atoms beside the origin: the posterior on a grid in R³, by its definition.
    #[test]
    fn three_atoms_are_those_of_a_grid_in_space() {
        let (p, snr) = (0.4, 3.0_f64);
        let (root, step, nodes) = (snr.sqrt(), 0.25, 80);
        let place = |i: usize| -8.0 + step * i as f64;
        let mut expected = [0.0; 4];
        for cell in 0..nodes * nodes * nodes {
            let y = [cell / nodes / nodes, cell / nodes % nodes, cell % nodes].map(place);
            let weights = y.map(|y| p / 3.0 * (root * y - 0.5 * snr).exp());
            let total = 1.0 - p + weights.iter().sum::<f64>();
            let density = y
                .iter()
                .map(|y| step * (-0.5 * y * y).exp() / std::f64::consts::TAU.sqrt())
                .product::<f64>();
            let posterior = weights.map(|w| w / total);
            let power = |k: i32| posterior.iter().map(|q| q.powi(k)).sum::<f64>();
            let (s2, s3, s4) = (power(2), power(3), power(4));
            let covariances = [
                power(1) - s2,
                s2 - 2.0 * s3 + s2 * s2,
                -s2 + 8.0 * s3 - 16.0 * s4 - 3.0 * s2 * s2 + 18.0 * s2 * s3 - 6.0 * s2.powi(3),
                -posterior.iter().map(|q| q * q.ln()).sum::<f64>()
                    - (1.0 - p) / total * ((1.0 - p) / total).ln(),
            ];
            for (sum, value) in expected.iter_mut().zip(covariances) {
                *sum += density * total * value;
            }
        }
        let found = at("needle:p=0.4,atoms=3", snr);
        for (estimate, expected) in [0, 1, 2, 4].map(|i| all(&found)[i]).iter().zip(expected) {
            let error = (estimate.value - expected).abs();
            assert!(error <= estimate.bound + GRID * expected.abs(), "{estimate:?} for {expected}");
        }
    }

    /// Figures of an independent program (NumPy, other steps and windows) at H = ln 2 for N = 4096
    /// and 10⁸.
    #[test]
    fn many_atoms_have_their_reference_values() {
        for (p, atoms, snr, expected) in [
            ("0.05703619893677168", "4096", 27.18281828459036, 2.655214216846094),
            ("0.03026423001128754", "1e8", 49.53032424395088, 3.7184044340464117),
        ] {
            let found = at(&format!("needle:p={p},atoms={atoms}"), snr).mmse_slope;
            let least = found.value * snr * snr / std::f64::consts::LN_2.powi(2);
            assert!((least / expected - 1.0).abs() < 1e-10, "N = {atoms}: {least}");
        }
    }
}
