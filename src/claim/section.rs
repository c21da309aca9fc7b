//! One section of a claim: the main statement, or what a control or a break makes of it.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use toml::Spanned;

use crate::claim::axis::Written;
use crate::claim::case::Section;
use crate::claim::expand::Plan;
use crate::claim::expression::Expression;
use crate::claim::file::{DEFAULT_MARGIN, Statement};
use crate::claim::names::{Binding, Names};
use crate::claim::sources::Sources;
use crate::claim::trend;
use crate::claim::value::Reader;
use crate::claim::verdict::{Relation, Verdict};
use crate::report::model::SlopeStatement;

/// A statement with what it inherits. "Own" is what the section itself gives: that must be used; what is inherited and
/// no longer used is dropped.
pub(super) struct Merged<'a> {
    own: &'a Statement,
    main: &'a Statement,
    relation: Option<&'a Spanned<Relation>>,
    lhs: Option<&'a Spanned<Expression>>,
    rhs: Option<&'a Spanned<Expression>>,
    against: Option<&'a Spanned<Expression>>,
    between: Option<&'a Spanned<[f64; 2]>>,
    decay: Option<&'a Spanned<f64>>,
    /// Constants by name.
    pub constants: BTreeMap<&'a str, Constant>,
    /// Axes in the order of the main statement, new ones last, and whether they are own.
    pub axes: Vec<(&'a Written, bool)>,
}

/// A constant of a section.
pub(super) struct Constant {
    /// Its value.
    pub value: f64,
    /// Where it stands.
    pub span: Range<usize>,
    /// Whether the section itself gives it.
    pub own: bool,
}

/// An expression of a section with the meaning of its names.
pub(super) struct Meaning<'a> {
    /// The expression, shared by all cases.
    pub expression: Arc<Expression>,
    /// One for each of its references.
    pub bindings: Vec<Binding<'a>>,
}

impl<'a> Merged<'a> {
    /// `section` over `main`; the main statement itself without one.
    pub(super) fn new(main: &'a Statement, section: Option<&'a Statement>) -> Self {
        let own = section.unwrap_or(main);
        let mut constants = BTreeMap::new();
        for (statement, is_own) in [(main, section.is_none()), (own, true)] {
            for (name, value) in &statement.constants {
                constants.insert(name.as_str(), Constant { value: *value.get_ref(), span: value.span(), own: is_own });
            }
        }
        let mut axes: Vec<(&Written, bool)> = main.axes.iter().map(|axis| (axis, section.is_none())).collect();
        for axis in section.map_or(&[][..], |s| &s.axes) {
            match axes.iter_mut().find(|(inherited, _)| inherited.name == axis.name) {
                Some(place) => *place = (axis, true),
                None => axes.push((axis, true)),
            }
        }
        Self {
            own,
            main,
            relation: own.relation.as_ref().or(main.relation.as_ref()),
            lhs: own.lhs.as_ref().or(main.lhs.as_ref()),
            rhs: own.rhs.as_ref().or(main.rhs.as_ref()),
            against: own.against.as_ref().or(main.against.as_ref()),
            between: own.between.as_ref().or(main.between.as_ref()),
            decay: own.decay.as_ref().or(main.decay.as_ref()),
            constants,
            axes,
        }
    }

    /// The main statement on another of its grids.
    pub(super) fn on(main: &'a Statement, grid: &'a [Written]) -> Self {
        Self { axes: grid.iter().map(|axis| (axis, true)).collect(), ..Self::new(main, None) }
    }

    /// Whether `key` stands in the section or in the main statement, readable or not.
    pub(super) fn has(&self, key: &str) -> bool {
        self.owns(key) || self.main.given.iter().any(|k| k == key)
    }

    fn owns(&self, key: &str) -> bool {
        self.own.given.iter().any(|k| k == key)
    }

    /// Where a problem of the whole section is shown.
    pub(super) fn span(&self) -> Range<usize> {
        self.own.span.clone()
    }

    /// Notes keys that are missing or have no meaning beside this relation.
    fn check_keys(&self, relation: Option<Relation>, reader: &mut Reader) {
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
            Some(Relation::Slope) => {
                (&["rhs", "decay"], "a slope has no right side and no plateau; state its interval as `between`")
            }
            Some(Relation::Bounded) => (
                &["rhs", "between"],
                "a bounded sequence has no right side and no exponent; state its plateau as `decay`",
            ),
            Some(_) => (&["against", "between", "decay"], "belongs to `relation = \"slope\"` or `\"bounded\"`"),
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

    /// The section with its cases; problems are noted, and then the cases are not to be used.
    pub(super) fn section(&self, expected: Verdict, reader: &mut Reader, sources: &mut Sources) -> Section {
        let relation = self.relation.map(|r| *r.get_ref());
        self.check_keys(relation, reader);
        let along = relation.is_some_and(Relation::along_an_axis);
        let mut names = Names::new(self);
        let lhs = self.lhs.and_then(|e| names.resolve(e, reader));
        let rhs = self.rhs.filter(|_| !along).and_then(|e| names.resolve(e, reader));
        let against = self.against.filter(|_| along).and_then(|e| names.resolve(e, reader));
        names.check_sources(reader, sources);
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
                    Some(Relation::Bounded) => [f64::NEG_INFINITY, -self.decay.map_or(trend::DECAY, |d| *d.get_ref())],
                    _ => *self.between?.get_ref(),
                };
                Some(SlopeStatement { against: against.expression.to_string(), between })
            }),
            expected,
            cases: Vec::new(),
        };
        if let (Some(lhs), true, 0) = (lhs, complete, reader.problems.len()) {
            let axes = names.used_axes();
            let fewest = if relation == Some(Relation::Bounded) { trend::FEWEST } else { 2 };
            let plan = Plan { axes, lhs, rhs, abscissa: against, fewest, span: self.span() };
            section.cases = plan.cases(reader, sources);
        }
        section
    }
}
