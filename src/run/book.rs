//! What is known of every need at some moment of a run: values, brackets, errors, covariances.

use std::sync::Arc;

use crate::claim::verdict::Spent;
use crate::claim::{Bound, Input};
use crate::error::Error;
use crate::numeric::estimate::{Bracket, Estimate, Flags, Method};
use crate::quantity::Need;
use crate::run::ledger::{LaneColumn, Ledger, Route};
use crate::run::sampling::LaneState;
use crate::run::stop::Stop;

/// A deterministic bound above this share of its value is not propagated to first order: there the
/// second one is 1e-4 of it.
const WIDE: f64 = 1e-2;

/// A view of the ledger after some round.
pub struct Book<'a> {
    /// Where numbers come from.
    pub ledger: &'a Ledger,
    /// The lanes, in the ledger's order; none where a stop came before they were ready.
    pub lanes: &'a [LaneState],
    /// Ends the search for brackets, which may be long.
    pub stop: &'a Stop,
    /// Quantiles and probabilities of the intervals.
    pub spent: Spent,
}

/// What is known of one need.
#[derive(Debug, Clone, Copy)]
pub enum Known {
    /// A value with its errors, believed or not.
    Value(Estimate),
    /// An interval in place of a value that is not to be believed.
    Bracket(Bracket),
}

/// What is known of one need, and why it is no more.
#[derive(Debug, Clone)]
pub struct Account {
    /// What is known.
    pub known: Known,
    /// What is said against the value that a bracket stands in for, or that is not to be believed.
    pub doubts: Vec<String>,
}

/// A side of a case: a linear function of needs around their values, for the propagation of errors.
#[derive(Debug, Clone, Default)]
pub struct Linear {
    /// The value at the estimates; NaN where the side is a bracket.
    pub value: f64,
    /// Where the side lies, by interval arithmetic, where an input is a bracket or its bound is
    /// wide. `None`: to first order in the errors of the terms.
    pub range: Option<[f64; 2]>,
    /// Whether there is no value, only `range`.
    pub bracketed: bool,
    /// Each need with the partial derivative by it.
    terms: Vec<LinearTerm>,
    /// Why there is no value, where a need could not be measured.
    missing: Option<String>,
}

#[derive(Debug, Clone)]
struct LinearTerm {
    route: Route,
    known: Known,
    /// What is said against a sample that a bracket stands in for.
    replaced: Vec<String>,
    gradient: f64,
}

impl LinearTerm {
    fn value(&self) -> Option<&Estimate> {
        match &self.known {
            Known::Value(estimate) => Some(estimate),
            Known::Bracket(_) => None,
        }
    }

    /// With sampling error, and so correlated with what shares its samples.
    fn random(&self) -> bool {
        self.value().is_some_and(|e| e.std_err > 0.0)
    }
}

