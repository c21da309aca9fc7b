//! Networks: a file in the ONNX format, and those that ship with klaim.
//!
//! A network is what its arithmetic in f32 makes of a state. Two machines, or the same weights in
//! another program, agree to about [`ROUNDING`] of the size of an estimate; the bounds of losses,
//! gaps and path KLs hold that.

mod rule;
mod shipped;
#[cfg(feature = "network")]
mod graph;
#[cfg(feature = "network")]
mod running;
#[cfg(feature = "network")]
mod weights;
#[cfg(all(test, feature = "network"))]
mod tests;

pub use rule::{Convention, NOISES, OUTPUTS, STATES};
pub use shipped::TRAINED;

use std::path::PathBuf;

use super::{DenoiserKind, Make};
use crate::error::Result;
use crate::spec::{Arguments, Parameter};

/// Distance of an estimate from the same network in exact arithmetic, a share of its length: on
/// 1,000 states it was below half of this, against PyTorch in f64 (`tests/python`).
#[cfg(feature = "network")]
const ROUNDING: f64 = 2e-6;

/// `network:path=model.onnx,input=x_t,noise=t,output=eps`.
pub const NETWORK: DenoiserKind = DenoiserKind {
    name: "network",
    summary: "a network in an ONNX file: states [N, d] and noise levels [N] in, [N, d] out; in f32",
    parameters: &[
        Parameter { name: "path", default: None, summary: "the file" },
        Parameter {
            name: "input",
            default: Some("y"),
            summary: "the state it reads: y = X + σZ, x_t = √ᾱX + √(1−ᾱ)Z, flow = (1−t)X + tZ",
        },
        Parameter {
            name: "noise",
            default: Some("sigma"),
            summary: "the level it reads: sigma = 1/√γ, snr = γ, logsnr = ln γ, alpha_bar = γ/(1+γ), \
                      t = σ/(1+σ)",
        },
        Parameter {
            name: "output",
            default: Some("x0"),
            summary: "what it gives: x0 = X, eps = Z, v = √ᾱZ − √(1−ᾱ)X, flow = Z − X",
        },
        Parameter {
            name: "state",
            default: None,
            summary: "name of the input for the state; the word of `input` unless said",
        },
        Parameter {
            name: "level",
            default: None,
            summary: "name of the input for the level; the word of `noise` unless said",
        },
    ],
    read: |arguments| {
        let [state, noise, output] =
            [("input", &STATES[..]), ("noise", &NOISES[..]), ("output", &OUTPUTS[..])]
                .map(|(key, words)| arguments.choice(key, words));
        let (state, noise, output) = (state?, noise?, output?);
        let named = |key: &'static str, word: &'static str| match arguments.argument(key) {
            Some(_) => arguments.text(key).map(str::to_owned),
            None => Ok(word.to_owned()),
        };
        let inputs = [named("state", state)?, named("level", noise)?];
        let path = PathBuf::from(arguments.text("path")?);
        made(arguments, &path, None, Convention::named(state, noise, output), inputs)
    },
};

/// The network of the file at `path`, or of `bytes`, which `path` then names in errors.
#[cfg(feature = "network")]
fn made(
    arguments: &Arguments,
    path: &std::path::Path,
    bytes: Option<&'static [u8]>,
    convention: Convention,
    inputs: [String; 2],
) -> Result<Make> {
    let weights = match bytes {
        Some(bytes) => weights::WeightFile::of(bytes),
        None => weights::WeightFile::read(path)?,
    };
    running::make(&arguments.spec().to_string(), path, &weights, convention, inputs)
}

/// What a program without rten says once a network is to run.
#[cfg(not(feature = "network"))]
fn made(
    arguments: &Arguments,
    _: &std::path::Path,
    _: Option<&'static [u8]>,
    _: Convention,
    _: [String; 2],
) -> Result<Make> {
    let name = arguments.spec().to_string();
    Ok(Box::new(move |_| {
        let what = format!("denoiser `{name}`");
        let message =
            "this program was built without the feature `network`: build it with the default features";
        Err(crate::error::Error::invalid(what, message))
    }))
}
