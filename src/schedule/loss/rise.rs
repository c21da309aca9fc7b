//! A risk that rises with the SNR, told from one whose rows only scatter. No denoiser's risk rises
//! but by under-training, so one that rises over a large part of the range has been read as what it
//! is not.

use std::fmt;

use super::LossCurve;
use super::smooth::Possible;
use crate::schedule::las::isotonic::non_increasing;

/// Standard deviations by which a pooled block must exceed its expected misfit: 3e-7 for normal
/// errors.
const SIGNIFICANT: f64 = 5.0;
/// Relative errors that are assumed at least, and where there are too few rows to tell.
const LEAST_ERROR: f64 = 1e-6;
const UNKNOWN_ERROR: f64 = 0.02;
/// The median behind the roughness is off by a seventh or so: errors are taken to be larger by
/// this.
const GENEROUS: f64 = 1.25;
/// A risk is impossible where it rises over this share of the range, and by this factor.
const IMPOSSIBLE: (f64, f64) = (1.0 / 3.0, 1.05);

/// Where a risk rises beyond its noise.
#[derive(Debug, Clone, Copy)]
pub struct Rise {
    /// SNR and smoothed risk where the largest rise starts.
    pub from: (f64, f64),
    /// SNR and smoothed risk where it ends.
    pub to: (f64, f64),
    /// Share of the curve's range (in ln γ) over which it rises.
    pub share: f64,
}

impl Rise {
    /// Whether no under-trained denoiser explains it: over a third of the range, and by 5 %.
    pub fn is_impossible(&self) -> bool {
        self.share >= IMPOSSIBLE.0 && self.to.1 >= IMPOSSIBLE.1 * self.from.1
    }
}

impl fmt::Display for Rise {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "read so, the x0-risk rises over {:.0} % of the range, from {:.3e} at SNR {:.3e} to {:.3e} at SNR {:.3e}",
            100.0 * self.share,
            self.from.1,
            self.from.0,
            self.to.1,
            self.to.0
        )
    }
}

impl LossCurve {
    /// The rise of the risk that its noise does not explain.
    ///
    /// The nearest non-increasing curve pools rows into blocks; a block whose misfit exceeds its
    /// number of rows by five standard deviations holds a rise, which is measured on the smooth curve. Errors are those of the file, and at least those that the roughness
    /// of the curve shows.
    pub fn rise(&self) -> Option<Rise> {
        let points = self.points();
        let x: Vec<f64> = points.iter().map(|p| self.spread().position(p.snr)).collect();
        let y: Vec<f64> = points.iter().map(|p| p.risk.ln()).collect();
        let rough = self.roughness();
        let error = |i: usize| {
            let (said, shown) = (self.rel_errs()[i], rough.as_ref().map_or(0.0, |rough| rough[i]));
            if said == 0.0 && rough.is_none() {
                UNKNOWN_ERROR
            } else {
                said.max(GENEROUS * shown).max(LEAST_ERROR)
            }
        };
        let errors: Vec<f64> = (0..x.len()).map(error).collect();
        let weights: Vec<f64> = errors.iter().map(|s| s.powi(-2)).collect();
        let falling = non_increasing(&y, &weights);
        let smooth = Possible::new(&x, &y, &errors).mean(&x);
        let (mut length, mut largest) = (0.0, (0, 0));
        let mut start = 0;
        for block in falling.chunk_by(|a, b| a.total_cmp(b).is_eq()) {
            let rows = start..start + block.len();
            start = rows.end;
            let misfit: f64 = rows.clone().map(|i| weights[i] * (y[i] - falling[i]).powi(2)).sum();
            let n = rows.len() as f64;
            if misfit <= n + SIGNIFICANT * (2.0 * n).sqrt() {
                continue;
            }
            let mut lowest = rows.start;
            for i in rows.skip(1) {
                length += if smooth[i] > smooth[i - 1] { x[i] - x[i - 1] } else { 0.0 };
                if smooth[i] < smooth[lowest] {
                    lowest = i;
                } else if smooth[i] - smooth[lowest] > smooth[largest.1] - smooth[largest.0] {
                    largest = (lowest, i);
                }
            }
        }
        let at = |i: usize| (points[i].snr, smooth[i].exp());
        let share = length / (x[x.len() - 1] - x[0]);
        (share > 0.0).then(|| Rise { from: at(largest.0), to: at(largest.1), share })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::stream::Stream;
    use crate::schedule::loss::curve::LossPoint;

    /// 120 rows of a function of γ from 1e-4 to 1e4, with errors of a relative size said or not.
    fn curve(risk: impl Fn(f64) -> f64, noise: f64) -> LossCurve {
        let snr = |k: i32| 10_f64.powf(-4.0 + 8.0 * f64::from(k) / 119.0);
        let rel_err = (noise > 0.0).then_some(noise);
        let points = (0..120).map(|k| LossPoint { snr: snr(k), risk: risk(snr(k)), rel_err, count: None });
        let curve = LossCurve::new(points.collect()).unwrap();
        if noise > 0.0 { curve.perturbed(&Stream::named(3, "rise test"), 0) } else { curve }
    }

    /// A risk that is flat over half of its range scatters up and down there, and rises nowhere; a
    /// loss of ε does, whatever its noise, and whether or not its errors are said.
    #[test]
    fn noise_does_not_rise_and_an_eps_loss_does() {
        for noise in [0.0, 0.002, 0.03, 0.3] {
            let falls = curve(|g| 1.0 / (1.0 + g), noise);
            assert!(falls.rise().is_none(), "{noise}: {:?}", falls.rise());
            let eps = curve(|g| g / (1.0 + g) / (1.0 + g), noise);
            let rise = eps.rise().unwrap();
            assert!(rise.is_impossible() && (0.4..0.6).contains(&rise.share), "{noise}: {rise:?}");
            assert!(rise.to.0 > 0.2 && rise.to.0 < 5.0, "{rise:?}");
            let unsaid = eps.points().iter().map(|p| LossPoint { rel_err: None, ..*p }).collect();
            assert!(
                LossCurve::new(unsaid).unwrap().rise().is_some_and(|rise| rise.is_impossible()),
                "{noise}"
            );
        }
    }

    /// Of 200 flat curves with errors of 5 %, none rises; an under-trained end rises, and is
    /// possible.
    #[test]
    fn chance_and_under_training_are_possible() {
        let flat =
            curve(|_| 1.0, 0.0).points().iter().map(|p| LossPoint { rel_err: Some(0.05), ..*p }).collect();
        let flat = LossCurve::new(flat).unwrap();
        for k in 0..200 {
            let noisy = flat.perturbed(&Stream::named(4, "flat"), k);
            assert!(noisy.rise().is_none(), "{k}: {:?}", noisy.rise());
            let unsaid = noisy.points().iter().map(|p| LossPoint { rel_err: None, ..*p }).collect();
            let unsaid = LossCurve::new(unsaid).unwrap();
            assert!(!unsaid.rise().is_some_and(|rise| rise.is_impossible()), "{k}: {:?}", unsaid.rise());
        }
        let bent = curve(|g| (1.0 - 0.3 / (1.0 + (g / 3e-4).powi(2))) / (1.0 + g), 0.001);
        let rise = bent.rise().unwrap();
        assert!(!rise.is_impossible() && rise.share < 0.3, "{rise:?}");
    }
}
