//! What a schedule costs on a curve, Σ M(γ_k) ΔR_k, and how two curves differ.

use super::functional::{Functional, Summand};
use super::path::grid;
use super::{Memo, Need, denoiser};
use crate::channel::posterior::Observable;
use crate::error::{Error, Result};
use crate::numeric::estimate::Estimate;
use crate::numeric::spacing::log_spaced;
use crate::schedule::{self, Request, StepAxis};

/// SNRs between the ends at which two curves are compared.
const POINTS: usize = 65;
/// Share of a regret that the interpolation of a curve and the place of its best grid may make.
const ACCURACY: f64 = 1e-7;

fn cost(need: &Need, tools: &Memo, axis: StepAxis) -> Result<Functional> {
    let grid = grid(need, tools)?;
    if !axis.position(grid[0]).is_finite() {
        let message = format!("{axis} has no start at 0: give the interval one above it");
        return Err(Error::invalid("snr_min", message));
    }
    let length = |step: &[f64]| axis.position(step[1]) - axis.position(step[0]);
    let step =
        |step: &[f64]| Summand::At { snr: step[0], observable: Observable::Mmse, factor: length(step) };
    Ok(Functional::sum(grid.windows(2).map(step)))
}

/// Σ M(γ_k) ln(γ_{k+1}/γ_k).
pub(super) fn cost_log(need: &Need, tools: &Memo) -> Result<Functional> {
    cost(need, tools, StepAxis::Log)
}

/// Σ M(γ_k) Δ_k.
pub(super) fn cost_raw(need: &Need, tools: &Memo) -> Result<Functional> {
    cost(need, tools, StepAxis::Raw)
}

/// Cost of the grid over that of the best grid, less 1, on the axis of the schedule; `None` where M
/// has no curve without sampling.
pub(super) fn schedule_regret(need: &Need, tools: &Memo) -> Result<Option<Estimate>> {
    let grid = grid(need, tools)?;
    let Some(curve) = tools.curve(&need.source) else { return Ok(None) };
    let axis = schedule::find(need.setting.schedule()?)?.axis()?.unwrap_or(StepAxis::Log);
    let request = Request {
        steps: grid.len() - 1,
        snr_min: grid[0],
        snr_max: grid[grid.len() - 1],
        total_variance: need.source.second_moment().value,
        curve: Some(&curve),
    };
    let best = format!("las:axis={},lambda={}", axis.name(), axis.lambda().unwrap_or(1.0));
    let best = schedule::grid(&best, &request)?;
    let ratio = axis.cost(&curve, &grid)? / axis.cost(&curve, &best)?;
    Ok(Some(Estimate { bound: ACCURACY * ratio, ..Estimate::exact(ratio - 1.0) }))
}

