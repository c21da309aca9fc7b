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

/// A distribution of curves about a measured one: smooth ones that its errors allow, which fall
/// wherever it does not rise beyond its noise.
///
/// ln L is smooth in ln(1 + γ/h), h the SNR at which the risk has fallen to a half: a straight line
/// for a Gaussian law, and flat in the plateau before h, where ln γ would stretch it.
pub struct PossibleCurves<'a> {
    curve: &'a LossCurve,
    possible: Possible,
    axis: StepAxis,
    places: Vec<f64>,
    /// Whether the risk falls as far as can be told.
    falls: bool,
}

impl LossCurve {
    /// The curves that could be true; `None` where nothing is known of the noise.
    pub fn possible(&self) -> Option<PossibleCurves<'_>> {
        if self.noise() == Noise::Unknown {
            return None;
        }
        let points = self.points();
        let y: Vec<f64> = points.iter().map(|p| p.risk.ln()).collect();
        let errors: Vec<f64> = self.rel_errs().iter().map(|s| s.max(LEAST_ERROR)).collect();
        let axis = StepAxis::SoftLog(half_fallen(points, &y, &errors).recip());
        let x: Vec<f64> = points.iter().map(|p| axis.position(p.snr)).collect();
        let (first, last) = (x[0], x[x.len() - 1]);
        let at = |i: usize| first + (last - first) * i as f64 / (POINTS - 1) as f64;
        Some(PossibleCurves {
            curve: self,
            possible: Possible::new(&x, &y, &errors),
            axis,
            places: (0..POINTS).map(at).collect(),
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
        let point =
            |(i, log): (usize, &f64)| LossPoint { snr: snr(i), risk: log.exp(), rel_err: None, count: None };
        self.curve.like(logs.iter().enumerate().map(point).collect(), self.axis)
    }
}

/// The SNR at which the nearest falling curve has half of its first value, linear between rows; the
/// last where it has not.
fn half_fallen(points: &[LossPoint], logs: &[f64], errors: &[f64]) -> f64 {
    let weights: Vec<f64> = errors.iter().map(|s| s.powi(-2)).collect();
    let falling = isotonic::non_increasing(logs, &weights);
    let half = falling[0] - std::f64::consts::LN_2;
    let after = falling.partition_point(|&log| log > half);
    if after == points.len() {
        return points[after - 1].snr;
    }
    let (before, after) = (after - 1, after);
    let share = (falling[before] - half) / (falling[before] - falling[after]);
    points[before].snr + share * (points[after].snr - points[before].snr)
}
