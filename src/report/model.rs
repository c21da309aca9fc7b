//! What a run found: the one structure that CSV, JSON and HTML are written from.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::claim::case::named_sections;
use crate::claim::verdict::{Basis, Relation, Verdict};
use crate::claim::{Answer, ClaimHeader, Outcome, PaperKind, SlopeStatement};
use crate::numeric::number;

/// Version of this structure in `report.json`; raised whenever a field changes its meaning.
pub const SCHEMA: u32 = 3;

/// A whole run.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Report {
    /// [`SCHEMA`].
    pub schema: u32,
    /// What the run was, enough to repeat it.
    pub run: Run,
    /// The claims in the order given.
    pub claims: Vec<ClaimReport>,
    /// The papers whose claims these are, statement by statement; none for a replayed case.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub papers: Vec<PaperReport>,
    /// Every source that appeared, with its assumptions.
    pub sources: Vec<SourceReport>,
    /// Exit status: 0 all as expected, 1 a verdict other than expected or an answer not as stated, 3
    /// nothing wrong but something inconclusive.
    pub exit: u8,
}

impl Report {
    /// Every section with its claim and its name there: `main`, `control-1`, `break-2`.
    pub fn sections(&self) -> impl Iterator<Item = (&ClaimReport, String, &SectionReport)> {
        self.claims.iter().flat_map(|claim| {
            let sections = named_sections(&claim.main, &claim.controls, &claim.breaks);
            sections.map(move |(name, section)| (claim, name, section))
        })
    }
}

/// The settings of a run: `run.toml`.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Run {
    /// Version of klaim.
    pub klaim: String,
    /// The command line that repeats the run.
    pub command: String,
    /// Seed of all randomness.
    pub seed: u64,
    /// Family-wise level α: probability that any correct claim of the run is refuted by chance.
    pub level: f64,
    /// Most samples of one lane (of one source, by one kind of sampling): `quick`, `standard`, `thorough` or a number.
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
    /// What the claim says of itself.
    #[serde(flatten)]
    pub header: ClaimHeader,
    /// The statement under test.
    pub main: SectionReport,
    /// False neighbours.
    pub controls: Vec<SectionReport>,
    /// Where it must fail.
    pub breaks: Vec<SectionReport>,
    /// Where it stops holding: a number of a supported case and one of a refuted case.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub edges: Vec<Edge>,
    /// Where the statement compares schedules: their grids on one source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grids: Option<Grids>,
    /// Whether main, every control and every break came out as expected.
    pub ok: bool,
}

impl ClaimReport {
    /// Number of cases whose verdict is proved, controls and breaks included.
    pub fn proved(&self) -> usize {
        let sections = std::iter::once(&self.main).chain(&self.controls).chain(&self.breaks);
        sections.map(SectionReport::proved).sum()
    }

    /// The main statement and the breaks, and whether it is a break: controls state something else.
    pub fn stated(&self) -> impl Iterator<Item = (&SectionReport, bool)> {
        std::iter::once((&self.main, false)).chain(self.breaks.iter().map(|section| (section, true)))
    }
}

/// A number between whose two values the claim breaks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Edge {
    /// What both cases share: the kind of the law, or the law.
    pub on: String,
    /// The parameter or axis that differs.
    pub name: String,
    /// Its value in the supported case.
    pub holds: f64,
    /// Its value in the refuted case.
    pub breaks: f64,
}

/// The grids of several schedules on one source.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Grids {
    /// Canonical spec.
    pub source: String,
    /// Points (γ, M(γ)) of its risk.
    pub risk: Vec<[f64; 2]>,
    /// A grid per schedule.
    pub grids: Vec<ScheduleGrid>,
}

/// The grid of one schedule.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ScheduleGrid {
    /// Spec of the schedule.
    pub schedule: String,
    /// γ_0 < … < γ_K.
    pub snrs: Vec<f64>,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "the form that serde calls")]
