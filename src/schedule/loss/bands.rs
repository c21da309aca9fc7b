//! How sure the steps are: the schedule again and again from curves that could have been measured
//! instead.

use rayon::prelude::*;

use super::place::{Denoise, Placement, Settings, place};
use super::{LossCurve, Noise, certificate};
use crate::error::Result;
use crate::numeric::stream::Stream;

/// Replicates: at least, at most, and the operations that they may cost together (8 ns each).
const REPLICATES: (u64, u64, f64) = (40, 400, 4e7);
/// Rows of the curve that replicates are made of; more are binned.
const ROWS: usize = 1000;
/// Pointwise level of the bands.
pub const LEVEL: f64 = 0.95;

/// What the noise of a curve leaves uncertain.
#[derive(Debug, Clone)]
pub struct Bands {
    /// For each of the K + 1 SNRs, the interval that holds 95 % of its replicates.
    pub steps: Vec<(f64, f64)>,
    /// 1 − (excess over the floor)/(that of the geometric grid) of schedules made from replicates,
    /// judged on the curve as denoised: its mean and its quantile at 5 %. What is gained by
    /// adapting to a curve known only so well.
    pub gain: (f64, f64),
    /// Number of replicates.
    pub replicates: u64,
}

/// Bands by the parametric bootstrap: independent normal errors of the stated relative size on
/// every row (of a curve of at most 1,000: neighbours are averaged where there are more); `floor`
/// is ∫ L dR. `None` where nothing is known of the noise.
///
/// Measured on 300 rows of a smooth curve and six steps, 100 curves each (`loss::tests::coverage`
/// prints it): with errors of 1 % the bands hold a step of the true curve in 86 to 100 cases, with
/// 5 % in 20 to 99: where the curve is flat, steps sit in dips of the noise that replicates do not
/// forget. On smoothed curves it is 99 and 97 at least, the bands are a tenth and a third as wide,
/// and the steps off by 0.02 and 0.09 in ln γ instead of 0.17 and 0.78.
///
/// # Errors
/// Those of [`place()`].
pub fn bands(
    curve: &LossCurve,
    settings: &Settings,
    made: &Placement,
    floor: f64,
    seed: u64,
) -> Result<Option<Bands>> {
    if curve.noise() == Noise::Unknown {
        return Ok(None);
    }
    let rows = ROWS.max(2 * settings.steps);
    // A curve that is believed to be denoised is what replicates scatter about; they are denoised
    // again.
    let source = settings.denoise.of(&curve.binned(rows)).into_owned();
    let judge = settings.denoise.of(curve);
    let judge = judge.as_ref();
    let settings = &Settings { candidates: settings.candidates.map(|n| n.min(rows)), ..*settings };
    let (n, steps) = (made.candidates.min(rows) as f64, settings.steps as f64);
    let operations =
        if settings.smoothness.is_some() { n * n * steps } else { n * steps * n.log2().max(1.0) };
    let replicates = ((REPLICATES.2 / operations) as u64).clamp(REPLICATES.0, REPLICATES.1);
    let stream = Stream::named(seed, "bands of a schedule");
    let reach = settings.reach(judge)?;
    let even = reach.axis.cost(judge, &reach.even.uniform(reach.ends, settings.steps))? - floor;
    let replicate = |sample: u64| -> Result<(Vec<f64>, f64)> {
        let grid = place(&source.perturbed(&stream, sample), settings)?.snrs;
        let excess = reach.axis.cost(judge, &grid)? - floor;
        Ok((grid, 1.0 - excess / even))
    };
    let made: Vec<(Vec<f64>, f64)> =
        (0..replicates).into_par_iter().map(replicate).collect::<Result<_>>()?;
    let column = |k: usize| sorted(made.iter().map(|(grid, _)| grid[k]));
    let edges = (0.5 * (1.0 - LEVEL), 0.5 * (1.0 + LEVEL));
    let steps = (0..=settings.steps).map(|k| {
        let at = column(k);
        (quantile(&at, edges.0), quantile(&at, edges.1))
    });
    let gains = sorted(made.iter().map(|(_, gain)| *gain));
    let mean = gains.iter().sum::<f64>() / replicates as f64;
    Ok(Some(Bands { steps: steps.collect(), gain: (mean, quantile(&gains, 0.05)), replicates }))
}

/// Replicates that decide whether to smooth, and the share of the excess that it must save.
const DECIDING: u64 = 40;
const WORTH: f64 = 0.01;

