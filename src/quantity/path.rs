//! The pathwise KL of a K-step sampler and its parts (docs/theory.md, P3 and P4).

use std::sync::Arc;

use super::functional::{Functional, StepForm, Summand};
use super::{Memo, Need};
use crate::channel::curve::Curve;
use crate::channel::posterior::Observable;
use crate::denoiser::content;
use crate::error::Result;
use crate::schedule::{self, Request};

/// The SNRs γ_0 < … < γ_K of the need's steps.
///
/// # Errors
/// Whatever the schedule refuses.
pub fn grid(need: &Need, tools: &Memo) -> Result<Arc<Vec<f64>>> {
    let setting = &need.setting;
    let (snr_min, snr_max, steps, spec) =
        (setting.snr_min()?, setting.snr_max()?, setting.steps()?, setting.schedule()?);
    tools.grid(key(need)?, || {
        let choice = schedule::find(spec)?;
        let of = choice.of();
        let source = &Arc::clone(choice.source().unwrap_or(&need.source));
        let exact = tools.curve(source).filter(|_| of.is_none());
        let measured = tools.risk(source, of.as_deref().unwrap_or("exact"), (snr_min, snr_max))?;
        let curve = Some(exact.as_ref().map_or(&measured as &dyn Curve, |curve| curve));
        let total_variance = source.second_moment().value;
        choice.plain().grid(&Request { steps, snr_min, snr_max, total_variance, curve })
    })
}

/// The SNRs of the need's steps, where it has some and [`grid`] has made them.
pub fn found(need: &Need, tools: &Memo) -> Option<Arc<Vec<f64>>> {
    tools.found_grid(&key(need).ok()?)
}

/// Takes `steps` for what [`grid`] would make.
pub fn keep(need: &Need, tools: &Memo, steps: Vec<f64>) {
    if let Ok(key) = key(need) {
        // It cannot fail: nothing is made.
        let _ = tools.grid(key, || Ok(steps));
    }
}

/// What the steps of a need are known by.
fn key(need: &Need) -> Result<String> {
    let setting = &need.setting;
    let (snr_min, snr_max) = (setting.snr_min()?, setting.snr_max()?);
    let (steps, spec) = (setting.steps()?, setting.schedule()?);
    Ok(format!("{}|{spec}|{steps}|{snr_min:e}|{snr_max:e}{}", need.source.spec(), content(spec)))
}

/// Ratio γ_{k+1}/γ_k of each step; ∞ for a step from 0.
pub fn ratios(grid: &[f64]) -> impl Iterator<Item = f64> + '_ {
    grid.windows(2).map(|pair| pair[1] / pair[0])
}

/// A part per step.
pub fn steps(grid: &[f64], sampled: StepForm) -> impl Iterator<Item = Summand> + '_ {
    grid.windows(2).map(move |step| Summand::Step { lo: step[0], hi: step[1], sampled })
}

/// The discretisation term ½ Σ ∫ (M(γ_k) − M(γ)) dγ; sampled by differences, whose relative
/// deviation stays near 1.5 whatever the number of steps (measured in `path_tests.rs`). ∞ from γ =
/// 0 where the variance is.
pub fn path_kl(need: &Need, tools: &Memo) -> Result<Functional> {
    Ok(Functional::sum(steps(&grid(need, tools)?, StepForm::Differences)))
}

/// [`path_kl`], sampled by slopes.
pub fn path_kl_slope(need: &Need, tools: &Memo) -> Result<Functional> {
    Ok(Functional::sum(steps(&grid(need, tools)?, StepForm::Slopes)))
}

/// ½ Σ Δ_k M(γ_k) − I(γ_K) + I(γ_0): no slope. Sums before it takes differences, so it loses the
/// digits that small steps cancel (its bound says so), and the deviation of its samples grows with
/// the number of steps.
pub fn path_kl_information(need: &Need, tools: &Memo) -> Result<Functional> {
    let grid = grid(need, tools)?;
    let at = |snr: f64, observable: Observable, factor: f64| Summand::At { snr, observable, factor };
    let step = |pair: &[f64]| at(pair[0], Observable::Mmse, 0.5 * (pair[1] - pair[0]));
    let ends =
        [at(grid[grid.len() - 1], Observable::Information, -1.0), at(grid[0], Observable::Information, 1.0)];
    Ok(Functional::sum(grid.windows(2).map(step).chain(ends)))
}

/// The step from 0 to γ_0; none where the grid starts there.
pub fn first_step(start: f64) -> Option<Summand> {
    (start > 0.0).then_some(Summand::Step { lo: 0.0, hi: start, sampled: StepForm::Differences })
}

/// ½γ_0 E|X−EX|² − I(γ_0): one step from 0 to γ_0.
pub fn init_kl(need: &Need, _: &Memo) -> Result<Functional> {
    Ok(Functional::sum(first_step(need.setting.snr_min()?)))
}

#[cfg(test)]
#[path = "path_tests.rs"]
mod tests;
