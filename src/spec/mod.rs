//! Specs: `kind:key=value,key=value`, nested in parentheses, or the same as a TOML table. They name
//! laws, denoisers, schedules and samplers; each of these keeps its kinds in a [`Registry`].

mod arguments;
mod registry;

use std::fmt;

use crate::error::{Error, Result};
use crate::numeric::interval::is_kept;
pub use arguments::{Arguments, Parameter};
pub use registry::{Named, Registry};

/// A parsed spec, not yet checked against any kind; displays as written. [`Spec::canonical`] is its
/// one spelling.
#[derive(Debug, Clone, PartialEq)]
pub struct Spec {
    /// The kind's name: `zipf`.
    pub kind: String,
    /// Its parameters in the order written.
    pub parameters: Vec<(String, Argument)>,
}

/// The value of one parameter.
#[derive(Debug, Clone, PartialEq)]
pub enum Argument {
    /// A number, a word or a path.
    Text(String),
    /// A source inside a source: `base=(zipf:exponent=2,atoms=10)`.
    Nested(Spec),
    /// A list of rows, only from a TOML table: the components of `mixture`.
    Rows(Vec<Vec<f64>>),
}

/// Deepest nesting of sources.
const DEPTH: usize = 16;

impl Spec {
    /// Parses the inline form. A value, or a name in a list of names, that holds one of `,()=+`
    /// stands in quotes of either kind: `file:path="a,b.csv",weights='p(x)'`.
    ///
    /// # Errors
    /// [`Error::Invalid`] for an empty kind, a parameter without `=`, an unbalanced parenthesis or
    /// quote, a repeated key, and sources nested more than 16 deep.
    pub fn parse(text: &str) -> Result<Self> {
        Self::parse_at(text, 1)
    }

    fn parse_at(text: &str, depth: usize) -> Result<Self> {
        let shown: String = text.chars().take(100).chain(text.chars().nth(100).map(|_| '…')).collect();
        let bad = |message: String| Error::invalid(format!("source `{shown}`"), message);
        if depth > DEPTH {
            return Err(bad(too_deep()));
        }
        let text_trimmed = text.trim();
        let (kind, rest) = text_trimmed.split_once(':').map_or((text_trimmed, ""), |(k, r)| (k.trim(), r));
        if kind.is_empty() || !kind.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') {
            return Err(bad("expected `kind` or `kind:key=value,…`".into()));
        }
        let mut parameters: Vec<(String, Argument)> = Vec::new();
        for part in split_outside_parentheses(rest).map_err(&bad)? {
            let (key, value) =
                part.split_once('=').ok_or_else(|| bad(format!("`{}` is not `key=value`", part.trim())))?;
            let (key, value) = (key.trim(), value.trim());
            if value.is_empty() {
                return Err(bad(format!("`{key}=` has no value")));
            }
            if parameters.iter().any(|(k, _)| k == key) {
                return Err(bad(format!("`{key}` is given twice")));
            }
            let argument = match value.strip_prefix('(').and_then(|v| v.strip_suffix(')')) {
                Some(inner) => Argument::Nested(Self::parse_at(inner, depth + 1)?),
                None => Argument::Text(value.to_owned()),
            };
            parameters.push((key.to_owned(), argument));
        }
        Ok(Self { kind: kind.to_owned(), parameters })
    }
}

fn too_deep() -> String {
    format!("sources are nested more than {DEPTH} deep: write fewer `base=(…)` inside each other")
}

/// Parameters whose values are names: a file `007` is not `7`.
const NAMES: &[&str] = &["path", "weights"];
/// Parameters whose values are lists of names, joined by `+`.
const LISTS: &[&str] = &["drop", "keep"];
/// The parameter whose value is a source even without parentheses.
const SOURCE: &str = "base";

impl Spec {
    /// The one spelling of this source, which names it in reports and addresses its random numbers:
    /// parameters in the order of the kind's table, defaults left out, numbers short, nested
    /// sources in parentheses and canonical.
    ///
    /// `parameters_of` gives the table of a kind.
    ///
    /// # Errors
    /// [`Error::Unknown`] for a kind or a parameter, with the nearest name.
    pub fn canonical(&self, parameters_of: &impl Fn(&str) -> Result<&'static [Parameter]>) -> Result<Self> {
        self.canonical_at(parameters_of, 1)
    }

