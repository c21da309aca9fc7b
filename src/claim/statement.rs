//! An inequality for every SNR of a range and every value of a parameter: what a proof decides.

use std::collections::BTreeMap;

use crate::claim::expression::Expression;
use crate::claim::verdict::Relation;
use crate::quantity::axis::AxisValue;
use crate::spec::Spec;

/// One combination of a section's axes of which one or more take every value of a range.
#[derive(Debug, Clone)]
pub struct EveryCase {
    /// Axis values by name; a range is text, `0..inf`, and a source keeps the `{name}` of one.
    pub axes: BTreeMap<String, AxisValue>,
    /// What is to be proved.
    pub statement: RangeStatement,
}

/// An inequality between two expressions for a law, every SNR of a range and every value of a
/// parameter of the law.
#[derive(Debug, Clone)]
pub struct RangeStatement {
    /// The law; `{name}` stands for the parameter.
    pub source: Spec,
    /// Its atoms where it is no kind of law but a table of decimals: a row per atom, the
    /// coordinates and last the weight, in proportion.
    pub atoms: Option<Vec<Vec<String>>>,
    /// The parameter's name and range, 0 < lo ≤ hi.
    pub parameter: Option<(String, [f64; 2])>,
    /// The SNRs, 0 ≤ lo ≤ hi ≤ ∞ and hi > 0; the SNR 0 itself is left out.
    pub snr: [f64; 2],
    /// Left side.
    pub lhs: Side,
    /// `==`, `<=` or `>=`.
    pub relation: Relation,
    /// Right side.
    pub rhs: Side,
}

/// One side of the inequality.
#[derive(Debug, Clone)]
pub struct Side {
    /// The expression.
    pub expression: Expression,
    /// What stands behind each of its references.
    pub operands: Vec<Operand>,
}

/// What stands behind a name of an expression in a proof.
#[derive(Debug, Clone, PartialEq)]
pub enum Operand {
    /// A constant, as the decimal that was read.
    Number(f64),
    /// The SNR.
    Snr,
    /// The parameter that the proof runs over.
    Parameter,
    /// A quantity by name, with the number in its parentheses.
    Quantity(String, Option<f64>),
}
