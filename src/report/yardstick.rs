//! In what terms a claim's inequality is told: the constant that serves, a level, a baseline, a share.

use super::labels::with_unit;
use super::model::SectionReport;
use crate::claim::Ratio;
use crate::claim::expression::{Actual, Expression, Reference};
use crate::claim::verdict::Relation;

/// What the ratio of an inequality's sides says in the claim's own terms.
#[derive(Debug, Clone, PartialEq)]
pub enum Yardstick {
    /// The right side is proportional to a constant: the ratio times its tested value is the value
    /// that the row needs.
    Constant {
        /// Its name.
        name: String,
        /// Its value in the claim.
        tested: f64,
    },
    /// The right side is a number: the left side is told beside it.
    Level,
    /// The right side is a factor times a quantity on a baseline: the ratio times the factor
    /// compares the two.
    Baseline {
        /// The factor.
        factor: f64,
    },
    /// The left side as a share of the right.
    Share,
}

/// Numbers at which a right side is tried for being proportional.
const TRIED: [f64; 3] = [0.5, 2.0, 3.0];
/// Relative rounding of such a trial.
const ROUNDING: f64 = 1e-9;

impl Yardstick {
    /// The yardstick of a section; [`Yardstick::Share`] for relations other than `<=` and `>=`.
    pub fn of(section: &SectionReport) -> Self {
        let inequality = matches!(section.relation, Relation::AtMost | Relation::AtLeast);
        let Some(rhs) = Expression::parse(&section.rhs).ok().filter(|_| inequality) else {
            return Self::Share;
        };
        let references = rhs.references();
        if references.iter().all(|r| constant(section, r).is_some()) {
            return Self::Level;
        }
        let at = |varied: usize, t: f64| {
            let other = |k: usize, r| constant(section, r).map_or(1.3 + 0.37 * k as f64, |(_, value)| value);
            let inputs = references.iter().enumerate();
            let inputs: Vec<f64> = inputs.map(|(k, r)| if k == varied { t } else { other(k, r) }).collect();
            rhs.value_and_gradient(&inputs).0
        };
        let proportional = |k: usize| {
            let one = at(k, 1.0);
            let like = |t: &f64| (at(k, *t) / (t * one) - 1.0).abs() < ROUNDING;
            one.is_finite() && one != 0.0 && TRIED.iter().all(like)
        };
        let plain = |r: &Reference| constant(section, r).is_some() || r.name == "baseline";
        if let Some(k) = references.iter().position(|r| r.name == "baseline" && !r.arguments.is_empty())
            && references.iter().all(plain)
            && proportional(k)
        {
            return Self::Baseline { factor: at(k, 1.0) };
        }
        let proportional: Vec<usize> = (0..references.len()).filter(|k| proportional(*k)).collect();
        let named = |k: &usize| scale_of(section, &references[*k]);
        let found: Vec<(&str, f64)> = proportional.iter().filter_map(named).collect();
        match found[..] {
            // A factor of one states the bound itself.
            [(_, 1.0)] => Self::Share,
            [(name, tested)] => Self::Constant { name: name.into(), tested },
            _ => Self::Share,
        }
    }

    /// A ratio of the sides in the yardstick's terms, for a row with right side `rhs`.
    pub fn scaled(&self, ratio: &Ratio, rhs: f64) -> Ratio {
        let by = match self {
            Self::Constant { tested, .. } => *tested,
            Self::Level => rhs,
            Self::Baseline { factor } => *factor,
            Self::Share => 1.0,
        };
        Ratio {
            value: ratio.value * by,
            std_err: ratio.std_err * by.abs(),
            low: (ratio.low * by).min(ratio.high * by),
            high: (ratio.low * by).max(ratio.high * by),
        }
    }

    /// What the yardstick's axis is called in a figure.
    pub fn axis(&self, section: &SectionReport) -> String {
        match self {
            Self::Constant { name, .. } => format!("least {name} that serves"),
            Self::Level if is_deviation(section) => "relative deviation".into(),
            Self::Level => with_unit(&section.lhs),
            Self::Baseline { .. } => format!("{} / baseline's", section.lhs),
            Self::Share => "share of the bound".into(),
        }
    }

    /// Where the claim itself stands on that axis, for a row with right side `rhs`.
    pub fn level(&self, rhs: f64) -> f64 {
        match self {
            Self::Constant { tested, .. } => *tested,
            Self::Level => rhs,
            Self::Baseline { factor } => *factor,
            Self::Share => 1.0,
        }
    }
}

/// Whether the left side is |a/b − 1|, as far as its form tells: |a − b|.
pub fn is_deviation(section: &SectionReport) -> bool {
    Expression::parse(&section.lhs).is_ok_and(|lhs| lhs.is_deviation())
}

/// The constant that a reference is, or is linear in, with its value.
fn scale_of<'a>(section: &'a SectionReport, reference: &'a Reference) -> Option<(&'a str, f64)> {
    constant(section, reference).or_else(|| match &reference.arguments[..] {
        [Actual::Name(name, _)] if reference.name == "bound_paper" => {
            section.constants.get(name).map(|value| (name.as_str(), *value))
        }
        _ => None,
    })
}

/// Name and value of a reference that is a constant of the section.
fn constant<'a>(section: &'a SectionReport, reference: &'a Reference) -> Option<(&'a str, f64)> {
    let value = section.constants.get(&reference.name).filter(|_| reference.arguments.is_empty())?;
    Some((reference.name.as_str(), *value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::claim::verdict::Verdict;

    fn section(rhs: &str, constants: &[(&str, f64)]) -> SectionReport {
        SectionReport {
            why: String::new(),
            lhs: "path_kl".into(),
            relation: Relation::AtMost,
            rhs: rhs.into(),
            alternatives: Vec::new(),
            slope: None,
            constants: constants.iter().map(|(name, x)| ((*name).to_owned(), *x)).collect(),
            hypotheses: Vec::new(),
            left_out: 0,
            verdict: Verdict::Supported,
            expected: Verdict::Supported,
            ok: true,
            rows: Vec::new(),
        }
    }

    #[test]
    fn the_constant_that_a_bound_is_proportional_to_is_found() {
        let constant = |name: &str, tested| Yardstick::Constant { name: name.into(), tested };
        for (rhs, constants, expected) in [
            ("C * shannon^2", &[("C", 4.0)][..], constant("C", 4.0)),
            ("K * (2 + sqrt(shannon^2 + info_variance))^2", &[("K", 4.0)], constant("K", 4.0)),
            ("C * max(shannon^2, info_variance / 5)", &[("C", 4.0)], constant("C", 4.0)),
            ("bound_paper(C)", &[("C", 4.0)], constant("C", 4.0)),
            ("shannon^C", &[("C", 4.0)], Yardstick::Share),
            ("C + shannon", &[("C", 4.0)], Yardstick::Share),
            ("F * bound_information", &[("F", 1.0)], Yardstick::Share),
            ("T", &[("T", 0.005)], Yardstick::Level),
            ("(1 - G) * baseline(path_kl)", &[("G", 0.25)], Yardstick::Baseline { factor: 0.75 }),
            ("min(bound_dimension, bound_entropy)", &[], Yardstick::Share),
        ] {
            assert_eq!(Yardstick::of(&section(rhs, constants)), expected, "{rhs}");
        }
    }
}
