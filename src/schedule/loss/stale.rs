//! What a schedule made from an earlier loss costs under a newer one, without sampling: when to
//! optimise again.
//!
//! If a ≤ E/L ≤ b on the candidates, the grid g_E that is best for E costs at most b/a times the
//! best under L, whatever K and the axis: C_L(g_E) ≤ C_E(g_E)/a ≤ C_E(g_L)/a ≤ (b/a) C_L(g_L).

use super::curve::{LossCurve, LossPoint};
use super::place::{Placement, Settings, place};
use crate::channel::curve::Curve;
use crate::error::{Error, Result};

/// How stale the schedule of an earlier loss is.
#[derive(Debug, Clone)]
pub struct Staleness {
    /// Smallest and largest E/L on the candidates where a step may start.
    pub ratio: (f64, f64),
    /// Largest over smallest: the most that the earlier schedule may cost, as a multiple of the
    /// best; `None` for Algorithm 2, whose penalty has another weight on each curve.
    pub at_most: Option<f64>,
    /// What it does cost, as a multiple of the best among the candidates.
    pub costs: f64,
}

/// Of the schedule that `settings` make from `early`, on the curve `now` that they make `made`
/// from.
///
/// # Errors
/// An earlier curve that does not reach as far; those of [`place`].
pub fn staleness(
    early: &LossCurve,
    now: &LossCurve,
    settings: &Settings,
    made: &Placement,
) -> Result<Staleness> {
    let (early, now) = (settings.denoise.of(early), settings.denoise.of(now));
    let settings = settings.on_denoised();
    let candidates = settings.candidates_on(&now)?;
    let (first, last) = early.ends();
    let (low, high) = (candidates[0], candidates[candidates.len() - 1]);
    if low < first || high > last {
        let message = format!(
            "goes from snr {first} to {last}, and the schedule from {low} to {high}: say --snr-min and --snr-max"
        );
        return Err(Error::invalid("--previous-loss", message));
    }
    let risks: Vec<f64> = candidates.iter().map(|&snr| early.mmse(snr)).collect::<Result<_>>()?;
    let mut ratio = (f64::INFINITY, 0.0_f64);
    for (&snr, risk) in candidates.iter().zip(&risks).take(candidates.len() - 1) {
        let quotient = risk / now.mmse(snr)?;
        ratio = (ratio.0.min(quotient), ratio.1.max(quotient));
    }
    let point = |(&snr, &risk): (&f64, &f64)| LossPoint { snr, risk, rel_err: None, count: None };
    let curve = LossCurve::new(candidates.iter().zip(&risks).map(point).collect())?;
    let stale = place(&curve, &Settings { candidates: None, ..settings })?;
    let costs = settings.reach(&now)?.axis.cost(now.as_ref(), &stale.snrs)? / made.cost;
    let at_most = settings.smoothness.is_none().then(|| ratio.1 / ratio.0);
    Ok(Staleness { ratio, at_most, costs })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schedule::StepAxis;

    fn curve(risk: impl Fn(f64) -> f64) -> LossCurve {
        let snrs = (0..40).map(|i| 0.01 * 1.35_f64.powi(i));
        let point = |snr| LossPoint { snr, risk: risk(snr), rel_err: None, count: None };
        LossCurve::new(snrs.map(point).collect()).unwrap()
    }

    #[test]
    fn the_certificate_holds_and_is_one_for_a_multiple() {
        let now = curve(|snr| 1.0 / (1.0 + snr));
        for axis in [StepAxis::Log, StepAxis::Raw, StepAxis::SoftLog(1.5)] {
            let settings = Settings::new(5, axis);
            let made = place(&now, &settings).unwrap();
            let same = staleness(&curve(|snr| 3.0 / (1.0 + snr)), &now, &settings, &made).unwrap();
            assert!((same.costs - 1.0).abs() < 1e-12, "{axis}: {same:?}");
            assert!((same.at_most.unwrap() - 1.0).abs() < 1e-12, "{axis}: {same:?}");
            for scale in [0.05, 4.0] {
                let stale =
                    staleness(&curve(|snr| 1.0 / (1.0 + scale * snr)), &now, &settings, &made).unwrap();
                // E/L is monotone: the ends have the extremes.
                let (low, high) = (0.01, 0.01 * 1.35_f64.powi(38));
                let ratio = |snr: f64| (1.0 + snr) / (1.0 + scale * snr);
                let expected = (ratio(low) / ratio(high)).max(ratio(high) / ratio(low));
                assert!((stale.at_most.unwrap() / expected - 1.0).abs() < 1e-9, "{axis}: {stale:?}");
                assert!(stale.costs > 1.0 + 1e-3 && stale.costs <= expected, "{axis}: {stale:?}");
            }
        }
    }

    #[test]
    fn an_earlier_curve_must_reach_as_far() {
        let now = curve(|snr| 1.0 / (1.0 + snr));
        let points = now.points()[3..].to_vec();
        let settings = Settings::new(5, StepAxis::Log);
        let made = place(&now, &settings).unwrap();
        let short = LossCurve::new(points).unwrap();
        let message = staleness(&short, &now, &settings, &made).unwrap_err().to_string();
        assert!(message.contains("--previous-loss") && message.contains("--snr-min"), "{message}");
        let second = Settings { smoothness: Some(12.0), ..settings };
        let made = place(&now, &second).unwrap();
        assert_eq!(staleness(&now, &now, &second, &made).unwrap().at_most, None);
    }
}
