//! What is computed once and asked for often: channel values, curves, grids of steps and covariance
//! spectra.

use std::collections::HashMap;
use std::convert::Infallible;
use std::hash::Hash;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use nalgebra::{DMatrix, SymmetricEigen};

use crate::channel::exact::curve::{self, ExactCurve, Octaves};
use crate::channel::exact::pairs::{self, PairBounds};
use crate::channel::exact::{self, ChannelValues};
use crate::denoiser::{self, Estimand};
use crate::error::Result;
use crate::numeric::estimate::Estimate;
use crate::process::risk::RiskCurve;
use crate::schedule::SampledCurve;
use crate::source::{Atoms, Law, Mixture, Needle, Simplex, Source};

/// A memo of deterministic results, shared by all threads of a run.
#[derive(Debug, Default)]
pub struct Memo {
    values: Mutex<HashMap<(String, u64), Option<ChannelValues>>>,
    pairs: Mutex<HashMap<(String, u64), Option<PairBounds>>>,
    spectra: Mutex<HashMap<String, Arc<Vec<f64>>>>,
    octaves: Mutex<HashMap<String, Arc<Octaves>>>,
    grids: Mutex<HashMap<String, Arc<Vec<f64>>>>,
    risks: Mutex<HashMap<String, Arc<OnceLock<SampledCurve>>>>,
}

impl Memo {
    /// [`exact::at`], computed once for each (source, snr).
    ///
    /// # Errors
    /// Those of [`exact::at`].
    pub fn channel_values(&self, source: &Source, snr: f64) -> Result<Option<ChannelValues>> {
        once(&self.values, (source.spec().to_owned(), snr.to_bits()), || exact::at(source, snr))
    }

    /// M and −M′ of `source` as functions of the SNR; `None` where [`exact::supports`] knows no
    /// route.
    pub fn curve<'a>(&self, source: &'a Source) -> Option<ExactCurve<'a>> {
        let key = curve::base(source).0.spec().to_owned();
        let mut all = self.octaves.lock().unwrap_or_else(PoisonError::into_inner);
        let octaves = Arc::clone(all.entry(key).or_default());
        ExactCurve::new(source, octaves)
    }

    /// The loss of a denoiser of `source` between two SNRs by simulation, for schedules: of the exact
    /// one where [`Memo::curve`] has no mmse.
    ///
    /// # Errors
    /// A spec that is refused; a denoiser that fails does so when the curve is asked.
    pub fn risk(&self, source: &Arc<Source>, spec: &str, ends: (f64, f64)) -> Result<RiskCurve> {
        let read = denoiser::content(spec);
        let key = format!("{}|{spec}{read}|{:e}|{:e}", source.spec(), ends.0, ends.1);
        let estimand = Estimand::new(source);
        let denoiser = denoiser::build(spec, &estimand)?;
        // After the denoiser: making a network may take up other work that comes here.
        let mut all = self.risks.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(RiskCurve::new(&estimand, denoiser, ends, Arc::clone(all.entry(key).or_default())))
    }

    /// The SNRs that `make` returns, made once for each `key`.
    ///
    /// # Errors
    /// Those of `make`.
    pub fn grid(&self, key: String, make: impl FnOnce() -> Result<Vec<f64>>) -> Result<Arc<Vec<f64>>> {
        once(&self.grids, key, || make().map(Arc::new))
    }

    /// The SNRs that were made for `key`, if they were.
    pub fn found_grid(&self, key: &str) -> Option<Arc<Vec<f64>>> {
        self.grids.lock().unwrap_or_else(PoisonError::into_inner).get(key).map(Arc::clone)
    }

    /// [`pairs::bounds`], computed once for each (source, snr).
    pub fn pair_bounds(&self, source: &Source, snr: f64) -> Option<PairBounds> {
        let make = || Ok::<_, Infallible>(pairs::bounds(source, snr));
        let Ok(bounds) = once(&self.pairs, (source.spec().to_owned(), snr.to_bits()), make);
        bounds
    }

    /// Error of the best linear estimate, tr Σ(I + γΣ)⁻¹ = Σ_j λ_j/(1 + γλ_j) over the eigenvalues
    /// of Σ; 1/γ a coordinate where the variance is infinite. Relative accuracy 1e-12 (symmetric
    /// eigenvalues in f64).
    pub fn lmmse(&self, source: &Source, snr: f64) -> Estimate {
        let value = match source.law() {
            Law::Product { base, copies } => return self.lmmse(base, snr).scaled(*copies as f64),
            _ if source.second_moment().value.is_infinite() => source.dim() as f64 / snr,
            _ if source.dim() == 1 => shrunk(source.second_moment().value, snr),
            Law::Simplex(simplex) => simplex_lmmse(simplex, snr),
            Law::Needle(needle) => over_needle(needle, |variance| shrunk(variance, snr)),
            _ => self.spectrum(source).iter().map(|&variance| shrunk(variance, snr)).sum(),
        };
        Estimate { bound: 1e-12 * value, ..Estimate::exact(value) }
    }

    /// ½ ln det(I + γΣ), the information of the Gaussian with the source's covariance; ∞ where the
    /// variance is. Relative accuracy 1e-12 (symmetric eigenvalues in f64).
    pub fn gaussian_information(&self, source: &Source, snr: f64) -> Estimate {
        let half_ln = |variance: &f64| 0.5 * (snr * variance).ln_1p();
        let value = match source.law() {
            Law::Product { base, copies } => {
                return self.gaussian_information(base, snr).scaled(*copies as f64);
            }
            _ if source.second_moment().value.is_infinite() => f64::INFINITY,
            _ if source.dim() == 1 => half_ln(&source.second_moment().value),
            Law::Simplex(simplex) => simplex_information(simplex, snr),
            Law::Needle(needle) => over_needle(needle, |variance| half_ln(&variance)),
            _ => self.spectrum(source).iter().map(half_ln).sum(),
        };
        let bound = if value.is_finite() { 1e-12 * value } else { 0.0 };
        Estimate { bound, ..Estimate::exact(value) }
    }

    fn spectrum(&self, source: &Source) -> Arc<Vec<f64>> {
        let mut spectra = self.spectra.lock().unwrap_or_else(PoisonError::into_inner);
        let compute = || match source.law() {
            Law::Atoms(atoms) => covariance_spectrum(atoms),
            Law::Mixture(mixture) => mixture_spectrum(mixture),
            _ => Vec::new(),
        };
        Arc::clone(spectra.entry(source.spec().to_owned()).or_insert_with(|| Arc::new(compute())))
    }
}

