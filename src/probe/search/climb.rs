//! One climb: L-BFGS on the sum over fixed nodes.

use std::cell::{Cell, RefCell};

use basin::{CostFunction, Executor, FirstOrderState, Gradient, Lbfgs};

use crate::error::{Error, Result};
use crate::probe::search::channel::Nodes;
use crate::probe::search::law::Candidate;
use crate::probe::search::objective::{LnRatio, Objective};

/// The norm of the gradient of ln ratio at which a climb is at its top.
const FLAT: f64 = 1e-5;
/// Evaluations of one climb: a line search that goes back and forth at the top must not take the
/// night.
const MOST_EVALUATIONS: u64 = 300;
/// Lighter atoms are out of bounds: `verify` could not see them.
const LIGHTEST: f64 = 1e-9;

/// Where a climb came to.
#[derive(Debug, Clone)]
pub struct Climb {
    /// The law there.
    pub law: Candidate,
    /// Evaluations of value and gradient.
    pub evaluations: u64,
}

/// The objective as the optimiser sees it: −ln ratio of parameters, value and gradient of a point
/// made together once.
struct ClimbProblem<'a> {
    objective: &'a Objective,
    nodes: &'a Nodes,
    dim: usize,
    last: RefCell<Option<(Vec<f64>, LnRatio)>>,
    best: RefCell<(f64, Vec<f64>)>,
    evaluations: Cell<u64>,
}

impl ClimbProblem<'_> {
    fn at(&self, x: &[f64]) -> Result<LnRatio> {
        if let Some((at, found)) = self.last.borrow().as_ref()
            && at == x
        {
            return Ok(found.clone());
        }
        if self.evaluations.get() >= MOST_EVALUATIONS {
            return Err(Error::invalid("climb", "took its evaluations"));
        }
        self.evaluations.set(self.evaluations.get() + 1);
        let nowhere =
            || LnRatio { value: f64::NEG_INFINITY, error: f64::INFINITY, gradient: vec![0.0; x.len()] };
        let law = Candidate::of_parameters(self.dim, x);
        let allowed = x.iter().all(|x| x.is_finite()) && law.weights.iter().all(|&p| p >= LIGHTEST);
        let found = if allowed { self.objective.at(&law, self.nodes)? } else { nowhere() };
        let finite = found.value.is_finite() && found.gradient.iter().all(|g| g.is_finite());
        if finite && found.value > self.best.borrow().0 {
            self.best.replace((found.value, x.to_vec()));
        }
        self.last.replace(Some((x.to_vec(), found.clone())));
        Ok(found)
    }
}

impl CostFunction for &ClimbProblem<'_> {
    type Param = Vec<f64>;
    type Output = f64;
    type Error = Error;

    fn cost(&self, x: &Vec<f64>) -> Result<f64> {
        let value = self.at(x)?.value;
        Ok(if value.is_nan() { f64::INFINITY } else { -value })
    }
}

impl Gradient for &ClimbProblem<'_> {
    type Gradient = Vec<f64>;

    fn gradient(&self, x: &Vec<f64>) -> Result<Vec<f64>> {
        Ok(self.at(x)?.gradient.into_iter().map(|g| if g.is_finite() { -g } else { 0.0 }).collect())
    }
}

/// Climbs from `law` for at most `iterations`. A climb that the line search gives up ends at the
/// best point it saw.
pub fn climb(objective: &Objective, law: &Candidate, nodes: &Nodes, iterations: u64) -> Climb {
    let first = law.parameters();
    let problem = ClimbProblem {
        objective,
        nodes,
        dim: law.dim,
        last: RefCell::default(),
        best: RefCell::new((f64::NEG_INFINITY, first.clone())),
        evaluations: Cell::new(0),
    };
    let solver = Lbfgs::new().unbounded().with_absolute_gradient_tolerance(FLAT);
    // Its result is not needed: the problem remembers the best point, also where the line search
    // fails.
    let _ = Executor::new(&problem, solver, FirstOrderState::new(first)).max_iter(iterations).run();
    let (_, parameters) = problem.best.into_inner();
    Climb { law: Candidate::of_parameters(law.dim, &parameters), evaluations: problem.evaluations.get() }
}
