//! Schedules in the forms that samplers take.
//!
//! klaim's grid is γ_0 < … < γ_K; samplers want σ = 1/√γ (the σ/α of a variance-preserving model),
//! descending, and end with a step to σ = 0, which returns the denoised sample. [`End`] says where
//! that step starts.

use std::io::Write as _;

use npyz::WriterBuilder as _;
use serde_json::{Value, json};

use crate::error::{Error, Result};
use crate::schedule::level;
use crate::schedule::loss::beta::{BetaTable, trained_betas};

/// How an exported grid ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// σ_0 … σ_{K−1}, 0: the last step goes to 0 in place of σ_K. K evaluations, K + 1 numbers: the
    /// convention.
    Zero,
    /// σ_0 … σ_K, 0: one more evaluation.
    Append,
    /// σ_0 … σ_K: no step to 0; K evaluations, and a result with the noise of σ_K.
    Keep,
}

/// Who takes a schedule: name, and the way in. Every other diffusers scheduler sets timesteps of
/// its own.
pub const TARGETS: [(&str, &str); 12] = [
    ("EulerDiscreteScheduler", "diffusers: pipe(sigmas=…), or `scheduled` of examples/apply_schedule.py"),
    ("FlowMatchEulerDiscreteScheduler", "diffusers: pipe(sigmas=…) before the shift, or `scheduled`"),
    ("DDIMScheduler", "diffusers: `scheduled`, a scheduler of K timesteps made with trained_betas"),
    ("DDPMScheduler", "diffusers: `scheduled`, as DDIMScheduler"),
    (
        "DPMSolverMultistepScheduler",
        "diffusers: `scheduled`; pipe(timesteps=…) for the nearest whole timesteps",
    ),
    ("DEISMultistepScheduler", "diffusers: `scheduled`, as DDIMScheduler"),
    ("UniPCMultistepScheduler", "diffusers: `scheduled`, as DDIMScheduler"),
    ("EulerAncestralDiscreteScheduler", "diffusers: `scheduled`, as DDIMScheduler"),
    ("k-diffusion", "any sample_… function: sigmas=torch.tensor(…), --format k-diffusion"),
    ("EDM", "the array of sigmas, --format edm"),
    ("ComfyUI", "the text of a node for sigmas, of a flow after its shift: --format comfyui"),
    ("A1111", "and Forge: the text of a field for sigmas, --format a1111"),
];

/// The ends: name, end, what it is.
pub const ENDS: [(&str, End, &str); 3] = [
    ("zero", End::Zero, "0 in place of the last sigma: K evaluations"),
    ("append", End::Append, "0 after the last sigma: K + 1 evaluations"),
    ("keep", End::Keep, "No 0"),
];

/// The σ that is written for γ = 0, where σ is ∞: ᾱ = 2⁻²⁴, as diffusers has it for models with
/// zero terminal SNR.
pub const PURE_NOISE: f64 = 4096.0;

/// The SNRs of a grid, ended as `end` says; the data is ∞.
fn levels(snrs: &[f64], end: End) -> Vec<f64> {
    let mut levels = snrs.to_vec();
    match end {
        End::Zero => levels[snrs.len() - 1] = f64::INFINITY,
        End::Append if snrs[snrs.len() - 1].is_finite() => levels.push(f64::INFINITY),
        End::Append | End::Keep => {}
    }
    levels
}

/// σ_0 > σ_1 > … of a grid of increasing SNRs, ended as `end` says; [`PURE_NOISE`] at γ = 0.
pub fn sigmas(snrs: &[f64], end: End) -> Vec<f64> {
    let finite = |snr: f64| if snr > 0.0 { level::sigma(snr) } else { PURE_NOISE };
    levels(snrs, end).into_iter().map(finite).collect()
}

/// t = 1/(1 + √γ), the levels of flow matching (1 − t)X + tZ, from 1 at γ = 0, ended as `end` says.
pub fn flow(snrs: &[f64], end: End) -> Vec<f64> {
    levels(snrs, end).into_iter().map(level::flow_time).collect()
}

/// The SNRs at which the network is evaluated: all that a step starts from.
pub fn evaluated(snrs: &[f64], end: End) -> &[f64] {
    match end {
        End::Append if snrs[snrs.len() - 1].is_finite() => snrs,
        End::Append | End::Zero | End::Keep => &snrs[..snrs.len() - 1],
    }
}

