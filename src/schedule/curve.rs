//! A risk known at some SNRs, as a function.

use crate::channel::curve::Curve;
use crate::error::{Error, Result};

/// A curve known at some SNRs only (Monte Carlo, a training log): interpolated monotonically
/// between neighbours.
///
/// The interpolant is the monotone cubic of Fritsch and Carlson ("Monotone piecewise cubic
/// interpolation", SIAM J. Numer. Anal. 17, 1980) in γ: it has a continuous slope, passes through
/// the points and is monotone wherever they are.
#[derive(Debug, Clone)]
pub struct SampledCurve {
    snrs: Vec<f64>,
    values: Vec<f64>,
    /// M′ at the points.
    tangents: Vec<f64>,
}

impl SampledCurve {
    /// A curve through (γ_i, M_i), γ_i ≥ 0 strictly increasing, M_i finite.
    ///
    /// # Errors
    /// [`Error::Invalid`] for fewer than two points, for SNRs that do not increase, and for numbers
    /// that are not finite.
    pub fn new(points: &[(f64, f64)]) -> Result<Self> {
        let bad = |message: &str| Err(Error::invalid("curve", message));
        if points.len() < 2 {
            return bad("needs at least two points");
        }
        if points.iter().any(|(snr, value)| !(snr.is_finite() && value.is_finite())) || points[0].0 < 0.0 {
            return bad("SNRs must be finite and ≥ 0, values finite");
        }
        if points.windows(2).any(|pair| pair[1].0 <= pair[0].0) {
            return bad("SNRs must be strictly increasing");
        }
        let (snrs, values): (Vec<f64>, Vec<f64>) = points.iter().copied().unzip();
        let tangents = monotone_tangents(&snrs, &values);
        Ok(Self { snrs, values, tangents })
    }

    /// Index of the interval that holds γ, its width, and where in it γ lies (0 to 1).
    fn locate(&self, snr: f64) -> Result<(usize, f64, f64)> {
        let (first, last) = (self.snrs[0], self.snrs[self.snrs.len() - 1]);
        if !(first..=last).contains(&snr) {
            return Err(Error::invalid("curve", format!("is known on [{first}, {last}], not at snr {snr}")));
        }
        let i = self.snrs.partition_point(|&x| x <= snr).clamp(1, self.snrs.len() - 1) - 1;
        let width = self.snrs[i + 1] - self.snrs[i];
        Ok((i, width, (snr - self.snrs[i]) / width))
    }
}

impl Curve for SampledCurve {
    fn mmse(&self, snr: f64) -> Result<f64> {
        let (i, width, t) = self.locate(snr)?;
        let s = 1.0 - t;
        Ok(self.values[i] * s * s * (1.0 + 2.0 * t)
            + self.values[i + 1] * t * t * (1.0 + 2.0 * s)
            + width * s * t * (s * self.tangents[i] - t * self.tangents[i + 1]))
    }

    fn slope(&self, snr: f64) -> Result<f64> {
        let (i, width, t) = self.locate(snr)?;
        let s = 1.0 - t;
        let rise = (self.values[i + 1] - self.values[i]) / width;
        let derivative = 6.0 * s * t * rise
            + s * (s - 2.0 * t) * self.tangents[i]
            + t * (t - 2.0 * s) * self.tangents[i + 1];
        Ok((-derivative).max(0.0))
    }
}

/// Tangents of the monotone cubic: 0 at a turn, otherwise the weighted harmonic mean of the
/// neighbouring chords (Fritsch and Butland, SIAM J. Sci. Stat. Comput. 5, 1984), which is within
/// the region of monotonicity.
fn monotone_tangents(x: &[f64], y: &[f64]) -> Vec<f64> {
    let widths: Vec<f64> = x.windows(2).map(|pair| pair[1] - pair[0]).collect();
    let chords: Vec<f64> =
        y.windows(2).zip(&widths).map(|(pair, width)| (pair[1] - pair[0]) / width).collect();
    let last = chords.len();
    (0..=last)
        .map(|i| {
            if i == 0 || i == last {
                return chords[i.min(last - 1)];
            }
            let (before, after) = (chords[i - 1], chords[i]);
            if before * after <= 0.0 {
                return 0.0;
            }
            let (w, v) = (2.0 * widths[i] + widths[i - 1], widths[i] + 2.0 * widths[i - 1]);
            (w + v) / (w / before + v / after)
        })
        .collect()
}
