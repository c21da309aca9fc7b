//! A law of the search: a few weighted points, free to move.

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use crate::error::Result;
use crate::source::{Atoms, Source};
use crate::spec::{Argument, Spec};

/// Weighted points in R^d, n × d row-major, weights positive and summing to 1.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Candidate {
    /// Dimension d.
    pub dim: usize,
    /// Positions, row-major.
    pub points: Vec<f64>,
    /// Weights.
    pub weights: Vec<f64>,
}

impl Candidate {
    /// From positions and unnormalised weights > 0.
    pub fn new(dim: usize, points: Vec<f64>, weights: Vec<f64>) -> Self {
        let total: f64 = weights.iter().sum();
        Self { dim, points, weights: weights.into_iter().map(|w| w / total).collect() }
    }

    /// Number of atoms.
    pub fn len(&self) -> usize {
        self.weights.len()
    }

    /// Position of atom `i`.
    pub fn point(&self, i: usize) -> &[f64] {
        &self.points[i * self.dim..][..self.dim]
    }

    /// The free parameters: positions, then ln p.
    pub fn parameters(&self) -> Vec<f64> {
        self.points.iter().copied().chain(self.weights.iter().map(|p| p.ln())).collect()
    }

    /// The law of free parameters: positions, then logarithms of unnormalised weights.
    pub fn of_parameters(dim: usize, parameters: &[f64]) -> Self {
        let n = parameters.len() / (dim + 1);
        let (points, logs) = parameters.split_at(n * dim);
        let top = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        Self::new(dim, points.to_vec(), logs.iter().map(|l| (l - top).exp()).collect())
    }

    /// The law as a source, named after its numbers: laws that differ in a bit have different
    /// names.
    ///
    /// # Errors
    /// Positions or weights that are not finite.
    pub fn source(&self) -> Result<Source> {
        let numbers = self.points.iter().chain(&self.weights).map(|x| x.to_bits());
        let bits: Vec<u8> =
            std::iter::once(self.dim as u64).chain(numbers).flat_map(u64::to_le_bytes).collect();
        let name = Argument::Text(format!("{:016x}", xxh3_64(&bits)));
        let spec = Spec { kind: "search".into(), parameters: vec![("law".into(), name)] };
        Source::discrete(&spec, Atoms::new(self.dim, self.points.clone(), self.weights.clone())?)
    }

    /// This law seen from its first atom, and turned so that the last coordinates of the first
    /// atoms are 0: no channel value changes. Coordinates in which no two atoms differ are dropped.
    pub fn reduced(&self) -> Self {
        let origin = self.point(0).to_vec();
        let mut basis: Vec<Vec<f64>> = Vec::new();
        let difference =
            |i: usize| -> Vec<f64> { self.point(i).iter().zip(&origin).map(|(x, o)| x - o).collect() };
        let size = (0..self.len()).map(|i| norm(&difference(i))).fold(0.0, f64::max);
        for i in 1..self.len() {
            let mut rest = difference(i);
            for b in &basis {
                let along = dot(&rest, b);
                rest.iter_mut().zip(b).for_each(|(x, b)| *x -= along * b);
            }
            let length = norm(&rest);
            if length > FLAT * size {
                basis.push(rest.into_iter().map(|x| x / length).collect());
            }
        }
        let dim = basis.len().max(1);
        let coordinates = |i: usize| {
            let x = difference(i);
            (0..dim).map(|k| basis.get(k).map_or(0.0, |b| dot(&x, b))).collect::<Vec<f64>>()
        };
        Self { dim, points: (0..self.len()).flat_map(coordinates).collect(), weights: self.weights.clone() }
    }

    /// The law without atom `gone`.
    pub fn without(&self, gone: usize) -> Self {
        let keep = || (0..self.len()).filter(move |&i| i != gone);
        let points = keep().flat_map(|i| self.point(i).to_vec()).collect();
        Self::new(self.dim, points, keep().map(|i| self.weights[i]).collect())
    }

    /// The weights as whole numbers up to [`MOST_WHOLE`] where they are proportional to some, else
    /// as they are.
    fn written_weights(&self) -> Vec<f64> {
        let least = self.weights.iter().copied().fold(f64::INFINITY, f64::min);
        let in_units = |k: u32| self.weights.iter().map(|p| f64::from(k) * p / least).collect::<Vec<f64>>();
        let whole =
            |weights: &Vec<f64>| weights.iter().all(|w| (w - w.round()).abs() < FLAT * w && *w < MOST_WHOLE);
        let found = (1..=20).map(in_units).find(whole);
        found.map_or_else(|| self.weights.clone(), |weights| weights.iter().map(|w| w.round()).collect())
    }

    /// A row per atom as [`Self::csv`] writes it: the coordinates and last the weight.
    pub fn rows(&self) -> Vec<Vec<String>> {
        let weights = self.written_weights();
        let row = |i: usize| {
            let cells = self.point(i).iter().chain([&weights[i]]).map(|x| crate::numeric::number::name(*x));
            cells.collect()
        };
        (0..self.len()).map(row).collect()
    }

    /// CSV with columns x1 … xd, p: `file:path=…,weights=p` reads it.
    pub fn csv(&self) -> String {
        let header: Vec<String> = (1..=self.dim).map(|k| format!("x{k}")).chain(["p".to_owned()]).collect();
        let rows: String = self.rows().iter().map(|row| row.join(",") + "\n").collect();
        format!("{}\n{rows}", header.join(","))
    }
}

/// Largest weight written as a whole number.
const MOST_WHOLE: f64 = 1e5;
/// Extents below this share of the law's are rounding.
const FLAT: f64 = 1e-9;

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

fn norm(x: &[f64]) -> f64 {
    dot(x, x).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reduction_keeps_distances_and_drops_flat_directions() {
        let law = Candidate::new(3, vec![1.0, 2.0, 3.0, 2.0, 4.0, 3.0, 0.0, 5.0, 3.0], vec![1.0, 2.0, 1.0]);
        let reduced = law.reduced();
        assert_eq!((reduced.dim, reduced.point(0)), (2, &[0.0, 0.0][..]));
        for i in 0..3 {
            for j in 0..3 {
                let apart = |l: &Candidate| {
                    l.point(i).iter().zip(l.point(j)).map(|(x, y)| (x - y).powi(2)).sum::<f64>()
                };
                assert!((apart(&law) - apart(&reduced)).abs() < 1e-12);
            }
        }
        assert_eq!(Candidate::of_parameters(2, &reduced.parameters()).points, reduced.points);
    }
}
