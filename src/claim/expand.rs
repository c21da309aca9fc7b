//! From axes to cases: one combination after the other, the last axis fastest.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use crate::claim::axis::{Written, WrittenValue};
use crate::claim::case::{Bound, Case, Hypothesis, Input, Point};
use crate::claim::inequality::Inequality;
use crate::claim::meaning::{Binding, Meaning};
use crate::claim::sources::{self, Sources};
use crate::claim::value::ClaimReader;
use crate::quantity::axis::{AxisValue, SCHEDULE, SettingAxis};
use crate::quantity::{Need, Quantity, Setting};
use crate::source::Source;

/// Most points of one claim, its controls and breaks included.
const MOST_POINTS: usize = 200_000;

/// A section whose names are resolved and whose sources build.
pub(super) struct CasePlan<'a> {
    /// The axes in use.
    pub axes: Vec<&'a Written>,
    /// Left side.
    pub lhs: Meaning<'a>,
    /// Right side, for an inequality.
    pub rhs: Option<Meaning<'a>>,
    /// What a combination must satisfy.
    pub hypotheses: Vec<(Meaning<'a>, Inequality, Meaning<'a>)>,
    /// What a slope is taken against.
    pub abscissa: Option<Meaning<'a>>,
    /// Fewest points along what it is taken against.
    pub fewest: usize,
    /// Where a problem of the whole section is shown.
    pub span: Range<usize>,
}

/// One value of each axis, by name.
pub(super) type Combination<'a> = BTreeMap<&'a str, &'a WrittenValue>;

impl<'a> CasePlan<'a> {
    /// The cases, whether they satisfy the hypotheses or not. An inequality has one point per case.
    ///
    /// A slope's fit runs along the axis it is taken against. Against a quantity, it runs along
    /// every axis that the quantity varies with: the numeric axes of its scope and those that fill
    /// source templates, where they have more than one value; if there is none, along the list of
    /// sources.
    pub(super) fn cases(&self, reader: &mut ClaimReader, sources: &mut Sources) -> Vec<Case> {
        let points = self.axes.iter().map(|axis| axis.values.len()).try_fold(1_usize, usize::checked_mul);
        reader.points = points.map_or(usize::MAX, |n| reader.points.saturating_add(n));
        if reader.points > MOST_POINTS {
            let message = format!(
                "the axes combine to more than {MOST_POINTS} points: split the claim, or shorten an axis"
            );
            reader.problems.add(self.span.clone(), message);
            return Vec::new();
        }
        let along = self.abscissa.as_ref().map_or(Vec::new(), |abscissa| self.fit_axes(abscissa));
        let (inner, outer): (Vec<&Written>, Vec<&Written>) =
            self.axes.iter().copied().partition(|axis| along.contains(&axis.name.as_str()));
        if self.abscissa.is_some()
            && inner.iter().map(|axis| axis.values.len()).product::<usize>() < self.fewest
        {
            let (what, fewest) =
                if self.fewest == 2 { ("slope", "two") } else { ("bounded sequence", "three") };
            let message = format!("a {what} needs at least {fewest} points along what it is taken against");
            reader.problems.add(self.span.clone(), message);
            return Vec::new();
        }
        let runs = combinations(&inner);
        combinations(&outer)
            .iter()
            .map(|fixed| Case {
                axes: case_axes(fixed),
                points: runs
                    .iter()
                    .map(|run| {
                        self.point(
                            &fixed.iter().chain(run).map(|(k, v)| (*k, *v)).collect(),
                            reader,
                            sources,
                        )
                    })
                    .collect(),
            })
            .collect()
    }

