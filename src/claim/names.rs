//! What the names of a section mean: constants first, then axes, then quantities.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use toml::Spanned;

use crate::claim::axis::{self, Written, WrittenValue, is_numeric, is_text, to_add};
use crate::claim::expression::{Actual, Expression, Reference};
use crate::claim::meaning::{Binding, Meaning};
use crate::claim::merged::Merged;
use crate::claim::sources::{self, Sources};
use crate::claim::syntax::FUNCTIONS;
use crate::claim::value::ClaimReader;
use crate::error::nearest;
use crate::quantity::axis::SCHEDULE;
use crate::quantity::{QUANTITIES, Quantity};

/// The name of the axis, and of the function of a quantity, that stands for another schedule in the
/// same case.
const BASELINE: &str = "baseline";

/// The names of a section and which of them it uses.
pub(super) struct Names<'m, 'a> {
    merged: &'m Merged<'a>,
    used: BTreeSet<String>,
}

impl<'m, 'a> Names<'m, 'a> {
    /// Nothing used yet.
    pub(super) fn new(merged: &'m Merged<'a>) -> Self {
        Self { merged, used: BTreeSet::new() }
    }

    fn axis(&self, name: &str) -> Option<&'a Written> {
        self.merged.axes.iter().map(|(axis, _)| *axis).find(|axis| axis.name == name)
    }

    /// Gives every name of `expression` its meaning; `None` where a problem was noted.
    pub(super) fn resolve(
        &mut self,
        expression: &Spanned<Expression>,
        reader: &mut ClaimReader,
    ) -> Option<Meaning<'a>> {
        let text = expression.get_ref().to_string();
        let place = |reader: &ClaimReader, span: &Range<usize>| {
            reader.within(&expression.span(), &text, span.clone())
        };
        let mut bindings = Vec::new();
        for reference in expression.get_ref().references() {
            let span = place(reader, &reference.span);
            match self.binding(reference, span, reader, |reader, span| place(reader, span)) {
                Some(Binding::Axis(name)) if self.is_text(name) => {
                    let span = place(reader, &reference.span);
                    reader.problems.add(span, format!("axis `{name}` is text, not a number"));
                }
                Some(binding) => bindings.push(binding),
                None => {}
            }
        }
        let complete = bindings.len() == expression.get_ref().references().len();
        complete.then(|| Meaning { expression: Arc::new(expression.get_ref().clone()), bindings })
    }

    fn is_text(&self, name: &str) -> bool {
        let number =
            |value: &WrittenValue| matches!(value, WrittenValue::Number(_) | WrittenValue::Every(_));
        self.axis(name).is_some_and(|axis| !number(axis.values[0].get_ref()))
    }

    /// The constant or axis called `name`.
    fn plain(&mut self, name: &str) -> Option<Binding<'a>> {
        let binding = match self.merged.constants.get(name) {
            Some(constant) => Binding::Number(constant.value),
            None => Binding::Axis(&self.axis(name)?.name),
        };
        self.used.insert(name.to_owned());
        Some(binding)
    }

    fn binding(
        &mut self,
        reference: &Reference,
        span: Range<usize>,
        reader: &mut ClaimReader,
        place: impl Fn(&ClaimReader, &Range<usize>) -> Range<usize>,
    ) -> Option<Binding<'a>> {
        let name = reference.name.as_str();
        if reference.arguments.is_empty()
            && let Some(plain) = self.plain(name)
        {
            return Some(plain);
        }
        if name == BASELINE {
            return self.baseline(reference, span, reader);
        }
        let Some(quantity) = QUANTITIES.get(name) else {
            self.note_unknown(name, span, reader);
            return None;
        };
        if reference.arguments.len() != quantity.arguments.len() {
            let help = match quantity.arguments {
                [] => format!("write `{name}`"),
                list => format!("write `{name}({})`", list.join(", ")),
            };
            let message = format!(
                "`{name}` takes {} argument(s), not {}",
                quantity.arguments.len(),
                reference.arguments.len()
            );
            reader.problems.add_with_help(span, message, help);
            return None;
        }
        let has_axes = self.use_scope(quantity, span, reader);
        let mut arguments = Vec::new();
        for actual in &reference.arguments {
            match actual {
                Actual::Number(x) => arguments.push(Binding::Number(*x)),
                Actual::Name(name, at) => match self.plain(name) {
                    Some(Binding::Axis(name)) if self.is_text(name) => {
                        reader
                            .problems
                            .add(place(reader, at), format!("axis `{name}` is text, not a number"));
                    }
                    Some(binding) => arguments.push(binding),
                    None => {
                        let message = format!("`{name}` is no constant or axis of this claim");
                        let help = "arguments of a quantity are numbers, constants or axes";
                        reader.problems.add_with_help(place(reader, at), message, help);
                    }
                },
            }
        }
        (has_axes && arguments.len() == quantity.arguments.len())
            .then_some(Binding::Quantity(quantity, arguments))
    }

    /// `baseline(quantity)`, for a quantity without arguments that depends on a schedule.
    fn baseline(
        &mut self,
        reference: &Reference,
        span: Range<usize>,
        reader: &mut ClaimReader,
    ) -> Option<Binding<'a>> {
        let named = match &reference.arguments[..] {
            [Actual::Name(name, _)] => QUANTITIES.get(name),
            _ => None,
        };
        let scheduled =
            |q: &&Quantity| q.arguments.is_empty() && q.scope.axes().any(|axis| axis.name == SCHEDULE.name);
        let Some(quantity) = named.filter(scheduled) else {
            let message = "`baseline` takes one quantity, without arguments, that depends on a schedule";
            reader.problems.add_with_help(span, message, "write `baseline(path_kl)`");
            return None;
        };
        let has_axes = self.use_scope(quantity, span.clone(), reader);
        self.used.insert(BASELINE.to_owned());
        if self.axis(BASELINE).is_none() {
            if !self.excused(BASELINE, reader) {
                let message = "`baseline(…)` needs the axis `baseline`, which `over` does not have";
                reader.problems.add_with_help(
                    span,
                    message,
                    "add `baseline = [\"geometric\"]` under `[over]`",
                );
            }
            return None;
        }
        has_axes.then_some(Binding::Baseline(quantity))
    }

    /// Marks the axes that `quantity` lives on as used; notes those that are missing.
    fn use_scope(&mut self, quantity: &Quantity, span: Range<usize>, reader: &mut ClaimReader) -> bool {
        let mut complete = true;
        let optional = quantity.scope.axes().filter(|axis| axis.optional && self.axis(axis.name).is_some());
        self.used.extend(optional.map(|axis| axis.name.to_owned()).collect::<Vec<_>>());
        let needed = quantity.scope.axes().filter(|axis| !axis.optional).map(|axis| axis.name);
        for name in std::iter::once("source").chain(needed) {
            self.used.insert(name.to_owned());
            if self.axis(name).is_none() {
                complete = false;
                if !self.excused(name, reader) {
                    let message =
                        format!("`{}` needs the axis `{name}`, which `over` does not have", quantity.name);
                    reader.problems.add_with_help(span.clone(), message, to_add(name));
                }
            }
        }
        complete
    }

    /// Whether `name` is missing only because it could not be read, which was noted.
    fn excused(&self, name: &str, reader: &ClaimReader) -> bool {
        self.merged.has(name) && reader.problems.len() > 0
    }

    fn note_unknown(&self, name: &str, span: Range<usize>, reader: &mut ClaimReader) {
        if self.excused(name, reader) {
            return;
        }
        let own = self
            .merged
            .constants
            .keys()
            .copied()
            .chain(self.merged.axes.iter().map(|(a, _)| a.name.as_str()));
        let known = own.chain(QUANTITIES.iter().map(|q| q.name)).chain(FUNCTIONS);
        if is_numeric(name) {
            reader.problems.add_with_help(span, format!("the axis `{name}` is not in `over`"), to_add(name));
            return;
        }
        let help = match nearest(name, known) {
            Some(near) => format!("did you mean `{near}`?"),
            None => {
                "a name is a constant, an axis or a quantity; `klaim list quantities` shows those".to_owned()
            }
        };
        reader.problems.add_with_help(span, format!("unknown name `{name}`"), help);
    }

    /// Builds every source that the section can ask for, once for each filling of its template.
    pub(super) fn check_sources(&mut self, reader: &mut ClaimReader, sources: &mut Sources) {
        let Some(axis) = self.axis("source").filter(|_| self.used.contains("source")) else { return };
        for value in &axis.values {
            let WrittenValue::Source(spec) = value.get_ref() else { continue };
            let mut complete = true;
            for name in sources::placeholders(spec) {
                self.used.insert(name.clone());
                if self.axis(&name).is_none() || name == "source" {
                    complete = false;
                    self.note_placeholder(&name, value, reader);
                }
            }
            if complete {
                for filling in self.fillings(sources::placeholders(spec)) {
                    let built = sources::filled(spec, &|name| filling.get(name).cloned())
                        .and_then(|s| sources.get(&s));
                    if let Err(error) = built {
                        let span = sources::place(&error, reader.text, value.span());
                        reader.problems.add(span, error.to_string());
                        break;
                    }
                }
            }
        }
    }

    /// Checks every text in use, a template once for each of its fillings.
    pub(super) fn check_texts(&mut self, reader: &mut ClaimReader) {
        let texts: Vec<&Written> = self.used_axes().into_iter().filter(|axis| is_text(&axis.name)).collect();
        for axis in texts {
            for value in &axis.values {
                let WrittenValue::Text(text) = value.get_ref() else { continue };
                let names = sources::placeholders_in(text);
                let mut complete = true;
                for name in &names {
                    self.used.insert(name.clone());
                    if self.axis(name).is_none() || *name == axis.name {
                        complete = false;
                        self.note_placeholder(name, value, reader);
                    }
                }
                let fillings = if complete { self.fillings(names) } else { Vec::new() };
                for filling in fillings {
                    let filled = sources::filled_in(text, &|name| filling.get(name).cloned());
                    if let Err(error) = axis::check(&axis.name, &filled) {
                        let span = sources::place(&error, reader.text, value.span());
                        reader.problems.add(span, error.to_string());
                        break;
                    }
                }
            }
        }
    }

    fn note_placeholder(&self, name: &str, value: &Spanned<WrittenValue>, reader: &mut ClaimReader) {
        if self.excused(name, reader) && name != "source" {
            return;
        }
        let at = sources::find_word(&reader.text[value.span()], name);
        let span = at.map_or(value.span(), |at| value.span().start + at.start..value.span().start + at.end);
        let help = match nearest(name, self.merged.axes.iter().map(|(a, _)| a.name.as_str())) {
            Some(near) => format!("did you mean `{{{near}}}`?"),
            None => format!("add `{name} = […]` under `[over]`"),
        };
        reader.problems.add_with_help(span, format!("no axis `{name}` fills `{{{name}}}`"), help);
    }

    /// Every combination of the axes `names`.
    fn fillings(&self, names: Vec<String>) -> Vec<BTreeMap<String, String>> {
        let mut all = vec![BTreeMap::new()];
        let names: BTreeSet<String> = names.into_iter().collect();
        for axis in names.iter().filter_map(|name| self.axis(name)) {
            let with = |filling: &BTreeMap<String, String>, value: &Spanned<WrittenValue>| {
                let mut filling = filling.clone();
                filling.insert(axis.name.clone(), value.get_ref().text());
                filling
            };
            all = all
                .iter()
                .flat_map(|filling| axis.values.iter().map(|value| with(filling, value)))
                .collect();
        }
        all
    }

    /// Notes constants that hide something, and own axes and constants that nothing uses.
    pub(super) fn check_use(&self, reader: &mut ClaimReader) {
        for (name, constant) in &self.merged.constants {
            if self.axis(name).is_some() || QUANTITIES.get(name).is_some() || FUNCTIONS.contains(name) {
                let message = format!("constant `{name}` has the name of an axis, a quantity or a function");
                reader.problems.add(constant.span.clone(), message);
            } else if constant.own && !self.used.contains(*name) {
                reader.problems.add(constant.span.clone(), format!("constant `{name}` is not used"));
            }
        }
        for (axis, _) in
            self.merged.axes.iter().filter(|(axis, own)| *own && !self.used.contains(&axis.name))
        {
            let message =
                format!("axis `{}` is not used by an expression, a source or a template", axis.name);
            reader.problems.add(axis.name_span.clone(), message);
        }
    }

    /// The constants in use.
    pub(super) fn used_constants(&self) -> BTreeMap<String, f64> {
        let used = self.merged.constants.iter().filter(|(name, _)| self.used.contains(**name));
        used.map(|(name, constant)| ((*name).to_owned(), constant.value)).collect()
    }

    /// The axes in use, in order.
    pub(super) fn used_axes(&self) -> Vec<&'a Written> {
        self.merged
            .axes
            .iter()
            .map(|(axis, _)| *axis)
            .filter(|axis| self.used.contains(&axis.name))
            .collect()
    }
}
