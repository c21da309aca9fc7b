//! The parameters of a kind, and the arguments of a spec read by them.

use super::{Argument, Spec, names, unquoted};
use crate::error::{Error, Result};
use crate::numeric::memory;

/// One parameter of a kind, for checking, listing and suggestions.
#[derive(Debug, Clone, Copy)]
pub struct Parameter {
    /// Its key.
    pub name: &'static str,
    /// Its value when it is left out; `None` where it must be given (or where its absence means
    /// something).
    pub default: Option<&'static str>,
    /// What it is, its unit and its range.
    pub summary: &'static str,
}

/// The parameters of one spec, checked against its kind.
pub struct Arguments<'a> {
    spec: &'a Spec,
    known: &'static [Parameter],
}

impl<'a> Arguments<'a> {
    /// Checks every key of `spec` against `known`.
    ///
    /// # Errors
    /// [`Error::Unknown`] with the nearest key.
    pub fn new(spec: &'a Spec, known: &'static [Parameter]) -> Result<Self> {
        for (key, _) in &spec.parameters {
            if !known.iter().any(|p| p.name == key) {
                return Err(Error::unknown(
                    format!("parameter of `{}`", spec.kind),
                    key,
                    known.iter().map(|p| p.name),
                ));
            }
        }
        Ok(Self { spec, known })
    }

    /// The spec being read.
    pub fn spec(&self) -> &'a Spec {
        self.spec
    }

    /// An [`Error::Invalid`] that names this kind's parameter `name`.
    pub fn invalid(&self, name: &str, message: impl Into<String>) -> Error {
        Error::invalid(format!("{}:{name}", self.spec.kind), message)
    }

    /// The argument as written, if it is there.
    pub fn argument(&self, name: &str) -> Option<&'a Argument> {
        self.spec.parameters.iter().find(|(k, _)| k == name).map(|(_, v)| v)
    }

    /// The text of a parameter, or its default.
    ///
    /// # Errors
    /// [`Error::Invalid`] where it is missing and has no default, or is not a plain value.
    pub fn text(&self, name: &'static str) -> Result<&'a str> {
        match self.argument(name) {
            Some(Argument::Text(text)) => Ok(unquoted(text)),
            Some(_) => Err(self.invalid(name, "expected a plain value, found a source or a table")),
            None => self.known.iter().find(|p| p.name == name).and_then(|p| p.default).ok_or_else(|| {
                self.invalid(name, format!("is missing: write `{}:{name}=…`", self.spec.kind))
            }),
        }
    }

    /// The names of a list such as `drop=a+b`; none where it is left out.
    ///
    /// # Errors
    /// [`Error::Invalid`] where it is not a plain value.
    pub fn names(&self, name: &'static str) -> Result<Vec<String>> {
        match self.argument(name) {
            None => Ok(Vec::new()),
            Some(Argument::Text(text)) => Ok(names(text).into_iter().map(str::to_owned).collect()),
            Some(_) => Err(self.invalid(name, "expected names joined by `+`, found a source or a table")),
        }
    }

    /// A finite number.
    ///
    /// # Errors
    /// [`Error::Invalid`] where it is missing, not a number or not finite.
    pub fn number(&self, name: &'static str) -> Result<f64> {
        let text = self.text(name)?;
        text.parse()
            .ok()
            .filter(|x: &f64| x.is_finite())
            .ok_or_else(|| self.invalid(name, format!("`{text}` is not a finite number")))
    }

    /// A number > 0.
    ///
    /// # Errors
    /// As [`Arguments::number`], and where it is not positive.
    pub fn positive(&self, name: &'static str) -> Result<f64> {
        let x = self.number(name)?;
        if x > 0.0 { Ok(x) } else { Err(self.invalid(name, format!("must be > 0, not {x}"))) }
    }

    /// A whole number of at least `least`; `1e4` is one.
    ///
    /// # Errors
    /// [`Error::Invalid`] where it is anything else, or above 2⁴⁰.
    pub fn count(&self, name: &'static str, least: usize) -> Result<usize> {
        let x = self.number(name)?;
        let most = (1_u64 << 40) as f64;
        if x.fract() == 0.0 && x >= least as f64 && x <= most {
            Ok(x as usize)
        } else if x > most {
            Err(self.invalid(name, format!("must be at most 2^40 = {most}, not {x:e}")))
        } else {
            Err(self.invalid(name, format!("must be a whole number of at least {least}, not {x}")))
        }
    }

    /// Makes sure that this machine can hold `numbers` numbers, which the parameter `name` asks
    /// for, and two copies of them to work on.
    ///
    /// # Errors
    /// [`Error::Invalid`] where less memory is free.
    pub fn room(&self, name: &str, numbers: f64) -> Result<()> {
        let Err(free) = memory::room((24.0 * numbers) as u64) else { return Ok(()) };
        let held =
            format!("the {:.1e} that this machine's free memory holds three times over", free as f64 / 24.0);
        Err(self.invalid(name, format!("asks for {numbers:.1e} numbers, more than {held}")))
    }

    /// A whole number of at least `least`, or `None` for `inf`.
    ///
    /// # Errors
    /// As [`Arguments::count`].
    pub fn count_or_infinite(&self, name: &'static str, least: usize) -> Result<Option<usize>> {
        if matches!(self.text(name)?, "inf" | "infinity" | "∞") {
            Ok(None)
        } else {
            self.count(name, least).map(Some)
        }
    }

    /// One of `choices`.
    ///
    /// # Errors
    /// [`Error::Unknown`] with the nearest choice.
    pub fn choice(&self, name: &'static str, choices: &[&'static str]) -> Result<&'static str> {
        let text = self.text(name)?;
        choices.iter().find(|&&c| c == text).copied().ok_or_else(|| {
            Error::unknown(
                format!("value of `{}:{name}` (one of {})", self.spec.kind, choices.join(", ")),
                text,
                choices.iter().copied(),
            )
        })
    }

    /// A nested source; `base=bpsk` without parentheses is read as one too.
    ///
    /// # Errors
    /// [`Error::Invalid`] where it is missing or a table of rows; whatever the nested spec's text
    /// deserves.
    pub fn nested(&self, name: &'static str) -> Result<Spec> {
        match self.argument(name) {
            Some(Argument::Nested(spec)) => Ok(spec.clone()),
            Some(Argument::Text(text)) => Spec::parse(text),
            Some(Argument::Rows(_)) => Err(self.invalid(name, "expected a source, found a table")),
            None => {
                Err(self.invalid(name, format!("is missing: write `{}:{name}=(kind:…)`", self.spec.kind)))
            }
        }
    }
}
