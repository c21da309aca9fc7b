//! The grammar of expressions: tokens, then precedence climbing (V. Pratt, "Top down operator
//! precedence", 1973).

use std::ops::Range;

use crate::claim::tree::{Actual, Binary, ExpressionError, Node, Reference, Unary};
use crate::numeric::interval::is_kept;

/// Names of the functions that the grammar knows; every other call is a quantity.
pub const FUNCTIONS: [&str; 8] = ["ln", "exp", "sqrt", "abs", "cos", "atan", "min", "max"];

/// Functions of other languages, and what is written here instead.
const ELSEWHERE: [(&str, &str); 8] = [
    ("log", "the natural logarithm is `ln`; to the base 2, write `ln(x)/ln(2)`"),
    ("log2", "write `ln(x)/ln(2)`"),
    ("log10", "write `ln(x)/ln(10)`"),
    ("log1p", "write `ln(1 + x)`"),
    ("pow", "write powers with `^`: `x^2`"),
    ("sqr", "write `x^2`"),
    ("arctan", "did you mean `atan`?"),
    ("sin", "write `cos(x - 1.5707963267948966)`"),
];

/// How tightly a leading `-` holds its operand: below `^`, above `*`.
const NEGATION: u8 = 5;
/// Deepest nesting: far beyond any formula, far below the stack.
const DEPTH: usize = 100;
/// Most numbers, names and symbols: `a + b + …` nests to the left as deep as it is long.
const MOST_TOKENS: usize = 4000;

#[derive(Debug, Clone, Copy, PartialEq)]
enum Token<'a> {
    Number(f64),
    Name(&'a str),
    Symbol(char),
    End,
}

/// The tree of `text` and the distinct references it uses.
pub(super) fn parse(text: &str) -> Result<(Node, Vec<Reference>), ExpressionError> {
    let mut parser = Parser { tokens: tokens(text)?, at: 0, depth: 0, references: Vec::new() };
    let root = parser.expression(0)?;
    match parser.peek() {
        Token::End => Ok((root, parser.references)),
        Token::Symbol(')') => Err(parser.error("a `)` without its `(`")),
        Token::Symbol(',') => Err(parser.error("a `,` outside a call")),
        _ => Err(parser.error("expected an operator").with_help("write products with `*`")),
    }
}

/// Tokens with their byte ranges, an [`Token::End`] last.
fn tokens(text: &str) -> Result<Vec<(Token<'_>, Range<usize>)>, ExpressionError> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        if found.len() > MOST_TOKENS {
            let message = format!("goes beyond {MOST_TOKENS} numbers, names and symbols");
            return Err(
                ExpressionError::new(at..at + c.len_utf8(), message).with_help("state a shorter expression")
            );
        }
        let rest = &text[at..];
        let length = match c {
            _ if c.is_whitespace() => c.len_utf8(),
            '0'..='9' | '.' => {
                let length = number_length(rest);
                let number: f64 = rest[..length].parse().map_err(|_| {
                    ExpressionError::new(at..at + length, format!("`{}` is not a number", &rest[..length]))
                })?;
                if !is_kept(&rest[..length]) {
                    let message = format!("`{}` has more digits than a number keeps", &rest[..length]);
                    return Err(ExpressionError::new(at..at + length, message)
                        .with_help(format!("it would be {number}: write that")));
                }
                found.push((Token::Number(number), at..at + length));
                length
            }
            _ if c.is_alphabetic() || c == '_' => {
                let length = rest
                    .find(|c: char| !c.is_alphabetic() && !c.is_ascii_digit() && c != '_')
                    .unwrap_or(rest.len());
                let name = &rest[..length];
                let token = match name {
                    "inf" => Token::Number(f64::INFINITY),
                    "γ" => Token::Name("snr"),
                    _ => Token::Name(name),
                };
                found.push((token, at..at + length));
                length
            }
            '*' if rest.starts_with("**") => {
                return Err(ExpressionError::new(at..at + 2, "`**` is no operator")
                    .with_help("write powers with `^`"));
            }
            '+' | '-' | '*' | '/' | '^' | '(' | ')' | ',' => {
                found.push((Token::Symbol(c), at..at + 1));
                1
            }
            _ => {
                return Err(ExpressionError::new(
                    at..at + c.len_utf8(),
                    format!("`{c}` has no meaning here"),
                )
                .with_help("operators are + - * / ^, functions ln exp sqrt abs min max"));
            }
        };
        at += length;
    }
    found.push((Token::End, text.len()..text.len()));
    Ok(found)
}