pub(crate) fn is_zero(n: &usize) -> bool {
    *n == 0
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
    /// For a slope: the axis or quantity it is taken against, and the interval allowed; for a
    /// bounded sequence the same of its growth, [−∞, −decay].
    pub slope: Option<SlopeStatement>,
    /// Constants by name.
    #[serde(with = "number")]
    pub constants: BTreeMap<String, f64>,
    /// What a combination of the axes must satisfy, as written: `shannon >= ln(2)`.
    #[serde(default, rename = "where", skip_serializing_if = "Vec::is_empty")]
    pub hypotheses: Vec<String>,
    /// Number of combinations that do not satisfy it.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub left_out: usize,
    /// Over all cases: refuted if any is, supported if all are.
    pub verdict: Verdict,
    /// What the file expects.
    pub expected: Verdict,
    /// `verdict == expected`.
    pub ok: bool,
    /// A row per case.
    pub rows: Vec<Outcome>,
}

impl SectionReport {
    /// What its verdict rests on: proofs alone where each case that makes it is proved.
    pub fn evidence(&self) -> Basis {
        let mut making = self.rows.iter().filter(|row| row.verdict == self.verdict);
        let measured = making.any(|row| row.evidence == Basis::Measured);
        // One refuted case refutes.
        let refuted = self.verdict == Verdict::Refuted && self.proved() > 0;
        if measured && !refuted || self.rows.is_empty() { Basis::Measured } else { Basis::Proved }
    }

    /// Number of cases whose verdict is proved.
    pub fn proved(&self) -> usize {
        self.rows.iter().filter(|row| row.evidence == Basis::Proved).count()
    }
}

/// A source, what it knows of itself, and its assumptions.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SourceReport {
    /// Canonical spec.
    pub spec: String,
    /// A short name for figures; two laws may share one.
    #[serde(default)]
    pub label: String,
    /// The kind of law, without its parameters.
    #[serde(default)]
    pub family: String,
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
    /// What decides it: `H`, `ψ1`.
    #[serde(default)]
    pub symbol: String,
    /// Its number, information in nats; NaN where none is known.
    #[serde(default, with = "number")]
    pub number: f64,
    /// The number and where it comes from.
    pub evidence: String,
}

/// A paper, or another collection of statements, and what a run says of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PaperReport {
    /// Key of its citations.
    pub key: String,
    /// Title.
    pub title: String,
    /// In the paper's order; empty for a collection.
    pub authors: Vec<String>,
    /// Year of publication.
    pub year: Option<i32>,
    /// Where it can be read.
    pub link: Option<String>,
    /// Its entry for BibTeX.
    pub bibtex: Option<String>,
    /// What it is to the reader.
    pub kind: PaperKind,
    /// What a reader has to know beforehand.
    pub note: String,
    /// What of the paper no claim tests.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub untested: Vec<String>,
    /// In the paper's order.
    pub statements: Vec<StatementReport>,
}

/// A statement of a paper and its standing.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct StatementReport {
    /// Where it stands.
    pub place: String,
    /// For tables.
    pub short: String,
    /// What the paper says.
    pub says: String,
    /// Claims and sections that test it.
    pub tests: Vec<String>,
    /// The answer that the paper's file gives.
    pub answer: Answer,
    /// The condition of [`Answer::UnderCondition`].
    pub condition: Option<String>,
    /// What else is to be said.
    pub remark: String,
    /// Whether this run bears the answer out.
    pub standing: AnswerStanding,
}

/// Whether a run bears out the answer to a statement: the answer is printed for
/// [`AnswerStanding::AsStated`] alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AnswerStanding {
    /// Every test was run and came out as the answer needs it.
    AsStated,
    /// A test came out otherwise, or none has what the answer needs: a case that is refuted for
    /// "under a condition", "for the bound only" and "fails".
    NotAsStated,
    /// Nothing came out otherwise, something is undecided.
    Undecided,
    /// Some of the tests were not run; those that were came out as the answer needs them.
    InPart,
    /// None of the tests was run.
    NotTested,
}

impl std::fmt::Display for AnswerStanding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            Self::AsStated => "as stated",
            Self::NotAsStated => "not as stated",
            Self::Undecided => "undecided",
            Self::InPart => "tested in part",
            Self::NotTested => "not tested",
        })
    }
}