    fn canonical_at(
        &self,
        parameters_of: &impl Fn(&str) -> Result<&'static [Parameter]>,
        depth: usize,
    ) -> Result<Self> {
        if depth > DEPTH {
            return Err(Error::invalid(format!("source `{}:…`", self.kind), too_deep()));
        }
        let known = parameters_of(&self.kind)?;
        let arguments = Arguments::new(self, known)?;
        let mut parameters = Vec::new();
        for parameter in known {
            let argument = match arguments.argument(parameter.name) {
                None => continue,
                Some(Argument::Text(_)) if parameter.name == SOURCE => Argument::Nested(
                    arguments.nested(parameter.name)?.canonical_at(parameters_of, depth + 1)?,
                ),
                Some(Argument::Text(text)) if NAMES.contains(&parameter.name) => {
                    Argument::Text(quoted(unquoted(text)))
                }
                Some(Argument::Text(text)) if LISTS.contains(&parameter.name) => {
                    Argument::Text(names(text).into_iter().map(quoted).collect::<Vec<_>>().join("+"))
                }
                Some(Argument::Text(text)) => Argument::Text(shortest(text)),
                Some(Argument::Nested(spec)) => {
                    Argument::Nested(spec.canonical_at(parameters_of, depth + 1)?)
                }
                Some(Argument::Rows(rows)) => Argument::Rows(rows.clone()),
            };
            if parameter.default.is_none_or(|default| argument != Argument::Text(shortest(default))) {
                parameters.push((parameter.name.to_owned(), argument));
            }
        }
        Ok(Self { kind: self.kind.clone(), parameters })
    }
}

/// The short spelling of a number (digits that read back to the same f64; plain from 1e-3 to below
/// 1e6, otherwise the shorter of plain and exponent form); any other text unchanged.
fn shortest(text: &str) -> String {
    match text.parse::<f64>() {
        // What has more digits than a number keeps stays as it is written.
        Ok(x) if x.is_finite() && is_kept(text) => {
            // −0 is 0.
            let x = x + 0.0;
            let (plain, exponent) = (format!("{x}"), format!("{x:e}"));
            let moderate = x.abs() < f64::MIN_POSITIVE || (1e-3..1e6).contains(&x.abs());
            if moderate || plain.len() <= exponent.len() { plain } else { exponent }
        }
        Ok(x) if x.is_infinite() && x > 0.0 => "inf".to_owned(),
        _ if text == "∞" => "inf".to_owned(),
        _ => text.to_owned(),
    }
}

/// Splits at commas that are neither inside parentheses nor inside quotes; an empty text has no
/// parts.
fn split_outside_parentheses(text: &str) -> Result<Vec<&str>, String> {
    let (mut parts, mut depth, mut start) = (Vec::new(), 0_i32, 0);
    let (mut quote, mut before) = (None, ' ');
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (Some(open), _) => quote = Some(open).filter(|_| c != open),
            // A quote opens where a value or a name of a list starts: it's.csv is a name.
            (None, '"' | '\'') if matches!(before, '=' | '+') => quote = Some(c),
            (None, '(') => depth += 1,
            (None, ')') => depth -= 1,
            (None, ',') if depth == 0 => {
                parts.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
        if depth < 0 {
            return Err("a `)` without its `(`".into());
        }
        before = if c == ' ' { before } else { c };
    }
    if depth != 0 {
        return Err("a `(` without its `)`".into());
    }
    if let Some(quote) = quote {
        return Err(format!("a `{quote}` without its second"));
    }
    if !text.trim().is_empty() {
        parts.push(&text[start..]);
    }
    Ok(parts)
}

/// What is between the quotes of a quoted text; any other text itself.
fn unquoted(text: &str) -> &str {
    let inside =
        |quote: char| text.strip_prefix(quote)?.strip_suffix(quote).filter(|inner| !inner.contains(quote));
    inside('"').or_else(|| inside('\'')).unwrap_or(text)
}

/// A name as it stands in a spec: in quotes where it holds what would end it.
pub fn quoted(name: &str) -> String {
    let plain =
        !name.contains([',', '(', ')', '=', '+']) && !name.starts_with(['"', '\'']) && name.trim() == name;
    match (plain, name.contains('"')) {
        (true, _) => name.to_owned(),
        (false, false) => format!("\"{name}\""),
        (false, true) => format!("'{name}'"),
    }
}

/// The names of a list joined by `+`.
fn names(text: &str) -> Vec<&str> {
    let (mut names, mut start, mut quote, mut before) = (Vec::new(), 0, None, '+');
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (Some(open), _) => quote = Some(open).filter(|_| c != open),
            (None, '"' | '\'') if before == '+' => quote = Some(c),
            (None, '+') => {
                names.push(unquoted(text[start..at].trim()));
                start = at + 1;
            }
            _ => {}
        }
        before = if c == ' ' { before } else { c };
    }
    names.push(unquoted(text[start..].trim()));
    names
}

