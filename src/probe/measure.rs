//! Measures the claim at places of a probe, each at its worst SNR, and judges them as `verify`
//! does.

use std::collections::HashMap;
use std::sync::Arc;

use crate::claim::verdict::Verdict;
use crate::claim::{Case, Claim, Deciding, Input, Outcome, Ratio, Sources};
use crate::error::Result;
use crate::probe::place::{LawNumbers, PlaceOutcome, Undecided, nearness};
use crate::probe::statement::{Coordinates, ProbedClaim};
use crate::run::judge::CaseResult;
use crate::run::options::Options;
use crate::run::verify::outcomes;
use crate::run::watch::Watch;
use crate::source::Source;

/// Looks after the first, each between the neighbours of the worst SNR so far.
pub const CLOSER_LOOKS: u64 = 3;
/// SNRs of a closer look: with 17 over four decades the last ones are 4 % apart, and a smooth
/// maximum is off by 1e-4 of itself.
pub const SNRS_OF_A_LOOK: usize = 4;

/// The statement at places, with the laws that were read for it.
#[derive(Default)]
pub struct Expander {
    sources: Sources,
    deciding: Deciding,
}

impl Expander {
    /// With the laws that were read before.
    pub fn having(sources: Sources) -> Self {
        Self { sources, ..Self::default() }
    }

    /// The cases at one place that satisfy the hypotheses.
    ///
    /// # Errors
    /// What [`ProbedClaim::at`] refuses.
    pub fn claim(&mut self, statement: &ProbedClaim, place: &Coordinates, snrs: &[f64]) -> Result<Claim> {
        let mut claim = statement.at(place, snrs, &mut self.sources)?;
        claim.main.keep_satisfied(&mut self.deciding)?;
        Ok(claim)
    }

    /// Most cases that one place takes.
    ///
    /// # Errors
    /// What [`ProbedClaim::at`] refuses.
    pub fn cases_a_place(&mut self, statement: &ProbedClaim, place: &Coordinates) -> Result<u64> {
        let first = statement.snrs.as_deref().unwrap_or(&[]);
        let cases = statement.at(place, first, &mut self.sources)?.main.cases.len() as u64;
        Ok(match first.len() as u64 {
            0 => cases,
            n => cases / n * (n + CLOSER_LOOKS * SNRS_OF_A_LOOK as u64),
        })
    }
}

/// Measures places under one family-wise level.
pub struct Meter<'a> {
    statement: &'a ProbedClaim,
    options: Options,
    watch: &'a Watch<'a>,
    expander: Expander,
    /// Of each law that was met, by its spec.
    laws: HashMap<String, LawNumbers>,
}

/// The worst case of a place so far, and the SNRs of the last look.
struct Worst {
    finding: Option<PlaceOutcome>,
    refuted: bool,
    supported: bool,
    undecided: Vec<Undecided>,
    snrs: Vec<f64>,
}

impl<'a> Meter<'a> {
    /// `options` with the number of `comparisons` of the whole probe (see
    /// [`Expander::cases_a_place`]).
    pub fn new(statement: &'a ProbedClaim, options: Options, watch: &'a Watch<'a>) -> Self {
        Self { statement, options, watch, expander: Expander::default(), laws: HashMap::new() }
    }

    /// Whether a stop is asked for.
    pub fn stopped(&self) -> bool {
        self.watch.stop.requested()
    }

    /// The same with what was read before.
    pub fn having(self, expander: Expander) -> Self {
        Self { expander, ..self }
    }

    /// The findings at `places`, in their order: a first look at all, then closer looks around each
    /// worst SNR. After a stop what was measured, the rest undecided. `None` for a place where
    /// nothing satisfies the hypotheses.
    ///
    /// # Errors
    /// A checkpoint that cannot be used, a device that fails.
    pub fn measure(&mut self, places: &[Coordinates]) -> Result<Vec<Option<PlaceOutcome>>> {
        let first = self.statement.snrs.clone().unwrap_or_default();
        let searching = !first.is_empty();
        let mut worst: Vec<Worst> = places
            .iter()
            .map(|_| Worst {
                finding: None,
                refuted: false,
                supported: true,
                undecided: Vec::new(),
                snrs: first.clone(),
            })
            .collect();
        for _ in 0..=if searching { CLOSER_LOOKS } else { 0 } {
            self.look(places, &mut worst)?;
            if self.stopped() {
                break;
            }
            for worst in worst.iter_mut().filter(|_| searching) {
                worst.snrs = closer(&worst.snrs, worst.finding.as_ref());
            }
        }
        Ok(worst.into_iter().map(Worst::finding).collect())
    }