impl Book<'_> {
    /// What is known of a need, and what is said against the value that a bracket stands in for.
    ///
    /// A value that is not to be believed is replaced by what is proven of it and by the truncated
    /// mean of its samples, both together, where there are any.
    ///
    /// # Errors
    /// Why the need could not be measured.
    pub fn known(&self, need: &Need) -> Result<Account, Arc<Error>> {
        let interrupted = || Arc::new(Error::Interrupted);
        let (value, truncated) = match self.ledger.route(need) {
            Route::Known(estimate) => (*estimate, None),
            Route::Missing(error) => return Err(Arc::clone(error)),
            Route::Sampled(LaneColumn { lane, column }) => {
                let lane = self.lanes.get(*lane).ok_or_else(interrupted)?;
                if let Some(error) = lane.failure(*column) {
                    return Err(Arc::clone(error));
                }
                let sampled = lane.read(*column).ok_or_else(interrupted)?;
                let truncated =
                    if sampled.believed() { None } else { lane.truncated(*column, self.spent.proven) };
                (sampled, truncated)
            }
        };
        let doubts = value.doubts();
        if doubts.is_empty() {
            return Ok(Account { known: Known::Value(value), doubts });
        }
        let of = need.clone();
        let proven = self.stop.unless(move || of.proven()).flatten().map(Bracket::proven);
        let bracket = proven.into_iter().chain(truncated).reduce(Bracket::meet);
        Ok(Account { known: bracket.map_or(Known::Value(value), Known::Bracket), doubts })
    }

    /// Evaluates a bound expression: its derivatives, or by intervals where it is not nearly linear
    /// in what is uncertain. Without a value where one of its needs could not be measured.
    pub fn evaluate(&self, bound: &Bound) -> Linear {
        let known: Result<Vec<_>, Arc<Error>> = bound.inputs.iter().map(|input| self.input(input)).collect();
        let known = match known {
            Ok(known) => known,
            Err(error) => {
                return Linear { value: f64::NAN, missing: Some(error.to_string()), ..Linear::default() };
            }
        };
        let numbers: Vec<f64> =
            bound.inputs.iter().zip(&known).map(|(i, k)| number(i, k.as_ref())).collect();
        let (value, gradient) = bound.expression.value_and_gradient(&numbers);
        let mut terms = Vec::new();
        for ((input, known), gradient) in bound.inputs.iter().zip(known).zip(gradient) {
            if let (Input::Need(need), Some(Account { known, doubts })) = (input, known) {
                terms.push(LinearTerm {
                    route: self.ledger.route(need).clone(),
                    known,
                    replaced: doubts,
                    gradient,
                });
            }
        }
        let bracketed = terms.iter().any(|t| t.value().is_none());
        let wide = |t: &LinearTerm| t.value().is_some_and(|e| e.bound > WIDE * e.value.abs());
        let range = (bracketed || terms.iter().any(wide)).then(|| {
            let mut each = terms.iter().map(|term| self.range(&term.known));
            let range = |input: &Input| match input {
                Input::Number(x) => [*x; 2],
                Input::Need(_) => each.next().expect("a term for each need"),
            };
            bound.expression.enclosure(&bound.inputs.iter().map(range).collect::<Vec<_>>())
        });
        Linear { value: if bracketed { f64::NAN } else { value }, range, bracketed, terms, missing: None }
    }

    fn input(&self, input: &Input) -> Result<Option<Account>, Arc<Error>> {
        match input {
            Input::Number(_) => Ok(None),
            Input::Need(need) => self.known(need).map(Some),
        }
    }

    /// The interval of one number alone.
    fn range(&self, known: &Known) -> [f64; 2] {
        match known {
            Known::Bracket(bracket) => [bracket.low, bracket.high],
            Known::Value(e) if e.believed() => {
                let half = if e.std_err > 0.0 { self.spent.alone * e.std_err } else { 0.0 } + e.bound;
                [e.value - half, e.value + half]
            }
            Known::Value(_) => [f64::NEG_INFINITY, f64::INFINITY],
        }
    }

    /// Where a side lies: by intervals, or z standard errors and its bound around its value.
    pub fn lies(&self, side: &Linear) -> [f64; 2] {
        side.range.unwrap_or_else(|| {
            let half = self.half_width(side, self.spent.alone);
            [side.value - half, side.value + half]
        })
    }

    /// z standard errors and the bound, to first order.
    pub fn half_width(&self, side: &Linear, z: f64) -> f64 {
        let std_err = self.std_err(side);
        if std_err > 0.0 { z * std_err + side.bound() } else { side.bound() }
    }

    /// Standard error, to first order.
    pub fn std_err(&self, side: &Linear) -> f64 {
        self.covariance(side, side).max(0.0).sqrt()
    }

    /// The values of an expression's
    /// [`Expression::alternatives`](crate::claim::Expression::alternatives); NaN where they rest on
    /// a bracket.
    pub fn alternatives(&self, bound: &Bound) -> Vec<f64> {
        let known = |input: &Input| self.input(input).ok().flatten();
        let numbers: Vec<f64> =
            bound.inputs.iter().map(|input| number(input, known(input).as_ref())).collect();
        bound.expression.values_of_alternatives(&numbers)
    }

    /// Covariance of two values from the joint moments of what they share.
    pub fn covariance(&self, a: &Linear, b: &Linear) -> f64 {
        let mut total = 0.0;
        for s in a.terms.iter().filter(|t| t.random()) {
            for t in b.terms.iter().filter(|t| t.random()) {
                total += s.gradient * t.gradient * self.shared(&s.route, &t.route);
            }
        }
        total
    }

    fn shared(&self, a: &Route, b: &Route) -> f64 {
        match (a, b) {
            (Route::Sampled(a), Route::Sampled(b)) if a.lane == b.lane => {
                let lane = &self.lanes[a.lane];
                let both = (lane.estimate(a.column), lane.estimate(b.column));
                let (Some((regression, i)), Some((_, j))) = both else { return 0.0 };
                regression.covariance[(i, j)]
            }
            _ => 0.0,
        }
    }
}