/// What `all` has for `key`, made where it has nothing. Not under the lock: making it may take up
/// other work that asks here.
fn once<K: Hash + Eq, V: Clone, E>(
    all: &Mutex<HashMap<K, V>>,
    key: K,
    make: impl FnOnce() -> Result<V, E>,
) -> Result<V, E> {
    let locked = || all.lock().unwrap_or_else(PoisonError::into_inner);
    let found = locked().get(&key).cloned();
    if let Some(found) = found {
        return Ok(found);
    }
    let made = make()?;
    locked().insert(key, made.clone());
    Ok(made)
}

/// λ/(1 + γλ).
fn shrunk(variance: f64, snr: f64) -> f64 {
    variance / snr.mul_add(variance, 1.0)
}

/// Σ f(λ) over the covariance's eigenvalues: N − 1 of q = p/N and one of q(1 − p).
fn over_needle(needle: &Needle, f: impl Fn(f64) -> f64) -> f64 {
    let (n, q) = (needle.atoms as f64, needle.p / needle.atoms as f64);
    (n - 1.0) * f(q) + f(q * (1.0 - needle.p))
}

/// Σ p/(1+γp) − Σ p²/(1+γp)² / Σ p/(1+γp): Σ = diag p − p pᵀ and the Sherman–Morrison formula.
fn simplex_lmmse(simplex: &Simplex, snr: f64) -> f64 {
    let sum = |power: i32| simplex.weights.iter().map(|&p| shrunk(p, snr).powi(power)).sum::<f64>();
    sum(1) - sum(2) / sum(1)
}

/// ½ Σ ln(1+γp) + ½ ln(1 − γ Σ p²/(1+γp)): the matrix determinant lemma; 1 − γ Σ p²/(1+γp) = Σ
/// p/(1+γp).
fn simplex_information(simplex: &Simplex, snr: f64) -> f64 {
    let diagonal: f64 = simplex.weights.iter().map(|&p| (snr * p).ln_1p()).sum();
    let correction: f64 = simplex.weights.iter().map(|&p| shrunk(p, snr)).sum();
    0.5 * (diagonal + correction.ln())
}

