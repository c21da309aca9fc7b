//! The axes that quantities depend on beside the source, one record each: claims, the command line
//! and tables read them here.

use serde::{Deserialize, Serialize};

use super::Scope;
use crate::error::Result;
use crate::numeric::number;
use crate::schedule::{self, MOST_STEPS};
use crate::source::Source;
use crate::{denoiser, process};

/// An axis: its name, its values, who needs it and how it is shown.
#[derive(Debug)]
pub struct SettingAxis {
    /// Its name in claims, as a column and as a key; the command line's flag has `-` for `_`.
    pub name: &'static str,
    /// What its values are.
    pub kind: AxisKind,
    /// The scopes that have it.
    pub scopes: &'static [Scope],
    /// Whether those do without.
    pub optional: bool,
    /// What it is, for the command line's help.
    pub help: &'static str,
    /// What stands before and after its value in words.
    pub words: [&'static str; 2],
}

/// What the values of an axis are.
#[derive(Debug)]
pub enum AxisKind {
    /// Numbers.
    Number {
        /// Whether a number is a value.
        inside: fn(f64) -> bool,
        /// Which are, in words.
        domain: &'static str,
    },
    /// Whole numbers from 1 to [`MOST_STEPS`].
    Count,
    /// Specs of something by name; refuses what is unknown.
    Spec(fn(&str) -> Result<()>),
}

/// The value of one axis.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum AxisValue {
    /// `snr`, `steps`, …
    Number(#[serde(serialize_with = "number::serialize")] f64),
    /// `source`, `schedule`, …
    Text(String),
}

impl AxisValue {
    /// The number, if it is one.
    pub fn number(&self) -> Option<f64> {
        match self {
            Self::Number(x) => Some(*x),
            Self::Text(_) => None,
        }
    }

    /// The text, if it is one.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Number(_) => None,
            Self::Text(text) => Some(text),
        }
    }
}

/// A number as [`number::name`] writes it; text as it is.
impl std::fmt::Display for AxisValue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Number(x) => f.pad(&number::name(*x)),
            Self::Text(text) => f.pad(text),
        }
    }
}

impl From<f64> for AxisValue {
    fn from(x: f64) -> Self {
        Self::Number(x)
    }
}

impl From<&str> for AxisValue {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl SettingAxis {
    /// Whether its values are text.
    pub fn is_text(&self) -> bool {
        matches!(self.kind, AxisKind::Spec(_))
    }

    /// What a value must be, where `x` is not.
    pub fn outside(&self, x: f64) -> Option<&'static str> {
        match self.kind {
            AxisKind::Number { inside, domain } => (!inside(x)).then_some(domain),
            AxisKind::Count if (1.0..=f64::from(MOST_STEPS)).contains(&x) && x.fract().abs() <= 0.0 => None,
            AxisKind::Count => Some("a whole number from 1 to 1000000"),
            AxisKind::Spec(_) => Some("text"),
        }
    }

    /// Values as a claim may state them.
    pub fn example(&self) -> &'static str {
        match self.kind {
            AxisKind::Number { .. } => "{ from = 1e-2, to = 1e3, points = 16 }",
            AxisKind::Count => "[8, 16, 32]",
            AxisKind::Spec(_) => "[\"…\"]",
        }
    }

    /// The value in words: ` at snr 1`, `, 8 steps`, `, geometric`.
    pub fn told(&self, value: &AxisValue) -> String {
        let [before, after] = self.words;
        let after = if *value == AxisValue::Number(1.0) { after.trim_end_matches('s') } else { after };
        format!("{before}{value}{after}")
    }
}

/// An axis that its scopes need.
const PLAIN: SettingAxis =
    SettingAxis { name: "", kind: AxisKind::Count, scopes: &[], optional: false, help: "", words: [""; 2] };

/// A number > 0.
const POSITIVE: AxisKind =
    AxisKind::Number { inside: |x| x > 0.0 && x.is_finite(), domain: "finite and > 0" };

