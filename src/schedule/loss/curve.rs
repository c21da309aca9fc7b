//! A measured x0-risk as a function of SNR, with what is known of its noise.

use statrs::distribution::{ContinuousCDF, Normal};

use crate::channel::curve::Curve;
use crate::error::{Error, Result};
#[cfg(test)]
use crate::numeric::{normal, stream::Stream};
use crate::schedule::las::isotonic;
use crate::schedule::{SampledCurve, StepAxis};

/// One row of a loss file.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LossPoint {
    /// γ ≥ 0, linear.
    pub snr: f64,
    /// L(γ) > 0, in any unit.
    pub risk: f64,
    /// Standard error of the risk, relative to it.
    pub rel_err: Option<f64>,
    /// Number of samples behind it.
    pub count: Option<f64>,
}

/// Where the relative standard errors of a curve come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Noise {
    /// From the file.
    Stated,
    /// From the spread of rows with the same SNR, which were averaged.
    Repeats,
    /// From how far each row lies off the cubic through its four neighbours, scaled by the counts
    /// where they are known.
    Roughness,
    /// Too few rows to tell.
    Unknown,
}

/// Rows that a cubic through four neighbours needs.
const FOR_ROUGHNESS: usize = 7;

/// A risk known at some SNRs, interpolated between them: ln L by the monotone cubic of
/// [`SampledCurve`] in ln γ, so that powers of γ are met exactly and nothing becomes negative.
/// Where the first SNR is 0 (pure noise), in ln(1 + γ/g), g the second.
#[derive(Clone)]
pub struct LossCurve {
    points: Vec<LossPoint>,
    /// Relative standard errors, 0 where nothing is known.
    rel_errs: Vec<f64>,
    noise: Noise,
    ln_risk: SampledCurve,
    spread: StepAxis,
    /// The first SNR above 0 that was measured.
    pub(super) near_zero: f64,
}

impl LossCurve {
    /// A curve through points in any order; points with one SNR are averaged.
    ///
    /// # Errors
    /// [`Error::Invalid`] for fewer than three distinct SNRs, for SNRs that are not finite and ≥ 0,
    /// for risks that are not finite and > 0, and for repeated SNRs that carry standard errors.
    pub fn new(points: Vec<LossPoint>) -> Result<Self> {
        let sound = |p: &LossPoint| p.snr.is_finite() && p.snr >= 0.0 && p.risk.is_finite() && p.risk > 0.0;
        if let Some(point) = points.iter().find(|p| !sound(p)) {
            let message = format!(
                "risk {} at snr {}: both must be finite, the risk > 0, the snr ≥ 0",
                point.risk, point.snr
            );
            return Err(Error::invalid("loss curve", message));
        }
        let (points, repeated) = averaged(points)?;
        if points.len() < 3 {
            let message = format!("has {} distinct noise levels: needs at least 3", points.len());
            return Err(Error::invalid("loss curve", message));
        }
        let first = points[0].snr;
        let spread = if first > 0.0 { StepAxis::Log } else { StepAxis::SoftLog(points[1].snr.recip()) };
        let ln_risk = interpolant(&points, spread)?;
        let (noise, rel_errs) = noise(&points, spread, repeated);
        let near_zero = if first > 0.0 { first } else { points[1].snr };
        Ok(Self { points, rel_errs, noise, ln_risk, spread, near_zero })
    }

    /// The rows in increasing order of SNR.
    pub fn points(&self) -> &[LossPoint] {
        &self.points
    }

    /// Relative standard errors of the rows; 0 where [`Noise::Unknown`].
    pub fn rel_errs(&self) -> &[f64] {
        &self.rel_errs
    }

    /// Where they come from.
    pub fn noise(&self) -> Noise {
        self.noise
    }

    /// The axis on which rows are spread and the curve is interpolated: ln γ, or ln(1 + γ/g) from γ
    /// = 0.
    pub fn spread(&self) -> StepAxis {
        self.spread
    }

