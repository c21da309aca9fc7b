//! Expressions of the claim language: a tree over named inputs, its value and its exact partial derivatives.
//!
//! `claim/syntax.rs` reads them. Names have no meaning here: [`Expression::references`] lists what a claim must supply,
//! in the order of the inputs.

use std::fmt;
use std::ops::Range;

use crate::claim::syntax;

/// A parsed expression: `C * shannon^2`.
#[derive(Debug, Clone, PartialEq)]
pub struct Expression {
    pub(super) text: String,
    pub(super) root: Node,
    references: Vec<Reference>,
}

/// A name that an expression uses: a constant, an axis, or a quantity with its arguments.
#[derive(Debug, Clone)]
pub struct Reference {
    /// `shannon`, `C`, `renyi`, …
    pub name: String,
    /// What stands in its parentheses; empty without them.
    pub arguments: Vec<Actual>,
    /// Byte range in the expression of its first use.
    pub span: Range<usize>,
}

/// The same name with the same arguments, wherever it stands.
impl PartialEq for Reference {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name && self.arguments == other.arguments
    }
}

/// One argument of a quantity.
#[derive(Debug, Clone)]
pub enum Actual {
    /// `renyi(2)`.
    Number(f64),
    /// `bound_paper(C)`: a constant or an axis, and where it stands.
    Name(String, Range<usize>),
}

impl PartialEq for Actual {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Number(a), Self::Number(b)) => a.to_bits() == b.to_bits(),
            (Self::Name(a, _), Self::Name(b, _)) => a == b,
            _ => false,
        }
    }
}

/// Why a text is no expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExpressionError {
    /// Byte range in the text; empty at its end.
    pub span: Range<usize>,
    /// What is wrong.
    pub message: String,
    /// The remedy, if one can be named.
    pub help: Option<String>,
}

/// The tree.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Node {
    /// A literal.
    Number(f64),
    /// Index of a reference.
    Input(usize),
    /// −u.
    Negate(Box<Node>),
    /// A function of one argument.
    Unary(Unary, Box<Node>),
    /// An operator, or `min` or `max` (of more than two arguments: nested to the left).
    Binary(Binary, Box<Node>, Box<Node>),
}

/// Functions of one argument.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unary {
    /// Natural logarithm.
    Ln,
    /// e^u.
    Exp,
    /// √u.
    Sqrt,
    /// |u|.
    Abs,
    /// cos u, radians.
    Cos,
    /// arctan u, radians.
    Atan,
}

/// Operators and functions of two arguments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Binary {
    /// u + v.
    Add,
    /// u − v.
    Subtract,
    /// u · v.
    Multiply,
    /// u / v.
    Divide,
    /// u^v.
    Power,
    /// The smaller; NaN if either is.
    Min,
    /// The larger; NaN if either is.
    Max,
}

impl Expression {
    /// Reads an expression: numbers, names, calls, `+ - * / ^` (`^` binds tightest and to the right; a leading `-` binds
    /// below it, so −x² is −(x²)), `ln exp sqrt abs cos atan min max`, parentheses, `inf`.
    ///
    /// # Errors
    /// The place and the reason, where the text is anything else.
    pub fn parse(text: &str) -> Result<Self, ExpressionError> {
        let (root, references) = syntax::parse(text)?;
        Ok(Self { text: text.to_owned(), root, references })
    }

    /// The distinct names it uses, in the order of its inputs.
    pub fn references(&self) -> &[Reference] {
        &self.references
    }

    /// The value and ∂/∂input of every input, exact to rounding.
    ///
    /// `inputs` has one number for each of [`Expression::references`]; infinite ones are allowed: `C * inf^2` is ∞. In
    /// the chain rule a factor 0 wins over ∞, so an input that does not enter has derivative 0 whatever the others are;
    /// where a derivative is infinite (√ at 0) the entry is ∞, and a caller with an exact input must skip it.
    ///
    /// # Panics
    /// Where `inputs` and the references differ in number.
    pub fn value_and_gradient(&self, inputs: &[f64]) -> (f64, Vec<f64>) {
        assert_eq!(inputs.len(), self.references.len(), "one input for each reference of `{}`", self.text);
        let dual = self.root.dual(inputs);
        (dual.value, dual.gradient)
    }
}

impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

/// A value with its derivatives by every input.
struct Dual {
    value: f64,
    gradient: Vec<f64>,
}

impl Dual {
    /// f(u) from f and f′ at u.
    fn chain(self, value: f64, derivative: f64) -> Self {
        Self { value, gradient: self.gradient.iter().map(|&g| times(derivative, g)).collect() }
    }

