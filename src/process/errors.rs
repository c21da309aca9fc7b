//! Errors of a denoiser on true states.

use std::sync::Arc;

use super::chain::draws;
use crate::channel::posterior::{BATCH, PosteriorMean};
use crate::denoiser::{self, Denoiser, Estimand};
use crate::error::Result;
use crate::numeric::normal;
use crate::numeric::stream::Stream;
use crate::source::Source;

/// One draw of X and Z for each sample of a batch: its true states U_γ = γX + √γZ at every SNR.
pub struct TrueStates {
    /// X, d × BATCH.
    pub points: Vec<f64>,
    noise: Vec<f64>,
}

impl TrueStates {
    /// Of samples `first .. first + BATCH` of `stream`.
    pub fn draw(source: &Source, stream: &Stream, first: u64) -> Self {
        let points = draws(source, stream, first);
        let mut noise = vec![0.0; points.len()];
        normal::fill_across(stream, first, normal::FIRST_BLOCK, BATCH, &mut noise);
        Self { points, noise }
    }

    /// U_γ into `states`, d × BATCH.
    pub fn at(&self, snr: f64, states: &mut [f64]) {
        for ((u, x), z) in states.iter_mut().zip(&self.points).zip(&self.noise) {
            *u = snr * x + snr.sqrt() * z;
        }
    }
}

/// Σ_k w_k of two squared errors at γ_k: |X − x̂|², whose mean is the loss, and |x̂ − E[X | U]|²,
/// whose mean is its excess over the mmse.
#[derive(Debug)]
pub struct Errors {
    source: Arc<Source>,
    mean: Arc<PosteriorMean>,
    denoiser: Arc<dyn Denoiser>,
    /// γ_k and w_k.
    terms: Vec<[f64; 2]>,
}

/// Whether both give the same numbers on the same stream; a law is known by its spec, its denoiser
/// by its name.
impl PartialEq for Errors {
    fn eq(&self, other: &Self) -> bool {
        let names = |e: &Self| [e.source.spec(), e.denoiser.name()].map(str::to_owned);
        names(self) == names(other) && self.terms == other.terms
    }
}

impl Errors {
    /// Of `denoiser`, made for `estimand`; `terms` are γ_k ≥ 0 and w_k.
    ///
    /// # Errors
    /// As [`Estimand::mean`].
    pub fn new(estimand: &Estimand, denoiser: Arc<dyn Denoiser>, terms: Vec<[f64; 2]>) -> Result<Self> {
        let mean = Arc::clone(estimand.mean()?);
        Ok(Self { source: Arc::clone(estimand.source()), mean, denoiser, terms })
    }

    /// The posterior mean.
    pub fn mean(&self) -> &PosteriorMean {
        &self.mean
    }

    /// The denoiser.
    pub fn denoiser(&self) -> &dyn Denoiser {
        self.denoiser.as_ref()
    }

    /// What the denoiser's arithmetic may have made of either mean, `value`.
    pub fn rounding(&self, value: f64) -> f64 {
        rounding_of(self.denoiser.as_ref(), self.terms.iter().copied(), value)
    }

    /// Both sums for each of samples `first .. first + BATCH`: BATCH losses, then BATCH excesses.
    ///
    /// # Errors
    /// Those of the denoiser, and one that gives NaN or ∞.
    pub fn run(&self, stream: &Stream, first: u64) -> Result<Vec<f64>> {
        let truth = TrueStates::draw(&self.source, stream, first);
        let [mut states, mut found, mut mean] = [(); 3].map(|()| vec![0.0; truth.points.len()]);
        let mut sums = vec![0.0; 2 * BATCH];
        let (losses, gaps) = sums.split_at_mut(BATCH);
        for &[snr, weight] in &self.terms {
            truth.at(snr, &mut states);
            let (asked, samples) = ((&states[..], snr), (stream, first));
            denoiser::estimate(self.denoiser.as_ref(), &self.source, asked, samples, &mut found)?;
            self.mean.evaluate(&states, snr, &mut mean);
            for (at, x) in found.iter().enumerate() {
                let (loss, gap) = (truth.points[at] - x, mean[at] - x);
                losses[at % BATCH] += weight * loss * loss;
                gaps[at % BATCH] += weight * gap * gap;
            }
        }
        Ok(sums)
    }
}

