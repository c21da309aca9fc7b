//! An expression over anything that can be added, multiplied and so on.

use crate::claim::expression::Expression;
use crate::claim::tree::{Binary, Node, Unary};

/// What an expression may be evaluated over.
pub trait Algebra: Clone {
    /// A literal of the expression, as the program read it.
    fn number(x: f64) -> Self;
    /// −u.
    fn negative(u: Self) -> Self;
    /// A function of one argument.
    fn unary(function: Unary, u: Self) -> Self;
    /// An operator, or a function of two arguments.
    fn binary(operator: Binary, u: Self, v: Self) -> Self;
}

impl Expression {
    /// Its value over an algebra; `inputs` has one element for each of [`Expression::references`].
    ///
    /// # Panics
    /// Where `inputs` and the references differ in number.
    pub fn over<A: Algebra>(&self, inputs: &[A]) -> A {
        assert_eq!(inputs.len(), self.references().len(), "one input for each reference of `{self}`");
        self.root.over(inputs)
    }
}

impl Node {
    fn over<A: Algebra>(&self, inputs: &[A]) -> A {
        match self {
            Self::Number(x) => A::number(*x),
            Self::Input(i) => inputs[*i].clone(),
            Self::Negate(u) => A::negative(u.over(inputs)),
            Self::Unary(function, u) => A::unary(*function, u.over(inputs)),
            Self::Binary(operator, u, v) => A::binary(*operator, u.over(inputs), v.over(inputs)),
        }
    }
}
