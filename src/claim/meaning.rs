//! What the names of an expression mean in a section.

use std::sync::Arc;

use crate::claim::expression::Expression;
use crate::quantity::Quantity;

/// An expression of a section with the meaning of its names.
pub(super) struct Meaning<'a> {
    /// The expression, shared by all cases.
    pub expression: Arc<Expression>,
    /// One for each of its references.
    pub bindings: Vec<Binding<'a>>,
}

/// The meaning of one reference.
pub(super) enum Binding<'a> {
    /// A constant or a literal.
    Number(f64),
    /// A numeric axis.
    Axis(&'a str),
    /// A quantity with its arguments, none of which is a quantity.
    Quantity(&'static Quantity, Vec<Binding<'a>>),
    /// `baseline(quantity)`: the same with the schedule of the axis `baseline`.
    Baseline(&'static Quantity),
}
