//! `lognormal`: X = e^{σZ}, Z standard normal.

use crate::error::Result;
use crate::numeric::estimate::Estimate;
use crate::numeric::gamma::{ln_normal_survival, normal_quantile, normal_survival};
use crate::source::{Density, Law, Source, SourceKind, density};
use crate::spec::{Arguments, Parameter};

/// The law of e^{σZ}: every moment finite, none of them generating.
pub const LOGNORMAL: SourceKind = SourceKind {
    name: "lognormal",
    summary: "the law of e^{sigma·Z}, Z standard normal",
    parameters: &[Parameter {
        name: "sigma",
        default: None,
        summary: "standard deviation of ln X, from 1e-3 to 20",
    }],
    build,
};

fn build(arguments: &Arguments) -> Result<Source> {
    let std_dev = arguments.positive("sigma")?;
    if !(1e-3..=20.0).contains(&std_dev) {
        return Err(arguments.invalid("sigma", format!("must be from 1e-3 to 20, not {std_dev}")));
    }
    let law = Lognormal { std_dev };
    let variance = law.variance();
    let second_moment =
        if variance.is_finite() { Estimate::exact(variance) } else { Estimate::beyond_range() };
    Ok(Source::new(arguments.spec(), Law::Density(Box::new(law)), None, second_moment))
}

#[derive(Debug)]
struct Lognormal {
    std_dev: f64,
}

/// From this σ on the law reaches so near to 0 that distances from its median would lose their
/// digits.
const NARROW: f64 = 0.25;

impl Lognormal {
    /// ln X at x; −∞ at and below the end of the support.
    fn ln(&self, x: f64) -> f64 {
        if self.std_dev < NARROW { x.max(-1.0).ln_1p() } else { x.max(0.0).ln() }
    }
}

impl Density for Lognormal {
    /// The median where the law is narrow, the end of the support where it is wide.
    fn origin(&self) -> f64 {
        if self.std_dev < NARROW { 1.0 } else { 0.0 }
    }

    fn ln_density(&self, x: f64) -> f64 {
        let ln = self.ln(x);
        if ln == f64::NEG_INFINITY {
            return ln;
        }
        let z = ln / self.std_dev;
        -0.5 * (z * z + std::f64::consts::TAU.ln()) - ln - self.std_dev.ln()
    }

    fn support(&self) -> (f64, f64) {
        (-self.origin(), f64::INFINITY)
    }

    fn quantile(&self, u: f64) -> f64 {
        let ln = self.std_dev * normal_quantile(u);
        if self.std_dev < NARROW { ln.exp_m1() } else { ln.exp() }
    }

    fn cdf(&self, x: f64) -> f64 {
        normal_survival(-self.ln(x) / self.std_dev)
    }

    fn survival(&self, x: f64) -> f64 {
        normal_survival(self.ln(x) / self.std_dev)
    }

    fn ln_cdf(&self, x: f64) -> f64 {
        ln_normal_survival(-self.ln(x) / self.std_dev)
    }

    fn ln_survival(&self, x: f64) -> f64 {
        ln_normal_survival(self.ln(x) / self.std_dev)
    }

    fn mean(&self) -> Option<f64> {
        Some((0.5 * self.std_dev * self.std_dev).exp())
    }

    fn variance(&self) -> f64 {
        let square = self.std_dev * self.std_dev;
        square.exp() * square.exp_m1()
    }

    /// Every moment is finite: e^{2σ²} is beyond f64 from σ = 18.8 on.
    fn has_variance(&self) -> bool {
        true
    }

    /// ½ ln(2πσ²) + ½ ln a/(a−1) + (1−a)σ²/(2a).
    fn differential_renyi(&self, order: f64) -> Estimate {
        let square = self.std_dev * self.std_dev;
        let location = if order.is_infinite() { -0.5 } else { 0.5 * (1.0 - order) / order };
        let parts = [
            0.5 * (std::f64::consts::TAU * square).ln(),
            0.5 * density::ln_over_excess(order),
            location * square,
        ];
        let exact = Estimate::exact(parts.iter().sum());
        Estimate {
            bound: exact.bound + 4.0 * f64::EPSILON * parts.iter().map(|x| x.abs()).sum::<f64>(),
            ..exact
        }
    }
}
