//! Expressions of the claim language: text, tree and the names it uses.
//!
//! `claim/syntax.rs` reads them. Names have no meaning here: [`Expression::references`] lists what
//! a claim must supply, in the order of the inputs.

use std::fmt;

use crate::claim::syntax;
pub use crate::claim::tree::{Actual, ExpressionError, Reference};
use crate::claim::tree::{Binary, Node, Unary};

/// A parsed expression: `C * shannon^2`.
#[derive(Debug, Clone, PartialEq)]
pub struct Expression {
    pub(super) text: String,
    pub(super) root: Node,
    references: Vec<Reference>,
}

impl Expression {
    /// Reads an expression: numbers, names, calls, `+ - * / ^` (`^` binds tightest and to the
    /// right; a leading `-` binds below it, so −x² is −(x²)), `ln exp sqrt abs cos atan min max`,
    /// parentheses, `inf`.
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

    /// Whether it is |a − b|.
    pub fn is_deviation(&self) -> bool {
        let Node::Unary(Unary::Abs, inside) = &self.root else { return false };
        matches!(**inside, Node::Binary(Binary::Subtract, ..))
    }

    /// The value and ∂/∂input of every input, exact to rounding.
    ///
    /// `inputs` has one number for each of [`Expression::references`]; infinite ones are allowed:
    /// `C * inf^2` is ∞. In the chain rule a factor 0 wins over ∞, so an input that does not enter
    /// has derivative 0 whatever the others are; where a derivative is infinite (√ at 0) the entry
    /// is ∞, and a caller with an exact input must skip it.
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Central differences at h = 1e-6·|x|: truncation 1e-12, rounding 1e-10, against derivatives
    /// of size 1 … 1e2.
    const DIFFERENCE: f64 = 1e-6;
    /// Relative error of such a difference.
    const GRADIENT: f64 = 1e-7;
    /// Values by hand: rounding alone.
    const VALUE: f64 = 1e-14;

    #[test]
    fn deviations_are_told_from_other_expressions() {
        let is_deviation = |text: &str| Expression::parse(text).unwrap().is_deviation();
        assert!(is_deviation("abs(steps * path_kl / (F * ratio_log) - 1)"));
        for other in
            ["abs(mmse_slope) + 5", "abs(mmse) - abs(loss)", "abs(mmse)", "mmse - lmmse", "abs(-mmse)"]
        {
            assert!(!is_deviation(other), "{other}");
        }
    }

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
            assert!(
                (got - expected).abs() <= VALUE * expected.abs(),
                "{text} at {inputs:?}: {got}, not {expected}"
            );
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
                assert!(
                    error <= GRADIENT * expected.abs().max(1.0),
                    "{text}, input {i}: {} {expected}",
                    gradient[i]
                );
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
                assert!(
                    (a - b).abs() <= VALUE || (a.is_infinite() && a.to_bits() == b.to_bits()),
                    "{text}: {by:?}"
                );
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
        let names: Vec<_> =
            expression.references().iter().map(|r| (r.name.as_str(), r.arguments.len())).collect();
        assert_eq!(names, [("renyi", 1), ("renyi", 1), ("renyi", 1), ("a", 0)]);
        assert_eq!(expression.references()[0].span, 0..8);
    }
}
