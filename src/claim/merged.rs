//! A statement with what it inherits from the main one.

use std::collections::BTreeMap;
use std::ops::Range;

use toml::Spanned;

use crate::claim::axis::Written;
use crate::claim::expression::Expression;
use crate::claim::file::{Statement, WrittenHypothesis};
use crate::claim::verdict::Relation;

/// A statement with what it inherits. "Own" is what the section itself gives: that must be used;
/// what is inherited and no longer used is dropped.
pub(super) struct Merged<'a> {
    pub own: &'a Statement,
    pub main: &'a Statement,
    pub relation: Option<&'a Spanned<Relation>>,
    pub lhs: Option<&'a Spanned<Expression>>,
    pub rhs: Option<&'a Spanned<Expression>>,
    pub hypotheses: &'a [WrittenHypothesis],
    pub against: Option<&'a Spanned<Expression>>,
    pub between: Option<&'a Spanned<[f64; 2]>>,
    pub decay: Option<&'a Spanned<f64>>,
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

impl<'a> Merged<'a> {
    /// `section` over `main`; the main statement itself without one.
    pub(super) fn new(main: &'a Statement, section: Option<&'a Statement>) -> Self {
        let own = section.unwrap_or(main);
        let mut constants = BTreeMap::new();
        for (statement, is_own) in [(main, section.is_none()), (own, true)] {
            for (name, value) in &statement.constants {
                constants.insert(
                    name.as_str(),
                    Constant { value: *value.get_ref(), span: value.span(), own: is_own },
                );
            }
        }
        let mut axes: Vec<(&Written, bool)> =
            main.axes.iter().map(|axis| (axis, section.is_none())).collect();
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
            hypotheses: own.hypotheses.as_ref().or(main.hypotheses.as_ref()).map_or(&[], Vec::as_slice),
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

    pub(super) fn owns(&self, key: &str) -> bool {
        self.own.given.iter().any(|k| k == key)
    }

    /// Where a problem of the whole section is shown.
    pub(super) fn span(&self) -> Range<usize> {
        self.own.span.clone()
    }
}
