//! Many climbs, each finished one kept in a part; the best of them.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use crate::claim::Claim;
use crate::error::{Error, Result};
use crate::numeric::number;
use crate::probe::place::ratio;
use crate::probe::search::channel::Nodes;
use crate::probe::search::climb::climb;
use crate::probe::search::family;
use crate::probe::search::law::Candidate;
use crate::probe::search::objective::Objective;
use crate::run::collected::{Collected, Held};
use crate::run::judge::CaseResult;
use crate::run::options::Options;
use crate::run::part::Finding;
use crate::run::stage::{LaneUnit, Stage, StageUnit};
use crate::run::store::{Share, Store};
use crate::run::take::Sampled;
use crate::run::verify::outcomes;
use crate::run::watch::Watch;
use crate::run::work::{Measures, complete, work};

/// Iterations of one climb.
const ITERATIONS: u64 = 120;
/// Posteriors behind one evaluation of a climb, about: few, since noise is cheaper to average over
/// starts.
const POSTERIORS: usize = 1536;
/// Least number of mirrored pairs of noise vectors.
const LEAST_PAIRS: usize = 24;
/// Draws that judge where a climb came to in more than two dimensions, other ones, over those of
/// the climb.
const CHECK: usize = 8;
/// A light atom goes if ln ratio loses no more than this by it, the accuracy of a rule.
const LOSS: f64 = 1e-4;
/// Lighter atoms are tried: what they add to a ratio is of the order of their weight, but for a
/// logarithm.
const LIGHT: f64 = 1e-4;
/// Samples with which the estimators check a law where they have no deterministic route.
const CHECKED: u64 = 8192;
/// The objective and the estimators disagree beyond this many standard errors of the objective and
/// the half-width of the estimators: probability 6e-7 a law.
const DISAGREE: f64 = 5.0;
/// Starts handed out together: between two batches the limit is seen.
const BATCH: usize = 32;

/// How large a law may be.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Most atoms, 2 … 64.
    pub atoms: usize,
    /// Most dimensions, 1 … 8.
    pub dim: usize,
}

/// One finished climb.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Climbed {
    /// Number of the start.
    pub start: u64,
    /// Family of its first law.
    pub family: String,
    /// Where it came to.
    #[serde(flatten)]
    pub end: Settled,
    /// What the estimators of verdicts say of it at the objective's SNR.
    #[serde(skip)]
    pub check: Check,
}

/// Whether the objective is right on a law.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Check {
    /// The estimators were not asked, or are not to be believed there.
    #[default]
    Open,
    /// They agree within the errors of both.
    Agrees,
    /// They do not.
    Disagrees,
}

impl Climbed {
    /// ln ratio less its error: of many climbs the largest value alone is one that luck made large.
    fn certain(&self) -> f64 {
        self.end.ln_ratio - DISAGREE * self.end.error
    }
}

/// Where a climb came to, judged on nodes that it did not see.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Settled {
    /// ln ratio there.
    #[serde(with = "number")]
    pub ln_ratio: f64,
    /// Its accuracy ([`LnRatio::error`](crate::probe::search::objective::LnRatio)).
    #[serde(with = "number")]
    pub error: f64,
    /// Evaluations of value and gradient.
    pub evaluations: u64,
    /// The law.
    pub law: Candidate,
}

/// All finished climbs.
#[derive(Debug, Clone, Default)]
pub struct Hunt {
    /// By number.
    pub starts: BTreeMap<u64, Climbed>,
}

impl Hunt {
    /// Adds the climbs that are there, of the first `starts` starts.
    fn take_in(&mut self, climbs: &Collected, starts: u64) -> Result<()> {
        for held in &climbs.units {
            let Held::Finding(Some(finding)) = held else { continue };
            let climbed: Climbed = match &**finding {
                Finding::Own(text) => {
                    serde_json::from_str(text).map_err(|error| Error::Told(error.to_string()))?
                }
                Finding::Missing(why) => return Err(Error::Told(why.clone())),
                _ => unreachable!("climbs alone"),
            };
            if climbed.start < starts {
                self.starts.insert(climbed.start, climbed);
            }
        }
        Ok(())
    }

    /// Evaluations of value and gradient in all climbs.
    pub fn evaluations(&self) -> u64 {
        self.starts.values().map(|start| start.end.evaluations).sum()
    }

