//! What the cut-off atoms of an infinite law can add to the channel values, as a true bound.
//!
//! Let B = 1 on the cut atoms, q = P(B = 1) = `missing`, and let primes mark the kept law, which is
//! what was evaluated. Each of m_2, m_2², 2m_2³ − m_3² is the posterior mean of a polynomial h in
//! m = 2, 4, 6 replicas X_1 … X_m, conditionally independent given Y: m_2 = ½E(X_1−X_2)², m_3 =
//! E(X_1−X_2)²(X_1−X_3). With X_i = (Y − Z_i)/√γ it is a polynomial of differences of the noises
//! Z_i, each of them N(0, 1) whatever the law of X is.
//!
//! Split on whether all replicas are kept: the part where they are is (1−β)^m F′(Y), β = P(B = 1 |
//! Y), against (1−β)F′(Y) for the kept law, so with F the true functional
//!
//! |E F − (1−q)E′F′| ≤ max( E[|h|; some B_i = 1], (m−1) E[β(1−β)|F′|] ).
//!
//! Elementary inequalities give |h| ≤ c γ^{−k} Σ_i Z_i^{2k}, and for any event A of probability q
//! the rearrangement bound E[Z^{2k}; A] ≤ τ_{2k}(q) = E[Z^{2k}; |Z| > z], P(|Z| > z) = q. The m²
//! terms (replica i cut, noise j) make
//!
//! mmse: h ≤ (Z_1²+Z_2²)/γ, so the bound is 4τ_2/γ, and no less than (1−q)M′ is left (reveal B);
//! slope: 16 τ_4/γ²;   curvature: 480 τ_6/γ³ (Σ of the coefficients 16 + 64, times 6 events).
//!
//! No assumption on where the cut atoms are, and no moment of X, is used.

use crate::channel::exact::ChannelValues;
use crate::numeric::estimate::Estimate;
use crate::source::{Atoms, Source};

/// Channel values of the whole law from those of its kept part.
///
/// mmse and derivatives are (1 − q) times the kept values, with the bounds above. For the entropies
/// the cut atoms are taken to lie on a lattice no finer than the least gap g of the kept ones (true
/// of every infinite law here): H(X|Y) − (1−q)H(X′|Y) is between 0 and h(q) + q·½ ln(2πe(1/(γg²) +
/// 1/12)), the maximum entropy of an integer-valued variable with that variance, or H − (1−q)H′ if
/// that is less; I − (1−q)I′ is between 0 and H − (1−q)H′. With H = ∞ the information is ∞, since
/// H(X|Y) is finite.
pub fn restore(kept: ChannelValues, atoms: &Atoms, source: &Source, snr: f64) -> ChannelValues {
    let q = atoms.missing;
    let [second, fourth, sixth] = tail_moments(q);
    let kept_entropy = super::entropy(&atoms.weights.iter().map(|p| p / (1.0 - q)).collect::<Vec<_>>());
    let whole = source.pmf().map(|pmf| pmf.shannon());
    let binary = -q * q.ln() - (1.0 - q) * (-q).ln_1p();
    let lattice =
        (1.0 / (snr * least_gap(atoms).powi(2)) + 1.0 / 12.0) * std::f64::consts::TAU * std::f64::consts::E;
    let lattice = binary + q * 0.5 * lattice.ln().max(0.0);
    // H − (1−q)H′ = h(q) + q·H(X | cut).
    let excess = whole.map_or(f64::INFINITY, |h| h.value + h.bound - (1.0 - q) * kept_entropy);
    let excess = excess.max(0.0) + 8.0 * f64::EPSILON * kept_entropy;
    let scaled = |kept: Estimate, slack: f64| {
        let part = kept.scaled(1.0 - q);
        Estimate { bound: part.bound + slack, ..part }
    };
    ChannelValues {
        mmse: scaled(kept.mmse, 4.0 * second / snr),
        mmse_slope: scaled(kept.mmse_slope, 16.0 * fourth / snr.powi(2)),
        mmse_curvature: scaled(kept.mmse_curvature, 480.0 * sixth / snr.powi(3)),
        information: if excess.is_finite() {
            scaled(kept.information, excess)
        } else {
            Estimate::quadrature(f64::INFINITY, 0.0)
        },
        posterior_entropy: kept.posterior_entropy.map(|h| scaled(h, lattice.min(excess))),
    }
}

