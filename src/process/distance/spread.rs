//! The variance of a sampler's last state, E|x̂ − EX|².

use crate::channel::posterior::BATCH;
use crate::denoiser::Affine;
use crate::numeric::estimate::Estimate;
use crate::numeric::stream::Stream;
use crate::process::{Chain, Simulation, Start, Statistic};
use crate::source::Law;

/// Rounding of the closed form: a few a step.
const ROUNDING_PER_STEP: f64 = 2e-15;

/// |x̂ − EX|² of each path.
pub struct Spread {
    chain: Chain,
    mean: Vec<f64>,
}

impl Spread {
    /// Of the last states of `chain`.
    pub fn new(chain: Chain) -> Self {
        Self { mean: chain.mean().prior(), chain }
    }
}

impl Statistic for Spread {
    fn rows(&self) -> usize {
        BATCH
    }

    fn simulation(&self) -> Simulation<'_> {
        Simulation::LastStates(&self.chain)
    }

    fn read(&self, simulated: &[f64], _: &Stream, _: u64, out: &mut [f64]) {
        out.fill(0.0);
        for (row, mean) in simulated.chunks(BATCH).zip(&self.mean) {
            out.iter_mut().zip(row).for_each(|(out, x)| *out += (x - mean) * (x - mean));
        }
    }
}

/// E|x̂ − EX|² of a denoiser that is affine in the state (the exact one of a Gaussian is), where
/// every step is linear: by the recursion of the factors of the first state and of the offset, and
/// of the variance of the noise; `None` for another denoiser. Relative accuracy 1e-15 per step.
pub fn of_affine(chain: &Chain) -> Option<Estimate> {
    let source = chain.source();
    let variance = match source.law() {
        Law::Mixture(law) if law.weights.len() == 1 => law.variances[0],
        _ => source.second_moment().value / source.dim() as f64,
    };
    let first = chain.first_snr();
    let start = match chain.start() {
        Start::Gaussian => first,
        Start::Exact => first * (1.0 + first * variance),
    };
    // (factor of the first state, offset) of the state and of the last estimate.
    let (mut state, mut before, mut noise) = ([1.0, 0.0], [0.0; 2], 0.0);
    for step in chain.steps() {
        let Affine { gain, shift, .. } = chain.denoiser().affine(step.snr)?;
        let estimate = [gain * state[0], gain * state[1] + shift];
        for i in 0..2 {
            let extrapolated = estimate[i] + step.carry * (estimate[i] - before[i]);
            state[i] = step.keep * state[i] + step.pull * extrapolated;
        }
        // Where a step extrapolates it adds no noise, and noise is then none.
        noise = (step.keep + step.pull * gain).powi(2) * noise + step.spread * step.spread;
        before = estimate;
    }
    let square = start * state[0] * state[0] + state[1] * state[1] + noise;
    let value = chain.dim() as f64 * square / chain.last_snr().powi(2);
    let bound = ROUNDING_PER_STEP * (chain.steps().len() + 4) as f64 * value;
    Some(Estimate { bound, ..Estimate::exact(value) })
}
