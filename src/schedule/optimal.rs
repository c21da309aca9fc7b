//! The grid with the least path KL: the minimum of Σ_k Δ_k M(γ_k) over the interior SNRs (docs/theory.md, P3).
//!
//! Starts from the exact optimum over candidates ([`super::dynamic`]), which picks the basin, and then solves the
//! stationarity condition γ_{k+1} = γ_k + [M(γ_{k−1}) − M(γ_k)]/|M′(γ_k)| by Newton steps, damped as Levenberg and
//! Marquardt do so that the cost never rises.

use super::dynamic::best_steps;
use super::mass::equal_mass;
use super::{Curve, Request, Schedule};
use crate::error::Result;

/// The optimum itself.
pub const OPTIMAL: Schedule = Schedule {
    name: "optimal",
    summary: "the grid with the least path KL for the exact denoiser, Σ Δ_k M(γ_k) minimal  (docs/theory.md, P3, B4)",
    parameters: &[],
    from_zero: true,
    build: |_, request| optimal(request),
};

/// Candidates per step, and the least and largest number of them.
const CANDIDATES: (usize, usize, usize) = (16, 256, 4096);
/// Newton steps, accepted or not.
const ITERATIONS: usize = 200;
/// First damping after a refused step, the factor from one to the next, and where to give up.
const DAMPING: (f64, f64, f64) = (1e-4, 10.0, 1e8);
/// Cost differences below this share of the cost are rounding.
const ROUNDING: f64 = 1e-14;
/// Stationarity to this share of a step is enough.
const STATIONARY: f64 = 1e-12;
/// Half-width of the difference that gives M″, as a share of the shorter neighbouring step: the curvature only steers.
const CURVATURE_STEP: f64 = 1e-3;

fn optimal(request: &Request) -> Result<Vec<f64>> {
    let curve = request.curve(OPTIMAL.name)?;
    if request.steps == 1 {
        return Ok(vec![request.snr_min, request.snr_max]);
    }
    let mut state = State::new(curve, start(curve, request)?)?;
    let mut damping = 0.0;
    for _ in 0..ITERATIONS {
        if state.residual <= STATIONARY || damping > DAMPING.2 {
            break;
        }
        let next = match state.newton(curve, damping)? {
            Some(grid) => Some(State::new(curve, grid)?).filter(|next| next.improves(&state)),
            None => None,
        };
        match next {
            Some(next) => {
                state = next;
                damping = if damping <= DAMPING.0 { 0.0 } else { damping / DAMPING.1 };
            }
            None => damping = (damping * DAMPING.1).max(DAMPING.0),
        }
    }
    Ok(state.grid)
}

/// The best K of many candidates that are spread as the optimum is in the limit.
fn start(curve: &dyn Curve, request: &Request) -> Result<Vec<f64>> {
    let intervals = (CANDIDATES.0 * request.steps).clamp(CANDIDATES.1, CANDIDATES.2.max(2 * request.steps));
    let many = Request { steps: intervals, ..*request };
    let mut snrs = equal_mass(OPTIMAL.name, &many, |curve, snr| Ok(curve.slope(snr)?.sqrt()))?;
    (snrs[0], snrs[intervals]) = (request.snr_min, request.snr_max);
    snrs.dedup_by(|next, before| *next <= *before);
    let risks = snrs.iter().map(|&snr| curve.mmse(snr)).collect::<Result<Vec<_>>>()?;
    Ok(best_steps(&risks, &snrs, request.steps)?.into_iter().map(|i| snrs[i]).collect())
}

/// A grid with what the iteration asks of it.
struct State {
    grid: Vec<f64>,
    /// M at the SNRs of the grid.
    risks: Vec<f64>,
    /// −M′ at the SNRs of the grid.
    slopes: Vec<f64>,
    /// Σ Δ_k (M(γ_k) − M(γ_K)).
    cost: f64,
    /// Largest violation of stationarity, as a share of the step after it.
    residual: f64,
}

impl State {
    fn new(curve: &dyn Curve, grid: Vec<f64>) -> Result<Self> {
        let risks = grid.iter().map(|&snr| curve.mmse(snr)).collect::<Result<Vec<_>>>()?;
        let slopes = grid.iter().map(|&snr| curve.slope(snr)).collect::<Result<Vec<_>>>()?;
        let end = risks[risks.len() - 1];
        let cost = grid.windows(2).zip(&risks).map(|(pair, risk)| (pair[1] - pair[0]) * (risk - end)).sum();
        let mut state = Self { grid, risks, slopes, cost, residual: 0.0 };
        let share = |k: usize| {
            let scale = state.slopes[k] * (state.grid[k + 1] - state.grid[k]) + state.risks[k - 1] - state.risks[k];
            if scale > 0.0 { state.gradient(k).abs() / scale } else { 0.0 }
        };
        state.residual = (1..state.grid.len() - 1).map(share).fold(0.0, f64::max);
        Ok(state)
    }

    /// ∂cost/∂γ_k = M(γ_{k−1}) − M(γ_k) − Δ_k |M′(γ_k)|.
    fn gradient(&self, k: usize) -> f64 {
        self.risks[k - 1] - self.risks[k] - (self.grid[k + 1] - self.grid[k]) * self.slopes[k]
    }

    /// A lower cost; or, where costs can no longer be told apart, a smaller violation of stationarity.
    fn improves(&self, before: &Self) -> bool {
        let rounding = ROUNDING * before.cost.abs();
        self.cost < before.cost - rounding || self.cost <= before.cost + rounding && self.residual < before.residual
    }

    /// The grid after one damped Newton step; `None` where the damped Hessian is not positive definite.
    ///
    /// The Hessian is tridiagonal: 2|M′(γ_k)| + Δ_k M″(γ_k) on the diagonal, −|M′(γ_k)| between k and k + 1. A step that
    /// would carry an SNR past its neighbour is shortened.
    fn newton(&self, curve: &dyn Curve, damping: f64) -> Result<Option<Vec<f64>>> {
        let last = self.grid.len() - 1;
        let (mut pivots, mut sides) = (vec![0.0; last], vec![0.0; last]);
        for k in 1..last {
            let after = self.grid[k + 1] - self.grid[k];
            let width = CURVATURE_STEP * after.min(self.grid[k] - self.grid[k - 1]);
            let (left, right) = (curve.slope(self.grid[k] - width)?, curve.slope(self.grid[k] + width)?);
            let diagonal = 2.0 * self.slopes[k] + after * (left - right) / (2.0 * width);
            let eliminated = if k > 1 { self.slopes[k - 1] / pivots[k - 1] } else { 0.0 };
            let before = if k > 1 { self.slopes[k - 1] } else { 0.0 };
            pivots[k] = diagonal + damping * diagonal.abs().max(self.slopes[k]) - eliminated * before;
            sides[k] = -self.gradient(k) + eliminated * sides[k - 1];
            if !(pivots[k] > 0.0 && pivots[k].is_finite()) {
                return Ok(None);
            }
        }
        let mut shift = vec![0.0; last + 1];
        for k in (1..last).rev() {
            shift[k] = (sides[k] + self.slopes[k] * shift[k + 1]) / pivots[k];
        }
        // Neighbours keep at least half of their distance.
        let shares = (0..last).filter(|&k| shift[k + 1] < shift[k]);
        let length = shares
            .map(|k| 0.5 * (self.grid[k + 1] - self.grid[k]) / (shift[k] - shift[k + 1]))
            .fold(1.0, f64::min);
        Ok(Some(self.grid.iter().zip(&shift).map(|(snr, by)| snr + length * by).collect()))
    }
}
