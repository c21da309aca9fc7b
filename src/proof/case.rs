//! A case of a claim, at its one SNR, as what a proof decides.

use crate::claim::expression::Reference;
use crate::claim::statement::{Operand, RangeStatement, Side};
use crate::claim::verdict::Relation;
use crate::claim::{Bound, Case, Hypothesis, Inequality, Input};
use crate::proof::cover::Decision;
use crate::quantity::Need;
use crate::spec::Spec;

impl Case {
    /// The case as a statement for its one SNR; `None` for a relation along an axis, and for
    /// quantities of a path or of several sources.
    pub fn statement(&self, relation: Relation) -> Option<RangeStatement> {
        let [point] = &self.points[..] else { return None };
        let rhs = point.rhs.as_ref()?;
        let needs = || [&point.lhs, rhs].into_iter().flat_map(|side| &side.inputs).filter_map(need);
        let source = &needs().next()?.source;
        if needs().any(|need| need.source.spec() != source.spec() || need.setting.arguments.len() > 1) {
            return None;
        }
        let mut snrs = needs().filter_map(|need| need.setting.snr().ok());
        let snr = snrs.next().unwrap_or(1.0);
        if snrs.any(|other| other.to_bits() != snr.to_bits()) {
            return None;
        }
        let [lhs, rhs] = [&point.lhs, rhs].map(|bound| side(bound, snr));
        let source = Spec::parse(source.spec()).ok()?;
        Some(RangeStatement { source, atoms: None, parameter: None, snr: [snr; 2], lhs, relation, rhs })
    }
}

impl Hypothesis {
    /// Whether it holds for certain of the law of `stated`, a statement for one SNR: what decides
    /// which cases there are allows for rounding, a proof does not.
    pub fn is_proved(&self, stated: &RangeStatement) -> bool {
        let [lhs, rhs] = [&self.lhs, &self.rhs].map(|bound| side(bound, stated.snr[0]));
        // `<` holds where `>=` fails.
        let (relation, wanted) = match self.inequality {
            Inequality::AtMost => (Relation::AtMost, true),
            Inequality::AtLeast => (Relation::AtLeast, true),
            Inequality::Below => (Relation::AtLeast, false),
            Inequality::Above => (Relation::AtMost, false),
            Inequality::Equal => return false,
        };
        match (RangeStatement { lhs, relation, rhs, ..stated.clone() }).decide().decision {
            Decision::Proved => wanted,
            Decision::Disproved { .. } => !wanted,
            Decision::Open(_) => false,
        }
    }
}

fn need(input: &Input) -> Option<&Need> {
    match input {
        Input::Need(need) => Some(need),
        Input::Number(_) => None,
    }
}

fn side(bound: &Bound, snr: f64) -> Side {
    let operand = |(reference, input): (&Reference, &Input)| match input {
        Input::Number(x) if reference.name == "snr" && x.to_bits() == snr.to_bits() => Operand::Snr,
        Input::Number(x) => Operand::Number(*x),
        Input::Need(need) => {
            // What depends on more than the law and the SNR has no interval form by any name.
            let more = need.setting.values().any(|(axis, _)| axis.name != "snr");
            let name = need.quantity.name;
            let name = if more { format!("{name} along a path") } else { name.to_owned() };
            Operand::Quantity(name, need.setting.arguments.first().copied())
        }
    };
    let operands = bound.expression.references().iter().zip(&bound.inputs).map(operand).collect();
    Side { expression: (*bound.expression).clone(), operands }
}
