//! A number that carries its error: the only form in which klaim reports one.

use serde::{Deserialize, Serialize};

/// How a value was obtained.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// Interval arithmetic: an enclosure.
    Interval,
    /// A formula, exact to rounding.
    ClosedForm,
    /// A deterministic integral or sum, with a bound on its error.
    Quadrature,
    /// An average over random samples, with a standard error.
    MonteCarlo,
    /// An average over truncated random samples, with a bound that holds at the run's level without
    /// a variance ([`crate::numeric::truncated`]).
    TruncatedMean,
    /// The entropy of a sample's frequencies ([`crate::source::entropy::plug_in`]).
    PlugIn,
    /// The same with its leading bias removed ([`crate::source::entropy::miller_madow`]).
    MillerMadow,
    /// Grassberger's entropy of a sample ([`crate::source::entropy::grassberger`]).
    Grassberger,
    /// Chao and Shen's entropy of a sample ([`crate::source::entropy::chao_shen`]).
    ChaoShen,
    /// Chao, Wang and Jost's entropy of a sample ([`crate::source::entropy::chao_wang_jost`]).
    ChaoWangJost,
    /// Distances between the points of a sample ([`crate::source::entropy::density_behind`]).
    NearestNeighbour,
}

impl Method {
    /// Every method with what it is, in one line; the most exact first, those for the law behind a
    /// sample last.
    pub const ALL: [(Self, &str); 11] = [
        (Self::Interval, "interval arithmetic: a proof, for a verdict that is `proved`"),
        (Self::ClosedForm, "a formula, exact to rounding"),
        (Self::Quadrature, "a deterministic integral or sum, with a bound on its error"),
        (
            Self::TruncatedMean,
            "an average over truncated samples, with a bound that needs no variance; taken in verdicts where the standard error is not to be believed",
        ),
        (Self::MonteCarlo, "an average over random samples, with a standard error"),
        (Self::PlugIn, "entropy of the law behind a sample: that of its frequencies, any order"),
        (Self::MillerMadow, "entropy of the law behind a sample: plug-in + (seen − 1)/(2n), Shannon alone"),
        (
            Self::Grassberger,
            "entropy of the law behind a sample: digamma functions of the counts, Shannon alone",
        ),
        (
            Self::ChaoShen,
            "entropy of the law behind a sample: frequencies shrunk by the coverage, Shannon alone",
        ),
        (
            Self::ChaoWangJost,
            "entropy of the law behind a sample: unbiased for what is seen, extrapolated for what is not, any finite order",
        ),
        (
            Self::NearestNeighbour,
            "differential entropy of the density behind a sample of distinct points, by distances between neighbours",
        ),
    ];
}

impl std::fmt::Display for Method {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            Self::Interval => "interval",
            Self::ClosedForm => "closed-form",
            Self::Quadrature => "quadrature",
            Self::MonteCarlo => "monte-carlo",
            Self::TruncatedMean => "truncated-mean",
            Self::PlugIn => "plug-in",
            Self::MillerMadow => "miller-madow",
            Self::Grassberger => "grassberger",
            Self::ChaoShen => "chao-shen",
            Self::ChaoWangJost => "chao-wang-jost",
            Self::NearestNeighbour => "nearest-neighbour",
        })
    }
}

/// What is known about the trustworthiness of an error bar: the figures behind
/// [`Estimate::doubts`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Flags {
    /// Pareto shape k̂ of the summands' upper tail (\[VSGYG24\]); ≥ 0.5: the variance may be
    /// infinite, > 0.7: do not believe the error bar. `None` where there are no samples or no tail.
    pub pareto_k: Option<f64>,
    /// Share of the largest single summand in what is summed: of its squared deviation from the
    /// mean in the sum of those where an error bar is at stake (1 where no two samples differ), of
    /// its size in the sum of sizes where all are of one sign.
    pub dominance: Option<f64>,
    /// How far the mean of a control variate is from its known mean, in its standard errors, the
    /// worst of them: large where the samples missed what the law has. `None` without controls.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub control_shift: Option<f64>,
    /// Share of one sample in the squared deviations of a control variate, the worst of them: near
    /// 1 a coefficient of the regression rests on that sample alone. `None` without controls.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub control_dominance: Option<f64>,
    /// The deterministic bound as a share of the way from the value to the farther end of all that
    /// it may be: from 1 on it says nothing. `None` where that range is not known
    /// ([`Estimate::within`]).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bound_share: Option<f64>,
    /// Upper limit (97.5 %) of the mass of the atoms that a sample did not hold, where nothing
    /// bounds what they add.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unseen: Option<f64>,
    /// The estimate could not be made: there is no number ([`Estimate::failed`]).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub failed: bool,
}

