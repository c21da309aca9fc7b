//! Axes that take every value of a range: from the combinations of a section to what is to be
//! proved.

use crate::claim::axis::WrittenValue;
use crate::claim::expand::{CasePlan, Combination, case_axes, combinations};
use crate::claim::meaning::{Binding, Meaning};
use crate::claim::sources;
use crate::claim::statement::{EveryCase, Operand, RangeStatement, Side};
use crate::claim::value::ClaimReader;
use crate::claim::verdict::Relation;
use crate::quantity::axis::SNR;
use crate::source::SOURCES;
use crate::spec::Named;

impl CasePlan<'_> {
    /// Whether an axis takes every value of a range: then the section is proved, not measured.
    pub(super) fn takes_every(&self) -> bool {
        self.axes.iter().any(|axis| matches!(axis.values[0].get_ref(), WrittenValue::Every(_)))
    }

    /// What is to be proved, one statement a combination of the axes.
    pub(super) fn every(&self, relation: Relation, reader: &mut ClaimReader) -> Vec<EveryCase> {
        let ranges =
            self.axes.iter().filter(|axis| matches!(axis.values[0].get_ref(), WrittenValue::Every(_)));
        let parameters: Vec<&str> =
            ranges.map(|axis| axis.name.as_str()).filter(|name| *name != SNR.name).collect();
        let plain = self.abscissa.is_none() && self.hypotheses.is_empty();
        let (true, Some(rhs), [] | [_]) = (plain, &self.rhs, &parameters[..]) else {
            let message = "`all` is for an inequality of two sides without `where`, over the SNR and one parameter of a source";
            reader.problems.add(self.span.clone(), message);
            return Vec::new();
        };
        let of = |at: &Combination| {
            let Some(WrittenValue::Source(spec)) = at.get("source").copied() else { return None };
            let fixed = |name: &str| match at.get(name)? {
                WrittenValue::Every(_) => None,
                value => Some(value.text()),
            };
            let spec = sources::filled(spec, &fixed).ok()?;
            let source = spec.canonical(&|kind| Ok(SOURCES.named(kind)?.parameters())).ok()?;
            let range = |name: &str| match at.get(name)? {
                WrittenValue::Every(ends) => Some(*ends),
                WrittenValue::Number(x) => Some([*x; 2]),
                _ => None,
            };
            let parameter = parameters.first().and_then(|name| Some(((*name).to_owned(), range(name)?)));
            let statement = RangeStatement {
                source,
                atoms: None,
                parameter,
                snr: range(SNR.name).unwrap_or([1.0; 2]),
                lhs: side(&self.lhs, at),
                relation,
                rhs: side(rhs, at),
            };
            Some(EveryCase { axes: case_axes(at), statement })
        };
        let all = combinations(&self.axes);
        let every: Vec<EveryCase> = all.iter().filter_map(of).collect();
        if every.len() < all.len() {
            let message = "`all` is for quantities of a law: the axis `source` gives none here";
            reader.problems.add(self.span.clone(), message);
        }
        every
    }
}

fn side(meaning: &Meaning, at: &Combination) -> Side {
    let operand = |binding: &Binding| match binding {
        Binding::Number(x) => Operand::Number(*x),
        Binding::Axis(name) if *name == SNR.name => Operand::Snr,
        Binding::Axis(name) => match at.get(name) {
            Some(WrittenValue::Number(x)) => Operand::Number(*x),
            _ => Operand::Parameter,
        },
        // No interval form has such a name.
        Binding::Baseline(quantity) => Operand::Quantity(format!("baseline({})", quantity.name), None),
        Binding::Quantity(quantity, arguments) => match &arguments[..] {
            [] => Operand::Quantity(quantity.name.to_owned(), None),
            [Binding::Number(x)] => Operand::Quantity(quantity.name.to_owned(), Some(*x)),
            _ => Operand::Quantity(format!("{}(…)", quantity.name), None),
        },
    };
    let operands = meaning.bindings.iter().map(operand).collect();
    Side { expression: (*meaning.expression).clone(), operands }
}
