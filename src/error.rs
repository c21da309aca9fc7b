//! The one error type of the library.

use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

/// Everything that can stop klaim from answering. A refuted claim is a finding, not an error.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A name that no table knows, with the nearest one that it does.
    #[error("unknown {what} `{name}`{}", suggestion.as_ref().map_or(String::new(), |s| format!("; did you mean `{s}`?")))]
    Unknown {
        /// What was named: "source", "quantity", "parameter `p` of `zipf`", …
        what: String,
        /// The name as written.
        name: String,
        /// The nearest known name, if one is near.
        suggestion: Option<String>,
    },
    /// A parameter outside its domain, or text that does not parse.
    #[error("{what}: {message}")]
    Invalid {
        /// Where: `bernoulli:p`, `--snr`, `margin`, …
        what: String,
        /// What is wrong and what would be right.
        message: String,
    },
    /// A cell, row or header of a user's data file.
    #[error("{}{}: {message}", path.display(), place)]
    Data {
        /// The file.
        path: PathBuf,
        /// ", row 3, column `x`", or empty.
        place: String,
        /// What is wrong and what would be right.
        message: String,
    },
    /// A place in a claim file; the program draws it with the line and a caret.
    #[error("{}: {message}", path.display())]
    Claim {
        /// The claim file.
        path: PathBuf,
        /// Its text, for the excerpt.
        text: String,
        /// Byte range of the offending key or value.
        span: Range<usize>,
        /// What is wrong.
        message: String,
        /// The remedy, if one can be named.
        help: Option<String>,
    },
    /// A file could not be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// The operating system's word.
        source: std::io::Error,
    },
    /// No evaluator gives this quantity for this source by this method.
    #[error("{quantity} of {source_spec}: {message}")]
    Unsupported {
        /// The quantity's name.
        quantity: String,
        /// The source's canonical spec.
        source_spec: String,
        /// Why, and what would work.
        message: String,
    },
    /// A summand that is NaN or infinite: the address makes that sample replay alone.
    #[error(
        "{quantity}{place} of {source_spec} is not finite at seed {seed}, lane {lane:#x}, sample {sample}"
    )]
    NonFinite {
        /// The quantity's name, with where it is measured.
        quantity: String,
        /// What made it so, after a blank, where that is known: a denoiser and its SNR.
        place: String,
        /// Which of the numbers that were measured together it is; past the last of them, a control
        /// variate.
        column: usize,
        /// The source's canonical spec.
        source_spec: String,
        /// Seed of the run.
        seed: u64,
        /// Lane of the source.
        lane: u64,
        /// Index of the sample.
        sample: u64,
    },
    /// A checkpoint record that does not match its checksum, or a run directory from other inputs.
    #[error("{}: {message}", path.display())]
    Checkpoint {
        /// The file.
        path: PathBuf,
        /// Which record, and what to do.
        message: String,
    },
    /// A backend that was asked for and is not there.
    #[error("backend {name}: {message}")]
    Backend {
        /// `cuda`, …
        name: String,
        /// Why it cannot run, and what would help.
        message: String,
    },
    /// A stop was asked for before this number was there.
    #[error("interrupted before it was measured")]
    Interrupted,
    /// A stage that is not whole, and not for this process to complete.
    #[error("not measured yet: `klaim work` measures it")]
    Elsewhere,
    /// Words that a command does not know.
    #[error("{0}")]
    Usage(String),
    /// An error that was written down where it was met: in another process, or another stage.
    #[error("{0}")]
    Told(String),
    /// An error that several numbers share.
    #[error(transparent)]
    Shared(Arc<Error>),
}

/// Result with klaim's [`enum@Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// An [`Error::Invalid`] from its two parts.
    pub fn invalid(what: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Invalid { what: what.into(), message: message.into() }
    }

    /// The same; a number that is not finite is one of column `at`.
    pub fn in_column(mut self, at: usize) -> Self {
        if let Self::NonFinite { column, .. } = &mut self {
            *column = at;
        }
        self
    }

    /// Whether a stop is all that is wrong.
    pub fn is_interruption(&self) -> bool {
        match self {
            Self::Interrupted => true,
            Self::Shared(error) => error.is_interruption(),
            _ => false,
        }
    }

    /// An [`Error::Unknown`] that suggests the nearest of `known` (edit distance at most a third of
    /// the length, at least 2).
    pub fn unknown<'a>(
        what: impl Into<String>,
        name: &str,
        known: impl IntoIterator<Item = &'a str>,
    ) -> Self {
        Self::Unknown { what: what.into(), name: name.into(), suggestion: nearest(name, known) }
    }

    /// An [`Error::Io`] for `path`.
    pub fn io(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { path, source }
    }
}

/// The member of `known` nearest to `name` in Damerau–Levenshtein distance, if near enough to be a
/// typo.
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let limit = (name.chars().count() / 3).max(2);
    known
        .into_iter()
        .map(|k| (strsim::damerau_levenshtein(name, k), k))
        .filter(|&(distance, k)| distance <= limit && distance < k.chars().count())
        .min()
        .map(|(_, k)| k.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typo_finds_its_name_and_noise_does_not() {
        let known = ["bernoulli", "bpsk", "zipf"];
        assert_eq!(nearest("bernouli", known).as_deref(), Some("bernoulli"));
        assert_eq!(nearest("zpif", known).as_deref(), Some("zipf"));
        assert_eq!(nearest("hypercube", known), None);
    }
}
