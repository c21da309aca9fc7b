//! The rivals of a bound that is written as a minimum: `min(bound_entropy, bound_dimension)` has
//! two.

use crate::claim::expression::Expression;
use crate::claim::tree::{Binary, Node};

impl Expression {
    /// The arguments of an outermost `min` or `max`, as written; empty for any other expression.
    pub fn alternatives(&self) -> Vec<&str> {
        // In parentheses of its own it is taken as one number.
        let bare =
            ["min", "max"].into_iter().find_map(|name| self.text.trim().strip_prefix(name)).map(str::trim);
        let inside = bare.and_then(|call| call.strip_prefix('(')?.strip_suffix(')'));
        let (Node::Binary(Binary::Min | Binary::Max, ..), Some(inside)) = (&self.root, inside) else {
            return Vec::new();
        };
        let (mut depth, mut start, mut found) = (0_i32, 0, Vec::new());
        for (at, c) in inside.char_indices() {
            match c {
                '(' => depth += 1,
                ')' => depth -= 1,
                ',' if depth == 0 => {
                    found.push(inside[start..at].trim());
                    start = at + 1;
                }
                _ => {}
            }
        }
        found.push(inside[start..].trim());
        found
    }

    /// Their values, in the same order; `inputs` as for [`Expression::value_and_gradient`].
    pub fn values_of_alternatives(&self, inputs: &[f64]) -> Vec<f64> {
        let mut node = &self.root;
        let mut values = Vec::new();
        for _ in 1..self.alternatives().len() {
            let Node::Binary(_, rest, last) = node else { unreachable!("k arguments nest k − 1 times") };
            values.push(last.value(inputs));
            node = rest;
        }
        if !values.is_empty() {
            values.push(node.value(inputs));
        }
        values.reverse();
        values
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_those_of_the_outermost_minimum() {
        let cases: [(&str, &[&str], &[f64]); 5] = [
            ("min(x, 2*y, max(x, y))", &["x", "2*y", "max(x, y)"], &[3.0, 10.0, 5.0]),
            (" max (min(x, y), 2) ", &["min(x, y)", "2"], &[3.0, 2.0]),
            ("(max(x, y))", &[], &[]),
            ("min(x, y) + min(x, y)", &[], &[]),
            ("x * y", &[], &[]),
        ];
        for (text, names, values) in cases {
            let expression = Expression::parse(text).unwrap();
            assert_eq!(expression.alternatives(), names, "{text}");
            assert_eq!(expression.values_of_alternatives(&[3.0, 5.0]), values, "{text}");
        }
    }
}
