//! A measured curve without its noise: the smoothest ln L that the stated errors allow.

/// The z that minimises ∫ z″² subject to Σ ((y_i − z_i)/s_i)² ≤ n, on points x (strictly
/// increasing) with standard errors s > 0: a discrete smoothing spline whose penalty is found by
/// bisection (Reinsch, Numer. Math. 10, 1967).
///
/// ∫ z″² is taken from second divided differences, so that the normal matrix has five diagonals:
/// O(n) for each of about 60 penalties. A straight line within the errors is returned as that line;
/// fewer than three points as they are.
pub fn smoothest(x: &[f64], y: &[f64], std_errs: &[f64]) -> Vec<f64> {
    if x.len() < 3 {
        return y.to_vec();
    }
    let weights: Vec<f64> = std_errs.iter().map(|s| s.powi(-2)).collect();
    let misfit =
        |z: &[f64]| -> f64 { y.iter().zip(z).zip(&weights).map(|((y, z), w)| w * (y - z) * (y - z)).sum() };
    // Penalties in units in which the data term and the length of the axis are of order 1.
    let unit = weights.iter().sum::<f64>() / x.len() as f64 * (x[x.len() - 1] - x[0]).powi(3);
    let (mut lo, mut hi) = PENALTIES;
    let at = |exponent: f64| solve(x, y, &weights, unit * 10_f64.powf(exponent));
    let straight = at(hi);
    if misfit(&straight) <= x.len() as f64 {
        return straight;
    }
    let mut best = y.to_vec();
    while hi - lo > PRECISION {
        let middle = 0.5 * (lo + hi);
        let z = at(middle);
        if misfit(&z) <= x.len() as f64 {
            (lo, best) = (middle, z);
        } else {
            hi = middle;
        }
    }
    best
}

/// Decimal exponents of the penalty: below the first nothing is smoothed, at the second a line is
/// left.
const PENALTIES: (f64, f64) = (-14.0, 6.0);
/// Where the bisection of the exponent ends.
const PRECISION: f64 = 1e-3;

/// The minimum of Σ w_i (y_i − z_i)² + penalty · ∫ z″²: five diagonals, by LDLᵀ.
fn solve(x: &[f64], y: &[f64], weights: &[f64], penalty: f64) -> Vec<f64> {
    let n = x.len();
    let (mut diagonal, mut first, mut second) = (weights.to_vec(), vec![0.0; n], vec![0.0; n]);
    for j in 1..n - 1 {
        let (before, after) = (x[j] - x[j - 1], x[j + 1] - x[j]);
        let width = 0.5 * (before + after);
        // z″ ≈ Σ c z over the three points; its square counts for `width` of the axis.
        let c = [before.recip(), -before.recip() - after.recip(), after.recip()].map(|c| c / width);
        let scale = penalty * width;
        for (a, &ca) in c.iter().enumerate() {
            diagonal[j - 1 + a] += scale * ca * ca;
        }
        first[j - 1] += scale * c[0] * c[1];
        first[j] += scale * c[1] * c[2];
        second[j - 1] += scale * c[0] * c[2];
    }
    // L has ones on its diagonal, `l` and `m` below; `first[i]` couples i and i + 1.
    let (mut d, mut l, mut m) = (vec![0.0; n], vec![0.0; n], vec![0.0; n]);
    let mut z: Vec<f64> = y.iter().zip(weights).map(|(y, w)| y * w).collect();
    for i in 0..n {
        d[i] = diagonal[i];
        let mut side = first[i];
        if i >= 1 {
            d[i] -= l[i - 1] * l[i - 1] * d[i - 1];
            side -= l[i - 1] * d[i - 1] * m[i - 1];
            z[i] -= l[i - 1] * z[i - 1];
        }
        if i >= 2 {
            d[i] -= m[i - 2] * m[i - 2] * d[i - 2];
            z[i] -= m[i - 2] * z[i - 2];
        }
        l[i] = side / d[i];
        m[i] = second[i] / d[i];
    }
    for i in (0..n).rev() {
        z[i] /= d[i];
        if i + 1 < n {
            z[i] -= l[i] * z[i + 1];
        }
        if i + 2 < n {
            z[i] -= m[i] * z[i + 2];
        }
    }
    z
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::normal;
    use crate::numeric::stream::Stream;

    /// The normal equations, solved with a penalty of order 1.
    const SOLVED: f64 = 1e-9;

    fn places(n: usize) -> Vec<f64> {
        (0..n).map(|i| f64::from(i as u32).powf(1.1)).collect()
    }

    /// The gradient of the objective vanishes: w(z − y) + penalty · Dᵀ W D z = 0, with D z written
    /// out anew.
    #[test]
    fn the_solution_is_stationary() {
        let x = places(9);
        let y: Vec<f64> = x.iter().map(|x| (0.9 * x).sin()).collect();
        let weights: Vec<f64> = x.iter().map(|x| 1.0 + 0.1 * x).collect();
        let objective = |z: &[f64]| -> f64 {
            let data: f64 = z.iter().zip(&y).zip(&weights).map(|((z, y), w)| w * (z - y).powi(2)).sum();
            let bend = |j: usize| {
                let slope = |i: usize| (z[i + 1] - z[i]) / (x[i + 1] - x[i]);
                let width = 0.5 * (x[j + 1] - x[j - 1]);
                ((slope(j) - slope(j - 1)) / width).powi(2) * width
            };
            data + 3.0 * (1..8).map(bend).sum::<f64>()
        };
        let z = solve(&x, &y, &weights, 3.0);
        for i in 0..9 {
            let moved = |by: f64| {
                let mut moved = z.clone();
                moved[i] += by;
                objective(&moved)
            };
            // The objective is a parabola in each coordinate: its central difference is exact.
            assert!(
                (moved(0.1) - moved(-0.1)).abs() < SOLVED,
                "coordinate {i}: {}",
                moved(0.1) - moved(-0.1)
            );
        }
    }

    #[test]
    fn lines_stay_lines_and_bends_are_kept_where_errors_are_small() {
        let x = places(40);
        let line: Vec<f64> = x.iter().map(|x| 3.0 - 0.2 * x).collect();
        for (z, y) in smoothest(&x, &line, &[0.1; 40]).iter().zip(&line) {
            assert!((z - y).abs() < 1e-3, "{z} for {y}");
        }
        let bent: Vec<f64> = x.iter().map(|x| (0.3 * x).sin()).collect();
        for (z, y) in smoothest(&x, &bent, &[1e-3; 40]).iter().zip(&bent) {
            assert!((z - y).abs() < 6e-3, "{z} for {y}");
        }
    }

    /// 300 points with errors of 5 %: what is left of them is at most 2 % on average (2.9 standard
    /// errors of 15 neighbours).
    #[test]
    fn noise_is_taken_away() {
        let x: Vec<f64> = (0..300).map(|i| f64::from(i) / 27.0 - 5.0).collect();
        let truth: Vec<f64> = x.iter().map(|x| -x.exp().ln_1p()).collect();
        let mut noise = vec![0.0; 300];
        normal::fill(&Stream::named(2, "smoothing test"), 0, &mut noise);
        let y: Vec<f64> = truth.iter().zip(&noise).map(|(t, z)| t + 0.05 * z).collect();
        let z = smoothest(&x, &y, &[0.05; 300]);
        let off = z.iter().zip(&truth).map(|(z, t)| (z - t).powi(2)).sum::<f64>() / 300.0;
        assert!(off.sqrt() < 0.02, "{}", off.sqrt());
    }
}
