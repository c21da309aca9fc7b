//! Schedules in the forms that samplers take.
//!
//! klaim's grid is γ_0 < … < γ_K; samplers want σ = 1/√γ (the σ/α of a variance-preserving model), descending, and end
//! with a step to σ = 0, which returns the denoised sample. [`End`] says where that step starts.

use std::io::Write as _;

use npyz::WriterBuilder as _;
use serde_json::{Value, json};

use crate::channel::snr::Snr;
use crate::error::{Error, Result};
use crate::schedule::loss::beta::BetaTable;

/// How an exported grid ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// σ_0 … σ_{K−1}, 0: the last step goes to 0 in place of σ_K. K evaluations, K + 1 numbers: the convention.
    Zero,
    /// σ_0 … σ_K, 0: one more evaluation.
    Append,
    /// σ_0 … σ_K: no step to 0; K evaluations, and a result with the noise of σ_K.
    Keep,
}

/// The ends: name, end, what it is.
pub const ENDS: [(&str, End, &str); 3] = [
    ("zero", End::Zero, "0 in place of the last sigma: K evaluations"),
    ("append", End::Append, "0 after the last sigma: K + 1 evaluations"),
    ("keep", End::Keep, "No 0"),
];

/// σ_0 > σ_1 > … of a grid of increasing SNRs, ended as `end` says.
pub fn sigmas(snrs: &[f64], end: End) -> Vec<f64> {
    let mut sigmas: Vec<f64> = snrs.iter().map(|snr| snr.sqrt().recip()).collect();
    match end {
        End::Zero => sigmas[snrs.len() - 1] = 0.0,
        End::Append => sigmas.push(0.0),
        End::Keep => {}
    }
    sigmas
}

/// The SNRs at which the network is evaluated: all that a step starts from.
pub fn evaluated(snrs: &[f64], end: End) -> &[f64] {
    match end {
        End::Zero | End::Keep => &snrs[..snrs.len() - 1],
        End::Append => snrs,
    }
}

/// Refuses numbers that no sampler could follow: σ that are not finite or do not descend.
///
/// # Errors
/// [`Error::Invalid`] naming the step.
pub fn check(sigmas: &[f64]) -> Result<()> {
    let bad = |k: usize| {
        let message = format!("σ does not descend at step {k}: {} then {}", sigmas[k], sigmas[k + 1]);
        Err(Error::invalid("export", message))
    };
    match sigmas.windows(2).position(|pair| !(pair[0].is_finite() && pair[1] >= 0.0 && pair[0] > pair[1])) {
        Some(k) => bad(k),
        None => Ok(()),
    }
}

/// `[14.6, …, 0.0]`: at home in Python, in JSON and in `torch.tensor(…)`. The form of k-diffusion and EDM.
pub fn array(sigmas: &[f64]) -> String {
    format!("[{}]\n", sigmas.iter().map(|sigma| format!("{sigma:?}")).collect::<Vec<_>>().join(", "))
}

/// `14.6, …, 0.0`: ComfyUI's text field of sigmas.
pub fn comfyui(sigmas: &[f64]) -> String {
    format!("{}\n", sigmas.iter().map(|sigma| format!("{sigma:?}")).collect::<Vec<_>>().join(", "))
}

/// A one-dimensional NPY array of f64.
pub fn npy(sigmas: &[f64]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let writer = npyz::WriteOptions::new().default_dtype().shape(&[sigmas.len() as u64]).writer(&mut bytes);
    let written = writer.begin_nd().and_then(|mut writer| {
        writer.extend(sigmas.iter().copied())?;
        writer.finish()
    });
    written.and_then(|()| bytes.flush()).expect("a vector takes every byte");
    bytes
}

/// What diffusers' schedulers take: `sigmas` for `set_timesteps(sigmas=…)`; `flow_sigmas` = σ/(1 + σ) without the 0 that
/// flow matching appends itself; and with the model's β schedule `timesteps` for `set_timesteps(timesteps=…)`, whole and
/// distinct, with their own `timestep_sigmas`, and `trained_betas`.
///
/// `DDIMScheduler` takes neither: its step goes back by a fixed number of timesteps whatever its `timesteps` say. Made with
/// `trained_betas` (of which there are K, so that `set_timesteps(K)` walks through all), its noise levels are exactly these,
/// and the model is called with `timesteps`.
///
/// # Errors
/// More evaluations than the β schedule has timesteps.
pub fn diffusers(snrs: &[f64], end: End, betas: Option<&BetaTable>) -> Result<Value> {
    let sigmas = sigmas(snrs, end);
    let evaluated = evaluated(snrs, end);
    let flow: Vec<f64> = sigmas.iter().filter(|&&sigma| sigma > 0.0).map(|sigma| sigma / (1.0 + sigma)).collect();
    let mut value = json!({
        "num_inference_steps": evaluated.len(),
        "sigmas": sigmas,
        "flow_sigmas": flow,
        "trained_betas": trained_betas(evaluated),
    });
    if let Some(betas) = betas {
        let timesteps = betas.timesteps(evaluated)?;
        let own = |&t: &usize| betas.snr(t).sqrt().recip();
        value["timestep_sigmas"] = json!(timesteps.iter().map(own).chain([0.0]).collect::<Vec<f64>>());
        value["timesteps"] = json!(timesteps);
        let (start, last) = betas.ends();
        value["scheduler"] = json!({
            "num_train_timesteps": betas.steps(),
            "beta_schedule": betas.diffusers_name(),
            "beta_start": start,
            "beta_end": last,
        });
    }
    Ok(value)
}