impl Flags {
    /// Above this k̂ an error bar is not to be believed.
    pub const UNRELIABLE_K: f64 = 0.7;
    /// Above this share a single sample decides the value.
    pub const DOMINANT_SHARE: f64 = 0.05;
    /// Beyond this many standard errors a known mean was missed (probability 6e-7 for a normal
    /// mean, 7 controls a source).
    pub const MISSED_MEAN: f64 = 5.0;
    /// Above this share a coefficient of the regression rests on a single sample.
    pub const CONTROL_SHARE: f64 = 0.25;
    /// From this share on a bound reaches over all that the value may be.
    pub const WHOLE_RANGE: f64 = 1.0;

    /// Everything that speaks against the error bar, in words; empty where it is to be believed.
    pub fn doubts(&self) -> Vec<String> {
        let above = |figure: Option<f64>, most: f64| figure.filter(|&x| x > most);
        let missed = above(self.control_shift, Self::MISSED_MEAN).map(|shift| {
            format!(
                "a known mean is missed by {shift:.0} standard errors: the samples did not see a rare event"
            )
        });
        let rests = above(self.control_dominance, Self::CONTROL_SHARE)
            .map(|share| format!("one sample carries {:.0} % of a control variate's spread", share * 100.0));
        let heavy = above(self.pareto_k, Self::UNRELIABLE_K).map(|k| {
            format!("tail index k̂ = {k:.2} > {}: the variance may be infinite", Self::UNRELIABLE_K)
        });
        let alone = above(self.dominance, Self::DOMINANT_SHARE).map(|share| match share {
            1.0.. => "no event was seen: the samples do not differ, or one alone does".into(),
            _ => format!(
                "one sample carries {:.0} % of the spread (more than {:.0} %)",
                share * 100.0,
                Self::DOMINANT_SHARE * 100.0
            ),
        });
        let void = self
            .bound_share
            .filter(|&share| share >= Self::WHOLE_RANGE)
            .map(|_| "the bound is no bound: it reaches over all that the value may be".into());
        let failed = self.failed.then(|| "it could not be measured".into());
        let unseen = self.unseen.map(|mass| {
            let share = 100.0 * mass;
            format!(
                "up to {share:.2} % of the law is unseen (97.5 %) and may add any amount: cannot tell from this sample"
            )
        });
        [failed, unseen, void, missed, rests, heavy, alone].into_iter().flatten().collect()
    }

    /// Whether nothing speaks against the error bar.
    pub fn believed(&self) -> bool {
        self.doubts().is_empty()
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
            bound_share: max(self.bound_share, other.bound_share),
            unseen: max(self.unseen, other.unseen),
            failed: self.failed || other.failed,
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
    /// Bound on the deterministic error: quadrature, truncation, rounding. |E value − truth| ≤
    /// bound. For a truncated mean, the half-width of its interval.
    pub bound: f64,
    /// Number of independent samples; 0 without sampling.
    pub n: u64,
    /// How it was obtained.
    pub method: Method,
    /// Diagnostics; [`Estimate::doubts`] says what they mean.
    pub flags: Flags,
}

/// A number known to lie in [`low`, `high`] and no better: what stands in for a value whose error
/// is not to be believed. It is no value with an error: no point of it is likelier than another.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bracket {
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// Samples that it rests on; 0 where it is proven.
    pub n: u64,
    /// How it was obtained.
    pub method: Method,
}

impl Bracket {
    /// A proven interval, without samples.
    pub fn proven([low, high]: [f64; 2]) -> Self {
        Self { low, high, n: 0, method: Method::Quadrature }
    }

    /// Where both say that the number lies; said by the one alone that lies inside the other.
    pub fn meet(self, other: Self) -> Self {
        let inside = |a: Self, b: Self| a.low >= b.low && a.high <= b.high;
        match () {
            () if inside(self, other) => self,
            () if inside(other, self) => other,
            () => {
                let sampled = if self.n > 0 { self } else { other };
                Self { low: self.low.max(other.low), high: self.high.min(other.high), ..sampled }
            }
        }
    }
}

impl Estimate {
    /// A closed form, exact to a few units in the last place (`bound` = 4 ulp).
    pub fn exact(value: f64) -> Self {
        let bound = if value.is_finite() { 4.0 * f64::EPSILON * value.abs() } else { 0.0 };
        Self { value, std_err: 0.0, bound, n: 0, method: Method::ClosedForm, flags: Flags::default() }
    }