    /// The axes that a fit runs along.
    fn fit_axes(&self, abscissa: &Meaning<'a>) -> Vec<&'a str> {
        let quantity = match abscissa.bindings.first() {
            Some(Binding::Axis(name)) => return vec![name],
            Some(Binding::Quantity(quantity, _) | Binding::Baseline(quantity)) => quantity,
            _ => return Vec::new(),
        };
        let source = self.axes.iter().find(|axis| axis.name == "source");
        let specs = source.into_iter().flat_map(|axis| &axis.values);
        let filling: Vec<String> = specs
            .filter_map(|value| match value.get_ref() {
                WrittenValue::Source(spec) => Some(sources::placeholders(spec)),
                _ => None,
            })
            .flatten()
            .collect();
        let varies = |axis: &&&Written| {
            let needed = |known: &'static SettingAxis| !known.optional && known.name == axis.name;
            let in_scope = quantity.scope.axes().any(needed)
                && matches!(axis.values[0].get_ref(), WrittenValue::Number(_));
            axis.values.len() > 1 && (in_scope || filling.contains(&axis.name))
        };
        let along: Vec<&str> = self.axes.iter().filter(varies).map(|axis| axis.name.as_str()).collect();
        if along.is_empty() { vec!["source"] } else { along }
    }

    fn point(&self, at: &Combination, reader: &mut ClaimReader, sources: &mut Sources) -> Point {
        let source = at.get("source").and_then(|value| match value {
            WrittenValue::Source(spec) => sources::filled(spec, &|name| at.get(name).map(|v| v.text()))
                .and_then(|spec| sources.get(&spec))
                .map_err(|error| reader.problems.add(self.span.clone(), error.to_string()))
                .ok(),
            _ => None,
        });
        if let (Some(WrittenValue::Number(low)), Some(WrittenValue::Number(high))) =
            (at.get("snr_min"), at.get("snr_max"))
            && low >= high
        {
            let axis = self.axes.iter().find(|axis| axis.name == "snr_max");
            let span = axis.map_or(self.span.clone(), |axis| axis.name_span.clone());
            reader.problems.add(span, format!("snr_max = {high} is not above snr_min = {low}"));
        }
        let mut axes = case_axes(at);
        if let Some(source) = &source {
            axes.insert("source".to_owned(), AxisValue::Text(source.spec().to_owned()));
        }
        let bound = |meaning: &Meaning| Bound {
            expression: meaning.expression.clone(),
            inputs: meaning.bindings.iter().map(|binding| input(binding, at, source.as_ref())).collect(),
        };
        let hypotheses = self.hypotheses.iter();
        Point {
            axes,
            lhs: bound(&self.lhs),
            rhs: self.rhs.as_ref().map(bound),
            abscissa: self.abscissa.as_ref().map(bound),
            hypotheses: hypotheses
                .map(|(lhs, inequality, rhs)| Hypothesis {
                    lhs: bound(lhs),
                    inequality: *inequality,
                    rhs: bound(rhs),
                })
                .collect(),
        }
    }
}

/// Axis values as reports show them; a template is filled by the axes of the combination, as far as
/// they go.
pub(super) fn case_axes(at: &Combination) -> BTreeMap<String, AxisValue> {
    at.iter()
        .map(|(name, value)| {
            let value = match value {
                WrittenValue::Number(x) => AxisValue::Number(*x),
                WrittenValue::Text(text) => AxisValue::Text(filled_at(text, at)),
                WrittenValue::Every([lo, hi]) => AxisValue::Text(format!("{lo}..{hi}")),
                WrittenValue::Source(spec) => {
                    let one = |v: &&WrittenValue| !matches!(v, WrittenValue::Every(_));
                    let spec =
                        sources::filled(spec, &|name| at.get(name).copied().filter(one).map(|v| v.text()));
                    AxisValue::Text(spec.map_or_else(|error| error.to_string(), |spec| spec.to_string()))
                }
            };
            ((*name).to_owned(), value)
        })
        .collect()
}

/// Every combination of the axes' values.
pub(super) fn combinations<'a>(axes: &[&'a Written]) -> Vec<Combination<'a>> {
    let mut all = vec![Combination::new()];
    for axis in axes {
        let with = |fixed: &Combination<'a>, value: &'a WrittenValue| {
            let mut fixed = fixed.clone();
            fixed.insert(&axis.name, value);
            fixed
        };
        all = all
            .iter()
            .flat_map(|fixed| axis.values.iter().map(|value| with(fixed, value.get_ref())))
            .collect();
    }
    all
}

/// The input behind a name at one combination.
fn input(binding: &Binding, at: &Combination, source: Option<&Arc<Source>>) -> Input {
    match binding {
        Binding::Number(x) => Input::Number(*x),
        Binding::Axis(name) => Input::Number(number(at, name)),
        Binding::Baseline(quantity) => {
            let other = value(at, "baseline").expect("`baseline(…)` was checked to have its axis");
            need(quantity, setting(quantity, at).with(&SCHEDULE, other), source)
        }
        Binding::Quantity(quantity, arguments) => {
            let mut setting = setting(quantity, at);
            setting.arguments = arguments
                .iter()
                .map(|argument| match argument {
                    Binding::Axis(name) => number(at, name),
                    Binding::Number(x) => *x,
                    Binding::Quantity(..) | Binding::Baseline(_) => {
                        unreachable!("an argument is never a quantity")
                    }
                })
                .collect();
            need(quantity, setting, source)
        }
    }
}

fn need(quantity: &'static Quantity, setting: Setting, source: Option<&Arc<Source>>) -> Input {
    let source = source.expect("every quantity uses the axis `source`, and it was built").clone();
    Input::Need(Need { source, quantity, setting })
}

/// The axes of a quantity's scope at one combination.
fn setting(quantity: &Quantity, at: &Combination) -> Setting {
    let here = |axis: &'static SettingAxis| Some((axis, value(at, axis.name)?));
    let values = quantity.scope.axes().filter_map(here);
    values.fold(Setting::default(), |setting, (axis, value)| setting.with(axis, value))
}

fn value(at: &Combination, name: &str) -> Option<AxisValue> {
    match at.get(name)? {
        WrittenValue::Number(x) => Some(AxisValue::Number(*x)),
        WrittenValue::Text(text) => Some(AxisValue::Text(filled_at(text, at))),
        WrittenValue::Source(_) | WrittenValue::Every(_) => None,
    }
}

/// A text with the values of other axes in it.
fn filled_at(text: &str, at: &Combination) -> String {
    sources::filled_in(text, &|name| at.get(name).map(|value| value.text()))
}

fn number(at: &Combination, name: &str) -> f64 {
    match at.get(name) {
        Some(WrittenValue::Number(x)) => *x,
        _ => unreachable!("the axis `{name}` of an expression was checked to be numeric"),
    }
}
