//! How sure the steps are: the best schedules for the curves that could be the true one.

use rayon::prelude::*;

use super::LossCurve;
use super::place::{Denoise, Placement, Reach, Settings, place};
use super::possible::{FEWEST, PossibleCurves};
use crate::channel::curve::Curve;
use crate::error::Result;
use crate::numeric::stream::Stream;

/// Curves: at least, at most, and the operations that they may cost together (8 ns each).
const REPLICATES: (u64, u64, f64) = (100, 200, 1e8);
/// Share of the floor below which an excess is rounding.
const CONSTANT: f64 = 1e-9;
/// Pointwise level of the bands.
pub const LEVEL: f64 = 0.95;

/// What the noise of a curve leaves uncertain.
#[derive(Debug, Clone)]
pub struct Bands {
    /// For each of the K + 1 SNRs, the interval that holds 95 % of those of the best grids.
    pub steps: Vec<(f64, f64)>,
    /// 1 − (excess over the floor)/(that of the even grid) of the schedule on the curves that could
    /// be true: its mean and its quantile at 5 %. What is gained by adapting to a curve known only
    /// so well.
    pub gain: (f64, f64),
    /// Number of curves.
    pub replicates: u64,
}

/// A curve that could be true, and what grids cost on it.
struct PossibleTruth<'a> {
    truth: LossCurve,
    reach: &'a Reach,
    floor: f64,
}

impl<'a> PossibleTruth<'a> {
    /// One of the possible curves; the floor ∫ L dR by the trapezoid rule on `places`.
    fn draw(
        possible: &PossibleCurves,
        reach: &'a Reach,
        places: &[f64],
        stream: &Stream,
        sample: u64,
    ) -> Result<Self> {
        let truth = possible.draw(stream, sample);
        let risks: Vec<f64> = places.iter().map(|&snr| truth.mmse(snr)).collect::<Result<_>>()?;
        let cell = |(risks, snrs): (&[f64], &[f64])| {
            0.5 * (risks[0] + risks[1]) * (reach.axis.position(snrs[1]) - reach.axis.position(snrs[0]))
        };
        let floor = risks.windows(2).zip(places.windows(2)).map(cell).sum();
        Ok(Self { truth, reach, floor })
    }

    fn excess(&self, grid: &[f64]) -> Result<f64> {
        Ok(self.reach.axis.cost(&self.truth, grid)? - self.floor)
    }
}

/// Bands: the quantiles of the best grid's steps over curves drawn from those that could be true
/// ([`LossCurve::possible`]), each step anywhere between the ends, rounded outward to the candidates
/// of the schedule, which can be no nearer. `None` where nothing is known of the noise.
///
/// They are of the true curve's best grid whatever is done to the measured one before it is used,
/// so that steps which sit in dips of the noise lie outside of them. What they cover is measured
/// for every model in tests/schedule_bands.rs.
///
/// # Errors
/// Those of [`place()`].
pub fn bands(curve: &LossCurve, asked: &Settings, made: &Placement, seed: u64) -> Result<Option<Bands>> {
    let Some(possible) = curve.possible() else { return Ok(None) };
    let reach = asked.reach(curve)?;
    let settings = &asked.fine();
    let places = settings.candidates_on(curve)?;
    let own = asked.on_denoised().candidates_on(asked.denoise.of(curve).as_ref())?;
    let (n, steps) = (places.len() as f64, settings.steps as f64);
    let operations = if settings.smoothness.is_some() { n * n * steps } else { n * steps };
    let replicates = ((REPLICATES.2 / operations) as u64).clamp(REPLICATES.0, REPLICATES.1);
    let stream = Stream::named(seed, "bands of a schedule");
    let even = reach.even.uniform(reach.ends, settings.steps);
    let replicate = |sample: u64| -> Result<(Vec<f64>, f64)> {
        let judge = PossibleTruth::draw(&possible, &reach, &places, &stream, sample)?;
        let (own, other) = (judge.excess(&made.snrs)?, judge.excess(&even)?);
        // A constant risk costs the same on every grid: what is left is rounding.
        let gain = if other > CONSTANT * judge.floor.abs() { 1.0 - own / other } else { 0.0 };
        Ok((place(&judge.truth, settings)?.snrs, gain))
    };
    let drawn: Vec<(Vec<f64>, f64)> =
        (0..replicates).into_par_iter().map(replicate).collect::<Result<_>>()?;
    let position = |snr: f64| reach.even.position(snr);
    let apart = (position(reach.ends.1) - position(reach.ends.0)) / (n - 1.0);
    let band = |k: usize| {
        if k == 0 || k == settings.steps {
            return (made.snrs[k], made.snrs[k]);
        }
        let at = sorted(drawn.iter().map(|(grid, _)| position(grid[k])));
        let edge = |level: f64, by: f64| {
            reach.even.snr(quantile(&at, level) + by).clamp(reach.ends.0, reach.ends.1)
        };
        let (lo, hi) = (edge(0.5 * (1.0 - LEVEL), -apart), edge(0.5 * (1.0 + LEVEL), apart));
        let below = own.partition_point(|&snr| snr <= lo).saturating_sub(1);
        let above = own.partition_point(|&snr| snr < hi).min(own.len() - 1);
        (own[below], own[above])
    };
    let gains = sorted(drawn.iter().map(|(_, gain)| *gain));
    let mean = gains.iter().sum::<f64>() / replicates as f64;
    let steps = (0..=settings.steps).map(band).collect();
    Ok(Some(Bands { steps, gain: (mean, quantile(&gains, 0.05)), replicates }))
}