    /// f(u, v) from f and its two partial derivatives.
    fn join(&self, other: &Self, value: f64, [by_self, by_other]: [f64; 2]) -> Self {
        let pairs = self.gradient.iter().zip(&other.gradient);
        Self { value, gradient: pairs.map(|(&g, &h)| times(by_self, g) + times(by_other, h)).collect() }
    }
}

/// A product in the chain rule: 0 · ∞ = 0.
fn times(derivative: f64, tangent: f64) -> f64 {
    if is_zero(derivative) || is_zero(tangent) { 0.0 } else { derivative * tangent }
}

/// Exactly ±0.
fn is_zero(x: f64) -> bool {
    x.abs() < f64::from_bits(1)
}

impl Node {
    pub(super) fn value(&self, inputs: &[f64]) -> f64 {
        self.dual(inputs).value
    }

    fn dual(&self, inputs: &[f64]) -> Dual {
        match self {
            Self::Number(x) => Dual { value: *x, gradient: vec![0.0; inputs.len()] },
            Self::Input(i) => {
                let mut gradient = vec![0.0; inputs.len()];
                gradient[*i] = 1.0;
                Dual { value: inputs[*i], gradient }
            }
            Self::Negate(u) => {
                let u = u.dual(inputs);
                let value = -u.value;
                u.chain(value, -1.0)
            }
            Self::Unary(function, u) => {
                let u = u.dual(inputs);
                let (value, derivative) = function.apply(u.value);
                u.chain(value, derivative)
            }
            Self::Binary(operator, u, v) => {
                let (u, v) = (u.dual(inputs), v.dual(inputs));
                let (value, partials) = operator.apply(u.value, v.value);
                u.join(&v, value, partials)
            }
        }
    }
}

impl Unary {
    /// Its name in expressions.
    pub(super) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "ln" => Self::Ln,
            "exp" => Self::Exp,
            "sqrt" => Self::Sqrt,
            "abs" => Self::Abs,
            "cos" => Self::Cos,
            "atan" => Self::Atan,
            _ => return None,
        })
    }

    /// f(u) and f′(u). |u| has slope 1 at 0: an error in u is an error in |u|.
    fn apply(self, u: f64) -> (f64, f64) {
        match self {
            Self::Ln => (u.ln(), u.recip()),
            Self::Exp => (u.exp(), u.exp()),
            Self::Sqrt => (u.sqrt(), 0.5 / u.sqrt()),
            Self::Abs => (u.abs(), u.signum()),
            Self::Cos => (u.cos(), -u.sin()),
            Self::Atan => (u.atan(), (1.0 + u * u).recip()),
        }
    }
}

impl Binary {
    /// `min` and `max`.
    pub(super) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "min" => Self::Min,
            "max" => Self::Max,
            _ => return None,
        })
    }

    /// f(u, v) and its partial derivatives; at a tie `min` and `max` follow the first argument.
    fn apply(self, u: f64, v: f64) -> (f64, [f64; 2]) {
        let pick = |first: bool| if first { (u, [1.0, 0.0]) } else { (v, [0.0, 1.0]) };
        match self {
            Self::Add => (u + v, [1.0, 1.0]),
            Self::Subtract => (u - v, [1.0, -1.0]),
            Self::Multiply => (u * v, [v, u]),
            Self::Divide => (u / v, [v.recip(), -(u / v) / v]),
            Self::Power => (u.powf(v), [power_by_base(u, v), power_by_exponent(u, v)]),
            Self::Min | Self::Max if u.is_nan() || v.is_nan() => (f64::NAN, [1.0, 1.0]),
            Self::Min => pick(u <= v),
            Self::Max => pick(u >= v),
        }
    }
}

/// ∂(u^v)/∂u = v u^(v−1); 0 for the constant u⁰.
fn power_by_base(u: f64, v: f64) -> f64 {
    if is_zero(v) { 0.0 } else { v * u.powf(v - 1.0) }
}

