//! The law of X given Y = y for atoms on a line: moments and entropy without cancellation.

use crate::numeric;

/// Posterior of the scaled atoms t_i = √γ x_i given y = t + z.
#[derive(Debug, Clone, Copy)]
pub struct Posterior {
    /// ln Σ p_i φ(y − t_i), the log-density of Y (up to the mass of the atoms left out).
    pub ln_evidence: f64,
    /// Second central moment of t.
    pub second: f64,
    /// Third central moment of t.
    pub third: f64,
    /// Entropy −Σ q ln q, nats.
    pub entropy: f64,
}

/// Room for the posterior weights, kept between calls.
#[derive(Debug, Default)]
pub struct Workspace {
    weights: Vec<f64>,
}

impl Workspace {
    /// Posterior at y = √γ·anchor + offset of the atoms at `points` with log-weights `ln_weights`
    /// (not empty).
    ///
    /// Everything is measured from the likeliest atom k: with r_i = q_i/q_k ≤ 1 and R = Σ_{i≠k}
    /// r_i, the entropy is ln(1 + R) − Σ_{i≠k} q_i ln r_i and the central moments are sums of (t_i
    /// − mean)^j: all terms of one sign (odd moments apart), so a posterior within 1e-300 of a
    /// point still has its relative accuracy.
    #[inline]
    pub fn posterior(
        &mut self,
        points: &[f64],
        ln_weights: &[f64],
        amplitude: f64,
        anchor: f64,
        offset: f64,
    ) -> Posterior {
        self.weights.resize(points.len(), 0.0);
        let weights = &mut self.weights[..points.len()];
        let (mut best, mut largest) = (0, f64::NEG_INFINITY);
        for (i, ((w, x), ln_p)) in weights.iter_mut().zip(points).zip(ln_weights).enumerate() {
            let z = offset - amplitude * (x - anchor);
            *w = ln_p - 0.5 * z * z;
            if *w > largest {
                (best, largest) = (i, *w);
            }
        }
        let (mut rest, mut content, mut first) = (0.0, 0.0, 0.0);
        relative_weights(weights, largest, best, |i, ln_ratio, ratio| {
            rest += ratio;
            content -= ratio * ln_ratio;
            first += ratio * (points[i] - points[best]);
        });
        let total = 1.0 + rest;
        let mean = first / total;
        let (mut second, mut third) = (mean * mean, -mean * mean * mean);
        for (x, ratio) in points.iter().zip(weights.iter()) {
            let c = x - points[best] - mean;
            second += ratio * c * c;
            third += ratio * c * c * c;
        }
        let ln_total = rest.ln_1p();
        Posterior {
            ln_evidence: largest + ln_total - HALF_LN_TAU,
            second: second / total * amplitude * amplitude,
            third: third / total * amplitude * amplitude * amplitude,
            entropy: ln_total + content / total,
        }
    }
}

/// ½ ln 2π.
pub(super) const HALF_LN_TAU: f64 = 0.918_938_533_204_672_7;

/// Turns log-weights into ratios to the largest, in place, the largest itself into 0, and hands
/// each to `visit` with its logarithm.
fn relative_weights(
    ln_weights: &mut [f64],
    largest: f64,
    best: usize,
    mut visit: impl FnMut(usize, f64, f64),
) {
    const CHUNK: usize = 64;
    for (chunk_index, chunk) in ln_weights.chunks_mut(CHUNK).enumerate() {
        let mut ln_ratios = [0.0; CHUNK];
        ln_ratios[..chunk.len()].copy_from_slice(chunk);
        numeric::arch().dispatch(
            #[inline(always)]
            || chunk.iter_mut().for_each(|w| *w = numeric::exp::exp(*w - largest)),
        );
        for (j, w) in chunk.iter_mut().enumerate() {
            let i = chunk_index * CHUNK + j;
            if i == best {
                *w = 0.0;
            } else {
                visit(i, ln_ratios[j] - largest, *w);
            }
        }
    }
}

