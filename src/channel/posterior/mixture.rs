//! Mixtures of isotropic Gaussians: the posterior is a mixture too, and its covariance is exact
//! given Y.

use super::grid::{Grid, GridDraw};
use super::readout::Observed;
use super::{BATCH, PosteriorSampler, Tables};
use crate::numeric::log_sum::normalise;
use crate::numeric::normal;
use crate::numeric::stream::Stream;
use crate::numeric::sum::weighted_mean;
use crate::source::Mixture;
use crate::source::cumulative::Cumulative;
use crate::source::draw::OWN_BLOCKS;

/// Samples the posterior of a Gaussian mixture; O(J d + min(J, d)·J d) a sample and SNR.
#[derive(Debug)]
pub struct MixtureSampler {
    mixture: Mixture,
    ln_weights: Vec<f64>,
    cumulative: Cumulative,
    /// |Z|² has mean d; with it, where X has a finite variance, |X − EX|² (tr Σ) and ⟨Z, X − EX⟩ (0).
    means: Vec<f64>,
    mean: Vec<f64>,
}

impl MixtureSampler {
    /// `variance` is E|X − EX|²; where it is infinite or only approximated, X enters no control.
    pub fn new(mixture: &Mixture, variance: f64) -> Self {
        let mut means = vec![mixture.dim as f64];
        if variance.is_finite() && mixture.approximation <= 0.0 {
            means.extend([variance, 0.0]);
        }
        Self {
            ln_weights: mixture.weights.iter().map(|w| w.ln()).collect(),
            cumulative: Cumulative::new(&mixture.weights),
            mixture: mixture.clone(),
            mean: weighted_mean(mixture.dim, &mixture.means, &mixture.weights),
            means,
        }
    }

    /// The observables of (x, z) at SNR `snr`.
    ///
    /// Component j given y has weight ∝ w_j N(y; √γ μ_j, 1 + γ v_j), variance s_j = v_j/(1 + γ v_j)
    /// and mean m_j = μ_j + √γ s_j (y − √γ μ_j); Cov = s̄ I + C with C the weighted covariance of
    /// the m_j.
    fn observed(&self, x: &[f64], z: &[f64], snr: f64, scratch: &mut Scratch) -> Observed {
        let (d, root) = (self.mixture.dim, snr.sqrt());
        let components = self.ln_weights.len();
        for j in 0..components {
            let (v, centre) = (self.mixture.variances[j], &self.mixture.means[j * d..][..d]);
            let (shrink, spread) = (v / (1.0 + snr * v), 1.0 + snr * v);
            let mut distance = 0.0;
            for k in 0..d {
                let residual = root * (x[k] - centre[k]) + z[k];
                distance += residual * residual;
                scratch.centres[j * d + k] = centre[k] + root * shrink * residual;
            }
            scratch.weights[j] = self.ln_weights[j] - 0.5 * (d as f64 * spread.ln() + distance / spread);
        }
        let evidence = normalise(&mut scratch.weights);
        let within: f64 = (0..components)
            .map(|j| {
                scratch.weights[j] * self.mixture.variances[j] / (1.0 + snr * self.mixture.variances[j])
            })
            .sum();
        let (trace, squared) = scratch.between(d);
        let dim = d as f64;
        Observed {
            snr,
            information: -0.5 * z.iter().map(|z| z * z).sum::<f64>() - evidence,
            posterior_entropy: f64::INFINITY,
            mmse: dim * within + trace,
            slope: dim * within * within + 2.0 * within * trace + squared,
        }
    }
}

/// Posterior weights and means of the components.
struct Scratch {
    weights: Vec<f64>,
    centres: Vec<f64>,
}

