//! Axes: the values that a claim is stated over, a case per combination.

use std::ops::Range;

use toml::Spanned;
use toml::de::DeValue;

use crate::claim::sources::placeholders_in;
use crate::claim::value::{ClaimReader, TomlEntries};
use crate::error::Result;
use crate::numeric::spacing::{log_spaced, numbers, whole};
use crate::quantity::axis::{self, AXES, AxisKind, SCHEDULE, SNR, SettingAxis};
use crate::spec::{Argument, Spec};

/// Axes of a claim that no quantity's scope names: the law, and a schedule to compare with.
const BESIDE: [&str; 2] = ["source", "baseline"];
/// Most values of one axis.
pub(super) const MOST_VALUES: f64 = 1e4;

/// An axis as written.
#[derive(Debug, Clone)]
pub(super) struct Written {
    /// Its name.
    pub name: String,
    /// Where the name stands.
    pub name_span: Range<usize>,
    /// Its values, at least one, all of one type, none twice.
    pub values: Vec<Spanned<WrittenValue>>,
}

/// One value of an axis.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum WrittenValue {
    /// `snr`, `steps`, …
    Number(f64),
    /// `schedule`, …
    Text(String),
    /// `source`, possibly with `{name}` in it.
    Source(Spec),
    /// `{ all = [lo, hi] }`: every value of a range, the one value of its axis.
    Every([f64; 2]),
}

impl WrittenValue {
    /// Its text in a template and in errors.
    pub(super) fn text(&self) -> String {
        match self {
            Self::Number(x) => x.to_string(),
            Self::Text(text) => text.clone(),
            Self::Source(spec) => spec.to_string(),
            // A source is built, to see whether it can be, with a value inside.
            Self::Every([lo, hi]) => (lo * hi).sqrt().to_string(),
        }
    }
}

/// Whether every value of the axis is text.
pub(super) fn is_text(name: &str) -> bool {
    BESIDE.contains(&name) || axis::find(name).is_some_and(SettingAxis::is_text)
}

/// Whether every value of the axis is a number.
pub(super) fn is_numeric(name: &str) -> bool {
    axis::find(name).is_some_and(|axis| !axis.is_text())
}

/// The axes that a claim may always have.
pub(super) fn known() -> Vec<&'static str> {
    BESIDE.into_iter().chain(AXES.map(|axis| axis.name)).collect()
}

/// How to supply a missing axis.
pub(super) fn to_add(name: &str) -> String {
    let example = axis::find(name).unwrap_or(&SCHEDULE).example();
    format!("add `{name} = {example}` under `[over]`")
}