    /// A finite number > 0 beyond f64: its value is ∞, and so is its bound.
    pub fn beyond_range() -> Self {
        Self { bound: f64::INFINITY, ..Self::exact(f64::INFINITY) }
    }

    /// Whether it is a number that f64 cannot hold ([`Estimate::beyond_range`]).
    pub fn is_beyond_range(&self) -> bool {
        self.value.is_infinite() && self.bound.is_infinite()
    }

    /// The result of a deterministic rule with a bound on its absolute error.
    pub fn quadrature(value: f64, bound: f64) -> Self {
        Self { value, std_err: 0.0, bound, n: 0, method: Method::Quadrature, flags: Flags::default() }
    }

    /// An estimate that could not be made: no number, and not to be believed. Who reports it says
    /// why.
    pub fn failed(method: Method) -> Self {
        let flags = Flags { failed: true, ..Flags::default() };
        Self { value: f64::NAN, std_err: 0.0, bound: f64::INFINITY, n: 0, method, flags }
    }

    /// The same of a value that lies in [`low`, `high`] whatever was measured: it is doubted where
    /// its bound reaches over all of that.
    pub fn within(mut self, [low, high]: [f64; 2]) -> Self {
        let farther = (self.value - low).max(high - self.value);
        if self.bound > 0.0 && farther.is_finite() {
            self.flags.bound_share = Some(self.bound / farther);
        }
        self
    }

    /// Everything that speaks against the value with its errors, in words that stand alone; empty
    /// where it is to be believed.
    pub fn doubts(&self) -> Vec<String> {
        let mut doubts = self.flags.doubts();
        if self.value.is_nan() && !self.flags.failed {
            doubts.push("the value is not a number".into());
        }
        if self.bound.is_infinite() && self.flags.unseen.is_none() && !self.flags.failed {
            doubts.push("nothing bounds its bias".into());
        }
        if self.n == 1 {
            doubts.push("one sample has no spread: its error is unknown".into());
        }
        if !self.std_err.is_finite() || self.bound.is_nan() {
            doubts.push("the error is not finite".into());
        }
        doubts
    }

    /// Whether the value is to be believed within its errors: nothing speaks against it
    /// ([`Estimate::doubts`]).
    pub fn believed(&self) -> bool {
        self.doubts().is_empty()
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

#[cfg(test)]
mod tests {
    use super::*;

    fn sampled(n: u64, flags: Flags) -> Estimate {
        Estimate { value: 1.0, std_err: 0.1, bound: 0.0, n, method: Method::MonteCarlo, flags }
    }

    /// Each figure beyond its limit is told, all of them together, and at its limit none is.
    #[test]
    fn every_doubt_is_told_in_words() {
        let limits = Flags {
            pareto_k: Some(Flags::UNRELIABLE_K),
            dominance: Some(Flags::DOMINANT_SHARE),
            control_shift: Some(Flags::MISSED_MEAN),
            control_dominance: Some(Flags::CONTROL_SHARE),
            bound_share: Some(0.99),
            unseen: None,
            failed: false,
        };
        assert!(sampled(2048, limits).believed());
        let beyond = Flags {
            pareto_k: Some(0.71),
            dominance: Some(1.0),
            control_shift: Some(6.0),
            control_dominance: Some(0.3),
            bound_share: Some(Flags::WHOLE_RANGE),
            unseen: Some(0.25),
            failed: true,
        };
        let doubts = sampled(1, beyond).doubts();
        let words = [
            "k̂ = 0.71",
            "no event",
            "6 standard errors",
            "control variate",
            "no bound",
            "25.00 % of the law",
            "could not",
            "one sample has",
        ];
        for word in words {
            assert!(doubts.iter().any(|doubt| doubt.contains(word)), "{word}: {doubts:?}");
        }
        assert_eq!(doubts.len(), words.len());
    }

    #[test]
    fn what_says_nothing_is_not_believed() {
        assert!(!Estimate::failed(Method::Quadrature).believed());
        assert!(!Estimate::exact(f64::NAN).believed());
        assert!(Estimate::exact(f64::INFINITY).believed());
        let wide = Estimate::quadrature(0.5, 4.0);
        assert!(wide.within([0.0, 4.6]).believed() && wide.within([0.0, f64::INFINITY]).believed());
        assert!(wide.within([0.0, 4.5]).doubts()[0].contains("no bound"));
    }
}
