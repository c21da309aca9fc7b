//! Typed readings of spanned TOML values: each notes what is wrong and goes on.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::claim::expression::Expression;
use crate::claim::problem::Problems;
use crate::error::nearest;
use crate::numeric::interval::is_kept;

/// The entries of a table, in the order written.
#[derive(Debug)]
pub(super) struct TomlEntries<'a> {
    /// Where the table, or its header, stands.
    pub span: Range<usize>,
    entries: Vec<(&'a str, Range<usize>, &'a Spanned<DeValue<'a>>)>,
}

/// A claim's text while it is read.
#[derive(Debug)]
pub(super) struct ClaimReader<'a> {
    /// The file's text.
    pub text: &'a str,
    /// Points of the sections expanded so far.
    pub points: usize,
    /// What is wrong with it.
    pub problems: Problems,
}

/// The name of a value's type with its article.
fn type_of(value: &DeValue) -> &'static str {
    match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) | DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "a boolean",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

impl<'a> TomlEntries<'a> {
    /// The entries of `table`, which stands at `span`.
    pub(super) fn new(table: &'a DeTable<'a>, span: Range<usize>) -> Self {
        let mut entries: Vec<_> =
            table.iter().map(|(key, value)| (key.get_ref().as_ref(), key.span(), value)).collect();
        entries.sort_by_key(|(_, span, _)| span.start);
        Self { span, entries }
    }

    /// Entry by entry: key, where the key stands, value.
    pub(super) fn iter(
        &self,
    ) -> impl Iterator<Item = (&'a str, Range<usize>, &'a Spanned<DeValue<'a>>)> + '_ {
        self.entries.iter().map(|(key, span, value)| (*key, span.clone(), *value))
    }

    /// The value of `key`.
    pub(super) fn get(&self, key: &str) -> Option<&'a Spanned<DeValue<'a>>> {
        self.entries.iter().find(|(k, ..)| *k == key).map(|(.., value)| *value)
    }
}

impl<'a> ClaimReader<'a> {
    /// Notes that `value` is not what was expected.
    fn wrong_type(&mut self, key: &str, expected: &str, value: &Spanned<DeValue>) {
        self.problems
            .add(value.span(), format!("`{key}` must be {expected}, not {}", type_of(value.get_ref())));
    }

    /// Notes every key of `entries` that is not in `known`.
    pub(super) fn refuse_unknown(&mut self, entries: &TomlEntries, known: &[&str], whose: &str) {
        for (key, span, _) in entries.iter().filter(|(key, ..)| !known.contains(key)) {
            let help = match nearest(key, known.iter().copied()) {
                Some(name) => format!("did you mean `{name}`?"),
                None => format!("known here: {}", known.join(", ")),
            };
            self.problems.add_with_help(span, format!("unknown key `{key}` {whose}"), help);
        }
    }

    /// A string.
    pub(super) fn string(&mut self, key: &str, value: &Spanned<DeValue>) -> Option<Spanned<String>> {
        match value.get_ref() {
            DeValue::String(text) => Some(Spanned::new(value.span(), text.clone().into_owned())),
            _ => {
                self.wrong_type(key, "a string", value);
                None
            }
        }
    }

    /// A string that is not blank.
    pub(super) fn words(&mut self, key: &str, value: &Spanned<DeValue>) -> Option<Spanned<String>> {
        let text = self.string(key, value)?;
        if text.get_ref().trim().is_empty() {
            self.problems.add(value.span(), format!("`{key}` is empty"));
            return None;
        }
        Some(text)
    }

    /// A number, possibly infinite, never NaN.
    pub(super) fn number(&mut self, key: &str, value: &Spanned<DeValue>) -> Option<Spanned<f64>> {
        let number = match value.get_ref() {
            DeValue::Integer(n) => i64::from_str_radix(n.as_str(), n.radix()).ok().map(|n| n as f64),
            DeValue::Float(x) => x.as_str().parse::<f64>().ok(),
            _ => {
                self.wrong_type(key, "a number", value);
                return None;
            }
        };
        if let (DeValue::Float(written), Some(x)) = (value.get_ref(), number)
            && !is_kept(written.as_str())
        {
            let message = format!("`{key}` has more digits than a number keeps: it would be {x}");
            self.problems.add_with_help(value.span(), message, format!("write {x}"));
            return None;
        }
        match number {
            Some(x) if !x.is_nan() => Some(Spanned::new(value.span(), x)),
            _ => {
                self.problems.add(value.span(), format!("`{key}` must be a number that an f64 can hold"));
                None
            }
        }
    }

    /// A finite number.
    pub(super) fn finite(&mut self, key: &str, value: &Spanned<DeValue>) -> Option<Spanned<f64>> {
        let number = self.number(key, value)?;
        if number.get_ref().is_finite() {
            return Some(number);
        }
        self.problems.add(value.span(), format!("`{key}` must be finite"));
        None
    }

    /// The elements of a list.
    pub(super) fn list<'v>(
        &mut self,
        key: &str,
        value: &'v Spanned<DeValue<'v>>,
    ) -> Option<&'v [Spanned<DeValue<'v>>]> {
        match value.get_ref() {
            DeValue::Array(list) => Some(list),
            _ => {
                self.wrong_type(key, "a list", value);
                None
            }
        }
    }

    /// The entries of a table.
    pub(super) fn table<'v>(
        &mut self,
        key: &str,
        value: &'v Spanned<DeValue<'v>>,
    ) -> Option<TomlEntries<'v>> {
        match value.get_ref() {
            DeValue::Table(table) => Some(TomlEntries::new(table, value.span())),
            _ => {
                self.wrong_type(key, "a table", value);
                None
            }
        }
    }

    /// An expression.
    pub(super) fn expression(&mut self, key: &str, value: &Spanned<DeValue>) -> Option<Spanned<Expression>> {
        let text = self.string(key, value)?;
        self.parsed(key, text.get_ref(), value.span())
    }

    /// The expression `text`, which stands somewhere in the string at `place`.
    pub(super) fn parsed(
        &mut self,
        key: &str,
        text: &str,
        place: Range<usize>,
    ) -> Option<Spanned<Expression>> {
        match Expression::parse(text) {
            Ok(expression) => Some(Spanned::new(place, expression)),
            Err(error) => {
                let span = self.within(&place, text, error.span);
                self.problems.note(span, format!("`{key}`: {}", error.message), error.help);
                None
            }
        }
    }

    /// The place in the file of `part` of a string that stands at `span`: exact for a string
    /// without escapes, else the whole string.
    pub(super) fn within(&self, span: &Range<usize>, content: &str, part: Range<usize>) -> Range<usize> {
        match self.text[span.clone()].find(content) {
            Some(at) if !content.is_empty() => span.start + at + part.start..span.start + at + part.end,
            _ => span.clone(),
        }
    }
}
