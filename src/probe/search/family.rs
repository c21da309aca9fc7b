//! Where climbs begin: random laws of several structures, each a pure function of (seed, start).

use rand::{Rng, RngExt};
use rand_distr::{Distribution, LogNormal, Normal};

use crate::numeric::stream::Stream;
use crate::probe::search::law::Candidate;

/// Names of the families, in the order in which starts take them.
pub const FAMILIES: [&str; 5] = ["points", "simplex", "needle", "codes", "tree"];

/// The law that start number `start` climbs from: at most `atoms` ≥ 2 atoms in at most `dim`
/// dimensions.
pub fn start(seed: u64, start: u64, atoms: usize, dim: usize) -> (&'static str, Candidate) {
    let rng = &mut Stream::named(seed, "search start").rng(start);
    let family = FAMILIES[(start % FAMILIES.len() as u64) as usize];
    let n = rng.random_range(2..=atoms);
    let d = rng.random_range(1..=dim).min(n - 1);
    // √γ·distance where atoms begin to be told apart: T = γ|x − x′|² between 2 and 40.
    let scale = log_uniform(rng, 2.0_f64.sqrt(), 40.0_f64.sqrt());
    let law = match family {
        "points" => Candidate::new(d, normals(rng, n * d, 0.7 * scale), weights(rng, n, 2.0)),
        "simplex" => {
            let n = n.min(d + 1);
            Candidate::new(d, jittered(simplex(n, d, scale), rng), weights(rng, n, 0.3))
        }
        "needle" => {
            let n = n.min(d + 1);
            let p = log_uniform(rng, 1e-3, 0.7);
            let weights = (0..n).map(|i| if i == 0 { 1.0 - p } else { p / (n - 1) as f64 }).collect();
            Candidate::new(d, jittered(axes(n, d, scale), rng), weights)
        }
        "codes" => {
            let ratio = log_uniform(rng, 1.5, 10.0);
            let mut points = normals(rng, n * d, 0.7 * scale);
            points[n / 2 * d..].iter_mut().for_each(|x| *x *= ratio);
            Candidate::new(d, points, weights(rng, n, 1.0))
        }
        _ => {
            // A parent for every two atoms, offsets of half the size.
            let parents = normals(rng, n.div_ceil(2) * d, 0.7 * scale);
            let offsets = normals(rng, n * d, 0.35 * scale);
            let points = (0..n * d).map(|k| parents[k / d / 2 * d + k % d] + offsets[k]).collect();
            Candidate::new(d, points, weights(rng, n, 1.0))
        }
    };
    (family, law)
}

/// Log-uniform in [a, b).
fn log_uniform(rng: &mut impl Rng, a: f64, b: f64) -> f64 {
    rng.random_range(a.ln()..b.ln()).exp()
}

/// n numbers N(0, std_dev²).
fn normals(rng: &mut impl Rng, n: usize, std_dev: f64) -> Vec<f64> {
    Normal::new(0.0, std_dev).expect("a spread ≥ 0").sample_iter(rng).take(n).collect()
}

/// n weights whose logarithms are N(0, spread²).
fn weights(rng: &mut impl Rng, n: usize, spread: f64) -> Vec<f64> {
    LogNormal::new(0.0, spread).expect("a spread ≥ 0").sample_iter(rng).take(n).collect()
}

/// n ≤ d + 1 points: the origin and axes.
fn axes(n: usize, d: usize, scale: f64) -> Vec<f64> {
    let mut points = vec![0.0; n * d];
    (1..n).for_each(|i| points[i * d + i - 1] = scale);
    points
}

/// n ≤ d + 1 points at distance `scale` from each other, by the usual recursion.
fn simplex(n: usize, d: usize, scale: f64) -> Vec<f64> {
    let mut points = vec![0.0; n * d];
    for i in 1..n {
        // Centroid of the earlier points, then up.
        for k in 0..i - 1 {
            points[i * d + k] = (0..i).map(|j| points[j * d + k]).sum::<f64>() / i as f64;
        }
        let base: f64 = (0..i - 1).map(|k| (points[i * d + k] - points[k]).powi(2)).sum();
        points[i * d + i - 1] = (scale * scale - base).sqrt();
    }
    points
}

fn jittered(mut points: Vec<f64>, rng: &mut impl Rng) -> Vec<f64> {
    let noise = normals(rng, points.len(), 0.05);
    points.iter_mut().zip(noise).for_each(|(x, z)| *x += z);
    points
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_simplex_has_one_distance() {
        let points = simplex(4, 3, 2.0);
        for i in 0..4 {
            for j in 0..i {
                let square: f64 = (0..3).map(|k| (points[i * 3 + k] - points[j * 3 + k]).powi(2)).sum();
                assert!((square - 4.0).abs() < 1e-12, "{i}, {j}: {square}");
            }
        }
    }

    #[test]
    fn starts_keep_their_bounds_and_repeat() {
        for k in 0..200 {
            let (_, law) = start(1, k, 7, 4);
            assert!((2..=7).contains(&law.len()) && (1..=4).contains(&law.dim), "{law:?}");
            assert!(law.points.iter().chain(&law.weights).all(|x| x.is_finite()));
            assert_eq!(law, start(1, k, 7, 4).1);
        }
    }
}
