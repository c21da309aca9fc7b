//! Quantities by simulated paths: of a sampler's last state, and the pathwise KL along true paths.
//! Deterministic where the sampler and the law allow.

use super::denoiser::denoiser;
use super::path::grid;
use super::{Memo, Need};
use crate::error::{Error, Result};
use crate::instrument::Instrument;
use crate::numeric::estimate::Estimate;
use crate::process::distance::{
    Energy, ModeSigns, Potentials, Slopes, Spread, Target, Witnessed, line, spread,
};
use crate::process::{self, Chain, Girsanov, Sampler};

/// What is simulated, whatever is read off it.
type Simulated = Result<Box<dyn Instrument>>;

fn sampler(need: &Need) -> Result<Sampler> {
    process::find(need.setting.sampler()?)
}

/// The need's sampler on its source.
fn chain(need: &Need, tools: &Memo) -> Result<Chain> {
    let (estimand, denoiser) = denoiser(need)?;
    Chain::new(&estimand, &sampler(need)?, denoiser, &grid(need, tools)?)
}

fn unsupported(need: &Need, message: &str) -> Error {
    Error::Unsupported {
        quantity: need.quantity.name.into(),
        source_spec: need.source.spec().into(),
        message: message.into(),
    }
}

/// 2E|x̂ − x| − E|x − x′| − E|x̂ − x̂′|.
///
/// # Errors
/// Those of the schedule, the sampler and the denoiser; a law without a closed posterior.
pub fn energy_distance(need: &Need, tools: &Memo) -> Simulated {
    Ok(need.by_paths(Energy { chain: chain(need, tools)? }))
}

/// E|x̂ − EX|².
///
/// # Errors
/// As [`energy_distance`].
pub fn sampled_variance(need: &Need, tools: &Memo) -> Simulated {
    Ok(need.by_paths(Spread::new(chain(need, tools)?)))
}

/// The same of a denoiser that is affine in the state, closed form.
///
/// # Errors
/// As [`energy_distance`].
pub fn affine_variance(need: &Need, tools: &Memo) -> Result<Option<Estimate>> {
    Ok(spread::of_affine(&chain(need, tools)?))
}

/// ∫ |F_x̂ − F_x| by a witness.
///
/// # Errors
/// As [`energy_distance`]; a source in more than one dimension.
pub fn wasserstein_1(need: &Need, tools: &Memo) -> Simulated {
    if need.source.dim() > 1 {
        return Err(unsupported(need, "is for laws on a line; sliced_wasserstein_2 is for any dimension"));
    }
    Ok(need.by_paths(Witnessed::<Slopes>::new(chain(need, tools)?)))
}

/// ∫ |F_x̂ − F_x| by quantiles, for a deterministic sampler on a line.
///
/// # Errors
/// As [`energy_distance`].
pub fn wasserstein_1_on_a_line(need: &Need, tools: &Memo) -> Result<Option<Estimate>> {
    if need.source.dim() > 1 || !sampler(need)?.is_deterministic() {
        return Ok(None);
    }
    line::wasserstein_1(&chain(need, tools)?)
}

/// Mean over directions of W_2², by potentials.
///
/// # Errors
/// As [`energy_distance`]; a product, whose projections are not known.
pub fn sliced_wasserstein_2(need: &Need, tools: &Memo) -> Simulated {
    let chain = chain(need, tools)?;
    let mut axis = vec![0.0; chain.dim()];
    axis[0] = 1.0;
    if Target::new(&need.source, &axis, chain.last_snr()).is_none() {
        return Err(unsupported(need, "needs atoms or a Gaussian mixture, not a product of them"));
    }
    Ok(need.by_paths(Witnessed::<Potentials>::new(chain)))
}

/// ½ Σ |E P(j | x̂) − w_j|, by signs.
///
/// # Errors
/// As [`energy_distance`]; a product, whose modes are not numbered.
pub fn mode_variation(need: &Need, tools: &Memo) -> Simulated {
    let chain = chain(need, tools)?;
    if chain.mean().masses().is_none() {
        return Err(unsupported(need, "needs atoms or components; a product's modes are not numbered"));
    }
    Ok(need.by_paths(Witnessed::<ModeSigns>::new(chain)))
}

/// ½ Σ ∫ E|m_γ − x̂_k|² dγ along true paths.
///
/// # Errors
/// Those of the schedule and the denoiser; a law without a closed posterior.
pub fn girsanov_kl(need: &Need, tools: &Memo) -> Result<Box<dyn Instrument>> {
    let (estimand, denoiser) = denoiser(need)?;
    Ok(need.by_paths(Girsanov::new(&estimand, denoiser, &grid(need, tools)?)?))
}