/// Length of a number with its fraction and exponent; letters glued to it are taken along, to be
/// refused.
fn number_length(text: &str) -> usize {
    let mut after_exponent = false;
    text.char_indices()
        .find(|&(_, c)| {
            let part = c.is_ascii_alphanumeric() || c == '.' || (after_exponent && (c == '+' || c == '-'));
            after_exponent = c == 'e' || c == 'E';
            !part
        })
        .map_or(text.len(), |(end, _)| end)
}

struct Parser<'a> {
    tokens: Vec<(Token<'a>, Range<usize>)>,
    at: usize,
    depth: usize,
    references: Vec<Reference>,
}

impl<'a> Parser<'a> {
    fn peek(&self) -> Token<'a> {
        self.tokens[self.at].0
    }

    /// The token here; the cursor stays on [`Token::End`].
    fn next(&mut self) -> (Token<'a>, Range<usize>) {
        let here = self.tokens[self.at].clone();
        self.at = (self.at + 1).min(self.tokens.len() - 1);
        here
    }

    fn error(&self, message: impl Into<String>) -> ExpressionError {
        ExpressionError::new(self.tokens[self.at].1.clone(), message)
    }

    fn expect(&mut self, symbol: char) -> Result<Range<usize>, ExpressionError> {
        if self.peek() == Token::Symbol(symbol) {
            Ok(self.next().1)
        } else {
            Err(self.error(format!("expected `{symbol}`")))
        }
    }

    /// Everything that binds at least as tightly as `least`.
    fn expression(&mut self, least: u8) -> Result<Node, ExpressionError> {
        self.depth += 1;
        if self.depth > DEPTH {
            return Err(self.error(format!("nested more than {DEPTH} deep")));
        }
        let mut left = self.operand()?;
        while let Token::Symbol(symbol) = self.peek() {
            let Some((operator, left_power, right_power)) = binding(symbol) else { break };
            if left_power < least {
                break;
            }
            self.next();
            let right = self.expression(right_power)?;
            left = Node::Binary(operator, Box::new(left), Box::new(right));
        }
        self.depth -= 1;
        Ok(left)
    }

    fn operand(&mut self) -> Result<Node, ExpressionError> {
        match self.peek() {
            Token::Number(x) => {
                self.next();
                Ok(Node::Number(x))
            }
            Token::Name(name) => self.named(name),
            Token::Symbol('-') => {
                self.next();
                Ok(Node::Negate(Box::new(self.expression(NEGATION)?)))
            }
            Token::Symbol('(') => {
                self.next();
                let inner = self.expression(0)?;
                self.expect(')')?;
                Ok(inner)
            }
            Token::End => Err(self.error("ends where a number, a name or `(` is expected")),
            Token::Symbol(symbol) => {
                Err(self.error(format!("expected a number, a name or `(`, found `{symbol}`")))
            }
        }
    }

    /// A function, a reference, or a reference with arguments.
    fn named(&mut self, name: &str) -> Result<Node, ExpressionError> {
        let (_, span) = self.next();
        let called = self.peek() == Token::Symbol('(');
        if FUNCTIONS.contains(&name) && !called {
            return Err(ExpressionError::new(span, format!("`{name}` is a function"))
                .with_help(format!("write `{name}(…)`")));
        }
        if let Some(function) = Unary::named(name) {
            self.expect('(')?;
            let u = self.expression(0)?;
            self.expect(')')?;
            return Ok(Node::Unary(function, Box::new(u)));
        }
        if let Some(function) = Binary::named(name) {
            self.expect('(')?;
            let mut chain = self.expression(0)?;
            self.expect(',')?;
            loop {
                chain = Node::Binary(function, Box::new(chain), Box::new(self.expression(0)?));
                if self.peek() != Token::Symbol(',') {
                    break;
                }
                self.next();
            }
            self.expect(')')?;
            return Ok(chain);
        }
        if let (true, Some((_, help))) = (called, ELSEWHERE.iter().find(|(other, _)| *other == name)) {
            let message = format!("`{name}` is no function here");
            return Err(ExpressionError::new(span, message).with_help(*help));
        }
        let (arguments, end) = if called { self.actuals()? } else { (Vec::new(), span.end) };
        let reference = Reference { name: name.to_owned(), arguments, span: span.start..end };
        let known = self.references.iter().position(|r| *r == reference);
        Ok(Node::Input(known.unwrap_or_else(|| {
            self.references.push(reference);
            self.references.len() - 1
        })))
    }

    /// `(2, C)`: numbers, constants or axes; and where the list ends.
    fn actuals(&mut self) -> Result<(Vec<Actual>, usize), ExpressionError> {
        self.expect('(')?;
        let mut actuals = Vec::new();
        loop {
            actuals.push(match self.next() {
                (Token::Number(x), _) => Actual::Number(x),
                (Token::Name(name), span) => Actual::Name(name.to_owned(), span),
                (_, span) => {
                    return Err(ExpressionError::new(span, "expected a number, a constant or an axis")
                        .with_help(
                            "arguments of a quantity are not expressions; put the value under `constants`",
                        ));
                }
            });
            if self.peek() != Token::Symbol(',') {
                return Ok((actuals, self.expect(')')?.end));
            }
            self.next();
        }
    }
}