    /// `axis` for grids that start at `first`: with a finite position there.
    pub fn axis(&self, axis: StepAxis, first: f64) -> StepAxis {
        if first > 0.0 { axis } else { axis.starting_at_zero(0.5 * self.near_zero) }
    }

    /// The axis of a default grid that starts at 0: ln(1 + γ/g), g the first SNR above 0 measured.
    pub fn even_from_zero(&self) -> StepAxis {
        StepAxis::SoftLog(self.near_zero.recip())
    }

    /// First and last SNR.
    pub fn ends(&self) -> (f64, f64) {
        (self.points[0].snr, self.points[self.points.len() - 1].snr)
    }

    /// Relative standard errors that the roughness of the curve shows, whatever the file says;
    /// `None` for too few rows.
    pub fn roughness(&self) -> Option<Vec<f64>> {
        roughness(&self.points, self.spread)
    }

    /// Number of rows whose risk is above that of the row before (at lower SNR).
    pub fn rises(&self) -> usize {
        self.points.windows(2).filter(|pair| pair[1].risk > pair[0].risk).count()
    }

    /// The non-increasing curve nearest to this one, each row weighted by the inverse square of its
    /// standard error.
    pub fn projected(&self) -> Self {
        let risks: Vec<f64> = self.points.iter().map(|p| p.risk).collect();
        let known = self.rel_errs.iter().all(|&e| e > 0.0);
        let weight = |(risk, err): (&f64, &f64)| if known { (risk * err).powi(-2) } else { 1.0 };
        let weights: Vec<f64> = risks.iter().zip(&self.rel_errs).map(weight).collect();
        self.with_risks(&isotonic::non_increasing(&risks, &weights))
    }

    /// A curve that could have been measured instead: L_i e^{s_i z_i − s_i²/2}, s_i the relative
    /// standard errors and z_i independent standard normals, so that its mean is L_i and nothing
    /// becomes negative.
    #[cfg(test)]
    pub(super) fn perturbed(&self, stream: &Stream, sample: u64) -> Self {
        let mut normals = vec![0.0; self.points.len()];
        normal::fill(stream, sample, &mut normals);
        let noisy = |((point, s), z): ((&LossPoint, &f64), &f64)| point.risk * (s * z - 0.5 * s * s).exp();
        let risks: Vec<f64> = self.points.iter().zip(&self.rel_errs).zip(&normals).map(noisy).collect();
        self.with_risks(&risks)
    }

    /// A curve of this noise through other points, which are not measured: increasing SNRs between
    /// the same ends, interpolated on `spread`.
    pub(super) fn like(&self, points: Vec<LossPoint>, spread: StepAxis) -> Self {
        let ln_risk = interpolant(&points, spread).expect("increasing SNRs");
        Self { rel_errs: vec![0.0; points.len()], points, ln_risk, spread, ..*self }
    }

    fn with_risks(&self, risks: &[f64]) -> Self {
        let points: Vec<LossPoint> =
            self.points.iter().zip(risks).map(|(p, &risk)| LossPoint { risk, ..*p }).collect();
        let ln_risk = interpolant(&points, self.spread).expect("the SNRs made a curve before");
        Self { points, rel_errs: self.rel_errs.clone(), ln_risk, ..*self }
    }

    /// Where on the axis of the interpolant an SNR lies.
    fn known(&self, snr: f64) -> Result<f64> {
        let (first, last) = self.ends();
        let (x, end) = (place(self.spread, first, snr), place(self.spread, first, last));
        // Rounding must not carry an end of the curve beyond it.
        if x >= -ROUNDING && x <= end + ROUNDING {
            Ok(x.clamp(0.0, end))
        } else {
            let message = format!(
                "goes from snr {first} to {last}, not to {snr}: a curve is not continued beyond its ends"
            );
            Err(Error::invalid("the loss curve", message))
        }
    }
}

impl Curve for LossCurve {
    fn mmse(&self, snr: f64) -> Result<f64> {
        Ok(self.ln_risk.mmse(self.known(snr)?)?.exp())
    }

