//! One point of a probe: the claim there, at its worst SNR, judged as `verify` judges.

use serde::{Deserialize, Serialize};
use std::cmp::Ordering;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use crate::claim::verdict::{Relation, Verdict};
use crate::claim::{Case, Claim, Input, Sources};
use crate::error::Result;
use crate::numeric::estimate::Method;
use crate::probe::statement::{Place, Statement};
use crate::report::model::Axis;
use crate::report::number;
use crate::run::judge::Outcome;
use crate::run::options::Options;
use crate::run::verify::outcomes;
use crate::run::watch::Watch;
use crate::source::Source;

/// Looks after the first, each between the neighbours of the worst SNR so far.
pub const CLOSER_LOOKS: u64 = 3;
/// SNRs of a closer look: with 17 over four decades the last ones are 4 % apart, and a smooth maximum is off by 1e-4 of itself.
pub const SNRS_OF_A_LOOK: usize = 4;

/// What was found at one place.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Finding {
    /// The varied parameters.
    #[serde(with = "number::named")]
    pub at: BTreeMap<String, f64>,
    /// Every axis of the worst case, `source` and the worst `snr` among them.
    pub axes: BTreeMap<String, Axis>,
    /// Left side there.
    #[serde(with = "number")]
    pub lhs: f64,
    /// Right side there.
    #[serde(with = "number")]
    pub rhs: f64,
    /// How near to a violation: lhs/rhs (`<=`), rhs/lhs (`>=`), 1 + |lhs − rhs|/|rhs| (`==`); above 1 the claim fails.
    #[serde(with = "number")]
    pub ratio: f64,
    /// Standard error of lhs − rhs, relative to |rhs|.
    #[serde(with = "number")]
    pub std_err: f64,
    /// Half-width of the simultaneous interval of lhs − rhs, relative to |rhs|.
    #[serde(with = "number")]
    pub half_width: f64,
    /// Refuted if any case there is, supported if all are.
    pub verdict: Verdict,
    /// Why it is undecided, or void (an infinite right side).
    pub reason: String,
    /// Whether the numbers are to be believed within their errors.
    pub believed: bool,
    /// What speaks against them, in words.
    pub doubts: Vec<String>,
    /// Where lhs lies, if it is known as an interval alone; then `lhs` and `ratio` are NaN.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "number::bracket")]
    pub bracket: Option<[f64; 2]>,
    /// Samples behind it.
    pub n: u64,
    /// The least exact method.
    pub method: Method,
    /// Shannon entropy of the law, nats; ∞ for a continuous one.
    #[serde(with = "number")]
    pub shannon: f64,
    /// Rényi entropy of order ½, nats.
    #[serde(with = "number")]
    pub renyi_half: f64,
    /// V/H², the varentropy in units of the squared entropy.
    #[serde(with = "number")]
    pub relative_varentropy: f64,
    /// Cases of the place that are undecided and whose ratio may be larger.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub undecided: Vec<Undecided>,
}

/// A case that nothing decides.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Undecided {
    /// Every axis of the case.
    pub axes: BTreeMap<String, Axis>,
    /// The most that its ratio may be: the ratio found and its half-width, or the upper end of a bracket; ∞ where nothing is
    /// known.
    #[serde(with = "number")]
    pub most: f64,
    /// Why it is undecided.
    pub reason: String,
}

impl Finding {
    /// Order of what says most: refuted first, then what is believed, then the ratio that is certain (less its half-width), NaN
    /// last. A value known only to lie in a wide interval does not pass for a large one.
    pub fn order(&self, other: &Self) -> Ordering {
        let certain = |f: &Self| {
            let least = f.ratio - f.half_width;
            ((f.verdict == Verdict::Refuted, f.believed), if least.is_nan() { f64::NEG_INFINITY } else { least })
        };
        let ((a, x), (b, y)) = (certain(self), certain(other));
        a.cmp(&b).then(x.total_cmp(&y))
    }

