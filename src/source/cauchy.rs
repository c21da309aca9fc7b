//! `cauchy`: f(x) = 1/(π(1 + x²)).

use std::f64::consts::{FRAC_1_PI, PI};

use crate::error::Result;
use crate::numeric::estimate::Estimate;
use crate::source::{Density, Law, Source, SourceKind, student_t};
use crate::spec::Arguments;

/// The Cauchy law of scale 1: no mean, mmse ≤ 1/γ all the same.
pub const CAUCHY: SourceKind = SourceKind {
    name: "cauchy",
    summary: "density 1/(π(1 + x²)); infinite variance",
    parameters: &[],
    build,
};

fn build(arguments: &Arguments) -> Result<Source> {
    Ok(Source::new(arguments.spec(), Law::Density(Box::new(Cauchy)), None, Estimate::exact(f64::INFINITY)))
}

#[derive(Debug)]
struct Cauchy;

impl Density for Cauchy {
    fn ln_density(&self, x: f64) -> f64 {
        // Beyond 1e100, x² would overflow and 1 is nothing beside it.
        let square = if x.abs() < 1e100 { (x * x).ln_1p() } else { 2.0 * x.abs().ln() };
        -square - PI.ln()
    }

    fn support(&self) -> (f64, f64) {
        (f64::NEG_INFINITY, f64::INFINITY)
    }

    fn quantile(&self, u: f64) -> f64 {
        if u < 0.25 {
            -1.0 / (PI * u).tan()
        } else if u > 0.75 {
            1.0 / (PI * (1.0 - u)).tan()
        } else {
            (PI * (u - 0.5)).tan()
        }
    }

    fn cdf(&self, x: f64) -> f64 {
        if x < -1.0 { FRAC_1_PI * (-1.0 / x).atan() } else { 0.5 + FRAC_1_PI * x.atan() }
    }

    fn survival(&self, x: f64) -> f64 {
        self.cdf(-x)
    }

    fn mean(&self) -> Option<f64> {
        None
    }

    fn variance(&self) -> f64 {
        f64::INFINITY
    }

    fn differential_renyi(&self, order: f64) -> Estimate {
        student_t::differential_renyi(1.0, order)
    }
}
