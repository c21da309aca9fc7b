//! A measured function without its noise, and what the noise leaves open.
//!
//! y_i = f(x_i) + s_i z_i with known s_i. f is a cubic spline on even knots whose coefficients have
//! the prior of a penalty λ on their third differences (P-splines: Eilers, Marx, Statist. Sci. 11,
//! 1996): a parabola is free, and how fast it may bend is found from the data, by the evidence p(y |
//! λ). Given λ the coefficients are normal, so that curves which could be the true one are drawn
//! exactly. Their spread holds the bias of smoothing as well as the noise (Wahba, J. R. Statist.
//! Soc. B 45, 1983; Nychka, J. Amer. Statist. Assoc. 83, 1988: intervals from it cover on average
//! over x), which replicates of a smoothed curve forget.

use crate::numeric::normal;
use crate::numeric::stream::Stream;

/// Intervals between knots.
const INTERVALS: usize = 200;
/// Coefficients: the cubic B-splines that reach into the range.
const COEFFICIENTS: usize = INTERVALS + 3;
/// Diagonals of the precision beside the main one: those of the penalty, and of the data.
const BAND: usize = 3;
/// Third differences.
const DIFFERENCES: [f64; 4] = [-1.0, 3.0, -3.0, 1.0];
/// Decimal exponents of λ, in units of the mean weight of a coefficient: 4 to the decade. Below the
/// first nothing is smoothed, at the last a parabola is left.
const EXPONENTS: (i32, i32) = (-12, 40);
const PER_DECADE: f64 = 4.0;
/// Where the uniforms are that choose λ, beyond the normals of the coefficients.
const CHOICE: u32 = 1 << 16;

/// Everything that the data leave possible of a function.
pub struct Possible {
    /// First and last x.
    range: (f64, f64),
    /// The line that was taken off before smoothing, at both ends of the range.
    line: (f64, f64),
    fits: Vec<GivenPenalty>,
    /// p(λ | y) of each fit, summed up.
    cumulative: Vec<f64>,
    mean: Vec<f64>,
    /// ln p(y), up to a constant.
    evidence: f64,
}

/// The normal distribution of the coefficients for one λ: mean, and the LDLᵀ of its precision.
struct GivenPenalty {
    mean: Vec<f64>,
    diagonal: Vec<f64>,
    below: Vec<[f64; BAND]>,
    /// ln p(y | λ), up to a constant.
    evidence: f64,
}

impl Possible {
    /// From at least three points, x strictly increasing, with standard errors > 0.
    ///
    /// # Panics
    /// Fewer than three points.
    pub fn new(x: &[f64], y: &[f64], std_errs: &[f64]) -> Self {
        assert!(x.len() >= 3, "a parabola needs three points");
        let range = (x[0], x[x.len() - 1]);
        let line = (y[0], y[y.len() - 1]);
        let weights: Vec<f64> = std_errs.iter().map(|s| s.powi(-2)).collect();
        let mut data = vec![[0.0; BAND + 1]; COEFFICIENTS];
        let (mut right, mut square) = (vec![0.0; COEFFICIENTS], 0.0);
        for ((&x, &y), &w) in x.iter().zip(y).zip(&weights) {
            let (first, basis) = basis(range, x);
            let y = y - between(line, range, x);
            square += w * y * y;
            for p in 0..=BAND {
                right[first + p] += w * basis[p] * y;
                for q in p..=BAND {
                    data[first + p][q - p] += w * basis[p] * basis[q];
                }
            }
        }
        let unit = weights.iter().sum::<f64>() / COEFFICIENTS as f64;
        let fit = |exponent: i32| {
            let decades = f64::from(exponent) / PER_DECADE;
            GivenPenalty::new(&data, &right, square, unit * 10_f64.powf(decades), decades)
        };
        let fits: Vec<GivenPenalty> = (EXPONENTS.0..=EXPONENTS.1).map(fit).collect();
        let most = fits.iter().map(|fit| fit.evidence).fold(f64::NEG_INFINITY, f64::max);
        let shares: Vec<f64> = fits.iter().map(|fit| (fit.evidence - most).exp()).collect();
        let total: f64 = shares.iter().sum();
        let mut mean = vec![0.0; COEFFICIENTS];
        for (fit, share) in fits.iter().zip(&shares) {
            mean.iter_mut().zip(&fit.mean).for_each(|(mean, z)| *mean += share / total * z);
        }
        let sum = |before: &mut f64, share: &f64| {
            *before += share / total;
            Some(*before)
        };
        let cumulative = shares.iter().scan(0.0, sum).collect();
        Self { range, line, fits, cumulative, mean, evidence: most + total.ln() }
    }

    /// ln p(y), up to a constant of y and of its errors: how well an axis serves them.
    pub fn evidence(&self) -> f64 {
        self.evidence
    }

