//! Control variates for free: the posterior sums at γ = 0, whose means are known.
//!
//! At γ = 0 the weights are the prior's. Expanding the observables in √γ, their leading
//! fluctuations are spanned by seven statistics of the same (I, z), all central in i under p, with
//! x̃ = x − EX and Σ = Cov X:
//!
//! | statistic | mean |
//! | --- | --- |
//! | ½ E_p D | tr Σ |
//! | E_p a | 0 |
//! | Cov_p(a, D) | 0 |
//! | Var_p a = zᵀΣz | tr Σ |
//! | Var_p D | Var\|x̃\|² + 4 tr Σ² |
//! | κ_p(a, a, D) | Var\|x̃\|² |
//! | ι(x_I) − H | 0 |
//!
//! Regressing the readouts on them ([`crate::numeric::moments::Moments::regress`]) removes the
//! variance at small γ down to O(√γ) of itself; at large γ it does nothing and costs one pass
//! without exponentials.

use super::sums::Neighbours;
use crate::numeric::arch;

/// Number of control variates of a discrete source.
pub const CONTROLS: usize = 7;
/// Place of Cov_p(a, D) among them.
pub const COVARIANCE: usize = 2;
/// Place of ι(x_I) − H among them.
pub const CONTENT: usize = 6;
const LANES: usize = 8;
/// A difference below this share of its terms is rounding. Symmetric laws make whole controls
/// vanish (equal weights, regular polygons), and rounding must not pass for a statistic with a mean
/// of its own.
const CANCELLED: f64 = 1e-11;

/// `difference`, or 0 where it is rounding of terms of the given size.
fn cleared(difference: f64, size: f64) -> f64 {
    if difference.abs() <= CANCELLED * size { 0.0 } else { difference }
}

/// The moments of a law that fix the means of its controls.
#[derive(Debug, Clone, Copy)]
pub struct LawMoments {
    /// tr Σ = E|x̃|².
    pub variance: f64,
    /// tr Σ².
    pub variance_squared: f64,
    /// Var|x̃|² = E|x̃|⁴ − (tr Σ)².
    pub norm_variance: f64,
}

impl LawMoments {
    /// Means of the controls, in the order of the table above.
    pub fn control_means(&self) -> [f64; CONTROLS] {
        let Self { variance, variance_squared, norm_variance } = *self;
        let norm_variance = cleared(norm_variance, variance * variance);
        [variance, 0.0, 0.0, variance, norm_variance + 4.0 * variance_squared, norm_variance, 0.0]
    }
}

/// Prior sums Σ p f over the atoms, f = D, a, a², D², aD, a²D.
#[derive(Debug, Clone, Copy, Default)]
pub struct PriorSums {
    sums: [f64; 6],
}

impl PriorSums {
    /// Adds the atoms of `neighbours` with their prior weights `weights` (the source atom has a =
    /// D = 0).
    pub fn add(&mut self, neighbours: &Neighbours, weights: &[f64]) {
        arch().dispatch(Add { sums: self, neighbours, weights });
    }

    #[inline(always)]
    fn add_portable(&mut self, neighbours: &Neighbours, weights: &[f64]) {
        let n = weights.len();
        let whole = n - n % LANES;
        let (noise, distance) = (&neighbours.noise[..n], &neighbours.distance[..n]);
        // Six arrays and not an array of six: only so does the compiler keep them in vector
        // registers.
        let (mut sd, mut sa, mut saa) = ([0.0; LANES], [0.0; LANES], [0.0; LANES]);
        let (mut sdd, mut sad, mut saad) = ([0.0; LANES], [0.0; LANES], [0.0; LANES]);
        let chunks =
            weights.chunks_exact(LANES).zip(noise.chunks_exact(LANES)).zip(distance.chunks_exact(LANES));
        for ((weights, noise), distance) in chunks {
            for l in 0..LANES {
                let (p, a, d) = (weights[l], noise[l], distance[l]);
                let (pa, pd) = (p * a, p * d);
                sd[l] += pd;
                sa[l] += pa;
                saa[l] = pa.mul_add(a, saa[l]);
                sdd[l] = pd.mul_add(d, sdd[l]);
                sad[l] = pa.mul_add(d, sad[l]);
                saad[l] = (pa * a).mul_add(d, saad[l]);
            }
        }
        for (sum, lanes) in self.sums.iter_mut().zip([sd, sa, saa, sdd, sad, saad]) {
            *sum += lanes.iter().sum::<f64>();
        }
        for i in whole..n {
            let (p, a, d) = (weights[i], noise[i], distance[i]);
            for (sum, f) in self.sums.iter_mut().zip([d, a, a * a, d * d, a * d, a * a * d]) {
                *sum += p * f;
            }
        }
    }

    /// The controls, given ln p of the source atom and H = `shannon`.
    pub fn controls(&self, ln_weight: f64, shannon: f64) -> [f64; CONTROLS] {
        let [d, a, aa, dd, ad, aad] = self.sums;
        let third = aad - aa * d - 2.0 * a * ad + 2.0 * a * a * d;
        let size = aad + aa * d + 2.0 * (a * ad).abs() + 2.0 * a * a * d;
        [
            0.5 * d,
            a,
            cleared(ad - a * d, ad.abs() + (a * d).abs()),
            aa - a * a,
            dd - d * d,
            cleared(third, size),
            cleared(-ln_weight - shannon, shannon),
        ]
    }
}

struct Add<'a> {
    sums: &'a mut PriorSums,
    neighbours: &'a Neighbours,
    weights: &'a [f64],
}

impl pulp::WithSimd for Add<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _: S) {
        self.sums.add_portable(self.neighbours, self.weights);
    }
}
