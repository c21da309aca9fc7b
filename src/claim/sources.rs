//! The sources of a run: each built once, whatever claims ask for it.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use crate::error::{Error, Result};
use crate::source::Source;
use crate::spec::{Argument, Spec};

/// Sources by canonical spec, shared over all files of a run.
#[derive(Debug, Default)]
pub struct Sources {
    built: HashMap<String, Arc<Source>>,
}

impl Sources {
    /// The source of `spec`, built at the first call.
    ///
    /// # Errors
    /// What [`Source::build`] refuses.
    pub fn get(&mut self, spec: &Spec) -> Result<Arc<Source>> {
        let key = spec.to_string();
        if let Some(source) = self.built.get(&key) {
            return Ok(source.clone());
        }
        let source = Arc::new(Source::build(spec)?);
        self.built.insert(key, source.clone());
        Ok(source)
    }

    /// Number of sources built.
    pub fn len(&self) -> usize {
        self.built.len()
    }

    /// Whether none was built.
    pub fn is_empty(&self) -> bool {
        self.built.is_empty()
    }
}

/// Names in braces in the arguments of a spec: `simplex:atoms={atoms}` has `atoms`.
pub(super) fn placeholders(spec: &Spec) -> Vec<String> {
    spec.parameters
        .iter()
        .flat_map(|(_, argument)| match argument {
            Argument::Text(text) => placeholders_in(text),
            Argument::Nested(inner) => placeholders(inner),
            Argument::Rows(_) => Vec::new(),
        })
        .collect()
}

/// Names in braces in a text: `las:axis={axis}` has `axis`.
pub(super) fn placeholders_in(text: &str) -> Vec<String> {
    text.split('{').skip(1).filter_map(|rest| Some(rest.split_once('}')?.0.to_owned())).collect()
}

/// `text` with every `{name}` replaced by `value_of(name)`, or left where that is `None`.
pub(super) fn filled_in(text: &str, value_of: &impl Fn(&str) -> Option<String>) -> String {
    placeholders_in(text).into_iter().fold(text.to_owned(), |text, name| match value_of(&name) {
        Some(value) => text.replace(&format!("{{{name}}}"), &value),
        None => text,
    })
}

/// `spec` with every `{name}` replaced by `value_of(name)`, or left where that is `None`. A value
/// that is itself a spec with parameters becomes a nested source.
///
/// # Errors
/// A filled text that starts like a spec and is none.
pub(super) fn filled(spec: &Spec, value_of: &impl Fn(&str) -> Option<String>) -> Result<Spec> {
    let fill = |argument: &Argument| {
        Ok(match argument {
            Argument::Text(text) if text.contains('{') => {
                let text = filled_in(text, value_of);
                if text.contains(':') { Argument::Nested(Spec::parse(&text)?) } else { Argument::Text(text) }
            }
            Argument::Nested(inner) => Argument::Nested(filled(inner, value_of)?),
            other => other.clone(),
        })
    };
    let parameters = spec.parameters.iter().map(|(key, argument)| Ok((key.clone(), fill(argument)?)));
    Ok(Spec { kind: spec.kind.clone(), parameters: parameters.collect::<Result<_>>()? })
}

/// The part of a written source that `error` is about, within `span` of `text`; the whole of it
/// where nothing fits.
pub(super) fn place(error: &Error, text: &str, span: Range<usize>) -> Range<usize> {
    let name = match error {
        Error::Unknown { name, .. } => name.as_str(),
        Error::Invalid { what, .. } => what.rsplit_once(':').map_or("", |(_, key)| key),
        _ => "",
    };
    find_word(&text[span.clone()], name)
        .map_or(span.clone(), |at| span.start + at.start..span.start + at.end)
}

/// Where `word` stands in `text`, not as a part of a longer word.
pub(super) fn find_word(text: &str, word: &str) -> Option<Range<usize>> {
    let inner = |c: char| c.is_alphanumeric() || c == '-' || c == '_' || c == '.';
    (!word.is_empty()).then(|| text.match_indices(word))?.map(|(at, _)| at..at + word.len()).find(|at| {
        !text[..at.start].chars().next_back().is_some_and(inner)
            && !text[at.end..].chars().next().is_some_and(inner)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_fill_and_nest() {
        let spec = Spec::parse("product:dim={dim},base={base}").unwrap();
        assert_eq!(placeholders(&spec), ["dim", "base"]);
        let value_of = |name: &str| match name {
            "dim" => Some("3".to_owned()),
            "base" => Some("zipf:exponent=2,atoms=10".to_owned()),
            _ => None,
        };
        let done = filled(&spec, &value_of).unwrap().to_string();
        assert_eq!(done, "product:dim=3,base=(zipf:exponent=2,atoms=10)");
    }

    #[test]
    fn a_source_is_built_once() {
        let mut sources = Sources::default();
        let spec = Spec::parse("simplex:atoms=4").unwrap();
        let (first, second) = (sources.get(&spec).unwrap(), sources.get(&spec).unwrap());
        assert!(Arc::ptr_eq(&first, &second) && sources.len() == 1);
    }
}