    /// Whether the right side is infinite and the statement says nothing.
    pub fn void(&self) -> bool {
        self.rhs.is_infinite()
    }
}

/// Measures places under one family-wise level.
pub struct Meter<'a> {
    statement: &'a Statement,
    options: Options,
    watch: &'a Watch<'a>,
    sources: Sources,
    /// Of each law that was met, by its spec.
    laws: HashMap<String, LawNumbers>,
}

/// H, H_½ and V/H² of a law, nats.
#[derive(Debug, Clone, Copy)]
struct LawNumbers([f64; 3]);

impl LawNumbers {
    /// ∞, ∞ and NaN for a continuous law.
    fn of(source: &Source) -> Self {
        let Some(pmf) = source.pmf() else { return Self([f64::INFINITY, f64::INFINITY, f64::NAN]) };
        let shannon = pmf.shannon().value;
        Self([shannon, pmf.renyi(0.5).value, pmf.info_variance().value / (shannon * shannon)])
    }
}

/// The worst case of a place so far, and the SNRs of the last look.
struct Worst {
    finding: Option<Finding>,
    refuted: bool,
    supported: bool,
    undecided: Vec<Undecided>,
    snrs: Vec<f64>,
}

impl<'a> Meter<'a> {
    /// `options` with the number of `comparisons` of the whole probe (see [`Meter::cases_a_place`]).
    pub fn new(statement: &'a Statement, options: Options, watch: &'a Watch<'a>) -> Self {
        Self { statement, options, watch, sources: Sources::default(), laws: HashMap::new() }
    }

    /// Whether a stop is asked for.
    pub fn stopped(&self) -> bool {
        self.watch.stop.requested()
    }

    /// Most cases that one place takes.
    ///
    /// # Errors
    /// As [`Statement::at`].
    pub fn cases_a_place(statement: &Statement, place: &Place) -> Result<u64> {
        let first = statement.snrs.as_deref().unwrap_or(&[]);
        let cases = statement.at(place, first, &mut Sources::default())?.main.cases.len() as u64;
        Ok(match first.len() as u64 {
            0 => cases,
            n => cases / n * (n + CLOSER_LOOKS * SNRS_OF_A_LOOK as u64),
        })
    }

    /// The findings at `places`, in their order: a first look at all, then closer looks around each worst SNR. After a stop
    /// what was measured, the rest undecided.
    ///
    /// # Errors
    /// Those of [`outcomes`].
    pub fn measure(&mut self, places: &[Place]) -> Result<Vec<Finding>> {
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
    fn look(&mut self, places: &[Place], worst: &mut [Worst]) -> Result<()> {
        let claims: Vec<Claim> = places
            .iter()
            .zip(&*worst)
            .map(|(place, worst)| self.statement.at(place, &worst.snrs, &mut self.sources))
            .collect::<Result<_>>()?;
        let found = outcomes(&claims, &self.options, self.watch)?.expect("a probe is no shard");
        let mut found = found.outcomes.into_iter();
        for ((claim, place), worst) in claims.iter().zip(places).zip(worst) {
            for case in &claim.main.cases {
                let (outcome, _) = found.next().expect("one outcome a case");
                let law = self.law(case);
                worst.add(finding(claim.main.relation, case, place, outcome, law));
            }
        }
        Ok(())
    }
}

impl Meter<'_> {
    /// The numbers of a case's law, made once; NaN where a stop came first.
    fn law(&mut self, case: &Case) -> LawNumbers {
        let unknown = LawNumbers([f64::NAN; 3]);
        let Some(source) = source_of(case) else { return unknown };
        if let Some(law) = self.laws.get(source.spec()) {
            return *law;
        }
        let (spec, source) = (source.spec().to_owned(), Arc::clone(source));
        let Some(law) = self.watch.stop.unless(move || LawNumbers::of(&source)) else { return unknown };
        self.laws.insert(spec, law);
        law
    }
}