    fn slope(&self, snr: f64) -> Result<f64> {
        // −dL/dγ = −L · d ln L/dx · dx/dγ.
        Ok(self.mmse(snr)? / self.spread.stretch(snr) * self.ln_risk.slope(self.known(snr)?)?)
    }
}

/// Distance on the spread that is rounding.
const ROUNDING: f64 = 1e-12;

/// The distance from `first` on a spread.
fn place(spread: StepAxis, first: f64, snr: f64) -> f64 {
    match spread {
        StepAxis::Log => (snr / first).ln(),
        _ => spread.position(snr) - spread.position(first),
    }
}

fn interpolant(points: &[LossPoint], spread: StepAxis) -> Result<SampledCurve> {
    let first = points[0].snr;
    let pairs: Vec<(f64, f64)> = points.iter().map(|p| (place(spread, first, p.snr), p.risk.ln())).collect();
    SampledCurve::new(&pairs)
}

/// Points in order, those with one SNR as their mean; whether there were such.
fn averaged(mut points: Vec<LossPoint>) -> Result<(Vec<LossPoint>, bool)> {
    points.sort_by(|a, b| a.snr.total_cmp(&b.snr));
    // Distances below rounding of the conversions are one SNR.
    let same = |a: &LossPoint, b: &LossPoint| b.snr <= a.snr * (1.0 + ROUNDING);
    if points.windows(2).all(|pair| !same(&pair[0], &pair[1])) {
        return Ok((points, false));
    }
    if points.iter().any(|p| p.rel_err.is_some()) {
        let message = "several rows have one noise level, each with an error: give each level one row";
        return Err(Error::invalid("loss curve", message));
    }
    let mean_of = |group: &[LossPoint]| group.iter().map(|p| p.risk).sum::<f64>() / group.len() as f64;
    // One relative size of the noise for all levels: that of one level, from its few rows, would
    // give those that agree by chance a weight that nothing earns.
    let (mut squares, mut freedom) = (0.0, 0.0);
    for group in points.chunk_by(same) {
        let mean = mean_of(group);
        squares += group.iter().map(|p| (p.risk / mean - 1.0).powi(2)).sum::<f64>();
        freedom += group.len() as f64 - 1.0;
    }
    let size = (squares / freedom).sqrt();
    let mean = |group: &[LossPoint]| {
        let n = group.len() as f64;
        let rel_err = (group.len() > 1).then(|| size / n.sqrt());
        LossPoint { snr: group[0].snr, risk: mean_of(group), rel_err, count: Some(n) }
    };
    Ok((points.chunk_by(same).map(mean).collect(), true))
}

/// Relative standard errors and where they come from.
fn noise(points: &[LossPoint], spread: StepAxis, repeated: bool) -> (Noise, Vec<f64>) {
    let stated: Option<Vec<f64>> = points.iter().map(|p| p.rel_err).collect();
    if let Some(errors) = stated {
        return (if repeated { Noise::Repeats } else { Noise::Stated }, errors);
    }
    match roughness(points, spread) {
        Some(errors) => (Noise::Roughness, errors),
        None => (Noise::Unknown, vec![0.0; points.len()]),
    }
}

