//! A law that refutes, made small: fewer atoms, lower dimension, rounder numbers, as long as it
//! still refutes.

use crate::error::Result;
use crate::probe::search::hunt::{check_nodes, settle};
use crate::probe::search::law::Candidate;
use crate::probe::search::objective::Objective;

/// A shrunk law keeps at least this share of the excess of ln ratio over 0, and no more than
/// [`ENOUGH`] is asked of it: what is barely above 1 on the nodes may be below it in truth.
const KEPT: f64 = 0.5;
/// ln ratio that is enough, 2 % above 1.
const ENOUGH: f64 = 0.02;
/// Iterations of a climb after an atom or a dimension was taken away.
const ITERATIONS: u64 = 40;
/// Decimals tried for positions and weights, the roundest first.
const DECIMALS: [i32; 4] = [0, 1, 2, 3];
/// Powers t of the weights tried, p_i ∝ p_i^t: 0 makes them even, 1 leaves them. The evenest law
/// that refutes says most.
const EVENNESS: [f64; 8] = [0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.65, 0.8];

/// The smallest law found by greedy steps from `law`, which has the given ln ratio > 0.
///
/// # Errors
/// Positions that are not finite.
pub fn shrink(objective: &Objective, law: &Candidate, ln_ratio: f64, seed: u64) -> Result<Candidate> {
    let goal = (KEPT * ln_ratio).min(ENOUGH);
    let refutes =
        |law: &Candidate| Ok(objective.at(law, &check_nodes(seed, law.dim, law.len()))?.value >= goal);
    let mut law = law.reduced();
    while let Some(smaller) = fewer_atoms(objective, &law, seed, goal)? {
        law = smaller.reduced();
    }
    while let Some(lower) = lower_dimension(objective, &law, seed, goal)? {
        law = lower;
    }
    law = first(EVENNESS.iter().map(|&t| tempered(&law, t)), &refutes)?.unwrap_or(law);
    let mut rounded = first(rounder_weights(&law), &refutes)?.unwrap_or(law);
    if let Some(rounder) = first(DECIMALS.iter().map(|&k| rounder_points(&rounded, k)), &refutes)? {
        rounded = rounder;
    }
    Ok(rounded)
}

/// The first law that passes and whose atoms are distinct.
fn first(
    laws: impl IntoIterator<Item = Candidate>,
    refutes: &impl Fn(&Candidate) -> Result<bool>,
) -> Result<Option<Candidate>> {
    for law in laws {
        if distinct(&law) && refutes(&law)? {
            return Ok(Some(law));
        }
    }
    Ok(None)
}

fn distinct(law: &Candidate) -> bool {
    (0..law.len()).all(|i| law.weights[i] > 0.0 && (0..i).all(|j| law.point(i) != law.point(j)))
}

/// The law without one atom, the lightest first, climbed a little.
fn fewer_atoms(objective: &Objective, law: &Candidate, seed: u64, goal: f64) -> Result<Option<Candidate>> {
    if law.len() <= 2 {
        return Ok(None);
    }
    let mut order: Vec<usize> = (0..law.len()).collect();
    order.sort_by(|&i, &j| law.weights[i].total_cmp(&law.weights[j]));
    for gone in order {
        let smaller = settle(objective, &law.without(gone), seed, ITERATIONS)?;
        if smaller.ln_ratio >= goal && distinct(&smaller.law) {
            return Ok(Some(smaller.law));
        }
    }
    Ok(None)
}

/// The law without its last coordinate, climbed a little.
fn lower_dimension(
    objective: &Objective,
    law: &Candidate,
    seed: u64,
    goal: f64,
) -> Result<Option<Candidate>> {
    if law.dim <= 1 {
        return Ok(None);
    }
    let points = law.points.chunks(law.dim).flat_map(|x| x[..law.dim - 1].to_vec()).collect();
    let lower = Candidate::new(law.dim - 1, points, law.weights.clone());
    let lower = settle(objective, &lower, seed, ITERATIONS)?;
    Ok((lower.ln_ratio >= goal && distinct(&lower.law)).then_some(lower.law))
}

/// The law with weights p_i^t.
fn tempered(law: &Candidate, t: f64) -> Candidate {
    Candidate::new(law.dim, law.points.clone(), law.weights.iter().map(|p| p.powf(t)).collect())
}

/// Weights as small whole numbers: in units of the lightest, of a half and a tenth of it, then of
/// decimals of the largest; last as powers of ten.
fn rounder_weights(law: &Candidate) -> Vec<Candidate> {
    let least = law.weights.iter().copied().fold(f64::INFINITY, f64::min);
    let most = law.weights.iter().copied().fold(0.0, f64::max);
    let units = [least, 0.5 * least, 0.1 * least, 1e-2 * most, 1e-3 * most];
    let rounded = |unit: f64| {
        let weights: Vec<f64> = law.weights.iter().map(|p| (p / unit).round()).collect();
        weights.iter().all(|w| *w > 0.0).then(|| Candidate::new(law.dim, law.points.clone(), weights))
    };
    // Powers of ten of the largest, where the weights are far apart.
    let decade = |p: &f64| 10_f64.powf((p / most).log10().round());
    let decades = Candidate::new(law.dim, law.points.clone(), law.weights.iter().map(decade).collect());
    units.into_iter().filter_map(rounded).chain([decades]).collect()
}

fn rounder_points(law: &Candidate, decimals: i32) -> Candidate {
    let unit = 10_f64.powi(decimals);
    Candidate { points: law.points.iter().map(|x| (x * unit).round() / unit + 0.0).collect(), ..law.clone() }
}
