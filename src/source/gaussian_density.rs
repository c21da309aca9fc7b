//! A mixture of Gaussians on the line as a density: for rounding it, and for its differential
//! entropies.

use crate::numeric::estimate::Estimate;
use crate::numeric::gamma::{ln_normal_survival, normal_quantile, normal_survival};
use crate::numeric::log_sum::ln_sum_exp;
use crate::source::{Density, Mixture, density};

/// Σ_j w_j N(μ_j, v_j).
#[derive(Debug)]
pub struct GaussianDensity {
    mixture: Mixture,
    deviations: Vec<f64>,
}

impl GaussianDensity {
    /// The density of `mixture`, of dimension 1.
    pub fn new(mixture: Mixture) -> Self {
        let deviations = mixture.variances.iter().map(|v| v.sqrt()).collect();
        Self { mixture, deviations }
    }

    /// ln Σ w_j e^{ln f((x−μ_j)/σ_j) − c_j}, the largest term in front; means from the origin.
    fn ln_sum(&self, x: f64, ln_f: impl Fn(f64, f64) -> f64) -> f64 {
        let term = |j: usize| {
            let z = (x - (self.mixture.means[j] - self.origin())) / self.deviations[j];
            self.mixture.weights[j].ln() + ln_f(z, self.deviations[j])
        };
        ln_sum_exp((0..self.deviations.len()).map(term))
    }

    /// The highest peak: from every mean by x ← E[μ | x] weighted with precisions, each step of
    /// which goes uphill.
    fn mode(&self) -> f64 {
        let climb = |start: f64| {
            let mut x = start;
            for _ in 0..10_000 {
                let ln_here = self.ln_density(x);
                let (mut pull, mut weight) = (0.0, 0.0);
                for (j, deviation) in self.deviations.iter().enumerate() {
                    let mean = self.mixture.means[j] - self.origin();
                    let z = (x - mean) / deviation;
                    let ln_share = self.mixture.weights[j].ln() - 0.5 * z * z - deviation.ln() - ln_here;
                    let precision = ln_share.exp() / (deviation * deviation);
                    (pull, weight) = (pull + precision * mean, weight + precision);
                }
                let next = pull / weight;
                if self.ln_density(next) <= ln_here {
                    break;
                }
                x = next;
            }
            x
        };
        let peaks = self.breakpoints().into_iter().map(climb);
        peaks.fold(0.0, |best, x| if self.ln_density(x) > self.ln_density(best) { x } else { best })
    }

    fn average(&self, x: f64, f: impl Fn(f64) -> f64) -> f64 {
        let z = |j: usize| (x - (self.mixture.means[j] - self.origin())) / self.deviations[j];
        (0..self.deviations.len()).map(|j| self.mixture.weights[j] * f(z(j))).sum()
    }
}

impl Density for GaussianDensity {
    /// The first mean.
    fn origin(&self) -> f64 {
        self.mixture.means[0]
    }

    fn ln_density(&self, x: f64) -> f64 {
        self.ln_sum(x, |z, deviation| -0.5 * (z * z + std::f64::consts::TAU.ln()) - deviation.ln())
    }

    fn support(&self) -> (f64, f64) {
        (f64::NEG_INFINITY, f64::INFINITY)
    }

    /// By bisection between the components' own quantiles.
    fn quantile(&self, u: f64) -> f64 {
        let z = normal_quantile(u);
        let own = |j: usize| self.mixture.means[j] - self.origin() + self.deviations[j] * z;
        let ends = (0..self.deviations.len()).map(own);
        let (mut lo, mut hi) =
            ends.fold((f64::INFINITY, f64::NEG_INFINITY), |(lo, hi), x| (lo.min(x), hi.max(x)));
        let below = |x: f64| if u < 0.5 { self.cdf(x) < u } else { self.survival(x) > 1.0 - u };
        loop {
            let middle = 0.5 * (lo + hi);
            if middle <= lo || middle >= hi {
                return hi;
            }
            if below(middle) { lo = middle } else { hi = middle }
        }
    }

    fn cdf(&self, x: f64) -> f64 {
        self.average(x, |z| normal_survival(-z))
    }

    fn survival(&self, x: f64) -> f64 {
        self.average(x, normal_survival)
    }

    fn ln_cdf(&self, x: f64) -> f64 {
        self.ln_sum(x, |z, _| ln_normal_survival(-z))
    }

    fn ln_survival(&self, x: f64) -> f64 {
        self.ln_sum(x, |z, _| ln_normal_survival(z))
    }

    /// The means: the density is smooth there, but only there can it have a peak that a rule does
    /// not see.
    fn breakpoints(&self) -> Vec<f64> {
        if self.deviations.len() == 1 {
            return Vec::new();
        }
        let mut means: Vec<f64> = self.mixture.means.iter().map(|mean| mean - self.origin()).collect();
        means.sort_by(f64::total_cmp);
        means.dedup_by(|a, b| *a <= *b);
        means
    }

    fn mean(&self) -> Option<f64> {
        Some(self.mixture.means.iter().zip(&self.mixture.weights).map(|(mean, w)| w * mean).sum())
    }

    fn variance(&self) -> f64 {
        let mean = self.mean().unwrap_or(0.0);
        let part = |j: usize| self.mixture.variances[j] + (self.mixture.means[j] - mean).powi(2);
        (0..self.deviations.len()).map(|j| self.mixture.weights[j] * part(j)).sum()
    }

    /// ½ ln 2πv + ½ ln a/(a−1) for one component, by quadrature for several.
    fn differential_renyi(&self, order: f64) -> Estimate {
        if self.deviations.len() == 1 {
            let parts = [
                0.5 * (std::f64::consts::TAU * self.mixture.variances[0]).ln(),
                0.5 * density::ln_over_excess(order),
            ];
            let size: f64 = parts.iter().map(|x| x.abs()).sum();
            return Estimate {
                bound: 8.0 * f64::EPSILON * (1.0 + size),
                ..Estimate::exact(parts.iter().sum())
            };
        }
        let narrowest = self.deviations.iter().copied().fold(f64::INFINITY, f64::min);
        let points = if order.is_infinite() { vec![self.mode()] } else { self.breakpoints() };
        density::renyi_by_quadrature(
            |x| self.ln_density(x),
            |_| 0.0,
            &points,
            density::Line::Whole,
            narrowest,
            order,
        )
    }
}