/// Largest over smallest L/M among the SNRs; `None` where L or M is sampled.
pub(super) fn curve_ratio(need: &Need, tools: &Memo) -> Result<Option<Estimate>> {
    let (low, high) = (need.setting.snr_min()?, need.setting.snr_max()?);
    if low <= 0.0 {
        return Err(Error::invalid("snr_min", "must be > 0: the SNRs are uniform in their logarithm"));
    }
    let (mut least, mut most) = (Estimate::exact(f64::INFINITY), Estimate::exact(0.0));
    for snr in log_spaced(low, high, POINTS) {
        let (loss, mmse) = (denoiser::loss_at(need, tools, snr)?, denoiser::mmse(need, tools, snr)?);
        let (Some(loss), Some(mmse)) = (loss, mmse) else { return Ok(None) };
        let value = loss.value / mmse.value;
        let bound = value * (loss.bound / loss.value + mmse.bound / mmse.value);
        let ratio = Estimate { bound, ..Estimate::exact(value) };
        least = if ratio.value < least.value { ratio } else { least };
        most = if ratio.value > most.value { ratio } else { most };
    }
    let value = most.value / least.value;
    let bound = value * (most.bound / most.value + least.bound / least.value + f64::EPSILON);
    Ok(Some(Estimate::quadrature(value, bound)))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::quantity::{Setting, axis::DENOISER, find};
    use crate::source::Source;

    fn value(quantity: &str, source: &str, setting: Setting) -> f64 {
        let source = Arc::new(Source::parse(source).unwrap());
        let need = Need { source, quantity: find(quantity).unwrap(), setting };
        need.deterministic(&Memo::default()).unwrap().unwrap().value
    }

    /// N(0, v) with M = v/(1 + γv), two steps from 1 to 4 by way of 2: all by hand.
    #[test]
    fn costs_of_a_gaussian_are_those_by_hand() {
        let (source, mmse) = ("gaussian:dim=1,variance=0.5", |snr: f64| 0.5 / (1.0 + 0.5 * snr));
        let setting = || Setting::path(2, "geometric", 1.0, 4.0);
        let log = value("cost_log", source, setting());
        assert!((log - (mmse(1.0) + mmse(2.0)) * 2.0_f64.ln()).abs() < 1e-12, "{log}");
        let raw = value("cost_raw", source, setting());
        assert!((raw - (mmse(1.0) + 2.0 * mmse(2.0))).abs() < 1e-12, "{raw}");
        // With u = ln γ the middle is where the derivative of M(1)u + M(e^u)(ln 4 − u) is 0.
        let cost = |u: f64| mmse(1.0) * u + mmse(u.exp()) * (4.0_f64.ln() - u);
        let least = (0..=100_000).map(|i| cost(4.0_f64.ln() * f64::from(i) * 1e-5)).fold(f64::MAX, f64::min);
        let regret = value("schedule_regret", source, setting());
        assert!((regret - (log / least - 1.0)).abs() < 1e-8, "{regret} for {}", log / least - 1.0);
        let best = value("schedule_regret", source, Setting::path(2, "las:axis=log", 1.0, 4.0));
        assert!(best.abs() < 1e-7, "{best}");
        let raw = value("schedule_regret", source, Setting::path(2, "las:axis=raw", 1.0, 4.0));
        assert!(raw.abs() < 1e-7, "{raw}");
    }

    /// By hand on N(0, v), where every loss is known.
    #[test]
    fn curves_are_compared_by_their_ratio() {
        let source = "gaussian:dim=1,variance=0.5";
        let setting = |denoiser: &str| Setting::between(0.25, 4.0).with(&DENOISER, denoiser);
        assert!((value("curve_ratio", source, setting("linear")) - 1.0).abs() < 1e-12);
        // L = V: L/M = 1 + γv.
        let found = value("curve_ratio", source, setting("mean"));
        assert!((found - 3.0 / 1.125).abs() < 1e-12, "{found}");
        // L = 1/γ: L/M = 1 + 1/(γv).
        let found = value("curve_ratio", source, setting("identity"));
        assert!((found - 9.0 / 1.5).abs() < 1e-12, "{found}");
    }

    /// `linear` is exact on N(0, v), and the posterior mean of a narrower law is not.
    #[test]
    fn a_schedule_is_made_from_the_loss_of_a_denoiser() {
        let path = |spec: &str| Setting::path(6, spec, 0.05, 60.0);
        let regret = |spec: &str| value("schedule_regret", "gaussian:dim=1,variance=0.5", path(spec));
        assert!(regret("las:axis=log,of=linear") < 1e-4, "{}", regret("las:axis=log,of=linear"));
        let stale = regret("las:axis=log,of=(mismatched:source=(gaussian:dim=1,variance=0.01))");
        assert!(stale > 1e-2, "{stale}");
        // The mmse of another law: as stale as its denoiser's own loss over that law.
        let other = |of: &str| regret(&format!("las:axis=log,{of}source=(gaussian:dim=1,variance=0.01)"));
        assert!(other("") > 1e-2 && (other("of=linear,") / other("") - 1.0).abs() < 1e-3);
        assert!(schedule::find("las:source=nothing").is_err());
        // A law with the name of a schedule.
        assert!(regret("las:axis=log,source=(geometric:ratio=0.9)") > 1e-2);
        let choice = schedule::find("las:of=linear").unwrap();
        let request = Request { steps: 2, snr_min: 0.1, snr_max: 1.0, total_variance: 1.0, curve: None };
        assert!(choice.grid(&request).unwrap_err().to_string().contains("--loss"));
        assert!(schedule::find("las:of=nothing").is_err());
    }
}
