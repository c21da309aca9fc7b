//! How good a schedule is on a loss curve (denoised, where its settings say so): its gap to other
//! grids and to what no grid can beat.
//!
//! Σ L(γ_k) ΔR_k = ∫ L dR + excess: the integral is there for every grid, the excess is the
//! discretisation (twice the path KL's, on the raw axis). K·excess of the best grid tends to ½ (∫
//! √(R′|L′|) dγ)² (docs/theory.md, B4), and that of any grid with step density ρ to ½ ∫ R′|L′|/ρ
//! dγ.

use super::LossCurve;
use super::place::{Denoise, Placement, Reach, Settings, place};
use crate::channel::curve::Curve;
use crate::error::Result;
use crate::schedule::{Request, mass};

/// Pieces of a curve for integrals, at least; each stretch between two rows, where the interpolant
/// is a cubic, is at least one and at most the second.
const PIECES: (usize, usize) = (3000, 24);
/// Most grids that are enumerated.
const MOST_GRIDS: u64 = 100_000;

/// A schedule beside others, on one curve and axis.
#[derive(Debug, Clone)]
pub struct Certificate {
    /// ∫ L dR between the ends: the part of every cost that no grid changes.
    pub floor: f64,
    /// Cost of the schedule.
    pub cost: f64,
    /// Cost of the grid uniform in ln γ, from γ = 0 in ln(1 + γ/g), g the first row above it.
    pub geometric: f64,
    /// Cost of the grid with equal ∫ √(R′|L′|) dγ in each step: the continuum optimum, used at this
    /// K; `None` from γ = 0 on an axis whose R′ is ∞ there.
    pub root_slope: Option<f64>,
    /// floor + (∫ √(R′|L′|) dγ)²/(2K): what the best grid's cost tends to.
    pub limit: f64,
    /// Cost of the schedule that was used before, where one is named.
    pub previous: Option<f64>,
    /// Cost of Algorithm 1's grid on the non-increasing projection of the curve; `None` where the
    /// curve does not rise.
    pub isotonic: Option<f64>,
    /// How many grids were enumerated to check that none costs less; `None` where there are too
    /// many.
    pub enumerated: Option<u64>,
}

impl Certificate {
    /// Cost above the floor.
    pub fn excess(&self, cost: f64) -> f64 {
        cost - self.floor
    }
}

/// The certificate of a schedule; `previous` is a grid to compare with.
///
/// # Errors
/// A previous grid that leaves the curve.
pub fn certify(
    curve: &LossCurve,
    settings: &Settings,
    made: &Placement,
    previous: Option<&[f64]>,
) -> Result<Certificate> {
    let believed = settings.denoise.of(curve);
    let (curve, settings) = (believed.as_ref(), &settings.on_denoised());
    let reach = settings.reach(curve)?;
    let (floor, length) = integrals(curve, &reach)?;
    let on_curve = |grid: &[f64]| reach.axis.cost(curve, grid);
    let isotonic = if curve.rises() == 0 {
        None
    } else {
        Some(on_curve(&place(curve, &Settings { denoise: Denoise::Isotonic, ..*settings })?.snrs)?)
    };
    Ok(Certificate {
        floor,
        cost: made.cost,
        geometric: on_curve(&reach.even.uniform(reach.ends, settings.steps))?,
        root_slope: root_slope(curve, &reach, settings.steps).map(|grid| on_curve(&grid)).transpose()?,
        limit: floor + length * length / (2.0 * settings.steps as f64),
        previous: previous.map(on_curve).transpose()?,
        isotonic,
        enumerated: enumerate(curve, settings, made)?,
    })
}

/// ∫ L dR between the ends.
///
/// # Errors
/// Ends beyond the curve.
pub fn floor(curve: &LossCurve, reach: &Reach) -> Result<f64> {
    Ok(integrals(curve, reach)?.0)
}

/// Where integrals from γ = 0 start, as a share of the first row above it: what is below holds 1e-8
/// of them at most.
const NEAR_ZERO: f64 = 1e-12;