/// β_0 … β_{n−1} of the diffusion whose n timesteps have these SNRs (increasing, so the last is timestep 0).
fn trained_betas(snrs: &[f64]) -> Vec<f64> {
    // 1 − ᾱ_t/ᾱ_{t−1} = (γ_{t−1} − γ_t)/(γ_{t−1}(1 + γ_t)), and 1 − ᾱ_0 = 1/(1 + γ_0).
    let cleanest = snrs.last().map(|snr| (1.0 + snr).recip());
    let pairs = snrs.windows(2).rev().map(|pair| (pair[1] - pair[0]) / (pair[1] * (1.0 + pair[0])));
    cleanest.into_iter().chain(pairs).collect()
}

/// One line a step: `step,snr,sigma,logsnr,timestep,lo,hi`; the timestep only with a β schedule, the band only where there is
/// one. All K + 1 SNRs, no 0.
pub fn csv(snrs: &[f64], betas: Option<&BetaTable>, bands: Option<&[(f64, f64)]>) -> String {
    let mut text = String::from("step,snr,sigma,logsnr,timestep,lo,hi\n");
    for (k, &snr) in snrs.iter().enumerate() {
        let timestep = betas.map_or(String::new(), |betas| format!("{}", betas.timestep(snr)));
        let band = bands.map_or(String::from(","), |bands| format!("{:?},{:?}", bands[k].0, bands[k].1));
        text += &format!("{k},{snr:?},{:?},{:?},{timestep},{band}\n", snr.sqrt().recip(), snr.ln());
    }
    text
}

/// The SNRs of an exported array of σ, descending, with or without its 0; γ_K is then unknown and left out.
///
/// # Errors
/// Those of [`check`], and fewer than two positive σ.
pub fn from_sigmas(sigmas: &[f64]) -> Result<Vec<f64>> {
    check(sigmas)?;
    let positive = sigmas.iter().filter(|&&sigma| sigma > 0.0);
    let snrs: Vec<f64> =
        positive.map(|&sigma| Snr::from_noise_std_dev(sigma).map(Snr::linear)).collect::<Result<_>>()?;
    if snrs.len() < 2 { Err(Error::invalid("sigmas", "needs at least two that are > 0")) } else { Ok(snrs) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A few roundings.
    const ROUNDING: f64 = 1e-14;
    const SNRS: [f64; 4] = [0.01, 0.3, 2.0, 50.0];

    #[test]
    fn ends_are_as_said_and_come_back() {
        for (end, len, calls) in [(End::Zero, 4, 3), (End::Append, 5, 4), (End::Keep, 4, 3)] {
            let sigmas = sigmas(&SNRS, end);
            check(&sigmas).unwrap();
            assert_eq!((sigmas.len(), evaluated(&SNRS, end).len()), (len, calls));
            assert_eq!(sigmas[len - 1].to_bits() == 0, end != End::Keep);
            let back = from_sigmas(&sigmas).unwrap();
            for (x, y) in back.iter().zip(SNRS) {
                assert!((x / y - 1.0).abs() < ROUNDING, "{end:?}: {x} for {y}");
            }
            let parsed: Vec<f64> = serde_json::from_str(&array(&sigmas)).unwrap();
            assert_eq!(parsed, sigmas);
            let parsed: Vec<f64> = comfyui(&sigmas).split(',').map(|x| x.trim().parse().unwrap()).collect();
            assert_eq!(parsed, sigmas);
            let read = npyz::NpyFile::new(&npy(&sigmas)[..]).unwrap().into_vec::<f64>().unwrap();
            assert_eq!(read, sigmas);
        }
        assert!(
            check(&[1.0, 1.0]).is_err() && check(&[f64::INFINITY, 1.0]).is_err() && check(&[1.0, f64::NAN]).is_err()
        );
    }

    /// The ᾱ that a scheduler makes of `trained_betas` are the grid's.
    #[test]
    fn trained_betas_make_the_noise_levels() {
        let mut alpha_bar = 1.0;
        for (beta, snr) in trained_betas(&SNRS).iter().zip(SNRS.iter().rev()) {
            alpha_bar *= 1.0 - beta;
            assert!((alpha_bar / (snr / (1.0 + snr)) - 1.0).abs() < ROUNDING, "{alpha_bar} for snr {snr}");
        }
    }

    #[test]
    fn timesteps_are_those_of_the_model() {
        let betas = BetaTable::parse("scaled-linear").unwrap();
        let snrs: Vec<f64> = [999, 700, 300, 20, 0].map(|t| betas.snr(t)).to_vec();
        let value = diffusers(&snrs, End::Zero, Some(&betas)).unwrap();
        assert_eq!(value["timesteps"], json!([999, 700, 300, 20]));
        assert_eq!(value["scheduler"]["beta_schedule"], "scaled_linear");
        for (own, asked) in value["timestep_sigmas"].as_array().unwrap().iter().zip(sigmas(&snrs, End::Zero)) {
            assert!((own.as_f64().unwrap() - asked).abs() <= ROUNDING * asked, "{own} for {asked}");
        }
        assert_eq!(value["flow_sigmas"].as_array().unwrap().len(), 4);
    }
}