    /// The mean of all functions that could be, at some x in the range.
    pub fn mean(&self, x: &[f64]) -> Vec<f64> {
        self.values(&self.mean, x)
    }

    /// A function that could be, drawn from their distribution, at some x in the range.
    pub fn draw(&self, stream: &Stream, sample: u64, x: &[f64]) -> Vec<f64> {
        let [choice, _] = stream.uniforms(sample, CHOICE);
        let at = self.cumulative.partition_point(|&share| share < choice).min(self.fits.len() - 1);
        let fit = &self.fits[at];
        let mut off = vec![0.0; COEFFICIENTS];
        normal::fill(stream, sample, &mut off);
        off.iter_mut().zip(&fit.diagonal).for_each(|(z, d)| *z /= d.sqrt());
        fit.back(&mut off);
        off.iter_mut().zip(&fit.mean).for_each(|(z, mean)| *z += mean);
        self.values(&off, x)
    }

    fn values(&self, coefficients: &[f64], x: &[f64]) -> Vec<f64> {
        let at = |&x: &f64| {
            let (first, basis) = basis(self.range, x);
            let spline: f64 = basis.iter().zip(&coefficients[first..]).map(|(b, z)| b * z).sum();
            spline + between(self.line, self.range, x)
        };
        x.iter().map(at).collect()
    }
}

impl GivenPenalty {
    /// Precision `data` + `penalty` DᵀD, D the third differences.
    fn new(data: &[[f64; BAND + 1]], right: &[f64], square: f64, penalty: f64, decades: f64) -> Self {
        let n = data.len();
        let mut precision = data.to_vec();
        for j in 0..n - BAND {
            for a in 0..=BAND {
                for b in a..=BAND {
                    precision[j + a][b - a] += penalty * DIFFERENCES[a] * DIFFERENCES[b];
                }
            }
        }
        let (mut diagonal, mut below) = (vec![0.0; n], vec![[0.0; BAND]; n]);
        let (mut mean, mut log_determinant) = (right.to_vec(), 0.0);
        for i in 0..n {
            let mut column = precision[i];
            for p in 1..=BAND.min(i) {
                let (k, factor) = (i - p, below[i - p][p - 1]);
                for q in 0..=BAND - p {
                    column[q] -= factor * diagonal[k] * below[k][p + q - 1];
                }
                mean[i] -= factor * mean[k];
            }
            diagonal[i] = column[0];
            for q in 1..=BAND.min(n - 1 - i) {
                below[i][q - 1] = column[q] / column[0];
            }
            log_determinant += column[0].ln();
        }
        let mut fit = Self { mean: Vec::new(), diagonal, below, evidence: 0.0 };
        mean.iter_mut().zip(&fit.diagonal).for_each(|(z, d)| *z /= d);
        fit.back(&mut mean);
        // The least Σ w (y − z)² + penalty |D z|².
        let least = square - mean.iter().zip(right).map(|(z, b)| z * b).sum::<f64>();
        let rank = (n - BAND) as f64;
        let evidence = 0.5 * (rank * decades * std::f64::consts::LN_10 - log_determinant - least);
        fit.evidence = if evidence.is_nan() { f64::NEG_INFINITY } else { evidence };
        fit.mean = mean;
        fit
    }

    /// Solves Lᵀ z = what stands in `z`.
    fn back(&self, z: &mut [f64]) {
        for i in (0..z.len()).rev() {
            for q in 1..=BAND.min(z.len() - 1 - i) {
                z[i] -= self.below[i][q - 1] * z[i + q];
            }
        }
    }
}

/// The line with these values at both ends of the range.
fn between(line: (f64, f64), range: (f64, f64), x: f64) -> f64 {
    line.0 + (line.1 - line.0) * (x - range.0) / (range.1 - range.0)
}

