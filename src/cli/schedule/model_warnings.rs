//! What a user should know of a schedule beside the model that it is for.

use super::make::Made;
use crate::error::Result;
use crate::report::digits::plain;
use crate::schedule::export::{self, End};
use crate::schedule::loss::beta::BetaTable;

/// A level that moves by more than this when it is rounded to a whole timestep is told.
const MOVED: f64 = 0.02;

/// Which noise levels move when they are rounded to whole timesteps, if any does much.
///
/// # Errors
/// More evaluations than timesteps.
pub fn moved(made: &Made, betas: &BetaTable, end: End) -> Result<Option<String>> {
    let levels = export::evaluated(&made.snrs, end);
    let timesteps = betas.timesteps(levels)?;
    // Relative change of σ.
    let change = |(&snr, &t): (&f64, &usize)| ((snr / betas.snr(t)).sqrt() - 1.0, snr, t);
    let far = levels.iter().zip(&timesteps).map(change).filter(|(change, ..)| change.abs() > MOVED);
    let far: Vec<(f64, f64, usize)> = far.collect();
    let largest = far.iter().max_by(|a, b| a.0.abs().total_cmp(&b.0.abs()));
    Ok(largest.map(|(change, snr, t)| {
        format!(
            "{} of {} noise levels move by more than 2 % when they are rounded to whole timesteps, the most sigma {} by {:+.1} % \
             to timestep {t}: --format diffusers-sigmas keeps them, where the scheduler takes sigmas",
            far.len(),
            levels.len(),
            sigma(*snr),
            100.0 * change
        )
    }))
}

/// SNR up to which a first state of pure noise is near enough where a model starts from that.
const NEAR_NOISE: f64 = 1e-4;

/// A schedule that starts, as its loss does, where the model's noise has fallen by half already, if
/// so; `noisiest`: the model's first SNR.
pub fn short_of_noise(made: &Made, noisiest: f64) -> Option<String> {
    let first = made.snrs[0];
    (first > (4.0 * noisiest).max(NEAR_NOISE)).then(|| {
        format!(
            "it starts where the loss does, at sigma {}; the model's noise starts at {}, and samplers draw their first state \
             there: give the loss rows up to it, or say where to start with --sigma-max",
            sigma(first),
            sigma(noisiest)
        )
    })
}

/// What is wrong with the timesteps of a schedule, if anything: SNRs that the trained model has
/// never seen.
pub fn out_of_range(made: &Made, betas: &BetaTable) -> Option<String> {
    let (noisiest, cleanest) = (betas.snr(betas.steps() - 1), betas.snr(0));
    // Timesteps are whole: a rounding beyond the table is none.
    let slack = 1.0 + 1e-6;
    let beyond = |&&snr: &&f64| snr * slack < noisiest || snr > cleanest * slack;
    let count = made.snrs.iter().filter(beyond).count();
    (count > 0).then(|| {
        format!(
            "{count} of the SNRs lie beyond `{betas}`, which was trained from sigma {} to {}: their timesteps are its ends",
            sigma(noisiest),
            sigma(cleanest)
        )
    })
}

/// σ of an SNR, in words.
fn sigma(snr: f64) -> String {
    if snr > 0.0 { plain(snr.sqrt().recip(), 4) } else { "infinity".into() }
}
