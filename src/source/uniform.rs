//! `uniform`: f(x) = 1/(hi − lo) on [lo, hi].

use crate::error::Result;
use crate::numeric::estimate::Estimate;
use crate::source::{Density, Law, Source, SourceKind};
use crate::spec::{Arguments, Parameter};

/// The uniform law on an interval.
pub const UNIFORM: SourceKind = SourceKind {
    name: "uniform",
    summary: "density 1/(hi − lo) on [lo, hi]",
    parameters: &[
        Parameter { name: "lo", default: Some("0"), summary: "lower end" },
        Parameter { name: "hi", default: Some("1"), summary: "upper end, > lo" },
    ],
    build,
};

fn build(arguments: &Arguments) -> Result<Source> {
    let (lo, hi) = (arguments.number("lo")?, arguments.number("hi")?);
    if !(lo.is_finite() && hi.is_finite() && (hi - lo).is_finite()) || hi <= lo {
        return Err(arguments.invalid("hi", format!("must be finite and above lo = {lo:?}, not {hi:?}")));
    }
    let law = Uniform { lo, width: hi - lo };
    let second_moment = Estimate::exact(law.variance());
    Ok(Source::new(arguments.spec(), Law::Density(Box::new(law)), None, second_moment))
}

#[derive(Debug)]
struct Uniform {
    lo: f64,
    width: f64,
}

impl Density for Uniform {
    /// The lower end.
    fn origin(&self) -> f64 {
        self.lo
    }

    fn ln_density(&self, x: f64) -> f64 {
        if (0.0..=self.width).contains(&x) { -self.width.ln() } else { f64::NEG_INFINITY }
    }

    fn support(&self) -> (f64, f64) {
        (0.0, self.width)
    }

    fn quantile(&self, u: f64) -> f64 {
        u * self.width
    }

    fn cdf(&self, x: f64) -> f64 {
        (x / self.width).clamp(0.0, 1.0)
    }

    fn survival(&self, x: f64) -> f64 {
        ((self.width - x) / self.width).clamp(0.0, 1.0)
    }

    fn breakpoints(&self) -> Vec<f64> {
        vec![0.0, self.width]
    }

    fn mean(&self) -> Option<f64> {
        Some(self.lo + 0.5 * self.width)
    }

    fn variance(&self) -> f64 {
        self.width * self.width / 12.0
    }

    /// ln(hi − lo) at every order.
    fn differential_renyi(&self, _: f64) -> Estimate {
        Estimate::exact(self.width.ln())
    }
}