impl ClaimReader<'_> {
    /// The axes of an `over` table.
    pub(super) fn axes(&mut self, entries: &TomlEntries) -> Vec<Written> {
        let axes: Vec<Written> =
            entries.iter().filter_map(|(name, span, value)| self.axis(name, span, value)).collect();
        // Two keys may name one axis: `γ` is `snr`.
        for (i, axis) in axes.iter().enumerate() {
            if axes[..i].iter().any(|earlier| earlier.name == axis.name) {
                let message = format!("axis `{}` is given twice", axis.name);
                self.problems.add(axis.name_span.clone(), message);
            }
        }
        axes
    }

    /// One axis; `None` where its values cannot be used.
    pub(super) fn axis(
        &mut self,
        name: &str,
        name_span: Range<usize>,
        value: &Spanned<DeValue>,
    ) -> Option<Written> {
        let name = if name == "γ" { "snr" } else { name };
        let before = self.problems.len();
        let values = match value.get_ref() {
            DeValue::Array(list) if list.is_empty() => {
                self.problems.add(value.span(), format!("axis `{name}` is empty"));
                return None;
            }
            DeValue::Array(list) if list.len() as f64 > MOST_VALUES => {
                let message = format!("axis `{name}` has {} values: at most {MOST_VALUES}", list.len());
                self.problems.add(value.span(), message);
                return None;
            }
            DeValue::Array(list) => list.iter().filter_map(|v| self.axis_value(name, v)).collect(),
            DeValue::String(text) if !is_text(name) => self.stated(name, text, value.span())?,
            DeValue::Table(table) => {
                let entries = TomlEntries::new(table, value.span());
                match entries.get("all") {
                    Some(ends) => self.every(name, &entries, ends)?,
                    None => self.log_spaced(name, &entries, value.span())?,
                }
            }
            _ => {
                self.problems.add_with_help(
                    value.span(),
                    format!("axis `{name}` must be a list or a range"),
                    match is_text(name) {
                        true => format!("write `{name} = […]`"),
                        false => format!("write `{name} = […]` or `{name} = \"1..100/3\"`"),
                    },
                );
                return None;
            }
        };
        self.check_values(name, &values);
        (self.problems.len() == before).then(|| Written { name: name.to_owned(), name_span, values })
    }

    fn axis_value(&mut self, name: &str, value: &Spanned<DeValue>) -> Option<Spanned<WrittenValue>> {
        let found = match value.get_ref() {
            DeValue::String(_) if name == "source" => WrittenValue::Source(self.inline_source(value)?),
            DeValue::Table(_) if name == "source" => WrittenValue::Source(self.source_table(value)?),
            DeValue::String(text) if !is_numeric(name) => WrittenValue::Text(text.clone().into_owned()),
            _ if is_text(name) => {
                self.string(name, value)?;
                return None;
            }
            _ => WrittenValue::Number(self.number(name, value)?.into_inner()),
        };
        Some(Spanned::new(value.span(), found))
    }

    /// A list or a range as on the command line, `"1e-3..1e3/32"`: log-spaced with exact ends.
    fn stated(&mut self, name: &str, text: &str, span: Range<usize>) -> Option<Vec<Spanned<WrittenValue>>> {
        match numbers(text) {
            Ok(values) if values.len() as f64 > MOST_VALUES => {
                let message = format!("axis `{name}` has {} values: at most {MOST_VALUES}", values.len());
                self.problems.add(span, message);
                None
            }
            Ok(values) => {
                let written = |x| Spanned::new(span.clone(), WrittenValue::Number(x));
                Some(values.into_iter().map(written).collect())
            }
            Err(why) => {
                let help = format!("write `{name} = [1, 10]`, or `{name} = \"1..100/3\"`");
                self.problems.add_with_help(span, format!("axis `{name}`: {why}"), help);
                None
            }
        }
    }

    /// `{ all = [lo, hi] }`: every value, of the SNR (0 and ∞ may be its ends and are left out) or
    /// of a parameter > 0 of a source.
    fn every(
        &mut self,
        name: &str,
        entries: &TomlEntries,
        ends: &Spanned<DeValue>,
    ) -> Option<Vec<Spanned<WrittenValue>>> {
        self.refuse_unknown(entries, &["all"], &format!("in the range of `{name}`"));
        let list = self.list("all", ends)?;
        let numbers: Vec<f64> =
            list.iter().filter_map(|x| Some(self.number("all", x)?.into_inner())).collect();
        let range = match numbers[..] {
            [lo, hi] if name == SNR.name && 0.0 <= lo && lo <= hi && hi > 0.0 && lo.is_finite() => [lo, hi],
            [lo, hi]
                if axis::find(name).is_none()
                    && !is_text(name)
                    && 0.0 < lo
                    && lo <= hi
                    && hi.is_finite() =>
            {
                [lo, hi]
            }
            _ => {
                let message = format!("`{name}` cannot take every value of this range");
                let help =
                    "`snr = { all = [0, inf] }`, or of a source's parameter `p = { all = [0.1, 0.5] }`";
                self.problems.add_with_help(ends.span(), message, help);
                return None;
            }
        };
        Some(vec![Spanned::new(ends.span(), WrittenValue::Every(range))])
    }

    /// `{ from, to, points }`: log-spaced with exact ends.
    fn log_spaced(
        &mut self,
        name: &str,
        entries: &TomlEntries,
        span: Range<usize>,
    ) -> Option<Vec<Spanned<WrittenValue>>> {
        if is_text(name) {
            self.problems.add(span, format!("axis `{name}` must be a list"));
            return None;
        }
        self.refuse_unknown(entries, &["from", "to", "points"], &format!("in the range of `{name}`"));
        let ends = ["from", "to", "points"].map(|key| match entries.get(key) {
            Some(value) => self.finite(key, value),
            None => {
                self.problems.add(span.clone(), format!("the range of `{name}` lacks `{key}`"));
                None
            }
        });
        let [Some(from), Some(to), Some(points)] = ends else { return None };
        for (key, end) in [("from", &from), ("to", &to)] {
            if *end.get_ref() <= 0.0 {
                self.problems
                    .add(end.span(), format!("`{key}` must be > 0: the range of `{name}` is log-spaced"));
                return None;
            }
        }
        let (low, high, n) = (*from.get_ref(), *to.get_ref(), *points.get_ref());
        if n.fract().abs() > 0.0 || !(2.0..=MOST_VALUES).contains(&n) {
            self.problems
                .add(points.span(), format!("`points` must be a whole number from 2 to {MOST_VALUES}"));
            return None;
        }
        Some(
            log_spaced(low, high, n as usize)
                .map(whole)
                .map(|x| Spanned::new(span.clone(), WrittenValue::Number(x)))
                .collect(),
        )
    }

    /// Domains, one type, no value twice.
    fn check_values(&mut self, name: &str, values: &[Spanned<WrittenValue>]) {
        for (i, value) in values.iter().enumerate() {
            if let WrittenValue::Number(x) = *value.get_ref()
                && let Some(domain) = axis::find(name).and_then(|axis| axis.outside(x))
            {
                self.problems.add(value.span(), format!("`{name}` must be {domain}, not {x}"));
            }
            // A template is checked where it is filled.
            if let WrittenValue::Text(spec) = value.get_ref()
                && placeholders_in(spec).is_empty()
                && let Err(error) = check(name, spec)
            {
                self.problems.add(value.span(), error.to_string());
            }
            if values[..i].iter().any(|earlier| earlier.get_ref() == value.get_ref()) {
                self.problems
                    .add(value.span(), format!("axis `{name}` has {} twice", value.get_ref().text()));
            }
            if std::mem::discriminant(value.get_ref()) != std::mem::discriminant(values[0].get_ref()) {
                self.problems.add(value.span(), format!("axis `{name}` mixes numbers and text"));
            }
        }
    }

    fn inline_source(&mut self, value: &Spanned<DeValue>) -> Option<Spec> {
        let text = self.string("source", value)?;
        Spec::parse(text.get_ref()).map_err(|error| self.problems.add(value.span(), error.to_string())).ok()
    }

    /// `{ kind = "zipf", exponent = 2 }`, nested tables for nested sources, lists of lists for
    /// rows.
    fn source_table(&mut self, value: &Spanned<DeValue>) -> Option<Spec> {
        let entries = self.table("source", value)?;
        let Some(kind) = entries.get("kind") else {
            self.problems.add_with_help(
                value.span(),
                "a source table lacks `kind`",
                "write `kind = \"zipf\"`",
            );
            return None;
        };
        let kind = self.words("kind", kind)?.into_inner();
        let before = self.problems.len();
        let parameters = entries
            .iter()
            .filter(|(key, ..)| *key != "kind")
            .filter_map(|(key, _, value)| Some((key.to_owned(), self.argument(key, value)?)))
            .collect();
        (self.problems.len() == before).then_some(Spec { kind, parameters })
    }

    fn argument(&mut self, key: &str, value: &Spanned<DeValue>) -> Option<Argument> {
        Some(match value.get_ref() {
            DeValue::Table(_) => Argument::Nested(self.source_table(value)?),
            DeValue::Array(list) => {
                let rows = list.iter().filter_map(|row| self.row(key, row)).collect::<Vec<_>>();
                (rows.len() == list.len()).then_some(Argument::Rows(rows))?
            }
            DeValue::String(text) => Argument::Text(text.clone().into_owned()),
            DeValue::Float(x) => Argument::Text(x.as_str().to_owned()),
            _ => Argument::Text(self.number(key, value)?.get_ref().to_string()),
        })
    }

    /// A row of numbers; a bare number is a row of one.
    fn row(&mut self, key: &str, value: &Spanned<DeValue>) -> Option<Vec<f64>> {
        if !matches!(value.get_ref(), DeValue::Array(_)) {
            return Some(vec![self.finite(key, value)?.into_inner()]);
        }
        let list = self.list(key, value)?;
        let row: Vec<f64> = list.iter().filter_map(|x| Some(self.finite(key, x)?.into_inner())).collect();
        (row.len() == list.len()).then_some(row)
    }
}

/// Whether a text axis names something that exists.
pub(super) fn check(name: &str, spec: &str) -> Result<()> {
    let axis = if name == "baseline" { Some(&SCHEDULE) } else { axis::find(name) };
    match axis.map(|axis| &axis.kind) {
        Some(AxisKind::Spec(check)) => check(spec),
        _ => Ok(()),
    }
}
