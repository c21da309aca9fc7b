//! `pareto`: f(x) = s x^{−s−1}, x ≥ 1.

use crate::error::Result;
use crate::numeric::estimate::Estimate;
use crate::source::{Density, Law, Source, SourceKind};
use crate::spec::{Arguments, Parameter};

/// Pareto's law from 1 on: P(X > x) = x^−s.
pub const PARETO: SourceKind = SourceKind {
    name: "pareto",
    summary: "density shape·x^{−shape−1} for x ≥ 1",
    parameters: &[Parameter { name: "shape", default: None, summary: "tail index s, from 0.05 to 1e6" }],
    build,
};

fn build(arguments: &Arguments) -> Result<Source> {
    let shape = arguments.positive("shape")?;
    if !(0.05..=1e6).contains(&shape) {
        return Err(arguments.invalid("shape", format!("must be from 0.05 to 1e6, not {shape}")));
    }
    let law = Pareto { shape };
    let second_moment = Estimate::exact(law.variance());
    Ok(Source::new(arguments.spec(), Law::Density(Box::new(law)), None, second_moment))
}

#[derive(Debug)]
struct Pareto {
    shape: f64,
}

impl Density for Pareto {
    /// The end of the support: x is what exceeds it.
    fn origin(&self) -> f64 {
        1.0
    }

    fn ln_density(&self, x: f64) -> f64 {
        if x < 0.0 { f64::NEG_INFINITY } else { self.shape.ln() - (self.shape + 1.0) * x.ln_1p() }
    }

    fn support(&self) -> (f64, f64) {
        (0.0, f64::INFINITY)
    }

    fn quantile(&self, u: f64) -> f64 {
        (-(-u).ln_1p() / self.shape).exp_m1()
    }

    fn cdf(&self, x: f64) -> f64 {
        if x <= 0.0 { 0.0 } else { -(-self.shape * x.ln_1p()).exp_m1() }
    }

    fn survival(&self, x: f64) -> f64 {
        self.ln_survival(x).exp()
    }

    fn ln_survival(&self, x: f64) -> f64 {
        if x <= 0.0 { 0.0 } else { -self.shape * x.ln_1p() }
    }

    fn breakpoints(&self) -> Vec<f64> {
        vec![0.0]
    }

    fn mean(&self) -> Option<f64> {
        (self.shape > 1.0).then(|| self.shape / (self.shape - 1.0))
    }

    fn variance(&self) -> f64 {
        let s = self.shape;
        if s > 2.0 { s / ((s - 1.0) * (s - 1.0) * (s - 2.0)) } else { f64::INFINITY }
    }

    /// (a ln s − ln(a(s+1) − 1))/(1−a), infinite for a(s+1) ≤ 1; 1 + 1/s − ln s at a = 1.
    fn differential_renyi(&self, order: f64) -> Estimate {
        let (s, excess) = (self.shape, order - 1.0);
        if order.is_infinite() {
            return Estimate::exact(-s.ln());
        }
        if order * (s + 1.0) <= 1.0 {
            return Estimate::exact(f64::INFINITY);
        }
        // a(s+1) − 1 = s(1 + (a−1)(s+1)/s): the logarithm of s comes out of the quotient.
        let slope = (s + 1.0) / s;
        let rest = if excess.abs() < f64::EPSILON { slope } else { (excess * slope).ln_1p() / excess };
        let exact = Estimate::exact(rest - s.ln());
        Estimate { bound: exact.bound + 8.0 * f64::EPSILON * (rest.abs() + s.ln().abs()), ..exact }
    }
}