/// The first of the four cubic B-splines that reach x, and their values there.
fn basis(range: (f64, f64), x: f64) -> (usize, [f64; BAND + 1]) {
    let place = (x - range.0) / (range.1 - range.0) * INTERVALS as f64;
    let first = (place.max(0.0) as usize).min(INTERVALS - 1);
    let t = (place - first as f64).clamp(0.0, 1.0);
    let s = 1.0 - t;
    let inner = |t: f64| (3.0 * t * t * t - 6.0 * t * t + 4.0) / 6.0;
    (first, [s * s * s / 6.0, inner(t), inner(s), t * t * t / 6.0])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(n: usize) -> Vec<f64> {
        (0..n).map(|i| f64::from(i as u32).powf(1.1)).collect()
    }

    fn noisy(x: &[f64], truth: impl Fn(f64) -> f64, error: f64, sample: u64) -> Vec<f64> {
        let mut noise = vec![0.0; x.len()];
        normal::fill(&Stream::named(2, "smoothing test"), sample, &mut noise);
        x.iter().zip(&noise).map(|(&x, z)| truth(x) + error * z).collect()
    }

    /// The gradient of the objective vanishes: Bᵀ W (B z − y) + penalty · Dᵀ D z = 0, the objective
    /// written out anew.
    #[test]
    fn the_mean_is_stationary() {
        let (x, error) = (places(30), 0.1);
        let y: Vec<f64> = x.iter().map(|x| (0.3 * x).sin()).collect();
        let possible = Possible::new(&x, &y, &[error; 30]);
        let index = 30_usize;
        let decades = f64::from(EXPONENTS.0 + index as i32) / PER_DECADE;
        let penalty = 30.0 / error / error / COEFFICIENTS as f64 * 10_f64.powf(decades);
        let mean = &possible.fits[index].mean;
        let objective = |z: &[f64]| -> f64 {
            let fitted = possible.values(z, &x);
            let data: f64 = fitted.iter().zip(&y).map(|(z, y)| ((z - y) / error).powi(2)).sum();
            let bend = |w: &[f64]| (w[3] - 3.0 * w[2] + 3.0 * w[1] - w[0]).powi(2);
            data + penalty * z.windows(4).map(bend).sum::<f64>()
        };
        for i in (0..COEFFICIENTS).step_by(13) {
            let moved = |by: f64| {
                let mut moved = mean.clone();
                moved[i] += by;
                objective(&moved)
            };
            // The objective is a parabola in each coordinate: its central difference is exact.
            let (up, down) = (moved(0.1), moved(-0.1));
            assert!((up - down).abs() < 1e-8 * up, "coordinate {i}: {}", up - down);
        }
    }

    #[test]
    fn parabolas_stay_and_bends_are_kept_where_errors_are_small() {
        let x = places(40);
        let parabola: Vec<f64> = x.iter().map(|x| 3.0 - 0.2 * x + 0.01 * x * x).collect();
        for (z, y) in Possible::new(&x, &parabola, &[0.1; 40]).mean(&x).iter().zip(&parabola) {
            assert!((z - y).abs() < 1e-3, "{z} for {y}");
        }
        let bent: Vec<f64> = x.iter().map(|x| (0.3 * x).sin()).collect();
        for (z, y) in Possible::new(&x, &bent, &[1e-3; 40]).mean(&x).iter().zip(&bent) {
            assert!((z - y).abs() < 3e-3, "{z} for {y}");
        }
    }

    /// 300 points with errors of 5 %: what is left of them is at most 1 % on average.
    #[test]
    fn noise_is_taken_away() {
        let x: Vec<f64> = (0..300).map(|i| f64::from(i) / 27.0 - 5.0).collect();
        let truth = |x: f64| -x.exp().ln_1p();
        let z = Possible::new(&x, &noisy(&x, truth, 0.05, 0), &[0.05; 300]).mean(&x);
        let off = z.iter().zip(&x).map(|(z, &x)| (z - truth(x)).powi(2)).sum::<f64>() / 300.0;
        assert!(off.sqrt() < 0.01, "{}", off.sqrt());
    }

    /// Intervals of 95 % between and on 60 rows: of 100 files × 20 places at most 8 % missed, which
    /// correlated neighbours allow, and the mean of the draws is the mean.
    #[test]
    fn draws_cover_the_truth() {
        let x: Vec<f64> = (0..60).map(|i| f64::from(i) / 6.0 - 5.0).collect();
        let truth = |x: f64| -x.exp().ln_1p() - 0.3 * (1.0 + (x - 2.0).tanh());
        let places: Vec<f64> = (0..20).map(|k| -5.0 + 59.0 / 6.0 * (f64::from(k) + 0.5) / 20.0).collect();
        let stream = Stream::named(3, "draws of a smooth curve");
        let mut missed = 0;
        for file in 0..100 {
            let possible = Possible::new(&x, &noisy(&x, truth, 0.03, file), &[0.03; 60]);
            let draws: Vec<Vec<f64>> = (0..200).map(|k| possible.draw(&stream, k, &places)).collect();
            for (i, mean) in possible.mean(&places).iter().enumerate() {
                let average = draws.iter().map(|draw| draw[i]).sum::<f64>() / 200.0;
                let variance = draws.iter().map(|draw| (draw[i] - average).powi(2)).sum::<f64>() / 199.0;
                assert!((average - mean).abs() < 5.0 * (variance / 200.0).sqrt(), "{average} for {mean}");
                missed += usize::from((truth(places[i]) - mean).abs() > 1.96 * variance.sqrt());
            }
        }
        assert!(missed <= 160, "{missed} of 2000");
    }
}
