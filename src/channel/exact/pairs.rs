//! Rigorous upper bounds at high SNR, where random samples see no event: sums over pairs of atoms.
//!
//! For x ≠ x′, T = γ|x−x′|² and a posterior replica X′ of X: P(X=x, X′=x′) ≤ √(p p′) e^{−T/8}
//! min(½, √(π/(2T))) (docs/theory.md, B1). Summing over ordered pairs,
//!
//! * M(γ) = ½E|X−X′|² ≤ ½ Σ |x−x′|² √(pp′) e^{−T/8} min(½, √(π/(2T))),
//! * −M′(γ) ≤ ¼E|X−X′|⁴ ≤ ¼ Σ |x−x′|⁴ √(pp′) e^{−T/8} min(½, √(π/(2T))),
//! * H(X|Y) = E ln(1 + Σ w) ≤ Σ_x p E ln(1 + w) ≤ Σ √(pp′) e^{−T/8}, by ln(1 + w) ≤ √w and E√w =
//!   √(p′/p) e^{−T/8}.

use rayon::prelude::*;

use crate::channel::posterior::atoms::CLOSE;
use crate::numeric::product;
use crate::source::{Atoms, Law, Needle, Simplex, Source};

/// Source atoms treated side by side: bounds the scratch at `ROWS` × N distances.
const ROWS: usize = 64;
/// Atoms above which the quadratic work is not worth its minutes.
const MOST_ATOMS: usize = 1 << 15;
/// γ|x−x′|² of pairs that are far.
const FAR: f64 = 64.0;
/// Room for the rounding of distances, whose exponentials T/8 count up to some 700, and of up to
/// 2³⁰ summands.
const ROUNDED_UP: f64 = 1.0 + 1e-9;

/// Upper bounds on channel values.
#[derive(Debug, Clone, Copy, Default)]
pub struct PairBounds {
    /// Bound on M(γ).
    pub mmse: f64,
    /// Bound on −M′(γ).
    pub mmse_slope: f64,
    /// Bound on H(X|Y), nats.
    pub posterior_entropy: f64,
    /// What pairs with γ|x−x′|² > 64 have of the bound on M: each is confused once in 19,000
    /// samples at most.
    pub far: f64,
}

impl PairBounds {
    /// Adds `count` ordered pairs at squared distance `distance` with geometric-mean weight
    /// `weight` = √(pp′).
    fn add(&mut self, snr: f64, distance: f64, weight: f64, count: f64) {
        let t = snr * distance;
        let overlap = count * weight * (-t / 8.0).exp();
        let replica = overlap * 0.5_f64.min((std::f64::consts::FRAC_PI_2 / t).sqrt());
        self.mmse += 0.5 * distance * replica;
        self.mmse_slope += 0.25 * distance * distance * replica;
        self.posterior_entropy += overlap;
        if t > FAR {
            self.far += 0.5 * distance * replica;
        }
    }

    fn times(self, factor: f64) -> Self {
        Self {
            mmse: self.mmse * factor,
            mmse_slope: self.mmse_slope * factor,
            posterior_entropy: self.posterior_entropy * factor,
            far: self.far * factor,
        }
    }

    fn plus(self, other: Self) -> Self {
        Self {
            mmse: self.mmse + other.mmse,
            mmse_slope: self.mmse_slope + other.mmse_slope,
            posterior_entropy: self.posterior_entropy + other.posterior_entropy,
            far: self.far + other.far,
        }
    }
}

/// Pair bounds of a discrete law with finitely many atoms, and of independent copies of one; O(N²
/// d). `None` for other laws and beyond 32,768 atoms.
pub fn bounds(source: &Source, snr: f64) -> Option<PairBounds> {
    match source.law() {
        Law::Atoms(atoms) if atoms.missing <= 0.0 && atoms.len() <= MOST_ATOMS => {
            Some(of_atoms(atoms, snr).times(ROUNDED_UP))
        }
        Law::Simplex(simplex) => Some(of_simplex(simplex, snr).times(ROUNDED_UP)),
        Law::Needle(needle) => Some(of_needle(needle, snr).times(ROUNDED_UP)),
        Law::Product { base, copies } => bounds(base, snr).map(|of_one| of_one.times(*copies as f64)),
        _ => None,
    }
}

