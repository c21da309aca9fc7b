//! The claim under probe: its main statement, a source template in place of its sources where one is
//! given, other fixed axes, and its SNRs.

use std::sync::Arc;

use crate::claim::{Claim, ClaimFile, Replacement, Sources, Values};
use crate::error::{Error, Result};
use crate::numeric::spacing::log_spaced;
use crate::spec::Spec;

/// SNRs of the first look at a point where a claim's own axis has fewer.
const FIRST_LOOK: usize = 17;

/// Values of the varied parameters at one point, by name.
pub type Coordinates = Vec<(String, f64)>;

/// A claim whose main statement is asked at places of its own choosing.
#[derive(Debug, Clone)]
pub struct ProbedClaim {
    claim: Arc<ClaimFile>,
    source: Option<Spec>,
    fixed: Vec<Replacement>,
    /// The SNRs of the first look, increasing; `None` where the statement has no axis `snr` left to
    /// search.
    pub snrs: Option<Vec<f64>>,
}

impl ProbedClaim {
    /// `claim` with `source` (a template such as `bernoulli:p={p}`) in place of its sources, where
    /// there is one, and `fixed` axes in place of its own.
    ///
    /// An inequality over `snr` is a statement for every SNR: unless `varied` has it, its worst SNR
    /// is searched between the ends of the axis.
    ///
    /// # Errors
    /// A slope, which has no ratio; what [`ClaimFile::on`] refuses at `sample`, a place.
    pub fn new(
        claim: Arc<ClaimFile>,
        (source, fixed): (Option<Spec>, Vec<Replacement>),
        sample: &Coordinates,
        sources: &mut Sources,
    ) -> Result<Self> {
        let mut statement = Self { claim, source, fixed, snrs: None };
        let claim = statement.at(sample, &[], sources)?;
        if claim.main.relation.along_an_axis() {
            return Err(Error::invalid(
                claim.header.id,
                "is a statement about a slope or a trend, which has no ratio to map; probe an inequality",
            ));
        }
        if !sample.iter().any(|(name, _)| name == "snr") {
            let given = statement.fixed.iter().any(|fixed| fixed.name == "snr");
            statement.snrs = first_look(&claim, given);
        }
        Ok(statement)
    }

    /// This statement with `snr` among the SNRs of the first look, where it has any.
    pub fn including(mut self, snr: f64) -> Self {
        if let Some(snrs) = &mut self.snrs {
            snrs.push(snr);
            snrs.sort_by(f64::total_cmp);
            snrs.dedup_by(|a, b| *a <= *b);
        }
        self
    }

    /// The statement at one place; `snrs` takes the place of its SNRs where it is not empty.
    ///
    /// # Errors
    /// What [`ClaimFile::on`] refuses.
    pub fn at(&self, place: &Coordinates, snrs: &[f64], sources: &mut Sources) -> Result<Claim> {
        let number = |name: &str, values: Vec<f64>| Replacement {
            name: name.to_owned(),
            values: Values::Numbers(values),
        };
        let source =
            |spec: &Spec| Replacement { name: "source".into(), values: Values::Sources(vec![spec.clone()]) };
        let mut replacements: Vec<Replacement> = self.source.iter().map(source).collect();
        replacements
            .extend(self.fixed.iter().filter(|fixed| snrs.is_empty() || fixed.name != "snr").cloned());
        replacements.extend(place.iter().map(|(name, value)| number(name, vec![*value])));
        if !snrs.is_empty() {
            replacements.push(number("snr", snrs.to_vec()));
        }
        self.claim.on(&replacements, sources)
    }
}

/// The statement's SNRs, filled up to [`FIRST_LOOK`] between their ends unless they were `given`;
/// `None` for fewer than two.
fn first_look(claim: &Claim, given: bool) -> Option<Vec<f64>> {
    let mut snrs: Vec<f64> =
        claim.main.cases.iter().filter_map(|case| case.axes.get("snr")?.number()).collect();
    snrs.sort_by(f64::total_cmp);
    snrs.dedup_by(|a, b| *a <= *b);
    let (&low, &high) = (snrs.first()?, snrs.last()?);
    if snrs.len() < 2 {
        return None;
    }
    if given || snrs.len() >= FIRST_LOOK {
        return Some(snrs);
    }
    Some(log_spaced(low, high, FIRST_LOOK).collect())
}
