//! The measured exponents of a run, gathered from its scaling claims: a row per family of sources.

use super::digits;
use super::model::{ClaimReport, Report};
use super::wording::range;
use crate::claim::verdict::Relation;
use crate::claim::{AxisValue, Outcome};
use crate::spec::{Argument, Spec};

/// What an exponent is of: left side and abscissa of a scaling claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scaling {
    /// Left side as the claim file writes it.
    pub lhs: String,
    /// Axis or quantity on the abscissa.
    pub against: String,
}

/// One measured exponent.
#[derive(Debug, Clone, Copy)]
pub struct Exponent<'a> {
    /// The claim that it belongs to.
    pub claim: &'a ClaimReport,
    /// The case.
    pub row: &'a Outcome,
    /// Whether the case is one of the claim's breaks.
    pub is_break: bool,
}

/// Exponents by family and scaling.
#[derive(Debug, Clone)]
pub struct ExponentTable<'a> {
    /// Columns, in the order of the claims.
    pub scalings: Vec<Scaling>,
    /// Families in order of appearance; a cell per scaling, with every exponent measured there.
    pub families: Vec<(String, Vec<Vec<Exponent<'a>>>)>,
}

/// The exponents of all main statements and breaks that are scalings; controls state false
/// intervals of the same ones.
pub fn table(report: &Report) -> ExponentTable<'_> {
    let mut table = ExponentTable { scalings: Vec::new(), families: Vec::new() };
    for claim in &report.claims {
        for (section, is_break) in claim.stated().filter(|(section, _)| section.relation == Relation::Slope)
        {
            let Some(slope) = &section.slope else { continue };
            let scaling = Scaling { lhs: section.lhs.clone(), against: slope.against.clone() };
            let column = position_or_push(&mut table.scalings, scaling);
            for row in &section.rows {
                let Some(AxisValue::Text(spec)) = row.axes.get("source") else { continue };
                table.put(family(spec), column, Exponent { claim, row, is_break });
            }
        }
    }
    let columns = table.scalings.len();
    table.families.iter_mut().for_each(|(_, cells)| cells.resize(columns, Vec::new()));
    table
}

impl<'a> ExponentTable<'a> {
    /// Without the scalings that fewer than `least` families have, and the families that are left
    /// without any.
    pub fn shared_by(mut self, least: usize) -> Self {
        let measured =
            |column: usize| self.families.iter().filter(|(_, cells)| !cells[column].is_empty()).count();
        let kept: Vec<usize> =
            (0..self.scalings.len()).filter(|&column| measured(column) >= least).collect();
        self.scalings = kept.iter().map(|&column| self.scalings[column].clone()).collect();
        for (_, cells) in &mut self.families {
            *cells = kept.iter().map(|&column| std::mem::take(&mut cells[column])).collect();
        }
        self.families.retain(|(_, cells)| cells.iter().any(|cell| !cell.is_empty()));
        self
    }

    fn put(&mut self, family: String, column: usize, exponent: Exponent<'a>) {
        let row = self.families.iter().position(|(name, _)| *name == family).unwrap_or_else(|| {
            self.families.push((family, Vec::new()));
            self.families.len() - 1
        });
        let cells = &mut self.families[row].1;
        if cells.len() <= column {
            cells.resize(column + 1, Vec::new());
        }
        cells[column].push(exponent);
    }
}

fn position_or_push(scalings: &mut Vec<Scaling>, scaling: Scaling) -> usize {
    scalings.iter().position(|known| *known == scaling).unwrap_or_else(|| {
        scalings.push(scaling);
        scalings.len() - 1
    })
}

/// The family of a source: its kind without parameters; independent copies count as their base; an
/// embedding makes a family of its own: `zipf`, `zipf (codebook)`.
pub fn family(spec: &str) -> String {
    let Ok(spec) = Spec::parse(spec) else { return spec.to_owned() };
    let argument = |key: &str| spec.parameters.iter().find(|(name, _)| name == key).map(|(_, value)| value);
    match (spec.kind.as_str(), argument("base"), argument("embedding")) {
        ("product", Some(Argument::Nested(base)), _) => family(&base.to_string()),
        (kind, _, Some(Argument::Text(embedding))) if embedding != "line" => format!("{kind} ({embedding})"),
        (kind, ..) => kind.to_owned(),
    }
}

impl Exponent<'_> {
    /// `−1.018 ± 0.011`: the exponent to four decimals with the half-width of its simultaneous
    /// interval.
    pub fn interval(&self) -> String {
        if let Some(bracket) = self.row.bracket {
            return range(bracket);
        }
        let doubted = if self.row.believed { "" } else { ", not to be believed" };
        let rounded = (self.row.lhs * 1e4).round() / 1e4;
        format!("{} ± {}{doubted}", digits::plain(rounded, 6), digits::plain(self.row.half_width, 2))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_family_is_a_kind_without_its_parameters() {
        for (spec, expected) in [
            ("pam:levels=8", "pam"),
            ("product:base=(zipf:exponent=2,atoms=10),dim={dim}", "zipf"),
            ("zipf:exponent=1.5,atoms=100,embedding=codebook,dim={dim}", "zipf (codebook)"),
            ("zipf:exponent=1.5,atoms={atoms},embedding=line", "zipf"),
            ("product:base=(product:base=(bpsk),dim=2),dim=4", "bpsk"),
        ] {
            assert_eq!(family(spec), expected);
        }
    }
}
