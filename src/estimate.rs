//! A number that carries its error: the only form in which klaim reports one.

use serde::{Deserialize, Serialize};

/// How a value was obtained.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// A formula, exact to rounding.
    ClosedForm,
    /// A deterministic integral or sum, with a bound on its error.
    Quadrature,
    /// An average over random samples, with a standard error.
    MonteCarlo,
    /// An average over truncated random samples, with a bound that holds at the run's level without a variance ([`crate::truncated`]).
    TruncatedMean,
}

impl Method {
    /// Every method with what it is, in one line.
    pub const ALL: [(Self, &str); 4] = [
        (Self::ClosedForm, "a formula, exact to rounding"),
        (Self::Quadrature, "a deterministic integral or sum, with a bound on its error"),
        (Self::MonteCarlo, "an average over random samples, with a standard error"),
        (
            Self::TruncatedMean,
            "an average over truncated samples, with a bound that needs no variance; taken in verdicts where the standard error is not to be believed",
        ),
    ];
}

impl std::fmt::Display for Method {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            Self::ClosedForm => "closed-form",
            Self::Quadrature => "quadrature",
            Self::MonteCarlo => "monte-carlo",
            Self::TruncatedMean => "truncated-mean",
        })
    }
}

/// What is known about the trustworthiness of a Monte-Carlo error bar.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Flags {
    /// Pareto shape k̂ of the summands' upper tail (\[VSGYG24\]); ≥ 0.5: the variance may be infinite, > 0.7: do not
    /// believe the error bar. `None` where there are no samples or no tail.
    pub pareto_k: Option<f64>,
    /// Share of the largest single summand in what is summed: of its squared deviation from the mean in the sum of
    /// those where an error bar is at stake (1 where no two samples differ), of its size in the sum of sizes where all
    /// are of one sign.
    pub dominance: Option<f64>,
    /// How far the mean of a control variate is from its known mean, in its standard errors, the worst of them: large
    /// where the samples missed what the law has. `None` without controls.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub control_shift: Option<f64>,
    /// Share of one sample in the squared deviations of a control variate, the worst of them: near 1 a coefficient of
    /// the regression rests on that sample alone. `None` without controls.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub control_dominance: Option<f64>,
}

impl Flags {
    /// Above this k̂ an error bar is not to be believed.
    pub const UNRELIABLE_K: f64 = 0.7;
    /// Above this share a single sample decides the value.
    pub const DOMINANT_SHARE: f64 = 0.05;
    /// Beyond this many standard errors a known mean was missed (probability 6e-7 for a normal mean, 7 controls a source).
    pub const MISSED_MEAN: f64 = 5.0;
    /// Above this share a coefficient of the regression rests on a single sample.
    pub const CONTROL_SHARE: f64 = 0.25;

    /// Why the error bar is not to be believed, if it is not.
    pub fn distrust(&self) -> Option<String> {
        if let Some(shift) = self.control_shift.filter(|&shift| shift > Self::MISSED_MEAN) {
            return Some(format!(
                "a known mean is missed by {shift:.0} standard errors: the samples did not see a rare event"
            ));
        }
        if let Some(share) = self.control_dominance.filter(|&share| share > Self::CONTROL_SHARE) {
            return Some(format!("one sample carries {:.0} % of a control variate's spread", share * 100.0));
        }
        if let Some(k) = self.pareto_k.filter(|&k| k > Self::UNRELIABLE_K) {
            return Some(format!("tail index k̂ = {k:.2} > {}: the variance may be infinite", Self::UNRELIABLE_K));
        }
        self.dominance.filter(|&share| share > Self::DOMINANT_SHARE).map(|share| match share {
            1.0.. => "the samples do not differ, or one alone does: what makes the value was not seen".into(),
            _ => format!(
                "one sample carries {:.0} % of the spread (more than {:.0} %)",
                share * 100.0,
                Self::DOMINANT_SHARE * 100.0
            ),
        })
    }

    /// The worse of two sets of flags, for a value that rests on both.
    pub fn worst(self, other: Self) -> Self {
        let max = |a: Option<f64>, b: Option<f64>| match (a, b) {
            (Some(a), Some(b)) => Some(a.max(b)),
            (a, b) => a.or(b),
        };
        Self {
            pareto_k: max(self.pareto_k, other.pareto_k),
            dominance: max(self.dominance, other.dominance),
            control_shift: max(self.control_shift, other.control_shift),
            control_dominance: max(self.control_dominance, other.control_dominance),
        }
    }
}

/// A value with its statistical and its deterministic error, which are never mixed.
///
/// An exact value has `std_err = 0`; an infinite one has `value = ∞` and both errors 0.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// The value, in the quantity's unit (nats for information, |x|² for mmse).
    pub value: f64,
    /// Standard error of `value` over the random samples; 0 without sampling.
    pub std_err: f64,
    /// Bound on the deterministic error: quadrature, truncation, rounding. |E value − truth| ≤ bound. For a truncated mean,
    /// the half-width of its interval.
    pub bound: f64,
    /// Number of independent samples; 0 without sampling.
    pub n: u64,
    /// How it was obtained.
    pub method: Method,
    /// Diagnostics of the samples.
    pub flags: Flags,
}

impl Estimate {
    /// A closed form, exact to a few units in the last place (`bound` = 4 ulp).
    pub fn exact(value: f64) -> Self {
        let bound = if value.is_finite() { 4.0 * f64::EPSILON * value.abs() } else { 0.0 };
        Self { value, std_err: 0.0, bound, n: 0, method: Method::ClosedForm, flags: Flags::default() }
    }

    /// The result of a deterministic rule with a bound on its absolute error.
    pub fn quadrature(value: f64, bound: f64) -> Self {
        Self { value, std_err: 0.0, bound, n: 0, method: Method::Quadrature, flags: Flags::default() }
    }

    /// The same value in another unit: everything times `factor`.
    pub fn scaled(self, factor: f64) -> Self {
        Self {
            value: self.value * factor,
            std_err: self.std_err * factor.abs(),
            bound: self.bound * factor.abs(),
            ..self
        }
    }
}