/// Signal-to-noise ratio γ > 0, linear.
pub static SNR: SettingAxis = SettingAxis {
    name: "snr",
    kind: POSITIVE,
    scopes: &[Scope::Snr, Scope::Denoiser, Scope::HeldOut],
    help: "SNRs: a list 0.1,1,10 or a log-spaced range 1e-3..1e3/32",
    words: [" at snr ", ""],
    ..PLAIN
};

/// Lower end of an interval of SNRs, ≥ 0.
pub static SNR_MIN: SettingAxis = SettingAxis {
    name: "snr_min",
    kind: AxisKind::Number { inside: |x| x >= 0.0 && x.is_finite(), domain: "finite and ≥ 0" },
    scopes: &[Scope::Interval, Scope::DenoiserInterval, Scope::Path, Scope::Sampler],
    help: "Lower end of an interval of SNRs",
    words: [" from snr ", ""],
    ..PLAIN
};

/// Upper end of an interval of SNRs.
pub static SNR_MAX: SettingAxis = SettingAxis {
    name: "snr_max",
    kind: POSITIVE,
    scopes: &[Scope::Interval, Scope::DenoiserInterval, Scope::Path, Scope::Sampler],
    help: "Upper end of an interval of SNRs",
    words: [" to ", ""],
    ..PLAIN
};

/// Number of steps K ≥ 1.
pub static STEPS: SettingAxis = SettingAxis {
    name: "steps",
    kind: AxisKind::Count,
    scopes: &[Scope::Path, Scope::Sampler],
    help: "Number of steps, or a list of them: 8,16,32",
    words: [", ", " steps"],
    ..PLAIN
};

/// A schedule: `geometric`.
pub static SCHEDULE: SettingAxis = SettingAxis {
    name: "schedule",
    kind: AxisKind::Spec(|spec| schedule::find(spec).map(drop)),
    scopes: &[Scope::Path, Scope::Sampler],
    help: "A schedule (`klaim list schedules`), such as geometric",
    words: [", ", ""],
    ..PLAIN
};

/// A sampler: `ddim`.
pub static SAMPLER: SettingAxis = SettingAxis {
    name: "sampler",
    kind: AxisKind::Spec(|spec| process::find(spec).map(drop)),
    scopes: &[Scope::Sampler],
    help: "A sampler (`klaim list samplers`), such as ddim",
    words: [", ", ""],
    ..PLAIN
};

/// A denoiser; `exact` unless said.
pub static DENOISER: SettingAxis = SettingAxis {
    name: "denoiser",
    kind: AxisKind::Spec(|spec| denoiser::find(spec).map(drop)),
    scopes: &[Scope::Denoiser, Scope::HeldOut, Scope::DenoiserInterval, Scope::Path, Scope::Sampler],
    optional: true,
    help: "A denoiser, such as perturbed:error=0.1; exact where left out",
    words: [", ", ""],
};

/// A law that a denoiser was not made for: `digits:part=held-out`.
pub static HELD_OUT: SettingAxis = SettingAxis {
    name: "held_out",
    kind: AxisKind::Spec(|spec| Source::parse(spec).map(drop)),
    scopes: &[Scope::HeldOut],
    help: "A source (`klaim list sources`) that the denoiser was not made for",
    words: [", held out ", ""],
    ..PLAIN
};

/// Every axis, in the order of columns.
pub static AXES: [&SettingAxis; 8] =
    [&SNR, &SNR_MIN, &SNR_MAX, &STEPS, &SCHEDULE, &SAMPLER, &DENOISER, &HELD_OUT];

/// The axis called `name`.
pub fn find(name: &str) -> Option<&'static SettingAxis> {
    AXES.into_iter().find(|axis| axis.name == name)
}

impl Scope {
    /// The axes that this scope needs beside `source`, and those that it uses where there are any.
    pub fn axes(self) -> impl Iterator<Item = &'static SettingAxis> {
        AXES.into_iter().filter(move |axis| axis.scopes.contains(&self))
    }
}
