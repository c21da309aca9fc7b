//! The grid with the least path KL: the minimum of Σ_k Δ_k M(γ_k) over the interior SNRs
//! (docs/theory.md, P3); and, for the loss-adaptive schedules, of the same sum with the steps
//! measured on another axis.
//!
//! Starts from the exact optimum over candidates ([`super::dynamic`]), which picks the basin, and
//! then solves the stationarity condition γ_{k+1} = γ_k + [M(γ_{k−1}) − M(γ_k)]/|M′(γ_k)| by Newton
//! steps, damped as Levenberg and Marquardt do so that the cost never rises. On an axis R, γ is R
//! and M a function of it, here and below.

use super::axis::StepAxis;
use super::dynamic::best_steps;
use super::mass::root_slope;
use super::{Request, Schedule};
use crate::channel::curve::Curve;
use crate::error::Result;

/// The optimum itself.
pub const OPTIMAL: Schedule = Schedule {
    name: "optimal",
    summary: "the grid with the least path KL for the exact denoiser, Σ Δ_k M(γ_k) minimal  (docs/theory.md, P3, B4)",
    parameters: &[],
    from_zero: true,
    build: |_, request| least(OPTIMAL.name, request, StepAxis::Raw),
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
/// Half-width of the difference that gives M″, as a share of the shorter neighbouring step: the
/// curvature only steers.
const CURVATURE_STEP: f64 = 1e-3;

/// A curve as a function of the position on an axis.
struct OnAxis<'a> {
    curve: &'a dyn Curve,
    axis: StepAxis,
    /// The ends of the request: rounding must not carry a position beyond them.
    ends: (f64, f64),
}

impl OnAxis<'_> {
    fn snr(&self, position: f64) -> f64 {
        self.axis.snr(position).clamp(self.ends.0, self.ends.1)
    }
}

impl Curve for OnAxis<'_> {
    fn mmse(&self, position: f64) -> Result<f64> {
        self.curve.mmse(self.snr(position))
    }

    fn slope(&self, position: f64) -> Result<f64> {
        let snr = self.snr(position);
        Ok(self.curve.slope(snr)? / self.axis.rate(snr))
    }
}