/// The operator of a symbol and its binding powers to the left and to the right.
fn binding(symbol: char) -> Option<(Binary, u8, u8)> {
    Some(match symbol {
        '+' => (Binary::Add, 1, 2),
        '-' => (Binary::Subtract, 1, 2),
        '*' => (Binary::Multiply, 3, 4),
        '/' => (Binary::Divide, 3, 4),
        '^' => (Binary::Power, 7, 6),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_point_at_the_offending_bytes() {
        for (text, span, word) in [
            ("", 0..0, "ends where"),
            ("C * ", 4..4, "ends where"),
            ("C * / 2", 4..5, "found `/`"),
            ("2 shannon", 2..9, "expected an operator"),
            ("1.5x", 0..4, "not a number"),
            ("1.2.3", 0..5, "not a number"),
            ("x ** 2", 2..4, "no operator"),
            ("a² + 1", 1..3, "no meaning"),
            ("(a + b", 6..6, "expected `)`"),
            ("a + b)", 5..6, "without its"),
            ("sqrt + 1", 0..4, "is a function"),
            ("min(a)", 5..6, "expected `,`"),
            ("renyi(a + 1)", 8..9, "expected `)`"),
            ("renyi((2))", 6..7, "expected a number, a constant or an axis"),
            ("a, b", 1..2, "outside a call"),
            ("2 * log(a + b)", 4..7, "no function here"),
        ] {
            let error = parse(text).expect_err(text);
            assert_eq!(error.span, span, "{text}: {error:?}");
            assert!(error.message.contains(word), "{text}: {error:?}");
        }
    }

    #[test]
    fn deep_nesting_is_an_error_and_not_a_crash() {
        let text = "(".repeat(2000);
        assert!(parse(&text).expect_err("too deep").message.contains("deep"));
        assert!(parse(&"-".repeat(2000)).expect_err("too deep").message.contains("deep"));
    }

    #[test]
    fn long_sums_end_at_a_stated_length() {
        let sum = |terms: usize| vec!["x"; terms].join(" + ");
        assert!(parse(&sum(MOST_TOKENS / 2)).is_ok());
        for terms in [MOST_TOKENS / 2 + 2, 100_000] {
            assert!(parse(&sum(terms)).expect_err("too long").message.contains("4000 numbers"));
        }
    }
}