    /// One look at every place, at its current SNRs.
    fn look(&mut self, places: &[Coordinates], worst: &mut [Worst]) -> Result<()> {
        let claims: Vec<Claim> = places
            .iter()
            .zip(&*worst)
            .map(|(place, worst)| self.expander.claim(self.statement, place, &worst.snrs))
            .collect::<Result<_>>()?;
        let found = outcomes(&claims, &self.options, self.watch)?;
        let mut found = found.results.into_iter();
        for ((claim, place), worst) in claims.iter().zip(places).zip(worst) {
            for case in &claim.main.cases {
                let CaseResult { outcome, .. } = found.next().expect("one result per case");
                let law = self.law(case);
                let outcome = Outcome { axes: case.points[0].axes.clone(), ..outcome };
                worst.add(PlaceOutcome {
                    at: place.iter().cloned().collect(),
                    nearness: nearness(claim.main.relation, &outcome),
                    outcome,
                    law,
                    undecided: Vec::new(),
                });
            }
        }
        Ok(())
    }
}

impl Meter<'_> {
    /// The numbers of a case's law, made once; NaN where a stop came first.
    fn law(&mut self, case: &Case) -> LawNumbers {
        let Some(source) = source_of(case) else { return LawNumbers::UNKNOWN };
        if let Some(law) = self.laws.get(source.spec()) {
            return *law;
        }
        let (spec, source) = (source.spec().to_owned(), Arc::clone(source));
        let Some(law) = self.watch.stop.unless(move || LawNumbers::of(&source)) else {
            return LawNumbers::UNKNOWN;
        };
        self.laws.insert(spec, law);
        law
    }
}

impl Worst {
    fn add(&mut self, finding: PlaceOutcome) {
        let Outcome { verdict, axes, reason, .. } = &finding.outcome;
        self.refuted |= *verdict == Verdict::Refuted;
        self.supported &= *verdict == Verdict::Supported;
        if *verdict == Verdict::Inconclusive {
            let most = finding.nearness.high;
            let most = if most.is_nan() { f64::INFINITY } else { most };
            self.undecided.push(Undecided { axes: axes.clone(), most, reason: reason.clone() });
        }
        if self.finding.as_ref().is_none_or(|worst| finding.order(worst).is_gt()) {
            self.finding = Some(finding);
        }
    }

    fn finding(self) -> Option<PlaceOutcome> {
        let verdict = match (self.refuted, self.supported) {
            (true, _) => Verdict::Refuted,
            (false, true) => Verdict::Supported,
            (false, false) => Verdict::Inconclusive,
        };
        let found = self.finding?;
        // Of a bracket its lower end is certain; what was not measured is compared with nothing.
        let Ratio { value, low, .. } = found.nearness;
        let certain = if found.outcome.bracketed() { low } else { value };
        let larger = |u: &Undecided| u.axes != found.outcome.axes && u.most > certain;
        let undecided = self.undecided.into_iter().filter(larger).collect();
        Some(PlaceOutcome { outcome: Outcome { verdict, ..found.outcome }, undecided, ..found })
    }
}

/// SNRs between the neighbours, in `snrs`, of the worst one.
fn closer(snrs: &[f64], worst: Option<&PlaceOutcome>) -> Vec<f64> {
    let Some(at) = worst.and_then(|finding| finding.outcome.axes.get("snr")?.number()) else {
        return snrs.to_vec();
    };
    let nearest =
        (0..snrs.len()).min_by(|&i, &j| (snrs[i] / at).ln().abs().total_cmp(&(snrs[j] / at).ln().abs()));
    let i = nearest.expect("a look has SNRs");
    let (low, high) = (snrs[i.saturating_sub(1)], snrs[(i + 1).min(snrs.len() - 1)]);
    let share = |k: usize| (k + 1) as f64 / (SNRS_OF_A_LOOK + 1) as f64;
    (0..SNRS_OF_A_LOOK).map(|k| low * (share(k) * (high / low).ln()).exp()).collect()
}

fn source_of(case: &Case) -> Option<&Arc<Source>> {
    let point = &case.points[0];
    let inputs = point.lhs.inputs.iter().chain(point.rhs.iter().flat_map(|rhs| &rhs.inputs));
    inputs.into_iter().find_map(|input| match input {
        Input::Need(need) => Some(&need.source),
        Input::Number(_) => None,
    })
}