impl fmt::Display for Spec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.kind)?;
        for (i, (key, value)) in self.parameters.iter().enumerate() {
            let separator = if i == 0 { ':' } else { ',' };
            match value {
                Argument::Text(text) => write!(f, "{separator}{key}={text}")?,
                Argument::Nested(spec) => write!(f, "{separator}{key}=({spec})")?,
                Argument::Rows(rows) => write!(f, "{separator}{key}={rows:?}")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Source;

    #[test]
    fn nested_specs_round_trip() {
        let text = "product:dim=64,base=(quantized:base=(student-t:dof=3),step=0.5)";
        let spec = Spec::parse(text).expect("well-formed");
        assert_eq!(spec.to_string(), text);
        assert_eq!(spec.parameters.len(), 2);
    }

    #[test]
    fn quoted_names_keep_what_would_end_them() {
        for (text, path, drop) in [
            ("file:path=\"a,b.csv\",drop=\"p,q\"+r", "a,b.csv", vec!["p,q", "r"]),
            ("file:path=it's.csv,drop='a+b'", "it's.csv", vec!["a+b"]),
            ("file:path=\"a)(=.csv\",drop='say \"a,b\"'+c", "a)(=.csv", vec!["say \"a,b\"", "c"]),
            ("file:path = a b.csv , drop = a b + c", "a b.csv", vec!["a b", "c"]),
        ] {
            let spec = Spec::parse(text).expect(text);
            let known = crate::source::file::FILE.parameters;
            let canonical = spec.canonical(&|_| Ok(known)).expect(text);
            for spec in [&spec, &canonical, &Spec::parse(&canonical.to_string()).expect("canonical")] {
                let arguments = Arguments::new(spec, known).expect(text);
                assert_eq!(arguments.text("path").expect(text), path, "{text}");
                assert_eq!(arguments.names("drop").expect(text), drop, "{text}");
            }
        }
    }

    #[test]
    fn deep_nesting_is_an_error_and_not_a_crash() {
        let deep = format!("{}bpsk{}", "product:dim=1,base=(".repeat(20_000), ")".repeat(20_000));
        let bare = format!("{}bpsk", "product:base=".repeat(20_000));
        for text in [deep, bare] {
            assert!(
                Source::parse(&text).expect_err("deep").to_string().contains("nested more than 16 deep")
            );
        }
    }

    #[test]
    fn numbers_have_one_spelling() {
        for (text, expected) in [
            ("1e-4", "1e-4"),
            ("0.0001", "1e-4"),
            ("2.0", "2"),
            ("1e3", "1000"),
            ("65536", "65536"),
            ("1000000", "1e6"),
            ("1234567", "1234567"),
            ("-0.0", "0"),
            (".5", "0.5"),
            ("infinity", "inf"),
            ("∞", "inf"),
            ("line", "line"),
        ] {
            assert_eq!(shortest(text), expected);
        }
    }

    #[test]
    fn what_no_memory_holds_is_refused() {
        for spec in [
            "simplex:atoms=1e12",
            "simplex:atoms=1e11",
            "zipf:exponent=2,atoms=1e12",
            "log-power:power=2.5,atoms=1e12",
            "pam:levels=1e12",
            "codebook:atoms=64,dim=1e12",
            "zipf:exponent=2,atoms=1e6,embedding=codebook,dim=1e9",
            "tree:depth=40,branch=9,scale=1",
            "gaussian:dim=1e12,variance=1",
            "scale-mixture:dof=5,dim=1e11",
            "mixture:grid=1e6,spacing=1,variance=1",
            "quantized:base=(student-t:dof=3),step=1e-300",
        ] {
            let message = Source::parse(spec).expect_err(spec).to_string();
            assert!(message.contains("memory") || message.contains("too fine"), "{spec}: {message}");
        }
    }

    #[test]
    fn counts_beyond_any_memory_are_refused_with_the_limit() {
        let message = Source::parse("simplex:atoms=1e15").expect_err("too many").to_string();
        assert!(message.contains("at most 2^40") && message.contains("1e15"), "{message}");
    }

    #[test]
    fn malformed_specs_say_what_is_wrong() {
        for (text, word) in [
            ("zipf:exponent", "key=value"),
            ("a:b=(c", "without its"),
            ("a:b=1,b=2", "twice"),
            (":x=1", "expected"),
            ("a:b=", "no value"),
            ("a:b=\"c", "without its second"),
        ] {
            let message = Spec::parse(text).expect_err(text).to_string();
            assert!(message.contains(word), "{text}: {message}");
        }
    }
}
