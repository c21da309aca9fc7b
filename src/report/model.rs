//! What a run found: the one structure that CSV, JSON and HTML are written from.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::number;
use crate::claim::verdict::{Relation, Verdict};
use crate::numeric::estimate::{Flags, Method};

/// Version of this structure in `report.json`; raised whenever a field changes its meaning.
pub const SCHEMA: u32 = 2;

/// A whole run.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Report {
    /// [`SCHEMA`].
    pub schema: u32,
    /// What the run was, enough to repeat it.
    pub run: Run,
    /// The claims in the order given.
    pub claims: Vec<ClaimReport>,
    /// Every source that appeared, with its assumptions.
    pub sources: Vec<SourceReport>,
    /// Exit status: 0 all as expected, 1 a verdict other than expected, 3 nothing wrong but something inconclusive.
    pub exit: u8,
}

impl Report {
    /// Every section with its claim and its name there: `main`, `control-1`, `break-2`.
    pub fn sections(&self) -> impl Iterator<Item = (&ClaimReport, String, &SectionReport)> {
        self.claims.iter().flat_map(|claim| {
            let controls = claim.controls.iter().enumerate().map(|(i, s)| (format!("control-{}", i + 1), s));
            let breaks = claim.breaks.iter().enumerate().map(|(i, s)| (format!("break-{}", i + 1), s));
            let all = std::iter::once(("main".to_owned(), &claim.main)).chain(controls).chain(breaks);
            all.map(move |(name, section)| (claim, name, section))
        })
    }
}

/// The settings of a run: `run.toml`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Run {
    /// Version of klaim.
    pub klaim: String,
    /// The command line that repeats the run.
    pub command: String,
    /// Seed of all randomness.
    pub seed: u64,
    /// Family-wise level α: probability that any correct claim of the run is refuted by chance.
    pub level: f64,
    /// Most samples per source: `quick`, `standard`, `thorough` or a number.
    pub budget: String,
    /// Number of comparisons that share α.
    pub comparisons: u64,
    /// `cpu` or `cuda`, with the device's name.
    pub backend: String,
    /// Day of the run, ISO 8601 (UTC); empty in blessed runs so that they compare bit for bit.
    pub date: String,
    /// Whether a stop was asked for before all was measured: what is missing is undecided.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub interrupted: bool,
}

/// One claim with its controls and breaks.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ClaimReport {
    /// Kebab-case, permanent.
    pub id: String,
    /// A sentence fragment for headings.
    pub title: String,
    /// The mathematical statement in Unicode.
    pub statement: String,
    /// Citation: `[ABZ26, Thm. 1]`.
    pub cite: String,
    /// `paper-v1`, `paper-tmlr`, `classical` or `klaim`.
    pub origin: String,
    /// Names of the assumptions it is stated under.
    pub assumes: Vec<String>,
    /// What holds, what is loose, what breaks: the file's own remark, if it has one.
    pub remark: String,
    /// The statement under test.
    pub main: SectionReport,
    /// False neighbours.
    pub controls: Vec<SectionReport>,
    /// Where it must fail.
    pub breaks: Vec<SectionReport>,
    /// Where the statement compares schedules: their grids on one source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grids: Option<Grids>,
    /// Whether main, every control and every break came out as expected.
    pub ok: bool,
}

/// The grids of several schedules on one source.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Grids {
    /// Canonical spec.
    pub source: String,
    /// Points (γ, M(γ)) of its risk.
    pub risk: Vec<[f64; 2]>,
    /// A grid a schedule.
    pub grids: Vec<Grid>,
}

/// The grid of one schedule.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Grid {
    /// Spec of the schedule.
    pub schedule: String,
    /// γ_0 < … < γ_K.
    pub snrs: Vec<f64>,
}

/// The main statement, one control or one break: an inequality on a set of axes.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SectionReport {
    /// Why this control or break must be refuted; empty for the main statement.
    pub why: String,
    /// Left side as written.
    pub lhs: String,
    /// The relation.
    pub relation: Relation,
    /// Right side as written; empty for a slope and for a bounded sequence.
    pub rhs: String,
    /// For a right side that is a minimum or a maximum: its arguments as written.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub alternatives: Vec<String>,
    /// For a slope: the axis or quantity it is taken against, and the interval allowed; for a bounded sequence the same of its
    /// growth, [−∞, −decay].
    pub slope: Option<SlopeStatement>,
    /// Constants by name.
    #[serde(with = "number::named")]
    pub constants: BTreeMap<String, f64>,
    /// Over all cases: refuted if any is, supported if all are.
    pub verdict: Verdict,
    /// What the file expects.
    pub expected: Verdict,
    /// `verdict == expected`.
    pub ok: bool,
    /// One row a case.
    pub rows: Vec<Row>,
}

