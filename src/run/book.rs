//! What is known of every need at some moment of a run: values, errors, covariances.

use std::sync::Arc;

use crate::claim::{Bound, Input};
use crate::error::Error;
use crate::estimate::{Estimate, Flags, Method};
use crate::quantity::{Instruments, Need, Rule};
use crate::run::ledger::{Ledger, Route};
use crate::run::sampling::LaneState;
use crate::run::stop::Stop;

/// A view of the ledger after some round.
pub struct Book<'a> {
    /// Where numbers come from.
    pub ledger: &'a Ledger,
    /// The lanes, in the ledger's order; none where a stop came before they were ready.
    pub lanes: &'a [LaneState],
    /// For brackets.
    pub tools: &'a Arc<Instruments>,
    /// Ends the search for brackets, which may be long.
    pub stop: &'a Stop,
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
    /// Why there is no value, where a need could not be measured.
    missing: Option<String>,
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
    ///
    /// # Errors
    /// Why the need could not be measured.
    pub fn estimate(&self, need: &Need) -> Result<(Estimate, bool), Arc<Error>> {
        let interrupted = || Arc::new(Error::Interrupted);
        let (lane, readout) = match self.ledger.route(need) {
            Route::Known(estimate) => return Ok((*estimate, false)),
            Route::Missing(error) => return Err(Arc::clone(error)),
            Route::Sampled { lane, readout } => (self.lanes.get(*lane).ok_or_else(interrupted)?, *readout),
        };
        if let Some(error) = lane.failure(readout) {
            return Err(Arc::clone(error));
        }
        let sampled = lane.read(readout).ok_or_else(interrupted)?;
        if sampled.believed() {
            return Ok((sampled, true));
        }
        let bracket = match &need.quantity.rule {
            Rule::Measured { bracket: Some(bracket), .. } => {
                let (need, tools, bracket) = (need.clone(), Arc::clone(self.tools), *bracket);
                self.stop.unless(move || bracket(&need, &tools)).flatten()
            }
            _ => None,
        };
        let robust = bracket.into_iter().chain(lane.truncated(readout, self.level));
        Ok(robust.min_by(|a, b| a.bound.total_cmp(&b.bound)).map_or((sampled, true), |estimate| (estimate, false)))
    }

    /// Evaluates a bound expression and its derivatives. Without a value where one of its needs could not be measured.
    pub fn evaluate(&self, bound: &Bound) -> Linear {
        let mut estimates: Vec<Option<(Estimate, bool)>> = Vec::with_capacity(bound.inputs.len());
        for input in &bound.inputs {
            estimates.push(match input {
                Input::Number(_) => None,
                Input::Need(need) => match self.estimate(need) {
                    Ok(found) => Some(found),
                    Err(error) => return Linear::missing(error.to_string()),
                },
            });
        }
        let numbers = bound.inputs.iter().zip(&estimates).map(|(input, estimate)| match (input, estimate) {
            (Input::Number(x), _) => *x,
            (Input::Need(_), found) => found.map_or(f64::NAN, |(estimate, _)| estimate.value),
        });
        let (value, gradient) = bound.expression.value_and_gradient(&numbers.collect::<Vec<_>>());
        let mut terms = Vec::new();
        for ((input, estimate), gradient) in bound.inputs.iter().zip(estimates).zip(gradient) {
            if let (Input::Need(need), Some((estimate, sampled))) = (input, estimate) {
                terms.push(Term { route: self.ledger.route(need).clone(), estimate, sampled, gradient });
            }
        }
        Linear { value, terms, missing: None }
    }

    /// The numbers behind an expression's names.
    fn inputs(&self, bound: &Bound) -> Vec<f64> {
        let number = |input: &Input| match input {
            Input::Number(x) => *x,
            Input::Need(need) => self.estimate(need).map_or(f64::NAN, |(estimate, _)| estimate.value),
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
    /// No value, and why.
    fn missing(why: String) -> Self {
        Self { value: f64::NAN, terms: Vec::new(), missing: Some(why) }
    }

    /// Why there is no value, where a need could not be measured.
    pub fn why_missing(&self) -> Option<&str> {
        self.missing.as_deref()
    }

    /// self − other.
    pub fn minus(mut self, other: Self) -> Self {
        self.value -= other.value;
        self.missing = self.missing.or(other.missing);
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