/// Relative entropy of the posterior from the prior, Σ q_i ln(q_i/p_i), where it is small: with
/// r_i = ln(q_i/p_i) it is Σ p_i (r e^r − e^r + 1), every term ≥ 0 and O(r²).
///
/// `scaled` are τ_i = √γ(x_i − EX) and `priors` the p_i of the atoms in reach, `absent` the prior
/// mass of the others, `deviation` is y − √γ EX. Then ln(q_i/p_i) = a_i − ln Σ p_j e^{a_j}, a_i =
/// τ_i·deviation − τ_i²/2.
pub fn divergence_from_prior(scaled: &[f64], priors: &[f64], absent: f64, deviation: f64) -> f64 {
    let exponent = |tau: f64| tau * (deviation - 0.5 * tau);
    let largest = scaled.iter().map(|&tau| exponent(tau)).fold(f64::NEG_INFINITY, f64::max);
    let pairs = || scaled.iter().zip(priors);
    let excess = pairs().map(|(&tau, p)| p * exponent(tau).exp_m1()).sum::<f64>() - absent;
    // Σ p e^a − 1 keeps the digits of a sum near 1; the sum itself those of one near 0, or of one
    // that overflows.
    let ln_sum = if excess > -0.5 && excess.is_finite() {
        excess.ln_1p()
    } else {
        largest + pairs().map(|(&tau, p)| p * (exponent(tau) - largest).exp()).sum::<f64>().ln()
    };
    absent + pairs().map(|(&tau, p)| p * tilt_cost(exponent(tau) - ln_sum)).sum::<f64>()
}

/// r e^r − e^r + 1 ≥ 0 with relative accuracy: Σ_{k≥2} r^k/((k−2)!·k) where r is small.
pub fn tilt_cost(r: f64) -> f64 {
    const SERIES: f64 = 0.25;
    if r.abs() > SERIES {
        return r.exp() * (r - 1.0) + 1.0;
    }
    let (mut sum, mut power_over_factorial) = (0.0, r * r);
    for k in 2..16 {
        sum += power_over_factorial / f64::from(k);
        power_over_factorial *= r / f64::from(k - 1);
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A few roundings of a sum of three terms.
    const RELATIVE: f64 = 1e-14;

    /// Two atoms ±1 at y: the posterior of +1 is the logistic function of 2√γy.
    #[test]
    fn two_atoms_have_the_logistic_posterior() {
        let points = [-1.0, 1.0];
        let ln_weights = [0.5_f64.ln(); 2];
        for y in [0.0, 0.3, 5.0, 90.0] {
            let found = Workspace::default().posterior(&points, &ln_weights, 2.0, 0.25, y - 0.5);
            let (u, v) = ((-4.0 * y).exp(), (4.0 * y).exp());
            let variance = 16.0 / (2.0 + u + v);
            let entropy = u.ln_1p() / (1.0 + u) + v.recip().ln_1p() / (1.0 + v) + 4.0 * y / (1.0 + v);
            assert!(
                (found.second / variance - 1.0).abs() < RELATIVE * (1.0 + 4.0 * y),
                "variance at {y}: {found:?}"
            );
            assert!(
                (found.entropy / entropy - 1.0).abs() < RELATIVE * (1.0 + 4.0 * y),
                "entropy at {y}: {found:?}"
            );
            let third = -variance * 4.0 * (2.0 * y).tanh();
            assert!(
                (found.third - third).abs() <= RELATIVE * (1.0 + 4.0 * y) * variance,
                "third at {y}: {found:?}"
            );
        }
    }

    #[test]
    fn the_cost_of_a_tilt_joins_its_series() {
        for r in [0.25_f64, -0.25] {
            let direct = r.exp() * (r - 1.0) + 1.0;
            assert!((tilt_cost(r) / direct - 1.0).abs() < 1e-13, "{r}");
        }
        assert!((tilt_cost(1e-9) / 0.5e-18 - 1.0).abs() < 1e-8);
    }

    /// Σ q ln(q/p) directly where it is not small.
    #[test]
    fn the_divergence_is_the_relative_entropy() {
        let (scaled, priors) = ([-1.2_f64, 0.4, 2.0], [0.5_f64, 0.4, 0.1]);
        let deviation = 1.7;
        let w: Vec<f64> =
            scaled.iter().zip(&priors).map(|(t, p)| p * (t * deviation - t * t / 2.0).exp()).collect();
        let total: f64 = w.iter().sum();
        let direct: f64 = w.iter().zip(&priors).map(|(w, p)| w / total * (w / total / p).ln()).sum();
        assert!((divergence_from_prior(&scaled, &priors, 0.0, deviation) / direct - 1.0).abs() < 1e-13);
    }
}