/// Relative standard errors from how far each row lies off the cubic through its four neighbours;
/// `None` for too few rows.
fn roughness(points: &[LossPoint], spread: StepAxis) -> Option<Vec<f64>> {
    if points.len() < FOR_ROUGHNESS {
        return None;
    }
    // ln L_i = f(ln γ_i) + s z_i/√n_i.
    let inverse_count = |p: &LossPoint| p.count.unwrap_or(1.0).recip();
    let off = |five: &[LossPoint]| {
        let x: Vec<f64> = five.iter().map(|p| spread.position(p.snr)).collect();
        let around = [0, 1, 3, 4];
        let lagrange = |i: usize| -> f64 {
            around.iter().filter(|&&j| j != i).map(|&j| (x[2] - x[j]) / (x[i] - x[j])).product()
        };
        let (mut residual, mut variance) = (five[2].risk.ln(), inverse_count(&five[2]));
        for i in around {
            residual -= lagrange(i) * five[i].risk.ln();
            variance += lagrange(i).powi(2) * inverse_count(&five[i]);
        }
        residual.abs() / variance.sqrt()
    };
    let mut sizes: Vec<f64> = points.windows(5).map(off).collect();
    sizes.sort_by(f64::total_cmp);
    let median = 0.5 * (sizes[(sizes.len() - 1) / 2] + sizes[sizes.len() / 2]);
    // The median of |z| is the normal quantile at 3/4.
    let scale = median / Normal::standard().inverse_cdf(0.75);
    Some(points.iter().map(|p| scale * inverse_count(p).sqrt()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(snr: f64, risk: f64) -> LossPoint {
        LossPoint { snr, risk, rel_err: None, count: None }
    }

    /// Interpolation of a power of γ is exact to rounding.
    const POWER: f64 = 1e-12;

    #[test]
    fn powers_are_interpolated_exactly_and_ends_are_ends() {
        let curve =
            LossCurve::new((-4..6).map(|k| 2.0_f64.powi(k)).map(|g| point(g, 3.0 * g.powf(-0.7))).collect());
        let curve = curve.unwrap();
        for snr in [0.0625, 0.07, 0.9, 3.3, 31.9, 32.0] {
            let expected = 3.0 * f64::powf(snr, -0.7);
            assert!((curve.mmse(snr).unwrap() / expected - 1.0).abs() < POWER, "{snr}");
            assert!((curve.slope(snr).unwrap() / (0.7 * expected / snr) - 1.0).abs() < POWER, "{snr}");
        }
        let message = curve.mmse(32.1).unwrap_err().to_string();
        assert!(message.contains("not continued beyond its ends"), "{message}");
    }

    #[test]
    fn rows_with_one_snr_are_averaged_with_their_spread() {
        let curve = LossCurve::new(vec![point(2.0, 1.0), point(1.0, 4.0), point(2.0, 3.0), point(4.0, 1.0)])
            .unwrap();
        assert_eq!(curve.points().iter().map(|p| p.risk).collect::<Vec<_>>(), [4.0, 2.0, 1.0]);
        assert_eq!(curve.points()[1].count, Some(2.0));
        // Mean 2, variance 2, error of the mean 1.
        assert_eq!(curve.points()[1].rel_err, Some(0.5));
        assert!(LossCurve::new(vec![point(1.0, 1.0), point(1.0, 1.0), point(2.0, 1.0)]).is_err());
    }

    /// Noise of a known size is found from the roughness of a smooth curve: 400 rows, a median off
    /// by 5 % at most here.
    #[test]
    fn roughness_measures_the_noise() {
        let smooth: Vec<LossPoint> =
            (0..400).map(|k| (f64::from(k) / 40.0 - 5.0).exp()).map(|g| point(g, 1.0 / (1.0 + g))).collect();
        let exact = LossCurve::new(smooth.clone()).unwrap();
        assert!(exact.noise() == Noise::Roughness && exact.rel_errs()[7] < 1e-6, "{}", exact.rel_errs()[7]);
        let known = LossCurve::new(smooth.iter().map(|p| LossPoint { rel_err: Some(0.03), ..*p }).collect())
            .unwrap();
        let noisy = known.perturbed(&Stream::named(0, "roughness test"), 0);
        let forgotten = noisy.points().iter().map(|p| LossPoint { rel_err: None, ..*p }).collect();
        let found = LossCurve::new(forgotten).unwrap().rel_errs()[0];
        assert!((found / 0.03 - 1.0).abs() < 0.15, "{found}");
    }

    #[test]
    fn a_projection_never_rises() {
        let curve = LossCurve::new(vec![point(1.0, 4.0), point(2.0, 1.0), point(3.0, 3.0), point(4.0, 1.5)])
            .unwrap();
        assert_eq!(curve.rises(), 1);
        let projected = curve.projected();
        assert_eq!(projected.points().iter().map(|p| p.risk).collect::<Vec<_>>(), [4.0, 2.0, 2.0, 1.5]);
        assert_eq!(projected.rises(), 0);
    }
}
