//! `student-t`: f(x) ∝ (1 + x²/ν)^{−(ν+1)/2}.

use crate::error::Result;
use crate::numeric::estimate::Estimate;
use crate::numeric::gamma::{beta_half, digamma_half_step, invert_survival, ln_beta_half};
use crate::source::{Density, Law, Source, SourceKind};
use crate::spec::{Arguments, Parameter};

/// Student's law: power tails of index ν, variance ν/(ν−2) for ν > 2.
pub const STUDENT_T: SourceKind = SourceKind {
    name: "student-t",
    summary: "Student's t; tails fall like |x|^−dof",
    parameters: &[Parameter {
        name: "dof",
        default: None,
        summary: "degrees of freedom ν, from 0.1 to 1e6",
    }],
    build,
};

/// Below, quartiles are beyond any scale that the noise of a channel shares; above, the law is the
/// normal to 1e-6.
const DOF: (f64, f64) = (0.1, 1e6);

/// The degrees of freedom in `arguments`, for the laws of this family.
///
/// # Errors
/// [`crate::error::Error::Invalid`] outside the accepted range.
pub fn dof(arguments: &Arguments) -> Result<f64> {
    let dof = arguments.number("dof")?;
    if (DOF.0..=DOF.1).contains(&dof) {
        Ok(dof)
    } else {
        Err(arguments.invalid("dof", format!("must be from {} to {:e}, not {dof}", DOF.0, DOF.1)))
    }
}

fn build(arguments: &Arguments) -> Result<Source> {
    let law = StudentT::new(dof(arguments)?);
    let second_moment = Estimate::exact(law.variance());
    Ok(Source::new(arguments.spec(), Law::Density(Box::new(law)), None, second_moment))
}

#[derive(Debug)]
struct StudentT {
    dof: f64,
    ln_constant: f64,
}

impl StudentT {
    fn new(dof: f64) -> Self {
        Self { dof, ln_constant: -0.5 * dof.ln() - ln_beta_half(0.5 * dof) }
    }

    /// x²/ν without overflow: its square root.
    fn ratio(&self, x: f64) -> f64 {
        x.abs() / self.dof.sqrt()
    }
}

impl Density for StudentT {
    fn ln_density(&self, x: f64) -> f64 {
        let r = self.ratio(x);
        let square = if r < 1e100 { (r * r).ln_1p() } else { 2.0 * r.ln() };
        self.ln_constant - 0.5 * (self.dof + 1.0) * square
    }

    fn support(&self) -> (f64, f64) {
        (f64::NEG_INFINITY, f64::INFINITY)
    }

    fn quantile(&self, u: f64) -> f64 {
        let mass = u.min(1.0 - u);
        let x = invert_survival(|x| self.survival(x), |x| self.ln_density(x).exp(), mass, 0.0, 1.0);
        if u < 0.5 { -x } else { x }
    }

    fn cdf(&self, x: f64) -> f64 {
        self.survival(-x)
    }

    /// ½ I_w(ν/2, ½) with w = ν/(ν + x²) for x ≥ 0.
    fn survival(&self, x: f64) -> f64 {
        let r = self.ratio(x);
        let upper = if r < 1e8 {
            0.5 * beta_half(0.5 * self.dof, 1.0 / (1.0 + r * r), r * r / (1.0 + r * r))
        } else {
            // I_w(a, ½) ≈ w^a/(a B(a, ½)), relative error below w.
            (-self.dof * r.ln() - ln_beta_half(0.5 * self.dof)).exp() / self.dof
        };
        if x < 0.0 { 1.0 - upper } else { upper }
    }

    fn mean(&self) -> Option<f64> {
        (self.dof > 1.0).then_some(0.0)
    }

    fn variance(&self) -> f64 {
        if self.dof > 2.0 { self.dof / (self.dof - 2.0) } else { f64::INFINITY }
    }

    fn differential_renyi(&self, order: f64) -> Estimate {
        differential_renyi(self.dof, order)
    }
}

/// Differential Rényi entropy of Student's law: ∫ f^a = (√ν B(ν/2, ½))^{−a} √ν B(a(ν+1)/2 − ½, ½),
/// finite for a(ν+1) > 1; h = (ν+1)/2·(ψ((ν+1)/2) − ψ(ν/2)) + ln(√ν B(ν/2, ½)).
pub fn differential_renyi(dof: f64, order: f64) -> Estimate {
    let ln_scale = 0.5 * dof.ln();
    let ln_norm = ln_scale + ln_beta_half(0.5 * dof);
    let shape = 0.5 * order * (dof + 1.0) - 0.5;
    if order.is_infinite() {
        return Estimate::exact(ln_norm);
    }
    if shape <= 0.0 {
        return Estimate::exact(f64::INFINITY);
    }
    let excess = order - 1.0;
    let (value, rounding) = if excess.abs() < f64::EPSILON {
        let slope = 0.5 * (dof + 1.0) * digamma_half_step(0.5 * dof);
        (slope + ln_norm, 4.0 * (slope.abs() + ln_norm.abs()))
    } else {
        let ln_power = ln_scale + ln_beta_half(shape);
        (
            (order * ln_norm - ln_power) / excess,
            8.0 * (order * (ln_norm.abs() + ln_scale.abs()) + 2.0 + ln_power.abs()) / excess.abs(),
        )
    };
    let exact = Estimate::exact(value);
    Estimate { bound: exact.bound + f64::EPSILON * rounding, ..exact }
}
