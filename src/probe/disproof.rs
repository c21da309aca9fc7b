//! A counterexample that a probe found, by interval arithmetic: whether it is one for certain.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::claim::verdict::{Basis, Verdict};
use crate::claim::{AxisValue, ProofFile, Sources};
use crate::error::Result;
use crate::probe::place::{DIGITS, PlaceOutcome};
use crate::probe::search::Candidate;
use crate::probe::statement::{Coordinates, ProbedClaim};
use crate::probe::sweep::Sweep;
use crate::report::digits;
use crate::run::prove;

/// What interval arithmetic says of a counterexample.
#[derive(Debug, Clone, Serialize)]
pub struct Disproof {
    /// Every axis of the counterexample.
    pub axes: BTreeMap<String, AxisValue>,
    /// Whether the relation fails there for certain.
    pub disproved: bool,
    /// Why it is not disproved; else both sides there.
    pub reason: String,
    /// The certificate's file in the probe's folder.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificate: Option<String>,
    /// The certificate, to be written.
    #[serde(skip)]
    pub file: Option<ProofFile>,
}

impl Disproof {
    /// Tries a refuted finding of `statement` at its SNR, on the decimals of its source, or of
    /// `law` where the source is a file that holds it. `number` tells the certificates of a
    /// folder apart.
    ///
    /// # Errors
    /// What [`ProbedClaim::at`] refuses.
    pub fn of(
        statement: &ProbedClaim,
        finding: &PlaceOutcome,
        law: Option<&Candidate>,
        number: usize,
    ) -> Result<Self> {
        let axes = &finding.outcome.axes;
        let place: Coordinates = finding.at.iter().map(|(name, x)| (name.clone(), *x)).collect();
        let snrs: Vec<f64> = match &statement.snrs {
            Some(_) => axes.get("snr").and_then(AxisValue::number).into_iter().collect(),
            None => Vec::new(),
        };
        let claim = statement.at(&place, &snrs, &mut Sources::default())?;
        let case = claim.main.cases.iter().find(|case| case.axes == *axes);
        let stated = case.and_then(|case| case.statement(claim.main.relation));
        let Some(mut stated) = stated else {
            let reason = "quantities of a path or of several laws have no interval form".to_owned();
            return Ok(Self { axes: axes.clone(), disproved: false, reason, certificate: None, file: None });
        };
        stated.atoms = law.map(Candidate::rows);
        let name = format!("{} counterexample {number}", claim.header.id);
        let outcome = prove::outcome(&name, &stated, claim.main.margin);
        let mut hypotheses = case.iter().flat_map(|case| &case.points).flat_map(|point| &point.hypotheses);
        let open = hypotheses.find(|hypothesis| !hypothesis.is_proved(&stated));
        let fails = outcome.verdict == Verdict::Refuted && outcome.evidence == Basis::Proved;
        let disproved = fails && open.is_none();
        let [lhs, rhs] = [outcome.lhs, outcome.rhs].map(|x| digits::plain(x, DIGITS));
        let reason = match (open, outcome.evidence) {
            (Some(open), _) if fails => {
                format!("{lhs} against {rhs}, but that `{open}` holds there is not proved")
            }
            (_, Basis::Proved) if fails => format!("{lhs} against {rhs}"),
            (_, Basis::Proved) => format!("{lhs} against {rhs}: the relation holds there"),
            (_, Basis::Measured) => outcome.reason,
        };
        let file = outcome.certificate.filter(|_| disproved);
        let certificate = file.as_ref().map(|file| file.path.clone());
        Ok(Self { axes: axes.clone(), disproved, reason, certificate, file })
    }

    /// Of a sweep: of its largest ratio and of the refuted end of each boundary.
    ///
    /// # Errors
    /// Those of [`Disproof::of`].
    pub fn of_sweep(statement: &ProbedClaim, sweep: &Sweep) -> Result<Vec<Self>> {
        let refuted = |f: &&PlaceOutcome| f.outcome.verdict == Verdict::Refuted;
        let largest = sweep.map.iter().filter(refuted).max_by(|a, b| a.order(b)).into_iter();
        let mut places: Vec<&PlaceOutcome> = Vec::new();
        for found in largest.chain(sweep.boundaries.iter().map(|boundary| &boundary.breaks)) {
            if places.iter().all(|place| place.outcome.axes != found.outcome.axes) {
                places.push(found);
            }
        }
        let each = places.into_iter().enumerate();
        each.map(|(i, found)| Self::of(statement, found, None, i + 1)).collect()
    }

    /// `disproved by interval arithmetic at bernoulli:p=0.0001, snr 33.1: 0.1 against 0.2; …`.
    pub fn words(&self) -> String {
        let source = self.axes.get("source").map_or(String::new(), AxisValue::to_string);
        let snr = self.axes.get("snr").and_then(AxisValue::number);
        let snr = snr.map_or(String::new(), |snr| format!(", snr {}", digits::plain(snr, DIGITS)));
        let (reason, file) = (&self.reason, self.certificate.as_ref());
        let file = file.map_or(String::new(), |file| format!("; certificate: {file}"));
        let word = if self.disproved { "disproved" } else { "not disproved" };
        format!("{word} by interval arithmetic on {source}{snr}: {reason}{file}")
    }
}
