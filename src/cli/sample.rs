//! `klaim estimate --method ESTIMATOR`: entropies of the law behind a sample.

use std::sync::Arc;

use crate::error::{Error, Result};
use crate::numeric::estimate::{Estimate, Method};
use crate::quantity::{Need, Quantity, Setting};
use crate::run::estimate::StoppingRule;
use crate::run::options::MethodChoice;
use crate::run::stop::Stop;
use crate::run::tree::samples_after;
use crate::source::entropy::counts::Counts;
use crate::source::entropy::{ESTIMATORS, density_behind, known, law_behind};
use crate::source::{Law, Source};

/// What `--method` names: how numbers of a law are obtained, or an estimator of the law behind a
/// sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EstimatorChoice {
    /// Evaluators of the law itself.
    Law(MethodChoice),
    /// An estimator of the law behind it.
    Behind(Method),
}

/// The name of a choice as one.
pub fn choice(name: &str) -> Result<EstimatorChoice, String> {
    let route = MethodChoice::ALL
        .iter()
        .find(|(_, route)| *route == name)
        .map(|&(route, _)| EstimatorChoice::Law(route));
    let behind = || behind().find(|method| method.to_string() == name).map(EstimatorChoice::Behind);
    route.or_else(behind).ok_or_else(|| {
        let law = MethodChoice::ALL.map(|(_, name)| name);
        let sample: Vec<String> = self::behind().map(|method| method.to_string()).collect();
        format!("expected one of {}, or for the law behind a sample {}", law.join(", "), sample.join(", "))
    })
}

/// The methods for a law behind a sample.
fn behind() -> impl Iterator<Item = Method> {
    ESTIMATORS.iter().map(|estimator| estimator.method).chain([Method::NearestNeighbour])
}

/// The estimates of `quantity` for the laws behind `sources`.
///
/// # Errors
/// A quantity that is no entropy, a source that is no sample, an order that the estimator does not
/// have.
pub fn estimate(
    sources: &[String],
    quantity: &'static Quantity,
    arguments: &[f64],
    method: Method,
    alphabet: Option<f64>,
) -> Result<Vec<(Need, Estimate)>> {
    let order = order(quantity, arguments).ok_or_else(|| {
        let message = format!(
            "{method} estimates entropies (shannon, renyi(order), renyi_half, collision, min_entropy), not `{}`: leave it out",
            quantity.name
        );
        Error::invalid("--method", message)
    })?;
    let setting = Setting::of(arguments);
    let row = |spec: &String| {
        let source = Arc::new(Source::parse(spec)?);
        let estimate = one(&source, method, order, alphabet)?;
        Ok((Need { source, quantity, setting: setting.clone() }, estimate))
    };
    sources.iter().map(row).collect()
}

/// Entropies of order `order` of laws whose weights are known, from draws of them, in rounds until
/// `rule` is met.
pub fn drawn(
    needs: &[Need],
    order: f64,
    seed: u64,
    rule: StoppingRule,
    stop: &Stop,
) -> Vec<Result<Estimate>> {
    let last = samples_after(u32::MAX, rule.budget);
    let draw = move |source: &Source| {
        let mut round = if rule.relative_error.is_some() { 1 } else { u32::MAX };
        loop {
            let found = known::renyi(source, order, seed, samples_after(round, rule.budget))?;
            let precise = |share: f64| found.std_err <= share * found.value.abs();
            if found.n >= last || rule.relative_error.is_some_and(precise) {
                return Ok(found);
            }
            round += 1;
        }
    };
    let one = |need: &Need| {
        let source = Arc::clone(&need.source);
        stop.unless(move || draw(&source)).unwrap_or(Err(Error::Interrupted))
    };
    needs.iter().map(one).collect()
}

/// The order of an entropy.
pub fn order(quantity: &Quantity, arguments: &[f64]) -> Option<f64> {
    match quantity.name {
        "shannon" => Some(1.0),
        "renyi" => arguments.first().copied(),
        "renyi_half" => Some(0.5),
        "collision" => Some(2.0),
        "min_entropy" => Some(f64::INFINITY),
        _ => None,
    }
}

fn one(source: &Source, method: Method, order: f64, alphabet: Option<f64>) -> Result<Estimate> {
    let counts = source.counts().ok_or_else(|| no_sample(source, method))?;
    let Some(estimator) = ESTIMATORS.iter().find(|estimator| estimator.method == method) else {
        return density(source, counts, order, alphabet);
    };
    let counts = Counts::new(counts.iter().copied()).map_err(|error| {
        Error::invalid(source.spec(), format!("an estimator of the law behind a sample: {error}"))
    })?;
    law_behind::estimate(&counts, estimator, order, alphabet)
}

fn no_sample(source: &Source, method: Method) -> Error {
    let remedy = if source.spec().starts_with("file:") {
        "its weights are no whole numbers, so the number of rows behind them is not known: name a column of counts with \
         weights=COLUMN, or leave the weights out where every row is one draw"
    } else {
        "a law that is stated has its entropy without an estimator (leave --method out); an estimator takes a sample, \
         --source file:path=FILE"
    };
    Error::invalid("--method", format!("{method} of {}: {remedy}", source.spec()))
}

fn density(source: &Source, counts: &[u64], order: f64, alphabet: Option<f64>) -> Result<Estimate> {
    let bad = |what: &str, message: &str| Err(Error::invalid(what, format!("{}: {message}", source.spec())));
    let (Law::Atoms(atoms), true) = (source.law(), counts.iter().all(|&count| count == 1)) else {
        let message = "rows coincide, so the law behind has atoms (or was rounded) and no differential entropy: take \
                       chao-wang-jost for its entropy";
        return bad("nearest-neighbour", message);
    };
    if alphabet.is_some() {
        return bad("--alphabet", "a density has no atoms to count: leave it out");
    }
    density_behind::estimate(&atoms.points, atoms.dim, order)
}