/// ∫ L dR and ∫ √(R′|L′|) dγ between the ends, by Simpson's rule on each piece between rows.
///
/// From γ = 0 to the first row r above it the first is L(0)·(R(r) − R(0)) − ∫ (L(0) − L) dR, which
/// is finite also where R(0) is −∞ and counted from elsewhere.
fn integrals(curve: &LossCurve, reach: &Reach) -> Result<(f64, f64)> {
    let (lo, hi) = reach.ends;
    let rows = curve.points().iter().map(|p| p.snr).filter(|&snr| snr > lo && snr < hi);
    let knots: Vec<f64> = std::iter::once(lo).chain(rows).chain([hi]).collect();
    let pieces = PIECES.0.div_ceil(knots.len() - 1).min(PIECES.1);
    let mut sums = (0.0, 0.0);
    for pair in knots.windows(2) {
        let (from, base, pieces) = match pair[0] > 0.0 {
            true => (pair[0], 0.0, pieces),
            false => (NEAR_ZERO * pair[1], curve.mmse(0.0)?, PIECES.0),
        };
        let width = (pair[1] / from).ln() / pieces as f64;
        if pair[0] <= 0.0 {
            sums.0 += base * (reach.axis.position(pair[1]) - reach.axis.position(0.0));
        }
        for i in 0..pieces {
            for (weight, at) in [(1.0, 0.0), (4.0, 0.5), (1.0, 1.0)] {
                let snr = (from * ((i as f64 + at) * width).exp()).clamp(from, hi);
                // dγ = γ d ln γ.
                let share = weight / 6.0 * width * snr;
                sums.0 += share * (curve.mmse(snr)? - base) * reach.axis.rate(snr);
                sums.1 += share * (curve.slope(snr)? * reach.axis.rate(snr)).sqrt();
            }
        }
    }
    Ok(sums)
}

/// Equal mass of √(R′|L′|); where the curve is flat over a step, which leaves no distinct SNRs
/// there, the even grid; `None` where the mass has no density at the start.
fn root_slope(curve: &LossCurve, reach: &Reach, steps: usize) -> Option<Vec<f64>> {
    let (snr_min, snr_max) = reach.ends;
    let total_variance = reach.even.lambda().unwrap_or(1.0);
    let request = Request { steps, snr_min, snr_max, total_variance, curve: Some(curve) };
    let shared = mass::root_slope("root-slope", &request, reach.axis);
    let grid = shared.and_then(|grid| request.pinned("root-slope", grid));
    let start = reach.axis.rate(snr_min).is_finite();
    start.then(|| grid.unwrap_or_else(|_| reach.even.uniform(reach.ends, steps)))
}

/// The number of grids among the schedule's candidates, if none of them costs less than the
/// schedule by more than rounding.
///
/// Algorithm 2's penalty is not in the costs compared here: no enumeration.
fn enumerate(curve: &LossCurve, settings: &Settings, made: &Placement) -> Result<Option<u64>> {
    let (interior, chosen) = (made.candidates - 2, settings.steps - 1);
    let Some(grids) = binomial(interior as u64, chosen as u64).filter(|&n| n <= MOST_GRIDS) else {
        return Ok(None);
    };
    if settings.smoothness.is_some() {
        return Ok(None);
    }
    let snrs = settings.candidates_on(curve)?;
    let (axis, mut least) = (settings.reach(curve)?.axis, f64::INFINITY);
    let mut picks: Vec<usize> = (1..=chosen).collect();
    loop {
        let grid: Vec<f64> =
            std::iter::once(0).chain(picks.iter().copied()).chain([interior + 1]).map(|i| snrs[i]).collect();
        least = least.min(axis.cost(curve, &grid)?);
        // The next subset in lexicographic order.
        let Some(k) = (0..chosen).rev().find(|&k| picks[k] < interior - (chosen - 1 - k)) else { break };
        picks[k] += 1;
        for later in k + 1..chosen {
            picks[later] = picks[later - 1] + 1;
        }
    }
    assert!(
        made.cost <= least + 1e-12 * least.abs(),
        "enumeration found {least}, the dynamic programme {}",
        made.cost
    );
    Ok(Some(grids))
}

/// n over k; `None` on overflow.
fn binomial(n: u64, k: u64) -> Option<u64> {
    (0..k.min(n - k)).try_fold(1_u64, |product, i| Some(product.checked_mul(n - i)? / (i + 1)))
}
