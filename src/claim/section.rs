//! One section of a claim: the main statement, or what a control or a break makes of it.

use toml::Spanned;

use crate::claim::case::{Section, SlopeStatement};
use crate::claim::expand::CasePlan;
use crate::claim::file::DEFAULT_MARGIN;
use crate::claim::merged::Merged;
use crate::claim::names::Names;
use crate::claim::sources::Sources;
use crate::claim::trend;
use crate::claim::value::ClaimReader;
use crate::claim::verdict::{Relation, Verdict};

impl Merged<'_> {
    /// Notes keys that are missing or have no meaning beside this relation.
    fn check_keys(&self, relation: Option<Relation>, reader: &mut ClaimReader) {
        let needed: &[&str] = match relation {
            None => &["lhs", "relation"],
            Some(Relation::Slope) => &["lhs", "against", "between"],
            Some(Relation::Bounded) => &["lhs", "against"],
            Some(_) => &["lhs", "rhs"],
        };
        for key in needed.iter().filter(|key| !self.has(key)) {
            reader.problems.missing(self.span(), key);
        }
        let (foreign, why): (&[&str], _) = match relation {
            None => return,
            Some(Relation::Slope) => (
                &["rhs", "decay"],
                "a slope has no right side and no plateau; state its interval as `between`",
            ),
            Some(Relation::Bounded) => (
                &["rhs", "between"],
                "a bounded sequence has no right side and no exponent; state its plateau as `decay`",
            ),
            Some(_) => {
                (&["against", "between", "decay"], "belongs to `relation = \"slope\"` or `\"bounded\"`")
            }
        };
        let spans = [
            ("decay", self.decay.map(Spanned::span)),
            ("rhs", self.rhs.map(Spanned::span)),
            ("against", self.against.map(Spanned::span)),
            ("between", self.between.map(Spanned::span)),
        ];
        for (key, span) in spans.iter().filter(|(key, _)| foreign.contains(key) && self.owns(key)) {
            if let Some(span) = span {
                reader.problems.add(span.clone(), format!("`{key}`: {why}"));
            }
        }
    }

    /// The section with its cases, none left out; problems are noted, and then the cases are not
    /// to be used.
    pub(super) fn section(
        &self,
        expected: Verdict,
        reader: &mut ClaimReader,
        sources: &mut Sources,
    ) -> Section {
        let relation = self.relation.map(|r| *r.get_ref());
        self.check_keys(relation, reader);
        let along = relation.is_some_and(Relation::along_an_axis);
        let mut names = Names::new(self);
        let lhs = self.lhs.and_then(|e| names.resolve(e, reader));
        let rhs = self.rhs.filter(|_| !along).and_then(|e| names.resolve(e, reader));
        let against = self.against.filter(|_| along).and_then(|e| names.resolve(e, reader));
        let mut hypotheses = Vec::new();
        for (left, comparison, right) in self.hypotheses {
            let sides = [left, right].map(|side| names.resolve(side, reader));
            if let [Some(left), Some(right)] = sides {
                hypotheses.push((left, *comparison, right));
            }
        }
        names.check_sources(reader, sources);
        names.check_texts(reader);
        let complete = lhs.is_some() && (if along { against.is_some() } else { rhs.is_some() });
        if complete {
            names.check_use(reader);
        }
        let margin = self.own.margin.as_ref().or(self.main.margin.as_ref());
        let mut section = Section {
            why: self.own.why.clone(),
            lhs: self.lhs.map_or(String::new(), |e| e.get_ref().to_string()),
            rhs: rhs.as_ref().map_or(String::new(), |m| m.expression.to_string()),
            relation: relation.unwrap_or(Relation::Equal),
            constants: names.used_constants(),
            margin: margin.map_or(DEFAULT_MARGIN, |m| *m.get_ref()),
            slope: against.as_ref().and_then(|against| {
                let between = match relation {
                    Some(Relation::Bounded) => {
                        [f64::NEG_INFINITY, -self.decay.map_or(trend::DECAY, |d| *d.get_ref())]
                    }
                    _ => *self.between?.get_ref(),
                };
                Some(SlopeStatement { against: against.expression.to_string(), between })
            }),
            hypotheses: hypotheses
                .iter()
                .map(|(left, comparison, right)| {
                    format!("{} {comparison} {}", left.expression, right.expression)
                })
                .collect(),
            expected,
            cases: Vec::new(),
            left_out: 0,
            every: Vec::new(),
        };
        if let (Some(lhs), true, 0) = (lhs, complete, reader.problems.len()) {
            let axes = names.used_axes();
            let fewest = trend::fewest(section.relation);
            let span = self.span();
            let plan = CasePlan { axes, lhs, rhs, hypotheses, abscissa: against, fewest, span };
            if plan.takes_every() {
                section.every = plan.every(section.relation, reader);
            } else {
                section.cases = plan.cases(reader, sources);
            }
        }
        section
    }
}
