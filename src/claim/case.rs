//! What a claim file expands into before the first random draw: sections, cases, points.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::claim::expression::Expression;
use crate::claim::inequality::Inequality;
use crate::claim::statement::EveryCase;
use crate::claim::verdict::{Relation, Verdict};
use crate::numeric::number;
use crate::quantity::Need;
use crate::quantity::axis::AxisValue;

/// What a claim says of itself, from its file to every report.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct ClaimHeader {
    /// Kebab-case, permanent.
    pub id: String,
    /// A sentence fragment for headings.
    pub title: String,
    /// The mathematical statement in Unicode.
    pub statement: String,
    /// Citation: `[ABZ26, Thm. 1]`; empty without one.
    pub cite: String,
    /// Where it comes from, in any words.
    pub origin: String,
    /// Names of the assumptions it is stated under.
    pub assumes: Vec<String>,
    /// What holds, what is loose, what breaks; empty without a remark.
    pub remark: String,
}

/// A claim: a statement on a set of axes, with its controls and breaks.
#[derive(Debug, Clone)]
pub struct Claim {
    /// What it says of itself.
    pub header: ClaimHeader,
    /// The file it was read from.
    pub path: PathBuf,
    /// xxh3 of its text.
    pub hash: u64,
    /// The statement under test.
    pub main: Section,
    /// False neighbours: each must come out refuted.
    pub controls: Vec<Section>,
    /// Where the statement must fail: each must come out refuted.
    pub breaks: Vec<Section>,
}

impl Claim {
    /// The sections with the first half of their cases' addresses: `main`, `control-1`, …,
    /// `break-1`, ….
    pub fn sections(&self) -> impl Iterator<Item = (String, &Section)> {
        named_sections(&self.main, &self.controls, &self.breaks)
    }
}

/// The sections of a claim, each with its name: `main`, `control-1`, …, `break-1`, ….
pub fn named_sections<'a, T>(
    main: &'a T,
    controls: &'a [T],
    breaks: &'a [T],
) -> impl Iterator<Item = (String, &'a T)> {
    let controls = (1..).map(|i| format!("control-{i}")).zip(controls);
    let breaks = (1..).map(|i| format!("break-{i}")).zip(breaks);
    std::iter::once(("main".to_owned(), main)).chain(controls).chain(breaks)
}

/// The main statement, one control or one break.
#[derive(Debug, Clone)]
pub struct Section {
    /// Why it must be refuted; empty for the main statement.
    pub why: String,
    /// Left side as written.
    pub lhs: String,
    /// Right side as written; empty for a slope.
    pub rhs: String,
    /// The relation.
    pub relation: Relation,
    /// The constants that the expressions use.
    pub constants: BTreeMap<String, f64>,
    /// Smallest violation that the run must be able to see, relative to |rhs| (|lhs| where rhs = 0;
    /// for a slope, absolute in the exponent; for a bounded sequence, of growth per e-fold relative
    /// to the last value), > 0.
    pub margin: f64,
    /// For a slope: what it is taken against, and the interval allowed; for a bounded sequence that
    /// of its growth, [−∞, −decay].
    pub slope: Option<SlopeStatement>,
    /// What a combination of the axes must satisfy, as written: `shannon >= ln(2)`.
    pub hypotheses: Vec<String>,
    /// What the file expects.
    pub expected: Verdict,
    /// One per combination of the axes (for a slope: of the axes that the fit does not run along)
    /// that satisfies the hypotheses.
    pub cases: Vec<Case>,
    /// Number of points that do not satisfy them.
    pub left_out: usize,
    /// What holds for every value of an axis, where one has `all`: proved, not measured.
    pub every: Vec<EveryCase>,
}

/// The statement of a relation along an axis.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SlopeStatement {
    /// Axis or quantity on the abscissa.
    pub against: String,
    /// Allowed interval of the exponent.
    #[serde(with = "number")]
    pub between: [f64; 2],
}

/// One combination of the axes.
#[derive(Debug, Clone)]
pub struct Case {
    /// Axis values by name, without those that a fit runs along. `source` is a canonical spec, or
    /// the template where the fit runs along what fills it.
    pub axes: BTreeMap<String, AxisValue>,
    /// One point for an inequality; for a slope all points of the fit, in the order of the axes.
    pub points: Vec<Point>,
}

/// One place where both sides are evaluated.
#[derive(Debug, Clone)]
pub struct Point {
    /// Every axis value there; `source` is a canonical spec.
    pub axes: BTreeMap<String, AxisValue>,
    /// Left side.
    pub lhs: Bound,
    /// Right side; `None` for a slope.
    pub rhs: Option<Bound>,
    /// What a slope is taken against; `None` for an inequality.
    pub abscissa: Option<Bound>,
    /// What it satisfies; a search looks no farther.
    pub hypotheses: Vec<Hypothesis>,
}

/// A hypothesis at one combination of the axes.
#[derive(Debug, Clone)]
pub struct Hypothesis {
    /// Left side.
    pub lhs: Bound,
    /// How the sides compare.
    pub inequality: Inequality,
    /// Right side.
    pub rhs: Bound,
}

/// An expression with its names bound to numbers and to quantities that are still to be measured.
#[derive(Debug, Clone)]
pub struct Bound {
    /// The expression, shared by every case of a section.
    pub expression: Arc<Expression>,
    /// One for each of [`Expression::references`], in that order.
    pub inputs: Vec<Input>,
}

/// What stands behind a name in one case.
#[derive(Debug, Clone)]
pub enum Input {
    /// A constant or the value of an axis.
    Number(f64),
    /// A quantity to be measured.
    Need(Need),
}