/// Smoothing where schedules from smoothed replicates cost less, on the smoothed curve, than those
/// from replicates as they are; nothing where nothing is known of the noise.
///
/// # Errors
/// Those of [`place()`].
pub fn best_denoise(curve: &LossCurve, settings: &Settings, seed: u64) -> Result<Denoise> {
    if curve.noise() == Noise::Unknown || curve.rel_errs().iter().any(|&e| e <= 0.0) {
        return Ok(Denoise::None);
    }
    let rows = ROWS.max(2 * settings.steps);
    let truth = curve.binned(rows).smoothed();
    let reach = settings.reach(&truth)?;
    let floor = certificate::floor(&truth, &reach)?;
    let stream = Stream::named(seed, "denoising of a loss");
    let candidates = settings.candidates.map(|n| n.min(rows));
    let excess = |denoise: Denoise| -> Result<f64> {
        let settings = Settings { denoise, candidates, ..*settings };
        let one = |sample: u64| {
            let grid = place(&truth.perturbed(&stream, sample), &settings)?.snrs;
            Ok(reach.axis.cost(&truth, &grid)? - floor)
        };
        let all: Vec<f64> = (0..DECIDING).into_par_iter().map(one).collect::<Result<_>>()?;
        Ok(all.iter().sum::<f64>() / DECIDING as f64)
    };
    let gains = excess(Denoise::Smooth)? < (1.0 - WORTH) * excess(Denoise::None)?;
    Ok(if gains { Denoise::Smooth } else { Denoise::None })
}

fn sorted(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut sorted: Vec<f64> = values.collect();
    sorted.sort_by(f64::total_cmp);
    sorted
}

/// The sample quantile, linear between order statistics.
fn quantile(sorted: &[f64], level: f64) -> f64 {
    let at = level * (sorted.len() - 1) as f64;
    let below = at.floor() as usize;
    let above = (below + 1).min(sorted.len() - 1);
    sorted[below] + (at - at.floor()) * (sorted[above] - sorted[below])
}

/// Steps closer than this many candidates lie as near as the candidates allow.
const COARSE: usize = 2;
/// A band wider than this share of the distance between the neighbours of its step is worth a word.
const SOFT: f64 = 0.5;

/// What is wrong with making a schedule from this curve, in sentences; empty where nothing is.
pub fn warnings(
    curve: &LossCurve,
    settings: &Settings,
    made: &Placement,
    bands: Option<&Bands>,
) -> Vec<String> {
    let mut said = Vec::new();
    // The last step is to the end, and has no freedom.
    let crowded = made.gaps.iter().filter(|&&gap| gap < COARSE).count();
    if 2 * crowded > settings.steps && settings.steps > 1 {
        said.push(format!(
            "too coarse: {crowded} of {} steps go from one candidate to the next, so the candidates ({}) place them, not the \
             loss; record more noise levels, or say --candidates N to interpolate",
            settings.steps, made.candidates
        ));
    }
    match bands {
        None => said.push(format!(
            "nothing is known of the noise of the loss ({} rows, no std_err): the steps have no bands",
            curve.points().len()
        )),
        Some(bands) => {
            if bands.gain.1 <= 0.0 {
                said.push(format!(
                    "too noisy: a schedule from a curve with such errors gains {:.1} % of the geometric grid's excess cost on \
                     average, {:.1} % at the 5 % quantile; the geometric grid is as good a choice",
                    100.0 * bands.gain.0,
                    100.0 * bands.gain.1
                ));
            }
            let wide = |k: &usize| {
                let (lo, hi) = bands.steps[*k];
                (hi / lo).ln() > SOFT * (made.snrs[k + 1] / made.snrs[k - 1]).ln()
            };
            let wide = (1..settings.steps).filter(wide).count();
            if wide > 0 {
                said.push(format!(
                    "{wide} of {} inner steps have bands wider than half the distance between their neighbours",
                    settings.steps - 1
                ));
            }
        }
    }
    if let Some(rise) = curve.rise() {
        said.push(format!("the loss is under-trained or read as what it is not: {rise}, beyond its noise"));
    } else if curve.rises() > 0 && settings.denoise == Denoise::None {
        said.push(format!(
            "the x0-risk rises at {} of {} rows, within its noise: steps may sit in dips of the noise; --denoise smooth (or \
             isotonic) takes them out first",
            curve.rises(),
            curve.points().len() - 1
        ));
    }
    said
}