/// A lower bound on the bound on H(X|Y), nats, from each atom and the next: O(N d) to see that
/// [`bounds`] has nothing to say. `None` as there.
pub fn at_least(source: &Source, snr: f64) -> Option<f64> {
    match source.law() {
        Law::Atoms(atoms) if atoms.missing <= 0.0 && atoms.len() <= MOST_ATOMS => {
            let overlap = |i: usize| {
                let t = snr * atoms.square(i, i + 1);
                2.0 * (atoms.weights[i] * atoms.weights[i + 1]).sqrt() * (-t / 8.0).exp()
            };
            Some((0..atoms.len() - 1).map(overlap).sum())
        }
        Law::Simplex(simplex) => Some(of_simplex(simplex, snr).posterior_entropy),
        Law::Needle(needle) => Some(of_needle(needle, snr).posterior_entropy),
        Law::Product { base, copies } => at_least(base, snr).map(|of_one| of_one * *copies as f64),
        _ => None,
    }
}

fn of_atoms(atoms: &Atoms, snr: f64) -> PairBounds {
    let (n, dim) = (atoms.len(), atoms.dim);
    let mean = atoms.mean();
    let centred: Vec<f64> =
        atoms.points.chunks(dim).flat_map(|row| row.iter().zip(&mean).map(|(x, m)| x - m)).collect();
    let norms: Vec<f64> = centred.chunks(dim).map(|row| row.iter().map(|x| x * x).sum()).collect();
    let block = |(b, rows): (usize, &[f64])| {
        let mut products = vec![0.0; rows.len() / dim * n];
        product::rows_times_rows(&mut products, rows, &centred, dim);
        let mut total = PairBounds::default();
        for (r, row) in products.chunks(n).enumerate() {
            let i = b * ROWS + r;
            for j in (0..n).filter(|&j| j != i) {
                let distance = match norms[i] + norms[j] - 2.0 * row[j] {
                    distance if distance > CLOSE * (norms[i] + norms[j]) => distance,
                    _ => atoms.square(i, j),
                };
                total.add(snr, distance, (atoms.weights[i] * atoms.weights[j]).sqrt(), 1.0);
            }
        }
        total
    };
    // Collected in order, so that the sum is the same whatever the number of threads.
    let parts: Vec<PairBounds> = centred.par_chunks(ROWS * dim).enumerate().map(block).collect();
    parts.into_iter().fold(PairBounds::default(), PairBounds::plus)
}

/// All pairs lie at squared distance 2, and Σ_{i≠j} √(p_i p_j) = (Σ√p)² − 1.
fn of_simplex(simplex: &Simplex, snr: f64) -> PairBounds {
    let roots: f64 = simplex.weights.iter().map(|p| p.sqrt()).sum();
    let mut total = PairBounds::default();
    total.add(snr, 2.0, roots * roots - 1.0, 1.0);
    total
}

/// 2N ordered pairs with the origin at squared distance 1, N(N−1) among the others at 2.
pub(super) fn of_needle(needle: &Needle, snr: f64) -> PairBounds {
    let n = needle.atoms as f64;
    let each = needle.p / n;
    let mut total = PairBounds::default();
    total.add(snr, 1.0, ((1.0 - needle.p) * each).sqrt(), 2.0 * n);
    total.add(snr, 2.0, each, n * (n - 1.0));
    total
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::channel::exact;

    #[test]
    fn the_truth_lies_below_the_bounds_and_close_at_high_snr() {
        for spec in ["bpsk", "bernoulli:p=0.1", "zipf:exponent=1.5,atoms=8"] {
            let source = Source::parse(spec).unwrap();
            for snr in [0.5, 4.0, 30.0, 120.0] {
                let truth = exact::at(&source, snr).unwrap().unwrap();
                let bound = bounds(&source, snr).unwrap();
                let entropy = truth.posterior_entropy.unwrap().value;
                assert!(
                    truth.mmse.value <= bound.mmse && truth.mmse_slope.value <= bound.mmse_slope,
                    "{spec} at {snr}"
                );
                assert!(entropy <= bound.posterior_entropy, "{spec} at {snr}");
                if snr > 100.0 {
                    assert!(
                        bound.mmse < 3.0 * truth.mmse.value,
                        "{spec} at {snr}: {} against {}",
                        bound.mmse,
                        truth.mmse.value
                    );
                }
            }
        }
    }

    #[test]
    fn the_simplex_is_its_atoms() {
        let simplex = Source::parse("zipf:exponent=1,atoms=5,embedding=simplex").unwrap();
        let Law::Simplex(law) = simplex.law() else { panic!("a simplex") };
        let mut points = vec![0.0; 25];
        (0..5).for_each(|i| points[6 * i] = 1.0);
        let atoms = Atoms::new(5, points, law.weights.clone()).unwrap();
        let (a, b) = (of_simplex(law, 7.0), of_atoms(&atoms, 7.0));
        assert!((a.mmse / b.mmse - 1.0).abs() < 1e-12 && (a.mmse_slope / b.mmse_slope - 1.0).abs() < 1e-12);
        assert!((a.posterior_entropy / b.posterior_entropy - 1.0).abs() < 1e-12);
    }
}