/// The K + 1 SNRs with the least Σ_k M(γ_k) (R(γ_{k+1}) − R(γ_k)), to about 1e-12 of a step on the
/// axis.
///
/// # Errors
/// [`crate::error::Error::Invalid`] for schedule `name` where the request has no curve, or one
/// without mass to share out; whatever the curve reports.
pub(super) fn least(name: &str, request: &Request, axis: StepAxis) -> Result<Vec<f64>> {
    let curve = OnAxis { curve: request.curve(name)?, axis, ends: (request.snr_min, request.snr_max) };
    if request.steps == 1 {
        return Ok(vec![request.snr_min, request.snr_max]);
    }
    let mut state = State::new(&curve, start(name, &curve, request)?)?;
    let mut damping = 0.0;
    for _ in 0..ITERATIONS {
        if state.residual <= STATIONARY || damping > DAMPING.2 {
            break;
        }
        let next = match state.newton(&curve, damping)? {
            Some(grid) => Some(State::new(&curve, grid)?).filter(|next| next.improves(&state)),
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
    Ok(state.grid.iter().map(|&position| curve.snr(position)).collect())
}

/// The positions of the best K of many candidates that are spread as the optimum is in the limit.
fn start(name: &str, curve: &OnAxis, request: &Request) -> Result<Vec<f64>> {
    let intervals = (CANDIDATES.0 * request.steps).clamp(CANDIDATES.1, CANDIDATES.2.max(2 * request.steps));
    let many = Request { steps: intervals, ..*request };
    let mut snrs = root_slope(name, &many, curve.axis)?;
    (snrs[0], snrs[intervals]) = (request.snr_min, request.snr_max);
    let mut positions: Vec<f64> = snrs.into_iter().map(|snr| curve.axis.position(snr)).collect();
    positions.dedup_by(|next, before| *next <= *before);
    let risks = positions.iter().map(|&position| curve.mmse(position)).collect::<Result<Vec<_>>>()?;
    Ok(best_steps(&risks, &positions, request.steps)?.into_iter().map(|i| positions[i]).collect())
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
            let scale =
                state.slopes[k] * (state.grid[k + 1] - state.grid[k]) + state.risks[k - 1] - state.risks[k];
            if scale > 0.0 { state.gradient(k).abs() / scale } else { 0.0 }
        };
        state.residual = (1..state.grid.len() - 1).map(share).fold(0.0, f64::max);
        Ok(state)
    }

    /// ∂cost/∂γ_k = M(γ_{k−1}) − M(γ_k) − Δ_k |M′(γ_k)|.
    fn gradient(&self, k: usize) -> f64 {
        self.risks[k - 1] - self.risks[k] - (self.grid[k + 1] - self.grid[k]) * self.slopes[k]
    }

    /// A lower cost; or, where costs can no longer be told apart, a smaller violation of
    /// stationarity.
    fn improves(&self, before: &Self) -> bool {
        let rounding = ROUNDING * before.cost.abs();
        self.cost < before.cost - rounding
            || self.cost <= before.cost + rounding && self.residual < before.residual
    }

    /// The grid after one damped Newton step; `None` where the damped Hessian is not positive
    /// definite.
    ///
    /// The Hessian is tridiagonal: 2|M′(γ_k)| + Δ_k M″(γ_k) on the diagonal, −|M′(γ_k)| between k
    /// and k + 1. A step that would carry an SNR past its neighbour is shortened.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::channel::exact;
    use crate::channel::exact::curve::ExactCurve;
    use crate::schedule::tests::{Gaussian, curve_of};
    use crate::schedule::{SCHEDULES, SampledCurve, grid};
    use crate::source::Source;

    /// Shooting in double precision, printed to ten decimals.
    const SHOOTING: f64 = 2e-9;
    /// Path KLs are printed to nine or ten decimals.
    const PATH_KL: f64 = 1e-9;
    /// Relative violation of stationarity, in units of a step.
    const STATIONARITY: f64 = 1e-8;
    /// Optimum against a closed form, relative.
    const CLOSED_FORM: f64 = 1e-8;

    /// ½ Σ Δ_k M(γ_k) − [I(γ_K) − I(γ_0)].
    fn path_kl(source: &Source, curve: &dyn Curve, grid: &[f64]) -> f64 {
        let information = |snr: f64| {
            if snr > 0.0 { exact::at(source, snr).unwrap().unwrap().information.value } else { 0.0 }
        };
        0.5 * left_sum(curve, grid) - information(grid[grid.len() - 1]) + information(grid[0])
    }

    fn left_sum(curve: &dyn Curve, grid: &[f64]) -> f64 {
        grid.windows(2).map(|pair| (pair[1] - pair[0]) * curve.mmse(pair[0]).unwrap()).sum()
    }

    fn from_zero<'a>(curve: &'a dyn Curve, source: &Source, steps: usize, snr_max: f64) -> Request<'a> {
        let total_variance = source.second_moment().value;
        Request { steps, snr_min: 0.0, snr_max, total_variance, curve: Some(curve) }
    }

    /// The grids of data/optimal_grid.csv, and the path KL of three: optimal, shifted geometric,
    /// geometric from 0.01.
    #[test]
    fn the_golden_optima_are_found() {
        let goldens = [[0.234385666, 0.2660230929, 0.4634944357], [0.837703725, 0.8396493271, 1.176638254]];
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/data/optimal_grid.csv");
        let rows: Vec<_> = csv::Reader::from_path(path).expect(path).records().map(Result::unwrap).collect();
        assert_eq!(rows.len(), goldens.len());
        for (row, golden) in rows.iter().zip(goldens) {
            let law = Source::parse(&row[0]).unwrap();
            let curve = curve_of(&law);
            let whole = from_zero(&curve, &law, 8, 20.0);
            let positive = Request { snr_min: 0.01, ..whole };
            for (k, found) in grid("optimal", &whole).unwrap().into_iter().enumerate() {
                let expected: f64 = row[k + 1].parse().unwrap();
                assert!(
                    (found - expected).abs() < SHOOTING,
                    "{}, step {k}: {found} for {expected}",
                    &row[0]
                );
            }
            let schedules = [("optimal", whole), ("shifted-geometric", whole), ("geometric", positive)];
            for ((spec, request), expected) in schedules.into_iter().zip(golden) {
                let found = path_kl(&law, &curve, &grid(spec, &request).unwrap());
                assert!((found - expected).abs() < PATH_KL, "{}, {spec}: {found} for {expected}", &row[0]);
            }
        }
    }

    /// N(0, 1.7): the shifted-geometric grid is the optimum, and its path KL is the closed form of
    /// 6.2.
    #[test]
    fn the_optimum_of_a_gaussian_is_shifted_geometric() {
        let (variance, snr_max) = (1.7, 50.0);
        let curve = Gaussian { variance };
        for steps in [2, 7, 40] {
            let request =
                Request { steps, snr_min: 0.0, snr_max, total_variance: variance, curve: Some(&curve) };
            let (optimal, shifted) =
                (grid("optimal", &request).unwrap(), grid("shifted-geometric", &request).unwrap());
            for (x, y) in optimal.iter().zip(&shifted).skip(1) {
                assert!((x / y - 1.0).abs() < CLOSED_FORM, "{steps} steps: {x} for {y}");
            }
            if steps == 7 {
                let kl = 0.5 * left_sum(&curve, &shifted) - 0.5 * (variance * snr_max).ln_1p();
                assert!((kl - 0.8862290154).abs() < PATH_KL, "{kl}");
            }
        }
    }

    /// γ_{k+1} = γ_k + [M(γ_{k−1}) − M(γ_k)]/|M′(γ_k)|, and no other schedule costs less.
    #[test]
    fn the_optimum_is_stationary_and_least() {
        for spec in ["bpsk", "bernoulli:p=0.01", "product:dim=4,base=(pam:levels=3)"] {
            let law = Source::parse(spec).unwrap();
            let curve = curve_of(&law);
            for (steps, snr_min) in [(5, 1e-3), (33, 0.0)] {
                let request = Request { snr_min, ..from_zero(&curve, &law, steps, 60.0) };
                let best = grid("optimal", &request).unwrap();
                for t in best.windows(3) {
                    let next = t[1]
                        + (curve.mmse(t[0]).unwrap() - curve.mmse(t[1]).unwrap())
                            / curve.slope(t[1]).unwrap();
                    let error = (next - t[2]).abs() / (t[2] - t[1]);
                    assert!(error < STATIONARITY, "{spec}, {steps} steps at {}: {error:e}", t[1]);
                }
                let least = left_sum(&curve, &best);
                for schedule in SCHEDULES.iter().filter(|_| snr_min > 0.0) {
                    let cost = left_sum(&curve, &grid(schedule.name, &request).unwrap());
                    assert!(
                        least <= cost * (1.0 + 1e-12),
                        "{spec}, {steps} steps: {} costs {cost} < {least}",
                        schedule.name
                    );
                }
            }
        }
    }

    /// K·KL → ¼(∫ √|M′| dγ)²: 7.08 for eight levels on [1e-3, 60], where the geometric grid has
    /// 11.69.
    #[test]
    fn the_limits_of_the_optimal_and_the_geometric_grid_are_met() {
        let law = Source::parse("pam:levels=8").unwrap();
        let curve = curve_of(&law);
        let scaled = |spec: &str, steps: usize| {
            let request = Request { snr_min: 1e-3, ..from_zero(&curve, &law, steps, 60.0) };
            steps as f64 * path_kl(&law, &curve, &grid(spec, &request).unwrap())
        };
        assert!((scaled("geometric", 160) - 11.691).abs() < 6e-4, "{}", scaled("geometric", 160));
        let (optimal, limit) = (scaled("optimal", 160), scaled("root-slope", 160));
        assert!(
            (optimal / 7.08 - 1.0).abs() < 0.02 && (limit / optimal - 1.0).abs() < 0.01,
            "{optimal} {limit}"
        );
    }

    /// The same optimum from 400 samples of the curve, to the accuracy of the interpolation.
    #[test]
    fn a_sampled_curve_gives_nearly_the_same_optimum() {
        let law = Source::parse("bpsk").unwrap();
        let curve = curve_of(&law);
        let snrs = grid("shifted-geometric", &from_zero(&curve, &law, 400, 20.0)).unwrap();
        let points: Vec<_> = snrs.iter().map(|&snr| (snr, curve.mmse(snr).unwrap())).collect();
        let sampled = SampledCurve::new(&points).unwrap();
        let [exact, found] =
            [&curve as &dyn Curve, &sampled].map(|c| grid("optimal", &from_zero(c, &law, 8, 20.0)).unwrap());
        for (x, y) in exact.iter().zip(&found) {
            assert!((x - y).abs() < 0.02 * (1.0 + x), "{exact:?} and {found:?}");
        }
        let (least, cost) = (left_sum(&curve, &exact), left_sum(&curve, &found));
        assert!(cost / least - 1.0 < 1e-4, "{cost} for {least}");
    }

    /// Printed, not asserted:
    /// `cargo test --release --lib optimal::tests::timing -- --ignored --nocapture`.
    #[test]
    #[ignore = "prints timings"]
    fn timing() {
        struct Counting<'a>(ExactCurve<'a>, std::cell::Cell<usize>);
        impl Curve for Counting<'_> {
            fn mmse(&self, snr: f64) -> Result<f64> {
                self.1.set(self.1.get() + 1);
                self.0.mmse(snr)
            }
            fn slope(&self, snr: f64) -> Result<f64> {
                self.1.set(self.1.get() + 1);
                self.0.slope(snr)
            }
        }
        for source in ["bpsk", "pam:levels=8", "zipf:exponent=1.5,atoms=50"] {
            let law = Source::parse(source).unwrap();
            for spec in ["entropic", "rescaled-entropic", "root-slope", "optimal"] {
                for steps in [8, 64] {
                    let counting = Counting(curve_of(&law), 0.into());
                    let request = Request { snr_min: 1e-3, ..from_zero(&counting, &law, steps, 60.0) };
                    let start = std::time::Instant::now();
                    grid(spec, &request).unwrap();
                    println!("{source:30} {spec:18} {steps:3} {:6} {:?}", counting.1.get(), start.elapsed());
                }
            }
        }
    }
}