/// Curves that decide whether to smooth, and the share of the excess that it must save.
const DECIDING: u64 = 40;
const WORTH: f64 = 0.01;

/// Smoothing where its schedule costs less, on the curves that could be true, than that from the
/// curve as it is; nothing where nothing is known of the noise.
///
/// # Errors
/// Those of [`place()`].
pub fn best_denoise(curve: &LossCurve, settings: &Settings, seed: u64) -> Result<Denoise> {
    let Some(possible) = curve.possible() else { return Ok(Denoise::None) };
    let stream = Stream::named(seed, "denoising of a loss");
    let reach = settings.reach(curve)?;
    let places = settings.fine().candidates_on(curve)?;
    let made = |denoise: Denoise| Ok(place(curve, &Settings { denoise, ..*settings })?.snrs);
    let smooth = made(Denoise::Smooth)?;
    // Rows that are too few to choose among leave what lies between them.
    let Ok(plain) = made(Denoise::None) else { return Ok(Denoise::Smooth) };
    let one = |sample: u64| {
        let judge = PossibleTruth::draw(&possible, &reach, &places, &stream, sample)?;
        Ok((judge.excess(&plain)?, judge.excess(&smooth)?))
    };
    let all: Vec<(f64, f64)> = (0..DECIDING).into_par_iter().map(one).collect::<Result<_>>()?;
    let sum = |of: fn(&(f64, f64)) -> f64| all.iter().map(of).sum::<f64>();
    let gains = sum(|excess| excess.1) < (1.0 - WORTH) * sum(|excess| excess.0);
    Ok(if gains { Denoise::Smooth } else { Denoise::None })
}

fn sorted(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut sorted: Vec<f64> = values.collect();
    sorted.sort_by(f64::total_cmp);
    sorted
}

/// The quantile of what one more would be: place `level`·(n + 1) in the order of n, linear between
/// them.
fn quantile(sorted: &[f64], level: f64) -> f64 {
    let at = (level * (sorted.len() + 1) as f64 - 1.0).clamp(0.0, (sorted.len() - 1) as f64);
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
            "nothing is known of the noise of the loss ({} rows; it needs std_err and {FEWEST} of them, or more without): the \
             steps have no bands",
            curve.points().len()
        )),
        Some(bands) => {
            if bands.gain.1 <= 0.0 {
                said.push(format!(
                    "too noisy: on the curves that could be true the schedule gains {:.1} % of the geometric grid's excess \
                     cost on average, {:.1} % at the 5 % quantile; the geometric grid is as good a choice",
                    100.0 * bands.gain.0,
                    100.0 * bands.gain.1
                ));
            }
            let inner = 1..settings.steps;
            let off = |&k: &usize| made.snrs[k] < bands.steps[k].0 || made.snrs[k] > bands.steps[k].1;
            let off = inner.filter(off).count();
            if off > 0 {
                let (places, remedy) = match settings.denoise {
                    Denoise::Smooth => ("the candidates", "more --candidates"),
                    _ => ("dips of the noise, or the rows themselves,", "--denoise smooth"),
                };
                said.push(format!(
                    "{off} of {} inner steps lie outside their bands, which are those of the true curve's best grid: \
                     {places} place them; {remedy} mends it",
                    settings.steps - 1
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
