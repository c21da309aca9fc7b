//! Quantities by simulated paths: of a sampler's last state, and the pathwise KL along true paths.

use super::path::{denoiser, grid};
use super::{Instruments, Need};
use crate::error::Result;
use crate::quality::Energy;
use crate::sampler::{self, Chain, Girsanov, Statistic};

/// The need's sampler on its source.
fn chain(need: &Need, tools: &Instruments) -> Result<Chain> {
    let sampler = need.setting.sampler.as_deref().expect("a quantity of scope `sampler` is bound with its sampler");
    Chain::new(&need.source, &sampler::find(sampler)?, &denoiser(need)?, &grid(need, tools)?)
}

/// 2E|x̂ − x| − E|x − x′| − E|x̂ − x̂′|.
///
/// # Errors
/// Those of the schedule, the sampler and the denoiser; a law without a closed posterior.
pub fn energy_distance(need: &Need, tools: &Instruments) -> Result<Box<dyn Statistic>> {
    Ok(Box::new(Energy { chain: chain(need, tools)? }))
}

/// ½ Σ ∫ E|m_γ − x̂_k|² dγ along true paths.
///
/// # Errors
/// Those of the schedule and the denoiser; a law without a closed posterior.
pub fn girsanov_kl(need: &Need, tools: &Instruments) -> Result<Box<dyn Statistic>> {
    Ok(Box::new(Girsanov::new(&need.source, &denoiser(need)?, &grid(need, tools)?)?))
}