/// The d eigenvalues of the covariance AᵀA, A with a row √p (x − EX) an atom; from AAᵀ where there
/// are fewer atoms than dimensions: the others are 0.
fn covariance_spectrum(atoms: &Atoms) -> Vec<f64> {
    let mean = atoms.mean();
    let rows = DMatrix::from_fn(atoms.len(), atoms.dim, |i, j| {
        (atoms.point(i)[j] - mean[j]) * atoms.weights[i].sqrt()
    });
    let smaller = if atoms.len() < atoms.dim { &rows * rows.transpose() } else { rows.tr_mul(&rows) };
    let mut eigenvalues: Vec<f64> =
        SymmetricEigen::new(smaller).eigenvalues.iter().map(|&l| l.max(0.0)).collect();
    eigenvalues.resize(atoms.dim, 0.0);
    eigenvalues
}

/// Eigenvalues of Σ_j w_j (v_j I + (μ_j − μ)(μ_j − μ)ᵀ).
fn mixture_spectrum(mixture: &Mixture) -> Vec<f64> {
    let within: f64 = mixture.weights.iter().zip(&mixture.variances).map(|(w, v)| w * v).sum();
    let means = Atoms {
        dim: mixture.dim,
        points: mixture.means.clone(),
        weights: mixture.weights.clone(),
        missing: 0.0,
    };
    covariance_spectrum(&means).into_iter().map(|between| between + within).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// tr Σ(I + γΣ)⁻¹ by a factorisation, with fewer atoms than dimensions and with more.
    #[test]
    fn the_linear_error_is_that_of_the_covariance() {
        let snr = 0.7;
        for spec in ["codebook:atoms=3,dim=7", "codebook:atoms=9,dim=4"] {
            let source = Source::parse(spec).expect("a source");
            let Law::Atoms(atoms) = source.law() else { panic!("atoms") };
            let mean = atoms.mean();
            let covariance = DMatrix::from_fn(atoms.dim, atoms.dim, |k, l| {
                let term =
                    |i| atoms.weights[i] * (atoms.point(i)[k] - mean[k]) * (atoms.point(i)[l] - mean[l]);
                (0..atoms.len()).map(term).sum::<f64>()
            });
            let shifted = DMatrix::identity(atoms.dim, atoms.dim) + snr * &covariance;
            let expected = (covariance * shifted.try_inverse().expect("positive definite")).trace();
            let found = Memo::default().lmmse(&source, snr).value;
            assert!((found / expected - 1.0).abs() < 1e-12, "{spec}: {found} for {expected}");
        }
    }

    /// Orthonormal atoms by their closed forms are what they are as atoms in R^N.
    #[test]
    fn orthonormal_atoms_have_the_spectrum_of_their_points() {
        let tools = Memo::default();
        for (spec, weights) in [
            ("zipf:exponent=1.5,atoms=5,embedding=simplex", None),
            ("needle:atoms=6,p=0.3", Some([vec![0.7], vec![0.05; 6]].concat())),
        ] {
            let source = Source::parse(spec).expect("a source");
            let weights = weights.unwrap_or_else(|| match source.law() {
                Law::Simplex(simplex) => simplex.weights.clone(),
                _ => panic!("orthonormal"),
            });
            let (n, dim) = (weights.len(), source.dim());
            // Where there is one atom more than dimensions, it is at 0.
            let points = (0..n * dim).map(|at| f64::from(at / dim == at % dim + n - dim)).collect();
            let atoms = Atoms::new(dim, points, weights).expect("atoms");
            let of_atoms = covariance_spectrum(&atoms);
            let snr = 0.7;
            let lmmse: f64 = of_atoms.iter().map(|&l| l / (1.0 + snr * l)).sum();
            let information: f64 = of_atoms.iter().map(|l| 0.5 * (snr * l).ln_1p()).sum();
            let found = (tools.lmmse(&source, snr).value, tools.gaussian_information(&source, snr).value);
            assert!((found.0 / lmmse - 1.0).abs() < 1e-12, "{spec}: {found:?} for {lmmse}");
            assert!((found.1 / information - 1.0).abs() < 1e-12, "{spec}: {found:?} for {information}");
        }
    }

    /// A law without a variance carries no finite Gaussian information, in any dimension; N(0, v)
    /// has ½ ln(1 + γv).
    #[test]
    fn the_gaussian_information_is_that_of_the_variance() {
        let at = |spec: &str| {
            let source = Source::parse(spec).expect("a source");
            Memo::default().gaussian_information(&source, 2.0).value
        };
        for spec in ["scale-mixture:dof=1.5,dim=2", "student-t:dof=1.5"] {
            assert!(at(spec).is_infinite(), "{spec}");
        }
        let expected = 1.5 * 7.0_f64.ln();
        assert!((at("gaussian:dim=3,variance=3") - expected).abs() < 1e-12 * expected);
    }
}