/// Upper bounds on τ_2, τ_4, τ_6.
///
/// For every z, E[Z^{2k}; A] ≤ z^{2k}·P(A) + E[Z^{2k}; |Z| > z]. Here z = √(2 ln(2/q)), so that
/// φ(z) = q/(2√(2π)), and the second part follows from T_{2k} = 2z^{2k−1}φ(z) + (2k−1)T_{2k−2}, T_0
/// ≤ 2φ(z)/z. Never above the whole moment.
pub(super) fn tail_moments(q: f64) -> [f64; 3] {
    let z = (2.0 * (2.0 / q).ln()).sqrt();
    let density = 0.5 * q / std::f64::consts::TAU.sqrt();
    let (mut tail, mut power) = (2.0 * density / z, z);
    // (2k − 1, (2k − 1)!!) for k = 1, 2, 3.
    [(1.0, 1.0), (3.0, 3.0), (5.0, 15.0)].map(|(odd, whole)| {
        tail = 2.0 * power * density + odd * tail;
        let bound = power * z * q + tail;
        power *= z * z;
        f64::min(bound, whole)
    })
}

/// Least distance between two atoms on the line; ∞ for a single one.
fn least_gap(atoms: &Atoms) -> f64 {
    let mut points = atoms.points.clone();
    points.sort_by(f64::total_cmp);
    points.windows(2).map(|pair| pair[1] - pair[0]).fold(f64::INFINITY, f64::min)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::channel::exact::line;

    /// Rounding of the closed form.
    const RELATIVE: f64 = 1e-12;

    /// q = P(|Z| > 3), from tables: τ_2 = 6φ(3) + q, τ_4 = 54φ(3) + 3τ_2, τ_6 = 486φ(3) + 5τ_4.
    #[test]
    fn tail_moments_are_bounds_and_not_absurd_ones() {
        let (q, density) = (0.002_699_796_063_260_19, (-4.5_f64).exp() / std::f64::consts::TAU.sqrt());
        let second = 6.0 * density + q;
        let fourth = 54.0 * density + 3.0 * second;
        let sixth = 486.0 * density + 5.0 * fourth;
        for (bound, exact) in tail_moments(q).into_iter().zip([second, fourth, sixth]) {
            assert!(bound >= exact * (1.0 - RELATIVE) && bound < 4.0 * exact, "{bound} for {exact}");
        }
    }

    /// A geometric law cut early, against the same law cut where the rest is nothing.
    #[test]
    fn the_bound_covers_what_was_cut() {
        let law = |n: i32| {
            let weights: Vec<f64> = (0..n).map(|k| 0.5 * 0.5_f64.powi(k)).collect();
            Atoms { dim: 1, points: (0..n).map(f64::from).collect(), missing: 0.5_f64.powi(n), weights }
        };
        let spec = crate::spec::Spec::parse("bpsk").expect("a spec");
        let truth = Source::discrete(&spec, Atoms::new(1, law(60).points, law(60).weights).expect("atoms"));
        let truth = truth.expect("a source");
        for snr in [0.01, 0.5, 4.0, 50.0] {
            let exact = line::evaluate(&law(60), snr);
            for n in [3, 10, 25] {
                let cut = restore(line::evaluate(&law(n), snr), &law(n), &truth, snr);
                for (name, cut, exact) in [
                    ("mmse", cut.mmse, exact.mmse),
                    ("slope", cut.mmse_slope, exact.mmse_slope),
                    ("curvature", cut.mmse_curvature, exact.mmse_curvature),
                    ("information", cut.information, exact.information),
                    (
                        "entropy",
                        cut.posterior_entropy.expect("discrete"),
                        exact.posterior_entropy.expect("discrete"),
                    ),
                ] {
                    let error = (cut.value - exact.value).abs();
                    assert!(
                        error <= cut.bound + exact.bound,
                        "{name} at {snr}, {n} atoms: error {error:e}, {cut:?}"
                    );
                }
            }
        }
    }
}