impl Scratch {
    /// tr C and ‖C‖²_F of the weighted covariance C of the centres.
    fn between(&mut self, d: usize) -> (f64, f64) {
        let mean = weighted_mean(d, &self.centres, &self.weights);
        for row in self.centres.chunks_mut(d) {
            row.iter_mut().zip(&mean).for_each(|(x, m)| *x -= m);
        }
        let rows: Vec<(&[f64], f64)> = self.centres.chunks(d).zip(self.weights.iter().copied()).collect();
        let trace = rows.iter().map(|(row, w)| w * row.iter().map(|x| x * x).sum::<f64>()).sum();
        let squared = if rows.len() <= d {
            let inner = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(x, y)| x * y).sum::<f64>();
            rows.iter()
                .map(|(a, p)| rows.iter().map(|(b, q)| p * q * inner(a, b).powi(2)).sum::<f64>())
                .sum()
        } else {
            let entry = |k: usize, l: usize| rows.iter().map(|(row, w)| w * row[k] * row[l]).sum::<f64>();
            (0..d).map(|k| (0..d).map(|l| entry(k, l).powi(2)).sum::<f64>()).sum()
        };
        (trace, squared)
    }
}

impl PosteriorSampler for MixtureSampler {
    fn observe(&self, stream: &Stream, first: u64, grid: &Grid, out: &mut [Observed], controls: &mut [f64]) {
        let d = self.mixture.dim;
        let lanes = grid.lanes(stream);
        let (mut x, mut z, mut draw) = (vec![0.0; d], vec![0.0; d], GridDraw::default());
        let mut scratch = Scratch {
            weights: vec![0.0; self.ln_weights.len()],
            centres: vec![0.0; self.mixture.means.len()],
        };
        for s in 0..BATCH {
            let sample = first + s as u64;
            let j = self.cumulative.index(stream.uniforms(sample, 0)[0]);
            normal::fill(stream, sample, &mut z);
            normal::fill_from(stream, sample, OWN_BLOCKS, &mut x);
            let std_dev = self.mixture.variances[j].sqrt();
            for (x, centre) in x.iter_mut().zip(&self.mixture.means[j * d..]) {
                *x = centre + std_dev * *x;
            }
            draw.draw(grid, &lanes, sample);
            for &(snr, g) in &draw.snrs {
                out[s * grid.len() + g] = self.observed(&x, &z, snr, &mut scratch);
            }
            let inner = |f: &dyn Fn(usize) -> f64| (0..d).map(f).sum::<f64>();
            let all = [
                inner(&|k| z[k] * z[k]),
                inner(&|k| (x[k] - self.mean[k]).powi(2)),
                inner(&|k| z[k] * (x[k] - self.mean[k])),
            ];
            let n = self.means.len();
            controls[s * n..][..n].copy_from_slice(&all[..n]);
        }
    }

