//! Everything that is wrong with a claim file, gathered before any of it is reported.

use std::ops::Range;
use std::path::Path;

use crate::error::Error;

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Problem {
    /// Something is not there: often because a key beside it is misspelt, so those are told first.
    absence: bool,
    span: Range<usize>,
    message: String,
    help: Option<String>,
}

/// Most that are kept: nobody mends more at a time.
const MOST: usize = 100;

/// What was found so far, in any order; the same finding is kept once.
#[derive(Debug, Default)]
pub(super) struct Problems {
    found: Vec<Problem>,
}

impl Problems {
    /// Notes what is wrong at `span`.
    pub(super) fn add(&mut self, span: Range<usize>, message: impl Into<String>) {
        self.note(span, message.into(), None);
    }

    /// Notes what is wrong at `span`, and the remedy.
    pub(super) fn add_with_help(
        &mut self,
        span: Range<usize>,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.note(span, message.into(), Some(help.into()));
    }

    /// Notes what is wrong at `span`, and the remedy if there is one.
    pub(super) fn note(&mut self, span: Range<usize>, message: String, help: Option<String>) {
        self.keep(Problem { absence: false, span, message, help });
    }

    /// Notes that the table at `span` lacks `key`.
    pub(super) fn missing(&mut self, span: Range<usize>, key: &str) {
        self.keep(Problem { absence: true, span, message: format!("`{key}` is missing"), help: None });
    }

    fn keep(&mut self, problem: Problem) {
        if self.found.len() < MOST && !self.found.contains(&problem) {
            self.found.push(problem);
        }
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.found.len()
    }

    /// The first problem in the order of the file, absences last; the others are listed with their
    /// places in its help.
    pub(super) fn into_error(mut self, path: &Path, text: &str) -> Option<Error> {
        self.found.sort_by_key(|p| (p.absence, p.span.start, p.span.end));
        let others = &self.found.get(1..).unwrap_or_default();
        let list: String = others
            .iter()
            .map(|p| {
                let (line, column) = line_and_column(text, p.span.start);
                format!("\n  {line}:{column}  {}", p.message)
            })
            .collect();
        let more = match others.len() {
            0 => None,
            1 => Some(format!("1 more problem in this file:{list}")),
            n => Some(format!("{n} more problems in this file:{list}")),
        };
        let first = self.found.into_iter().next()?;
        let help = [first.help, more].into_iter().flatten().collect::<Vec<_>>().join("\n");
        Some(Error::Claim {
            path: path.to_owned(),
            text: text.to_owned(),
            span: first.span,
            message: first.message,
            help: (!help.is_empty()).then_some(help),
        })
    }
}

/// Line and column of a byte, both from 1; columns count characters.
pub fn line_and_column(text: &str, at: usize) -> (usize, usize) {
    let before = &text[..at.min(text.len())];
    let line_start = before.rfind('\n').map_or(0, |i| i + 1);
    (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
}
