//! What a case came to: the one record that the judge makes and that CSV, JSON and pages are
//! written from.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::claim::verdict::{Basis, Verdict};
use crate::numeric::estimate::{Flags, Method};
use crate::numeric::number;
use crate::quantity::axis::AxisValue;

/// One case: one combination of the axes, with what its numbers allow to be said.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Outcome {
    /// Axis values by name; `source` is a spec. Empty until the report is put together.
    pub axes: BTreeMap<String, AxisValue>,
    /// Left side (for a slope: the fitted exponent; for a bounded sequence: its late growth per
    /// e-fold); NaN where it is a bracket.
    #[serde(with = "number")]
    pub lhs: f64,
    /// Right side (for a slope: the nearest end of the allowed interval; for a bounded sequence:
    /// the most that a plateau would grow); NaN where it is a bracket.
    #[serde(with = "number")]
    pub rhs: f64,
    /// Where the left side lies, if a number behind it is known as an interval alone.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "number")]
    pub bracket: Option<[f64; 2]>,
    /// Where the right side lies, if a number behind it is known as an interval alone.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "number")]
    pub rhs_bracket: Option<[f64; 2]>,
    /// lhs/rhs of an inequality; `None` where the right side is 0 or infinite, or where the numbers
    /// are not to be believed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ratio: Option<Ratio>,
    /// Standard error of lhs − rhs from their joint moments; NaN beside a bracket.
    #[serde(with = "number")]
    pub std_err: f64,
    /// z·std_err + deterministic bounds: the half-width of the simultaneous interval of lhs − rhs
    /// (half its width beside a bracket).
    #[serde(with = "number")]
    pub half_width: f64,
    /// Smallest violation that the run must be able to see, in units of lhs.
    #[serde(with = "number")]
    pub margin: f64,
    /// The verdict.
    pub verdict: Verdict,
    /// What the verdict rests on.
    #[serde(default)]
    pub evidence: Basis,
    /// Why it is inconclusive, and what would decide; why there is a bracket; why a supported bound
    /// says nothing; empty otherwise.
    pub reason: String,
    /// Whether the numbers are to be believed within their errors: nothing speaks against them.
    pub believed: bool,
    /// What speaks against them, in words.
    pub doubts: Vec<String>,
    /// Samples behind the numbers; 0 where none were needed.
    pub n: u64,
    /// The least exact method among the case's quantities.
    pub method: Method,
    /// Worst flags among the case's quantities.
    pub flags: Flags,
    /// A command line that reproduces this case alone, bit for bit. Empty until the report is put
    /// together.
    pub replay: String,
    /// For a slope or a bounded sequence: the points (abscissa, lhs, standard error) behind the
    /// fit, without those known as an interval alone; empty otherwise.
    #[serde(default, with = "number")]
    pub points: Vec<[f64; 3]>,
    /// The values of the section's `alternatives`; NaN for a bracket.
    #[serde(default, skip_serializing_if = "Vec::is_empty", with = "number")]
    pub alternatives: Vec<f64>,
    /// What shows a proof.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate: Option<ProofFile>,
}

/// A certificate: a file of the run directory.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct ProofFile {
    /// Its path in the run directory.
    pub path: String,
    /// What stands in it; empty in a report that was read back.
    #[serde(skip)]
    pub text: String,
}

impl Outcome {
    /// A case whose numbers cannot be judged, and why; `margin` in units of lhs.
    pub fn undecided(reason: String, margin: f64) -> Self {
        Self {
            axes: BTreeMap::new(),
            lhs: f64::NAN,
            rhs: f64::NAN,
            bracket: None,
            rhs_bracket: None,
            ratio: None,
            std_err: f64::NAN,
            half_width: f64::INFINITY,
            margin,
            verdict: Verdict::Inconclusive,
            evidence: Basis::Measured,
            doubts: vec![reason.clone()],
            reason,
            believed: false,
            n: 0,
            method: Method::MonteCarlo,
            flags: Flags { failed: true, ..Flags::default() },
            replay: String::new(),
            points: Vec::new(),
            alternatives: Vec::new(),
            certificate: None,
        }
    }

    /// Whether a side is known as an interval alone.
    pub fn bracketed(&self) -> bool {
        self.bracket.is_some() || self.rhs_bracket.is_some()
    }
}

/// lhs/rhs with its error: how near an inequality comes to failing.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Ratio {
    /// lhs/rhs; NaN where a side is a bracket.
    #[serde(with = "number")]
    pub value: f64,
    /// Its standard error; NaN where a side is a bracket.
    #[serde(with = "number")]
    pub std_err: f64,
    /// Lower end of its simultaneous interval.
    #[serde(with = "number")]
    pub low: f64,
    /// Upper end of its simultaneous interval.
    #[serde(with = "number")]
    pub high: f64,
}

impl Ratio {
    /// A half-width above this share of the ratio leaves it out of a ranking.
    pub const RESOLVED: f64 = 0.1;

    /// Whether it is a number, or an interval with a finite end.
    pub fn finite(&self) -> bool {
        self.value.is_finite() || self.value.is_nan() && (self.low.is_finite() || self.high.is_finite())
    }

    /// Whether it is known to a tenth: its half-width is at most [`Ratio::RESOLVED`] of it.
    pub fn resolved(&self) -> bool {
        (self.high - self.value).max(self.value - self.low) <= Self::RESOLVED * self.value.abs()
    }
}
