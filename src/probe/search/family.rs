//! Where climbs begin: random laws of several structures, each a pure function of (seed, start).

use crate::numeric::normal;
use crate::numeric::stream::Stream;
use crate::probe::search::law::Candidate;

/// Names of the families, in the order in which starts take them.
pub const FAMILIES: [&str; 5] = ["points", "simplex", "needle", "codes", "tree"];

/// The law that start number `start` climbs from: at most `atoms` ≥ 2 atoms in at most `dim` dimensions.
pub fn start(seed: u64, start: u64, atoms: usize, dim: usize) -> (&'static str, Candidate) {
    let draw = Draw { stream: Stream::named(seed, "search start"), start };
    let family = FAMILIES[(start % FAMILIES.len() as u64) as usize];
    let [u, v] = draw.stream.uniforms(start, 0);
    let n = 2 + (u * (atoms - 1) as f64) as usize;
    let d = (1 + (v * dim as f64) as usize).min(n - 1);
    // √γ·distance where atoms begin to be told apart: T = γ|x − x′|² between 2 and 40.
    let scale = draw.between(0, 2.0_f64.sqrt(), 40.0_f64.sqrt());
    let law = match family {
        "points" => Candidate::new(d, draw.normals(n * d, 0.7 * scale), draw.weights(n, 2.0)),
        "simplex" => {
            let n = n.min(d + 1);
            Candidate::new(d, jittered(simplex(n, d, scale), &draw), draw.weights(n, 0.3))
        }
        "needle" => {
            let n = n.min(d + 1);
            let p = draw.between(1, 1e-3, 0.7);
            let weights = (0..n).map(|i| if i == 0 { 1.0 - p } else { p / (n - 1) as f64 }).collect();
            Candidate::new(d, jittered(axes(n, d, scale), &draw), weights)
        }
        "codes" => {
            let ratio = draw.between(1, 1.5, 10.0);
            let mut points = draw.normals(n * d, 0.7 * scale);
            points[n / 2 * d..].iter_mut().for_each(|x| *x *= ratio);
            Candidate::new(d, points, draw.weights(n, 1.0))
        }
        _ => {
            // A parent for every two atoms, offsets of half the size.
            let (parents, offsets) = (draw.normals(n.div_ceil(2) * d, 0.7 * scale), draw.normals(n * d, 0.35 * scale));
            let points = (0..n * d).map(|k| parents[k / d / 2 * d + k % d] + offsets[k]).collect();
            Candidate::new(d, points, draw.weights(n, 1.0))
        }
    };
    (family, law)
}

/// Random numbers of one start.
struct Draw {
    stream: Stream,
    start: u64,
}

impl Draw {
    /// Log-uniform in [a, b]; `which` tells numbers apart.
    fn between(&self, which: u32, a: f64, b: f64) -> f64 {
        let [u, _] = self.stream.uniforms(self.start, 1 + which);
        a * (b / a).powf(u)
    }

    fn normals(&self, n: usize, std_dev: f64) -> Vec<f64> {
        // Lanes of their own by the scale's bits: the same start draws several sets.
        let stream = Stream::named(self.stream.seed(), &format!("search normals {n} {:x}", std_dev.to_bits()));
        let mut z = vec![0.0; n];
        normal::fill(&stream, self.start, &mut z);
        z.iter_mut().for_each(|z| *z *= std_dev);
        z
    }

    /// n weights, log-normal with the given spread.
    fn weights(&self, n: usize, spread: f64) -> Vec<f64> {
        self.normals(n, spread).into_iter().map(f64::exp).collect()
    }
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

fn jittered(mut points: Vec<f64>, draw: &Draw) -> Vec<f64> {
    let noise = draw.normals(points.len(), 0.05);
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