    /// The climbs from the highest down; those on whose laws the estimators contradict the
    /// objective come last.
    pub fn ranked(&self) -> Vec<&Climbed> {
        let mut all: Vec<&Climbed> = self.starts.values().filter(|s| s.end.ln_ratio.is_finite()).collect();
        let wrong = |s: &Climbed| s.check == Check::Disagrees;
        all.sort_by(|a, b| wrong(a).cmp(&wrong(b)).then(b.certain().total_cmp(&a.certain())));
        all
    }

    /// Laws on which the estimators contradict the objective.
    pub fn contradicted(&self) -> u64 {
        self.starts.values().filter(|start| start.check == Check::Disagrees).count() as u64
    }
}

/// Nodes for climbing laws of `atoms` atoms in R^`dim`; the same for every start.
fn nodes(seed: u64, dim: usize, atoms: usize) -> Nodes {
    let drawn = || Nodes::drawn(dim, (POSTERIORS / 2 / atoms).max(LEAST_PAIRS), seed, "search climb");
    if dim == 1 { Nodes::rule(dim).unwrap_or_else(drawn) } else { drawn() }
}

/// Nodes that no climb sees, for judging laws in R^`dim`: a rule where there is one.
pub fn check_nodes(seed: u64, dim: usize, atoms: usize) -> Nodes {
    let draws = CHECK * (POSTERIORS / 2 / atoms).max(LEAST_PAIRS);
    Nodes::rule(dim).unwrap_or_else(|| Nodes::drawn(dim, draws, seed, "search check"))
}

/// Climbs again from `law`, and judges the result on nodes that the climb did not see.
///
/// # Errors
/// Positions that are not finite.
pub fn settle(objective: &Objective, law: &Candidate, seed: u64, iterations: u64) -> Result<Settled> {
    let found = climb(objective, law, &nodes(seed, law.dim, law.len()), iterations);
    judged(objective, found.law, seed, found.evaluations)
}

fn judged(objective: &Objective, law: Candidate, seed: u64, evaluations: u64) -> Result<Settled> {
    let judged = objective.at(&law, &check_nodes(seed, law.dim, law.len()))?;
    Ok(Settled { law, ln_ratio: judged.value, error: judged.error, evaluations })
}

/// The law without the light atoms that it does not need, in the fewest dimensions that hold it:
/// there a rule may take the place of draws, and a deterministic route that of samples.
fn pared(objective: &Objective, found: Settled, seed: u64) -> Result<Settled> {
    let mut kept = judged(objective, found.law.reduced(), seed, found.evaluations)?;
    while kept.law.len() > 2 {
        let weights = &kept.law.weights;
        let lightest = (0..weights.len()).min_by(|&i, &j| weights[i].total_cmp(&weights[j]));
        let Some(gone) = lightest.filter(|&i| weights[i] < LIGHT) else { break };
        let smaller = judged(objective, kept.law.without(gone).reduced(), seed, kept.evaluations)?;
        if smaller.ln_ratio.is_nan()
            || smaller.ln_ratio < kept.ln_ratio - LOSS.max(kept.error + smaller.error)
        {
            break;
        }
        kept = smaller;
    }
    Ok(kept)
}

/// Climbs from the starts 0 … `starts` − 1; those that the parts of a store have are not climbed
/// again. Every law that a climb ends at is checked by the estimators of verdicts. One process goes
/// batch by batch: it hands out no more starts after `limit`, and leaves what is under way when a
/// stop is asked for; tasks share all climbs at once.
///
/// # Errors
/// Those of [`complete`] and [`work`].
pub fn hunt(
    objective: &Objective,
    bounds: Bounds,
    starts: u64,
    limit: Option<Duration>,
    (options, watch): (&Options, &Watch),
) -> Result<Hunt> {
    let begun = Instant::now();
    let climbs = Arc::new(Climbs { objective: objective.clone(), bounds, seed: options.seed });
    let (nowhere, mut hunt) = (Store::default(), Hunt::default());
    let store = watch.store.unwrap_or(&nowhere);
    if store.share() != Share::All {
        let found = complete((&stage(0..starts), || starts as usize), &climbs, watch)?;
        hunt.take_in(&found, starts)?;
        check(objective, &mut hunt, &Vec::from_iter(0..starts), options, watch)?;
        return Ok(hunt);
    }
    let mut batches = Vec::new();
    for first in (0..starts).step_by(BATCH) {
        // Its stage has as many starts as any: a search that goes on may have more.
        let stage = stage(first..first + BATCH as u64);
        let held = Collected::read(&stage, store, None)?;
        hunt.take_in(&held, starts)?;
        batches.push((first..starts.min(first + BATCH as u64), stage, held));
    }
    for (batch, stage, mut held) in batches {
        let wanted = |unit: &StageUnit| matches!(unit, StageUnit::Own(start) if batch.contains(start));
        let wanted: Vec<_> =
            stage.units.iter().map(|unit| Vec::from_iter(wanted(unit).then_some(0..1))).collect();
        if !held.has(&wanted) && limit.is_some_and(|limit| begun.elapsed() > limit) {
            break;
        }
        let finished = work((&stage, &wanted), &climbs, (&mut held, store), watch)?;
        hunt.take_in(&held, starts)?;
        if !finished {
            break;
        }
        check(objective, &mut hunt, &Vec::from_iter(batch), options, watch)?;
    }
    Ok(hunt)
}

