//! The networks that ship with klaim (`data/trained`, with the script that made them).

use std::path::Path;

use super::made;
use super::rule::Convention;
use crate::denoiser::DenoiserKind;
use crate::error::{Error, Result};
use crate::spec::{Arguments, Parameter};

/// `trained:on=ring,checkpoint=999,seed=2`.
pub const TRAINED: DenoiserKind = DenoiserKind {
    name: "trained",
    summary: "a network that ships with klaim: an EDM-preconditioned MLP after so many steps  [KAAL22]",
    parameters: &[
        Parameter {
            name: "on",
            default: None,
            summary: "ring (mixture:ring=8,radius=2,variance=0.01), ring-lognormal (the same law, noise as \
                      EDM draws it), hundred (digits:part=hundred), digits (digits:part=training)",
        },
        Parameter {
            name: "checkpoint",
            default: Some("9990"),
            summary: "steps of training: 0, 100, 316, 999, 3162 or 9990",
        },
        Parameter { name: "seed", default: Some("1"), summary: "seed of the training: 1, 2 or 3" },
    ],
    read: |arguments| {
        let on = arguments.choice("on", &["ring", "ring-lognormal", "hundred", "digits"])?;
        let (checkpoint, seed) = (arguments.count("checkpoint", 0)?, arguments.count("seed", 1)?);
        let name = format!("{on}-{seed}-{checkpoint}.onnx");
        let bytes = bytes(arguments, &name)?;
        let path = Path::new("data/trained").join(&name);
        let inputs = ["y", "sigma"].map(str::to_owned);
        made(arguments, &path, bytes, Convention::named("y", "sigma", "x0"), inputs)
    },
};

/// The file called `name`.
#[cfg(feature = "network")]
fn bytes(arguments: &Arguments, name: &str) -> Result<Option<&'static [u8]>> {
    static SHIPPED: include_dir::Dir = include_dir::include_dir!("$CARGO_MANIFEST_DIR/data/trained");
    let file = SHIPPED.get_file(name);
    let missing = || -> Error {
        let message = "ships with the checkpoints 0, 100, 316, 999, 3162 and 9990 (ring-lognormal with the last \
                       one) of the seeds 1, 2 and 3";
        arguments.invalid("checkpoint", message)
    };
    Ok(Some(file.ok_or_else(missing)?.contents()))
}

#[cfg(not(feature = "network"))]
fn bytes(_: &Arguments, _: &str) -> Result<Option<&'static [u8]>> {
    Ok::<_, Error>(None)
}
