//! Samplers by name, and each as one linear step in U = γx, x = X + Z/√γ.
//!
//! Û_{k+1} = keep·Û_k + pull·[x̂_k + carry·(x̂_k − x̂_{k−1})] + spread·ξ_k, ξ_k ~ N(0, I):
//!
//! | sampler | keep | pull | spread | carry |
//! | --- | --- | --- | --- | --- |
//! | ancestral \[HJA20\] | 1 | Δ_k | √Δ_k | 0 |
//! | DDIM \[SME21\] | √(γ_{k+1}/γ_k) | γ_{k+1} − √(γ_k γ_{k+1}) | 0 | 0 |
//! | DPM-Solver++(2M) \[LZBCLZ22\] | as DDIM | as DDIM | 0 | h_k/(2h_{k−1}), h_k = ½ ln(γ_{k+1}/γ_k); 0 at first |

use crate::error::{Error, Result};
use crate::spec::{Arguments, Named, Parameter, Registry};

/// A kind of sampler.
#[derive(Debug)]
pub struct SamplerKind {
    /// Name in specs.
    pub name: &'static str,
    /// One line for lists.
    pub summary: &'static str,
    /// Its parameters.
    pub parameters: &'static [Parameter],
    rule: Rule,
}

const START: &[Parameter] = &[Parameter {
    name: "start",
    default: Some("gaussian"),
    summary: "law of the first state: gaussian, N(γ_0 EX, γ_0 I), or exact, that of γ_0 X + √γ_0 Z",
}];

impl Named for SamplerKind {
    const WHAT: &'static str = "sampler";

    fn name(&self) -> &'static str {
        self.name
    }

    fn parameters(&self) -> &'static [Parameter] {
        self.parameters
    }
}

/// Every kind of sampler.
pub static SAMPLERS: Registry<SamplerKind> = Registry::new(&[
    SamplerKind {
        name: "ancestral",
        summary: "the reverse SDE with x̂ frozen on each step  [HJA20]",
        parameters: START,
        rule: Rule::Ancestral,
    },
    SamplerKind {
        name: "ddim",
        summary: "the probability-flow ODE, first order, x̂ frozen on each step  [SME21]",
        parameters: START,
        rule: Rule::Ddim,
    },
    SamplerKind {
        name: "dpm-solver-2m",
        summary: "DPM-Solver++(2M): second order, x̂ extrapolated in log-SNR from the last two  [LZBCLZ22]",
        parameters: START,
        rule: Rule::Multistep,
    },
]);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rule {
    Ancestral,
    Ddim,
    Multistep,
}

/// The law of the first state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// N(γ_0 EX, γ_0 I): all that is known without data.
    Gaussian,
    /// The true law of U_{γ_0}: isolates what the steps do.
    Exact,
}

/// A checked sampler.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sampler {
    rule: Rule,
    /// Where its paths begin.
    pub start: Start,
}

/// The coefficients of one step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Step {
    /// γ_k, where the denoiser is asked.
    pub snr: f64,
    /// Factor of the state.
    pub keep: f64,
    /// Factor of the (extrapolated) estimate of X.
    pub pull: f64,
    /// Standard deviation of the fresh noise.
    pub spread: f64,
    /// Weight of the extrapolation from the last estimate.
    pub carry: f64,
}

/// The sampler of a spec such as `ancestral` or `ddim:start=exact`.
///
/// # Errors
/// [`Error::Invalid`] for a malformed spec, [`Error::Unknown`] with the nearest name otherwise.
pub fn find(spec: &str) -> Result<Sampler> {
    let (kind, spec) = SAMPLERS.parse(spec)?;
    let start = match Arguments::new(&spec, kind.parameters)?.choice("start", &["gaussian", "exact"])? {
        "exact" => Start::Exact,
        _ => Start::Gaussian,
    };
    Ok(Sampler { rule: kind.rule, start })
}

impl Sampler {
    /// Whether the last state is a function of the first one.
    pub fn is_deterministic(&self) -> bool {
        self.rule != Rule::Ancestral
    }

    /// The steps along `grid`, γ_0 < … < γ_K.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a deterministic sampler from γ_0 = 0, where its ODE has no start.
    pub fn steps(&self, grid: &[f64]) -> Result<Vec<Step>> {
        if self.is_deterministic() && grid[0] <= 0.0 {
            return Err(Error::invalid(
                "snr_min",
                "must be > 0 for a deterministic sampler: its ODE has no start at 0",
            ));
        }
        let half_log = |k: usize| 0.5 * (grid[k + 1] / grid[k]).ln();
        let step = |(k, pair): (usize, &[f64])| {
            let (snr, next) = (pair[0], pair[1]);
            match self.rule {
                Rule::Ancestral => {
                    Step { snr, keep: 1.0, pull: next - snr, spread: (next - snr).sqrt(), carry: 0.0 }
                }
                rule => {
                    let carry = if rule == Rule::Multistep && k > 0 {
                        0.5 * half_log(k) / half_log(k - 1)
                    } else {
                        0.0
                    };
                    // γ′ − √(γγ′) = √γ′(γ′ − γ)/(√γ′ + √γ) loses no digits on a small step.
                    let pull = next.sqrt() * (next - snr) / (next.sqrt() + snr.sqrt());
                    Step { snr, keep: (next / snr).sqrt(), pull, spread: 0.0, carry }
                }
            }
        };
        Ok(grid.windows(2).enumerate().map(step).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schedule;

    /// Nine steps of DDIM on N(0, 1.3²) along the arctan law, σ from 80 to 0.01, shrink the
    /// standard deviation by cos⁹(Δθ).
    #[test]
    fn ddim_on_the_arctan_law_shrinks_a_gaussian_by_powers_of_the_cosine() {
        let variance = 1.3_f64 * 1.3;
        let request = schedule::Request {
            steps: 9,
            snr_min: 1.0 / 6400.0,
            snr_max: 1e4,
            total_variance: variance,
            curve: None,
        };
        let grid = schedule::grid("arctan:scale=1.3", &request).unwrap();
        let deviation = |snr: f64| (snr * (1.0 + snr * variance)).sqrt();
        let steps = find("ddim").unwrap().steps(&grid).unwrap();
        let factor = |step: &Step| step.keep + step.pull * variance / (1.0 + step.snr * variance);
        let ratio = steps.iter().map(factor).product::<f64>() * deviation(grid[0]) / deviation(grid[9]);
        assert!((ratio - 0.874_947_924_5).abs() < 1e-9, "{ratio}");
    }

    #[test]
    fn what_is_no_sampler_is_refused() {
        assert_eq!(find("ddim:start=exact").unwrap().start, Start::Exact);
        for bad in ["ddim:eta=1", "euler", "ddim:start=late"] {
            assert!(find(bad).is_err(), "{bad}");
        }
        assert!(find("ddim").unwrap().steps(&[0.0, 1.0]).is_err());
        assert!(find("ancestral").unwrap().steps(&[0.0, 1.0]).is_ok());
    }
}