/// The climbs from some starts.
fn stage(starts: Range<u64>) -> Stage {
    Stage { run: xxh3_64(b"climbs"), round: 0, units: starts.map(StageUnit::Own).collect() }
}

/// What climbs.
struct Climbs {
    objective: Objective,
    bounds: Bounds,
    seed: u64,
}

impl Measures for Climbs {
    fn find(&self, unit: &StageUnit) -> Finding {
        let StageUnit::Own(start) = unit else { unreachable!("climbs alone") };
        match one(&self.objective, self.bounds, self.seed, *start) {
            Ok(climbed) => Finding::Own(serde_json::to_string(&climbed).expect("a climb is JSON")),
            Err(error) => Finding::Missing(error.to_string()),
        }
    }

    fn sampled(&self, _: &LaneUnit) -> Result<Sampled> {
        unreachable!("climbs take no samples")
    }
}

/// Asks the estimators about the laws that the climbs `starts` ended at, batch by batch, each with
/// the level of a whole one.
fn check(
    objective: &Objective,
    hunt: &mut Hunt,
    starts: &[u64],
    options: &Options,
    watch: &Watch,
) -> Result<()> {
    let finite = |k: &u64| hunt.starts.get(k).is_some_and(|start| start.end.ln_ratio.is_finite());
    let batches: Vec<Vec<u64>> =
        starts.chunks(BATCH).map(|batch| batch.iter().copied().filter(finite).collect()).collect();
    let on = |batch: &Vec<u64>| {
        let laws: Vec<&Candidate> = batch.iter().map(|k| &hunt.starts[k].end.law).collect();
        objective.on(&laws)
    };
    let claims: Vec<Claim> = batches.iter().map(on).collect::<Result<_>>()?;
    let Some(relation) = claims.first().map(|claim| claim.main.relation) else { return Ok(()) };
    let comparisons = Some(BATCH as u64);
    let options = Options { budget: CHECKED, comparisons, only: None, ..options.clone() };
    let (backend, stop) = (Arc::clone(&watch.backend), watch.stop.clone());
    let shared = watch.store.filter(|store| store.share() != Share::All);
    let quiet = Watch { backend, event: &|_| {}, stop, store: shared };
    let found = outcomes(&claims, &options, &quiet)?;
    for (k, CaseResult { outcome, .. }) in batches.iter().flatten().zip(found.results) {
        let Some(start) = hunt.starts.get_mut(k) else { continue };
        let estimated = ratio(relation, outcome.lhs, outcome.rhs);
        let error = outcome.half_width / outcome.rhs.abs().min(outcome.lhs.abs());
        let apart = (estimated.ln() - start.end.ln_ratio).abs();
        start.check = match outcome.doubts.is_empty() && error.is_finite() && estimated.is_finite() {
            false => Check::Open,
            true if apart <= DISAGREE * start.end.error + error => Check::Agrees,
            true => Check::Disagrees,
        };
    }
    Ok(())
}

fn one(objective: &Objective, bounds: Bounds, seed: u64, k: u64) -> Result<Climbed> {
    let (family, law) = family::start(seed, k, bounds.atoms, bounds.dim);
    let climbed = settle(objective, &law, seed, ITERATIONS)?;
    let atoms = climbed.law.len();
    let mut best = pared(objective, climbed, seed)?;
    if best.law.len() < atoms {
        let again = settle(objective, &best.law, seed, ITERATIONS)?;
        let evaluations = best.evaluations + again.evaluations;
        best = Settled { evaluations, ..if again.ln_ratio > best.ln_ratio { again } else { best } };
    }
    Ok(Climbed { start: k, family: family.to_owned(), end: best, check: Check::default() })
}
