//! `laplace`: f(x) = ½ e^{−|x|}.

use crate::error::Result;
use crate::numeric::estimate::Estimate;
use crate::source::{Density, Law, Source, SourceKind};
use crate::spec::Arguments;

/// The two-sided exponential law of scale 1.
pub const LAPLACE: SourceKind =
    SourceKind { name: "laplace", summary: "density ½ e^{−|x|}", parameters: &[], build };

fn build(arguments: &Arguments) -> Result<Source> {
    Ok(Source::new(arguments.spec(), Law::Density(Box::new(Laplace)), None, Estimate::exact(2.0)))
}

#[derive(Debug)]
struct Laplace;

impl Density for Laplace {
    fn ln_density(&self, x: f64) -> f64 {
        -x.abs() - std::f64::consts::LN_2
    }

    fn support(&self) -> (f64, f64) {
        (f64::NEG_INFINITY, f64::INFINITY)
    }

    fn quantile(&self, u: f64) -> f64 {
        if u < 0.5 { (2.0 * u).ln() } else { -(2.0 * (1.0 - u)).ln() }
    }

    fn cdf(&self, x: f64) -> f64 {
        if x < 0.0 { 0.5 * x.exp() } else { 1.0 - 0.5 * (-x).exp() }
    }

    fn survival(&self, x: f64) -> f64 {
        self.cdf(-x)
    }

    fn ln_cdf(&self, x: f64) -> f64 {
        if x < 0.0 { x - std::f64::consts::LN_2 } else { (-0.5 * (-x).exp()).ln_1p() }
    }

    fn ln_survival(&self, x: f64) -> f64 {
        self.ln_cdf(-x)
    }

    fn breakpoints(&self) -> Vec<f64> {
        vec![0.0]
    }

    fn mean(&self) -> Option<f64> {
        Some(0.0)
    }

    fn variance(&self) -> f64 {
        2.0
    }

    /// ln 2 + ln a/(a−1); 1 + ln 2 at a = 1.
    fn differential_renyi(&self, order: f64) -> Estimate {
        Estimate::exact(std::f64::consts::LN_2 + super::density::ln_over_excess(order))
    }
}