/// The statement of a relation along an axis.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SlopeStatement {
    /// Axis or quantity on the abscissa.
    pub against: String,
    /// Allowed interval of the exponent.
    #[serde(with = "number::pair")]
    pub between: [f64; 2],
}

/// One case: one combination of the axes.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Row {
    /// Axis values by name; `source` is a spec.
    pub axes: BTreeMap<String, Axis>,
    /// Left side (for a slope: the fitted exponent; for a bounded sequence: its late growth per e-fold); NaN where it is a bracket.
    #[serde(with = "number")]
    pub lhs: f64,
    /// Right side (for a slope: the nearest end of the allowed interval; for a bounded sequence: the most that a plateau would grow);
    /// NaN where it is a bracket.
    #[serde(with = "number")]
    pub rhs: f64,
    /// Where the left side lies, if a number behind it is known as an interval alone.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "number::bracket")]
    pub bracket: Option<[f64; 2]>,
    /// Where the right side lies, if a number behind it is known as an interval alone.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "number::bracket")]
    pub rhs_bracket: Option<[f64; 2]>,
    /// lhs/rhs of an inequality; `None` where the right side is 0 or infinite, or where the numbers are not to be believed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ratio: Option<Ratio>,
    /// Standard error of lhs − rhs from their joint moments; NaN beside a bracket.
    #[serde(with = "number")]
    pub std_err: f64,
    /// z·std_err + deterministic bounds: the half-width of the simultaneous interval of lhs − rhs (half its width beside a
    /// bracket).
    #[serde(with = "number")]
    pub half_width: f64,
    /// Smallest violation that the run must be able to see, in units of lhs.
    #[serde(with = "number")]
    pub margin: f64,
    /// The verdict.
    pub verdict: Verdict,
    /// Why it is inconclusive, and what would decide; why there is a bracket; empty otherwise.
    pub reason: String,
    /// Whether the row's numbers are to be believed within their errors: nothing speaks against them.
    pub believed: bool,
    /// What speaks against them, in words.
    pub doubts: Vec<String>,
    /// Samples behind the numbers; 0 where none were needed.
    pub n: u64,
    /// The least exact method among the case's quantities.
    pub method: Method,
    /// Worst flags among the case's quantities.
    pub flags: Flags,
    /// A command line that reproduces this row alone, bit for bit.
    pub replay: String,
    /// For a slope or a bounded sequence: the points (abscissa, lhs, standard error) behind the fit, without those known as an interval
    /// alone; empty otherwise.
    #[serde(default, with = "number::triples")]
    pub points: Vec<[f64; 3]>,
    /// The values of the section's `alternatives`.
    #[serde(default, skip_serializing_if = "Vec::is_empty", with = "number::list")]
    pub alternatives: Vec<f64>,
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

    /// Whether it is known to a tenth: its half-width is at most [`Ratio::RESOLVED`] of it.
    pub fn resolved(&self) -> bool {
        (self.high - self.value).max(self.value - self.low) <= Self::RESOLVED * self.value.abs()
    }
}

/// The value of one axis in one case.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Axis {
    /// `snr`, `steps`, …
    Number(#[serde(serialize_with = "number::serialize")] f64),
    /// `source`, `schedule`, …
    Text(String),
}

impl std::fmt::Display for Axis {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Number(x) => write!(f, "{x}"),
            Self::Text(text) => f.pad(text),
        }
    }
}

/// A source, what it knows of itself, and its assumptions.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SourceReport {
    /// Canonical spec.
    pub spec: String,
    /// Dimension.
    pub dim: usize,
    /// Shannon entropy, nats.
    #[serde(with = "number")]
    pub shannon: f64,
    /// Rényi entropy of order ½, nats.
    #[serde(with = "number")]
    pub renyi_half: f64,
    /// Varentropy, nats².
    #[serde(with = "number")]
    pub info_variance: f64,
    /// Total variance.
    #[serde(with = "number")]
    pub second_moment: f64,
    /// Remarks: provenance, truncation.
    pub notes: Vec<String>,
    /// Assumption by assumption: name, holds / fails / cannot tell, evidence.
    pub assumptions: Vec<AssumptionReport>,
}

/// One assumption of one source.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct AssumptionReport {
    /// Name as in claim files' `assumes`.
    pub name: String,
    /// `holds`, `fails` or `cannot tell`.
    pub finding: String,
    /// The number and where it comes from.
    pub evidence: String,
}