/// ∂(u^v)/∂v = u^v ln u; 0 where u^v is 0, its limit.
fn power_by_exponent(u: f64, v: f64) -> f64 {
    times(u.powf(v), u.ln())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Central differences at h = 1e-6·|x|: truncation 1e-12, rounding 1e-10, against derivatives of size 1 … 1e2.
    const DIFFERENCE: f64 = 1e-6;
    /// Relative error of such a difference.
    const GRADIENT: f64 = 1e-7;
    /// Values by hand: rounding alone.
    const VALUE: f64 = 1e-14;

    fn value(text: &str, inputs: &[f64]) -> f64 {
        Expression::parse(text).unwrap().value_and_gradient(inputs).0
    }

    #[test]
    fn values_by_hand() {
        for (text, inputs, expected) in [
            ("1 + 2 * 3", &[][..], 7.0),
            ("-2^2", &[], -4.0),
            ("2^-1", &[], 0.5),
            ("2^3^2", &[], 512.0),
            ("(2^3)^2", &[], 64.0),
            ("10 - 4 - 3", &[], 3.0),
            ("24 / 4 / 3", &[], 2.0),
            ("-x * -x", &[3.0], 9.0),
            ("1.5e-3 * 1E3", &[], 1.5),
            ("min(x, max(y, 2))", &[5.0, 1.0], 2.0),
            ("min(x, y, 2)", &[5.0, 1.0], 1.0),
            ("ln(exp(x)) + sqrt(abs(-4))", &[0.25], 2.25),
            ("renyi(2) + renyi(2) - renyi(C)", &[3.0, 1.0], 5.0),
        ] {
            let got = value(text, inputs);
            assert!((got - expected).abs() <= VALUE * expected.abs(), "{text} at {inputs:?}: {got}, not {expected}");
        }
    }

    #[test]
    fn gradients_match_central_differences() {
        for text in [
            "x*y + z^2 / x",
            "4 * (2 + sqrt(x^2 + y))^2",
            "ln(exp(x) - 1)^2 + abs(y - z)",
            "min(x*y, z) - max(x, y^z)",
            "-x^y^0.5 / (1 + z)",
            "x - -y*z + 3",
            "cos(x * y) - 2 * atan(z / x)",
        ] {
            let expression = Expression::parse(text).unwrap();
            let at = [1.3, 0.7, 2.1];
            let n = expression.references().len();
            let (_, gradient) = expression.value_and_gradient(&at[..n]);
            for i in 0..n {
                let shifted = |by: f64| {
                    let mut x = at;
                    x[i] += by;
                    expression.value_and_gradient(&x[..n]).0
                };
                let expected = (shifted(DIFFERENCE) - shifted(-DIFFERENCE)) / (2.0 * DIFFERENCE);
                let error = (gradient[i] - expected).abs();
                assert!(error <= GRADIENT * expected.abs().max(1.0), "{text}, input {i}: {} {expected}", gradient[i]);
            }
        }
    }

    /// Limits: each value and gradient is the one-sided limit; nothing is NaN.
    #[test]
    fn ends_of_the_domain() {
        const INF: f64 = f64::INFINITY;
        for (text, inputs, value, gradient) in [
            ("x^0.5", &[0.0][..], 0.0, &[INF][..]),
            ("ln(x)", &[0.0], -INF, &[INF]),
            ("C * shannon^2", &[4.0, INF], INF, &[INF, INF]),
            ("snr * mmse + 0 * C", &[2.0, 3.0, 1.0], 6.0, &[3.0, 2.0, 0.0]),
            ("min(shannon, x)", &[INF, 2.0], 2.0, &[0.0, 1.0]),
            ("x / shannon", &[2.0, INF], 0.0, &[0.0, 0.0]),
            ("x^0", &[0.0], 1.0, &[0.0]),
            ("x^y", &[0.0, 2.0], 0.0, &[0.0, 0.0]),
            ("exp(-1 / x)", &[0.0], 0.0, &[0.0]),
            ("renyi(inf) + inf", &[1.0], INF, &[1.0]),
        ] {
            let (got, by) = Expression::parse(text).unwrap().value_and_gradient(inputs);
            assert_eq!(got.to_bits(), f64::to_bits(value), "{text}: {got}");
            for (a, b) in by.iter().zip(gradient) {
                assert!((a - b).abs() <= VALUE || (a.is_infinite() && a.to_bits() == b.to_bits()), "{text}: {by:?}");
            }
        }
    }

    #[test]
    fn a_nan_is_never_swallowed() {
        assert!(value("min(x, 1)", &[f64::NAN]).is_nan());
        assert!(value("max(1, x)", &[f64::NAN]).is_nan());
    }

    #[test]
    fn equal_references_share_an_input() {
        let expression = Expression::parse("renyi(2) * renyi(2) + renyi(a) * renyi(3) * a").unwrap();
        let names: Vec<_> = expression.references().iter().map(|r| (r.name.as_str(), r.arguments.len())).collect();
        assert_eq!(names, [("renyi", 1), ("renyi", 1), ("renyi", 1), ("a", 0)]);
        assert_eq!(expression.references()[0].span, 0..8);
    }
}
