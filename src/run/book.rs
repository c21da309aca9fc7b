//! What is known of every need at some moment of a run: values, errors, covariances.

use crate::claim::{Bound, Input};
use crate::estimate::{Estimate, Flags, Method};
use crate::quantity::{Instruments, Need, Rule};
use crate::run::ledger::{Ledger, Route};
use crate::run::sampling::LaneState;

/// A view of the ledger after some round.
pub struct Book<'a> {
    /// Where numbers come from.
    pub ledger: &'a Ledger,
    /// The lanes, in the ledger's order.
    pub lanes: &'a [LaneState],
    /// For brackets.
    pub tools: &'a Instruments,
    /// Probability with which a truncated mean may miss.
    pub level: f64,
}

/// A value as a linear function of needs around their estimates, for the propagation of errors.
#[derive(Debug, Clone, Default)]
pub struct Linear {
    /// The value at the estimates.
    pub value: f64,
    /// Each need with the partial derivative by it.
    terms: Vec<Term>,
}

#[derive(Debug, Clone)]
struct Term {
    route: Route,
    estimate: Estimate,
    /// Whether the estimate comes from the lane's samples (not from a bracket).
    sampled: bool,
    gradient: f64,
}

impl Book<'_> {
    /// The estimate of a need. A sampled one whose error bar is not to be believed is replaced by a rigorous bracket or by a
    /// truncated mean, whichever is shorter, where there is one; the second result says whether the value has an error bar of samples.
    pub fn estimate(&self, need: &Need) -> (Estimate, bool) {
        let (lane, readout) = match self.ledger.route(need) {
            Route::Known(estimate) => return (*estimate, false),
            Route::Sampled { lane, readout } => (&self.lanes[*lane], *readout),
        };
        let sampled = lane.read(readout).expect("a need is sampled before it is read");
        if sampled.believed() {
            return (sampled, true);
        }
        let bracket = match &need.quantity.rule {
            Rule::Measured { bracket: Some(bracket), .. } => bracket(need, self.tools),
            _ => None,
        };
        let robust = bracket.into_iter().chain(lane.truncated(readout, self.level));
        robust.min_by(|a, b| a.bound.total_cmp(&b.bound)).map_or((sampled, true), |estimate| (estimate, false))
    }

    /// Evaluates a bound expression and its derivatives.
    pub fn evaluate(&self, bound: &Bound) -> Linear {
        let estimates: Vec<Option<(Estimate, bool)>> = bound
            .inputs
            .iter()
            .map(|input| match input {
                Input::Number(_) => None,
                Input::Need(need) => Some(self.estimate(need)),
            })
            .collect();
        let inputs = self.inputs(bound);
        let (value, gradient) = bound.expression.value_and_gradient(&inputs);
        let mut terms = Vec::new();
        for ((input, estimate), gradient) in bound.inputs.iter().zip(estimates).zip(gradient) {
            if let (Input::Need(need), Some((estimate, sampled))) = (input, estimate) {
                terms.push(Term { route: self.ledger.route(need).clone(), estimate, sampled, gradient });
            }
        }
        Linear { value, terms }
    }

    /// The numbers behind an expression's names.
    fn inputs(&self, bound: &Bound) -> Vec<f64> {
        let number = |input: &Input| match input {
            Input::Number(x) => *x,
            Input::Need(need) => self.estimate(need).0.value,
        };
        bound.inputs.iter().map(number).collect()
    }

    /// The values of an expression's [`Expression::alternatives`](crate::claim::Expression::alternatives).
    pub fn alternatives(&self, bound: &Bound) -> Vec<f64> {
        bound.expression.values_of_alternatives(&self.inputs(bound))
    }

    /// Covariance of two values from the joint moments of what they share.
    pub fn covariance(&self, a: &Linear, b: &Linear) -> f64 {
        let mut total = 0.0;
        for s in a.terms.iter().filter(|t| t.sampled && t.estimate.std_err > 0.0) {
            for t in b.terms.iter().filter(|t| t.sampled && t.estimate.std_err > 0.0) {
                total += s.gradient * t.gradient * self.shared(&s.route, &t.route);
            }
        }
        total
    }

    fn shared(&self, a: &Route, b: &Route) -> f64 {
        match (a, b) {
            (Route::Sampled { lane, readout }, Route::Sampled { lane: other_lane, readout: other })
                if lane == other_lane =>
            {
                let both = (self.lanes[*lane].estimate(*readout), self.lanes[*lane].estimate(*other));
                let (Some((regression, i)), Some((_, j))) = both else { return 0.0 };
                regression.covariance[(i, j)]
            }
            _ => 0.0,
        }
    }
}

impl Linear {
    /// self − other.
    pub fn minus(mut self, other: Self) -> Self {
        self.value -= other.value;
        self.terms.extend(other.terms.into_iter().map(|t| Term { gradient: -t.gradient, ..t }));
        self
    }

    /// f(self), given f and f′ at the value.
    pub fn map(mut self, value: f64, derivative: f64) -> Self {
        self.value = value;
        self.terms.iter_mut().for_each(|t| t.gradient *= derivative);
        self
    }

    /// Bound on the deterministic error, to first order: Σ |∂| · bound.
    pub fn bound(&self) -> f64 {
        self.terms.iter().filter(|t| t.estimate.bound > 0.0).map(|t| t.gradient.abs() * t.estimate.bound).sum()
    }

    /// Samples behind the value; 0 without sampling.
    pub fn n(&self) -> u64 {
        self.terms.iter().map(|t| t.estimate.n).max().unwrap_or(0)
    }

    /// The least exact method among the terms.
    pub fn method(&self) -> Method {
        let rank = |m: &Method| Method::ALL.iter().position(|(method, _)| method == m);
        self.terms.iter().map(|t| t.estimate.method).max_by_key(rank).unwrap_or(Method::ClosedForm)
    }

    /// The worst flags among the sampled terms.
    pub fn flags(&self) -> Flags {
        self.sampled().fold(Flags::default(), |worst, t| worst.worst(t.estimate.flags))
    }

    fn sampled(&self) -> impl Iterator<Item = &Term> {
        self.terms.iter().filter(|t| t.sampled)
    }
}