/// The number behind a name; NaN for a bracket.
fn number(input: &Input, known: Option<&Account>) -> f64 {
    match (input, known) {
        (Input::Number(x), _) => *x,
        (_, Some(Account { known: Known::Value(estimate), .. })) => estimate.value,
        _ => f64::NAN,
    }
}

impl Linear {
    /// Why there is no value, where a need could not be measured.
    pub fn why_missing(&self) -> Option<&str> {
        self.missing.as_deref()
    }

    /// self − other, to first order.
    pub fn minus(mut self, other: Self) -> Self {
        self.value -= other.value;
        self.bracketed |= other.bracketed;
        self.missing = self.missing.or(other.missing);
        self.terms.extend(other.terms.into_iter().map(|t| LinearTerm { gradient: -t.gradient, ..t }));
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
        let values = self.terms.iter().filter_map(|t| Some((t.gradient, t.value()?)));
        values.filter(|(_, e)| e.bound > 0.0).map(|(gradient, e)| gradient.abs() * e.bound).sum()
    }

    /// Samples behind the value; 0 without sampling.
    pub fn n(&self) -> u64 {
        let n = |known: &Known| match known {
            Known::Value(estimate) => estimate.n,
            Known::Bracket(bracket) => bracket.n,
        };
        self.terms.iter().map(|t| n(&t.known)).max().unwrap_or(0)
    }

    /// The least exact method among the terms.
    pub fn method(&self) -> Method {
        let rank = |m: &Method| Method::ALL.iter().position(|(method, _)| method == m);
        let method = |known: &Known| match known {
            Known::Value(estimate) => estimate.method,
            Known::Bracket(bracket) => bracket.method,
        };
        self.terms.iter().map(|t| method(&t.known)).max_by_key(rank).unwrap_or(Method::ClosedForm)
    }

    /// The worst flags among the values.
    pub fn flags(&self) -> Flags {
        self.terms
            .iter()
            .filter_map(LinearTerm::value)
            .fold(Flags::default(), |worst, e| worst.worst(e.flags))
    }

    /// What speaks against the values that it rests on, each once.
    pub fn doubts(&self) -> Vec<String> {
        once(self.terms.iter().filter_map(LinearTerm::value).flat_map(Estimate::doubts))
    }

    /// What speaks against the values that brackets stand in for, each once.
    pub fn replaced(&self) -> Vec<String> {
        once(self.terms.iter().filter(|t| t.value().is_none()).flat_map(|t| t.replaced.clone()))
    }
}

fn once(doubts: impl Iterator<Item = String>) -> Vec<String> {
    doubts.fold(Vec::new(), |mut all, doubt| {
        if !all.contains(&doubt) {
            all.push(doubt);
        }
        all
    })
}