/// Refuses numbers that no sampler could follow: σ that are not finite or do not descend, and one
/// above 0 that is 0 in single precision, in which samplers compute: of two zeros one is divided by
/// the other, and the picture is black.
///
/// # Errors
/// [`Error::Invalid`] naming the step.
pub fn check(sigmas: &[f64]) -> Result<()> {
    let bad = |k: usize| {
        let message = format!("σ does not descend at step {k}: {} then {}", sigmas[k], sigmas[k + 1]);
        Err(Error::invalid("export", message))
    };
    if let Some(sigma) = sigmas.iter().find(|&&sigma| sigma > 0.0 && sigma as f32 == 0.0) {
        let message = format!("σ = {sigma:e} is 0 in single precision, in which samplers compute");
        return Err(Error::invalid("export", message));
    }
    match sigmas.windows(2).position(|pair| !(pair[0].is_finite() && pair[1] >= 0.0 && pair[0] > pair[1])) {
        Some(k) => bad(k),
        None => Ok(()),
    }
}

/// `[14.6, …, 0.0]`: at home in Python, in JSON and in `torch.tensor(…)`. The form of k-diffusion
/// and EDM.
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

/// What diffusers' schedulers take: `sigmas` for `set_timesteps(sigmas=…)`; `flow_sigmas` = σ/(1 +
/// σ) without the 0 that flow matching appends itself; and with the model's β schedule `timesteps`
/// for `set_timesteps(timesteps=…)`, whole and distinct, with their own `timestep_sigmas`, and
/// `model_timesteps`, those of the levels themselves.
///
/// `DDIMScheduler` takes neither: its step goes back by a fixed number of timesteps whatever its
/// `timesteps` say. Made with `trained_betas` (of which there are K, so that `set_timesteps(K)`
/// walks through all), its noise levels are exactly these, and the model is called with
/// `timesteps`.
///
/// # Errors
/// More evaluations than the β schedule has timesteps.
pub fn diffusers(snrs: &[f64], end: End, betas: Option<&BetaTable>) -> Result<Value> {
    let evaluated = evaluated(snrs, end);
    let flow: Vec<f64> = flow(snrs, end).into_iter().filter(|&t| t > 0.0).collect();
    let mut value = json!({
        "num_inference_steps": evaluated.len(),
        "sigmas": sigmas(snrs, end),
        "flow_sigmas": flow,
        "trained_betas": trained_betas(evaluated),
    });
    if let Some(betas) = betas {
        let timesteps = betas.timesteps(evaluated)?;
        let own = |&t: &usize| sigmas(&[betas.snr(t)], End::Keep)[0];
        value["timestep_sigmas"] = json!(timesteps.iter().map(own).chain([0.0]).collect::<Vec<f64>>());
        value["timesteps"] = json!(timesteps);
        value["model_timesteps"] =
            json!(evaluated.iter().map(|&snr| betas.timestep(snr)).collect::<Vec<f64>>());
        value["scheduler"] = betas.diffusers();
    }
    Ok(value)
}

/// One line a step: `step,snr,sigma,logsnr,timestep,lo,hi`; the timestep only with a β schedule,
/// the band only where there is one. All K + 1 SNRs, no 0.
pub fn csv(snrs: &[f64], betas: Option<&BetaTable>, bands: Option<&[(f64, f64)]>) -> String {
    let mut text = String::from("step,snr,sigma,logsnr,timestep,lo,hi\n");
    for (k, &snr) in snrs.iter().enumerate() {
        let timestep = betas.map_or(String::new(), |betas| format!("{}", betas.timestep(snr)));
        let band = bands.map_or(String::from(","), |bands| format!("{:?},{:?}", bands[k].0, bands[k].1));
        text += &format!("{k},{snr:?},{:?},{:?},{timestep},{band}\n", level::sigma(snr), snr.ln());
    }
    text
}

/// The SNRs of an exported array of σ, descending, with or without its 0; γ_K is then unknown and
/// left out.
///
/// # Errors
/// Those of [`check`], and fewer than two positive σ.
pub fn from_sigmas(sigmas: &[f64]) -> Result<Vec<f64>> {
    check(sigmas)?;
    let snrs: Vec<f64> =
        sigmas.iter().filter(|&&sigma| sigma > 0.0).map(|&sigma| level::of_sigma(sigma)).collect();
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
            check(&[1.0, 1.0]).is_err()
                && check(&[f64::INFINITY, 1.0]).is_err()
                && check(&[1.0, f64::NAN]).is_err()
                && check(&[1.0, 1e-46, 0.0]).is_err()
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
        for (own, asked) in value["timestep_sigmas"].as_array().unwrap().iter().zip(sigmas(&snrs, End::Zero))
        {
            assert!((own.as_f64().unwrap() - asked).abs() <= ROUNDING * asked, "{own} for {asked}");
        }
        assert_eq!(value["flow_sigmas"].as_array().unwrap().len(), 4);
    }
}
