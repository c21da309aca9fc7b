//! The pathwise KL of a K-step sampler and its parts (docs/theory.md, P3 and P4).

use std::sync::Arc;

use super::functional::{Form, Functional, Part};
use super::{Instruments, Need};
use crate::channel::exact::terminal;
use crate::channel::posterior::Observable;
use crate::denoiser::{self, Denoiser};
use crate::error::Result;
use crate::numeric::estimate::Estimate;
use crate::schedule::{self, Request};

/// The SNRs γ_0 < … < γ_K of the need's steps.
///
/// # Errors
/// Whatever the schedule refuses.
pub fn grid(need: &Need, tools: &Instruments) -> Result<Arc<Vec<f64>>> {
    let setting = &need.setting;
    let (snr_min, snr_max, steps, spec) =
        (setting.snr_min()?, setting.snr_max()?, setting.steps()?, setting.schedule()?);
    let key = format!("{}|{spec}|{steps}|{snr_min:e}|{snr_max:e}", need.source.spec());
    tools.grid(key, || {
        let (exact, measured) = (tools.curve(&need.source), tools.risk(&need.source, (snr_min, snr_max)));
        let curve = Some(exact.as_ref().map_or(&measured as &dyn schedule::Curve, |curve| curve));
        let total_variance = need.source.second_moment().value;
        schedule::grid(spec, &Request { steps, snr_min, snr_max, total_variance, curve })
    })
}

/// The need's denoiser; the exact one where it names none.
///
/// # Errors
/// A spec that [`denoiser::find`] refuses.
pub fn denoiser(need: &Need) -> Result<Denoiser> {
    denoiser::find(need.setting.denoiser())
}

/// Ratio γ_{k+1}/γ_k of each step; ∞ for a step from 0.
pub fn ratios(grid: &[f64]) -> impl Iterator<Item = f64> + '_ {
    grid.windows(2).map(|pair| pair[1] / pair[0])
}

/// A part per step.
fn steps(grid: &[f64], sampled: Form) -> impl Iterator<Item = Part> + '_ {
    grid.windows(2).map(move |step| Part::Step { lo: step[0], hi: step[1], sampled })
}

/// The discretisation term ½ Σ ∫ (M(γ_k) − M(γ)) dγ; sampled by differences, whose relative deviation stays near 1.5 whatever
/// the number of steps (measured in `path_tests.rs`). ∞ from γ = 0 where the variance is.
///
/// # Errors
/// Those of [`grid()`].
pub fn path_kl(need: &Need, tools: &Instruments) -> Result<Functional> {
    Ok(Functional::sum(steps(&grid(need, tools)?, Form::Differences)))
}

/// [`path_kl`], sampled by slopes.
///
/// # Errors
/// Those of [`grid()`].
pub fn path_kl_slope(need: &Need, tools: &Instruments) -> Result<Functional> {
    Ok(Functional::sum(steps(&grid(need, tools)?, Form::Slopes)))
}

/// ½ Σ Δ_k M(γ_k) − I(γ_K) + I(γ_0): no slope. Sums before it takes differences, so it loses the digits that small steps cancel
/// (its bound says so), and the deviation of its samples grows with the number of steps.
///
/// # Errors
/// Those of [`grid()`].
pub fn path_kl_information(need: &Need, tools: &Instruments) -> Result<Functional> {
    let grid = grid(need, tools)?;
    let at = |snr: f64, observable: Observable, factor: f64| Part::At { snr, observable, factor };
    let step = |pair: &[f64]| at(pair[0], Observable::Mmse, 0.5 * (pair[1] - pair[0]));
    let ends = [at(grid[grid.len() - 1], Observable::Information, -1.0), at(grid[0], Observable::Information, 1.0)];
    Ok(Functional::sum(grid.windows(2).map(step).chain(ends)))
}

/// The step from 0 to γ_0; none where the grid starts there.
fn first_step(start: f64) -> Option<Part> {
    (start > 0.0).then_some(Part::Step { lo: 0.0, hi: start, sampled: Form::Differences })
}

/// ½γ_0 E|X−EX|² − I(γ_0): one step from 0 to γ_0.
///
/// # Errors
/// A setting without `snr_min`.
pub fn init_kl(need: &Need, _: &Instruments) -> Result<Functional> {
    Ok(Functional::sum(first_step(need.setting.snr_min()?)))
}

/// ½ Σ Δ_k δ(γ_k)²: what [`denoiser_kl`] is per unit of total variance.
///
/// # Errors
/// Those of [`grid()`] and [`denoiser()`].
pub fn denoiser_share(need: &Need, tools: &Instruments) -> Result<f64> {
    let denoiser = denoiser(need)?;
    let scale = need.source.second_moment().value / need.source.dim() as f64;
    let part = |step: &[f64]| 0.5 * (step[1] - step[0]) * denoiser.relative_error(step[0], scale).powi(2);
    Ok(grid(need, tools)?.windows(2).map(part).sum())
}

/// ½ Σ Δ_k (L − M)(γ_k): a share of M(0) = E|X − EX|².
fn denoiser_part(need: &Need, tools: &Instruments) -> Result<Part> {
    Ok(Part::At { snr: 0.0, observable: Observable::Mmse, factor: denoiser_share(need, tools)? })
}

/// ½ Σ Δ_k (L − M)(γ_k).
///
/// # Errors
/// Those of [`denoiser_share`].
pub fn denoiser_kl(need: &Need, tools: &Instruments) -> Result<Option<Estimate>> {
    Functional::sum([denoiser_part(need, tools)?]).value(&need.source, tools)
}

/// The sum of the three.
///
/// # Errors
/// Those of [`grid()`] and of [`denoiser_share`].
pub fn total_kl(need: &Need, tools: &Instruments) -> Result<Functional> {
    let grid = grid(need, tools)?;
    let parts = steps(&grid, Form::Differences).chain(first_step(grid[0]));
    Ok(Functional::sum(parts.chain([denoiser_part(need, tools)?])))
}

/// KL of the law of U_{γ_K} from that of the sampler's last state, started from N(γ_0 EX, γ_0 I).
pub fn terminal_kl(need: &Need, tools: &Instruments) -> Result<Option<Estimate>> {
    let (grid, denoiser) = (grid(need, tools)?, denoiser(need)?);
    let scale = need.source.second_moment().value / need.source.dim() as f64;
    let offset = |snr: f64| denoiser.relative_error(snr, scale) * scale.sqrt();
    Ok(terminal::kl(&need.source, &grid, &offset))
}

#[cfg(test)]
#[path = "path_tests.rs"]
mod tests;
