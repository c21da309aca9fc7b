//! The true risks that a measured curve leaves possible.

use super::smooth::Possible;
use super::{LossCurve, Noise};
use crate::numeric::stream::Stream;
use crate::schedule::StepAxis;
use crate::schedule::las::isotonic;
use crate::schedule::loss::curve::LossPoint;

/// Points of a smooth curve.
const POINTS: usize = 401;
/// Relative standard errors that are assumed at least.
const LEAST_ERROR: f64 = 1e-6;
/// Rows from which it can be told how fast a curve bends.
pub const FEWEST: usize = 5;
/// Shares of the first risk whose SNRs are tried as h, beside the first row above 0.
const LEFT: [f64; 3] = [0.5, 0.8, 0.95];
/// How far ln L may go beyond what was measured.
const BEYOND: f64 = 20.0;

/// A distribution of curves about a measured one: smooth ones that its errors allow, which fall
/// unless it rises beyond its noise.
///
/// ln L is smooth in ln(1 + γ/h), h the SNR at which the risk has fallen to a half: a straight line
/// for a Gaussian law, and flat in the plateau before h, where ln γ would stretch it. A risk with
/// several scales falls less at the first: of the SNRs where 0.5, 0.8 and 0.95 of it are left, and
/// the first row, h is the one under which the data are likeliest.
pub struct PossibleCurves<'a> {
    curve: &'a LossCurve,
    possible: Possible,
    axis: StepAxis,
    places: Vec<f64>,
    /// Least and largest ln L measured.
    measured: [f64; 2],
    /// Whether the risk falls as far as can be told.
    falls: bool,
}

impl LossCurve {
    /// The curves that could be true; `None` where nothing is known of the noise, and for fewer than
    /// [`FEWEST`] rows.
    pub fn possible(&self) -> Option<PossibleCurves<'_>> {
        if self.noise() == Noise::Unknown || self.points().len() < FEWEST {
            return None;
        }
        let points = self.points();
        let y: Vec<f64> = points.iter().map(|p| p.risk.ln()).collect();
        let errors: Vec<f64> = self.rel_errs().iter().map(|s| s.max(LEAST_ERROR)).collect();
        let first = points.iter().map(|p| p.snr).find(|&snr| snr > 0.0)?;
        let halves = LEFT.iter().map(|&share| fallen_to(share, points, &y, &errors)).chain([first]);
        let fits = halves.map(|half| {
            let axis = StepAxis::SoftLog(half.recip());
            let x: Vec<f64> = points.iter().map(|p| axis.position(p.snr)).collect();
            (axis, Possible::new(&x, &y, &errors))
        });
        let (axis, possible) = fits.max_by(|a, b| a.1.evidence().total_cmp(&b.1.evidence()))?;
        let (lo, hi) = self.ends();
        let (first, last) = (axis.position(lo), axis.position(hi));
        let at = |i: usize| first + (last - first) * i as f64 / (POINTS - 1) as f64;
        Some(PossibleCurves {
            curve: self,
            possible,
            axis,
            places: (0..POINTS).map(at).collect(),
            measured: [
                y.iter().copied().fold(f64::INFINITY, f64::min),
                y.iter().copied().fold(f64::NEG_INFINITY, f64::max),
            ],
            falls: self.rise().is_none(),
        })
    }

    /// The mean of the curves that could be true, ln L averaged; this one where nothing is known of
    /// the noise.
    pub fn smoothed(&self) -> Self {
        self.possible().map_or_else(|| self.clone(), |possible| possible.mean())
    }
}

impl PossibleCurves<'_> {
    /// Their mean.
    pub fn mean(&self) -> LossCurve {
        self.through(&self.possible.mean(&self.places))
    }

    /// One of them, drawn.
    pub fn draw(&self, stream: &Stream, sample: u64) -> LossCurve {
        self.through(&self.possible.draw(stream, sample, &self.places))
    }

    fn through(&self, logs: &[f64]) -> LossCurve {
        let falling;
        let logs = if self.falls {
            falling = isotonic::non_increasing(logs, &[1.0; POINTS]);
            &falling
        } else {
            logs
        };
        let ends = self.curve.ends();
        let snr = |i: usize| match i {
            0 => ends.0,
            i if i + 1 == POINTS => ends.1,
            i => self.axis.snr(self.places[i]),
        };
        // A draw between rows that say little goes anywhere; its exponential must not.
        let [least, largest] = self.measured;
        let risk = |log: f64| log.clamp(least - BEYOND, largest + BEYOND).exp();
        let point = |(i, log): (usize, &f64)| LossPoint {
            snr: snr(i),
            risk: risk(*log),
            rel_err: None,
            count: None,
        };
        self.curve.like(logs.iter().enumerate().map(point).collect(), self.axis)
    }
}

/// The SNR at which the nearest falling curve has this share of its first value, linear between
/// rows; the last where it has not.
fn fallen_to(share: f64, points: &[LossPoint], logs: &[f64], errors: &[f64]) -> f64 {
    let weights: Vec<f64> = errors.iter().map(|s| s.powi(-2)).collect();
    let falling = isotonic::non_increasing(logs, &weights);
    let level = falling[0] + share.ln();
    let after = falling.partition_point(|&log| log > level);
    if after == points.len() {
        return points[after - 1].snr;
    }
    let (before, after) = (after - 1, after);
    let share = (falling[before] - level) / (falling[before] - falling[after]);
    points[before].snr + share * (points[after].snr - points[before].snr)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noisy(snrs: &[f64], risk: impl Fn(f64) -> f64, error: f64, sample: u64) -> LossCurve {
        let point = |&snr: &f64| LossPoint { snr, risk: risk(snr), rel_err: Some(error), count: None };
        let exact = LossCurve::new(snrs.iter().map(point).collect()).unwrap();
        exact.perturbed(&Stream::named(sample, "possible curves test"), 0)
    }

    /// Less than half of the risk falls at the first of two scales, six decades apart.
    #[test]
    fn a_risk_of_two_scales_is_followed() {
        let risk = |snr: f64| 0.45 / (1.0 + snr) + 0.55 / (1.0 + 1e-6 * snr);
        let snrs: Vec<f64> = (0..200).map(|i| 10_f64.powf(-3.0 + 12.0 * f64::from(i) / 199.0)).collect();
        for sample in 0..4 {
            let smooth = noisy(&snrs, risk, 0.01, sample).smoothed();
            for p in smooth.points() {
                let off = (p.risk / risk(p.snr)).ln();
                assert!(off.abs() < 0.03, "{off} at {}", p.snr);
            }
        }
    }

    /// Rows that say little of what lies between them leave draws finite; too few leave none.
    #[test]
    fn draws_between_few_rows_stay_finite() {
        let risk = |snr: f64| 1.0 / (1.0 + snr);
        for (snrs, drawn) in [
            (vec![1e-6, 1e-5, 1e-4, 1e-3, 1.0, 1e8], true),
            (vec![1e-9, 0.1, 1.0, 10.0, 1e9], true),
            (vec![0.1, 1.0, 10.0, 100.0], false),
            (vec![0.1, 1.0, 10.0], false),
        ] {
            let curve = noisy(&snrs, risk, 0.05, 0);
            assert_eq!(curve.possible().is_some(), drawn, "{snrs:?}");
            let stream = Stream::named(5, "draws between few rows");
            for possible in curve.possible().iter() {
                for sample in 0..300 {
                    let draw = possible.draw(&stream, sample);
                    assert!(draw.points().iter().all(|p| p.risk > 0.0 && p.risk.is_finite()));
                }
            }
        }
    }
}
