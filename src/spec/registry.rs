//! Kinds by name: those of the library, and those that a program adds.

use std::sync::{PoisonError, RwLock};

use super::{Parameter, Spec};
use crate::error::{Error, Result};

/// What a [`Registry`] holds: something with a name that a claim, a spec or a command line may use.
pub trait Named: Sync + 'static {
    /// What it is, for messages: "source", "schedule", …
    const WHAT: &'static str;

    /// Its name, which no other entry of its registry has.
    fn name(&self) -> &'static str;

    /// The parameters of its specs.
    fn parameters(&self) -> &'static [Parameter] {
        &[]
    }
}

/// The kinds of one concept in the order of the documentation, those that a program has added last.
#[derive(Debug)]
pub struct Registry<T: 'static> {
    own: &'static [T],
    added: RwLock<Vec<&'static T>>,
}

impl<T: Named> Registry<T> {
    /// The registry of the library's own kinds.
    pub const fn new(own: &'static [T]) -> Self {
        Self { own, added: RwLock::new(Vec::new()) }
    }

    /// Every kind.
    pub fn iter(&self) -> impl Iterator<Item = &'static T> {
        let added = self.added.read().unwrap_or_else(PoisonError::into_inner).clone();
        self.own.iter().chain(added)
    }

    /// The kind called `name`, if there is one.
    pub fn get(&self, name: &str) -> Option<&'static T> {
        self.iter().find(|kind| kind.name() == name)
    }

    /// The kind called `name`.
    ///
    /// # Errors
    /// [`Error::Unknown`] with the nearest name.
    pub fn named(&self, name: &str) -> Result<&'static T> {
        self.get(name).ok_or_else(|| Error::unknown(T::WHAT, name, self.iter().map(T::name)))
    }

    /// The kind of a spec that nests no other of its kind, and the spec in its one spelling.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a malformed spec, [`Error::Unknown`] with the nearest name for a kind
    /// or a parameter.
    pub fn parse(&self, text: &str) -> Result<(&'static T, Spec)> {
        self.parse_nesting(text, &|name| Ok(self.named(name)?.parameters()))
    }

    /// The kind of a spec whose nested specs have the parameters that `parameters_of` knows, and
    /// the spec in its one spelling.
    ///
    /// # Errors
    /// Those of [`Registry::parse`].
    pub fn parse_nesting(
        &self,
        text: &str,
        parameters_of: &impl Fn(&str) -> Result<&'static [Parameter]>,
    ) -> Result<(&'static T, Spec)> {
        let spec = Spec::parse(text).map_err(|error| match error {
            Error::Invalid { message, .. } => Error::invalid(format!("{} `{text}`", T::WHAT), message),
            other => other,
        })?;
        let kind = self.named(&spec.kind)?;
        Ok((kind, spec.canonical(parameters_of)?))
    }

    /// Adds a kind, from now on known to specs, claims and lists.
    ///
    /// # Errors
    /// [`Error::Invalid`] where the name is taken.
    pub fn add(&self, kind: &'static T) -> Result<()> {
        let mut added = self.added.write().unwrap_or_else(PoisonError::into_inner);
        if self.own.iter().chain(added.iter().copied()).any(|known| known.name() == kind.name()) {
            return Err(Error::invalid(
                format!("{} `{}`", T::WHAT, kind.name()),
                "is there already: choose another name",
            ));
        }
        added.push(kind);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Tool(&'static str);

    impl Named for Tool {
        const WHAT: &'static str = "tool";

        fn name(&self) -> &'static str {
            self.0
        }
    }

    #[test]
    fn what_is_added_is_found_once() {
        static TOOLS: Registry<Tool> = Registry::new(&[Tool("hammer")]);
        static SAW: Tool = Tool("saw");
        assert_eq!(TOOLS.named("saw").err().map(|e| e.to_string()).as_deref(), Some("unknown tool `saw`"));
        TOOLS.add(&SAW).unwrap();
        assert_eq!(TOOLS.iter().map(|tool| tool.0).collect::<Vec<_>>(), ["hammer", "saw"]);
        assert_eq!(TOOLS.parse("saw").unwrap().1.to_string(), "saw");
        let refused = TOOLS.add(&Tool("hammer")).unwrap_err().to_string();
        assert_eq!(refused, "tool `hammer`: is there already: choose another name");
        assert!(TOOLS.parse("saw:length=3").is_err() && TOOLS.parse("saw:").is_ok());
    }
}
