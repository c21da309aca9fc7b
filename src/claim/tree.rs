//! The tree of an expression, its value and its exact partial derivatives.

use std::ops::Range;

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

/// A name with its arguments, wherever it stands.
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

impl ExpressionError {
    pub(super) fn new(span: Range<usize>, message: impl Into<String>) -> Self {
        Self { span, message: message.into(), help: None }
    }

    pub(super) fn with_help(self, help: impl Into<String>) -> Self {
        Self { help: Some(help.into()), ..self }
    }
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
pub enum Unary {
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
pub enum Binary {
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

/// A value with its derivatives by every input.
pub(super) struct Dual {
    pub value: f64,
    pub gradient: Vec<f64>,
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

    pub(super) fn dual(&self, inputs: &[f64]) -> Dual {
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
