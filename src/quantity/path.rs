//! The pathwise KL of a K-step sampler and its parts (docs/theory.md, P3 and P4), by deterministic routes.

use std::sync::Arc;

use super::{Instruments, Need};
use crate::channel::exact::curve::Curve;
use crate::channel::exact::terminal;
use crate::denoiser::{self, Denoiser};
use crate::error::Result;
use crate::numeric::estimate::Estimate;
use crate::schedule::{self, Request};

/// The numbers of a scope that names them.
fn interval(need: &Need) -> (f64, f64) {
    let lo = need.setting.snr_min.expect("a quantity of scope `path` is bound with its snr_min");
    let hi = need.setting.snr_max.expect("a quantity of scope `path` is bound with its snr_max");
    (lo, hi)
}

/// The SNRs γ_0 < … < γ_K of the need's steps.
///
/// # Errors
/// Whatever the schedule refuses.
pub fn grid(need: &Need, tools: &Instruments) -> Result<Arc<Vec<f64>>> {
    let (snr_min, snr_max) = interval(need);
    let steps = need.setting.steps.expect("a quantity of scope `path` is bound with its steps");
    let spec = need.setting.schedule.as_deref().expect("a quantity of scope `path` is bound with its schedule");
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
    denoiser::find(need.setting.denoiser.as_deref().unwrap_or("exact"))
}

/// Ratio γ_{k+1}/γ_k of each step; ∞ for a step from 0.
pub fn ratios(grid: &[f64]) -> impl Iterator<Item = f64> + '_ {
    grid.windows(2).map(|pair| pair[1] / pair[0])
}

/// ½ Σ ∫ (γ_{k+1} − γ)(−M′(γ)) dγ = ½ Σ ∫ (M(γ_k) − M(γ)) dγ over the steps of `grid`; the integrand is positive, so small
/// steps lose no digits. ∞ from γ = 0 where the variance is.
fn discretisation(curve: &Curve, grid: &[f64], variance: f64) -> Result<Estimate> {
    if grid[0] <= 0.0 && variance.is_infinite() {
        return Ok(Estimate::exact(f64::INFINITY));
    }
    let (mut value, mut bound) = (0.0, 0.0);
    for step in grid.windows(2) {
        let part = curve.integral(step[0], step[1], |snr, slope| 0.5 * (step[1] - snr) * slope)?;
        value += part.value;
        bound += part.bound;
    }
    Ok(Estimate::quadrature(value, bound))
}

/// The discretisation term.
pub fn path_kl(need: &Need, tools: &Instruments) -> Result<Option<Estimate>> {
    let Some(curve) = tools.curve(&need.source) else { return Ok(None) };
    discretisation(&curve, &grid(need, tools)?, need.source.second_moment().value).map(Some)
}

/// ½ Σ Δ_k M(γ_k) − I(γ_K) + I(γ_0): the values alone, no slope. Loses the digits that small steps cancel; its bound says so.
pub fn path_kl_information(need: &Need, tools: &Instruments) -> Result<Option<Estimate>> {
    let grid = grid(need, tools)?;
    let (mut value, mut bound) = (0.0, 0.0);
    let mut add = |part: Estimate| {
        value += part.value;
        bound += part.bound + f64::EPSILON * part.value.abs();
    };
    for step in grid.windows(2) {
        let mmse = if step[0] > 0.0 {
            let Some(values) = tools.channel_values(&need.source, step[0])? else { return Ok(None) };
            values.mmse
        } else {
            need.source.second_moment()
        };
        add(mmse.scaled(0.5 * (step[1] - step[0])));
    }
    for (snr, sign) in [(grid[grid.len() - 1], -1.0), (grid[0], 1.0)] {
        if snr > 0.0 {
            let Some(values) = tools.channel_values(&need.source, snr)? else { return Ok(None) };
            add(values.information.scaled(sign));
        }
    }
    Ok(Some(Estimate::quadrature(value, bound)))
}

/// ½γ_0 E|X−EX|² − I(γ_0): one step from 0 to γ_0.
pub fn init_kl(need: &Need, tools: &Instruments) -> Result<Option<Estimate>> {
    let start = interval(need).0;
    if start <= 0.0 {
        return Ok(Some(Estimate::exact(0.0)));
    }
    let Some(curve) = tools.curve(&need.source) else { return Ok(None) };
    discretisation(&curve, &[0.0, start], need.source.second_moment().value).map(Some)
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

/// ½ Σ Δ_k (L − M)(γ_k).
pub fn denoiser_kl(need: &Need, tools: &Instruments) -> Result<Option<Estimate>> {
    let share = denoiser_share(need, tools)?;
    Ok(Some(if share > 0.0 { need.source.second_moment().scaled(share) } else { Estimate::exact(0.0) }))
}

/// The sum of the three.
pub fn total_kl(need: &Need, tools: &Instruments) -> Result<Option<Estimate>> {
    let parts = [path_kl(need, tools)?, init_kl(need, tools)?, denoiser_kl(need, tools)?];
    Ok(parts.into_iter().collect::<Option<Vec<_>>>().map(|parts| {
        let sum = |of: fn(&Estimate) -> f64| parts.iter().map(of).sum();
        Estimate::quadrature(sum(|e| e.value), sum(|e| e.bound))
    }))
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
