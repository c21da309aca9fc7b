//! Schedules with the same mass of a density in every step, the density made from the source's mmse
//! curve.

use super::axis::StepAxis;
use super::{Request, Schedule};
use crate::channel::curve::Curve;
use crate::error::{Error, Result};

/// Equal increments of I(X; Y_γ), or of −H(X|Y_γ): entropic time \[SHA25\]. Step density ½ M(γ) in
/// γ.
pub const ENTROPIC: Schedule = Schedule {
    name: "entropic",
    summary: "equal increments of the information, ½ ∫ M dγ  [SHA25]",
    parameters: &[],
    from_zero: true,
    build: |_, request| equal_mass(ENTROPIC.name, request, |curve, snr| Ok(0.5 * curve.mmse(snr)?)),
};

/// Equal increments of ∫ σ dH(X|Y_σ), σ = 1/√γ \[SHA25\]: step density ½ M(γ)/√γ in γ. The arctan
/// law for N(0, c²I).
pub const RESCALED_ENTROPIC: Schedule = Schedule {
    name: "rescaled-entropic",
    summary: "equal increments of the rescaled entropy, ½ ∫ M/√γ dγ  [SHA25]",
    parameters: &[],
    from_zero: false,
    build: |_, request| {
        equal_mass(RESCALED_ENTROPIC.name, request, |curve, snr| Ok(0.5 * curve.mmse(snr)? / snr.sqrt()))
    },
};

/// Equal increments of ∫ √|M′| dγ: the density of the optimal grid as K → ∞, with K·KL → ¼(∫ √|M′|
/// dγ)² (docs/theory.md, B4).
pub const ROOT_SLOPE: Schedule = Schedule {
    name: "root-slope",
    summary: "equal increments of ∫ √|M′| dγ, the limit of the optimal grid  (docs/theory.md, B4)",
    parameters: &[],
    from_zero: true,
    build: |_, request| root_slope(ROOT_SLOPE.name, request, StepAxis::Raw),
};

/// Equal increments of ∫ √(R′|M′|) dγ, the density of the optimal grid on an axis R as K → ∞
/// (docs/theory.md, B4).
pub(super) fn root_slope(name: &str, request: &Request, axis: StepAxis) -> Result<Vec<f64>> {
    equal_mass(name, request, |curve, snr| Ok((curve.slope(snr)? * axis.rate(snr)).sqrt()))
}

/// First number of intervals, and how often it may double.
const FIRST_INTERVALS: usize = 64;
const DOUBLINGS: u32 = 7;
/// Two successive numbers of intervals must place every step alike, relative to the length of the
/// axis.
const TOLERANCE: f64 = 1e-8;

/// K + 1 SNRs with the same mass of `density` (per dγ) in each step.
///
/// The density is tabulated uniformly on the axis and integrated with error O(h⁴); the table is
/// doubled until the SNRs agree to 1e-8 of the axis, or to 8,192 intervals (reached only where the
/// curve has kinks).
fn equal_mass(
    name: &str,
    request: &Request,
    density: impl Fn(&dyn Curve, f64) -> Result<f64>,
) -> Result<Vec<f64>> {
    let curve = request.curve(name)?;
    let axis = request.smooth_axis(name)?;
    let (lo, hi) = (axis.position(request.snr_min), axis.position(request.snr_max));
    let at = |i: usize, intervals: usize| -> Result<f64> {
        let snr = match i {
            0 => request.snr_min,
            i if i == intervals => request.snr_max,
            i => axis.snr(lo + (hi - lo) * i as f64 / intervals as f64),
        };
        Ok(density(curve, snr)? * axis.stretch(snr))
    };
    let mut table = (0..=FIRST_INTERVALS).map(|i| at(i, FIRST_INTERVALS)).collect::<Result<Vec<_>>>()?;
    let mut found = quantiles(name, &table, request.steps)?;
    for _ in 0..DOUBLINGS {
        let intervals = 2 * (table.len() - 1);
        table = (0..=intervals)
            .map(|i| if i % 2 == 0 { Ok(table[i / 2]) } else { at(i, intervals) })
            .collect::<Result<_>>()?;
        let finer = quantiles(name, &table, request.steps)?;
        // The ends are the request's, wherever the table has run out of mass.
        let moved =
            finer[1..request.steps].iter().zip(&found[1..]).map(|(x, y)| (x - y).abs()).fold(0.0, f64::max);
        found = finer;
        if moved <= TOLERANCE {
            break;
        }
    }
    Ok(found.iter().map(|x| axis.snr(lo + (hi - lo) * x)).collect())
}

/// Where, on [0, 1], the mass of the tabulated density reaches k/K, k = 0 … K.
fn quantiles(name: &str, table: &[f64], steps: usize) -> Result<Vec<f64>> {
    let mass = cumulative(table);
    let (last, total) = (table.len() - 1, mass[table.len() - 1]);
    if !(total > 0.0 && total.is_finite()) {
        let message =
            format!("the curve has no finite mass to share out between the two SNRs (found {total})");
        return Err(Error::invalid(format!("schedule `{name}`"), message));
    }
    let mut i = 0;
    Ok((0..=steps)
        .map(|k| {
            let target = total * (k as f64 / steps as f64);
            while i + 1 < last && mass[i + 1] < target {
                i += 1;
            }
            (i as f64 + inside([mass[i], mass[i + 1]], [table[i], table[i + 1]], target)) / last as f64
        })
        .collect())
}

/// Masses from the left end to every node, in units of the spacing: each interval by the cubic
/// through the four nearest nodes, and never negative.
fn cumulative(table: &[f64]) -> Vec<f64> {
    let last = table.len() - 1;
    let interval = |i: usize| {
        let cubic = match i {
            0 => 9.0 * table[0] + 19.0 * table[1] - 5.0 * table[2] + table[3],
            i if i + 1 == last => {
                9.0 * table[last] + 19.0 * table[last - 1] - 5.0 * table[last - 2] + table[last - 3]
            }
            i => 13.0 * (table[i] + table[i + 1]) - table[i - 1] - table[i + 2],
        };
        (cubic / 24.0).max(0.0)
    };
    let mut mass = vec![0.0];
    mass.extend((0..last).scan(0.0, |sum, i| {
        *sum += interval(i);
        Some(*sum)
    }));
    mass
}

/// The t in [0, 1] where the cubic with values `mass` and derivatives `density` at 0 and 1 passes
/// `target`.
fn inside(mass: [f64; 2], density: [f64; 2], target: f64) -> f64 {
    let value = |t: f64| {
        let s = 1.0 - t;
        mass[0] * s * s * (1.0 + 2.0 * t)
            + mass[1] * t * t * (1.0 + 2.0 * s)
            + s * t * (s * density[0] - t * density[1])
    };
    let (mut lo, mut hi) = (0.0, 1.0);
    // 2⁻⁵² of an interval.
    for _ in 0..52 {
        let middle = 0.5 * (lo + hi);
        if value(middle) < target { lo = middle } else { hi = middle }
    }
    0.5 * (lo + hi)
}