    fn tables(&self) -> Option<Tables<'_>> {
        let Self { mixture, ln_weights, cumulative, mean, .. } = self;
        Some(Tables::Mixture { mixture, ln_weights, ends: cumulative.ends(), mean })
    }

    fn control_means(&self) -> &[f64] {
        &self.means
    }

    fn relative_bound(&self) -> f64 {
        self.mixture.approximation
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Source;

    /// Given Y the covariance of one Gaussian is a constant: mmse and slope come out without any
    /// spread.
    #[test]
    fn one_component_is_the_gaussian() {
        let source = Source::parse("gaussian:dim=3,variance=1.7").unwrap();
        let crate::source::Law::Mixture(law) = source.law() else { panic!("a mixture of one") };
        let sampler = MixtureSampler::new(law, source.second_moment().value);
        let grid = Grid::new([super::super::SnrPoint::At(2.5)]);
        let (mut out, mut controls) = (vec![Observed::default(); BATCH], vec![0.0; 3 * BATCH]);
        sampler.observe(&Stream::named(0, "one component"), 0, &grid, &mut out, &mut controls);
        let shrunk = 1.7 / (1.0 + 2.5 * 1.7);
        for observed in out {
            assert!((observed.mmse - 3.0 * shrunk).abs() < 1e-13);
            assert!((observed.slope - 3.0 * shrunk * shrunk).abs() < 1e-13);
        }
    }

    /// tr C and ‖C‖²_F of two weighted centres in the plane, where pairs of centres give them, and of
    /// the same two in one dimension more and less, by hand: C = pq (a − b)(a − b)ᵀ.
    #[test]
    fn the_covariance_of_centres_is_theirs() {
        for difference in [vec![3.0], vec![3.0, -1.0], vec![3.0, -1.0, 2.0]] {
            let centres = difference.iter().map(|x| 7.0 + x).chain(difference.iter().map(|_| 7.0)).collect();
            let mut scratch = Scratch { weights: vec![0.2, 0.8], centres };
            let expected = 0.16 * difference.iter().map(|x: &f64| x * x).sum::<f64>();
            let (trace, squared) = scratch.between(difference.len());
            assert!((trace - expected).abs() < 1e-12, "{trace} for {expected}");
            assert!((squared - expected * expected).abs() < 1e-12, "{squared}");
        }
    }

    /// Three uneven components on a line.
    fn uneven() -> (Source, Mixture) {
        let source = Source::parse("mixture:means=-1|0.5|2,variances=0.1|1.5|0.4,weights=2|1|3").unwrap();
        let crate::source::Law::Mixture(law) = source.law() else { panic!("a mixture") };
        let law = law.clone();
        (source, law)
    }

    /// Posterior variance and evidence by the trapezoid rule over x, which for these analytic
    /// integrands is exact to rounding.
    #[test]
    fn observables_are_those_of_the_posterior() {
        let (source, law) = uneven();
        let sampler = MixtureSampler::new(&law, source.second_moment().value);
        let mut scratch = Scratch { weights: vec![0.0; 3], centres: vec![0.0; 3] };
        let density = |x: f64| -> f64 {
            let component = |j: usize| {
                let (w, m, v) = (law.weights[j], law.means[j], law.variances[j]);
                w * (-(x - m).powi(2) / (2.0 * v)).exp() / (std::f64::consts::TAU * v).sqrt()
            };
            (0..3).map(component).sum()
        };
        for (x, z, snr) in [(0.3, -0.7, 0.4), (1.9, 1.1, 3.0), (-1.2, 0.2, 12.0)] {
            let observed = sampler.observed(&[x], &[z], snr, &mut scratch);
            let y = f64::sqrt(snr) * x + z;
            const STEP: f64 = 1e-3;
            let moment = |power: i32| -> f64 {
                let at = |i: i32| {
                    let t = f64::from(i) * STEP;
                    density(t) * (-0.5 * (y - f64::sqrt(snr) * t).powi(2)).exp() * t.powi(power)
                };
                (-14_000..14_000).map(at).sum::<f64>() * STEP
            };
            let [evidence, first, second] = [0, 1, 2].map(moment);
            let variance = second / evidence - (first / evidence).powi(2);
            for (found, expected) in [
                (observed.mmse, variance),
                (observed.slope, variance * variance),
                (observed.information, -0.5 * z * z - evidence.ln()),
            ] {
                assert!((found - expected).abs() < 1e-11 * (1.0 + expected.abs()), "{found} for {expected}");
            }
        }
    }

    /// Draws have the law's variance and are independent of the noise: controls have the means
    /// that are stated for them, within 5 standard errors.
    #[test]
    fn controls_have_their_means() {
        let (source, law) = uneven();
        let sampler = MixtureSampler::new(&law, source.second_moment().value);
        let (known, stream) = (sampler.control_means(), Stream::named(0, "controls"));
        let grid = Grid::new([super::super::SnrPoint::At(1.0)]);
        let mut rows = Vec::new();
        for batch in 0..64 {
            let (mut out, mut controls) = (vec![Observed::default(); BATCH], vec![0.0; 3 * BATCH]);
            sampler.observe(&stream, (batch * BATCH) as u64, &grid, &mut out, &mut controls);
            rows.extend(controls);
        }
        let n = (rows.len() / 3) as f64;
        for (c, known) in known.iter().enumerate() {
            let column: Vec<f64> = rows.iter().skip(c).step_by(3).copied().collect();
            let mean = column.iter().sum::<f64>() / n;
            let variance = column.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n;
            assert!((mean - known).abs() < 5.0 * (variance / n).sqrt(), "{c}: {mean} for {known}");
        }
    }
}
