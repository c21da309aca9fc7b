//! One column: numbers in place, and what is none of them beside.

use std::collections::BTreeMap;

use super::Cell;

/// NaNs that mark cells which are no numbers; a NaN of the file is [`f64::NAN`].
const MISSING: u64 = f64::NAN.to_bits() | 1;
const TEXT: u64 = f64::NAN.to_bits() | 2;
const INEXACT: u64 = f64::NAN.to_bits() | 3;
/// Texts kept of one column: a refusal shows the first.
const MOST_TEXTS: usize = 1000;
/// Characters kept of one text.
const MOST_CHARACTERS: usize = 60;
/// Spellings of "there is no value", besides nothing.
const MISSING_WORDS: [&str; 9] = ["NA", "N/A", "n/a", "#N/A", "<NA>", "NULL", "null", "None", "NaT"];

/// A column, filled from its first row to its last.
#[derive(Default)]
pub(super) struct Column {
    /// The array or the column of lists that it is one coordinate of.
    pub group: Option<String>,
    /// Whether the file says that it only counts the rows.
    pub index: bool,
    /// Whether the header gives it no name.
    pub nameless: bool,
    numbers: Vec<f64>,
    texts: BTreeMap<usize, String>,
    unreadable: Option<String>,
}

impl Column {
    /// A column that holds something else than numbers, and what to do.
    pub(super) fn refused(why: impl Into<String>) -> Self {
        Self { unreadable: Some(why.into()), ..Self::default() }
    }

    /// A column that nobody asks for.
    pub(super) fn skipped() -> Self {
        Self::refused("is left out")
    }

    /// The column as one of `group`.
    pub(super) fn within(self, group: &str) -> Self {
        Self { group: Some(group.to_owned()), ..self }
    }

    pub(super) fn len(&self) -> usize {
        self.numbers.len()
    }

    pub(super) fn is_readable(&self) -> bool {
        self.unreadable.is_none()
    }

    pub(super) fn unreadable(&self) -> Option<&str> {
        self.unreadable.as_deref()
    }

    pub(super) fn push(&mut self, x: f64) {
        self.numbers.push(if x.is_nan() { f64::NAN } else { x });
    }

    pub(super) fn push_missing(&mut self) {
        self.numbers.push(f64::from_bits(MISSING));
    }

    /// An integer, if an f64 equals it.
    pub(super) fn push_integer(&mut self, n: i128) {
        let x = n as f64;
        if x as i128 == n { self.push(x) } else { self.mark(INEXACT, &n.to_string()) }
    }

    /// A cell of a text file: a number, a boolean, nothing, or text.
    pub(super) fn push_text(&mut self, text: &str) {
        let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
        let is_integer = digits.len() > 15 && digits.bytes().all(|b| b.is_ascii_digit());
        match text.parse::<f64>() {
            Ok(_) if is_integer => match text.parse() {
                Ok(n) => self.push_integer(n),
                Err(_) => self.mark(INEXACT, text),
            },
            Ok(x) => self.push(x),
            Err(_) if text.is_empty() || MISSING_WORDS.contains(&text) => self.push_missing(),
            Err(_) => match text {
                "true" | "True" | "TRUE" => self.push(1.0),
                "false" | "False" | "FALSE" => self.push(0.0),
                _ => self.mark(TEXT, text),
            },
        }
    }

    fn mark(&mut self, mark: u64, text: &str) {
        if self.texts.len() < MOST_TEXTS {
            self.texts.insert(self.numbers.len(), text.chars().take(MOST_CHARACTERS).collect());
        }
        self.numbers.push(f64::from_bits(mark));
    }

    pub(super) fn cell(&self, row: usize) -> Cell<'_> {
        let Some(&x) = self.numbers.get(row) else { return Cell::Missing };
        let text = || self.texts.get(&row).map_or("", String::as_str);
        match x.to_bits() {
            MISSING => Cell::Missing,
            TEXT => Cell::Text(text()),
            INEXACT => Cell::Inexact(text()),
            _ => Cell::Number(x),
        }
    }
}