/// What the arithmetic of `denoiser` may have made of Σ_k w_k E|a_k − x̂_k|² = `value` at `terms` γ_k,
/// w_k: with δ_k its rounding at γ_k, 2√(value·Σ w_k δ_k²) + Σ w_k δ_k² by Cauchy and Schwarz.
pub fn rounding_of(denoiser: &dyn Denoiser, terms: impl Iterator<Item = [f64; 2]>, value: f64) -> f64 {
    let of = |[snr, weight]: [f64; 2]| weight * denoiser.rounding(snr).powi(2);
    let squares: f64 = terms.map(of).sum();
    if squares > 0.0 { 2.0f64.mul_add((value.abs() * squares).sqrt(), squares) } else { 0.0 }
}

/// Σ_k w_k |X − x̂|² of each sample.
#[derive(Debug)]
pub struct Loss(pub Errors);

/// Σ_k w_k |x̂ − E[X | U]|² of each sample.
#[derive(Debug)]
pub struct Gap(pub Errors);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::denoiser::Function;
    use crate::numeric::moments::Moments;
    use crate::process::{Chain, find};

    /// Standard errors allowed: false-alarm probability 6e-7 a comparison, sixteen of them.
    const STD_ERRS: f64 = 5.0;

    /// Mean and standard error of both sums over 64 batches.
    fn measured(errors: &Errors) -> [(f64, f64); 2] {
        let stream = Stream::named(0, "errors");
        let mut rows = Vec::new();
        for batch in 0..64 {
            let sums = errors.run(&stream, batch * BATCH as u64).unwrap();
            rows.extend((0..BATCH).flat_map(|s| [sums[s], sums[BATCH + s]]));
        }
        let found = Moments::of_block(&rows, 2).regress(&[]);
        [0, 1].map(|c| (found.value[c], found.covariance[(c, c)].sqrt()))
    }

    /// Of N(0, vI) in five dimensions everything is known.
    #[test]
    fn sampled_errors_are_the_closed_forms() {
        let (v, snr) = (1.7_f64, 0.4_f64);
        let estimand = Estimand::new(&Arc::new(Source::parse("gaussian:dim=5,variance=1.7").unwrap()));
        let mmse = 5.0 * v / (1.0 + snr * v);
        for (spec, loss) in [
            ("exact", mmse),
            ("perturbed:error=0.3", mmse + 0.09 * 5.0 * v),
            ("linear", mmse),
            ("identity", 5.0 / snr),
            ("mean", 5.0 * v),
            (
                "mismatched:source=(gaussian:dim=5,variance=0.2)",
                5.0 * (v + snr * 0.04) / (1.0_f64 + 0.2 * snr).powi(2),
            ),
        ] {
            let denoiser = denoiser::build(spec, &estimand).unwrap();
            let found = measured(&Errors::new(&estimand, denoiser, vec![[snr, 0.5]]).unwrap());
            for ((value, std_err), expected) in found.into_iter().zip([0.5 * loss, 0.5 * (loss - mmse)]) {
                assert!(
                    (value - expected).abs() <= STD_ERRS * std_err + 1e-12,
                    "{spec}: {value} ± {std_err} for {expected}"
                );
            }
        }
    }

    #[test]
    fn a_chain_with_its_own_law_for_another_is_the_exact_one() {
        let (spec, stream) = ("mixture:ring=5,radius=2,variance=0.1", Stream::named(0, "chain"));
        let estimand = Estimand::new(&Arc::new(Source::parse(spec).unwrap()));
        for sampler in ["ancestral", "ddim", "dpm-solver-2m"] {
            let states = |denoiser: &str| {
                let denoiser = denoiser::build(denoiser, &estimand).unwrap();
                let chain =
                    Chain::new(&estimand, &find(sampler).unwrap(), denoiser, &[0.1, 0.4, 2.0, 9.0]).unwrap();
                chain.run(&stream, 0).unwrap()
            };
            assert_eq!(states("exact"), states(&format!("mismatched:source=({spec})")), "{sampler}");
        }
    }

    #[test]
    fn a_chain_names_the_snr_and_the_sample_that_failed() {
        let estimand = Estimand::new(&Arc::new(Source::parse("bpsk").unwrap()));
        let fails = |rows: &[f64], snr: f64| {
            Ok(rows
                .iter()
                .enumerate()
                .map(|(s, _)| if snr > 1.0 && s == 5 { f64::INFINITY } else { 0.0 })
                .collect())
        };
        let denoiser = Arc::new(Function::new("fails", 1, fails));
        let chain = Chain::new(&estimand, &find("ddim").unwrap(), denoiser, &[0.1, 0.4, 2.0, 9.0]).unwrap();
        let message = chain.run(&Stream::named(0, "chain"), 64).unwrap_err().to_string();
        assert!(message.contains("`fails` at snr 2e0") && message.contains("sample 69"), "{message}");
    }
}