impl Worst {
    fn add(&mut self, finding: Finding) {
        self.refuted |= finding.verdict == Verdict::Refuted;
        self.supported &= finding.verdict == Verdict::Supported;
        if finding.verdict == Verdict::Inconclusive {
            let most = match finding.bracket {
                Some([_, high]) => high / finding.rhs.abs(),
                None => finding.ratio + finding.half_width,
            };
            let most = if most.is_nan() { f64::INFINITY } else { most };
            self.undecided.push(Undecided { axes: finding.axes.clone(), most, reason: finding.reason.clone() });
        }
        if self.finding.as_ref().is_none_or(|worst| finding.order(worst).is_gt()) {
            self.finding = Some(finding);
        }
    }

    fn finding(self) -> Finding {
        let verdict = match (self.refuted, self.supported) {
            (true, _) => Verdict::Refuted,
            (false, true) => Verdict::Supported,
            (false, false) => Verdict::Inconclusive,
        };
        let found = self.finding.expect("a statement has cases");
        let same = |u: &Undecided| u.axes == found.axes;
        let undecided = self.undecided.into_iter().filter(|u| !same(u) && u.most > found.ratio).collect();
        Finding { verdict, undecided, ..found }
    }
}

/// SNRs between the neighbours, in `snrs`, of the worst one.
fn closer(snrs: &[f64], worst: Option<&Finding>) -> Vec<f64> {
    let Some(Axis::Number(at)) = worst.and_then(|finding| finding.axes.get("snr")) else { return snrs.to_vec() };
    let nearest = (0..snrs.len()).min_by(|&i, &j| (snrs[i] / at).ln().abs().total_cmp(&(snrs[j] / at).ln().abs()));
    let i = nearest.expect("a look has SNRs");
    let (low, high) = (snrs[i.saturating_sub(1)], snrs[(i + 1).min(snrs.len() - 1)]);
    let share = |k: usize| (k + 1) as f64 / (SNRS_OF_A_LOOK + 1) as f64;
    (0..SNRS_OF_A_LOOK).map(|k| low * (share(k) * (high / low).ln()).exp()).collect()
}

fn finding(relation: Relation, case: &Case, place: &Place, outcome: Outcome, law: LawNumbers) -> Finding {
    let (lhs, rhs) = (outcome.lhs, outcome.rhs);
    let scale = if rhs == 0.0 { lhs.abs() } else { rhs.abs() };
    let relative = |x: f64| if x == 0.0 { 0.0 } else { x / scale };
    let LawNumbers([shannon, renyi_half, relative_varentropy]) = law;
    Finding {
        at: place.iter().cloned().collect(),
        axes: case.points[0].axes.clone(),
        lhs,
        rhs,
        ratio: ratio(relation, lhs, rhs),
        std_err: relative(outcome.std_err),
        half_width: relative(outcome.half_width),
        verdict: outcome.verdict,
        reason: outcome.reason,
        believed: outcome.doubts.is_empty(),
        doubts: outcome.doubts,
        bracket: outcome.bracket,
        n: outcome.n,
        method: outcome.method,
        shannon,
        renyi_half,
        relative_varentropy,
        undecided: Vec::new(),
    }
}

fn source_of(case: &Case) -> Option<&Arc<Source>> {
    let point = &case.points[0];
    let inputs = point.lhs.inputs.iter().chain(point.rhs.iter().flat_map(|rhs| &rhs.inputs));
    inputs.into_iter().find_map(|input| match input {
        Input::Need(need) => Some(&need.source),
        Input::Number(_) => None,
    })
}

/// How near to a violation: above 1 the relation fails. 0/0 and x/∞ are 0: nothing is violated.
pub fn ratio(relation: Relation, lhs: f64, rhs: f64) -> f64 {
    let over = |a: f64, b: f64| if a == 0.0 || (b.is_infinite() && a.is_finite()) { 0.0 } else { a / b };
    match relation {
        Relation::AtMost | Relation::Slope | Relation::Bounded => over(lhs, rhs),
        Relation::AtLeast => over(rhs, lhs),
        Relation::Equal => 1.0 + over((lhs - rhs).abs(), rhs.abs()),
    }
}
